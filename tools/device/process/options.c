// SPDX-License-Identifier: GPL-2.0
/*
 * The command line: the options of the process, and those of the device, which
 * its class and virtio/options.c read. Checks every value; one line names the
 * problem and its remedy.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vfe/version.h>

#include "process/options.h"
#include "base/parse.h"

enum option_key {
	KEY_CLASS = 256,
	KEY_SOCKET,
	KEY_CONTROL,
	KEY_LOG,
	KEY_HELP,
	KEY_VERSION,
};

static const struct argp_option list[] = {
	{ "class", KEY_CLASS, "NAME", 0,
	  "Class of the device: blk (default), rng, net or scsi; must be the first option, as others depend on it: --class NAME --help lists them",
	  0 },
	{ "socket", KEY_SOCKET, "PATH", 0,
	  "Unix socket to which QEMU's vfio-user-pci connects", 0 },
	{ "control", KEY_CONTROL, "PATH", 0,
	  "Unix socket for counters, reset, map, stall, fail, service, seed, quirk, interrupt, drop-driver-ok, quit and what the class has; a line each",
	  0 },
	{ "log", KEY_LOG, "FILE", 0,
	  "Append the log to FILE (default: standard error)", 0 },
	{ "help", KEY_HELP, NULL, 0, "Print this text and exit", 0 },
	{ "version", KEY_VERSION, NULL, 0, "Print the version and exit", 0 },
	{ }
};

struct input {
	struct process_options *o;
	const struct argp *argps[4];	/* all parsers, ending with NULL */
	const char *class;	/* the value of --class, if it comes first */
};

static int check(const struct process_options *o)
{
	if (!o->socket || !*o->socket)
		return parse_bad("--socket PATH is missing; QEMU connects there (--help lists all options)");
	if (o->control && !strcmp(o->control, o->socket))
		return parse_bad("--control %s: the same path as --socket; choose another",
				 o->control);
	return 0;
}

/* Is @text an option whose value is missing? */
static bool takes_value(const struct input *in, const char *text)
{
	const struct argp_option *option;

	for (int i = 0; in->argps[i]; i++) {
		for (option = in->argps[i]->options; option->name; option++) {
			if (option->arg && !strncmp(text, "--", 2) &&
			    !strcmp(text + 2, option->name))
				return true;
		}
	}
	return false;
}

/* The option at which the parser stopped is unknown, or lacks its value. */
static void complain(const struct input *in, const struct argp_state *state)
{
	const char *text = state->argv[state->next - 1];

	parse_bad("%s: %s (--help lists all options)", text,
		  takes_value(in, text) ? "the value is missing" :
					  "unknown option");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct input *in = state->input;
	struct process_options *o = in->o;
	char name[] = "vfe-device";

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->function;
		state->child_inputs[1] = o->function.of_class;
		return 0;
	case KEY_CLASS:
		if (arg == in->class)
			return 0;
		return parse_result(parse_bad("--class %s: must be the first option",
					      arg));
	case KEY_SOCKET:
		o->socket = arg;
		return 0;
	case KEY_CONTROL:
		o->control = arg;
		return 0;
	case KEY_LOG:
		o->log = arg;
		return 0;
	case KEY_HELP:
		argp_help(state->root_argp, stdout, ARGP_HELP_STD_HELP, name);
		exit(EXIT_SUCCESS);
	case KEY_VERSION:
		puts("vfe-device " VFE_VERSION);
		exit(EXIT_SUCCESS);
	case ARGP_KEY_ARG:
		return parse_result(parse_bad("%s: unexpected argument (--help lists all options)",
					      arg));
	case ARGP_KEY_ERROR:
		if (!parse_is_bad())
			complain(in, state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* --class, if it is the first option. Return: its value or NULL */
static const char *first_class(int argc, char **argv)
{
	static const char option[] = "--class";
	size_t len = sizeof(option) - 1;

	if (argc < 2 || strncmp(argv[1], option, len))
		return NULL;
	if (argv[1][len] == '=')
		return argv[1] + len + 1;
	return argv[1][len] ? NULL : argv[2];
}

/* Return: NULL after a line on stderr */
static const struct vdev_class *find_class(const char *name)
{
	for (int i = 0; classes[i]; i++) {
		if (!name || !strcmp(name, classes[i]->name))
			return classes[i];
	}
	parse_bad("--class %s: unknown class (--help lists all options)", name);
	return NULL;
}

static int read_all(struct input *in, int argc, char **argv)
{
	const struct vdev_class *class = in->o->function.class;
	const struct argp_child children[] = {
		{ &vdev_argp, 0, "Any device:", 1 },
		{ class->argp, 0, class->title, 2 },
		{ }
	};
	const struct argp argp = {
		.options = list,
		.parser = parse,
		.doc = "Serve one PCI function with a virtio device over vfio-user.",
		.children = children,
	};

	in->argps[0] = &argp;
	in->argps[1] = &vdev_argp;
	in->argps[2] = class->argp;
	return argp_parse(&argp, argc, argv, ARGP_NO_ERRS | ARGP_NO_HELP, NULL, in) ? -1 : 0;
}

int options_parse(struct process_options *o, int argc, char **argv)
{
	struct input in = { .o = o, .class = first_class(argc, argv) };
	const struct vdev_class *class = find_class(in.class);

	if (!class)
		return -1;
	*o = (struct process_options){
		.function = {
			.class = class,
			.of_class = class->options,
			.msix = true,
			.queues = class->queues,
			.queue_size = 256,
		},
	};
	if (read_all(&in, argc, argv) || check(o) ||
	    options_check(&o->function))
		return -1;
	return class->check ? class->check(o->function.of_class) : 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* The options, checked. */
#ifndef PROCESS_OPTIONS_H
#define PROCESS_OPTIONS_H

#include "virtio/class.h"
#include "virtio/options.h"

struct process_options {
	const char *socket;
	const char *control;	/* or NULL */
	const char *log;	/* or NULL: stderr */
	struct options function;
};

/* classes.c: all classes, ending with NULL; the first is the default. */
extern const struct vdev_class *const classes[];

/**
 * options_parse() - read and check the command line
 *
 * Return: 0, or -1 after one line on stderr with the problem.
 */
int options_parse(struct process_options *o, int argc, char **argv);

#endif /* PROCESS_OPTIONS_H */

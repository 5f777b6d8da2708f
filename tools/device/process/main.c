// SPDX-License-Identifier: GPL-2.0
/*
 * vfe-device: one PCI function with a virtio device, served over vfio-user. The
 * process: signals, sockets, and the loop around the function.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "process/listen.h"
#include "base/log.h"
#include "process/process.h"
#include "vfio/vfio_user.h"

/* SIGINT and SIGTERM end the loop as 'quit' does. */
static int open_signals(void)
{
	sigset_t set;

	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void destroy(struct process *p)
{
	control_free(p->control);
	if (p->listener >= 0) {
		/* While it listens, no other process takes the path. */
		unlink(p->options.socket);
		close(p->listener);
	}
	vu_free(p->client);
	function_destroy(&p->function);
	if (p->state)
		p->options.function.class->close(p->state);
	if (p->signals >= 0)
		close(p->signals);
}

/*
 * Open the backing file first: its lock keeps a second process with the same
 * arguments from replacing the sockets.
 */
static int create(struct process *p)
{
	struct process_options *o = &p->options;

	p->state = o->function.class->open(&o->function);
	if (!p->state)
		return -1;
	p->signals = open_signals();
	if (p->signals >= 0 &&
	    !function_create(&p->function, &o->function, p->state))
		p->client = vu_new(&p->function);
	if (!p->client) {
		fprintf(stderr, "vfe-device: out of memory or descriptors; check ulimit\n");
		return -1;
	}
	p->listener = listen_unix(o->socket, "--socket");
	if (p->listener < 0)
		return -1;
	if (o->control) {
		p->control = control_new(p, o->control);
		if (!p->control)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct process p = { .listener = -1, .signals = -1 };
	int ret = -1;

	if (options_parse(&p.options, argc, argv))
		return EXIT_FAILURE;
	if (log_open(p.options.log, p.options.socket))
		return EXIT_FAILURE;
	if (create(&p))
		goto out;
	log_line("serving class %s as 1af4:%x, %u queues",
		 p.options.function.class->name,
		 function_device_id(&p.function),
		 options_queues(&p.options.function));
	ret = loop_run(&p);
	log_line("ending");
out:
	destroy(&p);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

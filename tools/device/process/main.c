// SPDX-License-Identifier: GPL-2.0
/*
 * vfe-device: one PCI function with a virtio block device and a legacy
 * register window, served over vfio-user. The process: signals, sockets, the
 * backing file and the loop around the device.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "server.h"

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

static void destroy(struct device *d)
{
	control_free(d->control);
	if (d->listener >= 0) {
		close(d->listener);
		unlink(d->options.socket);
	}
	device_destroy(d);
	backend_close(d->backend);
	if (d->signals >= 0)
		close(d->signals);
}

/*
 * The backing file first: its lock is what keeps a second process with the
 * same arguments from taking the sockets away.
 */
static int create(struct device *d)
{
	const struct options *o = &d->options;

	d->backend = backend_open(o->backing, o->readonly);
	if (!d->backend)
		return -1;
	d->signals = open_signals();
	if (d->signals < 0 || device_create(d)) {
		fprintf(stderr, "vfe-device: out of memory or descriptors; check ulimit\n");
		return -1;
	}
	d->listener = listen_unix(o->socket, "--socket");
	if (d->listener < 0)
		return -1;
	if (o->control) {
		d->control = control_new(d, o->control);
		if (!d->control)
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct device d = { .listener = -1, .signals = -1 };
	int ret = -1;

	if (options_parse(&d.options, argc, argv))
		return EXIT_FAILURE;
	if (log_open(d.options.log, d.options.socket))
		return EXIT_FAILURE;
	if (create(&d))
		goto out;
	log_line("serving %s as 1af4:%x, %u queues", d.options.backing,
		 d.options.stock ? VFE_PCI_STOCK_BLOCK : VFE_PCI_DEVICE_BLOCK,
		 d.options.queues);
	ret = loop_run(&d);
	log_line("ending");
out:
	destroy(&d);
	return ret ? EXIT_FAILURE : EXIT_SUCCESS;
}

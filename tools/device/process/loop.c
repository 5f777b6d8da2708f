// SPDX-License-Identifier: GPL-2.0
/*
 * The event loop: one thread, one poll(2) over all events. While the virtio
 * side has rings or doorbells to watch it does not block but looks at them
 * between polls; after a quiet millisecond it naps between looks, the longer it
 * has been quiet the longer, so that an idle device leaves the processor to
 * others.
 */
#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "server.h"
#include "virtio/service.h"

#define QUIET_NS	1000000		/* without work before the first nap */
#define NAP_SHARE	16		/* a nap's part of the time it was quiet */
#define NAP_MAX_NS	5000000
#define NS_PER_S	1000000000U

/* Passes over the rings between two looks at the sockets */
#define PASSES_A_TURN	16

enum fd_index {
	FD_SIGNALS,
	FD_LISTENER,
	FD_CLIENT,
	FD_UNMASK,
	FD_CONTROL,	/* the first of them */
	FD_MAX = FD_CONTROL + 1 + CONTROL_CLIENTS
};

struct loop {
	struct device *device;
	struct pollfd fds[FD_MAX];
	int num_fds;
	uint64_t quiet_since;	/* ns; 0: busy a moment ago */
};

/* poll(2) ignores negative descriptors, so every entry has its place. */
static void fill(struct loop *l)
{
	struct device *d = l->device;

	l->fds[FD_SIGNALS] = (struct pollfd){ d->signals, POLLIN, 0 };
	l->fds[FD_LISTENER] = (struct pollfd){ d->listener, POLLIN, 0 };
	l->fds[FD_CLIENT].revents = 0;
	l->fds[FD_CLIENT].fd = vu_poll_fd(d->client,
					  &l->fds[FD_CLIENT].events);
	l->fds[FD_UNMASK] = (struct pollfd){
		irq_intx_unmask_fd(d->irq), POLLIN, 0
	};
	l->num_fds = FD_CONTROL;
	if (d->control)
		l->num_fds += control_poll_fds(d->control,
					       l->fds + FD_CONTROL);
}

/* Between two looks at rings. Return: ns */
static uint64_t nap_ns(struct loop *l, uint64_t now)
{
	uint64_t quiet;

	if (!l->quiet_since)
		l->quiet_since = now;
	quiet = now - l->quiet_since;
	if (quiet < QUIET_NS)
		return 0;
	return quiet / NAP_SHARE > NAP_MAX_NS ? NAP_MAX_NS : quiet / NAP_SHARE;
}

/* How long to wait. Return: @nap, filled in; NULL: until something happens */
static const struct timespec *patience(struct loop *l, struct timespec *nap)
{
	const struct vdev *v = l->device->vdev;
	uint64_t now = service_now(), due = vdev_due(v), wait = UINT64_MAX;

	if (vdev_wants_poll(v))
		wait = nap_ns(l, now);
	if (due != UINT64_MAX) {
		due = due > now ? due - now : 0;
		wait = due < wait ? due : wait;
	}
	if (wait == UINT64_MAX)
		return NULL;
	nap->tv_sec = wait / NS_PER_S;
	nap->tv_nsec = wait % NS_PER_S;
	return nap;
}

static void watch_rings(struct loop *l)
{
	struct vdev *v = l->device->vdev;
	int pass;

	for (pass = 0; pass < PASSES_A_TURN && vdev_wants_poll(v); pass++) {
		if (vdev_poll(v))
			l->quiet_since = 0;
	}
}

static void on_listener(struct device *d)
{
	int fd = listen_accept(d->listener);

	if (fd >= 0)
		vu_accept(d->client, fd);
}

static void on_signal(struct device *d)
{
	struct signalfd_siginfo info;

	if (read(d->signals, &info, sizeof(info)) == sizeof(info))
		d->quit = true;
}

/*
 * Serve the client before the control socket, so that counts include every
 * access that the client sent before the command.
 */
static void dispatch(struct loop *l)
{
	struct device *d = l->device;

	if (l->fds[FD_SIGNALS].revents)
		on_signal(d);
	if (l->fds[FD_UNMASK].revents)
		irq_intx_unmask_event(d->irq);
	if (l->fds[FD_CLIENT].revents) {
		vu_handle(d->client);
		l->quiet_since = 0;
	}
	if (l->fds[FD_LISTENER].revents)
		on_listener(d);
	watch_rings(l);
	vdev_serve(d->vdev, service_now());
	if (l->num_fds > FD_CONTROL)
		control_handle(d->control, l->fds + FD_CONTROL,
			       l->num_fds - FD_CONTROL);
}

int loop_run(struct device *d)
{
	struct loop l = { .device = d };
	struct timespec nap;

	while (!d->quit) {
		fill(&l);
		if (ppoll(l.fds, l.num_fds, patience(&l, &nap), NULL) < 0) {
			if (errno == EINTR)
				continue;
			log_line("poll: %m");
			return -errno;
		}
		dispatch(&l);
	}
	return 0;
}

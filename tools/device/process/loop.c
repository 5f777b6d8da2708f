// SPDX-License-Identifier: GPL-2.0
/*
 * The event loop: one thread, one poll(2) over all events. While the virtio
 * device must poll rings or doorbells, the loop does not block. After a
 * millisecond without activity it sleeps between polls, longer with increasing
 * idle time, so that an idle device leaves the processor to others.
 */
#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/listen.h"
#include "base/log.h"
#include "process/process.h"
#include "vfio/vfio_user.h"

#define QUIET_NS	1000000		/* idle time before the first sleep */
#define NAP_SHARE	16		/* sleep for 1/16 of the idle time */
#define NAP_MAX_NS	5000000
#define NS_PER_S	1000000000U

/* Passes over the rings between two polls of the sockets */
#define PASSES_A_TURN	16

enum fd_index {
	FD_SIGNALS,
	FD_LISTENER,
	FD_CLIENT,
	FD_UNMASK,
	FD_CLASS,	/* the first of the class's */
	FD_CONTROL = FD_CLASS + CLASS_FDS,	/* and of the control socket's */
	FD_MAX = FD_CONTROL + 1 + CONTROL_CLIENTS
};

struct loop {
	struct process *process;
	struct pollfd fds[FD_MAX];
	int num_class_fds;
	int num_control_fds;
	uint64_t quiet_since;	/* ns; 0: just busy */
};

/* poll(2) ignores negative descriptors, so every entry has a fixed place. */
static void fill(struct loop *l)
{
	struct process *p = l->process;

	l->fds[FD_SIGNALS] = (struct pollfd){ p->signals, POLLIN, 0 };
	l->fds[FD_LISTENER] = (struct pollfd){ p->listener, POLLIN, 0 };
	l->fds[FD_CLIENT].revents = 0;
	l->fds[FD_CLIENT].fd = vu_poll_fd(p->client,
					  &l->fds[FD_CLIENT].events);
	l->fds[FD_UNMASK] = (struct pollfd){
		irq_intx_unmask_fd(p->function.irq), POLLIN, 0
	};
	l->num_class_fds = vdev_fds(p->function.vdev, l->fds + FD_CLASS);
	for (int i = l->num_class_fds; i < CLASS_FDS; i++)
		l->fds[FD_CLASS + i].fd = -1;
	if (p->control)
		l->num_control_fds = control_poll_fds(p->control,
						      l->fds + FD_CONTROL);
}

/* Time to sleep between two polls of rings. Return: ns */
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

/* Timeout of poll(2). Return: @nap, filled in; NULL: none */
static const struct timespec *patience(struct loop *l, struct timespec *nap)
{
	const struct vdev *v = l->process->function.vdev;
	uint64_t now = clock_ns(), due = vdev_due(v), wait = UINT64_MAX;

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
	struct vdev *v = l->process->function.vdev;
	int pass;

	for (pass = 0; pass < PASSES_A_TURN && vdev_wants_poll(v); pass++) {
		if (vdev_poll(v))
			l->quiet_since = 0;
	}
}

static void on_listener(struct process *p)
{
	int fd = listen_accept(p->listener);

	if (fd >= 0)
		vu_accept(p->client, fd);
}

static void on_signal(struct process *p)
{
	struct signalfd_siginfo info;

	if (read(p->signals, &info, sizeof(info)) == sizeof(info))
		p->quit = true;
}

/*
 * Serve the client before the control socket, so that counts include every
 * access that the client sent before the command.
 */
static void dispatch(struct loop *l)
{
	struct process *p = l->process;

	if (l->fds[FD_SIGNALS].revents)
		on_signal(p);
	if (l->fds[FD_UNMASK].revents)
		irq_intx_unmask_event(p->function.irq);
	if (l->fds[FD_CLIENT].revents) {
		vu_handle(p->client);
		l->quiet_since = 0;
	}
	if (l->fds[FD_LISTENER].revents)
		on_listener(p);
	vdev_handle(p->function.vdev, l->fds + FD_CLASS, l->num_class_fds);
	watch_rings(l);
	vdev_serve(p->function.vdev, clock_ns());
	if (p->control)
		control_handle(p->control, l->fds + FD_CONTROL,
			       l->num_control_fds);
}

int loop_run(struct process *p)
{
	struct loop l = { .process = p };
	struct timespec nap;

	while (!p->quit) {
		fill(&l);
		if (ppoll(l.fds, FD_CONTROL + l.num_control_fds, patience(&l, &nap), NULL) < 0) {
			if (errno == EINTR)
				continue;
			log_line("poll: %m");
			return -errno;
		}
		dispatch(&l);
	}
	return 0;
}

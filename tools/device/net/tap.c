// SPDX-License-Identifier: GPL-2.0
/*
 * A back end that is a tap interface of the host, with the virtio header before
 * each frame; with several pairs, each is one of its queues.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/log.h"
#include "net/backends.h"
#include "net/net.h"

/* missing before Linux 6.2 */
#ifndef TUN_F_USO4
#define TUN_F_USO4	0x20
#define TUN_F_USO6	0x40
#endif

struct tap {
	struct net_backend b;
	unsigned int pairs;
	int fds[VFE_NET_MAX_PAIRS];
	uint32_t readable;	/* a bit for each pair */
};

static struct tap *tap_of(const struct net_backend *b)
{
	return (struct tap *)(uintptr_t)b;
}

static void tap_close(struct net_backend *b)
{
	struct tap *t = tap_of(b);

	for (unsigned int i = 0; i < t->pairs; i++) {
		if (t->fds[i] >= 0)
			close(t->fds[i]);
	}
	free(t);
}

/* The link does what the driver lacks, so the host may leave it all. */
static int set_up(struct tap *t, int fd)
{
	const unsigned long most = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 |
				   TUN_F_TSO_ECN;
	int len = VFE_NET_HDR_LEN;

	if (ioctl(fd, TUNSETVNETHDRSZ, &len))
		return -1;
	t->b.offloads = NET_CSUM | NET_TSO4 | NET_TSO6 | NET_ECN;
	if (!ioctl(fd, TUNSETOFFLOAD, most | TUN_F_USO4 | TUN_F_USO6)) {
		t->b.offloads |= NET_USO4 | NET_USO6;
		return 0;
	}
	return ioctl(fd, TUNSETOFFLOAD, most);
}

static int open_queue(struct tap *t, const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -1;
	if (t->pairs > 1)
		ifr.ifr_flags |= IFF_MULTI_QUEUE;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (!ioctl(fd, TUNSETIFF, &ifr) && !set_up(t, fd))
		return fd;
	close(fd);
	return -1;
}

static struct net_backend *tap_open(const struct options *o,
				    const char *argument)
{
	struct tap *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->b.ops = &net_tap;
	if (strlen(argument) >= IFNAMSIZ) {
		parse_bad("--backend tap:%s: longer than 15 characters",
			  argument);
		goto err;
	}
	t->pairs = net_options_of(o)->pairs;
	for (unsigned int i = 0; i < t->pairs; i++)
		t->fds[i] = -1;
	for (unsigned int i = 0; i < t->pairs; i++) {
		t->fds[i] = open_queue(t, argument);
		if (t->fds[i] < 0) {
			parse_bad("--backend tap:%s: %s; run as root, and with an interface that no one else has, or multi_queue if --pairs is more than 1",
				  argument, strerror(errno));
			goto err;
		}
	}
	return &t->b;

err:
	tap_close(&t->b);
	return NULL;
}

static int tap_send(struct net_backend *b, unsigned int pair,
		    struct net_frame *f)
{
	struct iovec iov[2] = {
		{ &f->hdr, VFE_NET_HDR_LEN }, { f->data, f->len },
	};

	if (writev(tap_of(b)->fds[pair], iov, 2) >= 0)
		return 0;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ?
	       -EAGAIN : -EIO;
}

static int tap_receive(struct net_backend *b, unsigned int pair,
		       struct net_frame *f)
{
	struct tap *t = tap_of(b);
	struct iovec iov[2] = {
		{ &f->hdr, VFE_NET_HDR_LEN }, { f->data, sizeof(f->data) },
	};
	ssize_t n;

	memset(&f->hdr, 0, sizeof(f->hdr));
	n = readv(t->fds[pair], iov, 2);
	if (n <= 0) {
		t->readable &= ~(1U << pair);
		return -EAGAIN;
	}
	if (n < VFE_NET_HDR_LEN || n - VFE_NET_HDR_LEN > (ssize_t)NET_FRAME_MAX)
		return -EINVAL;
	f->len = n - VFE_NET_HDR_LEN;
	return 0;
}

static bool tap_may_receive(const struct net_backend *b, unsigned int pair)
{
	return tap_of(b)->readable & 1U << pair;
}

static int tap_fds(struct net_backend *b, const struct net_wants *w,
		   struct pollfd *fds)
{
	struct tap *t = tap_of(b);

	for (unsigned int i = 0; i < t->pairs; i++) {
		short events = (w->receive & 1U << i ? POLLIN : 0) |
			       (w->send & 1U << i ? POLLOUT : 0);

		fds[i] = (struct pollfd){ events ? t->fds[i] : -1, events, 0 };
	}
	return t->pairs;
}

/* The interface was removed; poll(2) would report that without end. */
static void gone(struct tap *t, int pair)
{
	log_line("tap, pair %d: the interface is gone", pair);
	close(t->fds[pair]);
	t->fds[pair] = -1;
}

static void tap_handle(struct net_backend *b, const struct pollfd *fds, int n)
{
	struct tap *t = tap_of(b);

	for (int i = 0; i < n; i++) {
		if (fds[i].revents & POLLIN)
			t->readable |= 1U << i;
		else if (fds[i].revents & POLLERR && t->fds[i] >= 0)
			gone(t, i);
	}
}

static bool tap_is_up(const struct net_backend *b)
{
	return tap_of(b)->fds[0] >= 0;
}

const struct net_backend_ops net_tap = {
	.name = "tap",
	.argument = "IFNAME",
	.open = tap_open,
	.close = tap_close,
	.send = tap_send,
	.receive = tap_receive,
	.may_receive = tap_may_receive,
	.fds = tap_fds,
	.handle = tap_handle,
	.is_up = tap_is_up,
};

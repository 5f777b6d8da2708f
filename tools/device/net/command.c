// SPDX-License-Identifier: GPL-2.0
/* Commands of the control socket that a network device has. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "net/net.h"

static int do_link(struct vdev *v, const char *arg, char *error, size_t size)
{
	struct net *n = net_of(v);

	if (strcmp(arg, "up") && strcmp(arg, "down")) {
		snprintf(error, size, "link: use up or down");
		return -1;
	}
	n->link_set = !strcmp(arg, "up");
	link_set(n->link, n->link_set);
	net_update_link(v);
	return 0;
}

/* 5.1.9.5.4 */
static int do_announce(struct vdev *v, const char *arg, char *error,
		       size_t size)
{
	(void)arg;
	if (!vdev_has(v, VIRTIO_NET_F_GUEST_ANNOUNCE)) {
		snprintf(error, size, "announce: the driver has not accepted GUEST_ANNOUNCE");
		return -1;
	}
	net_of(v)->announce = true;
	vdev_config_changed(v);
	return 0;
}

static int digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' :
	       tolower((unsigned char)c) - 'a' + 10;
}

/* A frame for the driver, in hexadecimal, behind its header of 12 bytes */
static int do_inject(struct vdev *v, const char *arg, char *error, size_t size)
{
	static uint8_t bytes[4096];
	size_t n = 0;

	for (; isxdigit((unsigned char)arg[0]) &&
	     isxdigit((unsigned char)arg[1]) && n < sizeof(bytes); arg += 2)
		bytes[n++] = digit(arg[0]) << 4 | digit(arg[1]);
	if (!*arg && !link_inject(net_of(v)->link, bytes, n))
		return 0;
	snprintf(error, size, "inject: use the 12 bytes of a header, and a frame, in hexadecimal; or the frame before waits still");
	return -1;
}

static int do_backend(struct vdev *v, const char *arg, char *error,
		      size_t size)
{
	struct net_backend *b = link_backend(net_of(v)->link);

	if (b->ops->command && !b->ops->command(b, arg))
		return 0;
	snprintf(error, size, "source: use start or stop, with --backend source");
	return -1;
}

const struct vdev_command net_commands[] = {
	{ "link", true, do_link },
	{ "announce", false, do_announce },
	{ "inject", true, do_inject },
	{ "source", true, do_backend },
	{ }
};

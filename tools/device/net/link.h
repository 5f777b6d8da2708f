/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The link between a port (the virtio queues, or the register window) and the
 * back end: it does in software what the taker of a frame leaves to others,
 * and delays, loses and reorders what comes in. Both ports use one link; the
 * window takes the frames while its driver has started it.
 */
#ifndef NET_LINK_H
#define NET_LINK_H

#include "net/backend.h"

struct link;

/* Who receives. @state is what was given to link_attach(). */
struct net_port {
	/* enum net_offload: what the driver does itself with frames it gets */
	uint32_t (*offloads)(void *state);
	/*
	 * A frame for the driver; as much is done to it as it needs.
	 * Return: 0: taken, or not for this driver; -EAGAIN: no room; the link
	 * keeps it, and gives it again after link_room().
	 */
	int (*receive)(void *state, struct net_frame *f);
	/* The last one of a batch was given: tell the driver. */
	void (*received)(void *state);
	/* The back end takes frames again after -EAGAIN of link_send(). */
	void (*can_send)(void *state, unsigned int pair);
};

/*
 * Frames go to this port from now on, while NULL to nobody: they are dropped.
 * Frames that wait for the port before are dropped.
 */
void link_attach(struct link *l, const struct net_port *port, void *state);
bool link_is_attached(const struct link *l, const struct net_port *port,
		      const void *state);
/* The port has room again. */
void link_room(struct link *l);

/*
 * A frame to fill in and give to link_send(); NULL: there is no room now, and
 * can_send() will be called.
 */
struct net_frame *link_frame(struct link *l, unsigned int pair);
/*
 * Send the frame that link_frame() gave last. Its header may leave any
 * checksum and segmentation to the link.
 * Return: 0, or -1 if the header makes no sense; then the frame is dropped.
 */
int link_send(struct link *l, unsigned int pair);
/* A batch ends. */
void link_flush(struct link *l, unsigned int pair);

#endif /* NET_LINK_H */

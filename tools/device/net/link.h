/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The link between a port (the virtio queues, or the register window) and the
 * back end: it does in software the offloads that the taker of a frame lacks,
 * and delays, loses and reorders received frames. Both ports use one link; the
 * window takes the frames while its driver has started it.
 */
#ifndef NET_LINK_H
#define NET_LINK_H

#include "net/backend.h"

struct link;
struct net_options;

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
	/* NULL, or: link_set() changed the link. */
	void (*link_changed)(void *state);
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
 * Send the frame that link_frame() gave last. Its header may leave what is in
 * @allowed (enum net_offload) to the link.
 * Return: 0, or -1 if the header makes no sense or says more; then the frame is
 * dropped.
 */
int link_send(struct link *l, unsigned int pair, uint32_t allowed);
/* A batch ends: send what was gathered. */
void link_flush(struct link *l, unsigned int pair);

/* For class.c: */

struct link *link_new(const struct net_options *o, struct net_backend *b,
		      uint64_t seed);
void link_free(struct link *l);
/* Where to count, by enum net_count */
void link_counts(struct link *l, uint64_t *counts);
/* No frame passes while the link is down. */
void link_set(struct link *l, bool up);
/* Does the carrier say up, on both sides? */
bool link_is_up(const struct link *l);
/* A frame as if it had come from the back end. Return: 0, -1: no room now */
int link_inject(struct link *l, const uint8_t *hdr_and_data, size_t len);
struct net_backend *link_backend(struct link *l);

/* Move frames in, at most a batch. Return: whether there were any */
bool link_poll(struct link *l);
bool link_wants_poll(const struct link *l);
int link_fds(struct link *l, struct pollfd *fds);
void link_handle(struct link *l, const struct pollfd *fds, int n);
uint64_t link_due(const struct link *l);
void link_expired(struct link *l, uint64_t now);

#endif /* NET_LINK_H */

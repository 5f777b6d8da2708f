/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where frames go and come from. A back end keeps no frame but in a queue of
 * its own, never blocks, and tells by descriptors or a time when it can go on.
 * link.c calls it for the virtio queues and for the register window.
 */
#ifndef NET_BACKEND_H
#define NET_BACKEND_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "net/frame.h"

/* Descriptors that a back end may watch: the pairs', and two more */
#define NET_BACKEND_FDS	(VFE_NET_MAX_PAIRS + 2)

struct net_backend;
struct options;

/* What the link wants of a back end, a bit for each pair */
struct net_wants {
	uint32_t receive;	/* there is room for frames */
	uint32_t send;		/* frames wait that it did not take */
};

struct net_backend_ops {
	const char *name;	/* of --backend, up to the colon */
	const char *argument;	/* what is behind it, for the help; or NULL */
	bool optional;		/* the argument may be missing */
	/*
	 * @argument: behind the colon, or NULL
	 * Return: the back end, or NULL after one line on stderr
	 */
	struct net_backend *(*open)(const struct options *o,
				    const char *argument);
	void (*close)(struct net_backend *b);
	/*
	 * Send a frame through pair @pair, which it may change.
	 * Return: 0; or -EAGAIN: not now, again when it can go on; another
	 * error: the frame is lost.
	 */
	int (*send)(struct net_backend *b, unsigned int pair,
		    struct net_frame *f);
	/* A batch ends: NULL, or send what was gathered. */
	void (*flush)(struct net_backend *b, unsigned int pair);
	/*
	 * Receive the next frame of pair @pair.
	 * Return: 0; or -EAGAIN: there is none now; another error: one came
	 * that is no frame.
	 */
	int (*receive)(struct net_backend *b, unsigned int pair,
		       struct net_frame *f);
	/* Can a frame be there? A guess, so that idle pairs cost no call. */
	bool (*may_receive)(const struct net_backend *b, unsigned int pair);
	/*
	 * Fill in at most NET_BACKEND_FDS entries. Return: their number. NULL,
	 * and no handle(): no descriptors
	 */
	int (*fds)(struct net_backend *b, const struct net_wants *w,
		   struct pollfd *fds);
	void (*handle)(struct net_backend *b, const struct pollfd *fds, int n);
	/* When to call expired(), ns of the clock or UINT64_MAX; or NULL */
	uint64_t (*due)(const struct net_backend *b);
	void (*expired)(struct net_backend *b, uint64_t now);
	/* Is the far side there? NULL: always */
	bool (*is_up)(const struct net_backend *b);
	/* A control command of its own, or NULL. Return: 0, -1 if it is none */
	int (*command)(struct net_backend *b, const char *text);
};

/* What every back end begins with */
struct net_backend {
	const struct net_backend_ops *ops;
	uint32_t offloads;	/* enum net_offload: what the far side does */
};

/* All of them, ending with NULL */
extern const struct net_backend_ops *const net_backends[];

/*
 * Open the back end that @text names, as NAME or NAME:ARGUMENT.
 * Return: NULL after one line on stderr
 */
struct net_backend *net_backend_open(const struct options *o,
				     const char *text);

#endif /* NET_BACKEND_H */

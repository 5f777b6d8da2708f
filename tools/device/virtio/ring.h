/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtqueue, on the device's side: the common part of both layouts (ring.c,
 * chain.c), and their operations (split.c: virtio 1.4, 2.7; packed.c: 2.8). The
 * guest may change its memory at any time: the device reads every field once,
 * checks it, and only then uses it.
 */
#ifndef RING_H
#define RING_H

#include <endian.h>
#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct vdev;
struct queue;

/* 2.8.1: both equal to the wrap counter: used; different: available */
#define DESC_F_AVAIL	0x0080U
#define DESC_F_USED	0x8000U
/* 2.8.14: the wrap counter beside an offset in the ring */
#define EVENT_WRAP	0x8000U

enum queue_part {
	PART_DESC,
	PART_DRIVER,
	PART_DEVICE,
	NUM_PARTS
};

/*
 * The driver configures a queue, then enables it; it stays enabled until it or
 * the device is reset.
 */
enum queue_state {
	QUEUE_CONFIG,
	QUEUE_ENABLED,
	QUEUE_RESETTING,	/* only with --fault queue_reset: for ever */
};

/* Indices run freely and wrap at 65536. */
struct split_ring {
	uint16_t last_avail;	/* next entry of the available ring to pop */
	uint16_t seen_avail;	/* available index as last read */
	uint16_t used_idx;	/* next entry of the used ring to fill */
	uint16_t published;	/* used index as the driver sees it */
	uint16_t notified;	/* the same, when it was last asked */
};

/*
 * Positions count two rounds of the ring, so that they include the wrap
 * counter: it is 1 in the first round.
 */
struct packed_ring {
	uint32_t avail;		/* next descriptor to pop */
	uint32_t used;		/* next used descriptor to write */
	uint32_t published;	/* the same, as the driver sees it */
	uint32_t notified;	/* the same, when it was last asked */
	uint16_t held;		/* flags of the first one after @published */
};

/* One used entry; with IN_ORDER it may complete several buffers. */
struct used_entry {
	uint32_t steps;		/* that the ring goes on by; 0: no entry */
	uint32_t len;
	uint16_t id;
	bool whole;		/* nothing of the last buffer is left out */
};

struct queue {
	struct vdev *v;
	unsigned int index;
	enum queue_state state;
	uint16_t size;
	uint16_t vector;
	uint64_t addr[NUM_PARTS];	/* guest addresses */
	void *part[NUM_PARTS];		/* where they are here; NULL: look up */

	union {
		struct split_ring split;
		struct packed_ring packed;
	};
	struct used_entry used;	/* not yet in the ring */
	bool pending;		/* a pass ended with work left */
	bool later;		/* it ended with a buffer the class left */
	bool taking;		/* between queue_take() and queue_done() */
	uint32_t taken;		/* position before the first queue_take() */
	uint64_t kicks, interrupts;	/* since the reset of the device */
	unsigned int in_service;	/* requests whose answers wait */
	bool answered;		/* used entries wait to be published */
};

/* Descriptors at the beginning of the writable part that a chain remembers */
#define CHAIN_HEADS	4

/* Guest memory, by its address there */
struct guest_part {
	uint64_t addr;
	uint32_t len;
};

/* A buffer; device-readable segments come first. */
struct chain {
	struct iovec *iov;
	int max;
	int readable;		/* pieces */
	int writable;
	uint64_t read_len;	/* bytes */
	uint64_t write_len;
	uint8_t *last;		/* the last byte the device may write, or NULL */
	uint64_t last_addr;	/* the same in the guest */
	bool fault;		/* some part of it is not usable */
	/* where the writable part begins in the guest */
	struct guest_part head[CHAIN_HEADS];
	unsigned int heads;
	/* with a service time: see respond() of struct vdev_class */
	bool delayed;
	void *held;
	uint64_t not_before;
	uint16_t id;		/* for the used entry */
	uint32_t steps;		/* that the used entry takes */
};

struct ring_part {
	unsigned int align;
	bool write;		/* the device writes there, too */
};

/* Operations of a layout */
struct ring_ops {
	const struct ring_part *parts;
	uint64_t (*part_len)(const struct queue *q, enum queue_part part);
	bool (*is_size)(uint32_t size);
	const char *size_rule;	/* for the log */
	void (*reset)(struct queue *q);
	/*
	 * Take the next available buffer.
	 * Return: 1 with the buffer in @c, also when part of it is not usable
	 * (@c->fault), 0 if there is none, -1 after a line in the log if the
	 * ring or the chain makes no sense.
	 */
	int (*next)(struct queue *q, struct chain *c);
	/* A quick check for available buffers, which next() verifies */
	bool (*has_more)(const struct queue *q);
	/* Write a used entry, not yet for the driver to see. */
	void (*put)(struct queue *q, const struct used_entry *e);
	/* Show them to the driver. Return: whether there were any */
	bool (*publish)(struct queue *q);
	/* Does it want an interrupt for what it saw since it was last asked? */
	bool (*wants_interrupt)(struct queue *q);
	/* Suppress further notifications, as far as that costs nothing. */
	void (*disarm)(struct queue *q);
	/* Ask for a notification. Return: false if buffers have come up. */
	bool (*arm)(struct queue *q);
	/* --poll: keep the driver from ever notifying. */
	void (*silence)(struct queue *q);
	/* 2.9: does a notification say of more buffers than the ring shows? */
	bool (*is_ahead)(const struct queue *q, uint16_t next);
	/* How far available and used entries are, for people to read */
	void (*progress)(const struct queue *q, uint16_t *avail,
			 uint16_t *used);
};

extern const struct ring_ops split_ops;
extern const struct ring_ops packed_ops;

/* ring.c */

/* The layout that the accepted features ask for */
const struct ring_ops *ring_ops_of(const struct vdev *v);
/* The largest size up to @max that the layout takes */
uint16_t ring_largest(const struct ring_ops *ops, unsigned int max);
void ring_reset(struct queue *q);
/**
 * ring_check() - are the addresses the driver gave fit for use?
 *
 * Return: true, or false after a line in the log.
 */
bool ring_check(struct queue *q);
/* Find the ring's parts in this process. Return: false if one is not RAM. */
bool ring_resolve(struct queue *q);
void ring_forget(struct queue *q);
/*
 * The buffer is used, and @len bytes of it are written; the driver sees that
 * after ring_publish().
 */
void ring_push(struct queue *q, const struct chain *c, uint32_t len);
/* Return: whether the driver sees more now */
bool ring_publish(struct queue *q);
/*
 * Where the next buffer is taken from, and back to there: the buffers since
 * then, none of them used, are in the ring as before.
 */
uint32_t ring_position(const struct queue *q);
void ring_go_back(struct queue *q, uint32_t position);

static inline uint16_t load16(const uint16_t *p)
{
	return le16toh(__atomic_load_n(p, __ATOMIC_RELAXED));
}

static inline void store16(uint16_t *p, uint16_t value)
{
	__atomic_store_n(p, htole16(value), __ATOMIC_RELAXED);
}

#endif /* RING_H */

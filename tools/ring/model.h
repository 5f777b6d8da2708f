/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device's side of a ring, written from the specification and independently
 * of the driver's: pops buffers, checks every rule for drivers, and uses them.
 * For both layouts; model_layout has the differences.
 */
#ifndef RING_MODEL_H
#define RING_MODEL_H

#include <linux/types.h>
#include <linux/virtio_ring.h>

#define MODEL_MAX_SEGS	64

/**
 * struct model_buf - a buffer, for the device
 * @head: split: its first descriptor in the ring; packed: its id
 * @out: readable segments
 * @in: writable segments, after these
 * @addr: of each segment
 * @len: of each segment
 * @in_len: bytes of all writable segments
 * @indirect: it came in a table
 */
struct model_buf {
	u16 head;
	unsigned int out;
	unsigned int in;
	u64 addr[MODEL_MAX_SEGS];
	u32 len[MODEL_MAX_SEGS];
	u64 in_len;
	bool indirect;
};

struct model;
struct vfe_queue;

/* Operations of a layout; see the functions of the same names below */
struct model_layout {
	void (*open)(struct model *m, const struct vfe_queue *q);
	bool (*available)(const struct model *m);
	bool (*pop)(struct model *m, struct model_buf *buf);
	void (*push)(struct model *m, u16 head, u32 len);
	void (*skip)(struct model *m, u16 head);
	bool (*publish)(struct model *m);
	void (*want)(struct model *m, bool kicks);
};

/**
 * struct model_split - a device's view of a split ring
 * @desc: the descriptor table
 * @avail: the driver's ring
 * @used: the device's ring
 * @next_avail: available index up to which buffers were popped
 * @next_used: used index, with buffers not published yet
 * @shown_used: used index as published
 * @skipped: buffers used since then that have no element yet
 * @owner: for each descriptor the head of the buffer that it is part of, plus
 *	   one; 0 for one that the driver owns
 */
struct model_split {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	u16 next_avail;
	u16 next_used;
	u16 shown_used;
	u16 skipped;
	u32 *owner;
};

/* A position in a packed ring: a slot, and the wrap counter there */
struct model_place {
	unsigned int slot;
	bool wrap;
};

/**
 * struct model_packed - a device's view of a packed ring
 * @desc: the descriptors
 * @driver: event suppression: offset and wrap counter, flags above them
 * @device: the same, the device's
 * @next_avail: position up to which buffers were popped
 * @next_used: place of the next used descriptor
 * @shown_used: the same, as published
 * @skipped: descriptors of buffers used since then that have none yet
 * @count: for each id the descriptors of its buffer, 0 when it has none
 * @taken: their sum
 * @held: flags of the used descriptor at @shown_used, to be published
 */
struct model_packed {
	struct vring_packed_desc *desc;
	u32 *driver;
	u32 *device;
	struct model_place next_avail;
	struct model_place next_used;
	struct model_place shown_used;
	unsigned int skipped;
	u16 *count;
	unsigned int taken;
	u16 held;
};

/**
 * struct model - a device's view of one ring
 * @layout: its layout
 * @split: it is a split ring
 * @packed: it is a packed ring
 * @size: entries
 * @event_idx: VIRTIO_F_EVENT_IDX was negotiated
 * @may_indirect: VIRTIO_F_INDIRECT_DESC was negotiated
 * @in_order: VIRTIO_F_IN_ORDER was negotiated
 * @error: the first rule that the driver broke, or NULL
 */
struct model {
	const struct model_layout *layout;
	struct model_split split;
	struct model_packed packed;
	unsigned int size;
	bool event_idx;
	bool may_indirect;
	bool in_order;
	const char *error;
};

void model_open(struct model *m, const struct vfe_queue *q);
void model_close(struct model *m);

/* Is there an available buffer? */
bool model_available(const struct model *m);
/* Pop the next available buffer. Return: false if there is none, or @error */
bool model_pop(struct model *m, struct model_buf *buf);
/* Use a buffer; model_publish() publishes all. Return: true for an interrupt */
void model_push(struct model *m, u16 head, u32 len);
bool model_publish(struct model *m);
/* IN_ORDER: use a buffer; the next push completes it. */
void model_skip(struct model *m, u16 head);
/* Enable notifications. Return: false if there is a buffer already */
bool model_arm(struct model *m);
/* Disable notifications */
void model_quiet(struct model *m);

/* split: single fields */
/* the driver's event index: an interrupt for the entry before @used_idx? */
u16 model_used_event(const struct model *m);
void model_set_avail_event(struct model *m, u16 value);
u16 model_avail_idx(const struct model *m);

/* --- for the two layouts --- */

extern const struct model_layout model_split_layout;
extern const struct model_layout model_packed_layout;

/* The driver broke a rule: keep the first. Return: false */
bool model_wrong(struct model *m, const char *what);
/* Add a segment to a buffer. Return: false if that breaks a rule */
bool model_piece(struct model *m, struct model_buf *buf, u64 addr, u32 len,
		 bool write);

/*
 * Barriers are C11's: indices and flags are read with acquire and written with
 * release; a fence is between writing the event suppression and reading an
 * index. Under SHIM_TSO they are steps of that machine.
 */
#ifdef SHIM_TSO
#define model_load(p)		order_load(p, sizeof(*(p)))
#define model_store(p, v)	order_store(p, sizeof(*(p)), v)
#define model_fence()		order_mb()
#else
#define model_load(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define model_store(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define model_fence()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

#endif /* RING_MODEL_H */

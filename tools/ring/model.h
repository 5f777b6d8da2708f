/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The device's side of a split ring, as the specification has it, written
 * without a look at the driver's: takes buffers, checks every rule that a
 * driver is bound by, and gives them back.
 */
#ifndef RING_MODEL_H
#define RING_MODEL_H

#include <linux/types.h>
#include <linux/virtio_ring.h>

#define MODEL_MAX_SEGS	64

/**
 * struct model_buf - a buffer as the device finds it
 * @head: its first descriptor in the ring
 * @out: pieces to read
 * @in: pieces to write, behind them
 * @addr: of each piece
 * @len: of each piece
 * @in_len: bytes of all pieces to write
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

/**
 * struct model - a device's view of one split ring
 * @desc: the descriptor table
 * @avail: the driver's ring
 * @used: the device's ring
 * @size: entries
 * @event_idx: VIRTIO_F_EVENT_IDX was negotiated
 * @may_indirect: VIRTIO_F_INDIRECT_DESC was negotiated
 * @next_avail: available index up to which buffers were taken
 * @next_used: used index, with buffers not published yet
 * @shown_used: used index as published
 * @owner: for each descriptor the head of the buffer that it is part of, plus
 *	   one; 0 for one that the driver owns
 * @error: the first rule that the driver broke, or NULL
 */
struct model {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	unsigned int size;
	bool event_idx;
	bool may_indirect;
	u16 next_avail;
	u16 next_used;
	u16 shown_used;
	u32 *owner;
	const char *error;
};

struct vfe_queue;

void model_open(struct model *m, const struct vfe_queue *q);
void model_close(struct model *m);

/* Take the next available buffer. Return: false if there is none, or @error */
bool model_pop(struct model *m, struct model_buf *buf);
/* Use a buffer; model_publish() shows all. Return: true for an interrupt */
void model_push(struct model *m, u16 head, u32 len);
bool model_publish(struct model *m);
/* Ask for notifications. Return: false if a buffer is there already */
bool model_arm(struct model *m);
/* Ask for none */
void model_quiet(struct model *m);

/* what the driver asks for: an interrupt for the entry just below @used_idx? */
u16 model_used_event(const struct model *m);
void model_set_avail_event(struct model *m, u16 value);
u16 model_avail_idx(const struct model *m);

#endif /* RING_MODEL_H */

// SPDX-License-Identifier: GPL-2.0
/* Allocates, resets and frees a split ring. Operations: split.c. */
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/preempt.h>
#include <linux/seqlock.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_ring.h>

#include "split.h"

/* Restarts the used index at 0, and keeps the number of reaped buffers. */
static void split_pad(struct split_ring *r)
{
	u64 padding = -r->last_used & U16_MAX;

	/* readers spin while this runs: disable preemption */
	preempt_disable();
	raw_write_seqcount_begin(&r->padded);
	r->last_used += padding;
	r->padding += padding;
	raw_write_seqcount_end(&r->padded);
	preempt_enable();
}

void split_reset(struct vfe_queue *q)
{
	struct split_ring *r = q->split;
	unsigned int i;

	/* virtio 1.4, 2.7.10.1: used flags start as 0, and so does the rest */
	memset(r->memory, 0, r->memory_len);
	for (i = 0; i < q->size; i++) {
		r->bufs[i].token = NULL;
		r->bufs[i].next = i + 1 < q->size ? i + 1 : SPLIT_NONE;
	}
	r->avail_idx = 0;
	r->published_idx = 0;
	split_pad(r);
	r->seen_used = 0;
	r->free_head = 0;
	r->free = q->size;
	r->oldest = 0;
	r->batch = 0;
	r->detach_pos = 0;
	r->cb_on = true;
}

/* Allocates the three parts of the ring as one piece of memory. */
static int split_alloc_memory(struct vfe_queue *q, struct device *dev)
{
	struct split_ring *r = q->split;
	size_t avail_at = q->size * sizeof(struct vring_desc);
	size_t avail_len = struct_size(r->avail, ring, q->size) +
			   sizeof(*r->used_event);
	/* virtio 1.4, 2.7.1: alignment 16, 2 and 4 */
	size_t used_at = ALIGN(avail_at + avail_len, q->align);

	r->memory_len = used_at + struct_size(r->used, ring, q->size) +
			sizeof(*r->avail_event);
	r->memory = vfe_ring_alloc(q, dev, r->memory_len, &r->memory_dma);
	if (!r->memory)
		return -ENOMEM;
	r->desc = r->memory;
	r->avail = r->memory + avail_at;
	r->used = r->memory + used_at;
	r->used_event = &r->avail->ring[q->size];
	r->avail_event = (__virtio16 *)&r->used->ring[q->size];
	q->desc_addr = r->memory_dma;
	q->driver_addr = r->memory_dma + avail_at;
	q->device_addr = r->memory_dma + used_at;
	return 0;
}

void split_destroy(struct vfe_queue *q, struct device *dev)
{
	struct split_ring *r = q->split;

	if (!r)
		return;
	vfe_tables_free(&r->tables, q, dev);
	if (r->memory)
		vfe_ring_free(q, dev, r->memory_len, r->memory, r->memory_dma);
	kvfree(r->bufs);
	kfree(r);
	q->split = NULL;
}

int split_create(struct vfe_queue *q, struct device *dev)
{
	struct split_ring *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	q->split = r;
	seqcount_init(&r->padded);
	r->bufs = kvcalloc(q->size, sizeof(*r->bufs), GFP_KERNEL);
	if (!r->bufs || split_alloc_memory(q, dev))
		goto fail;
	/* a buffer of one segment needs no table */
	if (vfe_queue_makes_tables(q) && q->max_segs > 1 &&
	    vfe_tables_alloc(&r->tables, q, dev))
		goto fail;
	split_reset(q);
	return 0;

fail:
	split_destroy(q, dev);
	return -ENOMEM;
}

// SPDX-License-Identifier: GPL-2.0
/* Allocates, resets and frees a packed ring. Operations: packed.c. */
#include <linux/cache.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "packed.h"

void packed_reset(struct vfe_queue *q)
{
	struct packed_ring *r = q->packed;
	unsigned int i;

	/* virtio 1.4, 2.8.11: descriptors start as 0; events are enabled */
	memset(r->memory, 0, r->memory_len);
	for (i = 0; i < q->size; i++) {
		r->bufs[i].token = NULL;
		r->bufs[i].next = i + 1;
	}
	r->added = 0;
	r->num_published = 0;
	r->reaped_at_reset = r->reaped;
	r->avail_slot = 0;
	/* 2.8.1: wrap counters start as 1 */
	r->avail_flags = PACKED_AVAIL;
	r->unpublished = 0;
	r->published = PACKED_WRAP;
	r->last_used = PACKED_WRAP;
	r->free_id = 0;
	r->free = packed_capacity(q, q->size);
	r->oldest = 0;
	r->batch = 0;
	r->detach_pos = 0;
	r->cb_on = true;
}

/* Allocates the three parts of the ring as one piece of memory. */
static int packed_alloc_memory(struct vfe_queue *q, struct device *dev)
{
	struct packed_ring *r = q->packed;
	/*
	 * 2.8.11: alignment 16, 4 and 4. Each small part has its own cache
	 * line, because one side writes it and the other reads it.
	 */
	size_t driver_at = ALIGN(q->size * sizeof(*r->desc), SMP_CACHE_BYTES);
	size_t device_at = driver_at + SMP_CACHE_BYTES;

	r->memory_len = device_at + SMP_CACHE_BYTES;
	r->memory = vfe_ring_alloc(q, dev, r->memory_len, &r->memory_dma);
	if (!r->memory)
		return -ENOMEM;
	r->desc = r->memory;
	r->driver = r->memory + driver_at;
	r->device = r->memory + device_at;
	q->desc_addr = r->memory_dma;
	q->driver_addr = r->memory_dma + driver_at;
	q->device_addr = r->memory_dma + device_at;
	return 0;
}

void packed_destroy(struct vfe_queue *q, struct device *dev)
{
	struct packed_ring *r = q->packed;

	if (!r)
		return;
	vfe_tables_free(&r->tables, q, dev);
	if (r->memory)
		vfe_ring_free(q, dev, r->memory_len, r->memory, r->memory_dma);
	kvfree(r->bufs);
	kfree(r);
	q->packed = NULL;
}

int packed_create(struct vfe_queue *q, struct device *dev)
{
	struct packed_ring *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	q->packed = r;
	r->bufs = kvcalloc(q->size, sizeof(*r->bufs), GFP_KERNEL);
	if (!r->bufs || packed_alloc_memory(q, dev))
		goto fail;
	/* a buffer of one segment needs no table */
	if (vfe_queue_makes_tables(q) && q->max_segs > 1 &&
	    vfe_tables_alloc(&r->tables, q, dev))
		goto fail;
	packed_reset(q);
	return 0;

fail:
	packed_destroy(q, dev);
	return -ENOMEM;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The split ring (virtio 1.4, 2.7).
 *
 * The device may write to anything in DMA memory at any time, so nothing that
 * the driver decides by is read back from there: what a buffer consists of,
 * which descriptors are free and where they lead is kept in private memory
 * (struct split_buf), and what the device does say, a used index, id and
 * length, is read once and checked before use.
 */
#include <linux/dma-mapping.h>
#include <linux/dmapool.h>
#include <linux/errno.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_ring.h>

#include "ring.h"

/* The end of the list of free descriptors; sizes are 2^15 at most */
#define SPLIT_NONE	0xffff

/**
 * struct split_buf - what the driver knows about a descriptor
 * @token: of the buffer that begins here; NULL when none does
 * @in_len: bytes that the device may write to that buffer
 * @count: ring descriptors that it takes
 * @next: the next of the same buffer, or the next free one
 */
struct split_buf {
	void *token;
	u32 in_len;
	u16 count;
	u16 next;
};

/**
 * struct split_ring - a split ring
 * @desc: the descriptor table
 * @avail: the driver's ring
 * @used: the device's ring
 * @used_event: behind @avail: the used index to interrupt after
 * @avail_event: behind @used: the available index to notify after
 * @bufs: one for each descriptor
 * @tables: indirect tables, one for each descriptor, or NULL
 * @table_dma: their bus addresses
 * @pool: where they come from
 * @memory: the ring's memory
 * @memory_dma: its bus address
 * @memory_len: its length in bytes
 * @avail_idx: available index, with buffers that the device cannot see yet
 * @shown_idx: available index that the device sees
 * @last_used: used index up to which buffers were taken back
 * @seen_used: used index as last read from the device and checked
 * @free_head: first free descriptor
 * @free: number of free descriptors
 * @detach_pos: where vfe_queue_detach() is
 * @cb_on: interrupts are asked for
 */
struct split_ring {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	__virtio16 *used_event;
	__virtio16 *avail_event;
	struct split_buf *bufs;
	struct vring_desc **tables;
	dma_addr_t *table_dma;
	struct dma_pool *pool;
	void *memory;
	dma_addr_t memory_dma;
	size_t memory_len;
	u16 avail_idx;
	u16 shown_idx;
	u16 last_used;
	u16 seen_used;
	u16 free_head;
	u16 free;
	u16 detach_pos;
	bool cb_on;
};

/*
 * Only VERSION_1 devices are driven: rings are little endian (virtio 1.4,
 * 2.7.3 has the exception for legacy ones).
 */
static inline __virtio16 split_from16(u16 v)
{
	return (__force __virtio16)cpu_to_le16(v);
}

static inline __virtio32 split_from32(u32 v)
{
	return (__force __virtio32)cpu_to_le32(v);
}

static inline __virtio64 split_from64(u64 v)
{
	return (__force __virtio64)cpu_to_le64(v);
}

static inline u16 split_to16(__virtio16 v)
{
	return le16_to_cpu((__force __le16)v);
}

static inline u32 split_to32(__virtio32 v)
{
	return le32_to_cpu((__force __le32)v);
}

/*
 * A full barrier against the device. One that is another CPU needs no more
 * than CPUs do between each other (on UP kernels too: virt_).
 */
static inline void split_mb(const struct vfe_queue *q)
{
	if (q->order_platform)
		mb(); /* virtio 1.4, 6.1: as for a device made of hardware */
	else
		virt_mb(); /* as between CPUs */
}

static void split_reset(struct vfe_queue *q)
{
	struct split_ring *r = q->split;
	unsigned int i;

	/* virtio 1.4, 2.7.10.1: used flags begin as 0, and so does the rest */
	memset(r->memory, 0, r->memory_len);
	for (i = 0; i < q->size; i++) {
		r->bufs[i].token = NULL;
		r->bufs[i].next = i + 1 < q->size ? i + 1 : SPLIT_NONE;
	}
	r->avail_idx = 0;
	r->shown_idx = 0;
	r->last_used = 0;
	r->seen_used = 0;
	r->free_head = 0;
	r->free = q->size;
	r->detach_pos = 0;
	r->cb_on = true;
}

static void split_free_tables(struct vfe_queue *q)
{
	struct split_ring *r = q->split;
	unsigned int i;

	for (i = 0; r->tables && r->table_dma && i < q->size; i++)
		if (r->tables[i])
			dma_pool_free(r->pool, r->tables[i], r->table_dma[i]);
	dma_pool_destroy(r->pool);
	kvfree(r->table_dma);
	kvfree(r->tables);
}

/* One table a descriptor, at set-up: nothing is allocated to add a buffer. */
static int split_alloc_tables(struct vfe_queue *q, struct device *dev)
{
	struct split_ring *r = q->split;
	size_t len = q->max_segs * sizeof(struct vring_desc);
	unsigned int i;

	r->tables = kvcalloc(q->size, sizeof(*r->tables), GFP_KERNEL);
	r->table_dma = kvcalloc(q->size, sizeof(*r->table_dma), GFP_KERNEL);
	r->pool = dma_pool_create("vfe-indirect", dev, len,
				  VRING_DESC_ALIGN_SIZE, 0);
	if (!r->tables || !r->table_dma || !r->pool)
		return -ENOMEM;
	for (i = 0; i < q->size; i++) {
		r->tables[i] = dma_pool_alloc(r->pool, GFP_KERNEL,
					      &r->table_dma[i]);
		if (!r->tables[i])
			return -ENOMEM;
	}
	return 0;
}

/* Lay the three parts out in one piece of memory. */
static int split_alloc_memory(struct vfe_queue *q, struct device *dev)
{
	struct split_ring *r = q->split;
	size_t avail_at = q->size * sizeof(struct vring_desc);
	size_t avail_len = struct_size(r->avail, ring, q->size) +
			   sizeof(*r->used_event);
	/* virtio 1.4, 2.7.1: alignment 16, 2 and 4 */
	size_t used_at = ALIGN(avail_at + avail_len, VRING_USED_ALIGN_SIZE);

	r->memory_len = used_at + struct_size(r->used, ring, q->size) +
			sizeof(*r->avail_event);
	r->memory = dma_alloc_coherent(dev, r->memory_len, &r->memory_dma,
				       GFP_KERNEL);
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

static void split_destroy(struct vfe_queue *q, struct device *dev)
{
	struct split_ring *r = q->split;

	if (!r)
		return;
	split_free_tables(q);
	if (r->memory)
		dma_free_coherent(dev, r->memory_len, r->memory,
				  r->memory_dma);
	kvfree(r->bufs);
	kfree(r);
	q->split = NULL;
}

static int split_create(struct vfe_queue *q, struct device *dev)
{
	struct split_ring *r = kzalloc(sizeof(*r), GFP_KERNEL);

	if (!r)
		return -ENOMEM;
	q->split = r;
	r->bufs = kvcalloc(q->size, sizeof(*r->bufs), GFP_KERNEL);
	if (!r->bufs || split_alloc_memory(q, dev))
		goto fail;
	/* a buffer of one piece needs no table */
	if (q->indirect && q->max_segs > 1 && split_alloc_tables(q, dev))
		goto fail;
	split_reset(q);
	return 0;

fail:
	split_destroy(q, dev);
	return -ENOMEM;
}

static inline void split_fill(struct vring_desc *d, const struct vfe_seg *seg,
			      u16 flags, u16 next)
{
	d->addr = split_from64(seg->addr);
	d->len = split_from32(seg->len);
	d->flags = split_from16(flags);
	d->next = split_from16(next);
}

/* A chain through the ring's own descriptors. Return: the first free after */
static u16 split_add_direct(struct split_ring *r, const struct vfe_seg *segs,
			    unsigned int out, unsigned int total)
{
	u16 i = r->free_head;
	unsigned int n;
	u16 flags;

	for (n = 0; n < total; n++) {
		/* 2.7.4.2: what the device writes comes after what it reads */
		flags = n < out ? 0 : VRING_DESC_F_WRITE;
		if (n + 1 < total)
			flags |= VRING_DESC_F_NEXT;
		split_fill(&r->desc[i], &segs[n], flags, r->bufs[i].next);
		i = r->bufs[i].next;
	}
	return i;
}

/* A table behind one descriptor. Return: the first free after */
static u16 split_add_indirect(struct split_ring *r, const struct vfe_seg *segs,
			      unsigned int out, unsigned int total)
{
	u16 head = r->free_head;
	struct vring_desc *table = r->tables[head];
	struct vfe_seg where = {
		.addr = r->table_dma[head],
		.len = total * sizeof(*table),
	};
	unsigned int n;
	u16 flags;

	for (n = 0; n < total; n++) {
		flags = n < out ? 0 : VRING_DESC_F_WRITE;
		if (n + 1 < total)
			flags |= VRING_DESC_F_NEXT;
		split_fill(&table[n], &segs[n], flags, n + 1);
	}
	/* 2.7.5.3.1: INDIRECT without NEXT, and not in a table */
	split_fill(&r->desc[head], &where, VRING_DESC_F_INDIRECT, 0);
	return r->bufs[head].next;
}

/* Bytes that the device may write; U64_MAX for a buffer that is too long */
static u64 split_in_len(const struct vfe_seg *segs, unsigned int out,
			unsigned int total)
{
	u64 len = 0, in_len = 0;
	unsigned int n;

	for (n = 0; n < total; n++) {
		len += segs[n].len;
		if (n >= out)
			in_len += segs[n].len;
	}
	/* 2.7.5.2: at most 2^32 bytes; a used length has 32 bits */
	return len > U32_MAX ? U64_MAX : in_len;
}

static int split_add(struct vfe_queue *q, const struct vfe_seg *segs,
		     unsigned int out, unsigned int in, void *token)
{
	struct split_ring *r = q->split;
	unsigned int total = out + in;
	bool indirect = r->tables && total > 1;
	unsigned int count = indirect ? 1 : total;
	u64 in_len = split_in_len(segs, out, total);
	u16 head = r->free_head;
	struct split_buf *buf;

	if (in_len == U64_MAX)
		return -EINVAL;
	if (r->free < count)
		return -ENOSPC;
	if (indirect)
		r->free_head = split_add_indirect(r, segs, out, total);
	else
		r->free_head = split_add_direct(r, segs, out, total);
	r->free -= count;
	buf = &r->bufs[head];
	buf->token = token;
	buf->in_len = in_len;
	buf->count = count;
	r->avail->ring[r->avail_idx & (q->size - 1)] = split_from16(head);
	r->avail_idx++;
	return 0;
}

static bool split_kick_prepare(struct vfe_queue *q)
{
	struct split_ring *r = q->split;
	u16 old = r->shown_idx;
	u16 new = r->avail_idx;
	bool wanted;

	if (old == new)
		return false;
	/* 2.7.13.3.1: the device must see the buffers before the index */
	dma_wmb();
	WRITE_ONCE(r->avail->idx, split_from16(new));
	r->shown_idx = new;
	/* 2.7.13.4.1: and the index, before it is asked what it wants */
	split_mb(q);
	/* 2.7.10.1: each mode ignores the other's field */
	if (q->event_idx)
		wanted = vring_need_event(split_to16(READ_ONCE(*r->avail_event)),
					  new, old);
	else
		wanted = !(READ_ONCE(r->used->flags) &
			   split_from16(VRING_USED_F_NO_NOTIFY));
	if (!wanted)
		this_cpu_inc(q->counts->kicks_suppressed);
	return wanted;
}

static bool split_pending(const struct vfe_queue *q)
{
	const struct split_ring *r = q->split;

	return split_to16(READ_ONCE(r->used->idx)) != READ_ONCE(r->last_used);
}

/* Put a buffer's descriptors back. Return: its token */
static void *split_take(struct split_ring *r, u16 head)
{
	void *token = r->bufs[head].token;
	u16 count = r->bufs[head].count;
	u16 last = head;
	u16 n;

	for (n = 1; n < count; n++)
		last = r->bufs[last].next;
	r->bufs[last].next = r->free_head;
	r->bufs[head].token = NULL;
	r->free_head = head;
	r->free += count;
	return token;
}

/* Is there a used buffer? Reads the device's index only if none is known. */
static bool split_more(struct vfe_queue *q)
{
	struct split_ring *r = q->split;
	u16 idx;

	if (r->seen_used != r->last_used)
		return true;
	idx = split_to16(READ_ONCE(r->used->idx));
	if (idx == r->last_used)
		return false;
	/* more used than were made available? */
	if ((u16)(idx - r->last_used) > (u16)(r->shown_idx - r->last_used)) {
		vfe_queue_break(q, "used index", idx);
		return false;
	}
	/* what the index covers is read after it */
	dma_rmb();
	r->seen_used = idx;
	return true;
}

static void *split_get(struct vfe_queue *q, u32 *len)
{
	struct split_ring *r = q->split;
	const struct vring_used_elem *elem;
	u32 id;

	if (!split_more(q))
		return NULL;
	elem = &r->used->ring[r->last_used & (q->size - 1)];
	id = split_to32(READ_ONCE(elem->id));
	*len = split_to32(READ_ONCE(elem->len));
	if (id >= q->size || !r->bufs[id].token) {
		vfe_queue_break(q, "used id", id);
		return NULL;
	}
	if (*len > r->bufs[id].in_len) {
		vfe_queue_break(q, "used length", *len);
		return NULL;
	}
	WRITE_ONCE(r->last_used, r->last_used + 1);
	this_cpu_inc(q->counts->completions);
	return split_take(r, id);
}

static void split_disable_cb(struct vfe_queue *q)
{
	struct split_ring *r = q->split;

	if (!r->cb_on)
		return;
	r->cb_on = false;
	if (q->event_idx) {
		/*
		 * 2.7.7.1: flags stay 0. The index just passed is as far away
		 * as there is: 65535 buffers.
		 */
		WRITE_ONCE(*r->used_event, split_from16(r->last_used - 1));
		return;
	}
	WRITE_ONCE(r->avail->flags, split_from16(VRING_AVAIL_F_NO_INTERRUPT));
}

static bool split_enable_cb(struct vfe_queue *q)
{
	struct split_ring *r = q->split;

	r->cb_on = true;
	if (q->event_idx)
		WRITE_ONCE(*r->used_event, split_from16(r->last_used));
	else
		WRITE_ONCE(r->avail->flags, 0);
	/* a buffer used before the device saw this raises no interrupt: look */
	split_mb(q);
	return !split_more(q);
}

static void *split_detach(struct vfe_queue *q)
{
	struct split_ring *r = q->split;

	for (; r->detach_pos < q->size; r->detach_pos++)
		if (r->bufs[r->detach_pos].token)
			return split_take(r, r->detach_pos);
	return NULL;
}

static void split_indices(const struct vfe_queue *q, u16 *avail, u16 *used)
{
	*avail = READ_ONCE(q->split->shown_idx);
	*used = READ_ONCE(q->split->last_used);
}

const struct vfe_ring_ops vfe_split_ops = {
	.name = "split",
	.create = split_create,
	.destroy = split_destroy,
	.reset = split_reset,
	.add = split_add,
	.kick_prepare = split_kick_prepare,
	.pending = split_pending,
	.get = split_get,
	.disable_cb = split_disable_cb,
	.enable_cb = split_enable_cb,
	.detach = split_detach,
	.indices = split_indices,
};

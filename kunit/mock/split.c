// SPDX-License-Identifier: GPL-2.0
/*
 * The split ring as a device sees it (virtio 1.4, 2.7). The device trusts
 * nothing in it, and records violations of rules.
 */
#include <linux/bitmap.h>
#include <linux/log2.h>
#include <linux/virtio_ring.h>

#include "internal.h"

#define VFE_MOCK_DESC_FLAGS \
	(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE | VRING_DESC_F_INDIRECT)

static struct vring_desc *split_desc(struct vfe_mock_queue *mq)
{
	return vfe_mock_mem(mq->desc);
}

static struct vring_avail *split_avail(struct vfe_mock_queue *mq)
{
	return vfe_mock_mem(mq->driver);
}

static struct vring_used *split_used(struct vfe_mock_queue *mq)
{
	return vfe_mock_mem(mq->device);
}

static u16 split_get16(__virtio16 *at)
{
	return le16_to_cpu((__force __le16)READ_ONCE(*at));
}

static void split_set16(__virtio16 *at, u16 val)
{
	WRITE_ONCE(*at, (__force __virtio16)cpu_to_le16(val));
}

/* 2.7.7, 2.7.8: the field behind the ring of each part */
static __virtio16 *split_used_event(struct vfe_mock_queue *mq)
{
	return &split_avail(mq)->ring[mq->size];
}

static __virtio16 *split_avail_event(struct vfe_mock_queue *mq)
{
	return (__virtio16 *)&split_used(mq)->ring[mq->size];
}

/* The rules of 2.7 and 2.7.1 for a queue that is about to be enabled */
const char *vfe_mock_split_check(struct vfe_mock_queue *mq)
{
	if (!is_power_of_2(mq->size))
		return "queue_size: not a power of two when enabled (2.7)";
	if (!IS_ALIGNED(mq->desc, 16))
		return "queue_desc: not a multiple of 16 (2.7.1)";
	if (!IS_ALIGNED(mq->driver, 2))
		return "queue_driver: not a multiple of 2 (2.7.1)";
	if (!IS_ALIGNED(mq->device, 4))
		return "queue_device: not a multiple of 4 (2.7.1)";
	if (!mq->desc || !vfe_mock_is_memory(mq->desc, 16 * mq->size))
		return "queue_desc: not memory";
	if (!mq->driver || !vfe_mock_is_memory(mq->driver, 6 + 2 * mq->size))
		return "queue_driver: not memory";
	if (!mq->device || !vfe_mock_is_memory(mq->device, 6 + 8 * mq->size))
		return "queue_device: not memory";
	/* 2.7.10.1 */
	if (split_get16(&split_used(mq)->flags))
		return "used flags: not 0 at the start (2.7.10.1)";
	return NULL;
}

static void split_check_flags(struct vfe_mock_queue *mq)
{
	u16 flags = split_get16(&split_avail(mq)->flags);

	if (vfe_mock_accepted(mq->m, VIRTIO_RING_F_EVENT_IDX) && flags)
		vfe_mock_offend(mq->m,
				"avail flags: not 0 with EVENT_IDX (2.7.7.1)");
	else if (flags > VRING_AVAIL_F_NO_INTERRUPT)
		vfe_mock_offend(mq->m, "avail flags: not 0 or 1 (2.7.7.1)");
}

u16 vfe_mock_split_idx(struct vfe_mock_queue *mq)
{
	return split_get16(&split_avail(mq)->idx);
}

unsigned int vfe_mock_split_available(struct vfe_mock_queue *mq)
{
	u16 n = split_get16(&split_avail(mq)->idx) - mq->next;

	/* it increases by at most the ring's size */
	if (n > mq->size) {
		vfe_mock_offend(mq->m,
				"avail idx: back, or beyond the size of the ring (2.7.6.1)");
		return 0;
	}
	return n;
}

static const char *split_flags_rule(struct vfe_mock_queue *mq, u16 flags,
				    bool nested)
{
	if (flags & VRING_DESC_F_INDIRECT && nested)
		return "descriptor: an indirect table inside another (2.7.5.3.1)";
	if (flags & VRING_DESC_F_INDIRECT && flags & VRING_DESC_F_NEXT)
		return "descriptor: INDIRECT and NEXT together (2.7.5.3.1)";
	return vfe_mock_flags_rule(mq, flags, VFE_MOCK_DESC_FLAGS);
}

static int split_walk(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain,
		      const struct vring_desc *table, unsigned int size,
		      u16 at, bool nested);

static int split_indirect(struct vfe_mock_queue *mq,
			  struct vfe_mock_chain *chain, u64 addr, u32 len)
{
	u32 n = len / sizeof(struct vring_desc);

	if (!n || len % sizeof(struct vring_desc))
		return vfe_mock_bad(mq, "indirect table: not a multiple of 16 bytes (2.7.5.3)");
	if (!vfe_mock_is_memory(addr, len))
		return vfe_mock_bad(mq, "indirect table: not memory");
	chain->indirect = true;
	return split_walk(mq, chain, vfe_mock_mem(addr), n, 0, true);
}

/* Follow a chain through @table, of @size entries, from entry @at on. */
static int split_walk(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain,
		      const struct vring_desc *table, unsigned int size,
		      u16 at, bool nested)
{
	unsigned int n = 0;
	const char *rule;
	u16 flags;
	u64 addr;
	u32 len;
	int ret;

	do {
		const struct vring_desc *d = &table[at];

		if (at >= size)
			return vfe_mock_bad(mq, "descriptor: next is outside the table (2.7.5)");
		if (n++ >= size)
			return vfe_mock_bad(mq, "chain: a loop (2.7.5.2)");
		/* 2.7.5.3.1 counts what is in an indirect table, too */
		if (n > mq->size)
			return vfe_mock_bad(mq, "chain: longer than the queue (2.7.5.3.1)");
		addr = le64_to_cpu((__force __le64)d->addr);
		len = le32_to_cpu((__force __le32)d->len);
		flags = le16_to_cpu((__force __le16)d->flags);
		if (!nested)
			chain->descs++;
		rule = split_flags_rule(mq, flags, nested);
		if (rule)
			return vfe_mock_bad(mq, rule);
		ret = flags & VRING_DESC_F_INDIRECT ?
		      split_indirect(mq, chain, addr, len) :
		      vfe_mock_chain_add(mq, chain, addr, len,
					 flags & VRING_DESC_F_WRITE);
		if (ret)
			return ret;
		at = le16_to_cpu((__force __le16)d->next);
	} while (flags & VRING_DESC_F_NEXT);
	return 0;
}

int vfe_mock_split_pop(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain)
{
	unsigned long *exposed = vfe_mock_impl_of(mq->m)->exposed[mq->index];
	struct vring_avail *avail = split_avail(mq);
	u16 head;
	int ret;

	split_check_flags(mq);
	if (!vfe_mock_split_available(mq))
		return split_get16(&avail->idx) == mq->next ? 0 : -EINVAL;
	/* read the index first, then its entries */
	smp_rmb();
	head = split_get16(&avail->ring[mq->next++ & (mq->size - 1)]);
	chain->id = head;
	if (head >= mq->size)
		return vfe_mock_bad(mq, "avail ring: a head outside the table (2.7.6)");
	if (__test_and_set_bit(head, exposed))
		return vfe_mock_bad(mq, "avail ring: a head that is available already (3.3.1)");
	ret = split_walk(mq, chain, split_desc(mq), mq->size, head, false);
	return ret ?: 1;
}

/* The heads that the driver made available, from @id back, are used. */
static void split_forget(struct vfe_mock_queue *mq, u32 id, unsigned int n)
{
	unsigned long *exposed = vfe_mock_impl_of(mq->m)->exposed[mq->index];
	struct vring_avail *avail = split_avail(mq);
	unsigned int i;

	if (id < mq->size)
		__clear_bit(id, exposed);
	/* 2.7.9: in the order in which they were made available */
	for (i = 0; i + 1 < n; i++)
		__clear_bit(split_get16(&avail->ring[(u16)(mq->used + i) &
						     (mq->size - 1)]),
			    exposed);
}

void vfe_mock_split_push(struct vfe_mock_queue *mq, u32 id, u32 len,
			 unsigned int n)
{
	struct vring_used *used = split_used(mq);
	struct vring_used_elem *elem = &used->ring[mq->used & (mq->size - 1)];

	split_forget(mq, id, n);
	elem->id = (__force __virtio32)cpu_to_le32(id);
	elem->len = (__force __virtio32)cpu_to_le32(len);
	/* 2.7.8: write the element, then the index; 2.7.9: at the first's place */
	smp_wmb();
	mq->used += n;
	split_set16(&used->idx, mq->used);
}

bool vfe_mock_split_wants(struct vfe_mock_queue *mq, u16 old_used)
{
	/* write the index, then read the event suppression */
	smp_mb();
	if (vfe_mock_accepted(mq->m, VIRTIO_RING_F_EVENT_IDX))
		return vring_need_event(split_get16(split_used_event(mq)),
					mq->used, old_used);
	return !(split_get16(&split_avail(mq)->flags) &
		 VRING_AVAIL_F_NO_INTERRUPT);
}

void vfe_mock_split_want_kicks(struct vfe_mock_queue *mq)
{
	if (vfe_mock_accepted(mq->m, VIRTIO_RING_F_EVENT_IDX))
		split_set16(split_avail_event(mq), mq->next);
	/* buffers added before the driver sees this raise no kick: check */
	smp_mb();
}

/* Absent fields read as 0 and ignore writes. */
static bool split_there(struct vfe_mock_queue *mq)
{
	return mq->enable && !mq->packed && mq->m->pdev && !mq->m->knobs.gone;
}

u16 vfe_mock_avail_idx(struct vfe_mock_queue *mq)
{
	return split_there(mq) ? split_get16(&split_avail(mq)->idx) : 0;
}
EXPORT_SYMBOL_GPL(vfe_mock_avail_idx);

u16 vfe_mock_avail_flags(struct vfe_mock_queue *mq)
{
	return split_there(mq) ? split_get16(&split_avail(mq)->flags) : 0;
}
EXPORT_SYMBOL_GPL(vfe_mock_avail_flags);

u16 vfe_mock_used_event(struct vfe_mock_queue *mq)
{
	return split_there(mq) ? split_get16(split_used_event(mq)) : 0;
}
EXPORT_SYMBOL_GPL(vfe_mock_used_event);

u16 vfe_mock_used_idx(struct vfe_mock_queue *mq)
{
	return split_there(mq) ? split_get16(&split_used(mq)->idx) : 0;
}
EXPORT_SYMBOL_GPL(vfe_mock_used_idx);

void vfe_mock_set_used_idx(struct vfe_mock_queue *mq, u16 idx)
{
	if (!split_there(mq))
		return;
	mq->used = idx;
	split_set16(&split_used(mq)->idx, idx);
}
EXPORT_SYMBOL_GPL(vfe_mock_set_used_idx);

void vfe_mock_set_used_flags(struct vfe_mock_queue *mq, u16 flags)
{
	if (split_there(mq))
		split_set16(&split_used(mq)->flags, flags);
}
EXPORT_SYMBOL_GPL(vfe_mock_set_used_flags);

void vfe_mock_set_avail_event(struct vfe_mock_queue *mq, u16 idx)
{
	if (split_there(mq))
		split_set16(split_avail_event(mq), idx);
}
EXPORT_SYMBOL_GPL(vfe_mock_set_avail_event);

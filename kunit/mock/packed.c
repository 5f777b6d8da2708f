// SPDX-License-Identifier: GPL-2.0
/* The packed ring as a device sees it (virtio 1.4, 2.8), trusting nothing. */
#include <linux/virtio_ring.h>

#include "internal.h"

#define PACKED_AVAIL	BIT(VRING_PACKED_DESC_F_AVAIL)
#define PACKED_USED	BIT(VRING_PACKED_DESC_F_USED)
#define PACKED_FLAGS	(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE | \
			 VRING_DESC_F_INDIRECT | PACKED_AVAIL | PACKED_USED)

static struct vring_packed_desc *packed_desc(struct vfe_mock_queue *mq)
{
	return vfe_mock_mem(mq->desc);
}

/* The rules of 2.8.11 for a queue that is about to be enabled */
const char *vfe_mock_packed_check(struct vfe_mock_queue *mq)
{
	const u32 bytes = mq->size * sizeof(struct vring_packed_desc);

	if (!IS_ALIGNED(mq->desc, 16))
		return "queue_desc: not a multiple of 16 (2.8.11)";
	if (!IS_ALIGNED(mq->driver, 4))
		return "queue_driver: not a multiple of 4 (2.8.11)";
	if (!IS_ALIGNED(mq->device, 4))
		return "queue_device: not a multiple of 4 (2.8.11)";
	if (!mq->desc || !vfe_mock_is_memory(mq->desc, bytes))
		return "queue_desc: not memory";
	if (!mq->driver || !vfe_mock_mem(mq->driver))
		return "queue_driver: not memory";
	if (!mq->device || !vfe_mock_mem(mq->device))
		return "queue_device: not memory";
	return NULL;
}

/* A place in the ring and the wrap counter there */
struct packed_pos {
	u16 slot;
	bool wrap;
};

static void packed_step(const struct vfe_mock_queue *mq, struct packed_pos *pos,
			unsigned int n)
{
	unsigned int slot = pos->slot + n;

	if (slot >= mq->size) {
		slot -= mq->size;
		pos->wrap = !pos->wrap;
	}
	pos->slot = slot;
}

static u16 packed_flags(struct vfe_mock_queue *mq, const struct packed_pos *pos)
{
	return le16_to_cpu(READ_ONCE(packed_desc(mq)[pos->slot].flags));
}

/* 2.8.1: AVAIL equals the wrap counter, and USED differs */
static bool packed_is_available(u16 flags, bool wrap)
{
	return !!(flags & PACKED_AVAIL) == wrap &&
	       !!(flags & PACKED_USED) != wrap;
}

unsigned int vfe_mock_packed_available(struct vfe_mock_queue *mq)
{
	struct packed_pos pos = { mq->next, mq->wrap };
	unsigned int chains = 0;
	unsigned int i;
	u16 flags;

	for (i = 0; i < mq->size; i++) {
		flags = packed_flags(mq, &pos);
		if (!packed_is_available(flags, pos.wrap))
			break;
		if (!(flags & VRING_DESC_F_NEXT))
			chains++;
		packed_step(mq, &pos, 1);
	}
	return chains;
}

/* 2.8.19: in a table only WRITE is valid, and the order is that of the table */
static int packed_indirect(struct vfe_mock_queue *mq,
			   struct vfe_mock_chain *chain, u64 addr, u32 len)
{
	const struct vring_packed_desc *d;
	u32 n = len / sizeof(*d);
	u32 i;
	int ret;

	if (!n || len % sizeof(*d))
		return vfe_mock_bad(mq, "indirect table: not a multiple of 16 bytes (2.8.7)");
	if (!vfe_mock_is_memory(addr, len))
		return vfe_mock_bad(mq, "indirect table: not memory");
	if (n > mq->size)
		return vfe_mock_bad(mq, "indirect table: longer than the queue (2.8.19)");
	chain->indirect = true;
	d = vfe_mock_mem(addr);
	for (i = 0; i < n; i++, d++) {
		u16 flags = le16_to_cpu(d->flags);

		if (flags & ~(VRING_DESC_F_WRITE | PACKED_AVAIL | PACKED_USED))
			return vfe_mock_bad(mq, "indirect table: a flag other than WRITE (2.8.19)");
		ret = vfe_mock_chain_add(mq, chain, le64_to_cpu(d->addr),
					 le32_to_cpu(d->len),
					 flags & VRING_DESC_F_WRITE);
		if (ret)
			return ret;
	}
	return 0;
}

static const char *packed_rule(struct vfe_mock_queue *mq,
			       const struct vfe_mock_chain *chain, u16 flags)
{
	if (flags & VRING_DESC_F_INDIRECT &&
	    (flags & VRING_DESC_F_NEXT || chain->descs > 1))
		return "descriptor: INDIRECT in a list made by NEXT (2.8.19)";
	return vfe_mock_flags_rule(mq, flags, PACKED_FLAGS);
}

/* One descriptor of the chain at @pos. Return: 1 more follow, 0, -EINVAL */
static int packed_take(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain,
		       const struct packed_pos *pos)
{
	const struct vring_packed_desc *d = &packed_desc(mq)[pos->slot];
	u16 flags = packed_flags(mq, pos);
	const char *rule;
	int ret;

	if (!packed_is_available(flags, pos->wrap))
		return vfe_mock_bad(mq, "chain: its head was exposed before the rest (2.8.17)");
	/* read the flags first, then the other fields */
	smp_rmb();
	if (++chain->descs > mq->size)
		return vfe_mock_bad(mq, "chain: longer than the queue (2.8.17)");
	chain->id = le16_to_cpu(d->id);
	rule = packed_rule(mq, chain, flags);
	if (rule)
		return vfe_mock_bad(mq, rule);
	if (flags & VRING_DESC_F_INDIRECT)
		return packed_indirect(mq, chain, le64_to_cpu(d->addr),
				       le32_to_cpu(d->len));
	ret = vfe_mock_chain_add(mq, chain, le64_to_cpu(d->addr),
				 le32_to_cpu(d->len),
				 flags & VRING_DESC_F_WRITE);
	return ret ?: !!(flags & VRING_DESC_F_NEXT);
}

int vfe_mock_packed_pop(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain)
{
	struct packed_pos pos = { mq->next, mq->wrap };
	int more;

	if (!packed_is_available(packed_flags(mq, &pos), pos.wrap))
		return 0;
	do {
		more = packed_take(mq, chain, &pos);
		packed_step(mq, &pos, 1);
	} while (more > 0);
	mq->next = pos.slot;
	mq->wrap = pos.wrap;
	return more ?: 1;
}

void vfe_mock_packed_push(struct vfe_mock_queue *mq, u16 id, u32 len, u16 descs)
{
	struct packed_pos pos = { mq->used, mq->used_wrap };
	struct vring_packed_desc *d = &packed_desc(mq)[pos.slot];
	u16 flags = pos.wrap ? PACKED_AVAIL | PACKED_USED : 0;

	if (len)
		flags |= VRING_DESC_F_WRITE;
	d->id = cpu_to_le16(id);
	d->len = cpu_to_le32(len);
	/* 2.8.6: write all other fields, then the flags */
	smp_wmb();
	WRITE_ONCE(d->flags, cpu_to_le16(flags));
	packed_step(mq, &pos, descs);
	mq->used = pos.slot;
	mq->used_wrap = pos.wrap;
}

bool vfe_mock_packed_wants(struct vfe_mock_queue *mq, u16 old_used)
{
	const struct vring_packed_desc_event *e = vfe_mock_mem(mq->driver);
	u16 flags, off_wrap, event;

	/* write the descriptors, then read the event suppression */
	smp_mb();
	flags = le16_to_cpu(READ_ONCE(e->flags));
	if (flags & ~3U || flags == 3)
		vfe_mock_offend(mq->m, "driver event flags: a reserved value (2.8.14)");
	if (flags != VRING_PACKED_EVENT_FLAG_DESC)
		return flags == VRING_PACKED_EVENT_FLAG_ENABLE;
	if (!vfe_mock_accepted(mq->m, VIRTIO_RING_F_EVENT_IDX))
		vfe_mock_offend(mq->m, "driver event flags: 2 without EVENT_IDX (2.8.14)");
	/* read the flags first: the driver wrote the offset before them */
	smp_rmb();
	off_wrap = le16_to_cpu(READ_ONCE(e->off_wrap));
	event = off_wrap & ~BIT(VRING_PACKED_EVENT_F_WRAP_CTR);
	if (!!(off_wrap & BIT(VRING_PACKED_EVENT_F_WRAP_CTR)) != mq->used_wrap)
		event -= mq->size;
	if (old_used > mq->used)
		old_used -= mq->size;
	return vring_need_event(event, mq->used, old_used);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A suite's calls on a ring: lock, check that the device may access memory, and
 * call the layout's function.
 */
#include "internal.h"

static unsigned long vfe_mock_lock(struct vfe_mock_queue *mq)
	__acquires(vfe_mock_impl_of(mq->m)->lock)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&vfe_mock_impl_of(mq->m)->lock, flags);
	return flags;
}

static void vfe_mock_unlock(struct vfe_mock_queue *mq, unsigned long flags)
	__releases(vfe_mock_impl_of(mq->m)->lock)
{
	raw_spin_unlock_irqrestore(&vfe_mock_impl_of(mq->m)->lock, flags);
}

unsigned int vfe_mock_available(struct vfe_mock_queue *mq)
{
	unsigned long flags = vfe_mock_lock(mq);
	unsigned int n = 0;

	if (vfe_mock_queue_live(mq))
		n = mq->packed ? vfe_mock_packed_available(mq) :
				 vfe_mock_split_available(mq);
	vfe_mock_unlock(mq, flags);
	return n;
}
EXPORT_SYMBOL_GPL(vfe_mock_available);

int vfe_mock_pop(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain)
{
	unsigned long flags = vfe_mock_lock(mq);
	int ret = 0;

	chain->id = 0;
	chain->descs = 0;
	chain->indirect = false;
	chain->out = 0;
	chain->in = 0;
	chain->in_len = 0;
	if (vfe_mock_queue_live(mq))
		ret = mq->packed ? vfe_mock_packed_pop(mq, chain) :
				   vfe_mock_split_pop(mq, chain);
	if (ret > 0 && vfe_mock_chain_check(mq, chain))
		ret = -EINVAL;
	vfe_mock_unlock(mq, flags);
	return ret;
}
EXPORT_SYMBOL_GPL(vfe_mock_pop);

void vfe_mock_push(struct vfe_mock_queue *mq, u16 id, u32 len, u16 descs)
{
	vfe_mock_push_batch(mq, &id, 1, len, descs);
}
EXPORT_SYMBOL_GPL(vfe_mock_push);

void vfe_mock_push_batch(struct vfe_mock_queue *mq, const u16 *ids,
			 unsigned int n, u32 len, u16 descs)
{
	unsigned long flags = vfe_mock_lock(mq);

	if (!vfe_mock_queue_live(mq))
		;
	else if (mq->packed)
		vfe_mock_packed_push(mq, ids[n - 1], len, descs);
	else
		vfe_mock_split_push(mq, ids[n - 1], len, n);
	vfe_mock_unlock(mq, flags);
}
EXPORT_SYMBOL_GPL(vfe_mock_push_batch);

void vfe_mock_push_raw(struct vfe_mock_queue *mq, u32 id, u32 len)
{
	unsigned long flags = vfe_mock_lock(mq);

	if (vfe_mock_queue_live(mq) && !mq->packed)
		vfe_mock_split_push(mq, id, len, 1);
	vfe_mock_unlock(mq, flags);
}
EXPORT_SYMBOL_GPL(vfe_mock_push_raw);

bool vfe_mock_wants_interrupt(struct vfe_mock_queue *mq, u16 old_used)
{
	unsigned long flags = vfe_mock_lock(mq);
	bool wants = false;

	if (vfe_mock_queue_live(mq))
		wants = mq->packed ? vfe_mock_packed_wants(mq, old_used) :
				     vfe_mock_split_wants(mq, old_used);
	vfe_mock_unlock(mq, flags);
	return wants;
}
EXPORT_SYMBOL_GPL(vfe_mock_wants_interrupt);

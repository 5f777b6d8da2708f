// SPDX-License-Identifier: GPL-2.0
/* A chain of buffers, and the rules that both ring layouts share. */
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/virtio_ring.h>

#include "internal.h"

/* 2.7.5.2 (split): a chain has no more bytes than this; packed has no rule */
#define VFE_MOCK_MAX_BYTES	BIT_ULL(32)

void *vfe_mock_mem(u64 addr)
{
	if (addr >= VFE_MOCK_BUS && addr < 2 * VFE_MOCK_BUS)
		addr -= VFE_MOCK_BUS;
	if (!pfn_valid(PHYS_PFN(addr)))
		return NULL;
	return phys_to_virt(addr);
}
EXPORT_SYMBOL_GPL(vfe_mock_mem);

int vfe_mock_bad(struct vfe_mock_queue *mq, const char *rule)
{
	vfe_mock_offend(mq->m, rule);
	return -EINVAL;
}

bool vfe_mock_is_memory(u64 addr, u64 len)
{
	return vfe_mock_mem(addr) && vfe_mock_mem(addr + len - 1);
}

const char *vfe_mock_flags_rule(struct vfe_mock_queue *mq, u16 flags,
				u16 known)
{
	if (flags & ~known)
		return "descriptor: unknown flags (2.7.5, 2.8)";
	if (flags & VRING_DESC_F_INDIRECT &&
	    !vfe_mock_accepted(mq->m, VIRTIO_RING_F_INDIRECT_DESC))
		return "descriptor: INDIRECT was not negotiated (2.7.5.3.1, 2.8.19)";
	return NULL;
}

int vfe_mock_chain_add(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain,
		       u64 addr, u32 len, bool write)
{
	unsigned int n = chain->out + chain->in;
	u64 total = len;
	unsigned int i;

	if (n == VFE_MOCK_SEGS)
		return vfe_mock_bad(mq, "chain: more pieces than the mock holds");
	if (!write && chain->in)
		return vfe_mock_bad(mq, "chain: a readable piece behind a writable one (2.7.4.2)");
	for (i = 0; i < n; i++)
		total += chain->segs[i].len;
	if (total > VFE_MOCK_MAX_BYTES)
		return vfe_mock_bad(mq, "chain: more than 2^32 bytes (2.7.5.2)");
	chain->segs[n] = (struct vfe_mock_seg){ addr, len, write };
	if (write) {
		chain->in++;
		chain->in_len += len;
	} else {
		chain->out++;
	}
	return 0;
}

int vfe_mock_chain_check(struct vfe_mock_queue *mq,
			 const struct vfe_mock_chain *chain)
{
	unsigned int i;

	for (i = 0; i < chain->out + chain->in; i++) {
		const struct vfe_mock_seg *seg = &chain->segs[i];

		if (vfe_mock_is_memory(seg->addr, seg->len ?: 1))
			continue;
		return vfe_mock_bad(mq, "chain: an address that is not memory");
	}
	return 0;
}

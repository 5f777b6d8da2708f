// SPDX-License-Identifier: GPL-2.0
/* A chain of buffers, and the rules that both ring layouts share. */
#include "internal.h"

/* 2.7.5.2 (split): a chain has no more bytes than this; packed has no rule */
#define VFE_MOCK_MAX_BYTES	BIT_ULL(32)

int vfe_mock_chain_add(struct vfe_mock_queue *mq, struct vfe_mock_chain *chain,
		       u64 addr, u32 len, bool write)
{
	unsigned int n = chain->out + chain->in;
	u64 total = len;
	unsigned int i;

	if (n == VFE_MOCK_SEGS) {
		vfe_mock_offend(mq->m, "chain: more pieces than the mock holds");
		return -EINVAL;
	}
	if (!write && chain->in) {
		vfe_mock_offend(mq->m,
				"chain: a readable piece behind a writable one (2.7.4.2)");
		return -EINVAL;
	}
	for (i = 0; i < n; i++)
		total += chain->segs[i].len;
	if (total > VFE_MOCK_MAX_BYTES) {
		vfe_mock_offend(mq->m, "chain: more than 2^32 bytes (2.7.5.2)");
		return -EINVAL;
	}
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

		if (vfe_mock_mem(seg->addr) &&
		    (!seg->len || vfe_mock_mem(seg->addr + seg->len - 1)))
			continue;
		vfe_mock_offend(mq->m, "chain: an address that is not memory");
		return -EINVAL;
	}
	return 0;
}

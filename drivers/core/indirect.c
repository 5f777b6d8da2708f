// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the indirect tables of a ring. Ring memory comes in whole pages,
 * so several tables share a page if they fit.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "ring.h"
#include "indirect.h"

static size_t vfe_table_len(const struct vfe_queue *q)
{
	return q->max_segs * VFE_DESC_SIZE;
}

/* Number of tables in one piece of memory */
static unsigned int vfe_tables_a_piece(const struct vfe_queue *q)
{
	return clamp_t(size_t, PAGE_SIZE / vfe_table_len(q), 1, q->size);
}

void vfe_tables_free(struct vfe_tables *t, const struct vfe_queue *q,
		     struct device *dev)
{
	unsigned int i, n;

	for (i = 0; t->table && i < q->size; i += n) {
		n = vfe_tables_a_piece(q);
		if (t->table[i].desc)
			vfe_ring_free(q, dev, n * vfe_table_len(q),
				      t->table[i].desc, t->table[i].dma);
	}
	kvfree(t->table);
}

int vfe_tables_alloc(struct vfe_tables *t, const struct vfe_queue *q,
		     struct device *dev)
{
	unsigned int i, n = vfe_tables_a_piece(q);
	size_t len = vfe_table_len(q);

	t->table = kvcalloc(q->size, sizeof(*t->table), GFP_KERNEL);
	if (!t->table)
		return -ENOMEM;
	for (i = 0; i < q->size; i++) {
		if (i % n) {
			t->table[i].desc = t->table[i - 1].desc + len;
			t->table[i].dma = t->table[i - 1].dma + len;
			continue;
		}
		t->table[i].desc = vfe_ring_alloc(q, dev, n * len,
						  &t->table[i].dma);
		if (!t->table[i].desc)
			return -ENOMEM;
	}
	return 0;
}

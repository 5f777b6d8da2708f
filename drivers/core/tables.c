// SPDX-License-Identifier: GPL-2.0
/* Memory for the indirect tables of a ring. */
#include <linux/errno.h>
#include <linux/slab.h>

#include "ring.h"
#include "tables.h"

static size_t vfe_table_len(const struct vfe_queue *q)
{
	return q->max_segs * VFE_DESC_SIZE;
}

void vfe_tables_free(struct vfe_tables *t, const struct vfe_queue *q,
		     struct device *dev)
{
	unsigned int i;

	for (i = 0; t->table && i < q->size; i++)
		if (t->table[i].desc)
			vfe_ring_free(q, dev, vfe_table_len(q),
				      t->table[i].desc, t->table[i].dma);
	kvfree(t->table);
}

int vfe_tables_alloc(struct vfe_tables *t, const struct vfe_queue *q,
		     struct device *dev)
{
	unsigned int i;

	t->table = kvcalloc(q->size, sizeof(*t->table), GFP_KERNEL);
	if (!t->table)
		return -ENOMEM;
	for (i = 0; i < q->size; i++) {
		t->table[i].desc = vfe_ring_alloc(q, dev, vfe_table_len(q),
						  &t->table[i].dma);
		if (!t->table[i].desc)
			return -ENOMEM;
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* Memory for the indirect tables of a ring. */
#include <linux/dmapool.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/virtio_ring.h>

#include "ring.h"
#include "tables.h"

void vfe_tables_free(struct vfe_tables *t, const struct vfe_queue *q)
{
	unsigned int i;

	for (i = 0; t->table && i < q->size; i++)
		if (t->table[i].desc)
			dma_pool_free(t->pool, t->table[i].desc,
				      t->table[i].dma);
	dma_pool_destroy(t->pool);
	kvfree(t->table);
}

int vfe_tables_alloc(struct vfe_tables *t, const struct vfe_queue *q,
		     struct device *dev)
{
	unsigned int i;

	t->table = kvcalloc(q->size, sizeof(*t->table), GFP_KERNEL);
	t->pool = dma_pool_create("vfe-indirect", dev,
				  q->max_segs * VFE_DESC_SIZE,
				  VRING_DESC_ALIGN_SIZE, 0);
	if (!t->table || !t->pool)
		return -ENOMEM;
	for (i = 0; i < q->size; i++) {
		t->table[i].desc = dma_pool_alloc(t->pool, GFP_KERNEL,
						  &t->table[i].dma);
		if (!t->table[i].desc)
			return -ENOMEM;
	}
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Indirect tables of a ring, in either layout: one for each descriptor,
 * allocated at set-up, so that adding a buffer allocates nothing. A queue whose
 * class driver builds its own tables has none here.
 */
#ifndef VFE_INDIRECT_H
#define VFE_INDIRECT_H

#include <linux/types.h>

struct device;
struct vfe_queue;

/* Bytes of a descriptor, in a table or a ring of either layout */
#define VFE_DESC_SIZE	16

/**
 * struct vfe_table - a table
 * @desc: its descriptors, struct vring_desc or vring_packed_desc
 * @dma: their bus address
 */
struct vfe_table {
	void *desc;
	dma_addr_t dma;
};

/**
 * struct vfe_tables - the tables of a queue
 * @table: one for each descriptor of the ring
 */
struct vfe_tables {
	struct vfe_table *table;
};

/* Return: 0 or -ENOMEM; call vfe_tables_free() in either case */
int vfe_tables_alloc(struct vfe_tables *t, const struct vfe_queue *q,
		     struct device *dev);
void vfe_tables_free(struct vfe_tables *t, const struct vfe_queue *q,
		     struct device *dev);

#endif /* VFE_INDIRECT_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of requests and their queues. A request has room for a few
 * descriptors; for more, the driver allocates memory. Each queue preallocates
 * descriptors for one request, so that requests still make progress, one at a
 * time, when an allocation fails.
 *
 * The device reads a request's descriptors where the driver wrote them, as an
 * indirect table. Two kinds of devices differ: with the DMA API, the driver
 * needs the descriptors again to unmap the data, so it keeps them in memory
 * that the device cannot write, and the table is a copy. Without INDIRECT_DESC
 * there is no table: the descriptors are copied into the ring.
 */
#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/dmapool.h>
#include <linux/export.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <uapi/linux/virtio_ring.h>

#include "io.h"

/* Size of &vfe_io_request.wire, with the preallocated descriptors */
static size_t vfe_io_wire_size(const struct vfe_io_memory *m)
{
	return m->table_offset + m->own_descs * sizeof(struct vfe_desc);
}

static bool vfe_io_has_tables(const struct vfe_io *io)
{
	return vfe_has_feature(io->recovery.vd, VIRTIO_RING_F_INDIRECT_DESC);
}

void *vfe_io_alloc(struct vfe_io *io, size_t len, gfp_t gfp, dma_addr_t *dma)
{
	void *p;

	if (io->memory.tables)
		return dma_pool_alloc(io->memory.tables, gfp, dma);
	p = kmalloc(len, gfp);
	if (p)
		*dma = virt_to_phys(p);
	return p;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_alloc, VFE_NS);

void vfe_io_free(struct vfe_io *io, void *p, dma_addr_t dma)
{
	if (io->memory.tables)
		dma_pool_free(io->memory.tables, p, dma);
	else
		kfree(p);
}
EXPORT_SYMBOL_NS_GPL(vfe_io_free, VFE_NS);

/* --- of a request --- */

/* Has a request use its preallocated descriptors. */
static void vfe_io_use_own_descs(const struct vfe_io *io,
				 struct vfe_io_request *req)
{
	size_t offset = io->memory.table_offset;

	req->descs = req->own;
	req->table = vfe_io_has_tables(io) ? req->wire + offset : NULL;
	req->table_dma = req->wire_dma + offset;
}

int vfe_io_request_init(struct vfe_io *io, struct vfe_io_request *req,
			void *behind)
{
	struct vfe_io_memory *m = &io->memory;

	if (m->dma_api) {
		req->wire = dma_pool_zalloc(m->wires, GFP_KERNEL,
					    &req->wire_dma);
		if (!req->wire)
			return -ENOMEM;
		req->own = behind;
	} else {
		req->wire = PTR_ALIGN(behind, VFE_IO_WIRE_ALIGN);
		req->wire_dma = virt_to_phys(req->wire);
		req->own = req->wire + m->table_offset;
	}
	vfe_io_use_own_descs(io, req);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_request_init, VFE_NS);

void vfe_io_request_exit(struct vfe_io *io, struct vfe_io_request *req)
{
	if (io->memory.dma_api)
		dma_pool_free(io->memory.wires, req->wire, req->wire_dma);
}
EXPORT_SYMBOL_NS_GPL(vfe_io_request_exit, VFE_NS);

/* Takes the queue's preallocated descriptors. Return: whether they were free */
static bool vfe_io_take_spare(struct vfe_io_queue *ioq,
			      struct vfe_io_request *req)
{
	if (test_and_set_bit_lock(0, &ioq->spare_used))
		return false;
	req->descs = ioq->spare;
	req->table = ioq->spare_table;
	req->table_dma = ioq->spare_dma;
	return true;
}

/* Return: whether there was memory */
static bool vfe_io_alloc_descs(struct vfe_io *io, struct vfe_io_request *req,
			       size_t len)
{
	bool apart = req->descs != req->table;
	void *descs = NULL, *table = NULL;
	dma_addr_t dma = 0;

	if (req->table)
		table = vfe_io_alloc(io, len, VFE_IO_GFP, &dma);
	if (table || !req->table)
		descs = apart ? kmalloc(len, VFE_IO_GFP) : table;
	if (likely(descs)) {
		req->descs = descs;
		req->table = table;
		req->table_dma = dma;
		return true;
	}
	if (table)
		vfe_io_free(io, table, dma);
	return false;
}

bool vfe_io_grow(struct vfe_io_queue *ioq, struct vfe_io_request *req,
		 unsigned int n)
{
	if (!vfe_io_alloc_descs(ioq->io, req, n * sizeof(struct vfe_desc)) &&
	    !vfe_io_take_spare(ioq, req))
		return false;
	req->held = true;
	return true;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_grow, VFE_NS);

void vfe_io_shrink(struct vfe_io_queue *ioq, struct vfe_io_request *req)
{
	if (req->descs == req->own)
		return;
	if (req->descs == ioq->spare) {
		clear_bit_unlock(0, &ioq->spare_used);
	} else {
		if (req->descs != req->table)
			kfree(req->descs);
		if (req->table)
			vfe_io_free(ioq->io, req->table, req->table_dma);
	}
	vfe_io_use_own_descs(ioq->io, req);
}
EXPORT_SYMBOL_NS_GPL(vfe_io_shrink, VFE_NS);

/* --- of a device and its queues --- */

/* Allocates a queue's memory for chains, and its preallocated descriptors. */
static int vfe_io_queue_memory(struct vfe_io_queue *ioq)
{
	const struct vfe_io_memory *m = &ioq->io->memory;
	bool tables = vfe_io_has_tables(ioq->io);
	unsigned int n = m->max_descs;

	if (tables)
		ioq->spare_table = vfe_io_alloc(ioq->io,
						n * sizeof(*ioq->spare),
						GFP_KERNEL, &ioq->spare_dma);
	else
		ioq->segs = kvcalloc(n, sizeof(*ioq->segs), GFP_KERNEL);
	ioq->spare = tables && !m->dma_api ? ioq->spare_table :
		     kvcalloc(n, sizeof(*ioq->spare), GFP_KERNEL);
	return (ioq->spare_table || ioq->segs) && ioq->spare ? 0 : -ENOMEM;
}

static void vfe_io_queue_memory_free(struct vfe_io_queue *ioq)
{
	kvfree(ioq->segs);
	if (ioq->spare != ioq->spare_table)
		kvfree(ioq->spare);
	if (ioq->spare_table)
		vfe_io_free(ioq->io, ioq->spare_table, ioq->spare_dma);
	ioq->segs = NULL;
	ioq->spare = NULL;
	ioq->spare_table = NULL;
}

void vfe_io_memory_exit(struct vfe_io *io)
{
	struct vfe_io_memory *m = &io->memory;
	struct vfe_io_queue *ioq;

	list_for_each_entry(ioq, &io->queues, node)
		vfe_io_queue_memory_free(ioq);
	dma_pool_destroy(m->wires);
	dma_pool_destroy(m->tables);
	m->wires = NULL;
	m->tables = NULL;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_memory_exit, VFE_NS);

static int vfe_io_pools_init(struct vfe_io *io)
{
	struct device *dev = vfe_dev(io->recovery.vd);
	struct vfe_io_memory *m = &io->memory;
	size_t table = m->max_descs * sizeof(struct vfe_desc);

	m->wires = dma_pool_create("vfe", dev, vfe_io_wire_size(m),
				   VFE_IO_WIRE_ALIGN, 0);
	m->tables = dma_pool_create("vfe_tables", dev,
				    max(table, m->max_alloc),
				    VFE_IO_WIRE_ALIGN, 0);
	return m->wires && m->tables ? 0 : -ENOMEM;
}

int vfe_io_memory_init(struct vfe_io *io, size_t *behind)
{
	struct vfe_io_memory *m = &io->memory;
	struct vfe_io_queue *ioq;
	int err = 0;

	m->dma_api = vfe_dma_api(io->recovery.vd);
	if (m->dma_api)
		err = vfe_io_pools_init(io);
	list_for_each_entry(ioq, &io->queues, node)
		err = err ?: vfe_io_queue_memory(ioq);
	if (err)
		vfe_io_memory_exit(io);
	*behind = m->dma_api ? m->own_descs * sizeof(struct vfe_desc) :
		  VFE_IO_WIRE_ALIGN - 1 + vfe_io_wire_size(m);
	return err;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_memory_init, VFE_NS);

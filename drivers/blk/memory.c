// SPDX-License-Identifier: GPL-2.0
/*
 * Memory of requests and queues. A request has room for a few descriptors; for
 * more, the driver allocates memory. Each queue preallocates descriptors for one
 * request, so that requests still make progress, one at a time, when an
 * allocation fails.
 *
 * The device reads a request's descriptors where the driver wrote them, as an
 * indirect table. Two kinds of devices differ: with the DMA API, the driver
 * needs the descriptors again to unmap the data, so it keeps them in memory
 * that the device cannot write, and the table is a copy. Without INDIRECT_DESC
 * there is no table: the descriptors are copied into the ring.
 */
#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <uapi/linux/virtio_ring.h>

#include "blk.h"

/* Size of struct vfe_blk_wire, with the preallocated descriptors */
static size_t vfe_blk_wire_size(void)
{
	return sizeof(struct vfe_blk_wire) +
	       VFE_BLK_OWN_DESCS * sizeof(struct vfe_desc);
}

static bool vfe_blk_has_tables(const struct vfe_blk *vb)
{
	return vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC);
}

/**
 * vfe_blk_shared_alloc() - memory that the device can read
 * @vb: the disk
 * @len: in bytes, at most VFE_BLK_MAX_RANGES ranges or the largest table
 * @gfp: as for kmalloc()
 * @dma: where to put the device's address of the memory
 *
 * Context: according to @gfp.
 * Return: the memory, or NULL.
 */
void *vfe_blk_shared_alloc(struct vfe_blk *vb, size_t len, gfp_t gfp,
			   dma_addr_t *dma)
{
	void *p;

	if (vb->tables)
		return dma_pool_alloc(vb->tables, gfp, dma);
	p = kmalloc(len, gfp);
	if (p)
		*dma = virt_to_phys(p);
	return p;
}

void vfe_blk_shared_free(struct vfe_blk *vb, void *p, dma_addr_t dma)
{
	if (vb->tables)
		dma_pool_free(vb->tables, p, dma);
	else
		kfree(p);
}

/* --- of a request --- */

/* Has a request use its preallocated descriptors. */
static void vfe_blk_use_own_descs(const struct vfe_blk *vb,
				  struct vfe_blk_request *req)
{
	req->io.descs = req->own;
	req->io.table = vfe_blk_has_tables(vb) ? req->wire->table : NULL;
	req->io.table_dma = req->wire_dma + offsetof(struct vfe_blk_wire, table);
}

/* Size of a request's driver data */
static size_t vfe_blk_request_size(const struct vfe_blk *vb)
{
	return sizeof(struct vfe_blk_request) +
	       (vb->dma_api ? VFE_BLK_OWN_DESCS * sizeof(struct vfe_desc) :
		VFE_BLK_WIRE_ALIGN - 1 + vfe_blk_wire_size());
}

int vfe_blk_init_request(struct blk_mq_tag_set *set, struct request *rq,
			 unsigned int hctx_idx, vfe_node_t node)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk *vb = set->driver_data;
	void *behind = req + 1;

	if (vb->dma_api) {
		req->wire = dma_pool_zalloc(vb->wires, GFP_KERNEL,
					    &req->wire_dma);
		if (!req->wire)
			return -ENOMEM;
		req->own = behind;
	} else {
		req->wire = PTR_ALIGN(behind, VFE_BLK_WIRE_ALIGN);
		req->wire_dma = virt_to_phys(req->wire);
		req->own = req->wire->table;
	}
	vfe_blk_use_own_descs(vb, req);
	return 0;
}

void vfe_blk_exit_request(struct blk_mq_tag_set *set, struct request *rq,
			  unsigned int hctx_idx)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk *vb = set->driver_data;

	if (vb->dma_api)
		dma_pool_free(vb->wires, req->wire, req->wire_dma);
}

/* Takes the queue's preallocated descriptors. Return: whether they were free */
static bool vfe_blk_take_spare(struct vfe_blk_queue *bq,
			       struct vfe_blk_request *req)
{
	if (test_and_set_bit_lock(0, &bq->spare_used))
		return false;
	req->io.descs = bq->spare;
	req->io.table = bq->spare_table;
	req->io.table_dma = bq->spare_dma;
	return true;
}

/* Return: whether there was memory */
static bool vfe_blk_alloc_descs(struct vfe_blk *vb, struct vfe_blk_request *req,
				size_t len)
{
	bool apart = req->io.descs != req->io.table;
	void *descs = NULL, *table = NULL;
	dma_addr_t dma = 0;

	if (req->io.table)
		table = vfe_blk_shared_alloc(vb, len, VFE_BLK_GFP, &dma);
	if (table || !req->io.table)
		descs = apart ? kmalloc(len, VFE_BLK_GFP) : table;
	if (likely(descs)) {
		req->io.descs = descs;
		req->io.table = table;
		req->io.table_dma = dma;
		return true;
	}
	if (table)
		vfe_blk_shared_free(vb, table, dma);
	return false;
}

/**
 * vfe_blk_grow() - get more descriptors than a request has preallocated
 * @vb: the disk
 * @rq: the request, with its preallocated descriptors
 * @n: number of descriptors
 *
 * Context: any.
 * Return: whether there was memory; vfe_blk_shrink() gives it back.
 */
bool vfe_blk_grow(struct vfe_blk *vb, struct request *rq, unsigned int n)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	if (!vfe_blk_alloc_descs(vb, req, n * sizeof(struct vfe_desc)) &&
	    !vfe_blk_take_spare(rq->mq_hctx->driver_data, req))
		return false;
	req->held = true;
	return true;
}

void vfe_blk_shrink(struct vfe_blk *vb, struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk_queue *bq = rq->mq_hctx->driver_data;

	if (req->io.descs == req->own)
		return;
	if (req->io.descs == bq->spare) {
		clear_bit_unlock(0, &bq->spare_used);
	} else {
		if (req->io.descs != req->io.table)
			kfree(req->io.descs);
		if (req->io.table)
			vfe_blk_shared_free(vb, req->io.table, req->io.table_dma);
	}
	vfe_blk_use_own_descs(vb, req);
}

/* --- of the disk and its queues --- */

/* Most descriptors of a request */
static unsigned int vfe_blk_max_descs(const struct vfe_blk *vb)
{
	return vb->limits.max_segments * vb->pieces + VFE_BLK_EXTRA_SEGS;
}

/* Allocates a queue's memory for chains, and its preallocated descriptors. */
static int vfe_blk_queue_memory(struct vfe_blk *vb, struct vfe_blk_queue *bq)
{
	unsigned int n = vfe_blk_max_descs(vb);
	bool tables = vfe_blk_has_tables(vb);

	if (tables)
		bq->spare_table = vfe_blk_shared_alloc(vb, n * sizeof(*bq->spare),
						       GFP_KERNEL,
						       &bq->spare_dma);
	else
		bq->io.segs = kvcalloc(n, sizeof(*bq->io.segs), GFP_KERNEL);
	bq->spare = tables && !vb->dma_api ? bq->spare_table :
		    kvcalloc(n, sizeof(*bq->spare), GFP_KERNEL);
	return (bq->spare_table || bq->io.segs) && bq->spare ? 0 : -ENOMEM;
}

static void vfe_blk_queues_memory_free(struct vfe_blk *vb)
{
	unsigned int i;

	for (i = 0; i < vb->num_queues; i++) {
		struct vfe_blk_queue *bq = &vb->queues[i];

		kvfree(bq->io.segs);
		if (bq->spare != bq->spare_table)
			kvfree(bq->spare);
		if (bq->spare_table)
			vfe_blk_shared_free(vb, bq->spare_table, bq->spare_dma);
		bq->io.segs = NULL;
		bq->spare = NULL;
		bq->spare_table = NULL;
	}
}

/**
 * vfe_blk_memory_exit() - free the memory of vfe_blk_memory_init()
 * @vb: the disk, its tags freed
 *
 * Context: process context, may sleep.
 */
void vfe_blk_memory_exit(struct vfe_blk *vb)
{
	vfe_blk_queues_memory_free(vb);
	dma_pool_destroy(vb->wires);
	dma_pool_destroy(vb->tables);
	vb->wires = NULL;
	vb->tables = NULL;
}

static int vfe_blk_pools_init(struct vfe_blk *vb)
{
	size_t table = vfe_blk_max_descs(vb) * sizeof(struct vfe_desc);
	size_t ranges = VFE_BLK_MAX_RANGES *
			sizeof(struct virtio_blk_discard_write_zeroes);

	vb->wires = dma_pool_create("vfe_blk", vfe_dev(vb->vd),
				    vfe_blk_wire_size(),
				    __alignof__(struct vfe_blk_wire), 0);
	vb->tables = dma_pool_create("vfe_blk_tables", vfe_dev(vb->vd),
				     max(table, ranges),
				     __alignof__(struct vfe_blk_wire), 0);
	return vb->wires && vb->tables ? 0 : -ENOMEM;
}

/**
 * vfe_blk_memory_init() - allocate what the queues need
 * @vb: the disk, its virtqueues set up, its limits known
 * @size: where to put the size of a request's driver data
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vfe_blk_memory_init(struct vfe_blk *vb, unsigned int *size)
{
	unsigned int i;
	int err = 0;

	vb->dma_api = vfe_dma_api(vb->vd);
	if (vb->dma_api)
		err = vfe_blk_pools_init(vb);
	for (i = 0; !err && i < vb->num_queues; i++)
		err = vfe_blk_queue_memory(vb, &vb->queues[i]);
	if (err)
		vfe_blk_memory_exit(vb);
	*size = vfe_blk_request_size(vb);
	return err;
}

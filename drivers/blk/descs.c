// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of a request: header, data, status. A request has room for a few;
 * for more, the driver allocates memory. Each queue preallocates descriptors
 * for one request, so that requests still make progress, one at a time, when an
 * allocation fails.
 */
#include <linux/bitops.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "blk.h"

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

/**
 * vfe_blk_take_spare() - take the preallocated descriptors of a queue
 * @bq: the queue
 *
 * Context: any.
 * Return: whether they were free.
 */
bool vfe_blk_take_spare(struct vfe_blk_queue *bq)
{
	return !test_and_set_bit_lock(0, &bq->spare_used);
}

void vfe_blk_give_spare(struct vfe_blk_queue *bq)
{
	clear_bit_unlock(0, &bq->spare_used);
}

/**
 * vfe_blk_finish_descs() - add the descriptors of header and status
 * @vb: the disk
 * @req: the request; the descriptors of its data are in place
 * @data: number of these descriptors
 * @out: number of them that the device reads
 * @in_len: bytes of data that the device may write
 */
void vfe_blk_finish_descs(const struct vfe_blk *vb,
			  struct vfe_blk_request *req, unsigned int data,
			  unsigned int out, u32 in_len)
{
	const struct vfe_table_format *f = &vb->format;
	dma_addr_t wire = req->wire_dma;

	/* 2.7.4.2: device-writable descriptors come after readable ones */
	vfe_blk_desc(&req->descs[0],
		     wire + offsetof(struct vfe_blk_wire, header),
		     sizeof(req->wire->header), f->link + f->step);
	vfe_blk_desc(&req->descs[data + 1],
		     wire + offsetof(struct vfe_blk_wire, status),
		     sizeof(req->wire->status), f->write);
	req->num = data + VFE_BLK_EXTRA_SEGS;
	req->out = out + 1;
	req->in_len = in_len + sizeof(req->wire->status);
}

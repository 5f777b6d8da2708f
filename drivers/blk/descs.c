// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors of a request: header, data, status. A request has room for a few;
 * memory for more is allocated, and each queue keeps room for one request in
 * case there is none: with that a request can be done, and then the next.
 */
#include <linux/bitops.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "blk.h"

/**
 * vfe_blk_shared_alloc() - memory that the device can read
 * @vb: the disk
 * @len: in bytes, no more than VFE_BLK_MAX_RANGES ranges or the largest table
 * @gfp: as for kmalloc()
 * @dma: where to put the device's address of it
 *
 * Context: as @gfp says.
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
 * vfe_blk_take_spare() - take a queue's room for the descriptors of one request
 * @bq: the queue
 *
 * Context: any.
 * Return: whether it was free.
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
 * vfe_blk_finish_descs() - put header and status around the data
 * @vb: the disk
 * @req: the request, the descriptors of its data in place
 * @data: how many these are
 * @out: how many of them the device reads
 * @in_len: bytes that the others have
 */
void vfe_blk_finish_descs(const struct vfe_blk *vb,
			  struct vfe_blk_request *req, unsigned int data,
			  unsigned int out, u32 in_len)
{
	const struct vfe_table_format *f = &vb->format;
	dma_addr_t wire = req->wire_dma;

	/* 2.7.4.2: what the device writes comes after all it reads */
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

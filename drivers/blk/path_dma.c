// SPDX-License-Identifier: GPL-2.0
/*
 * The path for a device with ACCESS_PLATFORM, whose data the DMA API maps piece
 * by piece, and for one without INDIRECT_DESC, whose chains are in the ring.
 * The driver needs the DMA addresses and lengths again to unmap the data, so it
 * keeps the descriptors in memory that the device cannot write, and gives the
 * device a copy: an indirect table, or a chain in the ring. path_table.c serves
 * all other devices.
 */
#include <linux/align.h>
#include <linux/bvec.h>
#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <uapi/linux/virtio_ring.h>

#include "blk.h"

/*
 * Size of struct vfe_blk_wire, with room for an indirect table if the device
 * has INDIRECT_DESC
 */
static size_t dma_wire_size(const struct vfe_blk *vb)
{
	bool table = vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC);

	return vfe_blk_wire_size(table ? VFE_BLK_OWN_DESCS : 0);
}

static size_t dma_size(const struct vfe_blk *vb)
{
	size_t size = sizeof(struct vfe_blk_request) +
		      VFE_BLK_OWN_DESCS * sizeof(struct vfe_desc);

	if (!vfe_dma_api(vb->vd))
		size += dma_wire_size(vb) + VFE_BLK_WIRE_ALIGN - 1;
	return size;
}

static void dma_own(struct vfe_blk *vb, struct vfe_blk_request *req)
{
	bool table = vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC);

	req->descs = req->own;
	req->shown = table ? req->wire->table : NULL;
	req->table_dma = req->wire_dma + offsetof(struct vfe_blk_wire, table);
}

static int dma_init(struct vfe_blk *vb, struct vfe_blk_request *req)
{
	req->own = (struct vfe_desc *)(req + 1);
	if (vb->wires) {
		req->wire = dma_pool_zalloc(vb->wires, GFP_KERNEL,
					    &req->wire_dma);
		if (!req->wire)
			return -ENOMEM;
	} else {
		req->wire = PTR_ALIGN((void *)&req->own[VFE_BLK_OWN_DESCS],
				      VFE_BLK_WIRE_ALIGN);
		req->wire_dma = virt_to_phys(req->wire);
	}
	dma_own(vb, req);
	return 0;
}

static void dma_exit(struct vfe_blk *vb, struct vfe_blk_request *req)
{
	if (vb->wires)
		dma_pool_free(vb->wires, req->wire, req->wire_dma);
}

static void dma_unmap(struct vfe_blk *vb, struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	const struct vfe_desc *d = &req->descs[1];

	for (; req->mapped; req->mapped--, d++)
		dma_unmap_page(vfe_dev(vb->vd), le64_to_cpu(d->addr),
			       le32_to_cpu(d->len), rq_dma_dir(rq));
}

static void dma_release(struct vfe_blk *vb, struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk_queue *bq = rq->mq_hctx->driver_data;

	dma_unmap(vb, rq);
	if (req->descs == req->own)
		return;
	if (req->descs == bq->spare) {
		vfe_blk_give_spare(bq);
	} else {
		if (req->shown)
			vfe_blk_shared_free(vb, req->shown, req->table_dma);
		kfree(req->descs);
	}
	dma_own(vb, req);
}

/* Gets @n descriptors, and room for a copy. Return: whether there is memory */
static bool dma_grow(struct vfe_blk *vb, struct request *rq, unsigned int n)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk_queue *bq = rq->mq_hctx->driver_data;
	struct vfe_desc *descs, *shown = NULL;
	size_t len = n * sizeof(*descs);

	descs = kmalloc(len, VFE_BLK_GFP);
	if (descs && req->shown)
		shown = vfe_blk_shared_alloc(vb, len, VFE_BLK_GFP,
					     &req->table_dma);
	if (unlikely(!descs || (req->shown && !shown))) {
		kfree(descs);
		if (!vfe_blk_take_spare(bq))
			return false;
		descs = bq->spare;
		shown = bq->spare_table;
		req->table_dma = bq->spare_dma;
	}
	req->descs = descs;
	req->shown = shown;
	return true;
}

/*
 * Gets the device's address of a part of @bv. Return: false if mapping failed
 */
static bool dma_map_piece(struct vfe_blk *vb, struct request *rq,
			  const struct bio_vec *bv, u32 at, u32 len, u64 *addr)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	if (!vfe_dma_api(vb->vd)) {
		*addr = page_to_phys(bv->bv_page) + bv->bv_offset + at;
		return true;
	}
	*addr = dma_map_page(vfe_dev(vb->vd), bv->bv_page, bv->bv_offset + at,
			     len, rq_dma_dir(rq));
	if (unlikely(dma_mapping_error(vfe_dev(vb->vd), *addr)))
		return false;
	req->mapped++;
	return true;
}

static blk_status_t dma_map_pieces(struct vfe_blk *vb, struct request *rq,
				   unsigned int most, u32 write)
{
	u32 ctrl = vb->format.link + 2 * vb->format.step + write;
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct req_iterator iter;
	unsigned int n = 0;
	struct bio_vec bv;
	u32 at, len;
	u64 addr;

	rq_for_each_bvec(bv, rq, iter) {
		for (at = 0; at < bv.bv_len; at += len) {
			len = min(bv.bv_len - at, vb->piece);
			if (WARN_ON_ONCE(n == most))
				return BLK_STS_IOERR;
			if (!dma_map_piece(vb, rq, &bv, at, len, &addr))
				return BLK_STS_RESOURCE;
			vfe_blk_desc(&req->descs[++n], addr, len, ctrl);
			ctrl += vb->format.step;
		}
	}
	req->num = n;
	return BLK_STS_OK;
}

static blk_status_t dma_map(struct vfe_blk *vb, struct request *rq, u32 write)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	unsigned int most = rq->nr_phys_segments * vb->pieces;

	req->held = true;
	req->mapped = 0;
	if (unlikely(most > VFE_BLK_OWN_SEGS) &&
	    !dma_grow(vb, rq, most + VFE_BLK_EXTRA_SEGS))
		return BLK_STS_RESOURCE;
	return dma_map_pieces(vb, rq, most, write);
}

static int dma_add(struct vfe_blk_queue *bq, struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	unsigned int i;

	if (req->shown) {
		memcpy(req->shown, req->descs, req->num * sizeof(*req->descs));
		return vfe_queue_add_table(bq->vq, req->table_dma, req->num,
					   req->in_len, rq);
	}
	for (i = 0; i < req->num; i++) {
		bq->segs[i].addr = le64_to_cpu(req->descs[i].addr);
		bq->segs[i].len = le32_to_cpu(req->descs[i].len);
	}
	return vfe_queue_add(bq->vq, bq->segs, req->out, req->num - req->out,
			     rq);
}

const struct vfe_blk_path vfe_blk_dma_path = {
	.size = dma_size,
	.init = dma_init,
	.exit = dma_exit,
	.map = dma_map,
	.release = dma_release,
	.add = dma_add,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Data of requests for a device with ACCESS_PLATFORM, which takes addresses of
 * the DMA API: maps each piece, and unmaps it when the request ends. For all
 * other devices, request.c writes physical addresses.
 */
#include <linux/bvec.h>
#include <linux/dma-mapping.h>

#include "blk.h"

/* Maps a piece of @bv, and sets @addr. Return: whether that succeeded */
static bool vfe_blk_dma_map_piece(struct vfe_blk *vb, struct request *rq,
				  const struct bio_vec *bv, u32 at, u32 len,
				  u64 *addr)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	*addr = dma_map_page(vfe_dev(vb->vd), bv->bv_page, bv->bv_offset + at,
			     len, rq_dma_dir(rq));
	if (unlikely(dma_mapping_error(vfe_dev(vb->vd), *addr)))
		return false;
	req->mapped++;
	return true;
}

/**
 * vfe_blk_dma_map() - map the data, and write its descriptors
 * @vb: the disk
 * @rq: the request, with room for @most descriptors of data
 * @most: most descriptors of data
 * @write: the format's @write if the device writes the data, or 0
 *
 * Context: any.
 * Return: BLK_STS_OK and the number of descriptors is set, or an error; call
 * vfe_blk_release() in either case.
 */
blk_status_t vfe_blk_dma_map(struct vfe_blk *vb, struct request *rq,
			     unsigned int most, u32 write)
{
	u32 ctrl = vb->format.link + 2 * vb->format.step + write;
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct req_iterator iter;
	unsigned int n = 0;
	struct bio_vec bv;
	u32 at, len;
	u64 addr;

	req->io.held = true;
	rq_for_each_bvec(bv, rq, iter) {
		for (at = 0; at < bv.bv_len; at += len) {
			len = min(bv.bv_len - at, vb->piece);
			if (WARN_ON_ONCE(n == most))
				return BLK_STS_IOERR;
			if (!vfe_blk_dma_map_piece(vb, rq, &bv, at, len, &addr))
				return BLK_STS_RESOURCE;
			vfe_io_desc(&req->io.descs[++n], addr, len, ctrl);
			ctrl += vb->format.step;
		}
	}
	req->io.num = n;
	return BLK_STS_OK;
}

void vfe_blk_dma_unmap(struct vfe_blk *vb, struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	const struct vfe_desc *d = &req->io.descs[1];

	for (; req->mapped; req->mapped--, d++)
		dma_unmap_page(vfe_dev(vb->vd), le64_to_cpu(d->addr),
			       le32_to_cpu(d->len), rq_dma_dir(rq));
}

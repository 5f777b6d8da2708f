// SPDX-License-Identifier: GPL-2.0
/*
 * The usual path: the device takes physical addresses (no ACCESS_PLATFORM) and
 * indirect tables. The driver writes a request's descriptors once, where the
 * device reads them, and maps nothing. path_dma.c serves all other devices.
 */
#include <linux/align.h>
#include <linux/bio.h>
#include <linux/io.h>

#include "blk.h"

static size_t table_size(const struct vfe_blk *vb)
{
	return sizeof(struct vfe_blk_request) + VFE_BLK_WIRE_ALIGN - 1 +
	       vfe_blk_wire_size(VFE_BLK_OWN_DESCS);
}

static void table_own(struct vfe_blk_request *req)
{
	req->descs = req->own;
	req->table_dma = req->wire_dma + offsetof(struct vfe_blk_wire, table);
}

static int table_init(struct vfe_blk *vb, struct vfe_blk_request *req)
{
	req->wire = PTR_ALIGN((void *)(req + 1), VFE_BLK_WIRE_ALIGN);
	req->wire_dma = virt_to_phys(req->wire);
	req->own = req->wire->table;
	table_own(req);
	return 0;
}

static void table_exit(struct vfe_blk *vb, struct vfe_blk_request *req)
{
}

/* Gets a table of @n descriptors. Return: whether there is memory */
static bool table_grow(struct vfe_blk *vb, struct request *rq, unsigned int n)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk_queue *bq = rq->mq_hctx->driver_data;
	struct vfe_desc *descs;

	descs = vfe_blk_shared_alloc(vb, n * sizeof(*descs), VFE_BLK_GFP,
				     &req->table_dma);
	if (unlikely(!descs)) {
		if (!vfe_blk_take_spare(bq))
			return false;
		descs = bq->spare_table;
		req->table_dma = bq->spare_dma;
	}
	req->descs = descs;
	req->held = true;
	return true;
}

static void table_release(struct vfe_blk *vb, struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk_queue *bq = rq->mq_hctx->driver_data;

	if (req->descs == req->own)
		return;
	if (req->descs == bq->spare_table)
		vfe_blk_give_spare(bq);
	else
		vfe_blk_shared_free(vb, req->descs, req->table_dma);
	table_own(req);
}

/**
 * struct table_fill - where to write the next descriptor, and how
 * @d: the next descriptor
 * @end: behind the last descriptor that there is room for
 * @ctrl: &vfe_desc.ctrl of the next descriptor
 * @step: difference in ctrl from one descriptor to the next
 * @piece: most bytes in one descriptor
 */
struct table_fill {
	struct vfe_desc *d;
	const struct vfe_desc *end;
	u32 ctrl;
	u32 step;
	u32 piece;
};

/* Adds physically contiguous data. Return: whether there was room */
static __always_inline bool table_put(struct table_fill *fill, u64 addr,
				      u32 left)
{
	u32 len;

	do {
		if (unlikely(fill->d == fill->end))
			return false;
		len = min(left, fill->piece);
		vfe_blk_desc(fill->d++, addr, len, fill->ctrl);
		fill->ctrl += fill->step;
		addr += len;
		left -= len;
	} while (unlikely(left));
	return true;
}

/*
 * Adds the data of a bio. This walks the bio's vectors in memory: the block
 * layer's iterator takes four times as many instructions for each.
 */
static __always_inline bool table_put_bio(struct table_fill *fill,
					  const struct bio *bio)
{
	const struct bio_vec *bv = &bio->bi_io_vec[bio->bi_iter.bi_idx];
	u32 skip = mp_bvec_iter_offset(bio->bi_io_vec, bio->bi_iter) -
		   bv->bv_offset;
	u32 left = bio->bi_iter.bi_size, len;

	for (; left; bv++) {
		len = min(bv->bv_len - skip, left);
		if (unlikely(!table_put(fill, page_to_phys(bv->bv_page) +
					bv->bv_offset + skip, len)))
			return false;
		left -= len;
		skip = 0;
	}
	return true;
}

static blk_status_t table_map(struct vfe_blk *vb, struct request *rq, u32 write)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	unsigned int most = rq->nr_phys_segments * vb->pieces;
	struct table_fill fill;
	const struct bio *bio;

	if (unlikely(most > VFE_BLK_OWN_SEGS) &&
	    !table_grow(vb, rq, most + VFE_BLK_EXTRA_SEGS))
		return BLK_STS_RESOURCE;
	fill.d = &req->descs[1];
	fill.end = fill.d + most;
	fill.step = vb->format.step;
	fill.ctrl = vb->format.link + 2 * fill.step + write;
	fill.piece = vb->piece;
	for (bio = rq->bio; bio; bio = bio->bi_next)
		if (WARN_ON_ONCE(!table_put_bio(&fill, bio)))
			return BLK_STS_IOERR;
	req->num = fill.d - &req->descs[1];
	return BLK_STS_OK;
}

static int table_add(struct vfe_blk_queue *bq, struct request *rq)
{
	const struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	return vfe_queue_add_table(bq->vq, req->table_dma, req->num,
				   req->in_len, rq);
}

const struct vfe_blk_path vfe_blk_table_path = {
	.size = table_size,
	.init = table_init,
	.exit = table_exit,
	.map = table_map,
	.release = table_release,
	.add = table_add,
};

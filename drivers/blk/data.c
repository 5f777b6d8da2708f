// SPDX-License-Identifier: GPL-2.0
/*
 * A request of the block layer becomes a chain of a virtqueue, and a used chain
 * completes its request. Nothing here allocates or sleeps. What is between the
 * two, the ring, is flow.c.
 */
#include <linux/dma-mapping.h>

#include "blk.h"

/* What the device leaves when it writes no status */
#define VFE_BLK_S_NONE	0xff

/* Bytes of a request's own memory, for @max_segs pieces of data */
size_t vfe_blk_request_size(unsigned int max_segs)
{
	return sizeof(struct vfe_blk_request) +
	       max_segs * sizeof(struct scatterlist) +
	       (max_segs + VFE_BLK_EXTRA_SEGS) * sizeof(struct vfe_seg);
}

static struct vfe_blk *vfe_blk_of(const struct request *rq)
{
	return rq->q->queuedata;
}

/*
 * Fills the ranges of a discard or write-zeroes request. A request with more
 * than one range has a bio for each: the block layer joins them that way when
 * the device takes several.
 *
 * Return: how many, or 0 when there are more than there is room for.
 */
static unsigned int vfe_blk_fill_ranges(struct request *rq, unsigned int most,
					u32 flags)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct virtio_blk_discard_write_zeroes *range = req->wire->ranges;
	struct bio *bio;
	unsigned int n = 0;

	if (most <= 1) {
		range->sector = cpu_to_le64(blk_rq_pos(rq));
		range->num_sectors = cpu_to_le32(blk_rq_sectors(rq));
		range->flags = cpu_to_le32(flags);
		return 1;
	}
	__rq_for_each_bio(bio, rq) {
		if (n == most)
			return 0;
		range[n].sector = cpu_to_le64(bio->bi_iter.bi_sector);
		range[n].num_sectors = cpu_to_le32(bio_sectors(bio));
		range[n].flags = cpu_to_le32(flags);
		n++;
	}
	return n;
}

static unsigned int vfe_blk_fill_zeroes(struct vfe_blk *vb, struct request *rq)
{
	u32 flags = 0;

	if (vb->unmaps && !(rq->cmd_flags & REQ_NOUNMAP))
		flags = VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	return vfe_blk_fill_ranges(rq, 1, flags);
}

/* 5.2.6.1: `unmap` is 0 in a discard. */
static unsigned int vfe_blk_fill_discard(struct vfe_blk *vb, struct request *rq)
{
	return vfe_blk_fill_ranges(rq, vb->limits.max_discard_segments, 0);
}

/* Maps the data for the device, into the pieces from @seg on. */
static blk_status_t vfe_blk_map(struct vfe_blk *vb, struct request *rq,
				struct vfe_seg *seg, unsigned int *n)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct scatterlist *sg;
	int nents, mapped, i;

	nents = vfe_map_sg(rq, req->sg);
	mapped = dma_map_sg(vfe_dev(vb->vd), req->sg, nents, rq_dma_dir(rq));
	if (unlikely(!mapped))
		return BLK_STS_RESOURCE;
	req->nents = nents;
	for_each_sg(req->sg, sg, mapped, i) {
		seg[i].addr = sg_dma_address(sg);
		seg[i].len = sg_dma_len(sg);
	}
	*n = mapped;
	return BLK_STS_OK;
}

/* Gives the data's pages back; harmless when there are none. */
void vfe_blk_unmap(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	if (!req->nents)
		return;
	dma_unmap_sg(vfe_dev(vfe_blk_of(rq)->vd), req->sg, req->nents,
		     rq_dma_dir(rq));
	req->nents = 0;
}

static struct vfe_seg vfe_blk_wire_seg(const struct vfe_blk_request *req,
				       size_t offset, u32 len)
{
	return (struct vfe_seg) { .addr = req->wire_dma + offset, .len = len };
}

#define vfe_blk_seg(req, field, len) \
	vfe_blk_wire_seg(req, offsetof(struct vfe_blk_wire, field), len)

static int vfe_blk_type(const struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return VIRTIO_BLK_T_IN;
	case REQ_OP_WRITE:
		return VIRTIO_BLK_T_OUT;
	case REQ_OP_FLUSH:
		return VIRTIO_BLK_T_FLUSH;
	case REQ_OP_DISCARD:
		return VIRTIO_BLK_T_DISCARD;
	case REQ_OP_WRITE_ZEROES:
		return VIRTIO_BLK_T_WRITE_ZEROES;
	case REQ_OP_DRV_IN:
		return VIRTIO_BLK_T_GET_ID;
	default:
		return -EOPNOTSUPP;
	}
}

static enum vfe_blk_kind vfe_blk_kind_of(int type)
{
	switch (type) {
	case VIRTIO_BLK_T_IN:
		return VFE_BLK_READ;
	case VIRTIO_BLK_T_OUT:
		return VFE_BLK_WRITE;
	default:
		return VFE_BLK_OTHER;
	}
}

/* Only reads and writes have a sector; 5.2.6.1: it is 0 for a flush. */
static void vfe_blk_fill_header(struct request *rq, int type)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct virtio_blk_outhdr *header = &req->wire->header;
	bool data = type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_OUT;

	/* __virtio types are little endian here: VERSION_1 is required */
	header->type = (__force __virtio32)cpu_to_le32(type);
	header->ioprio = (__force __virtio32)cpu_to_le32(req_get_ioprio(rq));
	header->sector =
		(__force __virtio64)cpu_to_le64(data ? blk_rq_pos(rq) : 0);
	req->wire->status = VFE_BLK_S_NONE;
	req->used = 0;
	req->expected = type == VIRTIO_BLK_T_IN ? blk_rq_bytes(rq) : 0;
	req->nents = 0;
	req->failed = BLK_STS_OK;
	req->kind = vfe_blk_kind_of(type);
}

/* The pieces between header and status: @out read by the device, @in written */
static blk_status_t vfe_blk_fill_body(struct vfe_blk *vb, struct request *rq,
				      int type, unsigned int *out,
				      unsigned int *in)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_seg *seg = &req->segs[1];
	unsigned int n;

	switch (type) {
	case VIRTIO_BLK_T_IN:
		return vfe_blk_map(vb, rq, seg, in);
	case VIRTIO_BLK_T_OUT:
		return vfe_blk_map(vb, rq, seg, out);
	case VIRTIO_BLK_T_GET_ID:
		/* 5.2.6.1: the answer takes 20 bytes */
		*seg = vfe_blk_seg(req, id, VIRTIO_BLK_ID_BYTES);
		req->expected = VIRTIO_BLK_ID_BYTES;
		*in = 1;
		return BLK_STS_OK;
	case VIRTIO_BLK_T_DISCARD:
		n = vfe_blk_fill_discard(vb, rq);
		break;
	case VIRTIO_BLK_T_WRITE_ZEROES:
		n = vfe_blk_fill_zeroes(vb, rq);
		break;
	default:
		return BLK_STS_OK;
	}
	/* a merge may have made more ranges than the device takes */
	if (unlikely(!n))
		return BLK_STS_NOTSUPP;
	*seg = vfe_blk_seg(req, ranges, n * sizeof(req->wire->ranges[0]));
	*out = 1;
	return BLK_STS_OK;
}

/*
 * 5.2.6.1: never beyond the capacity, which may have shrunk since. The block
 * layer's own is 0 once the disk is on its way out, while requests that it took
 * before are still to be done. The ranges of a discard lie anywhere, in any
 * order, so each is looked at.
 */
static bool vfe_blk_fits(const struct vfe_blk *vb, struct request *rq)
{
	u64 capacity = READ_ONCE(vb->capacity);
	struct bio *bio;

	if (blk_rq_is_passthrough(rq) || !blk_rq_sectors(rq))
		return true;
	if (req_op(rq) != REQ_OP_DISCARD)
		return blk_rq_pos(rq) < capacity &&
		       blk_rq_sectors(rq) <= capacity - blk_rq_pos(rq);
	__rq_for_each_bio(bio, rq)
		if (bio_end_sector(bio) > capacity)
			return false;
	return true;
}

/**
 * vfe_blk_prepare() - make the chain of a request: header, body, status
 * @vb: the disk
 * @rq: the request
 *
 * Return: BLK_STS_OK, or why it cannot be done.
 */
blk_status_t vfe_blk_prepare(struct vfe_blk *vb, struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	unsigned int out = 0, in = 0;
	int type = vfe_blk_type(rq);
	blk_status_t status;

	if (unlikely(type < 0))
		return BLK_STS_NOTSUPP;
	if (unlikely(!vfe_blk_fits(vb, rq)))
		return BLK_STS_IOERR;
	/* Set on a request that comes again: its retries are to be kept. */
	if (!(rq->rq_flags & RQF_DONTPREP)) {
		req->retries = 0;
		rq->rq_flags |= RQF_DONTPREP;
	}
	vfe_blk_fill_header(rq, type);
	status = vfe_blk_fill_body(vb, rq, type, &out, &in);
	if (unlikely(status))
		return status;
	/* 2.7.4.2: what the device writes comes after all it reads */
	req->segs[0] = vfe_blk_seg(req, header, sizeof(req->wire->header));
	req->segs[1 + out + in] =
		vfe_blk_seg(req, status, sizeof(req->wire->status));
	req->out = out + 1;
	req->in = in + 1;
	return BLK_STS_OK;
}

/*
 * How a request ended. The status is the device's to write until here, so it
 * is read once; 2.7.8.3: nothing counts beyond what the device says it wrote,
 * and the status stands behind the data.
 */
static blk_status_t vfe_blk_result(const struct request *rq,
				   const struct vfe_blk_request *req)
{
	u8 status = READ_ONCE(req->wire->status);

	switch (status) {
	case VIRTIO_BLK_S_OK:
		break;
	case VIRTIO_BLK_S_UNSUPP:
		return BLK_STS_NOTSUPP;
	default:
		return BLK_STS_IOERR;
	}
	if (likely(req->used > req->expected))
		return BLK_STS_OK;
	dev_err_ratelimited(vfe_dev(vfe_blk_of(rq)->vd),
			    "%u bytes written for a request of %u and a status: failed\n",
			    req->used, req->expected);
	return BLK_STS_IOERR;
}

/* What there is to do before the block layer has it back */
static void vfe_blk_let_go(struct request *rq)
{
	vfe_blk_unmap(rq);
	vfe_count(vfe_stats_of(vfe_blk_of(rq)->vd), operations);
}

/* Ends one request, whose @failed says how. */
void vfe_blk_complete(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	vfe_blk_let_go(rq);
	blk_mq_end_request(rq, req->failed);
}

/* Ends many, which all went well. */
static void vfe_blk_complete_batch(struct io_comp_batch *iob)
{
	struct request *rq;

	rq_list_for_each(&iob->req_list, rq)
		vfe_blk_let_go(rq);
	blk_mq_end_request_batch(iob);
}

/*
 * One of them, to its end or into @iob. Where the block layer wants it done
 * elsewhere (another CPU, or not in an interrupt) it is on its way there.
 */
static void vfe_blk_finish_one(struct request *rq, struct io_comp_batch *iob)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	req->failed = vfe_blk_result(rq, req);
	if (blk_mq_complete_request_remote(rq))
		return;
	/* a batch has no place for what went wrong */
	if (!blk_mq_add_to_batch(rq, req->failed ? NULL : iob, false,
				 vfe_blk_complete_batch))
		vfe_blk_complete(rq);
}

/**
 * vfe_blk_finish() - end used requests, without a lock
 * @taken: the requests; their memory is not looked at once they ended
 * @iob: where to put those that may end together, or NULL
 *
 * Context: any. The caller ends what is in @iob.
 */
void vfe_blk_finish(struct vfe_blk_taken *taken, struct io_comp_batch *iob)
{
	struct request *rq = taken->first, *next;
	struct vfe_blk *vb;

	if (!rq)
		return;
	/*
	 * The block layer runs a queue again for a request that was refused
	 * when one of its requests is freed by itself; a batch does not do that.
	 */
	if (unlikely(taken->waited_for))
		iob = NULL;
	/* a device that completes something may ask for resets again */
	vb = vfe_blk_of(rq);
	if (unlikely(READ_ONCE(vb->pleas)))
		WRITE_ONCE(vb->pleas, 0);
	for (; rq; rq = next) {
		struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

		next = req->next;
		vfe_blk_finish_one(rq, iob);
	}
}

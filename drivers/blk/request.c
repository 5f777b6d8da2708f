// SPDX-License-Identifier: GPL-2.0
/*
 * Builds the virtqueue chain of a block layer request, and completes the
 * request when the device has used the chain. Nothing here sleeps. submit.c
 * adds chains to the ring and reaps used ones.
 */
#include <linux/bio.h>
#include <linux/io.h>

#include "blk.h"

/* The headers of 6.1 lack this; the driver has no zoned disks there. */
#define VFE_BLK_T_ZONE_APPEND	15

/* The driver presets the status to this value, which no device writes. */
#define VFE_BLK_S_NONE	0xff

static void vfe_blk_header(struct request *rq, u32 type, u64 sector)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct virtio_blk_outhdr *header = &vfe_blk_wire(req)->header;

	/* __virtio types are little endian: legacy devices need such a CPU */
	header->type = (__force __virtio32)cpu_to_le32(type);
	header->ioprio = (__force __virtio32)cpu_to_le32(req_get_ioprio(rq));
	header->sector = (__force __virtio64)cpu_to_le64(sector);
	vfe_blk_wire(req)->status = VFE_BLK_S_NONE;
}

/*
 * Adds the descriptors of header and status to those of the data. @data: number
 * of descriptors of data, @out: number of device-readable ones, @in_len: bytes
 * of data that the device may write
 */
static void vfe_blk_finish_descs(const struct vfe_blk *vb,
				 struct vfe_blk_request *req, unsigned int data,
				 unsigned int out, u32 in_len)
{
	const struct vfe_table_format *f = &vb->format;
	dma_addr_t wire = req->io.wire_dma;

	/* 2.7.4.2: device-writable descriptors come after readable ones */
	vfe_io_desc(&req->io.descs[0],
		    wire + offsetof(struct vfe_blk_wire, header),
		    sizeof(vfe_blk_wire(req)->header), f->link + f->step);
	vfe_io_desc(&req->io.descs[data + 1],
		    wire + offsetof(struct vfe_blk_wire, status),
		    sizeof(vfe_blk_wire(req)->status), f->write);
	req->io.num = data + VFE_BLK_EXTRA_SEGS;
	req->io.out = out + 1;
	req->io.in_len = in_len + sizeof(vfe_blk_wire(req)->status);
}

/* --- reads and writes --- */

/**
 * struct vfe_blk_fill - position and format of the next descriptor of data
 * @d: the next descriptor
 * @end: after the last available descriptor
 * @ctrl: &vfe_desc.ctrl of the next descriptor
 * @step: difference in ctrl from one descriptor to the next
 * @piece: most bytes in one descriptor
 */
struct vfe_blk_fill {
	struct vfe_desc *d;
	const struct vfe_desc *end;
	u32 ctrl;
	u32 step;
	u32 piece;
};

/* Adds physically contiguous data. Return: whether it fit */
static __always_inline bool vfe_blk_fill_piece(struct vfe_blk_fill *fill,
					       u64 addr, u32 left)
{
	u32 len;

	do {
		if (unlikely(fill->d == fill->end))
			return false;
		len = min(left, fill->piece);
		vfe_io_desc(fill->d++, addr, len, fill->ctrl);
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
static __always_inline bool vfe_blk_fill_bio(struct vfe_blk_fill *fill,
					     const struct bio *bio)
{
	const struct bio_vec *bv = &bio->bi_io_vec[bio->bi_iter.bi_idx];
	u32 skip = mp_bvec_iter_offset(bio->bi_io_vec, bio->bi_iter) -
		   bv->bv_offset;
	u32 left = bio->bi_iter.bi_size, len;

	for (; left; bv++) {
		len = min(bv->bv_len - skip, left);
		if (unlikely(!vfe_blk_fill_piece(fill,
						 page_to_phys(bv->bv_page) +
						 bv->bv_offset + skip, len)))
			return false;
		left -= len;
		skip = 0;
	}
	return true;
}

/* Writes the descriptors of the data, with physical addresses. */
static __always_inline blk_status_t
vfe_blk_fill_data(const struct vfe_blk *vb, struct request *rq,
		  unsigned int most, u32 write)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk_fill fill;
	const struct bio *bio;

	fill.d = &req->io.descs[1];
	fill.end = fill.d + most;
	fill.step = vb->format.step;
	fill.ctrl = vb->format.link + 2 * fill.step + write;
	fill.piece = vb->piece;
	for (bio = rq->bio; bio; bio = bio->bi_next)
		if (WARN_ON_ONCE(!vfe_blk_fill_bio(&fill, bio)))
			return BLK_STS_IOERR;
	req->io.num = fill.d - &req->io.descs[1];
	return BLK_STS_OK;
}

/* Builds the chain of a request with data; @write: the device writes it. */
static blk_status_t vfe_blk_map_data(struct vfe_blk *vb, struct request *rq,
				     u32 write)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	unsigned int most = rq->nr_phys_segments * vb->pieces;
	blk_status_t status;

	if (unlikely(most > VFE_BLK_OWN_SEGS) &&
	    !vfe_io_grow(vfe_blk_ioq(rq), &req->io, most + VFE_BLK_EXTRA_SEGS))
		return BLK_STS_RESOURCE;
	if (unlikely(vb->io.memory.dma_api))
		status = vfe_blk_dma_map(vb, rq, most, write);
	else
		status = vfe_blk_fill_data(vb, rq, most, write);
	if (unlikely(status)) {
		vfe_blk_release(rq);
		return status;
	}
	vfe_blk_finish_descs(vb, req, req->io.num, write ? 0 : req->io.num,
			     write ? blk_rq_bytes(rq) : 0);
	return BLK_STS_OK;
}

static blk_status_t vfe_blk_prepare_data(struct vfe_blk *vb, struct request *rq,
					 u32 type, u32 write)
{
	u64 sector = blk_rq_pos(rq);

	/*
	 * 5.2.6.1: never beyond the capacity, which may have shrunk since the
	 * block layer checked it. Do not use the gendisk's capacity: it is 0
	 * during a removal, while earlier requests must still complete.
	 */
	if (unlikely(sector + blk_rq_sectors(rq) > READ_ONCE(vb->capacity)))
		return BLK_STS_IOERR;
	vfe_blk_header(rq, type, sector);
	return vfe_blk_map_data(vb, rq, write);
}

/* --- other requests --- */

/* Builds a report of zones, whose answer is the data of the request. */
static blk_status_t vfe_blk_prepare_long_answer(struct vfe_blk *vb,
						struct request *rq)
{
	const struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	vfe_blk_header(rq, req->driver_type, blk_rq_pos(rq));
	return vfe_blk_map_data(vb, rq, vb->format.write);
}

/* 5.2.6.1: sector is 0 in a request that neither reads nor writes. */
static void vfe_blk_plain_header(struct request *rq, u32 type)
{
	vfe_blk_header(rq, type, 0);
}

static blk_status_t vfe_blk_prepare_flush(struct vfe_blk *vb,
					  struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	vfe_blk_plain_header(rq, VIRTIO_BLK_T_FLUSH);
	vfe_blk_finish_descs(vb, req, 0, 0, 0);
	return BLK_STS_OK;
}

/* Adds one descriptor between header and status, for memory of the driver. */
static void vfe_blk_one_desc(struct vfe_blk *vb, struct vfe_blk_request *req,
			     u64 addr, u32 len, u32 write)
{
	const struct vfe_table_format *f = &vb->format;

	vfe_io_desc(&req->io.descs[1], addr, len,
		    f->link + 2 * f->step + write);
	vfe_blk_finish_descs(vb, req, 1, write ? 0 : 1, write ? len : 0);
}

/* Builds a zone management request, for one zone or for all. */
static blk_status_t vfe_blk_prepare_zone(struct vfe_blk *vb, struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	int type = vfe_blk_zone_type_of(rq);

	if (type < 0)
		return BLK_STS_NOTSUPP;
	vfe_blk_header(rq, type, req_op(rq) == REQ_OP_ZONE_RESET_ALL ?
		       0 : blk_rq_pos(rq));
	vfe_blk_finish_descs(vb, req, 0, 0, 0);
	return BLK_STS_OK;
}

/* In a zone append the device writes the chosen sector before the status. */
static blk_status_t vfe_blk_prepare_append(struct vfe_blk *vb,
					   struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	const u32 more = sizeof(vfe_blk_wire(req)->append_sector);
	blk_status_t status;

	status = vfe_blk_prepare_data(vb, rq, VFE_BLK_T_ZONE_APPEND, 0);
	if (status)
		return status;
	vfe_io_desc(&req->io.descs[req->io.num - 1], req->io.wire_dma +
		     offsetof(struct vfe_blk_wire, append_sector),
		     more + sizeof(vfe_blk_wire(req)->status),
		     vb->format.write);
	req->io.in_len += more;
	return BLK_STS_OK;
}

/* Builds a request of the driver, with an answer in struct vfe_blk_wire. */
static blk_status_t vfe_blk_prepare_answer(struct vfe_blk *vb,
					   struct request *rq, u32 type,
					   u32 len)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	vfe_blk_plain_header(rq, type);
	vfe_blk_one_desc(vb, req,
			 req->io.wire_dma + offsetof(struct vfe_blk_wire, id),
			 len, vb->format.write);
	return BLK_STS_OK;
}

/* Builds a request that the driver itself makes. */
static blk_status_t vfe_blk_prepare_own(struct vfe_blk *vb, struct request *rq)
{
	const struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	switch (req->driver_type) {
	case VIRTIO_BLK_T_GET_ID:
		return vfe_blk_prepare_answer(vb, rq, VIRTIO_BLK_T_GET_ID,
					      VIRTIO_BLK_ID_BYTES);
	case VIRTIO_BLK_T_GET_LIFETIME:
		return vfe_blk_prepare_answer(vb, rq,
					      VIRTIO_BLK_T_GET_LIFETIME,
					      sizeof(struct vfe_blk_lifetime));
	default:	/* a report of zones, which is long */
		return vfe_blk_prepare_long_answer(vb, rq);
	}
}

static bool vfe_blk_fits(const struct vfe_blk *vb, u64 end)
{
	return end <= READ_ONCE(vb->capacity);
}

static void vfe_blk_range(struct virtio_blk_discard_write_zeroes *range,
			  u64 sector, u32 sectors, u32 flags)
{
	range->sector = cpu_to_le64(sector);
	range->num_sectors = cpu_to_le32(sectors);
	range->flags = cpu_to_le32(flags);
}

/* Builds a request with one range, in struct vfe_blk_wire. */
static blk_status_t vfe_blk_prepare_range(struct vfe_blk *vb,
					  struct request *rq, u32 type,
					  u32 flags)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk_wire *wire = vfe_blk_wire(req);

	if (!vfe_blk_fits(vb, blk_rq_pos(rq) + blk_rq_sectors(rq)))
		return BLK_STS_IOERR;
	vfe_blk_plain_header(rq, type);
	vfe_blk_range(&wire->range, blk_rq_pos(rq), blk_rq_sectors(rq), flags);
	vfe_blk_one_desc(vb, req, req->io.wire_dma +
			 offsetof(struct vfe_blk_wire, range),
			 sizeof(wire->range), 0);
	return BLK_STS_OK;
}

/*
 * A request with several ranges has a bio for each: the block layer merges
 * discards that way for a device that supports several ranges. Their order is
 * arbitrary, so check each against the capacity.
 */
static blk_status_t vfe_blk_prepare_ranges(struct vfe_blk *vb,
					   struct request *rq, u32 type,
					   unsigned int n)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct virtio_blk_discard_write_zeroes *range;
	struct bio *bio;

	__rq_for_each_bio(bio, rq)
		if (!vfe_blk_fits(vb, bio_end_sector(bio)))
			return BLK_STS_IOERR;
	if (n > VFE_BLK_MAX_RANGES)
		return BLK_STS_NOTSUPP;
	req->ranges = vfe_io_alloc(&vb->io, n * sizeof(*range), VFE_IO_GFP,
				   &req->ranges_dma);
	if (!req->ranges)
		return BLK_STS_RESOURCE;
	req->io.held = true;
	range = req->ranges;
	__rq_for_each_bio(bio, rq)
		vfe_blk_range(range++, bio->bi_iter.bi_sector,
			      bio_sectors(bio), 0);
	vfe_blk_plain_header(rq, type);
	vfe_blk_one_desc(vb, req, req->ranges_dma, n * sizeof(*range), 0);
	return BLK_STS_OK;
}

/*
 * Counts the bios: blk_rq_nr_discard_segments() is the block layer's own count,
 * which has disagreed with them in some kernels, and each bio becomes a range.
 *
 * 5.2.6.1: `unmap` is 0 in a discard.
 */
static blk_status_t vfe_blk_prepare_discard(struct vfe_blk *vb,
					    struct request *rq, u32 type)
{
	unsigned int n = 0;
	struct bio *bio;

	if (queue_max_discard_segments(rq->q) > 1)
		__rq_for_each_bio(bio, rq)
			n++;
	return n <= 1 ? vfe_blk_prepare_range(vb, rq, type, 0) :
	       vfe_blk_prepare_ranges(vb, rq, type, n);
}

static u32 vfe_blk_zero_flags(const struct vfe_blk *vb, const struct request *rq)
{
	return vb->unmaps && !(rq->cmd_flags & REQ_NOUNMAP) ?
	       VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0;
}

static blk_status_t vfe_blk_prepare_other(struct vfe_blk *vb,
					  struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_FLUSH:
		return vfe_blk_prepare_flush(vb, rq);
	case REQ_OP_DISCARD:
		return vfe_blk_prepare_discard(vb, rq, VIRTIO_BLK_T_DISCARD);
	case REQ_OP_SECURE_ERASE:
		return vfe_blk_prepare_discard(vb, rq,
					       VIRTIO_BLK_T_SECURE_ERASE);
	case REQ_OP_WRITE_ZEROES:
		return vfe_blk_prepare_range(vb, rq,
					     VIRTIO_BLK_T_WRITE_ZEROES,
					     vfe_blk_zero_flags(vb, rq));
	case REQ_OP_ZONE_APPEND:
		return vfe_blk_prepare_append(vb, rq);
	case REQ_OP_DRV_IN:
		return vfe_blk_prepare_own(vb, rq);
	default:
		return vfe_blk_prepare_zone(vb, rq);
	}
}

/* --- all requests --- */

/**
 * vfe_blk_prepare() - build the chain of a request: header, data, status
 * @vb: the disk
 * @rq: the request
 *
 * Context: any. Return: BLK_STS_OK or an error; after an error,
 * vfe_blk_release() is not necessary.
 */
blk_status_t vfe_blk_prepare(struct vfe_blk *vb, struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return vfe_blk_prepare_data(vb, rq, VIRTIO_BLK_T_IN,
					    vb->format.write);
	case REQ_OP_WRITE:
		return vfe_blk_prepare_data(vb, rq, VIRTIO_BLK_T_OUT, 0);
	default:
		return vfe_blk_prepare_other(vb, rq);
	}
}

/**
 * vfe_blk_release() - release allocations and mappings of a request
 * @rq: the request, which the device no longer has
 *
 * Context: any.
 */
void vfe_blk_release(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk *vb = vfe_blk_of(rq);

	if (likely(!req->io.held))
		return;
	vfe_blk_dma_unmap(vb, rq);
	vfe_io_shrink(vfe_blk_ioq(rq), &req->io);
	if (req->ranges)
		vfe_io_free(&vb->io, req->ranges, req->ranges_dma);
	req->ranges = NULL;
	req->io.held = false;
}

static blk_status_t vfe_blk_result(u8 status)
{
	if (likely(status == VIRTIO_BLK_S_OK))
		return BLK_STS_OK;
	return status == VIRTIO_BLK_S_UNSUPP ? BLK_STS_NOTSUPP :
	       vfe_blk_zone_status(status);
}

/*
 * Some devices in use get used lengths wrong, and virtio_blk ignores them:
 * kvmtool's, Cloud Hypervisor's before 2026, Firecracker's before 2021. So the
 * driver ignores the used length and checks only the status byte, which it
 * preset to a value (0xff) that no device writes.
 */
static void vfe_blk_odd_length(struct vfe_blk *vb,
			       const struct vfe_blk_request *req)
{
	if (READ_ONCE(vb->odd_length))
		return;
	WRITE_ONCE(vb->odd_length, true);
	dev_warn(vfe_dev(vb->vd),
		 "%s: used length %u for a request of %u bytes: used lengths are ignored until the next probe, the status decides\n",
		 vb->disk->disk_name, req->io.token.used_len, req->io.in_len);
}

static void vfe_blk_clean_up(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	vfe_blk_release(rq);
	/* the next request with this tag must not inherit it */
	req->io.timeouts = 0;
	vfe_count(vfe_blk_of(rq)->stats, operations);
}

/* Ends a request with the result in its @result. */
void vfe_blk_complete(struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	vfe_blk_clean_up(rq);
	blk_mq_end_request(rq, req->result);
}

/* Ends a batch of successful requests. */
void vfe_blk_complete_batch(struct io_comp_batch *iob)
{
	struct request *rq;

	rq_list_for_each(&iob->req_list, rq)
		vfe_blk_clean_up(rq);
	blk_mq_end_request_batch(iob);
}

/*
 * Completes one request, or adds it to @iob. blk_mq_complete_request_remote()
 * returns true if the block layer completes the request on another CPU or in
 * softirq. The device may still write the status, so read it only once.
 */
static void vfe_blk_complete_one(struct request *rq, struct io_comp_batch *iob)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	u8 status = READ_ONCE(vfe_blk_wire(req)->status);

	req->result = vfe_blk_result(status);
	if (unlikely(req->io.token.used_len != req->io.in_len) && !status)
		vfe_blk_odd_length(vfe_blk_of(rq), req);
	if (unlikely(req_op(rq) == REQ_OP_ZONE_APPEND) && !status &&
	    !vfe_blk_appended(vfe_blk_of(rq), rq)) {
		req->result = BLK_STS_IOERR;
		iob = NULL;
	}
	if (blk_mq_complete_request_remote(rq))
		return;
	/* a batch takes successful requests only */
	if (!blk_mq_add_to_batch(rq, status ? NULL : iob, false,
				 vfe_blk_complete_batch))
		vfe_blk_complete(rq);
}

/**
 * vfe_blk_complete_list() - complete requests that the device used
 * @done: the requests; do not use it afterwards
 * @iob: batch for requests that can end together, or NULL
 *
 * Context: any, without the queue's lock. The caller ends the requests in @iob.
 */
void vfe_blk_complete_list(struct vfe_io_done *done, struct io_comp_batch *iob)
{
	struct vfe_token *token = done->list.first, *next;
	struct request *rq;

	if (!token)
		return;
	/*
	 * blk_mq_free_request() reruns a hardware queue that has refused a
	 * request; blk_mq_end_request_batch() does not. So complete these
	 * requests one by one.
	 */
	if (unlikely(done->waited_for))
		iob = NULL;
	rq = blk_mq_rq_from_pdu(vfe_blk_token(token));
	vfe_recovery_completes(&vfe_blk_of(rq)->io.recovery);
	for (; token; token = next) {
		next = token->next;
		vfe_blk_complete_one(blk_mq_rq_from_pdu(vfe_blk_token(token)),
				     iob);
	}
}

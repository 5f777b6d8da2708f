// SPDX-License-Identifier: GPL-2.0
/*
 * The block device: checks and executes one request (virtio 1.4, 5.2.6). The
 * framing is arbitrary: header, data and status may be divided into buffers in
 * any way.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "blk/blk.h"
#include "guest/iov.h"

struct request {
	struct queue *q;
	uint32_t type;
	uint64_t sector;
	/* the data in either direction, without header and status */
	struct iovec *iov;
	int n;
	uint64_t len;
	bool to_guest;		/* the data is for the device to write */
	uint32_t written;	/* bytes of data certainly written */
	const struct iovec *place;	/* where a zone append says its sector */
};

static int complain(const struct request *r, const char *what,
		    unsigned long long value)
{
	log_line("queue %u: request of type %u, sector %llu: %s %llu",
		 r->q->index, r->type, (unsigned long long)r->sector, what,
		 value);
	return VIRTIO_BLK_S_IOERR;
}

static int status_of(const struct request *r, int err)
{
	if (!err)
		return VIRTIO_BLK_S_OK;
	complain(r, "the backing file fails with errno", -err);
	return VIRTIO_BLK_S_IOERR;
}

static bool in_range(const struct vdev *v, uint64_t sector, uint64_t sectors)
{
	uint64_t capacity = backend_capacity(blk_of(v)->backend);

	return sectors <= capacity && sector <= capacity - sectors;
}

/* Checks that reads and writes share; VIRTIO_BLK_S_OK if valid */
static int check_data(const struct request *r)
{
	/* 5.2.6.1: whole sectors, and none beyond the capacity */
	if (!r->len || r->len % VFE_SECTOR_SIZE)
		return complain(r, "data not of whole sectors: bytes", r->len);
	if (r->len > BLK_REQUEST_MAX)
		return complain(r, "more than size_max times seg_max: bytes",
				r->len);
	if (!in_range(r->q->v, r->sector, r->len / VFE_SECTOR_SIZE))
		return complain(r, "beyond the capacity: bytes", r->len);
	if (!blk_quirk_takes_data(r->q->v, r->iov, r->n, r->sector, r->len))
		return complain(r, "against size_max, seg_max or blk_size: bytes",
				r->len);
	return VIRTIO_BLK_S_OK;
}

static int do_in(struct request *r)
{
	struct vdev *v = r->q->v;
	struct blk *b = blk_of(v);
	int err, status;

	blk_count(v, BLK_READS);
	if (!r->to_guest)
		return complain(r, "a read with data that is not writable: bytes", r->len);
	status = check_data(r);
	if (status)
		return status;
	if (b->zoned)
		status = zoned_check_read(b->zoned, r->sector,
					  r->len / VFE_SECTOR_SIZE);
	if (status)
		return status;
	err = backend_readv(b->backend, r->sector, r->iov, r->n);
	if (!err) {
		if (b->zoned)
			zoned_blank(b->zoned, r->sector, r->iov, r->n);
		r->written = r->len;
		v->c->of_class[BLK_BYTES_READ] += r->len;
	}
	return status_of(r, err);
}

static int do_out(struct request *r)
{
	struct vdev *v = r->q->v;
	struct blk *b = blk_of(v);
	int err, status;

	blk_count(v, BLK_WRITES);
	/* 5.2.6.2: an error for a write to a read-only device */
	if (backend_readonly(b->backend))
		return complain(r, "the device is read-only: bytes", r->len);
	if (r->to_guest)
		return complain(r, "a write with data that is not readable: bytes", r->len);
	status = check_data(r);
	if (!status && b->zoned)
		status = zoned_write_begins(b->zoned, r->place, &r->sector,
					    r->len / VFE_SECTOR_SIZE);
	if (status)
		return status;
	err = backend_writev(b->backend, r->sector, r->iov, r->n);
	if (err)
		return status_of(r, err);
	v->c->of_class[BLK_BYTES_WRITTEN] += r->len;
	if (b->zoned)
		zoned_write_ends(b->zoned, r->sector,
				 r->len / VFE_SECTOR_SIZE);
	return VIRTIO_BLK_S_OK;
}

static int do_zone_append(struct request *r)
{
	uint64_t place;
	int status;

	if (!vdev_has(r->q->v, VIRTIO_BLK_F_ZONED))
		return VIRTIO_BLK_S_UNSUPP;
	status = do_out(r);
	if (status)
		return status;
	place = htole64(r->sector);
	iov_write(r->place, &place, sizeof(place));
	r->written = sizeof(place);
	return VIRTIO_BLK_S_OK;
}

static int do_zone(struct request *r)
{
	struct vdev *v = r->q->v;
	struct blk *b = blk_of(v);

	blk_count(v, BLK_ZONES);
	if (!vdev_has(v, VIRTIO_BLK_F_ZONED))
		return VIRTIO_BLK_S_UNSUPP;
	if (r->type == VIRTIO_BLK_T_ZONE_REPORT)
		return r->to_guest ?
		       zoned_report(b->zoned, r->sector, r->iov, r->len,
				    &r->written) :
		       VIRTIO_BLK_S_ZONE_INVALID_CMD;
	if (backend_readonly(b->backend))
		return complain(r, "the device is read-only: bytes", r->len);
	return zoned_manage(b->zoned, r->type, r->sector);
}

static int do_flush(struct request *r)
{
	struct vdev *v = r->q->v;
	struct blk *b = blk_of(v);

	blk_count(v, BLK_FLUSHES);
	if (!(v->offered & BIT64(VIRTIO_BLK_F_FLUSH)))
		return VIRTIO_BLK_S_UNSUPP;
	return status_of(r, backend_flush(b->backend));
}

static int do_get_id(struct request *r)
{
	struct vdev *v = r->q->v;
	char id[VIRTIO_BLK_ID_BYTES] = "";

	blk_count(v, BLK_GET_IDS);
	if (quirk_on(v, QUIRK_NO_GET_ID))
		return VIRTIO_BLK_S_UNSUPP;
	if (!r->to_guest || r->len != sizeof(id))
		return complain(r, "an id takes 20 bytes to write, not",
				r->len);
	/* 5.2.6: padded with NUL, and without one at the full length */
	memcpy(id, blk_of(v)->o->serial, strnlen(blk_of(v)->o->serial, sizeof(id)));
	iov_write(r->iov, id, sizeof(id));
	r->written = sizeof(id);
	return VIRTIO_BLK_S_OK;
}

/* 5.2.6: the health of the storage, as --lifetime says it */
static int do_get_lifetime(struct request *r)
{
	const struct blk_options *o = blk_of(r->q->v)->o;
	const uint16_t values[3] = {
		htole16(o->pre_eol_info), htole16(o->lifetime_a),
		htole16(o->lifetime_b),
	};

	if (!vdev_has(r->q->v, VIRTIO_BLK_F_LIFETIME))
		return VIRTIO_BLK_S_UNSUPP;
	if (!r->to_guest || r->len < sizeof(values))
		return complain(r, "a lifetime takes 6 bytes to write, not",
				r->len);
	iov_write(r->iov, values, sizeof(values));
	r->written = sizeof(values);
	return VIRTIO_BLK_S_OK;
}

/* Limits of requests with segments */
struct segment_rule {
	unsigned int feature;
	uint32_t segments;
	uint32_t sectors;	/* of each */
	uint32_t flags;
};

static struct segment_rule segment_rule(const struct request *r)
{
	struct segment_rule rule;

	if (r->type == VIRTIO_BLK_T_DISCARD)
		rule = (struct segment_rule){
			VIRTIO_BLK_F_DISCARD, BLK_DISCARD_SEGS,
			BLK_DISCARD_SECTORS, 0
		};
	else if (r->type == VIRTIO_BLK_T_SECURE_ERASE)
		return (struct segment_rule){
			VIRTIO_BLK_F_SECURE_ERASE, BLK_ERASE_SEGS,
			BLK_ERASE_SECTORS, 0
		};
	else
		rule = (struct segment_rule){
			VIRTIO_BLK_F_WRITE_ZEROES, BLK_ZEROES_SEGS,
			BLK_ZEROES_SECTORS, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP
		};
	if (quirk_on(r->q->v, QUIRK_ZERO_DISCARD_LIMITS)) {
		rule.segments = BLK_SEGS_MOST;
		rule.sectors = UINT32_MAX;
	}
	return rule;
}

static int check_segment(const struct request *r, uint64_t sector,
			 uint32_t sectors, uint32_t flags)
{
	struct segment_rule rule = segment_rule(r);

	/* 5.2.6.2: unknown flags, or an invalid unmap */
	if (flags & ~rule.flags) {
		complain(r, "unknown flags", flags);
		return VIRTIO_BLK_S_UNSUPP;
	}
	if (sectors > rule.sectors)
		return complain(r, "segment too long: sectors", sectors);
	if (!in_range(r->q->v, sector, sectors))
		return complain(r, "segment beyond the capacity at", sector);
	return VIRTIO_BLK_S_OK;
}

/* One segment of a discard or write-zeroes request */
static int do_segment(const struct request *r,
		      const struct virtio_blk_discard_write_zeroes *seg)
{
	struct vdev *v = r->q->v;
	struct blk *b = blk_of(v);
	uint64_t sector = le64toh(seg->sector);
	uint32_t sectors = le32toh(seg->num_sectors);
	uint32_t flags = le32toh(seg->flags);
	int status = check_segment(r, sector, sectors, flags);

	if (status || !sectors)
		return status;
	if (r->type == VIRTIO_BLK_T_DISCARD)
		return status_of(r, backend_discard(b->backend, sector, sectors));
	/* Erased sectors must be unreadable: write zeroes. */
	return status_of(r, backend_write_zeroes(b->backend, sector, sectors, flags &
					VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP));
}

static int do_segments(struct request *r)
{
	struct segment_rule rule = segment_rule(r);
	struct virtio_blk_discard_write_zeroes seg[BLK_SEGS_MOST];
	struct vdev *v = r->q->v;
	struct blk *b = blk_of(v);
	int status = VIRTIO_BLK_S_OK;

	if (!vdev_has(v, rule.feature))
		return VIRTIO_BLK_S_UNSUPP;
	if (backend_readonly(b->backend))
		return complain(r, "the device is read-only: bytes", r->len);
	/*
	 * virtio_blk derives the direction of data from the lowest bit of the
	 * type, which is wrong for this request: its list is device-writable.
	 */
	if (r->to_guest && r->type != VIRTIO_BLK_T_SECURE_ERASE)
		return complain(r, "a list that is not readable: bytes",
				r->len);
	if (!r->len || r->len % sizeof(seg[0]) ||
	    r->len / sizeof(seg[0]) > rule.segments)
		return complain(r, "not a list of segments: bytes", r->len);
	iov_read(seg, r->iov, r->len);
	for (size_t i = 0; !status && i < r->len / sizeof(seg[0]); i++)
		status = do_segment(r, &seg[i]);
	return status;
}

static int do_request(struct request *r)
{
	switch (r->type) {
	case VIRTIO_BLK_T_IN:
		return do_in(r);
	case VIRTIO_BLK_T_OUT:
		return do_out(r);
	case VIRTIO_BLK_T_FLUSH:
		return do_flush(r);
	case VIRTIO_BLK_T_GET_ID:
		return do_get_id(r);
	case VIRTIO_BLK_T_DISCARD:
		blk_count(r->q->v, BLK_DISCARDS);
		return do_segments(r);
	case VIRTIO_BLK_T_SECURE_ERASE:
		blk_count(r->q->v, BLK_SECURE_ERASES);
		return do_segments(r);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		blk_count(r->q->v, BLK_WRITE_ZEROES);
		return do_segments(r);
	case VIRTIO_BLK_T_GET_LIFETIME:
		return do_get_lifetime(r);
	case VIRTIO_BLK_T_ZONE_APPEND:
		return do_zone_append(r);
	case VIRTIO_BLK_T_ZONE_REPORT:
	case VIRTIO_BLK_T_ZONE_OPEN:
	case VIRTIO_BLK_T_ZONE_CLOSE:
	case VIRTIO_BLK_T_ZONE_FINISH:
	case VIRTIO_BLK_T_ZONE_RESET:
	case VIRTIO_BLK_T_ZONE_RESET_ALL:
		return do_zone(r);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

/* 5.2.6: the sector of a zone append is written before the status. */
static int unpack_append(struct request *r, struct chain *c)
{
	if (c->write_len != sizeof(uint64_t) + 1)
		return complain(r, "a zone append takes 9 bytes to write, not",
				c->write_len);
	r->place = c->iov + c->readable;
	return VIRTIO_BLK_S_OK;
}

/*
 * Remove header and status from the chain; the rest is data, in one direction.
 */
static int unpack(struct request *r, struct chain *c)
{
	struct virtio_blk_outhdr hdr;

	if (c->fault)
		return VIRTIO_BLK_S_IOERR;
	if (c->read_len < sizeof(hdr))
		return complain(r, "header cut short: bytes", c->read_len);
	iov_read(&hdr, c->iov, sizeof(hdr));
	r->type = le32toh(hdr.type);
	r->sector = le64toh(hdr.sector);

	if (r->type == VIRTIO_BLK_T_ZONE_APPEND) {
		if (unpack_append(r, c))
			return VIRTIO_BLK_S_IOERR;
	} else if (c->write_len > 1 && c->read_len > sizeof(hdr))
		return complain(r, "data both to read and to write: bytes",
				c->read_len - sizeof(hdr));
	r->to_guest = !r->place && c->write_len > 1;
	if (r->to_guest) {
		r->iov = c->iov + c->readable;
		r->n = c->writable;
		r->len = c->write_len - 1;
		if (!--r->iov[r->n - 1].iov_len)
			r->n--;
	} else {
		r->iov = c->iov;
		r->n = c->readable;
		r->len = c->read_len - sizeof(hdr);
		iov_skip(&r->iov, &r->n, sizeof(hdr));
	}
	return VIRTIO_BLK_S_OK;
}

int blk_request(struct queue *q, struct chain *c, uint32_t *len)
{
	struct request r = { .q = q };
	int status;

	if (!c->last) {
		if (!c->fault)
			log_line("queue %u: a chain without a byte for the status",
				 q->index);
		return -1;
	}
	status = unpack(&r, c);
	if (!status)
		status = service_fails(q->v) ? VIRTIO_BLK_S_IOERR :
					       do_request(&r);
	if (status)
		blk_count(q->v, BLK_ERRORS);
	quirk_write_status(q->v, c->last, status);
	/*
	 * 2.7.8.2: the length covers only data written without a gap from the
	 * first writable byte on; the status counts if nothing is missing.
	 */
	*len = r.written;
	if (c->write_len == (uint64_t)r.written + 1)
		*len += 1;
	return 0;
}

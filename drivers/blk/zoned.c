// SPDX-License-Identifier: GPL-2.0
/*
 * Zoned disks (virtio 1.4, 5.2.6, VIRTIO_BLK_F_ZONED): host-managed ones, whose
 * zones must be written sequentially. The driver uses a host-aware disk as a
 * plain one. This file checks all values that the device reports and that the
 * block layer does not check itself.
 */
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "blk.h"

#ifdef VFE_ZONED

#define CFG(field)	offsetof(struct virtio_blk_config, zoned.field)

/* Zones in one report; a disk may need several reports */
#define VFE_BLK_REPORT_ZONES	1024

static int vfe_blk_zoned_bad(struct vfe_blk *vb, const char *field, u32 value,
			     const char *what)
{
	dev_err(vfe_dev(vb->vd), "%s is %u: %s, fix the device\n", field,
		value, what);
	return -EINVAL;
}

/* The block layer supports only zone sizes that are a power of two. */
static int vfe_blk_check_zoned(struct vfe_blk *vb)
{
	const struct vfe_disk_limits *limits = &vb->limits;

	if (!is_power_of_2(limits->zone_sectors))
		return vfe_blk_zoned_bad(vb, "zone_sectors",
					 limits->zone_sectors,
					 "not a power of two");
	if (!is_power_of_2(limits->zone_granularity) ||
	    limits->zone_granularity < SECTOR_SIZE)
		return vfe_blk_zoned_bad(vb, "write_granularity",
					 limits->zone_granularity,
					 "not a power of two of 512 bytes or more");
	if ((u64)limits->zone_append_sectors << SECTOR_SHIFT <
	    limits->zone_granularity)
		return vfe_blk_zoned_bad(vb, "max_append_sectors",
					 limits->zone_append_sectors,
					 "less than write_granularity");
	return 0;
}

static int vfe_blk_read_characteristics(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	u32 *const values[] = {
		&limits->zone_sectors, &limits->max_open_zones,
		&limits->max_active_zones, &limits->zone_append_sectors,
		&limits->zone_granularity,
	};
	unsigned int i;
	int err = 0;
	u64 val;

	for (i = 0; !err && i < ARRAY_SIZE(values); i++) {
		err = vfe_config_read_field(vb->vd, CFG(zone_sectors) + 4 * i,
					    4, &val);
		*values[i] = val;
	}
	return err;
}

/**
 * vfe_blk_read_zoned() - read and check the limits of a zoned disk
 * @vb: the disk, its other limits read
 *
 * Return: 0, -EINVAL with a line in the log, or the error of
 * vfe_config_read().
 */
int vfe_blk_read_zoned(struct vfe_blk *vb)
{
	struct vfe_disk_limits *limits = &vb->limits;
	u64 model;
	int err;

	if (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_ZONED))
		return 0;
	err = vfe_config_read_field(vb->vd, CFG(model), 1, &model);
	if (err)
		return err;
	if (model == VIRTIO_BLK_Z_NONE || model == VIRTIO_BLK_Z_HA)
		return 0;
	if (model != VIRTIO_BLK_Z_HM)
		return vfe_blk_zoned_bad(vb, "zoned.model", model, "unknown");
	err = vfe_blk_read_characteristics(vb) ?: vfe_blk_check_zoned(vb);
	if (err)
		return err;
	limits->zoned = true;
	limits->physical_block = limits->zone_granularity;
	limits->io_min = limits->zone_granularity;
	/* zones are reset, not discarded */
	limits->max_discard_sectors = 0;
	return 0;
}

/**
 * vfe_blk_revalidate_zones() - let the block layer read all zones
 * @vb: the disk, which is live
 *
 * Return: 0, also for a disk without zones, or an error of the block layer.
 */
int vfe_blk_revalidate_zones(struct vfe_blk *vb)
{
	return vb->limits.zoned ? blk_revalidate_disk_zones(vb->disk) : 0;
}

/* --- the report --- */

static size_t vfe_blk_report_size(struct vfe_blk *vb, unsigned int zones)
{
	struct virtio_blk_zone_report *report;
	size_t segs = queue_max_segments(vb->disk->queue);
	size_t size = struct_size(report, zones,
				  min(zones, VFE_BLK_REPORT_ZONES));

	/* pages of vmalloc() may be anywhere: one segment each */
	return min(size, segs << PAGE_SHIFT);
}

static int vfe_blk_get_report(struct vfe_blk *vb,
			      struct virtio_blk_zone_report *report,
			      size_t size, u64 sector)
{
	struct vfe_blk_request *req;
	struct request *rq;
	int err;

	rq = blk_mq_alloc_request(vb->disk->queue, REQ_OP_DRV_IN, 0);
	if (IS_ERR(rq))
		return PTR_ERR(rq);
	req = blk_mq_rq_to_pdu(rq);
	req->driver_type = VIRTIO_BLK_T_ZONE_REPORT;
	rq->__sector = sector;
	err = vfe_rq_map_kern(rq, report, size);
	if (!err)
		err = blk_status_to_errno(blk_execute_rq(rq, false));
	blk_mq_free_request(rq);
	return err;
}

static u64 vfe_blk_zone64(__virtio64 value)
{
	return le64_to_cpu((__force __le64)value);
}

static int vfe_blk_zone_type(u8 type)
{
	switch (type) {
	case VIRTIO_BLK_ZT_CONV:
		return BLK_ZONE_TYPE_CONVENTIONAL;
	case VIRTIO_BLK_ZT_SWR:
		return BLK_ZONE_TYPE_SEQWRITE_REQ;
	case VIRTIO_BLK_ZT_SWP:
		return BLK_ZONE_TYPE_SEQWRITE_PREF;
	default:
		return -EIO;
	}
}

static int vfe_blk_zone_cond(u8 state)
{
	switch (state) {
	case VIRTIO_BLK_ZS_NOT_WP:
		return BLK_ZONE_COND_NOT_WP;
	case VIRTIO_BLK_ZS_EMPTY:
		return BLK_ZONE_COND_EMPTY;
	case VIRTIO_BLK_ZS_IOPEN:
		return BLK_ZONE_COND_IMP_OPEN;
	case VIRTIO_BLK_ZS_EOPEN:
		return BLK_ZONE_COND_EXP_OPEN;
	case VIRTIO_BLK_ZS_CLOSED:
		return BLK_ZONE_COND_CLOSED;
	case VIRTIO_BLK_ZS_RDONLY:
		return BLK_ZONE_COND_READONLY;
	case VIRTIO_BLK_ZS_FULL:
		return BLK_ZONE_COND_FULL;
	case VIRTIO_BLK_ZS_OFFLINE:
		return BLK_ZONE_COND_OFFLINE;
	default:
		return -EIO;
	}
}

/*
 * Converts one zone for the block layer, which checks its numbers. Return: 0 or
 * -EIO
 */
static int vfe_blk_parse_zone(struct vfe_blk *vb,
			      const struct virtio_blk_zone_descriptor *from,
			      struct blk_zone *zone)
{
	u64 capacity = get_capacity(vb->disk);
	int type = vfe_blk_zone_type(from->z_type);
	int cond = vfe_blk_zone_cond(from->z_state);

	*zone = (struct blk_zone) {
		.start = vfe_blk_zone64(from->z_start),
		.capacity = vfe_blk_zone64(from->z_cap),
		.wp = vfe_blk_zone64(from->z_wp),
		.type = type,
		.cond = cond,
	};
	if (type < 0 || cond < 0 || zone->start >= capacity) {
		/* not vfe_dev(): the device may have been removed */
		dev_err_ratelimited(disk_to_dev(vb->disk),
				    "zone at sector %llu of %llu: beyond the end, or unknown z_type %u or z_state %u, fix the device\n",
				    zone->start, capacity, from->z_type,
				    from->z_state);
		return -EIO;
	}
	/* the last one may be shorter */
	zone->len = min_t(u64, vb->limits.zone_sectors,
			  capacity - zone->start);
	if (cond == BLK_ZONE_COND_FULL)
		zone->wp = zone->start + zone->len;
	if (cond == BLK_ZONE_COND_READONLY || cond == BLK_ZONE_COND_OFFLINE)
		zone->wp = ULONG_MAX;
	return 0;
}

/* Reports zones to the block layer. Return: their number, 0 at the end */
static int vfe_blk_report_each(struct vfe_blk *vb,
			       const struct virtio_blk_zone_report *report,
			   unsigned int most, struct vfe_zones *zones,
			   u64 *sector)
{
	unsigned int i, n = min_t(u64, vfe_blk_zone64(report->nr_zones), most);
	struct blk_zone zone;
	int err;

	for (i = 0; i < n; i++) {
		err = vfe_blk_parse_zone(vb, &report->zones[i], &zone);
		/* a report must go on, or the caller would never end */
		if (!err && zone.start < *sector)
			err = -EIO;
		if (!err)
			err = vfe_zones_report(zones, &zone);
		if (err)
			return err;
		*sector = zone.start + zone.len;
	}
	return n;
}

/**
 * vfe_blk_report_zones() - read zones from the device, and report them
 * @vb: the disk
 * @sector: in the first zone
 * @nr: most zones
 * @zones: the block layer's callback
 *
 * Context: process context, may sleep.
 * Return: the number of zones, or an error.
 */
int vfe_blk_report_zones(struct vfe_blk *vb, u64 sector, unsigned int nr,
			 struct vfe_zones *zones)
{
	struct virtio_blk_zone_report *report;
	size_t size = vfe_blk_report_size(vb, nr);
	unsigned int fit;
	int n = 0;

	sector = round_down(sector, vb->limits.zone_sectors);
	report = vmalloc(size);
	if (!report)
		return -ENOMEM;
	fit = (size - sizeof(*report)) / sizeof(report->zones[0]);
	while (zones->n < nr && sector < get_capacity(vb->disk)) {
		memset(report, 0, size);
		n = vfe_blk_get_report(vb, report, size, sector);
		if (!n)
			n = vfe_blk_report_each(vb, report,
						min(fit, nr - zones->n), zones,
					    &sector);
		if (n <= 0)
			break;
	}
	vfree(report);
	return n < 0 ? n : zones->n ?: -EINVAL;
}

/* --- requests --- */

/**
 * vfe_blk_zone_type_of() - the virtio type of a zone management request
 * @rq: the request
 *
 * Return: VIRTIO_BLK_T_*, or -EOPNOTSUPP.
 */
int vfe_blk_zone_type_of(const struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_ZONE_OPEN:
		return VIRTIO_BLK_T_ZONE_OPEN;
	case REQ_OP_ZONE_CLOSE:
		return VIRTIO_BLK_T_ZONE_CLOSE;
	case REQ_OP_ZONE_FINISH:
		return VIRTIO_BLK_T_ZONE_FINISH;
	case REQ_OP_ZONE_RESET:
		return VIRTIO_BLK_T_ZONE_RESET;
	case REQ_OP_ZONE_RESET_ALL:
		return VIRTIO_BLK_T_ZONE_RESET_ALL;
	default:
		return -EOPNOTSUPP;
	}
}

/**
 * vfe_blk_appended() - set the sector that a zone append wrote
 * @vb: the disk
 * @rq: the zone append, completed
 *
 * Return: whether the sector is in the zone of the request; the request is
 * unchanged otherwise.
 */
bool vfe_blk_appended(const struct vfe_blk *vb, struct request *rq)
{
	const struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	u64 start = round_down(blk_rq_pos(rq), vb->limits.zone_sectors);
	u64 sector = le64_to_cpu(READ_ONCE(vfe_blk_wire(req)->append_sector));

	if (sector < start ||
	    sector - start > vb->limits.zone_sectors - blk_rq_sectors(rq))
		return false;
	rq->__sector = sector;
	return true;
}

blk_status_t vfe_blk_zone_status(u8 status)
{
	switch (status) {
	case VIRTIO_BLK_S_ZONE_OPEN_RESOURCE:
		return BLK_STS_ZONE_OPEN_RESOURCE;
	case VIRTIO_BLK_S_ZONE_ACTIVE_RESOURCE:
		return BLK_STS_ZONE_ACTIVE_RESOURCE;
	default:
		return BLK_STS_IOERR;
	}
}

#endif /* VFE_ZONED */

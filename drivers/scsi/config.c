// SPDX-License-Identifier: GPL-2.0
/*
 * The device's limits, read from its configuration space and checked. Some
 * devices leave a limit 0: that stands for the smallest one that works, as in
 * virtio_scsi.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/virtio_ring.h>

#include "scsi.h"

#define CFG(field)	offsetof(struct vfe_scsi_config, field)

#define VFE_SCSI_MAX_EVENT	512	/* bytes of an event that fit into a buffer */

static int vfe_scsi_read(struct vfe_scsi *vs, u32 offset, u8 size, u64 low,
			 u64 high, unsigned int *val)
{
	u64 raw;
	int err = vfe_config_read_field(vs->vd, offset, size, &raw);

	if (!err)
		*val = clamp(raw, low, high);
	return err;
}

/* The last target and the last unit are numbers, and may be 0. */
static int vfe_scsi_read_addresses(struct vfe_scsi *vs)
{
	struct vfe_scsi_limits *limits = &vs->limits;
	int err;

	err = vfe_scsi_read(vs, CFG(max_target), 2, 0,
			    VFE_SCSI_MAX_TARGETS - 1, &limits->targets) ?:
	      vfe_scsi_read(vs, CFG(max_lun), 4, 0, VFE_SCSI_MAX_UNITS - 1,
			    &limits->units);
	if (err)
		return err;
	limits->targets++;
	limits->units++;
	return 0;
}

/**
 * vfe_scsi_read_limits() - read and check the limits of the device
 * @vs: the host, its features negotiated
 *
 * Return: 0 or the error of vfe_config_read().
 */
int vfe_scsi_read_limits(struct vfe_scsi *vs)
{
	struct vfe_scsi_limits *limits = &vs->limits;

	return vfe_scsi_read(vs, CFG(seg_max), 4, 1, VFE_SCSI_MAX_SEGS,
			     &limits->segs) ?:
	       vfe_scsi_read(vs, CFG(max_sectors), 4, 0, UINT_MAX,
			     &limits->max_sectors) ?:
	       vfe_scsi_read(vs, CFG(cmd_per_lun), 4, 1, S16_MAX,
			     &limits->cmd_per_lun) ?:
	       vfe_scsi_read(vs, CFG(event_info_size), 4,
			     sizeof(struct vfe_scsi_event), VFE_SCSI_MAX_EVENT,
			     &limits->event_size) ?:
	       vfe_scsi_read_addresses(vs);
}

/**
 * vfe_scsi_read_num_queues() - read how many request queues the device has
 * @vs: the host
 * @num: at least 1
 *
 * Return: 0 or the error of vfe_config_read().
 */
int vfe_scsi_read_num_queues(struct vfe_scsi *vs, unsigned int *num)
{
	unsigned int has = vfe_max_queues(vs->vd);
	u64 val;
	int err;

	err = vfe_config_read_field(vs->vd, CFG(num_queues), 4, &val);
	if (err)
		return err;
	if (!val)
		dev_warn(vfe_dev(vs->vd),
			 "num_queues is 0, which virtio does not allow: using 1 queue\n");
	has = has > VFE_SCSI_REQUESTQ ? has - VFE_SCSI_REQUESTQ : 1;
	*num = clamp_t(u64, val, 1, has);
	return 0;
}

/**
 * vfe_scsi_limit_segments() - limit commands to what the queues and the kernel
 * can hold
 * @vs: the host, its queues set up
 *
 * 2.7.5.3.1: no chain, indirect or not, is longer than its queue. The SCSI core
 * wants as many pieces of protection information as of data.
 */
void vfe_scsi_limit_segments(struct vfe_scsi *vs)
{
	bool indirect = vfe_has_feature(vs->vd, VIRTIO_RING_F_INDIRECT_DESC);
	struct vfe_scsi_limits *limits = &vs->limits;
	const struct vfe_queue *vq;
	unsigned int i, room;

	for (i = 0; i < vs->share.queues; i++) {
		vq = vs->queues[i].io.vq;
		room = (indirect ? vfe_queue_size(vq) :
			vfe_queue_capacity(vq)) - VFE_SCSI_EXTRA_SEGS;
		limits->segs = min(limits->segs, vs->pi ? room / 2 : room);
	}
	limits->pi_segs = vs->pi ? limits->segs : 0;
	/* virtio_scsi's value for a device that has no limit */
	if (!limits->max_sectors)
		limits->max_sectors = U16_MAX;
	/* 5.6.4: a hint; the block layer accepts no less than a page */
	if (limits->max_sectors >= PAGE_SECTORS)
		return;
	dev_warn(vfe_dev(vs->vd),
		 "max_sectors is %u, less than a page: using %d\n",
		 limits->max_sectors, PAGE_SECTORS);
	limits->max_sectors = PAGE_SECTORS;
}

/*
 * Writes a size if the device has another, and reads it back. 5.6.4.1: no other
 * field is written.
 */
static int vfe_scsi_set_size(struct vfe_device *vd, const char *name,
			     u32 offset, u32 size)
{
	u64 val;
	int err;

	err = vfe_config_read_field(vd, offset, 4, &val);
	if (err || val == size)
		return err;
	err = vfe_config_write(vd, offset, 4, size);
	if (!err)
		err = vfe_config_read_field(vd, offset, 4, &val);
	if (!err && val != size) {
		dev_err(vfe_dev(vd),
			"%s is %llu and does not change to %u: fix the device\n",
			name, val, size);
		err = -EINVAL;
	}
	return err;
}

/**
 * vfe_scsi_set_sizes() - have the device use the usual sizes of CDB and sense
 * @vd: the device, its features negotiated
 *
 * 5.6.4: a reset sets both to these values; a device that has others would read
 * the data at another place.
 *
 * Return: 0, -EINVAL with one line in the log if it keeps another size, or the
 * error of vfe_config_read() or vfe_config_write().
 */
int vfe_scsi_set_sizes(struct vfe_device *vd)
{
	return vfe_scsi_set_size(vd, "sense_size", CFG(sense_size),
				 VFE_SCSI_SENSE_SIZE) ?:
	       vfe_scsi_set_size(vd, "cdb_size", CFG(cdb_size),
				 VFE_SCSI_CDB_SIZE);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Properties of the disk that can change or be read while it runs: its
 * capacity, its geometry, and the attributes cache_type and serial (as in
 * virtio_blk), lifetime and recovery.
 */
#include <linux/hdreg.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "blk.h"

/**
 * vfe_blk_config_changed() - update the capacity from the device
 * @vd: the disk's device
 *
 * 5.2.6.1: read the capacity again after each configuration change. If it
 * cannot be read or is too large, log that and keep the old one. The block
 * layer logs a change and tells user space.
 *
 * Context: process context, may sleep.
 */
void vfe_blk_config_changed(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);
	u64 capacity;

	/*
	 * Config-change work and a recovery may race here: serialise them, so
	 * that the disk gets the capacity that was read last.
	 */
	mutex_lock(&vb->capacity_lock);
	if (!vfe_blk_read_capacity(vb, &capacity)) {
		WRITE_ONCE(vb->capacity, capacity);
		set_capacity_and_notify(vb->disk, capacity);
	}
	mutex_unlock(&vb->capacity_lock);
}

/*
 * Writes `writeback`, and reads it back to check that the device uses that
 * mode.
 */
static int vfe_blk_write_wce(struct vfe_blk *vb, bool on)
{
	const u32 offset = offsetof(struct virtio_blk_config, wce);
	const u8 fields[] = { 1, 0 };
	u8 now;
	int err;

	err = vfe_config_write(vb->vd, offset, sizeof(now), on);
	if (!err)
		err = vfe_config_read(vb->vd, offset, fields, &now);
	if (err)
		return err;
	return !!now == on ? 0 : -EIO;
}

/**
 * vfe_blk_restore_cache() - set the device to the disk's cache mode
 * @vd: the disk's device, its features negotiated
 *
 * Return: 0, also for a device without CONFIG_WCE, -EIO when it does not accept
 * the mode, or the error of vfe_config_write() or vfe_config_read().
 */
int vfe_blk_restore_cache(struct vfe_device *vd)
{
	struct vfe_blk *vb = vfe_priv(vd);

	if (!vfe_has_feature(vd, VIRTIO_BLK_F_CONFIG_WCE))
		return 0;
	return vfe_blk_write_wce(vb, vb->write_cache);
}

/**
 * vfe_blk_disable_cache() - switch off a cache that the device cannot flush
 * @vb: the disk; its queues must be set up already, because queue set-up may
 *	reset the device (for example when it refuses an MSI-X vector), and a
 *	reset enables the cache again
 *
 * Such a cache can lose completed writes.
 *
 * Return: 0, also for a device with FLUSH, or an error of
 * vfe_blk_restore_cache(), with one line in the log.
 */
int vfe_blk_disable_cache(struct vfe_blk *vb)
{
	int err;

	if (vfe_has_feature(vb->vd, VIRTIO_BLK_F_FLUSH))
		return 0;
	err = vfe_blk_restore_cache(vb->vd);
	if (err)
		dev_err(vfe_dev(vb->vd),
			"the write cache has no FLUSH and cannot be switched off (error %d): fix the device\n",
			err);
	return err;
}

/*
 * Returns -EAGAIN while the device is not live: its next reset would discard
 * the new mode.
 */
static int vfe_blk_set_device_cache(struct vfe_blk *vb, bool on)
{
	int err = -EAGAIN;

	mutex_lock(&vb->io.recovery.lock);
	if (vb->io.recovery.state == VFE_RUN_LIVE) {
		err = vfe_blk_write_wce(vb, on);
		/* if unsure, assume a cache: a needless flush is harmless */
		if (!err || (on && err != -EIO))
			vb->write_cache = on;
	}
	mutex_unlock(&vb->io.recovery.lock);
	return err;
}

/*
 * The block layer must know of the cache whenever there may be one: set the
 * flag before the device enables the cache, and clear it after the device has
 * disabled it. 5.2.6.1: disabling the cache does not make earlier writes
 * stable, hence the flush.
 *
 * Do not hold the recovery's lock while waiting for requests: they may need a
 * recovery to complete.
 */
static int vfe_blk_change_cache(struct vfe_blk *vb, bool on)
{
	struct request_queue *q = vb->disk->queue;
	int err;

	if (on) {
		err = vfe_set_write_cache(q, true) ?:
		      vfe_blk_set_device_cache(vb, true);
		if (err)
			vfe_set_write_cache(q, vb->write_cache);
		return err;
	}
	err = vfe_blk_set_device_cache(vb, false);
	if (!err)
		err = blkdev_issue_flush(vb->disk->part0);
	return err ?: vfe_set_write_cache(q, false);
}

static const char *const vfe_blk_cache_types[] = {
	"write through", "write back"
};

static ssize_t cache_type_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct vfe_blk *vb = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s\n", vfe_blk_cache_types[vb->write_cache]);
}

static ssize_t cache_type_store(struct device *dev,
				struct device_attribute *attr,
				const char *buf, size_t count)
{
	struct vfe_blk *vb = dev_to_disk(dev)->private_data;
	int i, err;

	i = sysfs_match_string(vfe_blk_cache_types, buf);
	if (i < 0)
		return i;
	mutex_lock(&vb->cache_lock);
	err = vfe_blk_change_cache(vb, i);
	mutex_unlock(&vb->cache_lock);
	return err ?: count;
}

static DEVICE_ATTR_RW(cache_type);

/**
 * vfe_blk_getgeo() - cylinders, heads and sectors, for HDIO_GETGEO
 * @vb: the disk; its device may be gone
 * @geo: where to put them
 *
 * Returns the device's geometry if it has one, else that of a SCSI disk.
 *
 * Context: any.
 */
void vfe_blk_getgeo(const struct vfe_blk *vb, struct hd_geometry *geo)
{
	const struct virtio_blk_geometry *raw = &vb->geometry;

	if (raw->heads && raw->sectors) {
		geo->cylinders = le16_to_cpu((__force __le16)raw->cylinders);
		geo->heads = raw->heads;
		geo->sectors = raw->sectors;
		return;
	}
	geo->heads = 1 << 6;
	geo->sectors = 1 << 5;
	geo->cylinders = get_capacity(vb->disk) >> 11;
}

/* Sends a request of @type, and copies the device's answer to @answer. */
static int vfe_blk_query(struct vfe_blk *vb, u16 type, void *answer,
			 size_t len)
{
	struct vfe_blk_request *req;
	struct request *rq;
	int err;

	rq = blk_mq_alloc_request(vb->disk->queue, REQ_OP_DRV_IN, 0);
	if (IS_ERR(rq))
		return PTR_ERR(rq);
	req = blk_mq_rq_to_pdu(rq);
	req->driver_type = type;
	memset(vfe_blk_wire(req)->id, 0, sizeof(vfe_blk_wire(req)->id));
	err = blk_status_to_errno(blk_execute_rq(rq, false));
	if (!err)
		memcpy(answer, vfe_blk_wire(req)->id, len);
	blk_mq_free_request(rq);
	return err;
}

/* As virtio_blk: without a newline, empty if the device has none. */
static ssize_t serial_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	char id[VIRTIO_BLK_ID_BYTES + 1] = "";
	int err;

	err = vfe_blk_query(dev_to_disk(dev)->private_data,
			    VIRTIO_BLK_T_GET_ID, id, VIRTIO_BLK_ID_BYTES);
	if (err == -EIO || err == -EOPNOTSUPP)
		return 0;
	return err ?: sysfs_emit(buf, "%s", id);
}

static DEVICE_ATTR_RO(serial);

static ssize_t lifetime_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct vfe_blk_lifetime lifetime;
	int err;

	err = vfe_blk_query(dev_to_disk(dev)->private_data,
			    VIRTIO_BLK_T_GET_LIFETIME, &lifetime,
				 sizeof(lifetime));
	return err ?: sysfs_emit(buf, "%u %u %u\n",
				 le16_to_cpu(lifetime.pre_eol_info),
				 le16_to_cpu(lifetime.device_lifetime_est_typ_a),
				 le16_to_cpu(lifetime.device_lifetime_est_typ_b));
}

static DEVICE_ATTR_RO(lifetime);

static struct attribute *vfe_blk_attrs[] = {
	&dev_attr_cache_type.attr,
	&dev_attr_serial.attr,
	&dev_attr_lifetime.attr,
	&vfe_recovery_attr.attr,
	NULL,
};

/* cache_type is writable only if the device has CONFIG_WCE and FLUSH. */
static umode_t vfe_blk_attr_mode(struct kobject *kobj, struct attribute *attr,
				 int n)
{
	struct vfe_blk *vb = dev_to_disk(kobj_to_dev(kobj))->private_data;

	if (attr == &dev_attr_cache_type.attr &&
	    (!vfe_has_feature(vb->vd, VIRTIO_BLK_F_CONFIG_WCE) ||
	     !vfe_has_feature(vb->vd, VIRTIO_BLK_F_FLUSH)))
		return 0444;
	if (attr == &dev_attr_lifetime.attr &&
	    !vfe_has_feature(vb->vd, VIRTIO_BLK_F_LIFETIME))
		return 0;
	return attr->mode;
}

static const struct attribute_group vfe_blk_group = {
	.attrs = vfe_blk_attrs,
	.is_visible = vfe_blk_attr_mode,
};

const struct attribute_group *vfe_blk_groups[] = {
	&vfe_blk_group,
	&vfe_io_tunables_group,
	NULL,
};

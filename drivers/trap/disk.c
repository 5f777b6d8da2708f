// SPDX-License-Identifier: GPL-2.0
/* The disk: size and limits from IDENTIFY, its name, its attributes. */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/idr.h>
#include <linux/module.h>

#include <vfe/compat.h>

#include "trap.h"

static DEFINE_IDA(vfet_indices);

/* Checks that the answer describes a disk that this driver knows. */
static int vfet_identity_check(struct vfet_disk *td,
			       const struct vfe_identify *id)
{
	struct device *dev = &td->window.pdev->dev;

	if (le32_to_cpu(id->magic) != VFE_IDENTIFY_MAGIC ||
	    le32_to_cpu(id->version) != VFE_IDENTIFY_VERSION) {
		dev_err_ratelimited(dev,
				    "IDENTIFY returns magic %#x version %u, not %#x and %u: not a disk of this driver\n",
			le32_to_cpu(id->magic), le32_to_cpu(id->version),
			VFE_IDENTIFY_MAGIC, VFE_IDENTIFY_VERSION);
		return -ENODEV;
	}
	/* The block layer cannot limit requests to less than a page. */
	if (le64_to_cpu(id->capacity) > LLONG_MAX >> SECTOR_SHIFT ||
	    le32_to_cpu(id->max_count) < VFET_MIN_SECTORS) {
		dev_err_ratelimited(dev,
				    "IDENTIFY returns %llu sectors, at most %u per request, but the driver needs %lu: fix the device\n",
			(unsigned long long)le64_to_cpu(id->capacity),
			le32_to_cpu(id->max_count), VFET_MIN_SECTORS);
		return -EINVAL;
	}
	return 0;
}

static int vfet_ask(struct vfet_disk *td, struct vfe_identify *id)
{
	int err;

	err = vfet_identify(&td->window, id);
	if (err) {
		dev_err_ratelimited(&td->window.pdev->dev,
				    "IDENTIFY failed: error %d, the device reports %u\n",
				    err, td->window.error);
		return err;
	}
	return vfet_identity_check(td, id);
}

/**
 * vfet_disk_learn() - ask the device for size, limits and serial number
 * @td: with its window open
 *
 * Context: process context, may sleep; no request is under way.
 * Return: 0, -ENOMEM, -ENODEV the device is gone or no disk that this driver
 * knows, -EINVAL the answer makes no sense, or the error of the command. Each
 * but -ENOMEM with a line in the log.
 */
int vfet_disk_learn(struct vfet_disk *td)
{
	struct vfe_identify *id;
	int err;

	/* memory reclaim may wait for requests that wait for this */
	id = kmalloc(sizeof(*id), GFP_NOIO);
	if (!id)
		return -ENOMEM;
	err = vfet_ask(td, id);
	if (!err) {
		td->capacity = le64_to_cpu(id->capacity);
		td->max_sectors = min_t(u32, le32_to_cpu(id->max_count),
					VFET_MAX_SECTORS);
		td->flags = le32_to_cpu(id->flags);
		memcpy(td->serial, id->serial, sizeof(td->serial));
	}
	kfree(id);
	return err;
}

/**
 * vfet_disk_check() - after a resume, check that it is still the same disk
 * @td: with its window reset
 *
 * Context: process context, may sleep; no request is under way.
 * Return: as vfet_disk_learn(); -ENODEV too when the disk is another one.
 */
int vfet_disk_check(struct vfet_disk *td)
{
	u64 capacity = td->capacity;
	u32 max_sectors = td->max_sectors;
	u32 flags = td->flags;
	char serial[VFE_SERIAL_LEN];
	int err;

	memcpy(serial, td->serial, sizeof(serial));
	err = vfet_disk_learn(td);
	if (err)
		return err;
	if (td->capacity == capacity && td->max_sectors >= max_sectors &&
	    td->flags == flags && !memcmp(serial, td->serial, sizeof(serial)))
		return 0;
	dev_err_ratelimited(&td->window.pdev->dev,
			    "%llu sectors, %u per request, flags %#x, serial %.*s; before suspend %llu, %u, %#x, %.*s: unbind the driver and bind it again\n",
		td->capacity, td->max_sectors, td->flags,
		(int)sizeof(serial), td->serial, capacity, max_sectors, flags,
		(int)sizeof(serial), serial);
	return -ENODEV;
}

static ssize_t serial_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct vfet_disk *td = dev_to_disk(dev)->private_data;
	size_t len = strnlen(td->serial, sizeof(td->serial));

	/* without a newline, as virtio_blk's users know it */
	memcpy(buf, td->serial, len);
	return len;
}
static DEVICE_ATTR_RO(serial);

static struct attribute *vfet_disk_attrs[] = {
	&dev_attr_serial.attr,
	NULL,
};
ATTRIBUTE_GROUPS(vfet_disk);

/* The last reference to the disk is gone. */
static void vfet_free_disk(struct gendisk *disk)
{
	kfree(disk->private_data);
}

static const struct block_device_operations vfet_fops = {
	.owner = THIS_MODULE,
	.free_disk = vfet_free_disk,
};

static int vfet_alloc_tags(struct vfet_disk *td)
{
	struct blk_mq_tag_set *tags = &td->tags;

	tags->ops = &vfet_mq_ops;
	tags->nr_hw_queues = 1;
	tags->queue_depth = 1;	/* the window holds one request */
	tags->numa_node = dev_to_node(&td->window.pdev->dev);
	tags->cmd_size = sizeof(struct vfet_request);
	tags->flags = VFE_MQ_F_MERGE;
	return blk_mq_alloc_tag_set(tags);
}

static struct gendisk *vfet_alloc_disk(struct vfet_disk *td)
{
	const struct vfe_disk_limits limits = {
		.logical_block = VFE_SECTOR_SIZE,
		.max_sectors = td->max_sectors,
		.max_segments = USHRT_MAX,
		.max_segment_size = UINT_MAX,
		.write_cache = td->flags & VFE_IDENTIFY_WRITE_CACHE,
	};

	return vfe_alloc_disk(&td->tags, &limits, td);
}

/**
 * vfet_disk_create() - create the disk, not visible yet
 * @td: with its window open and what vfet_disk_learn() found
 *
 * Context: process context, may sleep.
 * Return: 0, -ENOMEM, or the error of the block layer.
 */
int vfet_disk_create(struct vfet_disk *td)
{
	int err;

	td->index = ida_alloc(&vfet_indices, GFP_KERNEL);
	if (td->index < 0)
		return td->index;
	err = -ENOMEM;
	td->queue = alloc_ordered_workqueue("vfet%d",
					    WQ_MEM_RECLAIM | WQ_HIGHPRI,
					    td->index);
	if (!td->queue)
		goto err_index;
	err = vfet_alloc_tags(td);
	if (err)
		goto err_queue;
	td->disk = vfet_alloc_disk(td);
	if (IS_ERR(td->disk)) {
		err = PTR_ERR(td->disk);
		goto err_tags;
	}
	td->disk->fops = &vfet_fops;
	td->disk->private_data = td;
	snprintf(td->disk->disk_name, DISK_NAME_LEN, "vfet%d", td->index);
	set_capacity(td->disk, td->capacity);
	set_disk_ro(td->disk, td->flags & VFE_IDENTIFY_READONLY);
	return 0;

err_tags:
	blk_mq_free_tag_set(&td->tags);
err_queue:
	destroy_workqueue(td->queue);
err_index:
	ida_free(&vfet_indices, td->index);
	return err;
}

/**
 * vfet_disk_discard() - undo vfet_disk_create()
 * @td: not visible yet, or not any more
 *
 * put_disk() frees the disk itself, and @td with it if the disk was ever
 * visible.
 *
 * Context: process context, may sleep.
 */
void vfet_disk_discard(struct vfet_disk *td)
{
	blk_mq_free_tag_set(&td->tags);
	destroy_workqueue(td->queue);
	ida_free(&vfet_indices, td->index);
}

/**
 * vfet_disk_show() - make the disk visible
 * @td: created by vfet_disk_create()
 *
 * Context: process context, may sleep; reads the partition table.
 * Return: 0 or the error of device_add_disk().
 */
int vfet_disk_show(struct vfet_disk *td)
{
	return device_add_disk(&td->window.pdev->dev, td->disk,
			       vfet_disk_groups);
}

/*
 * Waits for requests in flight, for VFET_REMOVE_WAIT at most. Return: whether
 * all ended
 */
static bool vfet_disk_drains(struct vfet_disk *td)
{
	struct request_queue *q = td->disk->queue;
	bool drained;

	blk_freeze_queue_start(q);
	drained = blk_mq_freeze_queue_wait_timeout(q, VFET_REMOVE_WAIT) > 0;
	vfe_unfreeze_queue(q);
	return drained;
}

/**
 * vfet_disk_hide() - remove the disk
 * @td: visible
 *
 * Waits for requests in flight, half a minute at most; later requests fail, and
 * so do those that wait for a resume.
 *
 * Context: process context, may sleep.
 */
void vfet_disk_hide(struct vfet_disk *td)
{
	cancel_delayed_work_sync(&td->wake);
	if (td->asleep || !pci_device_is_present(td->window.pdev) ||
	    !vfet_disk_drains(td)) {
		/* in this order: blk_mark_disk_dead() may wait for requests */
		vfet_window_lose(&td->window);
		if (td->asleep)
			blk_mq_unquiesce_queue(td->disk->queue);
		blk_mark_disk_dead(td->disk);
	}
	del_gendisk(td->disk);
}

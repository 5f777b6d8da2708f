// SPDX-License-Identifier: GPL-2.0
/* The gendisk: size and limits from IDENTIFY, name, attributes. */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/idr.h>
#include <linux/module.h>

#include <vfe/compat/blk.h>

#include "blk.h"

/* sectors that a device must at least accept in a request */
#define VFE_TRAP_BLK_MIN_SECTORS (PAGE_SIZE >> SECTOR_SHIFT)

/* most sectors in a request, even if the device accepts more */
#define VFE_TRAP_BLK_MAX_SECTORS 2048

/* how long a request in flight may delay a removal */
#define VFE_TRAP_BLK_REMOVE_WAIT (30 * HZ)

static DEFINE_IDA(vfe_trap_blk_indices);

/* Checks that the answer describes a disk that this driver supports. */
static int vfe_trap_blk_identity_check(struct vfe_trap_blk *tb,
				       const struct vfe_identify *id)
{
	struct device *dev = &tb->trap.pdev->dev;

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
	    le32_to_cpu(id->max_count) < VFE_TRAP_BLK_MIN_SECTORS) {
		dev_err_ratelimited(dev,
				    "IDENTIFY returns %llu sectors, at most %u per request, but the driver needs %lu: fix the device\n",
			(unsigned long long)le64_to_cpu(id->capacity),
			le32_to_cpu(id->max_count),
			VFE_TRAP_BLK_MIN_SECTORS);
		return -EINVAL;
	}
	return 0;
}

static int vfe_trap_blk_read_identity(struct vfe_trap_blk *tb,
				      struct vfe_identify *id)
{
	int err;

	err = vfe_trap_blk_send_identify(tb, id);
	if (err) {
		dev_err_ratelimited(&tb->trap.pdev->dev,
				    "IDENTIFY failed: error %d, the device reports %u\n",
				    err, tb->error);
		return err;
	}
	return vfe_trap_blk_identity_check(tb, id);
}

/**
 * vfe_trap_blk_identify() - read size, limits and serial number
 * @tb: with its window open
 *
 * Context: process context, may sleep; no request is under way.
 * Return: 0, -ENOMEM, -ENODEV the device is gone or not a disk of this driver,
 * -EINVAL the answer is invalid, or the error of the command. Each but -ENOMEM
 * with a line in the log.
 */
int vfe_trap_blk_identify(struct vfe_trap_blk *tb)
{
	struct vfe_identify *id;
	int err;

	/* memory reclaim may wait for requests that wait for this */
	id = kmalloc(sizeof(*id), GFP_NOIO);
	if (!id)
		return -ENOMEM;
	err = vfe_trap_blk_read_identity(tb, id);
	if (!err) {
		tb->capacity = le64_to_cpu(id->capacity);
		tb->max_sectors = min_t(u32, le32_to_cpu(id->max_count),
					VFE_TRAP_BLK_MAX_SECTORS);
		tb->flags = le32_to_cpu(id->flags);
		memcpy(tb->serial, id->serial, sizeof(tb->serial));
	}
	kfree(id);
	return err;
}

/**
 * vfe_trap_blk_recheck() - check that it is still the same disk after a reset
 * @trap: its controller, with the window reset
 *
 * Context: process context, may sleep; no request is under way.
 * Return: as vfe_trap_blk_identify(); also -ENODEV if the disk is another one.
 */
int vfe_trap_blk_recheck(struct vfe_trap *trap)
{
	struct vfe_trap_blk *tb = to_trap_blk(trap);
	u64 capacity = tb->capacity;
	u32 max_sectors = tb->max_sectors;
	u32 flags = tb->flags;
	char serial[VFE_SERIAL_LEN];
	int err;

	memcpy(serial, tb->serial, sizeof(serial));
	err = vfe_trap_blk_identify(tb);
	if (err)
		return err;
	if (tb->capacity == capacity && tb->max_sectors >= max_sectors &&
	    tb->flags == flags && !memcmp(serial, tb->serial, sizeof(serial)))
		return 0;
	dev_err_ratelimited(&tb->trap.pdev->dev,
			    "%llu sectors, %u per request, flags %#x, serial %.*s; previously %llu, %u, %#x, %.*s: unbind the driver and bind it again\n",
		tb->capacity, tb->max_sectors, tb->flags,
		(int)sizeof(serial), tb->serial, capacity, max_sectors, flags,
		(int)sizeof(serial), serial);
	return -ENODEV;
}

static ssize_t serial_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct vfe_trap_blk *tb = dev_to_disk(dev)->private_data;
	size_t len = strnlen(tb->serial, sizeof(tb->serial));

	/* without a newline, as for virtio_blk */
	memcpy(buf, tb->serial, len);
	return len;
}
static DEVICE_ATTR_RO(serial);

static struct attribute *vfe_trap_blk_attrs[] = {
	&dev_attr_serial.attr,
	NULL,
};
ATTRIBUTE_GROUPS(vfe_trap_blk);

/* The last reference to the disk is gone. */
static void vfe_trap_blk_free_disk(struct gendisk *disk)
{
	kfree(disk->private_data);
}

static const struct block_device_operations vfe_trap_blk_fops = {
	.owner = THIS_MODULE,
	.free_disk = vfe_trap_blk_free_disk,
};

static int vfe_trap_blk_alloc_tags(struct vfe_trap_blk *tb)
{
	struct blk_mq_tag_set *tags = &tb->tags;

	tags->ops = &vfe_trap_blk_mq_ops;
	tags->nr_hw_queues = 1;
	tags->queue_depth = 1;	/* the window holds one request */
	tags->numa_node = dev_to_node(&tb->trap.pdev->dev);
	tags->cmd_size = sizeof(struct vfe_trap_blk_request);
	tags->flags = VFE_MQ_F_MERGE;
	return blk_mq_alloc_tag_set(tags);
}

static struct gendisk *vfe_trap_blk_alloc_disk(struct vfe_trap_blk *tb)
{
	const struct vfe_disk_limits limits = {
		.logical_block = VFE_SECTOR_SIZE,
		.max_sectors = tb->max_sectors,
		.max_segments = USHRT_MAX,
		.max_segment_size = UINT_MAX,
		.write_cache = tb->flags & VFE_IDENTIFY_WRITE_CACHE,
	};

	return vfe_alloc_disk(&tb->tags, &limits, tb);
}

/**
 * vfe_trap_blk_alloc() - create the disk, not visible yet
 * @tb: with its window open, after vfe_trap_blk_identify()
 *
 * Context: process context, may sleep.
 * Return: 0, -ENOMEM, or the error of the block layer.
 */
int vfe_trap_blk_alloc(struct vfe_trap_blk *tb)
{
	int err;

	tb->index = ida_alloc(&vfe_trap_blk_indices, GFP_KERNEL);
	if (tb->index < 0)
		return tb->index;
	err = -ENOMEM;
	tb->queue = alloc_ordered_workqueue("vfet%d",
					    WQ_MEM_RECLAIM | WQ_HIGHPRI,
					    tb->index);
	if (!tb->queue)
		goto err_index;
	err = vfe_trap_blk_alloc_tags(tb);
	if (err)
		goto err_queue;
	tb->disk = vfe_trap_blk_alloc_disk(tb);
	if (IS_ERR(tb->disk)) {
		err = PTR_ERR(tb->disk);
		goto err_tags;
	}
	tb->disk->fops = &vfe_trap_blk_fops;
	tb->disk->private_data = tb;
	snprintf(tb->disk->disk_name, DISK_NAME_LEN, "vfet%d", tb->index);
	set_capacity(tb->disk, tb->capacity);
	set_disk_ro(tb->disk, tb->flags & VFE_IDENTIFY_READONLY);
	return 0;

err_tags:
	blk_mq_free_tag_set(&tb->tags);
err_queue:
	destroy_workqueue(tb->queue);
err_index:
	ida_free(&vfe_trap_blk_indices, tb->index);
	return err;
}

/**
 * vfe_trap_blk_free() - undo vfe_trap_blk_alloc()
 * @tb: not visible yet, or not any more
 *
 * put_disk() frees the disk itself, and @tb with it if the disk was ever
 * visible.
 *
 * Context: process context, may sleep.
 */
void vfe_trap_blk_free(struct vfe_trap_blk *tb)
{
	blk_mq_free_tag_set(&tb->tags);
	destroy_workqueue(tb->queue);
	ida_free(&vfe_trap_blk_indices, tb->index);
}

/**
 * vfe_trap_blk_add_disk() - make the disk visible
 * @tb: created by vfe_trap_blk_alloc()
 *
 * Context: process context, may sleep; reads the partition table.
 * Return: 0 or the error of device_add_disk().
 */
int vfe_trap_blk_add_disk(struct vfe_trap_blk *tb)
{
	return device_add_disk(&tb->trap.pdev->dev, tb->disk,
			       vfe_trap_blk_groups);
}

/*
 * Waits for requests in flight, for VFE_TRAP_BLK_REMOVE_WAIT at most.
 * Return: whether all ended
 */
static bool vfe_trap_blk_drain(struct vfe_trap_blk *tb)
{
	struct request_queue *q = tb->disk->queue;
	bool drained;

	blk_freeze_queue_start(q);
	drained = blk_mq_freeze_queue_wait_timeout(q,
						   VFE_TRAP_BLK_REMOVE_WAIT) > 0;
	vfe_unfreeze_queue(q);
	return drained;
}

/**
 * vfe_trap_blk_del_disk() - remove the disk
 * @tb: visible
 *
 * Waits for requests in flight, half a minute at most; later requests fail, and
 * so do those that wait for a resume.
 *
 * Context: process context, may sleep.
 */
void vfe_trap_blk_del_disk(struct vfe_trap_blk *tb)
{
	if (!vfe_trap_recovery_stop(&tb->trap) || !vfe_trap_blk_drain(tb)) {
		/* in this order: blk_mark_disk_dead() may wait for requests */
		vfe_trap_set_gone(&tb->trap);
		if (tb->trap.quiesced)
			blk_mq_unquiesce_queue(tb->disk->queue);
		blk_mark_disk_dead(tb->disk);
	}
	del_gendisk(tb->disk);
}

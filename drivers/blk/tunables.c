// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes that users can change while the disk runs; sysfs-block-vfeb
 * describes them.
 */
#include <linux/kstrtox.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>
#include <uapi/linux/virtio_ring.h>

#include "blk.h"

/**
 * vfe_blk_check_tunables() - check values of tunables
 * @tunables: the values
 *
 * Return: 0 or -EINVAL.
 */
int vfe_blk_check_tunables(const struct vfe_blk_tunables *tunables)
{
	return tunables->coalesce_usecs <= VFE_BLK_MAX_USECS &&
	       tunables->adaptive_poll <= VFE_BLK_MAX_USECS ? 0 : -EINVAL;
}

/* Polling disables preemption, so it is off on PREEMPT_RT. */
static u32 vfe_blk_poll_ns(const struct vfe_blk_tunables *tunables)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) ? 0 :
	       tunables->adaptive_poll * NSEC_PER_USEC;
}

static void vfe_blk_tune_queue(struct vfe_blk_queue *bq,
			       const struct vfe_blk_tunables *tunables)
{
	unsigned long flags;

	spin_lock_irqsave(&bq->lock, flags);
	/* on a 0, a running timer stops and enables interrupts again */
	bq->coalesce_ns = tunables->coalesce_usecs * NSEC_PER_USEC;
	WRITE_ONCE(bq->poll_ns, vfe_blk_poll_ns(tunables));
	bq->usual_ns = 0;
	spin_unlock_irqrestore(&bq->lock, flags);
}

/**
 * vfe_blk_tune() - set new values
 * @vb: the disk, its queues set up; @sysfs_lock is held once the disk is
 *	visible
 * @tunables: the values, checked
 */
void vfe_blk_tune(struct vfe_blk *vb, const struct vfe_blk_tunables *tunables)
{
	unsigned int i;

	vb->tunables = *tunables;
	for (i = 0; i < vb->num_queues - vb->num_polled; i++)
		vfe_blk_tune_queue(&vb->queues[i], tunables);
}

/**
 * struct vfe_blk_tune_attr - a file for one of the values
 * @attr: the file
 * @offset: of the value in struct vfe_blk_tunables
 */
struct vfe_blk_tune_attr {
	struct device_attribute attr;
	size_t offset;
};

static unsigned int *vfe_blk_tune_field(struct device_attribute *attr,
					struct vfe_blk_tunables *tunables)
{
	return (void *)tunables +
	       container_of(attr, struct vfe_blk_tune_attr, attr)->offset;
}

static ssize_t vfe_blk_tune_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct vfe_blk *vb = dev_to_disk(dev)->private_data;
	unsigned int value;

	mutex_lock(&vb->sysfs_lock);
	value = *vfe_blk_tune_field(attr, &vb->tunables);
	mutex_unlock(&vb->sysfs_lock);
	return sysfs_emit(buf, "%u\n", value);
}

/* Sets the new value, if the values are valid with it. */
static ssize_t vfe_blk_tune_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t count)
{
	struct vfe_blk *vb = dev_to_disk(dev)->private_data;
	struct vfe_blk_tunables tunables;
	int err;

	mutex_lock(&vb->sysfs_lock);
	tunables = vb->tunables;
	err = kstrtouint(buf, 0, vfe_blk_tune_field(attr, &tunables));
	if (!err)
		err = vfe_blk_check_tunables(&tunables);
	if (!err)
		vfe_blk_tune(vb, &tunables);
	mutex_unlock(&vb->sysfs_lock);
	return err ?: count;
}

#define VFE_BLK_TUNE(value) { \
	.attr = { \
		.attr = { .name = #value, .mode = 0644 }, \
		.show = vfe_blk_tune_show, \
		.store = vfe_blk_tune_store, \
	}, \
	.offset = offsetof(struct vfe_blk_tunables, value), \
}

static struct vfe_blk_tune_attr vfe_blk_tune_files[] = {
	VFE_BLK_TUNE(coalesce_usecs),
	VFE_BLK_TUNE(adaptive_poll),
	VFE_BLK_TUNE(reset_after),
};

static struct attribute *vfe_blk_tune_attrs[] = {
	&vfe_blk_tune_files[0].attr.attr,
	&vfe_blk_tune_files[1].attr.attr,
	&vfe_blk_tune_files[2].attr.attr,
	NULL,
};

const struct attribute_group vfe_blk_tunables_group = {
	.attrs = vfe_blk_tune_attrs,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * What users may change while the disk runs, as sysfs-block-vfeb describes it:
 * how far interrupts are moderated, how long submitters look for completions.
 */
#include <linux/kstrtox.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>
#include <uapi/linux/virtio_ring.h>

#include "blk.h"

/**
 * vfe_blk_check_tuning() - are these values any good?
 * @tuning: the values
 *
 * Return: 0 or -EINVAL.
 */
int vfe_blk_check_tuning(const struct vfe_blk_tuning *tuning)
{
	return tuning->moderation <= 100 && tuning->streams <= 1 &&
	       tuning->adaptive_poll <= VFE_BLK_MAX_ADAPTIVE_POLL ?
	       0 : -EINVAL;
}

/*
 * Where the device interrupts after each (no EVENT_IDX) there is nothing to
 * moderate.
 */
static u16 vfe_blk_most(const struct vfe_blk *vb,
			const struct vfe_blk_tuning *tuning)
{
	if (!vfe_has_feature(vb->vd, VIRTIO_RING_F_EVENT_IDX))
		return 0;
	return tuning->moderation * VFE_BLK_WHOLE / 100;
}

/* Who looks holds the CPU, and then the lock, which sleeps on a RT kernel. */
static const struct vfe_blk_way *vfe_blk_way(const struct vfe_blk_tuning *tuning)
{
	if (tuning->adaptive_poll && !IS_ENABLED(CONFIG_PREEMPT_RT))
		return &vfe_blk_looking;
	return tuning->streams ? &vfe_blk_streaming : &vfe_blk_interrupted;
}

static void vfe_blk_tune_queue(struct vfe_blk_queue *bq,
			       const struct vfe_blk_tuning *tuning)
{
	unsigned long flags;

	spin_lock_irqsave(&bq->lock, flags);
	WRITE_ONCE(bq->budget, tuning->adaptive_poll * NSEC_PER_USEC);
	bq->most = vfe_blk_most(bq->vb, tuning);
	bq->share = min_t(u16, bq->most, VFE_BLK_HALF);
	vfe_blk_stream_reset(bq);
	WRITE_ONCE(bq->way, vfe_blk_way(tuning));
	spin_unlock_irqrestore(&bq->lock, flags);
	/* the next way knows nothing of a kick that was put off */
	vfe_blk_stream_settle(bq);
}

/**
 * vfe_blk_tune() - use other values from now on
 * @vb: the disk, its queues set up; @control is held, once it has users
 * @tuning: the values, checked
 */
void vfe_blk_tune(struct vfe_blk *vb, const struct vfe_blk_tuning *tuning)
{
	unsigned int i;

	vb->tuning = *tuning;
	for (i = 0; i < vb->num_queues - vb->num_polled; i++)
		vfe_blk_tune_queue(&vb->queues[i], tuning);
}

/**
 * struct vfe_blk_tune_attr - a file for one of the values
 * @attr: the file
 * @offset: of the value in struct vfe_blk_tuning
 */
struct vfe_blk_tune_attr {
	struct device_attribute attr;
	size_t offset;
};

static unsigned int *vfe_blk_tune_field(struct device_attribute *attr,
					struct vfe_blk_tuning *tuning)
{
	return (void *)tuning +
	       container_of(attr, struct vfe_blk_tune_attr, attr)->offset;
}

static ssize_t vfe_blk_tune_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct vfe_blk *vb = dev_to_disk(dev)->private_data;
	unsigned int value;

	mutex_lock(&vb->control);
	value = *vfe_blk_tune_field(attr, &vb->tuning);
	mutex_unlock(&vb->control);
	return sysfs_emit(buf, "%u\n", value);
}

/* Takes all values over if those with the new one are good. */
static ssize_t vfe_blk_tune_store(struct device *dev,
				  struct device_attribute *attr,
				  const char *buf, size_t count)
{
	struct vfe_blk *vb = dev_to_disk(dev)->private_data;
	struct vfe_blk_tuning tuning;
	int err;

	mutex_lock(&vb->control);
	tuning = vb->tuning;
	err = kstrtouint(buf, 0, vfe_blk_tune_field(attr, &tuning));
	if (!err)
		err = vfe_blk_check_tuning(&tuning);
	if (!err)
		vfe_blk_tune(vb, &tuning);
	mutex_unlock(&vb->control);
	return err ?: count;
}

#define VFE_BLK_TUNE(value) { \
	.attr = { \
		.attr = { .name = #value, .mode = 0644 }, \
		.show = vfe_blk_tune_show, \
		.store = vfe_blk_tune_store, \
	}, \
	.offset = offsetof(struct vfe_blk_tuning, value), \
}

static struct vfe_blk_tune_attr vfe_blk_tune_files[] = {
	VFE_BLK_TUNE(moderation),
	VFE_BLK_TUNE(adaptive_poll),
	VFE_BLK_TUNE(streams),
};

static struct attribute *vfe_blk_tune_attrs[] = {
	&vfe_blk_tune_files[0].attr.attr,
	&vfe_blk_tune_files[1].attr.attr,
	&vfe_blk_tune_files[2].attr.attr,
	NULL,
};

const struct attribute_group vfe_blk_tune_group = {
	.attrs = vfe_blk_tune_attrs,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * What users may change while the disk runs, as sysfs-block-vfeb describes it:
 * how far interrupts are moderated, how long submitters look for completions.
 */
#include <linux/kstrtox.h>
#include <linux/minmax.h>
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
	return tuning->moderation <= 100 &&
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

static void vfe_blk_tune_queue(struct vfe_blk_queue *bq,
			       const struct vfe_blk_tuning *tuning)
{
	unsigned long flags;

	spin_lock_irqsave(&bq->lock, flags);
	bq->budget = tuning->adaptive_poll * NSEC_PER_USEC;
	bq->most = vfe_blk_most(bq->vb, tuning);
	bq->share = min_t(u16, bq->most, VFE_BLK_HALF);
	bq->way = tuning->adaptive_poll ? &vfe_blk_looking :
		  &vfe_blk_interrupted;
	spin_unlock_irqrestore(&bq->lock, flags);
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

/* Takes @text over into @field, which is in @tuning, if all is good then. */
static int vfe_blk_tune_text(struct vfe_blk *vb, struct vfe_blk_tuning *tuning,
			     unsigned int *field, const char *text)
{
	int err = kstrtouint(text, 0, field);

	if (!err)
		err = vfe_blk_check_tuning(tuning);
	if (!err)
		vfe_blk_tune(vb, tuning);
	return err;
}

#define VFE_BLK_TUNE(name) \
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, \
			   char *buf) \
{ \
	const struct vfe_blk *vb = dev_to_disk(dev)->private_data; \
\
	return sysfs_emit(buf, "%u\n", READ_ONCE(vb->tuning.name)); \
} \
\
static ssize_t name##_store(struct device *dev, struct device_attribute *attr, \
			    const char *buf, size_t count) \
{ \
	struct vfe_blk *vb = dev_to_disk(dev)->private_data; \
	struct vfe_blk_tuning tuning; \
	int err; \
\
	mutex_lock(&vb->control); \
	tuning = vb->tuning; \
	err = vfe_blk_tune_text(vb, &tuning, &tuning.name, buf); \
	mutex_unlock(&vb->control); \
	return err ?: count; \
} \
\
static DEVICE_ATTR_RW(name)

VFE_BLK_TUNE(moderation);
VFE_BLK_TUNE(adaptive_poll);

static struct attribute *vfe_blk_tune_attrs[] = {
	&dev_attr_moderation.attr,
	&dev_attr_adaptive_poll.attr,
	NULL,
};

const struct attribute_group vfe_blk_tune_group = {
	.attrs = vfe_blk_tune_attrs,
};

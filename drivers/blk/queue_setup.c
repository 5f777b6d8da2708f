// SPDX-License-Identifier: GPL-2.0
/* Sets up the virtqueues: their number and their size. */
#include <linux/slab.h>
#include <uapi/linux/virtio_ring.h>

#include "blk.h"

static void vfe_blk_fill_specs(struct vfe_blk *vb, struct vfe_queue_spec *specs,
			       u16 size)
{
	unsigned int i;

	for (i = 0; i < vb->share.queues; i++) {
		struct vfe_blk_queue *bq = &vb->queues[i];

		snprintf(bq->io.name, sizeof(bq->io.name), "req.%u", i);
		vfe_io_queue_init(&bq->io, &vb->io,
				  i >= vb->share.queues - vb->share.polled,
				  &specs[i]);
		specs[i].done = vfe_blk_irq;
		specs[i].max_segs = VFE_BLK_MAX_SEGS + VFE_BLK_EXTRA_SEGS;
		specs[i].size = size;
		specs[i].index = i;
	}
}

/* 2.7.5.3.1: no chain is longer than its queue, so a read must fit into it. */
static int vfe_blk_check_size(struct vfe_blk *vb, const struct vfe_queue *vq)
{
	if (vfe_queue_capacity(vq) > VFE_BLK_EXTRA_SEGS)
		return 0;
	dev_err(vfe_dev(vb->vd),
		"queue %u has %u entries, but a read needs %u: configure the device with larger queues\n",
		vfe_queue_index(vq), vfe_queue_size(vq),
		1 + VFE_BLK_EXTRA_SEGS);
	return -EINVAL;
}

/**
 * vfe_blk_queues_init() - set up the virtqueues
 * @vb: the disk, its limits read
 * @params: the module's parameters
 *
 * Return: 0, -ENOMEM, -EINVAL when the queues are too short for a request, or
 * the error of vfe_queues_create().
 */
int vfe_blk_queues_init(struct vfe_blk *vb, const struct vfe_io_params *params)
{
	u16 size = params->queue_depth;
	struct vfe_queue_spec *specs;
	unsigned int i, has;
	int err;

	err = vfe_blk_read_num_queues(vb, &has);
	if (err)
		return err;
	vb->share = vfe_io_share_out(has, params);
	vb->queues = kcalloc(vb->share.queues, sizeof(*vb->queues), GFP_KERNEL);
	if (!vb->queues)
		return -ENOMEM;
	specs = kcalloc(vb->share.queues, sizeof(*specs), GFP_KERNEL);
	if (!specs) {
		/*
		 * vfe_blk_queues_exit() would cancel timers, which are not
		 * initialised yet
		 */
		kfree(vb->queues);
		vb->queues = NULL;
		return -ENOMEM;
	}
	/*
	 * with indirect descriptors a request uses one ring entry, so a longer
	 * ring would only waste memory
	 */
	if (!size && vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC))
		size = VFE_BLK_MAX_DEPTH;
	vfe_blk_fill_specs(vb, specs, size);
	err = vfe_queues_create(vb->vd, specs, vb->share.queues, params->irqs);
	kfree(specs);
	if (err)
		goto err_queues;
	for (i = 0; i < vb->share.queues; i++) {
		vb->queues[i].io.vq = vfe_get_queue(vb->vd, i);
		err = vfe_blk_check_size(vb, vb->queues[i].io.vq);
		if (err)
			goto err_queues;
	}
	vb->format = *vfe_queue_table_format(vb->queues[0].io.vq);
	err = vfe_blk_limit_segments(vb);
	if (err)
		goto err_queues;
	return 0;

err_queues:
	vfe_blk_queues_exit(vb);
	return err;
}

/* vfe_destroy() frees the virtqueues themselves. */
void vfe_blk_queues_exit(struct vfe_blk *vb)
{
	unsigned int i;

	for (i = 0; vb->queues && i < vb->share.queues; i++)
		vfe_io_queue_exit(&vb->queues[i].io);
	kfree(vb->queues);
	vb->queues = NULL;
}

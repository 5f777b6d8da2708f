// SPDX-License-Identifier: GPL-2.0
/*
 * Virtqueues and the block layer's tags: their number and depth, and the CPUs of
 * each queue.
 */
#include <linux/slab.h>
#include <uapi/linux/virtio_ring.h>

#include "blk.h"

static void vfe_blk_fill_specs(struct vfe_blk *vb, struct vfe_queue_spec *specs,
			       u16 size)
{
	unsigned int i;

	for (i = 0; i < vb->num_queues; i++) {
		struct vfe_blk_queue *bq = &vb->queues[i];

		spin_lock_init(&bq->lock);
		snprintf(bq->name, sizeof(bq->name), "req.%u", i);
		bq->vb = vb;
		bq->polled = i >= vb->num_queues - vb->num_polled;
		bq->suppress = !vfe_has_feature(vb->vd,
						VIRTIO_RING_F_EVENT_IDX);
		vfe_blk_coalesce_init(bq);
		vfe_blk_poll_init(bq);
		specs[i] = (struct vfe_queue_spec) {
			.name = bq->name,
			.done = vfe_blk_irq,
			.priv = bq,
			.max_segs = VFE_BLK_MAX_SEGS + VFE_BLK_EXTRA_SEGS,
			.size = size,
			.own_tables = true,
			.index = i,
			.vector = bq->polled ? VFE_VECTOR_NONE : VFE_VECTOR_OWN,
			.spread = true,
		};
	}
}

/* Divides the device's queues: at least one is not polled. */
static void vfe_blk_share_out(struct vfe_blk *vb, unsigned int has,
			      unsigned int queues, unsigned int polled)
{
	vb->num_polled = min3(polled, has - 1, num_possible_cpus());
	vb->num_queues = min(has - vb->num_polled,
			     queues ?: num_possible_cpus()) + vb->num_polled;
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
 * @queues: most queues that are not polled, 0 for one per CPU
 * @polled: most polled queues
 * @size: entries of each queue, 0 for the device's size
 * @irqs: the preferred kind of interrupts
 *
 * Return: 0, -ENOMEM, -EINVAL when the queues are too short for a request, or
 * the error of vfe_queues_create().
 */
int vfe_blk_queues_init(struct vfe_blk *vb, unsigned int queues,
			unsigned int polled, u16 size, enum vfe_interrupts irqs)
{
	struct vfe_queue_spec *specs;
	unsigned int i, has;
	int err;

	err = vfe_blk_read_num_queues(vb, &has);
	if (err)
		return err;
	vfe_blk_share_out(vb, has, queues, polled);
	vb->queues = kcalloc(vb->num_queues, sizeof(*vb->queues), GFP_KERNEL);
	if (!vb->queues)
		return -ENOMEM;
	specs = kcalloc(vb->num_queues, sizeof(*specs), GFP_KERNEL);
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
	err = vfe_queues_create(vb->vd, specs, vb->num_queues, irqs);
	kfree(specs);
	if (err)
		goto err_queues;
	for (i = 0; i < vb->num_queues; i++) {
		vb->queues[i].vq = vfe_get_queue(vb->vd, i);
		err = vfe_blk_check_size(vb, vb->queues[i].vq);
		if (err)
			goto err_queues;
	}
	vb->format = *vfe_queue_table_format(vb->queues[0].vq);
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

	for (i = 0; vb->queues && i < vb->num_queues; i++) {
		vfe_blk_coalesce_stop(&vb->queues[i]);
		vfe_blk_poll_exit(&vb->queues[i]);
	}
	kfree(vb->queues);
	vb->queues = NULL;
}

/*
 * With an indirect table a request uses one ring entry, otherwise one for each
 * descriptor; like virtio_blk, assume two.
 */
static unsigned int vfe_blk_depth(const struct vfe_blk *vb)
{
	unsigned int i, depth = VFE_BLK_MAX_DEPTH;

	for (i = 0; i < vb->num_queues; i++)
		depth = min(depth, vfe_queue_capacity(vb->queues[i].vq));
	if (!vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC))
		depth /= 2;
	return max(depth, 1U);
}

/**
 * vfe_blk_tags_init() - set up the tag set of the block layer
 * @vb: the disk, its virtqueues set up
 *
 * Return: 0 or -ENOMEM.
 */
int vfe_blk_tags_init(struct vfe_blk *vb)
{
	struct blk_mq_tag_set *set = &vb->tag_set;
	int err;

	err = vfe_blk_memory_init(vb, &set->cmd_size);
	if (err)
		return err;
	set->ops = &vfe_blk_mq_ops;
	set->nr_hw_queues = vb->num_queues;
	set->nr_maps = vb->num_polled ? HCTX_MAX_TYPES : 1;
	set->queue_depth = vfe_blk_depth(vb);
	set->numa_node = dev_to_node(vfe_dev(vb->vd));
	set->flags = VFE_MQ_F_MERGE;
	set->timeout = VFE_BLK_TIMEOUT;
	set->driver_data = vb;
	err = blk_mq_alloc_tag_set(set);
	if (err)
		vfe_blk_memory_exit(vb);
	return err;
}

void vfe_blk_tags_exit(struct vfe_blk *vb)
{
	blk_mq_free_tag_set(&vb->tag_set);
	vfe_blk_memory_exit(vb);
}

int vfe_blk_init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int i)
{
	struct vfe_blk *vb = data;

	vb->queues[i].hctx = hctx;
	hctx->driver_data = &vb->queues[i];
	return 0;
}

/* Maps each CPU to the queue whose interrupt it handles. */
static void vfe_blk_map_interrupted(const struct vfe_blk *vb,
				    struct blk_mq_queue_map *map)
{
	const struct cpumask *mask;
	unsigned int i, cpu;

	for (i = 0; i < map->nr_queues; i++) {
		mask = vfe_queue_affinity(vb->vd, i);
		if (!mask) {
			blk_mq_map_queues(map);
			return;
		}
		for_each_cpu(cpu, mask)
			map->mq_map[cpu] = map->queue_offset + i;
	}
}

/* There are no read queues. */
void vfe_blk_map_queues(struct blk_mq_tag_set *set)
{
	struct blk_mq_queue_map *map = set->map;
	struct vfe_blk *vb = set->driver_data;

	map[HCTX_TYPE_DEFAULT].nr_queues = vb->num_queues - vb->num_polled;
	vfe_blk_map_interrupted(vb, &map[HCTX_TYPE_DEFAULT]);
	if (!vb->num_polled)
		return;
	map[HCTX_TYPE_READ].nr_queues = 0;
	map[HCTX_TYPE_POLL].nr_queues = vb->num_polled;
	map[HCTX_TYPE_POLL].queue_offset = map[HCTX_TYPE_DEFAULT].nr_queues;
	blk_mq_map_queues(&map[HCTX_TYPE_POLL]);
}

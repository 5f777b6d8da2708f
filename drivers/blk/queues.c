// SPDX-License-Identifier: GPL-2.0
/*
 * Virtqueues and the block layer's tags: how many, how deep, which CPU uses
 * which, and the memory that comes with each request.
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
		specs[i] = (struct vfe_queue_spec) {
			.name = bq->name,
			.done = vfe_blk_done,
			.max_segs = vb->limits.max_segments +
				    VFE_BLK_EXTRA_SEGS,
			.size = size,
			.polled = i >= vb->num_queues - vb->num_polled,
		};
		bq->vb = vb;
		bq->way = specs[i].polled ? &vfe_blk_polled :
			  &vfe_blk_interrupted;
	}
}

/* Queues without interrupts beside the others, of which there is one at least */
static void vfe_blk_share_out(struct vfe_blk *vb, unsigned int has,
			      unsigned int queues, unsigned int polled)
{
	vb->num_polled = min3(polled, has - 1, num_possible_cpus());
	vb->num_queues = min(has - vb->num_polled,
			     queues ?: num_possible_cpus()) + vb->num_polled;
}

/* 2.7.5.3.1: no chain is longer than its queue, so it must hold a small one. */
static int vfe_blk_check_size(struct vfe_blk *vb, const struct vfe_queue *vq)
{
	if (vfe_queue_size(vq) > VFE_BLK_EXTRA_SEGS)
		return 0;
	dev_err(vfe_dev(vb->vd),
		"queue %u has %u entries, a read takes %u: give the device longer queues\n",
		vfe_queue_index(vq), vfe_queue_size(vq),
		1 + VFE_BLK_EXTRA_SEGS);
	return -EINVAL;
}

/**
 * vfe_blk_queues_init() - set up the virtqueues
 * @vb: the disk, its limits read
 * @queues: how many at most, 0 for one a CPU
 * @polled: how many more at most that are polled
 * @size: entries of each, 0 for what the device has
 * @irqs: the best kind of interrupts to use
 *
 * Return: 0, -ENOMEM, -EINVAL when they are too short for a request, or the
 * error of vfe_queues_create().
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
		err = -ENOMEM;
		goto err_queues;
	}
	/* an entry a request then: more would only cost memory */
	if (!size && vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC))
		size = VFE_BLK_MAX_DEPTH;
	vfe_blk_fill_specs(vb, specs, size);
	err = vfe_queues_create(vb->vd, specs, vb->num_queues, irqs);
	kfree(specs);
	if (err)
		goto err_queues;
	for (i = 0; i < vb->num_queues; i++) {
		vb->queues[i].vq = vfe_get_queue(vb->vd, i);
		err = vfe_blk_check_size(vb, vb->queues[i].vq) ?:
		      vfe_blk_stream_init(&vb->queues[i]);
		if (err)
			goto err_queues;
	}
	vfe_blk_limit_segments(vb);
	return 0;

err_queues:
	vfe_blk_queues_exit(vb);
	return err;
}

/* The virtqueues themselves go with the device. */
void vfe_blk_queues_exit(struct vfe_blk *vb)
{
	unsigned int i;

	for (i = 0; vb->queues && i < vb->num_queues; i++)
		vfe_blk_stream_exit(&vb->queues[i]);
	kfree(vb->queues);
	vb->queues = NULL;
}

/*
 * A request takes one entry of the ring when it is indirect; otherwise one for
 * each piece, and a ring of more tags than that would only turn them away.
 */
static unsigned int vfe_blk_depth(const struct vfe_blk *vb)
{
	unsigned int i, depth = VFE_BLK_MAX_DEPTH;

	for (i = 0; i < vb->num_queues; i++)
		depth = min(depth, vfe_queue_size(vb->queues[i].vq));
	if (!vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC))
		depth /= 1 + VFE_BLK_EXTRA_SEGS;
	return max(depth, 1U);
}

/**
 * vfe_blk_tags_init() - set up the block layer's requests
 * @vb: the disk, its virtqueues set up
 *
 * Return: 0 or -ENOMEM.
 */
int vfe_blk_tags_init(struct vfe_blk *vb)
{
	struct blk_mq_tag_set *set = &vb->tag_set;
	int err;

	vb->wires = dma_pool_create("vfe_blk", vfe_dev(vb->vd),
				    sizeof(struct vfe_blk_wire),
				    __alignof__(struct vfe_blk_wire), 0);
	if (!vb->wires)
		return -ENOMEM;
	set->ops = &vfe_blk_mq_ops;
	set->nr_hw_queues = vb->num_queues;
	set->nr_maps = vb->num_polled ? HCTX_MAX_TYPES : 1;
	set->queue_depth = vfe_blk_depth(vb);
	set->numa_node = dev_to_node(vfe_dev(vb->vd));
	set->flags = VFE_MQ_F_MERGE;
	set->cmd_size = vfe_blk_request_size(vb->limits.max_segments);
	set->timeout = VFE_BLK_TIMEOUT;
	set->driver_data = vb;
	err = blk_mq_alloc_tag_set(set);
	if (err)
		dma_pool_destroy(vb->wires);
	return err;
}

void vfe_blk_tags_exit(struct vfe_blk *vb)
{
	blk_mq_free_tag_set(&vb->tag_set);
	dma_pool_destroy(vb->wires);
}

int vfe_blk_init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int i)
{
	struct vfe_blk *vb = data;

	vb->queues[i].hctx = hctx;
	hctx->driver_data = &vb->queues[i];
	return 0;
}

int vfe_blk_init_request(struct blk_mq_tag_set *set, struct request *rq,
			 unsigned int hctx_idx, vfe_node_t node)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk *vb = set->driver_data;

	req->wire = dma_pool_zalloc(vb->wires, GFP_KERNEL, &req->wire_dma);
	if (!req->wire)
		return -ENOMEM;
	sg_init_table(req->sg, vb->limits.max_segments);
	req->segs = (struct vfe_seg *)&req->sg[vb->limits.max_segments];
	return 0;
}

void vfe_blk_exit_request(struct blk_mq_tag_set *set, struct request *rq,
			  unsigned int hctx_idx)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk *vb = set->driver_data;

	dma_pool_free(vb->wires, req->wire, req->wire_dma);
}

/* A CPU submits to the queue whose interrupt it takes. */
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

/* No queue is for reads only. */
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

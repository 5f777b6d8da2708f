// SPDX-License-Identifier: GPL-2.0
/*
 * Virtqueues and the block layer's tags: their number and depth, the CPUs of
 * each queue, and the memory of each queue and request.
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
			.done = vfe_blk_done,
			.priv = bq,
			.max_segs = VFE_BLK_MAX_SEGS + VFE_BLK_EXTRA_SEGS,
			.size = size,
			.own_tables = true,
			.polled = bq->polled,
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

/* Allocates a queue's memory for chains, and its preallocated descriptors. */
static int vfe_blk_queue_memory(struct vfe_blk *vb, struct vfe_blk_queue *bq)
{
	unsigned int n = vb->limits.max_segments * vb->pieces +
			 VFE_BLK_EXTRA_SEGS;
	bool tables = vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC);

	if (!tables)
		bq->segs = kvcalloc(n, sizeof(*bq->segs), GFP_KERNEL);
	if (vb->path == &vfe_blk_dma_path)
		bq->spare = kvcalloc(n, sizeof(*bq->spare), GFP_KERNEL);
	if (tables)
		bq->spare_table = vfe_blk_shared_alloc(vb, n * sizeof(struct vfe_desc),
						       GFP_KERNEL,
						       &bq->spare_dma);
	return (tables ? bq->spare_table : (void *)bq->segs) &&
	       (vb->path != &vfe_blk_dma_path || bq->spare) ? 0 : -ENOMEM;
}

static void vfe_blk_queues_memory_free(struct vfe_blk *vb)
{
	unsigned int i;

	for (i = 0; i < vb->num_queues; i++) {
		struct vfe_blk_queue *bq = &vb->queues[i];

		kvfree(bq->segs);
		kvfree(bq->spare);
		if (bq->spare_table)
			vfe_blk_shared_free(vb, bq->spare_table, bq->spare_dma);
		bq->segs = NULL;
		bq->spare = NULL;
		bq->spare_table = NULL;
	}
}

static void vfe_blk_memory_exit(struct vfe_blk *vb)
{
	vfe_blk_queues_memory_free(vb);
	dma_pool_destroy(vb->wires);
	dma_pool_destroy(vb->tables);
	vb->wires = NULL;
	vb->tables = NULL;
}

static int vfe_blk_pools_init(struct vfe_blk *vb)
{
	size_t table = (vb->limits.max_segments * vb->pieces +
			VFE_BLK_EXTRA_SEGS) * sizeof(struct vfe_desc);
	size_t ranges = VFE_BLK_MAX_RANGES *
			sizeof(struct virtio_blk_discard_write_zeroes);

	vb->wires = dma_pool_create("vfe_blk", vfe_dev(vb->vd),
				    vfe_blk_wire_size(VFE_BLK_OWN_DESCS),
				    __alignof__(struct vfe_blk_wire), 0);
	vb->tables = dma_pool_create("vfe_blk_tables", vfe_dev(vb->vd),
				     max(table, ranges),
				     __alignof__(struct vfe_blk_wire), 0);
	return vb->wires && vb->tables ? 0 : -ENOMEM;
}

/* Chooses the path of request data, and allocates the memory for it. */
static int vfe_blk_memory_init(struct vfe_blk *vb)
{
	bool dma = vfe_dma_api(vb->vd);
	unsigned int i;
	int err = 0;

	vb->path = dma || !vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC) ?
		   &vfe_blk_dma_path : &vfe_blk_table_path;
	if (dma)
		err = vfe_blk_pools_init(vb);
	for (i = 0; !err && i < vb->num_queues; i++)
		err = vfe_blk_queue_memory(vb, &vb->queues[i]);
	if (err)
		vfe_blk_memory_exit(vb);
	return err;
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

	err = vfe_blk_memory_init(vb);
	if (err)
		return err;
	set->ops = &vfe_blk_mq_ops;
	set->nr_hw_queues = vb->num_queues;
	set->nr_maps = vb->num_polled ? HCTX_MAX_TYPES : 1;
	set->queue_depth = vfe_blk_depth(vb);
	set->numa_node = dev_to_node(vfe_dev(vb->vd));
	set->flags = VFE_MQ_F_MERGE;
	set->cmd_size = vb->path->size(vb);
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

int vfe_blk_init_request(struct blk_mq_tag_set *set, struct request *rq,
			 unsigned int hctx_idx, vfe_node_t node)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk *vb = set->driver_data;

	return vb->path->init(vb, req);
}

void vfe_blk_exit_request(struct blk_mq_tag_set *set, struct request *rq,
			  unsigned int hctx_idx)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk *vb = set->driver_data;

	vb->path->exit(vb, req);
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

// SPDX-License-Identifier: GPL-2.0
/*
 * Sets up the tag set of the block layer: its operations, the queue depth, and
 * the map from CPUs to queues.
 */
#include <uapi/linux/virtio_ring.h>

#include "blk.h"

static int vfe_blk_init_hctx(struct blk_mq_hw_ctx *hctx, void *data,
			     unsigned int i)
{
	struct vfe_blk *vb = data;

	vb->queues[i].hctx = hctx;
	hctx->driver_data = &vb->queues[i];
	return 0;
}

static int vfe_blk_init_request(struct blk_mq_tag_set *set, struct request *rq,
				unsigned int hctx_idx, vfe_node_t node)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk *vb = set->driver_data;

	return vfe_io_request_init(&vb->io, &req->io, req + 1);
}

static void vfe_blk_exit_request(struct blk_mq_tag_set *set, struct request *rq,
				 unsigned int hctx_idx)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);
	struct vfe_blk *vb = set->driver_data;

	vfe_io_request_exit(&vb->io, &req->io);
}

static void vfe_blk_map_queues(struct blk_mq_tag_set *set)
{
	struct vfe_blk *vb = set->driver_data;

	vfe_io_map_queues(vb->vd, 0, &vb->share, set->map);
}

static const struct blk_mq_ops vfe_blk_mq_ops = {
	.queue_rq = vfe_blk_queue_rq,
	.queue_rqs = vfe_blk_queue_rqs,
	.commit_rqs = vfe_blk_commit_rqs,
	.complete = vfe_blk_complete,
	.poll = vfe_blk_poll,
	.timeout = vfe_blk_timeout,
	.init_hctx = vfe_blk_init_hctx,
	.init_request = vfe_blk_init_request,
	.exit_request = vfe_blk_exit_request,
	.map_queues = vfe_blk_map_queues,
};

/*
 * With an indirect table a request uses one ring entry, otherwise one for each
 * descriptor; like virtio_blk, assume two.
 */
static unsigned int vfe_blk_depth(const struct vfe_blk *vb)
{
	unsigned int i, depth = VFE_BLK_MAX_DEPTH;

	for (i = 0; i < vb->share.queues; i++)
		depth = min(depth, vfe_queue_capacity(vb->queues[i].io.vq));
	if (!vfe_has_feature(vb->vd, VIRTIO_RING_F_INDIRECT_DESC))
		depth /= 2;
	return max(depth, 1U);
}

/* Allocates memory. Return: 0 or -ENOMEM, @size: of a request's driver data */
static int vfe_blk_memory_init(struct vfe_blk *vb, unsigned int *size)
{
	struct vfe_io_memory *m = &vb->io.memory;
	size_t behind;
	int err;

	m->table_offset = offsetof(struct vfe_blk_wire, table);
	m->own_descs = VFE_BLK_OWN_DESCS;
	m->max_descs = vb->limits.max_segments * vb->pieces +
		       VFE_BLK_EXTRA_SEGS;
	m->max_alloc = VFE_BLK_MAX_RANGES *
		       sizeof(struct virtio_blk_discard_write_zeroes);
	err = vfe_io_memory_init(&vb->io, &behind);
	*size = sizeof(struct vfe_blk_request) + behind;
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

	err = vfe_blk_memory_init(vb, &set->cmd_size);
	if (err)
		return err;
	set->ops = &vfe_blk_mq_ops;
	set->nr_hw_queues = vb->share.queues;
	set->nr_maps = vfe_io_num_maps(&vb->share);
	set->queue_depth = vfe_blk_depth(vb);
	set->numa_node = dev_to_node(vfe_dev(vb->vd));
	set->flags = VFE_MQ_F_MERGE;
	set->timeout = VFE_BLK_TIMEOUT;
	set->driver_data = vb;
	err = blk_mq_alloc_tag_set(set);
	if (err)
		vfe_io_memory_exit(&vb->io);
	return err;
}

void vfe_blk_tags_exit(struct vfe_blk *vb)
{
	blk_mq_free_tag_set(&vb->tag_set);
	vfe_io_memory_exit(&vb->io);
}

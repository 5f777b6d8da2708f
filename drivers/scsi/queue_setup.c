// SPDX-License-Identifier: GPL-2.0
/*
 * Sets up the virtqueues: control queue, event queue, then the request queues.
 * The first two share a vector, which takes no part in the spread over CPUs.
 */
#include <linux/slab.h>
#include <uapi/linux/virtio_ring.h>

#include "scsi.h"

#define VFE_SCSI_CONTROL_SEGS	2	/* of a function: request and response */

static void vfe_scsi_control_spec(struct vfe_scsi *vs,
				  struct vfe_queue_spec *spec)
{
	*spec = (struct vfe_queue_spec) {
		.name = "control",
		.done = vfe_scsi_control_irq,
		.priv = vs,
		.max_segs = VFE_SCSI_CONTROL_SEGS,
		.index = VFE_SCSI_CONTROLQ,
		.vector = VFE_VECTOR_OWN,
	};
}

static void vfe_scsi_event_spec(struct vfe_scsi *vs,
				struct vfe_queue_spec *spec)
{
	*spec = (struct vfe_queue_spec) {
		.name = "event",
		.done = vfe_scsi_events_irq,
		.priv = vs,
		.max_segs = 1,
		.index = VFE_SCSI_EVENTQ,
		.vector = VFE_VECTOR_PREVIOUS,
	};
}

static void vfe_scsi_fill_specs(struct vfe_scsi *vs,
				struct vfe_queue_spec *specs, u16 size)
{
	unsigned int i;

	vfe_scsi_control_spec(vs, specs++);
	vfe_scsi_event_spec(vs, specs++);
	for (i = 0; i < vs->share.queues; i++, specs++) {
		struct vfe_scsi_queue *sq = &vs->queues[i];

		snprintf(sq->io.name, sizeof(sq->io.name), "req.%u", i);
		vfe_io_queue_init(&sq->io, &vs->io,
				  i >= vs->share.queues - vs->share.polled,
				  specs);
		specs->done = vfe_scsi_irq;
		specs->max_segs = (1 + vs->pi) * VFE_SCSI_MAX_SEGS +
				  VFE_SCSI_EXTRA_SEGS;
		specs->size = size;
		specs->index = VFE_SCSI_REQUESTQ + i;
		/* QEMU's device counts the bytes of a write */
		specs->no_used_len = true;
	}
}

/* 2.7.5.3.1: no chain is longer than its queue, so a read must fit into it. */
static int vfe_scsi_check_size(struct vfe_scsi *vs, const struct vfe_queue *vq)
{
	const unsigned int least = VFE_SCSI_EXTRA_SEGS + 1 + vs->pi;

	if (vfe_queue_capacity(vq) >= least)
		return 0;
	dev_err(vfe_dev(vs->vd),
		"queue %u has %u entries, but a read needs %u: configure the device with larger queues\n",
		vfe_queue_index(vq), vfe_queue_size(vq), least);
	return -EINVAL;
}

static int vfe_scsi_take_queues(struct vfe_scsi *vs)
{
	unsigned int i;
	int err = 0;

	vs->control.vq = vfe_get_queue(vs->vd, VFE_SCSI_CONTROLQ);
	vs->events.vq = vfe_get_queue(vs->vd, VFE_SCSI_EVENTQ);
	for (i = 0; !err && i < vs->share.queues; i++) {
		vs->queues[i].io.vq = vfe_get_queue(vs->vd,
						    VFE_SCSI_REQUESTQ + i);
		err = vfe_scsi_check_size(vs, vs->queues[i].io.vq);
	}
	if (!err)
		vs->format = *vfe_queue_table_format(vs->queues[0].io.vq);
	return err;
}

static int vfe_scsi_create_queues(struct vfe_scsi *vs,
				  const struct vfe_io_params *params)
{
	unsigned int n = VFE_SCSI_REQUESTQ + vs->share.queues;
	u16 size = params->queue_depth;
	struct vfe_queue_spec *specs;
	int err;

	specs = kcalloc(n, sizeof(*specs), GFP_KERNEL);
	if (!specs) {
		/* vfe_scsi_queues_exit() would cancel timers: there are none */
		kfree(vs->queues);
		vs->queues = NULL;
		return -ENOMEM;
	}
	/*
	 * with indirect descriptors a command uses one ring entry, so a longer
	 * ring would only waste memory
	 */
	if (!size && vfe_has_feature(vs->vd, VIRTIO_RING_F_INDIRECT_DESC))
		size = VFE_SCSI_MAX_DEPTH;
	vfe_scsi_fill_specs(vs, specs, size);
	err = vfe_queues_create(vs->vd, specs, n, params->irqs);
	kfree(specs);
	return err;
}

/**
 * vfe_scsi_queues_init() - set up the virtqueues
 * @vs: the host, its limits read
 * @params: the module's parameters
 *
 * Return: 0, -ENOMEM, -EINVAL when the queues are too short for a command, or
 * the error of vfe_queues_create().
 */
int vfe_scsi_queues_init(struct vfe_scsi *vs, const struct vfe_io_params *params)
{
	unsigned int has;
	int err;

	err = vfe_scsi_read_num_queues(vs, &has);
	if (err)
		return err;
	vs->share = vfe_io_share_out(has, params);
	vs->queues = kcalloc(vs->share.queues, sizeof(*vs->queues), GFP_KERNEL);
	if (!vs->queues)
		return -ENOMEM;
	err = vfe_scsi_create_queues(vs, params) ?: vfe_scsi_take_queues(vs);
	if (err)
		vfe_scsi_queues_exit(vs);
	else
		vfe_scsi_limit_segments(vs);
	return err;
}

/* vfe_destroy() frees the virtqueues themselves. */
void vfe_scsi_queues_exit(struct vfe_scsi *vs)
{
	unsigned int i;

	for (i = 0; vs->queues && i < vs->share.queues; i++)
		vfe_io_queue_exit(&vs->queues[i].io);
	kfree(vs->queues);
	vs->queues = NULL;
}

/* Allocates memory of queues and commands. Return: 0 or -ENOMEM */
int vfe_scsi_memory_init(struct vfe_scsi *vs)
{
	struct vfe_io_memory *m = &vs->io.memory;
	size_t behind;
	int err;

	m->table_offset = offsetof(struct vfe_scsi_wire, table);
	m->own_descs = VFE_SCSI_OWN_DESCS;
	m->max_descs = vs->limits.segs + vs->limits.pi_segs +
		       VFE_SCSI_EXTRA_SEGS;
	m->max_alloc = 0;
	err = vfe_io_memory_init(&vs->io, &behind);
	if (!err && WARN_ON(behind > VFE_SCSI_BEHIND)) {
		vfe_io_memory_exit(&vs->io);
		err = -EINVAL;
	}
	return err;
}

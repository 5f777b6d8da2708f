// SPDX-License-Identifier: GPL-2.0
/* Sets up queues: their registers, their rings, their vectors. */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "core.h"

#define VFE_MAX_QUEUE_SIZE	32768	/* virtio 1.4, 2.7 */

/**
 * vfe_queue_error() - log a wrong value in a register of a queue
 * @q: the queue
 * @err: the error to return
 * @field: name of the register
 * @value: its value
 * @what: what is wrong with it, and what to do
 *
 * Return: @err.
 */
int vfe_queue_error(const struct vfe_queue *q, int err, const char *field,
		    u32 value, const char *what)
{
	vfe_err(q->vd, "queue %u (%s): %s is %u: %s\n",
		q->index, q->spec.name, field, value, what);
	return err;
}

/* 2.7.5.3.1: no chain is longer than the queue, or than its capacity */
static void vfe_queue_limit_segs(struct vfe_queue *q)
{
	q->max_segs = min_t(unsigned int, q->spec.max_segs,
			    vfe_queue_capacity(q));
	q->max_table = q->indirect ?
		       min_t(unsigned int, q->spec.max_segs, q->size) : 0;
}

/**
 * vfe_queue_negotiate_size() - choose the size of a queue
 * @q: the queue
 * @field: name of the register, for messages
 * @offered: the size that the device offers
 *
 * Return: 0 and @q->size is set, or -ENODEV or -EINVAL with a line in the log.
 */
int vfe_queue_negotiate_size(struct vfe_queue *q, const char *field,
			     u16 offered)
{
	unsigned int wanted = q->spec.size ?: offered;

	if (!offered)
		return vfe_queue_error(q, -ENODEV, field, 0,
				       "the device does not have this queue, use fewer queues");
	if (offered > VFE_MAX_QUEUE_SIZE)
		return vfe_queue_error(q, -EINVAL, field, offered,
				       "more than 32768, the most a ring may have");
	/* 2.7: a power of two; 2.8.10.1: any size in a packed ring */
	if (!q->ops->any_size && !is_power_of_2(offered))
		return vfe_queue_error(q, -EINVAL, field, offered,
				       "not a power of two, which a split ring requires");
	q->max_size = offered;
	if (q->size && q->size > offered)
		return vfe_queue_error(q, -EINVAL, field, offered,
				       "smaller than before the reset");
	if (!q->size)
		q->size = min_t(unsigned int, offered, q->ops->any_size ?
				wanted : rounddown_pow_of_two(wanted));
	vfe_queue_limit_segs(q);
	return 0;
}

/**
 * vfe_queue_map_vector() - map the MSI-X vector of the selected queue
 * @q: the queue
 *
 * Return: 0, or -EBUSY if the device refused it.
 */
int vfe_queue_map_vector(struct vfe_queue *q)
{
	enum vfe_reg reg = q->vd->transport->queue_vector;
	struct vfe_regs *regs = &q->vd->regs;
	u16 vector = vfe_irqs_queue_vector(q);

	if (vector == VIRTIO_MSI_NO_VECTOR)
		return 0;
	vfe_write16(regs, reg, vector);
	/* 4.1.5.1.2.2: read back, the device may be short of resources */
	return vfe_read16(regs, reg) == vector ? 0 : -EBUSY;
}

/* Return: whether there is a smaller ring to try, of half the size */
static bool vfe_queue_halve(struct vfe_queue *q)
{
	if (!vfe_queue_may_shrink(q) ||
	    vring_size(q->size, q->align) <= PAGE_SIZE)
		return false;
	q->size /= 2;
	vfe_queue_limit_segs(q);
	return true;
}

/*
 * Without memory for the ring, makes a smaller one, down to one that fits into
 * a page, as the kernel does.
 */
static int vfe_queue_create_ring(struct vfe_queue *q)
{
	u16 wanted = q->size;
	int ret;

	do {
		ret = q->ops->create(q, vfe_dev(q->vd));
	} while (ret && vfe_queue_halve(q));
	if (!ret && q->size != wanted)
		dev_warn(vfe_dev(q->vd),
			 "queue %u (%s): no memory for %u entries: it has %u\n",
			 q->index, q->spec.name, wanted, q->size);
	return ret;
}

/**
 * vfe_queue_make_ring() - create a queue's ring, if it has none
 * @q: the queue, its size known; a split ring may become smaller
 *
 * Return: 0 or -ENOMEM.
 */
int vfe_queue_make_ring(struct vfe_queue *q)
{
	int ret = q->ring ? 0 : vfe_queue_create_ring(q);

	/* a polled queue has no vector, but could still raise INTx */
	if (!ret && q->spec.vector == VFE_VECTOR_NONE)
		vfe_queue_disable_cb(q);
	return ret;
}

/**
 * vfe_queues_program() - program all queues and vectors
 * @vd: the device, in state VFE_STATE_FEATURES
 *
 * Allows needs_reset() again: the last reset, by vfe_restart() or by an attempt
 * to set up interrupts, has ended all earlier faults.
 *
 * Context: process context, may sleep.
 * Return: 0, -EBUSY when the device refused a vector, -ENOMEM, -EINVAL or
 * -ENODEV as vfe_queues_create().
 */
int vfe_queues_program(struct vfe_device *vd)
{
	unsigned int i;
	u8 status;
	int ret;

	clear_bit(0, &vd->reset_requested);
	ret = vfe_irqs_program_config(vd);
	for (i = 0; !ret && i < vd->num_queues; i++) {
		/* the device was reset: it offers its largest size */
		vd->queues[i].size_written = false;
		ret = vd->transport->queue_program(&vd->queues[i]);
		/* before, a queue may have no ring */
		if (!ret)
			WRITE_ONCE(vd->queues[i].broken, false);
	}
	/* the wrong value may come from a function that does not answer */
	if (ret)
		return vfe_status_read(vd, &status) ?: ret;
	return vfe_set_state(vd, VFE_STATE_QUEUES) ? 0 : -ENODEV;
}

/**
 * vfe_queues_free() - free all queues
 * @vd: the device, reset, its interrupts freed
 *
 * Context: process context, may sleep.
 */
void vfe_queues_free(struct vfe_device *vd)
{
	struct vfe_queue *queues = vd->queues;
	unsigned int n = vd->num_queues;

	vd->num_queues = 0;
	vd->queues = NULL;
	while (n--)
		vfe_queue_exit(&queues[n]);
	kfree(queues);
}

/* Are the indices ascending, and does a queue own each shared vector? */
static bool vfe_queue_specs_valid(const struct vfe_queue_spec *specs,
				  unsigned int n)
{
	unsigned int i;

	if (n && specs[0].vector == VFE_VECTOR_PREVIOUS)
		return false;
	for (i = 1; i < n; i++)
		if (specs[i].index <= specs[i - 1].index ||
		    (specs[i].vector == VFE_VECTOR_PREVIOUS &&
		     specs[i - 1].vector == VFE_VECTOR_NONE))
			return false;
	return true;
}

/**
 * vfe_queues_alloc() - allocate queues that have no ring yet
 * @vd: the device, features negotiated
 * @specs: as for vfe_queues_create()
 * @n: likewise
 *
 * Context: process context, may sleep.
 * Return: 0, -ENOMEM, -EINVAL, -ENODEV as vfe_queues_create().
 */
int vfe_queues_alloc(struct vfe_device *vd, const struct vfe_queue_spec *specs,
		     unsigned int n)
{
	struct vfe_queue *q;
	unsigned int needed;
	int ret;

	if (!vfe_queue_specs_valid(specs, n))
		return -EINVAL;
	needed = n ? specs[n - 1].index + 1 : 0;
	if (!n || needed > vd->max_queues) {
		dev_err(vfe_dev(vd),
			"num_queues is %u, but the driver needs %u: use a device with more queues\n",
			vd->max_queues, needed);
		return -ENODEV;
	}
	vd->queues = kcalloc(n, sizeof(*vd->queues), GFP_KERNEL);
	if (!vd->queues)
		return -ENOMEM;
	while (vd->num_queues < n) {
		q = &vd->queues[vd->num_queues];
		q->no_used_len = specs[vd->num_queues].no_used_len ||
				 (vd->transport->no_used_len &&
				  !specs[vd->num_queues].used_len);
		ret = vfe_queue_init(q, vd, &specs[vd->num_queues]);
		if (ret) {
			vfe_queues_free(vd);
			return ret;
		}
		q->ops = vfe_has_feature(vd, VIRTIO_F_RING_PACKED) ?
			 vfe_packed_ops(q) : vfe_split_ops(q);
		vd->num_queues++;
	}
	return 0;
}

struct vfe_queue *vfe_get_queue(struct vfe_device *vd, unsigned int index)
{
	return index < vd->num_queues ? &vd->queues[index] : NULL;
}
EXPORT_SYMBOL_NS_GPL(vfe_get_queue, VFE_NS);

void vfe_queue_set_size(struct vfe_queue *q, u16 size)
{
	mutex_lock(&q->vd->ring_lock);
	/* the new ring counts its completions from 0 */
	if (q->ring)
		q->base.completions -= q->ops->completions(q);
	q->ops->destroy(q, vfe_dev(q->vd));
	q->ring = NULL;
	q->spec.size = size;
	q->fixed_size = true;
	q->size = 0;
	mutex_unlock(&q->vd->ring_lock);
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_set_size, VFE_NS);

unsigned int vfe_queue_max_size(const struct vfe_queue *q)
{
	return q->max_size;
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_max_size, VFE_NS);

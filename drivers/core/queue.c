// SPDX-License-Identifier: GPL-2.0
/*
 * Code that both ring layouts share: broken queues, counts, and the functions
 * of vfe/queue.h that are not inline. queue_setup.c sets queues up.
 */
#include <kunit/visibility.h>
#include <linux/compiler.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "core.h"
#include "sums.h"

/**
 * vfe_queue_break() - stop using a ring until the next reset
 * @q: the queue
 * @field: name of the wrong field
 * @value: the wrong value
 *
 * Logs this once, and requests a reset from the class driver.
 *
 * Context: any.
 */
void vfe_queue_break(struct vfe_queue *q, const char *field, u32 value)
{
	if (xchg(&q->broken, true))
		return;
	vfe_err(q->vd,
		"queue %u (%s): device wrote a wrong %s %u: the queue is not used until a reset\n",
		q->index, q->spec.name, field, value);
	vfe_request_reset(q->vd);
}

void vfe_queue_stuck(struct vfe_queue *q)
{
	if (!xchg(&q->broken, true))
		vfe_request_reset(q->vd);
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_stuck, VFE_NS);

/**
 * vfe_queue_wrong_len() - the length to use for one that exceeds the buffer
 * @q: the queue
 * @len: the used length
 * @most: number of device-writable bytes of the buffer
 *
 * Some devices write such lengths and otherwise work, so this logs it only once
 * per device, and not at all for a queue whose lengths nobody needs.
 *
 * Context: any.
 * Return: @most; or 0 if nothing else has the length of what the device wrote,
 * since the rest of the buffer is none of it.
 */
u32 vfe_queue_wrong_len(struct vfe_queue *q, u32 len, u32 most)
{
	u32 used = q->spec.used_len ? 0 : most;

	if (!q->no_used_len && !xchg(&q->vd->logged_len, true))
		dev_warn(vfe_dev(q->vd),
			 "queue %u (%s): used length %u for a buffer of %u bytes: counts as %u, as later ones do without a message; fix the device\n",
			 q->index, q->spec.name, len, most, used);
	return used;
}

/**
 * vfe_queue_init() - prepare a queue that has no ring, and no operations, yet
 * @q: zeroed, except for @no_used_len
 * @vd: the device
 * @spec: the class driver's specification
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vfe_queue_init(struct vfe_queue *q, struct vfe_device *vd,
		   const struct vfe_queue_spec *spec)
{
	q->vd = vd;
	q->index = spec->index;
	q->spec = *spec;
	q->event_idx = vfe_has_feature(vd, VIRTIO_RING_F_EVENT_IDX);
	q->indirect = vfe_has_feature(vd, VIRTIO_RING_F_INDIRECT_DESC);
	q->in_order = vfe_has_feature(vd, VIRTIO_F_IN_ORDER);
	q->fence = vfe_needs_fence ||
		   vfe_has_feature(vd, VIRTIO_F_ORDER_PLATFORM);
	q->dma_api = vfe_dma_api(vd);
	/*
	 * 2.7.1 wants 4. The device writes to the used ring: no cache line of it
	 * has what the driver writes, as its event index
	 */
	q->align = max(VRING_USED_ALIGN_SIZE, SMP_CACHE_BYTES);
	q->events = alloc_percpu(struct vfe_queue_events);
	return q->events ? 0 : -ENOMEM;
}

/**
 * vfe_queue_exit() - free a queue's memory
 * @q: as vfe_queue_init() left it, with or without a ring; the device is reset
 *
 * Context: process context, may sleep.
 */
void vfe_queue_exit(struct vfe_queue *q)
{
	if (q->ops)
		q->ops->destroy(q, vfe_dev(q->vd));
	free_percpu(q->events);
}

int vfe_queue_add(struct vfe_queue *q, const struct vfe_seg *segs,
		  unsigned int out, unsigned int in, void *token)
{
	unsigned int total = out + in;

	if (READ_ONCE(q->broken))
		return -EIO;
	if (!total || total > q->max_segs || out > total || !token)
		return -EINVAL;
	return q->ops->add(q, segs, out, in, token);
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_add, VFE_NS);

void *vfe_queue_get(struct vfe_queue *q, u32 *len)
{
	struct vfe_used used;

	if (!vfe_queue_get_many(q, &used, 1))
		return NULL;
	*len = used.len;
	return used.token;
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_get, VFE_NS);

bool vfe_queue_enable_cb_after(struct vfe_queue *q, unsigned int n)
{
	u16 after = clamp_t(unsigned int, n, 1, q->size);

	return q->ops->enable_cb_after(q, after) || READ_ONCE(q->broken);
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_enable_cb_after, VFE_NS);

void *vfe_queue_detach(struct vfe_queue *q)
{
	/* a restart with another size failed before there was a new ring */
	return q->ring ? q->ops->detach(q) : NULL;
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_detach, VFE_NS);

unsigned int vfe_queue_capacity_of(const struct vfe_queue *q, u16 size)
{
	return q->ops->capacity ? q->ops->capacity(q, size) : size;
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_capacity_of, VFE_NS);

unsigned int vfe_queue_room(const struct vfe_queue *q)
{
	return q->ops->room(q);
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_room, VFE_NS);

u64 vfe_queue_completions(const struct vfe_queue *q)
{
	return q->ring ? q->ops->completions(q) : 0;
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_completions, VFE_NS);

void vfe_queue_get_counts(const struct vfe_queue *q,
			  struct vfe_queue_counts *sum)
{
	const struct vfe_queue_events __percpu *e = q->events;
	const struct vfe_queue_counts *base = &q->base;
	u64 suppressed = READ_ONCE(base->kicks_suppressed);
	u64 completions = READ_ONCE(base->completions);

	/* read the base first, as in vfe_sum_since() */
	smp_rmb(); /* with smp_mb() in vfe_queue_reset_counts() */
	sum->kicks_suppressed = READ_ONCE(q->kicks_suppressed) - suppressed;
	sum->completions = vfe_queue_completions(q) - completions;
	sum->kicks = vfe_sum_since(&e->kicks, &base->kicks);
	sum->interrupts = vfe_sum_since(&e->interrupts, &base->interrupts);
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_get_counts, VFE_NS);

/* Each kick writes one register, in a window that traps as a whole or not. */
bool vfe_queue_kick_traps(const struct vfe_queue *q)
{
	enum vfe_window_id win = vfe_has_feature(q->vd, VIRTIO_F_VERSION_1) ?
				 VFE_WIN_NOTIFY : VFE_WIN_LEGACY;

	return q->vd->regs.win[win].traps;
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_kick_traps, VFE_NS);

/**
 * vfe_queue_reset_counts() - restart the counts from 0
 * @q: the queue
 *
 * Context: process context; calls must not overlap.
 */
void vfe_queue_reset_counts(struct vfe_queue *q)
{
	const struct vfe_queue_events __percpu *e = q->events;
	u64 suppressed = READ_ONCE(q->kicks_suppressed);
	u64 completions = vfe_queue_completions(q);

	/*
	 * a reader that sees the new base also sees every count that it
	 * includes
	 */
	smp_mb(); /* with smp_rmb() in vfe_queue_get_counts() */
	WRITE_ONCE(q->base.kicks_suppressed, suppressed);
	WRITE_ONCE(q->base.completions, completions);
	vfe_sum_restart(&e->kicks, &q->base.kicks);
	vfe_sum_restart(&e->interrupts, &q->base.interrupts);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions that the files of queues and rings share. Nothing here depends on
 * PCI: the files of the rings also build as a user space program (tools/ring).
 */
#ifndef VFE_RING_H
#define VFE_RING_H

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include <vfe/queue.h>

struct device;

/* The operations for a queue whose features are known */
const struct vfe_ring_ops *vfe_split_ops(const struct vfe_queue *q);
const struct vfe_ring_ops *vfe_packed_ops(const struct vfe_queue *q);

/* Are these arguments of vfe_queue_add_table() valid? */
static __always_inline bool vfe_ring_table_valid(const struct vfe_queue *q,
						 unsigned int n, void *token)
{
	return n && n <= q->max_table && token;
}

/* Does a barrier against the device need a fence instruction? See fence.c */
extern bool vfe_needs_fence;

/*
 * A full barrier against the device. If another CPU emulates the device, a
 * barrier between CPUs is enough (virt_: on UP kernels, too), except where
 * vfe_needs_fence.
 */
static __always_inline void vfe_ring_mb(bool fence)
{
	if (fence)
		mb(); /* virtio 1.4, 6.1: as for a hardware device */
	else
		virt_mb(); /* as between CPUs */
}

/* Increments a count. The caller of the ring serialises all writers. */
static __always_inline void vfe_ring_count(u64 *count)
{
	/* a concurrent reader sees the old or the new value */
	data_race((*count)++);
}

/*
 * For interrupts: calls done() if there is a used buffer. Return: whether there
 * was. 2.7.7.1: an interrupt without one is not an error. This check does not
 * hold the class driver's lock: if it misses a buffer, another CPU is just
 * reaping, and checks again before it finishes.
 */
static inline bool vfe_queue_interrupt(struct vfe_queue *q)
{
	if (!vfe_queue_pending(q))
		return false;
	this_cpu_inc(q->events->interrupts);
	q->spec.done(q);
	return true;
}

/*
 * Will a smaller ring do if there is no memory for this one? A packed one keeps
 * its size, as in the kernel's driver.
 */
static inline bool vfe_queue_may_shrink(const struct vfe_queue *q)
{
	return !q->fixed_size && !q->ops->any_size;
}

/* memory.c: zeroed memory that the device accesses, or NULL */
void *vfe_ring_alloc(const struct vfe_queue *q, struct device *dev, size_t len,
		     dma_addr_t *dma);
void vfe_ring_free(const struct vfe_queue *q, struct device *dev, size_t len,
		   void *memory, dma_addr_t dma);

/* queue.c: the length to use for one that exceeds the buffer; warns once */
u32 vfe_queue_wrong_len(struct vfe_queue *q, u32 len, u32 most);
/* queue.c: mark a queue broken, log why once, request a reset */
void vfe_queue_break(struct vfe_queue *q, const char *field, u32 value);
int vfe_queue_init(struct vfe_queue *q, struct vfe_device *vd,
		   const struct vfe_queue_spec *spec);
void vfe_queue_exit(struct vfe_queue *q);
void vfe_queue_reset_counts(struct vfe_queue *q);

#endif /* VFE_RING_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a queue is inside the core, and the table of operations that each ring
 * layout fills in. Nothing here knows about PCI: the ring files also build
 * over other ways to reach a device.
 */
#ifndef VFE_RING_H
#define VFE_RING_H

#include <linux/percpu.h>
#include <linux/types.h>

#include <vfe/queue.h>

struct device;
struct split_ring;

/**
 * struct vfe_queue_counts - what is counted of a queue, a CPU each
 * @kicks: notifications written
 * @kicks_suppressed: times that there was something new, and the device wanted
 *		      no notification
 * @completions: buffers taken back
 * @interrupts: interrupts that found used buffers
 */
struct vfe_queue_counts {
	u64 kicks;
	u64 kicks_suppressed;
	u64 completions;
	u64 interrupts;
};

/**
 * struct vfe_ring_ops - a ring layout
 * @name: of the layout
 * @create: allocate the ring's memory, set the addresses in the queue
 * @destroy: give it back; the device no longer uses it
 * @reset: empty it, as at creation; all buffers were detached
 * @add: see vfe_queue_add(); the arguments are checked
 * @kick_prepare: see vfe_queue_kick_prepare(); false with nothing new
 * @pending: is there a used buffer? May race with @get
 * @get: see vfe_queue_get()
 * @disable_cb: see vfe_queue_disable_cb()
 * @enable_cb: see vfe_queue_enable_cb()
 * @detach: see vfe_queue_detach()
 * @indices: how many buffers were made available and taken back, modulo 65536
 */
struct vfe_ring_ops {
	const char *name;
	int (*create)(struct vfe_queue *q, struct device *dev);
	void (*destroy)(struct vfe_queue *q, struct device *dev);
	void (*reset)(struct vfe_queue *q);
	int (*add)(struct vfe_queue *q, const struct vfe_seg *segs,
		   unsigned int out, unsigned int in, void *token);
	bool (*kick_prepare)(struct vfe_queue *q);
	bool (*pending)(const struct vfe_queue *q);
	void *(*get)(struct vfe_queue *q, u32 *len);
	void (*disable_cb)(struct vfe_queue *q);
	bool (*enable_cb)(struct vfe_queue *q);
	void *(*detach)(struct vfe_queue *q);
	void (*indices)(const struct vfe_queue *q, u16 *avail, u16 *used);
};

extern const struct vfe_ring_ops vfe_split_ops;

/**
 * struct vfe_queue - a virtqueue
 * @vd: the device
 * @ops: the ring's layout
 * @split: the ring, private to the layout
 * @spec: what the class driver asked for
 * @counts: one set a CPU
 * @base: what the sums were when they were last reset
 * @desc_addr: bus address of the descriptors
 * @driver_addr: bus address of what the driver writes
 * @device_addr: bus address of what the device writes
 * @notify_offset: in bytes, in the notify window
 * @max_segs: most pieces of a buffer: what was asked, at most @size
 * @index: the device's number for it
 * @size: entries of the ring
 * @event_idx: VIRTIO_F_EVENT_IDX was negotiated
 * @indirect: VIRTIO_F_INDIRECT_DESC was negotiated
 * @order_platform: VIRTIO_F_ORDER_PLATFORM was negotiated
 * @broken: the device broke the rules of the ring, or is gone
 */
struct vfe_queue {
	struct vfe_device *vd;
	const struct vfe_ring_ops *ops;
	struct split_ring *split;
	struct vfe_queue_spec spec;
	struct vfe_queue_counts __percpu *counts;
	struct vfe_queue_counts base;
	dma_addr_t desc_addr;
	dma_addr_t driver_addr;
	dma_addr_t device_addr;
	u32 notify_offset;
	unsigned int max_segs;
	u16 index;
	u16 size;
	bool event_idx;
	bool indirect;
	bool order_platform;
	bool broken;
};

/* queue.c: mark a queue broken, say why once, ask for a reset */
void vfe_queue_break(struct vfe_queue *q, const char *field, u32 value);
int vfe_queue_init(struct vfe_queue *q, struct vfe_device *vd, u16 index,
		   const struct vfe_queue_spec *spec);
void vfe_queue_exit(struct vfe_queue *q);
/* From the interrupt: call done() if there is something. Return: if so */
bool vfe_queue_interrupt(struct vfe_queue *q);
void vfe_queue_get_counts(const struct vfe_queue *q,
			  struct vfe_queue_counts *sum);
void vfe_queue_reset_counts(struct vfe_queue *q);

#endif /* VFE_RING_H */

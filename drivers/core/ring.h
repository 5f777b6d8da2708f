/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a queue is inside the core, and the table of operations that each ring
 * layout fills in. Nothing here knows about PCI: the ring files also build
 * over other ways to reach a device.
 */
#ifndef VFE_RING_H
#define VFE_RING_H

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include <vfe/queue.h>

struct device;
struct packed_ring;
struct split_ring;

/**
 * struct vfe_queue_counts - what is counted of a queue
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
 * struct vfe_queue_events - those that calls which nobody serialises count, a
 * CPU each
 * @kicks: notifications written
 * @interrupts: interrupts that found used buffers
 */
struct vfe_queue_events {
	u64 kicks;
	u64 interrupts;
};

/**
 * struct vfe_ring_ops - a ring layout, in the variant for the features that
 * were negotiated: none of these looks at a feature again
 * @name: of the layout
 * @any_size: sizes need not be powers of two
 * @create: allocate the ring's memory, set the addresses in the queue
 * @destroy: give it back; the device no longer uses it
 * @reset: empty it, as at creation; all buffers were detached
 * @add: see vfe_queue_add(); the arguments are checked
 * @add_table: see vfe_queue_add_table(); likewise
 * @table: how indirect tables are written
 * @capacity: see vfe_queue_capacity()
 * @kick_prepare: see vfe_queue_kick_prepare(); false with nothing new
 * @pending: is there a used buffer? May race with @get_many
 * @get_many: see vfe_queue_get_many()
 * @disable_cb: see vfe_queue_disable_cb()
 * @enable_cb: see vfe_queue_enable_cb()
 * @enable_cb_after: see vfe_queue_enable_cb_after(); the number is 1 at least
 * @detach: see vfe_queue_detach()
 * @next: where the next buffer goes that the device does not see yet, as a
 *	  notification tells it (virtio 1.4, 2.9): offset, and wrap counter in
 *	  bit 15. May race with all others
 * @completions: how many buffers were taken back since creation. May race
 * @indices: how many buffers were made available and taken back, modulo 65536
 */
struct vfe_ring_ops {
	const char *name;
	bool any_size;
	int (*create)(struct vfe_queue *q, struct device *dev);
	void (*destroy)(struct vfe_queue *q, struct device *dev);
	void (*reset)(struct vfe_queue *q);
	int (*add)(struct vfe_queue *q, const struct vfe_seg *segs,
		   unsigned int out, unsigned int in, void *token);
	int (*add_table)(struct vfe_queue *q, dma_addr_t table, unsigned int n,
			 u32 in_len, void *token);
	struct vfe_table_format table;
	u16 (*capacity)(const struct vfe_queue *q);
	bool (*kick_prepare)(struct vfe_queue *q);
	bool (*pending)(const struct vfe_queue *q);
	unsigned int (*get_many)(struct vfe_queue *q, struct vfe_used *used,
				 unsigned int most);
	void (*disable_cb)(struct vfe_queue *q);
	bool (*enable_cb)(struct vfe_queue *q);
	bool (*enable_cb_after)(struct vfe_queue *q, u16 n);
	void *(*detach)(struct vfe_queue *q);
	u16 (*next)(const struct vfe_queue *q);
	u64 (*completions)(const struct vfe_queue *q);
	void (*indices)(const struct vfe_queue *q, u16 *avail, u16 *used);
};

/* The operations for a queue whose features are known */
const struct vfe_ring_ops *vfe_split_ops(const struct vfe_queue *q);
const struct vfe_ring_ops *vfe_packed_ops(const struct vfe_queue *q);

/**
 * struct vfe_queue - a virtqueue
 * @vd: the device
 * @ops: the ring's layout
 * @ring: the ring, private to the layout: one of the next two, or NULL
 * @split: a split ring
 * @packed: a packed ring
 * @spec: what the class driver asked for
 * @events: counted a CPU each
 * @kicks_suppressed: as in struct vfe_queue_counts; counted with the queue's
 *		      lock held
 * @base: what the sums were when they were last reset
 * @desc_addr: bus address of the descriptors
 * @driver_addr: bus address of what the driver writes
 * @device_addr: bus address of what the device writes
 * @notify: writes the notification, in the form that was negotiated
 * @notify_offset: in bytes, in the notify window
 * @notify_data: what tells the device which queue it is
 * @max_segs: most pieces of a buffer: what was asked, at most what the ring has
 * @max_table: most descriptors of an indirect table: what was asked, at most
 *	       @size
 * @index: the device's number for it
 * @size: entries of the ring
 * @align: bytes that the part which the device writes is aligned to; more
 *	   than its layout asks for where that is all one piece (virtio 1.4,
 *	   2.7.2). Set before @ops->create()
 * @lies_len: used lengths mean nothing, all may be written: a legacy device.
 *	      Set before vfe_queue_init()
 * @event_idx: VIRTIO_F_EVENT_IDX was negotiated
 * @indirect: VIRTIO_F_INDIRECT_DESC was negotiated
 * @in_order: VIRTIO_F_IN_ORDER was negotiated
 * @order_platform: VIRTIO_F_ORDER_PLATFORM was negotiated
 * @dma_api: addresses for the device are those of the DMA API, not physical
 *	     ones
 * @broken: the device broke the rules of the ring, or is gone
 */
struct vfe_queue {
	struct vfe_device *vd;
	const struct vfe_ring_ops *ops;
	union {
		void *ring;
		struct split_ring *split;
		struct packed_ring *packed;
	};
	struct vfe_queue_spec spec;
	struct vfe_queue_events __percpu *events;
	u64 kicks_suppressed;
	struct vfe_queue_counts base;
	dma_addr_t desc_addr;
	dma_addr_t driver_addr;
	dma_addr_t device_addr;
	void (*notify)(struct vfe_queue *q);
	u32 notify_offset;
	u16 notify_data;
	unsigned int max_segs;
	unsigned int max_table;
	u16 index;
	u16 size;
	u16 align;
	bool lies_len;
	bool event_idx;
	bool indirect;
	bool in_order;
	bool order_platform;
	bool dma_api;
	bool broken;
};

/* Does vfe_queue_add() put what has several pieces into a table of the ring? */
static inline bool vfe_ring_makes_tables(const struct vfe_queue *q)
{
	return q->indirect && !q->spec.own_tables;
}

/*
 * A full barrier against the device. One that is another CPU needs no more
 * than CPUs do between each other (on UP kernels too: virt_).
 */
static __always_inline void vfe_ring_mb(bool order_platform)
{
	if (order_platform)
		mb(); /* virtio 1.4, 6.1: as for a device made of hardware */
	else
		virt_mb(); /* as between CPUs */
}

/*
 * Counts without a lock of their own: the caller of the ring's operations
 * serialises, who reads may see the sum before or after.
 */
static __always_inline void vfe_ring_count(u64 *count)
{
	/* one instruction, where who reads sees one or the other */
	data_race((*count)++);
}

/* memory.c: what the device reads and writes of a ring, zeroed, or NULL */
void *vfe_ring_alloc(const struct vfe_queue *q, struct device *dev, size_t len,
		     dma_addr_t *dma);
void vfe_ring_free(const struct vfe_queue *q, struct device *dev, size_t len,
		   void *memory, dma_addr_t dma);

/* queue.c: a used length that cannot be: said once a device, then ignored */
void vfe_queue_wrong_len(struct vfe_queue *q, u32 len, u32 most);
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

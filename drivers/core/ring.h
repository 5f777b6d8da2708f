/* SPDX-License-Identifier: GPL-2.0 */
/*
 * struct vfe_queue, and the operations of a ring layout. Nothing here depends
 * on PCI: the files of the rings also build as a user space program
 * (tools/ring).
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
 * struct vfe_queue_counts - counts of a queue
 * @kicks: notifications written
 * @kicks_suppressed: times that buffers were added, but the device wanted no
 *		      notification
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
 * struct vfe_queue_events - per-CPU counts, for calls that run concurrently
 * @kicks: notifications written
 * @interrupts: interrupts that found used buffers
 */
struct vfe_queue_events {
	u64 kicks;
	u64 interrupts;
};

/**
 * struct vfe_ring_ops - a ring layout, in a variant for the negotiated features
 * @name: name of the layout
 * @any_size: sizes need not be powers of two
 * @create: allocate the ring's memory, set the addresses in the queue
 * @destroy: free it; the device no longer uses it
 * @reset: empty it, as at creation; all buffers were detached
 * @add: see vfe_queue_add(); the arguments are checked
 * @add_table: see vfe_queue_add_table(); likewise
 * @table: format of indirect tables
 * @capacity: see vfe_queue_capacity()
 * @kick_prepare: see vfe_queue_kick_prepare(); false if nothing was added
 * @pending: is there a used buffer? May race with @get_many
 * @get_many: see vfe_queue_get_many()
 * @disable_cb: see vfe_queue_disable_cb()
 * @enable_cb: see vfe_queue_enable_cb()
 * @enable_cb_after: see vfe_queue_enable_cb_after(); the number is 1 at least
 * @detach: see vfe_queue_detach()
 * @next: position of the next buffer that the device cannot see yet, as in a
 *	  notification (virtio 1.4, 2.9): offset, and wrap counter in bit 15.
 *	  May race with all others
 * @completions: number of buffers taken back since creation. May race with all
 *		 others
 * @indices: number of buffers made visible and taken back, modulo 65536
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
 * @ops: operations of the ring's layout
 * @ring: the ring: one of the next two, or NULL
 * @split: a split ring
 * @packed: a packed ring
 * @spec: the class driver's specification
 * @events: per-CPU counts
 * @kicks_suppressed: as in struct vfe_queue_counts; counted with the queue's
 *		      lock held
 * @base: sums at the last reset of the counts
 * @desc_addr: bus address of the descriptors
 * @driver_addr: bus address of the part that the driver writes
 * @device_addr: bus address of the part that the device writes
 * @notify: writes the notification, in the form that was negotiated
 * @notify_offset: offset in the notify window, in bytes
 * @notify_data: value in a notification that identifies the queue
 * @max_segs: most pieces of a buffer: as in @spec, limited to the ring's
 *	      capacity
 * @max_table: most descriptors of an indirect table: as in @spec, limited to
 *	       @size
 * @index: the device's number for it
 * @size: entries of the ring
 * @align: alignment of the part that the device writes, in bytes; larger for a
 *	   legacy device, whose ring is in one piece (virtio 1.4, 2.7.2). Set
 *	   before @ops->create()
 * @no_used_len: a legacy device: used lengths mean nothing, the device may have
 *	      written the whole buffer. Set before vfe_queue_init()
 * @event_idx: VIRTIO_F_EVENT_IDX was negotiated
 * @indirect: VIRTIO_F_INDIRECT_DESC was negotiated
 * @in_order: VIRTIO_F_IN_ORDER was negotiated
 * @order_platform: VIRTIO_F_ORDER_PLATFORM was negotiated
 * @dma_api: the device takes addresses of the DMA API, not physical ones
 * @broken: the device violated the rules of the ring, is gone, or is reset
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
	bool no_used_len;
	bool event_idx;
	bool indirect;
	bool in_order;
	bool order_platform;
	bool dma_api;
	bool broken;
};

/*
 * Does vfe_queue_add() put a buffer of several segments into an indirect table?
 */
static inline bool vfe_ring_makes_tables(const struct vfe_queue *q)
{
	return q->indirect && !q->spec.own_tables;
}

/*
 * A full barrier against the device. If another CPU emulates the device, a
 * barrier between CPUs is enough (virt_: on UP kernels, too).
 */
static __always_inline void vfe_ring_mb(bool order_platform)
{
	if (order_platform)
		mb(); /* virtio 1.4, 6.1: as for a hardware device */
	else
		virt_mb(); /* as between CPUs */
}

/*
 * Increments a count. The caller of the ring's operations serialises writers; a
 * concurrent reader may see the count before or after.
 */
static __always_inline void vfe_ring_count(u64 *count)
{
	/* a concurrent reader sees the old or the new value */
	data_race((*count)++);
}

/* memory.c: zeroed memory that the device accesses, or NULL */
void *vfe_ring_alloc(const struct vfe_queue *q, struct device *dev, size_t len,
		     dma_addr_t *dma);
void vfe_ring_free(const struct vfe_queue *q, struct device *dev, size_t len,
		   void *memory, dma_addr_t dma);

/* queue.c: warn once per device about a used length that is too large */
void vfe_queue_wrong_len(struct vfe_queue *q, u32 len, u32 most);
/* queue.c: mark a queue broken, log why once, ask for a reset */
void vfe_queue_break(struct vfe_queue *q, const char *field, u32 value);
int vfe_queue_init(struct vfe_queue *q, struct vfe_device *vd, u16 index,
		   const struct vfe_queue_spec *spec);
void vfe_queue_exit(struct vfe_queue *q);
/* For interrupts: call done() if there is a used buffer. Return: if so */
bool vfe_queue_interrupt(struct vfe_queue *q);
void vfe_queue_get_counts(const struct vfe_queue *q,
			  struct vfe_queue_counts *sum);
void vfe_queue_reset_counts(struct vfe_queue *q);

#endif /* VFE_RING_H */

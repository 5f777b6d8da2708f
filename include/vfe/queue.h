/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtqueue as class drivers use it. The caller maps its buffers for DMA and
 * serialises all calls on one queue, except vfe_queue_notify(),
 * vfe_queue_pending() and the functions that only return a property of the
 * queue. The rings are in drivers/core/split.c and packed.c.
 */
#ifndef VFE_QUEUE_H
#define VFE_QUEUE_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/percpu.h>
#include <linux/types.h>

struct device;
struct packed_ring;
struct split_ring;
struct vfe_device;
struct vfe_queue;

/**
 * struct vfe_seg - one segment of a buffer, mapped for DMA
 * @addr: bus address
 * @len: bytes, not 0
 */
struct vfe_seg {
	dma_addr_t addr;
	u32 len;
};

/**
 * struct vfe_desc - a descriptor in an indirect table, as the device reads it
 * @addr: bus address
 * @len: bytes, not 0
 * @ctrl: flags and other bits, see struct vfe_table_format
 *
 * A class driver that builds its own tables writes these.
 */
struct vfe_desc {
	__le64 addr;
	__le32 len;
	__le32 ctrl;
};

/**
 * struct vfe_table_format - the bits of &vfe_desc.ctrl in an indirect table
 * @link: flag of each descriptor except the last
 * @step: to add to descriptor i, except the last, (i + 1) times: the index of
 *	  the next descriptor
 * @write: flag of each descriptor that the device writes
 *
 * The two ring layouts have their flags in different halves of ctrl, and only a
 * split ring links the descriptors of a table (virtio 1.4, 2.7.5 and 2.8.7).
 */
struct vfe_table_format {
	u32 link;
	u32 step;
	u32 write;
};

/**
 * struct vfe_used - a buffer that the device used
 * @token: the token that the buffer was added with
 * @len: bytes that the device says it wrote, limited to the length of the
 *	 buffer's device-writable part (for a legacy device, always that
 *	 length); the core warns once per device if the device reports more
 */
struct vfe_used {
	void *token;
	u32 len;
};

/**
 * enum vfe_vector - the MSI-X vector of a queue in mode VFE_IRQ_MSIX
 * @VFE_VECTOR_OWN: the queue has its own vector
 * @VFE_VECTOR_PREVIOUS: the queue shares the vector of the previous queue, for
 *			 example tx that of rx
 * @VFE_VECTOR_NONE: the queue has no vector: the class driver polls it, and
 *		     must not call vfe_queue_enable_cb()
 */
enum vfe_vector {
	VFE_VECTOR_OWN,
	VFE_VECTOR_PREVIOUS,
	VFE_VECTOR_NONE,
};

/**
 * struct vfe_queue_spec - a class driver's specification of a queue
 * @name: the queue's name in messages and in the interrupt's name
 * @done: called from the queue's interrupt handler: the device used buffers
 * @priv: returned by vfe_queue_priv()
 * @max_segs: most segments of a buffer (determines the size of indirect tables)
 * @size: entries wanted, 0 for the size that the device offers; rounded down to
 *	  a valid size; ignored for a legacy device. A split ring becomes smaller
 *	  if there is no memory for it: vfe_queue_size() is the size in the end
 * @own_tables: the class driver builds indirect tables itself and adds them by
 *		vfe_queue_add_table(); vfe_queue_add() adds chains then
 * @index: index of the virtqueue in the device; the specs of a device are
 *	   sorted by it
 * @vector: see enum vfe_vector
 * @spread: the vector has managed affinity: the kernel spreads the vectors of
 *	    all such queues over the CPUs, and users cannot change that; see
 *	    vfe_queue_affinity()
 * @no_used_len: devices in use report wrong used lengths, and the class driver
 *		 needs none: each is at most the length of the buffer's
 *		 device-writable part, and the log has no line about it
 * @used_len: nothing else has the length of what the device wrote, a packet for
 *	      example: believe used lengths of a legacy device, too; one that
 *	      exceeds the buffer becomes 0
 */
struct vfe_queue_spec {
	const char *name;
	void (*done)(struct vfe_queue *q);
	void *priv;
	unsigned int max_segs;
	u16 size;
	u16 index;
	enum vfe_vector vector;
	bool spread;
	bool own_tables;
	bool no_used_len;
	bool used_len;
};

/* --- the members of a queue: for the core, and for the functions below --- */

/**
 * struct vfe_queue_counts - counts of a queue
 * @kicks: notifications written
 * @kicks_suppressed: times that buffers were added, but the device wanted no
 *		      notification
 * @completions: used buffers reaped
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
 * @add_table: see vfe_queue_add_table(); it checks the arguments
 * @table: format of indirect tables
 * @capacity: see vfe_queue_capacity_of(); NULL: all entries
 * @room: see vfe_queue_room()
 * @kick_prepare: see vfe_queue_kick_prepare(); false if nothing was added
 * @pending: is there a used buffer? May race with @get_many
 * @get_many: see vfe_queue_get_many()
 * @disable_cb: see vfe_queue_disable_cb()
 * @enable_cb: see vfe_queue_enable_cb()
 * @enable_cb_after: see vfe_queue_enable_cb_after(); the number is at least 1
 * @detach: see vfe_queue_detach()
 * @next: position of the first buffer that the device cannot see yet, in the
 *	  format of a notification (virtio 1.4, 2.9): offset, and wrap counter
 *	  in bit 15. May race with all other operations
 * @completions: number of buffers reaped since creation. May race with all
 *		 other operations
 * @in_flight: see vfe_queue_in_flight()
 * @indices: number of published buffers and of reaped buffers, modulo 65536
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
	u16 (*capacity)(const struct vfe_queue *q, u16 size);
	u16 (*room)(const struct vfe_queue *q);
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
	u16 (*in_flight)(const struct vfe_queue *q);
	void (*indices)(const struct vfe_queue *q, u16 *avail, u16 *used);
};

/**
 * struct vfe_queue - a virtqueue
 * @vd: the device
 * @ops: operations of the ring's layout
 * @ring: the ring, or NULL
 * @split: the same, if it is a split ring
 * @packed: the same, if it is a packed ring
 * @spec: the class driver's specification
 * @events: per-CPU counts
 * @kicks_suppressed: as in struct vfe_queue_counts; counted with the queue's
 *		      lock held
 * @base: sums at the last reset of the counts
 * @desc_addr: bus address of the descriptors
 * @driver_addr: bus address of the part that the driver writes
 * @device_addr: bus address of the part that the device writes
 * @notify: writes the notify register, in the form that was negotiated
 * @notify_offset: offset in the notify window, in bytes
 * @notify_data: value in a notification that identifies the queue
 * @max_segs: most segments of a buffer: as in @spec, limited to the ring's
 *	      capacity
 * @max_table: most descriptors of an indirect table: as in @spec, limited to
 *	       @size; 0 without INDIRECT_DESC
 * @index: index of the virtqueue in the device
 * @vector: MSI-X vector in mode VFE_IRQ_MSIX, unless it has none
 * @size: entries of the ring
 * @max_size: largest size that the device offers
 * @size_written: the driver has written the size to the device
 * @fixed_size: no smaller ring will do if there is no memory for this one: a
 *		legacy device determines the size, or vfe_queue_set_size() set it
 * @align: alignment of the part that the device writes, in bytes; larger for a
 *	   legacy device, whose ring is contiguous (virtio 1.4, 2.7.2). Set
 *	   before @ops->create()
 * @no_used_len: used lengths are meaningless, as on a legacy device, which may
 *		 have written the whole buffer. Set before vfe_queue_init()
 * @event_idx: VIRTIO_F_EVENT_IDX was negotiated
 * @indirect: VIRTIO_F_INDIRECT_DESC was negotiated
 * @in_order: VIRTIO_F_IN_ORDER was negotiated
 * @fence: order accesses as for a hardware device: VIRTIO_F_ORDER_PLATFORM was
 *	   negotiated, or the CPU needs it
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
	u16 vector;
	u16 size;
	u16 max_size;
	bool size_written;
	bool fixed_size;
	u16 align;
	bool no_used_len;
	bool event_idx;
	bool indirect;
	bool in_order;
	bool fence;
	bool dma_api;
	bool broken;
};

/* --- functions for class drivers --- */

/**
 * vfe_queue_add() - make a buffer available (not visible before the kick)
 * @q: the queue
 * @segs: @out device-readable segments, then @in device-writable ones
 * @out: number of device-readable segments
 * @in: number of device-writable segments
 * @token: returned by vfe_queue_get(); not NULL
 *
 * Context: any; the caller serialises. No allocation, no sleep.
 * Return: 0; -ENOSPC if the ring is full (kick and wait for a completion); -EIO
 * if the queue is broken; -EINVAL for no segments, more than max_segs, or more
 * than 4 GiB - 1.
 */
int vfe_queue_add(struct vfe_queue *q, const struct vfe_seg *segs,
		  unsigned int out, unsigned int in, void *token);

/**
 * vfe_queue_add_table() - make the buffer of an indirect table available
 * @q: the queue; VIRTIO_F_INDIRECT_DESC was negotiated
 * @table: bus address of the table, which must not change until the buffer is
 *	   used or detached
 * @n: descriptors in it, device-readable ones first
 * @in_len: bytes that the device may write
 * @token: as for vfe_queue_add()
 *
 * Context: as vfe_queue_add(), and with the same errors.
 */
static inline int vfe_queue_add_table(struct vfe_queue *q, dma_addr_t table,
				      unsigned int n, u32 in_len, void *token)
{
	if (unlikely(READ_ONCE(q->broken)))
		return -EIO;
	return q->ops->add_table(q, table, n, in_len, token);
}

/* The format of indirect tables for this queue */
static inline const struct vfe_table_format *
vfe_queue_table_format(const struct vfe_queue *q)
{
	return &q->ops->table;
}

/*
 * Makes all added buffers visible to the device. Return: whether it wants a
 * notification
 */
static inline bool vfe_queue_kick_prepare(struct vfe_queue *q)
{
	return likely(!READ_ONCE(q->broken)) && q->ops->kick_prepare(q);
}

/* Writes the notify register. Needs no serialisation. */
static inline void vfe_queue_notify(struct vfe_queue *q)
{
	q->notify(q);
}

/**
 * vfe_queue_get_many() - reap used buffers, the oldest first
 * @q: the queue
 * @used: where to put them
 * @most: the number of elements of @used, not 0
 *
 * Return: the number of buffers, 0 if there is none or if the queue is broken.
 * The ring may have more used buffers even if this is less than @most, since
 * this function does not read the device's index again. vfe_queue_enable_cb()
 * and the next call do.
 */
static inline unsigned int
vfe_queue_get_many(struct vfe_queue *q, struct vfe_used *used,
		   unsigned int most)
{
	return unlikely(READ_ONCE(q->broken)) ?
	       0 : q->ops->get_many(q, used, most);
}

/**
 * vfe_queue_get() - reap the next used buffer
 * @q: the queue
 * @len: where to put &vfe_used.len
 *
 * Return: the buffer's token, or NULL if there is none, or if the queue is (or
 * just became) broken.
 */
void *vfe_queue_get(struct vfe_queue *q, u32 *len);

/*
 * Is there a used buffer? Needs no serialisation: another CPU may reap it
 * meanwhile.
 */
static inline bool vfe_queue_pending(const struct vfe_queue *q)
{
	return !READ_ONCE(q->broken) && q->ops->pending(q);
}

/* Disables interrupts (a hint to the device). */
static inline void vfe_queue_disable_cb(struct vfe_queue *q)
{
	q->ops->disable_cb(q);
}

/* Enables the interrupt. Return: false if there already is a used buffer */
static inline bool vfe_queue_enable_cb(struct vfe_queue *q)
{
	/* do not make the caller wait for buffers of a broken queue */
	return q->ops->enable_cb(q) || READ_ONCE(q->broken);
}

/**
 * vfe_queue_enable_cb_after() - enable a delayed interrupt
 * @q: the queue
 * @n: interrupt when the device has used this many buffers more than the driver
 *     has reaped, on a packed ring this many descriptors; 1 is the same as
 *     vfe_queue_enable_cb(). A larger number is limited to what is in flight,
 *     so that the last buffer raises the interrupt
 *
 * Without VIRTIO_F_EVENT_IDX the device interrupts after each buffer.
 *
 * Return: false if the interrupt may not come, since that many are used already,
 * or on a packed ring some: reap them and call this again.
 */
bool vfe_queue_enable_cb_after(struct vfe_queue *q, unsigned int n);

/*
 * After a reset: return the token of a buffer that the device did not use, or
 * NULL
 */
void *vfe_queue_detach(struct vfe_queue *q);

/**
 * vfe_queue_reset() - reset one queue of a live device
 * @q: the queue
 *
 * VIRTIO_F_RING_RESET: the device's other queues run on. When it returns 0, no
 * done() of this queue runs and the device accesses none of its buffers: take
 * them back with vfe_queue_detach(), then call vfe_queue_restart(). Bounded
 * wait.
 *
 * Context: process context, may sleep; the caller has stopped adding, and
 * serialises this with resets of the device and of its other queues.
 * Return: 0, or an error after which the device must be reset: -EOPNOTSUPP the
 * feature was not negotiated, -ETIMEDOUT the queue's reset did not end, -EIO
 * the device needs a reset or is not live, -ENODEV it is gone.
 */
int vfe_queue_reset(struct vfe_queue *q);

/**
 * vfe_queue_restart() - enable a queue again after its reset
 * @q: the queue, after vfe_queue_reset(); all its buffers detached
 *
 * Context: as vfe_queue_reset().
 * Return: 0, the queue is empty and live, or an error after which the device
 * must be reset.
 */
int vfe_queue_restart(struct vfe_queue *q);

/**
 * vfe_queue_set_size() - have the next restart make a ring of another size
 * @q: the queue, after vfe_reset() or vfe_queue_reset(); all its buffers
 *     detached
 * @size: entries wanted, as in &struct vfe_queue_spec
 *
 * Frees the ring. vfe_restart() or vfe_queue_restart() creates the new one, and
 * fails with -ENOMEM if there is no memory for it; they may be called again
 * then.
 *
 * Context: process context, may sleep; serialised as vfe_queue_reset().
 */
void vfe_queue_set_size(struct vfe_queue *q, u16 size);

/**
 * vfe_queue_stuck() - request a reset of a queue that makes no progress
 * @q: the queue
 *
 * The class driver has waited for too long, and has logged that. The queue is
 * broken from now on, and the recovery resets it, or the device.
 *
 * Context: any.
 */
void vfe_queue_stuck(struct vfe_queue *q);

/**
 * vfe_queue_completions() - how much the device has completed in a ring
 * @q: the queue
 *
 * A user does not reset this count, only a new set-up of the ring does.
 *
 * Context: any.
 */
u64 vfe_queue_completions(const struct vfe_queue *q);

/**
 * vfe_queue_get_counts() - a queue's counts since the last reset
 * @q: the queue
 * @sum: where to put them
 *
 * Context: any.
 */
void vfe_queue_get_counts(const struct vfe_queue *q,
			  struct vfe_queue_counts *sum);

/* Does each kick cause a VM exit? */
bool vfe_queue_kick_traps(const struct vfe_queue *q);

/* Largest size that the device offers for the queue */
unsigned int vfe_queue_max_size(const struct vfe_queue *q);

/* Number of buffers visible to the device and not reaped */
static inline unsigned int vfe_queue_in_flight(const struct vfe_queue *q)
{
	return q->ops->in_flight(q);
}

/*
 * Most descriptors in use at a time in a ring of @size entries: fewer if some
 * devices lose a completion of such a ring while it is full.
 */
unsigned int vfe_queue_capacity_of(const struct vfe_queue *q, u16 size);

static inline unsigned int vfe_queue_capacity(const struct vfe_queue *q)
{
	return vfe_queue_capacity_of(q, q->size);
}

/*
 * Number of free descriptors, to stop before vfe_queue_add() fails. A buffer
 * needs one descriptor with an indirect table, else one per segment.
 */
unsigned int vfe_queue_room(const struct vfe_queue *q);

/* Most segments of a buffer: as in the spec, limited to the ring's capacity */
static inline unsigned int vfe_queue_max_segs(const struct vfe_queue *q)
{
	return q->max_segs;
}

/* Most descriptors of an indirect table; 0 without INDIRECT_DESC */
static inline unsigned int vfe_queue_max_table(const struct vfe_queue *q)
{
	return q->max_table;
}

/* Does a buffer of several segments need only one descriptor of the ring? */
static inline bool vfe_queue_makes_tables(const struct vfe_queue *q)
{
	return q->indirect && !q->spec.own_tables;
}

static inline bool vfe_queue_broken(const struct vfe_queue *q)
{
	return READ_ONCE(q->broken);
}

static inline unsigned int vfe_queue_size(const struct vfe_queue *q)
{
	return q->size;
}

static inline unsigned int vfe_queue_index(const struct vfe_queue *q)
{
	return q->index;
}

static inline struct vfe_device *vfe_queue_device(const struct vfe_queue *q)
{
	return q->vd;
}

/* Return: the @priv of the queue's spec */
static inline void *vfe_queue_priv(const struct vfe_queue *q)
{
	return q->spec.priv;
}

#endif /* VFE_QUEUE_H */

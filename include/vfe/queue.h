/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtqueue as class drivers use it. The caller maps its buffers for DMA and
 * serialises all calls on one queue, except vfe_queue_notify(),
 * vfe_queue_pending() and the functions that only return a property of the
 * queue. The rings are in drivers/core/split.c and packed.c.
 */
#ifndef VFE_QUEUE_H
#define VFE_QUEUE_H

#include <linux/types.h>

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
 * struct vfe_table_format - how to fill &vfe_desc.ctrl
 * @link: in each descriptor of a table but the last
 * @step: in descriptor number i of these, times (i + 1)
 * @write: in each descriptor that the device writes
 *
 * The two ring layouts have their flags in different halves, and only the split
 * one links the descriptors of a table (virtio 1.4, 2.7.5 and 2.8.7).
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
 * struct vfe_queue_spec - what a class driver requests of a queue
 * @name: the queue's name in messages and in the interrupt's name
 * @done: called from the queue's interrupt handler: the device used buffers
 * @priv: returned by vfe_queue_priv()
 * @max_segs: most segments of a buffer (determines the size of indirect tables)
 * @size: entries wanted, 0 for what the device offers; rounded down to a valid
 *	  size; ignored for a legacy device
 * @own_tables: the class driver builds indirect tables itself and adds them by
 *		vfe_queue_add_table(); vfe_queue_add() adds chains then
 * @polled: the queue has no interrupt vector: the class driver must not call
 *	    vfe_queue_enable_cb() and polls the queue itself. Such queues come
 *	    after all others
 */
struct vfe_queue_spec {
	const char *name;
	void (*done)(struct vfe_queue *q);
	void *priv;
	unsigned int max_segs;
	u16 size;
	bool own_tables;
	bool polled;
};

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
 * if the queue is broken; -EINVAL for no segments or more than max_segs.
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
int vfe_queue_add_table(struct vfe_queue *q, dma_addr_t table, unsigned int n,
			u32 in_len, void *token);

/* The format of indirect tables for this queue */
const struct vfe_table_format *
vfe_queue_table_format(const struct vfe_queue *q);

/*
 * Make all added buffers visible to the device. Return: whether it wants a
 * notification
 */
bool vfe_queue_kick_prepare(struct vfe_queue *q);

/* Write the notify register. Needs no serialisation. */
void vfe_queue_notify(struct vfe_queue *q);

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
unsigned int vfe_queue_get_many(struct vfe_queue *q, struct vfe_used *used,
				unsigned int most);

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
bool vfe_queue_pending(const struct vfe_queue *q);

/* Disable interrupts (a hint to the device). */
void vfe_queue_disable_cb(struct vfe_queue *q);

/* Enable the interrupt. Return: false if there already is a used buffer */
bool vfe_queue_enable_cb(struct vfe_queue *q);

/**
 * vfe_queue_enable_cb_after() - enable a delayed interrupt
 * @q: the queue
 * @n: interrupt when the device has used this many buffers more than the driver
 *     has reaped; 1 is the same as vfe_queue_enable_cb(). A larger number is
 *     limited to the number of buffers in flight, so that the last of them
 *     raises the interrupt
 *
 * Without VIRTIO_F_EVENT_IDX the device interrupts after each buffer. On a
 * packed ring it interrupts after @n descriptors, which may be fewer buffers.
 *
 * Return: false if the interrupt may not come, since that many buffers are used
 * already: reap them and call this again.
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

/* Number of buffers visible to the device and not reaped */
unsigned int vfe_queue_in_flight(const struct vfe_queue *q);

/*
 * Most descriptors in use at a time: fewer than vfe_queue_size() for rings in
 * which some devices lose the last one.
 */
unsigned int vfe_queue_capacity(const struct vfe_queue *q);

bool vfe_queue_broken(const struct vfe_queue *q);
unsigned int vfe_queue_size(const struct vfe_queue *q);
unsigned int vfe_queue_index(const struct vfe_queue *q);
struct vfe_device *vfe_queue_device(const struct vfe_queue *q);
/* The @priv of the queue's spec */
void *vfe_queue_priv(const struct vfe_queue *q);

#endif /* VFE_QUEUE_H */

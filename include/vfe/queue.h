/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtqueue as class drivers use it. The caller maps its buffers for DMA
 * and serialises all calls on one queue, but for vfe_queue_notify().
 * The rings behind it are drivers/core/split.c and packed.c.
 */
#ifndef VFE_QUEUE_H
#define VFE_QUEUE_H

#include <linux/types.h>

struct vfe_device;
struct vfe_queue;

/**
 * struct vfe_seg - one piece of a buffer, mapped for DMA
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
 * @ctrl: flags and what else the layout of the ring has there, as
 *	  struct vfe_table_format says
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
 * @link: in all descriptors of a table but the last
 * @step: in descriptor number i of these, (i + 1) times
 * @write: in those that the device writes
 *
 * The two layouts of a ring have their flags in different halves, and only one
 * links the descriptors of a table (virtio 1.4, 2.7.5 and 2.8.7).
 */
struct vfe_table_format {
	u32 link;
	u32 step;
	u32 write;
};

/**
 * struct vfe_used - a buffer that the device used
 * @token: as it was added with
 * @len: bytes the device says it wrote, cut to those of the buffer's writable
 *	 pieces: devices get this wrong, and are told of once
 */
struct vfe_used {
	void *token;
	u32 len;
};

/**
 * struct vfe_queue_spec - what a class driver asks of a queue
 * @name: for the interrupt's name and messages
 * @done: called from the queue's interrupt: the device used buffers
 * @priv: what vfe_queue_priv() returns
 * @max_segs: most pieces one buffer has (sizes the indirect tables)
 * @size: entries wanted, 0 for what the device offers; rounded to what it can,
 *	  and without a say on a legacy device
 * @own_tables: the class driver builds indirect tables itself and adds them by
 *		vfe_queue_add_table(); vfe_queue_add() adds chains then
 * @polled: it never interrupts and has no vector: the class driver asks for no
 *	    interrupt and looks by itself. Such queues come behind all others
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
 * @segs: @out pieces for the device to read, then @in pieces for it to write
 * @out: number of pieces the device reads
 * @in: number of pieces the device writes
 * @token: what vfe_queue_get() gives back, not NULL
 *
 * Context: any; the caller serialises. No allocation, no sleep.
 * Return: 0, -ENOSPC when the ring is full (kick and wait for a completion),
 * -EIO when the queue is broken, -EINVAL for no pieces or more than max_segs.
 */
int vfe_queue_add(struct vfe_queue *q, const struct vfe_seg *segs,
		  unsigned int out, unsigned int in, void *token);

/**
 * vfe_queue_add_table() - make a buffer available by its indirect table
 * @q: the queue; VIRTIO_F_INDIRECT_DESC was negotiated
 * @table: bus address of the table, which stays as it is until the buffer is
 *	   used or detached
 * @n: descriptors in it, those for the device to read first
 * @in_len: bytes that the device may write
 * @token: as for vfe_queue_add()
 *
 * Context: as vfe_queue_add(), and with the same errors.
 */
int vfe_queue_add_table(struct vfe_queue *q, dma_addr_t table, unsigned int n,
			u32 in_len, void *token);

/* How tables for this queue are written */
const struct vfe_table_format *
vfe_queue_table_format(const struct vfe_queue *q);

/* Show all added buffers to the device. Return: whether it wants a notify. */
bool vfe_queue_kick_prepare(struct vfe_queue *q);

/* Write the notify register. Needs no serialisation. */
void vfe_queue_notify(struct vfe_queue *q);

/**
 * vfe_queue_get_many() - take used buffers, the oldest first
 * @q: the queue
 * @used: where to put them
 * @most: how many there is room for, not 0
 *
 * Return: how many were taken, 0 when there is none or the queue is broken.
 * Fewer than @most is no promise that the ring is empty: the device's index is
 * read no more often than necessary. vfe_queue_enable_cb() and the next call
 * see what is left.
 */
unsigned int vfe_queue_get_many(struct vfe_queue *q, struct vfe_used *used,
				unsigned int most);

/**
 * vfe_queue_get() - take the next used buffer
 * @q: the queue
 * @len: where to put &vfe_used.len
 *
 * Return: the buffer's token, or NULL when there is none or the queue is (or
 * just became) broken.
 */
void *vfe_queue_get(struct vfe_queue *q, u32 *len);

/*
 * Is a used buffer there to be taken? Needs no serialisation: what it saw may
 * have been taken since.
 */
bool vfe_queue_pending(const struct vfe_queue *q);

/* Ask for no interrupts (a hint to the device). */
void vfe_queue_disable_cb(struct vfe_queue *q);

/* Ask for an interrupt. Return: false if a used buffer is there already. */
bool vfe_queue_enable_cb(struct vfe_queue *q);

/**
 * vfe_queue_enable_cb_after() - ask for an interrupt later in the ring
 * @q: the queue
 * @n: when the device used this many more than were taken back; 1 is
 *     vfe_queue_enable_cb(). More than the device has are cut to that, so the
 *     interrupt comes when no other can
 *
 * A device that was not asked for VIRTIO_F_EVENT_IDX interrupts after each,
 * and one of a packed ring after @n pieces of buffers, which may be fewer
 * buffers.
 *
 * Return: false if the interrupt may not come, since that many are there
 * already: take what is there and ask again.
 */
bool vfe_queue_enable_cb_after(struct vfe_queue *q, unsigned int n);

/* After a reset: take back a buffer the device never used, or NULL. */
void *vfe_queue_detach(struct vfe_queue *q);

/**
 * vfe_queue_reset() - take one queue back from a live device
 * @q: the queue
 *
 * VIRTIO_F_RING_RESET: the device's other queues run on. When it returns 0, no
 * done() of this one runs and the device touches none of its buffers: take them
 * back with vfe_queue_detach(), then vfe_queue_restart(). Bounded wait.
 *
 * Context: process context, may sleep; the caller has stopped adding, and
 * serialises this with all that resets the device or another of its queues.
 * Return: 0; otherwise the device is to be reset: -EOPNOTSUPP the feature was
 * not negotiated, -ETIMEDOUT no end of the queue's reset, -EIO the device asks
 * for a reset or is not live, -ENODEV it is gone.
 */
int vfe_queue_reset(struct vfe_queue *q);

/**
 * vfe_queue_restart() - give the device a queue that was reset
 * @q: the queue, after vfe_queue_reset(); all its buffers detached
 *
 * Context: as vfe_queue_reset().
 * Return: 0, the queue is empty and live, or an error: the device is to be
 * reset then.
 */
int vfe_queue_restart(struct vfe_queue *q);

/* Buffers that the device has and that were not taken back */
unsigned int vfe_queue_in_flight(const struct vfe_queue *q);

/*
 * Descriptors that can be in use at a time: fewer than vfe_queue_size() where
 * devices are known to lose the last one.
 */
unsigned int vfe_queue_capacity(const struct vfe_queue *q);

bool vfe_queue_broken(const struct vfe_queue *q);
unsigned int vfe_queue_size(const struct vfe_queue *q);
unsigned int vfe_queue_index(const struct vfe_queue *q);
struct vfe_device *vfe_queue_device(const struct vfe_queue *q);
/* What the class driver gave with the queue's spec */
void *vfe_queue_priv(const struct vfe_queue *q);

#endif /* VFE_QUEUE_H */

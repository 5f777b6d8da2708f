/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Submission and completion of requests, for the drivers of storage: the class
 * driver prepares a request and completes it; between the two, these functions
 * put it into the ring, kick the device, reap used requests, poll, coalesce
 * interrupts, and handle requests that are late.
 *
 * The functions on the path of each request are inline. They do not sleep. The
 * others are in drivers/core/io_*.c.
 *
 * By default the driver kicks as soon as the last request of a batch is in the
 * ring, and enables the interrupt for the next completion as soon as it has
 * nothing left to complete. Delaying either saves exits on some workloads and
 * loses throughput on others, so the features that do this are off by default.
 */
#ifndef VFE_IO_QUEUE_H
#define VFE_IO_QUEUE_H

#include <linux/gfp.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/preempt.h>
#include <linux/spinlock.h>

#include "device.h"
#include "reap.h"
#include "recovery.h"

struct dma_pool;
struct vfe_io_queue;

#define VFE_IO_REAP		16	/* used buffers reaped in one call */
#define VFE_IO_WIRE_ALIGN	16	/* of a table: virtio 1.4, 2.7 */

#define VFE_IO_LOOKS		8	/* looks at the ring in an interrupt */

/* For allocations that may not sleep; the callers handle a failure. */
#define VFE_IO_GFP		(GFP_ATOMIC | __GFP_NOWARN)

/**
 * struct vfe_io_request - a request that can be put into a ring
 * @token: the request in the ring, and in lists
 * @wire: memory that the device accesses, except data: the class's header and
 *	  status, then the preallocated table
 * @wire_dma: the device's address of @wire
 * @own: preallocated room for descriptors
 * @descs: its descriptors: @own, or allocated for a request that needs more
 * @table: the descriptors as the device reads them: @descs itself, room for a
 *	   copy of it, or NULL if the device reads them in the ring
 * @table_dma: the device's address of @table
 * @in_len: bytes that the device may write
 * @num: number of descriptors in @descs
 * @out: number of device-readable descriptors, which come first
 * @timeouts: how often the request timed out while reset_after was set
 * @error: why vfe_io_submit() did not add the request: -EAGAIN send it again
 *	   later, -EIO it cannot be sent
 * @held: @descs are not @own, or the class driver has something to release
 *
 * A member of the class driver's structure, which is zeroed when it is
 * allocated.
 */
struct vfe_io_request {
	struct vfe_token token;
	void *wire;
	dma_addr_t wire_dma;
	struct vfe_desc *own;
	struct vfe_desc *descs;
	struct vfe_desc *table;
	dma_addr_t table_dma;
	u32 in_len;
	u16 num;
	u16 out;
	u16 timeouts;
	s16 error;
	bool held;
};

/**
 * struct vfe_io_done - requests that were reaped
 * @list: their tokens
 * @waited_for: a request was refused because the ring was full before these
 *		completed
 */
struct vfe_io_done {
	struct vfe_token_list list;
	bool waited_for;
};

/**
 * struct vfe_io_ops - operations of a class driver for its queues
 * @complete: complete requests that the core reaped by itself: in a timer, in a
 *	      tasklet, or before it closes the ring. Called in any context,
 *	      without the queue's lock
 * @full: the ring is full: send no request before @room. Called with the
 *	  queue's lock held, so that @room comes later
 * @room: the ring has room again. Called with the queue's lock held
 */
struct vfe_io_ops {
	void (*complete)(struct vfe_io_queue *ioq, struct vfe_io_done *done);
	void (*full)(struct vfe_io_queue *ioq);
	void (*room)(struct vfe_io_queue *ioq);
};

/**
 * struct vfe_io_tunables - values that users can change while a device runs
 * @coalesce_usecs: period of the timer that replaces interrupts and kicks on a
 *		    busy queue; 0: no timer
 * @adaptive_poll: longest time, in microseconds, to busy-wait for a completion
 *		   after a submission; 0: no busy-waiting
 * @reset_after: seconds that a request may be in flight before the driver
 *		 resets the device; 0: no limit
 */
struct vfe_io_tunables {
	unsigned int coalesce_usecs;
	unsigned int adaptive_poll;
	unsigned int reset_after;
};

#define VFE_IO_MAX_USECS	10000	/* limit of the first two */

/**
 * struct vfe_io_memory - memory of requests
 * @table_offset: of the table in &vfe_io_request.wire, a multiple of
 *		  VFE_IO_WIRE_ALIGN
 * @own_descs: preallocated descriptors of a request
 * @max_descs: most descriptors of a request
 * @max_alloc: most bytes that the class driver allocates by vfe_io_alloc()
 * @dma_api: the device takes addresses of the DMA API
 * @wires: pool of &vfe_io_request.wire, with the DMA API only
 * @tables: pool of large tables, with the DMA API only
 *
 * The class driver sets the first four.
 */
struct vfe_io_memory {
	size_t table_offset;
	unsigned int own_descs;
	unsigned int max_descs;
	size_t max_alloc;
	bool dma_api;
	struct dma_pool *wires;
	struct dma_pool *tables;
};

/**
 * struct vfe_io - data that the queues of a device share
 * @recovery: starts, stops and resets the device
 * @ops: the class driver's operations
 * @queues: the queues; changed only while the device is not in use
 * @memory: memory of requests
 * @still_since: when a late request last found that the device had completed
 *		 something, 0 for never
 * @completions: how much it had completed then
 * @tunables: values that users can change
 * @tunables_lock: serialises changes of them
 *
 * The driver data of the PCI function is its @recovery.
 */
struct vfe_io {
	struct vfe_recovery recovery;
	const struct vfe_io_ops *ops;
	struct list_head queues;
	struct vfe_io_memory memory;
	unsigned long still_since;
	u64 completions;
	struct vfe_io_tunables tunables;
	struct mutex tunables_lock;	/* of changes by users, see above */
};

/**
 * struct vfe_io_queue - a virtqueue for requests
 * @lock: serialises all use of @vq, and protects the fields that follow
 * @started: the ring may be used
 * @polled: the queue has no interrupt
 * @suppress: the driver must disable interrupts while it reaps; not needed with
 *	      EVENT_IDX, where used_event already does this
 * @full: the ring was full: a request waits for a completion
 * @late: the log has a warning about a late request, and no request completed
 *	  since
 * @coalescing: interrupts are disabled, and @timer reaps
 * @owed: a kick was left to @timer
 * @vq: the virtqueue; the class driver sets it after vfe_queues_create()
 * @io: data that it shares with the device's other queues
 * @coalesce_ns: period of @timer, 0: no coalescing
 * @poll_ns: longest time to busy-wait after a submission, 0: no busy-waiting
 * @poll_skipped: counts submissions while @usual_ns exceeds @poll_ns
 * @usual_ns: moving average of the time to a completion, 0 if unknown
 * @segs: room to build a chain in, without INDIRECT_DESC
 * @spare: preallocated descriptors of one request, for when an allocation
 *	   fails
 * @spare_table: likewise, as the device reads them: may be @spare itself
 * @spare_dma: the device's address of @spare_table
 * @spare_used: bit 0: a request uses @spare and @spare_table
 * @timer: see io_coalesce.c
 * @reap: tasklet that completes the requests after busy-waiting; see io_poll.c
 * @node: in &vfe_io.queues
 * @name: for messages and the interrupt's name
 * @used: for vfe_queue_reap()
 */
struct vfe_io_queue {
	spinlock_t lock;	/* of the ring, see above */
	bool started;
	bool polled;
	bool suppress;
	bool full;
	bool late;
	bool coalescing;
	bool owed;
	struct vfe_queue *vq;
	struct vfe_io *io;
	u32 coalesce_ns;
	u32 poll_ns;
	u32 poll_skipped;
	u32 usual_ns;
	struct vfe_seg *segs;
	struct vfe_desc *spare;
	struct vfe_desc *spare_table;
	dma_addr_t spare_dma;
	unsigned long spare_used;
	struct hrtimer timer;
	struct tasklet_struct reap;
	struct list_head node;
	char name[16];
	struct vfe_used used[VFE_IO_REAP];
};

/* --- io_queue.c: set-up, recovery, rare cases --- */

/**
 * vfe_io_init() - initialise the data that the queues of a device share
 * @io: zeroed
 * @ops: the class driver's operations for queues
 * @recovery_ops: the class driver's operations for the recovery
 */
void vfe_io_init(struct vfe_io *io, const struct vfe_io_ops *ops,
		 const struct vfe_recovery_ops *recovery_ops);

/**
 * vfe_io_queue_init() - initialise a queue, before there are virtqueues
 * @ioq: zeroed, except for @name, which is set
 * @io: data that it shares with other queues; features are negotiated
 * @polled: the class driver polls it: it has no interrupt
 * @spec: set to the specification for vfe_queues_create(), to which the class
 *	  driver adds @done, @max_segs, @size and @index
 */
void vfe_io_queue_init(struct vfe_io_queue *ioq, struct vfe_io *io,
		       bool polled, struct vfe_queue_spec *spec);

/* Waits for the timer and the tasklet. Process context, may sleep */
void vfe_io_queue_exit(struct vfe_io_queue *ioq);

/*
 * @open and @close of &struct vfe_recovery_ops, for a device whose queues are
 * all &struct vfe_io_queue
 */
void vfe_io_open(struct vfe_device *vd, unsigned int queue);
void vfe_io_close(struct vfe_device *vd, unsigned int first, unsigned int n);

/*
 * Returns a request that the device did not use before its reset, or NULL. For
 * @take_back of &struct vfe_recovery_ops. Any context
 */
struct vfe_token *vfe_io_detach(struct vfe_io_queue *ioq);

/**
 * vfe_io_drain() - wait until no request is in flight
 * @io: the device's queues
 * @timeout: longest wait, in jiffies
 * @idle: wait up to @wait jiffies; return whether no request is in flight
 *
 * Meanwhile polls the polled queues, because no task may be polling them.
 *
 * Context: process context, may sleep; the class driver holds new requests
 * back.
 * Return: whether no request is in flight.
 */
bool vfe_io_drain(struct vfe_io *io, unsigned long timeout,
		  bool (*idle)(struct vfe_device *vd, unsigned long wait));

/* Reaps and completes used requests, in any context. Return: were there any? */
bool vfe_io_complete_used(struct vfe_io_queue *ioq);

/* Kicks the device for requests that were added without @last. Any context */
void vfe_io_commit(struct vfe_io_queue *ioq);

/**
 * vfe_io_late() - handle a request that timed out
 * @ioq: its queue; vfe_io_complete_used() did not complete the request
 * @req: the request, still in flight
 * @seconds: the time from one such call to the next
 *
 * A slow request is no fault: its storage may be slow or paused. So this
 * repeats the kick, which is harmless. Unless the user set reset_after, it
 * resets only a device that set DEVICE_NEEDS_RESET or lost DRIVER_OK; QEMU's
 * device does the latter when bus mastering is disabled. It reads the status
 * for this only once the device has completed nothing for ten such times: its
 * process may be stopped, and then a read stops the CPU, and QEMU drops a
 * vfio-user device that does not answer within 5 s.
 *
 * Context: any.
 * Return: whether to warn that the request is late: no recovery was requested,
 * and this is the first such request since the queue last completed one.
 */
bool vfe_io_late(struct vfe_io_queue *ioq, struct vfe_io_request *req,
		 unsigned int seconds);

/* --- io_memory.c: memory of requests and queues --- */

/**
 * vfe_io_memory_init() - allocate the memory of queues and requests
 * @io: the device's queues, which are set up; the members of &vfe_io.memory
 *	that belong to the class driver are set
 * @behind: where to put the size of the memory that a request needs, for
 *	    vfe_io_request_init()
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vfe_io_memory_init(struct vfe_io *io, size_t *behind);

/* Frees that memory; no request is left. Process context, may sleep */
void vfe_io_memory_exit(struct vfe_io *io);

/**
 * vfe_io_request_init() - initialise a request
 * @io: the device's queues
 * @req: the request, zeroed
 * @behind: its memory
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vfe_io_request_init(struct vfe_io *io, struct vfe_io_request *req,
			void *behind);
void vfe_io_request_exit(struct vfe_io *io, struct vfe_io_request *req);

/**
 * vfe_io_grow() - get more descriptors than a request has preallocated
 * @ioq: its queue
 * @req: the request, with its preallocated descriptors
 * @n: number of descriptors
 *
 * Context: any.
 * Return: whether there was memory, which vfe_io_shrink() frees.
 */
bool vfe_io_grow(struct vfe_io_queue *ioq, struct vfe_io_request *req,
		 unsigned int n);
void vfe_io_shrink(struct vfe_io_queue *ioq, struct vfe_io_request *req);

/**
 * vfe_io_alloc() - allocate memory that the device can read
 * @io: the device's queues
 * @len: in bytes, at most max_alloc or the largest table
 * @gfp: as for kmalloc()
 * @dma: where to put the device's address of the memory
 *
 * Context: according to @gfp.
 * Return: the memory, or NULL.
 */
void *vfe_io_alloc(struct vfe_io *io, size_t len, gfp_t gfp, dma_addr_t *dma);
void vfe_io_free(struct vfe_io *io, void *p, dma_addr_t dma);

/* --- io_coalesce.c: a timer in place of interrupts --- */

/* For vfe_io_reap_used(): reaps, and starts the timer if the queue is busy. */
void vfe_io_coalesce(struct vfe_io_queue *ioq, struct vfe_io_done *done);

/* --- io_poll.c: a submitter busy-waits for its completion --- */

/**
 * struct vfe_io_counts - counters of a device with such queues, one set per CPU
 * @polls: times that a submitter busy-waited for its completion
 * @polls_found: number of these that found the completion
 * @polls_ns: time spent busy-waiting, in nanoseconds
 *
 * A class driver with more counters has this first in its own structure.
 */
struct vfe_io_counts {
	u64 polls;
	u64 polls_found;
	u64 polls_ns;
};

extern const struct vfe_class_counters vfe_io_counters;

/* For vfe_io_submit(): decides whether to poll; polls. */
bool vfe_io_poll_begin(struct vfe_io_queue *ioq);
void vfe_io_poll_wait(struct vfe_io_queue *ioq);

/* --- io_tunables.c: values that users can change --- */

/*
 * Their files, in the directory of the function or of a class device whose
 * parent the function is
 */
extern const struct attribute_group vfe_io_tunables_group;

/* Return: 0 or -EINVAL. */
int vfe_io_check_tunables(const struct vfe_io_tunables *tunables);

/*
 * Applies valid values. The caller holds @tunables_lock, if users can already
 * see the files.
 */
void vfe_io_tune(struct vfe_io *io, const struct vfe_io_tunables *tunables);

/* --- the path of a request: out of the ring --- */

/* Writes a descriptor, as the device reads it. */
static inline void vfe_io_desc(struct vfe_desc *d, u64 addr, u32 len, u32 ctrl)
{
	d->addr = cpu_to_le64(addr);
	d->len = cpu_to_le32(len);
	d->ctrl = cpu_to_le32(ctrl);
}

/* The request that a token is part of */
static inline struct vfe_io_request *vfe_io_request_of(struct vfe_token *token)
{
	return container_of(token, struct vfe_io_request, token);
}

static inline void vfe_io_done_init(struct vfe_io_done *done)
{
	vfe_token_list_init(&done->list);
	done->waited_for = false;
}

/**
 * vfe_io_reap() - reap used requests
 * @ioq: the queue, its lock held
 * @done: list to append the requests to
 *
 * Does not return buffers that the device uses during the call: the caller must
 * check again, with vfe_queue_enable_cb() or by its next poll.
 */
static __always_inline void vfe_io_reap(struct vfe_io_queue *ioq,
					struct vfe_io_done *done)
{
	vfe_queue_reap(ioq->vq, ioq->used, ARRAY_SIZE(ioq->used), &done->list);
	if (unlikely(ioq->late && done->list.n))
		ioq->late = false;
	/* under the lock, so that @full comes either before this or after it */
	if (unlikely(ioq->full && done->list.n)) {
		ioq->full = false;
		done->waited_for = true;
		ioq->io->ops->room(ioq);
	}
}

/**
 * vfe_io_reap_and_enable() - reap used requests, enable the interrupt
 * @ioq: the queue, its lock held
 * @done: list to append the requests to
 *
 * The loop ends: while the caller holds the lock, no request is added, so the
 * device runs out of requests.
 */
static __always_inline void vfe_io_reap_and_enable(struct vfe_io_queue *ioq,
						   struct vfe_io_done *done)
{
	do {
		if (ioq->suppress)
			vfe_queue_disable_cb(ioq->vq);
		vfe_io_reap(ioq, done);
	} while (!vfe_queue_enable_cb(ioq->vq));
}

/* Reaps in the mode that is set for the queue. The lock is held. */
static __always_inline void vfe_io_reap_locked(struct vfe_io_queue *ioq,
					       struct vfe_io_done *done)
{
	if (unlikely(ioq->polled))
		vfe_io_reap(ioq, done);
	else if (unlikely(ioq->coalesce_ns))
		vfe_io_coalesce(ioq, done);
	else
		vfe_io_reap_and_enable(ioq, done);
}

/**
 * vfe_io_reap_used() - reap used requests, and prepare for the next completion
 * @ioq: the queue
 * @done: set to the requests, which the caller completes
 *
 * Context: any.
 */
static __always_inline void vfe_io_reap_used(struct vfe_io_queue *ioq,
					     struct vfe_io_done *done)
{
	unsigned long flags;

	vfe_io_done_init(done);
	spin_lock_irqsave(&ioq->lock, flags);
	if (likely(ioq->started))
		vfe_io_reap_locked(ioq, done);
	spin_unlock_irqrestore(&ioq->lock, flags);
}

/*
 * One look of vfe_io_interrupt(). Return: whether to look again; if not, the
 * interrupt is enabled as the queue's mode wants it
 */
static __always_inline bool vfe_io_look(struct vfe_io_queue *ioq,
					struct vfe_io_done *done, bool last)
{
	if (unlikely(ioq->polled || ioq->coalesce_ns)) {
		vfe_io_reap_locked(ioq, done);
		return false;
	}
	if (ioq->suppress)
		vfe_queue_disable_cb(ioq->vq);
	vfe_io_reap(ioq, done);
	if (!last && done->list.n && vfe_queue_in_flight(ioq->vq))
		return true;
	if (unlikely(!vfe_queue_enable_cb(ioq->vq)))
		vfe_io_reap_and_enable(ioq, done);
	return false;
}

/**
 * vfe_io_interrupt() - handle a queue's interrupt
 * @ioq: the queue
 * @complete: &vfe_io_ops.complete, inlined
 *
 * Completes requests before it enables the interrupt: those that the device
 * uses meanwhile need no interrupt of their own. Looks VFE_IO_LOOKS times at
 * most, because other CPUs may submit all the time.
 *
 * Context: interrupt handler.
 */
static __always_inline void
vfe_io_interrupt(struct vfe_io_queue *ioq,
		 void (*complete)(struct vfe_io_queue *ioq,
				  struct vfe_io_done *done))
{
	unsigned int left = VFE_IO_LOOKS;
	struct vfe_io_done done;
	unsigned long flags;
	bool again;

	do {
		again = false;
		left--;
		vfe_io_done_init(&done);
		spin_lock_irqsave(&ioq->lock, flags);
		if (likely(ioq->started))
			again = vfe_io_look(ioq, &done, !left);
		spin_unlock_irqrestore(&ioq->lock, flags);
		complete(ioq, &done);
	} while (again);
}

/* --- the path of a request: into the ring --- */

/* for vfe_io_add(), in io_queue.c */
int vfe_io_add_copy(struct vfe_io_queue *ioq, struct vfe_io_request *req);
void vfe_io_refuse(struct vfe_io_queue *ioq, struct vfe_io_request *req,
		   int err);

/* Adds a prepared request. Return: whether it was added */
static __always_inline bool vfe_io_add(struct vfe_io_queue *ioq,
				       struct vfe_io_request *req)
{
	int err;

	if (unlikely(!ioq->started))
		err = -ESHUTDOWN;
	else if (likely(req->table == req->descs))
		err = vfe_queue_add_table(ioq->vq, req->table_dma, req->num,
					  req->in_len, &req->token);
	else
		err = vfe_io_add_copy(ioq, req);
	if (likely(!err))
		return true;
	vfe_io_refuse(ioq, req, err);
	return false;
}

/* Makes added requests visible to the device. Return: whether to kick it */
static __always_inline bool vfe_io_publish(struct vfe_io_queue *ioq)
{
	bool notify;

	if (unlikely(!ioq->started))
		return false;
	notify = vfe_queue_kick_prepare(ioq->vq);
	if (unlikely(ioq->coalescing) && notify) {
		ioq->owed = true;
		return false;
	}
	return notify;
}

/**
 * vfe_io_submit() - add the requests of a list, and kick the device
 * @ioq: the queue
 * @token: the first request; then the first that was not added, with its
 *	   &vfe_io_request.error, or NULL
 * @last: no more requests of their batch come: kick the device. If a request
 *	  cannot be added, this kicks in any case, for those before it
 *
 * A submitter that polls disables the interrupt before the requests are
 * visible, and must not be preempted until it is enabled again.
 *
 * Context: process context without the queue's lock, interrupts enabled; under
 * rcu_read_lock(), which vfe_io_close() waits for. An added request may have
 * ended already when this returns.
 */
static __always_inline void vfe_io_submit(struct vfe_io_queue *ioq,
					  struct vfe_token **token, bool last)
{
	bool notify = false, poll = false;
	struct vfe_token *next;

	spin_lock_irq(&ioq->lock);
	for (; *token; *token = next) {
		/* once in the ring, the request may end and be reused */
		next = (*token)->next;
		if (unlikely(!vfe_io_add(ioq, vfe_io_request_of(*token))))
			break;
	}
	if (last || *token) {
		poll = unlikely(ioq->poll_ns) && vfe_io_poll_begin(ioq);
		notify = vfe_io_publish(ioq);
	}
	if (unlikely(poll))
		preempt_disable();
	spin_unlock_irq(&ioq->lock);
	if (notify)
		vfe_queue_notify(ioq->vq);
	if (unlikely(poll)) {
		vfe_io_poll_wait(ioq);
		preempt_enable();
	}
}

#endif /* VFE_IO_QUEUE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of the virtio side, shared by the files that make it up; each
 * calls those above it:
 *
 *   interrupt.c  interrupts, and a device that is broken
 *   quirk.c      what devices in production do otherwise
 *   chain.c      descriptor chains, turned into pieces of this process's memory
 *   split.c, packed.c  the two layouts of a virtqueue; ring.c: what is common
 *   service.c    how long a request takes
 *   pass.c       the passes over queues: kicks, doorbells, polling
 *   vdev.c       the device as a whole: life cycle
 *   common.c     the common configuration structure, register by register
 *   structures.c what reaches the device through its four structures
 *   commands.c   commands of the control socket
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "base/counts.h"
#include "base/log.h"
#include "guest/gmem.h"
#include "guest/irq.h"
#include "virtio/ring.h"
#include "virtio/vdev.h"

/* Section numbers in the comments are those of virtio 1.4. */

/* 6: missing in older linux/ headers */
#ifndef VIRTIO_F_NOTIFICATION_DATA
#define VIRTIO_F_NOTIFICATION_DATA	38
#endif
#ifndef VIRTIO_F_NOTIF_CONFIG_DATA
#define VIRTIO_F_NOTIF_CONFIG_DATA	39
#endif

/* One pass over a queue ends here, so that the event loop gets its turn. */
#define QUEUE_BATCH_REQUESTS	64
#define QUEUE_BATCH_BYTES	(4U << 20)

/*
 * Sets of features have 64 bits. Features 64 to 69 take the place of 44 to 49,
 * which 2.2 reserves; the registers tell them apart.
 */
#define FEATURE_WORDS		3
#define FEATURE_HIGH_SHIFT	44
#define FEATURE_HIGH_MASK	0x3fU
#define FEATURE_HIGH(n)		((n) - 64 + FEATURE_HIGH_SHIFT)

/*
 * 4.1.4.3: what a driver writes to the notify window with NOTIF_CONFIG_DATA.
 * Not the queue's number, so that a driver which ignores it fails; and never
 * VFE_DOORBELL_IDLE.
 */
#define NOTIF_CONFIG_DATA(index)	(0xa500U + (index))

struct vdev {
	const struct vdev_class *class;
	struct options *o;
	void *state;		/* of the class */
	struct gmem *gm;
	struct irq *irq;
	struct counts *c;

	bool master;		/* the device may read guest memory */
	uint8_t status;
	uint8_t isr;
	uint8_t generation;
	uint64_t offered;
	uint64_t features;	/* as written; final from FEATURES_OK on */
	uint32_t written[FEATURE_WORDS];	/* the same, as registers */
	uint32_t device_select;
	uint32_t driver_select;
	uint16_t config_vector;
	uint16_t queue_select;

	const struct ring_ops *ring;	/* the layout of all queues */
	unsigned int num_queues;
	struct queue *queues;
	struct iovec *iov;	/* for the chains under way */
	int iov_max;
	int iov_used;		/* by those that queue_take() gave */
	struct service *service;

	struct quirk_state quirk;

	int doorbell_fd;
	uint32_t *doorbell;	/* the mapped page, or NULL */
};

static inline bool vdev_fault(const struct vdev *v, unsigned int fault)
{
	return v->o->faults & BIT64(fault);
}

static inline bool vdev_has(const struct vdev *v, unsigned int feature)
{
	return v->features & BIT64(feature);
}

/* The driver has set DRIVER_OK, nothing is broken, memory is in reach. */
static inline bool vdev_running(const struct vdev *v)
{
	return v->master && (v->status & VIRTIO_CONFIG_S_DRIVER_OK) &&
	       !(v->status & VIRTIO_CONFIG_S_NEEDS_RESET);
}

/* The value of a notification of queue @index, 4.1.5.2 */
static inline uint16_t vdev_notify_value(const struct vdev *v,
					 unsigned int index)
{
	return vdev_has(v, VIRTIO_F_NOTIF_CONFIG_DATA) ?
	       NOTIF_CONFIG_DATA(index) : index;
}

/* interrupt.c */

/* 2.1.2: only a reset helps; a configuration change notifies the driver. */
void vdev_break(struct vdev *v);
void vdev_queue_interrupt(const struct queue *q);
void vdev_config_interrupt(struct vdev *v);
/* The configuration of the class changed: generation, interrupt. */
void vdev_config_changed(struct vdev *v);
/* For tests of drivers: an interrupt that nothing caused, on every queue */
void vdev_interrupt_all(struct vdev *v);
/* 4.1.4.5.1: a read of ISR status clears it and takes the interrupt back. */
uint8_t vdev_take_isr(struct vdev *v);

/* pass.c */

/*
 * For a class that takes the buffers of a queue itself: is the queue in use,
 * and its ring in memory?
 */
bool queue_usable(struct queue *q);
/*
 * Take the next buffer. Those taken before keep their pieces until
 * queue_done() or queue_untake().
 * Return: 1, 0 if there is none, -1 after a line in the log if the ring makes
 * no sense; then the device is broken.
 */
int queue_take(struct queue *q, struct chain *c);
/* All that were taken since queue_done() stay in the ring. */
void queue_untake(struct queue *q);
/* Those that were taken are in the used ring, by ring_push(). */
void queue_done(struct queue *q);
/* Publish the used buffers, and interrupt the driver if it wants that. */
void queue_publish(struct queue *q);
/* Interrupt the driver for what was published, if it wants that. */
void queue_notify(struct queue *q);
/* The buffers are used up: ask for a notification. Return: as arm() */
bool queue_arm(struct queue *q);

/* The used entries of service_finish() */
void pass_publish_answered(struct vdev *v);
/*
 * For a class whose queues depend on each other: take all requests that the
 * driver has made available in this queue.
 */
void pass_catch_up(struct queue *q);

/* 4.1.5.2: a write to the notify structure */
void pass_notify(struct vdev *v, uint32_t offset, unsigned int size,
		 uint32_t value);

/* vdev.c */

/* The features are accepted: apply them */
void vdev_features_accepted(struct vdev *v);
/* The driver drives, or has one more queue: tell the class. */
void vdev_started(struct vdev *v);
/* 2.6.1: as before the driver saw it */
void vdev_queue_reset(struct queue *q);
/* For tests of drivers: DRIVER_OK is gone without a reset. */
void vdev_drop_driver_ok(struct vdev *v);

/* common.c */
uint32_t common_read(struct vdev *v, uint32_t offset, unsigned int size);
void common_write(struct vdev *v, uint32_t offset, unsigned int size,
		  uint32_t value);

#endif /* VIRTIO_H */

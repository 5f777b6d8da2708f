/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of the virtio side, shared by the files that make it up:
 *
 *   virtio.c  the device as a whole: life cycle, interrupts, poll, doorbells
 *   common.c  the common configuration structure, register by register
 *   ring.c    a virtqueue; split.c and packed.c: the two layouts (ring.h)
 *   chain.c   descriptor chains, turned into pieces of this process's memory
 *   blk.c     the block device: requests
 *   blkcfg.c  the block device: features and configuration space
 *   service.c how long a request takes (service.h)
 *   zoned.c   the zones of a host-managed one
 *   quirk.c   what devices in production do otherwise
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "device.h"
#include "virtio/ring.h"
#include "virtio/wire.h"

/* Section numbers in the comments are those of virtio 1.4. */

/* One pass over a queue ends here, so that the event loop gets its turn. */
#define QUEUE_BATCH_REQUESTS	64
#define QUEUE_BATCH_BYTES	(4U << 20)

/* Limits that the block device announces and holds requests to */
#define BLK_SIZE_MAX		(256U << 10)
#define BLK_SEG_MAX		254U
#define BLK_REQUEST_MAX		(64U << 20)
#define BLK_DISCARD_SEGS	16U
#define BLK_DISCARD_SECTORS	2097152U
#define BLK_ZEROES_SEGS		1U
#define BLK_ERASE_SEGS		16U
#define BLK_ERASE_SECTORS	65536U
#define BLK_SEGS_MOST		256U	/* where no limit is announced */
#define BLK_ZEROES_SECTORS	65536U

/*
 * 4.1.4.3: what a driver writes to the notify window with NOTIF_CONFIG_DATA.
 * Not the queue's number, so that it shows who does not look; and never
 * VFE_DOORBELL_IDLE.
 */
#define NOTIF_CONFIG_DATA(index)	(0xa500U + (index))

struct vdev {
	const struct options *o;
	struct backend *b;
	struct gmem *gm;
	struct irq *irq;
	struct counts *c;

	bool master;		/* the device may read guest memory */
	uint8_t status;
	uint8_t isr;
	uint8_t generation;
	uint8_t writeback;
	uint64_t offered;
	uint64_t features;	/* as written; final from FEATURES_OK on */
	uint32_t device_select;
	uint32_t driver_select;
	uint16_t config_vector;
	uint16_t queue_select;

	const struct ring_ops *ring;	/* the layout of all queues */
	unsigned int num_queues;
	struct queue *queues;
	struct iovec *iov;	/* for the one chain under way */
	int iov_max;
	struct service *service;

	struct quirk_state quirk;
	struct zoned *zoned;	/* NULL without --zoned */

	int doorbell_fd;
	uint32_t *doorbell;	/* the mapped page, or NULL */
};

/* virtio.c */

/* 2.1.2: only a reset helps; a configuration change notifies the driver. */
void vdev_break(struct vdev *v);
void vdev_config_interrupt(struct vdev *v);
/* The driver has set DRIVER_OK, nothing is broken, memory is in reach. */
bool vdev_running(const struct vdev *v);

/* The features are accepted: apply them */
void vdev_features_accepted(struct vdev *v);
/* 2.6.1: as before the driver saw it */
void vdev_queue_reset(struct queue *q);
/* What a notification of queue @index says, 4.1.5.2 */
uint16_t vdev_notify_value(const struct vdev *v, unsigned int index);

static inline bool vdev_fault(const struct vdev *v, enum device_fault fault)
{
	return v->o->faults & BIT64(fault);
}

static inline bool vdev_has(const struct vdev *v, unsigned int feature)
{
	return v->features & BIT64(feature);
}

/* common.c */
uint32_t common_read(struct vdev *v, uint32_t offset, unsigned int size);
void common_write(struct vdev *v, uint32_t offset, unsigned int size,
		  uint32_t value);

/* blk.c */
/**
 * blk_request() - do what a chain asks for
 * @len: set to the bytes written from the first writable one on
 *
 * Return: 0, or -1 after a line in the log if the chain has no room for a
 * status.
 */
int blk_request(struct queue *q, struct chain *c, uint32_t *len);

/* blkcfg.c */
uint64_t blk_features(const struct vdev *v);
/* The write cache mode that follows from the accepted features, or reset */
void blk_features_accepted(struct vdev *v);
void blk_reset(struct vdev *v);
/* Segments that the data of a request may have */
uint32_t blk_seg_max(const struct vdev *v);
uint32_t blk_config_read(struct vdev *v, uint32_t offset, unsigned int size);
void blk_config_write(struct vdev *v, uint32_t offset, unsigned int size,
		      uint32_t value);

#endif /* VIRTIO_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The inside of the virtio side, shared by the files that make it up:
 *
 *   virtio.c  the device as a whole: life cycle, interrupts, poll, doorbells
 *   common.c  the common configuration structure, register by register
 *   ring.c    a split ring as the device reads and writes it
 *   chain.c   descriptor chains, turned into pieces of this process's memory
 *   blk.c     the block device: requests
 *   blkcfg.c  the block device: features and configuration space
 */
#ifndef VIRTIO_H
#define VIRTIO_H

#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "device.h"

#define BIT64(n)	(UINT64_C(1) << (n))

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
#define BLK_ZEROES_SECTORS	65536U

enum queue_part {
	PART_DESC,
	PART_DRIVER,
	PART_DEVICE,
	NUM_PARTS
};

/*
 * The driver's view: a queue is configured, then enabled, then stays so until
 * the device is reset.
 */
enum queue_state {
	QUEUE_CONFIG,
	QUEUE_ENABLED,
};

struct queue {
	struct vdev *v;
	unsigned int index;
	enum queue_state state;
	uint16_t size;
	uint16_t vector;
	uint64_t addr[NUM_PARTS];	/* guest addresses */
	void *part[NUM_PARTS];		/* where they are here; NULL: look up */

	uint16_t last_avail;	/* next entry of the available ring to take */
	uint16_t seen_avail;	/* available index as last read */
	uint16_t used_idx;	/* next entry of the used ring to fill */
	uint16_t published;	/* used index as the driver sees it */
	bool pending;		/* a pass ended with work left */
};

/* What one descriptor chain holds; pieces the device may read come first. */
struct chain {
	struct iovec *iov;
	int max;
	int readable;		/* pieces */
	int writable;
	uint64_t read_len;	/* bytes */
	uint64_t write_len;
	uint8_t *status;	/* the last byte the device may write, or NULL */
	bool fault;		/* some buffer is not usable */
};

struct vdev {
	const struct options *o;
	struct backend *b;
	struct gmem *gm;
	struct irq *irq;
	struct counts *c;

	bool master;		/* guest memory may be looked at */
	uint8_t status;
	uint8_t isr;
	uint8_t generation;
	uint8_t writeback;
	uint64_t offered;
	uint64_t features;	/* as the driver wrote them */
	uint32_t device_select;
	uint32_t driver_select;
	uint16_t config_vector;
	uint16_t queue_select;

	unsigned int num_queues;
	struct queue *queues;
	struct iovec *iov;	/* for the one chain under way */
	int iov_max;

	int doorbell_fd;
	uint32_t *doorbell;	/* the mapped page, or NULL */
};

/* virtio.c */

/* 2.1.2: only a reset helps; the driver is told by a configuration change. */
void vdev_break(struct vdev *v);
void vdev_config_interrupt(struct vdev *v);
/* The driver has set DRIVER_OK, nothing is broken, memory is in reach. */
bool vdev_running(const struct vdev *v);

static inline bool vdev_has(const struct vdev *v, unsigned int feature)
{
	return v->features & BIT64(feature);
}

/* common.c */
uint32_t common_read(struct vdev *v, uint32_t offset, unsigned int size);
void common_write(struct vdev *v, uint32_t offset, unsigned int size,
		  uint32_t value);

/* ring.c */
void ring_reset(struct queue *q);
/**
 * ring_check() - are the addresses the driver gave fit for use?
 *
 * Return: true, or false after a line in the log.
 */
bool ring_check(struct queue *q);
/* Find the ring's parts in this process. Return: false if one is not RAM. */
bool ring_resolve(struct queue *q);
void ring_forget(struct queue *q);
/**
 * ring_next() - take the next available entry
 *
 * Return: 1 with the head in @head, 0 if there is none, -1 after a line in the
 * log if the driver's index makes no sense.
 */
int ring_next(struct queue *q, uint16_t *head);
/* A glance at the driver's index, which ring_next() then checks */
bool ring_has_more(const struct queue *q);
/* Put a chain into the used ring; the driver sees it after ring_publish(). */
void ring_push(struct queue *q, uint16_t head, uint32_t len);
/* Show the driver what was pushed. Return: whether it wants an interrupt. */
bool ring_publish(struct queue *q);
/* No notifications from here on, as far as that takes no effort. */
void ring_disarm(struct queue *q);
/* Ask for a notification. Return: false if entries have come up meanwhile. */
bool ring_arm(struct queue *q);
/* --poll: keep the driver from ever notifying. */
void ring_silence(struct queue *q);

/* chain.c */
/**
 * chain_read() - follow the chain that starts at @head
 *
 * Return: 0, also when a buffer is not usable (@c->fault), or -1 after a line
 * in the log when the chain itself makes no sense.
 */
int chain_read(struct queue *q, uint16_t head, struct chain *c);

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
uint32_t blk_config_read(struct vdev *v, uint32_t offset, unsigned int size);
void blk_config_write(struct vdev *v, uint32_t offset, unsigned int size,
		      uint32_t value);

#endif /* VIRTIO_H */

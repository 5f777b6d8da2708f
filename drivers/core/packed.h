/* SPDX-License-Identifier: GPL-2.0 */
/* A packed ring, shared by packed.c (its operations) and packed_memory.c. */
#ifndef VFE_PACKED_H
#define VFE_PACKED_H

#include <linux/bits.h>
#include <linux/types.h>
#include <linux/virtio_ring.h>

#include "ring.h"
#include "indirect.h"

/* The two flags for the owner of a descriptor (virtio 1.4, 2.8.1) */
#define PACKED_AVAIL	BIT(VRING_PACKED_DESC_F_AVAIL)
#define PACKED_USED	BIT(VRING_PACKED_DESC_F_USED)
#define PACKED_OWNER	(PACKED_AVAIL | PACKED_USED)

/* A position in the ring: the slot, and the wrap counter in the highest bit */
#define PACKED_WRAP	BIT(VRING_PACKED_EVENT_F_WRAP_CTR)
#define PACKED_SLOT	(PACKED_WRAP - 1)

/**
 * struct packed_buf - the driver's data of a buffer id
 * @token: token of the buffer with this id; NULL if the id is free
 * @number: number of buffers that were added before this one
 * @in_len: bytes that the device may write to it
 * @count: number of its ring descriptors
 * @next: next free id, if this id is free
 */
struct packed_buf {
	void *token;
	u64 number;
	u32 in_len;
	u16 count;
	u16 next;
};

/**
 * struct packed_ring - a packed ring
 * @desc: the descriptors
 * @driver: driver event suppression: when the device should interrupt
 * @device: device event suppression: when the driver should notify
 * @bufs: one for each id; there are as many as descriptors
 * @tables: indirect tables, one for each id
 * @memory: the ring's memory
 * @memory_dma: its bus address
 * @memory_len: its length in bytes
 * @avail_slot: the next descriptor to write
 * @avail_flags: PACKED_AVAIL or PACKED_USED, whichever marks that descriptor
 *		 available
 * @unpublished: number of added descriptors that are not visible to the device
 * @first: slot of the first of these
 * @first_flags: its flags, which vfe_queue_kick_prepare() writes
 * @published: position up to which descriptors are visible to the device
 * @added: number of buffers added since the ring was empty
 * @num_published: number of these that are visible to the device
 * @reaped: number of buffers reaped back, never reset
 * @reaped_at_reset: @reaped when the ring was last emptied
 * @last_used: position of the next used descriptor
 * @free_id: first free id
 * @free: number of free descriptors
 * @oldest: IN_ORDER: id of the buffer that the device uses next
 * @batch: IN_ORDER: buffers of the current batch that were not reaped yet
 * @batch_len: IN_ORDER: used length of the last buffer in the batch
 * @detach_pos: next id for vfe_queue_detach() to check
 * @cb_on: interrupts are enabled
 */
struct packed_ring {
	struct vring_packed_desc *desc;
	__le32 *driver;
	__le32 *device;
	struct packed_buf *bufs;
	struct vfe_tables tables;
	void *memory;
	dma_addr_t memory_dma;
	size_t memory_len;
	u64 added;
	u64 num_published;
	u64 reaped;
	u64 reaped_at_reset;
	u16 avail_slot;
	u16 avail_flags;
	u16 unpublished;
	u16 first;
	u16 first_flags;
	u16 published;
	u16 last_used;
	u16 free_id;
	u16 free;
	u16 oldest;
	u16 batch;
	u32 batch_len;
	u16 detach_pos;
	bool cb_on;
};

/*
 * Most descriptors in use at a time. With IN_ORDER one stays free: QEMU's
 * devices, at least from 10.0 to 11.1, lose the completion that empties a full
 * ring (virtqueue_ordered_fill() considers such a ring empty).
 */
static inline u16 packed_capacity(const struct vfe_queue *q, u16 size)
{
	return q->in_order && size > 1 ? size - 1 : size;
}

int packed_create(struct vfe_queue *q, struct device *dev);
void packed_destroy(struct vfe_queue *q, struct device *dev);
void packed_reset(struct vfe_queue *q);

#endif /* VFE_PACKED_H */

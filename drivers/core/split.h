/* SPDX-License-Identifier: GPL-2.0 */
/* A split ring, shared by split.c (its operations) and split_memory.c. */
#ifndef VFE_SPLIT_H
#define VFE_SPLIT_H

#include <linux/seqlock.h>
#include <linux/types.h>
#include <linux/virtio_ring.h>

#include "ring.h"
#include "indirect.h"

/* The end of the list of free descriptors; sizes are 2^15 at most */
#define SPLIT_NONE	0xffff

/**
 * struct split_buf - the driver's data of a descriptor
 * @token: token of the buffer that begins here; NULL if none does
 * @in_len: bytes that the device may write to that buffer
 * @count: number of its ring descriptors
 * @next: next descriptor of the same buffer, or next free descriptor
 * @position: with IN_ORDER, in place of @next: available index of the buffer
 */
struct split_buf {
	void *token;
	u32 in_len;
	u16 count;
	union {
		u16 next;
		u16 position;
	};
};

/**
 * struct split_ring - a split ring
 * @desc: the descriptor table
 * @avail: the driver's ring
 * @used: the device's ring
 * @used_event: after @avail: the used index at which to interrupt
 * @avail_event: after @used: the available index at which to notify
 * @bufs: one for each descriptor
 * @tables: indirect tables
 * @memory: the ring's memory
 * @memory_dma: its bus address
 * @memory_len: its length in bytes
 * @avail_idx: available index, including buffers not visible to the device
 * @published_idx: available index that is visible to the device
 * @last_used: number of buffers reaped, plus @padding; its low 16 bits are the
 *	       used index of the next buffer to reap
 * @padding: sum that resets added to @last_used, to restart the index at 0
 * @padded: lets readers see changes of @last_used and @padding as one
 * @seen_used: used index as last read from the device and checked
 * @free_head: first free descriptor
 * @free: number of free descriptors
 * @oldest: IN_ORDER: head of the buffer that the device uses next
 * @batch: IN_ORDER: buffers of the current batch that were not reaped yet
 * @batch_len: IN_ORDER: used length of the last buffer in the batch
 * @detach_pos: next descriptor for vfe_queue_detach() to check
 * @cb_on: interrupts are enabled
 */
struct split_ring {
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	__virtio16 *used_event;
	__virtio16 *avail_event;
	struct split_buf *bufs;
	struct vfe_tables tables;
	void *memory;
	dma_addr_t memory_dma;
	size_t memory_len;
	u64 last_used;
	u64 padding;
	seqcount_t padded;
	u16 avail_idx;
	u16 published_idx;
	u16 seen_used;
	u16 free_head;
	u16 free;
	u16 oldest;
	u16 batch;
	u32 batch_len;
	u16 detach_pos;
	bool cb_on;
};

int split_create(struct vfe_queue *q, struct device *dev);
void split_destroy(struct vfe_queue *q, struct device *dev);
void split_reset(struct vfe_queue *q);

#endif /* VFE_SPLIT_H */

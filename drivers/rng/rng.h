/* SPDX-License-Identifier: GPL-2.0 */
/* Definitions of vfe_rng: an entropy device */
#ifndef VFE_RNG_H
#define VFE_RNG_H

#include <linux/completion.h>
#include <linux/hw_random.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <vfe/device.h>
#include <vfe/recovery.h>

#define VFE_RNG_BUFFER	256	/* bytes requested at a time */

/**
 * struct vfe_rng - an entropy device
 * @vd: the device
 * @vq: its only queue
 * @recovery: its recovery
 * @sysfs: its counters
 * @hwrng: the kernel's interface to it
 * @name: of @hwrng
 * @data: the buffer, shared with the device
 * @dma: the device's address of @data
 * @lock: serialises the calls on @vq, and protects the fields that follow
 * @open: the queue accepts buffers
 * @in_flight: the device has the buffer
 * @since: when it got the buffer, in jiffies
 * @first: index in @data of the first unread byte
 * @left: number of unread bytes
 * @filled: the device used the buffer
 */
struct vfe_rng {
	struct vfe_device *vd;
	struct vfe_queue *vq;
	struct vfe_recovery recovery;
	struct vfe_sysfs *sysfs;
	struct hwrng hwrng;
	char name[32];
	u8 *data;
	dma_addr_t dma;
	spinlock_t lock;	/* see above */
	bool open;
	bool in_flight;
	unsigned long since;
	unsigned int first;
	unsigned int left;
	struct completion filled;
};

#endif /* VFE_RNG_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Internal definitions that the core's files share */
#ifndef VFE_CORE_H
#define VFE_CORE_H

#include <linux/cache.h>
#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <vfe/compat/core.h>
#include <vfe/device.h>

#include "ring.h"
#include "transport.h"

/*
 * How long one call waits for the end of a device reset. The specification sets
 * no bound, and neither does virtio_pci. A new device may first have to drain
 * I/O of its previous driver, so a probe waits for a minute. A device in use
 * has a class driver, which calls again: each call waits only for a short time,
 * and the reset goes on between the calls.
 */
#define VFE_PROBE_TIMEOUT_MS	60000U
#define VFE_RESET_TIMEOUT_MS	5000U
#define VFE_RESET_AGAIN_MS	100	/* if the last one timed out */
#define VFE_LOG_INTERVAL	(60 * HZ)	/* rate limit of a device's messages: */
#define VFE_LOG_BURST		10	/* most lines in each interval */
#define VFE_QUEUE_RESET_TIMEOUT_MS 1000	/* for the reset of one queue */
#define VFE_CONFIG_RETRIES	32	/* of a read of configuration */
#define VFE_CONFIG_MOST	64	/* most bytes of such a read */
#define VFE_ALL_ONES		0xff	/* each byte read from a gone function */

#define VFE_LOGGED_STATUS	0	/* bit: a status that needs a reset */

/*
 * For messages that a device can cause more than once per probe. The rate limit
 * is per device, so that no device hides the messages of another.
 */
#define vfe_err(vd, fmt, ...) do { \
	struct vfe_device *vfe_err_vd_ = (vd); \
\
	if (__ratelimit(&vfe_err_vd_->log)) \
		dev_err(vfe_dev(vfe_err_vd_), fmt, ##__VA_ARGS__); \
} while (0)

/*
 * For &vfe_queue.notify: may the driver write a notification? Counts it if so.
 * 3.1.1: not before DRIVER_OK; nor to a function that is gone.
 */
static inline bool vfe_queue_may_notify(struct vfe_queue *q)
{
	if (unlikely(vfe_get_state(q->vd) != VFE_STATE_LIVE))
		return false;
	this_cpu_inc(q->events->kicks);
	return true;
}

/* caps.c */
int vfe_caps_map(struct vfe_device *vd);
void vfe_caps_unmap(struct vfe_device *vd);

/* legacy.c: the same for a device without capabilities */
bool vfe_is_legacy(const struct pci_dev *pdev);
int vfe_legacy_map(struct vfe_device *vd);

/* config.c: read fields once. Return: number of bytes */
u32 vfe_config_fields(struct vfe_device *vd, u32 offset, const u8 *fields,
		      void *buf);

/* features.c: feature bits that the core accepts for any class */
u64 vfe_core_features(void);
/* a set of features as a hexadecimal number, for people; returns @text */
#define VFE_FEATURES_TEXT	36
const char *vfe_features_text(char text[VFE_FEATURES_TEXT], u64 low, u64 high);

/* state.c */
bool vfe_set_state(struct vfe_device *vd, enum vfe_state to);
const char *vfe_state_name(enum vfe_state state);
/* Requests a reset from the class driver, once. Any context. */
bool vfe_request_reset(struct vfe_device *vd);
void vfe_clear_reset_request(struct vfe_device *vd);

/* status.c: status register, features */
int vfe_status_add(struct vfe_device *vd, u8 bit);
void vfe_status_fail(struct vfe_device *vd);
int vfe_status_reset(struct vfe_device *vd, unsigned int max_ms);
u64 vfe_features_offered_high(struct vfe_device *vd, u64 mask);
int vfe_features_accept(struct vfe_device *vd);
int vfe_reset_and_acknowledge(struct vfe_device *vd, unsigned int max_ms);

/* presence.c: detects whether the function is present */
int vfe_presence_init(struct vfe_device *vd);
void vfe_presence_exit(struct vfe_device *vd);
int vfe_status_peek(struct vfe_device *vd, u8 *status);
int vfe_status_read(struct vfe_device *vd, u8 *status);
void vfe_mark_gone(struct vfe_device *vd);
bool vfe_restore_decoding(struct vfe_device *vd);
int vfe_check_presence(struct vfe_device *vd);

/* queue_setup.c */
int vfe_queues_alloc(struct vfe_device *vd, const struct vfe_queue_spec *specs,
		     unsigned int n);
int vfe_queues_program(struct vfe_device *vd);
void vfe_queues_free(struct vfe_device *vd);
/* log a wrong value in a register of a queue. Return: @err */
int vfe_queue_error(const struct vfe_queue *q, int err, const char *field,
		    u32 value, const char *what);
int vfe_queue_negotiate_size(struct vfe_queue *q, const char *field,
			     u16 offered);
int vfe_queue_map_vector(struct vfe_queue *q);
int vfe_queue_make_ring(struct vfe_queue *q);

/* fence.c */
void vfe_fence_init(void);

/* irq.c */
int vfe_irqs_setup(struct vfe_device *vd, enum vfe_interrupts mode);
void vfe_irqs_free(struct vfe_device *vd);
void vfe_irqs_enable(struct vfe_device *vd);
/* When it returns, no handler and no config_changed() runs. */
void vfe_irqs_quiesce(struct vfe_device *vd);
/* When it returns, no handler that began before runs. */
void vfe_irqs_synchronize(struct vfe_device *vd);
int vfe_irqs_program_config(struct vfe_device *vd);
/* the MSI-X vector of a queue, or VIRTIO_MSI_NO_VECTOR */
u16 vfe_irqs_queue_vector(const struct vfe_queue *q);
/* MSI-X vectors in use, 0 under INTx */
unsigned int vfe_irqs_vectors(const struct vfe_device *vd);
void vfe_config_work(struct work_struct *work);

/* recovery.c: find the recovery of a function, or of a class device's parent */
struct vfe_recovery *vfe_recovery_of(struct device *dev);

#endif /* VFE_CORE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the core share: the device inside, and its life cycle. */
#ifndef VFE_CORE_H
#define VFE_CORE_H

#include <linux/cache.h>
#include <linux/pci.h>
#include <linux/ratelimit.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <vfe/compat.h>
#include <vfe/device.h>

#include "ring.h"
#include "transport.h"

/*
 * How long one call waits for a device to end its reset. The specification sets
 * no bound, and virtio_pci none either. A device that is taken over may still
 * have its last owner's I/O to drain, so a probe waits for a minute. A device in
 * use has a class driver, which calls again: each call is short then, and the
 * reset goes on between them.
 */
#define VFE_PROBE_TIMEOUT_MS	60000U
#define VFE_RESET_TIMEOUT_MS	5000U
#define VFE_RESET_AGAIN_MS	100	/* where the last one did not end */
#define VFE_LOG_INTERVAL	(60 * HZ)	/* in which a device may... */
#define VFE_LOG_BURST		10	/* ... cause so many lines */
#define VFE_QUEUE_RESET_TIMEOUT_MS 1000	/* of one queue, likewise */
#define VFE_CONFIG_RETRIES	32	/* of a read that meets changes */
#define VFE_CONFIG_MOST	64	/* bytes that one such read gets */
#define VFE_ALL_ONES		0xff	/* what a function that is gone reads as */

/**
 * enum vfe_state - where in its life a device is
 * @VFE_STATE_RESET: reset, or on the way there: nothing may touch it
 * @VFE_STATE_DRIVER: ACKNOWLEDGE and DRIVER are set
 * @VFE_STATE_FEATURES: FEATURES_OK is set and stuck
 * @VFE_STATE_QUEUES: queues and interrupts are set up
 * @VFE_STATE_LIVE: DRIVER_OK is set, or written next
 * @VFE_STATE_FAILED: FAILED is set, a reset did not end yet, or the function
 *		      was gone and is back: it is to be reset
 * @VFE_STATE_GONE: the function is not there, or may not be touched; only
 *		    vfe_function_back() leads out
 * @VFE_NUM_STATES: how many there are
 */
enum vfe_state {
	VFE_STATE_RESET,
	VFE_STATE_DRIVER,
	VFE_STATE_FEATURES,
	VFE_STATE_QUEUES,
	VFE_STATE_LIVE,
	VFE_STATE_FAILED,
	VFE_STATE_GONE,
	VFE_NUM_STATES
};

/**
 * struct vfe_irqs - a function's interrupts
 * @mode: the kind in use
 * @queues: how many queues interrupt; those behind are polled
 * @vectors: how many were allocated, 0 without interrupts
 * @requested: how many handlers are installed
 * @names: of each vector, for /proc/interrupts
 * @enabled: handlers look at the device; off while it is reset
 */
struct vfe_irqs {
	enum vfe_interrupts mode;
	unsigned int queues;
	unsigned int vectors;
	unsigned int requested;
	char (*names)[32];
	bool enabled;
};

/**
 * struct vfe_device - a virtio-pci function
 * @pdev: the function
 * @ops: the class driver's
 * @priv: the class driver's
 * @transport: how it is reached
 * @regs: the windows
 * @stats: counts of events
 * @state: only changed by vfe_set_state() and vfe_function_back()
 * @features: negotiated
 * @notify_start: where the notification structure begins in its BAR
 * @notify_multiplier: bytes from one queue's notify slot to the next
 * @common_length: bytes of the common structure
 * @no_room: features that the structures have no registers for
 * @bars: that were requested, one bit each
 * @saved: configuration space as it was when the function was taken over
 * @max_queues: what the device has
 * @queues: the queues, @num_queues of them
 * @num_queues: of them set up
 * @irqs: interrupts
 * @config_work: looks after a configuration change
 * @fault_reported: bit 0: needs_reset() was called, or a reset made that
 *		    needless, and no queues were set up since
 * @hung: a reset was not over in time, and is not yet
 * @running: DRIVER_OK was written, and no reset began since
 * @lost: by vfe_function_lost(), until vfe_function_back()
 * @told: bits VFE_TOLD_*: what the log has had since the last reset
 * @told_len: a wrong used length was told of
 * @log: limits the lines that a device can cause again and again
 */
struct vfe_device {
	struct pci_dev *pdev;
	const struct vfe_device_ops *ops;
	void *priv;
	const struct vfe_transport_ops *transport;
	struct vfe_regs regs;
	struct vfe_stats stats;
	enum vfe_state state;
	u64 features;
	u32 notify_start;
	u32 notify_multiplier;
	u32 common_length;
	u64 no_room;
	int bars;
	struct pci_saved_state *saved;
	unsigned int max_queues;
	struct vfe_queue *queues;
	unsigned int num_queues;
	struct vfe_irqs irqs;
	struct work_struct config_work;
	unsigned long fault_reported;
	bool hung;
	bool running;
	bool lost;
	unsigned long told;
	bool told_len;
	struct ratelimit_state log;
};

#define VFE_TOLD_STATUS		0	/* a status that asks for a reset */

/*
 * For all that a device can bring about more than once a probe: a burst of lines
 * a minute, for each device apart, so that none hides another's.
 */
#define vfe_err(vd, fmt, ...) do { \
	struct vfe_device *vfe_err_vd_ = (vd); \
\
	if (__ratelimit(&vfe_err_vd_->log)) \
		dev_err(vfe_dev(vfe_err_vd_), fmt, ##__VA_ARGS__); \
} while (0)

/* caps.c */
int vfe_caps_map(struct vfe_device *vd);
void vfe_caps_unmap(struct vfe_device *vd);

/* legacy.c: the same where there are no capabilities */
bool vfe_legacy_is(const struct pci_dev *pdev);
int vfe_legacy_map(struct vfe_device *vd);

/* config.c: all fields once, whatever changes meanwhile. Return: bytes */
u32 vfe_config_fields(struct vfe_device *vd, u32 offset, const u8 *fields,
		      void *buf);

/* features.c: feature bits that the core accepts for any class */
u64 vfe_core_features(void);

/* status.c: status register, state, features */
bool vfe_set_state(struct vfe_device *vd, enum vfe_state to);
enum vfe_state vfe_get_state(const struct vfe_device *vd);
const char *vfe_state_name(enum vfe_state state);
int vfe_status_add(struct vfe_device *vd, u8 bit);
void vfe_status_fail(struct vfe_device *vd);
int vfe_status_reset(struct vfe_device *vd, unsigned int most);
int vfe_features_offered(struct vfe_device *vd, u64 *offered);
int vfe_features_accept(struct vfe_device *vd, u64 features);
int vfe_hello(struct vfe_device *vd, unsigned int most);
/* device.c: from anywhere to just before the set-up of queues */
int vfe_bring_up(struct vfe_device *vd);
/* Ask the class driver for a reset, once. Any context. */
bool vfe_fault(struct vfe_device *vd);

/* presence.c: is it there? See there for each */
int vfe_presence_init(struct vfe_device *vd);
void vfe_presence_exit(struct vfe_device *vd);
int vfe_status_look(struct vfe_device *vd, u8 *status);
int vfe_status_read(struct vfe_device *vd, u8 *status);
void vfe_mark_gone(struct vfe_device *vd);
bool vfe_decode_again(struct vfe_device *vd);
int vfe_find_again(struct vfe_device *vd);

/* queues.c */
int vfe_queues_program(struct vfe_device *vd);
void vfe_queues_free(struct vfe_device *vd);
/* one line about a register of a queue that makes no sense. Return: @err */
int vfe_queue_error(const struct vfe_queue *q, int err, const char *field,
		    u32 value, const char *what);
int vfe_queue_negotiate_size(struct vfe_queue *q, const char *field,
			     u16 offered);
int vfe_queue_map_vector(struct vfe_queue *q);
int vfe_queue_make_ring(struct vfe_queue *q);

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
u16 vfe_irqs_queue_vector(const struct vfe_device *vd, unsigned int index);
/* MSI-X vectors in use, 0 under INTx */
unsigned int vfe_irqs_vectors(const struct vfe_device *vd);
void vfe_config_work(struct work_struct *work);

#endif /* VFE_CORE_H */

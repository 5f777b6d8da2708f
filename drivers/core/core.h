/* SPDX-License-Identifier: GPL-2.0 */
/* Internal definitions of the core: struct vfe_device and its life cycle. */
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
#define VFE_LOG_INTERVAL	(60 * HZ)	/* in this time, a device... */
#define VFE_LOG_BURST		10	/* ... it may cause this many lines */
#define VFE_QUEUE_RESET_TIMEOUT_MS 1000	/* for the reset of one queue */
#define VFE_CONFIG_RETRIES	32	/* of a read of configuration */
#define VFE_CONFIG_MOST	64	/* most bytes of such a read */
#define VFE_ALL_ONES		0xff	/* a register of a gone function */

/**
 * enum vfe_state - the state of a device in its life cycle
 * @VFE_STATE_RESET: the device is reset, or was not used yet
 * @VFE_STATE_DRIVER: ACKNOWLEDGE and DRIVER are set
 * @VFE_STATE_FEATURES: features are negotiated
 * @VFE_STATE_QUEUES: queues and interrupts are set up
 * @VFE_STATE_LIVE: DRIVER_OK is set, or about to be
 * @VFE_STATE_FAILED: FAILED is set, a reset timed out, or the function was gone
 *		      and is back: the device must be reset
 * @VFE_STATE_GONE: the function is gone, or its bus failed; only
 *		    vfe_function_restore() leaves this state
 * @VFE_NUM_STATES: number of states
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
 * @queues: number of queues with interrupts; the later ones are polled
 * @vectors: number of allocated vectors, 0 without interrupts
 * @requested: number of installed handlers
 * @names: of each vector, for /proc/interrupts
 * @enabled: handlers may access the device; false while it is reset
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
 * @ops: the class driver's operations
 * @priv: the class driver's data
 * @transport: the interface of the device, modern or legacy
 * @regs: the mapped windows, and counts of accesses
 * @stats: counts of events
 * @state: only changed by vfe_set_state() and vfe_function_restore()
 * @features: negotiated features
 * @notify_start: offset of the notification structure in its BAR
 * @notify_multiplier: bytes from one queue's notify slot to the next
 * @common_length: length of the common structure, in bytes
 * @no_room: features whose registers are not in the structures
 * @bars: requested BARs, one bit each
 * @saved: PCI configuration space as it was at vfe_create()
 * @max_queues: number of queues of the device
 * @queues: the queues, @num_queues of them
 * @num_queues: number of queues that are set up
 * @irqs: interrupts
 * @config_work: handles a configuration change
 * @reset_requested: bit 0: do not call needs_reset(), because it was called
 *		    already or a reset has begun; cleared when queues are set up
 * @hung: a reset timed out, and has not ended yet
 * @running: DRIVER_OK was written, and no reset has begun since
 * @offline: between vfe_function_offline() and vfe_function_restore()
 * @logged: bits VFE_LOGGED_*: logged since the last reset
 * @logged_len: a wrong used length was logged
 * @log: rate limit for messages that a device can cause repeatedly
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
	unsigned long reset_requested;
	bool hung;
	bool running;
	bool offline;
	unsigned long logged;
	bool logged_len;
	struct ratelimit_state log;
};

#define VFE_LOGGED_STATUS		0	/* a status that needs a reset */

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

/* caps.c */
int vfe_caps_map(struct vfe_device *vd);
void vfe_caps_unmap(struct vfe_device *vd);

/* legacy.c: the same without capabilities */
bool vfe_legacy_is(const struct pci_dev *pdev);
int vfe_legacy_map(struct vfe_device *vd);

/* config.c: read fields once. Return: number of bytes */
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
int vfe_status_reset(struct vfe_device *vd, unsigned int max_ms);
int vfe_features_offered(struct vfe_device *vd, u64 *offered);
int vfe_features_accept(struct vfe_device *vd, u64 features);
int vfe_reset_and_acknowledge(struct vfe_device *vd, unsigned int max_ms);
/* device.c: reset the device, and negotiate the same features again */
int vfe_bring_up(struct vfe_device *vd);
/* Ask the class driver for a reset, once. Any context. */
bool vfe_request_reset(struct vfe_device *vd);
void vfe_clear_reset_request(struct vfe_device *vd);

/* presence.c: whether the function is there */
int vfe_presence_init(struct vfe_device *vd);
void vfe_presence_exit(struct vfe_device *vd);
int vfe_status_peek(struct vfe_device *vd, u8 *status);
int vfe_status_read(struct vfe_device *vd, u8 *status);
void vfe_mark_gone(struct vfe_device *vd);
bool vfe_restore_decoding(struct vfe_device *vd);
int vfe_check_presence(struct vfe_device *vd);

/* queue_setup.c */
int vfe_queues_program(struct vfe_device *vd);
void vfe_queues_free(struct vfe_device *vd);
/* log a wrong value in a register of a queue. Return: @err */
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

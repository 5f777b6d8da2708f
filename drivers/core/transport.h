/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a device is reached: what differs between the two interfaces that virtio
 * has over PCI, the modern one (modern.c) and that of 0.9.5 (legacy.c).
 */
#ifndef VFE_TRANSPORT_H
#define VFE_TRANSPORT_H

#include <linux/types.h>

#include <vfe/wire.h>

struct vfe_device;
struct vfe_queue;

/**
 * struct vfe_transport_ops - an interface
 * @name: of the interface
 * @status: its device_status
 * @isr: its ISR status
 * @config_vector: MSI-X vector of configuration changes
 * @queue_vector: MSI-X vector of the selected queue
 * @config: its device configuration
 * @features: feature bits that it has room for
 * @required: those without which it is not this interface
 * @features_ok: the device is asked whether it can do with the features
 * @lies_len: what it says of used lengths is not to be believed
 * @features_get: what the device offers
 * @features_set: what the driver takes of it
 * @max_queues: how many queues there are at most
 * @config_start: where in @config the device configuration begins now
 * @config_read: see vfe_config_read(); the fields are checked
 * @queue_program: all of a queue's registers, its ring made if it has none;
 *		   -EBUSY when the device refused the vector
 * @queue_reset: begin the reset of one queue (2.6.1); NULL if there is no way
 * @queue_is_reset: whether that is over
 *
 * Chosen once, when the function is taken over.
 */
struct vfe_transport_ops {
	const char *name;
	enum vfe_reg status;
	enum vfe_reg isr;
	enum vfe_reg config_vector;
	enum vfe_reg queue_vector;
	enum vfe_reg config;
	u64 features;
	u64 required;
	bool features_ok;
	bool lies_len;
	u64 (*features_get)(struct vfe_device *vd);
	void (*features_set)(struct vfe_device *vd, u64 features);
	unsigned int (*max_queues)(struct vfe_device *vd);
	u32 (*config_start)(const struct vfe_device *vd);
	int (*config_read)(struct vfe_device *vd, u32 offset, const u8 *fields,
			   void *buf);
	int (*queue_program)(struct vfe_queue *q);
	void (*queue_reset)(struct vfe_queue *q);
	bool (*queue_is_reset)(struct vfe_queue *q);
};

extern const struct vfe_transport_ops vfe_modern_ops;
extern const struct vfe_transport_ops vfe_legacy_ops;

#endif /* VFE_TRANSPORT_H */

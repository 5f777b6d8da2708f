/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operations that differ between the two virtio-pci interfaces: the modern one
 * (modern.c), and the legacy one of virtio 0.9.5 (legacy.c).
 */
#ifndef VFE_TRANSPORT_H
#define VFE_TRANSPORT_H

#include <linux/types.h>

#include <vfe/wire.h>

struct vfe_device;
struct vfe_queue;

/**
 * struct vfe_transport_ops - operations and properties of an interface
 * @name: name of the interface
 * @status: register of the device status
 * @isr: register of the ISR status
 * @config_vector: register of the MSI-X vector of configuration changes
 * @queue_vector: register of the MSI-X vector of the selected queue
 * @config: range with the device configuration
 * @features: mask of the feature bits below 64 that the interface has
 * @required: features that each device with this interface must offer
 * @features_ok: it has FEATURES_OK
 * @no_used_len: see struct vfe_queue
 * @features_get: read the features that the device offers
 * @features_get_high: the same from 64 on, of a mask; NULL if there are none
 * @features_set: write the features that the driver accepts: those of the device
 * @max_queues: number of queues of the device
 * @config_start: offset of the device configuration in @config
 * @config_read: see vfe_config_read(); the fields are checked
 * @queue_program: write all registers of a queue, and create its ring if it has
 *		   none; -EBUSY when the device refused the vector
 * @queue_reset: begin the reset of one queue (2.6.1); NULL if not supported
 * @queue_is_reset: whether that reset has ended
 *
 * vfe_caps_map() chooses one.
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
	bool no_used_len;
	u64 (*features_get)(struct vfe_device *vd);
	u64 (*features_get_high)(struct vfe_device *vd, u64 mask);
	void (*features_set)(struct vfe_device *vd);
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

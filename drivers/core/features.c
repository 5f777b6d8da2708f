// SPDX-License-Identifier: GPL-2.0
/*
 * Features that the core accepts by itself, for any class of device, and the
 * module parameters that switch them off.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "core.h"

/* Defines the module parameter of a feature, on by default */
#define VFE_FEATURE(name, text) \
	static bool vfe_use_##name = true; \
	module_param_named(name, vfe_use_##name, bool, 0644); \
	MODULE_PARM_DESC(name, text " (default on, read at each probe)")

VFE_FEATURE(packed, "Accept VIRTIO_F_RING_PACKED");
VFE_FEATURE(event_idx, "Accept VIRTIO_F_EVENT_IDX");
VFE_FEATURE(indirect, "Accept VIRTIO_F_INDIRECT_DESC");
VFE_FEATURE(in_order, "Accept VIRTIO_F_IN_ORDER");
VFE_FEATURE(order_platform, "Accept VIRTIO_F_ORDER_PLATFORM");
VFE_FEATURE(notification_data, "Accept VIRTIO_F_NOTIFICATION_DATA");
VFE_FEATURE(notif_config_data, "Accept VIRTIO_F_NOTIF_CONFIG_DATA");
VFE_FEATURE(ring_reset, "Accept VIRTIO_F_RING_RESET");

static const struct {
	const bool *use;
	unsigned int bit;
} vfe_optional[] = {
	{ &vfe_use_packed, VIRTIO_F_RING_PACKED },
	{ &vfe_use_event_idx, VIRTIO_RING_F_EVENT_IDX },
	{ &vfe_use_indirect, VIRTIO_RING_F_INDIRECT_DESC },
	{ &vfe_use_in_order, VIRTIO_F_IN_ORDER },
	{ &vfe_use_order_platform, VIRTIO_F_ORDER_PLATFORM },
	{ &vfe_use_notification_data, VIRTIO_F_NOTIFICATION_DATA },
	{ &vfe_use_notif_config_data, VIRTIO_F_NOTIF_CONFIG_DATA },
	{ &vfe_use_ring_reset, VIRTIO_F_RING_RESET },
};

/**
 * vfe_core_features() - features that the core supports and users allow
 *
 * Context: any.
 * Return: feature bits; beyond VERSION_1 all are optional.
 */
u64 vfe_core_features(void)
{
	u64 features = BIT_ULL(VIRTIO_F_VERSION_1) |
		       BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vfe_optional); i++)
		if (READ_ONCE(*vfe_optional[i].use))
			features |= BIT_ULL(vfe_optional[i].bit);
	return features;
}

const char *vfe_features_text(char text[VFE_FEATURES_TEXT], u64 low, u64 high)
{
	if (high)
		scnprintf(text, VFE_FEATURES_TEXT, "%#llx%016llx", high, low);
	else
		scnprintf(text, VFE_FEATURES_TEXT, "%#018llx", low);
	return text;
}

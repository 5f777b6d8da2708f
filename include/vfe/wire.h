/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions that driver and device share, for devices of any class, beyond
 * the virtio specification: PCI IDs, BAR layout, register names, and the vendor
 * capability. wire_window.h defines the register window, wire_<class>.h the
 * additions of a class. Both sides include this file: it is plain C.
 */
#ifndef VFE_WIRE_H
#define VFE_WIRE_H

#include <linux/types.h>

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/stddef.h>
#define VFE_WIRE_ASSERT(cond) static_assert(cond)
#else
#include <assert.h>
#include <stddef.h>
#define VFE_WIRE_ASSERT(cond) static_assert(cond, #cond)
#endif

/*
 * A PCI device ID is a base plus the device type. Standard devices use the
 * stock base (virtio 1.4, 4.1.2). This project's device uses a base outside
 * that range, which QEMU reserves for experiments (1af4:10f0 to 10ff).
 * Transitional and legacy devices have the old IDs (4.1.2.3).
 */
#define VFE_PCI_VENDOR		0x1af4
#define VFE_PCI_DEVICE_BASE	0x10f0
#define VFE_PCI_STOCK_BASE	0x1040
#define VFE_PCI_OLD_FIRST	0x1000	/* transitional and legacy devices */
#define VFE_PCI_OLD_LAST	0x103f

/* Base address registers */
#define VFE_BAR_PORT		0	/* I/O: the register window */
#define VFE_BAR_MEMORY		1	/* memory: the window, then the aperture */
#define VFE_BAR_MSIX		2	/* memory: vector table and pending bits */
#define VFE_BAR_VIRTIO		4	/* memory, 64 bit: the virtio structures */

#define VFE_BAR_PORT_SIZE	0x40
#define VFE_BAR_MEMORY_SIZE	0x2000
#define VFE_BAR_MSIX_SIZE	0x2000
#define VFE_BAR_VIRTIO_SIZE	0x4000

#define VFE_MSIX_TABLE		0x0000	/* in VFE_BAR_MSIX */
#define VFE_MSIX_PBA		0x1000
#define VFE_MEMORY_APERTURE	0x1000	/* in VFE_BAR_MEMORY: every word is data */
#define VFE_MEMORY_APERTURE_SIZE 0x1000

/* Each virtio structure has a page of its own in VFE_BAR_VIRTIO. */
#define VFE_COMMON_OFFSET	0x0000
#define VFE_ISR_OFFSET		0x1000
#define VFE_DEVICE_OFFSET	0x2000
#define VFE_NOTIFY_OFFSET	0x3000
#define VFE_STRUCT_SIZE		0x1000
#define VFE_NOTIFY_MULTIPLIER	4
#define VFE_DOORBELL_IDLE	0xffffffffU	/* mapped slot without a kick */

/*
 * Windows: each is trapped or mapped as a whole, and has its own counts.
 */
enum vfe_window_id {
	VFE_WIN_COMMON,
	VFE_WIN_NOTIFY,
	VFE_WIN_ISR,
	VFE_WIN_DEVICE,
	VFE_WIN_PORT,
	VFE_WIN_MEMORY,
	VFE_WIN_LEGACY,		/* virtio 0.9.5: all registers, in BAR 0 */
	/* the register window of a network interface */
	VFE_WIN_NET_PORT,
	VFE_WIN_NET_MEMORY,
	/* and that of a SCSI host */
	VFE_WIN_SCSI_PORT,
	VFE_WIN_SCSI_MEMORY,
	VFE_NUM_WINDOWS
};

#define VFE_WINDOW_NAMES { \
	[VFE_WIN_COMMON] = "common", \
	[VFE_WIN_NOTIFY] = "notify", \
	[VFE_WIN_ISR] = "isr", \
	[VFE_WIN_DEVICE] = "device", \
	[VFE_WIN_PORT] = "port", \
	[VFE_WIN_MEMORY] = "memory", \
	[VFE_WIN_LEGACY] = "legacy", \
	[VFE_WIN_NET_PORT] = "port", \
	[VFE_WIN_NET_MEMORY] = "memory", \
	[VFE_WIN_SCSI_PORT] = "port", \
	[VFE_WIN_SCSI_MEMORY] = "memory", \
}

/*
 * All registers, by the names that the counts of driver and device have:
 * X(identifier, name, window, offset in the window, bytes). The common
 * structure is that of virtio 1.4, 4.1.4.3. An entry of a page or more is a
 * range of addresses that counts as one register. This project's device has
 * the first VFE_NUM_OWN_REGS registers. A function has the register window of
 * one class, so names may be the same in windows of different classes.
 */
#define VFE_REGISTERS(X) \
	VFE_OWN_REGISTERS(X) \
	VFE_LEGACY_REGISTERS(X)

#define VFE_OWN_REGISTERS(X) \
	X(DEVICE_FEATURE_SELECT, "device_feature_select", COMMON, 0, 4) \
	X(DEVICE_FEATURE, "device_feature", COMMON, 4, 4) \
	X(DRIVER_FEATURE_SELECT, "driver_feature_select", COMMON, 8, 4) \
	X(DRIVER_FEATURE, "driver_feature", COMMON, 12, 4) \
	X(CONFIG_MSIX_VECTOR, "config_msix_vector", COMMON, 16, 2) \
	X(NUM_QUEUES, "num_queues", COMMON, 18, 2) \
	X(DEVICE_STATUS, "device_status", COMMON, 20, 1) \
	X(CONFIG_GENERATION, "config_generation", COMMON, 21, 1) \
	X(QUEUE_SELECT, "queue_select", COMMON, 22, 2) \
	X(QUEUE_SIZE, "queue_size", COMMON, 24, 2) \
	X(QUEUE_MSIX_VECTOR, "queue_msix_vector", COMMON, 26, 2) \
	X(QUEUE_ENABLE, "queue_enable", COMMON, 28, 2) \
	X(QUEUE_NOTIFY_OFF, "queue_notify_off", COMMON, 30, 2) \
	X(QUEUE_DESC_LO, "queue_desc_lo", COMMON, 32, 4) \
	X(QUEUE_DESC_HI, "queue_desc_hi", COMMON, 36, 4) \
	X(QUEUE_DRIVER_LO, "queue_driver_lo", COMMON, 40, 4) \
	X(QUEUE_DRIVER_HI, "queue_driver_hi", COMMON, 44, 4) \
	X(QUEUE_DEVICE_LO, "queue_device_lo", COMMON, 48, 4) \
	X(QUEUE_DEVICE_HI, "queue_device_hi", COMMON, 52, 4) \
	X(QUEUE_NOTIF_CONFIG_DATA, "queue_notif_config_data", COMMON, 56, 2) \
	X(QUEUE_RESET, "queue_reset", COMMON, 58, 2) \
	X(NOTIFY, "notify", NOTIFY, 0, VFE_STRUCT_SIZE) \
	X(ISR_STATUS, "isr_status", ISR, 0, 1) \
	X(DEVICE_CONFIG, "device_config", DEVICE, 0, VFE_STRUCT_SIZE) \
	VFE_WINDOW_REGISTERS(X, PORT, "port_") \
	X(PORT_DATA, "port_data", PORT, 0x18, 4) \
	VFE_WINDOW_REGISTERS(X, MEMORY, "memory_") \
	X(MEMORY_DATA, "memory_data", MEMORY, 0x18, 4) \
	X(MEMORY_APERTURE, "memory_aperture", MEMORY, VFE_MEMORY_APERTURE, \
	  VFE_MEMORY_APERTURE_SIZE) \
	VFE_NET_WINDOW_REGISTERS(X, NET_PORT, "port_") \
	VFE_NET_WINDOW_REGISTERS(X, NET_MEMORY, "memory_") \
	X(NET_MEMORY_APERTURE, "memory_aperture", NET_MEMORY, \
	  VFE_MEMORY_APERTURE, VFE_MEMORY_APERTURE_SIZE) \
	VFE_SCSI_WINDOW_REGISTERS(X, SCSI_PORT, "port_") \
	VFE_SCSI_WINDOW_REGISTERS(X, SCSI_MEMORY, "memory_") \
	X(SCSI_MEMORY_APERTURE, "memory_aperture", SCSI_MEMORY, \
	  VFE_MEMORY_APERTURE, VFE_MEMORY_APERTURE_SIZE)

/*
 * The legacy interface of virtio (0.9.5; virtio 1.4, 4.1.4.10), which this
 * project's device does not have. The vector registers exist while MSI-X is
 * enabled: the device configuration then follows them. While MSI-X is disabled,
 * the device configuration is at their offset.
 */
#define VFE_LEGACY_REGISTERS(X) \
	X(LEGACY_DEVICE_FEATURES, "legacy_device_features", LEGACY, 0, 4) \
	X(LEGACY_DRIVER_FEATURES, "legacy_driver_features", LEGACY, 4, 4) \
	X(LEGACY_QUEUE_ADDRESS, "legacy_queue_address", LEGACY, 8, 4) \
	X(LEGACY_QUEUE_SIZE, "legacy_queue_size", LEGACY, 12, 2) \
	X(LEGACY_QUEUE_SELECT, "legacy_queue_select", LEGACY, 14, 2) \
	X(LEGACY_QUEUE_NOTIFY, "legacy_queue_notify", LEGACY, 16, 2) \
	X(LEGACY_DEVICE_STATUS, "legacy_device_status", LEGACY, 18, 1) \
	X(LEGACY_ISR_STATUS, "legacy_isr_status", LEGACY, 19, 1) \
	X(LEGACY_CONFIG_VECTOR, "legacy_config_vector", LEGACY, 20, 2) \
	X(LEGACY_QUEUE_VECTOR, "legacy_queue_vector", LEGACY, 22, 2) \
	X(LEGACY_CONFIG, "legacy_device_config", LEGACY, 20, VFE_STRUCT_SIZE)

#define VFE_LEGACY_BAR		0
#define VFE_LEGACY_HEADER	20	/* bytes before the configuration */
#define VFE_LEGACY_VECTORS	4	/* more bytes, while MSI-X is enabled */
#define VFE_LEGACY_PAGE_SHIFT	12	/* of legacy_queue_address */

/* A disk's register window in I/O ports or in memory, see wire_window.h */
#define VFE_WINDOW_REGISTERS(X, WIN, prefix) \
	X(WIN##_SECTOR_LO, prefix "sector_lo", WIN, 0x00, 4) \
	X(WIN##_SECTOR_HI, prefix "sector_hi", WIN, 0x04, 4) \
	X(WIN##_COUNT, prefix "count", WIN, 0x08, 4) \
	X(WIN##_COMMAND, prefix "command", WIN, 0x0c, 4) \
	X(WIN##_STATUS, prefix "status", WIN, 0x10, 4) \
	X(WIN##_ERROR, prefix "error", WIN, 0x14, 4) \
	X(WIN##_CONTROL, prefix "control", WIN, 0x1c, 4)

/* A network interface's, see wire_window_net.h */
#define VFE_NET_WINDOW_REGISTERS(X, WIN, prefix) \
	X(WIN##_COMMAND, prefix "command", WIN, 0x00, 4) \
	X(WIN##_REMOTE_ADDRESS, prefix "remote_address", WIN, 0x04, 4) \
	X(WIN##_REMOTE_COUNT, prefix "remote_count", WIN, 0x08, 4) \
	X(WIN##_TRANSMIT_PAGE, prefix "transmit_page", WIN, 0x0c, 4) \
	X(WIN##_TRANSMIT_COUNT, prefix "transmit_count", WIN, 0x10, 4) \
	X(WIN##_BOUNDARY, prefix "boundary", WIN, 0x14, 4) \
	X(WIN##_DATA, prefix "data", WIN, 0x18, 4) \
	X(WIN##_CONTROL, prefix "control", WIN, 0x1c, 4) \
	X(WIN##_CURRENT, prefix "current", WIN, 0x20, 4) \
	X(WIN##_INTERRUPT_STATUS, prefix "interrupt_status", WIN, 0x24, 4) \
	X(WIN##_INTERRUPT_MASK, prefix "interrupt_mask", WIN, 0x28, 4) \
	X(WIN##_RECEIVE_CONFIG, prefix "receive_config", WIN, 0x2c, 4) \
	X(WIN##_RECEIVE_START, prefix "receive_start", WIN, 0x30, 4) \
	X(WIN##_RECEIVE_STOP, prefix "receive_stop", WIN, 0x34, 4) \
	X(WIN##_STATION_LO, prefix "station_lo", WIN, 0x38, 4) \
	X(WIN##_STATION_HI, prefix "station_hi", WIN, 0x3c, 4)

/* A SCSI host's, see wire_window_scsi.h */
#define VFE_SCSI_WINDOW_REGISTERS(X, WIN, prefix) \
	X(WIN##_ADDRESS, prefix "address", WIN, 0x00, 4) \
	X(WIN##_COUNT, prefix "count", WIN, 0x04, 4) \
	X(WIN##_CDB, prefix "cdb", WIN, 0x08, 4) \
	X(WIN##_COMMAND, prefix "command", WIN, 0x0c, 4) \
	X(WIN##_STATUS, prefix "status", WIN, 0x10, 4) \
	X(WIN##_SENSE, prefix "sense", WIN, 0x14, 4) \
	X(WIN##_DATA, prefix "data", WIN, 0x18, 4) \
	X(WIN##_CONTROL, prefix "control", WIN, 0x1c, 4)

#define VFE_REG_ENUM(id, name, win, off, size) VFE_REG_##id,
enum vfe_reg {
	VFE_REGISTERS(VFE_REG_ENUM)
	VFE_NUM_REGS,
	VFE_NUM_OWN_REGS = VFE_REG_LEGACY_DEVICE_FEATURES
};

/* The direction of an access, as seen from the driver */
enum vfe_dir {
	VFE_READ,
	VFE_WRITE,
	VFE_NUM_DIRS
};

/*
 * The vendor capability (virtio 1.4, 4.1.4.8: cfg_type 9) by which a device
 * lists the windows that do not trap. Without it, or with another vendor_id,
 * magic or version, every window counts as trapping. The vendor_id must not be
 * that of virtio; this project owns none, so it uses an unassigned one, and a
 * magic number.
 */
#define VFE_CAP_CFG_TYPE	9
#define VFE_CAP_VENDOR_ID	0x7666	/* "fv": unassigned */
#define VFE_CAP_MAGIC		0x70656676	/* "vfep" */
#define VFE_CAP_VERSION		1

struct vfe_vendor_cap {
	__u8 cap_vndr;		/* 9: PCI_CAP_ID_VNDR */
	__u8 cap_next;
	__u8 cap_len;
	__u8 cfg_type;
	__le16 vendor_id;
	__u8 version;
	__u8 reserved0;
	__le32 magic;
	__le32 mapped;		/* bit VFE_WIN_x: window x does not trap */
	__u8 port_bar;		/* BAR of the register window in ports */
	__u8 memory_bar;	/* BAR of the register window in memory */
	__u8 reserved1[2];
};

VFE_WIRE_ASSERT(offsetof(struct vfe_vendor_cap, vendor_id) == 4);
VFE_WIRE_ASSERT(offsetof(struct vfe_vendor_cap, magic) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_vendor_cap, mapped) == 12);
VFE_WIRE_ASSERT(offsetof(struct vfe_vendor_cap, port_bar) == 16);
VFE_WIRE_ASSERT(sizeof(struct vfe_vendor_cap) == 20);

#endif /* VFE_WIRE_H */

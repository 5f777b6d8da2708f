/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions that the driver of a disk and its device share, beyond the virtio
 * specification: PCI IDs, and requests through the register window
 * (wire_window.h). In a request, sector_lo and sector_hi are the first sector,
 * and count is the number of sectors, of 512 bytes.
 */
#ifndef VFE_WIRE_BLK_H
#define VFE_WIRE_BLK_H

#include "wire_window.h"

#define VFE_PCI_OLD_BLOCK	0x1001
#define VFE_TYPE_BLOCK		2
#define VFE_PCI_DEVICE_BLOCK	(VFE_PCI_DEVICE_BASE + VFE_TYPE_BLOCK)
#define VFE_PCI_STOCK_BLOCK	(VFE_PCI_STOCK_BASE + VFE_TYPE_BLOCK)

enum vfe_command {
	VFE_CMD_READ = 1,
	VFE_CMD_WRITE = 2,
	VFE_CMD_FLUSH = 3,
	VFE_CMD_IDENTIFY = 4,
};

enum vfe_error {
	VFE_ERR_NONE = 0,
	VFE_ERR_COMMAND = 1,	/* unknown command */
	VFE_ERR_RANGE = 2,	/* beyond capacity, count 0 or too large */
	VFE_ERR_READONLY = 3,
	VFE_ERR_IO = 4,		/* the backing file failed */
};

#define VFE_SECTOR_SIZE		512
#define VFE_IDENTIFY_MAGIC	0x44656676	/* "vfeD" */
#define VFE_IDENTIFY_VERSION	1
#define VFE_IDENTIFY_READONLY	0x01	/* in flags */
#define VFE_IDENTIFY_WRITE_CACHE 0x02	/* in flags: needs flushes */
#define VFE_SERIAL_LEN		20

/* The answer to VFE_CMD_IDENTIFY: one sector, read as 128 words */
struct vfe_identify {
	__le32 magic;
	__le32 version;
	__le64 capacity;	/* sectors */
	__le32 max_count;	/* sectors in one request */
	__le32 flags;
	char serial[VFE_SERIAL_LEN];
	__u8 reserved[512 - 44];
};

VFE_WIRE_ASSERT(offsetof(struct vfe_identify, capacity) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_identify, max_count) == 16);
VFE_WIRE_ASSERT(offsetof(struct vfe_identify, flags) == 20);
VFE_WIRE_ASSERT(offsetof(struct vfe_identify, serial) == 24);
VFE_WIRE_ASSERT(sizeof(struct vfe_identify) == VFE_SECTOR_SIZE);

#endif /* VFE_WIRE_BLK_H */

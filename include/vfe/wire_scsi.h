/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions that the driver of a SCSI host and its device share: PCI IDs,
 * virtqueues, addresses of logical units, and the structures of virtio 1.4, 5.6
 * in little endian. The numbers (features, responses, functions, events) are in
 * linux/virtio_scsi.h, except for those below. Section numbers are those of
 * virtio 1.4.
 */
#ifndef VFE_WIRE_SCSI_H
#define VFE_WIRE_SCSI_H

#ifdef __KERNEL__
#include <uapi/linux/virtio_scsi.h>
#else
#include <linux/virtio_scsi.h>
#include <stdbool.h>
#endif

#include "wire.h"

#define VFE_PCI_OLD_SCSI	0x1004
#define VFE_TYPE_SCSI		8
#define VFE_PCI_DEVICE_SCSI	(VFE_PCI_DEVICE_BASE + VFE_TYPE_SCSI)
#define VFE_PCI_STOCK_SCSI	(VFE_PCI_STOCK_BASE + VFE_TYPE_SCSI)

/* Virtqueues, 5.6.2: request queue i is virtqueue VFE_SCSI_REQUESTQ + i. */
#define VFE_SCSI_CONTROLQ	0
#define VFE_SCSI_EVENTQ		1
#define VFE_SCSI_REQUESTQ	2
#define VFE_SCSI_MAX_QUEUES	16	/* request queues of this project's device */

/* The most that 5.6.4 has of each, and the values after a reset */
#define VFE_SCSI_MAX_TARGETS	256
#define VFE_SCSI_MAX_UNITS	16384	/* of a target */
#define VFE_SCSI_CDB_SIZE	32
#define VFE_SCSI_SENSE_SIZE	96

/*
 * The configuration, 5.6.4; only sense_size and cdb_size are for the driver to
 * write.
 */
struct vfe_scsi_config {
	__le32 num_queues;	/* request queues */
	__le32 seg_max;		/* in each direction */
	__le32 max_sectors;	/* of 512 bytes; a hint */
	__le32 cmd_per_lun;
	__le32 event_info_size;
	__le32 sense_size;
	__le32 cdb_size;
	__le16 max_channel;	/* these three: the last one, not a number */
	__le16 max_target;
	__le32 max_lun;
};

VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_config, seg_max) == 4);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_config, max_sectors) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_config, cmd_per_lun) == 12);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_config, event_info_size) == 16);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_config, sense_size) == 20);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_config, cdb_size) == 24);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_config, max_channel) == 28);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_config, max_target) == 30);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_config, max_lun) == 32);
VFE_WIRE_ASSERT(sizeof(struct vfe_scsi_config) == 36);

/*
 * The address of a logical unit, 5.6.6.1: 1, the target, a single level LUN,
 * and four zeroes. The REPORT LUNS well-known unit has an address of its own;
 * the device also has it on each target, as the LUN c1 01.
 */
#define VFE_SCSI_LUN_LEN	8
#define VFE_SCSI_LUN_BUS	1	/* first byte */
#define VFE_SCSI_LUN_FLAT	0x40	/* third byte: flat space addressing */
#define VFE_SCSI_WLUN		0xc1	/* a well-known unit, then its number */
#define VFE_SCSI_WLUN_REPORT	0x01

/* Flat space addressing, whatever the number */
static inline void vfe_scsi_put_lun(__u8 *lun, unsigned int target,
				    unsigned int unit)
{
	lun[0] = VFE_SCSI_LUN_BUS;
	lun[1] = target;
	lun[2] = VFE_SCSI_LUN_FLAT | unit >> 8;
	lun[3] = unit & 0xff;
	lun[4] = 0;
	lun[5] = 0;
	lun[6] = 0;
	lun[7] = 0;
}

/*
 * Flat space addressing, or peripheral device addressing on bus 0.
 * Return: false if it is no address of a target's unit
 */
static inline bool vfe_scsi_get_lun(const __u8 *lun, unsigned int *target,
				    unsigned int *unit)
{
	unsigned int high = lun[2] & ~VFE_SCSI_LUN_FLAT;

	if (lun[0] != VFE_SCSI_LUN_BUS || lun[4] || lun[5] || lun[6] || lun[7])
		return false;
	if (lun[2] & VFE_SCSI_LUN_FLAT ? high > 0x3f : high)
		return false;
	*target = lun[1];
	*unit = high << 8 | lun[3];
	return true;
}

/*
 * What begins the device-readable part of a command, 5.6.6.1, with the usual
 * cdb_size. In the order of linux/virtio_scsi.h, which all drivers and devices
 * use: 5.6.6.1 has the lengths of the protection information behind the CDB.
 */
struct vfe_scsi_request {
	__u8 lun[VFE_SCSI_LUN_LEN];
	__le64 id;		/* the tag */
	__u8 task_attr;		/* VIRTIO_SCSI_S_SIMPLE, ... */
	__u8 prio;
	__u8 crn;
	__u8 cdb[VFE_SCSI_CDB_SIZE];
} __attribute__((packed));

/* The same with T10_PI; pi_out follows, then the data. */
struct vfe_scsi_request_pi {
	__u8 lun[VFE_SCSI_LUN_LEN];
	__le64 id;
	__u8 task_attr;
	__u8 prio;
	__u8 crn;
	__le32 pi_bytesout;
	__le32 pi_bytesin;
	__u8 cdb[VFE_SCSI_CDB_SIZE];
} __attribute__((packed));

/*
 * What begins the device-writable part, with the usual sense_size. With T10_PI
 * pi_in follows, then the data.
 */
struct vfe_scsi_response {
	__le32 sense_len;
	__le32 residual;
	__le16 status_qualifier;
	__u8 status;		/* of SAM */
	__u8 response;		/* VIRTIO_SCSI_S_* */
	__u8 sense[VFE_SCSI_SENSE_SIZE];
};

VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_request, id) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_request, task_attr) == 16);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_request, cdb) == 19);
VFE_WIRE_ASSERT(sizeof(struct vfe_scsi_request) == 51);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_request_pi, pi_bytesout) == 19);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_request_pi, pi_bytesin) == 23);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_request_pi, cdb) == 27);
VFE_WIRE_ASSERT(sizeof(struct vfe_scsi_request_pi) == 59);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_response, residual) == 4);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_response, status_qualifier) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_response, status) == 10);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_response, response) == 11);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_response, sense) == 12);
VFE_WIRE_ASSERT(sizeof(struct vfe_scsi_response) == 108);

/* The control queue, 5.6.6.2: a task management function */
#define VFE_SCSI_S_FUNCTION_COMPLETE	0

struct vfe_scsi_tmf_request {
	__le32 type;		/* VIRTIO_SCSI_T_TMF */
	__le32 subtype;		/* VIRTIO_SCSI_T_TMF_* */
	__u8 lun[VFE_SCSI_LUN_LEN];
	__le64 id;		/* of the command, for those that concern one */
};

struct vfe_scsi_tmf_response {
	__u8 response;
};

/* Asynchronous notifications: query and subscription */
#define VFE_SCSI_EVT_ASYNC_OPERATIONAL_CHANGE	2
#define VFE_SCSI_EVT_ASYNC_POWER_MGMT		4
#define VFE_SCSI_EVT_ASYNC_EXTERNAL_REQUEST	8
#define VFE_SCSI_EVT_ASYNC_MEDIA_CHANGE		16
#define VFE_SCSI_EVT_ASYNC_MULTI_HOST		32
#define VFE_SCSI_EVT_ASYNC_DEVICE_BUSY		64

struct vfe_scsi_an_request {
	__le32 type;		/* VIRTIO_SCSI_T_AN_* */
	__u8 lun[VFE_SCSI_LUN_LEN];
	__le32 event_requested;
};

struct vfe_scsi_an_response {
	__le32 event_actual;
	__u8 response;
} __attribute__((packed));

VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_tmf_request, subtype) == 4);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_tmf_request, lun) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_tmf_request, id) == 16);
VFE_WIRE_ASSERT(sizeof(struct vfe_scsi_tmf_request) == 24);
VFE_WIRE_ASSERT(sizeof(struct vfe_scsi_tmf_response) == 1);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_an_request, lun) == 4);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_an_request, event_requested) == 12);
VFE_WIRE_ASSERT(sizeof(struct vfe_scsi_an_request) == 16);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_an_response, response) == 4);
VFE_WIRE_ASSERT(sizeof(struct vfe_scsi_an_response) == 5);

/*
 * The event queue, 5.6.6.3. The reason of PARAM_CHANGE has the additional sense
 * code in bits 0 to 7, and its qualifier in bits 8 to 15.
 */
struct vfe_scsi_event {
	__le32 event;		/* VIRTIO_SCSI_T_*, maybe with EVENTS_MISSED */
	__u8 lun[VFE_SCSI_LUN_LEN];
	__le32 reason;
};

VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_event, lun) == 4);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_event, reason) == 12);
VFE_WIRE_ASSERT(sizeof(struct vfe_scsi_event) == 16);

#endif /* VFE_WIRE_SCSI_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The register window of a SCSI host, after host adapters with FIFOs: a command
 * at a time, whose CDB, data and sense data pass through registers. It is the
 * same in I/O ports and in memory. All registers are 32 bits wide, little
 * endian, at multiples of four. The device ignores writes of other widths or at
 * other offsets, and returns ones for such reads.
 *
 * address: the unit, see vfe_scsi_window_address()
 * count:   bytes of data that the driver offers; reads as the bytes that the
 *          last command moved
 * cdb:     the command FIFO: each write appends four bytes of a CDB, the first
 *          in the lowest bits; reads as the number of words in it
 * command: VFE_SCSI_CMD_*; ignored while a command is under way
 * status:  VFE_STATUS_* and more, see below; reading it acknowledges the
 *          interrupt
 * sense:   the sense FIFO: each read returns the next four bytes of the last
 *          command's sense data, then ones
 * data:    the data FIFO: the next word of the command under way
 * control: VFE_CONTROL_*, as for all classes
 *
 * wire.h has their names and offsets.
 */
#ifndef VFE_WIRE_WINDOW_SCSI_H
#define VFE_WIRE_WINDOW_SCSI_H

#include "wire_scsi.h"
#include "wire_window.h"

#define VFE_SCSI_WINDOW_CDB	8	/* words in the command FIFO */
#define VFE_SCSI_WINDOW_SENSE	252	/* most bytes of sense data */

/*
 * SELECT, IN and OUT execute the CDB in the FIFO, which is empty afterwards.
 * SELECT has no data. IN has data for the driver: if there are any, the status
 * is DRQ until it has read them. OUT has data of the driver: the status is DRQ,
 * without an interrupt, until it has written @count bytes. The last word of data
 * is padded to four bytes.
 */
enum vfe_scsi_window_command {
	VFE_SCSI_CMD_SELECT = 1,
	VFE_SCSI_CMD_IN = 2,
	VFE_SCSI_CMD_OUT = 3,
	VFE_SCSI_CMD_IDENTIFY = 4,	/* as IN, a struct vfe_scsi_identity */
	VFE_SCSI_CMD_RESET_UNIT = 5,
	VFE_SCSI_CMD_RESET_BUS = 6,	/* all units */
};

/*
 * Status: beside VFE_STATUS_* the SCSI status of the last command, an enum
 * vfe_scsi_window_error, and the length of its sense data. VFE_STATUS_ERR is set
 * if there is an error, and no data were moved then; a SCSI status is no error.
 */
#define VFE_SCSI_STATUS_SHORT	0x20	/* it moved less than the driver offered */
#define VFE_SCSI_STATUS_SCSI	8	/* shift, of eight bits, as the others */
#define VFE_SCSI_STATUS_ERROR	16
#define VFE_SCSI_STATUS_SENSE	24

/* Why a command was not executed, or not as a whole */
enum vfe_scsi_window_error {
	VFE_SCSI_ERR_NONE = 0,
	VFE_SCSI_ERR_COMMAND = 1,	/* unknown command */
	VFE_SCSI_ERR_CDB = 2,		/* no word in the FIFO, or too many */
	VFE_SCSI_ERR_COUNT = 3,		/* 0 or too large */
	VFE_SCSI_ERR_TARGET = 4,	/* no such target, or unit to reset */
	VFE_SCSI_ERR_OVERRUN = 5,	/* the CDB is about more data than count */
	VFE_SCSI_ERR_FAILURE = 6,
};

static inline __u32 vfe_scsi_window_address(unsigned int target,
					    unsigned int unit)
{
	return target << 16 | unit;
}

#define VFE_SCSI_IDENTITY_MAGIC		0x53656676	/* "vfeS" */
#define VFE_SCSI_IDENTITY_VERSION	1

/* The answer to VFE_SCSI_CMD_IDENTIFY */
struct vfe_scsi_identity {
	__le32 magic;
	__le32 version;
	__le32 max_count;	/* bytes of data of a command */
	__le32 reserved;
	__le32 targets[VFE_SCSI_MAX_TARGETS / 32];	/* bits: it has units */
};

VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_identity, version) == 4);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_identity, max_count) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_scsi_identity, targets) == 16);
VFE_WIRE_ASSERT(sizeof(struct vfe_scsi_identity) == 48);

#endif /* VFE_WIRE_WINDOW_SCSI_H */

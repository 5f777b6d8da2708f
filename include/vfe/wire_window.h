/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The register window of a disk: an interface without a ring, for one request
 * at a time, that moves each word of data through a register. It is the same in
 * I/O ports and in memory. All registers are 32 bits wide, little endian, at
 * multiples of four. The device ignores writes of other widths or at other
 * offsets, and returns ones for such reads.
 *
 * sector_lo, sector_hi, count: defined by the class, see wire_<class>.h
 * command: starts a request; ignored while one is under way
 * status:  reading it acknowledges the interrupt
 * error:   why the last request failed
 * data:    the next word of the request under way
 * control: VFE_CONTROL_*
 *
 * wire.h has their names and offsets. A network interface and a SCSI host have
 * other registers, see wire_window_net.h and wire_window_scsi.h; data and control
 * are the same in all classes.
 */
#ifndef VFE_WIRE_WINDOW_H
#define VFE_WIRE_WINDOW_H

#include "wire.h"

#define VFE_STATUS_READY	0x01	/* a command may be written */
#define VFE_STATUS_BUSY		0x02	/* a request is under way */
#define VFE_STATUS_DRQ		0x04	/* data words are expected */
#define VFE_STATUS_ERR		0x08	/* the last request failed */
#define VFE_STATUS_IRQ		0x10	/* an interrupt was pending */

#define VFE_CONTROL_IRQ_ENABLE	0x01
#define VFE_CONTROL_RESET	0x02	/* abort, clear all; reads back 0 */

#endif /* VFE_WIRE_WINDOW_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A formula for the cost of a SCSI command; tools/bench compares its counts with
 * it. One constant per line, so that a script can read them.
 */
#ifndef VFE_TRAP_SCSI_COST_H
#define VFE_TRAP_SCSI_COST_H

/**
 * DOC: accesses and exits of one SCSI command with n bytes of data
 *
 * Accesses to registers, as driver and device count them (command.c makes them
 * in this order)::
 *
 *	without data	VFE_TRAP_SCSI_COST_START +
 *			ceil(cdb / VFE_TRAP_SCSI_COST_WORD) +
 *			VFE_TRAP_SCSI_COST_STATUS
 *	with data	the same + VFE_TRAP_SCSI_COST_COUNT +
 *			ceil(n / VFE_TRAP_SCSI_COST_WORD)
 *
 * START is the writes of address and command, COUNT the write of count, STATUS
 * the read with which vfe_trap_command_irq() acknowledges the interrupt. The CDB
 * and the data pass through their FIFOs, four bytes at a time.
 *
 * If the device gives less data than the command asks for, n is what it gives,
 * and the command costs VFE_TRAP_SCSI_COST_SHORT more, the read of count. If it
 * takes less than the command offers, the driver has written all n bytes, and
 * reads count, too. A CHECK CONDITION costs another ceil(sense /
 * VFE_TRAP_SCSI_COST_WORD) reads of the sense FIFO. A command that the window
 * refuses has no words of data, except for a WRITE that it refuses at its end.
 * IDENTIFY, which the driver sends once per probe and per resume, and resets cost
 * START at most, and a STATUS. An interrupt of another function on a shared line
 * costs a STATUS.
 *
 * So a READ(10) or a WRITE(10) of 4096 bytes makes 2 + 3 + 1 + 1 + 1024 = 1031
 * accesses, a SYNCHRONIZE CACHE(10) 2 + 3 + 1 = 6.
 *
 * There are as many exits as accesses, since each access to the window traps,
 * except for data that are read with string instructions from ports. They cost,
 * as those of a disk (blk/cost.h has the reason)::
 *
 *	sum over the pieces of memory of ceil(piece / VFE_TRAP_SCSI_COST_CHUNK)
 *
 * where a piece is a part of a segment of the command in one page; bytes of the
 * last piece that are no whole word cost an exit of their own. 4096 bytes in one
 * page: 2 + 3 + 1 + 1 + 4 = 11 exits.
 */
#define VFE_TRAP_SCSI_COST_START	2	/* writes that start a command */
#define VFE_TRAP_SCSI_COST_COUNT	1	/* write, if it has data */
#define VFE_TRAP_SCSI_COST_STATUS	1	/* read that acknowledges */
#define VFE_TRAP_SCSI_COST_SHORT	1	/* read, if it moved less */
#define VFE_TRAP_SCSI_COST_WORD		4	/* bytes in a word of a FIFO */
#define VFE_TRAP_SCSI_COST_CHUNK	1024	/* bytes an exit moves at most, insl */

#endif /* VFE_TRAP_SCSI_COST_H */

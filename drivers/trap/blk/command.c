// SPDX-License-Identifier: GPL-2.0
/* Commands of the disk's window, and the check of their answers. */
#include <linux/pci.h>

#include "blk.h"

/**
 * vfe_trap_blk_issue() - write the command register
 * @tb: the disk, whose window vfe_trap_command_claim() claimed
 * @code: the command to start
 * @expected: VFE_STATUS_* bit that the answer has if the command succeeds
 *
 * The caller writes the words of the command before vfe_trap_blk_wait(), and
 * reads words of the answer after it.
 *
 * Context: process context, may sleep.
 */
void vfe_trap_blk_issue(struct vfe_trap_blk *tb, u32 code, u32 expected)
{
	tb->expected = expected;
	tb->error = 0;
	vfe_trap_command_issue(&tb->command, code);
}

/**
 * vfe_trap_blk_wait() - wait for the interrupt of the command in flight
 * @tb: the disk
 * @timeout: after this time, in jiffies, check for an answer without interrupt
 * @patient: wait on after @timeout
 *
 * Context: process context, may sleep.
 * Return: 0 (words can be read), -EIO the device failed the command and
 * vfe_trap_blk.error says why, -EPROTO its answer is invalid (reset the window),
 * or as vfe_trap_command_wait().
 */
int vfe_trap_blk_wait(struct vfe_trap_blk *tb, unsigned long timeout,
		      bool patient)
{
	struct vfe_trap_command *cmd = &tb->command;
	int err;

	err = vfe_trap_command_wait(cmd, timeout, patient);
	if (err)
		return err;
	if (cmd->status & VFE_STATUS_ERR) {
		tb->error = vfe_trap_get(&tb->trap, VFE_REG_PORT_ERROR);
		return -EIO;
	}
	if (!(cmd->status & tb->expected)) {
		dev_err_ratelimited(&tb->trap.pdev->dev,
				    "status %#x after command %d lacks %#x: fix the device\n",
				    cmd->status, cmd->code, tb->expected);
		return -EPROTO;
	}
	return 0;
}

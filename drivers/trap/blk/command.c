// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of a command: start it, wait for its interrupt, take the
 * answer. One context at a time runs commands. The interrupt handler may run
 * concurrently, and accesses only status.
 */
#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/pci.h>

#include "blk.h"

/* Saves the answer if the command waits for one. */
static bool vfe_trap_blk_answer(struct vfe_trap_blk *tb, u32 status)
{
	struct vfe_trap_command *cmd = &tb->command;
	unsigned long flags;
	bool wanted;

	spin_lock_irqsave(&tb->trap.lock, flags);
	wanted = cmd->phase == VFE_TRAP_WAITING;
	if (wanted) {
		cmd->phase = VFE_TRAP_ANSWERED;
		cmd->status = status;
		complete(&cmd->answered);
	}
	spin_unlock_irqrestore(&tb->trap.lock, flags);
	return wanted;
}

/**
 * vfe_trap_blk_irq() - the interrupt handler
 * @trap: the controller
 *
 * The read of status acknowledges the interrupt, and is the only access here.
 * If it reads as ones and configuration space does not answer, the device is
 * gone: end the wait for it. If configuration space answers, ignore the ones.
 * Ignore an interrupt of another function on a shared line.
 */
irqreturn_t vfe_trap_blk_irq(struct vfe_trap *trap)
{
	struct vfe_trap_blk *tb = to_trap_blk(trap);
	u32 status = vfe_trap_get(trap, VFE_REG_PORT_STATUS);

	if (status == VFE_TRAP_ONES)
		return !pci_device_is_present(trap->pdev) &&
		       vfe_trap_blk_answer(tb, status) ? IRQ_HANDLED : IRQ_NONE;
	if (!(status & VFE_STATUS_IRQ))
		return IRQ_NONE;
	vfe_count(&trap->stats, interrupts);
	if (!vfe_trap_blk_answer(tb, status))
		vfe_count(&trap->stats, spurious);
	return IRQ_HANDLED;
}

/* The device is gone, or nothing may wait for it: ends the wait. */
void vfe_trap_blk_end_wait(struct vfe_trap *trap)
{
	complete(&to_trap_blk(trap)->command.answered);
}

/* Is a command in flight? */
bool vfe_trap_blk_waits(struct vfe_trap_blk *tb)
{
	unsigned long flags;
	bool waits;

	spin_lock_irqsave(&tb->trap.lock, flags);
	waits = tb->command.phase == VFE_TRAP_WAITING;
	spin_unlock_irqrestore(&tb->trap.lock, flags);
	return waits;
}

/**
 * vfe_trap_blk_claim() - claim the window for a command
 * @tb: the disk
 *
 * The caller writes the registers of the command's range next, and then calls
 * vfe_trap_blk_issue().
 *
 * Context: process context, may sleep.
 * Return: 0, -EINTR see vfe_trap_stop_waits(), -ENODEV the device is gone.
 */
int vfe_trap_blk_claim(struct vfe_trap_blk *tb)
{
	struct vfe_trap *trap = &tb->trap;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&trap->lock, flags);
	if (trap->gone) {
		err = -ENODEV;
	} else if (trap->stop) {
		err = -EINTR;
	} else {
		tb->command.phase = VFE_TRAP_WAITING;
		reinit_completion(&tb->command.answered);
	}
	spin_unlock_irqrestore(&trap->lock, flags);
	return err;
}

/**
 * vfe_trap_blk_issue() - write the command register
 * @tb: the disk, whose window vfe_trap_blk_claim() claimed
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
	tb->command.code = code;
	tb->command.expected = expected;
	tb->command.error = 0;
	vfe_trap_set(&tb->trap, VFE_REG_PORT_COMMAND, code);
}

/*
 * There was no interrupt in time. Read status once: an answer without an
 * interrupt is no reason to reset the device, but worth a line in the log.
 */
static bool vfe_trap_blk_poll(struct vfe_trap_blk *tb)
{
	u32 status = vfe_trap_get(&tb->trap, VFE_REG_PORT_STATUS);

	/* the function is present, but does not answer for now */
	if (status == VFE_TRAP_ONES && pci_device_is_present(tb->trap.pdev))
		return false;
	if (status & VFE_STATUS_IRQ && vfe_trap_blk_answer(tb, status) &&
	    status != VFE_TRAP_ONES)
		dev_warn_ratelimited(&tb->trap.pdev->dev,
				     "the interrupt of command %d was lost: status is %#x\n",
				     tb->command.code, status);
	return try_wait_for_completion(&tb->command.answered);
}

/* Checks the status at the end of a command. */
static int vfe_trap_blk_check_status(struct vfe_trap_blk *tb, u32 status)
{
	struct vfe_trap_command *cmd = &tb->command;

	if (status & VFE_STATUS_ERR) {
		cmd->error = vfe_trap_get(&tb->trap, VFE_REG_PORT_ERROR);
		return -EIO;
	}
	if (!(status & cmd->expected)) {
		dev_err_ratelimited(&tb->trap.pdev->dev,
				    "status %#x after command %d lacks %#x: fix the device\n",
				    status, cmd->code, cmd->expected);
		return -EPROTO;
	}
	return 0;
}

/*
 * Takes the answer; the window is idle then. Return: 0, -EINTR without an
 * answer, or -ENODEV
 */
static int vfe_trap_blk_take_answer(struct vfe_trap_blk *tb, u32 *status)
{
	struct vfe_trap_command *cmd = &tb->command;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&tb->trap.lock, flags);
	*status = cmd->status;
	if (tb->trap.gone)
		err = -ENODEV;
	else if (cmd->phase == VFE_TRAP_WAITING)
		err = -EINTR;
	cmd->phase = VFE_TRAP_IDLE;
	spin_unlock_irqrestore(&tb->trap.lock, flags);
	return err;
}

/*
 * Waits for the answer. A timeout fails no command, because a device may be
 * slow; the log has one warning. Return: whether to wait on
 */
static bool vfe_trap_blk_wait_on(struct vfe_trap_blk *tb, unsigned long timeout,
				 bool *warned)
{
	if (wait_for_completion_timeout(&tb->command.answered, timeout) ||
	    vfe_trap_blk_poll(tb))
		return false;
	if (!*warned)
		dev_warn_ratelimited(&tb->trap.pdev->dev,
				     "command %d is not answered after %u ms: still waiting\n",
				     tb->command.code,
				     jiffies_to_msecs(timeout));
	*warned = true;
	return true;
}

/**
 * vfe_trap_blk_wait() - wait for the interrupt of the command in flight
 * @tb: the disk
 * @timeout: after this time, in jiffies, check for an answer without interrupt
 * @patient: wait on after @timeout
 *
 * Context: process context, may sleep.
 * Return: 0 (words can be read), -EIO the device failed the command and
 * vfe_trap_command.error says why, -EPROTO its answer is invalid, -ETIMEDOUT it
 * did not answer and @patient is false (both: reset the window), -EINTR see
 * vfe_trap_stop_waits(), -ENODEV it is gone.
 */
int vfe_trap_blk_wait(struct vfe_trap_blk *tb, unsigned long timeout,
		      bool patient)
{
	bool warned = !patient;	/* the caller gets the error */
	u32 status;
	int err;

	while (vfe_trap_blk_wait_on(tb, timeout, &warned)) {
		if (patient)
			continue;
		err = vfe_trap_blk_take_answer(tb, &status);
		return err == -ENODEV ? err : -ETIMEDOUT;
	}
	err = vfe_trap_blk_take_answer(tb, &status);
	if (err)
		return err;
	if (status == VFE_TRAP_ONES) {
		vfe_trap_set_gone(&tb->trap);
		return -ENODEV;
	}
	return vfe_trap_blk_check_status(tb, status);
}

/* Has the device answered? If words are left to write, it refuses them. */
bool vfe_trap_blk_answered(struct vfe_trap_blk *tb)
{
	return completion_done(&tb->command.answered);
}

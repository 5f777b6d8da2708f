// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of a command, for classes whose window executes one at a
 * time and ends each with an interrupt: start it, wait for its interrupt, take
 * the answer. One context at a time runs commands. The interrupt handler may run
 * concurrently, and accesses only the status register.
 */
#include <linux/completion.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/pci.h>

#include <vfe/compat/core.h>

#include "trap.h"

/**
 * vfe_trap_command_init() - prepare for commands
 * @cmd: the command, all zero
 * @trap: its controller
 * @command: the command register of the window in ports
 * @status: the status register, in which VFE_STATUS_IRQ is an interrupt
 */
void vfe_trap_command_init(struct vfe_trap_command *cmd, struct vfe_trap *trap,
			   enum vfe_reg command, enum vfe_reg status)
{
	cmd->trap = trap;
	cmd->command_reg = command;
	cmd->status_reg = status;
	init_completion(&cmd->answered);
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_command_init, VFE_NS);

/* Saves the answer if the command waits for one. */
static bool vfe_trap_command_answer(struct vfe_trap_command *cmd, u32 status)
{
	unsigned long flags;
	bool wanted;

	spin_lock_irqsave(&cmd->trap->lock, flags);
	wanted = cmd->phase == VFE_TRAP_WAITING;
	if (wanted) {
		cmd->phase = VFE_TRAP_ANSWERED;
		cmd->status = status;
		complete(&cmd->answered);
	}
	spin_unlock_irqrestore(&cmd->trap->lock, flags);
	return wanted;
}

/**
 * vfe_trap_command_irq() - the interrupt handler of the class
 * @cmd: the command
 *
 * The read of status acknowledges the interrupt, and is the only access here.
 * If it reads as ones and configuration space does not answer, the device is
 * gone: end the wait for it. If configuration space answers, ignore the ones.
 * Ignore an interrupt of another function on a shared line.
 */
irqreturn_t vfe_trap_command_irq(struct vfe_trap_command *cmd)
{
	struct vfe_trap *trap = cmd->trap;
	u32 status = vfe_trap_get(trap, cmd->status_reg);

	if (status == VFE_TRAP_ONES)
		return !pci_device_is_present(trap->pdev) &&
		       vfe_trap_command_answer(cmd, status) ? IRQ_HANDLED :
							      IRQ_NONE;
	if (!(status & VFE_STATUS_IRQ))
		return IRQ_NONE;
	vfe_count(&trap->stats, interrupts);
	if (!vfe_trap_command_answer(cmd, status))
		vfe_count(&trap->stats, spurious);
	return IRQ_HANDLED;
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_command_irq, VFE_NS);

/**
 * vfe_trap_command_end_wait() - the device is gone, or nothing may wait for it
 * @cmd: the command, whose wait ends
 *
 * Context: any, with vfe_trap.lock held.
 */
void vfe_trap_command_end_wait(struct vfe_trap_command *cmd)
{
	complete(&cmd->answered);
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_command_end_wait, VFE_NS);

/**
 * vfe_trap_command_waits() - is a command in flight?
 * @cmd: the command
 *
 * Context: any.
 */
bool vfe_trap_command_waits(struct vfe_trap_command *cmd)
{
	unsigned long flags;
	bool waits;

	spin_lock_irqsave(&cmd->trap->lock, flags);
	waits = cmd->phase == VFE_TRAP_WAITING;
	spin_unlock_irqrestore(&cmd->trap->lock, flags);
	return waits;
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_command_waits, VFE_NS);

/**
 * vfe_trap_command_claim() - claim the window for a command
 * @cmd: the command
 *
 * The caller writes the registers of the command's arguments next, and then
 * calls vfe_trap_command_issue().
 *
 * Context: process context, may sleep.
 * Return: 0, -EINTR see vfe_trap_stop_waits(), -ENODEV the device is gone.
 */
int vfe_trap_command_claim(struct vfe_trap_command *cmd)
{
	struct vfe_trap *trap = cmd->trap;
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&trap->lock, flags);
	if (trap->gone) {
		err = -ENODEV;
	} else if (trap->stop) {
		err = -EINTR;
	} else {
		cmd->phase = VFE_TRAP_WAITING;
		reinit_completion(&cmd->answered);
	}
	spin_unlock_irqrestore(&trap->lock, flags);
	return err;
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_command_claim, VFE_NS);

/**
 * vfe_trap_command_issue() - write the command register
 * @cmd: the command, after vfe_trap_command_claim()
 * @code: the command to start
 *
 * The caller writes the words of the command before vfe_trap_command_wait(), and
 * reads words of the answer after it.
 *
 * Context: process context, may sleep.
 */
void vfe_trap_command_issue(struct vfe_trap_command *cmd, u32 code)
{
	cmd->code = code;
	vfe_trap_set(cmd->trap, cmd->command_reg, code);
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_command_issue, VFE_NS);

/*
 * There was no interrupt in time. Read status once: an answer without an
 * interrupt is no reason to reset the device, but worth a line in the log.
 */
static bool vfe_trap_command_poll(struct vfe_trap_command *cmd)
{
	struct pci_dev *pdev = cmd->trap->pdev;
	u32 status = vfe_trap_get(cmd->trap, cmd->status_reg);

	/* the function is present, but does not answer for now */
	if (status == VFE_TRAP_ONES && pci_device_is_present(pdev))
		return false;
	if (status & VFE_STATUS_IRQ && vfe_trap_command_answer(cmd, status) &&
	    status != VFE_TRAP_ONES)
		dev_warn_ratelimited(&pdev->dev,
				     "the interrupt of command %d was lost: status is %#x\n",
				     cmd->code, status);
	return try_wait_for_completion(&cmd->answered);
}

/*
 * Takes the answer; the window is idle then. Return: 0, -EINTR without an
 * answer, or -ENODEV
 */
static int vfe_trap_command_take(struct vfe_trap_command *cmd)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&cmd->trap->lock, flags);
	if (cmd->trap->gone)
		err = -ENODEV;
	else if (cmd->phase == VFE_TRAP_WAITING)
		err = -EINTR;
	cmd->phase = VFE_TRAP_IDLE;
	spin_unlock_irqrestore(&cmd->trap->lock, flags);
	return err;
}

/*
 * Waits for the answer. A timeout fails no command, because a device may be
 * slow; the log has one warning. Return: whether to wait on
 */
static bool vfe_trap_command_wait_on(struct vfe_trap_command *cmd,
				     unsigned long timeout, bool *warned)
{
	if (wait_for_completion_timeout(&cmd->answered, timeout) ||
	    vfe_trap_command_poll(cmd))
		return false;
	if (!*warned)
		dev_warn_ratelimited(&cmd->trap->pdev->dev,
				     "command %d is not answered after %u ms: still waiting\n",
				     cmd->code, jiffies_to_msecs(timeout));
	*warned = true;
	return true;
}

/**
 * vfe_trap_command_wait() - wait for the interrupt of the command in flight
 * @cmd: the command; its status is then the one of the answer
 * @timeout: after this time, in jiffies, check for an answer without interrupt
 * @patient: wait on after @timeout
 *
 * Context: process context, may sleep.
 * Return: 0, -ETIMEDOUT the device did not answer and @patient is false (reset
 * the window), -EINTR see vfe_trap_stop_waits(), -ENODEV it is gone.
 */
int vfe_trap_command_wait(struct vfe_trap_command *cmd, unsigned long timeout,
			  bool patient)
{
	bool warned = !patient;	/* the caller gets the error */
	int err;

	while (vfe_trap_command_wait_on(cmd, timeout, &warned)) {
		if (patient)
			continue;
		err = vfe_trap_command_take(cmd);
		return err == -ENODEV ? err : -ETIMEDOUT;
	}
	err = vfe_trap_command_take(cmd);
	if (!err && cmd->status == VFE_TRAP_ONES) {
		vfe_trap_set_gone(cmd->trap);
		return -ENODEV;
	}
	return err;
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_command_wait, VFE_NS);

/**
 * vfe_trap_command_answered() - has the device answered?
 * @cmd: the command, of which words are left to write
 *
 * Context: any.
 * Return: whether it has: then it refuses these words.
 */
bool vfe_trap_command_answered(struct vfe_trap_command *cmd)
{
	return completion_done(&cmd->answered);
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_command_answered, VFE_NS);

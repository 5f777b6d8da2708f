// SPDX-License-Identifier: GPL-2.0
/*
 * The state machine of the register window: start a command, wait for its
 * interrupt, move its words, reset. One context at a time runs commands. The
 * interrupt handler may run concurrently, and accesses only status; so may
 * vfe_trap_stop_waits() and vfe_trap_set_gone(), which access no register.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/pci.h>

#include "trap.h"

/* longest wait for the reset in probe */
#define VFE_TRAP_PROBE_MS	60000

/* value of all registers of a gone device */
#define VFE_TRAP_ONES		0xffffffffU

/* pause between two reads of control, and time until a message in the log */
#define VFE_TRAP_RESET_WAIT_MS	10
#define VFE_TRAP_RESET_WARN_MS	1000

/* Saves the answer if the command waits for one. */
static bool vfe_trap_answer(struct vfe_trap *trap, u32 status)
{
	unsigned long flags;
	bool wanted;

	spin_lock_irqsave(&trap->lock, flags);
	wanted = trap->phase == VFE_TRAP_WAITING;
	if (wanted) {
		trap->phase = VFE_TRAP_ANSWERED;
		trap->status = status;
		complete(&trap->answered);
	}
	spin_unlock_irqrestore(&trap->lock, flags);
	return wanted;
}

/*
 * The read of status acknowledges the interrupt, and is the only access here.
 * If it reads as ones and configuration space does not answer, the device is
 * gone: end the wait for it. If configuration space answers, ignore the ones.
 * Ignore an interrupt of another function on a shared line.
 */
static irqreturn_t vfe_trap_irq(int irq, void *data)
{
	struct vfe_trap *trap = data;
	u32 status = vfe_read32(&trap->regs, trap->layout->status);

	if (status == VFE_TRAP_ONES)
		return !pci_device_is_present(trap->pdev) &&
		       vfe_trap_answer(trap, status) ? IRQ_HANDLED : IRQ_NONE;
	if (!(status & VFE_STATUS_IRQ))
		return IRQ_NONE;
	vfe_count(&trap->stats, interrupts);
	if (!vfe_trap_answer(trap, status))
		vfe_count(&trap->stats, spurious);
	return IRQ_HANDLED;
}

/**
 * vfe_trap_set_gone() - the function is gone: fail all commands
 * @trap: the window
 *
 * Context: any.
 */
void vfe_trap_set_gone(struct vfe_trap *trap)
{
	unsigned long flags;
	bool first;

	spin_lock_irqsave(&trap->lock, flags);
	first = trap->phase != VFE_TRAP_GONE;
	trap->phase = VFE_TRAP_GONE;
	complete(&trap->answered);
	spin_unlock_irqrestore(&trap->lock, flags);
	if (first)
		dev_err_ratelimited(&trap->pdev->dev,
				    "the device is gone: requests fail until it is back\n");
}

/**
 * vfe_trap_check_back() - check whether a function that was gone is back
 * @trap: the window, with no command in flight
 *
 * Context: process context.
 * Return: 0, also if it was never gone, or -ENODEV.
 */
int vfe_trap_check_back(struct vfe_trap *trap)
{
	unsigned long flags;

	if (pci_channel_offline(trap->pdev) ||
	    !pci_device_is_present(trap->pdev))
		return -ENODEV;
	spin_lock_irqsave(&trap->lock, flags);
	if (trap->phase == VFE_TRAP_GONE)
		trap->phase = VFE_TRAP_IDLE;
	spin_unlock_irqrestore(&trap->lock, flags);
	return 0;
}

/**
 * vfe_trap_stop_waits() - stop waiting for the device, or allow it again
 * @trap: the window
 * @stop: true: running and later waits end with -EINTR; false: allow waits
 *
 * Context: any.
 * Return: whether a command was in flight.
 */
bool vfe_trap_stop_waits(struct vfe_trap *trap, bool stop)
{
	unsigned long flags;
	bool waiting;

	spin_lock_irqsave(&trap->lock, flags);
	trap->stop = stop;
	waiting = trap->phase == VFE_TRAP_WAITING;
	if (stop && waiting)
		complete(&trap->answered);
	spin_unlock_irqrestore(&trap->lock, flags);
	return waiting;
}

/* Changes the phase, unless the function is gone or waits are stopped. */
static int vfe_trap_set_phase(struct vfe_trap *trap, enum vfe_trap_phase phase)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&trap->lock, flags);
	if (trap->phase == VFE_TRAP_GONE) {
		err = -ENODEV;
	} else if (phase == VFE_TRAP_WAITING && trap->stop) {
		err = -EINTR;
	} else {
		trap->phase = phase;
		if (phase == VFE_TRAP_WAITING)
			reinit_completion(&trap->answered);
	}
	spin_unlock_irqrestore(&trap->lock, flags);
	return err;
}

/**
 * vfe_trap_begin() - claim the window for a command
 * @trap: the window
 *
 * The class writes its own registers next, and then calls vfe_trap_issue().
 *
 * Context: process context, may sleep.
 * Return: 0, -EINTR see vfe_trap_stop_waits(), -ENODEV the device is gone.
 */
int vfe_trap_begin(struct vfe_trap *trap)
{
	return vfe_trap_set_phase(trap, VFE_TRAP_WAITING);
}

/**
 * vfe_trap_issue() - write the command register
 * @trap: the window, claimed by vfe_trap_begin()
 * @command: the command to start
 * @expected: VFE_STATUS_* bit that the answer has if the command succeeds
 *
 * The caller writes the words of the command before vfe_trap_wait(), and reads
 * words of the answer after it.
 *
 * Context: process context, may sleep.
 */
void vfe_trap_issue(struct vfe_trap *trap, u32 command, u32 expected)
{
	trap->command = command;
	trap->expected = expected;
	trap->error = 0;
	vfe_write32(&trap->regs, trap->layout->command, command);
}

/*
 * There was no interrupt in time. Read status once: an answer without an
 * interrupt is no reason to reset the device, but worth a line in the log.
 */
static bool vfe_trap_poll(struct vfe_trap *trap)
{
	u32 status = vfe_read32(&trap->regs, trap->layout->status);

	/* the function is present, but does not answer for now */
	if (status == VFE_TRAP_ONES && pci_device_is_present(trap->pdev))
		return false;
	if (status & VFE_STATUS_IRQ && vfe_trap_answer(trap, status) &&
	    status != VFE_TRAP_ONES)
		dev_warn_ratelimited(&trap->pdev->dev,
				     "the interrupt of command %d was lost: status is %#x\n",
				     trap->command, status);
	return try_wait_for_completion(&trap->answered);
}

/* Checks the status at the end of a command. */
static int vfe_trap_check_status(struct vfe_trap *trap, u32 status)
{
	if (status & VFE_STATUS_ERR) {
		trap->error = vfe_read32(&trap->regs, trap->layout->error);
		return -EIO;
	}
	if (!(status & trap->expected)) {
		dev_err_ratelimited(&trap->pdev->dev,
				    "status %#x after command %d lacks %#x: fix the device\n",
				    status, trap->command, trap->expected);
		return -EPROTO;
	}
	return 0;
}

/*
 * Takes the answer; the window is idle then. Return: 0, -EINTR if the wait was
 * stopped, or -ENODEV
 */
static int vfe_trap_take_answer(struct vfe_trap *trap, u32 *status)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&trap->lock, flags);
	*status = trap->status;
	if (trap->phase == VFE_TRAP_GONE)
		err = -ENODEV;
	else if (trap->phase == VFE_TRAP_WAITING)
		err = -EINTR;
	if (err != -ENODEV)
		trap->phase = VFE_TRAP_IDLE;
	spin_unlock_irqrestore(&trap->lock, flags);
	return err;
}

/*
 * Waits for the answer. A timeout fails no command, because a device may be
 * slow; the log has one warning. Return: whether to wait on
 */
static bool vfe_trap_wait_on(struct vfe_trap *trap, unsigned long timeout,
			     bool *warned)
{
	if (wait_for_completion_timeout(&trap->answered, timeout) ||
	    vfe_trap_poll(trap))
		return false;
	if (!*warned)
		dev_warn_ratelimited(&trap->pdev->dev,
				     "command %d is not answered after %u ms: still waiting\n",
				     trap->command, jiffies_to_msecs(timeout));
	*warned = true;
	return true;
}

/**
 * vfe_trap_wait() - wait for the interrupt of the command in flight
 * @trap: the window
 * @timeout: after this time, in jiffies, check for an answer without interrupt
 * @patient: wait on after @timeout
 *
 * Context: process context, may sleep.
 * Return: 0 (words can be read), -EIO the device failed the command
 * and trap->error says why, -EPROTO its answer is invalid, -ETIMEDOUT it did
 * not answer and @patient is false (both: reset the window), -EINTR see
 * vfe_trap_stop_waits(), -ENODEV it is gone.
 */
int vfe_trap_wait(struct vfe_trap *trap, unsigned long timeout, bool patient)
{
	bool warned = !patient;	/* the caller gets the error */
	u32 status;
	int err;

	while (vfe_trap_wait_on(trap, timeout, &warned))
		if (!patient)
			return -ETIMEDOUT;
	err = vfe_trap_take_answer(trap, &status);
	if (err)
		return err;
	if (status == VFE_TRAP_ONES) {
		vfe_trap_set_gone(trap);
		return -ENODEV;
	}
	return vfe_trap_check_status(trap, status);
}

/* Has the device answered? If words are left to write, it refuses them. */
bool vfe_trap_answered(struct vfe_trap *trap)
{
	return completion_done(&trap->answered);
}

/**
 * vfe_trap_read() - read the next words of a command
 * @trap: the window
 * @buf: where to put them, inside one page with string instructions
 * @bytes: a multiple of 4
 *
 * A gone device reads as ones, but data may end in ones, too: check whether the
 * function answers in configuration space, whose accesses are not counted.
 *
 * Context: any.
 * Return: 0 or -ENODEV when the device is gone.
 */
int vfe_trap_read(struct vfe_trap *trap, void *buf, unsigned int bytes)
{
	unsigned int words = bytes / sizeof(__le32);
	__le32 *to = buf;

	if (trap->string)
		vfe_read_string(&trap->regs, trap->layout->string, to, words);
	else
		vfe_read_words(&trap->regs, trap->layout->data, to, words);
	if (!words || to[words - 1] != cpu_to_le32(VFE_TRAP_ONES) ||
	    pci_device_is_present(trap->pdev))
		return 0;
	vfe_trap_set_gone(trap);
	return -ENODEV;
}

/**
 * vfe_trap_write() - write the next words of a command
 * @trap: the window
 * @buf: the words
 * @bytes: a multiple of 4
 *
 * Context: any.
 */
void vfe_trap_write(struct vfe_trap *trap, const void *buf,
		    unsigned int bytes)
{
	unsigned int words = bytes / sizeof(__le32);

	if (trap->string)
		vfe_write_string(&trap->regs, trap->layout->string, buf, words);
	else
		vfe_write_words(&trap->regs, trap->layout->data, buf, words);
}

/* Waits for the reset bit to read back 0; @max_ms as for vfe_trap_reset(). */
static int vfe_trap_reset_settle(struct vfe_trap *trap, unsigned int max_ms)
{
	unsigned int waited, warn_after = VFE_TRAP_RESET_WARN_MS;
	unsigned long start = jiffies;
	u32 control;

	for (;;) {
		waited = jiffies_to_msecs(jiffies - start);
		control = vfe_read32(&trap->regs, trap->layout->control);
		if (control == VFE_TRAP_ONES &&
		    !pci_device_is_present(trap->pdev))
			return -ENODEV;
		if (!(control & VFE_CONTROL_RESET))
			return 0;
		if (READ_ONCE(trap->stop))
			return -EINTR;
		if (max_ms && waited >= max_ms)
			return -ETIMEDOUT;
		if (waited > warn_after) {
			dev_warn_ratelimited(&trap->pdev->dev,
					     "control is still %#x %u ms after a reset: still waiting\n",
					     control, waited);
			warn_after = UINT_MAX;
		}
		msleep(VFE_TRAP_RESET_WAIT_MS);
	}
}

/**
 * vfe_trap_reset() - abort the command in flight
 * @trap: the window
 * @max_ms: longest time to wait, in milliseconds; 0 for no limit
 *
 * Waits for the handler of the aborted command's interrupt, so that it does not
 * answer the next command.
 *
 * Context: process context, may sleep.
 * Return: 0, -ENODEV the device is gone, -ETIMEDOUT the reset has not ended,
 * -EINTR see vfe_trap_stop_waits().
 */
int vfe_trap_reset(struct vfe_trap *trap, unsigned int max_ms)
{
	int err;

	err = vfe_trap_set_phase(trap, VFE_TRAP_IDLE);
	if (err)
		return err;
	vfe_write32(&trap->regs, trap->layout->control, VFE_CONTROL_RESET);
	err = vfe_trap_reset_settle(trap, max_ms);
	synchronize_irq(trap->pdev->irq);
	if (err == -ENODEV)
		vfe_trap_set_gone(trap);
	if (err)
		return err;
	vfe_write32(&trap->regs, trap->layout->control, VFE_CONTROL_IRQ_ENABLE);
	return 0;
}

/**
 * vfe_trap_disable_irq() - disable interrupts until vfe_trap_reset()
 * @trap: the window, with no command in flight
 *
 * Context: process context, may sleep.
 */
void vfe_trap_disable_irq(struct vfe_trap *trap)
{
	vfe_write32(&trap->regs, trap->layout->control, 0);
	synchronize_irq(trap->pdev->irq);
}

static int vfe_trap_request_irq(struct vfe_trap *trap)
{
	struct pci_dev *pdev = trap->pdev;
	int err;

	if (!pdev->pin || !pdev->irq) {
		dev_err(&pdev->dev,
			"no interrupt pin is routed: enable INTx, which the register window needs\n");
		return -ENODEV;
	}
	pci_intx(pdev, 1);
	err = request_irq(pdev->irq, vfe_trap_irq, IRQF_SHARED,
			  dev_driver_string(&pdev->dev), trap);
	if (err)
		dev_err(&pdev->dev, "cannot request interrupt %u: error %d\n",
			pdev->irq, err);
	return err;
}

/**
 * vfe_trap_start() - set up the interrupt, and reset the window
 * @trap: with its BAR mapped
 *
 * Context: process context, may sleep.
 * Return: 0, -ENOMEM, -ENODEV no interrupt pin or the device is gone,
 * -ETIMEDOUT its reset does not end, or the error of request_irq(). Each but
 * -ENOMEM with a line in the log.
 */
int vfe_trap_start(struct vfe_trap *trap)
{
	int err;

	spin_lock_init(&trap->lock);
	init_completion(&trap->answered);
	trap->phase = VFE_TRAP_IDLE;
	err = vfe_stats_init(&trap->stats, NULL);
	if (err)
		return err;
	err = vfe_trap_request_irq(trap);
	if (err)
		goto err_stats;
	err = vfe_trap_reset(trap, VFE_TRAP_PROBE_MS);
	if (err == -ETIMEDOUT)
		dev_err(&trap->pdev->dev,
			"the reset has not ended after %u ms: replace the device\n",
			VFE_TRAP_PROBE_MS);
	if (err)
		goto err_irq;
	return 0;

err_irq:
	free_irq(trap->pdev->irq, trap);
err_stats:
	vfe_stats_exit(&trap->stats);
	return err;
}

/**
 * vfe_trap_shutdown() - undo vfe_trap_start()
 * @trap: the window, with no command in flight
 *
 * Context: process context, may sleep.
 */
void vfe_trap_shutdown(struct vfe_trap *trap)
{
	vfe_trap_disable_irq(trap);
	free_irq(trap->pdev->irq, trap);
	vfe_stats_exit(&trap->stats);
}

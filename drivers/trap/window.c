// SPDX-License-Identifier: GPL-2.0
/*
 * The register window itself: its interrupt, its reset, its data port, and
 * whether the function is gone. The class handles the interrupt, and one
 * context at a time uses the data port; vfe_trap_stop_waits() and
 * vfe_trap_set_gone() access no register, and may run at any time.
 */
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/pci.h>

#include <vfe/compat/core.h>

#include "trap.h"

/* longest wait for the reset in probe */
#define VFE_TRAP_PROBE_MS	60000

/* pause between two reads of control, and time until a message in the log */
#define VFE_TRAP_RESET_WAIT_MS	10
#define VFE_TRAP_RESET_WARN_MS	1000

static irqreturn_t vfe_trap_irq(int irq, void *data)
{
	struct vfe_trap *trap = data;

	return trap->class->irq(trap);
}

/**
 * vfe_trap_set_gone() - the function is gone: all fails from now on
 * @trap: the window
 *
 * Context: any.
 */
void vfe_trap_set_gone(struct vfe_trap *trap)
{
	unsigned long flags;
	bool first;

	spin_lock_irqsave(&trap->lock, flags);
	first = !trap->gone;
	WRITE_ONCE(trap->gone, true);
	trap->class->gone(trap);
	spin_unlock_irqrestore(&trap->lock, flags);
	if (first)
		dev_err_ratelimited(&trap->pdev->dev,
				    "the device is gone: requests fail until it is back\n");
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_set_gone, VFE_NS);

/**
 * vfe_trap_check_back() - check whether a function that was gone is back
 * @trap: the window, which its class does not use
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
	WRITE_ONCE(trap->gone, false);
	spin_unlock_irqrestore(&trap->lock, flags);
	return 0;
}

/**
 * vfe_trap_stop_waits() - stop waiting for the device, or allow it again
 * @trap: the window
 * @stop: true: running and later waits end with -EINTR; false: allow waits
 *
 * Context: any.
 */
void vfe_trap_stop_waits(struct vfe_trap *trap, bool stop)
{
	unsigned long flags;

	spin_lock_irqsave(&trap->lock, flags);
	WRITE_ONCE(trap->stop, stop);
	if (stop)
		trap->class->gone(trap);
	spin_unlock_irqrestore(&trap->lock, flags);
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_stop_waits, VFE_NS);

/**
 * vfe_trap_read() - read the next words of data
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
EXPORT_SYMBOL_NS_GPL(vfe_trap_read, VFE_NS);

/**
 * vfe_trap_write() - write the next words of data
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
EXPORT_SYMBOL_NS_GPL(vfe_trap_write, VFE_NS);

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
 * vfe_trap_reset() - abort what the window does
 * @trap: the window
 * @max_ms: longest time to wait, in milliseconds; 0 for no limit
 *
 * Waits for the handler of an interrupt from before, so that its class takes it
 * for none from after.
 *
 * Context: process context, may sleep.
 * Return: 0, -ENODEV the device is gone, -ETIMEDOUT the reset has not ended,
 * -EINTR see vfe_trap_stop_waits().
 */
int vfe_trap_reset(struct vfe_trap *trap, unsigned int max_ms)
{
	int err;

	if (READ_ONCE(trap->gone))
		return -ENODEV;
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
EXPORT_SYMBOL_NS_GPL(vfe_trap_reset, VFE_NS);

/**
 * vfe_trap_disable_irq() - disable interrupts until vfe_trap_reset()
 * @trap: the window, which its class does not use
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
	err = vfe_stats_init(&trap->stats, trap->class->counters);
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
 * @trap: the window, which its class does not use
 *
 * Context: process context, may sleep.
 */
void vfe_trap_shutdown(struct vfe_trap *trap)
{
	vfe_trap_disable_irq(trap);
	free_irq(trap->pdev->irq, trap);
	vfe_stats_exit(&trap->stats);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The request state machine of the register window: start a command, wait for
 * its interrupt, move its words, reset. One context at a time runs requests;
 * only the interrupt handler runs beside it, and reads nothing but status.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/pci.h>

#include "trap.h"

#define VFET_ONES		0xffffffffU	/* reads of a gone device */
#define VFET_RESET_WAIT_MS	10	/* between two reads */
#define VFET_RESET_TELL_MS	1000	/* until a message in the log */

/* Saves the answer if the request waits for one. */
static bool vfet_answer(struct vfet_window *w, u32 status)
{
	unsigned long flags;
	bool wanted;

	spin_lock_irqsave(&w->lock, flags);
	wanted = w->phase == VFET_WAITING;
	if (wanted) {
		w->phase = VFET_ANSWERED;
		w->status = status;
		complete(&w->answered);
	}
	spin_unlock_irqrestore(&w->lock, flags);
	return wanted;
}

/*
 * The read of status acknowledges the interrupt, and is the only access here.
 * If it reads as ones, and configuration space does not answer, the device is
 * gone: end the wait for it. If configuration space answers, ignore the ones.
 * An interrupt of another function on a shared line is not handled here.
 */
static irqreturn_t vfet_window_interrupt(int irq, void *data)
{
	struct vfet_window *w = data;
	u32 status = vfe_read32(&w->regs, w->map->status);

	if (status == VFET_ONES)
		return !pci_device_is_present(w->pdev) &&
		       vfet_answer(w, status) ? IRQ_HANDLED : IRQ_NONE;
	if (!(status & VFE_STATUS_IRQ))
		return IRQ_NONE;
	vfe_count(&w->stats, interrupts);
	if (!vfet_answer(w, status))
		vfe_count(&w->stats, spurious);
	return IRQ_HANDLED;
}

/**
 * vfet_window_lose() - the function is gone: fail all requests
 * @w: the window
 *
 * Context: any.
 */
void vfet_window_lose(struct vfet_window *w)
{
	unsigned long flags;
	bool first;

	spin_lock_irqsave(&w->lock, flags);
	first = w->phase != VFET_GONE;
	w->phase = VFET_GONE;
	complete(&w->answered);
	spin_unlock_irqrestore(&w->lock, flags);
	if (first)
		dev_err_ratelimited(&w->pdev->dev,
				    "the device is gone: requests fail until it is back\n");
}

/**
 * vfet_window_find() - check whether a function that was gone is back
 * @w: the window, with no request in flight
 *
 * Context: process context.
 * Return: 0, also if it was never gone, or -ENODEV.
 */
int vfet_window_find(struct vfet_window *w)
{
	unsigned long flags;

	if (pci_channel_offline(w->pdev) || !pci_device_is_present(w->pdev))
		return -ENODEV;
	spin_lock_irqsave(&w->lock, flags);
	if (w->phase == VFET_GONE)
		w->phase = VFET_IDLE;
	spin_unlock_irqrestore(&w->lock, flags);
	return 0;
}

/**
 * vfet_window_stop() - stop waiting for the device, or allow it again
 * @w: the window
 * @stop: true: running and later waits end with -EINTR; false: allow waits
 *
 * Context: any.
 * Return: whether a command was in flight.
 */
bool vfet_window_stop(struct vfet_window *w, bool stop)
{
	unsigned long flags;
	bool waiting;

	spin_lock_irqsave(&w->lock, flags);
	w->stop = stop;
	waiting = w->phase == VFET_WAITING;
	if (stop && waiting)
		complete(&w->answered);
	spin_unlock_irqrestore(&w->lock, flags);
	return waiting;
}

/* Changes the phase, unless the function is gone or waits are stopped. */
static int vfet_set_phase(struct vfet_window *w, enum vfet_phase phase)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&w->lock, flags);
	if (w->phase == VFET_GONE) {
		err = -ENODEV;
	} else if (phase == VFET_WAITING && w->stop) {
		err = -EINTR;
	} else {
		w->phase = phase;
		if (phase == VFET_WAITING)
			reinit_completion(&w->answered);
	}
	spin_unlock_irqrestore(&w->lock, flags);
	return err;
}

/**
 * vfet_window_begin() - write a command
 * @w: the window
 * @command: to start
 * @sector: first sector, for READ and WRITE
 * @count: sectors, for READ and WRITE
 *
 * The words of a WRITE follow before vfet_window_wait(); those of a READ,
 * after.
 *
 * Context: process context, may sleep.
 * Return: 0, -EINTR see vfet_window_stop(), or -ENODEV when the device is gone.
 */
int vfet_window_begin(struct vfet_window *w, enum vfe_command command,
		      u64 sector, u32 count)
{
	int err;

	err = vfet_set_phase(w, VFET_WAITING);
	if (err)
		return err;
	w->command = command;
	w->error = VFE_ERR_NONE;
	if (command == VFE_CMD_READ || command == VFE_CMD_WRITE) {
		vfe_write32(&w->regs, w->map->sector_lo, lower_32_bits(sector));
		vfe_write32(&w->regs, w->map->sector_hi, upper_32_bits(sector));
		vfe_write32(&w->regs, w->map->count, count);
	}
	vfe_write32(&w->regs, w->map->command, command);
	return 0;
}

/*
 * There was no interrupt in time. Read status once: an answer without an
 * interrupt is no reason to reset the device, but worth a line in the log.
 */
static bool vfet_poll(struct vfet_window *w)
{
	u32 status = vfe_read32(&w->regs, w->map->status);

	/* the function is there, but does not answer for now */
	if (status == VFET_ONES && pci_device_is_present(w->pdev))
		return false;
	if (status & VFE_STATUS_IRQ && vfet_answer(w, status) &&
	    status != VFET_ONES)
		dev_warn_ratelimited(&w->pdev->dev,
				     "the interrupt of command %d was lost, status %#x found by reading\n",
				     w->command, status);
	return try_wait_for_completion(&w->answered);
}

/* Checks the status at the end of a command. */
static int vfet_verdict(struct vfet_window *w, u32 status)
{
	u32 wanted = VFE_STATUS_READY;

	if (status & VFE_STATUS_ERR) {
		w->error = vfe_read32(&w->regs, w->map->error);
		return -EIO;
	}
	if (w->command == VFE_CMD_READ || w->command == VFE_CMD_IDENTIFY)
		wanted = VFE_STATUS_DRQ;
	if (!(status & wanted)) {
		dev_err_ratelimited(&w->pdev->dev,
				    "status %#x after command %d lacks %#x: the device must be mended\n",
				    status, w->command, wanted);
		return -EPROTO;
	}
	return 0;
}

/*
 * Takes the answer; the window is idle then. Return: 0, -EINTR if the wait was
 * stopped, or -ENODEV
 */
static int vfet_take_answer(struct vfet_window *w, u32 *status)
{
	unsigned long flags;
	int err = 0;

	spin_lock_irqsave(&w->lock, flags);
	*status = w->status;
	if (w->phase == VFET_GONE)
		err = -ENODEV;
	else if (w->phase == VFET_WAITING)
		err = -EINTR;
	if (err != -ENODEV)
		w->phase = VFET_IDLE;
	spin_unlock_irqrestore(&w->lock, flags);
	return err;
}

/*
 * Waits for the answer. A timeout fails no request, because storage may be
 * slow; the log has one warning. Return: whether to wait on
 */
static bool vfet_wait_on(struct vfet_window *w, unsigned long timeout,
			 bool *told)
{
	if (wait_for_completion_timeout(&w->answered, timeout) || vfet_poll(w))
		return false;
	if (!*told)
		dev_warn_ratelimited(&w->pdev->dev,
				     "command %d is not answered after %u ms: waiting on\n",
				     w->command, jiffies_to_msecs(timeout));
	*told = true;
	return true;
}

/**
 * vfet_window_wait() - wait for the interrupt of the command in flight
 * @w: the window
 * @timeout: after this time, in jiffies, check for an answer without interrupt
 * @patient: wait on after @timeout
 *
 * Context: process context, may sleep.
 * Return: 0 (a READ's words can be read), -EIO the device failed the request
 * and w->error says why, -EPROTO its answer is invalid, -ETIMEDOUT it did not
 * answer and @patient is false (both: reset the window), -EINTR see
 * vfet_window_stop(), -ENODEV it is gone.
 */
int vfet_window_wait(struct vfet_window *w, unsigned long timeout, bool patient)
{
	bool told = !patient;	/* the caller gets the error */
	u32 status;
	int err;

	while (vfet_wait_on(w, timeout, &told))
		if (!patient)
			return -ETIMEDOUT;
	err = vfet_take_answer(w, &status);
	if (err)
		return err;
	if (status == VFET_ONES) {
		vfet_window_lose(w);
		return -ENODEV;
	}
	return vfet_verdict(w, status);
}

/* Is the command answered? An early answer to a WRITE refuses its words. */
bool vfet_window_answered(struct vfet_window *w)
{
	return completion_done(&w->answered);
}

/**
 * vfet_window_read() - read the next words of a READ or IDENTIFY
 * @w: the window
 * @buf: where to put them, inside one page with string instructions
 * @bytes: a multiple of 4
 *
 * A gone device reads as ones, but data may end in ones, too: the function's ID
 * in configuration space, which no window counts, tells the two apart.
 *
 * Context: any.
 * Return: 0 or -ENODEV when the device is gone.
 */
int vfet_window_read(struct vfet_window *w, void *buf, unsigned int bytes)
{
	unsigned int words = bytes / sizeof(__le32);
	__le32 *to = buf;

	if (w->string)
		vfe_read_string(&w->regs, w->map->string, to, words);
	else
		vfe_read_words(&w->regs, w->map->data, to, words);
	if (!words || to[words - 1] != cpu_to_le32(VFET_ONES) ||
	    pci_device_is_present(w->pdev))
		return 0;
	vfet_window_lose(w);
	return -ENODEV;
}

/**
 * vfet_window_write() - write the next words of a WRITE
 * @w: the window
 * @buf: where from
 * @bytes: a multiple of 4
 *
 * Context: any.
 */
void vfet_window_write(struct vfet_window *w, const void *buf,
		       unsigned int bytes)
{
	unsigned int words = bytes / sizeof(__le32);

	if (w->string)
		vfe_write_string(&w->regs, w->map->string, buf, words);
	else
		vfe_write_words(&w->regs, w->map->data, buf, words);
}

/* Waits for the reset bit to read back 0; @most as for vfet_window_reset(). */
static int vfet_reset_settle(struct vfet_window *w, unsigned int most)
{
	unsigned int waited, tell = VFET_RESET_TELL_MS;
	unsigned long start = jiffies;
	u32 control;

	for (;;) {
		waited = jiffies_to_msecs(jiffies - start);
		control = vfe_read32(&w->regs, w->map->control);
		if (control == VFET_ONES && !pci_device_is_present(w->pdev))
			return -ENODEV;
		if (!(control & VFE_CONTROL_RESET))
			return 0;
		if (READ_ONCE(w->stop))
			return -EINTR;
		if (most && waited >= most)
			return -ETIMEDOUT;
		if (waited > tell) {
			dev_warn_ratelimited(&w->pdev->dev,
					     "control is still %#x %u ms after a reset: waiting on\n",
					     control, waited);
			tell = UINT_MAX;
		}
		msleep(VFET_RESET_WAIT_MS);
	}
}

/**
 * vfet_window_reset() - abort the command in flight
 * @w: the window
 * @most: longest time to wait, in milliseconds; 0 for no limit
 *
 * Waits for an interrupt of the aborted command, so that a new command does not
 * take it for its own.
 *
 * Context: process context, may sleep.
 * Return: 0, -ENODEV the device is gone, -ETIMEDOUT the reset has not ended,
 * -EINTR see vfet_window_stop().
 */
int vfet_window_reset(struct vfet_window *w, unsigned int most)
{
	int err;

	err = vfet_set_phase(w, VFET_IDLE);
	if (err)
		return err;
	vfe_write32(&w->regs, w->map->control, VFE_CONTROL_RESET);
	err = vfet_reset_settle(w, most);
	synchronize_irq(w->pdev->irq);
	if (err == -ENODEV)
		vfet_window_lose(w);
	if (err)
		return err;
	vfe_write32(&w->regs, w->map->control, VFE_CONTROL_IRQ_ENABLE);
	return 0;
}

/**
 * vfet_window_quiet() - disable interrupts until vfet_window_reset()
 * @w: the window, with no request in flight
 *
 * Context: process context, may sleep.
 */
void vfet_window_quiet(struct vfet_window *w)
{
	vfe_write32(&w->regs, w->map->control, 0);
	synchronize_irq(w->pdev->irq);
}

static int vfet_request_irq(struct vfet_window *w)
{
	struct pci_dev *pdev = w->pdev;
	int err;

	if (!pdev->pin || !pdev->irq) {
		dev_err(&pdev->dev,
			"no interrupt pin is routed: the register window needs INTx\n");
		return -ENODEV;
	}
	pci_intx(pdev, 1);
	err = request_irq(pdev->irq, vfet_window_interrupt, IRQF_SHARED,
			  VFET_NAME, w);
	if (err)
		dev_err(&pdev->dev, "cannot have interrupt %u: error %d\n",
			pdev->irq, err);
	return err;
}

/**
 * vfet_window_open() - set up the interrupt, and reset the window
 * @w: with its BAR mapped
 *
 * Context: process context, may sleep.
 * Return: 0, -ENOMEM, -ENODEV no interrupt pin or the device is gone,
 * -ETIMEDOUT its reset does not end, or the error of request_irq(). Each but
 * -ENOMEM with a line in the log.
 */
int vfet_window_open(struct vfet_window *w)
{
	int err;

	spin_lock_init(&w->lock);
	init_completion(&w->answered);
	w->phase = VFET_IDLE;
	err = vfe_stats_init(&w->stats);
	if (err)
		return err;
	err = vfet_request_irq(w);
	if (err)
		goto err_stats;
	err = vfet_window_reset(w, VFET_PROBE_MS);
	if (err == -ETIMEDOUT)
		dev_err(&w->pdev->dev,
			"no end of the reset after %u ms: reset or replace the device\n",
			VFET_PROBE_MS);
	if (err)
		goto err_irq;
	return 0;

err_irq:
	free_irq(w->pdev->irq, w);
err_stats:
	vfe_stats_exit(&w->stats);
	return err;
}

/**
 * vfet_window_close() - undo vfet_window_open()
 * @w: the window, with no request in flight
 *
 * Context: process context, may sleep.
 */
void vfet_window_close(struct vfet_window *w)
{
	vfet_window_quiet(w);
	free_irq(w->pdev->irq, w);
	vfe_stats_exit(&w->stats);
}

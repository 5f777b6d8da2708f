// SPDX-License-Identifier: GPL-2.0
/*
 * The device status register, the state that follows from it, and the
 * negotiation of features: the steps of virtio 1.4, 3.1.1, one function each.
 * Their order is in device.c.
 */
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/time64.h>
#include <linux/virtio_config.h>

#include "core.h"
#include "trace.h"

/**
 * vfe_status_add() - set one more bit of the status register
 * @vd: the device
 * @bit: VIRTIO_CONFIG_S_*
 *
 * Context: any.
 * Return: 0, -ENODEV when the function is gone, -EIO it does not answer.
 */
int vfe_status_add(struct vfe_device *vd, u8 bit)
{
	u8 status;
	int ret = vfe_status_read(vd, &status);

	if (ret)
		return ret;
	/* 2.1.1: no bit is ever cleared, DEVICE_NEEDS_RESET included */
	vfe_write8(&vd->regs, vd->transport->status, status | bit);
	return 0;
}

/**
 * vfe_status_fail() - set FAILED: the device is not used until a reset
 * @vd: the device
 *
 * Context: any.
 */
void vfe_status_fail(struct vfe_device *vd)
{
	/* 4.1.4.3.2: set no bit before the reset has ended */
	if (vd->hung)
		return;
	/* 3.1.1: FAILED on an irrecoverable error */
	if (!vfe_status_add(vd, VIRTIO_CONFIG_S_FAILED))
		vfe_set_state(vd, VFE_STATE_FAILED);
}

/*
 * Polls often at first, for a device that resets quickly, and then rarely: each
 * read is an exit.
 */
static void vfe_status_pause(unsigned int waited)
{
	unsigned int us = clamp(waited * (USEC_PER_MSEC / 16),
				1 * USEC_PER_MSEC, 50 * USEC_PER_MSEC);

	usleep_range(us, us + USEC_PER_MSEC);
}

/*
 * The status reads as ones: the device does not answer. If the function's
 * decoding is off, restore it, once, and repeat the reset, which the device did
 * not see.
 */
static void vfe_status_retry_reset(struct vfe_device *vd, bool *tried)
{
	if (*tried)
		return;
	*tried = true;
	if (vfe_restore_decoding(vd))
		vfe_write8(&vd->regs, vd->transport->status, 0);
}

/* 2.4.2, 4.1.4.3.2: waits until the status reads 0, the end of the reset. */
static int vfe_status_wait_zero(struct vfe_device *vd, unsigned int max_ms)
{
	unsigned int waited, log_after = VFE_RESET_TIMEOUT_MS;
	unsigned long start = jiffies;
	bool tried = false;
	u8 status;
	int ret;

	for (;;) {
		waited = jiffies_to_msecs(jiffies - start);
		ret = vfe_status_peek(vd, &status);
		if (ret == -ENODEV || (!ret && !status))
			return ret;
		if (ret)
			vfe_status_retry_reset(vd, &tried);
		/*
		 * a device that does not answer is not busy: wait for a shorter
		 * time
		 */
		if (waited > (ret ? min(max_ms, VFE_RESET_TIMEOUT_MS) : max_ms))
			break;
		if (waited > log_after) {
			dev_warn(vfe_dev(vd),
				 "device_status is still %#x %u ms after a reset: waiting up to %u ms\n",
				 status, waited, max_ms);
			log_after = max_ms;
		}
		vfe_status_pause(waited);
	}
	if (!vd->hung)
		vfe_err(vd,
			"device_status is still %#x %u ms after a reset: the device hangs, replace it\n",
			status, waited);
	return -ETIMEDOUT;
}

/* Has the device meanwhile ended the reset that timed out? */
static bool vfe_status_ended(struct vfe_device *vd)
{
	u8 status;

	return vd->hung && !vfe_status_peek(vd, &status) && !status;
}

/**
 * vfe_status_reset() - reset the device, and wait for the end of the reset
 * @vd: the device
 * @max_ms: longest time to wait, in milliseconds
 *
 * May be called again after -ETIMEDOUT, at any time. If the reset has ended
 * meanwhile, the call does not repeat it; if not, it waits only for a short
 * time, because a removal may call this several times.
 *
 * Context: process context, may sleep up to @max_ms.
 * Return: 0, -ETIMEDOUT, -ENODEV when the function is gone.
 */
int vfe_status_reset(struct vfe_device *vd, unsigned int max_ms)
{
	int ret = 0;

	if (vfe_gone(vd)) {
		vfe_mark_gone(vd);
		return -ENODEV;
	}
	if (!vfe_status_ended(vd)) {
		vfe_write8(&vd->regs, vd->transport->status, 0);
		ret = vfe_status_wait_zero(vd, vd->hung ? VFE_RESET_AGAIN_MS :
							  max_ms);
	}
	trace_vfe_reset(vfe_dev(vd), ret);
	vd->hung = ret == -ETIMEDOUT;
	if (!ret) {
		/* log later faults again */
		clear_bit(VFE_LOGGED_STATUS, &vd->logged);
		vfe_set_state(vd, VFE_STATE_RESET);
	} else if (ret == -ETIMEDOUT) {
		vfe_set_state(vd, VFE_STATE_FAILED);
	}
	return ret;
}

/**
 * vfe_reset_and_acknowledge() - reset, ACKNOWLEDGE, DRIVER
 * @vd: the device
 * @max_ms: longest time to wait for the reset, in milliseconds
 *
 * Enables bus mastering only after the reset: a device whose last reset did not
 * end could still write to buffers that their owners took back.
 *
 * Context: process context, may sleep.
 * Return: 0, -ETIMEDOUT, -ENODEV.
 */
int vfe_reset_and_acknowledge(struct vfe_device *vd, unsigned int max_ms)
{
	int ret = vfe_status_reset(vd, max_ms);

	if (ret)
		return ret;
	pci_set_master(vd->pdev);
	/* the status was just read as 0, so these writes clear no bit */
	vfe_write8(&vd->regs, vd->transport->status,
		   VIRTIO_CONFIG_S_ACKNOWLEDGE);
	vfe_write8(&vd->regs, vd->transport->status,
		   VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	return vfe_set_state(vd, VFE_STATE_DRIVER) ? 0 : -ENODEV;
}

int vfe_features_offered(struct vfe_device *vd, u64 *offered)
{
	u8 status;

	*offered = vd->transport->features_get(vd);
	/* with all bits set, the function may be gone */
	return *offered == vd->transport->features ?
	       vfe_status_read(vd, &status) : 0;
}
EXPORT_SYMBOL_NS_GPL(vfe_features_offered, VFE_NS);

/**
 * vfe_features_offered_high() - read which features from 64 on are offered
 * @vd: the device
 * @mask: which of them matter, bit 0 stands for 64
 *
 * Reads nothing if none matters.
 *
 * Context: any.
 * Return: feature bits of @mask.
 */
u64 vfe_features_offered_high(struct vfe_device *vd, u64 mask)
{
	return mask && vd->transport->features_get_high ?
	       vd->transport->features_get_high(vd, mask) : 0;
}

/* 3.1.1: sets FEATURES_OK, and checks that the device accepted it. */
static int vfe_features_ok(struct vfe_device *vd)
{
	char text[VFE_FEATURES_TEXT];
	u8 status;
	int ret;

	ret = vfe_status_add(vd, VIRTIO_CONFIG_S_FEATURES_OK);
	/* 3.1.1: read it back, the device may have refused */
	if (!ret)
		ret = vfe_status_read(vd, &status);
	if (ret)
		return ret;
	if (status & VIRTIO_CONFIG_S_FEATURES_OK)
		return 0;
	vfe_err(vd,
		"device_status is %#x: the device refused features %s (no FEATURES_OK): use a device that accepts them\n",
		status, vfe_features_text(text, vd->features,
					  vd->features_high));
	return -ENODEV;
}

/**
 * vfe_features_accept() - accept features, and check that the device agrees
 * @vd: the device; its features are set, and all of them offered
 *
 * Context: process context.
 * Return: 0, -ENODEV when the device refuses FEATURES_OK or the function is
 * gone, -EIO it does not answer.
 */
int vfe_features_accept(struct vfe_device *vd)
{
	int ret = 0;

	vd->transport->features_set(vd);
	/* 3.1.2: the legacy interface has no FEATURES_OK */
	if (vd->transport->features_ok)
		ret = vfe_features_ok(vd);
	if (ret)
		return ret;
	return vfe_set_state(vd, VFE_STATE_FEATURES) ? 0 : -ENODEV;
}

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

static const char * const vfe_state_names[VFE_NUM_STATES] = {
	[VFE_STATE_RESET] = "reset",
	[VFE_STATE_DRIVER] = "driver",
	[VFE_STATE_FEATURES] = "features",
	[VFE_STATE_QUEUES] = "queues",
	[VFE_STATE_LIVE] = "live",
	[VFE_STATE_FAILED] = "failed",
	[VFE_STATE_GONE] = "gone",
};

/*
 * From which states each may be reached. From GONE there is no way but
 * vfe_function_back().
 */
static const u8 vfe_state_from[VFE_NUM_STATES] = {
	[VFE_STATE_RESET] = BIT(VFE_STATE_RESET) | BIT(VFE_STATE_DRIVER) |
			    BIT(VFE_STATE_FEATURES) | BIT(VFE_STATE_QUEUES) |
			    BIT(VFE_STATE_LIVE) | BIT(VFE_STATE_FAILED),
	[VFE_STATE_DRIVER] = BIT(VFE_STATE_RESET),
	[VFE_STATE_FEATURES] = BIT(VFE_STATE_DRIVER),
	[VFE_STATE_QUEUES] = BIT(VFE_STATE_FEATURES),
	[VFE_STATE_LIVE] = BIT(VFE_STATE_QUEUES),
	[VFE_STATE_FAILED] = BIT(VFE_STATE_RESET) | BIT(VFE_STATE_DRIVER) |
			     BIT(VFE_STATE_FEATURES) | BIT(VFE_STATE_QUEUES) |
			     BIT(VFE_STATE_LIVE),
	[VFE_STATE_GONE] = BIT(VFE_STATE_RESET) | BIT(VFE_STATE_DRIVER) |
			   BIT(VFE_STATE_FEATURES) | BIT(VFE_STATE_QUEUES) |
			   BIT(VFE_STATE_LIVE) | BIT(VFE_STATE_FAILED),
};

/**
 * vfe_set_state() - go to another state, if there is a way
 * @vd: the device
 * @to: the state to go to
 *
 * Context: any; the function may be found gone by another CPU meanwhile.
 * Return: whether @vd is in state @to now, by this call.
 */
bool vfe_set_state(struct vfe_device *vd, enum vfe_state to)
{
	enum vfe_state from = READ_ONCE(vd->state);
	enum vfe_state was;

	while (vfe_state_from[to] & BIT(from)) {
		was = cmpxchg(&vd->state, from, to);
		if (was == from)
			return true;
		from = was;
	}
	return false;
}

/**
 * vfe_get_state() - the state a device is in
 * @vd: the device
 *
 * Return: the state.
 */
enum vfe_state vfe_get_state(const struct vfe_device *vd)
{
	return READ_ONCE(vd->state);
}

/**
 * vfe_state_name() - a state's name
 * @state: the state
 *
 * Return: the name.
 */
const char *vfe_state_name(enum vfe_state state)
{
	return vfe_state_names[state];
}

/**
 * vfe_fault() - ask the class driver for a reset, once until vfe_restart()
 * @vd: the device
 *
 * Context: any.
 * Return: whether this call was the one.
 */
bool vfe_fault(struct vfe_device *vd)
{
	if (test_and_set_bit(0, &vd->fault_reported))
		return false;
	trace_vfe_fault(vfe_dev(vd), vfe_get_state(vd));
	if (vd->ops->needs_reset)
		vd->ops->needs_reset(vd);
	return true;
}

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
 * vfe_status_fail() - give a device up, until it is reset
 * @vd: the device
 *
 * Context: any.
 */
void vfe_status_fail(struct vfe_device *vd)
{
	/* 4.1.4.3.2: nothing is set before a reset is over */
	if (vd->hung)
		return;
	/* 3.1.1: FAILED on an irrecoverable error */
	if (!vfe_status_add(vd, VIRTIO_CONFIG_S_FAILED))
		vfe_set_state(vd, VFE_STATE_FAILED);
}

/*
 * Look often at first, for a reset that takes microseconds, and then rarely: a
 * read is an exit.
 */
static void vfe_status_pause(unsigned int waited)
{
	unsigned int us = clamp(waited * (USEC_PER_MSEC / 16),
				1 * USEC_PER_MSEC, 50 * USEC_PER_MSEC);

	usleep_range(us, us + USEC_PER_MSEC);
}

/*
 * One that reads as ones does not answer yet. Once it is brought back to decode
 * accesses, if that was switched off; it has not heard of the reset then.
 */
static void vfe_status_dumb(struct vfe_device *vd, bool *tried)
{
	if (*tried)
		return;
	*tried = true;
	if (vfe_decode_again(vd))
		vfe_write8(&vd->regs, vd->transport->status, 0);
}

/* 2.4.2, 4.1.4.3.2: the reset is over when the status reads 0. */
static int vfe_status_wait_zero(struct vfe_device *vd, unsigned int most)
{
	unsigned int waited, told = VFE_RESET_TIMEOUT_MS;
	unsigned long start = jiffies;
	bool tried = false;
	u8 status;
	int ret;

	for (;;) {
		waited = jiffies_to_msecs(jiffies - start);
		ret = vfe_status_look(vd, &status);
		if (ret == -ENODEV || (!ret && !status))
			return ret;
		if (ret)
			vfe_status_dumb(vd, &tried);
		/* nobody answers: that is no work that takes long */
		if (waited > (ret ? min(most, VFE_RESET_TIMEOUT_MS) : most))
			break;
		if (waited > told) {
			dev_warn(vfe_dev(vd),
				 "device_status is still %#x %u ms after a reset: waiting up to %u ms\n",
				 status, waited, most);
			told = most;
		}
		vfe_status_pause(waited);
	}
	if (!vd->hung)
		vfe_err(vd,
			"device_status is still %#x %u ms after a reset: the device hangs, reset or replace it\n",
			status, waited);
	return -ETIMEDOUT;
}

/* Did a reset that was not over in time end since? */
static bool vfe_status_ended(struct vfe_device *vd)
{
	u8 status;

	return vd->hung && !vfe_status_look(vd, &status) && !status;
}

/**
 * vfe_status_reset() - reset the device, wait until it is
 * @vd: the device
 * @most: how long, in milliseconds
 *
 * May be called again after -ETIMEDOUT, then or hours later. A reset that ended
 * meanwhile is not begun again. Of one that did not, a short time is waited for:
 * between a fault and the end of a removal there are several calls.
 *
 * Context: process context, may sleep up to @most.
 * Return: 0, -ETIMEDOUT, -ENODEV when the function is gone.
 */
int vfe_status_reset(struct vfe_device *vd, unsigned int most)
{
	int ret = 0;

	if (vfe_gone(vd)) {
		vfe_mark_gone(vd);
		return -ENODEV;
	}
	if (!vfe_status_ended(vd)) {
		vfe_write8(&vd->regs, vd->transport->status, 0);
		ret = vfe_status_wait_zero(vd, vd->hung ? VFE_RESET_AGAIN_MS :
							  most);
	}
	trace_vfe_reset(vfe_dev(vd), ret);
	vd->hung = ret == -ETIMEDOUT;
	if (!ret) {
		/* what comes from here on is news */
		clear_bit(VFE_TOLD_STATUS, &vd->told);
		vfe_set_state(vd, VFE_STATE_RESET);
	} else if (ret == -ETIMEDOUT) {
		vfe_set_state(vd, VFE_STATE_FAILED);
	}
	return ret;
}

/**
 * vfe_hello() - reset, ACKNOWLEDGE, DRIVER
 * @vd: the device
 * @most: how long the reset may take, in milliseconds
 *
 * Only a device that is reset may master the bus: one whose last reset did not
 * end could still write to buffers that their owners have back.
 *
 * Context: process context, may sleep.
 * Return: 0, -ETIMEDOUT, -ENODEV.
 */
int vfe_hello(struct vfe_device *vd, unsigned int most)
{
	int ret = vfe_status_reset(vd, most);

	if (ret)
		return ret;
	pci_set_master(vd->pdev);
	/* it was just read as 0: no bit is cleared by these */
	vfe_write8(&vd->regs, vd->transport->status,
		   VIRTIO_CONFIG_S_ACKNOWLEDGE);
	vfe_write8(&vd->regs, vd->transport->status,
		   VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER);
	return vfe_set_state(vd, VFE_STATE_DRIVER) ? 0 : -ENODEV;
}

/**
 * vfe_features_offered() - what the device offers
 * @vd: the device
 * @offered: feature bits, as many as the interface has
 *
 * Context: any.
 * Return: 0, -ENODEV when the function is gone.
 */
int vfe_features_offered(struct vfe_device *vd, u64 *offered)
{
	u8 status;

	*offered = vd->transport->features_get(vd);
	/* all features at once is not an offer, it is nobody there */
	return *offered == vd->transport->features ?
	       vfe_status_read(vd, &status) : 0;
}

/* 3.1.1: tell the device that this is all, and see whether it agrees */
static int vfe_features_ok(struct vfe_device *vd, u64 features)
{
	u8 status;
	int ret;

	ret = vfe_status_add(vd, VIRTIO_CONFIG_S_FEATURES_OK);
	/* 3.1.1: re-read, the device may have refused */
	if (!ret)
		ret = vfe_status_read(vd, &status);
	if (ret)
		return ret;
	if (status & VIRTIO_CONFIG_S_FEATURES_OK)
		return 0;
	vfe_err(vd,
		"device_status is %#x: the device refused features %#llx (no FEATURES_OK), use a device that can do with these\n",
		status, features);
	return -ENODEV;
}

/**
 * vfe_features_accept() - tell the device, see whether it agrees
 * @vd: the device
 * @features: feature bits, all of them offered
 *
 * Context: process context.
 * Return: 0, -ENODEV when FEATURES_OK did not stick or the function is gone.
 */
int vfe_features_accept(struct vfe_device *vd, u64 features)
{
	int ret = 0;

	vd->transport->features_set(vd, features);
	/* 3.1.2: the legacy interface has no such step */
	if (vd->transport->features_ok)
		ret = vfe_features_ok(vd, features);
	if (ret)
		return ret;
	return vfe_set_state(vd, VFE_STATE_FEATURES) ? 0 : -ENODEV;
}

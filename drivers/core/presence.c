// SPDX-License-Identifier: GPL-2.0
/*
 * Detects whether the function is present, and its device usable. A register
 * that reads as ones does not prove that the function is gone: memory decoding
 * may be off, the link may be down for a moment, or the function may be in a
 * reset. Configuration space decides. A function that was gone may come back.
 */
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/pci.h>
#include <linux/virtio_config.h>

#include "core.h"
#include "trace.h"

/**
 * vfe_presence_init() - save the function's configuration space
 * @vd: the device, enabled
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vfe_presence_init(struct vfe_device *vd)
{
	pci_save_state(vd->pdev);
	vd->saved = pci_store_saved_state(vd->pdev);
	return vd->saved ? 0 : -ENOMEM;
}

void vfe_presence_exit(struct vfe_device *vd)
{
	kfree(vd->saved);
}

/*
 * Does the bound function answer in configuration space? Do not use
 * pci_channel_offline(): on older kernels the channel is frozen until resume(),
 * also in slot_reset().
 */
static bool vfe_present(struct vfe_device *vd)
{
	struct pci_dev *pdev = vd->pdev;
	u32 id = 0;

	if (!pci_device_is_present(pdev))
		return false;
	/* the IDs of a virtual function read as ones */
	if (pdev->is_virtfn)
		return true;
	pci_read_config_dword(pdev, PCI_VENDOR_ID, &id);
	return id == ((u32)pdev->device << 16 | pdev->vendor);
}

/* Restores configuration space, and leaves bus mastering off. */
static int vfe_restore(struct vfe_device *vd)
{
	struct pci_dev *pdev = vd->pdev;
	int ret = pci_load_saved_state(pdev, vd->saved);

	if (ret)
		return ret;
	pci_restore_state(pdev);
	pci_clear_master(pdev);
	return pci_reenable_device(pdev);
}

/* Bits of the command register that the windows need */
static u16 vfe_decoding(const struct vfe_device *vd)
{
	u16 bits = 0;
	int bar;

	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!(vd->bars & BIT(bar)))
			continue;
		bits |= pci_resource_flags(vd->pdev, bar) & IORESOURCE_IO ?
			PCI_COMMAND_IO : PCI_COMMAND_MEMORY;
	}
	return bits;
}

/**
 * vfe_restore_decoding() - restore the function's decoding if it is off
 * @vd: the device, being reset
 *
 * A user may have disabled decoding, or reset the function through
 * configuration space, which clears its BARs as well. Registers then read as
 * ones or as zeroes, depending on the machine.
 *
 * Context: process context, may sleep.
 * Return: whether decoding was off and is restored; the device must be reset
 * again then.
 */
bool vfe_restore_decoding(struct vfe_device *vd)
{
	u16 command;

	if (pci_read_config_word(vd->pdev, PCI_COMMAND, &command) ||
	    !(vfe_decoding(vd) & ~command))
		return false;
	vfe_err(vd,
		"command register is %#x, decoding was switched off: restoring the PCI configuration\n",
		command);
	return !vfe_restore(vd);
}

/**
 * vfe_mark_gone() - the function is gone: do not access it any more
 * @vd: the device
 *
 * Marks all queues broken, and calls needs_reset() once if the device was live.
 * Only vfe_function_restore() and vfe_restart() undo this.
 *
 * Context: any.
 */
void vfe_mark_gone(struct vfe_device *vd)
{
	bool live = vfe_get_state(vd) == VFE_STATE_LIVE;
	unsigned int i;

	if (!vfe_set_state(vd, VFE_STATE_GONE))
		return;
	trace_vfe_gone(vfe_dev(vd), READ_ONCE(vd->offline));
	if (!READ_ONCE(vd->offline))
		vfe_err(vd,
			"the function is gone (registers and configuration space read as ones, or its bus failed): no I/O until it is back\n");
	for (i = 0; i < vd->num_queues; i++)
		WRITE_ONCE(vd->queues[i].broken, true);
	/* before DRIVER_OK, the class driver gets an error instead */
	if (live)
		vfe_request_reset(vd);
}

/**
 * vfe_status_peek() - read the status register, without reporting a fault
 * @vd: the device
 * @status: where to put it
 *
 * Context: any.
 * Return: 0, -EIO when the status reads as ones though the function is there,
 * -ENODEV when the function is gone, after vfe_mark_gone().
 */
int vfe_status_peek(struct vfe_device *vd, u8 *status)
{
	if (vfe_gone(vd)) {
		vfe_mark_gone(vd);
		return -ENODEV;
	}
	*status = vfe_read8(&vd->regs, vd->transport->status);
	if (*status != VFE_ALL_ONES)
		return 0;
	if (vfe_present(vd))
		return -EIO;
	vfe_mark_gone(vd);
	return -ENODEV;
}

/**
 * vfe_status_read() - read the status register of a device in use
 * @vd: the device
 * @status: where to put it
 *
 * A device whose status reads as ones, though the function is there, needs a
 * reset: this logs it once, and calls needs_reset() if the device is live.
 *
 * Context: any.
 * Return: as vfe_status_peek().
 */
int vfe_status_read(struct vfe_device *vd, u8 *status)
{
	int ret = vfe_status_peek(vd, status);

	if (ret != -EIO)
		return ret;
	if (!test_and_set_bit(VFE_LOGGED_STATUS, &vd->logged))
		vfe_err(vd,
			"device_status is %#x, but the function is present: the device does not answer and needs a reset\n",
			*status);
	if (vfe_get_state(vd) == VFE_STATE_LIVE)
		vfe_request_reset(vd);
	return ret;
}

/* Return: the fault that a live device's status shows, or NULL */
static const char *vfe_status_fault(struct vfe_device *vd, u8 status,
				    bool running)
{
	if (status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return "the device asks for a reset";
	/* unless vfe_reset() has begun meanwhile */
	if (running && !(status & VIRTIO_CONFIG_S_DRIVER_OK) &&
	    READ_ONCE(vd->running))
		return "DRIVER_OK is lost, the device was reset or bus mastering was disabled";
	return NULL;
}

enum vfe_health vfe_health(struct vfe_device *vd)
{
	/* pairs with vfe_ready(): if set, DRIVER_OK was written before */
	bool running = smp_load_acquire(&vd->running);
	const char *fault;
	u8 status;
	int ret = vfe_status_read(vd, &status);

	if (ret)
		return ret == -ENODEV ? VFE_HEALTH_GONE :
					VFE_HEALTH_NEEDS_RESET;
	fault = vfe_status_fault(vd, status, running);
	if (!fault)
		return VFE_HEALTH_GOOD;
	if (!test_and_set_bit(VFE_LOGGED_STATUS, &vd->logged))
		vfe_err(vd, "device_status is %#x: %s\n", status, fault);
	return VFE_HEALTH_NEEDS_RESET;
}
EXPORT_SYMBOL_NS_GPL(vfe_health, VFE_NS);

bool vfe_wants_reset(struct vfe_device *vd)
{
	return vfe_health(vd) != VFE_HEALTH_GOOD;
}
EXPORT_SYMBOL_NS_GPL(vfe_wants_reset, VFE_NS);

int vfe_function_restore(struct vfe_device *vd)
{
	int ret = vfe_present(vd) ? vfe_restore(vd) : -ENODEV;

	trace_vfe_back(vfe_dev(vd), ret);
	if (ret == -ENODEV)
		return ret;
	if (ret) {
		vfe_err(vd,
			"the function is back, but cannot be enabled: error %d\n",
			ret);
		return ret;
	}
	WRITE_ONCE(vd->offline, false);
	/* only here: a function found gone at any other time stays gone */
	cmpxchg(&vd->state, VFE_STATE_GONE, VFE_STATE_FAILED);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vfe_function_restore);

/**
 * vfe_check_presence() - check whether a function that was gone is back
 * @vd: the device
 *
 * Context: process context, may sleep.
 * Return: 0, also if it was never gone; -ENODEV while it is not there, its bus
 * is down, or the class driver has not called vfe_function_restore() yet.
 */
int vfe_check_presence(struct vfe_device *vd)
{
	if (!vfe_gone(vd))
		return 0;
	if (READ_ONCE(vd->offline) || pci_channel_offline(vd->pdev))
		return -ENODEV;
	return vfe_function_restore(vd);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the register window, in the BAR that the vendor capability names, and
 * maps it.
 */
#include <linux/ioport.h>
#include <linux/pci.h>

#include "trap.h"

#define VFET_MAP(NAME) \
	.win = VFE_WIN_##NAME, \
	.sector_lo = VFE_REG_##NAME##_SECTOR_LO, \
	.sector_hi = VFE_REG_##NAME##_SECTOR_HI, \
	.count = VFE_REG_##NAME##_COUNT, \
	.command = VFE_REG_##NAME##_COMMAND, \
	.status = VFE_REG_##NAME##_STATUS, \
	.error = VFE_REG_##NAME##_ERROR, \
	.data = VFE_REG_##NAME##_DATA, \
	.control = VFE_REG_##NAME##_CONTROL

#define VFET_WINDOW_LEN 0x20	/* up to the end of control */

/*
 * A string instruction accesses a single port, but consecutive memory
 * addresses: in memory, it needs the aperture.
 */
static const struct vfet_map vfet_maps[] = {
	[VFET_PORT] = {
		VFET_MAP(PORT),
		.flag = IORESOURCE_IO,
		.len = VFET_WINDOW_LEN,
		.string_len = VFET_WINDOW_LEN,
		.string = VFE_REG_PORT_DATA,
	},
	[VFET_MEMORY] = {
		VFET_MAP(MEMORY),
		.flag = IORESOURCE_MEM,
		.len = VFET_WINDOW_LEN,
		.string_len = VFE_MEMORY_APERTURE + VFE_MEMORY_APERTURE_SIZE,
		.string = VFE_REG_MEMORY_APERTURE,
	},
};

static int vfet_bar_check(struct vfet_window *w, u32 need)
{
	struct pci_dev *pdev = w->pdev;
	const char *name = vfe_window_name(w->map->win);

	if (w->bar >= PCI_STD_NUM_BARS) {
		dev_err(&pdev->dev,
			"vendor capability puts the %s window in BAR %d: the device must be mended\n",
			name, w->bar);
		return -EINVAL;
	}
	if (!(pci_resource_flags(pdev, w->bar) & w->map->flag)) {
		dev_err(&pdev->dev,
			"BAR %d is not of the kind %s: try the other window\n",
			w->bar, name);
		return -ENODEV;
	}
	if (pci_resource_len(pdev, w->bar) < need) {
		dev_err(&pdev->dev,
			"BAR %d is %llu bytes, the %s window needs %u: try the other window\n",
			w->bar,
			(unsigned long long)pci_resource_len(pdev, w->bar),
			name, need);
		return -ENODEV;
	}
	return 0;
}

/* Enables only memory if ports are not used: they may be unassigned. */
static int vfet_enable(struct vfet_window *w)
{
	int err;

	if (w->map->flag & IORESOURCE_IO)
		err = pci_enable_device(w->pdev);
	else
		err = pci_enable_device_mem(w->pdev);
	if (err)
		dev_err(&w->pdev->dev,
			"cannot enable the %s window: error %d\n",
			vfe_window_name(w->map->win), err);
	return err;
}

static int vfet_map_bar(struct vfet_window *w, bool traps, u32 need)
{
	struct vfe_window *win = &w->regs.win[w->map->win];
	int err;

	err = pci_request_region(w->pdev, w->bar, VFET_NAME);
	if (err) {
		dev_err(&w->pdev->dev,
			"BAR %d is in use: unload the driver that holds it\n",
			w->bar);
		return err;
	}
	win->base = pci_iomap(w->pdev, w->bar, 0);
	if (!win->base) {
		dev_err(&w->pdev->dev, "cannot map BAR %d\n", w->bar);
		pci_release_region(w->pdev, w->bar);
		return -ENOMEM;
	}
	win->len = need;
	win->traps = traps;
	return 0;
}

/**
 * vfet_bars_open() - find the register window, map it, start counting
 * @w: the window, with pdev and string set
 * @style: which of the two windows to use
 *
 * Context: process context, may sleep.
 * Return: 0, -ENODEV no such window, -EINVAL the capability makes no sense,
 * -EBUSY another driver holds the BAR, -ENOMEM. Each but -ENOMEM with a line in
 * the log.
 */
int vfet_bars_open(struct vfet_window *w, enum vfet_style style)
{
	struct vfe_vendor_cap cap;
	u32 need;
	int err;

	w->map = &vfet_maps[style];
	need = w->string ? w->map->string_len : w->map->len;
	if (!vfe_find_vendor_cap(w->pdev, &cap)) {
		dev_err(&w->pdev->dev,
			"no whole vendor capability (magic %#x version %u) names a register window: bind it to vfe_blk instead\n",
			VFE_CAP_MAGIC, VFE_CAP_VERSION);
		return -ENODEV;
	}
	w->bar = style == VFET_PORT ? cap.port_bar : cap.memory_bar;
	err = vfet_bar_check(w, need);
	if (err)
		return err;
	err = vfe_regs_init(&w->regs);
	if (err)
		return err;
	err = vfet_enable(w);
	if (err)
		goto err_regs;
	err = vfet_map_bar(w, !(le32_to_cpu(cap.mapped) & BIT(w->map->win)),
			   need);
	if (err)
		goto err_enable;
	return 0;

err_enable:
	pci_disable_device(w->pdev);
err_regs:
	vfe_regs_exit(&w->regs);
	return err;
}

/**
 * vfet_bars_close() - undo vfet_bars_open()
 * @w: the window
 *
 * Context: process context; nothing accesses a register any more.
 */
void vfet_bars_close(struct vfet_window *w)
{
	pci_iounmap(w->pdev, w->regs.win[w->map->win].base);
	pci_release_region(w->pdev, w->bar);
	pci_disable_device(w->pdev);
	vfe_regs_exit(&w->regs);
}

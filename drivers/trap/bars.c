// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the register window, in the BAR that the vendor capability names, and
 * maps it.
 */
#include <linux/export.h>
#include <linux/ioport.h>
#include <linux/pci.h>
#include <linux/string.h>

#include <vfe/compat/core.h>

#include "trap.h"

/**
 * vfe_trap_find_layout() - find a register window by its name
 * @class: the class that wants it
 * @layouts: VFE_TRAP_NUM_LAYOUTS of them, as VFE_TRAP_LAYOUTS() makes them
 * @window: "port" or "memory"
 *
 * Return: the layout of its registers, or NULL and a line in the log.
 */
const struct vfe_trap_layout *
vfe_trap_find_layout(const struct vfe_trap_class *class,
		     const struct vfe_trap_layout *layouts, const char *window)
{
	unsigned int i;

	for (i = 0; i < VFE_TRAP_NUM_LAYOUTS; i++)
		if (!strcmp(window, vfe_window_name(layouts[i].win)))
			return &layouts[i];
	pr_err("vfe_trap_%s: window=%s: must be port or memory\n",
	       class->name, window);
	return NULL;
}
EXPORT_SYMBOL_NS_GPL(vfe_trap_find_layout, VFE_NS);

static int vfe_trap_bar_check(struct vfe_trap *trap, u32 need)
{
	struct pci_dev *pdev = trap->pdev;
	const char *name = vfe_window_name(trap->layout->win);

	if (trap->bar >= PCI_STD_NUM_BARS) {
		dev_err(&pdev->dev,
			"vendor capability puts the %s window in BAR %d: fix the device\n",
			name, trap->bar);
		return -EINVAL;
	}
	if (!(pci_resource_flags(pdev, trap->bar) & trap->layout->flag)) {
		dev_err(&pdev->dev,
			"BAR %d is no %s BAR: load with the other value of window=\n",
			trap->bar, name);
		return -ENODEV;
	}
	if (pci_resource_len(pdev, trap->bar) < need) {
		dev_err(&pdev->dev,
			"BAR %d has %llu bytes, but the %s window needs %u: load with the other value of window=\n",
			trap->bar,
			(unsigned long long)pci_resource_len(pdev, trap->bar),
			name, need);
		return -ENODEV;
	}
	return 0;
}

/*
 * Enables only memory decoding if ports are not used: they may be unassigned.
 */
static int vfe_trap_enable(struct vfe_trap *trap)
{
	int err;

	if (trap->layout->flag & IORESOURCE_IO)
		err = pci_enable_device(trap->pdev);
	else
		err = pci_enable_device_mem(trap->pdev);
	if (err)
		dev_err(&trap->pdev->dev,
			"cannot enable the %s window: error %d\n",
			vfe_window_name(trap->layout->win), err);
	return err;
}

static int vfe_trap_map_bar(struct vfe_trap *trap, bool traps, u32 need)
{
	struct vfe_window *win = &trap->regs.win[trap->layout->win];
	int err;

	err = pci_request_region(trap->pdev, trap->bar,
				 dev_driver_string(&trap->pdev->dev));
	if (err) {
		dev_err(&trap->pdev->dev,
			"BAR %d is in use: unload the driver that holds it\n",
			trap->bar);
		return err;
	}
	win->base = pci_iomap(trap->pdev, trap->bar, 0);
	if (!win->base) {
		dev_err(&trap->pdev->dev, "cannot map BAR %d\n", trap->bar);
		pci_release_region(trap->pdev, trap->bar);
		return -ENOMEM;
	}
	win->len = need;
	win->traps = traps;
	return 0;
}

/**
 * vfe_trap_map() - find the register window, map it, start counting
 * @trap: with pdev, layout and string set
 *
 * Context: process context, may sleep.
 * Return: 0, -ENODEV no such window, -EINVAL the capability is invalid,
 * -EBUSY another driver holds the BAR, -ENOMEM. Each but -ENOMEM with a line in
 * the log.
 */
int vfe_trap_map(struct vfe_trap *trap)
{
	struct vfe_vendor_cap cap;
	u32 need;
	int err;

	need = trap->string ? trap->layout->string_len : trap->layout->len;
	if (!vfe_find_vendor_cap(trap->pdev, &cap)) {
		dev_err(&trap->pdev->dev,
			"no vendor capability (magic %#x version %u) with a register window: bind the function to vfe_%s instead\n",
			VFE_CAP_MAGIC, VFE_CAP_VERSION, trap->class->name);
		return -ENODEV;
	}
	trap->bar = trap->layout->place == VFE_WIN_PORT ? cap.port_bar :
							  cap.memory_bar;
	err = vfe_trap_bar_check(trap, need);
	if (err)
		return err;
	err = vfe_regs_init(&trap->regs);
	if (err)
		return err;
	err = vfe_trap_enable(trap);
	if (err)
		goto err_regs;
	err = vfe_trap_map_bar(trap, !(le32_to_cpu(cap.mapped) &
				       BIT(trap->layout->place)), need);
	if (err)
		goto err_enable;
	return 0;

err_enable:
	pci_disable_device(trap->pdev);
err_regs:
	vfe_regs_exit(&trap->regs);
	return err;
}

/**
 * vfe_trap_unmap() - undo vfe_trap_map()
 * @trap: the window
 *
 * Context: process context; nothing accesses a register any more.
 */
void vfe_trap_unmap(struct vfe_trap *trap)
{
	pci_iounmap(trap->pdev, trap->regs.win[trap->layout->win].base);
	pci_release_region(trap->pdev, trap->bar);
	pci_disable_device(trap->pdev);
	vfe_regs_exit(&trap->regs);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap_net: the network interface of vfe_net, driven through a register
 * window, like a fully emulated controller, where each access traps. This file
 * has the module, its parameters, and probe and removal of a function.
 */
#include <linux/etherdevice.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/pm.h>

#include <vfe/compat/core.h>
#include <vfe/version.h>

#include "net.h"

static char *window = "port";
module_param(window, charp, 0444);
MODULE_PARM_DESC(window, "Register window to use: port (default) or memory");

static bool string;
module_param(string, bool, 0444);
MODULE_PARM_DESC(string, "Move data by string instructions (default N)");

#define VFE_TRAP_NET_WINDOW_LEN	0x40	/* up to the end of station_hi */

static const struct vfe_trap_layout vfe_trap_net_layouts[] =
	VFE_TRAP_LAYOUTS(NET_, COMMAND, VFE_TRAP_NET_WINDOW_LEN);

static const struct vfe_trap_layout *vfe_trap_net_layout;

#define VFE_TRAP_NET_COUNTER(member) { \
	.name = #member, \
	.offset = offsetof(struct vfe_trap_net_counters, member), \
}

static const struct vfe_counter vfe_trap_net_counter_table[] = {
	VFE_TRAP_NET_COUNTER(overruns),
	VFE_TRAP_NET_COUNTER(window_resets),
	VFE_TRAP_NET_COUNTER(transmit_waits),
};

static const struct vfe_class_counters vfe_trap_net_counters = {
	.table = vfe_trap_net_counter_table,
	.n = ARRAY_SIZE(vfe_trap_net_counter_table),
	.size = sizeof(struct vfe_trap_net_counters),
};

static const struct vfe_trap_class vfe_trap_net_class = {
	.name = "net",
	.type = VFE_TYPE_NET,
	.counters = &vfe_trap_net_counters,
	.irq = vfe_trap_net_irq,
	.gone = vfe_trap_net_gone,
	.quiesce = vfe_trap_net_quiesce,
	.recheck = vfe_trap_net_recheck,
	.resume = vfe_trap_net_resume,
};

static int vfe_trap_net_alloc(struct vfe_trap_net *tn)
{
	/* a page of its own: see cost.h */
	tn->page = (void *)__get_free_page(GFP_KERNEL);
	if (!tn->page)
		return -ENOMEM;
	/* swap may be behind the network */
	tn->queue = alloc_ordered_workqueue("vfe_trap_net/%s",
					    WQ_MEM_RECLAIM | WQ_HIGHPRI,
					    pci_name(tn->trap.pdev));
	if (tn->queue)
		return 0;
	free_page((unsigned long)tn->page);
	return -ENOMEM;
}

static void vfe_trap_net_free(struct vfe_trap_net *tn)
{
	destroy_workqueue(tn->queue);
	free_page((unsigned long)tn->page);
}

/* Sets up the controller and the netdev, which is not visible yet. */
static int vfe_trap_net_bring_up(struct vfe_trap_net *tn)
{
	int err;

	err = vfe_trap_net_alloc(tn);
	if (err)
		return err;
	err = vfe_trap_open(&tn->trap);
	if (err)
		goto err_free;
	err = vfe_trap_net_identify(tn);
	if (err)
		goto err_close;
	vfe_trap_net_init_netdev(tn);
	netif_carrier_off(tn->dev);
	return 0;

err_close:
	vfe_trap_close(&tn->trap);
err_free:
	vfe_trap_net_free(tn);
	return err;
}

static void vfe_trap_net_take_down(struct vfe_trap_net *tn)
{
	vfe_trap_close(&tn->trap);
	vfe_trap_net_free(tn);
}

static struct vfe_trap_net *vfe_trap_net_new(struct pci_dev *pdev)
{
	struct net_device *dev = alloc_etherdev(sizeof(struct vfe_trap_net));
	struct vfe_trap_net *tn;

	if (!dev)
		return NULL;
	SET_NETDEV_DEV(dev, &pdev->dev);
	tn = netdev_priv(dev);
	tn->dev = dev;
	tn->trap.pdev = pdev;
	tn->trap.class = &vfe_trap_net_class;
	tn->trap.layout = vfe_trap_net_layout;
	tn->trap.string = string;
	INIT_DELAYED_WORK(&tn->work, vfe_trap_net_work);
	skb_queue_head_init(&tn->tx);
	u64_stats_init(&tn->stats.sync);
	return tn;
}

static int vfe_trap_net_probe(struct pci_dev *pdev,
			      const struct pci_device_id *id)
{
	struct vfe_trap_net *tn = vfe_trap_net_new(pdev);
	int err;

	if (!tn)
		return -ENOMEM;
	err = vfe_trap_net_bring_up(tn);
	if (err)
		goto err_netdev;
	err = register_netdev(tn->dev);
	if (err)
		goto err_down;
	dev_info(&pdev->dev, "%s: %pM by the %s window%s\n", tn->dev->name,
		 tn->dev->dev_addr, window,
		 string ? ", string instructions" : "");
	return 0;

err_down:
	vfe_trap_net_take_down(tn);
err_netdev:
	free_netdev(tn->dev);
	return err;
}

static void vfe_trap_net_remove(struct pci_dev *pdev)
{
	struct vfe_trap_net *tn = to_trap_net(pci_get_drvdata(pdev));

	if (!vfe_trap_recovery_stop(&tn->trap))
		vfe_trap_set_gone(&tn->trap);
	unregister_netdev(tn->dev);
	vfe_trap_net_take_down(tn);
	free_netdev(tn->dev);
}

static struct pci_driver vfe_trap_net_driver = {
	.name = "vfe_trap_net",
	.id_table = NULL,	/* only by driver_override */
	.probe = vfe_trap_net_probe,
	.remove = vfe_trap_net_remove,
	.err_handler = &vfe_trap_err_handler,
	.driver.pm = pm_sleep_ptr(&vfe_trap_pm_ops),
};

static int __init vfe_trap_net_init(void)
{
	vfe_trap_net_layout = vfe_trap_find_layout(&vfe_trap_net_class,
						   vfe_trap_net_layouts,
						   window);
	if (!vfe_trap_net_layout)
		return -EINVAL;
	return pci_register_driver(&vfe_trap_net_driver);
}
module_init(vfe_trap_net_init);

static void __exit vfe_trap_net_exit(void)
{
	pci_unregister_driver(&vfe_trap_net_driver);
}
module_exit(vfe_trap_net_exit);

MODULE_DESCRIPTION("Network driver through a register window, where each access causes a VM exit");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VFE_NS);
MODULE_VERSION(VFE_VERSION);

// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_net: a virtio network device as a netdev. This file has the module and
 * the operations of the PCI driver. The data path is in tx.c and rx.c.
 */
#include <linux/etherdevice.h>
#include <linux/kmod.h>
#include <linux/module.h>

#include <vfe/version.h>

#include "net.h"

static char *interrupts = "msix";
module_param(interrupts, charp, 0444);
MODULE_PARM_DESC(interrupts,
		 "MSI-X vectors: msix: one per pair of queues (default), shared: one for all queues, single: one for queues and configuration changes, intx: INTx instead");

static enum vfe_interrupts vfe_net_interrupts;

static const struct vfe_device_ops vfe_net_device_ops = {
	.config_changed = vfe_net_config_changed,
	.needs_reset = vfe_net_needs_reset,
};

/* Reads the configuration and sets up the queues. */
static int vfe_net_set_up(struct vfe_net *vn)
{
	int err;

	err = vfe_net_config_init(vn);
	if (!err)
		err = vfe_net_queues_init(vn, vfe_net_interrupts);
	if (!err)
		err = vfe_net_ctrl_init(vn);
	if (!err)
		err = vfe_net_state_init(vn);
	return err;
}

static void vfe_net_tear_down(struct vfe_net *vn)
{
	vfe_net_state_exit(vn);
	vfe_net_ctrl_exit(vn);
	vfe_net_queues_exit(vn);
}

/* Stops the device, and frees its buffers. */
static void vfe_net_halt(struct vfe_net *vn)
{
	unsigned int i;

	vfe_recovery_exit(&vn->recovery);
	/* it may have the state send steps later */
	cancel_work_sync(&vn->announce);
	vfe_net_state_stop(vn);
	for (i = 0; i < vn->max_pairs; i++) {
		vfe_net_rx_detach(&vn->rxq[i]);
		vfe_net_tx_detach(&vn->txq[i]);
	}
	vfe_net_ctrl_take_back(vn);
}

static void vfe_net_add_napis(struct vfe_net *vn)
{
	unsigned int i;

	for (i = 0; i < vn->max_pairs; i++)
		vfe_net_napi_add(vn->netdev, &vn->rxq[i].napi, vfe_net_poll,
				 i);
}

static int vfe_net_register(struct vfe_net *vn)
{
	struct net_device *dev = vn->netdev;
	int err;

	vn->sysfs = vfe_sysfs_create(vfe_dev(vn->vd), vfe_regs_of(vn->vd),
				     vfe_stats_of(vn->vd), vn->vd);
	if (IS_ERR(vn->sysfs))
		return PTR_ERR(vn->sysfs);
	vfe_net_config_netdev(vn);
	vfe_net_state_netdev(vn);
	vfe_net_xdp_config(vn);
	/* the stack sees only changes of the carrier after the registration */
	netif_carrier_off(dev);
	err = netif_set_real_num_queues(dev, vn->state.pairs, vn->state.pairs);
	if (!err)
		err = vfe_net_failover_create(vn);
	if (err)
		goto err_sysfs;
	err = register_netdev(dev);
	if (err)
		goto err_failover;
	vfe_net_follow_cpus(vn);
	rtnl_lock();
	vfe_net_set_affinity(vn);
	rtnl_unlock();
	vfe_config_reread(vn->vd);
	netdev_info(dev, "%u of %u pairs, rings of %u and %u, %s buffers\n",
		    vn->state.pairs, vn->max_pairs,
		    vfe_queue_size(vn->rxq[0].vq),
		    vfe_queue_size(vn->txq[0].vq),
		    vn->mode == VFE_NET_RX_MERGEABLE ? "mergeable" :
		    vn->mode == VFE_NET_RX_BIG ? "big" : "small");
	return 0;

err_failover:
	vfe_net_failover_destroy(vn);
err_sysfs:
	vfe_sysfs_destroy(vn->sysfs);
	return err;
}

static void vfe_net_replay(struct vfe_net *vn)
{
	mutex_lock(&vn->recovery.lock);
	vfe_net_state_replay(vn);
	mutex_unlock(&vn->recovery.lock);
}

/*
 * The netdev has as many queues as the device has pairs: negotiates features
 * and reads that number first.
 */
static struct vfe_net *vfe_net_create(struct vfe_device *vd)
{
	struct net_device *dev;
	struct vfe_net *vn;
	u64 wanted = vfe_net_wanted_features(vd);
	u16 has, pairs;
	int err;

	err = vfe_negotiate(vd, wanted, vfe_net_wanted_high(wanted), 0);
	if (!err)
		err = vfe_net_read_pairs(vd, &has);
	if (err)
		return ERR_PTR(err);
	pairs = min(has, VFE_NET_PAIRS_LIMIT);
	dev = alloc_etherdev_mq(sizeof(*vn), pairs);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	SET_NETDEV_DEV(dev, vfe_dev(vd));
	dev->netdev_ops = &vfe_net_netdev_ops;
	dev->watchdog_timeo = 5 * HZ;
	vn = netdev_priv(dev);
	vn->netdev = dev;
	vn->vd = vd;
	vn->device_pairs = has;
	vn->max_pairs = pairs;
	vfe_set_priv(vd, vn);
	INIT_WORK(&vn->announce, vfe_net_announce);
	vfe_recovery_init(&vn->recovery, &vfe_net_recovery_ops);
	vn->recovery.vd = vd;
	vn->recovery.name = dev->name;
	vn->recovery.queue_resets = true;
	return vn;
}

static int vfe_net_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct vfe_device *vd;
	struct vfe_net *vn;
	int err;

	err = vfe_check_id(pdev, VFE_TYPE_NET, VFE_PCI_OLD_NET);
	if (err)
		return err;
	vd = vfe_create(pdev, &vfe_net_device_ops, NULL);
	if (IS_ERR(vd))
		return PTR_ERR(vd);
	vn = vfe_net_create(vd);
	if (IS_ERR(vn)) {
		vfe_destroy(vd);
		return PTR_ERR(vn);
	}
	err = vfe_net_set_up(vn);
	if (err)
		goto err_tear_down;
	vfe_net_add_napis(vn);
	pci_set_drvdata(pdev, &vn->recovery);
	err = vfe_recovery_start(&vn->recovery);
	if (err)
		goto err_tear_down;
	/* a device that refuses a setting, or is silent, gets an interface */
	vfe_net_replay(vn);
	err = vfe_net_register(vn);
	if (err)
		goto err_halt;
	return 0;

err_halt:
	vfe_net_halt(vn);
err_tear_down:
	vfe_net_tear_down(vn);
	vfe_destroy(vd);
	free_netdev(vn->netdev);
	return err;
}

static void vfe_net_remove(struct pci_dev *pdev)
{
	struct vfe_recovery *r = pci_get_drvdata(pdev);
	struct vfe_net *vn = container_of(r, struct vfe_net, recovery);

	vfe_recovery_leave(r);
	vfe_net_leave_cpus(vn);
	unregister_netdev(vn->netdev);
	vfe_net_failover_destroy(vn);
	vfe_net_halt(vn);
	vfe_sysfs_destroy(vn->sysfs);
	vfe_net_tear_down(vn);
	vfe_destroy(vn->vd);
	free_netdev(vn->netdev);
}

/*
 * Only this project's device: a standard one belongs to virtio_net, unless the
 * user sets its driver_override, which needs no entry here.
 */
static const struct pci_device_id vfe_net_ids[] = {
	{ PCI_DEVICE(VFE_PCI_VENDOR, VFE_PCI_DEVICE_NET) },
	{ }
};
MODULE_DEVICE_TABLE(pci, vfe_net_ids);

static struct pci_driver vfe_net_driver = {
	.name = KBUILD_MODNAME,
	.id_table = vfe_net_ids,
	.probe = vfe_net_probe,
	.remove = vfe_net_remove,
	.shutdown = vfe_recovery_shutdown,
	.err_handler = &vfe_recovery_err_handler,
	.dev_groups = vfe_recovery_groups,
	.driver.pm = pm_sleep_ptr(&vfe_recovery_pm_ops),
};

static int __init vfe_net_init(void)
{
	int err = vfe_parse_interrupts(KBUILD_MODNAME, interrupts,
				       &vfe_net_interrupts);

	if (!err)
		err = vfe_net_affinity_init();
	if (err)
		return err;
	/*
	 * For vfe_net_can_stand_by(). With a soft dependency instead,
	 * "modprobe -r vfe_net" would fail while virtio_net uses that module.
	 */
	request_module("net_failover");
	err = pci_register_driver(&vfe_net_driver);
	if (err)
		vfe_net_affinity_exit();
	return err;
}

static void __exit vfe_net_exit(void)
{
	pci_unregister_driver(&vfe_net_driver);
	vfe_net_affinity_exit();
}

module_init(vfe_net_init);
module_exit(vfe_net_exit);

MODULE_DESCRIPTION("Virtio network driver that counts its VM exits");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VFE_NS);
MODULE_VERSION(VFE_VERSION);

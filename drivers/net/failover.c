// SPDX-License-Identifier: GPL-2.0
/*
 * The interface as the standby of a faster one, usually an assigned function
 * with the same address (virtio 1.4, 5.1.3, VIRTIO_NET_F_STANDBY): the
 * kernel's module net_failover makes a third interface, the master of both.
 */
#include <linux/module.h>
#include <net/net_failover.h>

#include "net.h"

/**
 * vfe_net_can_stand_by() - whether the guest has the module net_failover
 *
 * Without it, nobody would join the two interfaces, so the feature must not be
 * accepted: the hypervisor plugs the primary function only if it is. The
 * module is looked up here, not linked: a user may insmod this driver alone.
 *
 * Context: process.
 */
bool vfe_net_can_stand_by(void)
{
	if (!symbol_get(net_failover_create))
		return false;
	symbol_put(net_failover_create);
	return true;
}

/**
 * vfe_net_failover_create() - make the master, if the device is a standby
 * @vn: the interface, not yet registered
 *
 * The master takes this interface as its standby when it is registered.
 *
 * Context: process, without rtnl.
 * Return: 0, or an error with a line in the log.
 */
int vfe_net_failover_create(struct vfe_net *vn)
{
	typeof(net_failover_create) *create;
	struct failover *failover;

	if (!vfe_net_has(vn, VIRTIO_NET_F_STANDBY))
		return 0;
	if (!vfe_net_has(vn, VIRTIO_NET_F_MAC)) {
		dev_warn(vfe_dev(vn->vd),
			 "STANDBY, but no MAC: the primary function cannot be found by its address, this interface is no standby\n");
		return 0;
	}
	create = symbol_get(net_failover_create);
	failover = create ? create(vn->netdev) : ERR_PTR(-ENOENT);
	if (IS_ERR(failover)) {
		dev_err(vfe_dev(vn->vd),
			"STANDBY: net_failover made no interface: error %ld\n",
			PTR_ERR(failover));
		if (create)
			symbol_put(net_failover_create);
		return PTR_ERR(failover);
	}
	vn->failover = failover;
	return 0;
}

/**
 * vfe_net_failover_destroy() - remove the master, if there is one
 * @vn: the interface, not registered any more
 *
 * Context: process, without rtnl.
 */
void vfe_net_failover_destroy(struct vfe_net *vn)
{
	typeof(net_failover_destroy) *destroy;

	if (!vn->failover)
		return;
	/* cannot fail: net_failover_create() is still held */
	destroy = symbol_get(net_failover_destroy);
	if (destroy) {
		destroy(vn->failover);
		symbol_put(net_failover_destroy);
	}
	symbol_put(net_failover_create);
	vn->failover = NULL;
}

/**
 * vfe_net_port_name() - the suffix that udev gives the name of a standby
 * @dev: the interface
 * @buf: set to the suffix
 * @len: size of @buf in bytes
 *
 * Return: 0; -EOPNOTSUPP if the interface is no standby.
 */
int vfe_net_port_name(struct net_device *dev, char *buf, size_t len)
{
	struct vfe_net *vn = netdev_priv(dev);

	if (!vn->failover)
		return -EOPNOTSUPP;
	strscpy(buf, "sby", len);
	return 0;
}

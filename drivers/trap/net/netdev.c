// SPDX-License-Identifier: GPL-2.0
/*
 * The netdev: what the stack, the interrupt and the controller call. None of
 * it touches packet memory: the work item does, see work.c.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>

#include "net.h"

/* frames that wait for the work item, at most */
#define VFE_TRAP_NET_DEPTH	8

#define VFE_TRAP_NET_TX_TIMEOUT	(5 * HZ)

static struct vfe_trap_net *netdev_to_trap(struct net_device *dev)
{
	return netdev_priv(dev);
}

/* The status reads as ones: the device is gone, unless configuration answers. */
static irqreturn_t vfe_trap_net_irq_ones(struct vfe_trap *trap)
{
	if (pci_device_is_present(trap->pdev) || READ_ONCE(trap->gone))
		return IRQ_NONE;
	vfe_trap_set_gone(trap);
	return IRQ_HANDLED;
}

/**
 * vfe_trap_net_irq() - the interrupt handler
 * @trap: the controller
 *
 * The read of the status is the only access here. If it finds an interrupt, it
 * masks them all, and the work item acknowledges and unmasks. The lock makes it
 * one step for vfe_trap_net_set_mask(). Ignores an interrupt of another function
 * on a shared line.
 */
irqreturn_t vfe_trap_net_irq(struct vfe_trap *trap)
{
	struct vfe_trap_net *tn = to_trap_net(trap);
	u32 status, ours;

	spin_lock(&trap->lock);
	status = vfe_trap_get(trap, VFE_REG_NET_PORT_INTERRUPT_STATUS);
	ours = status == VFE_TRAP_ONES ? 0 : status & tn->mask;
	if (ours) {
		tn->events |= status & VFE_NET_INT_ALL;
		tn->mask = 0;
	}
	spin_unlock(&trap->lock);
	if (status == VFE_TRAP_ONES)
		return vfe_trap_net_irq_ones(trap);
	if (!ours)
		return IRQ_NONE;
	vfe_count(&trap->stats, interrupts);
	vfe_trap_net_kick(tn);
	return IRQ_HANDLED;
}

/* The device is gone: the work item gives up. See struct vfe_trap_class. */
void vfe_trap_net_gone(struct vfe_trap *trap)
{
	struct vfe_trap_net *tn = to_trap_net(trap);

	if (READ_ONCE(tn->running))
		vfe_trap_net_kick(tn);
}

/* Stops the work item and the window. The caller holds rtnl. */
static void vfe_trap_net_halt(struct vfe_trap_net *tn)
{
	struct vfe_trap *trap = &tn->trap;
	bool there;

	WRITE_ONCE(tn->running, false);
	vfe_trap_stop_waits(trap, true);
	cancel_delayed_work_sync(&tn->work);
	vfe_trap_stop_waits(trap, false);
	there = !READ_ONCE(trap->gone) && !trap->quiesced &&
		!pci_channel_offline(trap->pdev);
	if (there) {
		vfe_trap_net_set_mask(tn, 0);
		vfe_trap_net_stop(tn);
	}
	synchronize_irq(trap->pdev->irq);
	tn->mask = 0;
	tn->events = 0;
}

/**
 * vfe_trap_net_quiesce() - access no register until vfe_trap_net_resume()
 * @trap: the controller
 * @patience: not needed, as the work item ends soon
 */
void vfe_trap_net_quiesce(struct vfe_trap *trap, unsigned long patience)
{
	struct vfe_trap_net *tn = to_trap_net(trap);

	rtnl_lock();
	/* also while it is down: it must not go up */
	netif_device_detach(tn->dev);
	if (netif_running(tn->dev))
		vfe_trap_net_halt(tn);
	rtnl_unlock();
}

/* Goes on; the work item starts the window, or finds that it is gone. */
void vfe_trap_net_resume(struct vfe_trap *trap)
{
	struct vfe_trap_net *tn = to_trap_net(trap);

	rtnl_lock();
	if (netif_running(tn->dev)) {
		set_bit(VFE_TRAP_NET_RESTART, &tn->todo);
		WRITE_ONCE(tn->running, true);
		vfe_trap_net_kick(tn);
	}
	netif_device_attach(tn->dev);
	rtnl_unlock();
}

/* --- operations of the netdev --- */

static int vfe_trap_net_open(struct net_device *dev)
{
	struct vfe_trap_net *tn = netdev_to_trap(dev);

	if (READ_ONCE(tn->trap.gone))
		return -ENODEV;
	tn->suspect = false;
	tn->pause = 0;
	/* the work item starts the window, and sets the carrier */
	set_bit(VFE_TRAP_NET_RESTART, &tn->todo);
	WRITE_ONCE(tn->running, true);
	netif_start_queue(dev);
	vfe_trap_net_kick(tn);
	return 0;
}

static int vfe_trap_net_close(struct net_device *dev)
{
	struct vfe_trap_net *tn = netdev_to_trap(dev);

	netif_stop_queue(dev);
	vfe_trap_net_halt(tn);
	skb_queue_purge(&tn->tx);
	netif_carrier_off(dev);
	return 0;
}

static netdev_tx_t vfe_trap_net_xmit(struct sk_buff *skb,
				     struct net_device *dev)
{
	struct vfe_trap_net *tn = netdev_to_trap(dev);
	unsigned long flags;

	if (skb->len < VFE_NET_WINDOW_MIN || skb->len > VFE_NET_WINDOW_FRAME) {
		dev_core_stats_tx_dropped_inc(dev);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	spin_lock_irqsave(&tn->tx.lock, flags);
	__skb_queue_tail(&tn->tx, skb);
	if (skb_queue_len(&tn->tx) >= VFE_TRAP_NET_DEPTH)
		netif_stop_queue(dev);
	spin_unlock_irqrestore(&tn->tx.lock, flags);
	vfe_trap_net_kick(tn);
	return NETDEV_TX_OK;
}

/* Called with addresses locked, so the work item writes the register. */
static void vfe_trap_net_set_rx_mode(struct net_device *dev)
{
	struct vfe_trap_net *tn = netdev_to_trap(dev);
	u32 config = VFE_NET_RX_BROADCAST;

	if (dev->flags & IFF_PROMISC)
		config |= VFE_NET_RX_PROMISCUOUS;
	if (dev->flags & (IFF_PROMISC | IFF_ALLMULTI) || !netdev_mc_empty(dev))
		config |= VFE_NET_RX_MULTICAST;
	if (config == tn->rx_config)
		return;
	WRITE_ONCE(tn->rx_config, config);
	set_bit(VFE_TRAP_NET_RX_MODE, &tn->todo);
	if (READ_ONCE(tn->running))
		vfe_trap_net_kick(tn);
}

static void vfe_trap_net_tx_timeout(struct net_device *dev,
				    unsigned int txqueue)
{
	struct vfe_trap_net *tn = netdev_to_trap(dev);

	set_bit(VFE_TRAP_NET_RESTART, &tn->todo);
	vfe_trap_net_kick(tn);
}

static void vfe_trap_net_get_stats64(struct net_device *dev,
				     struct rtnl_link_stats64 *to)
{
	struct vfe_trap_net_stats *s = &netdev_to_trap(dev)->stats;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&s->sync);
		to->rx_packets = u64_stats_read(&s->rx_packets);
		to->rx_bytes = u64_stats_read(&s->rx_bytes);
		to->rx_missed_errors = u64_stats_read(&s->rx_missed);
		to->rx_frame_errors = u64_stats_read(&s->rx_errors);
		to->tx_packets = u64_stats_read(&s->tx_packets);
		to->tx_bytes = u64_stats_read(&s->tx_bytes);
		to->tx_errors = u64_stats_read(&s->tx_errors);
	} while (u64_stats_fetch_retry(&s->sync, start));
	to->rx_errors = to->rx_frame_errors;
}

static const struct net_device_ops vfe_trap_net_ops = {
	.ndo_open = vfe_trap_net_open,
	.ndo_stop = vfe_trap_net_close,
	.ndo_start_xmit = vfe_trap_net_xmit,
	.ndo_set_rx_mode = vfe_trap_net_set_rx_mode,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_tx_timeout = vfe_trap_net_tx_timeout,
	.ndo_get_stats64 = vfe_trap_net_get_stats64,
};

static const struct ethtool_ops vfe_trap_net_ethtool_ops = {
	.get_link = ethtool_op_get_link,
};

/**
 * vfe_trap_net_init_netdev() - fill in the netdev
 * @tn: the interface, after vfe_trap_net_identify()
 */
void vfe_trap_net_init_netdev(struct vfe_trap_net *tn)
{
	struct net_device *dev = tn->dev;

	dev->netdev_ops = &vfe_trap_net_ops;
	dev->ethtool_ops = &vfe_trap_net_ethtool_ops;
	dev->watchdog_timeo = VFE_TRAP_NET_TX_TIMEOUT;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = min_t(unsigned int, le16_to_cpu(tn->id.mtu),
			     VFE_NET_WINDOW_MTU);
	dev->mtu = min_t(unsigned int, dev->mtu, dev->max_mtu);
	tn->rx_config = VFE_NET_RX_BROADCAST;
	if (is_valid_ether_addr(tn->id.mac)) {
		eth_hw_addr_set(dev, tn->id.mac);
		return;
	}
	eth_hw_addr_random(dev);
	dev_warn(&tn->trap.pdev->dev,
		 "%pM is no MAC address of an interface: using %pM\n",
		 tn->id.mac, dev->dev_addr);
}

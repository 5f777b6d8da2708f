// SPDX-License-Identifier: GPL-2.0
/*
 * The data path: a work item that handles what interrupts said, receives, and
 * sends. It makes all accesses to packet memory, since a frame may take
 * hundreds that trap: as process context, with no lock held, so that interrupts
 * and other tasks run between them. One item at a time runs, for a bounded
 * number of frames.
 */
#include <linux/etherdevice.h>
#include <linux/pci.h>

#include "net.h"

/* frames each way, before the other way has its turn: each may take long */
#define VFE_TRAP_NET_QUOTA	4

/* longest wait for a reset */
#define VFE_TRAP_NET_RESET_MS	1000

/* longest pause between two attempts to restart the window */
#define VFE_TRAP_NET_MAX_PAUSE	(60 * HZ)

/* Lets the work item run. Any context. */
void vfe_trap_net_kick(struct vfe_trap_net *tn)
{
	queue_delayed_work(tn->queue, &tn->work, 0);
}

static void vfe_trap_net_add(struct vfe_trap_net *tn, u64_stats_t *counter,
			     unsigned long n)
{
	/* for 32-bit machines: the writer must not be preempted */
	local_bh_disable();
	u64_stats_update_begin(&tn->stats.sync);
	u64_stats_add(counter, n);
	u64_stats_update_end(&tn->stats.sync);
	local_bh_enable();
}

static void vfe_trap_net_add_frame(struct vfe_trap_net *tn,
				   u64_stats_t *packets, u64_stats_t *bytes,
				   unsigned int len)
{
	vfe_trap_net_add(tn, packets, 1);
	vfe_trap_net_add(tn, bytes, len);
	tn->suspect = false;
	tn->pause = 0;
	vfe_count(&tn->trap.stats, operations);
}

/* --- receive --- */

static void vfe_trap_net_deliver(struct vfe_trap_net *tn, struct sk_buff *skb,
				 unsigned int len)
{
	skb_put_data(skb, tn->page, len);
	skb->protocol = eth_type_trans(skb, tn->dev);
	vfe_trap_net_add_frame(tn, &tn->stats.rx_packets, &tn->stats.rx_bytes,
			       len);
	netif_rx(skb);
}

/* Receives the next frame. Without memory for it, its words are not read. */
static int vfe_trap_net_receive_one(struct vfe_trap_net *tn, u32 current_page)
{
	struct sk_buff *skb;
	int err = 0, len;

	len = vfe_trap_net_header(tn, current_page);
	if (len < 0)
		return len;
	skb = netdev_alloc_skb_ip_align(tn->dev, len);
	if (skb)
		err = vfe_trap_net_frame(tn, len);
	if (err) {
		kfree_skb(skb);
		return err;
	}
	vfe_trap_net_release(tn, len);
	if (skb)
		vfe_trap_net_deliver(tn, skb, len);
	else
		dev_core_stats_rx_dropped_inc(tn->dev);
	return 0;
}

/* Return: 1 there may be more, 0, or an error */
static int vfe_trap_net_receive(struct vfe_trap_net *tn)
{
	unsigned int left = VFE_TRAP_NET_QUOTA;
	u32 current_page;
	int err;

	err = vfe_trap_net_current(tn, &current_page);
	while (!err && left-- && tn->ring.next != current_page) {
		err = vfe_trap_net_receive_one(tn, current_page);
		cond_resched();
	}
	if (err == -EPROTO)
		vfe_trap_net_add(tn, &tn->stats.rx_errors, 1);
	if (err)
		return err;
	tn->receiving = tn->ring.next != current_page;
	return tn->receiving;
}

/* --- transmit --- */

/*
 * The next frame to send, or NULL. vfe_trap_net_xmit() takes the same lock to
 * stop the queue.
 */
static struct sk_buff *vfe_trap_net_next(struct vfe_trap_net *tn)
{
	struct sk_buff *skb;
	unsigned long flags;

	spin_lock_irqsave(&tn->tx.lock, flags);
	skb = __skb_dequeue(&tn->tx);
	if (netif_queue_stopped(tn->dev))
		netif_wake_queue(tn->dev);
	spin_unlock_irqrestore(&tn->tx.lock, flags);
	return skb;
}

/*
 * The device has no room for the frame. The queue stops, so that the stack's
 * watchdog sees it if the room does not come.
 */
static void vfe_trap_net_wait(struct vfe_trap_net *tn)
{
	unsigned long flags;

	spin_lock_irqsave(&tn->tx.lock, flags);
	tn->waiting = true;
	netif_stop_queue(tn->dev);
	spin_unlock_irqrestore(&tn->tx.lock, flags);
}

/* A frame was sent, or not. Return: 0, or the error if it is of the window */
static int vfe_trap_net_account(struct vfe_trap_net *tn, int err)
{
	switch (err) {
	case 0:
		vfe_trap_net_add_frame(tn, &tn->stats.tx_packets,
				       &tn->stats.tx_bytes, tn->tx_len);
		return 0;
	case -EIO:
		vfe_trap_net_add(tn, &tn->stats.tx_errors, 1);
		return 0;
	case -EINPROGRESS:
		vfe_trap_net_wait(tn);
		return 0;
	default:
		return err;
	}
}

static int vfe_trap_net_send_skb(struct vfe_trap_net *tn, struct sk_buff *skb)
{
	unsigned int len = skb->len;
	int err;

	err = skb_copy_bits(skb, 0, tn->page, len);
	if (err) {
		dev_core_stats_tx_dropped_inc(tn->dev);
		kfree_skb(skb);
		return 0;
	}
	/* the rest of the last word leaves the guest, too */
	memset(tn->page + len, 0, round_up(len, sizeof(__le32)) - len);
	skb_tx_timestamp(skb);
	/* the device has a copy: no buffer waits for it */
	consume_skb(skb);
	tn->tx_len = len;
	return vfe_trap_net_account(tn, vfe_trap_net_send(tn, len));
}

/* Return: 1 there may be more, 0, or an error */
static int vfe_trap_net_transmit(struct vfe_trap_net *tn)
{
	unsigned int left = VFE_TRAP_NET_QUOTA;
	struct sk_buff *skb;
	int err = 0;

	while (!err && !tn->waiting) {
		if (!left--)
			return 1;
		skb = vfe_trap_net_next(tn);
		if (!skb)
			return 0;
		err = vfe_trap_net_send_skb(tn, skb);
		cond_resched();
	}
	return err;
}

/* The interrupt that the frame before waited for may have come. */
static int vfe_trap_net_end_wait(struct vfe_trap_net *tn)
{
	int err = vfe_trap_net_sent(tn);

	if (err == -EINPROGRESS)
		return 0;
	tn->waiting = false;
	return vfe_trap_net_account(tn, err);
}

/* --- events --- */

static int vfe_trap_net_count_missed(struct vfe_trap_net *tn)
{
	u32 n;
	int err;

	vfe_trap_net_count(tn, overruns);
	err = vfe_trap_net_missed(tn, &n);
	if (!err)
		vfe_trap_net_add(tn, &tn->stats.rx_missed, n);
	return err;
}

static int vfe_trap_net_update_link(struct vfe_trap_net *tn)
{
	bool up;
	int err;

	err = vfe_trap_net_link(tn, &up);
	if (err)
		return err;
	if (up)
		netif_carrier_on(tn->dev);
	else
		netif_carrier_off(tn->dev);
	return 0;
}

static int vfe_trap_net_events(struct vfe_trap_net *tn, u32 events)
{
	int err = 0;

	if (events & VFE_NET_INT_RECEIVED)
		tn->receiving = true;
	if (events & VFE_NET_INT_OVERRUN)
		err = vfe_trap_net_count_missed(tn);
	if (!err && events & VFE_NET_INT_LINK)
		err = vfe_trap_net_update_link(tn);
	if (!err && tn->waiting && events & VFE_NET_INT_TRANSMITTED)
		err = vfe_trap_net_end_wait(tn);
	return err;
}

/* Return: 1 there may be more to do, 0, or an error */
static int vfe_trap_net_service(struct vfe_trap_net *tn)
{
	int more = 0, ret;

	if (test_and_clear_bit(VFE_TRAP_NET_RX_MODE, &tn->todo))
		vfe_trap_set(&tn->trap, VFE_REG_NET_PORT_RECEIVE_CONFIG,
			     READ_ONCE(tn->rx_config));
	ret = vfe_trap_net_events(tn, vfe_trap_net_take_events(tn));
	if (!ret && tn->receiving) {
		ret = vfe_trap_net_receive(tn);
		more = ret;
	}
	if (ret >= 0)
		ret = vfe_trap_net_transmit(tn);
	return ret ?: more;
}

/* --- failures --- */

/*
 * Resets the window and starts it again: all frames in it are lost. Return: 1:
 * there may be more to do, or an error
 */
static int vfe_trap_net_restart(struct vfe_trap_net *tn)
{
	int err;

	vfe_trap_net_count(tn, window_resets);
	if (tn->waiting)
		vfe_trap_net_add(tn, &tn->stats.tx_errors, 1);
	vfe_trap_net_set_mask(tn, 0);
	err = vfe_trap_reset(&tn->trap, VFE_TRAP_NET_RESET_MS);
	if (!err)
		err = vfe_trap_net_start(tn);
	if (!err)
		err = vfe_trap_net_update_link(tn);
	return err ?: 1;
}

/* The device is gone: nothing waits for it. */
static void vfe_trap_net_give_up(struct vfe_trap_net *tn)
{
	netif_carrier_off(tn->dev);
	skb_queue_purge(&tn->tx);
}

/*
 * The window did not start, or moved no frame since its last restart: try again,
 * with growing pauses.
 */
static void vfe_trap_net_retry(struct vfe_trap_net *tn, int err)
{
	netif_carrier_off(tn->dev);
	skb_queue_purge(&tn->tx);
	tn->pause = min(2 * tn->pause ?: HZ, VFE_TRAP_NET_MAX_PAUSE);
	dev_warn_ratelimited(&tn->trap.pdev->dev,
			     "the window does not work (error %d): next attempt in %u s\n",
			     err, jiffies_to_msecs(tn->pause) / 1000);
	queue_delayed_work(tn->queue, &tn->work, tn->pause);
}

static int vfe_trap_net_run(struct vfe_trap_net *tn)
{
	bool restart = test_and_clear_bit(VFE_TRAP_NET_RESTART, &tn->todo);
	int ret = 0;

	if (READ_ONCE(tn->trap.gone))
		return -ENODEV;
	if (!restart) {
		ret = vfe_trap_net_service(tn);
		restart = ret == -EPROTO && !tn->suspect;
		tn->suspect |= restart;
	}
	if (restart)
		ret = vfe_trap_net_restart(tn);
	if (ret < 0)
		set_bit(VFE_TRAP_NET_RESTART, &tn->todo);
	return ret;
}

/**
 * vfe_trap_net_work() - do what there is to do
 * @work: vfe_trap_net.work
 *
 * The code that clears vfe_trap_net.running cancels this work item, and starts
 * the window again later.
 */
void vfe_trap_net_work(struct work_struct *work)
{
	struct vfe_trap_net *tn = container_of(to_delayed_work(work),
					       struct vfe_trap_net, work);
	int ret;

	if (!READ_ONCE(tn->running))
		return;
	ret = vfe_trap_net_run(tn);
	if (ret == -ENODEV)
		vfe_trap_net_give_up(tn);
	else if (ret < 0 && READ_ONCE(tn->running))
		vfe_trap_net_retry(tn, ret);
	else if (ret > 0)
		vfe_trap_net_kick(tn);
	else if (!ret)
		vfe_trap_net_set_mask(tn, VFE_TRAP_NET_INTS |
				      (tn->waiting ? VFE_NET_INT_TRANSMITTED :
						     0));
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The network device's operations for the core's recovery: stop the queues
 * while the core resets or stops the device, start them again, and write what
 * users have set to the device.
 */
#include "net.h"

/* Is this the control queue's number? */
static bool vfe_net_is_ctrl(const struct vfe_net *vn, unsigned int queue)
{
	return queue == vfe_net_ctrl_queue(vn);
}

/* While NAPI is on, it may send packets back: it starts last and stops first. */
static void vfe_net_update_pair(struct vfe_net *vn, unsigned int pair)
{
	bool on = vfe_net_pair_on(vn, pair);

	if (!on)
		vfe_net_rx_update(&vn->rxq[pair]);
	vfe_net_tx_update(&vn->txq[pair]);
	if (on)
		vfe_net_rx_update(&vn->rxq[pair]);
}

/**
 * vfe_net_update_queues() - start or stop the queues, as they should be
 * @vn: the network device
 *
 * Context: process context, may sleep; @recovery.lock is held.
 */
void vfe_net_update_queues(struct vfe_net *vn)
{
	unsigned int i;

	for (i = 0; i < vn->max_pairs; i++)
		vfe_net_update_pair(vn, i);
}

/* The whole device is reset, or stopped. */
static void vfe_net_quiesce(struct vfe_device *vd)
{
	struct vfe_net *vn = vfe_priv(vd);

	WRITE_ONCE(vn->replay, true);
}

static void vfe_net_close_one(struct vfe_net *vn, unsigned int queue)
{
	unsigned int pair = queue / 2;

	if (vfe_net_is_ctrl(vn, queue)) {
		vfe_net_ctrl_close(vn);
	} else if (queue & 1) {
		WRITE_ONCE(vn->txq[pair].ready, false);
		vfe_net_tx_update(&vn->txq[pair]);
		vfe_net_rx_update(&vn->rxq[pair]);
	} else {
		vn->rxq[pair].ready = false;
		vfe_net_rx_update(&vn->rxq[pair]);
	}
}

static void vfe_net_close(struct vfe_device *vd, unsigned int first,
			  unsigned int n)
{
	struct vfe_net *vn = vfe_priv(vd);

	while (n--)
		vfe_net_close_one(vn, first + n);
}

static void vfe_net_take_back(struct vfe_device *vd, unsigned int queue)
{
	struct vfe_net *vn = vfe_priv(vd);

	/*
	 * the watchdog must not report queues that are stopped for a reset of
	 * the device; no work item can switch the carrier on any more
	 */
	if (vn->replay)
		netif_carrier_off(vn->netdev);
	if (vfe_net_is_ctrl(vn, queue))
		vfe_net_ctrl_take_back(vn);
	else if (queue & 1)
		vfe_net_tx_detach(&vn->txq[queue / 2]);
	else
		vfe_net_rx_detach(&vn->rxq[queue / 2]);
}

/*
 * Transmit queues start in vfe_net_resend(): the device enables only the first
 * pair before the replay.
 */
static void vfe_net_open_queue(struct vfe_device *vd, unsigned int queue)
{
	struct vfe_net *vn = vfe_priv(vd);
	unsigned int pair = queue / 2;

	if (vfe_net_is_ctrl(vn, queue)) {
		vfe_net_ctrl_open(vn);
	} else if (queue & 1) {
		WRITE_ONCE(vn->txq[pair].ready, true);
		vfe_net_rx_update(&vn->rxq[pair]);
	} else {
		vn->rxq[pair].ready = true;
		vfe_net_rx_update(&vn->rxq[pair]);
	}
}

/* Packets are not sent again; their senders do that. */
static void vfe_net_resend(struct vfe_device *vd)
{
	struct vfe_net *vn = vfe_priv(vd);

	if (vfe_recovery_state(&vn->recovery) != VFE_RUN_LIVE)
		return;
	if (vn->replay)
		vfe_net_state_replay(vn);
	else
		vfe_net_state_replay_queues(vn);
	WRITE_ONCE(vn->replay, false);
	vfe_net_update_queues(vn);
}

const struct vfe_recovery_ops vfe_net_recovery_ops = {
	.quiesce = vfe_net_quiesce,
	.close = vfe_net_close,
	.take_back = vfe_net_take_back,
	.open = vfe_net_open_queue,
	.resend = vfe_net_resend,
};

void vfe_net_needs_reset(struct vfe_device *vd)
{
	struct vfe_net *vn = vfe_priv(vd);

	vfe_recovery_request(&vn->recovery);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Moderation of interrupts (virtio 1.4, 5.1.9.5.10): how many packets, and how
 * long, the device may wait before it interrupts. Users set it for all queues
 * or for one, or leave it to the kernel's dynamic algorithm (DIM).
 */
#include <linux/bitmap.h>
#include <linux/ethtool.h>
#include <linux/slab.h>

#include "commands.h"
#include "moderation.h"
#include "net.h"

bool vfe_net_moderates_queues(const struct vfe_net *vn)
{
	return vn->ctrl && vfe_net_has(vn, VIRTIO_NET_F_VQ_NOTF_COAL);
}

/* --- parameters --- */

static int vfe_net_check_range(const char *field, u32 value, u32 most,
			       struct netlink_ext_ack *extack)
{
	if (value <= most)
		return 0;
	vfe_extack(extack, "%s is %u: must be %u or less", field, value, most);
	return -EINVAL;
}

/* As virtio_net: tx-frames may be 0 or 1, and rx-frames only 1 */
static int vfe_net_check_fixed(const struct ethtool_coalesce *ec,
			       struct netlink_ext_ack *extack)
{
	if (ec->rx_coalesce_usecs || ec->tx_coalesce_usecs) {
		NL_SET_ERR_MSG_MOD(extack,
				   "usecs must be 0: the device lacks NOTF_COAL");
		return -EOPNOTSUPP;
	}
	if (ec->rx_max_coalesced_frames != 1) {
		vfe_extack(extack,
			   "rx-frames is %u: must be 1, device lacks NOTF_COAL",
			   ec->rx_max_coalesced_frames);
		return -EINVAL;
	}
	return vfe_net_check_range("tx-frames", ec->tx_max_coalesced_frames, 1,
				   extack);
}

int vfe_net_coalesce_check(const struct ethtool_coalesce *ec, bool device,
			   bool dim, struct netlink_ext_ack *extack)
{
	if (ec->use_adaptive_rx_coalesce && !dim) {
		NL_SET_ERR_MSG_MOD(extack,
				   "no adaptive-rx: the device lacks VQ_NOTF_COAL");
		return -EOPNOTSUPP;
	}
	if (!device)
		return vfe_net_check_fixed(ec, extack);
	return vfe_net_check_range("rx-usecs", ec->rx_coalesce_usecs,
				   VFE_NET_COALESCE_USECS, extack) ?:
	       vfe_net_check_range("tx-usecs", ec->tx_coalesce_usecs,
				   VFE_NET_COALESCE_USECS, extack) ?:
	       vfe_net_check_range("rx-frames", ec->rx_max_coalesced_frames,
				   VFE_NET_COALESCE_PACKETS, extack) ?:
	       vfe_net_check_range("tx-frames", ec->tx_max_coalesced_frames,
				   VFE_NET_COALESCE_PACKETS, extack);
}

/* --- steps of the replay --- */

int vfe_net_send_coalesce(struct vfe_net *vn)
{
	const struct vfe_net_state *s = &vn->state;
	int err = 0;

	if (!vfe_net_has(vn, VIRTIO_NET_F_NOTF_COAL))
		return 0;
	if (s->tx_set)
		err = vfe_net_cmd_coalesce(vn, true, s->tx.max_packets,
					   s->tx.max_usecs);
	if (!err && s->rx_set)
		err = vfe_net_cmd_coalesce(vn, false, s->rx.max_packets,
					   s->rx.max_usecs);
	return err;
}

/* Sends the moderation of a queue, if the device has another one: @sent. */
static int vfe_net_send_queue(struct vfe_net *vn, u16 queue,
			      struct vfe_net_coalesce *sent, u32 packets,
			      u32 usecs)
{
	int err;

	if (sent->max_packets == packets && sent->max_usecs == usecs)
		return 0;
	err = vfe_net_cmd_coalesce_vq(vn, queue, packets, usecs);
	sent->max_packets = packets;
	sent->max_usecs = err ? U32_MAX : usecs;
	return err;
}

static int vfe_net_send_pair(struct vfe_net *vn, unsigned int pair)
{
	const struct vfe_net_coalesce *rx = &vn->state.rx_queue[pair];
	const struct vfe_net_coalesce *tx = &vn->state.tx_queue[pair];
	struct vfe_net_moderation *m = vn->rxq[pair].moderation;
	int err = 0;

	/* DIM sends its next decision */
	if (!rx->dim)
		err = vfe_net_send_queue(vn, 2 * pair, &m->sent,
					 rx->max_packets, rx->max_usecs);
	return err ?: vfe_net_send_queue(vn, 2 * pair + 1, &m->sent_tx,
					 tx->max_packets, tx->max_usecs);
}

int vfe_net_send_coalesce_queues(struct vfe_net *vn)
{
	unsigned int pair;
	int err, ret = 0;

	if (!vfe_net_moderates_queues(vn))
		return 0;
	for_each_set_bit(pair, vn->state.queues_set, vn->max_pairs) {
		err = vfe_net_send_pair(vn, pair);
		if (vfe_net_ctrl_unanswered(err))
			return err;
		ret = ret ?: err;
	}
	return ret;
}

/* --- DIM --- */

void vfe_net_moderate(struct vfe_net_rxq *rxq)
{
	struct vfe_net_moderation *m = rxq->moderation;
	struct dim_sample sample = {};

	if (!m || !READ_ONCE(m->on))
		return;
	/* only NAPI, which runs this, writes these counts */
	dim_update_sample(++m->events, u64_stats_read(&rxq->stats.packets),
			  u64_stats_read(&rxq->stats.bytes), &sample);
	vfe_net_dim(&m->dim, &sample);
}

/* DIM decided. A device that is stopped or silent gets the next decision. */
static void vfe_net_dim_work(struct work_struct *work)
{
	struct dim *dim = container_of(work, struct dim, work);
	struct vfe_net_moderation *m = container_of(dim,
						    struct vfe_net_moderation,
						    dim);
	struct vfe_net *vn = m->rxq->vn;
	struct dim_cq_moder now = net_dim_get_rx_moderation(dim->mode,
							    dim->profile_ix);

	vfe_net_ctrl_begin(vn);
	if (READ_ONCE(m->on))
		vfe_net_send_queue(vn, 2 * m->rxq->index, &m->sent, now.pkts,
				   now.usec);
	vfe_net_ctrl_end(vn);
	dim->state = DIM_START_MEASURE;
}

static void vfe_net_switch_dim(struct vfe_net_rxq *rxq, bool on)
{
	if (!rxq->moderation || rxq->moderation->on == on)
		return;
	WRITE_ONCE(rxq->moderation->on, on);
	/* nothing it decided may follow what the user sets */
	if (!on)
		cancel_work_sync(&rxq->moderation->dim.work);
	rxq->moderation->dim.state = DIM_START_MEASURE;
}

void vfe_net_moderation_forget(struct vfe_net *vn)
{
	struct vfe_net_moderation *m;
	unsigned int i;

	for (i = 0; i < vn->max_pairs; i++) {
		m = vn->rxq[i].moderation;
		if (!m)
			continue;
		m->sent.max_usecs = U32_MAX;
		m->sent_tx.max_usecs = U32_MAX;
	}
}

/* --- what users change --- */

/* As virtio_net: what is set for all queues replaces what each had. */
static void vfe_net_set_all_pairs(struct vfe_net *vn)
{
	struct vfe_net_state *s = &vn->state;
	unsigned int i;

	if (!vfe_net_moderates_queues(vn))
		return;
	for (i = 0; i < vn->max_pairs; i++) {
		s->rx_queue[i] = s->rx;
		s->tx_queue[i] = s->tx;
		vfe_net_switch_dim(&vn->rxq[i], s->rx.dim);
	}
	/* without NOTF_COAL, each queue gets it */
	if (vfe_net_has(vn, VIRTIO_NET_F_NOTF_COAL))
		bitmap_zero(s->queues_set, vn->max_pairs);
	else
		bitmap_fill(s->queues_set, vn->max_pairs);
	vfe_net_ctrl_begin(vn);
	vfe_net_moderation_forget(vn);
	vfe_net_ctrl_end(vn);
}

int vfe_net_set_moderation(struct vfe_net *vn,
			   const struct vfe_net_coalesce *rx,
			   const struct vfe_net_coalesce *tx)
{
	struct vfe_net_state *s = &vn->state;
	struct vfe_net_coalesce old_rx = s->rx, old_tx = s->tx;
	int err;

	mutex_lock(&vn->recovery.lock);
	s->rx = *rx;
	s->tx = *tx;
	s->rx_set = true;
	s->tx_set = true;
	err = vfe_net_state_apply(vn, VFE_NET_STEP_COALESCE);
	if (err) {
		s->rx = old_rx;
		s->tx = old_tx;
		/* the device may have taken one of both */
		if (!vfe_net_ctrl_unanswered(err))
			vfe_net_state_apply(vn, VFE_NET_STEP_COALESCE);
	} else {
		vfe_net_set_all_pairs(vn);
		err = vfe_net_state_apply(vn, VFE_NET_STEP_QUEUES);
	}
	mutex_unlock(&vn->recovery.lock);
	return err;
}

int vfe_net_set_pair_moderation(struct vfe_net *vn, unsigned int pair,
				const struct vfe_net_coalesce *rx,
				const struct vfe_net_coalesce *tx)
{
	struct vfe_net_state *s = &vn->state;
	struct vfe_net_coalesce old_rx, old_tx;
	int err;

	if (!vfe_net_moderates_queues(vn))
		return -EOPNOTSUPP;
	mutex_lock(&vn->recovery.lock);
	old_rx = s->rx_queue[pair];
	old_tx = s->tx_queue[pair];
	s->rx_queue[pair] = *rx;
	s->tx_queue[pair] = *tx;
	set_bit(pair, s->queues_set);
	vfe_net_switch_dim(&vn->rxq[pair], rx->dim);
	err = vfe_net_state_apply(vn, VFE_NET_STEP_QUEUES);
	if (err) {
		s->rx_queue[pair] = old_rx;
		s->tx_queue[pair] = old_tx;
		vfe_net_switch_dim(&vn->rxq[pair], old_rx.dim);
	}
	mutex_unlock(&vn->recovery.lock);
	return err;
}

struct vfe_net_coalesce vfe_net_get_moderation(struct vfe_net *vn,
					       unsigned int pair)
{
	struct vfe_net_coalesce now = vn->state.rx_queue[pair];
	const struct vfe_net_moderation *m = vn->rxq[pair].moderation;

	vfe_net_ctrl_begin(vn);
	if (now.dim && m->sent.max_usecs != U32_MAX) {
		now.max_packets = m->sent.max_packets;
		now.max_usecs = m->sent.max_usecs;
	}
	vfe_net_ctrl_end(vn);
	return now;
}

/* --- life --- */

static int vfe_net_init_queue(struct vfe_net_rxq *rxq)
{
	struct vfe_net_moderation *m = kzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	m->rxq = rxq;
	m->dim.mode = DIM_CQ_PERIOD_MODE_START_FROM_EQE;
	INIT_WORK(&m->dim.work, vfe_net_dim_work);
	rxq->moderation = m;
	return 0;
}

int vfe_net_moderation_init(struct vfe_net *vn)
{
	struct vfe_net_state *s = &vn->state;
	unsigned int i;
	int err = 0;

	/* what virtio_net shows at first */
	s->tx.max_packets = 1;
	if (!vfe_net_has(vn, VIRTIO_NET_F_NOTF_COAL) &&
	    !vfe_net_moderates_queues(vn))
		s->rx.max_packets = 1;
	if (!vfe_net_moderates_queues(vn))
		return 0;
	s->rx_queue = kcalloc(vn->max_pairs, sizeof(*s->rx_queue), GFP_KERNEL);
	s->tx_queue = kcalloc(vn->max_pairs, sizeof(*s->tx_queue), GFP_KERNEL);
	s->queues_set = bitmap_zalloc(vn->max_pairs, GFP_KERNEL);
	if (!s->rx_queue || !s->tx_queue || !s->queues_set)
		return -ENOMEM;
	for (i = 0; i < vn->max_pairs && !err; i++) {
		s->tx_queue[i].max_packets = 1;
		err = vfe_net_init_queue(&vn->rxq[i]);
	}
	return err;
}

void vfe_net_moderation_stop(struct vfe_net *vn)
{
	unsigned int i;

	for (i = 0; i < vn->max_pairs; i++) {
		vfe_net_switch_dim(&vn->rxq[i], false);
		/* NAPI may have scheduled one while DIM was switched off */
		if (vn->rxq[i].moderation)
			cancel_work_sync(&vn->rxq[i].moderation->dim.work);
	}
}

void vfe_net_moderation_exit(struct vfe_net *vn)
{
	unsigned int i;

	for (i = 0; vn->rxq && i < vn->max_pairs; i++) {
		kfree(vn->rxq[i].moderation);
		vn->rxq[i].moderation = NULL;
	}
	kfree(vn->state.rx_queue);
	kfree(vn->state.tx_queue);
	bitmap_free(vn->state.queues_set);
}

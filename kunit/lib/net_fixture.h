/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A network interface of vfe_net on the mock. The suite is the device: it
 * takes what is transmitted out of the ring, and puts received packets into
 * posted buffers. net_ctrl.h answers commands of the control queue.
 */
#ifndef VFE_KUNIT_NET_FIXTURE_H
#define VFE_KUNIT_NET_FIXTURE_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/virtio_net.h>

#include "../../drivers/net/net.h"
#include "mock/mock.h"
#include "failslab.h"
#include "net_ctrl.h"
#include "suite.h"

/* What an ordinary device offers. Suites with one queue pair add no others. */
#define TNET_FEATURES \
	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC) | \
	 BIT_ULL(VIRTIO_NET_F_STATUS) | BIT_ULL(VIRTIO_NET_F_CSUM) | \
	 BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) | \
	 BIT_ULL(VIRTIO_NET_F_HOST_TSO4) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO4))

/* With pairs, and all that ethtool sets */
#define TNET_ALL \
	(TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | BIT_ULL(VIRTIO_NET_F_MQ) | \
	 BIT_ULL(VIRTIO_NET_F_RSS) | BIT_ULL(VIRTIO_NET_F_HASH_REPORT) | \
	 BIT_ULL(VIRTIO_NET_F_NOTF_COAL) | \
	 BIT_ULL(VIRTIO_NET_F_VQ_NOTF_COAL) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS) | \
	 BIT_ULL(VIRTIO_NET_F_SPEED_DUPLEX))

#define TNET_PROTO	0x88b5	/* for local experiments (IEEE 802) */

/* Lets softirqs run that were raised in this task. */
static inline void tnet_run_softirqs(void)
{
	local_bh_disable();
	local_bh_enable();
}

/* --- life --- */

/* For the tap: keeps a copy of each received packet. */
static inline int tnet_tap(struct sk_buff *skb, struct net_device *dev,
			   struct packet_type *tap, struct net_device *orig)
{
	struct tnet *t = container_of(tap, struct tnet, tap);

	if (skb->pkt_type == PACKET_OUTGOING) {
		kfree_skb(skb);
		return 0;
	}
	/* a protocol of the stack may get it, too */
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (skb)
		skb_queue_tail(&t->got, skb);
	return 0;
}

static inline void tnet_untap(void *data)
{
	struct tnet *t = data;

	if (t->tap.dev)
		dev_remove_pack(&t->tap);
	t->tap.dev = NULL;
	skb_queue_purge(&t->got);
}

static inline void tnet_end(void *data)
{
	struct tnet *t = data;

	t->silent = true;
	tnet_untap(t);
	if (t->m->pdev)
		vfe_mock_unplug(t->m);
	t->m->knobs.access = NULL;
	cancel_work_sync(&t->answer);
}

/*
 * A function without a driver. @spec may have members that differ from the
 * default; @config likewise, or NULL.
 */
static inline struct tnet *tnet_unbound(struct kunit *test,
					const struct vfe_mock_spec *more,
					const struct vfe_net_config *config)
{
	static const struct vfe_net_config usual = {
		.mac = { 2, 0, 0, 0, 0, 1 },
		.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = cpu_to_le16(1),
		.mtu = cpu_to_le16(1500),
	};
	struct tnet *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct vfe_mock_spec spec = {};

	KUNIT_ASSERT_NOT_NULL(test, t);
	if (more)
		spec = *more;
	spec.device = spec.device ?: VFE_PCI_DEVICE_NET;
	spec.features = spec.features ?: TNET_FEATURES;
	spec.queues = spec.queues ?: 3;
	spec.config = config ?: &usual;
	spec.config_len = sizeof(*config);
	spec.unbound = true;
	t->test = test;
	t->chain = kunit_kzalloc(test, sizeof(*t->chain), GFP_KERNEL);
	t->answers = kunit_kzalloc(test, sizeof(*t->answers), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->chain);
	KUNIT_ASSERT_NOT_NULL(test, t->answers);
	skb_queue_head_init(&t->got);
	INIT_WORK(&t->answer, tnet_answer_work);
	t->m = vfe_mock_plug(test, &spec);
	KUNIT_ASSERT_NOT_NULL(test, t->m);
	t->m->knobs.priv = t;
	t->m->knobs.access = tnet_access;
	t->rx = &t->m->queues[0];
	t->tx = &t->m->queues[1];
	if (spec.features & BIT_ULL(VIRTIO_NET_F_CTRL_VQ))
		t->ctrl = &t->m->queues[t->m->num_queues - 1];
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, tnet_end, t));
	return t;
}

/* Binds vfe_net. Return: whether there is a netdev */
static inline bool tnet_bind(struct tnet *t)
{
	struct vfe_recovery *r;

	if (!vfe_mock_bind(t->m, "vfe_net"))
		return false;
	r = pci_get_drvdata(t->m->pdev);
	t->vn = container_of(r, struct vfe_net, recovery);
	t->dev = t->vn->netdev;
	return true;
}

static inline int tnet_open(struct tnet *t)
{
	int err;

	rtnl_lock();
	err = dev_open(t->dev, NULL);
	rtnl_unlock();
	tnet_run_softirqs();
	return err;
}

static inline void tnet_close(struct tnet *t)
{
	rtnl_lock();
	dev_close(t->dev);
	rtnl_unlock();
}

/* Binds vfe_net, and brings the interface up. */
static inline void tnet_bring_up(struct tnet *t)
{
	KUNIT_ASSERT_TRUE(t->test, tnet_bind(t));
	t->tap = (struct packet_type) {
		.type = htons(ETH_P_ALL), .func = tnet_tap, .dev = t->dev,
	};
	dev_add_pack(&t->tap);
	KUNIT_ASSERT_EQ(t->test, tnet_open(t), 0);
}

/* An interface that is up */
static inline struct tnet *tnet_up(struct kunit *test,
				   const struct vfe_mock_spec *more,
				   const struct vfe_net_config *config)
{
	struct tnet *t = tnet_unbound(test, more, config);

	tnet_bring_up(t);
	return t;
}

/*
 * The same with @pairs queue pairs and a control queue, of a device that could
 * steer packets
 */
static inline struct tnet *tnet_pairs_unbound(struct kunit *test, u64 features,
					      u16 pairs)
{
	const struct vfe_net_config config = {
		.mac = { 2, 0, 0, 0, 0, 1 },
		.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = cpu_to_le16(pairs),
		.speed = cpu_to_le32(10000),
		.duplex = 1,
		.rss_max_key_size = 40,
		.rss_max_indirection_table_length = cpu_to_le16(128),
		.supported_hash_types = cpu_to_le32(0x3f),
	};
	const struct vfe_mock_spec spec = {
		.features = features, .queues = 2 * pairs + 1,
	};

	return tnet_unbound(test, &spec, &config);
}

static inline struct tnet *tnet_pairs_up(struct kunit *test, u64 features,
					 u16 pairs)
{
	struct tnet *t = tnet_pairs_unbound(test, features, pairs);

	tnet_bring_up(t);
	return t;
}

/* ethtool -L combined. Return: 0 or an error */
static inline int tnet_use_pairs(struct tnet *t, unsigned int pairs)
{
	struct ethtool_channels channels = { .combined_count = pairs };
	int err;

	rtnl_lock();
	err = t->dev->ethtool_ops->set_channels(t->dev, &channels);
	rtnl_unlock();
	return err;
}

/* The test is over: no rule was broken, unbinding included. */
static inline void tnet_clean(struct tnet *t)
{
	tnet_untap(t);
	vfe_mock_unplug(t->m);
	VFE_MOCK_EXPECT_CLEAN(t->test, t->m);
}

/*
 * Waits until a reset that the device requested has ended. (A case must not
 * last longer than the kernel allows a task to sleep, 120 s.)
 */
static inline void tnet_wait_live(struct tnet *t)
{
	unsigned int i;

	msleep(200);
	for (i = 0; i < 50 && (vfe_recovery_state(&t->vn->recovery) !=
			       VFE_RUN_LIVE || !netif_carrier_ok(t->dev)); i++)
		msleep(100);
	msleep(100);
	KUNIT_EXPECT_EQ(t->test, vfe_recovery_state(&t->vn->recovery),
			VFE_RUN_LIVE);
	tnet_run_softirqs();
}

/* It is reset, and answers no command: only the first pair is in use. */
static inline void tnet_reset_silent(struct tnet *t)
{
	t->silent = true;
	vfe_mock_needs_reset(t->m);
	msleep(4000);
	tnet_wait_live(t);
	msleep(1000);
	KUNIT_EXPECT_EQ(t->test, t->dev->real_num_tx_queues, 1U);
}

static inline int tnet_set_mac(struct tnet *t, u8 last)
{
	struct sockaddr addr = { .sa_family = ARPHRD_ETHER };
	int err;

	memcpy(addr.sa_data, t->dev->dev_addr, ETH_ALEN);
	addr.sa_data[5] = last;
	rtnl_lock();
	err = dev_set_mac_address(t->dev, &addr, NULL);
	rtnl_unlock();
	return err;
}

/* --- mappings --- */

/* Skips a test of mappings that fail on a kernel where that is impossible. */
static inline void tnet_require_hide(struct kunit *test)
{
	if (!vfe_mock_can_hide())
		kunit_skip(test, "needs a build with kunit/mock/dma.h");
}

/* --- transmit --- */

/* A frame of @len bytes to a neighbour, all bytes after the header @fill */
static inline struct sk_buff *tnet_frame(struct tnet *t, unsigned int len,
					 u8 fill)
{
	struct sk_buff *skb = netdev_alloc_skb(t->dev, len);
	struct ethhdr *eth;

	KUNIT_ASSERT_NOT_NULL(t->test, skb);
	skb_reset_mac_header(skb);
	eth = skb_put(skb, len);
	memset(eth, fill, len);
	eth_broadcast_addr(eth->h_dest);
	ether_addr_copy(eth->h_source, t->dev->dev_addr);
	eth->h_proto = htons(TNET_PROTO);
	skb->protocol = htons(TNET_PROTO);
	skb_set_network_header(skb, ETH_HLEN);
	return skb;
}

static inline int tnet_send(struct tnet *t, struct sk_buff *skb)
{
	return dev_queue_xmit(skb);
}

/* Sends on the queue of the skb as the stack does, but without a qdisc. */
static inline void tnet_xmit(struct tnet *t, struct sk_buff *skb)
{
	u16 queue = skb_get_queue_mapping(skb);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, queue);

	local_bh_disable();
	HARD_TX_LOCK(t->dev, nq, smp_processor_id());
	KUNIT_EXPECT_EQ(t->test, netdev_start_xmit(skb, t->dev, nq, false),
			NETDEV_TX_OK);
	HARD_TX_UNLOCK(t->dev, nq);
	local_bh_enable();
}

/* Sends frames of 60 bytes. Return: how many the stack took */
static inline unsigned int tnet_send_many(struct tnet *t, unsigned int n)
{
	unsigned int i, sent = 0;

	for (i = 0; i < n; i++)
		sent += tnet_send(t, tnet_frame(t, ETH_ZLEN, i)) ==
			NET_XMIT_SUCCESS;
	return sent;
}

/* The device sends the next packet. Return: whether there was one, in @chain */
static inline bool tnet_take(struct tnet *t)
{
	if (vfe_mock_pop(t->tx, t->chain) != 1)
		return false;
	vfe_mock_push(t->tx, t->chain->id, 0, t->chain->descs);
	return true;
}

/* The device sends all packets, without an interrupt. Return: their number */
static inline unsigned int tnet_take_all(struct tnet *t)
{
	unsigned int n = 0;

	while (tnet_take(t))
		n++;
	return n;
}

/* The same, with an interrupt if the driver wants one. Return: if it did */
static inline bool tnet_take_and_interrupt(struct tnet *t)
{
	u16 old = t->tx->used;
	bool wanted;

	/* before the driver's timer */
	local_bh_disable();
	tnet_take_all(t);
	wanted = vfe_mock_wants_interrupt(t->tx, old);
	local_bh_enable();
	if (wanted)
		vfe_mock_interrupt(t->tx);
	tnet_run_softirqs();
	return wanted;
}

/* BQL never stops a queue. */
static inline void tnet_no_bql_limit(struct tnet *t)
{
#ifdef CONFIG_BQL
	unsigned int i;
	struct dql *dql;

	for (i = 0; i < t->vn->max_pairs; i++) {
		dql = &netdev_get_tx_queue(t->dev, i)->dql;
		dql->min_limit = DQL_MAX_LIMIT / 2;
		dql->limit = dql->min_limit;
		dql->adj_limit = dql->num_completed + dql->limit;
	}
#endif
}

/* Bytes of a queue that BQL believes to be in flight */
static inline unsigned int tnet_bql(struct tnet *t, unsigned int queue)
{
#ifdef CONFIG_BQL
	const struct dql *dql = &netdev_get_tx_queue(t->dev, queue)->dql;

	return dql->num_queued - dql->num_completed;
#else
	return 0;
#endif
}

/* The device sends all, and BQL counts nothing in flight. */
static inline void tnet_expect_no_bql(struct tnet *t)
{
	unsigned int i, n, queue;

	for (queue = 0; queue < t->vn->max_pairs; queue++) {
		t->tx = &t->m->queues[2 * queue + 1];
		for (i = 0, n = 1; i < 100 && (n || tnet_bql(t, queue)); i++) {
			n = tnet_take_all(t);
			vfe_mock_interrupt(t->tx);
			tnet_run_softirqs();
			if (!n)
				msleep(20);
		}
		KUNIT_EXPECT_EQ_MSG(t->test, tnet_bql(t, queue), 0U,
				    "queue %u", queue);
	}
	t->tx = &t->m->queues[1];
}

/* --- receive --- */

/* The device puts bytes into the next buffer, and claims @len of them. */
static inline bool tnet_fill(struct tnet *t, const void *bytes,
			     unsigned int n, u32 len)
{
	const struct vfe_mock_seg *seg;
	unsigned int i, part;

	if (vfe_mock_pop(t->rx, t->chain) != 1)
		return false;
	for (i = 0; i < t->chain->in && n; i++) {
		seg = &t->chain->segs[i];
		part = min(n, seg->len);
		memcpy(vfe_mock_mem(seg->addr), bytes, part);
		bytes += part;
		n -= part;
	}
	vfe_mock_push(t->rx, t->chain->id, len, t->chain->descs);
	return true;
}

/* Interrupts for what the device has put into the ring; NAPI runs. */
static inline void tnet_deliver(struct tnet *t)
{
	vfe_mock_interrupt(t->rx);
	tnet_run_softirqs();
}

/*
 * A frame of @len bytes arrives, with this header (or one of zeroes) and
 * num_buffers 1. Return: whether the ring had a buffer
 */
static inline bool tnet_arrive(struct tnet *t, const struct virtio_net_hdr *hdr,
			       unsigned int len, u8 fill)
{
	unsigned int hdr_len = t->vn->hdr_len;
	u8 *bytes = kunit_kzalloc(t->test, hdr_len + len, GFP_KERNEL);
	struct virtio_net_hdr_mrg_rxbuf *h = (void *)bytes;
	struct ethhdr *eth = (void *)bytes + hdr_len;
	bool ok;

	KUNIT_ASSERT_NOT_NULL(t->test, bytes);
	memset(eth, fill, len);
	if (len >= ETH_HLEN) {
		eth_broadcast_addr(eth->h_dest);
		eth_zero_addr(eth->h_source);
		eth->h_source[0] = 2;
		eth->h_proto = htons(TNET_PROTO);
	}
	if (hdr)
		h->hdr = *hdr;
	if (hdr_len >= sizeof(*h))
		h->num_buffers = (__force __virtio16)cpu_to_le16(1);
	ok = tnet_fill(t, bytes, hdr_len + len, hdr_len + len);
	kunit_kfree(t->test, bytes);
	if (ok)
		tnet_deliver(t);
	return ok;
}

/* A packet of @n buffers of @each bytes, of which the header says @say */
static inline void tnet_arrive_merged(struct tnet *t, unsigned int n,
				      unsigned int each, u16 say)
{
	const unsigned int hdr_len = sizeof(struct virtio_net_hdr_mrg_rxbuf);
	u8 *bytes = kunit_kzalloc(t->test, hdr_len + each, GFP_KERNEL);
	struct virtio_net_hdr_mrg_rxbuf *h = (void *)bytes;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(t->test, bytes);
	for (i = 0; i < n; i++) {
		memset(bytes, 0x60 + i, hdr_len + each);
		if (!i) {
			memset(bytes, 0, hdr_len + ETH_HLEN);
			h->num_buffers = (__force __virtio16)cpu_to_le16(say);
		}
		KUNIT_ASSERT_TRUE(t->test,
				  tnet_fill(t, bytes, hdr_len + each,
					    hdr_len + each));
	}
	tnet_deliver(t);
	kunit_kfree(t->test, bytes);
}

/*
 * Polls as NAPI does, but in this task, where allocations can be made to fail:
 * all from the @nth on, or the @nth alone. Return: whether one did
 */
static inline bool tnet_poll_without_memory(struct tnet *t, unsigned int nth,
					    bool all)
{
	struct napi_struct *napi = &t->vn->rxq[0].napi;
	bool idle, failed;
	int n = 0;

	/* these may sleep */
	if (all)
		fail_from(nth);
	else
		fail_nth(nth);
	local_bh_disable();
	idle = napi_schedule_prep(napi);
	if (idle) {
		vfe_queue_disable_cb(t->vn->rxq[0].vq);
		n = napi->poll(napi, NAPI_POLL_WEIGHT);
	}
	failed = fail_end();
	local_bh_enable();
	KUNIT_EXPECT_TRUE(t->test, idle);
	KUNIT_EXPECT_LT(t->test, n, NAPI_POLL_WEIGHT);
	tnet_run_softirqs();
	return failed;
}

/* Polls as netpoll does: interrupts are off, and the budget is 0. */
static inline void tnet_netpoll(struct tnet *t)
{
	struct napi_struct *napi = &t->vn->rxq[0].napi;
	unsigned long flags;

	local_irq_save(flags);
	KUNIT_EXPECT_EQ(t->test, napi->poll(napi, 0), 0);
	local_irq_restore(flags);
}

/* The next received packet; the caller frees it. NULL: none */
static inline struct sk_buff *tnet_next(struct tnet *t)
{
	return skb_dequeue(&t->got);
}

/*
 * Does a frame arrive whole? (An skb from the tap begins behind its Ethernet
 * header.)
 */
static inline void tnet_expect_receives(struct tnet *t, unsigned int len,
					u8 fill)
{
	struct kunit *test = t->test;
	struct sk_buff *skb;
	unsigned int i;
	u8 byte;

	KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, len, fill));
	skb = tnet_next(t);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, skb->len, len - ETH_HLEN);
	for (i = 0; i < skb->len; i += 97) {
		KUNIT_EXPECT_EQ(test, skb_copy_bits(skb, i, &byte, 1), 0);
		KUNIT_EXPECT_EQ(test, byte, fill);
	}
	kfree_skb(skb);
	KUNIT_EXPECT_NULL(test, tnet_next(t));
}

/* Does a frame leave whole, with one descriptor? */
static inline void tnet_expect_sends(struct tnet *t)
{
	struct kunit *test = t->test;

	KUNIT_EXPECT_EQ(test, tnet_send(t, tnet_frame(t, 100, 0x42)), 0);
	KUNIT_ASSERT_TRUE(test, tnet_take(t));
	KUNIT_EXPECT_EQ(test, t->chain->in, 0U);
}

/* The interface works in both directions. */
static inline void tnet_expect_works(struct tnet *t)
{
	tnet_expect_sends(t);
	tnet_expect_receives(t, 300, 0x55);
}

/* --- what users and devices do --- */

static inline int tnet_set_mtu(struct tnet *t, int mtu)
{
	int err;

	rtnl_lock();
	err = dev_set_mtu(t->dev, mtu);
	rtnl_unlock();
	return err;
}

/* By netlink, with a place for a message, or by ioctl without */
static inline int tnet_set_rings(struct tnet *t, u32 rx, u32 tx,
				 struct netlink_ext_ack *extack)
{
	struct ethtool_ringparam ring = { .rx_pending = rx, .tx_pending = tx };
	struct kernel_ethtool_ringparam kernel = {};
	int err;

	rtnl_lock();
	err = t->dev->ethtool_ops->set_ringparam(t->dev, &ring, &kernel,
						 extack);
	rtnl_unlock();
	tnet_run_softirqs();
	return err;
}

/* ethtool -K */
static inline void tnet_switch_feature(struct tnet *t,
				       netdev_features_t feature, bool on)
{
	rtnl_lock();
	if (on)
		t->dev->wanted_features |= feature;
	else
		t->dev->wanted_features &= ~feature;
	netdev_update_features(t->dev);
	rtnl_unlock();
}

/* ethtool -K rx-gro-hw */
static inline void tnet_switch_gro(struct tnet *t, bool on)
{
	tnet_switch_feature(t, NETIF_F_GRO_HW, on);
}

/* A packet arrives, with a report of its hash. */
static inline void tnet_arrive_hashed(struct tnet *t, u16 report, u32 hash)
{
	u8 bytes[200] = { [VFE_NET_HDR_LEN_HASH ... 199] = 1 };
	struct vfe_net_hdr *hdr = (void *)bytes;

	hdr->num_buffers = cpu_to_le16(1);
	hdr->hash_report = cpu_to_le16(report);
	hdr->hash_value_lo = cpu_to_le16(hash);
	hdr->hash_value_hi = cpu_to_le16(hash >> 16);
	KUNIT_ASSERT_TRUE(t->test, tnet_fill(t, bytes, sizeof(bytes),
					     sizeof(bytes)));
	tnet_deliver(t);
}

#endif /* VFE_KUNIT_NET_FIXTURE_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Two things at the same time: values that change without rtnl while a user
 * reads them under rtnl, settings that the device cannot get, a ring that two
 * CPUs poll.
 */
#include <linux/ethtool.h>
#include <linux/pm.h>

#include "lib/net_fixture.h"
#include "../../drivers/net/device_stats.h"

#define STATS \
	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_DEVICE_STATS))
#define RSS \
	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_RSS))
#define ANNOUNCE \
	(TNET_FEATURES | BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_GUEST_ANNOUNCE))
#define RESET \
	(TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | BIT_ULL(VIRTIO_NET_F_MQ))
#define PAIRS	3
#define TABLE	32U	/* entries */

static const struct vfe_net_config config = {
	.mac = { 2, 0, 0, 0, 0, 1 },
	.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP),
	.max_virtqueue_pairs = cpu_to_le16(PAIRS),
	.rss_max_key_size = 40,
	.rss_max_indirection_table_length = cpu_to_le16(TABLE),
	.supported_hash_types = cpu_to_le32(0x3f),
};

static struct tnet *overlap_unbound(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = {
		.features = features, .queues = 2 * PAIRS + 1,
	};

	return tnet_unbound(test, &spec, &config);
}

/* --- ethtool -S: the core asks for the number, then allocates, then reads --- */

/* Reads statistics into memory for @n of them; KASAN looks. */
static void read_statistics(struct tnet *t, int n)
{
	struct ethtool_stats stats = { .n_stats = n };
	u64 *values = kunit_kcalloc(t->test, n, sizeof(*values), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(t->test, values);
	t->dev->ethtool_ops->get_ethtool_stats(t->dev, &stats, values);
}

static void reply_types(const struct tnet_command *c,
			const struct vfe_mock_seg *seg)
{
	if (c->cmd == VIRTIO_NET_CTRL_STATS_QUERY)
		put_unaligned_le64(VFE_NET_STATS_ALL,
				   vfe_mock_mem(seg->addr));
}

/* The answer to the query is late: it comes while a user reads. */
static void statistics_that_appear(struct kunit *test)
{
	struct tnet *t = overlap_unbound(test, STATS);
	int n, later;

	t->reply = reply_types;
	t->silent = true;
	tnet_bring_up(t);
	rtnl_lock();
	n = t->dev->ethtool_ops->get_sset_count(t->dev, ETH_SS_STATS);
	t->silent = false;
	tnet_answer(t);
	msleep(20000);
	read_statistics(t, n);
	later = t->dev->ethtool_ops->get_sset_count(t->dev, ETH_SS_STATS);
	rtnl_unlock();
	KUNIT_EXPECT_GT(test, later, n);
	tnet_clean(t);
}

/*
 * A silent device has enabled only one pair. It answers again, and a reset
 * enables the others while a user reads.
 */
static void pairs_that_appear(struct kunit *test)
{
	struct tnet *t = overlap_unbound(test, STATS);
	int n;

	t->reply = reply_types;
	tnet_bring_up(t);
	KUNIT_EXPECT_EQ(t->test, tnet_use_pairs(t, PAIRS), 0);
	t->silent = true;
	vfe_mock_needs_reset(t->m);
	msleep(4000);
	tnet_wait_live(t);
	msleep(1000);
	rtnl_lock();
	n = t->dev->ethtool_ops->get_sset_count(t->dev, ETH_SS_STATS);
	t->silent = false;
	vfe_mock_needs_reset(t->m);
	tnet_wait_live(t);
	read_statistics(t, n);
	rtnl_unlock();
	tnet_clean(t);
}

/* --- receive steering --- */

static int set_table(struct tnet *t, const u32 *indir)
{
	struct ethtool_rxfh_param rxfh = {
		.hfunc = ETH_RSS_HASH_NO_CHANGE, .indir = (u32 *)indir,
	};
	struct netlink_ext_ack extack = {};
	int err;

	rtnl_lock();
	err = t->dev->ethtool_ops->set_rxfh(t->dev, &rxfh, &extack);
	/* as the core does */
	if (!err)
		t->dev->priv_flags |= IFF_RXFH_CONFIGURED;
	rtnl_unlock();
	return err;
}

/* Entry @i of the table that the device got last, or -1 */
static int sent_entry(struct tnet *t, unsigned int i)
{
	const struct tnet_command *c =
		tnet_last_command(t, VIRTIO_NET_CTRL_MQ,
				  VIRTIO_NET_CTRL_MQ_RSS_CONFIG);

	return c ? get_unaligned_le16(c->data + sizeof(struct vfe_net_rss_head) +
				      2 * i) : -1;
}

/* The user's table is for pairs that the device does not enable for a while. */
static void a_table_survives_a_silence(struct kunit *test)
{
	struct tnet *t = overlap_unbound(test, RSS);
	u32 indir[TABLE], now[TABLE];
	struct ethtool_rxfh_param rxfh = { .indir = now };
	unsigned int i;

	tnet_bring_up(t);
	KUNIT_EXPECT_EQ(t->test, tnet_use_pairs(t, PAIRS), 0);
	for (i = 0; i < TABLE; i++)
		indir[i] = i & 1 ? 2 : 1;
	KUNIT_EXPECT_EQ(test, set_table(t, indir), 0);
	t->silent = true;
	vfe_mock_needs_reset(t->m);
	msleep(4000);
	tnet_wait_live(t);
	t->silent = false;
	tnet_answer(t);
	msleep(30000);
	KUNIT_EXPECT_EQ(test, t->dev->real_num_tx_queues, (u32)PAIRS);
	t->dev->ethtool_ops->get_rxfh(t->dev, &rxfh);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)now, (u8 *)indir, sizeof(now));
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, sent_entry(t, i), (int)indir[i]);
	tnet_clean(t);
}

/* More pairs while the device is suspended: packets reach all of them. */
static void pairs_while_it_sleeps(struct kunit *test)
{
	struct tnet *t = overlap_unbound(test, RSS);
	struct device *dev = &t->m->pdev->dev;
	unsigned int i;

	tnet_bring_up(t);
	KUNIT_EXPECT_EQ(t->test, tnet_use_pairs(t, 1), 0);
	KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
	KUNIT_EXPECT_EQ(t->test, tnet_use_pairs(t, PAIRS), 0);
	KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
	tnet_wait_live(t);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, sent_entry(t, i), (int)(i % PAIRS));
	tnet_clean(t);
}

/* --- announcements --- */

static unsigned int announced, announced_late;

static int count_announcements(struct notifier_block *nb, unsigned long event,
			       void *data)
{
	const struct net_device *dev = netdev_notifier_info_to_dev(data);

	if (event != NETDEV_NOTIFY_PEERS)
		return NOTIFY_DONE;
	announced++;
	announced_late += dev->reg_state != NETREG_REGISTERED;
	return NOTIFY_DONE;
}

static struct device *unbound;

static void unbind(struct work_struct *work)
{
	device_release_driver(unbound);
}

static DECLARE_WORK(unbind_work, unbind);

static void ask_for_an_announcement(struct tnet *t)
{
	struct vfe_net_config *c = (void *)t->m->config;

	c->status |= cpu_to_le16(VIRTIO_NET_S_ANNOUNCE);
	vfe_mock_config_interrupt(t->m);
	msleep(100);
}

/* The netdev goes while the announcement waits for rtnl. */
static void an_announcement_of_a_netdev_that_goes(struct kunit *test)
{
	struct notifier_block nb = { .notifier_call = count_announcements };
	struct tnet *t = overlap_unbound(test, ANNOUNCE);

	tnet_bring_up(t);
	announced = 0;
	announced_late = 0;
	KUNIT_ASSERT_EQ(test, register_netdevice_notifier(&nb), 0);
	ask_for_an_announcement(t);
	KUNIT_EXPECT_EQ(test, announced, 1U);
	tnet_untap(t);
	unbound = &t->m->pdev->dev;
	rtnl_lock();
	schedule_work(&unbind_work);
	msleep(100);
	ask_for_an_announcement(t);
	rtnl_unlock();
	flush_work(&unbind_work);
	unregister_netdevice_notifier(&nb);
	KUNIT_EXPECT_EQ(test, announced_late, 0U);
	tnet_clean(t);
}

/* --- NAPI --- */

static const struct vfe_ring_ops *real_ops;
static struct vfe_ring_ops watched_ops;
static struct napi_struct *watched_napi;
static unsigned int watched, not_owned;

static bool watched_enable_cb(struct vfe_queue *q)
{
	watched++;
	not_owned += !test_bit(NAPI_STATE_SCHED, &watched_napi->state);
	return real_ops->enable_cb(q);
}

/*
 * A busy poll or a wakeup on another CPU can poll the queue as soon as NAPI is
 * complete: the code that enables the interrupt must own NAPI.
 */
static void interrupts_are_enabled_by_their_owner(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct vfe_net_rxq *rxq = &t->vn->rxq[0];
	unsigned int i;

	real_ops = rxq->vq->ops;
	watched_ops = *real_ops;
	watched_ops.enable_cb = watched_enable_cb;
	watched_napi = &rxq->napi;
	watched = 0;
	not_owned = 0;
	rxq->vq->ops = &watched_ops;
	for (i = 0; i < 5; i++)
		tnet_expect_receives(t, 300, i);
	rxq->vq->ops = real_ops;
	KUNIT_EXPECT_EQ(test, watched, 5U);
	KUNIT_EXPECT_EQ(test, not_owned, 0U);
	tnet_clean(t);
}

static unsigned int off_at_first;	/* disabled before any packet was taken */

static void watched_disable_cb(struct vfe_queue *q)
{
	struct vfe_net_rxq *rxq = vfe_queue_priv(q);

	off_at_first += !rxq->packets && vfe_queue_pending(q);
	real_ops->disable_cb(q);
}

/*
 * A busy poll, or the interrupt of the transmit queue, began the poll: the
 * device must not interrupt for each packet that comes meanwhile.
 */
static void a_poll_without_a_receive_interrupt(struct kunit *test)
{
	struct tnet *t = tnet_up(test, NULL, NULL);
	struct vfe_net_rxq *rxq = &t->vn->rxq[0];
	u8 bytes[400] = {};

	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	real_ops = rxq->vq->ops;
	watched_ops = *real_ops;
	watched_ops.disable_cb = watched_disable_cb;
	off_at_first = 0;
	rxq->vq->ops = &watched_ops;
	KUNIT_ASSERT_TRUE(test, tnet_fill(t, bytes, 400, 400));
	local_bh_disable();
	napi_schedule(&rxq->napi);
	local_bh_enable();
	rxq->vq->ops = real_ops;
	KUNIT_EXPECT_EQ(test, off_at_first, 1U);
	KUNIT_EXPECT_EQ(test, skb_queue_len(&t->got), 1U);
	skb_queue_purge(&t->got);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- a restart --- */

static struct vfe_net *restarted;
static unsigned int sizes_read, usable;

/* The device's size of a queue is read before the driver makes its ring. */
static bool look_at_queues(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_QUEUE_SIZE)
		usable += !vfe_queue_broken(vfe_get_queue(restarted->vd,
							  sizes_read++));
	return tnet_access(m, a);
}

/* A timer may find a queue without a ring: it must not look into it. */
static void queues_are_broken_until_they_have_rings(struct kunit *test)
{
	struct tnet *t = overlap_unbound(test, STATS);

	t->reply = reply_types;
	tnet_bring_up(t);
	restarted = t->vn;
	sizes_read = 0;
	usable = 0;
	t->m->knobs.access = look_at_queues;
	vfe_mock_needs_reset(t->m);
	tnet_wait_live(t);
	t->m->knobs.access = tnet_access;
	KUNIT_EXPECT_EQ(test, sizes_read, 2U * PAIRS + 1);
	KUNIT_EXPECT_EQ(test, usable, 0U);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- a queue's reset --- */

static void set_link(struct tnet *t, bool up)
{
	struct vfe_net_config *c = (void *)t->m->config;

	c->status = cpu_to_le16(up ? VIRTIO_NET_S_LINK_UP : 0);
	vfe_mock_config_interrupt(t->m);
	msleep(20);
}

/*
 * The link changes while a queue is being reset, or the device only says so:
 * the carrier is what the device says.
 */
static void the_link_changes_while_a_queue_is_reset(struct kunit *test)
{
	struct tnet *t = overlap_unbound(test, RESET);
	unsigned int i;

	tnet_bring_up(t);
	for (i = 0; i < 4; i++) {
		t->m->knobs.queue_reset_reads = 500;
		vfe_queue_stuck(t->vn->txq[0].vq);
		msleep(20);
		KUNIT_EXPECT_EQ(test, vfe_recovery_state(&t->vn->recovery),
				VFE_RUN_RECOVERING);
		set_link(t, i != 1);
		t->m->knobs.queue_reset_reads = 0;
		msleep(3000);
		KUNIT_EXPECT_EQ(test, vfe_recovery_state(&t->vn->recovery),
				VFE_RUN_LIVE);
		KUNIT_EXPECT_EQ_MSG(test, netif_carrier_ok(t->dev), i != 1,
				    "change %u", i);
		set_link(t, true);
		vfe_recovery_completes(&t->vn->recovery);
	}
	tnet_expect_works(t);
	tnet_clean(t);
}

/* The link goes up, once the driver has read that it is down. */
static bool link_goes_up(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct tnet *t = m->knobs.priv;

	if (a->reg != VFE_REG_DEVICE_CONFIG ||
	    a->offset != offsetof(struct vfe_net_config, speed))
		return tnet_access(m, a);
	m->knobs.access = tnet_access;
	set_link(t, true);
	return false;
}

/* Two tasks read the configuration: the later answer counts. */
static void the_link_changes_while_it_is_read(struct kunit *test)
{
	struct tnet *t = overlap_unbound(test, RESET |
					 BIT_ULL(VIRTIO_NET_F_SPEED_DUPLEX));

	tnet_bring_up(t);
	set_link(t, false);
	KUNIT_EXPECT_FALSE(test, netif_carrier_ok(t->dev));
	t->m->knobs.access = link_goes_up;
	vfe_config_reread(t->vn->vd);
	KUNIT_EXPECT_TRUE(test, t->m->knobs.access == tnet_access);
	msleep(100);
	KUNIT_EXPECT_TRUE(test, netif_carrier_ok(t->dev));
	tnet_expect_works(t);
	tnet_clean(t);
}

/* --- queues that are no longer used --- */

static unsigned int freed;

static void count_freed(struct sk_buff *skb)
{
	freed++;
}

static void send_on(struct tnet *t, unsigned int queue)
{
	struct sk_buff *skb = tnet_frame(t, 100, queue);

	skb->destructor = count_freed;
	skb_set_queue_mapping(skb, queue);
	tnet_xmit(t, skb);
}

/*
 * A sender chose the queue before: its packet is dropped, because the watchdog
 * must not find the queue stopped, which nobody would end.
 */
static void send_too_late(struct tnet *t, unsigned int queue)
{
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, queue);
	struct vfe_net_tx_stats *stats = &t->vn->txq[queue].stats;
	u64 before = u64_stats_read(&stats->drops);
	struct sk_buff *skb = tnet_frame(t, 100, queue);

	skb_set_queue_mapping(skb, queue);
	tnet_xmit(t, skb);
	KUNIT_EXPECT_FALSE(t->test, netif_xmit_stopped(nq));
	KUNIT_EXPECT_EQ(t->test, (u64)u64_stats_read(&stats->drops),
			before + 1);
}

/*
 * The device need not send what is in the rings of queues that it disables: a
 * socket, or a namespace, would wait for these packets for ever.
 */
static void packets_of_queues_that_are_disabled(struct kunit *test)
{
	struct tnet *t = overlap_unbound(test, RESET);
	unsigned int i, resets;

	tnet_bring_up(t);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, PAIRS), 0);
	freed = 0;
	for (i = 0; i < PAIRS; i++)
		send_on(t, i);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 1), 0);
	KUNIT_EXPECT_EQ(test, freed, (unsigned int)PAIRS - 1);
	/* the queue that is used keeps its packet */
	KUNIT_EXPECT_EQ(test, vfe_net_tx_pending(&t->vn->txq[0]), 1U);
	resets = t->m->queues[3].resets;
	KUNIT_EXPECT_EQ(test, resets, 1U);
	send_too_late(t, PAIRS - 1);
	KUNIT_EXPECT_TRUE(test, tnet_take_and_interrupt(t));
	KUNIT_EXPECT_EQ(test, freed, (unsigned int)PAIRS);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, PAIRS), 0);
	for (i = 0; i < PAIRS; i++) {
		send_on(t, i);
		t->tx = &t->m->queues[2 * i + 1];
		KUNIT_EXPECT_TRUE(test, tnet_take_and_interrupt(t));
	}
	t->tx = &t->m->queues[1];
	/* without such packets, no queue is reset */
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 1), 0);
	KUNIT_EXPECT_EQ(test, t->m->queues[3].resets, resets);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Their queue cannot be reset: a reset of the device frees the packets. */
static void a_disabled_queue_that_resists(struct kunit *test)
{
	struct tnet *t = overlap_unbound(test, RESET);
	unsigned int i;

	tnet_bring_up(t);
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, PAIRS), 0);
	freed = 0;
	for (i = 0; i < PAIRS; i++)
		send_on(t, i);
	t->m->knobs.queue_reset_reads = UINT_MAX;
	KUNIT_EXPECT_EQ(test, tnet_use_pairs(t, 1), 0);
	t->m->knobs.queue_reset_reads = 0;
	msleep(3000);
	KUNIT_EXPECT_EQ(test, vfe_recovery_state(&t->vn->recovery),
			VFE_RUN_LIVE);
	KUNIT_EXPECT_EQ(test, freed, (unsigned int)PAIRS);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* The same while the device is reset: no carrier before it works again. */
static void the_link_changes_while_the_device_is_reset(struct kunit *test)
{
	struct tnet *t = overlap_unbound(test, RESET);
	unsigned int i, n;

	tnet_bring_up(t);
	t->m->knobs.reset_ms = 1000;
	for (i = 0; i < 4; i++) {
		vfe_recovery_force(&t->vn->recovery);
		/* it may begin after a pause */
		for (n = 0; n < 1000 && netif_carrier_ok(t->dev); n++)
			msleep(20);
		KUNIT_EXPECT_EQ(test, vfe_recovery_state(&t->vn->recovery),
				VFE_RUN_RECOVERING);
		set_link(t, i != 1);
		t->vn->vd->ops->config_changed(t->vn->vd);
		KUNIT_EXPECT_FALSE_MSG(test, netif_carrier_ok(t->dev),
				       "change %u", i);
		msleep(5000);
		KUNIT_EXPECT_EQ(test, vfe_recovery_state(&t->vn->recovery),
				VFE_RUN_LIVE);
		KUNIT_EXPECT_EQ_MSG(test, netif_carrier_ok(t->dev), i != 1,
				    "change %u", i);
		set_link(t, true);
	}
	tnet_expect_works(t);
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(statistics_that_appear),
	KUNIT_CASE(pairs_that_appear),
	KUNIT_CASE(a_table_survives_a_silence),
	KUNIT_CASE(pairs_while_it_sleeps),
	KUNIT_CASE(an_announcement_of_a_netdev_that_goes),
	KUNIT_CASE(the_link_changes_while_it_is_read),
	KUNIT_CASE(interrupts_are_enabled_by_their_owner),
	KUNIT_CASE(a_poll_without_a_receive_interrupt),
	KUNIT_CASE(queues_are_broken_until_they_have_rings),
	KUNIT_CASE(the_link_changes_while_a_queue_is_reset),
	KUNIT_CASE(the_link_changes_while_the_device_is_reset),
	KUNIT_CASE(packets_of_queues_that_are_disabled),
	KUNIT_CASE(a_disabled_queue_that_resists),
	{}
};

VFE_SUITE(cases);

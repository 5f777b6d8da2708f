// SPDX-License-Identifier: GPL-2.0
/*
 * AF_XDP with zero copy: packets both ways, an empty fill ring and a full
 * transmit ring, resets, programs that decide otherwise, sockets that are
 * refused.
 */
#include "lib/net_xsk.h"

static void packets_of_a_socket(struct kunit *test)
{
	static const u64 layouts[] = {
		PLAIN, MERGE, MERGE | BIT_ULL(VIRTIO_F_RING_PACKED),
		PLAIN & ~BIT_ULL(VIRTIO_F_RING_RESET),
		MERGE | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
	};
	struct sock_rings *s;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		kunit_info(test, "features %#llx", layouts[i]);
		s = sock_up(test, layouts[i],
			    layouts[i] & BIT_ULL(VIRTIO_F_ACCESS_PLATFORM));
		use_old_buffers(s);
		expect_traffic(s);
		sock_down(s);
	}
	forget_user();
}

/* Nobody fills the ring for long; then somebody does, without a call. */
static void a_fill_ring_that_is_empty(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	unsigned int i;

	use_old_buffers(s);
	for (i = 0; i < 200 && tnet_arrive(s->t, NULL, 100, i); i++)
		received(s, false);
	KUNIT_EXPECT_LT(test, i, 200U);
	msleep(3000);
	fill(s, 0, 30);
	msleep(3000);
	tnet_run_softirqs();
	KUNIT_EXPECT_TRUE(test, tnet_arrive(s->t, NULL, 100, i));
	KUNIT_EXPECT_EQ(test, received(s, true), 1U);
	sock_down(s);
	forget_user();
}

static void resets_with_a_socket(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	struct device *dev = &s->t->m->pdev->dev;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		send(s, 10, 200);
		wake(s, XDP_WAKEUP_TX);
		tnet_arrive(s->t, NULL, 300, i);
		if (i % 2) {
			KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
			KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
		} else {
			vfe_mock_needs_reset(s->t->m);
		}
		tnet_wait_live(s->t);
		tnet_take_all(s->t);
		vfe_mock_interrupt(s->t->tx);
		tnet_run_softirqs();
		msleep(200);
		/* the user gets all descriptors back, sent or not */
		KUNIT_EXPECT_EQ(test, completed(s), 10U);
		received(s, true);
		wake(s, XDP_WAKEUP_RX);
		KUNIT_EXPECT_TRUE(test, tnet_arrive(s->t, NULL, 300, i));
		KUNIT_EXPECT_EQ(test, received(s, true), 1U);
	}
	tnet_close(s->t);
	KUNIT_EXPECT_EQ(test, wake(s, XDP_WAKEUP_TX), -ENETDOWN);
	KUNIT_EXPECT_EQ(test, tnet_open(s->t), 0);
	/* packets are in flight when the socket goes */
	send(s, 10, 200);
	wake(s, XDP_WAKEUP_TX);
	sock_down(s);
	forget_user();
}

/* No program: the stack gets copies. */
static void a_socket_without_a_program(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	unsigned int i;

	use_old_buffers(s);
	set_prog(s, NULL);
	for (i = 0; i < 10; i++)
		tnet_expect_receives(s->t, 300 + i, i);
	set_prog(s, s->prog);
	sock_down(s);
	forget_user();
}

static void lengths_that_lie(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 11, 12, 25, 4096, U32_MAX };
	struct sock_rings *s = sock_up(test, MERGE, false);
	u8 bytes[64] = {};
	unsigned int i;

	use_old_buffers(s);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		if (!tnet_fill(s->t, bytes, sizeof(bytes), lens[i]))
			break;
		tnet_deliver(s->t);
		msleep(20);
	}
	tnet_wait_live(s->t);
	received(s, true);
	skb_queue_purge(&s->t->got);
	sock_down(s);
	forget_user();
}

/* --- decisions other than the socket --- */

static void packets_that_the_socket_does_not_get(struct kunit *test)
{
	static const u32 drops[] = { XDP_DROP, XDP_ABORTED, 17 };
	struct sock_rings *s = sock_up(test, MERGE, false);
	const struct vfe_net_rxq *rxq = &s->t->vn->rxq[0];
	struct sk_buff *skb;
	unsigned int i;
	u64 before;

	use_old_buffers(s);
	target = NULL;
	for (i = 0; i < 30; i++) {
		before = u64_stats_read(&rxq->stats.xdp_drops);
		verdict = drops[i % ARRAY_SIZE(drops)];
		KUNIT_ASSERT_TRUE(test, tnet_arrive(s->t, NULL, 300, i));
		KUNIT_EXPECT_EQ(test, u64_stats_read(&rxq->stats.xdp_drops),
				before + 1);
		/* a copy for the stack has the program's bytes, too */
		verdict = XDP_PASS;
		meta = i % 3 * 4;
		KUNIT_ASSERT_TRUE(test, tnet_arrive(s->t, NULL, 300, i));
		skb = tnet_next(s->t);
		KUNIT_ASSERT_NOT_NULL(test, skb);
		KUNIT_EXPECT_EQ(test, skb->len, 300U - ETH_HLEN);
		KUNIT_EXPECT_EQ(test, skb_metadata_len(skb), meta);
		kfree_skb(skb);
		meta = 0;
		fill(s, i, 2);
		wake(s, XDP_WAKEUP_RX);
	}
	sock_down(s);
	forget_user();
}

/* Several buffers: each packet is copied, and the socket's buffers come back. */
static void packets_of_several_buffers(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	unsigned int i, n;

	use_old_buffers(s);
	for (i = 0; i < 20; i++) {
		target = i % 2 ? xs_of(s) : NULL;
		tnet_arrive_merged(s->t, 2, 1000, 2);
		skb_queue_purge(&s->t->got);
		received(s, true);
		for (n = 0; n < 2; n++)
			fill(s, 2 * i + n, 1);
		wake(s, XDP_WAKEUP_RX);
	}
	/* without a program */
	set_prog(s, NULL);
	for (i = 0; i < 10; i++) {
		tnet_arrive_merged(s->t, 2, 1000, 2);
		KUNIT_EXPECT_EQ(test, skb_queue_len(&s->t->got), 1U);
		skb_queue_purge(&s->t->got);
		for (n = 0; n < 2; n++)
			fill(s, 2 * i + n, 1);
		wake(s, XDP_WAKEUP_RX);
	}
	set_prog(s, s->prog);
	sock_down(s);
	forget_user();
}

/* --- rings --- */

/* The stack's packets fill the ring: the socket waits, and then goes on. */
static void a_ring_that_is_full(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	struct netdev_queue *nq = netdev_get_tx_queue(s->t->dev, 0);
	unsigned int i, n;

	use_old_buffers(s);
	tnet_no_bql_limit(s->t);
	for (i = 0; i < 5; i++) {
		while (!netif_xmit_stopped(nq))
			tnet_xmit(s->t, tnet_frame(s->t, 100, i));
		send(s, 20, 200);
		wake(s, XDP_WAKEUP_TX);
		for (n = 0; n < 20 && completed(s) < 20; n++) {
			tnet_take_all(s->t);
			vfe_mock_interrupt(s->t->tx);
			tnet_run_softirqs();
			wake(s, XDP_WAKEUP_TX);
		}
		KUNIT_EXPECT_LT(test, n, 20U);
		tnet_expect_no_bql(s->t);
	}
	sock_down(s);
	forget_user();
}

/* The device uses nothing: only the watchdog can tell. */
static void a_ring_that_is_stuck(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	unsigned int i;

	send(s, 10, 200);
	wake(s, XDP_WAKEUP_TX);
	for (i = 0; i < 70 && !s->t->tx->resets; i++)
		msleep(1000);
	KUNIT_EXPECT_EQ(test, s->t->tx->resets, 1U);
	msleep(1000);
	/* the user gets all descriptors back, sent or not */
	KUNIT_EXPECT_EQ(test, completed(s), 10U);
	send(s, 10, 200);
	wake(s, XDP_WAKEUP_TX);
	KUNIT_EXPECT_EQ(test, tnet_take_all(s->t), 10U);
	vfe_mock_interrupt(s->t->tx);
	tnet_run_softirqs();
	msleep(200);
	KUNIT_EXPECT_EQ(test, completed(s), 10U);
	KUNIT_EXPECT_EQ(test, s->t->tx->resets, 1U);
	sock_down(s);
	forget_user();
}

/* A poll has a budget; the rest goes out without another call. */
static void more_packets_than_a_poll_sends(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE, .queue_size = 256 };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct sock_rings *s = make_sock(t, CHUNK);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, bind_to(s, XDP_USE_NEED_WAKEUP, 0), 0);
	for (i = 0; i < 5; i++) {
		send(s, RING, 100);
		wake(s, XDP_WAKEUP_TX);
		KUNIT_EXPECT_EQ(test, tnet_take_all(t), RING);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
		KUNIT_EXPECT_EQ(test, completed(s), RING);
	}
	kunit_release_action(test, release, s);
	tnet_wait_live(t);
	tnet_expect_works(t);
	tnet_clean(t);
	forget_user();
}

/* The stack takes a socket's packets back: the socket's next ones go out. */
static void packets_that_the_stack_takes_back(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE, .queue_size = 128 };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct sock_rings *s = make_sock(t, CHUNK);
	unsigned int i, n;

	tnet_no_bql_limit(t);
	KUNIT_ASSERT_EQ(test, bind_to(s, XDP_USE_NEED_WAKEUP, 0), 0);
	for (i = 0; i < 3; i++) {
		send(s, RING, 100);
		wake(s, XDP_WAKEUP_TX);
		n = tnet_take_all(t);
		KUNIT_EXPECT_LT(test, n, RING);
		tnet_xmit(t, tnet_frame(t, 100, i));
		KUNIT_EXPECT_EQ(test, completed(s), n);
		tnet_take_all(t);
		msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
		n += tnet_take_all(t);
		KUNIT_EXPECT_EQ(test, n, RING);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
		KUNIT_EXPECT_GT(test, completed(s), 0U);
	}
	kunit_release_action(test, release, s);
	tnet_wait_live(t);
	tnet_expect_works(t);
	tnet_clean(t);
	forget_user();
}

static void sockets_that_are_refused(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = PLAIN };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct sock_rings *first = make_sock(t, CHUNK);
	struct sock_rings *small = make_sock(t, 2048);
	const struct net_device_ops *ops = t->dev->netdev_ops;
	struct netdev_bpf bpf = { .command = XDP_SETUP_XSK_POOL };

	KUNIT_EXPECT_NE(test, bind_to(first, 0, 1), 0);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mtu(t->dev, 3000), 0);
	rtnl_unlock();
	/* a frame does not fit into a chunk */
	KUNIT_EXPECT_NE(test, bind_to(small, 0, 0), 0);
	/* some kernels leave that to the driver */
	KUNIT_EXPECT_EQ(test, bind_to(small, XDP_COPY, 0), 0);
	bpf.xsk.pool = xs_of(small)->pool;
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, ops->ndo_bpf(t->dev, &bpf), -EINVAL);
	bpf.xsk.queue_id = 1;
	KUNIT_EXPECT_EQ(test, ops->ndo_bpf(t->dev, &bpf), -EINVAL);
	/* there is none to take back */
	bpf.xsk.pool = NULL;
	KUNIT_EXPECT_EQ(test, ops->ndo_bpf(t->dev, &bpf), -EINVAL);
	bpf.xsk.queue_id = 0;
	KUNIT_EXPECT_EQ(test, ops->ndo_bpf(t->dev, &bpf), -EINVAL);
	rtnl_unlock();
	kunit_release_action(test, release, small);
	msleep(500);
	KUNIT_EXPECT_EQ(test, wake(first, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, bind_to(first, 0, 0), 0);
	/* nor one of a larger MTU */
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mtu(t->dev, 9000), -EINVAL);
	rtnl_unlock();
	tnet_expect_works(t);
	kunit_release_action(test, release, first);
	tnet_wait_live(t);
	tnet_expect_works(t);
	tnet_clean(t);
	forget_user();
}

static void an_mtu_without_room_in_a_chunk(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, PLAIN, false);
	struct net_device *dev = s->t->dev;

	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mtu(dev, 3000), 0);
	/* 4096, less the headroom of XDP */
	KUNIT_EXPECT_EQ(test, dev_set_mtu(dev, 3840), -EINVAL);
	KUNIT_EXPECT_EQ(test, dev->mtu, 3000U);
	KUNIT_EXPECT_EQ(test, dev_set_mtu(dev, 1500), 0);
	rtnl_unlock();
	sock_down(s);
	forget_user();
}

static struct kunit_case cases[] = {
	KUNIT_CASE(packets_of_a_socket),
	KUNIT_CASE(a_fill_ring_that_is_empty),
	KUNIT_CASE(resets_with_a_socket),
	KUNIT_CASE(a_socket_without_a_program),
	KUNIT_CASE(lengths_that_lie),
	KUNIT_CASE(packets_that_the_socket_does_not_get),
	KUNIT_CASE(packets_of_several_buffers),
	KUNIT_CASE(a_ring_that_is_full),
	KUNIT_CASE(a_ring_that_is_stuck),
	KUNIT_CASE(more_packets_than_a_poll_sends),
	KUNIT_CASE(packets_that_the_stack_takes_back),
	KUNIT_CASE(sockets_that_are_refused),
	KUNIT_CASE(an_mtu_without_room_in_a_chunk),
	{}
};

VFE_SUITE(cases);

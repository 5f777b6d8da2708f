// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts for transmitted packets: the driver requests one if the owner of a
 * packet waits for it, and the request survives all that happens meanwhile. The
 * driver frees other packets within the bound. How often it repeats a request
 * is not tested.
 */
#include <linux/ethtool.h>
#include <linux/in.h>
#include <linux/net.h>
#include <linux/pm.h>
#include <net/sock.h>
#include <net/tcp.h>

#include "lib/net_fixture.h"

#define RESIZE	(TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET))
#define NO_EVENT_IDX \
	(RESIZE & ~BIT_ULL(VIRTIO_RING_F_EVENT_IDX))

static const u64 layouts[] = {
	RESIZE, NO_EVENT_IDX, RESIZE | BIT_ULL(VIRTIO_F_RING_PACKED),
	NO_EVENT_IDX | BIT_ULL(VIRTIO_F_RING_PACKED),
	RESIZE | BIT_ULL(VIRTIO_F_IN_ORDER),
	RESIZE | BIT_ULL(VIRTIO_F_RING_PACKED) | BIT_ULL(VIRTIO_F_IN_ORDER),
};

static unsigned int freed;	/* packets, by a_destructor() */

static void a_destructor(struct sk_buff *skb)
{
	freed++;
}

static unsigned int pending(struct tnet *t)
{
	return vfe_net_tx_pending(&t->vn->txq[0]);
}

static struct tnet *irq_up(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .features = features, .queue_size = 256 };
	struct tnet *t = tnet_up(test, &spec, NULL);

	/* the stack does not wait */
	tnet_no_bql_limit(t);
	freed = 0;
	return t;
}

static struct sk_buff *awaited_frame(struct tnet *t)
{
	struct sk_buff *skb = tnet_frame(t, 100, 1);

	skb->destructor = a_destructor;
	return skb;
}

/* The device sends one packet. Return: whether the driver wants an interrupt */
static bool take_one(struct tnet *t)
{
	u16 old = t->tx->used;

	KUNIT_EXPECT_TRUE(t->test, tnet_take(t));
	return vfe_mock_wants_interrupt(t->tx, old);
}

/* --- owners of packets that wait, and those that do not --- */

static struct sock *make_sock(struct kunit *test, int type, int protocol,
			      struct socket **sock)
{
	KUNIT_ASSERT_EQ(test, sock_create_kern(&init_net, AF_INET, type,
					       protocol, sock), 0);
	return (*sock)->sk;
}

static void nobody(struct sk_buff *skb, struct sock *sk)
{
}

static void somebody_unknown(struct sk_buff *skb, struct sock *sk)
{
	skb->destructor = a_destructor;
}

static void zerocopy_done(struct sk_buff *skb, struct ubuf_info *uarg,
			  bool whole)
{
}

/* As a packet that zerocopy_done() reports to its user */
static void msg_zerocopy(struct sk_buff *skb, struct sock *sk)
{
	static const struct ubuf_info_ops ops = { .complete = zerocopy_done };
	static struct ubuf_info uarg = {
		.ops = &ops, .flags = SKBFL_ZEROCOPY_FRAG,
	};

	skb_zcopy_init(skb, &uarg);
}

static void owner_with_room(struct sk_buff *skb, struct sock *sk)
{
	skb_set_owner_w(skb, sk);
}

/* More than half of its send buffer is in flight. */
static void owner_without_room(struct sk_buff *skb, struct sock *sk)
{
	WRITE_ONCE(sk->sk_sndbuf, skb->truesize);
	skb_set_owner_w(skb, sk);
}

/* Neither a datagram's nor TCP's */
static void owner_of_another_kind(struct sk_buff *skb, struct sock *sk)
{
	skb->sk = sk;
	skb->destructor = a_destructor;
}

static void owner_that_is_no_full_socket(struct sk_buff *skb, struct sock *sk)
{
	owner_of_another_kind(skb, sk);
	sk->sk_state = TCP_TIME_WAIT;
}

static void a_small_segment(struct sk_buff *skb, struct sock *sk)
{
	owner_of_another_kind(skb, sk);
	skb->truesize = SKB_TRUESIZE(100);
}

static void a_large_segment(struct sk_buff *skb, struct sock *sk)
{
	owner_of_another_kind(skb, sk);
	skb->truesize = SKB_TRUESIZE(60000);
}

static void an_acknowledgment(struct sk_buff *skb, struct sock *sk)
{
	owner_of_another_kind(skb, sk);
	skb_set_tcp_pure_ack(skb);
}

/**
 * struct waiter - the owner of a packet
 * @name: of the row
 * @own: makes it the owner
 * @tcp: the socket is one of TCP, else of UDP
 * @before: small segments of TCP in flight before it
 * @waits: the packet has an interrupt
 * @let_go: the packet gives up its owner at once
 */
static const struct waiter {
	const char *name;
	void (*own)(struct sk_buff *skb, struct sock *sk);
	bool tcp;
	unsigned int before;
	bool waits;
	bool let_go;
} waiters[] = {
	{ "nobody", nobody, false, 0, false },
	{ "somebody unknown", somebody_unknown, false, 0, true },
	{ "MSG_ZEROCOPY", msg_zerocopy, false, 0, true },
	{ "UDP", owner_with_room, false, 0, false },
	{ "UDP, a full buffer", owner_without_room, false, 0, true },
	{ "another destructor", owner_of_another_kind, false, 0, true },
	{ "no full socket", owner_that_is_no_full_socket, true, 0, true },
	{ "TCP, small", a_small_segment, true, 0, false, true },
	{ "TCP, large", a_large_segment, true, 0, true },
	{ "TCP, several", a_small_segment, true, 1, true },
	{ "TCP, acknowledgment", an_acknowledgment, true, 1, false },
};

static void try_waiter(struct kunit *test, const struct waiter *w, u64 features)
{
	struct tnet *t = irq_up(test, features);
	struct socket *sock;
	struct sock *sk;
	struct sk_buff *skb;
	unsigned int i;
	int state;

	sk = w->tcp ? make_sock(test, SOCK_STREAM, IPPROTO_TCP, &sock) :
		      make_sock(test, SOCK_DGRAM, IPPROTO_UDP, &sock);
	state = sk->sk_state;
	for (i = 0; i < w->before; i++) {
		skb = tnet_frame(t, 100, 1);
		a_small_segment(skb, sk);
		tnet_xmit(t, skb);
	}
	skb = tnet_frame(t, 100, 1);
	w->own(skb, sk);
	freed = 0;
	tnet_xmit(t, skb);
	/* TCP would hold back its next data until a packet that it owns is freed */
	KUNIT_EXPECT_EQ_MSG(test, freed, (unsigned int)w->let_go, "%s",
			    w->name);
	KUNIT_EXPECT_EQ_MSG(test, tnet_take_and_interrupt(t), w->waits,
			    "%s, features %#llx", w->name, features);
	/* without a wait, the timer frees it */
	if (!w->waits)
		msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
	KUNIT_EXPECT_EQ_MSG(test, pending(t), 0U, "%s", w->name);
	sk->sk_state = state;
	sock_release(sock);
	tnet_clean(t);
}

static void who_waits(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(waiters); i++) {
		try_waiter(test, &waiters[i], RESIZE);
		try_waiter(test, &waiters[i], NO_EVENT_IDX);
	}
}

/* --- events while somebody waits --- */

static void others_send(struct tnet *t)
{
	unsigned int i;

	for (i = 0; i < 8; i++)
		tnet_xmit(t, tnet_frame(t, 60, i));
}

static void packets_arrive(struct tnet *t)
{
	unsigned int i;

	for (i = 0; i < 3; i++)
		tnet_expect_receives(t, 300, i);
}

/* Waits so long that the timer no longer leaves buffers to an interrupt. */
static void the_timer_runs(struct tnet *t)
{
	msleep((VFE_NET_MAX_RUNS + 2) * 2 * jiffies_to_msecs(VFE_NET_MAX_AGE));
}

static void it_goes_down_and_up(struct tnet *t)
{
	tnet_close(t);
	KUNIT_EXPECT_EQ(t->test, tnet_open(t), 0);
}

static void an_interrupt_comes_for_nothing(struct tnet *t)
{
	vfe_mock_interrupt(t->tx);
	tnet_run_softirqs();
}

static void (*const meanwhile[])(struct tnet *t) = {
	others_send, packets_arrive, the_timer_runs, it_goes_down_and_up,
	an_interrupt_comes_for_nothing, tnet_netpoll,
};

/* Somebody waits, and something happens before the device sends. */
static void a_request_for_an_interrupt_stays(struct kunit *test)
{
	unsigned int i, k, n;
	struct tnet *t;
	bool wanted;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		t = irq_up(test, layouts[i]);
		for (k = 0; k < ARRAY_SIZE(meanwhile); k++) {
			freed = 0;
			tnet_xmit(t, awaited_frame(t));
			meanwhile[k](t);
			/* it comes with the packet, or soon behind it */
			for (n = 0, wanted = false; vfe_mock_available(t->tx);
			     n++)
				wanted |= take_one(t);
			KUNIT_EXPECT_TRUE_MSG(test, wanted,
					      "features %#llx, event %u",
					      layouts[i], k);
			vfe_mock_interrupt(t->tx);
			tnet_run_softirqs();
			KUNIT_EXPECT_EQ(test, freed, 1U);
			KUNIT_EXPECT_EQ(test, pending(t), 0U);
		}
		tnet_clean(t);
	}
}

/*
 * The interrupt for the last packet that is awaited comes, however many
 * interrupts there were before, and none when nobody waits any more.
 */
static void the_last_of_many_has_an_interrupt(struct kunit *test)
{
	unsigned int i, k, n;
	struct tnet *t;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		t = irq_up(test, layouts[i]);
		for (n = 1; n <= 40; n++) {
			freed = 0;
			for (k = 0; k < n; k++)
				tnet_xmit(t, awaited_frame(t));
			/* one after the other, as slow as it can be */
			while (vfe_mock_available(t->tx)) {
				if (!take_one(t))
					continue;
				vfe_mock_interrupt(t->tx);
				tnet_run_softirqs();
			}
			KUNIT_EXPECT_EQ_MSG(test, freed, n, "features %#llx",
					    layouts[i]);
			tnet_xmit(t, tnet_frame(t, 60, n));
			KUNIT_EXPECT_FALSE_MSG(test, take_one(t),
					       "features %#llx, %u packets",
					       layouts[i], n);
			msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
			KUNIT_EXPECT_EQ(test, pending(t), 0U);
		}
		tnet_clean(t);
	}
}

static void send_pieces(struct tnet *t, struct sk_buff *skb,
			unsigned int frags)
{
	struct page *page;
	unsigned int i;

	for (i = 0; i < frags; i++) {
		page = alloc_page(GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(t->test, page);
		skb_add_rx_frag(skb, i, page, 0, 100, PAGE_SIZE);
	}
	tnet_xmit(t, skb);
}

/* The device sends all. Return: which packet raises an interrupt, from 1 */
static unsigned int first_interrupt(struct tnet *t)
{
	unsigned int i, first = 0;

	/* the timer would move the request on */
	local_bh_disable();
	for (i = 1; vfe_mock_available(t->tx); i++)
		if (take_one(t) && !first)
			first = i;
	local_bh_enable();
	vfe_mock_interrupt(t->tx);
	tnet_run_softirqs();
	KUNIT_EXPECT_EQ(t->test, pending(t), 0U);
	/* the positions of a packed ring count chains */
	KUNIT_EXPECT_EQ(t->test,
			u64_stats_read(&t->vn->txq[0].stats.tables), 0ULL);
	return first;
}

static bool has_event(u64 features)
{
	return features & BIT_ULL(VIRTIO_RING_F_EVENT_IDX);
}

/*
 * A batch has its interrupt when three quarters are used, or a little earlier,
 * since requests move on by quarters; however many pieces a packet has.
 */
static void packets_of_several_pieces(struct kunit *test)
{
	unsigned int i, k, frags, first;
	struct tnet *t;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		t = irq_up(test, layouts[i]);
		for (frags = 0; frags < 6; frags++) {
			for (k = 0; k < 16; k++)
				send_pieces(t, awaited_frame(t), frags);
			first = first_interrupt(t);
			if (!has_event(layouts[i])) {
				KUNIT_EXPECT_EQ(test, first, 1U);
				continue;
			}
			KUNIT_EXPECT_GE_MSG(test, first, 10U,
					    "features %#llx, %u fragments",
					    layouts[i], frags);
			KUNIT_EXPECT_LE_MSG(test, first, 12U,
					    "features %#llx, %u fragments",
					    layouts[i], frags);
		}
		tnet_clean(t);
	}
}

/* Packets that nobody awaits do not delay the interrupt of those before. */
static void awaited_before_others(struct kunit *test)
{
	unsigned int i, k, awaited, frags;
	struct tnet *t;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		t = irq_up(test, layouts[i]);
		for (awaited = 1; awaited <= 8; awaited++) {
			/* small before large, and large before small */
			frags = awaited % 2 ? 0 : 9;
			for (k = 0; k < awaited; k++)
				send_pieces(t, awaited_frame(t), frags);
			for (k = 0; k < 8; k++)
				send_pieces(t, tnet_frame(t, 100, 1),
					    9 - frags);
			KUNIT_EXPECT_LE_MSG(test, first_interrupt(t),
					    has_event(layouts[i]) ? awaited : 1,
					    "features %#llx, %u awaited",
					    layouts[i], awaited);
		}
		tnet_clean(t);
	}
}

/*
 * The timer takes packets back while their interrupt is on its way, which finds
 * nothing then. The last packet has an interrupt of its own.
 */
static void an_interrupt_that_finds_nothing(struct kunit *test)
{
	unsigned int i, k;
	struct tnet *t;
	bool wanted;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		t = irq_up(test, layouts[i]);
		for (k = 0; k < 8; k++)
			send_pieces(t, awaited_frame(t), 1 + 4 * (k < 4));
		for (k = 0, wanted = false; k < 6; k++)
			wanted |= take_one(t);
		KUNIT_EXPECT_TRUE(test, wanted);
		the_timer_runs(t);
		KUNIT_EXPECT_EQ(test, freed, 6U);
		for (k = 0, wanted = false; k < 2; k++)
			wanted |= take_one(t);
		KUNIT_EXPECT_TRUE_MSG(test, wanted, "features %#llx",
				      layouts[i]);
		tnet_clean(t);
	}
}

/*
 * An interrupt for both rings of a pair makes NAPI poll once; the next one is
 * not lost.
 */
static void an_interrupt_for_both_rings(struct kunit *test)
{
	static const u8 packet[100];
	struct napi_struct *napi;
	unsigned int i, k;
	struct tnet *t;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		t = irq_up(test, layouts[i]);
		napi = &t->vn->rxq[0].napi;
		for (k = 1; k <= 4; k++) {
			tnet_xmit(t, awaited_frame(t));
			local_bh_disable();
			KUNIT_EXPECT_TRUE(test, tnet_take(t));
			KUNIT_EXPECT_TRUE(test, tnet_fill(t, packet,
							  sizeof(packet),
							  sizeof(packet)));
			vfe_mock_interrupt(t->rx);
			KUNIT_EXPECT_TRUE(test, test_bit(NAPI_STATE_SCHED,
							 &napi->state));
			KUNIT_EXPECT_FALSE(test, test_bit(NAPI_STATE_MISSED,
							  &napi->state));
			local_bh_enable();
			KUNIT_EXPECT_EQ(test, freed, k);
			tnet_xmit(t, tnet_frame(t, 60, k));
			tnet_take_and_interrupt(t);
		}
		tnet_clean(t);
	}
}

/* The timer makes up for an interrupt that NAPI has missed. */
static void an_interrupt_that_napi_misses(struct kunit *test)
{
	struct tnet *t = irq_up(test, RESIZE);
	unsigned int i;

	for (i = 1; i <= 4; i++) {
		tnet_xmit(t, awaited_frame(t));
		WRITE_ONCE(t->vn->txq[0].fired, true);
		tnet_take_and_interrupt(t);
		KUNIT_EXPECT_EQ(test, freed, 2 * i - 2);
		the_timer_runs(t);
		KUNIT_EXPECT_EQ(test, freed, 2 * i - 1);
		/* the next one is seen */
		tnet_xmit(t, awaited_frame(t));
		tnet_take_and_interrupt(t);
		KUNIT_EXPECT_EQ(test, freed, 2 * i);
	}
	tnet_clean(t);
}

/* The bound holds from the time when the device used the packet. */
static void a_slow_device(struct kunit *test)
{
	struct tnet *t = irq_up(test, RESIZE);
	unsigned int i;

	for (i = 0; i < 5; i++) {
		tnet_xmit(t, tnet_frame(t, 60, i));
		tnet_xmit(t, tnet_frame(t, 60, i));
		msleep(1000);
		KUNIT_EXPECT_EQ(test, pending(t), 2U);
		take_one(t);
		msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
		KUNIT_EXPECT_EQ(test, pending(t), 1U);
		msleep(1000);
		take_one(t);
		msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
		KUNIT_EXPECT_EQ(test, pending(t), 0U);
	}
	tnet_clean(t);
}

/* The device loses its interrupt: the timer frees what is awaited. */
static void an_interrupt_that_is_lost(struct kunit *test)
{
	struct tnet *t = irq_up(test, RESIZE);

	tnet_xmit(t, awaited_frame(t));
	KUNIT_EXPECT_TRUE(test, take_one(t));
	the_timer_runs(t);
	KUNIT_EXPECT_EQ(test, freed, 1U);
	tnet_clean(t);
}

/*
 * The timer leaves used buffers to an interrupt that is coming, but not for
 * ever.
 */
static void the_timer_waits_for_an_interrupt(struct kunit *test)
{
	unsigned int i, k;
	struct tnet *t;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		/* without EVENT_IDX an interrupt comes for each buffer */
		if (!has_event(layouts[i]))
			continue;
		t = irq_up(test, layouts[i]);
		for (k = 0; k < 8; k++)
			tnet_xmit(t, awaited_frame(t));
		for (k = 0; k < 4; k++)
			KUNIT_EXPECT_FALSE(test, take_one(t));
		msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
		KUNIT_EXPECT_EQ(test, freed, 0U);
		the_timer_runs(t);
		KUNIT_EXPECT_EQ_MSG(test, freed, 4U, "features %#llx",
				    layouts[i]);
		/* three quarters of the others */
		KUNIT_EXPECT_FALSE(test, take_one(t));
		KUNIT_EXPECT_FALSE(test, take_one(t));
		KUNIT_EXPECT_TRUE(test, take_one(t));
		tnet_clean(t);
	}
}

/* --- kicks that the device did not ask for --- */

static const u64 rings[] = { RESIZE, RESIZE | BIT_ULL(VIRTIO_F_RING_PACKED) };

/* The device asks for no kick, as if it had seen all packets. */
static void the_device_is_quiet(struct tnet *t)
{
	struct vring_packed_desc_event *e = vfe_mock_mem(t->tx->device);

	if (t->tx->packed)
		e->flags = cpu_to_le16(VRING_PACKED_EVENT_FLAG_DISABLE);
	else
		vfe_mock_set_avail_event(t->tx,
					 vfe_mock_avail_idx(t->tx) - 2);
}

/* Fewer than the timer waits for */
static void the_timer_runs_some_times(struct tnet *t)
{
	msleep(VFE_NET_MAX_RUNS / 2 * jiffies_to_msecs(VFE_NET_MAX_AGE));
}

/* None at first, then about one each time that the timer has waited */
static void expect_kicks(struct tnet *t, unsigned int *kicks)
{
	the_timer_runs_some_times(t);
	KUNIT_EXPECT_EQ(t->test, t->tx->kicks, *kicks);
	the_timer_runs(t);
	KUNIT_EXPECT_GT(t->test, t->tx->kicks, *kicks);
	KUNIT_EXPECT_LE(t->test, t->tx->kicks, *kicks + 3);
	*kicks = t->tx->kicks;
}

/* The device has not seen a packet: it is kicked again, until it does. */
static void a_kick_that_was_not_asked_for(struct kunit *test)
{
	unsigned int i, kicks;
	struct tnet *t;

	for (i = 0; i < 2 * ARRAY_SIZE(rings); i++) {
		t = irq_up(test, rings[i / 2]);
		the_device_is_quiet(t);
		kicks = t->tx->kicks;
		tnet_xmit(t, i % 2 ? awaited_frame(t) : tnet_frame(t, 60, 0));
		expect_kicks(t, &kicks);
		the_timer_runs(t);
		KUNIT_EXPECT_GT(test, t->tx->kicks, kicks);
		take_one(t);
		the_timer_runs(t);
		KUNIT_EXPECT_EQ(test, pending(t), 0U);
		tnet_clean(t);
	}
}

/* The same while the interface is down, and when it is up again */
static void a_kick_for_a_closed_interface(struct kunit *test)
{
	struct tnet *t = irq_up(test, RESIZE);
	unsigned int kicks = t->tx->kicks;

	the_device_is_quiet(t);
	tnet_xmit(t, tnet_frame(t, 60, 0));
	KUNIT_EXPECT_EQ(test, t->tx->kicks, kicks);
	tnet_close(t);
	the_timer_runs(t);
	KUNIT_EXPECT_GT(test, t->tx->kicks, kicks);
	the_timer_runs_some_times(t);
	KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
	kicks = t->tx->kicks;
	expect_kicks(t, &kicks);
	take_one(t);
	tnet_clean(t);
}

/* A device that is slow, but goes on, gets no such kick. */
static void no_kick_for_a_device_that_goes_on(struct kunit *test)
{
	struct tnet *t = irq_up(test, RESIZE);
	unsigned int i, kicks;

	for (i = 0; i < 40; i++)
		tnet_xmit(t, tnet_frame(t, 60, i));
	kicks = t->tx->kicks;
	for (i = 0; i < 20; i++) {
		the_timer_runs_some_times(t);
		take_one(t);
	}
	KUNIT_EXPECT_EQ(test, t->tx->kicks, kicks);
	tnet_clean(t);
}

/* --- the end of those who wait --- */

static void a_reset(struct tnet *t)
{
	vfe_mock_needs_reset(t->m);
	tnet_wait_live(t);
}

static void a_suspend(struct tnet *t)
{
	struct device *dev = &t->m->pdev->dev;

	KUNIT_EXPECT_EQ(t->test, dev->driver->pm->suspend(dev), 0);
	KUNIT_EXPECT_EQ(t->test, dev->driver->pm->resume(dev), 0);
	tnet_wait_live(t);
}

static void a_resize(struct tnet *t)
{
	struct kernel_ethtool_ringparam kernel = {};
	struct netlink_ext_ack extack = {};
	struct ethtool_ringparam ring = {
		.rx_pending = 64,
		.tx_pending = vfe_queue_size(t->vn->txq[0].vq) == 64 ? 32 : 64,
	};

	rtnl_lock();
	KUNIT_EXPECT_EQ(t->test,
			t->dev->ethtool_ops->set_ringparam(t->dev, &ring,
							   &kernel, &extack),
			0);
	rtnl_unlock();
}

static void (*const ends[])(struct tnet *t) = { a_reset, a_suspend, a_resize };

/* A ring that is reset frees its packets: nobody waits for ever. */
static void a_reset_frees_what_is_awaited(struct kunit *test)
{
	struct tnet *t = irq_up(test, RESIZE);
	unsigned int i;
	u64 before;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		freed = 0;
		before = u64_stats_read(&t->vn->txq[0].stats.drops);
		tnet_xmit(t, awaited_frame(t));
		tnet_xmit(t, awaited_frame(t));
		ends[i](t);
		KUNIT_EXPECT_EQ_MSG(test, freed, 2U, "event %u", i);
		KUNIT_EXPECT_EQ(test,
				u64_stats_read(&t->vn->txq[0].stats.drops),
				before + 2);
		KUNIT_EXPECT_EQ(test, tnet_bql(t, 0), 0U);
		tnet_no_bql_limit(t);
		/* the next request counts from the empty ring */
		tnet_xmit(t, awaited_frame(t));
		KUNIT_EXPECT_TRUE_MSG(test, take_one(t), "event %u", i);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
		KUNIT_EXPECT_EQ(test, freed, 3U);
	}
	tnet_clean(t);
}

/* --- the stack waits --- */

/*
 * BQL stops a queue: the stack waits for an interrupt, though nobody waits for a
 * packet.
 */
static void bql_has_an_interrupt(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = RESIZE };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	unsigned int i;

	if (!IS_ENABLED(CONFIG_BQL))
		kunit_skip(test, "needs BQL");
	for (i = 0; i < 20; i++) {
		tnet_send_many(t, 40);
		KUNIT_EXPECT_TRUE(test, netif_xmit_stopped(nq) || i);
		while (netif_xmit_stopped(nq))
			KUNIT_ASSERT_TRUE_MSG(test, tnet_take_and_interrupt(t),
					      "round %u", i);
		tnet_expect_no_bql(t);
	}
	tnet_clean(t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(who_waits),
	KUNIT_CASE(a_request_for_an_interrupt_stays),
	KUNIT_CASE(the_last_of_many_has_an_interrupt),
	KUNIT_CASE(packets_of_several_pieces),
	KUNIT_CASE(awaited_before_others),
	KUNIT_CASE(an_interrupt_that_finds_nothing),
	KUNIT_CASE(an_interrupt_for_both_rings),
	KUNIT_CASE(an_interrupt_that_napi_misses),
	KUNIT_CASE(a_slow_device),
	KUNIT_CASE(an_interrupt_that_is_lost),
	KUNIT_CASE(the_timer_waits_for_an_interrupt),
	KUNIT_CASE(a_kick_that_was_not_asked_for),
	KUNIT_CASE(a_kick_for_a_closed_interface),
	KUNIT_CASE(no_kick_for_a_device_that_goes_on),
	KUNIT_CASE(a_reset_frees_what_is_awaited),
	KUNIT_CASE(bql_has_an_interrupt),
	{}
};

VFE_SUITE(cases);

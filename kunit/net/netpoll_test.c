// SPDX-License-Identifier: GPL-2.0
/*
 * netpoll, as netconsole uses it: messages go out with interrupts disabled, and
 * the budget of a poll is 0. Frames of XDP cannot be freed then, and must be
 * freed later.
 */
#include <linux/inet.h>
#include <linux/netpoll.h>
#include <net/xdp.h>

#include "lib/net_fixture.h"

#define MESSAGE	"a line of the log\n"

static struct netpoll np;

static void netpoll_down(void *data)
{
	rtnl_lock();
	if (np.dev)
		__netpoll_cleanup(&np);
	np.dev = NULL;
	rtnl_unlock();
	synchronize_rcu();
}

static struct tnet *netpoll_up(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .features = features };
	struct tnet *t = tnet_up(test, &spec, NULL);

	tnet_no_bql_limit(t);
	np = (struct netpoll) {
		.name = "test", .local_port = 6665, .remote_port = 6666,
		.local_ip.ip = cpu_to_be32(0x0a000001),
		.remote_ip.ip = cpu_to_be32(0x0a000002),
	};
	eth_broadcast_addr(np.remote_mac);
	rtnl_lock();
	KUNIT_ASSERT_EQ(test, __netpoll_setup(&np, t->dev), 0);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, netpoll_down, NULL), 0);
	return t;
}

/* As netconsole does */
static void say(void)
{
	unsigned long flags;

	local_irq_save(flags);
	netpoll_send_udp(&np, MESSAGE, sizeof(MESSAGE) - 1);
	local_irq_restore(flags);
}

static void poll_dev(struct tnet *t)
{
	unsigned long flags;

	local_irq_save(flags);
	netpoll_poll_dev(t->dev);
	local_irq_restore(flags);
}

static unsigned int pending(struct tnet *t)
{
	return vfe_net_tx_pending(&t->vn->txq[0]);
}

/* A full ring is emptied by the poll, and the message goes out. */
static void a_message_into_a_full_ring(struct kunit *test)
{
	struct tnet *t = netpoll_up(test, TNET_FEATURES);
	struct netdev_queue *nq = netdev_get_tx_queue(t->dev, 0);
	unsigned int sent, i;

	for (i = 0; i < 10; i++) {
		/* the ring is full, and all of it sent; nobody knows yet */
		tnet_send_many(t, 100);
		KUNIT_EXPECT_TRUE(test, netif_xmit_stopped(nq));
		sent = tnet_take_all(t);
		KUNIT_EXPECT_GT(test, sent, 16U);
		say();
		/* the message, and maybe packets of the qdisc */
		KUNIT_EXPECT_GT(test, tnet_take_all(t), 0U);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
		while (tnet_take_all(t)) {
			vfe_mock_interrupt(t->tx);
			tnet_run_softirqs();
		}
	}
	tnet_expect_no_bql(t);
	tnet_expect_works(t);
	netpoll_down(NULL);
	tnet_clean(t);
}

/* --- frames of XDP --- */

/* A frame in a page of which the test holds a reference */
static struct xdp_frame *make_frame(struct kunit *test, struct page **page)
{
	struct xdp_frame *frame;

	*page = alloc_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, *page);
	get_page(*page);
	frame = page_address(*page);
	memset(frame, 0, PAGE_SIZE);
	frame->data = (void *)frame + sizeof(*frame) + 64;
	frame->len = 200;
	frame->headroom = 64;
	frame->frame_sz = PAGE_SIZE;
	return frame;
}

static void redirect(struct tnet *t, struct xdp_frame *frame)
{
	local_bh_disable();
	KUNIT_EXPECT_EQ(t->test,
			t->dev->netdev_ops->ndo_xdp_xmit(t->dev, 1, &frame,
							 XDP_XMIT_FLUSH), 1);
	local_bh_enable();
}

#define FRAMES	5U

static void send_frames(struct tnet *t, struct page **pages)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		redirect(t, make_frame(t->test, &pages[i]));
	KUNIT_EXPECT_EQ(t->test, tnet_take_all(t), FRAMES);
}

/* How many frames has the driver not freed? */
static unsigned int frames_kept(struct page **pages)
{
	unsigned int i, n = 0;

	for (i = 0; i < FRAMES; i++)
		n += page_count(pages[i]) > 1;
	return n;
}

static void forget_frames(struct page **pages)
{
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		put_page(pages[i]);
}

/*
 * The ring has room again at once, and the frames are freed when interrupts are
 * enabled: by the timer, the next packet's end, a reset.
 */
static void frames_that_are_freed_later(struct kunit *test)
{
	struct tnet *t = netpoll_up(test, TNET_FEATURES);
	struct page *pages[FRAMES];
	unsigned int i;

	for (i = 0; i < 4; i++) {
		send_frames(t, pages);
		KUNIT_EXPECT_EQ(test, frames_kept(pages), FRAMES);
		if (i % 2)
			say();
		poll_dev(t);
		KUNIT_EXPECT_EQ(test, pending(t), i % 2);
		KUNIT_EXPECT_NOT_NULL(test, t->vn->txq[0].late);
		KUNIT_EXPECT_EQ(test, frames_kept(pages), FRAMES);
		if (i < 2) {
			/* no more packets come, the timer runs */
			msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
		} else {
			vfe_mock_needs_reset(t->m);
			tnet_wait_live(t);
		}
		KUNIT_EXPECT_NULL(test, t->vn->txq[0].late);
		KUNIT_EXPECT_EQ_MSG(test, frames_kept(pages), 0U, "round %u",
				    i);
		forget_frames(pages);
		tnet_take_and_interrupt(t);
		tnet_expect_no_bql(t);
		tnet_expect_works(t);
	}
	netpoll_down(NULL);
	tnet_clean(t);
}

static void nothing(struct sk_buff *skb)
{
}

/* The timer leaves buffers to the interrupt of a packet, but frees the frames. */
static void frames_that_are_freed_beside_a_packet(struct kunit *test)
{
	struct tnet *t = netpoll_up(test, TNET_FEATURES);
	struct page *pages[FRAMES];
	struct sk_buff *skb;
	unsigned int i;

	for (i = 0; i < FRAMES; i++)
		redirect(t, make_frame(test, &pages[i]));
	skb = tnet_frame(t, 100, 1);
	skb->destructor = nothing;
	tnet_xmit(t, skb);
	for (i = 0; i < FRAMES; i++)
		KUNIT_EXPECT_TRUE(test, tnet_take(t));
	poll_dev(t);
	KUNIT_EXPECT_NOT_NULL(test, t->vn->txq[0].late);
	msleep(3 * jiffies_to_msecs(VFE_NET_MAX_AGE));
	KUNIT_EXPECT_NULL(test, t->vn->txq[0].late);
	KUNIT_EXPECT_EQ(test, frames_kept(pages), 0U);
	KUNIT_EXPECT_EQ(test, pending(t), 1U);
	forget_frames(pages);
	tnet_take_and_interrupt(t);
	tnet_expect_works(t);
	netpoll_down(NULL);
	tnet_clean(t);
}

/* Down, removed: none is left behind. */
static void frames_of_an_interface_that_goes(struct kunit *test)
{
	struct tnet *t = netpoll_up(test, TNET_FEATURES);
	struct page *pages[FRAMES];

	send_frames(t, pages);
	poll_dev(t);
	KUNIT_EXPECT_EQ(test, frames_kept(pages), FRAMES);
	netpoll_down(NULL);
	tnet_clean(t);
	KUNIT_EXPECT_EQ(test, frames_kept(pages), 0U);
	forget_frames(pages);
}

/* Received packets wait for NAPI: netpoll takes none. */
static void a_poll_receives_nothing(struct kunit *test)
{
	static const u64 layouts[] = {
		TNET_FEATURES, TNET_FEATURES | BIT_ULL(VIRTIO_F_RING_PACKED),
	};
	u8 bytes[100] = { [12 ... 23] = 0xff };
	unsigned int i;
	struct tnet *t;

	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		t = netpoll_up(test, layouts[i]);
		KUNIT_EXPECT_TRUE(test, tnet_fill(t, bytes, sizeof(bytes),
						  sizeof(bytes)));
		poll_dev(t);
		KUNIT_EXPECT_NULL(test, tnet_next(t));
		tnet_deliver(t);
		KUNIT_EXPECT_EQ(test, skb_queue_len(&t->got), 1U);
		skb_queue_purge(&t->got);
		tnet_expect_works(t);
		netpoll_down(NULL);
		tnet_clean(t);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(a_message_into_a_full_ring),
	KUNIT_CASE(frames_that_are_freed_later),
	KUNIT_CASE(frames_that_are_freed_beside_a_packet),
	KUNIT_CASE(frames_of_an_interface_that_goes),
	KUNIT_CASE(a_poll_receives_nothing),
	{}
};

VFE_SUITE(cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * AF_XDP under faults: descriptors and addresses that are wrong, sockets that
 * are closed under traffic, no memory, rings that break, another bus.
 */
#include "lib/net_packet.h"
#include "lib/net_xsk.h"

/* --- errors of users --- */

/* Descriptors that make no sense are skipped; those between them are sent. */
static void descriptors_that_are_wrong(struct kunit *test)
{
	static const struct xdp_desc wrong[] = {
		{ .addr = (u64)CHUNKS * CHUNK, .len = 100 },
		{ .addr = U64_MAX, .len = 100 },
		{ .addr = (u64)CHUNKS / 2 * CHUNK, .len = CHUNK + 1 },
		{ .addr = (u64)CHUNKS / 2 * CHUNK + CHUNK - 10, .len = 100 },
		{ .addr = (u64)CHUNKS / 2 * CHUNK, .len = U32_MAX },
		{ .addr = (u64)CHUNKS / 2 * CHUNK, .len = 100,
		  .options = BIT(31) },
	};
	struct sock_rings *s = sock_up(test, MERGE, false);
	unsigned int i, n, sent;

	use_old_buffers(s);
	for (i = 0; i < 3 * ARRAY_SIZE(wrong); i++) {
		send(s, 1, 200);
		send_desc(s, wrong[i % ARRAY_SIZE(wrong)]);
		send(s, 2, 200);
		for (n = 0, sent = 0; n < 5; n++) {
			wake(s, XDP_WAKEUP_TX);
			sent += tnet_take_all(s->t);
			vfe_mock_interrupt(s->t->tx);
			tnet_run_softirqs();
		}
		KUNIT_EXPECT_EQ_MSG(test, sent, 3U, "row %u", i);
		/* some kernels give the wrong one back, too */
		n = completed(s);
		KUNIT_EXPECT_TRUE_MSG(test, n == 3 || n == 4, "%u", n);
	}
	expect_traffic(s);
	sock_down(s);
	forget_user();
}

/* Nor does the device get memory that is not the socket's. */
static void addresses_that_are_wrong(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	unsigned int i;

	use_old_buffers(s);
	for (i = 0; i < 100; i++) {
		fill_address(s, i % 2 ? U64_MAX : (u64)CHUNKS * CHUNK);
		wake(s, XDP_WAKEUP_RX);
		KUNIT_ASSERT_TRUE(test, tnet_arrive(s->t, NULL, 300, i));
		KUNIT_EXPECT_EQ(test, received(s, true), 1U);
		wake(s, XDP_WAKEUP_RX);
	}
	sock_down(s);
	forget_user();
}

/* Is this address in the memory of the socket? */
static bool is_umem(struct page *const *pages, unsigned int n, u64 addr)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (addr >> PAGE_SHIFT == page_to_pfn(pages[i]))
			return true;
	return false;
}

/*
 * The user closes the socket while packets come and go. Its memory is its own
 * again: the device has none of it.
 */
static void a_socket_that_closes_under_traffic(struct kunit *test)
{
	static const u64 layouts[] = {
		MERGE, PLAIN, PLAIN & ~BIT_ULL(VIRTIO_F_RING_RESET),
		MERGE | BIT_ULL(VIRTIO_F_RING_PACKED),
	};
	struct page **pages;
	unsigned int i, j, n;
	struct sock_rings *s;
	u8 bytes[300] = {};

	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		s = sock_up(test, layouts[i], false);
		use_old_buffers(s);
		n = xs_of(s)->pool->umem->npgs;
		pages = kunit_kmalloc_array(test, n, sizeof(*pages),
					    GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, pages);
		memcpy(pages, xs_of(s)->pool->umem->pgs, n * sizeof(*pages));
		/* some used and not seen, some with the device, some waiting */
		for (j = 0; j < 5; j++)
			KUNIT_ASSERT_TRUE(test,
					  tnet_fill(s->t, bytes, sizeof(bytes),
						    sizeof(bytes)));
		KUNIT_EXPECT_TRUE(test, is_umem(pages, n,
						s->t->chain->segs[0].addr));
		tnet_send_many(s->t, 3);
		send(s, 10, 200);
		wake(s, XDP_WAKEUP_TX);
		tnet_take(s->t);
		send(s, 10, 200);
		target = NULL;
		kunit_release_action(test, release, s);
		/* a work item of the kernel lets the pool go */
		msleep(500);
		for (j = 0; j < 64 &&
		     vfe_mock_pop(s->t->rx, s->t->chain) == 1; j++) {
			KUNIT_EXPECT_FALSE(test,
					   is_umem(pages, n,
						   s->t->chain->segs[0].addr));
			vfe_mock_push(s->t->rx, s->t->chain->id, 0,
				      s->t->chain->descs);
		}
		tnet_deliver(s->t);
		while (vfe_mock_pop(s->t->tx, s->t->chain) == 1) {
			KUNIT_EXPECT_FALSE(test,
					   is_umem(pages, n,
						   s->t->chain->segs[1].addr));
			vfe_mock_push(s->t->tx, s->t->chain->id, 0,
				      s->t->chain->descs);
		}
		vfe_mock_interrupt(s->t->tx);
		tnet_run_softirqs();
		tnet_wait_live(s->t);
		skb_queue_purge(&s->t->got);
		set_prog(s, NULL);
		tnet_expect_no_bql(s->t);
		tnet_expect_works(s->t);
		tnet_clean(s->t);
	}
	forget_user();
}

/* The suspend has taken the socket's buffers back: closing must not do it again. */
static void a_socket_that_closes_while_the_device_sleeps(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	struct device *dev = &s->t->m->pdev->dev;
	unsigned int i;

	use_old_buffers(s);
	send(s, 10, 200);
	wake(s, XDP_WAKEUP_TX);
	KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
	target = NULL;
	kunit_release_action(test, release, s);
	/* a work item of the kernel lets the pool go */
	msleep(500);
	KUNIT_EXPECT_NULL(test, s->t->vn->rxq[0].xsk);
	KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
	tnet_wait_live(s->t);
	KUNIT_EXPECT_FALSE(test, tnet_take(s->t));
	for (i = 0; i < 70; i++)
		tnet_expect_receives(s->t, 300, i);
	set_prog(s, NULL);
	tnet_expect_no_bql(s->t);
	tnet_expect_works(s->t);
	tnet_clean(s->t);
	forget_user();
}

/* --- no memory --- */

/* In NAPI, where packets are copied: each arrives, or is counted. */
static void copies_without_memory(struct kunit *test)
{
	struct sock_rings *s;
	struct vfe_net_rx_stats *stats;
	unsigned int with, i, nth, got;
	u8 bytes[600] = {};
	bool failed;
	u64 before;

	fail_require(test);
	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	for (with = 0; with < 2; with++) {
		s = sock_up(test, MERGE, false);
		use_old_buffers(s);
		stats = &s->t->vn->rxq[0].stats;
		target = NULL;
		if (!with)
			set_prog(s, NULL);
		for (nth = 1, failed = true; failed && nth < 200; nth += 5) {
			/* the stack holds the copies of several polls */
			if (skb_queue_len(&s->t->got) > 300)
				skb_queue_purge(&s->t->got);
			fill(s, 0, 30);
			wake(s, XDP_WAKEUP_RX);
			before = u64_stats_read(&stats->drops) +
				 u64_stats_read(&stats->bad) +
				 skb_queue_len(&s->t->got);
			for (i = 0; i < 30; i++)
				KUNIT_ASSERT_TRUE(test,
						  tnet_fill(s->t, bytes,
							    sizeof(bytes),
							    sizeof(bytes)));
			failed = tnet_poll_without_memory(s->t, nth, true);
			got = skb_queue_len(&s->t->got);
			KUNIT_EXPECT_EQ_MSG(test,
					    got + u64_stats_read(&stats->drops) +
					    u64_stats_read(&stats->bad) - before,
					    30ULL, "allocation %u", nth);
		}
		skb_queue_purge(&s->t->got);
		KUNIT_EXPECT_FALSE(test, failed);
		if (!with)
			set_prog(s, s->prog);
		sock_down(s);
	}
	forget_user();
}

/* A bind whose nth allocation fails: refused, and nothing is left behind. */
static void allocations_of_a_bind(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int nth, refused = 0;
	struct sock_rings *s = NULL;
	bool failed = true;
	int err;

	fail_require(test);
	for (nth = 1; failed && nth < 2000; nth += nth < 20 ? 1 : 17) {
		if (!s)
			s = make_sock(t, CHUNK);
		fail_nth(nth);
		err = bind_to(s, XDP_USE_NEED_WAKEUP, 0);
		failed = fail_end();
		refused += !!err;
		if (err)
			KUNIT_EXPECT_EQ(test, err, -ENOMEM);
		tnet_expect_works(t);
		if (err)
			continue;
		kunit_release_action(test, release, s);
		s = NULL;
		tnet_wait_live(t);
	}
	KUNIT_EXPECT_FALSE(test, failed);
	KUNIT_EXPECT_GT(test, refused, 0U);
	tnet_expect_works(t);
	tnet_clean(t);
	forget_user();
}

/*
 * The device uses buffers that it does not have. The user gets all descriptors
 * back, and after the reset all goes on.
 */
static void rings_that_break(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	unsigned int i, n;

	use_old_buffers(s);
	for (i = 0; i < 4; i++) {
		if (i % 2) {
			/* one of the stack's packets shows it to the driver */
			tnet_send_many(s->t, 1);
			tnet_take(s->t);
			vfe_mock_push(s->t->tx, s->t->tx->size + 3, 0, 1);
			send(s, 5, 200);
			wake(s, XDP_WAKEUP_TX);
		} else {
			vfe_mock_push(s->t->rx, s->t->rx->size + 3, 100, 1);
			tnet_deliver(s->t);
			/* buffers for a ring that does not take them */
			fill(s, 40, 5);
			wake(s, XDP_WAKEUP_RX);
		}
		msleep(2000);
		tnet_wait_live(s->t);
		for (n = 0; n < 5; n++) {
			wake(s, XDP_WAKEUP_RX | XDP_WAKEUP_TX);
			tnet_take_all(s->t);
			vfe_mock_interrupt(s->t->tx);
			tnet_run_softirqs();
		}
		KUNIT_EXPECT_EQ(test, completed(s), i % 2 ? 5U : 0U);
		fill(s, 0, 30);
		wake(s, XDP_WAKEUP_RX);
		KUNIT_EXPECT_TRUE(test, tnet_arrive(s->t, NULL, 300, i));
		KUNIT_EXPECT_EQ(test, received(s, true), 1U);
	}
	sock_down(s);
	forget_user();
}

/* --- addresses --- */

/*
 * Memory that the driver cannot use: the bus has other addresses, which the
 * device does not know; or the bus does not reach the empty header.
 */
static void memory_of_another_bus(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE, .translated = true };
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct sock_rings *s = make_sock(t, CHUNK);

	KUNIT_EXPECT_EQ(test, bind_to(s, 0, 0), -EOPNOTSUPP);
	tnet_expect_works(t);
	kunit_release_action(test, release, s);
	tnet_clean(t);
	if (vfe_mock_can_hide()) {
		spec.features |= BIT_ULL(VIRTIO_F_ACCESS_PLATFORM);
		t = tnet_up(test, &spec, NULL);
		s = make_sock(t, CHUNK);
		vfe_mock_hide(t->m, page_address(ZERO_PAGE(0)));
		KUNIT_EXPECT_EQ(test, bind_to(s, 0, 0), -ENOMEM);
		vfe_mock_hide(t->m, NULL);
		tnet_expect_works(t);
		KUNIT_EXPECT_EQ(test, bind_to(s, 0, 0), 0);
		kunit_release_action(test, release, s);
		tnet_wait_live(t);
		tnet_expect_works(t);
		tnet_clean(t);
	}
	forget_user();
}

static const struct vfe_ring_ops *real_ops;
static struct vfe_ring_ops long_ops;

/* The first buffer appears to be larger than what the driver can copy into. */
static unsigned int get_long(struct vfe_queue *q, struct vfe_used *used,
			     unsigned int most)
{
	unsigned int n = real_ops->get_many(q, used, most);

	if (n)
		used[0].len = PAGE_SIZE + 1;
	return n;
}

/*
 * If only the first buffer of a packet were dropped, the stack would take the
 * others for packets, whose headers the sender had chosen.
 */
static void a_packet_that_cannot_be_copied(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	struct vfe_net_rxq *rxq = &s->t->vn->rxq[0];

	use_old_buffers(s);
	set_prog(s, NULL);
	tnet_expect_receives(s->t, 300, 1);
	real_ops = rxq->vq->ops;
	long_ops = *real_ops;
	long_ops.get_many = get_long;
	rxq->vq->ops = &long_ops;
	tnet_arrive_merged(s->t, 3, 500, 3);
	rxq->vq->ops = real_ops;
	KUNIT_EXPECT_NULL(test, tnet_next(s->t));
	KUNIT_EXPECT_EQ(test, u64_stats_read(&rxq->stats.drops), 1ULL);
	KUNIT_EXPECT_EQ(test, u64_stats_read(&rxq->stats.bad), 0ULL);
	wake(s, XDP_WAKEUP_RX);
	tnet_expect_receives(s->t, 300, 2);
	set_prog(s, s->prog);
	sock_down(s);
	forget_user();
}

/* The same in the socket's buffers: without a program, and with one. */
static void a_length_beyond_the_buffer(struct kunit *test)
{
	struct sock_rings *s = sock_up(test, MERGE, false);
	const u32 lens[] = { 0, 25, 65536 };
	unsigned int i, with;

	use_old_buffers(s);
	for (with = 0; with < 2; with++) {
		set_prog(s, with ? s->prog : NULL);
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			fill(s, 0, 10);
			wake(s, XDP_WAKEUP_RX);
			tnet_arrive_wrong(s->t, lens[i]);
			KUNIT_EXPECT_NULL_MSG(test, tnet_next(s->t),
					      "length %u", lens[i]);
			KUNIT_EXPECT_EQ(test, received(s, false), 0U);
		}
	}
	fill(s, 0, 10);
	wake(s, XDP_WAKEUP_RX);
	KUNIT_EXPECT_TRUE(test, tnet_arrive(s->t, NULL, 300, 1));
	KUNIT_EXPECT_EQ(test, received(s, true), 1U);
	sock_down(s);
	forget_user();
}

static struct kunit_case cases[] = {
	KUNIT_CASE(descriptors_that_are_wrong),
	KUNIT_CASE(addresses_that_are_wrong),
	KUNIT_CASE(a_socket_that_closes_under_traffic),
	KUNIT_CASE(a_socket_that_closes_while_the_device_sleeps),
	KUNIT_CASE(copies_without_memory),
	KUNIT_CASE(allocations_of_a_bind),
	KUNIT_CASE(rings_that_break),
	KUNIT_CASE(memory_of_another_bus),
	KUNIT_CASE(a_packet_that_cannot_be_copied),
	KUNIT_CASE(a_length_beyond_the_buffer),
	{}
};

VFE_SUITE(cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * XDP under faults: lengths that lie, rings that break or are too small, no
 * memory, mappings that fail.
 */
#include <linux/ethtool.h>

#include "lib/net_xdp.h"

/* A buffer from before takes more than one page: not more than an skb has. */
static void packets_of_too_many_old_buffers(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, true);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, load(t, prog), 0);
		tnet_arrive_merged(t, 25, 1400, 25);
		KUNIT_EXPECT_EQ(test, rx_drops(t), i + 1);
		KUNIT_EXPECT_EQ(test, seen, 0U);
		KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
		tnet_expect_works(t);
		/* buffers of the stack again */
		use_old_buffers(t);
	}
	tnet_clean(t);
}

/* --- memory --- */

static u64 lost(struct tnet *t)
{
	const struct vfe_net_rx_stats *s = &t->vn->rxq[0].stats;

	return u64_stats_read(&s->drops) + u64_stats_read(&s->bad) +
	       u64_stats_read(&s->xdp_drops);
}

/*
 * No memory in NAPI: each packet arrives or is counted, and the ring is filled
 * again, with buffers from before the program and with its own.
 */
static void packets_without_memory(struct kunit *test)
{
	static const u64 features[] = { MERGE, PLAIN, PLAIN | LARGE | SWITCH };
	const unsigned int frames = 40;
	unsigned int i, j, nth, got;
	u8 bytes[600] = {};
	bool failed;
	u64 before;

	fail_require(test);
	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	for (i = 0; i < ARRAY_SIZE(features); i++) {
		struct vfe_mock_spec spec = { .features = features[i] };
		struct bpf_prog *prog = make_prog(test, false);
		struct tnet *t = tnet_up(test, &spec, NULL);

		KUNIT_ASSERT_EQ(test, load(t, prog), 0);
		for (nth = 1, failed = true; failed && nth < 300; nth += 7) {
			before = lost(t);
			for (j = 0; j < frames; j++)
				KUNIT_ASSERT_TRUE(test,
						  tnet_fill(t, bytes,
							    sizeof(bytes),
							    sizeof(bytes)));
			failed = tnet_poll_without_memory(t, nth, true);
			got = skb_queue_len(&t->got);
			KUNIT_EXPECT_EQ_MSG(test, got + lost(t) - before,
					    (u64)frames, "allocation %u", nth);
			skb_queue_purge(&t->got);
			msleep(500);
			tnet_run_softirqs();
			KUNIT_EXPECT_GE(test, vfe_mock_available(t->rx), 48U);
			tnet_expect_works(t);
		}
		KUNIT_EXPECT_FALSE(test, failed);
		KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
		tnet_clean(t);
	}
}

/* --- mappings that fail --- */

/* A packet of three buffers of a program; the bus does not reach one of them. */
static void arrive_hidden(struct tnet *t, unsigned int hidden)
{
	u8 bytes[500] = {};
	void *page = NULL;
	unsigned int i;

	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(3);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_TRUE(t->test, tnet_fill(t, bytes, sizeof(bytes),
						     sizeof(bytes)));
		if (i == hidden)
			page = vfe_mock_mem(t->chain->segs[0].addr);
	}
	vfe_mock_hide(t->m, page);
	tnet_deliver(t);
	vfe_mock_hide(t->m, NULL);
}

/* Dropped and counted, more often than the ring has entries; none is lost. */
static void mappings_that_fail(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = MERGE | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
		.translated = true,
	};
	struct bpf_prog *prog;
	struct xdp_frame *frame;
	unsigned int i;
	struct tnet *t;

	tnet_require_hide(test);
	prog = make_prog(test, true);
	t = tnet_up(test, &spec, NULL);
	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	use_old_buffers(t);
	for (i = 0; i < 100; i++) {
		frame = make_frame(test, 64);
		vfe_mock_hide(t->m, frame);
		/* it is the driver's, which cannot send it */
		KUNIT_EXPECT_EQ(test, xmit(t, frame, XDP_XMIT_FLUSH), 1);
		vfe_mock_hide(t->m, NULL);
		KUNIT_EXPECT_EQ(test, tx_drops(t), i + 1);
		KUNIT_EXPECT_FALSE(test, tnet_take(t));
	}
	verdict = XDP_TX;
	for (i = 0; i < 99; i++) {
		arrive_hidden(t, i % 3);
		KUNIT_EXPECT_EQ(test, tx_drops(t), i + 101);
		KUNIT_EXPECT_FALSE(test, tnet_take(t));
	}
	expect_sent_back(t);
	for (i = 0; i < 10; i++) {
		verdict = XDP_TX;
		tnet_arrive_merged(t, 3, 500, 3);
		KUNIT_EXPECT_TRUE(test, tnet_take(t));
		tnet_take_and_interrupt(t);
	}
	verdict = XDP_PASS;
	tnet_expect_no_bql(t);
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* --- rings that break, or are too small --- */

/*
 * The device uses buffers that it does not have, while a program receives and
 * sends back: no frame is lost, and all works again.
 */
static void rings_that_break(struct kunit *test)
{
	u8 bytes[200] = {};
	unsigned int i, j, tx;

	((struct virtio_net_hdr_mrg_rxbuf *)bytes)->num_buffers =
		(__force __virtio16)cpu_to_le16(1);
	for (i = 0; i < 2 * ARRAY_SIZE(layouts); i++) {
		const struct layout_row *row = &layouts[i / 2];
		struct vfe_mock_spec spec = {
			.features = row->features,
			.translated = row->translated,
		};
		struct bpf_prog *prog = make_prog(test, false);
		struct tnet *t = tnet_up(test, &spec, NULL);

		tx = i % 2;
		KUNIT_ASSERT_EQ(test, load(t, prog), 0);
		use_old_buffers(t);
		verdict = tx ? XDP_TX : XDP_PASS;
		if (tx) {
			KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64),
						   XDP_XMIT_FLUSH), 1);
			tnet_take_all(t);
			vfe_mock_push(t->tx, t->tx->size + 3, 0, 1);
		}
		for (j = 0; j < 20; j++)
			KUNIT_ASSERT_TRUE(test, tnet_fill(t, bytes,
							  sizeof(bytes),
							  sizeof(bytes)));
		if (!tx)
			vfe_mock_push(t->rx, t->rx->size + 3, 100, 1);
		tnet_deliver(t);
		KUNIT_EXPECT_EQ_MSG(test, skb_queue_len(&t->got) + rx_drops(t),
				    20U, "%s", row->name);
		/* the queue is broken: it takes no frames */
		if (tx)
			KUNIT_EXPECT_LE(test, xmit(t, make_frame(test, 64),
						   XDP_XMIT_FLUSH), 0);
		verdict = XDP_PASS;
		skb_queue_purge(&t->got);
		msleep(2000);
		tnet_wait_live(t);
		tnet_expect_works(t);
		expect_sent_back(t);
		KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
		tnet_clean(t);
	}
}

/* A packet of more pieces than the ring has entries: dropped and counted. */
static void a_ring_that_is_too_small(struct kunit *test)
{
	struct ethtool_ringparam ring = { .rx_pending = 64, .tx_pending = 4 };
	struct vfe_mock_spec spec = {
		.features = (MERGE | BIT_ULL(VIRTIO_F_RING_RESET)) &
			    ~BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC),
	};
	struct bpf_prog *prog = make_prog(test, true);
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct kernel_ethtool_ringparam kernel = {};
	struct netlink_ext_ack extack = {};
	unsigned int i;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test,
			t->dev->ethtool_ops->set_ringparam(t->dev, &ring,
							   &kernel, &extack),
			0);
	rtnl_unlock();
	for (i = 0; i < 20; i++) {
		verdict = XDP_TX;
		tnet_arrive_merged(t, 6, 500, 6);
		KUNIT_EXPECT_EQ(test, tx_drops(t), i + 1);
		KUNIT_EXPECT_FALSE(test, tnet_take(t));
		verdict = XDP_PASS;
		tnet_expect_works(t);
		expect_sent_back(t);
		tnet_take_and_interrupt(t);
		msleep(20);
	}
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* --- a device that lies --- */

static void lies(struct tnet *t)
{
	static const u32 lens[] = {
		0, 1, 11, 12, 13, 25, 4096, 65536, U32_MAX,
	};
	static const u16 says[] = { 3, 17, 256, U16_MAX };
	static const struct virtio_net_hdr headers[] = {
		{ .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM },
		{ .gso_type = VIRTIO_NET_HDR_GSO_TCPV4 },
		{ .gso_type = 0xff, .flags = 0xff },
	};
	u8 bytes[64] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(headers); i++)
		KUNIT_EXPECT_TRUE(t->test,
				  tnet_arrive(t, &headers[i], 300, 1));
	for (i = 0; t->vn->mode == VFE_NET_RX_MERGEABLE &&
	     i < ARRAY_SIZE(says); i++)
		tnet_arrive_merged(t, 2, 500, says[i]);
	KUNIT_EXPECT_NULL(t->test, tnet_next(t));
	tnet_expect_works(t);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		if (!tnet_fill(t, bytes, sizeof(bytes), lens[i]))
			break;
		tnet_deliver(t);
		msleep(20);
	}
	skb_queue_purge(&t->got);
	/* the driver may have reset the queue */
	tnet_wait_live(t);
	tnet_expect_works(t);
}

static void a_device_that_lies(struct kunit *test)
{
	unsigned int i, round;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = {
			.features = layouts[i].features,
			.translated = layouts[i].translated,
		};
		struct bpf_prog *prog = make_prog(test, i & 1);
		struct tnet *t = tnet_up(test, &spec, NULL);

		kunit_info(test, "%s", layouts[i].name);
		KUNIT_ASSERT_EQ(test, load(t, prog), 0);
		for (round = 0; round < 2; round++) {
			lies(t);
			use_old_buffers(t);
		}
		KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
		tnet_clean(t);
	}
}

/* The program sees no part of a packet whose first length is wrong. */
static void a_length_beyond_the_buffer(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	const u32 lens[] = { 0, 25, 65536 };
	struct bpf_prog *prog = make_prog(test, true);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i, round;
	u64 before;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	/* buffers from before, and the program's */
	for (round = 0; round < 2; round++) {
		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			before = lost(t);
			seen = 0;
			tnet_arrive_wrong(t, lens[i]);
			KUNIT_EXPECT_EQ_MSG(test, seen, 0U, "length %u",
					    lens[i]);
			KUNIT_EXPECT_NULL(test, tnet_next(t));
			KUNIT_EXPECT_EQ(test, lost(t), before + 1);
			tnet_expect_works(t);
		}
		use_old_buffers(t);
	}
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/**
 * struct fail_load - for fail_a_load()
 * @t: the interface
 * @prog: the program
 * @refused: how often it was not loaded
 */
struct fail_load {
	struct tnet *t;
	struct bpf_prog *prog;
	unsigned int refused;
};

static bool fail_a_load(void *data, unsigned int nth)
{
	struct netlink_ext_ack extack = {};
	struct fail_load *f = data;
	struct tnet *t = f->t;
	struct netdev_bpf bpf = {
		.command = XDP_SETUP_PROG, .prog = f->prog, .extack = &extack,
	};
	bool failed;
	int err;

	bpf_prog_inc(f->prog);
	rtnl_lock();
	fail_nth(nth);
	err = t->dev->netdev_ops->ndo_bpf(t->dev, &bpf);
	failed = fail_end();
	rtnl_unlock();
	if (err) {
		bpf_prog_put(f->prog);
		f->refused++;
		KUNIT_EXPECT_EQ(t->test, err, -ENOMEM);
	}
	tnet_expect_works(t);
	if (!err)
		KUNIT_EXPECT_EQ(t->test, load(t, NULL), 0);
	tnet_untap(t);
	vfe_mock_unbind(t->m);
	KUNIT_ASSERT_TRUE(t->test, tnet_bind(t));
	t->tap.dev = t->dev;
	dev_add_pack(&t->tap);
	KUNIT_ASSERT_EQ(t->test, tnet_open(t), 0);
	return failed;
}

static void allocations_of_a_load(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct fail_load f = { .prog = make_prog(test, false) };

	fail_require(test);
	f.t = tnet_up(test, &spec, NULL);
	fail_in_turn(fail_a_load, &f, 20, 3);
	KUNIT_EXPECT_GT(test, f.refused, 0U);
	tnet_clean(f.t);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(packets_of_too_many_old_buffers),
	KUNIT_CASE(packets_without_memory),
	KUNIT_CASE(mappings_that_fail),
	KUNIT_CASE(rings_that_break),
	KUNIT_CASE(a_ring_that_is_too_small),
	KUNIT_CASE(a_device_that_lies),
	KUNIT_CASE(a_length_beyond_the_buffer),
	KUNIT_CASE(allocations_of_a_load),
	{}
};

VFE_SUITE(cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * XDP: loading programs and unloading them, their decisions on packets in
 * buffers of each layout, lengths that lie, frames from other interfaces. The
 * program calls a function of this file, which decides.
 */
#include <linux/bpf.h>
#include <linux/filter.h>
#include <linux/pm.h>
#include <net/xdp.h>

#include "lib/failslab.h"
#include "lib/net_fixture.h"

#define HDR	sizeof(struct virtio_net_hdr_mrg_rxbuf)
#define PLAIN	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_NET_F_MAC) | \
		 BIT_ULL(VIRTIO_NET_F_STATUS))
#define MERGE	(PLAIN | BIT_ULL(VIRTIO_NET_F_MRG_RXBUF))
#define LARGE \
	(BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO4))
#define SWITCH \
	(BIT_ULL(VIRTIO_NET_F_CTRL_VQ) | \
	 BIT_ULL(VIRTIO_NET_F_CTRL_GUEST_OFFLOADS))

static u32 verdict;		/* what the program decides */
static unsigned int seen;	/* packets that it saw */
static unsigned int seen_len;	/* bytes of the last one */
static int shift;		/* it moves the begin of the packet by this */
static int to;			/* it redirects to this interface, if not 0 */

static u64 decide(u64 ctx, u64 r2, u64 r3, u64 r4, u64 r5)
{
	struct xdp_buff *xdp = (void *)(unsigned long)ctx;
	struct bpf_redirect_info *ri;

	seen++;
	seen_len = xdp_get_buff_len(xdp);
	xdp->data += shift;
	xdp->data_meta = xdp->data;
	if (to) {
		ri = bpf_net_ctx_get_ri();
		ri->tgt_index = to;
		ri->map_id = INT_MAX;
		ri->map_type = BPF_MAP_TYPE_UNSPEC;
	}
	return verdict;
}

static void free_prog(void *data)
{
	struct bpf_prog *prog = data;

	synchronize_rcu();
	bpf_prog_free(prog);
}

/* A program that calls decide(); the test frees it. */
static struct bpf_prog *make_prog(struct kunit *test, bool frags)
{
	const struct bpf_insn insns[] = {
		BPF_EMIT_CALL(decide),
		BPF_EXIT_INSN(),
	};
	struct bpf_prog *prog;
	int err = 0;

	verdict = XDP_PASS;
	seen = 0;
	shift = 0;
	to = 0;
	prog = bpf_prog_alloc(bpf_prog_size(ARRAY_SIZE(insns)), 0);
	KUNIT_ASSERT_NOT_NULL(test, prog);
	prog->type = BPF_PROG_TYPE_XDP;
	prog->gpl_compatible = 1;
	prog->len = ARRAY_SIZE(insns);
	prog->aux->xdp_has_frags = frags;
	memcpy(prog->insnsi, insns, sizeof(insns));
	/* one reference is the test's */
	atomic64_set(&prog->aux->refcnt, 1);
	prog = bpf_prog_select_runtime(prog, &err);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, free_prog, prog), 0);
	return prog;
}

/* The driver gets a reference, as it does from the network stack. */
static int load(struct tnet *t, struct bpf_prog *prog)
{
	struct netlink_ext_ack extack = {};
	struct netdev_bpf bpf = {
		.command = XDP_SETUP_PROG, .prog = prog, .extack = &extack,
	};
	int err;

	if (prog)
		bpf_prog_inc(prog);
	rtnl_lock();
	err = t->dev->netdev_ops->ndo_bpf(t->dev, &bpf);
	rtnl_unlock();
	if (err && prog)
		bpf_prog_put(prog);
	if (err)
		KUNIT_EXPECT_NOT_NULL(t->test, extack._msg);
	return err;
}

static u64 rx_drops(struct tnet *t)
{
	return u64_stats_read(&t->vn->rxq[0].stats.xdp_drops);
}

/* Uses up the buffers from before the program was loaded. */
static void use_old_buffers(struct tnet *t)
{
	unsigned int i;

	for (i = 0; i < 70; i++)
		tnet_expect_receives(t, 200, i);
}

/* A packet of 300 bytes is sent back, and the frame is freed. */
static void expect_sent_back(struct tnet *t)
{
	struct kunit *test = t->test;
	const struct vfe_mock_seg *seg;
	const u8 *byte;

	verdict = XDP_TX;
	KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 300, 0x77));
	KUNIT_EXPECT_NULL(test, tnet_next(t));
	KUNIT_ASSERT_TRUE(test, tnet_take(t));
	KUNIT_EXPECT_EQ(test, t->chain->in, 0U);
	seg = &t->chain->segs[t->chain->out - 1];
	byte = vfe_mock_mem(seg->addr);
	KUNIT_ASSERT_NOT_NULL(test, byte);
	KUNIT_EXPECT_GE(test, seg->len, 300U);
	KUNIT_EXPECT_EQ(test, byte[seg->len - 1], 0x77);
	verdict = XDP_PASS;
}

/* --- decisions --- */

/**
 * struct layout_row - a layout of receive buffers
 * @name: of the row
 * @features: of the device
 * @translated: the bus translates
 */
struct layout_row {
	const char *name;
	u64 features;
	bool translated;
};

static const struct layout_row layouts[] = {
	{ "small", PLAIN },
	{ "mergeable", MERGE },
	{ "big", PLAIN | LARGE | SWITCH },
	{ "packed", MERGE | BIT_ULL(VIRTIO_F_RING_PACKED) },
	{ "small, in order", PLAIN | BIT_ULL(VIRTIO_F_IN_ORDER) },
	{ "mergeable, DMA API", MERGE | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM),
	  true },
	{ "small, DMA API", PLAIN | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM), true },
	{ "big, DMA API", PLAIN | LARGE | SWITCH |
	  BIT_ULL(VIRTIO_F_ACCESS_PLATFORM), true },
};

static void any_layout(struct kunit *test)
{
	unsigned int i, round;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = {
			.features = layouts[i].features,
			.translated = layouts[i].translated,
		};
		struct bpf_prog *prog = make_prog(test, false);
		struct tnet *t = tnet_up(test, &spec, NULL);

		kunit_info(test, "%s", layouts[i].name);
		KUNIT_ASSERT_EQ(test, load(t, prog), 0);
		/* first with buffers from before, then with its own */
		for (round = 0; round < 2; round++) {
			tnet_expect_works(t);
			expect_sent_back(t);
			use_old_buffers(t);
		}
		KUNIT_EXPECT_GE(test, seen, 140U);
		KUNIT_EXPECT_EQ(test, seen_len, 200U);
		KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
		tnet_expect_works(t);
		tnet_clean(t);
	}
}

static void decisions(struct kunit *test)
{
	static const u32 drops[] = { XDP_DROP, XDP_ABORTED, XDP_REDIRECT, 17 };
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;
	u64 before;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	use_old_buffers(t);
	for (i = 0; i < ARRAY_SIZE(drops); i++) {
		before = rx_drops(t);
		verdict = drops[i];
		KUNIT_EXPECT_TRUE(test, tnet_arrive(t, NULL, 300, 1));
		KUNIT_EXPECT_NULL(test, tnet_next(t));
		KUNIT_EXPECT_EQ_MSG(test, rx_drops(t), before + 1,
				    "decision %u", drops[i]);
	}
	/* the program may cut the packet's begin */
	verdict = XDP_PASS;
	shift = 20;
	KUNIT_EXPECT_TRUE(test, tnet_arrive(t, NULL, 300, 1));
	skb_queue_purge(&t->got);
	shift = 0;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* More packets than the transmit ring takes are dropped, none is lost. */
static void a_full_ring_of_packets_sent_back(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i, sent;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	verdict = XDP_TX;
	for (i = 0; i < 300; i++)
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 100, i));
	sent = tnet_take_all(t);
	KUNIT_EXPECT_GT(test, sent, 16U);
	KUNIT_EXPECT_EQ(test, sent + rx_drops(t), 300U);
	/* the stack and the program share the ring */
	for (i = 0; i < 200; i++) {
		tnet_send(t, tnet_frame(t, 100, i));
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 100, i));
		if (i % 7 == 0)
			tnet_take_and_interrupt(t);
	}
	tnet_take_and_interrupt(t);
	msleep(1000);
	tnet_take_and_interrupt(t);
	verdict = XDP_PASS;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* Redirected packets leave by ndo_xdp_xmit(), all of a poll in one batch. */
static void packets_that_are_redirected(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, true);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	use_old_buffers(t);
	verdict = XDP_REDIRECT;
	to = t->dev->ifindex;
	for (i = 0; i < 40; i++) {
		KUNIT_ASSERT_TRUE(test, tnet_arrive(t, NULL, 300, i));
		tnet_arrive_merged(t, 3, 400, 3);
		KUNIT_EXPECT_EQ(test, tnet_take_all(t), 2U);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
	}
	KUNIT_EXPECT_EQ(test, rx_drops(t), 0ULL);
	KUNIT_EXPECT_EQ(test,
			u64_stats_read(&t->vn->rxq[0].stats.xdp_redirects),
			80ULL);
	verdict = XDP_PASS;
	to = 0;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

/* --- several buffers --- */

static void packets_of_several_buffers(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *frags = make_prog(test, true);
	struct bpf_prog *plain = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i, n;
	u64 before;

	KUNIT_ASSERT_EQ(test, load(t, frags), 0);
	for (i = 0; i < 2; i++) {
		for (n = 2; n <= 17; n++) {
			verdict = n % 3 ? XDP_PASS : XDP_TX;
			tnet_arrive_merged(t, n, 1400, n);
			KUNIT_EXPECT_EQ(test, seen_len,
					1400 + (n - 1) * (1400 + HDR));
			tnet_take_and_interrupt(t);
		}
		KUNIT_EXPECT_GT(test, skb_queue_len(&t->got), 8U);
		skb_queue_purge(&t->got);
	}
	verdict = XDP_DROP;
	tnet_arrive_merged(t, 5, 1400, 5);
	/* more than an skb has fragments */
	before = rx_drops(t);
	tnet_arrive_merged(t, 25, 1400, 25);
	KUNIT_EXPECT_EQ(test, rx_drops(t), before + 1);
	/* without fragments it is copied into the first buffer, or lost */
	KUNIT_ASSERT_EQ(test, load(t, plain), 0);
	verdict = XDP_PASS;
	tnet_arrive_merged(t, 3, 500, 3);
	KUNIT_EXPECT_EQ(test, seen_len, 500 + 2 * (500 + HDR));
	KUNIT_EXPECT_EQ(test, skb_queue_len(&t->got), 1U);
	skb_queue_purge(&t->got);
	before = rx_drops(t);
	tnet_arrive_merged(t, 10, 1400, 10);
	KUNIT_EXPECT_EQ(test, rx_drops(t), before + 1);
	tnet_expect_works(t);
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

/* --- loading --- */

static void load_and_unload_under_traffic(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *a = make_prog(test, true), *b = make_prog(test, false);
	struct tnet *t = tnet_up(test, &spec, NULL);
	unsigned int i;

	for (i = 0; i < 20; i++) {
		KUNIT_ASSERT_EQ(test, load(t, i % 2 ? a : b), 0);
		verdict = i % 3 ? XDP_TX : XDP_PASS;
		tnet_send_many(t, 5);
		tnet_arrive(t, NULL, 400, i);
		if (i % 4 == 0)
			KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
		tnet_arrive(t, NULL, 400, i);
		if (i % 5 == 0) {
			tnet_close(t);
			KUNIT_EXPECT_EQ(test, tnet_open(t), 0);
		}
		tnet_take_and_interrupt(t);
	}
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	skb_queue_purge(&t->got);
	tnet_take_and_interrupt(t);
	tnet_expect_works(t);
	tnet_clean(t);
}

/* Frames in the ring are freed by a reset; the program stays. */
static void resets_with_a_program(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE };
	struct bpf_prog *prog = make_prog(test, true);
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct device *dev = &t->m->pdev->dev;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	for (i = 0; i < 4; i++) {
		verdict = XDP_TX;
		tnet_arrive(t, NULL, 400, i);
		tnet_send_many(t, 10);
		if (i % 2) {
			KUNIT_EXPECT_EQ(test, dev->driver->pm->suspend(dev), 0);
			KUNIT_EXPECT_EQ(test, dev->driver->pm->resume(dev), 0);
		} else {
			vfe_mock_needs_reset(t->m);
		}
		tnet_wait_live(t);
		tnet_expect_no_bql(t);
		verdict = XDP_PASS;
		tnet_expect_works(t);
		expect_sent_back(t);
	}
	tnet_arrive(t, NULL, 400, i);
	tnet_close(t);
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	tnet_clean(t);
}

static struct tnet *switch_up(struct kunit *test)
{
	static const struct vfe_net_config config = {
		.mac = { 2, 0, 0, 0, 0, 1 },
		.status = cpu_to_le16(VIRTIO_NET_S_LINK_UP),
		.max_virtqueue_pairs = cpu_to_le16(2),
	};
	struct vfe_mock_spec spec = {
		.features = MERGE | LARGE | SWITCH |
			    BIT_ULL(VIRTIO_NET_F_MQ),
		.queues = 5,
	};

	return tnet_up(test, &spec, &config);
}

static u64 offloads_sent(struct tnet *t)
{
	const struct tnet_command *c;
	__le64 offloads;

	c = tnet_last_command(t, VIRTIO_NET_CTRL_GUEST_OFFLOADS,
			      VIRTIO_NET_CTRL_GUEST_OFFLOADS_SET);
	if (!c || c->len != sizeof(offloads))
		return U64_MAX;
	memcpy(&offloads, c->data, sizeof(offloads));
	return le64_to_cpu(offloads);
}

/* A program sees no packets that were merged, or lack their checksum. */
static void offloads_are_off_while_a_program_is_loaded(struct kunit *test)
{
	struct ethtool_channels channels = { .combined_count = 2 };
	struct bpf_prog *prog = make_prog(test, false);
	struct tnet *t = switch_up(test);
	int err;

	t->ack = VIRTIO_NET_ERR;
	KUNIT_EXPECT_NE(test, load(t, prog), 0);
	t->ack = VIRTIO_NET_OK;
	tnet_expect_works(t);
	KUNIT_EXPECT_EQ(test, seen, 0U);
	KUNIT_ASSERT_EQ(test, load(t, prog), 0);
	KUNIT_EXPECT_EQ(test, offloads_sent(t), 0ULL);
	tnet_expect_works(t);
	rtnl_lock();
	err = t->dev->ethtool_ops->set_channels(t->dev, &channels);
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	KUNIT_EXPECT_EQ(test, dev_set_mtu(t->dev, 9000), -EINVAL);
	KUNIT_EXPECT_EQ(test, dev_set_mtu(t->dev, 1400), 0);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, load(t, NULL), 0);
	KUNIT_EXPECT_EQ(test, offloads_sent(t), LARGE);
	tnet_expect_works(t);
	rtnl_lock();
	KUNIT_EXPECT_EQ(test, dev_set_mtu(t->dev, 9000), 0);
	rtnl_unlock();
	/* without fragments, nothing holds such packets */
	KUNIT_EXPECT_EQ(test, load(t, prog), -EINVAL);
	tnet_clean(t);
}

static void devices_that_programs_cannot_use(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = MERGE | LARGE };
	struct bpf_prog *prog = make_prog(test, true);
	struct tnet *t = tnet_up(test, &spec, NULL);
	struct netdev_bpf bpf = { .command = XDP_SETUP_PROG_HW };
	int err;

	KUNIT_EXPECT_EQ(test, load(t, prog), -EOPNOTSUPP);
	rtnl_lock();
	err = t->dev->netdev_ops->ndo_bpf(t->dev, &bpf);
	rtnl_unlock();
	KUNIT_EXPECT_EQ(test, err, -EINVAL);
	tnet_expect_works(t);
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

/* --- frames from other interfaces --- */

static struct xdp_frame *make_frame(struct kunit *test, unsigned int headroom)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct xdp_frame *frame;

	KUNIT_ASSERT_NOT_NULL(test, page);
	frame = page_address(page);
	memset(frame, 0, PAGE_SIZE);
	frame->data = (void *)frame + sizeof(*frame) + headroom;
	frame->len = 200;
	frame->headroom = headroom;
	frame->frame_sz = PAGE_SIZE;
	memset(frame->data, 0x33, frame->len);
	return frame;
}

static int xmit(struct tnet *t, struct xdp_frame *frame, u32 flags)
{
	int sent;

	local_bh_disable();
	sent = t->dev->netdev_ops->ndo_xdp_xmit(t->dev, 1, &frame, flags);
	local_bh_enable();
	if (sent < 1)
		xdp_return_frame(frame);
	return sent;
}

static void frames_of_other_interfaces(struct kunit *test)
{
	unsigned int i, n, sent;

	for (i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct vfe_mock_spec spec = {
			.features = layouts[i].features,
			.translated = layouts[i].translated,
		};
		struct tnet *t = tnet_up(test, &spec, NULL);

		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 0),
					   XDP_XMIT_FLUSH), 1);
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64),
					   XDP_XMIT_FLUSH), 1);
		KUNIT_EXPECT_EQ(test, tnet_take_all(t), 2U);
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64), 1U << 31),
				-EINVAL);
		for (n = 0, sent = 0; n < 200; n++)
			sent += xmit(t, make_frame(test, n % 2 * 64), 0);
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64),
					   XDP_XMIT_FLUSH), 0);
		KUNIT_EXPECT_GT(test, sent, 16U);
		KUNIT_EXPECT_EQ(test, tnet_take_all(t), sent);
		vfe_mock_interrupt(t->tx);
		tnet_run_softirqs();
		tnet_expect_works(t);
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64),
					   XDP_XMIT_FLUSH), 1);
		tnet_close(t);
		KUNIT_EXPECT_EQ(test, xmit(t, make_frame(test, 64),
					   XDP_XMIT_FLUSH), -ENETDOWN);
		tnet_clean(t);
	}
}

static struct kunit_case cases[] = {
	KUNIT_CASE(any_layout),
	KUNIT_CASE(decisions),
	KUNIT_CASE(a_full_ring_of_packets_sent_back),
	KUNIT_CASE(packets_that_are_redirected),
	KUNIT_CASE(packets_of_several_buffers),
	KUNIT_CASE(a_device_that_lies),
	KUNIT_CASE(load_and_unload_under_traffic),
	KUNIT_CASE(resets_with_a_program),
	KUNIT_CASE(offloads_are_off_while_a_program_is_loaded),
	KUNIT_CASE(devices_that_programs_cannot_use),
	KUNIT_CASE(allocations_of_a_load),
	KUNIT_CASE(frames_of_other_interfaces),
	{}
};

VFE_SUITE(cases);

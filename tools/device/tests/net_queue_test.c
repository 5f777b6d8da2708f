// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the receive and transmit queues of the network device. */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "nic.h"

#define F(name)		BIT64(VIRTIO_NET_F_##name)
#define PLAIN		(V1 | F(MAC))
#define OFFLOADS	(F(CSUM) | F(GUEST_CSUM) | F(HOST_TSO4) | \
			 F(GUEST_TSO4) | F(HOST_TSO6) | F(GUEST_TSO6) | \
			 F(HOST_USO) | F(GUEST_USO4) | F(GUEST_USO6))

static uint8_t frame[70000], got[140000];
static struct vfe_net_hdr hdr;

static uint64_t counted(const struct nic *n, enum net_count which)
{
	return n->main->c.of_class[which];
}

/* The frame that comes back has its addresses exchanged. */
static void check_echo(uint32_t len)
{
	CHECK(!memcmp(got, frame + MAC_LEN, MAC_LEN));
	CHECK(!memcmp(got + MAC_LEN, frame, MAC_LEN));
	CHECK(!memcmp(got + 42, frame + 42, len - 42));
}

static void test_identity(struct guest *g)
{
	struct vfe_net_config c;

	CHECK_EQ(get(g, VFE_REG_NUM_QUEUES), 5);
	for (unsigned int i = 0; i < sizeof(c); i++)
		((uint8_t *)&c)[i] = vdev_read(g->v, VFE_WIN_DEVICE, i, 1);
	CHECK(!memcmp(c.mac, "\x52\x54\x00\x00\x00\x01", 6));
	CHECK_EQ(c.status, VIRTIO_NET_S_LINK_UP);
	CHECK_EQ(c.max_virtqueue_pairs, 2);
	CHECK(c.rss_max_key_size >= VFE_NET_RSS_MIN_KEY);
	CHECK(c.rss_max_indirection_table_length >= VFE_NET_RSS_MIN_TABLE);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, sizeof(c), 4), 0);
	vdev_write(g->v, VFE_WIN_DEVICE, 0, 1, 0);
	CHECK(strstr(logged.last, "read-only"));
	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 0, 1), 0x52);
}

/* 5.1.3.1: features without those that they need */
static void test_rules(struct guest *g)
{
	static const uint64_t bad[] = {
		F(GUEST_TSO4), F(HOST_TSO6), F(HOST_USO), F(MQ), F(RSS),
		F(GUEST_CSUM) | F(GUEST_ECN), F(NOTF_COAL), F(CTRL_VLAN),
		F(CSUM) | F(HOST_TSO4) | BIT64(NET_F_HOST_TUNNEL),
		BIT64(NET_F_GUEST_TUNNEL_CSUM),
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(!(guest_negotiate(g, PLAIN | bad[i]) &
			VIRTIO_CONFIG_S_FEATURES_OK));
		CHECK(strstr(logged.last, "lack"));
	}
	CHECK(guest_negotiate(g, PLAIN | OFFLOADS) &
	      VIRTIO_CONFIG_S_FEATURES_OK);
}

static void with_few_features(struct options *o)
{
	with_two_pairs(o);
	o->features_off = F(CSUM) | F(CTRL_VQ);
}

/* What needs a feature that is off is off, too. */
static void test_features_off(struct guest *g)
{
	const uint64_t gone = F(CSUM) | F(HOST_TSO4) | F(HOST_TSO6) |
			      F(HOST_ECN) | F(HOST_USO) | F(CTRL_VQ) | F(MQ) |
			      F(RSS) | F(CTRL_RX) | F(NOTF_COAL) |
			      BIT64(NET_F_HOST_TUNNEL) |
			      BIT64(NET_F_HOST_TUNNEL_CSUM);

	CHECK_EQ(offered(g) & gone, 0);
	CHECK(offered(g) & F(GUEST_TSO4));
	CHECK(offered(g) & BIT64(NET_F_GUEST_TUNNEL));
}

/* Feature bits 44 to 49 are no features, 64 to 69 some. */
static void test_high_features(struct guest *g)
{
	set(g, VFE_REG_DEVICE_FEATURE_SELECT, 1);
	CHECK_EQ(get(g, VFE_REG_DEVICE_FEATURE) >> 12 & 0x3f, 0);
	set(g, VFE_REG_DEVICE_FEATURE_SELECT, 2);
	CHECK_EQ(get(g, VFE_REG_DEVICE_FEATURE), 0x1e);
	set(g, VFE_REG_DEVICE_STATUS, 0);
	set(g, VFE_REG_DEVICE_STATUS, 3);
	set(g, VFE_REG_DRIVER_FEATURE_SELECT, 1);
	set(g, VFE_REG_DRIVER_FEATURE, 1 | 1 << 13);
	set(g, VFE_REG_DEVICE_STATUS, 11);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 3);
	CHECK(strstr(logged.last, "not offered"));
	set(g, VFE_REG_DRIVER_FEATURE, 1);
	set(g, VFE_REG_DRIVER_FEATURE_SELECT, 2);
	set(g, VFE_REG_DRIVER_FEATURE, 1);
	set(g, VFE_REG_DEVICE_STATUS, 11);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 3);
}

static void echo(struct guest *g, uint64_t features)
{
	static const uint32_t payloads[] = { 0, 1, 100, 1458 };
	struct nic n;

	nic_start(&n, g, features);
	nic_fill(&n, RX0, 8, NIC_BUFFER);
	for (size_t i = 0; i < 4; i++) {
		uint32_t len = make_frame(frame, false, false, payloads[i]);

		CHECK(nic_send(&n, TX0, NULL, frame, len));
		CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
		check_echo(len);
		CHECK_EQ(hdr.num_buffers, 1);
		CHECK_EQ(hdr.flags | hdr.gso_type, 0);
		CHECK(frame_is_right(got, len));
	}
	CHECK_EQ(counted(&n, NET_TX_FRAMES), 4);
	CHECK_EQ(counted(&n, NET_RX_FRAMES), 4);
	CHECK_EQ(counted(&n, NET_TX_BYTES), counted(&n, NET_RX_BYTES));
	memset(&g->c, 0, sizeof(g->c));
}

static void test_echo(struct guest *g)
{
	echo(g, PLAIN);
	echo(g, PLAIN | PACKED);
	echo(g, PLAIN | EVENT | F(MRG_RXBUF));
	echo(g, PLAIN | IN_ORDER | F(MRG_RXBUF) | PACKED);
	echo(g, ~(PACKED | IN_ORDER | F(CTRL_RX)));
	echo(g, ~(IN_ORDER | F(CTRL_RX)));
}

/* 5.1.9.3.1: the header's length follows the features. */
static void test_header_length(struct guest *g)
{
	static const struct {
		uint64_t features;
		unsigned int len;
	} rows[] = {
		{ 0, 12 },
		{ F(CTRL_VQ) | F(HASH_REPORT), 20 },
		{ OFFLOADS | BIT64(NET_F_HOST_TUNNEL), 24 },
		{ OFFLOADS | BIT64(NET_F_GUEST_TUNNEL), 24 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nic n;

		nic_start(&n, g, PLAIN | rows[i].features);
		CHECK_EQ(n.hdr_len, rows[i].len);
		nic_fill(&n, RX0, 1, NIC_BUFFER);
		CHECK(nic_send(&n, TX0, NULL, frame,
			       make_frame(frame, true, true, 64)));
		CHECK_EQ(nic_receive(&n, RX0, &hdr, got), 14 + 40 + 20 + 64);
	}
}

static void leave_tso(uint32_t size)
{
	memset(&hdr, 0, sizeof(hdr));
	hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	hdr.gso_size = size;
	hdr.hdr_len = 54;
	hdr.csum_start = 34;
	hdr.csum_offset = 16;
}

/* 5.1.9.4.1: a large frame in merged buffers, each but the last full */
static void test_merged(struct guest *g)
{
	uint32_t len = make_frame(frame, false, true, 40000);
	struct nic n;

	nic_start(&n, g, PLAIN | OFFLOADS | F(MRG_RXBUF));
	nic_fill(&n, RX0, 40, NIC_BUFFER);
	leave_tso(1448);
	CHECK(nic_send(&n, TX0, &hdr, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(hdr.num_buffers, (12 + len + NIC_BUFFER - 1) / NIC_BUFFER);
	CHECK_EQ(hdr.gso_type, VIRTIO_NET_HDR_GSO_TCPV4);
	CHECK_EQ(hdr.gso_size, 1448);
	CHECK(!memcmp(got + 54, frame + 54, len - 54));
	CHECK_EQ(counted(&n, NET_RX_BUFFERS), hdr.num_buffers);
}

/* 5.1.9.3.1: without merged buffers, one of many pieces holds it. */
static void test_big_buffer(struct guest *g)
{
	uint32_t len = make_frame(frame, false, true, 60000);
	struct piece e[17];
	struct used u;
	struct nic n;

	for (unsigned int i = 0; i < 17; i++)
		e[i] = (struct piece){
			NIC_DATA + i * 0x1000, 0x1000, VRING_DESC_F_WRITE
		};
	for (unsigned int table = 0; table < 2; table++) {
		nic_start(&n, g, PLAIN | OFFLOADS | INDIRECT);
		if (table)
			add_table(&n.q[RX0], e, 17, 0);
		else
			add(&n.q[RX0], e, 17, 0);
		leave_tso(1448);
		CHECK(nic_send(&n, TX0, &hdr, frame, len));
		CHECK(take(&n.q[RX0], 1, table ? 1 : 17, &u));
		CHECK_EQ(u.len, 12 + len);
		memcpy(&hdr, at(g, NIC_DATA), 12);
		CHECK_EQ(hdr.num_buffers, 1);
		CHECK(!memcmp((uint8_t *)at(g, NIC_DATA) + 12 + 54,
			      frame + 54, len - 54));
	}
}

/* A driver that cannot take the frame gets segments of it. */
static void test_segmented(struct guest *g)
{
	uint32_t len = make_frame(frame, false, true, 14480), sum = 0;
	struct nic n;

	nic_start(&n, g, PLAIN | F(CSUM) | F(HOST_TSO4));
	nic_fill(&n, RX0, 32, NIC_BUFFER);
	leave_tso(1448);
	CHECK(nic_send(&n, TX0, &hdr, frame, len));
	for (unsigned int i = 0; i < 10; i++) {
		int part = nic_receive(&n, RX0, &hdr, got);

		CHECK_EQ(part, 54 + 1448);
		CHECK_EQ(hdr.flags | hdr.gso_type, 0);
		CHECK(frame_is_right(got, part));
		sum += part - 54;
	}
	CHECK_EQ(sum, 14480);
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), -1);
	CHECK_EQ(counted(&n, NET_TX_FRAMES), 1);
	CHECK_EQ(counted(&n, NET_RX_FRAMES), 10);
}

/* Frames wait for buffers; a notification is wanted only then. */
static void test_starved(struct guest *g)
{
	uint32_t len = make_frame(frame, false, false, 100);
	struct guest *rx;
	struct nic n;

	nic_start(&n, g, PLAIN | EVENT);
	rx = &n.q[RX0];
	nic_fill(&n, RX0, 1, NIC_BUFFER);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), -1);
	nic_fill(&n, RX0, 1, NIC_BUFFER);
	CHECK(kick_wanted(rx, rx->avail_idx - 1));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(counted(&n, NET_RX_OVERRUN), 0);
}

/* Too many for back end and rings: transmission waits, too. */
static void test_backpressure(struct guest *g)
{
	uint32_t len = make_frame(frame, false, false, 100);
	unsigned int sent = 0, received = 0;
	struct nic n;

	nic_start(&n, g, PLAIN);
	while (sent < 500 && nic_send(&n, TX0, NULL, frame, len))
		sent++;
	/* the back end and the link have 64 each, and one is under way */
	CHECK_EQ(sent, 129);
	for (int i = 0; i < 40; i++) {
		struct used u;

		nic_fill(&n, RX0, 8, NIC_BUFFER);
		nic_poll(&n);
		while (nic_receive(&n, RX0, &hdr, got) == (int)len)
			received++;
		while (take(&n.q[TX0], 1, 2, &u))
			sent++;
	}
	CHECK_EQ(sent, 130);
	CHECK_EQ(received, 130);
	CHECK_EQ(counted(&n, NET_RX_OVERRUN), 0);
}

/* A driver without buffers loses the frame, in bounded time. */
static void test_patience(struct guest *g)
{
	uint32_t len = make_frame(frame, false, false, 100);
	struct timespec pause = { 0, 210 * 1000000L };
	struct nic n;

	nic_start(&n, g, PLAIN);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK(vdev_due(g->v) != UINT64_MAX);
	nanosleep(&pause, NULL);
	vdev_serve(g->v, clock_ns());
	CHECK_EQ(counted(&n, NET_RX_OVERRUN), 1);
	CHECK_EQ(vdev_due(g->v), UINT64_MAX);
	nic_fill(&n, RX0, 1, NIC_BUFFER);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
}

/* A frame that no buffer holds is dropped, and the buffer stays. */
static void test_too_long(struct guest *g)
{
	struct nic n;

	nic_start(&n, g, PLAIN);
	nic_fill(&n, RX0, 1, 256);
	CHECK(nic_send(&n, TX0, NULL, frame,
		       make_frame(frame, false, false, 400)));
	CHECK_EQ(counted(&n, NET_RX_TOO_LONG), 1);
	CHECK(nic_send(&n, TX0, NULL, frame,
		       make_frame(frame, false, false, 100)));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), 142);
	/* nor in all buffers of the ring */
	nic_start(&n, g, PLAIN | F(MRG_RXBUF));
	nic_fill(&n, RX0, NIC_SIZE, 16);
	CHECK(nic_send(&n, TX0, NULL, frame,
		       make_frame(frame, false, false, 1400)));
	CHECK_EQ(counted(&n, NET_RX_TOO_LONG), 2);
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), -1);
}

static void with_mtu(struct options *o)
{
	with_two_pairs(o);
	nic_options.mtu = 600;
}

static void test_mtu(struct guest *g)
{
	struct nic n;

	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 10, 2), 600);
	nic_start(&n, g, PLAIN | F(MTU));
	nic_fill(&n, RX0, 8, NIC_BUFFER);
	CHECK(nic_send(&n, TX0, NULL, frame,
		       make_frame(frame, false, false, 572)));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), 614);
	CHECK(nic_send(&n, TX0, NULL, frame,
		       make_frame(frame, false, false, 600)));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), -1);
	CHECK_EQ(counted(&n, NET_RX_TOO_LONG), 1);
}

/* Offloads that were not negotiated, and headers without sense: dropped */
static void test_malformed(struct guest *g)
{
	uint32_t len = make_frame(frame, false, true, 3000);
	struct nic n;

	nic_start(&n, g, PLAIN);
	leave_tso(1448);
	CHECK(nic_send(&n, TX0, &hdr, frame, len));
	leave_tso(1448);
	hdr.gso_type = 0;
	CHECK(nic_send(&n, TX0, &hdr, frame, len));
	CHECK_EQ(counted(&n, NET_TX_MALFORMED), 2);
	nic_start(&n, g, PLAIN | OFFLOADS);
	leave_tso(0);
	CHECK(nic_send(&n, TX0, &hdr, frame, len));
	/* shorter than an Ethernet header, or longer than any frame */
	CHECK(nic_send(&n, TX0, NULL, frame, 13));
	CHECK(nic_send(&n, TX0, NULL, frame, NET_FRAME_MAX + 1));
	CHECK_EQ(counted(&n, NET_TX_MALFORMED), 5);
	CHECK_EQ(counted(&n, NET_TX_FRAMES), 0);
	CHECK(!(get(g, VFE_REG_DEVICE_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET));
}

/* Buffers that break the device; a reset helps. */
static void test_bad_buffers(struct guest *g)
{
	static const struct {
		unsigned int queue;
		struct piece e;
	} bad[] = {
		{ TX0, { NIC_DATA, 11, 0 } },
		{ TX0, { NIC_DATA, 64, VRING_DESC_F_WRITE } },
		{ TX0, { RAM_BASE + RAM_SIZE - 8, 64, 0 } },
		{ RX0, { NIC_DATA, 11, VRING_DESC_F_WRITE } },
		{ RX0, { NIC_DATA, 2048, 0 } },
		{ RX0, { ROM_BASE, 2048, VRING_DESC_F_WRITE } },
		{ CTRL, { NIC_DATA, 64, 0 } },
		{ CTRL, { NIC_DATA, 64, VRING_DESC_F_WRITE } },
	};
	uint32_t len = make_frame(frame, false, false, 100);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct nic n;

		nic_start(&n, g, PLAIN | F(CTRL_VQ) | F(MQ));
		add(&n.q[bad[i].queue], &bad[i].e, 1, 0);
		kick(&n.q[bad[i].queue]);
		if (bad[i].queue == RX0)
			nic_send(&n, TX0, NULL, frame, len);
		CHECK(get(g, VFE_REG_DEVICE_STATUS) &
		      VIRTIO_CONFIG_S_NEEDS_RESET);
		nic_start(&n, g, PLAIN);
		nic_fill(&n, RX0, 1, NIC_BUFFER);
		CHECK(nic_send(&n, TX0, NULL, frame, len));
		CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	}
}

/* One interrupt for a batch of frames */
static void test_interrupts(struct guest *g)
{
	uint32_t len = make_frame(frame, false, false, 100);
	struct nic n;

	nic_start(&n, g, PLAIN);
	nic_fill(&n, RX0, 32, NIC_BUFFER);
	for (unsigned int i = 0; i < 10; i++) {
		const struct piece e = { NIC_DATA, 12 + len, 0 };

		memset(at(g, NIC_DATA), 0, 12);
		memcpy(at(g, NIC_DATA + 12), frame, len);
		add(&n.q[TX0], &e, 1, i);
	}
	kick(&n.q[TX0]);
	nic_poll(&n);
	for (unsigned int i = 0; i < 10; i++)
		CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(seen.vector[1 + RX0], 1);
	CHECK_EQ(seen.vector[1 + TX0], 1);
}

/* 2.6.1: a receive queue is reset, with other sizes; frames go on. */
static void test_ring_reset(struct guest *g)
{
	uint32_t len = make_frame(frame, false, false, 100);
	struct nic n;

	nic_start(&n, g, PLAIN | RESET | F(MRG_RXBUF));
	nic_fill(&n, RX0, 4, NIC_BUFFER);
	set(g, VFE_REG_QUEUE_SELECT, RX0);
	set(g, VFE_REG_QUEUE_RESET, 1);
	CHECK_EQ(get(g, VFE_REG_QUEUE_RESET), 0);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK_EQ(counted(&n, NET_RX_OVERRUN), 1);
	memset(at(g, n.q[RX0].at->desc), 0, 0xc000);
	guest_queue(&n.q[RX0], 16);
	nic_fill(&n, RX0, 4, NIC_BUFFER);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
}

/* ARP, neighbour solicitation and pings of the echo back end */
static void test_answers(struct guest *g)
{
	static const uint8_t arp[42] = {
		255, 255, 255, 255, 255, 255, 0x52, 0x54, 0, 0, 0, 1, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0, 0, 1, 10, 0, 0, 1,
		0, 0, 0, 0, 0, 0, 10, 0, 0, 9,
	};
	uint8_t probe[42];
	struct nic n;

	nic_start(&n, g, PLAIN);
	nic_fill(&n, RX0, 8, NIC_BUFFER);
	CHECK(nic_send(&n, TX0, NULL, arp, sizeof(arp)));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), 42);
	CHECK_EQ(got[21], 2);
	CHECK(!memcmp(got + 28, arp + 38, 4));
	CHECK(!memcmp(got + 32, arp + 22, 10));
	/* nobody has the asker's own address */
	memcpy(probe, arp, sizeof(probe));
	memset(probe + 28, 0, 4);
	CHECK(nic_send(&n, TX0, NULL, probe, sizeof(probe)));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), -1);
	/* a ping */
	make_frame(frame, false, false, 32);
	frame[23] = 1;
	checksum_ip4(frame + 14);
	frame[34] = 8;
	frame[35] = 0;
	put16(frame + 36, 0);
	put16(frame + 36, checksum_fold(checksum_add(0, frame + 34, 40)));
	CHECK(nic_send(&n, TX0, NULL, frame, 74));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), 74);
	CHECK_EQ(got[34], 0);
	CHECK_EQ(checksum_fold(checksum_add(0, got + 34, 40)), 0);
}

const struct test net_queue_tests[] = {
	{ "net: registers and configuration",
	  .on_guest = test_identity, .change = with_two_pairs },
	{ "net: features need others",
	  .on_guest = test_rules, .change = with_two_pairs },
	{ "net: features that are off take others along",
	  .on_guest = test_features_off, .change = with_few_features },
	{ "net: features from 64 on",
	  .on_guest = test_high_features, .change = with_two_pairs },
	{ "net: frames come back, with any ring",
	  .on_guest = test_echo, .change = with_two_pairs },
	{ "net: the length of the header",
	  .on_guest = test_header_length, .change = with_two_pairs },
	{ "net: a large frame in merged buffers",
	  .on_guest = test_merged, .change = with_two_pairs },
	{ "net: a large frame in one buffer",
	  .on_guest = test_big_buffer, .change = with_two_pairs },
	{ "net: a large frame for a driver without offloads",
	  .on_guest = test_segmented, .change = with_two_pairs },
	{ "net: frames wait for buffers",
	  .on_guest = test_starved, .change = with_two_pairs },
	{ "net: nothing is lost while all queues are full",
	  .on_guest = test_backpressure, .change = with_two_pairs },
	{ "net: a frame waits for a bounded time",
	  .on_guest = test_patience, .change = with_two_pairs },
	{ "net: frames too long for buffers",
	  .on_guest = test_too_long, .change = with_two_pairs },
	{ "net: the MTU", .on_guest = test_mtu, .change = with_mtu },
	{ "net: frames that make no sense are dropped",
	  .on_guest = test_malformed, .change = with_two_pairs },
	{ "net: buffers that make no sense break the device",
	  .on_guest = test_bad_buffers, .change = with_two_pairs },
	{ "net: an interrupt for a batch",
	  .on_guest = test_interrupts, .change = with_two_pairs },
	{ "net: the reset of a receive queue",
	  .on_guest = test_ring_reset, .change = with_two_pairs },
	{ "net: answers of the echo back end",
	  .on_guest = test_answers, .change = with_two_pairs },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/* Unit tests of the control queue of the network device. */
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "nic.h"

#define F(name)		BIT64(VIRTIO_NET_F_##name)
#define ALL		(~(PACKED | IN_ORDER | F(HASH_REPORT) | \
			   BIT64(NET_F_HOST_TUNNEL) | \
			   BIT64(NET_F_HOST_TUNNEL_CSUM) | \
			   BIT64(NET_F_GUEST_TUNNEL) | \
			   BIT64(NET_F_GUEST_TUNNEL_CSUM)))

static uint8_t frame[4096], got[8192];
static struct vfe_net_hdr hdr;

static int command(struct nic *n, uint8_t class, uint8_t number,
		   const void *data, uint32_t len)
{
	return nic_command(n, class, number, data, len, NULL, 0);
}

static int command8(struct nic *n, uint8_t class, uint8_t number,
		    uint8_t value)
{
	return command(n, class, number, &value, 1);
}

static int command16(struct nic *n, uint8_t class, uint8_t number,
		     uint16_t value)
{
	return command(n, class, number, &value, 2);
}

/* Does a frame to @mac come back? */
static bool comes_back(struct nic *n, const char *mac)
{
	uint32_t len = make_frame(frame, false, false, 100);

	/* the echo sends it back to where it came from */
	memcpy(frame + MAC_LEN, mac, MAC_LEN);
	nic_fill(n, RX0, 1, NIC_BUFFER);
	CHECK(nic_send(n, TX0, NULL, frame, len));
	return nic_receive(n, RX0, &hdr, got) == (int)len;
}

#define OWN	"\x52\x54\x00\x00\x00\x01"
#define OTHER	"\x52\x54\x00\x00\x00\x07"

static void test_modes(struct guest *g)
{
	struct nic n;

	nic_start(&n, g, ALL);
	CHECK(comes_back(&n, OWN));
	CHECK(!comes_back(&n, OTHER));
	CHECK_EQ(command8(&n, VIRTIO_NET_CTRL_RX, 0, 1), VIRTIO_NET_OK);
	CHECK(comes_back(&n, OTHER));
	CHECK_EQ(command8(&n, VIRTIO_NET_CTRL_RX, 0, 0), VIRTIO_NET_OK);
	CHECK(!comes_back(&n, OTHER));
	CHECK_EQ(command8(&n, VIRTIO_NET_CTRL_RX, 2, 1), VIRTIO_NET_OK);
	CHECK(comes_back(&n, OTHER));
	CHECK_EQ(command8(&n, VIRTIO_NET_CTRL_RX, 4, 1), VIRTIO_NET_OK);
	CHECK(!comes_back(&n, OWN));
	/* none of these */
	CHECK_EQ(command8(&n, VIRTIO_NET_CTRL_RX, 6, 1), VIRTIO_NET_ERR);
	CHECK_EQ(command8(&n, VIRTIO_NET_CTRL_RX, 0, 2), VIRTIO_NET_ERR);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_RX, 0, "", 0), VIRTIO_NET_ERR);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_RX, 0, 0), VIRTIO_NET_ERR);
	CHECK_EQ(command8(&n, 200, 0, 0), VIRTIO_NET_ERR);
	CHECK_EQ(g->c.of_class[NET_CTRL_OK], 4);
	CHECK_EQ(g->c.of_class[NET_CTRL_REFUSED], 5);
	/* a reset ends it all */
	nic_start(&n, g, ALL);
	CHECK(comes_back(&n, OWN));
	CHECK(!comes_back(&n, OTHER));
	/* and a driver that cannot set a filter gets all */
	nic_start(&n, g, V1 | F(CTRL_VQ));
	CHECK(comes_back(&n, OTHER));
	CHECK_EQ(command8(&n, VIRTIO_NET_CTRL_RX, 0, 1), VIRTIO_NET_ERR);
}

static void test_addresses(struct guest *g)
{
	static const uint8_t table[] = {
		2, 0, 0, 0, 0x52, 0x54, 0, 0, 0, 6, 0x52, 0x54, 0, 0, 0, 7,
		1, 0, 0, 0, 1, 0, 0x5e, 0, 0, 1,
	};
	static uint8_t many[8 + 100 * 6] = { 100 };
	struct nic n;

	nic_start(&n, g, ALL);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MAC, 0, table, sizeof(table)),
		 VIRTIO_NET_OK);
	CHECK(comes_back(&n, OTHER));
	CHECK(!comes_back(&n, "\x52\x54\x00\x00\x00\x08"));
	for (size_t len = 0; len < sizeof(table); len++)
		CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MAC, 0, table, len),
			 VIRTIO_NET_ERR);
	CHECK(comes_back(&n, OTHER));
	/* of more than there is room for, all pass */
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MAC, 0, many, sizeof(many)),
		 VIRTIO_NET_OK);
	CHECK(comes_back(&n, "\x52\x54\x00\x00\x00\x08"));
	many[3] = 0xff;
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MAC, 0, many, sizeof(many)),
		 VIRTIO_NET_ERR);
	/* its own */
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MAC, 1, OTHER, 6), VIRTIO_NET_OK);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 5, 1), 7);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MAC, 1, "\1\0\0\0\0\0", 6),
		 VIRTIO_NET_ERR);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MAC, 1, OTHER, 5),
		 VIRTIO_NET_ERR);
	nic_start(&n, g, ALL);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 5, 1), 1);
}

static void test_vlans(struct guest *g)
{
	struct nic n;

	nic_start(&n, g, ALL);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_VLAN, 0, 4095), VIRTIO_NET_OK);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_VLAN, 0, 4096), VIRTIO_NET_ERR);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_VLAN, 1, 4095), VIRTIO_NET_OK);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_VLAN, 2, 1), VIRTIO_NET_ERR);
	CHECK_EQ(command8(&n, VIRTIO_NET_CTRL_VLAN, 0, 1), VIRTIO_NET_ERR);
}

/* Flows come back where they were sent, as far as the queue is in use. */
static void test_pairs(struct guest *g)
{
	const struct piece room = { NIC_DATA, NIC_BUFFER, VRING_DESC_F_WRITE };
	uint32_t len = make_frame(frame, false, false, 100);
	struct used u;
	struct nic n;

	nic_start(&n, g, ALL & ~F(RSS));
	nic_fill(&n, RX0, 4, NIC_BUFFER);
	nic_fill(&n, RX1, 4, NIC_BUFFER);
	CHECK(nic_send(&n, TX1, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(g->c.of_class[NET_TX_INACTIVE], 1);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_MQ, 0, 2), VIRTIO_NET_OK);
	CHECK(nic_send(&n, TX1, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX1, &hdr, got), len);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(g->c.of_class[NET_TX_INACTIVE], 1);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_MQ, 0, 1), VIRTIO_NET_OK);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_MQ, 0, 0), VIRTIO_NET_ERR);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_MQ, 0, 3), VIRTIO_NET_ERR);
	/* a command while a frame waits, and buffers are there by then */
	while (nic_receive(&n, RX0, &hdr, got) >= 0)
		;
	nic_start(&n, g, ALL & ~F(RSS));
	CHECK(nic_send(&n, TX1, NULL, frame, len));
	add(&n.q[RX0], &room, 1, 0);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_MQ, 0, 2), VIRTIO_NET_OK);
	vdev_serve(g->v, clock_ns());
	CHECK(take(&n.q[RX0], 1, 1, &u));
	CHECK_EQ(u.len, 12 + len);
	/* 5.1.2: without MQ the control queue is the third one. */
	nic_start(&n, g, ALL & ~(F(MQ) | F(RSS)));
	CHECK_EQ(n.ctrl, 2);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_MQ, 0, 1), VIRTIO_NET_ERR);
}

/* head, table of 4, tail, key */
static uint8_t rss[8 + 8 + 3 + 40];

static void make_rss(uint16_t to)
{
	memset(rss, 0, sizeof(rss));
	rss[0] = VIRTIO_NET_RSS_HASH_TYPE_UDPv4;
	rss[4] = 3;
	for (unsigned int i = 0; i < 4; i++)
		rss[8 + 2 * i] = to;
	rss[16] = 2;
	rss[18] = 40;
	memset(rss + 19, 0x6d, 40);
}

static void test_rss(struct guest *g)
{
	uint32_t len = make_frame(frame, false, false, 100);
	struct nic n;

	nic_start(&n, g, ALL | F(HASH_REPORT));
	nic_fill(&n, RX0, 4, NIC_BUFFER);
	nic_fill(&n, RX1, 4, NIC_BUFFER);
	make_rss(1);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MQ, 1, rss, sizeof(rss)),
		 VIRTIO_NET_OK);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX1, &hdr, got), len);
	CHECK_EQ(hdr.hash_report, VIRTIO_NET_HASH_REPORT_UDPv4);
	CHECK(hdr.hash_value_lo | hdr.hash_value_hi);
	/* without a hash: the queue for such */
	len = make_frame(frame, false, true, 100);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(hdr.hash_report, VIRTIO_NET_HASH_REPORT_NONE);
	/* no part of it may be missing, nor name a queue that there is not */
	for (size_t part = 0; part < sizeof(rss); part++)
		CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MQ, 1, rss, part),
			 VIRTIO_NET_ERR);
	make_rss(2);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MQ, 1, rss, sizeof(rss)),
		 VIRTIO_NET_ERR);
	make_rss(0);
	rss[4] = 2;
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MQ, 1, rss, sizeof(rss)),
		 VIRTIO_NET_ERR);
	make_rss(0);
	rss[1] = 2;
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MQ, 1, rss, sizeof(rss)),
		 VIRTIO_NET_ERR);
	make_rss(0);
	rss[6] = 2;
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MQ, 1, rss, sizeof(rss)),
		 VIRTIO_NET_ERR);
}

static void test_hash_config(struct guest *g)
{
	uint32_t len = make_frame(frame, true, true, 100);
	uint8_t config[13 + 40] = { VIRTIO_NET_RSS_HASH_TYPE_TCPv6 };
	struct nic n;

	config[12] = 40;
	memset(config + 13, 0x5a, 40);
	nic_start(&n, g, (ALL | F(HASH_REPORT)) & ~F(RSS));
	nic_fill(&n, RX0, 4, NIC_BUFFER);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(hdr.hash_report, VIRTIO_NET_HASH_REPORT_NONE);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MQ, 2, config, sizeof(config)),
		 VIRTIO_NET_OK);
	CHECK(nic_send(&n, TX0, NULL, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(hdr.hash_report, VIRTIO_NET_HASH_REPORT_TCPv6);
	config[12] = 41;
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_MQ, 2, config, sizeof(config)),
		 VIRTIO_NET_ERR);
}

static void test_offloads(struct guest *g)
{
	uint32_t len = make_frame(frame, false, false, 100);
	uint64_t bits = 0;
	struct nic n;

	nic_start(&n, g, ALL);
	nic_fill(&n, RX0, 4, NIC_BUFFER);
	memset(&hdr, 0, sizeof(hdr));
	hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	hdr.csum_start = 34;
	hdr.csum_offset = 6;
	CHECK(nic_send(&n, TX0, &hdr, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_GUEST_OFFLOADS, 0, &bits, 8),
		 VIRTIO_NET_OK);
	CHECK(nic_send(&n, TX0, &hdr, frame, len));
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
	CHECK_EQ(hdr.flags, 0);
	bits = F(GUEST_CSUM) | F(GUEST_USO6) | F(GUEST_HDRLEN);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_GUEST_OFFLOADS, 0, &bits, 8),
		 VIRTIO_NET_OK);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_GUEST_OFFLOADS, 0, &bits, 7),
		 VIRTIO_NET_ERR);
	bits = F(GUEST_UFO);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_GUEST_OFFLOADS, 0, &bits, 8),
		 VIRTIO_NET_ERR);
	/* tunnels were not negotiated */
	bits = BIT64(VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_MAPPED);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_GUEST_OFFLOADS, 0, &bits, 8),
		 VIRTIO_NET_ERR);
}

static int coalesce(struct nic *n, unsigned int queue, uint32_t packets,
		    uint32_t usecs)
{
	const struct vfe_net_coal_vq vq = {
		.vq_index = queue, .reserved = 0xffff,
		.coal = { packets, usecs },
	};

	return command(n, VIRTIO_NET_CTRL_NOTF_COAL,
		       VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET, &vq, sizeof(vq));
}

static struct vfe_net_coal coalescing(struct nic *n, uint16_t queue)
{
	const uint16_t data[2] = { queue, 0 };
	struct vfe_net_coal c = {};

	CHECK_EQ(nic_command(n, VIRTIO_NET_CTRL_NOTF_COAL,
			     VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET, data,
			     sizeof(data), &c, sizeof(c)), VIRTIO_NET_OK);
	return c;
}

static void send_one(struct nic *n)
{
	uint32_t len = make_frame(frame, false, false, 100);

	nic_fill(n, RX0, 1, NIC_BUFFER);
	CHECK(nic_send(n, TX0, NULL, frame, len));
	CHECK_EQ(nic_receive(n, RX0, &hdr, got), len);
}

/* 5.1.9.5.10: by number, and by time */
static void test_moderation(struct guest *g)
{
	struct timespec pause = { 0, 30 * 1000000L };
	struct nic n;

	nic_start(&n, g, ALL & ~EVENT);
	send_one(&n);
	CHECK_EQ(seen.vector[1 + RX0], 1);
	CHECK_EQ(coalesce(&n, RX0, 4, 10000000), VIRTIO_NET_OK);
	CHECK_EQ(coalescing(&n, RX0).max_packets, 4);
	CHECK_EQ(coalescing(&n, RX0).max_usecs, 10000000);
	for (int i = 0; i < 3; i++)
		send_one(&n);
	CHECK_EQ(seen.vector[1 + RX0], 1);
	CHECK(vdev_due(g->v) != UINT64_MAX);
	send_one(&n);
	CHECK_EQ(seen.vector[1 + RX0], 2);
	CHECK_EQ(vdev_due(g->v), UINT64_MAX);
	/* by time */
	CHECK_EQ(coalesce(&n, RX0, 100, 20000), VIRTIO_NET_OK);
	send_one(&n);
	vdev_serve(g->v, 0);
	CHECK_EQ(seen.vector[1 + RX0], 2);
	nanosleep(&pause, NULL);
	vdev_serve(g->v, clock_ns());
	CHECK_EQ(seen.vector[1 + RX0], 3);
	/* new values may be reached at once */
	CHECK_EQ(coalesce(&n, RX0, 100, 10000000), VIRTIO_NET_OK);
	send_one(&n);
	send_one(&n);
	CHECK_EQ(seen.vector[1 + RX0], 3);
	CHECK_EQ(coalesce(&n, RX0, 2, 10000000), VIRTIO_NET_OK);
	CHECK_EQ(seen.vector[1 + RX0], 4);
}

static void test_coalescing_values(struct guest *g)
{
	const struct vfe_net_coal rx = { 5, 50 }, tx = { 6, 60 };
	struct nic n;

	nic_start(&n, g, ALL);
	CHECK_EQ(coalescing(&n, RX1).max_packets, 0);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_NOTF_COAL, 1, &rx, sizeof(rx)),
		 VIRTIO_NET_OK);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_NOTF_COAL, 0, &tx, sizeof(tx)),
		 VIRTIO_NET_OK);
	CHECK_EQ(coalescing(&n, RX1).max_usecs, 50);
	CHECK_EQ(coalescing(&n, TX1).max_packets, 6);
	CHECK_EQ(coalesce(&n, RX1, 1, 1), VIRTIO_NET_OK);
	CHECK_EQ(coalescing(&n, RX1).max_usecs, 1);
	CHECK_EQ(coalescing(&n, RX0).max_usecs, 50);
	CHECK_EQ(coalesce(&n, CTRL, 1, 1), VIRTIO_NET_ERR);
	CHECK_EQ(coalesce(&n, 77, 1, 1), VIRTIO_NET_ERR);
	/* a queue that begins anew has the value of all */
	set(g, VFE_REG_QUEUE_SELECT, RX1);
	set(g, VFE_REG_QUEUE_RESET, 1);
	CHECK_EQ(coalesce(&n, RX1, 1, 1), VIRTIO_NET_ERR);
	guest_queue(&n.q[RX1], 16);
	CHECK_EQ(coalescing(&n, RX1).max_usecs, 50);
	nic_start(&n, g, ALL);
	CHECK_EQ(coalescing(&n, RX1).max_usecs, 0);
}

static void test_statistics(struct guest *g)
{
	struct vfe_net_stats_request r[2] = {
		{ .vq_index = RX0, .types = 1 },
		{ .vq_index = CTRL, .types = UINT64_C(1) << VFE_NET_STATS_CVQ },
	};
	struct {
		struct vfe_net_stats_rx_basic rx;
		struct vfe_net_stats_cvq cvq;
	} answer;
	struct vfe_net_stats_caps caps;
	struct nic n;

	nic_start(&n, g, ALL);
	CHECK_EQ(nic_command(&n, VIRTIO_NET_CTRL_STATS, 0, "", 0, &caps,
			     sizeof(caps)), VIRTIO_NET_OK);
	CHECK(caps.types & UINT64_C(1) << VFE_NET_STATS_CVQ);
	send_one(&n);
	CHECK_EQ(nic_command(&n, VIRTIO_NET_CTRL_STATS, 1, r, sizeof(r),
			     &answer, sizeof(answer)), VIRTIO_NET_OK);
	CHECK_EQ(answer.rx.hdr.size, sizeof(answer.rx));
	CHECK_EQ(answer.rx.rx_packets, 1);
	CHECK_EQ(answer.rx.rx_bytes, 142);
	CHECK_EQ(answer.rx.rx_notifications, 1);
	CHECK_EQ(answer.cvq.hdr.type, VFE_NET_STATS_CVQ);
	CHECK_EQ(answer.cvq.command_num, 2);
	CHECK_EQ(answer.cvq.ok_num, 2);
	/* no room, no such queue, a type of other queues */
	CHECK_EQ(nic_command(&n, VIRTIO_NET_CTRL_STATS, 1, r, sizeof(r),
			     &answer, sizeof(answer) - 1), VIRTIO_NET_ERR);
	r[0].types = 1 << VFE_NET_STATS_TX_BASIC;
	CHECK_EQ(nic_command(&n, VIRTIO_NET_CTRL_STATS, 1, r, sizeof(r),
			     &answer, sizeof(answer)), VIRTIO_NET_ERR);
	r[0].vq_index = 5;
	CHECK_EQ(nic_command(&n, VIRTIO_NET_CTRL_STATS, 1, r, sizeof(r),
			     &answer, sizeof(answer)), VIRTIO_NET_ERR);
}

static int run(struct guest *g, const char *name, const char *arg)
{
	char error[256];

	for (int i = 0; net_commands[i].name; i++) {
		if (!strcmp(net_commands[i].name, name))
			return net_commands[i].run(g->v, arg, error,
						   sizeof(error));
	}
	return -2;
}

/* The control socket: link, announcement, a frame */
static void test_socket(struct guest *g)
{
	uint8_t generation = get(g, VFE_REG_CONFIG_GENERATION);
	struct nic n;

	nic_start(&n, g, ALL);
	CHECK_EQ(run(g, "link", "down"), 0);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 6, 2), 0);
	CHECK(get(g, VFE_REG_CONFIG_GENERATION) != generation);
	CHECK(!comes_back(&n, OWN));
	CHECK_EQ(g->c.of_class[NET_LINK_DROPPED], 1);
	CHECK_EQ(run(g, "link", "up"), 0);
	CHECK_EQ(run(g, "link", "sideways"), -1);
	CHECK(comes_back(&n, OWN));
	CHECK_EQ(run(g, "announce", ""), 0);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 6, 2), 3);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_ANNOUNCE, 0, "", 0),
		 VIRTIO_NET_OK);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 6, 2), 1);
	nic_fill(&n, RX0, 1, NIC_BUFFER);
	CHECK_EQ(run(g, "inject",
		     "000000000000000000000000525400000001525400000002080045"),
		 0);
	nic_poll(&n);
	CHECK_EQ(nic_receive(&n, RX0, &hdr, got), 15);
	CHECK_EQ(run(g, "inject", "00"), -1);
	CHECK_EQ(run(g, "inject", "0"), -1);
}

static void with_net_quirks(struct options *o)
{
	char error[256];

	with_two_pairs(o);
	CHECK_EQ(quirk_parse(&net_class, &o->quirks, guest_list, error,
			     sizeof(error)), 0);
}

static void test_slow(struct guest *g)
{
	struct timespec pause = { 0, 20 * 1000000L };
	uint8_t on = 1;
	struct used u;
	struct nic n;

	nic_start(&n, g, ALL);
	CHECK_EQ(command(&n, VIRTIO_NET_CTRL_RX, 0, &on, 1), -1);
	nanosleep(&pause, NULL);
	vdev_serve(g->v, clock_ns());
	nic_poll(&n);
	CHECK(take(&n.q[n.ctrl], 1, 2, &u));
	CHECK(comes_back(&n, OTHER));
}

static void test_silent(struct guest *g)
{
	struct nic n;

	nic_start(&n, g, ALL);
	CHECK_EQ(command8(&n, VIRTIO_NET_CTRL_RX, 0, 1), -1);
	CHECK(comes_back(&n, OWN));
}

static void test_refuse(struct guest *g)
{
	struct nic n;

	nic_start(&n, g, ALL);
	CHECK_EQ(command8(&n, VIRTIO_NET_CTRL_RX, 0, 1), VIRTIO_NET_OK);
	CHECK_EQ(command16(&n, VIRTIO_NET_CTRL_VLAN, 0, 1), VIRTIO_NET_ERR);
}

static void test_odd_values(struct guest *g)
{
	struct used u;
	struct nic n;

	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 8, 2), 0);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 10, 2), 67);
	CHECK(offered(g) & F(MTU));
	nic_start(&n, g, ALL & ~F(MTU));
	nic_fill(&n, RX0, 1, NIC_BUFFER);
	make_frame(frame, false, false, 100);
	CHECK(nic_send(&n, TX0, NULL, frame, 142));
	CHECK(take(&n.q[RX0], 1, 1, &u));
	CHECK_EQ(u.len, NIC_BUFFER + 1);
}

/* Every second frame has a header that makes no sense, of each kind. */
static void test_odd_headers(struct guest *g)
{
	static const struct vfe_net_hdr good = { .num_buffers = 1 };
	uint32_t len = make_frame(frame, false, true, 100);
	struct quirks *qs = &g->v->o->quirks;
	struct nic n;

	nic_start(&n, g, ALL);
	for (unsigned int i = 0; net_quirks[QUIRK_RX_HEADER - QUIRK_OF_CLASS]
				 .choices[i]; i++) {
		unsigned int odd = 0;

		qs->value[QUIRK_RX_HEADER] = i;
		nic_fill(&n, RX0, 2, NIC_BUFFER);
		for (unsigned int j = 0; j < 2; j++) {
			CHECK(nic_send(&n, TX0, NULL, frame, len));
			CHECK_EQ(nic_receive(&n, RX0, &hdr, got), len);
			odd += !!memcmp(&hdr, &good, 12);
		}
		CHECK_EQ(odd, 1);
	}
}

static void test_odd_lengths(struct guest *g)
{
	static const uint32_t lengths[] = {
		[ODD_LEN_ZERO] = 0, [ODD_LEN_SHORT] = 11,
		[ODD_LEN_BEYOND] = NIC_BUFFER + 1,
		[ODD_LEN_ALL_ONES] = UINT32_MAX,
	};
	struct quirks *qs = &g->v->o->quirks;
	struct used u;
	struct nic n;

	nic_start(&n, g, ALL);
	make_frame(frame, false, false, 100);
	for (unsigned int i = 0; i < 4; i++) {
		qs->value[QUIRK_RX_LEN] = i;
		nic_fill(&n, RX0, 1, NIC_BUFFER);
		CHECK(nic_send(&n, TX0, NULL, frame, 142));
		CHECK(take(&n.q[RX0], 1, 1, &u));
		CHECK_EQ(u.len, lengths[i]);
	}
}

/* It goes down with the driver's start, then up, and stays up without one. */
static void test_flap(struct guest *g)
{
	struct timespec pause = { 0, 12 * 1000000L };
	struct nic n;

	nic_start(&n, g, ALL);
	for (unsigned int i = 0; i < 4; i++) {
		vdev_serve(g->v, clock_ns());
		CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 6, 2) &
			 VIRTIO_NET_S_LINK_UP, i % 2);
		nanosleep(&pause, NULL);
	}
	vdev_serve(g->v, clock_ns());
	set(g, VFE_REG_DEVICE_STATUS, 0);
	CHECK(vdev_read(g->v, VFE_WIN_DEVICE, 6, 2) & VIRTIO_NET_S_LINK_UP);
}

const struct test net_control_tests[] = {
	{ "net: receive modes",
	  .on_guest = test_modes, .change = with_two_pairs },
	{ "net: addresses",
	  .on_guest = test_addresses, .change = with_two_pairs },
	{ "net: VLANs", .on_guest = test_vlans, .change = with_two_pairs },
	{ "net: pairs", .on_guest = test_pairs, .change = with_two_pairs },
	{ "net: RSS", .on_guest = test_rss, .change = with_two_pairs },
	{ "net: hash report without RSS",
	  .on_guest = test_hash_config, .change = with_two_pairs },
	{ "net: guest offloads",
	  .on_guest = test_offloads, .change = with_two_pairs },
	{ "net: interrupts are moderated",
	  .on_guest = test_moderation, .change = with_two_pairs },
	{ "net: values of coalescing",
	  .on_guest = test_coalescing_values, .change = with_two_pairs },
	{ "net: statistics",
	  .on_guest = test_statistics, .change = with_two_pairs },
	{ "net: commands of the control socket",
	  .on_guest = test_socket, .change = with_two_pairs },
	{ "net: --quirk ctrl-slow", .on_guest = test_slow,
	  .change = with_net_quirks, .list = "ctrl-slow=0.01" },
	{ "net: --quirk ctrl-silent", .on_guest = test_silent,
	  .change = with_net_quirks, .list = "ctrl-silent" },
	{ "net: --quirk ctrl-refuse", .on_guest = test_refuse,
	  .change = with_net_quirks, .list = "ctrl-refuse=2" },
	{ "net: --quirk rx-header", .on_guest = test_odd_headers,
	  .change = with_net_quirks, .list = "rx-header=flags,rx-every=2" },
	{ "net: --quirk rx-len", .on_guest = test_odd_lengths,
	  .change = with_net_quirks, .list = "rx-len=zero" },
	{ "net: --quirk link-flap", .on_guest = test_flap,
	  .change = with_net_quirks, .list = "link-flap=0.01" },
	{ "net: --quirk with odd values", .on_guest = test_odd_values,
	  .change = with_net_quirks,
	  .list = "pairs=0,mtu=67,rx-len=beyond" },
	{ }
};

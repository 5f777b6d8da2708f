// SPDX-License-Identifier: GPL-2.0
/* Unit tests of headers, checksums, offloads, the hash and the filter. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "net/offload.h"
#include "nic.h"

static struct net_frame frame, out;

static void test_checksum(void)
{
	/* RFC 1071, 3 */
	static const uint8_t words[] = {
		0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7
	};

	CHECK_EQ(checksum_fold(checksum_add(0, words, 8)), 0xffff & ~0xddf2);
	for (size_t len = 0; len <= 8; len++) {
		uint32_t sum = 0;

		for (size_t i = 0; i < len; i++)
			sum += i % 2 ? words[i] : words[i] << 8;
		CHECK_EQ(checksum_fold(checksum_add(0, words, len)),
			 checksum_fold(sum));
	}
}

static void test_parse(void)
{
	static const uint8_t tags[] = { 0x88, 0xa8, 0, 5, 0x81, 0, 0x20, 7 };
	uint8_t f[256];
	struct packet p;
	uint32_t len = make_frame(f, false, true, 20);

	packet_parse(f, len, &p);
	CHECK(!p.v6 && !p.tagged && !p.fragment);
	CHECK_EQ(p.ip, 14);
	CHECK_EQ(p.l4, 34);
	CHECK_EQ(p.proto, IPPROTO_TCP);
	memmove(f + 20, f + 12, len - 12);
	memcpy(f + 12, tags, sizeof(tags));
	packet_parse(f, len + 8, &p);
	CHECK(p.tagged);
	CHECK_EQ(p.vlan, 5);
	CHECK_EQ(p.l4, 42);
	/* no length reads beyond the frame */
	for (size_t n = 0; n < len + 8; n++) {
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, f, n);
		packet_parse(copy, n, &p);
		free(copy);
	}
}

static void test_parse_extensions(void)
{
	uint8_t f[256] = {};
	uint8_t *ip = f + 14;
	struct packet p;

	put16(f + 12, 0x86dd);
	ip[0] = 0x60;
	ip[6] = IPPROTO_DSTOPTS;
	/* a home address, behind padding of one and of two bytes */
	ip[40] = IPPROTO_ROUTING;
	ip[41] = 2;
	ip[43] = 1;
	ip[45] = 0xc9;
	ip[46] = 16;
	ip[64] = IPPROTO_UDP;
	ip[65] = 2;
	ip[66] = 2;
	packet_parse(f, 14 + 40 + 24 + 24 + 8, &p);
	CHECK(p.extended);
	CHECK_EQ(p.proto, IPPROTO_UDP);
	CHECK_EQ(p.home, 14 + 47);
	CHECK_EQ(p.route, 14 + 64 + 8);
	CHECK_EQ(p.l4, 14 + 88);
	/* the routing header is not all there */
	packet_parse(f, 14 + 40 + 24 + 23, &p);
	CHECK_EQ(p.proto, IPPROTO_ROUTING);
	CHECK_EQ(p.route, 14 + 24);
}

/* Leave the checksum of @frame to others, as a driver does. */
static void leave_checksum(bool v6, bool tcp)
{
	unsigned int l4 = ETH_LEN + (v6 ? IP6_LEN : IP4_LEN);
	unsigned int field = tcp ? 16 : 6;
	uint32_t sum = checksum_pseudo(frame.data + ETH_LEN, v6,
				       tcp ? IPPROTO_TCP : IPPROTO_UDP,
				       frame.len - l4);

	put16(frame.data + l4 + field, ~checksum_fold(sum));
	frame.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	frame.hdr.csum_start = l4;
	frame.hdr.csum_offset = field;
}

static void begin(bool v6, bool tcp, uint32_t payload)
{
	memset(&frame.hdr, 0, sizeof(frame.hdr));
	frame.len = make_frame(frame.data, v6, tcp, payload);
}

static void test_complete(void)
{
	struct offload_needs n;
	struct offload o;

	for (unsigned int i = 0; i < 4; i++) {
		uint8_t good[256];

		begin(i & 1, i & 2, 101);
		memcpy(good, frame.data, frame.len);
		leave_checksum(i & 1, i & 2);
		CHECK(offload_check(&frame, &n));
		CHECK_EQ(n.needs, NET_CSUM);
		offload_begin(&o, &frame, &n, NET_CSUM);
		CHECK(offload_next(&o, &out) == &frame);
		CHECK_EQ(frame.hdr.flags, VIRTIO_NET_HDR_F_NEEDS_CSUM);
		offload_begin(&o, &frame, &n, 0);
		CHECK(offload_next(&o, &out) == &frame);
		CHECK(!memcmp(good, frame.data, frame.len));
		CHECK_EQ(frame.hdr.flags, 0);
		offload_taken(&o);
		CHECK(!offload_next(&o, &out));
	}
}

/* Segments are right, and together have the payload. */
static void check_segments(bool v6, bool tcp, uint32_t payload, uint32_t size)
{
	unsigned int l4 = ETH_LEN + (v6 ? IP6_LEN : IP4_LEN);
	unsigned int headers = l4 + (tcp ? TCP_LEN : UDP_LEN);
	uint32_t at = 0, index = 0;
	struct offload_needs n;
	struct net_frame *f;
	struct offload o;

	begin(v6, tcp, payload);
	leave_checksum(v6, tcp);
	frame.hdr.gso_size = size;
	frame.hdr.gso_type = tcp ? v6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
					VIRTIO_NET_HDR_GSO_TCPV4 :
				   VIRTIO_NET_HDR_GSO_UDP_L4;
	CHECK(offload_check(&frame, &n));
	CHECK_EQ(n.needs & ~NET_CSUM, tcp ? v6 ? NET_TSO6 : NET_TSO4 :
				      v6 ? NET_USO6 : NET_USO4);
	CHECK_EQ(offload_segments(&n, &frame), (payload + size - 1) / size);
	offload_begin(&o, &frame, &n, NET_CSUM);
	while ((f = offload_next(&o, &out))) {
		bool last = at + size >= payload;

		CHECK(frame_is_right(f->data, f->len));
		CHECK_EQ(f->hdr.flags, 0);
		CHECK_EQ(f->hdr.gso_type, 0);
		CHECK_EQ(f->len - headers, last ? payload - at : size);
		CHECK(!memcmp(f->data + headers, frame.data + headers + at,
			      f->len - headers));
		if (tcp) {
			CHECK_EQ(get32(f->data + l4 + 4), 0xfffff000U + at);
			CHECK_EQ(f->data[l4 + 13], 0x10 | (last ? 9 : 0) |
				 (index ? 0 : 0x80));
		}
		if (!v6)
			CHECK_EQ(get16(f->data + 18), index);
		at += f->len - headers;
		index++;
		offload_taken(&o);
	}
	CHECK_EQ(at, payload);
}

static void test_segments(void)
{
	static const uint32_t payloads[] = { 1, 99, 100, 101, 1000, 60000 };

	for (unsigned int i = 0; i < 4 * 6; i++)
		check_segments(i & 1, i & 2, payloads[i / 4], 100);
}

/* VXLAN: an outer UDP packet around an Ethernet frame */
static void make_tunnel(bool outer_v6, bool inner_v6, bool csum, bool bit_v6)
{
	static uint8_t inner[4096];
	uint32_t len = make_frame(inner, inner_v6, true, 1000);
	unsigned int udp = ETH_LEN + (outer_v6 ? IP6_LEN : IP4_LEN);
	unsigned int at = udp + UDP_LEN + 8;
	uint32_t sum;

	begin(outer_v6, false, 8 + len);
	memcpy(frame.data + at, inner, len);
	frame.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	frame.hdr.gso_type = inner_v6 ? VIRTIO_NET_HDR_GSO_TCPV6 :
					VIRTIO_NET_HDR_GSO_TCPV4;
	frame.hdr.gso_type |= bit_v6 ? VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6 :
				       VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4;
	frame.hdr.gso_size = 300;
	frame.hdr.outer_th_offset = udp;
	frame.hdr.inner_nh_offset = at + ETH_LEN;
	frame.hdr.csum_start = at + ETH_LEN + (inner_v6 ? IP6_LEN : IP4_LEN);
	frame.hdr.csum_offset = 16;
	put16(frame.data + udp + 6, 0);
	if (!csum)
		return;
	frame.hdr.flags |= VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM;
	sum = checksum_pseudo(frame.data + ETH_LEN, outer_v6, IPPROTO_UDP,
			      frame.len - udp);
	put16(frame.data + udp + 6, ~checksum_fold(sum));
}

static void test_tunnel(void)
{
	/* the bit names the inner IP version, or the outer one */
	for (unsigned int i = 0; i < 16; i++) {
		struct offload_needs n;
		struct net_frame *f;
		struct offload o;
		unsigned int count = 0;
		unsigned int inner;

		make_tunnel(i & 1, i & 2, i & 4, i & (i & 8 ? 1 : 2));
		inner = frame.hdr.inner_nh_offset - ETH_LEN;
		CHECK(offload_check(&frame, &n));
		CHECK(n.needs & NET_TUNNEL);
		CHECK_EQ(!!(n.needs & NET_TUNNEL_CSUM), !!(i & 4));
		offload_begin(&o, &frame, &n,
			      NET_ALL_OFFLOADS & ~NET_TUNNEL);
		while ((f = offload_next(&o, &out))) {
			CHECK(frame_is_right(f->data + inner,
					     f->len - inner));
			if (i & 4)
				CHECK(frame_is_right(f->data, f->len));
			else
				CHECK_EQ(get16(f->data + n.outer_udp + 6), 0);
			CHECK_EQ(get16(f->data + n.outer_udp + 4),
				 f->len - n.outer_udp);
			count++;
			offload_taken(&o);
		}
		CHECK_EQ(count, 4);
	}
}

/* Headers that make no sense, with a good TCP frame of 1000 bytes */
static void test_bad_headers(void)
{
	static const struct vfe_net_hdr bad[] = {
		{ .flags = 1, .csum_start = 34, .csum_offset = 1053 },
		{ .flags = 1, .csum_start = 65535, .csum_offset = 16 },
		{ .flags = 1, .csum_start = 34, .csum_offset = 65535 },
		{ .flags = 1, .csum_start = 0, .csum_offset = 16 },
		{ .gso_type = 1, .gso_size = 100, .csum_start = 34,
		  .csum_offset = 16 },
		{ .flags = 1, .gso_type = 1, .csum_start = 34,
		  .csum_offset = 16 },
		{ .flags = 1, .gso_type = 4, .gso_size = 100,
		  .csum_start = 34, .csum_offset = 16 },
		{ .flags = 1, .gso_type = 5, .gso_size = 100,
		  .csum_start = 34, .csum_offset = 6 },
		{ .flags = 1, .gso_type = 3, .gso_size = 100,
		  .csum_start = 34, .csum_offset = 16 },
		{ .flags = 1, .gso_type = 2, .gso_size = 100,
		  .csum_start = 34, .csum_offset = 16 },
		{ .flags = 1, .gso_type = 1, .gso_size = 100,
		  .csum_start = 35, .csum_offset = 16 },
		{ .flags = 1, .gso_type = 1, .gso_size = 100,
		  .csum_start = 34, .csum_offset = 6 },
		{ .flags = 1, .gso_type = 0x21, .gso_size = 100,
		  .csum_start = 34, .csum_offset = 16 },
		{ .flags = 1, .gso_type = 0x61, .gso_size = 100,
		  .csum_start = 34, .csum_offset = 16 },
		{ .gso_type = 0x20 },
		{ .flags = 8 },
		{ .flags = 3, .gso_type = 1, .gso_size = 100,
		  .csum_start = 34, .csum_offset = 16 },
	};
	struct offload_needs n;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		begin(false, true, 1000);
		frame.hdr = bad[i];
		CHECK(!offload_check(&frame, &n));
	}
	begin(false, true, 1000);
	frame.hdr = bad[0];
	frame.hdr.csum_offset = frame.len - 34 - 2;
	CHECK(offload_check(&frame, &n));
	/* a TCP header longer than the frame, and too many segments */
	begin(false, true, 20);
	leave_checksum(false, true);
	frame.hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	frame.hdr.gso_size = 10;
	CHECK(offload_check(&frame, &n));
	frame.data[34 + 12] = 0xf0;
	CHECK(!offload_check(&frame, &n));
	begin(false, true, 60000);
	leave_checksum(false, true);
	frame.hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	frame.hdr.gso_size = 1;
	CHECK(!offload_check(&frame, &n));
}

/* The verification suite of the Windows documentation of RSS */
static void test_hash(void)
{
	static const uint8_t key[40] = {
		0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
		0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
		0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
		0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
	};
	static const struct {
		uint32_t src, dst;
		uint16_t sport, dport;
		uint32_t ip, tcp;
	} rows[] = {
		{ 0x420995bb, 0xa18e6450, 2794, 1766, 0x323e8fc2, 0x51ccc178 },
		{ 0xc75c6f02, 0x41458c53, 14230, 4739, 0xd718262a,
		  0xc626b0ea },
		{ 0x1813c65f, 0x0c16cfb8, 12898, 38024, 0xd2d0a5de,
		  0x5c2b394a },
	};
	static struct steer s;
	uint8_t f[256];
	struct packet p;
	uint32_t hash;

	steer_reset(&s);
	steer_key(&s, key, sizeof(key));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint32_t len = make_frame(f, false, true, 10);

		put32(f + 26, rows[i].src);
		put32(f + 30, rows[i].dst);
		put16(f + 34, rows[i].sport);
		put16(f + 36, rows[i].dport);
		packet_parse(f, len, &p);
		s.types = VIRTIO_NET_RSS_HASH_TYPE_IPv4;
		CHECK_EQ(steer_hash(&s, f, &p, &hash),
			 VIRTIO_NET_HASH_REPORT_IPv4);
		CHECK_EQ(hash, rows[i].ip);
		s.types |= VIRTIO_NET_RSS_HASH_TYPE_TCPv4;
		CHECK_EQ(steer_hash(&s, f, &p, &hash),
			 VIRTIO_NET_HASH_REPORT_TCPv4);
		CHECK_EQ(hash, rows[i].tcp);
		s.types = VIRTIO_NET_RSS_HASH_TYPE_UDPv4;
		CHECK_EQ(steer_hash(&s, f, &p, &hash),
			 VIRTIO_NET_HASH_REPORT_NONE);
	}
}

static void test_filter(void)
{
	static const uint8_t own[6] = { 0x52, 0x54, 0, 0, 0, 1 };
	static const uint8_t other[6] = { 0x52, 0x54, 0, 0, 0, 9 };
	static const uint8_t multi[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };
	const struct packet plain = {}, tagged = { .tagged = true, .vlan = 9 };
	struct filter f;

	filter_reset(&f, false, false);
	CHECK(filter_passes(&f, own, other, &plain));
	filter_reset(&f, true, true);
	CHECK(filter_passes(&f, own, own, &plain));
	CHECK(!filter_passes(&f, own, other, &plain));
	CHECK(!filter_passes(&f, own, multi, &plain));
	CHECK(filter_passes(&f, own, all, &plain));
	CHECK(!filter_passes(&f, own, own, &tagged));
	filter_set_vlan(&f, 9, true);
	CHECK(filter_passes(&f, own, own, &tagged));
	filter_set_vlan(&f, 9, false);
	CHECK(!filter_passes(&f, own, own, &tagged));
	f.mode[VIRTIO_NET_CTRL_RX_NOBCAST] = true;
	CHECK(!filter_passes(&f, own, all, &plain));
	f.mode[VIRTIO_NET_CTRL_RX_ALLMULTI] = true;
	CHECK(filter_passes(&f, own, multi, &plain));
	f.mode[VIRTIO_NET_CTRL_RX_NOMULTI] = true;
	CHECK(!filter_passes(&f, own, multi, &plain));
	f.mode[VIRTIO_NET_CTRL_RX_ALLUNI] = true;
	CHECK(filter_passes(&f, own, other, &plain));
	f.mode[VIRTIO_NET_CTRL_RX_NOUNI] = true;
	CHECK(!filter_passes(&f, own, own, &plain));
	f.mode[VIRTIO_NET_CTRL_RX_PROMISC] = true;
	CHECK(filter_passes(&f, own, multi, &plain));
}

const struct test net_packet_tests[] = {
	{ "net: checksums", .run = test_checksum },
	{ "net: headers of a frame", .run = test_parse },
	{ "net: IPv6 extension headers", .run = test_parse_extensions },
	{ "net: a checksum in software", .run = test_complete },
	{ "net: segments in software", .run = test_segments },
	{ "net: segments in a UDP tunnel", .run = test_tunnel },
	{ "net: headers that make no sense", .run = test_bad_headers },
	{ "net: the Toeplitz hash", .run = test_hash },
	{ "net: filters", .run = test_filter },
	{ }
};

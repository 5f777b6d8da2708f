// SPDX-License-Identifier: GPL-2.0
/*
 * Checksum and segmentation offloads in software: TCP and UDP over IPv4 and
 * IPv6, and both in a UDP tunnel (virtio 1.4, 5.1.9.2). Frames are in this
 * process's memory, so that a guest cannot change them under way.
 */
#include <endian.h>
#include <netinet/in.h>
#include <string.h>

#include "net/offload.h"
#include "net/packet.h"

#define TCP_FIN		0x01
#define TCP_PSH		0x08
#define TCP_CWR		0x80
#define GSO_KIND	(0xff & ~(VIRTIO_NET_HDR_GSO_ECN | \
				  VIRTIO_NET_HDR_GSO_UDP_TUNNEL))

/* The checksum field's last byte is in the frame, and behind Ethernet's. */
static bool check_csum(const struct net_frame *f)
{
	uint32_t start = le16toh(f->hdr.csum_start);
	uint32_t offset = le16toh(f->hdr.csum_offset);

	return start >= ETH_LEN && start + offset + 2 <= f->len;
}

/* Return: whether IP header and protocol are what gso_type says */
static bool check_headers(const struct net_frame *f, struct offload_needs *n,
			  unsigned int kind)
{
	struct packet p = {};
	unsigned int len;

	if (n->tunnel) {
		packet_parse_ip(f->data, f->len,
				le16toh(f->hdr.inner_nh_offset), n->v6, &p);
	} else {
		packet_parse(f->data, f->len, &p);
		n->v6 = p.v6;
	}
	if (!p.ip || p.l4 != le16toh(f->hdr.csum_start))
		return false;
	n->ip = p.ip;
	n->l4 = p.l4;
	n->udp = kind == VIRTIO_NET_HDR_GSO_UDP_L4;
	if (n->udp) {
		len = UDP_LEN;
	} else {
		bool v6 = kind == VIRTIO_NET_HDR_GSO_TCPV6;

		if (n->v6 != v6 || f->len - p.l4 < TCP_LEN)
			return false;
		len = (f->data[p.l4 + 12] >> 4) * 4U;
		if (len < TCP_LEN)
			return false;
	}
	n->headers = p.l4 + len;
	return p.proto == (n->udp ? IPPROTO_UDP : IPPROTO_TCP) &&
	       n->headers < f->len;
}

/* The checksum field is that of the protocol. */
static bool check_field(const struct net_frame *f,
			const struct offload_needs *n)
{
	return le16toh(f->hdr.csum_offset) == (n->udp ? 6 : 16);
}

/*
 * 5.1.9.2.2: the outer headers, up to the inner network header. By the
 * specification the bit names the inner IP version, but drivers of Linux set
 * that of the outer one: the packet itself tells.
 */
static bool check_tunnel(const struct net_frame *f, struct offload_needs *n)
{
	uint32_t udp = le16toh(f->hdr.outer_th_offset);
	uint32_t inner = le16toh(f->hdr.inner_nh_offset);
	uint8_t bits = f->hdr.gso_type & VIRTIO_NET_HDR_GSO_UDP_TUNNEL;
	struct packet p;

	if (!bits)
		return !(f->hdr.flags & VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM);
	packet_parse(f->data, f->len, &p);
	if (bits == VIRTIO_NET_HDR_GSO_UDP_TUNNEL || !p.ip || p.l4 != udp ||
	    p.proto != IPPROTO_UDP || inner < udp + UDP_LEN ||
	    inner >= f->len)
		return false;
	n->tunnel = true;
	n->outer_v6 = p.v6;
	n->outer_ip = p.ip;
	n->outer_udp = udp;
	n->v6 = f->data[inner] >> 4 == 6;
	n->needs |= NET_TUNNEL;
	if (f->hdr.flags & VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM)
		n->needs |= NET_TUNNEL_CSUM;
	return true;
}

static bool check_gso(const struct net_frame *f, struct offload_needs *n,
		      unsigned int kind)
{
	/* 5.1.9.2.1: NEEDS_CSUM and gso_size come with any gso_type. */
	if (!(f->hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) ||
	    f->hdr.flags & VIRTIO_NET_HDR_F_DATA_VALID || !f->hdr.gso_size)
		return false;
	if (!check_tunnel(f, n) || !check_headers(f, n, kind) ||
	    !check_field(f, n) ||
	    offload_segments(n, f) > OFFLOAD_MAX_SEGMENTS)
		return false;
	if (n->udp)
		n->needs |= n->v6 ? NET_USO6 : NET_USO4;
	else
		n->needs |= n->v6 ? NET_TSO6 : NET_TSO4;
	if (f->hdr.gso_type & VIRTIO_NET_HDR_GSO_ECN)
		n->needs |= NET_ECN;
	return true;
}

bool offload_check(const struct net_frame *f, struct offload_needs *n)
{
	unsigned int kind = f->hdr.gso_type & GSO_KIND;

	memset(n, 0, sizeof(*n));
	if (f->hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if (!check_csum(f))
			return false;
		n->needs |= NET_CSUM;
	}
	switch (kind) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return !(f->hdr.gso_type & VIRTIO_NET_HDR_GSO_UDP_TUNNEL) &&
		       !(f->hdr.flags & VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM);
	case VIRTIO_NET_HDR_GSO_TCPV4:
	case VIRTIO_NET_HDR_GSO_TCPV6:
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		return check_gso(f, n, kind);
	default:
		return false;
	}
}

void offload_tidy(struct net_frame *f, const struct offload_needs *n)
{
	struct vfe_net_hdr hdr = {
		.flags = f->hdr.flags, .gso_type = f->hdr.gso_type,
	};

	if (n->needs & NET_CSUM) {
		hdr.csum_start = f->hdr.csum_start;
		hdr.csum_offset = f->hdr.csum_offset;
	}
	if (n->needs & ~NET_CSUM) {
		hdr.gso_size = f->hdr.gso_size;
		hdr.hdr_len = htole16(n->headers);
	}
	if (n->tunnel) {
		hdr.outer_th_offset = f->hdr.outer_th_offset;
		hdr.inner_nh_offset = f->hdr.inner_nh_offset;
	}
	f->hdr = hdr;
}

uint32_t offload_segments(const struct offload_needs *n,
			  const struct net_frame *f)
{
	uint32_t size = le16toh(f->hdr.gso_size);

	return (f->len - n->headers + size - 1) / size;
}

/* Checksums */

/*
 * The field at @field holds the sum of the pseudo header; a UDP checksum of 0
 * would mean that there is none.
 */
static void complete(struct net_frame *f, uint32_t start, uint32_t field,
		     bool udp)
{
	uint16_t sum;

	sum = checksum_fold(checksum_add(0, f->data + start, f->len - start));
	put16(f->data + field, !sum && udp ? 0xffff : sum);
}

static void complete_frame(struct net_frame *f)
{
	uint32_t start = le16toh(f->hdr.csum_start);
	uint32_t offset = le16toh(f->hdr.csum_offset);

	complete(f, start, start + offset, offset == 6);
	memset(&f->hdr, 0, sizeof(f->hdr));
}

/* Segments */

/* IP header at @ip of a packet that ends with the frame; @index: segment's */
static void fix_ip(struct net_frame *f, uint32_t ip, bool v6, uint32_t index)
{
	uint8_t *h = f->data + ip;

	if (v6) {
		put16(h + 4, f->len - ip - IP6_LEN);
		return;
	}
	put16(h + 2, f->len - ip);
	put16(h + 4, get16(h + 4) + index);
	checksum_ip4(h);
}

static void fix_tcp(uint8_t *tcp, uint32_t done, bool first, bool last)
{
	put32(tcp + 4, get32(tcp + 4) + done);
	if (!first)
		tcp[13] &= ~TCP_CWR;
	if (!last)
		tcp[13] &= ~(TCP_FIN | TCP_PSH);
}

/* Put the sum of the pseudo header at @field, then complete it. */
static void fix_checksum(struct net_frame *f, uint32_t ip, bool v6,
			 uint32_t l4, uint32_t field, bool udp)
{
	uint32_t sum = checksum_pseudo(f->data + ip, v6,
				       udp ? IPPROTO_UDP : IPPROTO_TCP,
				       f->len - l4);

	put16(f->data + field, ~checksum_fold(sum));
	complete(f, l4, field, udp);
}

/* The outer headers; the checksum is there only if the sender left it. */
static void fix_tunnel(const struct offload *o, struct net_frame *out)
{
	const struct offload_needs *n = &o->n;

	fix_ip(out, n->outer_ip, n->outer_v6, o->index);
	put16(out->data + n->outer_udp + 4, out->len - n->outer_udp);
	if (n->needs & NET_TUNNEL_CSUM)
		fix_checksum(out, n->outer_ip, n->outer_v6, n->outer_udp,
			     n->outer_udp + 6, true);
}

static void make_segment(const struct offload *o, struct net_frame *out)
{
	const struct offload_needs *n = &o->n;
	const struct net_frame *f = o->f;
	uint32_t size = le16toh(f->hdr.gso_size), left = f->len - o->at;
	uint32_t payload = left < size ? left : size;

	memset(&out->hdr, 0, sizeof(out->hdr));
	out->len = n->headers + payload;
	memcpy(out->data, f->data, n->headers);
	memcpy(out->data + n->headers, f->data + o->at, payload);
	fix_ip(out, n->ip, n->v6, o->index);
	if (n->udp)
		put16(out->data + n->l4 + 4, out->len - n->l4);
	else
		fix_tcp(out->data + n->l4, o->at - n->headers, !o->index,
			left <= size);
	fix_checksum(out, n->ip, n->v6, n->l4, n->l4 + (n->udp ? 6 : 16),
		     n->udp);
	if (n->tunnel)
		fix_tunnel(o, out);
}

void offload_begin(struct offload *o, struct net_frame *f,
		   const struct offload_needs *n, uint32_t takes)
{
	*o = (struct offload){ .f = f, .n = *n, .at = n->headers };
	if (!(n->needs & ~takes))
		return;
	if (n->needs & ~NET_CSUM)
		o->segments = true;
	else
		complete_frame(f);
}

struct net_frame *offload_next(struct offload *o, struct net_frame *out)
{
	if (!o->f || !o->segments)
		return o->f;
	if (!o->ready)
		make_segment(o, out);
	o->ready = true;
	return out;
}

void offload_taken(struct offload *o)
{
	o->at += le16toh(o->f->hdr.gso_size);
	o->index++;
	o->ready = false;
	if (!o->segments || o->at >= o->f->len)
		o->f = NULL;
}

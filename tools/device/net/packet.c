// SPDX-License-Identifier: GPL-2.0
/*
 * Reading a frame's headers, as far as they are within the frame, and Internet
 * checksums.
 */
#include <netinet/in.h>
#include <string.h>

#include "net/packet.h"

#define TYPE_IP4	0x0800
#define TYPE_IP6	0x86dd
#define TYPE_VLAN	0x8100
#define TYPE_QINQ	0x88a8

#define MAX_TAGS	2
#define MAX_EXTENSIONS	8
#define OPTION_HOME	0xc9	/* home address, of destination options */

static void parse_ip4(const uint8_t *ip, size_t left, struct packet *p)
{
	p->ip_len = (ip[0] & 15) * 4U;
	if (ip[0] >> 4 != 4 || p->ip_len < IP4_LEN || p->ip_len > left) {
		p->ip = 0;
		return;
	}
	p->proto = ip[9];
	/* more fragments, or not the first one */
	p->fragment = get16(ip + 6) & 0x3fff;
	if (!p->fragment && left - p->ip_len >= UDP_LEN)
		p->l4 = p->ip + p->ip_len;
}

/* The home address among the destination options of @len bytes at @at */
static void find_home(const uint8_t *frame, unsigned int at, unsigned int len,
		      struct packet *p)
{
	unsigned int i = 2;

	while (i + 2 <= len) {
		const uint8_t *option = frame + at + i;

		if (!option[0]) {
			i++;
			continue;
		}
		if (option[0] == OPTION_HOME && option[1] == 16 &&
		    i + 2 + 16 <= len) {
			p->home = at + i + 2;
			return;
		}
		i += 2U + option[1];
	}
}

/*
 * Step over one extension header at @at, of @left bytes.
 * Return: its length; 0 if this is none, or not all there
 */
static unsigned int extension(const uint8_t *frame, unsigned int at,
			      size_t left, struct packet *p)
{
	const uint8_t *h = frame + at;
	unsigned int len;

	if (left < 8)
		return 0;
	switch (p->proto) {
	case IPPROTO_FRAGMENT:
		p->fragment = get16(h + 2) & 0xfff9;
		len = 8;
		break;
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_DSTOPTS:
		len = (h[1] + 1U) * 8;
		break;
	default:
		return 0;
	}
	if (len > left)
		return 0;
	if (p->proto == IPPROTO_DSTOPTS)
		find_home(frame, at, len, p);
	if (p->proto == IPPROTO_ROUTING && h[2] == 2 && len == 24)
		p->route = at + 8;
	p->proto = h[0];
	return len;
}

static void parse_ip6(const uint8_t *frame, size_t len, struct packet *p)
{
	const uint8_t *ip = frame + p->ip;
	unsigned int step;

	if (ip[0] >> 4 != 6 || len - p->ip < IP6_LEN) {
		p->ip = 0;
		return;
	}
	p->proto = ip[6];
	p->ip_len = IP6_LEN;
	p->home = p->ip + 8;
	p->route = p->ip + 24;
	for (int i = 0; i < MAX_EXTENSIONS; i++) {
		step = extension(frame, p->ip + p->ip_len,
				 len - p->ip - p->ip_len, p);
		if (!step)
			break;
		p->ip_len += step;
		p->extended = true;
	}
	if (!p->fragment && len - p->ip - p->ip_len >= UDP_LEN)
		p->l4 = p->ip + p->ip_len;
}

void packet_parse_ip(const uint8_t *frame, size_t len, unsigned int ip,
		     bool v6, struct packet *p)
{
	p->v6 = v6;
	if (ip >= len || len - ip < IP4_LEN)
		return;
	p->ip = ip;
	if (v6)
		parse_ip6(frame, len, p);
	else
		parse_ip4(frame + ip, len - ip, p);
}

void packet_parse(const uint8_t *frame, size_t len, struct packet *p)
{
	unsigned int at = 2 * MAC_LEN;

	memset(p, 0, sizeof(*p));
	if (len < ETH_LEN)
		return;
	p->type = get16(frame + at);
	for (int tags = 0; tags < MAX_TAGS; tags++) {
		if ((p->type != TYPE_VLAN && p->type != TYPE_QINQ) ||
		    len - at < 2 + VLAN_LEN)
			break;
		if (!p->tagged)
			p->vlan = get16(frame + at + 2) & 0xfff;
		p->tagged = true;
		at += VLAN_LEN;
		p->type = get16(frame + at);
	}
	if (p->type == TYPE_IP4 || p->type == TYPE_IP6)
		packet_parse_ip(frame, len, at + 2, p->type == TYPE_IP6, p);
}

uint32_t checksum_add(uint32_t sum, const uint8_t *data, size_t len)
{
	uint64_t wide = 0;
	uint32_t word;
	uint16_t half;

	/* In the machine's order: the sum is only swapped at the end. */
	for (; len >= sizeof(word); len -= sizeof(word), data += sizeof(word)) {
		memcpy(&word, data, sizeof(word));
		wide += word;
	}
	if (len >= sizeof(half)) {
		memcpy(&half, data, sizeof(half));
		wide += half;
		data += sizeof(half);
		len -= sizeof(half);
	}
	if (len) {
		half = 0;
		memcpy(&half, data, 1);
		wide += half;
	}
	while (wide >> 16)
		wide = (wide & 0xffff) + (wide >> 16);
	half = wide;
	wide = (uint64_t)sum + get16((const uint8_t *)&half);
	while (wide >> 32)
		wide = (wide & 0xffffffff) + (wide >> 32);
	return wide;
}

uint16_t checksum_fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

uint32_t checksum_pseudo(const uint8_t *ip, bool v6, uint8_t proto,
			 uint32_t len)
{
	uint32_t sum = (len >> 16) + (len & 0xffff) + proto;

	return v6 ? checksum_add(sum, ip + 8, 32) :
		    checksum_add(sum, ip + 12, 8);
}

void checksum_ip4(uint8_t *ip)
{
	put16(ip + 10, 0);
	put16(ip + 10, checksum_fold(checksum_add(0, ip, (ip[0] & 15) * 4U)));
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Back ends inside the process. echo: a neighbour who has every address,
 * answers ARP, neighbour solicitations and pings, and sends every other unicast
 * IP packet back. sink: takes everything.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "net/backends.h"
#include "net/packet.h"

#define FRAMES		64U

#define TYPE_ARP	0x0806
#define ARP_LEN		28
#define ARP_REQUEST	1
#define ARP_REPLY	2

#define ICMP_ECHO	8
#define ICMP6_ECHO	128
#define ICMP6_REPLY	129
#define ICMP6_SOLICIT	135
#define ICMP6_ADVERTISE	136
#define SOLICIT_LEN	24	/* without options */
#define ADVERTISE_LEN	32	/* with the link-layer address */

/* The neighbour's address, administered locally */
static const uint8_t own_mac[MAC_LEN] = { 0x02, 'v', 'f', 'e', 0, 1 };

struct echo {
	struct net_backend b;
	unsigned int head, count;
	struct net_frame frames[FRAMES];
};

static void swap(uint8_t *a, uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = a[i];

		a[i] = b[i];
		b[i] = byte;
	}
}

/* A 16-bit word of what is summed up changed: RFC 1624. */
static void checksum_replace(uint8_t *field, uint16_t from, uint16_t to)
{
	put16(field, checksum_fold((uint16_t)~get16(field) +
				   (uint16_t)~from + to));
}

static void return_to_sender(struct net_frame *f)
{
	memcpy(f->data, f->data + MAC_LEN, MAC_LEN);
	memcpy(f->data + MAC_LEN, own_mac, MAC_LEN);
}

/*
 * RFC 826. Nobody answers for the asker's own address, or to an asker without
 * one: that is how it finds out whether the address is free.
 */
static bool answer_arp(struct net_frame *f, unsigned int at)
{
	uint8_t *arp = f->data + at;

	if (f->len - at < ARP_LEN || get16(arp) != 1 ||
	    get16(arp + 2) != 0x0800 || arp[4] != MAC_LEN || arp[5] != 4 ||
	    get16(arp + 6) != ARP_REQUEST || !get32(arp + 14) ||
	    get32(arp + 14) == get32(arp + 24))
		return false;
	put16(arp + 6, ARP_REPLY);
	memcpy(arp + 18, arp + 8, MAC_LEN);
	memcpy(arp + 8, own_mac, MAC_LEN);
	swap(arp + 14, arp + 24, 4);
	return_to_sender(f);
	return true;
}

/* RFC 4861, 7.2.4; an unspecified source looks for duplicates. */
static bool answer_solicitation(struct net_frame *f, const struct packet *p)
{
	static const uint8_t unspecified[16];
	uint8_t *ip = f->data + p->ip, *icmp = f->data + p->l4;
	uint8_t target[16];
	uint32_t sum;

	if (f->len - p->l4 < SOLICIT_LEN || icmp[1] ||
	    !memcmp(ip + 8, unspecified, sizeof(unspecified)))
		return false;
	memcpy(target, icmp + 8, sizeof(target));
	memcpy(ip + 24, ip + 8, 16);
	memcpy(ip + 8, target, 16);
	put16(ip + 4, ADVERTISE_LEN);
	f->len = p->l4 + ADVERTISE_LEN;
	icmp[0] = ICMP6_ADVERTISE;
	put32(icmp + 4, 0x60000000);	/* solicited, override */
	icmp[24] = 2;			/* target link-layer address */
	icmp[25] = 1;
	memcpy(icmp + 26, own_mac, MAC_LEN);
	put16(icmp + 2, 0);
	sum = checksum_pseudo(ip, true, IPPROTO_ICMPV6, ADVERTISE_LEN);
	sum = checksum_add(sum, icmp, ADVERTISE_LEN);
	put16(icmp + 2, checksum_fold(sum));
	memset(&f->hdr, 0, sizeof(f->hdr));
	return_to_sender(f);
	return true;
}

static void answer_ping(uint8_t *icmp, uint8_t type, uint8_t reply)
{
	checksum_replace(icmp + 2, type << 8 | icmp[1], reply << 8 | icmp[1]);
	icmp[0] = reply;
}

/* Checksums stay right: both addresses, or both ports, are in their sum. */
static void send_back(struct net_frame *f, const struct packet *p)
{
	uint8_t *ip = f->data + p->ip;

	if (p->v6)
		swap(ip + 8, ip + 24, 16);
	else
		swap(ip + 12, ip + 16, 4);
	if (p->l4 && p->proto == IPPROTO_UDP)
		swap(f->data + p->l4, f->data + p->l4 + 2, 2);
	swap(f->data, f->data + MAC_LEN, MAC_LEN);
}

bool echo_answer(struct net_frame *f)
{
	struct packet p;
	uint8_t *l4;

	packet_parse(f->data, f->len, &p);
	if (p.type == TYPE_ARP)
		return answer_arp(f, ETH_LEN + (p.tagged ? VLAN_LEN : 0));
	if (!p.ip)
		return false;
	l4 = f->data + p.l4;
	if (p.l4 && p.v6 && !p.extended && p.proto == IPPROTO_ICMPV6 &&
	    l4[0] == ICMP6_SOLICIT)
		return answer_solicitation(f, &p);
	if (is_multicast(f->data) || is_multicast(f->data + MAC_LEN))
		return false;
	if (p.l4 && !p.v6 && p.proto == IPPROTO_ICMP && l4[0] == ICMP_ECHO)
		answer_ping(l4, ICMP_ECHO, 0);
	else if (p.l4 && p.v6 && p.proto == IPPROTO_ICMPV6 &&
		 l4[0] == ICMP6_ECHO)
		answer_ping(l4, ICMP6_ECHO, ICMP6_REPLY);
	send_back(f, &p);
	return true;
}

static struct net_backend *echo_open(const struct options *o,
				     const char *argument)
{
	struct echo *e = calloc(1, sizeof(*e));

	(void)o;
	(void)argument;
	if (!e)
		return NULL;
	e->b = (struct net_backend){ &net_echo, NET_ALL_OFFLOADS };
	return &e->b;
}

static void echo_close(struct net_backend *b)
{
	free(b);
}

static int echo_send(struct net_backend *b, unsigned int pair,
		     struct net_frame *f)
{
	struct echo *e = (struct echo *)b;
	struct net_frame *to;

	(void)pair;
	if (e->count == FRAMES)
		return -EAGAIN;
	if (!echo_answer(f))
		return 0;
	to = &e->frames[(e->head + e->count++) % FRAMES];
	to->hdr = f->hdr;
	to->len = f->len;
	memcpy(to->data, f->data, f->len);
	return 0;
}

static bool echo_may_receive(const struct net_backend *b, unsigned int pair)
{
	(void)pair;
	return ((const struct echo *)b)->count;
}

static int echo_receive(struct net_backend *b, unsigned int pair,
			struct net_frame *f)
{
	struct echo *e = (struct echo *)b;
	const struct net_frame *from = &e->frames[e->head];

	(void)pair;
	if (!e->count)
		return -EAGAIN;
	f->hdr = from->hdr;
	f->len = from->len;
	memcpy(f->data, from->data, from->len);
	e->head = (e->head + 1) % FRAMES;
	e->count--;
	if (!e->count)
		e->head = 0;
	return 0;
}

const struct net_backend_ops net_echo = {
	.name = "echo",
	.open = echo_open,
	.close = echo_close,
	.send = echo_send,
	.receive = echo_receive,
	.may_receive = echo_may_receive,
};

static struct net_backend *sink_open(const struct options *o,
				     const char *argument)
{
	struct net_backend *b = calloc(1, sizeof(*b));

	(void)o;
	(void)argument;
	if (b)
		*b = (struct net_backend){ &net_sink, NET_ALL_OFFLOADS };
	return b;
}

static int sink_send(struct net_backend *b, unsigned int pair,
		     struct net_frame *f)
{
	(void)b;
	(void)pair;
	(void)f;
	return 0;
}

static int sink_receive(struct net_backend *b, unsigned int pair,
			struct net_frame *f)
{
	return sink_send(b, pair, f) ? : -EAGAIN;
}

static bool sink_may_receive(const struct net_backend *b, unsigned int pair)
{
	(void)b;
	(void)pair;
	return false;
}

const struct net_backend_ops net_sink = {
	.name = "sink",
	.open = sink_open,
	.close = echo_close,
	.send = sink_send,
	.receive = sink_receive,
	.may_receive = sink_may_receive,
};

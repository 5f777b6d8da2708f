// SPDX-License-Identifier: GPL-2.0
/* Receive steering, and the Toeplitz hash (virtio 1.4, 5.1.9.4.3). */
#include <netinet/in.h>
#include <string.h>

#include "net/steer.h"

void steer_reset(struct steer *s)
{
	memset(s, 0, sizeof(*s));
}

/* The 32 bits of the key from bit @at on; behind its end there are zeroes. */
static uint32_t key_bits(const uint8_t *key, unsigned int len, unsigned int at)
{
	uint64_t bits = 0;

	for (unsigned int i = 0; i < 5; i++) {
		bits <<= 8;
		if (at / 8 + i < len)
			bits |= key[at / 8 + i];
	}
	return bits >> (8 - at % 8);
}

void steer_key(struct steer *s, const uint8_t *key, unsigned int len)
{
	for (unsigned int byte = 0; byte < STEER_INPUT; byte++) {
		uint32_t of_bit[8];

		for (unsigned int bit = 0; bit < 8; bit++)
			of_bit[bit] = key_bits(key, len, 8 * byte + bit);
		for (unsigned int value = 0; value < 256; value++) {
			uint32_t hash = 0;

			for (unsigned int bit = 0; bit < 8; bit++) {
				if (value & 0x80 >> bit)
					hash ^= of_bit[bit];
			}
			s->hashes[byte][value] = hash;
		}
	}
}

static uint32_t toeplitz(const struct steer *s, const uint8_t *input,
			 unsigned int len)
{
	uint32_t hash = 0;

	for (unsigned int i = 0; i < len; i++)
		hash ^= s->hashes[i][input[i]];
	return hash;
}

/* Bits of hash types, and the report of each, are in the same order. */
static unsigned int report_of(uint32_t type)
{
	return __builtin_ctz(type) + 1;
}

/* 5.1.9.4.3.2 to .4: the first enabled type that the packet has */
static uint32_t choose(const struct steer *s, const struct packet *p,
		       bool *ports)
{
	bool tcp = p->l4 && p->proto == IPPROTO_TCP;
	bool udp = p->l4 && p->proto == IPPROTO_UDP;
	unsigned int first = p->v6 ? 3 : 0;
	uint32_t ip, of_tcp, of_udp;

	if (p->v6 && p->extended && s->types >> 6) {
		uint32_t types = (tcp ? 2U : 0) | (udp ? 4U : 0) | 1U;

		if (s->types >> 6 & types)
			first = 6;
	}
	ip = 1U << first;
	of_tcp = ip << 1;
	of_udp = ip << 2;
	*ports = true;
	if (tcp && s->types & of_tcp)
		return of_tcp;
	if (udp && s->types & of_udp)
		return of_udp;
	*ports = false;
	return s->types & ip;
}

unsigned int steer_hash(const struct steer *s, const uint8_t *frame,
			const struct packet *p, uint32_t *hash)
{
	uint8_t input[STEER_INPUT];
	unsigned int len = 8;
	uint32_t type;
	bool ports;

	if (!p->ip || !s->types)
		return VIRTIO_NET_HASH_REPORT_NONE;
	type = choose(s, p, &ports);
	if (!type)
		return VIRTIO_NET_HASH_REPORT_NONE;
	if (p->v6) {
		bool extended = type >= VIRTIO_NET_RSS_HASH_TYPE_IP_EX;

		len = 32;
		memcpy(input, frame + (extended ? p->home : p->ip + 8), 16);
		memcpy(input + 16, frame + (extended ? p->route : p->ip + 24),
		       16);
	} else {
		memcpy(input, frame + p->ip + 12, len);
	}
	if (ports) {
		memcpy(input + len, frame + p->l4, 4);
		len += 4;
	}
	*hash = toeplitz(s, input, len);
	return report_of(type);
}

/* The same number for both directions of a flow */
static unsigned int flow_of(const uint8_t *frame, const struct packet *p)
{
	const uint8_t *address = frame + p->ip + (p->v6 ? 8 : 12);
	unsigned int words = p->v6 ? 8 : 2;
	uint32_t sum = p->proto;

	for (unsigned int i = 0; i < words; i++)
		sum += get32(address + 4 * i);
	if (p->l4 && (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP))
		sum += get16(frame + p->l4) + get16(frame + p->l4 + 2);
	return (sum * 0x9e3779b1U >> 16) % STEER_FLOWS;
}

void steer_sent(struct steer *s, const struct net_frame *f, unsigned int pair)
{
	struct packet p;

	packet_parse(f->data, f->len, &p);
	if (p.ip)
		s->flows[flow_of(f->data, &p)] = pair;
}

unsigned int steer_pair(const struct steer *s, const uint8_t *frame,
			const struct packet *p, unsigned int pairs,
			unsigned int report, uint32_t hash)
{
	unsigned int pair = 0;

	if (s->rss)
		return report ? s->table[hash & s->mask] : s->unclassified;
	if (pairs > 1 && p->ip)
		pair = s->flows[flow_of(frame, p)];
	return pair < pairs ? pair : 0;
}

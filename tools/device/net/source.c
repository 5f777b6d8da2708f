// SPDX-License-Identifier: GPL-2.0
/*
 * A back end that produces UDP packets as fast as the driver has buffers for
 * them. They go to the address that the driver last sent from; ARP, neighbour
 * solicitations and pings are answered as by echo, so that a ping begins it.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"
#include "net/backends.h"
#include "net/packet.h"

#define LEAST		(ETH_LEN + IP4_LEN + UDP_LEN)
#define DEFAULT		64U
#define MOST		1514U
#define PORT		9	/* discard */
#define FRAMES		16U

struct source {
	struct net_backend b;
	unsigned int size;
	bool running, learned;
	struct net_frame packet;	/* the one to produce */
	uint16_t id;
	unsigned int head, count;
	struct net_frame answers[FRAMES];
};

static struct source *source_of(const struct net_backend *b)
{
	return (struct source *)(uintptr_t)b;
}

static int parse(struct source *s, const char *text)
{
	char *end;
	unsigned long size = strtoul(text, &end, 10);

	s->running = !strcmp(end, ",start");
	if (end == text || (*end && !s->running) || size < LEAST ||
	    size > MOST)
		return parse_bad("--backend source:%s: use source:SIZE or source:SIZE,start with a size from %u to %u",
				 text, LEAST, MOST);
	s->size = size;
	return 0;
}

static struct net_backend *source_open(const struct options *o,
				       const char *argument)
{
	struct source *s = calloc(1, sizeof(*s));

	(void)o;
	if (!s)
		return NULL;
	s->b = (struct net_backend){ &net_source, NET_ALL_OFFLOADS };
	s->size = DEFAULT;
	if (!argument || !parse(s, argument))
		return &s->b;
	free(s);
	return NULL;
}

static void source_close(struct net_backend *b)
{
	free(b);
}

/* The packet to produce, from @from's MAC and IP to @mac and @ip */
static void make_packet(struct source *s, const uint8_t *mac,
			const uint8_t *ip, const uint8_t *from)
{
	struct net_frame *f = &s->packet;
	uint8_t *header = f->data + ETH_LEN, *udp = header + IP4_LEN;
	unsigned int len = s->size - ETH_LEN - IP4_LEN;

	memset(f->data, 0, s->size);
	f->len = s->size;
	memcpy(f->data, mac, MAC_LEN);
	f->data[MAC_LEN] = 0x02;
	f->data[2 * MAC_LEN - 1] = 0x09;
	put16(f->data + 12, 0x0800);
	header[0] = 0x45;
	put16(header + 2, IP4_LEN + len);
	header[8] = 64;
	header[9] = IPPROTO_UDP;
	memcpy(header + 12, from, 4);
	memcpy(header + 16, ip, 4);
	put16(udp, PORT);
	put16(udp + 2, PORT);
	put16(udp + 4, len);
	put16(udp + 6, ~checksum_fold(checksum_pseudo(header, false,
						      IPPROTO_UDP, len)));
	f->hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	f->hdr.csum_start = htole16(ETH_LEN + IP4_LEN);
	f->hdr.csum_offset = htole16(6);
	s->learned = true;
}

static void learn(struct source *s, const struct net_frame *f)
{
	struct packet p;

	packet_parse(f->data, f->len, &p);
	if (p.ip && !p.v6 && !is_multicast(f->data) &&
	    get32(f->data + p.ip + 12))
		make_packet(s, f->data + MAC_LEN, f->data + p.ip + 12,
			    f->data + p.ip + 16);
}

/* If datagrams were answered, too, they would come back without end. */
static bool is_for_answer(const struct net_frame *f)
{
	struct packet p;

	packet_parse(f->data, f->len, &p);
	return !p.ip || p.proto == IPPROTO_ICMP || p.proto == IPPROTO_ICMPV6;
}

static int source_send(struct net_backend *b, unsigned int pair,
		       struct net_frame *f)
{
	struct source *s = source_of(b);
	struct net_frame *to;

	(void)pair;
	learn(s, f);
	if (!is_for_answer(f))
		return 0;
	if (s->count == FRAMES)
		return -EAGAIN;
	if (!echo_answer(f))
		return 0;
	to = &s->answers[(s->head + s->count++) % FRAMES];
	to->hdr = f->hdr;
	to->len = f->len;
	memcpy(to->data, f->data, f->len);
	return 0;
}

static bool source_may_receive(const struct net_backend *b, unsigned int pair)
{
	const struct source *s = source_of(b);

	return !pair && (s->count || (s->running && s->learned));
}

static int source_receive(struct net_backend *b, unsigned int pair,
			  struct net_frame *f)
{
	struct source *s = source_of(b);
	const struct net_frame *from = &s->packet;

	if (!source_may_receive(b, pair))
		return -EAGAIN;
	if (s->count) {
		from = &s->answers[s->head];
		s->head = (s->head + 1) % FRAMES;
		s->count--;
	} else {
		put16(s->packet.data + ETH_LEN + 4, s->id++);
		checksum_ip4(s->packet.data + ETH_LEN);
	}
	f->hdr = from->hdr;
	f->len = from->len;
	memcpy(f->data, from->data, from->len);
	return 0;
}

static int source_command(struct net_backend *b, const char *text)
{
	bool start = !strcmp(text, "start");

	if (!start && strcmp(text, "stop"))
		return -1;
	source_of(b)->running = start;
	return 0;
}

const struct net_backend_ops net_source = {
	.name = "source",
	.argument = "SIZE",
	.optional = true,
	.open = source_open,
	.close = source_close,
	.send = source_send,
	.receive = source_receive,
	.may_receive = source_may_receive,
	.command = source_command,
};

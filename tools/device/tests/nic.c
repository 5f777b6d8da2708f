// SPDX-License-Identifier: GPL-2.0
/* A network driver in miniature, and frames for it. */
#include <netinet/in.h>
#include <string.h>

#include "nic.h"

#define AREA		0x10000ULL
#define BUFFERS		(RAM_BASE + 0x60000)
#define FRAME		(RAM_BASE + 0x1c0000)
#define COMMAND		(RAM_BASE + 0x1e0000)
#define ANSWER		(RAM_BASE + 0x1f0000)

struct net_options nic_options;

static struct places places[NIC_QUEUES];

void with_nic(struct options *o)
{
	nic_options = net_default_options;
	nic_options.has_mac = true;
	memcpy(nic_options.mac, "\x52\x54\x00\x00\x00\x01", MAC_LEN);
	o->class = &net_class;
	o->of_class = &nic_options;
}

void with_two_pairs(struct options *o)
{
	with_nic(o);
	nic_options.pairs = 2;
}

static void set_up(struct nic *n, unsigned int index)
{
	struct guest *q = &n->q[index];
	uint64_t base = RAM_BASE + index * AREA;

	places[index] = (struct places){
		.ram = RAM_BASE, .desc = base, .avail = base + 0x4000,
		.used = base + 0x8000, .table = base + 0xc000,
	};
	*q = *n->main;
	q->at = &places[index];
	q->queue = index;
	guest_queue(q, NIC_SIZE);
}

void nic_start(struct nic *n, struct guest *g, uint64_t features)
{
	n->main = g;
	memset(g->ram, 0, RAM_SIZE);
	guest_negotiate(g, features & offered(g));
	n->ctrl = 2 * net_max_pairs(g->v);
	n->hdr_len = net_of(g->v)->hdr_len;
	for (unsigned int i = 0; i < g->v->num_queues && i < NIC_QUEUES; i++)
		set_up(n, i);
	set(g, VFE_REG_DEVICE_STATUS, 15);
}

static uint64_t buffer_at(unsigned int index, unsigned int id)
{
	return BUFFERS + (index / 2 * NIC_SIZE + id) * NIC_BUFFER;
}

void nic_fill(struct nic *n, unsigned int index, unsigned int count,
	      uint32_t len)
{
	struct guest *q = &n->q[index];

	for (unsigned int i = 0; i < count; i++) {
		unsigned int id = (q->features & PACKED ? q->next :
				   q->avail_idx) % NIC_SIZE;
		const struct piece e = {
			buffer_at(index, id), len, VRING_DESC_F_WRITE
		};

		memset(at(q, e.addr), 0xee, NIC_BUFFER);
		add(q, &e, 1, id);
	}
	kick(q);
}

bool nic_send(struct nic *n, unsigned int index, const struct vfe_net_hdr *hdr,
	      const void *frame, uint32_t len)
{
	struct guest *q = &n->q[index];
	const struct piece e[2] = {
		{ FRAME, n->hdr_len, 0 }, { FRAME + 0x100, len, 0 },
	};
	struct used u;

	memset(at(q, FRAME), 0, 0x100);
	if (hdr)
		memcpy(at(q, FRAME), hdr, n->hdr_len);
	memcpy(at(q, FRAME + 0x100), frame, len);
	add(q, e, 2, (q->features & PACKED ? q->next : 2 * q->avail_idx) %
		     NIC_SIZE);
	kick(q);
	nic_poll(n);
	return take(q, 1, 2, &u);
}

int nic_receive(struct nic *n, unsigned int index, struct vfe_net_hdr *hdr,
		uint8_t *frame)
{
	struct guest *q = &n->q[index];
	uint32_t len = 0, skip = n->hdr_len;
	unsigned int left = 1;
	struct used u;

	memset(hdr, 0, sizeof(*hdr));
	for (bool first = true; left; first = false) {
		if (!take(q, 1, 1, &u))
			return -1;
		if (first) {
			memcpy(hdr, at(q, buffer_at(index, u.id)),
			       n->hdr_len);
			left = hdr->num_buffers;
			CHECK(left && left <= NIC_SIZE);
		}
		memcpy(frame + len, (uint8_t *)at(q, buffer_at(index, u.id)) +
		       skip, u.len - skip);
		len += u.len - skip;
		skip = 0;
		left--;
	}
	return len;
}

int nic_command(struct nic *n, uint8_t class, uint8_t number,
		const void *data, uint32_t len, void *answer, uint32_t room)
{
	struct guest *q = &n->q[n->ctrl];
	uint8_t *command = at(q, COMMAND);
	const struct piece e[2] = {
		{ COMMAND, 2 + len, 0 },
		{ ANSWER, 1 + room, VRING_DESC_F_WRITE },
	};
	struct used u;

	command[0] = class;
	command[1] = number;
	memcpy(command + 2, data, len);
	memset(at(q, ANSWER), 0xff, 1 + room);
	add(q, e, 2, (q->features & PACKED ? q->next : 2 * q->avail_idx) %
		     NIC_SIZE);
	kick(q);
	nic_poll(n);
	if (!take(q, 1, 2, &u))
		return -1;
	if (answer)
		memcpy(answer, (uint8_t *)at(q, ANSWER) + 1, room);
	return *(uint8_t *)at(q, ANSWER);
}

void nic_poll(struct nic *n)
{
	for (int i = 0; i < 100 && vdev_wants_poll(n->main->v); i++)
		vdev_poll(n->main->v);
}

static void put_ip4(uint8_t *ip, uint8_t proto, uint32_t len)
{
	ip[0] = 0x45;
	put16(ip + 2, IP4_LEN + len);
	ip[8] = 64;
	ip[9] = proto;
	put32(ip + 12, 0x0a000001);
	put32(ip + 16, 0x0a000002);
	checksum_ip4(ip);
}

static void put_ip6(uint8_t *ip, uint8_t proto, uint32_t len)
{
	ip[0] = 0x60;
	put16(ip + 4, len);
	ip[6] = proto;
	ip[7] = 64;
	put16(ip + 8, 0xfd00);
	ip[23] = 1;
	put16(ip + 24, 0xfd00);
	ip[39] = 2;
}

uint32_t make_frame(uint8_t *frame, bool v6, bool tcp, uint32_t payload)
{
	unsigned int ip_len = v6 ? IP6_LEN : IP4_LEN;
	uint8_t *ip = frame + ETH_LEN, *l4 = ip + ip_len;
	uint32_t len = (tcp ? TCP_LEN : UDP_LEN) + payload, sum;

	memset(frame, 0, ETH_LEN + ip_len + TCP_LEN);
	memcpy(frame, "\x52\x54\x00\x00\x00\x02\x52\x54\x00\x00\x00\x01", 12);
	put16(frame + 12, v6 ? 0x86dd : 0x0800);
	if (v6)
		put_ip6(ip, tcp ? IPPROTO_TCP : IPPROTO_UDP, len);
	else
		put_ip4(ip, tcp ? IPPROTO_TCP : IPPROTO_UDP, len);
	put16(l4, 1000);
	put16(l4 + 2, 2000);
	if (tcp) {
		put32(l4 + 4, 0xfffff000);
		l4[12] = TCP_LEN / 4 << 4;
		l4[13] = 0x99;	/* CWR, ACK, PSH, FIN */
	} else {
		put16(l4 + 4, len);
	}
	for (uint32_t i = 0; i < payload; i++)
		l4[len - payload + i] = i * 7 + i / 251;
	sum = checksum_pseudo(ip, v6, tcp ? IPPROTO_TCP : IPPROTO_UDP, len);
	put16(l4 + (tcp ? 16 : 6),
	      checksum_fold(checksum_add(sum, l4, len)));
	return ETH_LEN + ip_len + len;
}

bool frame_is_right(const uint8_t *frame, uint32_t len)
{
	struct packet p;
	uint32_t sum;

	packet_parse(frame, len, &p);
	if (!p.ip || !p.l4)
		return false;
	if (!p.v6 && checksum_fold(checksum_add(0, frame + p.ip, p.ip_len)))
		return false;
	sum = checksum_pseudo(frame + p.ip, p.v6, p.proto, len - p.l4);
	return !checksum_fold(checksum_add(sum, frame + p.l4, len - p.l4));
}

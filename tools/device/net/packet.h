/* SPDX-License-Identifier: GPL-2.0 */
/* Reading a frame's headers, and Internet checksums. */
#ifndef NET_PACKET_H
#define NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAC_LEN		6
#define ETH_LEN		14
#define VLAN_LEN	4
#define IP4_LEN		20
#define IP6_LEN		40
#define TCP_LEN		20
#define UDP_LEN		8
/* Ethernet's smallest frame, without its checksum */
#define ETH_MIN		60

/* Where the headers are; 0: there is none */
struct packet {
	uint16_t vlan;		/* id of the outer tag */
	bool tagged;
	uint16_t type;		/* behind all tags, host order */
	unsigned int ip;	/* offset of an IP header that is all there */
	unsigned int ip_len;	/* of it, with options or extension headers */
	bool v6;
	bool extended;		/* IPv6 with extension headers */
	bool fragment;		/* one of several */
	uint8_t proto;
	unsigned int l4;	/* of TCP, UDP or ICMP, if at least 8 bytes */
	/* IPv6: the addresses that a hash takes, offsets in the frame */
	unsigned int home, route;
};

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline void put16(uint8_t *p, uint16_t value)
{
	p[0] = value >> 8;
	p[1] = value;
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void put32(uint8_t *p, uint32_t value)
{
	put16(p, value >> 16);
	put16(p + 2, value);
}

static inline bool is_multicast(const uint8_t *mac)
{
	return mac[0] & 1;
}

/* What of a frame of @len bytes can be read. */
void packet_parse(const uint8_t *frame, size_t len, struct packet *p);
/* The same, for an IP packet at @ip */
void packet_parse_ip(const uint8_t *frame, size_t len, unsigned int ip,
		     bool v6, struct packet *p);

/* The ones' complement sum of @len bytes, added to @sum; in network order */
uint32_t checksum_add(uint32_t sum, const uint8_t *data, size_t len);
/* The value of a checksum field, to be put there by put16() */
uint16_t checksum_fold(uint32_t sum);
/* The sum of the pseudo header of the IP header at @ip */
uint32_t checksum_pseudo(const uint8_t *ip, bool v6, uint8_t proto,
			 uint32_t len);
/* The checksum of an IPv4 header, with the field as it is */
void checksum_ip4(uint8_t *ip);

#endif /* NET_PACKET_H */

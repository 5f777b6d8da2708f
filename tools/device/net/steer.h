/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which receive queue a frame goes to: by the flows that the driver sent
 * (virtio 1.4, 5.1.9.5.6), or by a hash and a table (5.1.9.5.7).
 */
#ifndef NET_STEER_H
#define NET_STEER_H

#include "net/frame.h"
#include "net/packet.h"

#define STEER_KEY	40U	/* bytes of the longest key */
#define STEER_TABLE	128U	/* entries of the longest table */
#define STEER_FLOWS	1024U
/* Source and destination of IPv6, and two ports */
#define STEER_INPUT	36U

/* VIRTIO_NET_RSS_HASH_TYPE_*: all of them */
#define STEER_TYPES	0x1ffU

struct steer {
	bool rss;		/* the table counts */
	uint32_t types;
	uint16_t mask;
	uint16_t unclassified;
	uint16_t table[STEER_TABLE];
	/* the hash of each value of each byte of the input */
	uint32_t hashes[STEER_INPUT][256];
	/* the pair that sent a flow last */
	uint8_t flows[STEER_FLOWS];
};

void steer_reset(struct steer *s);
void steer_key(struct steer *s, const uint8_t *key, unsigned int len);
/*
 * The hash of a frame.
 * Return: VIRTIO_NET_HASH_REPORT_*; NONE: there is no hash
 */
unsigned int steer_hash(const struct steer *s, const uint8_t *frame,
			const struct packet *p, uint32_t *hash);
/* The driver sent a frame through this pair. */
void steer_sent(struct steer *s, const struct net_frame *f,
		unsigned int pair);
/* The pair for a frame, of @pairs; @report: as steer_hash() returned it */
unsigned int steer_pair(const struct steer *s, const uint8_t *frame,
			const struct packet *p, unsigned int pairs,
			unsigned int report, uint32_t hash);

#endif /* NET_STEER_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checksum and segmentation offloads in software, for a taker of frames that
 * lacks them.
 */
#ifndef NET_OFFLOAD_H
#define NET_OFFLOAD_H

#include "net/frame.h"

/* Segments of one frame; more make no sense */
#define OFFLOAD_MAX_SEGMENTS	4096U

/* The offloads that the header of a frame asks for, and where its headers are */
struct offload_needs {
	uint32_t needs;
	/* of a frame to segment: */
	bool udp;
	bool v6;		/* the inner one of a tunnel */
	unsigned int ip;	/* offsets; of the inner headers in a tunnel */
	unsigned int l4;
	unsigned int headers;	/* bytes before the payload */
	bool tunnel;
	bool outer_v6;
	unsigned int outer_ip;
	unsigned int outer_udp;
};

/**
 * offload_check() - does the header of a frame go with the frame?
 *
 * Virtio 1.4, 5.1.9.2.1 and 5.1.9.4.2 have the rules.
 *
 * Return: true with @n filled in.
 */
bool offload_check(const struct net_frame *f, struct offload_needs *n);

/*
 * Set the fields that the header's flags and type do not use to 0, and hdr_len
 * to what it is: a taker may trust more than it should.
 */
void offload_tidy(struct net_frame *f, const struct offload_needs *n);

/* The way of a frame to its taker: as it is, completed, or in segments */
struct offload {
	struct net_frame *f;	/* NULL: nothing is under way */
	struct offload_needs n;
	bool segments;
	uint32_t at;		/* the payload that is next */
	uint32_t index;		/* of the segment */
	bool ready;		/* @out has it */
};

/* Begin with @f, which passed offload_check(). @takes: enum net_offload */
void offload_begin(struct offload *o, struct net_frame *f,
		   const struct offload_needs *n, uint32_t takes);
/*
 * The next frame for the taker: @o's own, or @out with a segment of it.
 * Return: NULL after the last one
 */
struct net_frame *offload_next(struct offload *o, struct net_frame *out);
/* The taker has that frame. */
void offload_taken(struct offload *o);
/* How many segments it makes. */
uint32_t offload_segments(const struct offload_needs *n,
			  const struct net_frame *f);

#endif /* NET_OFFLOAD_H */

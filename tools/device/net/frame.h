/* SPDX-License-Identifier: GPL-2.0 */
/* Frames in this process's memory, and pools of them. */
#ifndef NET_FRAME_H
#define NET_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <vfe/wire_net.h>

/* Bytes that a frame may have; and room that a back end may read into */
#define NET_FRAME_MAX	VFE_NET_MAX_FRAME
#define NET_FRAME_ROOM	(68U << 10)

/*
 * The header has all its fields, in wire format. It says what checksum and
 * segmentation the taker of the frame has to do; with zeroes, there is nothing
 * to do. num_buffers and the hash mean nothing here.
 */
struct net_frame {
	struct vfe_net_hdr hdr;
	uint32_t len;
	uint8_t data[NET_FRAME_ROOM];
};

/* Offloads that a taker of frames does itself: a bit each */
enum net_offload {
	NET_CSUM = 1 << 0,	/* NEEDS_CSUM */
	NET_TSO4 = 1 << 1,
	NET_TSO6 = 1 << 2,
	NET_ECN = 1 << 3,	/* TSO with ECN */
	NET_USO4 = 1 << 4,
	NET_USO6 = 1 << 5,
	NET_TUNNEL = 1 << 6,	/* TSO, USO in a UDP tunnel */
	NET_TUNNEL_CSUM = 1 << 7,	/* and the tunnel's checksum */
	NET_ALL_OFFLOADS = (1 << 8) - 1
};

#endif /* NET_FRAME_H */

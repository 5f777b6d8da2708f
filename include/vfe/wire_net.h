/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions that the driver of a network interface and its device share: PCI
 * IDs, and what virtio 1.4, 5.1 has and linux/virtio_net.h of Linux 6.1 lacks.
 * Newer headers have most of it, too: macros are defined here only if missing,
 * and structures have names of their own.
 */
#ifndef VFE_WIRE_NET_H
#define VFE_WIRE_NET_H

#ifdef __KERNEL__
#include <uapi/linux/virtio_net.h>
#else
#include <linux/virtio_net.h>
#endif

#include "wire.h"

#define VFE_PCI_OLD_NET		0x1000
#define VFE_TYPE_NET		1
#define VFE_PCI_DEVICE_NET	(VFE_PCI_DEVICE_BASE + VFE_TYPE_NET)
#define VFE_PCI_STOCK_NET	(VFE_PCI_STOCK_BASE + VFE_TYPE_NET)

/*
 * Queues (5.1.2): receiveq i is virtqueue 2 * i, transmitq i is 2 * i + 1, from
 * 0 on; the control queue is behind those of all pairs that the device has.
 */
#define VFE_NET_MAX_PAIRS	16	/* of this project's device */

/* Feature bits, 5.1.3. From 64 on they are in the third word. */
#ifndef VIRTIO_NET_F_DEVICE_STATS
#define VIRTIO_NET_F_DEVICE_STATS	50
#endif
#ifndef VIRTIO_NET_F_HASH_TUNNEL
#define VIRTIO_NET_F_HASH_TUNNEL	51
#endif
#ifndef VIRTIO_NET_F_VQ_NOTF_COAL
#define VIRTIO_NET_F_VQ_NOTF_COAL	52
#endif
#ifndef VIRTIO_NET_F_GUEST_USO4
#define VIRTIO_NET_F_GUEST_USO4		54
#define VIRTIO_NET_F_GUEST_USO6		55
#define VIRTIO_NET_F_HOST_USO		56
#endif
#ifndef VIRTIO_NET_F_GUEST_HDRLEN
#define VIRTIO_NET_F_GUEST_HDRLEN	59
#endif
#ifndef VIRTIO_NET_F_RSS_CONTEXT
#define VIRTIO_NET_F_RSS_CONTEXT	64
#endif
#ifndef VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO
#define VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO	65
#define VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM	66
#define VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO	67
#define VIRTIO_NET_F_HOST_UDP_TUNNEL_GSO_CSUM	68
#endif
#ifndef VIRTIO_NET_F_OUT_NET_HEADER
#define VIRTIO_NET_F_OUT_NET_HEADER	69
#endif

/* The bits that stand for 65 and 66 in a set of guest offloads, 5.1.9.5.9 */
#ifndef VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_MAPPED
#define VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_MAPPED	46
#define VIRTIO_NET_F_GUEST_UDP_TUNNEL_GSO_CSUM_MAPPED	47
#endif

/* The configuration, 5.1.4; all read-only for the driver */
struct vfe_net_config {
	__u8 mac[6];
	__le16 status;
	__le16 max_virtqueue_pairs;
	__le16 mtu;
	__le32 speed;		/* Mbit/s, up to INT_MAX; others: unknown */
	__u8 duplex;		/* 0: half, 1: full; others: unknown */
	__u8 rss_max_key_size;
	__le16 rss_max_indirection_table_length;
	__le32 supported_hash_types;
	__le32 supported_tunnel_types;
};

VFE_WIRE_ASSERT(offsetof(struct vfe_net_config, status) == 6);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_config, max_virtqueue_pairs) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_config, mtu) == 10);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_config, speed) == 12);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_config, duplex) == 16);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_config, rss_max_key_size) == 17);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_config,
			 rss_max_indirection_table_length) == 18);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_config, supported_hash_types) == 20);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_config, supported_tunnel_types) == 24);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_config) == 28);

/*
 * The header before each frame, 5.1.9. How much of it there is depends on the
 * features (5.1.9.3): each field brings those before it.
 */
#ifndef VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM
#define VIRTIO_NET_HDR_F_UDP_TUNNEL_CSUM	8
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4		5
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4
#define VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4	0x20
#define VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6	0x40
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_TUNNEL
#define VIRTIO_NET_HDR_GSO_UDP_TUNNEL \
	(VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV4 | \
	 VIRTIO_NET_HDR_GSO_UDP_TUNNEL_IPV6)
#endif

struct vfe_net_hdr {
	__u8 flags;		/* VIRTIO_NET_HDR_F_* */
	__u8 gso_type;		/* VIRTIO_NET_HDR_GSO_* */
	__le16 hdr_len;
	__le16 gso_size;
	__le16 csum_start;
	__le16 csum_offset;
	__le16 num_buffers;
	/* with HASH_REPORT; in halves, as the header may be at any even place */
	__le16 hash_value_lo;
	__le16 hash_value_hi;
	__le16 hash_report;	/* VIRTIO_NET_HASH_REPORT_* */
	__le16 padding;
	/* with HOST_UDP_TUNNEL_GSO or GUEST_UDP_TUNNEL_GSO */
	__le16 outer_th_offset;
	__le16 inner_nh_offset;
};

#define VFE_NET_HDR_LEN		12
#define VFE_NET_HDR_LEN_HASH	20
#define VFE_NET_HDR_LEN_TUNNEL	24

VFE_WIRE_ASSERT(offsetof(struct vfe_net_hdr, hdr_len) == 2);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_hdr, csum_start) == 6);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_hdr, num_buffers) == 10);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_hdr, hash_value_lo) ==
		VFE_NET_HDR_LEN);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_hdr, hash_report) == 16);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_hdr, outer_th_offset) ==
		VFE_NET_HDR_LEN_HASH);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_hdr) == VFE_NET_HDR_LEN_TUNNEL);

/*
 * The largest frame: an Ethernet header, and an IPv6 packet of a header and
 * 65535 bytes (5.1.9.3). Without GSO: with an MTU of 1500.
 */
#define VFE_NET_MAX_FRAME	(14 + 40 + 65535)
#define VFE_NET_STD_FRAME	1514
#define VFE_NET_MIN_MTU		68

/*
 * Receive steering, 5.1.9.5.7: this, the indirection table of mask + 1 entries
 * of 16 bits, and a trailer of 3 bytes with hash_key_length bytes behind it.
 */
struct vfe_net_rss_head {
	__le32 hash_types;
	__le16 indirection_table_mask;
	__le16 unclassified_queue;
};

struct vfe_net_rss_tail {
	__le16 max_tx_vq;
	__u8 hash_key_length;
} __attribute__((packed));

VFE_WIRE_ASSERT(sizeof(struct vfe_net_rss_head) == 8);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_rss_tail) == 3);

/* Hash report without RSS, 5.1.9.5.6: the key follows. */
struct vfe_net_hash_config {
	__le32 hash_types;
	__le16 reserved[4];
	__u8 hash_key_length;
} __attribute__((packed));

VFE_WIRE_ASSERT(sizeof(struct vfe_net_hash_config) == 13);

#define VFE_NET_RSS_MIN_KEY	40	/* the device has as much at least */
#define VFE_NET_RSS_MIN_TABLE	128

/* Notification coalescing, 5.1.9.5.10 */
#ifndef VIRTIO_NET_CTRL_NOTF_COAL
#define VIRTIO_NET_CTRL_NOTF_COAL		6
#define VIRTIO_NET_CTRL_NOTF_COAL_TX_SET	0
#define VIRTIO_NET_CTRL_NOTF_COAL_RX_SET	1
#endif
#ifndef VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET
#define VIRTIO_NET_CTRL_NOTF_COAL_VQ_SET	2
#define VIRTIO_NET_CTRL_NOTF_COAL_VQ_GET	3
#endif

struct vfe_net_coal {
	__le32 max_packets;
	__le32 max_usecs;
};

/* With VQ_GET, coal is for the device to write. */
struct vfe_net_coal_vq {
	__le16 vq_index;
	__le16 reserved;
	struct vfe_net_coal coal;
};

VFE_WIRE_ASSERT(sizeof(struct vfe_net_coal) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_coal_vq, coal) == 4);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_coal_vq) == 12);

/* Device statistics, 5.1.9.5.11 */
#ifndef VIRTIO_NET_CTRL_STATS
#define VIRTIO_NET_CTRL_STATS		8
#define VIRTIO_NET_CTRL_STATS_QUERY	0
#define VIRTIO_NET_CTRL_STATS_GET	1
#endif

/* The type of a reply; a set of types has the bit of that number. */
enum vfe_net_stats_type {
	VFE_NET_STATS_RX_BASIC = 0,
	VFE_NET_STATS_RX_CSUM = 1,
	VFE_NET_STATS_RX_GSO = 2,
	VFE_NET_STATS_RX_SPEED = 3,
	VFE_NET_STATS_TX_BASIC = 16,
	VFE_NET_STATS_TX_CSUM = 17,
	VFE_NET_STATS_TX_GSO = 18,
	VFE_NET_STATS_TX_SPEED = 19,
	VFE_NET_STATS_CVQ = 32,
};

/* The answer to QUERY */
struct vfe_net_stats_caps {
	__le64 types;		/* a bit each of enum vfe_net_stats_type */
};

/* GET: one of these a queue, and replies of the asked types as an answer */
struct vfe_net_stats_request {
	__le16 vq_index;
	__le16 reserved[3];
	__le64 types;
};

struct vfe_net_stats_reply {
	__u8 type;		/* enum vfe_net_stats_type */
	__u8 reserved;
	__le16 vq_index;
	__le16 reserved1;
	__le16 size;		/* of the reply, with this header */
};

struct vfe_net_stats_cvq {
	struct vfe_net_stats_reply hdr;
	__le64 command_num;
	__le64 ok_num;
};

struct vfe_net_stats_rx_basic {
	struct vfe_net_stats_reply hdr;
	__le64 rx_notifications;
	__le64 rx_packets;
	__le64 rx_bytes;
	__le64 rx_interrupts;
	__le64 rx_drops;
	__le64 rx_drop_overruns;
};

struct vfe_net_stats_tx_basic {
	struct vfe_net_stats_reply hdr;
	__le64 tx_notifications;
	__le64 tx_packets;
	__le64 tx_bytes;
	__le64 tx_interrupts;
	__le64 tx_drops;
	__le64 tx_drop_malformed;
};

struct vfe_net_stats_rx_csum {
	struct vfe_net_stats_reply hdr;
	__le64 rx_csum_valid;
	__le64 rx_needs_csum;
	__le64 rx_csum_none;
	__le64 rx_csum_bad;
};

struct vfe_net_stats_tx_csum {
	struct vfe_net_stats_reply hdr;
	__le64 tx_csum_none;
	__le64 tx_needs_csum;
};

struct vfe_net_stats_rx_gso {
	struct vfe_net_stats_reply hdr;
	__le64 rx_gso_packets;
	__le64 rx_gso_bytes;
	__le64 rx_gso_packets_coalesced;
	__le64 rx_gso_bytes_coalesced;
};

struct vfe_net_stats_tx_gso {
	struct vfe_net_stats_reply hdr;
	__le64 tx_gso_packets;
	__le64 tx_gso_bytes;
	__le64 tx_gso_segments;
	__le64 tx_gso_segments_bytes;
	__le64 tx_gso_packets_noseg;
	__le64 tx_gso_bytes_noseg;
};

struct vfe_net_stats_rx_speed {
	struct vfe_net_stats_reply hdr;
	__le64 rx_packets_allowance_exceeded;
	__le64 rx_bytes_allowance_exceeded;
};

struct vfe_net_stats_tx_speed {
	struct vfe_net_stats_reply hdr;
	__le64 tx_packets_allowance_exceeded;
	__le64 tx_bytes_allowance_exceeded;
};

VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_request) == 16);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_stats_request, types) == 8);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_reply) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_stats_reply, size) == 6);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_cvq) == 24);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_rx_basic) == 56);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_tx_basic) == 56);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_rx_csum) == 40);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_tx_csum) == 24);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_rx_gso) == 40);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_tx_gso) == 56);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_rx_speed) == 24);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_stats_tx_speed) == 24);

#endif /* VFE_WIRE_NET_H */

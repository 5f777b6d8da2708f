/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The register window of a network interface, after the family of the NE2000:
 * packet memory in the device, behind a data port. It is the same in I/O ports
 * and in memory. All registers are 32 bits wide, little endian, at multiples of
 * four. The device ignores writes of other widths or at other offsets, and
 * returns ones for such reads.
 *
 * command:          VFE_NET_CMD_*; reads as VFE_NET_STATE_*
 * remote_address,
 * remote_count:     the bytes of packet memory that data accesses next
 * transmit_page,
 * transmit_count:   the frame that VFE_NET_CMD_TRANSMIT sends
 * boundary:         the page that the driver reads next: the device writes up
 *                   to it
 * data:             the next word of packet memory; each access advances
 *                   remote_address, and decreases remote_count
 * control:          VFE_CONTROL_*, as for all classes
 * current:          the page that the device writes next; read-only
 * interrupt_status: VFE_NET_INT_*; writing ones clears them; a read that finds
 *                   an enabled one also clears interrupt_mask
 * interrupt_mask:   VFE_NET_INT_* that interrupt
 * receive_config:   VFE_NET_RX_*, the frames to receive
 * receive_start,
 * receive_stop:     the first page of the receive ring, and the one behind it
 * station_lo,
 * station_hi:       the MAC address: bytes 0 to 3, bytes 4 and 5
 *
 * wire.h has their names and offsets.
 */
#ifndef VFE_WIRE_WINDOW_NET_H
#define VFE_WIRE_WINDOW_NET_H

#include "wire_window.h"

/*
 * Packet memory. Page 0 has a struct vfe_net_identity, and is read-only; the
 * driver divides the others. Words beyond the memory, or beyond remote_count,
 * read as ones, and the device ignores writes to them.
 */
#define VFE_NET_PAGE_SIZE	256
#define VFE_NET_MAX_PAGES	256	/* a page's number has a byte */

#define VFE_NET_IDENTITY_MAGIC	0x6e656676	/* "vfen" */
#define VFE_NET_IDENTITY_VERSION 1

struct vfe_net_identity {
	__le32 magic;
	__le32 version;
	__u8 mac[6];
	__le16 pages;		/* of packet memory, this one included */
	__le16 mtu;		/* the largest, without the Ethernet header */
	__le16 reserved;
	__le32 missed;		/* frames without room, since the last START */
};

VFE_WIRE_ASSERT(offsetof(struct vfe_net_identity, mac) == 8);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_identity, pages) == 14);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_identity, mtu) == 16);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_identity, missed) == 20);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_identity) == 24);

/* The largest frame: a header, a VLAN tag, and an MTU of 1500 */
#define VFE_NET_WINDOW_MTU	1500
#define VFE_NET_WINDOW_FRAME	(14 + 4 + VFE_NET_WINDOW_MTU)
#define VFE_NET_WINDOW_MIN	14	/* the smallest: a header */

/*
 * The receive ring is the pages from receive_start to receive_stop - 1. It is
 * empty when current equals boundary, so that one page at least is always free.
 * Each frame starts at a page, with this header; behind the last page of the
 * ring it goes on in the first one, and so does remote_address when it reads.
 */
struct vfe_net_packet {
	__u8 status;		/* VFE_NET_PACKET_OK and others */
	__u8 next;		/* page of the next header */
	__le16 length;		/* bytes, with this header */
};

VFE_WIRE_ASSERT(offsetof(struct vfe_net_packet, next) == 1);
VFE_WIRE_ASSERT(offsetof(struct vfe_net_packet, length) == 2);
VFE_WIRE_ASSERT(sizeof(struct vfe_net_packet) == 4);

#define VFE_NET_PACKET_OK	0x01
#define VFE_NET_PACKET_GROUP	0x20	/* to a group address */

/*
 * STOP ends receiving and transmitting. START empties the ring: current becomes
 * boundary, and the device keeps the ring, the boundary and the MAC address
 * that it finds then. It does not start if the ring is invalid. TRANSMIT needs
 * START, and does nothing while a frame is under way.
 */
#define VFE_NET_CMD_STOP	0x01
#define VFE_NET_CMD_START	0x02
#define VFE_NET_CMD_TRANSMIT	0x04

#define VFE_NET_STATE_STARTED	0x02
#define VFE_NET_STATE_TRANSMITTING 0x04
#define VFE_NET_STATE_LINK	0x08	/* the link is up */
#define VFE_NET_STATE_REFUSED	0x10	/* the last TRANSMIT was invalid */
#define VFE_NET_STATE_ALL	0x1e

#define VFE_NET_INT_RECEIVED	0x01	/* a frame is in the ring */
#define VFE_NET_INT_TRANSMITTED	0x02	/* a TRANSMIT ended, well or not */
#define VFE_NET_INT_OVERRUN	0x10	/* there was no room for a frame */
#define VFE_NET_INT_LINK	0x20	/* the link went up or down */
#define VFE_NET_INT_REMOTE	0x40	/* remote_count has reached 0 */
#define VFE_NET_INT_ALL		0x73

#define VFE_NET_RX_BROADCAST	0x04
#define VFE_NET_RX_MULTICAST	0x08	/* all of it */
#define VFE_NET_RX_PROMISCUOUS	0x10

#endif /* VFE_WIRE_WINDOW_NET_H */

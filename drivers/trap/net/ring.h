/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The receive ring: arithmetic of its pages, and the check of a header that the
 * device wrote. Pure functions, which access no register and trust no number.
 */
#ifndef VFE_TRAP_NET_RING_H
#define VFE_TRAP_NET_RING_H

#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/types.h>

#include <vfe/wire_window_net.h>

/* Pages in front of the ring: the identity, and the frame to send */
#define VFE_TRAP_NET_TX_PAGE	1
#define VFE_TRAP_NET_TX_PAGES \
	DIV_ROUND_UP(VFE_NET_WINDOW_FRAME, VFE_NET_PAGE_SIZE)
#define VFE_TRAP_NET_RX_PAGE \
	(VFE_TRAP_NET_TX_PAGE + VFE_TRAP_NET_TX_PAGES)

#define VFE_TRAP_NET_HEADER	sizeof(struct vfe_net_packet)

/* Pages of the longest frame in the ring */
#define VFE_TRAP_NET_FRAME_PAGES \
	DIV_ROUND_UP(VFE_TRAP_NET_HEADER + VFE_NET_WINDOW_FRAME, \
		     VFE_NET_PAGE_SIZE)

/* Pages of packet memory that a device must have: one of the ring is free */
#define VFE_TRAP_NET_MIN_PAGES \
	(VFE_TRAP_NET_RX_PAGE + VFE_TRAP_NET_FRAME_PAGES + 1)

/**
 * struct vfe_trap_net_ring - the receive ring, as the driver has set it up
 * @start: its first page
 * @stop: the page behind its last one
 * @next: the page that the driver reads next
 */
struct vfe_trap_net_ring {
	u32 start;
	u32 stop;
	u32 next;
};

/* Is the page in the ring? */
static inline bool vfe_trap_net_in_ring(const struct vfe_trap_net_ring *r,
					u32 page)
{
	return page >= r->start && page < r->stop;
}

/* Pages from @from up to @to, both in the ring: 0 if they are the same */
static inline u32 vfe_trap_net_between(const struct vfe_trap_net_ring *r,
				       u32 from, u32 to)
{
	return to >= from ? to - from : to + (r->stop - r->start) - from;
}

/* The page behind @bytes bytes that start at @page of the ring */
static inline u32 vfe_trap_net_behind(const struct vfe_trap_net_ring *r,
				      u32 page, u32 bytes)
{
	u32 pages = DIV_ROUND_UP(bytes, VFE_NET_PAGE_SIZE);

	return r->start + (page - r->start + pages) % (r->stop - r->start);
}

/**
 * vfe_trap_net_check() - check the header at the page that is read next
 * @r: the ring
 * @current_page: the page that the device writes next, in the ring, and not
 *	@r->next
 * @p: the header, copied from the device
 *
 * Return: the length of the frame behind the header, or -EBADMSG: nothing in
 * the ring can be relied on.
 */
static inline int vfe_trap_net_check(const struct vfe_trap_net_ring *r,
				     u32 current_page,
				     const struct vfe_net_packet *p)
{
	u32 length = le16_to_cpu(p->length);

	if (!(p->status & VFE_NET_PACKET_OK) ||
	    length < VFE_TRAP_NET_HEADER + VFE_NET_WINDOW_MIN ||
	    length > VFE_TRAP_NET_HEADER + VFE_NET_WINDOW_FRAME)
		return -EBADMSG;
	if (DIV_ROUND_UP(length, VFE_NET_PAGE_SIZE) >
	    vfe_trap_net_between(r, r->next, current_page))
		return -EBADMSG;
	if (p->next != vfe_trap_net_behind(r, r->next, length))
		return -EBADMSG;
	return length - VFE_TRAP_NET_HEADER;
}

#endif /* VFE_TRAP_NET_RING_H */

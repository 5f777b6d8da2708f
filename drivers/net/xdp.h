/* SPDX-License-Identifier: GPL-2.0 */
/* What the files about XDP share. */
#ifndef VFE_NET_XDP_H
#define VFE_NET_XDP_H

#include <linux/filter.h>
#include <net/xdp.h>

#include <vfe/compat/xdp.h>

#include "net.h"

#define VFE_NET_XDP_BULK	16	/* most frames sent at a time */

/**
 * struct vfe_net_xdp_buff - a packet for a program
 * @xdp: the packet; the program and its kfuncs get the address of this
 * @hdr: a copy of the header that the device wrote
 */
struct vfe_net_xdp_buff {
	struct xdp_buff xdp;
	struct vfe_net_hdr hdr;
};

/**
 * struct vfe_net_xdp_run - what the program decided in a poll
 * @prog: the program
 * @flush: packets were redirected: xdp_do_flush()
 * @n: number of frames in @frames
 * @packets: packets that the program has seen
 * @drops: packets dropped by the program, or because of it
 * @tx: packets that it sends back
 * @redirects: packets that it redirects
 * @frames: frames to send back
 */
struct vfe_net_xdp_run {
	struct bpf_prog *prog;
	bool flush;
	u8 n;
	u16 packets;
	u16 drops;
	u16 tx;
	u16 redirects;
	struct xdp_frame *frames[VFE_NET_XDP_BULK];
};

/* xdp_rx.c */
void vfe_net_xdp_receive(struct vfe_net_rxq *rxq, struct vfe_net_xdp_run *run,
			 struct vfe_used *used);
void vfe_net_xdp_tell(const struct vfe_net_rxq *rxq, struct sk_buff *skb,
		      const struct vfe_net_hdr *hdr);
void vfe_net_xdp_finish(struct vfe_net_rxq *rxq, struct vfe_net_xdp_run *run);

/* xdp_hints.c */
void vfe_net_xdp_set_hints(struct net_device *dev);

/* xdp_tx.c */
void vfe_net_xdp_send_back(struct vfe_net_rxq *rxq,
			   struct vfe_net_xdp_run *run, bool last);

#endif /* VFE_NET_XDP_H */

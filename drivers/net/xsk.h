/* SPDX-License-Identifier: GPL-2.0 */
/* What the files about AF_XDP share. */
#ifndef VFE_NET_XSK_H
#define VFE_NET_XSK_H

#include <linux/bits.h>
#include <linux/types.h>

#include <vfe/compat/xdp.h>

#include "net.h"

#define VFE_NET_XSK_DONE	BIT(31)	/* of &vfe_net_xsk_tx.slot */

/**
 * struct vfe_net_xsk_tx - descriptors of AF_XDP in a transmit ring
 * @pool: the pool that they belong to
 * @hdr: the device's address of an empty header
 * @head: number of the next descriptor, modulo 2^32
 * @tail: number of the oldest one that the user has not got back
 * @mask: one less than the number of elements of @slot
 * @slot: by number: bytes of the descriptor, and VFE_NET_XSK_DONE
 *
 * The user gets descriptors back in order, and the device may use them in any
 * order. The xmit lock protects this.
 */
struct vfe_net_xsk_tx {
	struct xsk_buff_pool *pool;
	dma_addr_t hdr;
	u32 head;
	u32 tail;
	u32 mask;
	u32 slot[];
};

/* xsk_rx.c; NAPI, or NAPI is off */
int vfe_net_xsk_post(struct vfe_net_rxq *rxq);
void vfe_net_xsk_refilled(struct vfe_net_rxq *rxq, bool empty);
void vfe_net_xsk_sync(struct vfe_net_rxq *rxq, struct xdp_buff *xdp);
void vfe_net_xsk_convert(struct vfe_net_rxq *rxq);
void vfe_net_xsk_pass(struct vfe_net_rxq *rxq, struct xdp_buff *xdp,
		      const struct vfe_net_hdr *hdr);

/* xsk_tx.c; the xmit lock is held */
bool vfe_net_xsk_tx(struct vfe_net_txq *txq);
unsigned int vfe_net_xsk_tx_done(struct vfe_net_txq *txq, void *token);
void vfe_net_xsk_tx_complete(struct vfe_net_txq *txq);

#endif /* VFE_NET_XSK_H */

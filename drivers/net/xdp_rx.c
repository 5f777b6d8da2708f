// SPDX-License-Identifier: GPL-2.0
/*
 * Receive with an XDP program: build a packet for the program, run it, do what
 * it decides. Each buffer of such a packet is a page with room before the data
 * for the program, and behind it for struct skb_shared_info. Buffers that the
 * device got before the program was loaded lack that room: packets in them are
 * copied.
 */
#include <linux/bpf.h>
#include <linux/bpf_trace.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>

#include "net.h"
#include "rx.h"
#include "xdp.h"
#include "xsk.h"

static void *vfe_net_xdp_page(struct vfe_net_rxq *rxq)
{
	struct page *page = page_pool_dev_alloc_pages(rxq->xdp_pool);

	return likely(page) ? page_address(page) : NULL;
}

/* Makes a packet of the first @len bytes in a page. */
static void vfe_net_xdp_start(struct vfe_net_rxq *rxq,
			      struct vfe_net_xdp_buff *b, void *page,
			      unsigned int len)
{
	xdp_init_buff(&b->xdp, PAGE_SIZE, &rxq->xdp_rxq);
	xdp_prepare_buff(&b->xdp, page, VFE_NET_XDP_HEAD + rxq->hdr_len,
			 len - rxq->hdr_len, true);
}

/* Adds a page, with @len bytes of data. Return: whether there was room */
static bool vfe_net_xdp_add_frag(struct xdp_buff *xdp, void *page,
				 unsigned int len)
{
	struct skb_shared_info *sinfo = xdp_get_shared_info_from_buff(xdp);
	struct page *p = virt_to_page(page);

	if (!xdp_buff_has_frags(xdp)) {
		xdp_buff_set_frags_flag(xdp);
		sinfo->nr_frags = 0;
		sinfo->xdp_frags_size = 0;
		vfe_xdp_set_truesize(sinfo, 0);
	}
	if (unlikely(sinfo->nr_frags == MAX_SKB_FRAGS))
		return false;
	vfe_fill_frag(&sinfo->frags[sinfo->nr_frags++], p, VFE_NET_XDP_HEAD,
		      len);
	sinfo->xdp_frags_size += len;
	vfe_xdp_set_truesize(sinfo, sinfo->nr_frags * PAGE_SIZE);
	if (unlikely(page_is_pfmemalloc(p)))
		xdp_buff_set_frag_pfmemalloc(xdp);
	return true;
}

/* Copies a piece of a buffer without room for XDP. */
static int vfe_net_xdp_copy(struct vfe_net_rxq *rxq, struct vfe_net_xdp_buff *b,
			    const void *from, unsigned int len, bool first)
{
	unsigned int part;
	void *page;

	for (; len; from += part, len -= part, first = false) {
		part = min_t(unsigned int, len, VFE_NET_XDP_ROOM);
		page = vfe_net_xdp_page(rxq);
		if (unlikely(!page))
			return -ENOMEM;
		memcpy(page + VFE_NET_XDP_HEAD, from, part);
		if (first) {
			vfe_net_xdp_start(rxq, b, page, part);
		} else if (!vfe_net_xdp_add_frag(&b->xdp, page, part)) {
			vfe_net_free(page, true);
			return -EMSGSIZE;
		}
	}
	return 0;
}

/*
 * Makes a used buffer the first or the next piece of a packet, which owns it
 * then. @b has no pages if the first one fails.
 */
static int vfe_net_xdp_piece(struct vfe_net_rxq *rxq,
			     struct vfe_net_xdp_buff *b,
			     const struct vfe_used *used, bool first)
{
	enum vfe_net_rx_class class = vfe_net_class(used->token);
	unsigned int len = used->len;
	void *data = vfe_net_data(rxq, used->token);
	int err = 0;

	if (likely(class == VFE_NET_BUF_XDP && len)) {
		data -= VFE_NET_XDP_HEAD;
		if (first)
			vfe_net_xdp_start(rxq, b, data, len);
		else if (unlikely(!vfe_net_xdp_add_frag(&b->xdp, data, len)))
			err = -EMSGSIZE;
		if (!err)
			return 0;
	} else if (!len || (class == VFE_NET_BUF_BIG && len > PAGE_SIZE)) {
		/* a big buffer has more only of a packet with GSO */
		err = -EINVAL;
	} else {
		err = vfe_net_xdp_copy(rxq, b, data, len, first);
	}
	vfe_net_free_token(rxq, used->token, true);
	return err;
}

/* Frees all memory of a packet. */
static void vfe_net_xdp_free(struct xdp_buff *xdp)
{
	if (xdp->rxq->mem.type == MEM_TYPE_XSK_BUFF_POOL)
		xsk_buff_free(xdp);
	else if (unlikely(xdp_buff_has_frags(xdp)))
		xdp_return_buff(xdp);
	else
		vfe_net_free(xdp->data, true);
}

/* Adds the other buffers of a packet; frees those that it cannot take. */
static int vfe_net_xdp_merge(struct vfe_net_rxq *rxq,
			     struct vfe_net_xdp_buff *b, unsigned int more)
{
	struct vfe_used *used;
	int err;

	for (; more; more--) {
		used = vfe_net_next_used(rxq, more);
		if (unlikely(!used))
			return -EINVAL;
		vfe_net_sync(rxq, used);
		err = vfe_net_xdp_piece(rxq, b, used, false);
		if (unlikely(err)) {
			vfe_net_drop_rest(rxq, more - 1);
			return err;
		}
	}
	return 0;
}

/* Moves all bytes into the first page, for a program without fragments. */
static int vfe_net_xdp_linearize(struct xdp_buff *xdp)
{
	struct skb_shared_info *sinfo = xdp_get_shared_info_from_buff(xdp);
	unsigned int i;

	if (sinfo->xdp_frags_size > xdp_data_hard_end(xdp) - xdp->data_end)
		return -EMSGSIZE;
	for (i = 0; i < sinfo->nr_frags; i++) {
		skb_frag_t *frag = &sinfo->frags[i];

		memcpy(xdp->data_end, skb_frag_address(frag),
		       skb_frag_size(frag));
		xdp->data_end += skb_frag_size(frag);
		vfe_net_free(skb_frag_address(frag), true);
	}
	xdp_buff_clear_frags_flag(xdp);
	return 0;
}

/*
 * Builds a packet of pages from a used buffer and @more others. Return: 0; or an
 * error, and all its buffers are free: -EINVAL a length is wrong, others: XDP
 * cannot take it
 */
static int vfe_net_xdp_collect(struct vfe_net_rxq *rxq, struct bpf_prog *prog,
			       struct vfe_net_xdp_buff *b,
			       const struct vfe_used *used, unsigned int more)
{
	int err;

	b->xdp.data_hard_start = NULL;
	err = vfe_net_xdp_piece(rxq, b, used, true);
	if (unlikely(err))
		vfe_net_drop_rest(rxq, more);
	else if (unlikely(more))
		err = vfe_net_xdp_merge(rxq, b, more);
	if (!err && unlikely(xdp_buff_has_frags(&b->xdp)) &&
	    !prog->aux->xdp_has_frags)
		err = vfe_net_xdp_linearize(&b->xdp);
	if (unlikely(err) && b->xdp.data_hard_start)
		vfe_net_xdp_free(&b->xdp);
	return err;
}

/* A packet in a buffer of AF_XDP, which stays there */
static struct xdp_buff *vfe_net_xdp_in_place(struct vfe_net_rxq *rxq,
					     const struct vfe_net_xdp_buff *b,
					     const struct vfe_used *used)
{
	struct xdp_buff *xdp = vfe_net_buf(used->token);

#ifdef VFE_XDP_HINTS
	XSK_CHECK_PRIV_TYPE(struct vfe_net_xdp_buff);
	container_of(xdp, struct vfe_net_xdp_buff, xdp)->hdr = b->hdr;
#endif
	xsk_buff_set_size(xdp, used->len - rxq->hdr_len);
	return xdp;
}

/*
 * Builds a packet from a used buffer and those that follow, maybe in @b. Return:
 * the packet; or ERR_PTR, and all its buffers are free: -EINVAL the device wrote
 * a wrong header or length, others: XDP cannot take it
 */
static struct xdp_buff *vfe_net_xdp_build(struct vfe_net_rxq *rxq,
					  struct bpf_prog *prog,
					  struct vfe_net_xdp_buff *b,
					  struct vfe_used *used)
{
	unsigned int more;
	int err;

	if (unlikely(used->len < rxq->hdr_len + ETH_HLEN)) {
		vfe_net_drop_packet(rxq, used);
		return ERR_PTR(-EINVAL);
	}
	vfe_net_sync(rxq, used);
	/* the device may write again: read the header once, then check it */
	memcpy(&b->hdr, vfe_net_data(rxq, used->token), rxq->hdr_len);
	more = vfe_net_rx_more(rxq, b->hdr.num_buffers);
	/* sent before the offloads were disabled: a program cannot read it */
	if (unlikely(b->hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE ||
		     b->hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)) {
		vfe_net_free_token(rxq, used->token, true);
		vfe_net_drop_rest(rxq, more);
		return ERR_PTR(-EOPNOTSUPP);
	}
	if (vfe_net_class(used->token) == VFE_NET_BUF_XSK && likely(!more))
		return vfe_net_xdp_in_place(rxq, b, used);
	err = vfe_net_xdp_collect(rxq, prog, b, used, more);
	return unlikely(err) ? ERR_PTR(err) : &b->xdp;
}

/* What the device knows of a packet: virtio_net tells it, too. */
void vfe_net_xdp_tell(const struct vfe_net_rxq *rxq, struct sk_buff *skb,
		      const struct vfe_net_hdr *hdr)
{
	if (hdr->flags & VIRTIO_NET_HDR_F_DATA_VALID)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	vfe_net_set_hash(rxq, skb, hdr);
}

/* Gives a packet that the program passed to the stack. */
static void vfe_net_xdp_pass(struct vfe_net_rxq *rxq, struct xdp_buff *xdp,
			     const struct vfe_net_hdr *hdr)
{
	struct skb_shared_info *sinfo = xdp_get_shared_info_from_buff(xdp);
	bool frags = xdp_buff_has_frags(xdp);
	int meta = xdp->data - xdp->data_meta;
	unsigned int n = 0, size = 0;
	struct sk_buff *skb;

	if (xdp->rxq->mem.type == MEM_TYPE_XSK_BUFF_POOL) {
		vfe_net_xsk_pass(rxq, xdp, hdr);
		return;
	}
	if (unlikely(frags)) {
		n = sinfo->nr_frags;
		size = sinfo->xdp_frags_size;
	}
	skb = napi_build_skb(xdp->data_hard_start, xdp->frame_sz);
	if (unlikely(!skb)) {
		vfe_net_xdp_free(xdp);
		vfe_net_count_drop(rxq, false);
		return;
	}
	skb_mark_for_recycle(skb);
	skb_reserve(skb, xdp->data - xdp->data_hard_start);
	__skb_put(skb, xdp->data_end - xdp->data);
	if (meta > 0)
		skb_metadata_set(skb, meta);
	if (unlikely(frags))
		vfe_xdp_update_skb(skb, n, size, n * PAGE_SIZE, xdp);
	vfe_net_xdp_tell(rxq, skb, hdr);
	vfe_net_to_stack(rxq, skb);
}

static void vfe_net_xdp_drop(struct vfe_net_xdp_run *run, struct xdp_buff *xdp)
{
	vfe_net_xdp_free(xdp);
	run->drops++;
}

static void vfe_net_xdp_redirect(struct vfe_net_rxq *rxq,
				 struct vfe_net_xdp_run *run,
				 struct xdp_buff *xdp)
{
	struct net_device *dev = rxq->vn->netdev;
	int err;

	run->redirects++;
	err = xdp_do_redirect(dev, xdp, run->prog);
	if (likely(!err)) {
		run->flush = true;
		return;
	}
	trace_xdp_exception(dev, run->prog, XDP_REDIRECT);
	vfe_net_xdp_drop(run, xdp);
}

/* Sends a packet back; those of one poll together */
static void vfe_net_xdp_tx(struct vfe_net_rxq *rxq,
			   struct vfe_net_xdp_run *run, struct xdp_buff *xdp)
{
	struct xdp_frame *frame = xdp_convert_buff_to_frame(xdp);

	run->tx++;
	if (unlikely(!frame)) {
		trace_xdp_exception(rxq->vn->netdev, run->prog, XDP_TX);
		vfe_net_xdp_drop(run, xdp);
		return;
	}
	run->frames[run->n++] = frame;
	if (run->n == VFE_NET_XDP_BULK)
		vfe_net_xdp_send_back(rxq, run, false);
}

/**
 * vfe_net_xdp_receive() - run the program on a packet
 * @rxq: the queue
 * @run: of this poll, with the program
 * @used: the first buffer of the packet
 *
 * Context: NAPI.
 */
void vfe_net_xdp_receive(struct vfe_net_rxq *rxq, struct vfe_net_xdp_run *run,
			 struct vfe_used *used)
{
	struct vfe_net_xdp_buff b;
	struct xdp_buff *xdp;
	u32 act;

	xdp = vfe_net_xdp_build(rxq, run->prog, &b, used);
	if (IS_ERR(xdp)) {
		if (PTR_ERR(xdp) == -EINVAL)
			vfe_net_count_drop(rxq, true);
		else
			run->drops++;
		return;
	}
	rxq->packets++;
	rxq->bytes += xdp_get_buff_len(xdp);
	run->packets++;
	act = bpf_prog_run_xdp(run->prog, xdp);
	switch (act) {
	case XDP_PASS:
		vfe_net_xdp_pass(rxq, xdp, &b.hdr);
		break;
	case XDP_TX:
		vfe_net_xdp_tx(rxq, run, xdp);
		break;
	case XDP_REDIRECT:
		vfe_net_xdp_redirect(rxq, run, xdp);
		break;
	default:
		bpf_warn_invalid_xdp_action(rxq->vn->netdev, run->prog, act);
		fallthrough;
	case XDP_ABORTED:
		trace_xdp_exception(rxq->vn->netdev, run->prog, act);
		fallthrough;
	case XDP_DROP:
		vfe_net_xdp_drop(run, xdp);
	}
}

/**
 * vfe_net_xdp_finish() - end a poll: send the waiting frames, and count
 * @rxq: the queue
 * @run: of this poll
 *
 * Context: NAPI, before it is complete.
 */
void vfe_net_xdp_finish(struct vfe_net_rxq *rxq, struct vfe_net_xdp_run *run)
{
	struct vfe_net_rx_stats *stats = &rxq->stats;

	if (run->tx)
		vfe_net_xdp_send_back(rxq, run, true);
	if (run->flush)
		xdp_do_flush();
	u64_stats_update_begin(&stats->syncp);
	u64_stats_add(&stats->xdp_packets, run->packets);
	u64_stats_add(&stats->xdp_drops, run->drops);
	u64_stats_add(&stats->xdp_tx, run->tx);
	u64_stats_add(&stats->xdp_redirects, run->redirects);
	u64_stats_update_end(&stats->syncp);
}

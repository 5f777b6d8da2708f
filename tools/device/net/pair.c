// SPDX-License-Identifier: GPL-2.0
/*
 * A back end that joins two devices: a message is the virtio header, then the
 * frame. Checksums and segmentation that are left to do travel in the header,
 * of which 12 bytes are sent; 24 if the frame is in a tunnel.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "net/backends.h"
#include "net/peer.h"

struct pair {
	struct net_backend b;
	struct peer peer;
};

static struct pair *pair_of(const struct net_backend *b)
{
	return (struct pair *)(uintptr_t)b;
}

static struct net_backend *pair_open(const struct options *o,
				     const char *argument)
{
	struct pair *p = calloc(1, sizeof(*p));

	(void)o;
	if (!p)
		return NULL;
	p->b = (struct net_backend){ &net_pair, NET_ALL_OFFLOADS };
	if (!peer_open(&p->peer, argument, SOCK_SEQPACKET))
		return &p->b;
	free(p);
	return NULL;
}

static void pair_close(struct net_backend *b)
{
	peer_close(&pair_of(b)->peer);
	free(b);
}

static size_t header_len(const struct vfe_net_hdr *hdr)
{
	return hdr->gso_type & VIRTIO_NET_HDR_GSO_UDP_TUNNEL ?
	       VFE_NET_HDR_LEN_TUNNEL : VFE_NET_HDR_LEN;
}

static int pair_send(struct net_backend *b, unsigned int number,
		     struct net_frame *f)
{
	struct peer *p = &pair_of(b)->peer;
	struct iovec iov[2] = {
		{ &f->hdr, header_len(&f->hdr) }, { f->data, f->len },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };

	(void)number;
	if (p->fd < 0)
		return -ENOTCONN;
	if (sendmsg(p->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)
		return -EAGAIN;
	/* Too long for the socket: this frame alone is lost. */
	if (errno != EMSGSIZE)
		peer_lost(p);
	return -EIO;
}

/* The rest of a tunnel's header is where the frame begins. */
static int take_tunnel(struct net_frame *f)
{
	const size_t more = VFE_NET_HDR_LEN_TUNNEL - VFE_NET_HDR_LEN;

	if (f->len < more)
		return -EINVAL;
	memcpy((uint8_t *)&f->hdr + VFE_NET_HDR_LEN, f->data, more);
	f->len -= more;
	memmove(f->data, f->data + more, f->len);
	return 0;
}

static int pair_receive(struct net_backend *b, unsigned int number,
			struct net_frame *f)
{
	struct peer *p = &pair_of(b)->peer;
	struct iovec iov[2] = {
		{ &f->hdr, VFE_NET_HDR_LEN }, { f->data, sizeof(f->data) },
	};
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;

	(void)number;
	memset(&f->hdr, 0, sizeof(f->hdr));
	n = p->fd < 0 ? 0 : recvmsg(p->fd, &m, MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		p->readable = false;
		return -EAGAIN;
	}
	if (n <= 0) {
		peer_lost(p);
		return -EAGAIN;
	}
	if (n < VFE_NET_HDR_LEN || m.msg_flags & MSG_TRUNC)
		return -EINVAL;
	f->len = n - VFE_NET_HDR_LEN;
	if (header_len(&f->hdr) > VFE_NET_HDR_LEN && take_tunnel(f))
		return -EINVAL;
	return f->len > NET_FRAME_MAX ? -EINVAL : 0;
}

static bool pair_may_receive(const struct net_backend *b, unsigned int number)
{
	return !number && pair_of(b)->peer.readable;
}

static int pair_fds(struct net_backend *b, const struct net_wants *w,
		    struct pollfd *fds)
{
	return peer_fds(&pair_of(b)->peer, w->receive, w->send, fds);
}

static void pair_handle(struct net_backend *b, const struct pollfd *fds, int n)
{
	peer_handle(&pair_of(b)->peer, fds, n);
}

static uint64_t pair_due(const struct net_backend *b)
{
	return pair_of(b)->peer.again_at;
}

static void pair_expired(struct net_backend *b, uint64_t now)
{
	peer_expired(&pair_of(b)->peer, now);
}

static bool pair_is_up(const struct net_backend *b)
{
	return pair_of(b)->peer.fd >= 0;
}

const struct net_backend_ops net_pair = {
	.name = "pair",
	.argument = "PATH",
	.open = pair_open,
	.close = pair_close,
	.send = pair_send,
	.receive = pair_receive,
	.may_receive = pair_may_receive,
	.fds = pair_fds,
	.handle = pair_handle,
	.due = pair_due,
	.expired = pair_expired,
	.is_up = pair_is_up,
};

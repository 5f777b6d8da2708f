// SPDX-License-Identifier: GPL-2.0
/*
 * The back end of QEMU's -netdev stream, and of passt: a stream socket, on
 * which each frame follows its length, 32 bits in network order. It has no
 * header, so nothing is left to do in its frames.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "net/backends.h"
#include "net/packet.h"
#include "net/peer.h"

#define LENGTH		4
#define BUFFER		(256U << 10)

struct stream {
	struct net_backend b;
	struct peer peer;
	/* of a frame that was sent in part */
	uint8_t out[LENGTH + NET_FRAME_ROOM];
	size_t out_at, out_len;
	/* received, and not yet taken */
	uint8_t in[BUFFER];
	size_t in_at, in_end;
};

static struct stream *stream_of(const struct net_backend *b)
{
	return (struct stream *)(uintptr_t)b;
}

static struct net_backend *stream_open(const struct options *o,
				       const char *argument)
{
	struct stream *s = calloc(1, sizeof(*s));

	(void)o;
	if (!s)
		return NULL;
	s->b = (struct net_backend){ &net_stream, 0 };
	if (!peer_open(&s->peer, argument, SOCK_STREAM))
		return &s->b;
	free(s);
	return NULL;
}

static void stream_close(struct net_backend *b)
{
	peer_close(&stream_of(b)->peer);
	free(b);
}

/* Parts of frames mean nothing to the next one who connects. */
static void lost(struct stream *s)
{
	peer_lost(&s->peer);
	s->out_len = 0;
	s->out_at = 0;
	s->in_at = 0;
	s->in_end = 0;
}

/* Return: 0 if no part of a frame is left, or -errno */
static int send_rest(struct stream *s)
{
	ssize_t n;

	if (s->out_at == s->out_len)
		return 0;
	n = send(s->peer.fd, s->out + s->out_at, s->out_len - s->out_at,
		 MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		lost(s);
		return -EIO;
	}
	if (n > 0)
		s->out_at += n;
	return s->out_at == s->out_len ? 0 : -EAGAIN;
}

static int stream_send(struct net_backend *b, unsigned int pair,
		       struct net_frame *f)
{
	struct stream *s = stream_of(b);
	uint8_t length[LENGTH];
	struct iovec iov[2] = { { length, LENGTH }, { f->data, f->len } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t n;
	int ret;

	(void)pair;
	if (s->peer.fd < 0)
		return -ENOTCONN;
	ret = send_rest(s);
	if (ret)
		return ret;
	put32(length, f->len);
	n = sendmsg(s->peer.fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0) {
		if (errno == EAGAIN || errno == EINTR)
			return -EAGAIN;
		lost(s);
		return -EIO;
	}
	/* What was not sent is kept here. */
	memcpy(s->out, length, LENGTH);
	memcpy(s->out + LENGTH, f->data, f->len);
	s->out_at = n;
	s->out_len = LENGTH + f->len;
	return 0;
}

static void stream_flush(struct net_backend *b, unsigned int pair)
{
	struct stream *s = stream_of(b);

	(void)pair;
	if (s->peer.fd >= 0)
		send_rest(s);
}

/* The whole frame that is next. Return: false if it is not all there */
static bool take_frame(struct stream *s, struct net_frame *f)
{
	size_t have = s->in_end - s->in_at;

	if (have < LENGTH)
		return false;
	f->len = get32(s->in + s->in_at);
	if (f->len > NET_FRAME_MAX || have < LENGTH + f->len)
		return false;
	memset(&f->hdr, 0, sizeof(f->hdr));
	memcpy(f->data, s->in + s->in_at + LENGTH, f->len);
	s->in_at += LENGTH + f->len;
	return true;
}

static bool is_framed(const struct stream *s)
{
	return s->in_end - s->in_at < LENGTH ||
	       get32(s->in + s->in_at) <= NET_FRAME_MAX;
}

static int stream_receive(struct net_backend *b, unsigned int pair,
			  struct net_frame *f)
{
	struct stream *s = stream_of(b);
	ssize_t n;

	(void)pair;
	if (s->peer.fd < 0)
		return -EAGAIN;
	if (take_frame(s, f))
		return 0;
	memmove(s->in, s->in + s->in_at, s->in_end - s->in_at);
	s->in_end -= s->in_at;
	s->in_at = 0;
	n = recv(s->peer.fd, s->in + s->in_end, sizeof(s->in) - s->in_end,
		 MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
		s->peer.readable = false;
		return -EAGAIN;
	}
	if (n > 0)
		s->in_end += n;
	/* A length that no frame has: the stream is out of step for good. */
	if (n <= 0 || !is_framed(s)) {
		lost(s);
		return -EAGAIN;
	}
	return take_frame(s, f) ? 0 : -EAGAIN;
}

static bool stream_may_receive(const struct net_backend *b, unsigned int pair)
{
	return !pair && stream_of(b)->peer.readable;
}

static int stream_fds(struct net_backend *b, const struct net_wants *w,
		      struct pollfd *fds)
{
	struct stream *s = stream_of(b);

	return peer_fds(&s->peer, w->receive,
			w->send || s->out_at < s->out_len, fds);
}

static void stream_handle(struct net_backend *b, const struct pollfd *fds,
			  int n)
{
	struct stream *s = stream_of(b);

	peer_handle(&s->peer, fds, n);
	stream_flush(b, 0);
}

static uint64_t stream_due(const struct net_backend *b)
{
	return stream_of(b)->peer.again_at;
}

static void stream_expired(struct net_backend *b, uint64_t now)
{
	peer_expired(&stream_of(b)->peer, now);
}

static bool stream_is_up(const struct net_backend *b)
{
	return stream_of(b)->peer.fd >= 0;
}

const struct net_backend_ops net_stream = {
	.name = "stream",
	.argument = "PATH",
	.open = stream_open,
	.close = stream_close,
	.send = stream_send,
	.flush = stream_flush,
	.receive = stream_receive,
	.may_receive = stream_may_receive,
	.fds = stream_fds,
	.handle = stream_handle,
	.due = stream_due,
	.expired = stream_expired,
	.is_up = stream_is_up,
};

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection over a Unix socket between two equals: the first one listens,
 * the other connects. When it ends, both try again.
 */
#ifndef NET_PEER_H
#define NET_PEER_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct peer {
	const char *path;
	int type;		/* SOCK_SEQPACKET or SOCK_STREAM */
	int listener;		/* -1: none */
	int fd;			/* of the connection, -1: none */
	uint64_t again_at;	/* when to look for the other; or UINT64_MAX */
	bool readable;		/* since the last EAGAIN */
};

/* Return: 0, or -1 after one line on stderr */
int peer_open(struct peer *p, const char *path, int type);
void peer_close(struct peer *p);
/* The connection failed. */
void peer_lost(struct peer *p);
/* Up to 2 descriptors. Return: their number */
int peer_fds(const struct peer *p, bool receive, bool send,
	     struct pollfd *fds);
/* Return: whether there is a new connection */
bool peer_handle(struct peer *p, const struct pollfd *fds, int n);
bool peer_expired(struct peer *p, uint64_t now);

#endif /* NET_PEER_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Data on many TCP connections, from the client, by one process: any of them
 * whose socket has room sends the next piece. At the end each sends LAST, and
 * the response says that all of its data arrived.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "netload.h"

#define EVENTS 64

struct stream {
	int socket;
	unsigned long left;	/* bytes of its piece */
	bool ended;
};

struct streams {
	struct load *load;
	int poll;
	unsigned long begun, done;	/* pieces, connections */
};

/* Return: the number of bytes sent, 0 if the socket is full, or negative */
static ssize_t give(const struct stream *one, const void *from, size_t size)
{
	ssize_t sent = send(one->socket, from, size,
			    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent >= 0)
		return sent;
	if (errno == EAGAIN)
		return 0;
	fail("send");
	return -1;
}

static int end(const struct streams *all, struct stream *one)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = one };
	const char last = LAST;
	ssize_t sent = give(one, &last, 1);

	if (sent <= 0)
		return sent < 0;
	one->ended = true;
	return epoll_ctl(all->poll, EPOLL_CTL_MOD, one->socket, &event) ?
	       fail("a connection") : 0;
}

static int response(struct streams *all, struct stream *one)
{
	char byte;

	if (recv(one->socket, &byte, 1, 0) != 1 ||
	    epoll_ctl(all->poll, EPOLL_CTL_DEL, one->socket, NULL))
		return fail("recv");
	all->done++;
	return 0;
}

static int step(struct streams *all, struct stream *one)
{
	ssize_t sent;

	if (one->ended)
		return response(all, one);
	if (!one->left) {
		if (all->begun == all->load->count)
			return end(all, one);
		all->begun++;
		one->left = all->load->size;
	}
	sent = give(one, data, one->left);
	if (sent < 0)
		return 1;
	one->left -= sent;
	return 0;
}

int run_streams(struct load *load)
{
	struct streams all = { .load = load, .poll = epoll_create1(0) };
	struct stream *streams = calloc(load->extra, sizeof(*streams));
	struct epoll_event events[EVENTS], event = { .events = EPOLLOUT };
	uint64_t began;
	unsigned long at;
	int found;

	if (all.poll < 0 || !streams)
		return fail("memory");
	for (at = 0; at < load->extra; at++) {
		streams[at].socket = open_socket(load, SOCK_STREAM);
		event.data.ptr = &streams[at];
		if (streams[at].socket < 0 ||
		    epoll_ctl(all.poll, EPOLL_CTL_ADD, streams[at].socket,
			      &event))
			return 1;
	}
	began = now();
	while (all.done < load->extra) {
		found = epoll_wait(all.poll, events, EVENTS, WAIT_S * 1000);
		if (found <= 0)
			return fail("no progress");
		while (found--)
			if (step(&all, events[found].data.ptr))
				return 1;
	}
	return report(load, now() - began, 0);
}

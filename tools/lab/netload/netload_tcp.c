// SPDX-License-Identifier: GPL-2.0
/*
 * Requests and responses on many TCP connections, by one process at either
 * end: the processes of netperf, one for a connection, would take longer to
 * start than to measure.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netload.h"

#define EVENTS 64

/* A connection of the client */
struct turn {
	int socket;
	uint64_t sent;
};

struct turns {
	struct load *load;
	struct turn *all;
	unsigned long sends;	/* of a request */
	int poll;
	unsigned long begun, done;
};

static int add(int poll, int socket, void *what)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };
	int one = 1;

	if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    epoll_ctl(poll, EPOLL_CTL_ADD, socket, &event))
		return fail("a connection");
	return 0;
}

/* Messages are small, so the socket has room for one. */
static int request(struct turns *turns, struct turn *turn)
{
	unsigned long size = turns->load->size, at, part;

	if (turns->begun == turns->load->count)
		return 0;
	turns->begun++;
	turn->sent = now();
	for (at = 0; at < size; at += part) {
		part = (size + turns->sends - 1) / turns->sends;
		if (part > size - at)
			part = size - at;
		if (send(turn->socket, data + at, part, 0) != (ssize_t)part)
			return fail("send");
	}
	return 0;
}

static int response(struct turns *turns, struct turn *turn)
{
	char byte;

	if (recv(turn->socket, &byte, 1, 0) != 1)
		return fail("recv");
	turns->load->latency[turns->done++] = now() - turn->sent;
	return request(turns, turn);
}

static int take_turns(struct turns *turns)
{
	struct epoll_event events[EVENTS];
	uint64_t began = now();
	unsigned long at;
	int found;

	for (at = 0; at < turns->load->extra; at++)
		if (request(turns, &turns->all[at]))
			return 1;
	while (turns->done < turns->load->count) {
		found = epoll_wait(turns->poll, events, EVENTS, WAIT_S * 1000);
		if (found <= 0)
			return fail("no response");
		while (found--)
			if (response(turns, events[found].data.ptr))
				return 1;
	}
	return report(turns->load, now() - began, turns->done);
}

static int run(struct load *load, unsigned long sends)
{
	struct turns turns = {
		.load = load, .sends = sends, .poll = epoll_create1(0),
	};
	unsigned long at;

	data[load->size - 1] = LAST;
	turns.all = calloc(load->extra, sizeof(*turns.all));
	if (turns.poll < 0 || !turns.all)
		return fail("memory");
	for (at = 0; at < load->extra; at++) {
		turns.all[at].socket = open_socket(load, SOCK_STREAM);
		if (turns.all[at].socket < 0 ||
		    add(turns.poll, turns.all[at].socket, &turns.all[at]))
			return 1;
	}
	return take_turns(&turns);
}

int run_turns(struct load *load)
{
	return run(load, 1);
}

int run_writes(struct load *load)
{
	return run(load, 2);
}

/*
 * The server's connections: the pointer of an event is the socket, plus 1. A
 * client sends nothing between LAST and the response to it.
 */
static void answer(int socket)
{
	ssize_t got = recv(socket, data, sizeof(data), 0);

	if (got <= 0 ||
	    (data[got - 1] == LAST && send(socket, data + got - 1, 1, 0) != 1))
		close(socket);
}

int run_serve(struct load *load)
{
	int listener = bind_socket(load, SOCK_STREAM), poll = epoll_create1(0), new;
	struct epoll_event events[EVENTS];
	int found;

	if (listener < 0 || listen(listener, 512) || poll < 0 ||
	    add(poll, listener, NULL))
		return fail("listening");
	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		found = epoll_wait(poll, events, EVENTS, -1);
		if (found < 0 && errno != EINTR)
			return fail("epoll_wait");
		while (found-- > 0) {
			if (events[found].data.ptr) {
				answer((intptr_t)events[found].data.ptr - 1);
				continue;
			}
			new = accept(listener, NULL, NULL);
			if (new >= 0)
				add(poll, new, (void *)(intptr_t)(new + 1));
		}
	}
}

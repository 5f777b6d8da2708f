// SPDX-License-Identifier: GPL-2.0
/*
 * Traffic of a fixed number of operations, where the guest's other programs
 * have none: UDP, and many TCP connections in one process.
 *
 * netload send ADDRESS PORT COUNT SIZE SEGMENTS: sends COUNT datagrams of SIZE
 * bytes, SEGMENTS of them at once (UDP_SEGMENT). Waits until the driver has
 * given back the last buffer.
 *
 * netload trip ADDRESS PORT COUNT SIZE POLL_US: sends a datagram and waits for
 * its answer, COUNT times. If POLL_US is not 0, the socket busy-polls so long.
 *
 * netload batch ADDRESS PORT COUNT SIZE BURST: as trip, with BURST datagrams at
 * once and all their answers.
 *
 * netload feed ADDRESS PORT COUNT SIZE BURST: as batch, with one answer to all
 * datagrams of a burst.
 *
 * netload take ADDRESS PORT COUNT SIZE BURST: receives and answers them.
 *
 * netload turns ADDRESS PORT COUNT SIZE CONNECTIONS: COUNT requests of SIZE
 * bytes by TCP, one at a time on each of the connections, and responses of one
 * byte.
 *
 * netload writes ADDRESS PORT COUNT SIZE CONNECTIONS: as turns, but the client
 * sends each request in two parts.
 *
 * netload streams ADDRESS PORT COUNT SIZE CONNECTIONS: sends COUNT times SIZE
 * bytes by TCP, on all of the connections at once. Waits until the server has
 * all of them.
 *
 * netload serve ADDRESS PORT 1 1 1: answers them, until it is killed.
 *
 * Prints "ops N ns N p50 N p99 N": operations, nanoseconds in total, and the
 * percentiles of the latency, 0 for "send" and "streams". An answer that does not arrive
 * within WAIT_S ends it with status 1.
 */
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "netload.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#endif
#ifndef SO_BUSY_POLL_BUDGET
#define SO_BUSY_POLL_BUDGET 70
#endif

#define POLL_BUDGET 64

char data[MOST];

int fail(const char *what)
{
	perror(what);
	return 1;
}

uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static int set(int socket, int level, int name, int value)
{
	return setsockopt(socket, level, name, &value, sizeof(value));
}

static int compare(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return (a > b) - (a < b);
}

int report(const struct load *load, uint64_t ns, unsigned long latencies)
{
	uint64_t p50 = 0, p99 = 0;

	if (latencies) {
		qsort(load->latency, latencies, sizeof(*load->latency),
		      compare);
		p50 = load->latency[latencies / 2];
		p99 = load->latency[latencies * 99 / 100];
	}
	printf("ops %lu ns %llu p50 %llu p99 %llu\n", load->count,
	       (unsigned long long)ns, (unsigned long long)p50,
	       (unsigned long long)p99);
	return 0;
}

/* A socket with a limit to each wait, and the address; negative on failure */
static int new_socket(const struct load *load, int type,
		      struct sockaddr_in *address)
{
	struct timeval wait = { .tv_sec = WAIT_S };
	int new, one = 1;

	address->sin_family = AF_INET;
	address->sin_port = htons(atoi(load->port));
	if (inet_pton(AF_INET, load->address, &address->sin_addr) != 1) {
		fprintf(stderr, "'%s' is no IPv4 address\n", load->address);
		return -1;
	}
	new = socket(AF_INET, type, 0);
	if (new < 0 ||
	    setsockopt(new, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    setsockopt(new, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)))
		return -1;
	return new;
}

/* A connected socket; negative on failure */
int open_socket(const struct load *load, int type)
{
	struct sockaddr_in to = {};
	int new = new_socket(load, type, &to);

	if (new < 0 || connect(new, (struct sockaddr *)&to, sizeof(to))) {
		fail("connect");
		return -1;
	}
	return new;
}

/* A socket with an address of this machine; negative on failure */
int bind_socket(const struct load *load, int type)
{
	struct sockaddr_in at = {};
	int new = new_socket(load, type, &at);

	if (new < 0 || bind(new, (struct sockaddr *)&at, sizeof(at)))
		return -1;
	return new;
}

/* Until the driver has given back the last buffer */
static int drain(int socket)
{
	uint64_t end = now() + WAIT_S * 1000000000ull;
	int left;

	do {
		if (ioctl(socket, SIOCOUTQ, &left))
			return fail("SIOCOUTQ");
		if (!left)
			return 0;
		usleep(100);
	} while (now() < end);
	fprintf(stderr, "%d bytes still in the socket after %d s\n", left,
		WAIT_S);
	return 1;
}

static int run_send(struct load *load)
{
	unsigned long done, chunk;
	uint64_t began;
	int socket;

	socket = open_socket(load, SOCK_DGRAM);
	if (socket < 0)
		return 1;
	if (load->extra > 1 &&
	    set(socket, IPPROTO_UDP, UDP_SEGMENT, load->size))
		return fail("UDP_SEGMENT");
	began = now();
	for (done = 0; done < load->count; done += chunk) {
		chunk = load->count - done;
		if (chunk > load->extra)
			chunk = load->extra;
		if (send(socket, data, chunk * load->size, 0) < 0)
			return fail("send");
	}
	if (drain(socket))
		return 1;
	return report(load, now() - began, 0);
}

/* Rounds of @burst datagrams, each round with one latency. @each: whether each
 * datagram has an answer, or only the last one
 */
static int run_rounds(struct load *load, int socket, unsigned long burst,
		      bool each)
{
	unsigned long done, at, rounds = 0;
	uint64_t began = now(), sent;

	for (done = 0; done < load->count; done += burst) {
		sent = now();
		if (burst > load->count - done)
			burst = load->count - done;
		for (at = 0; at < burst; at++)
			if (send(socket, data, load->size, 0) < 0)
				return fail("send");
		for (at = each ? 0 : burst - 1; at < burst; at++)
			if (recv(socket, data, sizeof(data), 0) < 0)
				return fail("no answer");
		load->latency[rounds++] = now() - sent;
	}
	return report(load, now() - began, rounds);
}

static int run_trip(struct load *load)
{
	int socket = open_socket(load, SOCK_DGRAM);

	if (socket < 0)
		return 1;
	if (load->extra &&
	    (set(socket, SOL_SOCKET, SO_PREFER_BUSY_POLL, 1) ||
	     set(socket, SOL_SOCKET, SO_BUSY_POLL_BUDGET, POLL_BUDGET) ||
	     set(socket, SOL_SOCKET, SO_BUSY_POLL, load->extra)))
		return fail("SO_BUSY_POLL");
	return run_rounds(load, socket, 1, true);
}

static int run_batch(struct load *load)
{
	int socket = open_socket(load, SOCK_DGRAM);

	return socket < 0 ? 1 : run_rounds(load, socket, load->extra, true);
}

static int run_feed(struct load *load)
{
	int socket = open_socket(load, SOCK_DGRAM);

	return socket < 0 ? 1 : run_rounds(load, socket, load->extra, false);
}

static int run_take(struct load *load)
{
	int socket = bind_socket(load, SOCK_DGRAM);
	struct sockaddr_in from;
	socklen_t length = sizeof(from);
	unsigned long done = 0;
	uint64_t began = 0;

	if (socket < 0)
		return fail("bind");
	while (done < load->count) {
		if (recvfrom(socket, data, sizeof(data), 0,
			     (struct sockaddr *)&from, &length) < 0)
			return fail("no datagram");
		began = began ? began : now();
		if ((++done % load->extra && done < load->count) ||
		    sendto(socket, data, load->size, 0,
			   (struct sockaddr *)&from, length) >= 0)
			continue;
		return fail("send");
	}
	return report(load, now() - began, 0);
}

static const struct mode {
	const char *name;
	int (*run)(struct load *load);
	unsigned long least, most;	/* of @extra */
} modes[] = {
	{ "send", run_send, 1, 64 },
	{ "trip", run_trip, 0, 10000000 },
	{ "batch", run_batch, 1, 4096 },
	{ "feed", run_feed, 1, 4096 },
	{ "take", run_take, 1, 4096 },
	{ "turns", run_turns, 1, 512 },
	{ "writes", run_writes, 1, 512 },
	{ "streams", run_streams, 1, 512 },
	{ "serve", run_serve, 1, 1 },
};

static const struct mode *mode_of(const char *name)
{
	unsigned int at;

	for (at = 0; at < sizeof(modes) / sizeof(*modes); at++)
		if (!strcmp(name, modes[at].name))
			return &modes[at];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct mode *mode = argc == 7 ? mode_of(argv[1]) : NULL;
	struct load load = {};

	if (!mode) {
		fprintf(stderr,
			"netload MODE ADDRESS PORT COUNT SIZE EXTRA\n");
		return 2;
	}
	load.address = argv[2];
	load.port = argv[3];
	load.count = strtoul(argv[4], NULL, 0);
	load.size = strtoul(argv[5], NULL, 0);
	load.extra = strtoul(argv[6], NULL, 0);
	if (!load.count || !load.size || load.size > MOST ||
	    load.extra < mode->least || load.extra > mode->most ||
	    (mode->run == run_send && load.extra * load.size > MOST)) {
		fprintf(stderr, "COUNT, SIZE or EXTRA is out of range\n");
		return 2;
	}
	load.latency = calloc(load.count, sizeof(*load.latency));
	if (!load.latency)
		return fail("memory");
	return mode->run(&load);
}

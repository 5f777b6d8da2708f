/* SPDX-License-Identifier: GPL-2.0 */
/* The parts that the modes of netload share. */
#ifndef NETLOAD_H
#define NETLOAD_H

#include <stdint.h>

#define WAIT_S 20		/* for an answer */
#define MOST 65507		/* bytes of a datagram, and of all segments */
#define LAST 1			/* the last byte of a request, the response to it */

struct load {
	const char *address;
	const char *port;
	unsigned long count;
	unsigned long size;
	unsigned long extra;	/* SEGMENTS, POLL_US, BURST or CONNECTIONS */
	uint64_t *latency;	/* of each operation, in ns */
};

extern char data[MOST];

int fail(const char *what);
uint64_t now(void);
int open_socket(const struct load *load, int type);
int bind_socket(const struct load *load, int type);
int report(const struct load *load, uint64_t ns, unsigned long latencies);

int run_turns(struct load *load);
int run_writes(struct load *load);
int run_streams(struct load *load);
int run_serve(struct load *load);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * Counts instructions under callgrind: one buffer after the other goes through
 * a ring, and only the operation that is asked about is counted. Each count is
 * dumped under the name "case operation"; "empty" is what counting costs.
 */
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

#include "cost.h"

#define ROUNDS	300	/* more than the ring has: around at least once */
#define WARM	4

enum op { EMPTY, ADD, KICK, SUPPRESSED, GET, NUM_OPS };

static const char * const op_names[NUM_OPS] = {
	"empty", "add", "kick", "suppressed", "get",
};

struct cost_case {
	const char *name;
	bool indirect;
	void (*add)(void);
};

static const struct cost_case cases[] = {
	{ "one", false, cost_add_one },
	{ "chain", false, cost_add_all },
	{ "table", true, cost_add_all },
};

static inline void toggle(bool mine)
{
	if (mine)
		CALLGRIND_TOGGLE_COLLECT;
}

/* What is subtracted: the call from here, and what starts and ends counting */
__attribute__((noinline)) static void nothing(void)
{
	__asm__ __volatile__("");
}

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

/* Does the device want to know? As it would say so in either way */
static void want(struct cost_ring *ring, bool event_idx, bool wanted)
{
	struct vring_avail *avail = ring->avail;
	struct vring_used *used = ring->used;
	__u16 *event = (__u16 *)&used->ring[COST_SIZE];

	used->flags = wanted || event_idx ? 0 : VRING_USED_F_NO_NOTIFY;
	*event = wanted ? avail->idx : avail->idx - 1;
}

static void use(struct cost_ring *ring)
{
	struct vring_avail *avail = ring->avail;
	struct vring_used *used = ring->used;
	unsigned int at = used->idx % COST_SIZE;

	used->ring[at].id = avail->ring[at];
	used->ring[at].len = 0;
	used->idx++;
}

static void one_round(const struct cost_case *c, struct cost_ring *ring,
		      bool event_idx, enum op op)
{
	bool wanted = op != SUPPRESSED, kick;

	want(ring, event_idx, wanted);
	toggle(op == EMPTY);
	if (op == EMPTY)
		nothing();
	toggle(op == EMPTY);
	toggle(op == ADD);
	c->add();
	toggle(op == ADD);
	toggle(op == KICK || op == SUPPRESSED);
	kick = cost_kick();
	toggle(op == KICK || op == SUPPRESSED);
	if (kick != wanted)
		fail("the kick decision is not what the device wants");
	use(ring);
	toggle(op == GET);
	if (!cost_get())
		fail("no buffer came back");
	toggle(op == GET);
}

static void count(const struct cost_case *c, bool event_idx)
{
	struct cost_ring ring = cost_open(event_idx, c->indirect);
	char label[64];
	unsigned int n;
	enum op op;

	for (op = 0; op < NUM_OPS; op++) {
		for (n = 0; n < WARM; n++)
			one_round(c, &ring, event_idx, NUM_OPS);
		CALLGRIND_ZERO_STATS;
		for (n = 0; n < ROUNDS; n++)
			one_round(c, &ring, event_idx, op);
		snprintf(label, sizeof(label), "%s%s %s", c->name,
			 event_idx ? "-event" : "", op_names[op]);
		CALLGRIND_DUMP_STATS_AT(label);
	}
}

int main(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		count(&cases[i], false);
		count(&cases[i], true);
	}
	printf("rounds %d\n", ROUNDS);
	return 0;
}

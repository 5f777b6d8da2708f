// SPDX-License-Identifier: GPL-2.0
/*
 * Counts instructions under callgrind: one buffer after the other goes through
 * a ring, and only the selected operation counts. Each count is dumped under
 * the name "case operation"; "empty" is what counting costs.
 */
#include <linux/virtio_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

#include "cost.h"

#define ROUNDS	300	/* more than the ring's size, so that it wraps */
#define WARM	4

enum op { EMPTY, ADD, KICK, SUPPRESSED, GET, NUM_OPS };

static const char * const op_names[NUM_OPS] = {
	"empty", "add", "kick", "suppressed", "get",
};

/**
 * struct cost_case - a shape of buffers
 * @name: of it
 * @indirect: it comes in a table
 * @descs: descriptors of the ring that it takes
 * @add: adds one
 */
struct cost_case {
	const char *name;
	bool indirect;
	unsigned int descs;
	void (*add)(void);
};

static const struct cost_case cases[] = {
	{ "one", false, 1, cost_add_one },
	{ "chain", false, COST_PIECES, cost_add_all },
	{ "table", true, 1, cost_add_all },
	{ "own", true, 1, cost_add_own },
};

/* The ring, and the device's position in a packed one */
static struct cost_ring ring;
static bool packed, event_idx, wrap;
static unsigned int slot;

static inline void toggle(bool mine)
{
	if (mine)
		CALLGRIND_TOGGLE_COLLECT;
}

/* The overhead to subtract: the call, and the start and end of counting */
__attribute__((noinline)) static void nothing(void)
{
	__asm__ __volatile__("");
}

static void fail(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(1);
}

/* Enable or suppress notifications, like a device */
static void want_split(bool wanted)
{
	struct vring_avail *avail = ring.driver;
	struct vring_used *used = ring.device;
	__u16 *event = (__u16 *)&used->ring[COST_SIZE];

	used->flags = wanted || event_idx ? 0 : VRING_USED_F_NO_NOTIFY;
	*event = wanted ? avail->idx : avail->idx - 1;
}

static void want_packed(bool wanted)
{
	struct vring_packed_desc_event *event = ring.device;

	event->flags = wanted ? VRING_PACKED_EVENT_FLAG_ENABLE :
				VRING_PACKED_EVENT_FLAG_DISABLE;
	if (!event_idx)
		return;
	/* the next one, or one a round later */
	event->flags = VRING_PACKED_EVENT_FLAG_DESC;
	event->off_wrap = (wrap == wanted) << VRING_PACKED_EVENT_F_WRAP_CTR |
			  slot;
}

static void use_split(void)
{
	struct vring_avail *avail = ring.driver;
	struct vring_used *used = ring.device;
	unsigned int at = used->idx % COST_SIZE;

	used->ring[at].id = avail->ring[at];
	used->ring[at].len = 0;
	used->idx++;
}

static void use_packed(unsigned int descs)
{
	struct vring_packed_desc *desc = ring.desc;
	unsigned int last = (slot + descs - 1) % COST_SIZE;

	desc[slot].id = desc[last].id;
	desc[slot].flags = wrap ? 1 << VRING_PACKED_DESC_F_AVAIL |
				  1 << VRING_PACKED_DESC_F_USED : 0;
	slot += descs;
	if (slot < COST_SIZE)
		return;
	slot -= COST_SIZE;
	wrap = !wrap;
}

static void one_round(const struct cost_case *c, enum op op)
{
	bool wanted = op != SUPPRESSED, kick;

	if (packed)
		want_packed(wanted);
	else
		want_split(wanted);
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
	if (packed)
		use_packed(c->descs);
	else
		use_split();
	toggle(op == GET);
	if (!cost_get())
		fail("no buffer came back");
	toggle(op == GET);
}

static void count(const struct cost_case *c)
{
	char label[64];
	unsigned int n;
	enum op op;

	ring = cost_open(packed, event_idx, c->indirect);
	slot = 0;
	wrap = true;
	for (op = 0; op < NUM_OPS; op++) {
		for (n = 0; n < WARM; n++)
			one_round(c, NUM_OPS);
		CALLGRIND_ZERO_STATS;
		for (n = 0; n < ROUNDS; n++)
			one_round(c, op);
		snprintf(label, sizeof(label), "%s%s%s %s",
			 packed ? "packed-" : "", c->name,
			 event_idx ? "-event" : "", op_names[op]);
		CALLGRIND_DUMP_STATS_AT(label);
	}
}

int main(void)
{
	unsigned int i, way;

	for (way = 0; way < 4; way++) {
		packed = way & 2;
		event_idx = way & 1;
		for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
			count(&cases[i]);
	}
	printf("rounds %d\n", ROUNDS);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Two CPUs in one thread. Each runs its program on a stack of its own and stops
 * before every access to shared memory; a choice determines the next step, of a
 * CPU or of the oldest store in its buffer, and the test runs all sequences of
 * choices: it changes the last choice that has an alternative, and starts the
 * programs again.
 */
#include <string.h>
#include <ucontext.h>

#include "host.h"
#include "order_tso.h"

#define STACK_SIZE	65536
#define MAX_STORES	16
#define MAX_STEPS	100
#define MAX_SHARED	16

enum action { RUN_0, RUN_1, DRAIN_0, DRAIN_1, NUM_ACTIONS };

struct store {
	void *p;
	unsigned int size;
	u64 value;
};

/**
 * struct cpu - a CPU
 * @context: the state of its program
 * @stack: of its program
 * @stores: not in memory yet, oldest first
 * @num_stores: their number
 * @fenced: its next access waits for its stores
 * @over: its program ended
 */
struct cpu {
	ucontext_t context;
	char stack[STACK_SIZE];
	struct store stores[MAX_STORES];
	unsigned int num_stores;
	bool fenced;
	bool over;
};

static struct cpu cpus[2], *running;
static ucontext_t scheduler;
static const struct tso_case *current;
static const void *shared[MAX_SHARED];
static unsigned int num_shared;

/* The choices of this run: each with the number of alternatives */
static unsigned char chosen[MAX_STEPS], choices[MAX_STEPS];
static unsigned int steps;
static char trace[MAX_STEPS + 1];

void tso_share(const void *p)
{
	if (num_shared == MAX_SHARED)
		die("raise MAX_SHARED");
	shared[num_shared++] = p;
}

void tso_share_nothing(void)
{
	num_shared = 0;
}

static bool is_shared(const void *p)
{
	unsigned int i;

	for (i = 0; running && i < num_shared; i++)
		if (shared[i] == p)
			return true;
	return false;
}

/* Stop before an access, until the scheduler resumes the program */
static void stop(void)
{
	swapcontext(&running->context, &scheduler);
	running->fenced = false;
}

static u64 memory_load(const void *p, unsigned int size)
{
	u64 value = 0;

	memcpy(&value, p, size); /* little endian, as is the ring */
	return value;
}

uint64_t order_load(const void *p, unsigned int size)
{
	unsigned int i;

	if (!is_shared(p))
		return memory_load((const void *)p, size);
	stop();
	/* a CPU sees its own stores at once */
	for (i = running->num_stores; i--; )
		if (running->stores[i].p == p)
			return running->stores[i].value;
	return memory_load((const void *)p, size);
}

void order_store(void *p, unsigned int size, uint64_t value)
{
	if (!is_shared(p)) {
		memcpy((void *)p, &value, size);
		return;
	}
	stop();
	if (running->num_stores == MAX_STORES)
		die("%s: raise MAX_STORES", current->name);
	running->stores[running->num_stores++] =
		(struct store){ (void *)p, size, value };
}

void order_wmb(void)
{
	/* stores leave the buffer in order */
}

void order_rmb(void)
{
	/* loads are done in order */
}

void order_mb(void)
{
	if (running)
		running->fenced = true;
}

static void drain(struct cpu *cpu)
{
	struct store *s = &cpu->stores[0];

	memcpy(s->p, &s->value, s->size);
	memmove(s, s + 1, --cpu->num_stores * sizeof(*s));
}

static void begin(void)
{
	struct cpu *self = running;

	if (self == cpus)
		current->first();
	else
		current->second();
	self->over = true;
	swapcontext(&self->context, &scheduler);
}

static void start(struct cpu *cpu)
{
	cpu->num_stores = 0;
	cpu->fenced = false;
	cpu->over = false;
	getcontext(&cpu->context);
	cpu->context.uc_stack.ss_sp = cpu->stack;
	cpu->context.uc_stack.ss_size = STACK_SIZE;
	cpu->context.uc_link = NULL;
	makecontext(&cpu->context, begin, 0);
}

static bool possible(enum action action)
{
	const struct cpu *cpu = &cpus[action & 1];

	if (action >= DRAIN_0)
		return cpu->num_stores;
	return !cpu->over && !(cpu->fenced && cpu->num_stores);
}

static void take(enum action action)
{
	struct cpu *cpu = &cpus[action & 1];

	if (action >= DRAIN_0) {
		drain(cpu);
		return;
	}
	running = cpu;
	swapcontext(&scheduler, &cpu->context);
	running = NULL;
}

/* One complete run, with the recorded choices, then always the first */
static void run_way(void)
{
	enum action can[NUM_ACTIONS], action;
	unsigned int n;

	current->setup();
	start(&cpus[0]);
	start(&cpus[1]);
	for (steps = 0; ; steps++) {
		for (n = 0, action = 0; action < NUM_ACTIONS; action++)
			if (possible(action))
				can[n++] = action;
		if (!n)
			break;
		if (steps == MAX_STEPS)
			die("%s: raise MAX_STEPS", current->name);
		choices[steps] = n;
		action = can[chosen[steps]];
		trace[steps] = "01ab"[action];
		take(action);
	}
	trace[steps] = 0;
}

/* Return: false if this was the last run */
static bool next_way(void)
{
	while (steps--) {
		if (chosen[steps] + 1 < choices[steps]) {
			chosen[steps]++;
			memset(&chosen[steps + 1], 0, MAX_STEPS - steps - 1);
			return true;
		}
	}
	return false;
}

bool tso_explore(const struct tso_case *c, unsigned long limit,
		 struct tso_result *result)
{
	current = c;
	memset(result, 0, sizeof(*result));
	memset(chosen, 0, sizeof(chosen));
	do {
		if (result->ways == limit)
			return false;
		run_way();
		result->ways++;
		if (c->holds())
			continue;
		if (!result->bad++)
			memcpy(result->first_bad, trace, sizeof(trace));
	} while (next_way());
	return true;
}

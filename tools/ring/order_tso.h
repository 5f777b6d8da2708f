/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine of two CPUs with store buffers (the total store order of x86), and
 * every way that two short programs can run on it, one after the other.
 */
#ifndef RING_ORDER_TSO_H
#define RING_ORDER_TSO_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct tso_case - two programs, and what must hold when both have ended
 * @name: for messages
 * @setup: before each way of running them
 * @first: what CPU 0 runs
 * @second: what CPU 1 runs
 * @holds: afterwards, with all stores in memory
 */
struct tso_case {
	const char *name;
	void (*setup)(void);
	void (*first)(void);
	void (*second)(void);
	bool (*holds)(void);
};

/*
 * A field that both CPUs use to agree; an access to any other memory takes no
 * time and is seen at once.
 */
void tso_share(const void *p);
void tso_share_nothing(void);

/**
 * struct tso_result - of all ways to run a case
 * @ways: how many there were
 * @bad: how many did not hold
 * @first_bad: the steps of the first of them: a letter each
 */
struct tso_result {
	unsigned long ways;
	unsigned long bad;
	char first_bad[128];
};

/* Run them all, at most @limit. Return: false if there are more */
bool tso_explore(const struct tso_case *c, unsigned long limit,
		 struct tso_result *result);

#endif /* RING_ORDER_TSO_H */

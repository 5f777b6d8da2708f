/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine of two CPUs with store buffers (the total store order of x86),
 * which runs two short programs in every possible order.
 */
#ifndef RING_ORDER_TSO_H
#define RING_ORDER_TSO_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct tso_case - two programs, and what must hold when both have ended
 * @name: for messages
 * @setup: called before each run
 * @first: the program of CPU 0
 * @second: the program of CPU 1
 * @holds: the condition afterwards, with all stores in memory
 */
struct tso_case {
	const char *name;
	void (*setup)(void);
	void (*first)(void);
	void (*second)(void);
	bool (*holds)(void);
};

/*
 * A field that both CPUs use to agree; accesses to other memory are atomic and
 * immediately visible.
 */
void tso_share(const void *p);
void tso_share_nothing(void);

/**
 * struct tso_result - the result of all runs of a case
 * @ways: number of runs
 * @bad: number of runs that violate the condition
 * @first_bad: the steps of the first of them, one letter each
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

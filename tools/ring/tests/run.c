// SPDX-License-Identifier: GPL-2.0
/*
 * Runs all tests over the ring in user space; exits 1 if anything failed, at
 * the first that did with RING_STOP in the environment.
 */
#include "test.h"

static bool failed;
static unsigned int ran, bad;

void check_at(bool ok, const char *expr, const char *file, int line)
{
	if (ok)
		return;
	if (!failed)
		printf("# %s:%d: %s does not hold\n", file, line, expr);
	failed = true;
}

void check_equal_at(unsigned long long a, unsigned long long b,
		    const char *expr, const char *file, int line)
{
	if (a == b)
		return;
	if (!failed)
		printf("# %s:%d: %s: %llu is not %llu\n", file, line, expr, a,
		       b);
	failed = true;
}

static void run_one(const struct test *test, const char *where)
{
	unsigned int before = host_allocations();

	failed = false;
	test->run();
	check_equal(host_allocations(), before);
	bad += failed;
	printf("%sok %u - %s: %s\n", failed ? "not " : "", ++ran, where,
	       test->name);
	if (failed && getenv("RING_STOP"))
		exit(1);
}

static void run_all(const struct test *tests, const char *where)
{
	for (; tests->name; tests++)
		run_one(tests, where);
}

static const struct {
	u64 features;
	const char *name;
} layouts[] = {
	{ 0, "split" },
	{ IN_ORDER, "split, in order" },
	{ PACKED, "packed" },
	{ PACKED | IN_ORDER, "packed, in order" },
};

/* Which tests: those whose @layout is what is run, as far as @mask goes */
static const struct {
	const struct test *tests;
	u64 mask;
	u64 layout;
} lists[] = {
	{ good_tests, 0, 0 },
	{ table_tests, 0, 0 },
	{ split_tests, PACKED, 0 },
	{ packed_tests, PACKED, PACKED },
	{ in_order_tests, IN_ORDER, IN_ORDER },
	{ bad_tests, IN_ORDER, 0 },
	{ bad_split_tests, LAYOUTS, 0 },
	{ bad_packed_tests, LAYOUTS, PACKED },
	{ random_tests, 0, 0 },
};

int main(void)
{
	unsigned int i = 0, n;

	setvbuf(stdout, NULL, _IOLBF, 0);
	/* which layout to begin with, where time is short */
	if (getenv("RING_FIRST"))
		i = strtoul(getenv("RING_FIRST"), NULL, 0);
	for (; i < ARRAY_SIZE(layouts); i++) {
		layout = layouts[i].features;
		for (n = 0; n < ARRAY_SIZE(lists); n++)
			if ((layout & lists[n].mask) == lists[n].layout)
				run_all(lists[n].tests, layouts[i].name);
	}
	printf("1..%u\n", ran);
	return bad != 0;
}

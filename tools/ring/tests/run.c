// SPDX-License-Identifier: GPL-2.0
/*
 * Runs all tests over the ring in user space; exits 1 if anything failed, at
 * the first that did with RING_STOP in the environment.
 */
#include "test.h"

#define TOKENS	(BIGGEST * 2)

u64 layout;

static bool failed;
static unsigned int ran, bad;
static char tokens[TOKENS];

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

void *token_of(unsigned int n)
{
	if (n >= TOKENS)
		die("token %u: raise TOKENS", n);
	return &tokens[n];
}

const struct vfe_seg *segs_of(unsigned int n, unsigned int total)
{
	static struct vfe_seg segs[MODEL_MAX_SEGS];
	unsigned int i;

	for (i = 0; i < total && i < MODEL_MAX_SEGS; i++)
		segs[i] = (struct vfe_seg){
			.addr = HOST_BUS_OFFSET * 2 + n * 0x10000ULL +
				i * 0x1001ULL,
			.len = 1 + (n * 7 + i * 512) % 4096,
		};
	return segs;
}

u64 len_of(const struct vfe_seg *segs, unsigned int n)
{
	u64 len = 0;

	while (n--)
		len += segs[n].len;
	return len;
}

unsigned int room_of(unsigned int size)
{
	return (layout & LAYOUTS) == LAYOUTS && size > 1 ? size - 1 : size;
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
	{ bad_tests, LAYOUTS, 0 },
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

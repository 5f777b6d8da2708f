// SPDX-License-Identifier: GPL-2.0
/*
 * Runs all tests over the ring in user space; exits 1 if anything failed, at
 * the first that did with RING_STOP in the environment.
 */
#include <linux/virtio_config.h>

#include "test.h"

#define TOKENS	(BIGGEST * 2)

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

static void run_all(const struct test *tests)
{
	unsigned int before;

	for (; tests->name; tests++) {
		failed = false;
		before = host_allocations();
		tests->run();
		check_equal(host_allocations(), before);
		bad += failed;
		printf("%sok %u - %s\n", failed ? "not " : "", ++ran,
		       tests->name);
		if (failed && getenv("RING_STOP"))
			exit(1);
	}
}

int main(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	run_all(good_tests);
	run_all(bad_tests);
	run_all(random_tests);
	printf("1..%u\n", ran);
	return bad != 0;
}

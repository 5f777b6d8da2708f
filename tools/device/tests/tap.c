// SPDX-License-Identifier: GPL-2.0
/*
 * The harness: runs tests, prints TAP, remembers the device's log.
 * TEST_LOG=1 in the environment shows the log as it comes.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "tap.h"

struct logged logged;

static bool failed;
static unsigned int ran, bad;

void log_line(const char *fmt, ...)
{
	va_list args;

	memcpy(logged.before, logged.last, sizeof(logged.last));
	va_start(args, fmt);
	vsnprintf(logged.last, sizeof(logged.last), fmt, args);
	va_end(args);
	logged.lines++;
	if (getenv("TEST_LOG"))
		printf("# %s\n", logged.last);
}

void check_at(bool ok, const char *expr, const char *file, int line)
{
	if (ok)
		return;
	failed = true;
	printf("# %s:%d: %s does not hold; last log line: %s\n", file, line,
	       expr, logged.last);
}

void check_equal_at(unsigned long long a, unsigned long long b,
		    const char *expr, const char *file, int line)
{
	if (a == b)
		return;
	failed = true;
	printf("# %s:%d: %s: %llu is not %llu; last log line: %s\n", file,
	       line, expr, a, b, logged.last);
}

bool tap_failed(void)
{
	return failed;
}

static void run_suite(const struct test *tests)
{
	for (; tests->name; tests++) {
		failed = false;
		if (tests->run)
			tests->run();
		else
			tap_fixture(tests);
		bad += failed;
		printf("%sok %u - %s\n", failed ? "not " : "", ++ran,
		       tests->name);
	}
}

int tap_run(const struct test *const *suites)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (; *suites; suites++)
		run_suite(*suites);
	printf("1..%u\n", ran);
	return bad || !ran;
}

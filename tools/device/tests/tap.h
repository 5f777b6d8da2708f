/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The harness of the C unit tests: a test is a name and a function, a failed
 * check names its line, results are printed as TAP. The device's log goes into
 * memory, for tests.
 */
#ifndef TAP_H
#define TAP_H

#include <stdbool.h>

struct client;
struct guest;
struct options;

/* Either run() alone, or with the set-up of the program's tap_fixture(). */
struct test {
	const char *name;
	void (*run)(void);
	void (*on_guest)(struct guest *g);	/* guest_open(), with @change */
	void (*on_client)(struct client *c);	/* client_start() */
	void (*change)(struct options *o);
	const char *list;	/* for a @change that is with_quirks() or so */
};

/* guest.c, client.c: set up, run, and take apart */
void tap_fixture(const struct test *t);

/* The last two lines that the device logged, and how many there were */
struct logged {
	char last[512];
	char before[512];
	unsigned int lines;
};

extern struct logged logged;

void check_at(bool ok, const char *expr, const char *file, int line);
#define CHECK(cond) check_at(cond, #cond, __FILE__, __LINE__)
#define CHECK_EQ(a, b) \
	check_equal_at((unsigned long long)(a), (unsigned long long)(b), \
		       #a " == " #b, __FILE__, __LINE__)
void check_equal_at(unsigned long long a, unsigned long long b,
		    const char *expr, const char *file, int line);
/* Has a check of the running test failed? (to end a loop) */
bool tap_failed(void);

/* Run suites up to a NULL. Return: the exit code of the program */
int tap_run(const struct test *const *suites);

#endif /* TAP_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of options, read and checked. All return 0, or -1 after one line on
 * stderr with the problem and its remedy.
 */
#ifndef PARSE_H
#define PARSE_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

/* The line on stderr. Return: -1 */
int parse_bad(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Was there one? */
bool parse_is_bad(void);
int parse_choice(const char *option, const char *text, const char *no,
		 const char *yes, bool *value);
int parse_number(const char *option, const char *text, unsigned int min,
		 unsigned int max, unsigned int *value);

/* A bit by the name that the command line has for it; lists end with NULL. */
struct bit_name {
	const char *name;
	unsigned int bit;
};

/*
 * Names with commas between them; their bits are added to @bits. The names are
 * those of both lists.
 */
int parse_bits(const char *option, const struct bit_name *first,
	       const struct bit_name *second, const char *list,
	       uint64_t *bits);

/* The return value of an argp parser for the result of one of these */
static inline error_t parse_result(int ret)
{
	return ret ? EINVAL : 0;
}

#endif /* PARSE_H */

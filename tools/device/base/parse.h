/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Values of options, read and checked. All but parse_values() return 0, or -1
 * after one line on stderr with the problem and its remedy.
 */
#ifndef PARSE_H
#define PARSE_H

#include <argp.h>
#include <stdbool.h>
#include <stddef.h>
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

/* An item of a list like name,name=value */
enum value_kind {
	VALUE_FLAG,		/* the name alone */
	VALUE_NUMBER,
	VALUE_SECONDS,		/* with a decimal point; kept in milliseconds */
	VALUE_BYTES,		/* a multiple of 512; kept in sectors */
	VALUE_CHOICE,		/* one of some words; kept as its index */
};

/* Lists end with a name that is NULL; @min and @max are of the value kept. */
struct value_info {
	const char *name;
	enum value_kind kind;
	uint32_t min, max;
	const char *const *choices;	/* ends with NULL */
};

#define VALUE_OF(_name, _kind, _min, _max) \
	{ .name = _name, .kind = _kind, .min = _min, .max = _max }
#define VALUE_FLAG_OF(_name) \
	VALUE_OF(_name, VALUE_FLAG, 0, 0)

/**
 * parse_values() - read a list of names, most of them with a value
 * @first: the names that there may be; the first has number 0
 * @second: more of them, which are numbered on; or NULL
 * @list: the text
 * @on: a bit is set for the number of each name
 * @values: the value of each name, by number
 * @error: set to the problem, without a newline
 *
 * Return: 0 or -1; then some of the list may have been read.
 */
int parse_values(const struct value_info *first,
		 const struct value_info *second, const char *list,
		 uint64_t *on, uint32_t *values, char *error, size_t size);

/* The return value of an argp parser for the result of one of these */
static inline error_t parse_result(int ret)
{
	return ret ? EINVAL : 0;
}

#endif /* PARSE_H */

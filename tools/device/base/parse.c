// SPDX-License-Identifier: GPL-2.0
/* Values of options, read and checked. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/parse.h"

static bool is_bad;

bool parse_is_bad(void)
{
	return is_bad;
}

int parse_bad(const char *fmt, ...)
{
	va_list args;

	is_bad = true;
	fputs("vfe-device: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

int parse_choice(const char *option, const char *text, const char *no,
		 const char *yes, bool *value)
{
	*value = !strcmp(text, yes);
	if (*value || !strcmp(text, no))
		return 0;
	return parse_bad("%s %s: unknown value; use %s or %s", option, text,
			 no, yes);
}

int parse_number(const char *option, const char *text, unsigned int min,
		 unsigned int max, unsigned int *value)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end || errno || n < min ||
	    n > max)
		return parse_bad("%s %s: use a number from %u to %u", option,
				 text, min, max);
	*value = n;
	return 0;
}

static bool find_bit(const struct bit_name *names, const char *text,
		     size_t len, uint64_t *bits)
{
	for (; names && names->name; names++) {
		if (strlen(names->name) == len &&
		    !strncmp(names->name, text, len)) {
			*bits |= UINT64_C(1) << names->bit;
			return true;
		}
	}
	return false;
}

static const char *list_bits(const struct bit_name *names, const char *comma)
{
	for (; names && names->name; names++) {
		fprintf(stderr, "%s %s", comma, names->name);
		comma = ",";
	}
	return comma;
}

int parse_bits(const char *option, const struct bit_name *first,
	       const struct bit_name *second, const char *list,
	       uint64_t *bits)
{
	while (*list) {
		size_t len = strcspn(list, ",");

		if (!find_bit(first, list, len, bits) &&
		    !find_bit(second, list, len, bits)) {
			fprintf(stderr, "vfe-device: %s %.*s: unknown name; use",
				option, (int)len, list);
			list_bits(second, list_bits(first, ""));
			is_bad = true;
			fputc('\n', stderr);
			return -1;
		}
		list += len;
		if (*list)
			list++;
	}
	return 0;
}

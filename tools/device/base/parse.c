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

static const struct value_info *find_value(const struct value_info *first,
					   const struct value_info *second,
					   unsigned int number)
{
	for (; first->name; first++) {
		if (!number--)
			return first;
	}
	for (; second && second->name; second++) {
		if (!number--)
			return second;
	}
	return NULL;
}

static size_t join(char *to, size_t size, size_t used, const char *before,
		   const char *name)
{
	if (used < size)
		used += snprintf(to + used, size - used, "%s%s", before, name);
	return used;
}

static bool read_choice(const struct value_info *info, const char *text,
			uint32_t *value)
{
	for (*value = 0; info->choices[*value]; ++*value) {
		if (!strcmp(info->choices[*value], text))
			return true;
	}
	return false;
}

static bool read_number(const struct value_info *info, const char *text,
			uint32_t *value)
{
	double n;
	char *end;

	/* A sign, "nan" and the like are no numbers here. */
	if (!isdigit((unsigned char)*text))
		return false;
	n = strtod(text, &end);
	if (*end)
		return false;
	if (info->kind == VALUE_SECONDS)
		n *= 1000;
	else if (info->kind == VALUE_BYTES)
		n /= 512;
	if (n < info->min || n > info->max)
		return false;
	*value = n;
	return info->kind == VALUE_SECONDS || *value == n;
}

static int complain_value(const struct value_info *info, const char *text,
			  char *error, size_t size)
{
	size_t used = snprintf(error, size, "%s=%s: use ", info->name, text);

	if (used >= size)
		return -1;
	if (info->kind == VALUE_CHOICE) {
		for (int i = 0; info->choices[i]; i++)
			used = join(error, size, used, i ? ", " : "",
				    info->choices[i]);
	} else if (info->kind == VALUE_SECONDS) {
		snprintf(error + used, size - used,
			 "a number of seconds, more than 0 and up to %u",
			 info->max / 1000);
	} else if (info->kind == VALUE_BYTES) {
		snprintf(error + used, size - used,
			 "a number of bytes, a multiple of 512");
	} else {
		snprintf(error + used, size - used, "a number from %u to %u",
			 info->min, info->max);
	}
	return -1;
}

/* @text: what is behind the equals sign, or NULL */
static int read_value(const struct value_info *info, const char *text,
		      uint32_t *value, char *error, size_t size)
{
	if (info->kind == VALUE_FLAG) {
		if (!text)
			return 0;
		snprintf(error, size, "%s=%s: takes no value", info->name,
			 text);
		return -1;
	}
	if (!text) {
		snprintf(error, size, "%s: the value is missing", info->name);
		return -1;
	}
	if (info->kind == VALUE_CHOICE ? read_choice(info, text, value) :
					 read_number(info, text, value))
		return 0;
	return complain_value(info, text, error, size);
}

int parse_values(const struct value_info *first,
		 const struct value_info *second, const char *list,
		 uint64_t *on, uint32_t *values, char *error, size_t size)
{
	char text[1024], *rest = text, *name;
	const struct value_info *info;
	size_t used;

	if (strlen(list) >= sizeof(text)) {
		snprintf(error, size, "longer than %zu characters",
			 sizeof(text) - 1);
		return -1;
	}
	strcpy(text, list);
	while (*text && (name = strsep(&rest, ","))) {
		char *value = strchr(name, '=');
		unsigned int i;

		if (value)
			*value++ = '\0';
		for (i = 0; (info = find_value(first, second, i)); i++) {
			if (!strcmp(info->name, name))
				break;
		}
		if (!info)
			goto unknown;
		*on |= UINT64_C(1) << i;
		if (read_value(info, value, &values[i], error, size))
			return -1;
	}
	return 0;

unknown:
	used = snprintf(error, size, "%s: unknown name; use", name);
	for (unsigned int i = 0; (info = find_value(first, second, i)); i++)
		used = join(error, size, used, i ? ", " : " ", info->name);
	return -1;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Parses and checks the value of --zoned.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vfe/wire_blk.h>

#include "blk/zoned.h"

#define DEFAULT_APPEND	2048U	/* 1 MiB */
#define DEFAULT_GRANULARITY	8U	/* 4 KiB */

/* Sizes are in bytes in the option, but stored in sectors. */
static const struct {
	const char *name;
	size_t field;
	bool bytes;
} numbers[] = {
	{ "zone-size", offsetof(struct zoned_options, zone), true },
	{ "zone-capacity", offsetof(struct zoned_options, capacity), true },
	{ "conventional", offsetof(struct zoned_options, conventional), false },
	{ "max-open", offsetof(struct zoned_options, max_open), false },
	{ "max-active", offsetof(struct zoned_options, max_active), false },
	{ "max-append", offsetof(struct zoned_options, max_append), true },
	{ "write-granularity", offsetof(struct zoned_options, granularity),
	  true },
};

#define NUM_NUMBERS	(sizeof(numbers) / sizeof(numbers[0]))

static bool parse_number(struct zoned_options *o, size_t which,
			 const char *text, size_t len)
{
	unsigned long long n;
	uint32_t value;
	char *end;

	if (!len || !isdigit((unsigned char)*text))
		return false;
	n = strtoull(text, &end, 10);
	if (end != text + len)
		return false;
	if (numbers[which].bytes) {
		if (n % VFE_SECTOR_SIZE)
			return false;
		n /= VFE_SECTOR_SIZE;
	}
	if (n > INT32_MAX)
		return false;
	value = n;
	memcpy((char *)o + numbers[which].field, &value, sizeof(value));
	return true;
}

static int parse_item(struct zoned_options *o, const char *item, size_t len,
		      char *error, size_t size)
{
	for (size_t i = 0; i < NUM_NUMBERS; i++) {
		size_t name = strlen(numbers[i].name);

		if (len <= name || strncmp(item, numbers[i].name, name) ||
		    item[name] != '=')
			continue;
		if (parse_number(o, i, item + name + 1, len - name - 1))
			return 0;
		snprintf(error, size, "%.*s: use a number%s", (int)len, item,
			 numbers[i].bytes ? " of bytes, a multiple of 512" :
			 "");
		return -1;
	}
	snprintf(error, size,
		 "%.*s: use zone-size, zone-capacity, conventional, max-open, max-active, max-append or write-granularity with =NUMBER",
		 (int)len, item);
	return -1;
}

static int check(const struct zoned_options *o, char *error, size_t size)
{
	const char *wrong = NULL;

	if (!o->granularity)
		wrong = "write-granularity is 0: use a multiple of 512";
	else if (!o->zone || o->zone % o->granularity)
		wrong = "zone-size: use a multiple of write-granularity";
	else if (!o->capacity || o->capacity > o->zone ||
		 o->capacity % o->granularity)
		wrong = "zone-capacity: use a multiple of write-granularity up to zone-size";
	else if (o->max_append % o->granularity || o->max_append > o->zone)
		wrong = "max-append: use a multiple of write-granularity up to zone-size";
	else if (o->max_open && o->max_active && o->max_open > o->max_active)
		wrong = "max-open is more than max-active: each open zone is active";
	if (!wrong)
		return 0;
	snprintf(error, size, "%s", wrong);
	return -1;
}

int zoned_parse(struct zoned_options *o, const char *list, char *error,
		size_t size)
{
	size_t len = strcspn(list, ",");

	*o = (struct zoned_options){
		.on = true, .max_append = UINT32_MAX,
		.granularity = DEFAULT_GRANULARITY,
	};
	if (len != strlen("host-managed") ||
	    strncmp(list, "host-managed", len)) {
		snprintf(error, size,
			 "%.*s: unknown model; use host-managed,zone-size=BYTES",
			 (int)len, list);
		return -1;
	}
	while (list[len]) {
		list += len + 1;
		len = strcspn(list, ",");
		if (parse_item(o, list, len, error, size))
			return -1;
	}
	if (!o->capacity)
		o->capacity = o->zone;
	if (o->max_append == UINT32_MAX)
		o->max_append = o->zone < DEFAULT_APPEND ? o->zone :
				DEFAULT_APPEND;
	return check(o, error, size);
}

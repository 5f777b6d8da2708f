// SPDX-License-Identifier: GPL-2.0
/*
 * Parses and checks the value of --zoned.
 */
#include <stdio.h>

#include "base/parse.h"
#include "blk/zoned.h"

#define DEFAULT_APPEND	2048U	/* 1 MiB */
#define DEFAULT_GRANULARITY	8U	/* 4 KiB */

enum item {
	HOST_MANAGED,
	ZONE_SIZE,
	ZONE_CAPACITY,
	CONVENTIONAL,
	MAX_OPEN,
	MAX_ACTIVE,
	MAX_APPEND,
	WRITE_GRANULARITY,
	NUM_ITEMS
};

static const struct value_info items[] = {
	[HOST_MANAGED] = VALUE_FLAG_OF("host-managed"),
	[ZONE_SIZE] = VALUE_OF("zone-size", VALUE_BYTES, 0, INT32_MAX),
	[ZONE_CAPACITY] = VALUE_OF("zone-capacity", VALUE_BYTES, 0, INT32_MAX),
	[CONVENTIONAL] = VALUE_OF("conventional", VALUE_NUMBER, 0, INT32_MAX),
	[MAX_OPEN] = VALUE_OF("max-open", VALUE_NUMBER, 0, INT32_MAX),
	[MAX_ACTIVE] = VALUE_OF("max-active", VALUE_NUMBER, 0, INT32_MAX),
	[MAX_APPEND] = VALUE_OF("max-append", VALUE_BYTES, 0, INT32_MAX),
	[WRITE_GRANULARITY] = VALUE_OF("write-granularity", VALUE_BYTES, 0, INT32_MAX),
	[NUM_ITEMS] = { }
};

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
	uint32_t values[NUM_ITEMS] = {
		[MAX_APPEND] = UINT32_MAX,
		[WRITE_GRANULARITY] = DEFAULT_GRANULARITY,
	};
	uint32_t *append = &values[MAX_APPEND];
	uint64_t on = 0;

	if (parse_values(items, NULL, list, &on, values, error, size))
		return -1;
	if (!(on & 1 << HOST_MANAGED)) {
		snprintf(error, size,
			 "no model; use host-managed,zone-size=BYTES");
		return -1;
	}
	if (!values[ZONE_CAPACITY])
		values[ZONE_CAPACITY] = values[ZONE_SIZE];
	if (*append == UINT32_MAX)
		*append = values[ZONE_SIZE] < DEFAULT_APPEND ?
			  values[ZONE_SIZE] : DEFAULT_APPEND;
	*o = (struct zoned_options){
		.on = true,
		.zone = values[ZONE_SIZE],
		.capacity = values[ZONE_CAPACITY],
		.conventional = values[CONVENTIONAL],
		.max_open = values[MAX_OPEN],
		.max_active = values[MAX_ACTIVE],
		.max_append = *append,
		.granularity = values[WRITE_GRANULARITY],
	};
	return check(o, error, size);
}

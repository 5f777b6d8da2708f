// SPDX-License-Identifier: GPL-2.0
/*
 * Quirks: their names, values and effects. While a quirk is off, these
 * functions return the regular values.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "virtio/virtio.h"

static const struct quirk_info common[QUIRK_OF_CLASS] = {
	[QUIRK_USED_LEN] = { "used-len", KIND_USED, 0, 0 },
	[QUIRK_WIDE_STATUS] = { "wide-status", KIND_FLAG, 0, 0 },
	[QUIRK_NEEDS_RESET_AFTER] = { "needs-reset-after", KIND_NUMBER, 1, UINT32_MAX },
	[QUIRK_SLOW_RESET] = { "slow-reset", KIND_SECONDS, 1, 600 * 1000 },
	[QUIRK_STALE_QUEUE_ENABLE] = { "stale-queue-enable", KIND_FLAG, 0, 0 },
	[QUIRK_MASTER_DROPS_DRIVER_OK] = { "master-drops-driver-ok", KIND_FLAG, 0, 0 },
	[QUIRK_FIXED_GENERATION] = { "fixed-generation", KIND_FLAG, 0, 0 },
	[QUIRK_LOST_INTERRUPT] = { "lost-interrupt", KIND_NUMBER, 1, UINT32_MAX },
	[QUIRK_SPURIOUS_INTERRUPTS] = { "spurious-interrupts", KIND_FLAG, 0, 0 },
	[QUIRK_CONFIG_STORM] = { "config-storm", KIND_FLAG, 0, 0 },
	[QUIRK_SHORT_COMMON_CAP] = { "short-common-cap", KIND_FLAG, 0, 0 },
	[QUIRK_LONG_NOTIFY_CAP] = { "long-notify-cap", KIND_FLAG, 0, 0 },
	[QUIRK_OVERLAPPING_CAPS] = { "overlapping-caps", KIND_FLAG, 0, 0 },
	[QUIRK_SHARED_NOTIFY] = { "shared-notify", KIND_FLAG, 0, 0 },
};

/* NULL: there is none of this number */
static const struct quirk_info *info(const struct vdev_class *class,
				     unsigned int which)
{
	const struct quirk_info *q = class->quirks;

	if (which < QUIRK_OF_CLASS)
		return &common[which];
	for (; q && q->name; q++) {
		if (which-- == QUIRK_OF_CLASS)
			return q;
	}
	return NULL;
}

static const char *const used_names[] = {
	[USED_DATA] = "data",
	[USED_ZERO] = "zero",
	[USED_ONE] = "one",
	[USED_ALL_ONES] = "all-ones",
};

#define NUM_USED	(sizeof(used_names) / sizeof(used_names[0]))

struct text {
	const char *at;
	size_t len;
};

static bool is(const struct text *t, const char *name)
{
	return strlen(name) == t->len && !strncmp(name, t->at, t->len);
}

static int bad_value(const struct quirk_info *q, const struct text *t,
		     char *error, size_t size)
{
	if (q->kind == KIND_USED)
		snprintf(error, size, "%s=%.*s: use data, zero, one or all-ones",
			 q->name, (int)t->len, t->at);
	else if (q->kind == KIND_SECONDS)
		snprintf(error, size,
			 "%s=%.*s: use a number of seconds, more than 0 and up to %u",
			 q->name, (int)t->len, t->at, q->max / 1000);
	else
		snprintf(error, size, "%s=%.*s: use a number from %u to %u",
			 q->name, (int)t->len, t->at, q->min, q->max);
	return -1;
}

static bool parse_used(const struct text *t, uint32_t *value)
{
	for (*value = 0; *value < NUM_USED; ++*value) {
		if (is(t, used_names[*value]))
			return true;
	}
	return false;
}

static bool parse_number(const struct quirk_info *q, const struct text *t,
			 uint32_t *value)
{
	double n;
	char *end;

	/* A sign, "nan" and the like are no numbers here. */
	if (!t->len || !isdigit((unsigned char)*t->at))
		return false;
	n = strtod(t->at, &end);
	if (end != t->at + t->len)
		return false;
	if (q->kind == KIND_SECONDS)
		n *= 1000;
	if (n < q->min || n > q->max)
		return false;
	*value = n;
	return q->kind == KIND_SECONDS || *value == n;
}

static int parse_value(const struct quirk_info *q, uint32_t *value,
		       const struct text *t, char *error, size_t size)
{
	bool good;

	if (q->kind == KIND_FLAG) {
		if (!t->at)
			return 0;
		snprintf(error, size, "%s=%.*s: this quirk takes no value",
			 q->name, (int)t->len, t->at);
		return -1;
	}
	if (!t->at) {
		snprintf(error, size, "%s: the value is missing", q->name);
		return -1;
	}
	good = q->kind == KIND_USED ? parse_used(t, value) :
				      parse_number(q, t, value);
	return good ? 0 : bad_value(q, t, error, size);
}

static int unknown(const struct vdev_class *class, const struct text *t,
		   char *error, size_t size)
{
	size_t used = snprintf(error, size, "%.*s: unknown name; use",
			       (int)t->len, t->at);
	const struct quirk_info *q;

	for (int i = 0; used < size && (q = info(class, i)); i++)
		used += snprintf(error + used, size - used, "%s %s",
				 i ? "," : "", q->name);
	return -1;
}

static int parse_one(const struct vdev_class *class, struct quirks *qs,
		     const struct text *item, char *error, size_t size)
{
	const char *equals = memchr(item->at, '=', item->len);
	struct text name = { item->at, item->len };
	struct text value = { NULL, 0 };
	const struct quirk_info *q;

	if (equals) {
		name.len = equals - item->at;
		value.at = equals + 1;
		value.len = item->len - name.len - 1;
	}
	for (int i = 0; (q = info(class, i)); i++) {
		if (!is(&name, q->name))
			continue;
		qs->on |= BIT64(i);
		return parse_value(q, &qs->value[i], &value, error, size);
	}
	return unknown(class, &name, error, size);
}

int quirk_parse(const struct vdev_class *class, struct quirks *qs,
		const char *list, char *error, size_t size)
{
	while (*list) {
		struct text item = { list, strcspn(list, ",") };

		if (parse_one(class, qs, &item, error, size))
			return -1;
		list += item.len;
		if (*list)
			list++;
	}
	return 0;
}

bool quirk_on(const struct vdev *v, unsigned int which)
{
	return v->o->quirks.on & BIT64(which);
}

uint32_t quirk_value(const struct vdev *v, unsigned int which,
		     uint32_t otherwise)
{
	return quirk_on(v, which) ? v->o->quirks.value[which] : otherwise;
}

bool quirk_resetting(const struct vdev *v)
{
	return v->quirk.reset_until && clock_ns() < v->quirk.reset_until;
}

void quirk_reset_begins(struct vdev *v)
{
	uint64_t ms = quirk_value(v, QUIRK_SLOW_RESET, 0);

	for (unsigned int i = 0; i < v->num_queues; i++) {
		if (v->queues[i].state == QUEUE_ENABLED)
			v->quirk.stale_queues |= BIT64(i);
	}
	v->quirk.requests = 0;
	/* An idle device resets at once. */
	if (!ms || !v->status)
		return;
	v->quirk.reset_status = v->status;
	v->quirk.reset_until = clock_ns() + ms * UINT64_C(1000000);
}

void quirk_power_on(struct vdev *v)
{
	v->quirk = (struct quirk_state) {};
}

uint8_t quirk_status(const struct vdev *v)
{
	return quirk_resetting(v) ? v->quirk.reset_status : v->status;
}

bool quirk_queue_enabled(const struct queue *q)
{
	const struct vdev *v = q->v;

	return q->state == QUEUE_ENABLED ||
	       (quirk_on(v, QUIRK_STALE_QUEUE_ENABLE) &&
		v->quirk.stale_queues & BIT64(q->index));
}

uint32_t quirk_used_len(const struct queue *q, const struct chain *c,
			uint32_t len)
{
	if (!quirk_on(q->v, QUIRK_USED_LEN))
		return len;
	switch (q->v->o->quirks.value[QUIRK_USED_LEN]) {
	case USED_DATA:
		return len == c->write_len ? len - 1 : len;
	case USED_ZERO:
		return 0;
	case USED_ONE:
		return 1;
	default:
		return UINT32_MAX;
	}
}

/* The three bytes after the status belong to other data. */
void quirk_write_status(const struct vdev *v, uint8_t *at, uint8_t status)
{
	if (quirk_on(v, QUIRK_WIDE_STATUS)) {
		/* The mapping may end at the end of a page. */
		for (size_t i = 1; i < 4 && ((uintptr_t)at + i) % 4096; i++)
			__atomic_store_n(at + i, 0, __ATOMIC_RELAXED);
	}
	__atomic_store_n(at, status, __ATOMIC_RELAXED);
}

void quirk_request_done(struct vdev *v)
{
	bool changed = v->class->request_done && v->class->request_done(v);

	v->quirk.requests++;
	if (changed || quirk_on(v, QUIRK_CONFIG_STORM)) {
		v->generation++;
		vdev_config_interrupt(v);
	}
}

bool quirk_is_broken(const struct vdev *v)
{
	return quirk_on(v, QUIRK_NEEDS_RESET_AFTER) &&
	       v->quirk.requests >= v->o->quirks.value[QUIRK_NEEDS_RESET_AFTER];
}

bool quirk_loses_interrupt(struct vdev *v)
{
	return quirk_on(v, QUIRK_LOST_INTERRUPT) &&
	       !(++v->quirk.interrupts %
		 v->o->quirks.value[QUIRK_LOST_INTERRUPT]);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Quirks: their names, values and effects. While a quirk is off, these
 * functions return the regular values.
 */
#include <assert.h>

#include "base/clock.h"
#include "base/parse.h"
#include "virtio/virtio.h"

static const char *const used_names[] = {
	[USED_DATA] = "data",
	[USED_ZERO] = "zero",
	[USED_ONE] = "one",
	[USED_ALL_ONES] = "all-ones",
	NULL
};

/* In the order of enum quirk */
static const struct value_info common[] = {
	{ .name = "used-len", .kind = VALUE_CHOICE, .choices = used_names },
	VALUE_FLAG_OF("wide-status"),
	VALUE_OF("needs-reset-after", VALUE_NUMBER, 1, UINT32_MAX),
	VALUE_OF("slow-reset", VALUE_SECONDS, 1, 600 * 1000),
	VALUE_FLAG_OF("stale-queue-enable"),
	VALUE_FLAG_OF("master-drops-driver-ok"),
	VALUE_FLAG_OF("fixed-generation"),
	VALUE_OF("lost-interrupt", VALUE_NUMBER, 1, UINT32_MAX),
	VALUE_FLAG_OF("spurious-interrupts"),
	VALUE_FLAG_OF("config-storm"),
	VALUE_FLAG_OF("short-common-cap"),
	VALUE_FLAG_OF("long-notify-cap"),
	VALUE_FLAG_OF("overlapping-caps"),
	VALUE_FLAG_OF("shared-notify"),
	{ }
};

static_assert(sizeof(common) / sizeof(common[0]) == QUIRK_OF_CLASS + 1,
	      "each quirk has a name");

int quirk_parse(const struct vdev_class *class, struct quirks *qs,
		const char *list, char *error, size_t size)
{
	return parse_values(common, class->quirks, list, &qs->on, qs->value,
			    error, size);
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

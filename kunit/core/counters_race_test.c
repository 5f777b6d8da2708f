// SPDX-License-Identifier: GPL-2.0
/*
 * Counters that are read while another context increments and resets them.
 * There is one CPU and no preemption here, so a timer's interrupt stands for
 * the other CPU: it comes between any two instructions of the reader.
 */
#include <linux/hrtimer.h>
#include <linux/limits.h>

#include <vfe/regs.h>

#include "lib/stats.h"
#include "lib/suite.h"

#define RACE_TICKS	8000
#define RACE_PERIOD_NS	10000
#define RACE_READS	4000000	/* a bound; the ticks end it before */

/**
 * struct race - counters, and the timer that increments them
 * @timer: does
 * @regs: counters of register accesses
 * @stats: counters of events
 * @ticks: how often it fired; each time adds one event
 */
struct race {
	struct hrtimer timer;
	struct vfe_regs regs;
	struct vfe_stats stats;
	unsigned int ticks;
};

/* One event of each kind, then a reset of all counters. */
static enum hrtimer_restart race_tick(struct hrtimer *timer)
{
	struct race *r = container_of(timer, struct race, timer);

	this_cpu_inc(r->regs.counts->access[VFE_REG_NOTIFY][VFE_WRITE]);
	this_cpu_inc(r->regs.counts->exits);
	vfe_regs_reset_counts(&r->regs);
	vfe_count(&r->stats, operations);
	vfe_count(&r->stats, interrupts);
	vfe_count(&r->stats, spurious);
	vfe_count(&r->stats, config);
	vfe_stats_reset(&r->stats);
	WRITE_ONCE(r->ticks, r->ticks + 1);
	hrtimer_forward_now(timer, ns_to_ktime(RACE_PERIOD_NS));
	return r->ticks < RACE_TICKS ? HRTIMER_RESTART : HRTIMER_NORESTART;
}

static void race_stop(void *data)
{
	struct race *r = data;

	hrtimer_cancel(&r->timer);
	vfe_stats_exit(&r->stats);
	vfe_regs_exit(&r->regs);
}

static struct race *race_start(struct kunit *test)
{
	struct race *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	hrtimer_init(&r->timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_HARD);
	r->timer.function = race_tick;
	KUNIT_ASSERT_EQ(test, vfe_regs_init(&r->regs), 0);
	KUNIT_ASSERT_EQ(test, vfe_stats_init(&r->stats, NULL), 0);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, race_stop, r));
	hrtimer_start(&r->timer, ns_to_ktime(RACE_PERIOD_NS),
		      HRTIMER_MODE_REL_HARD);
	return r;
}

/* Read repeatedly; no count may exceed the number of events. */
static void race_run(struct kunit *test, u64 (*read)(struct race *r))
{
	struct race *r = race_start(test);
	unsigned int n, wrong = 0;
	u64 val, worst = 0;

	for (n = 0; n < RACE_READS && READ_ONCE(r->ticks) < RACE_TICKS; n++) {
		val = read(r);
		if (val <= READ_ONCE(r->ticks))
			continue;
		worst = val;
		wrong++;
	}
	KUNIT_EXPECT_EQ_MSG(test, wrong, 0U, "of %u reads, the last %llu", n,
			    worst);
	/* the timer did interrupt the reader */
	KUNIT_EXPECT_GT(test, READ_ONCE(r->ticks), 50U);
}

static u64 race_read_access(struct race *r)
{
	return vfe_regs_accesses(&r->regs, VFE_REG_NOTIFY, VFE_WRITE);
}

static void race_access(struct kunit *test)
{
	race_run(test, race_read_access);
}

static u64 race_read_class(struct race *r)
{
	return vfe_window_accesses(&r->regs, VFE_WIN_NOTIFY, VFE_WRITE);
}

static void race_class(struct kunit *test)
{
	race_run(test, race_read_class);
}

static u64 race_read_exits(struct race *r)
{
	return vfe_regs_exits(&r->regs);
}

static void race_exits(struct kunit *test)
{
	race_run(test, race_read_exits);
}

/* the largest of all events */
static u64 race_read_events(struct race *r)
{
	struct vfe_event_counts sum;

	stats_get(&r->stats, &sum);
	return max(max(sum.operations, sum.interrupts),
		   max(sum.spurious, sum.config));
}

static void race_events(struct kunit *test)
{
	race_run(test, race_read_events);
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE(race_access),
	KUNIT_CASE(race_class),
	KUNIT_CASE(race_exits),
	KUNIT_CASE(race_events),
	{}
};

VFE_SUITE(race_cases);

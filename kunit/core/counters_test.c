// SPDX-License-Identifier: GPL-2.0
/*
 * Compares every counter exactly with the mock's log of accesses and its counts
 * of events, at every step of a function's life cycle.
 */

#include "lib/ring_fixture.h"
#include "lib/stats.h"
#include "lib/suite.h"
#include "lib/sysfs_files.h"

struct counts_case {
	const char *name;
	struct vfe_live_spec spec;
};

#define COUNTS_MAPPED(mask) .mock = { .queues = 2, .mapped = (mask) }

static const struct counts_case counts_cases[] = {
	{ "all trap", { .mock = { .queues = 2 } } },
	{ "says nothing", { .mock = { .queues = 2, .no_vendor_cap = true } } },
	{ "notify mapped", { COUNTS_MAPPED(BIT(VFE_WIN_NOTIFY)) } },
	{ "common traps", { COUNTS_MAPPED((u32)~BIT(VFE_WIN_COMMON)) } },
	{ "device and isr mapped", { COUNTS_MAPPED(BIT(VFE_WIN_DEVICE) |
						   BIT(VFE_WIN_ISR)) } },
	{ "all mapped", { COUNTS_MAPPED(~0U) } },
	{ "one vector for all", { .mock = { .queues = 2 },
				  .irqs = VFE_IRQ_SHARED } },
	{ "one vector", { .mock = { .queues = 2, .vectors = 1 } } },
	{ "INTx", { .mock = { .queues = 2 }, .irqs = VFE_IRQ_INTX } },
	{ "no MSI-X", { .mock = { .queues = 2, .vectors = -1 } } },
};

KUNIT_ARRAY_PARAM_DESC(counts, counts_cases, name);

static const u8 counts_config[16] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static struct vfe_live *counts_start(struct kunit *test, bool ready)
{
	const struct counts_case *c = test->param_value;
	struct vfe_live_spec spec = c->spec;

	spec.mock.config = counts_config;
	spec.mock.config_len = sizeof(counts_config);
	spec.not_ready = !ready;
	return vfe_live_start(test, &spec);
}

static bool counts_traps(struct kunit *test, enum vfe_window_id win)
{
	const struct counts_case *c = test->param_value;

	return c->spec.mock.no_vendor_cap ||
	       !(c->spec.mock.mapped & BIT(win));
}

/* By register, by window and in exits: equal to the log */
static void counts_expect_log(struct vfe_live *l)
{
	u64 classes[VFE_NUM_WINDOWS][VFE_NUM_DIRS] = {};
	struct vfe_regs *regs = vfe_regs_of(l->vd);
	struct kunit *test = l->test;
	int reg, dir, win;
	u64 exits = 0, n;

	for (reg = 0; reg < VFE_NUM_REGS; reg++) {
		for (dir = 0; dir < VFE_NUM_DIRS; dir++) {
			win = vfe_reg_window(reg);
			n = vfe_mock_count(l->m, reg, dir);
			classes[win][dir] += n;
			if (counts_traps(test, win))
				exits += n;
			KUNIT_EXPECT_EQ_MSG(test, n,
					    vfe_regs_accesses(regs, reg, dir),
					    "%s, direction %d",
					    vfe_reg_name(reg), dir);
		}
	}
	for (win = 0; win < VFE_NUM_WINDOWS; win++)
		for (dir = 0; dir < VFE_NUM_DIRS; dir++)
			KUNIT_EXPECT_EQ_MSG(test, classes[win][dir],
					    vfe_window_accesses(regs, win, dir),
					    "%s, direction %d",
					    vfe_window_name(win), dir);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(regs), exits);
	/* no access without a name */
	for (dir = 0; dir < VFE_NUM_DIRS; dir++)
		KUNIT_EXPECT_EQ(test, 0U,
				vfe_mock_count(l->m, VFE_NUM_REGS, dir));
	VFE_MOCK_EXPECT_CLEAN(test, l->m);
}

/* Requests on both queues, with kicks that the device wants */
static void counts_io(struct vfe_live *l, unsigned int rounds)
{
	unsigned int i;
	u16 used;

	for (i = 0; i < rounds; i++) {
		l->q = vfe_get_queue(l->vd, i % 2);
		l->mq = &l->m->queues[i % 2];
		vfe_mock_set_avail_event(l->mq, vfe_mock_avail_idx(l->mq) -
					 i % 3 / 2);
		KUNIT_ASSERT_EQ(l->test, vfe_live_add(l, i, 1, 1), 0);
		if (vfe_queue_kick_prepare(l->q))
			vfe_queue_notify(l->q);
		used = vfe_mock_used_idx(l->mq);
		vfe_mock_push(l->mq, vfe_live_pop(l, i, 1, 1), 1,
			      l->chain->descs);
		if (vfe_mock_wants_interrupt(l->mq, used))
			vfe_mock_interrupt(l->mq);
		vfe_queue_enable_cb(l->q);
	}
	l->q = vfe_get_queue(l->vd, 0);
	l->mq = &l->m->queues[0];
}

static void counts_every_step(struct kunit *test)
{
	static const u8 fields[] = { 8, 4, 2, 1, 1, 0 };
	struct vfe_live *l = counts_start(test, false);
	u8 buf[16];

	l->drain = true;
	counts_expect_log(l);
	KUNIT_ASSERT_EQ(test, vfe_ready(l->vd), 0);
	counts_expect_log(l);
	KUNIT_EXPECT_EQ(test, vfe_config_read(l->vd, 0, fields, buf), 0);
	KUNIT_EXPECT_MEMEQ(test, buf, counts_config, sizeof(buf));
	KUNIT_EXPECT_EQ(test, vfe_config_write(l->vd, 5, 1, 9), 0);
	counts_expect_log(l);
	counts_io(l, 60);
	counts_expect_log(l);
	vfe_mock_config_interrupt(l->m);
	vfe_live_wait_changes(l, 1);
	counts_expect_log(l);
	vfe_live_restart(l);
	counts_expect_log(l);
	l->m->knobs.reset_reads = 3;
	KUNIT_EXPECT_EQ(test, vfe_reset(l->vd), 0);
	l->m->knobs.reset_reads = 0;
	counts_expect_log(l);
	/* a function that is gone is read once more */
	KUNIT_ASSERT_EQ(test, vfe_restart(l->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(l->vd), 0);
	vfe_mock_vanish(l->m);
	vfe_reset(l->vd);
	counts_expect_log(l);
}

/* After a reset all counts start from 0. */
static void counts_reset(struct kunit *test)
{
	struct vfe_live *l = counts_start(test, true);
	unsigned int i;

	l->drain = true;
	for (i = 0; i < 4; i++) {
		counts_io(l, 7 * i);
		vfe_regs_reset_counts(vfe_regs_of(l->vd));
		vfe_mock_log_clear(l->m);
		counts_expect_log(l);
		counts_io(l, 5);
		counts_expect_log(l);
		vfe_live_restart(l);
		counts_expect_log(l);
	}
}

/* The cost of a request: one notification and nothing else, with MSI-X */
static void counts_request(struct kunit *test)
{
	struct vfe_live *l = counts_start(test, true);
	struct vfe_regs *regs = vfe_regs_of(l->vd);
	u16 vector = l->mq->vector;
	/* one interrupt for everything: the ISR has the reason */
	bool isr = vector == VIRTIO_MSI_NO_VECTOR ||
		   vector == l->m->config_vector;
	u64 trapping = counts_traps(test, VFE_WIN_NOTIFY);

	l->drain = true;
	vfe_regs_reset_counts(regs);
	vfe_mock_log_clear(l->m);
	counts_io(l, 1);
	KUNIT_EXPECT_EQ(test, l->taken, 1U);
	KUNIT_EXPECT_EQ(test, l->m->log_len, isr ? 2U : 1U);
	KUNIT_EXPECT_EQ(test, 1ULL,
			vfe_regs_accesses(regs, VFE_REG_NOTIFY, VFE_WRITE));
	KUNIT_EXPECT_EQ(test, isr ? 1ULL : 0ULL,
			vfe_regs_accesses(regs, VFE_REG_ISR_STATUS, VFE_READ));
	if (isr)
		trapping += counts_traps(test, VFE_WIN_ISR);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(regs), trapping);
}

/* --- events --- */

/* Events that the test itself has counted */
struct counts_events {
	struct vfe_event_counts fn;
	u64 kicks;
	u64 suppressed;
	u64 completions;
	u64 interrupts;
};

static void counts_expect_events(struct vfe_live *l, struct vfsmount *mnt,
				 const struct counts_events *e)
{
	const struct {
		const char *name;
		u64 val;
	} files[] = {
		{ "interrupts", e->fn.interrupts },
		{ "spurious_interrupts", e->fn.spurious },
		{ "config_interrupts", e->fn.config },
		{ "operations", e->fn.operations },
		{ "queues/0/kicks", e->kicks },
		{ "queues/0/kicks_suppressed", e->suppressed },
		{ "queues/0/completions", e->completions },
		{ "queues/0/interrupts", e->interrupts },
		{ "queues/0/avail_idx", vfe_mock_avail_idx(l->mq) },
		/* all used buffers are reaped at each check */
		{ "queues/0/used_idx", vfe_mock_used_idx(l->mq) },
		/* the second queue does nothing: nothing is counted */
		{ "queues/1/kicks", 0 },
		{ "queues/1/kicks_suppressed", 0 },
		{ "queues/1/completions", 0 },
		{ "queues/1/interrupts", 0 },
	};
	struct pci_dev *pdev = l->m->pdev;
	struct vfe_event_counts sum;
	struct kunit *test = l->test;
	unsigned int i;

	stats_get(vfe_stats_of(l->vd), &sum);
	KUNIT_EXPECT_EQ(test, sum.interrupts, e->fn.interrupts);
	KUNIT_EXPECT_EQ(test, sum.spurious, e->fn.spurious);
	KUNIT_EXPECT_EQ(test, sum.config, e->fn.config);
	KUNIT_EXPECT_EQ(test, sum.operations, e->fn.operations);

	for (i = 0; i < ARRAY_SIZE(files); i++)
		KUNIT_EXPECT_EQ_MSG(test, files[i].val,
				    vfe_files_number(test, mnt, pdev,
						     files[i].name),
				    "%s", files[i].name);
}

static void counts_drop_files(void *sysfs)
{
	vfe_sysfs_destroy(sysfs);
}

static void counts_make_files(struct vfe_live *l)
{
	struct vfe_sysfs *s = vfe_sysfs_create(&l->m->pdev->dev,
					       vfe_regs_of(l->vd),
					       vfe_stats_of(l->vd), l->vd);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(l->test, s);
	KUNIT_ASSERT_EQ(l->test, 0,
			kunit_add_action_or_reset(l->test, counts_drop_files,
						  s));
}

/* A complete request; its interrupt finds it, or comes too late. */
static void counts_event_request(struct vfe_live *l, struct counts_events *e,
				 bool quiet, bool late)
{
	u16 id;

	vfe_mock_set_avail_event(l->mq, vfe_mock_avail_idx(l->mq) - quiet);
	KUNIT_ASSERT_EQ(l->test, vfe_live_add(l, 1, 1, 1), 0);
	if (vfe_queue_kick_prepare(l->q)) {
		vfe_queue_notify(l->q);
		e->kicks++;
	} else {
		e->suppressed++;
	}
	/* nothing new: neither a kick nor a suppressed one */
	KUNIT_EXPECT_FALSE(l->test, vfe_queue_kick_prepare(l->q));
	id = vfe_live_pop(l, 1, 1, 1);
	vfe_mock_push(l->mq, id, 1, l->chain->descs);
	e->completions++;
	if (late)
		vfe_live_get(l, 1, 1);
	KUNIT_EXPECT_TRUE(l->test, vfe_mock_interrupt(l->mq));
	e->fn.interrupts++;
	if (late)
		e->fn.spurious++;
	else
		e->interrupts++;
}

/* A configuration change, alone or (INTx) with a used buffer */
static void counts_event_config(struct vfe_live *l, struct counts_events *e)
{
	/*
	 * check first: another processor may have handled it by the next line
	 */
	unsigned int changes = READ_ONCE(l->changes);

	vfe_mock_config_interrupt(l->m);
	e->fn.interrupts++;
	e->fn.config++;
	vfe_live_wait_changes(l, changes + 1);
}

static void counts_events(struct kunit *test)
{
	struct vfe_live *l = counts_start(test, true);
	struct vfsmount *mnt = vfe_files_mount(test);
	struct counts_events e = {};
	unsigned int i, lap;

	l->drain = true;
	counts_make_files(l);
	for (lap = 0; lap < 3; lap++) {
		counts_expect_events(l, mnt, &e);
		for (i = 0; i < 20; i++)
			counts_event_request(l, &e, i % 2, i % 5 == 4);
		counts_event_config(l, &e);
		for (i = 0; i < lap; i++)
			vfe_count(vfe_stats_of(l->vd), operations);
		e.fn.operations += lap;
		counts_expect_events(l, mnt, &e);
		KUNIT_EXPECT_EQ(test, l->m->queues[0].kicks,
				10U * (lap + 1));
		/* ring indices are no counts; all others restart */
		KUNIT_EXPECT_EQ(test, 2,
				vfe_files_write(mnt, l->m->pdev, "reset",
						"1\n"));
		memset(&e, 0, sizeof(e));
	}
	counts_expect_events(l, mnt, &e);
}

/* An interrupt of a queue that never had a buffer, and of a reset device */
static void counts_spurious(struct kunit *test)
{
	struct vfe_live *l = counts_start(test, true);
	struct vfe_event_counts sum;
	unsigned int i;

	for (i = 0; i < 10; i++)
		vfe_mock_interrupt(l->mq);
	stats_get(vfe_stats_of(l->vd), &sum);
	KUNIT_EXPECT_EQ(test, sum.interrupts, 10ULL);
	KUNIT_EXPECT_EQ(test, sum.spurious, 10ULL);
	KUNIT_EXPECT_EQ(test, l->done, 0U);
	vfe_stats_reset(vfe_stats_of(l->vd));
	stats_get(vfe_stats_of(l->vd), &sum);
	KUNIT_EXPECT_EQ(test, sum.interrupts, 0ULL);
	KUNIT_EXPECT_EQ(test, sum.spurious, 0ULL);
}

static u64 counts_queue_file(struct vfe_live *l, struct vfsmount *mnt,
			     unsigned int queue, const char *file)
{
	char name[48];

	snprintf(name, sizeof(name), "queues/%u/%s", queue, file);
	return vfe_files_number(l->test, mnt, l->m->pdev, name);
}

/* One interrupt that both queues share counts once, and once in each. */
static void counts_shared(struct kunit *test)
{
	static const enum vfe_interrupts kinds[] = {
		VFE_IRQ_SHARED, VFE_IRQ_SINGLE, VFE_IRQ_INTX,
	};
	struct vfe_live_spec spec = { .mock = { .queues = 2 } };
	struct vfsmount *mnt = vfe_files_mount(test);
	struct vfe_event_counts sum;
	struct vfe_sysfs *s;
	struct vfe_live *l;
	unsigned int k, i;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		spec.irqs = kinds[k];
		l = vfe_live_start(test, &spec);
		l->drain = true;
		s = vfe_sysfs_create(&l->m->pdev->dev, vfe_regs_of(l->vd),
				     vfe_stats_of(l->vd), l->vd);
		KUNIT_EXPECT_FALSE(test, IS_ERR(s));
		for (i = 0; i < 2; i++) {
			l->q = vfe_get_queue(l->vd, i);
			l->mq = &l->m->queues[i];
			KUNIT_ASSERT_EQ(test, vfe_live_add(l, i, 0, 1), 0);
			vfe_queue_kick_prepare(l->q);
			vfe_mock_push(l->mq, vfe_live_pop(l, i, 0, 1), 1, 1);
		}
		KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(l->mq));
		stats_get(vfe_stats_of(l->vd), &sum);
		KUNIT_EXPECT_EQ(test, sum.interrupts, 1ULL);
		KUNIT_EXPECT_EQ(test, sum.spurious, 0ULL);
		KUNIT_EXPECT_EQ(test, sum.config, 0ULL);
		KUNIT_EXPECT_EQ(test, l->taken, 2U);
		for (i = 0; i < 2; i++) {
			KUNIT_EXPECT_EQ(test, 1ULL,
					counts_queue_file(l, mnt, i,
							  "interrupts"));
			KUNIT_EXPECT_EQ(test, 1ULL,
					counts_queue_file(l, mnt, i,
							  "completions"));
		}
		/* with nothing in the rings it is one, and a spurious one */
		KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(l->mq));
		stats_get(vfe_stats_of(l->vd), &sum);
		KUNIT_EXPECT_EQ(test, sum.interrupts, 2ULL);
		KUNIT_EXPECT_EQ(test, sum.spurious, 1ULL);
		vfe_sysfs_destroy(s);
		vfe_live_stop(l);
	}
}

/* Another function's interrupt on the same line does not count. */
static void counts_foreign(struct kunit *test)
{
	struct vfe_live_spec spec = { .irqs = VFE_IRQ_INTX };
	struct vfe_live *l = vfe_live_start(test, &spec);
	struct vfe_event_counts sum;
	unsigned int i;

	for (i = 0; i < 5; i++)
		vfe_mock_pin(l->m);
	stats_get(vfe_stats_of(l->vd), &sum);
	KUNIT_EXPECT_EQ(test, sum.interrupts, 0ULL);
	KUNIT_EXPECT_EQ(test, sum.spurious, 0ULL);
	/* its cost counts nevertheless: the handler read the ISR */
	KUNIT_EXPECT_EQ(test, 5ULL,
			vfe_regs_accesses(vfe_regs_of(l->vd),
					  VFE_REG_ISR_STATUS, VFE_READ));
}

/* Interrupts of a device during its reset are ignored. */
static void counts_while_reset(struct kunit *test)
{
	struct vfe_live *l = counts_start(test, true);
	struct vfe_event_counts sum;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, vfe_reset(l->vd), 0);
	for (i = 0; i < 3; i++) {
		vfe_mock_raise(l->m, i);
		vfe_mock_pin(l->m);
	}
	stats_get(vfe_stats_of(l->vd), &sum);
	KUNIT_EXPECT_EQ(test, sum.interrupts, 0ULL);
	KUNIT_EXPECT_EQ(test, sum.config, 0ULL);
	KUNIT_EXPECT_EQ(test, l->done, 0U);
	counts_expect_log(l);
}

/* The register files equal the log. */
static void counts_files(struct kunit *test)
{
	struct vfe_live *l = counts_start(test, true);
	struct vfsmount *mnt = vfe_files_mount(test);
	struct pci_dev *pdev = l->m->pdev;
	char name[64];
	int reg, dir;

	l->drain = true;
	counts_make_files(l);
	counts_io(l, 9);
	for (reg = 0; reg < VFE_NUM_REGS; reg++) {
		if (vfe_reg_window(reg) > VFE_WIN_DEVICE)
			continue;
		for (dir = 0; dir < VFE_NUM_DIRS; dir++) {
			snprintf(name, sizeof(name), "registers/%s_%s",
				 vfe_reg_name(reg), dir ? "write" : "read");
			KUNIT_EXPECT_EQ_MSG(test,
					    (u64)vfe_mock_count(l->m, reg, dir),
					    vfe_files_number(test, mnt, pdev,
							     name), "%s", name);
		}
	}
	KUNIT_EXPECT_EQ(test, vfe_files_number(test, mnt, pdev,
					       "accesses/notify_write"),
			(u64)vfe_mock_count(l->m, VFE_REG_NOTIFY, VFE_WRITE));
	KUNIT_EXPECT_EQ(test, vfe_files_number(test, mnt, pdev, "exits"),
			vfe_regs_exits(vfe_regs_of(l->vd)));
	/* reading them accessed no register */
	counts_expect_log(l);
}

static struct kunit_case counts_test_cases[] = {
	KUNIT_CASE_PARAM(counts_every_step, counts_gen_params),
	KUNIT_CASE_PARAM(counts_reset, counts_gen_params),
	KUNIT_CASE_PARAM(counts_request, counts_gen_params),
	KUNIT_CASE_PARAM(counts_events, counts_gen_params),
	KUNIT_CASE_PARAM(counts_spurious, counts_gen_params),
	KUNIT_CASE(counts_shared),
	KUNIT_CASE(counts_foreign),
	KUNIT_CASE_PARAM(counts_while_reset, counts_gen_params),
	KUNIT_CASE_PARAM(counts_files, counts_gen_params),
	{}
};

VFE_SUITE(counts_test_cases);

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
	struct tdrv_setup spec;
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

static struct tdrv *counts_start(struct kunit *test, bool ready)
{
	const struct counts_case *c = test->param_value;
	struct tdrv_setup spec = c->spec;

	spec.mock.config = counts_config;
	spec.mock.config_len = sizeof(counts_config);
	spec.not_ready = !ready;
	return tdrv_start(test, &spec);
}

static bool counts_traps(struct kunit *test, enum vfe_window_id win)
{
	const struct counts_case *c = test->param_value;

	return c->spec.mock.no_vendor_cap ||
	       !(c->spec.mock.mapped & BIT(win));
}

/* By register, by window and in exits: equal to the log */
static void counts_expect_log(struct tdrv *td)
{
	u64 classes[VFE_NUM_WINDOWS][VFE_NUM_DIRS] = {};
	struct vfe_regs *regs = vfe_regs_of(td->vd);
	struct kunit *test = td->test;
	int reg, dir, win;
	u64 exits = 0, n;

	for (reg = 0; reg < VFE_NUM_REGS; reg++) {
		for (dir = 0; dir < VFE_NUM_DIRS; dir++) {
			win = vfe_reg_window(reg);
			n = vfe_mock_count(td->m, reg, dir);
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
				vfe_mock_count(td->m, VFE_NUM_REGS, dir));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Requests on both queues, with kicks that the device wants */
static void counts_io(struct tdrv *td, unsigned int rounds)
{
	unsigned int i;
	u16 used;

	for (i = 0; i < rounds; i++) {
		td->q = vfe_get_queue(td->vd, i % 2);
		td->mq = &td->m->queues[i % 2];
		vfe_mock_set_avail_event(td->mq, vfe_mock_avail_idx(td->mq) -
					 i % 3 / 2);
		KUNIT_ASSERT_EQ(td->test, buf_add(td, i, 1, 1), 0);
		if (vfe_queue_kick_prepare(td->q))
			vfe_queue_notify(td->q);
		used = vfe_mock_used_idx(td->mq);
		vfe_mock_push(td->mq, buf_pop(td, i, 1, 1), 1,
			      td->chain->descs);
		if (vfe_mock_wants_interrupt(td->mq, used))
			vfe_mock_interrupt(td->mq);
		vfe_queue_enable_cb(td->q);
	}
	td->q = vfe_get_queue(td->vd, 0);
	td->mq = &td->m->queues[0];
}

static void counts_every_step(struct kunit *test)
{
	static const u8 fields[] = { 8, 4, 2, 1, 1, 0 };
	struct tdrv *td = counts_start(test, false);
	u8 buf[16];

	td->drain = true;
	counts_expect_log(td);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	counts_expect_log(td);
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, fields, buf), 0);
	KUNIT_EXPECT_MEMEQ(test, buf, counts_config, sizeof(buf));
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 5, 1, 9), 0);
	counts_expect_log(td);
	counts_io(td, 60);
	counts_expect_log(td);
	vfe_mock_config_interrupt(td->m);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->config_changed, 1U);
	counts_expect_log(td);
	tdrv_restart(td);
	counts_expect_log(td);
	td->m->knobs.reset_reads = 3;
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), 0);
	td->m->knobs.reset_reads = 0;
	counts_expect_log(td);
	/* a function that is gone is read once more */
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	vfe_mock_vanish(td->m);
	vfe_reset(td->vd);
	counts_expect_log(td);
}

/* After a reset all counts start from 0. */
static void counts_reset(struct kunit *test)
{
	struct tdrv *td = counts_start(test, true);
	unsigned int i;

	td->drain = true;
	for (i = 0; i < 4; i++) {
		counts_io(td, 7 * i);
		vfe_regs_reset_counts(vfe_regs_of(td->vd));
		vfe_mock_log_clear(td->m);
		counts_expect_log(td);
		counts_io(td, 5);
		counts_expect_log(td);
		tdrv_restart(td);
		counts_expect_log(td);
	}
}

/* The cost of a request: one notification and nothing else, with MSI-X */
static void counts_request(struct kunit *test)
{
	struct tdrv *td = counts_start(test, true);
	struct vfe_regs *regs = vfe_regs_of(td->vd);
	u16 vector = td->mq->vector;
	/* one interrupt for everything: the ISR has the reason */
	bool isr = vector == VIRTIO_MSI_NO_VECTOR ||
		   vector == td->m->config_vector;
	u64 trapping = counts_traps(test, VFE_WIN_NOTIFY);

	td->drain = true;
	vfe_regs_reset_counts(regs);
	vfe_mock_log_clear(td->m);
	counts_io(td, 1);
	KUNIT_EXPECT_EQ(test, td->reaped, 1U);
	KUNIT_EXPECT_EQ(test, td->m->log_len, isr ? 2U : 1U);
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

static void counts_expect_events(struct tdrv *td, struct vfsmount *mnt,
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
		{ "queues/0/avail_idx", vfe_mock_avail_idx(td->mq) },
		/* all used buffers are reaped at each check */
		{ "queues/0/used_idx", vfe_mock_used_idx(td->mq) },
		/* the second queue does nothing: nothing is counted */
		{ "queues/1/kicks", 0 },
		{ "queues/1/kicks_suppressed", 0 },
		{ "queues/1/completions", 0 },
		{ "queues/1/interrupts", 0 },
	};
	struct pci_dev *pdev = td->m->pdev;
	struct vfe_event_counts sum;
	struct kunit *test = td->test;
	unsigned int i;

	stats_get(vfe_stats_of(td->vd), &sum);
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

static void counts_make_files(struct tdrv *td)
{
	struct vfe_sysfs *s = vfe_sysfs_create(&td->m->pdev->dev,
					       vfe_regs_of(td->vd),
					       vfe_stats_of(td->vd), td->vd);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(td->test, s);
	KUNIT_ASSERT_EQ(td->test, 0,
			kunit_add_action_or_reset(td->test, counts_drop_files,
						  s));
}

/* A complete request; its interrupt finds it, or comes too late. */
static void counts_event_request(struct tdrv *td, struct counts_events *e,
				 bool quiet, bool late)
{
	u16 id;

	vfe_mock_set_avail_event(td->mq, vfe_mock_avail_idx(td->mq) - quiet);
	KUNIT_ASSERT_EQ(td->test, buf_add(td, 1, 1, 1), 0);
	if (vfe_queue_kick_prepare(td->q)) {
		vfe_queue_notify(td->q);
		e->kicks++;
	} else {
		e->suppressed++;
	}
	/* nothing new: neither a kick nor a suppressed one */
	KUNIT_EXPECT_FALSE(td->test, vfe_queue_kick_prepare(td->q));
	id = buf_pop(td, 1, 1, 1);
	vfe_mock_push(td->mq, id, 1, td->chain->descs);
	e->completions++;
	if (late)
		buf_get(td, 1, 1);
	KUNIT_EXPECT_TRUE(td->test, vfe_mock_interrupt(td->mq));
	e->fn.interrupts++;
	if (late)
		e->fn.spurious++;
	else
		e->interrupts++;
}

/* A configuration change, alone or (INTx) with a used buffer */
static void counts_event_config(struct tdrv *td, struct counts_events *e)
{
	unsigned int changes = td->config_changed;

	vfe_mock_config_interrupt(td->m);
	e->fn.interrupts++;
	e->fn.config++;
	tdrv_settle();
	KUNIT_EXPECT_EQ(td->test, td->config_changed, changes + 1);
}

static void counts_events(struct kunit *test)
{
	struct tdrv *td = counts_start(test, true);
	struct vfsmount *mnt = vfe_files_mount(test);
	struct counts_events e = {};
	unsigned int i, lap;

	td->drain = true;
	counts_make_files(td);
	for (lap = 0; lap < 3; lap++) {
		counts_expect_events(td, mnt, &e);
		for (i = 0; i < 20; i++)
			counts_event_request(td, &e, i % 2, i % 5 == 4);
		counts_event_config(td, &e);
		for (i = 0; i < lap; i++)
			vfe_count(vfe_stats_of(td->vd), operations);
		e.fn.operations += lap;
		counts_expect_events(td, mnt, &e);
		KUNIT_EXPECT_EQ(test, td->m->queues[0].kicks, 10U * (lap + 1));
		/* ring indices are no counts; all others restart */
		KUNIT_EXPECT_EQ(test, 2,
				vfe_files_write(mnt, td->m->pdev, "reset",
						"1\n"));
		memset(&e, 0, sizeof(e));
	}
	counts_expect_events(td, mnt, &e);
}

static u64 counts_queue_file(struct tdrv *td, struct vfsmount *mnt,
			     unsigned int queue, const char *file)
{
	char name[48];

	snprintf(name, sizeof(name), "queues/%u/%s", queue, file);
	return vfe_files_number(td->test, mnt, td->m->pdev, name);
}

/* One interrupt that both queues share counts once, and once in each. */
static void counts_shared(struct kunit *test)
{
	static const enum vfe_interrupts kinds[] = {
		VFE_IRQ_SHARED, VFE_IRQ_SINGLE, VFE_IRQ_INTX,
	};
	struct tdrv_setup spec = { .mock = { .queues = 2 } };
	struct vfsmount *mnt = vfe_files_mount(test);
	struct vfe_event_counts sum;
	struct vfe_sysfs *s;
	struct tdrv *td;
	unsigned int k, i;

	for (k = 0; k < ARRAY_SIZE(kinds); k++) {
		spec.irqs = kinds[k];
		td = tdrv_start(test, &spec);
		td->drain = true;
		s = vfe_sysfs_create(&td->m->pdev->dev, vfe_regs_of(td->vd),
				     vfe_stats_of(td->vd), td->vd);
		KUNIT_EXPECT_FALSE(test, IS_ERR(s));
		for (i = 0; i < 2; i++) {
			td->q = vfe_get_queue(td->vd, i);
			td->mq = &td->m->queues[i];
			KUNIT_ASSERT_EQ(test, buf_add(td, i, 0, 1), 0);
			vfe_queue_kick_prepare(td->q);
			vfe_mock_push(td->mq, buf_pop(td, i, 0, 1), 1, 1);
		}
		KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(td->mq));
		stats_get(vfe_stats_of(td->vd), &sum);
		KUNIT_EXPECT_EQ(test, sum.interrupts, 1ULL);
		KUNIT_EXPECT_EQ(test, sum.spurious, 0ULL);
		KUNIT_EXPECT_EQ(test, sum.config, 0ULL);
		KUNIT_EXPECT_EQ(test, td->reaped, 2U);
		for (i = 0; i < 2; i++) {
			KUNIT_EXPECT_EQ(test, 1ULL,
					counts_queue_file(td, mnt, i,
							  "interrupts"));
			KUNIT_EXPECT_EQ(test, 1ULL,
					counts_queue_file(td, mnt, i,
							  "completions"));
		}
		/* with nothing in the rings it is one, and a spurious one */
		KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(td->mq));
		stats_get(vfe_stats_of(td->vd), &sum);
		KUNIT_EXPECT_EQ(test, sum.interrupts, 2ULL);
		KUNIT_EXPECT_EQ(test, sum.spurious, 1ULL);
		vfe_sysfs_destroy(s);
		tdrv_down(td);
	}
}

/* Interrupts of a device during its reset are ignored. */
static void counts_while_reset(struct kunit *test)
{
	struct tdrv *td = counts_start(test, true);
	struct vfe_event_counts sum;
	unsigned int i;

	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	for (i = 0; i < 3; i++) {
		vfe_mock_raise(td->m, i);
		vfe_mock_pin(td->m);
	}
	stats_get(vfe_stats_of(td->vd), &sum);
	KUNIT_EXPECT_EQ(test, sum.interrupts, 0ULL);
	KUNIT_EXPECT_EQ(test, sum.config, 0ULL);
	KUNIT_EXPECT_EQ(test, td->done[0], 0U);
	counts_expect_log(td);
}

/* The register files equal the log. */
static void counts_files(struct kunit *test)
{
	struct tdrv *td = counts_start(test, true);
	struct vfsmount *mnt = vfe_files_mount(test);
	struct pci_dev *pdev = td->m->pdev;
	char name[64];
	int reg, dir;

	td->drain = true;
	counts_make_files(td);
	counts_io(td, 9);
	for (reg = 0; reg < VFE_NUM_REGS; reg++) {
		if (vfe_reg_window(reg) > VFE_WIN_DEVICE)
			continue;
		for (dir = 0; dir < VFE_NUM_DIRS; dir++) {
			snprintf(name, sizeof(name), "registers/%s_%s",
				 vfe_reg_name(reg), dir ? "write" : "read");
			KUNIT_EXPECT_EQ_MSG(test,
					    (u64)vfe_mock_count(td->m, reg,
								dir),
					    vfe_files_number(test, mnt, pdev,
							     name), "%s", name);
		}
	}
	KUNIT_EXPECT_EQ(test, vfe_files_number(test, mnt, pdev,
					       "accesses/notify_write"),
			(u64)vfe_mock_count(td->m, VFE_REG_NOTIFY, VFE_WRITE));
	KUNIT_EXPECT_EQ(test, vfe_files_number(test, mnt, pdev, "exits"),
			vfe_regs_exits(vfe_regs_of(td->vd)));
	/* reading them accessed no register */
	counts_expect_log(td);
}

static struct kunit_case counts_test_cases[] = {
	KUNIT_CASE_PARAM(counts_every_step, counts_gen_params),
	KUNIT_CASE_PARAM(counts_reset, counts_gen_params),
	KUNIT_CASE_PARAM(counts_request, counts_gen_params),
	KUNIT_CASE_PARAM(counts_events, counts_gen_params),
	KUNIT_CASE(counts_shared),
	KUNIT_CASE_PARAM(counts_while_reset, counts_gen_params),
	KUNIT_CASE_PARAM(counts_files, counts_gen_params),
	{}
};

VFE_SUITE(counts_test_cases);

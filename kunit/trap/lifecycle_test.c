// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap_blk under faults: lost and spurious interrupts, a device that does
 * not answer, returns invalid values or is gone; suspend, resets, and a
 * function that changes its driver.
 */
#include <linux/delay.h>

#include "lib/failslab.h"
#include "lib/log.h"
#include "lib/suite.h"
#include "lib/trap_fixture.h"

#define TRAP_TRIES	3	/* of a request, see VFE_TRAP_BLK_TRIES */

/* Resets since the log was cleared */
static unsigned int trap_resets(const struct vfe_mock *m)
{
	unsigned int i, n = 0;

	for (i = 0; i < m->log_len; i++)
		n += m->log[i].reg == VFE_REG_MEMORY_CONTROL &&
		     m->log[i].dir == VFE_WRITE &&
		     m->log[i].val & VFE_CONTROL_RESET;
	return n;
}

static const struct dev_pm_ops *trap_pm(struct vfe_rig *rig)
{
	return rig->m->pdev->dev.driver->pm;
}

/* Let time pass; less than two minutes per case, or insmod appears to hang. */
static void trap_let_pass(unsigned int seconds)
{
	while (seconds--)
		msleep(MSEC_PER_SEC);
}

/* --- interrupts --- */

/* The device never sees the enabling of interrupts. */
static bool trap_keep_quiet(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_WRITE && a->reg == VFE_REG_MEMORY_CONTROL)
		a->val &= ~VFE_CONTROL_IRQ_ENABLE;
	return false;
}

/* An answer without its interrupt is found eventually, without a reset. */
static void trap_lost_interrupt(struct kunit *test)
{
	struct vfe_rig *rig = trap_plug(test, NULL);

	rig->m->knobs.access = trap_keep_quiet;
	KUNIT_ASSERT_EQ(test, 0, trap_bind(rig));
	vfe_mock_log_clear(rig->m);
	vfe_rig_impatient(rig);
	vfe_rig_works(rig);
	KUNIT_EXPECT_EQ(test, 0U, trap_resets(rig->m));
	KUNIT_EXPECT_EQ(test, 0LL, vfe_rig_counter(rig, "interrupts"));
	rig->m->knobs.access = NULL;
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* Ignore another function's interrupt on the same line. */
static void trap_interrupt_of_another(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	unsigned int i;

	vfe_rig_reset_counts(rig);
	for (i = 0; i < 50; i++)
		vfe_mock_pin(rig->m);
	KUNIT_EXPECT_EQ(test, 0LL, vfe_rig_counter(rig, "interrupts"));
	/* the handler read its status, which counts */
	KUNIT_EXPECT_EQ(test, 50LL,
			vfe_rig_counter(rig, "registers/memory_status_read"));
	vfe_rig_works(rig);
}

/* Its status always has a pending interrupt. */
static bool trap_claim(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_MEMORY_STATUS)
		a->val |= VFE_STATUS_IRQ;
	return false;
}

static void trap_interrupt_for_nothing(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	unsigned int i;

	vfe_rig_reset_counts(rig);
	rig->m->knobs.access = trap_claim;
	for (i = 0; i < 50; i++)
		vfe_mock_pin(rig->m);
	rig->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, 50LL, vfe_rig_counter(rig, "interrupts"));
	KUNIT_EXPECT_EQ(test, 50LL,
			vfe_rig_counter(rig, "spurious_interrupts"));
	vfe_rig_works(rig);
}

/* --- no answer, or nonsense --- */

/* Any command completes and raises its interrupt. */
static bool trap_done(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_MEMORY_STATUS)
		a->val = VFE_STATUS_IRQ | VFE_STATUS_READY;
	return false;
}

/* A timeout alone fails no request and resets nothing; it is logged once. */
static void trap_answers_late(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	struct kmsg_dump_iter mark = log_mark();
	struct vfe_rig_io *io;

	vfe_rig_impatient(rig);
	vfe_mock_log_clear(rig->m);
	rig->m->knobs.mute = true;
	io = vfe_rig_start(rig, REQ_OP_WRITE | REQ_PREFLUSH, 0, 0, 0);
	trap_let_pass(90);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, trap_resets(rig->m));
	KUNIT_EXPECT_EQ(test, 1U, log_lines(mark, "still waiting"));
	rig->m->knobs.mute = false;
	rig->m->knobs.access = trap_done;
	vfe_mock_pin(rig->m);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	rig->m->knobs.access = NULL;
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* A request that never ends does not block suspend, and is sent again. */
static void trap_sleeps_without_an_answer(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	struct device *dev = &rig->m->pdev->dev;
	unsigned long start = jiffies;
	struct vfe_rig_io *io;

	rig->m->knobs.mute = true;
	io = vfe_rig_start(rig, REQ_OP_WRITE, 0, 512, 1);
	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->suspend(dev));
	KUNIT_EXPECT_LT(test, jiffies - start, 10UL * HZ);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	rig->m->knobs.mute = false;
	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->resume(dev));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 0, io->data, 512));
	vfe_rig_works(rig);
}

/* Nor does it block an unbind. */
static void trap_unbind_without_an_answer(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	unsigned long start = jiffies;
	struct vfe_rig_io *io;

	rig->m->knobs.mute = true;
	io = vfe_rig_start(rig, REQ_OP_WRITE, 0, 512, 1);
	vfe_rig_unbind(rig);
	KUNIT_EXPECT_EQ(test, -ENODEV, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_LT(test, jiffies - start, 60UL * HZ);
}

/* After a resume it does not answer at once: requests wait until it does. */
static void trap_wakes_late(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	struct device *dev = &rig->m->pdev->dev;
	struct vfe_rig_io *io;

	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->suspend(dev));
	io = vfe_rig_start(rig, REQ_OP_WRITE, 0, 512, 1);
	rig->m->knobs.mute = true;
	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->resume(dev));
	trap_let_pass(40);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	/* another suspend during IDENTIFY */
	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->resume(dev));
	rig->m->knobs.mute = false;
	trap_let_pass(20);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
}

/* Its function cannot be enabled after the reset: waiting requests fail. */
static void trap_slot_does_not_come_back(struct vfe_rig *rig,
					 const struct pci_error_handlers *h)
{
	struct pci_dev *pdev = rig->m->pdev;
	struct resource *res = &pdev->resource[2];
	struct vfe_rig_io *io;

	KUNIT_EXPECT_EQ(rig->test, PCI_ERS_RESULT_NEED_RESET,
			h->error_detected(pdev, pci_channel_io_frozen));
	io = vfe_rig_start(rig, REQ_OP_READ, 0, 512, 1);
	res->flags |= IORESOURCE_UNSET;
	KUNIT_EXPECT_EQ(rig->test, PCI_ERS_RESULT_DISCONNECT,
			h->slot_reset(pdev));
	res->flags &= ~IORESOURCE_UNSET;
	KUNIT_EXPECT_EQ(rig->test, -ENODEV, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_EQ(rig->test, 0, pci_reset_function(pdev));
	vfe_rig_works(rig);
}

/* The bus fails under a request; the slot is reset, and it is sent again. */
static void trap_bus_error(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	struct pci_dev *pdev = rig->m->pdev;
	const struct pci_error_handlers *h;
	struct vfe_rig_io *io;

	h = to_pci_driver(pdev->dev.driver)->err_handler;
	KUNIT_EXPECT_EQ(test, PCI_ERS_RESULT_CAN_RECOVER,
			h->error_detected(pdev, pci_channel_io_normal));
	h->resume(pdev);
	vfe_rig_works(rig);
	rig->m->knobs.mute = true;
	vfe_mock_log_clear(rig->m);
	io = vfe_rig_start(rig, REQ_OP_READ, 0, 512, 1);
	KUNIT_EXPECT_TRUE(test,
			  VFE_RIG_UNTIL(vfe_mock_count(rig->m,
						       VFE_REG_MEMORY_COMMAND,
						       VFE_WRITE)));
	pdev->error_state = pci_channel_io_frozen;
	KUNIT_EXPECT_EQ(test, PCI_ERS_RESULT_NEED_RESET,
			h->error_detected(pdev, pci_channel_io_frozen));
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	rig->m->knobs.mute = false;
	pci_write_config_word(pdev, PCI_COMMAND, 0);
	pdev->error_state = pci_channel_io_normal;
	KUNIT_EXPECT_EQ(test, PCI_ERS_RESULT_RECOVERED, h->slot_reset(pdev));
	h->resume(pdev);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
	trap_slot_does_not_come_back(rig, h);
	KUNIT_EXPECT_EQ(test, PCI_ERS_RESULT_DISCONNECT,
			h->error_detected(pdev, pci_channel_io_perm_failure));
	KUNIT_EXPECT_EQ(test, -ENODEV, vfe_rig_write(rig, 0, 512, 1));
	/* a reset of the function finds it again */
	KUNIT_EXPECT_EQ(test, 0, pci_reset_function(pdev));
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* Answers with neither an error nor the expected status */
static bool trap_nonsense(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_MEMORY_STATUS &&
	    a->val & VFE_STATUS_IRQ)
		a->val = VFE_STATUS_IRQ | VFE_STATUS_BUSY;
	return false;
}

static void trap_answers_nonsense(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	struct vfe_rig_io *io;

	vfe_mock_log_clear(rig->m);
	rig->m->knobs.access = trap_nonsense;
	io = vfe_rig_start(rig, REQ_OP_READ, 0, 512, 0);
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_EQ(test, (unsigned int)TRAP_TRIES, trap_resets(rig->m));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_write(rig, 0, 512, 1));
	rig->m->knobs.access = NULL;
	vfe_rig_works(rig);
}

/* It returns an unknown error. */
static bool trap_error_of_its_own(struct vfe_mock *m,
				  struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_MEMORY_ERROR)
		a->val = 0xdead;
	return trap_say_error(m, a);
}

static void trap_unknown_error(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);

	rig->m->knobs.access = trap_error_of_its_own;
	KUNIT_EXPECT_EQ(test, -EIO, blkdev_issue_flush(rig->disk->part0));
	rig->m->knobs.access = NULL;
	vfe_rig_works(rig);
}

/* Never ends its reset. */
static bool trap_stuck(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_MEMORY_CONTROL)
		a->val |= VFE_CONTROL_RESET;
	return false;
}

/* Returns invalid values, and never ends the resulting reset. */
static bool trap_stuck_after_nonsense(struct vfe_mock *m,
				      struct vfe_mock_access *a)
{
	trap_nonsense(m, a);
	return trap_stuck(m, a);
}

static void trap_reset_never_ends(struct kunit *test)
{
	struct vfe_rig *rig = trap_plug(test, NULL);
	struct vfe_rig_io *io;

	rig->m->knobs.access = trap_stuck;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, trap_bind(rig));
	rig->m->knobs.access = NULL;
	KUNIT_ASSERT_EQ(test, 0, trap_bind(rig));
	/* the driver waits for a reset that ends late, without a limit */
	rig->m->knobs.access = trap_stuck_after_nonsense;
	io = vfe_rig_start(rig, REQ_OP_WRITE, 0, 512, 1);
	trap_let_pass(20);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	rig->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
}

/* --- gone --- */

static void trap_gone_while_it_works(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	unsigned long start = jiffies;
	struct vfe_rig_io *io;

	rig->m->knobs.mute = true;
	io = vfe_rig_start(rig, REQ_OP_READ, 0, 4096, 0);
	KUNIT_EXPECT_TRUE(test,
			  VFE_RIG_UNTIL(vfe_mock_count(rig->m,
						       VFE_REG_MEMORY_COMMAND,
						       VFE_WRITE) > 1));
	vfe_mock_vanish(rig->m);
	vfe_rig_unplug(rig);
	KUNIT_EXPECT_NE(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_LT(test, jiffies - start, 2UL * HZ);
}

/* Goes at one of the accesses to its window. */
static bool trap_gone_at(struct vfe_mock *m, struct vfe_mock_access *a)
{
	unsigned int *left = m->knobs.priv;

	if (*left && !--*left) {
		vfe_mock_vanish(m);
		a->val = U32_MAX;
		return a->dir == VFE_WRITE;
	}
	return false;
}

/* Return: whether the request made that many accesses. */
static bool trap_request_until(struct vfe_rig *rig, blk_opf_t op,
			       unsigned int access)
{
	unsigned int left = access;
	struct vfe_rig_io *io;
	int err;

	vfe_rig_impatient(rig);
	rig->m->knobs.priv = &left;
	rig->m->knobs.access = trap_gone_at;
	io = vfe_rig_start(rig, op, 0, 512, 3);
	err = vfe_rig_wait(rig, io);
	if (left)
		KUNIT_EXPECT_EQ(rig->test, 0, err);
	/* the last word of a write may not have arrived */
	else if (!err)
		KUNIT_EXPECT_EQ(rig->test, (int)REQ_OP_WRITE, (int)op);
	rig->m->knobs.access = NULL;
	vfe_rig_unbind(rig);
	rig->m->knobs.gone = false;
	vfe_rig_recycle(rig);
	KUNIT_ASSERT_EQ(rig->test, 0, trap_bind(rig));
	return !left;
}

static void trap_gone_at_each_access(struct kunit *test)
{
	static const blk_opf_t ops[] = { REQ_OP_READ, REQ_OP_WRITE };
	struct vfe_rig *rig = trap_disk(test);
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		n = 1;
		/* start and acknowledge, and some of the 128 words */
		while (n < 200 && trap_request_until(rig, ops[i], n))
			n += n < 8 || n > 126 ? 1 : 17;
		KUNIT_EXPECT_GT(test, n, 132U);
		KUNIT_EXPECT_LT(test, n, 200U);
	}
	vfe_rig_works(rig);
}

static void trap_unbind_waits_for_the_request(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	struct vfe_rig_io *io = vfe_rig_start(rig, REQ_OP_WRITE, 0, 4096, 9);

	vfe_rig_unbind(rig);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	KUNIT_EXPECT_TRUE(test, vfe_rig_holds(rig, 0, io->data, 4096));
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* --- sleep and resets --- */

static void trap_sleep(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	struct device *dev = &rig->m->pdev->dev;
	struct vfe_rig_io *io;

	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->suspend(dev));
	vfe_mock_log_clear(rig->m);
	io = vfe_rig_start(rig, REQ_OP_WRITE, 0, 512, 1);
	usleep_range(5000, 10000);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, rig->m->log_len);
	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->resume(dev));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* Another disk than before suspend: a write would corrupt it */
struct trap_other {
	const char *name;
	unsigned int word;
	u32 val;
};

static const struct trap_other trap_others[] = {
	{ "capacity", WORD(capacity), VFE_RIG_SECTORS * 2 },
	{ "smaller capacity", WORD(capacity), 8 },
	{ "max_count", WORD(max_count), 8 },
	{ "read-only", WORD(flags), VFE_IDENTIFY_READONLY |
				    VFE_IDENTIFY_WRITE_CACHE },
	{ "no cache", WORD(flags), 0 },
	{ "serial", WORD(serial), 0x41414141 },
	{ "magic", WORD(magic), 0 },
};

KUNIT_ARRAY_PARAM_DESC(trap_other, trap_others, name);

static void trap_resume_finds_another_disk(struct kunit *test)
{
	const struct trap_other *o = test->param_value;
	struct trap_word word = { .word = o->word, .val = o->val };
	struct vfe_rig *rig = trap_disk(test);
	struct device *dev = &rig->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->suspend(dev));
	rig->m->knobs.priv = &word;
	rig->m->knobs.access = trap_change_word;
	KUNIT_EXPECT_EQ(test, -ENODEV, trap_pm(rig)->resume(dev));
	rig->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, -ENODEV, vfe_rig_write(rig, 0, 512, 1));
	/* binding it again recovers it */
	vfe_rig_unbind(rig);
	vfe_rig_recycle(rig);
	KUNIT_ASSERT_EQ(test, 0, trap_bind(rig));
	vfe_rig_works(rig);
}

static void trap_gone_while_asleep(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	struct device *dev = &rig->m->pdev->dev;
	struct vfe_rig_io *io;

	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->suspend(dev));
	io = vfe_rig_start(rig, REQ_OP_WRITE, 0, 512, 1);
	vfe_mock_vanish(rig->m);
	KUNIT_EXPECT_NE(test, 0, trap_pm(rig)->resume(dev));
	KUNIT_EXPECT_EQ(test, -ENODEV, vfe_rig_wait(rig, io));
	vfe_rig_unplug(rig);
}

/* Nothing wakes it any more: requests that wait for that fail. */
static void trap_unplug_asleep_with_a_request(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	struct device *dev = &rig->m->pdev->dev;
	struct vfe_rig_io *io;

	KUNIT_EXPECT_EQ(test, 0, trap_pm(rig)->suspend(dev));
	io = vfe_rig_start(rig, REQ_OP_WRITE, 0, 512, 1);
	vfe_rig_unplug(rig);
	KUNIT_EXPECT_EQ(test, -ENODEV, vfe_rig_wait(rig, io));
}

/* --- drivers in turn --- */

static void trap_swap_of_drivers(struct kunit *test)
{
	struct vfe_rig *rig = trap_plug(test, NULL);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		vfe_rig_recycle(rig);
		KUNIT_ASSERT_EQ(test, 0, vfe_rig_bind(rig));
		vfe_rig_works(rig);
		vfe_rig_unbind(rig);
		vfe_rig_recycle(rig);
		KUNIT_ASSERT_EQ(test, 0, trap_bind(rig));
		vfe_rig_works(rig);
		vfe_rig_unbind(rig);
	}
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* --- memory --- */

#define TRAP_EACH	60U	/* each of these allocations fails... */
#define TRAP_STEP	29U	/* ... and some of the later, similar ones */

static void trap_probe_without_memory(struct kunit *test)
{
	struct vfe_rig *rig = trap_disk(test);
	struct fail_probe p = {
		.test = test, .m = rig->m, .drv = rig->m->pdev->dev.driver,
		.disk = true,
	};
	unsigned int n;

	fail_require(test);
	/* of size 0, so that nobody looks for partitions */
	rig->back->sectors = 0;
	n = fail_in_turn(fail_a_probe, &p, TRAP_EACH, TRAP_STEP);
	KUNIT_EXPECT_GT(test, n, TRAP_EACH);
	rig->back->sectors = VFE_RIG_SECTORS;
	vfe_rig_unbind(rig);
	KUNIT_ASSERT_EQ(test, 0, trap_bind(rig));
	vfe_rig_works(rig);
}

static struct kunit_case trap_life_cases[] = {
	KUNIT_CASE(trap_lost_interrupt),
	KUNIT_CASE(trap_interrupt_of_another),
	KUNIT_CASE(trap_interrupt_for_nothing),
	KUNIT_CASE(trap_answers_late),
	KUNIT_CASE(trap_sleeps_without_an_answer),
	KUNIT_CASE(trap_unbind_without_an_answer),
	KUNIT_CASE(trap_wakes_late),
	KUNIT_CASE(trap_bus_error),
	KUNIT_CASE(trap_answers_nonsense),
	KUNIT_CASE(trap_unknown_error),
	KUNIT_CASE(trap_reset_never_ends),
	KUNIT_CASE(trap_gone_while_it_works),
	KUNIT_CASE(trap_gone_at_each_access),
	KUNIT_CASE(trap_unbind_waits_for_the_request),
	KUNIT_CASE(trap_sleep),
	KUNIT_CASE_PARAM(trap_resume_finds_another_disk,
			 trap_other_gen_params),
	KUNIT_CASE(trap_gone_while_asleep),
	KUNIT_CASE(trap_unplug_asleep_with_a_request),
	KUNIT_CASE(trap_swap_of_drivers),
	KUNIT_CASE(trap_probe_without_memory),
	{ }
};

VFE_SUITE(trap_life_cases);

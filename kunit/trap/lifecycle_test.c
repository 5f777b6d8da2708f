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

static const struct dev_pm_ops *trap_pm(struct tdisk *td)
{
	return td->m->pdev->dev.driver->pm;
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
	struct tdisk *td = trap_plug(test, NULL);

	td->m->knobs.access = trap_keep_quiet;
	KUNIT_ASSERT_EQ(test, 0, trap_bind(td));
	vfe_mock_log_clear(td->m);
	tdisk_short_timeout(td);
	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test, 0U, trap_resets(td->m));
	KUNIT_EXPECT_EQ(test, 0LL, tdisk_counter(td, "interrupts"));
	td->m->knobs.access = NULL;
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Ignore another function's interrupt on the same line. */
static void trap_interrupt_of_another(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	unsigned int i;

	tdisk_reset_counts(td);
	for (i = 0; i < 50; i++)
		vfe_mock_pin(td->m);
	KUNIT_EXPECT_EQ(test, 0LL, tdisk_counter(td, "interrupts"));
	/* the handler read its status, which counts */
	KUNIT_EXPECT_EQ(test, 50LL,
			tdisk_counter(td, "registers/memory_status_read"));
	tdisk_expect_works(td);
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
	struct tdisk *td = trap_disk(test);
	unsigned int i;

	tdisk_reset_counts(td);
	td->m->knobs.access = trap_claim;
	for (i = 0; i < 50; i++)
		vfe_mock_pin(td->m);
	td->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, 50LL, tdisk_counter(td, "interrupts"));
	KUNIT_EXPECT_EQ(test, 50LL, tdisk_counter(td, "spurious_interrupts"));
	tdisk_expect_works(td);
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
	struct tdisk *td = trap_disk(test);
	struct kmsg_dump_iter mark = log_mark();
	struct tdisk_io *io;

	tdisk_short_timeout(td);
	vfe_mock_log_clear(td->m);
	td->m->knobs.mute = true;
	io = tdisk_start(td, REQ_OP_WRITE | REQ_PREFLUSH, 0, 0, 0);
	trap_let_pass(90);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, trap_resets(td->m));
	KUNIT_EXPECT_EQ(test, 1U, log_lines(mark, "still waiting"));
	td->m->knobs.mute = false;
	td->m->knobs.access = trap_done;
	vfe_mock_pin(td->m);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	td->m->knobs.access = NULL;
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A request that never ends does not block suspend, and is sent again. */
static void trap_sleeps_without_an_answer(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct device *dev = &td->m->pdev->dev;
	unsigned long start = jiffies;
	struct tdisk_io *io;

	td->m->knobs.mute = true;
	io = tdisk_start(td, REQ_OP_WRITE, 0, 512, 1);
	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->suspend(dev));
	KUNIT_EXPECT_LT(test, jiffies - start, 10UL * HZ);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	td->m->knobs.mute = false;
	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->resume(dev));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 0, io->data, 512));
	tdisk_expect_works(td);
}

/* Nor does it block an unbind. */
static void trap_unbind_without_an_answer(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	unsigned long start = jiffies;
	struct tdisk_io *io;

	td->m->knobs.mute = true;
	io = tdisk_start(td, REQ_OP_WRITE, 0, 512, 1);
	tdisk_unbind(td);
	KUNIT_EXPECT_EQ(test, -ENODEV, tdisk_wait(td, io));
	KUNIT_EXPECT_LT(test, jiffies - start, 60UL * HZ);
}

/* After a resume it does not answer at once: requests wait until it does. */
static void trap_wakes_late(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct device *dev = &td->m->pdev->dev;
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->suspend(dev));
	io = tdisk_start(td, REQ_OP_WRITE, 0, 512, 1);
	td->m->knobs.mute = true;
	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->resume(dev));
	trap_let_pass(40);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	/* another suspend during IDENTIFY */
	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->suspend(dev));
	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->resume(dev));
	td->m->knobs.mute = false;
	trap_let_pass(20);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	tdisk_expect_works(td);
}

/* Its function cannot be enabled after the reset: waiting requests fail. */
static void trap_slot_does_not_come_back(struct tdisk *td,
					 const struct pci_error_handlers *h)
{
	struct pci_dev *pdev = td->m->pdev;
	struct resource *res = &pdev->resource[2];
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(td->test, PCI_ERS_RESULT_NEED_RESET,
			h->error_detected(pdev, pci_channel_io_frozen));
	io = tdisk_start(td, REQ_OP_READ, 0, 512, 1);
	res->flags |= IORESOURCE_UNSET;
	KUNIT_EXPECT_EQ(td->test, PCI_ERS_RESULT_DISCONNECT,
			h->slot_reset(pdev));
	res->flags &= ~IORESOURCE_UNSET;
	KUNIT_EXPECT_EQ(td->test, -ENODEV, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(td->test, 0, pci_reset_function(pdev));
	tdisk_expect_works(td);
}

/* The bus fails under a request; the slot is reset, and it is sent again. */
static void trap_bus_error(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct pci_dev *pdev = td->m->pdev;
	const struct pci_error_handlers *h;
	struct tdisk_io *io;

	h = to_pci_driver(pdev->dev.driver)->err_handler;
	KUNIT_EXPECT_EQ(test, PCI_ERS_RESULT_CAN_RECOVER,
			h->error_detected(pdev, pci_channel_io_normal));
	h->resume(pdev);
	tdisk_expect_works(td);
	td->m->knobs.mute = true;
	vfe_mock_log_clear(td->m);
	io = tdisk_start(td, REQ_OP_READ, 0, 512, 1);
	KUNIT_EXPECT_TRUE(test,
			  TDISK_WAIT_FOR(vfe_mock_count(td->m,
							VFE_REG_MEMORY_COMMAND,
							VFE_WRITE)));
	pdev->error_state = pci_channel_io_frozen;
	KUNIT_EXPECT_EQ(test, PCI_ERS_RESULT_NEED_RESET,
			h->error_detected(pdev, pci_channel_io_frozen));
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	td->m->knobs.mute = false;
	pci_write_config_word(pdev, PCI_COMMAND, 0);
	pdev->error_state = pci_channel_io_normal;
	KUNIT_EXPECT_EQ(test, PCI_ERS_RESULT_RECOVERED, h->slot_reset(pdev));
	h->resume(pdev);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	tdisk_expect_works(td);
	trap_slot_does_not_come_back(td, h);
	KUNIT_EXPECT_EQ(test, PCI_ERS_RESULT_DISCONNECT,
			h->error_detected(pdev, pci_channel_io_perm_failure));
	KUNIT_EXPECT_EQ(test, -ENODEV, tdisk_write(td, 0, 512, 1));
	/* a reset of the function finds it again */
	KUNIT_EXPECT_EQ(test, 0, pci_reset_function(pdev));
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
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
	struct tdisk *td = trap_disk(test);
	struct tdisk_io *io;

	vfe_mock_log_clear(td->m);
	td->m->knobs.access = trap_nonsense;
	io = tdisk_start(td, REQ_OP_READ, 0, 512, 0);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, (unsigned int)TRAP_TRIES, trap_resets(td->m));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
	td->m->knobs.access = NULL;
	tdisk_expect_works(td);
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
	struct tdisk *td = trap_disk(test);

	td->m->knobs.access = trap_error_of_its_own;
	KUNIT_EXPECT_EQ(test, -EIO, blkdev_issue_flush(td->disk->part0));
	td->m->knobs.access = NULL;
	tdisk_expect_works(td);
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
	struct tdisk *td = trap_plug(test, NULL);
	struct tdisk_io *io;

	td->m->knobs.access = trap_stuck;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, trap_bind(td));
	td->m->knobs.access = NULL;
	KUNIT_ASSERT_EQ(test, 0, trap_bind(td));
	/* the driver waits for a reset that ends late, without a limit */
	td->m->knobs.access = trap_stuck_after_nonsense;
	io = tdisk_start(td, REQ_OP_WRITE, 0, 512, 1);
	trap_let_pass(20);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	td->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	tdisk_expect_works(td);
}

/* --- gone --- */

static void trap_gone_while_it_works(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	unsigned long start = jiffies;
	struct tdisk_io *io;

	td->m->knobs.mute = true;
	io = tdisk_start(td, REQ_OP_READ, 0, 4096, 0);
	KUNIT_EXPECT_TRUE(test,
			  TDISK_WAIT_FOR(vfe_mock_count(td->m,
							VFE_REG_MEMORY_COMMAND,
							VFE_WRITE) > 1));
	vfe_mock_vanish(td->m);
	tdisk_unplug(td);
	KUNIT_EXPECT_NE(test, 0, tdisk_wait(td, io));
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
static bool trap_request_until(struct tdisk *td, blk_opf_t op,
			       unsigned int access)
{
	unsigned int left = access;
	struct tdisk_io *io;
	int err;

	tdisk_short_timeout(td);
	td->m->knobs.priv = &left;
	td->m->knobs.access = trap_gone_at;
	io = tdisk_start(td, op, 0, 512, 3);
	err = tdisk_wait(td, io);
	if (left)
		KUNIT_EXPECT_EQ(td->test, 0, err);
	/* the last word of a write may not have arrived */
	else if (!err)
		KUNIT_EXPECT_EQ(td->test, (int)REQ_OP_WRITE, (int)op);
	td->m->knobs.access = NULL;
	tdisk_unbind(td);
	td->m->knobs.gone = false;
	tdisk_recycle(td);
	KUNIT_ASSERT_EQ(td->test, 0, trap_bind(td));
	return !left;
}

static void trap_gone_at_each_access(struct kunit *test)
{
	static const blk_opf_t ops[] = { REQ_OP_READ, REQ_OP_WRITE };
	struct tdisk *td = trap_disk(test);
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		n = 1;
		/* start and acknowledge, and some of the 128 words */
		while (n < 200 && trap_request_until(td, ops[i], n))
			n += n < 8 || n > 126 ? 1 : 17;
		KUNIT_EXPECT_GT(test, n, 132U);
		KUNIT_EXPECT_LT(test, n, 200U);
	}
	tdisk_expect_works(td);
}

static void trap_unbind_waits_for_the_request(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct tdisk_io *io = tdisk_start(td, REQ_OP_WRITE, 0, 4096, 9);

	tdisk_unbind(td);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 0, io->data, 4096));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- sleep and resets --- */

static void trap_sleep(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct device *dev = &td->m->pdev->dev;
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->suspend(dev));
	vfe_mock_log_clear(td->m);
	io = tdisk_start(td, REQ_OP_WRITE, 0, 512, 1);
	usleep_range(5000, 10000);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, td->m->log_len);
	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->resume(dev));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Another disk than before suspend: a write would corrupt it */
struct trap_other {
	const char *name;
	unsigned int word;
	u32 val;
};

static const struct trap_other trap_others[] = {
	{ "capacity", WORD(capacity), TDISK_SECTORS * 2 },
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
	struct tdisk *td = trap_disk(test);
	struct device *dev = &td->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->suspend(dev));
	td->m->knobs.priv = &word;
	td->m->knobs.access = trap_change_word;
	KUNIT_EXPECT_EQ(test, -ENODEV, trap_pm(td)->resume(dev));
	td->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, -ENODEV, tdisk_write(td, 0, 512, 1));
	/* binding it again recovers it */
	tdisk_unbind(td);
	tdisk_recycle(td);
	KUNIT_ASSERT_EQ(test, 0, trap_bind(td));
	tdisk_expect_works(td);
}

static void trap_gone_while_asleep(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct device *dev = &td->m->pdev->dev;
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->suspend(dev));
	io = tdisk_start(td, REQ_OP_WRITE, 0, 512, 1);
	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_NE(test, 0, trap_pm(td)->resume(dev));
	KUNIT_EXPECT_EQ(test, -ENODEV, tdisk_wait(td, io));
	tdisk_unplug(td);
}

/* Nothing wakes it any more: requests that wait for that fail. */
static void trap_unplug_asleep_with_a_request(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct device *dev = &td->m->pdev->dev;
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(test, 0, trap_pm(td)->suspend(dev));
	io = tdisk_start(td, REQ_OP_WRITE, 0, 512, 1);
	tdisk_unplug(td);
	KUNIT_EXPECT_EQ(test, -ENODEV, tdisk_wait(td, io));
}

/* --- drivers in turn --- */

static void trap_swap_of_drivers(struct kunit *test)
{
	struct tdisk *td = trap_plug(test, NULL);
	unsigned int i;

	for (i = 0; i < 3; i++) {
		tdisk_recycle(td);
		KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
		tdisk_expect_works(td);
		tdisk_unbind(td);
		tdisk_recycle(td);
		KUNIT_ASSERT_EQ(test, 0, trap_bind(td));
		tdisk_expect_works(td);
		tdisk_unbind(td);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- memory --- */

#define TRAP_EACH	60U	/* each of these allocations fails... */
#define TRAP_STEP	29U	/* ... and some of the later, similar ones */

static void trap_probe_without_memory(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct fail_probe p = {
		.test = test, .m = td->m, .drv = td->m->pdev->dev.driver,
		.also = -EINVAL,
	};
	unsigned int n;

	fail_require(test);
	/* of size 0, so that nobody looks for partitions */
	td->back->sectors = 0;
	n = fail_in_turn(fail_a_probe, &p, TRAP_EACH, TRAP_STEP);
	KUNIT_EXPECT_GT(test, n, TRAP_EACH);
	td->back->sectors = TDISK_SECTORS;
	tdisk_unbind(td);
	KUNIT_ASSERT_EQ(test, 0, trap_bind(td));
	tdisk_expect_works(td);
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

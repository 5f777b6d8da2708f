// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap_scsi under faults: lost and spurious interrupts, a device that does
 * not answer, returns invalid values or is gone; resets by the error handler,
 * suspend, and a function that changes its driver.
 */
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_eh.h>

#include "lib/failslab.h"
#include "lib/log.h"
#include "lib/suite.h"
#include "lib/trap_scsi_fixture.h"

#define TADAPTER_TRIES	3	/* of a command, see VFE_TRAP_SCSI_TRIES */
#define TADAPTER_RETRIES 6	/* and of its request, see SD_MAX_RETRIES */

/* Resets of the window since the log was cleared */
static unsigned int tadapter_resets(const struct vfe_mock *m)
{
	unsigned int i, n = 0;

	for (i = 0; i < m->log_len; i++)
		n += m->log[i].reg == VFE_REG_SCSI_MEMORY_CONTROL &&
		     m->log[i].dir == VFE_WRITE &&
		     m->log[i].val & VFE_CONTROL_RESET;
	return n;
}

static const struct dev_pm_ops *tadapter_pm(struct tadapter *ta)
{
	return ta->m->pdev->dev.driver->pm;
}

/* Let time pass; less than two minutes per case, or insmod appears to hang. */
static void tadapter_let_pass(unsigned int seconds)
{
	while (seconds--)
		msleep(MSEC_PER_SEC);
}

static void tadapter_short_timeout(struct tadapter *ta)
{
	blk_queue_rq_timeout(tadapter_disk(ta)->queue, HZ);
}

/* Commands since the log was cleared */
static unsigned int tadapter_issued(const struct tadapter *ta)
{
	return vfe_mock_count(ta->m, VFE_REG_SCSI_MEMORY_COMMAND, VFE_WRITE);
}

/* A request that the device does not answer is in the window. */
static struct tadapter_io *tadapter_start_mute(struct tadapter *ta,
					       blk_opf_t op)
{
	struct tadapter_io *io;

	ta->m->knobs.mute = true;
	vfe_mock_log_clear(ta->m);
	io = tadapter_start(ta, op, 0, 512, 1);
	KUNIT_ASSERT_TRUE(ta->test, TADAPTER_WAIT_FOR(tadapter_issued(ta)));
	return io;
}

/* --- interrupts --- */

/* The device never sees the enabling of interrupts. */
static bool tadapter_keep_quiet(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_WRITE && a->reg == VFE_REG_SCSI_MEMORY_CONTROL)
		a->val &= ~VFE_CONTROL_IRQ_ENABLE;
	return false;
}

/* An answer without its interrupt is found eventually, without a reset. */
static void tadapter_lost_interrupt(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct device *dev = &ta->m->pdev->dev;

	tadapter_short_timeout(ta);
	KUNIT_EXPECT_EQ(test, 0, tadapter_pm(ta)->suspend(dev));
	ta->m->knobs.access = tadapter_keep_quiet;
	KUNIT_EXPECT_EQ(test, 0, tadapter_pm(ta)->resume(dev));
	tadapter_reset_counts(ta);
	tadapter_expect_works(ta);
	KUNIT_EXPECT_EQ(test, 0U, tadapter_resets(ta->m));
	KUNIT_EXPECT_EQ(test, 0LL, tadapter_counter(ta, "interrupts"));
	ta->m->knobs.access = NULL;
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* Ignore another function's interrupt on the same line. */
static void tadapter_interrupt_of_another(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	unsigned int i;

	tadapter_reset_counts(ta);
	for (i = 0; i < 50; i++)
		vfe_mock_pin(ta->m);
	KUNIT_EXPECT_EQ(test, 0LL, tadapter_counter(ta, "interrupts"));
	/* the handler read its status, which counts */
	KUNIT_EXPECT_EQ(test, 50LL,
			tadapter_counter(ta, "registers/memory_status_read"));
	tadapter_expect_works(ta);
}

/* --- no answer, or nonsense --- */

/* A timeout alone fails no command and resets nothing; it is logged once. */
static void tadapter_answers_late(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct kmsg_dump_iter mark = log_mark();
	struct tadapter_io *io;

	tadapter_short_timeout(ta);
	io = tadapter_start_mute(ta, REQ_OP_READ);
	tadapter_let_pass(90);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, tadapter_resets(ta->m));
	KUNIT_EXPECT_EQ(test, 1U, log_lines(mark, "still waiting"));
	/* a suspend has it sent again */
	KUNIT_EXPECT_EQ(test, 0,
			tadapter_pm(ta)->suspend(&ta->m->pdev->dev));
	ta->m->knobs.mute = false;
	KUNIT_EXPECT_EQ(test, 0, tadapter_pm(ta)->resume(&ta->m->pdev->dev));
	KUNIT_EXPECT_EQ(test, 0, tadapter_wait(ta, io));
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* Nor does it block an unbind. */
static void tadapter_unbind_without_an_answer(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	unsigned long start = jiffies;
	struct tadapter_io *io;

	io = tadapter_start_mute(ta, REQ_OP_WRITE);
	tadapter_unbind(ta);
	KUNIT_EXPECT_NE(test, 0, tadapter_wait(ta, io));
	KUNIT_EXPECT_LT(test, jiffies - start, 60UL * HZ);
}

/* An answer that cannot be right */
struct tadapter_nonsense {
	const char *name;
	u32 status;
	u32 count;
	bool write;
};

#define OF_READ		(VFE_STATUS_IRQ | VFE_STATUS_BUSY | VFE_STATUS_DRQ)
#define OF_WRITE	(VFE_STATUS_IRQ | VFE_STATUS_READY)

static const struct tadapter_nonsense tadapter_nonsenses[] = {
	{ "no data of a read", OF_WRITE, 0, false },
	{ "a write that is not ready", VFE_STATUS_IRQ, 0, true },
	{ "SHORT of a read, but all", OF_READ | VFE_SCSI_STATUS_SHORT, 512,
	  false },
	{ "SHORT of a read, and more", OF_READ | VFE_SCSI_STATUS_SHORT, 513,
	  false },
	{ "SHORT of a read, 2^32-1", OF_READ | VFE_SCSI_STATUS_SHORT, U32_MAX,
	  false },
	{ "SHORT of a write, and more", OF_WRITE | VFE_SCSI_STATUS_SHORT, 9999,
	  true },
};

KUNIT_ARRAY_PARAM_DESC(tadapter_nonsense, tadapter_nonsenses, name);

static bool tadapter_say_nonsense(struct vfe_mock *m, struct vfe_mock_access *a)
{
	const struct tadapter_nonsense *n = m->knobs.priv;

	if (a->dir == VFE_READ && a->reg == VFE_REG_SCSI_MEMORY_STATUS &&
	    a->val & VFE_STATUS_IRQ)
		a->val = n->status;
	if (a->dir == VFE_READ && a->reg == VFE_REG_SCSI_MEMORY_COUNT)
		a->val = n->count;
	return false;
}

static void tadapter_answers_nonsense(struct kunit *test)
{
	const struct tadapter_nonsense *n = test->param_value;
	struct tadapter *ta = tadapter_start_host(test);
	struct tadapter_io *io;

	tadapter_reset_counts(ta);
	ta->m->knobs.priv = (void *)n;
	ta->m->knobs.access = tadapter_say_nonsense;
	io = tadapter_start(ta, n->write ? REQ_OP_WRITE : REQ_OP_READ, 0, 512,
			    1);
	KUNIT_EXPECT_EQ(test, -EIO, tadapter_wait(ta, io));
	ta->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, (s64)TADAPTER_TRIES * TADAPTER_RETRIES,
			tadapter_counter(ta, "window_resets"));
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* --- gone --- */

static void tadapter_gone_while_it_works(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	unsigned long start = jiffies;
	struct tadapter_io *io;

	io = tadapter_start_mute(ta, REQ_OP_READ);
	vfe_mock_vanish(ta->m);
	vfe_mock_unplug(ta->m);
	KUNIT_EXPECT_NE(test, 0, tadapter_wait(ta, io));
	KUNIT_EXPECT_LT(test, jiffies - start, 5UL * HZ);
}

/* Goes at one of the accesses to its window. */
static bool tadapter_gone_at(struct vfe_mock *m, struct vfe_mock_access *a)
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
static bool tadapter_until(struct tadapter *ta, blk_opf_t op,
			   unsigned int access)
{
	unsigned int left = access;
	struct tadapter_io *io;
	int err;

	tadapter_short_timeout(ta);
	ta->m->knobs.priv = &left;
	ta->m->knobs.access = tadapter_gone_at;
	io = tadapter_start(ta, op, 0, 512, 3);
	err = tadapter_wait(ta, io);
	if (left)
		KUNIT_EXPECT_EQ(ta->test, 0, err);
	/* the last word of a write may not have arrived */
	else if (!err)
		KUNIT_EXPECT_EQ(ta->test, (int)REQ_OP_WRITE, (int)op);
	ta->m->knobs.access = NULL;
	tadapter_unbind(ta);
	ta->m->knobs.gone = false;
	tadapter_recycle(ta);
	KUNIT_ASSERT_EQ(ta->test, 0, tadapter_bind(ta));
	return !left;
}

static void tadapter_gone_at_each_access(struct kunit *test)
{
	static const blk_opf_t ops[] = { REQ_OP_READ, REQ_OP_WRITE };
	struct tadapter *ta = tadapter_start_host(test);
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		n = 1;
		/* start and acknowledge, and some of the 128 words */
		while (n < 200 && tadapter_until(ta, ops[i], n))
			n += n < 9 || n > 130 ? 1 : 20;
		KUNIT_EXPECT_GT(test, n, 134U);
		KUNIT_EXPECT_LT(test, n, 200U);
	}
	tadapter_expect_works(ta);
}

/* --- the error handler --- */

/* As for an ioctl: the command has only its device. */
static int tadapter_eh(struct tadapter *ta, struct scsi_device *sdev,
		       int (*handler)(struct scsi_cmnd *sc))
{
	struct scsi_cmnd *sc = kunit_kzalloc(ta->test, sizeof(*sc), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(ta->test, sc);
	sc->device = sdev;
	sc->submitter = SUBMITTED_BY_SCSI_RESET_IOCTL;
	return handler(sc);
}

static void tadapter_resets_of_users(struct kunit *test)
{
	struct tadapter *ta = tadapter_plug(test, NULL);
	const struct scsi_host_template *t;
	struct scsi_device *sdev;

	ta->back->num_units = 2;
	ta->back->units[1] = vfe_scsi_window_address(5, 300);
	KUNIT_ASSERT_EQ(test, 0, tadapter_bind(ta));
	sdev = tadapter_sdev(ta, 5, 0x4000 | 300);
	KUNIT_ASSERT_NOT_NULL(test, sdev);
	t = sdev->host->hostt;
	tadapter_reset_counts(ta);
	KUNIT_EXPECT_EQ(test, SUCCESS,
			tadapter_eh(ta, sdev, t->eh_device_reset_handler));
	KUNIT_EXPECT_EQ(test, 1U, ta->back->unit_resets);
	KUNIT_EXPECT_EQ(test, vfe_scsi_window_address(5, 300),
			ta->back->reset_address);
	KUNIT_EXPECT_EQ(test, SUCCESS,
			tadapter_eh(ta, sdev, t->eh_bus_reset_handler));
	KUNIT_EXPECT_EQ(test, 1U, ta->back->bus_resets);
	KUNIT_EXPECT_EQ(test, SUCCESS,
			tadapter_eh(ta, sdev, t->eh_host_reset_handler));
	KUNIT_EXPECT_EQ(test, 3U, tadapter_resets(ta->m));
	KUNIT_EXPECT_EQ(test, 3LL, tadapter_counter(ta, "window_resets"));
	/* a unit that the device no longer has */
	ta->back->num_units = 1;
	KUNIT_EXPECT_EQ(test, FAILED,
			tadapter_eh(ta, sdev, t->eh_device_reset_handler));
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/*
 * A command of the error handler, which the device does not answer: once the
 * reset has ended, the error handler uses its memory for the command that failed.
 */
static void tadapter_reset_under_the_handler(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct scsi_device *sdev = tadapter_sdev(ta, 0, 0);
	const struct scsi_host_template *t = sdev->host->hostt;
	struct vfe_trap_scsi_cmd *cmd;
	struct scsi_cmnd *sc;
	struct request *rq;

	rq = kunit_kzalloc(test, sizeof(*rq) + sizeof(*sc) + t->cmd_size,
			   GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rq);
	sc = blk_mq_rq_to_pdu(rq);
	cmd = scsi_cmd_priv(sc);
	sc->device = sdev;
	sc->submitter = SUBMITTED_BY_SCSI_ERROR_HANDLER;
	sc->cmnd[0] = TEST_UNIT_READY;
	sc->cmd_len = 6;
	sc->sc_data_direction = DMA_NONE;
	ta->m->knobs.mute = true;
	KUNIT_EXPECT_EQ(test, 0, t->queuecommand(sdev->host, sc));
	msleep(100);
	KUNIT_EXPECT_NE(test, 0U, work_busy(&cmd->work));
	KUNIT_EXPECT_EQ(test, FAILED,
			tadapter_eh(ta, sdev, t->eh_device_reset_handler));
	KUNIT_EXPECT_EQ(test, 0U, work_busy(&cmd->work));
	ta->m->knobs.mute = false;
	KUNIT_EXPECT_EQ(test, SUCCESS,
			tadapter_eh(ta, sdev, t->eh_device_reset_handler));
	flush_work(&cmd->work);
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* The command in flight is stopped, and sent again after the reset. */
static void tadapter_reset_under_a_command(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct scsi_device *sdev = tadapter_sdev(ta, 0, 0);
	const struct scsi_host_template *t = sdev->host->hostt;
	unsigned long start = jiffies;
	struct tadapter_io *io;

	memset(ta->back->data, 0x3c, 512);
	io = tadapter_start_mute(ta, REQ_OP_READ);
	KUNIT_EXPECT_EQ(test, FAILED,
			tadapter_eh(ta, sdev, t->eh_device_reset_handler));
	KUNIT_EXPECT_LT(test, jiffies - start, 20UL * HZ);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	ta->m->knobs.mute = false;
	KUNIT_EXPECT_EQ(test, SUCCESS,
			tadapter_eh(ta, sdev, t->eh_device_reset_handler));
	KUNIT_EXPECT_EQ(test, 0, tadapter_wait(ta, io));
	KUNIT_EXPECT_MEMEQ(test, ta->back->data, io->data, 512);
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* Nothing but a resume ends a suspend. */
static void tadapter_reset_while_asleep(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct scsi_device *sdev = tadapter_sdev(ta, 0, 0);
	struct device *dev = &ta->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, 0, tadapter_pm(ta)->suspend(dev));
	vfe_mock_log_clear(ta->m);
	KUNIT_EXPECT_EQ(test, FAILED,
			tadapter_eh(ta, sdev,
				    sdev->host->hostt->eh_bus_reset_handler));
	KUNIT_EXPECT_EQ(test, 0U, ta->m->log_len);
	KUNIT_EXPECT_EQ(test, 0, tadapter_pm(ta)->resume(dev));
	tadapter_expect_works(ta);
}

/* --- sleep and resets --- */

static void tadapter_sleep(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct device *dev = &ta->m->pdev->dev;
	struct tadapter_io *io;

	KUNIT_EXPECT_EQ(test, 0, tadapter_pm(ta)->suspend(dev));
	vfe_mock_log_clear(ta->m);
	io = tadapter_start(ta, REQ_OP_WRITE, 0, 512, 1);
	tadapter_let_pass(2);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0U, ta->m->log_len);
	KUNIT_EXPECT_EQ(test, 0, tadapter_pm(ta)->resume(dev));
	KUNIT_EXPECT_EQ(test, 0, tadapter_wait(ta, io));
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* A function-level reset aborts nothing that the driver has not stopped. */
static void tadapter_function_reset(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);

	KUNIT_EXPECT_EQ(test, 0, pci_reset_function(ta->m->pdev));
	/* the units will say that they were reset: no other medium */
	KUNIT_EXPECT_EQ(test, 1, (int)tadapter_sdev(ta, 0, 0)->expecting_cc_ua);
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/**
 * struct tadapter_user - a command of a user
 * @ta: the host
 * @work: sends it
 * @result: of scsi_execute_cmd()
 */
struct tadapter_user {
	struct tadapter *ta;
	struct work_struct work;
	int result;
};

static void tadapter_user_work(struct work_struct *work)
{
	struct tadapter_user *u = container_of(work, struct tadapter_user,
					       work);
	const u8 cdb[6] = { START_STOP };

	u->result = scsi_execute_cmd(tadapter_sdev(u->ta, 0, 0), cdb,
				     REQ_OP_DRV_IN, NULL, 0, 100 * HZ, 0, NULL);
}

/* What a user sent, and the device may have executed, is not sent again. */
static void tadapter_user_command_is_stopped(struct kunit *test)
{
	struct tadapter_user *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);
	struct tadapter *ta = tadapter_start_host(test);
	struct device *dev = &ta->m->pdev->dev;

	KUNIT_ASSERT_NOT_NULL(test, u);
	u->ta = ta;
	INIT_WORK(&u->work, tadapter_user_work);
	ta->m->knobs.mute = true;
	vfe_mock_log_clear(ta->m);
	queue_work(system_unbound_wq, &u->work);
	KUNIT_ASSERT_TRUE(test, TADAPTER_WAIT_FOR(tadapter_issued(ta)));
	KUNIT_EXPECT_EQ(test, 0, tadapter_pm(ta)->suspend(dev));
	ta->m->knobs.mute = false;
	KUNIT_EXPECT_EQ(test, 0, tadapter_pm(ta)->resume(dev));
	flush_work(&u->work);
	KUNIT_EXPECT_EQ(test, DID_ERROR << 16, u->result);
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* It takes less data than before, or is no host any more: all fails. */
static void tadapter_resume_finds_another_host(struct kunit *test)
{
	static const struct tadapter_word words[] = {
		{ .word = TADAPTER_WORD(max_count), .val = 65536 },
		{ .word = TADAPTER_WORD(magic), .val = 0 },
	};
	struct tadapter *ta = tadapter_start_host(test);
	struct device *dev = &ta->m->pdev->dev;
	struct tadapter_word word;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		KUNIT_EXPECT_EQ(test, 0, tadapter_pm(ta)->suspend(dev));
		word = words[i];
		ta->m->knobs.priv = &word;
		ta->m->knobs.access = tadapter_change_word;
		KUNIT_EXPECT_EQ(test, -ENODEV, tadapter_pm(ta)->resume(dev));
		ta->m->knobs.access = NULL;
		KUNIT_EXPECT_NE(test, 0, tadapter_write(ta, 0, 512, 1));
		/* binding it again recovers it */
		tadapter_unbind(ta);
		tadapter_recycle(ta);
		KUNIT_ASSERT_EQ(test, 0, tadapter_bind(ta));
		tadapter_expect_works(ta);
	}
}

/* Nothing wakes it any more: requests that wait for that fail. */
static void tadapter_unplug_asleep_with_a_request(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct tadapter_io *io;

	KUNIT_EXPECT_EQ(test, 0,
			tadapter_pm(ta)->suspend(&ta->m->pdev->dev));
	io = tadapter_start(ta, REQ_OP_WRITE, 0, 512, 1);
	vfe_mock_unplug(ta->m);
	KUNIT_EXPECT_NE(test, 0, tadapter_wait(ta, io));
}

/* --- memory --- */

#define TADAPTER_EACH	60U	/* each of these allocations fails... */
#define TADAPTER_STEP	37U	/* ... and some of the later, similar ones */

static void tadapter_probe_without_memory(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct fail_probe p = {
		.test = test, .m = ta->m, .drv = ta->m->pdev->dev.driver,
		.also = -EINVAL,
	};
	unsigned int n;

	fail_require(test);
	/* the SCSI core does without units for which it has no memory */
	ta->back->num_units = 0;
	n = fail_in_turn(fail_a_probe, &p, TADAPTER_EACH, TADAPTER_STEP);
	KUNIT_EXPECT_GT(test, n, TADAPTER_EACH);
	ta->back->num_units = 1;
	tadapter_unbind(ta);
	KUNIT_ASSERT_EQ(test, 0, tadapter_bind(ta));
	tadapter_expect_works(ta);
}

static struct kunit_case tadapter_life_cases[] = {
	KUNIT_CASE(tadapter_lost_interrupt),
	KUNIT_CASE(tadapter_interrupt_of_another),
	KUNIT_CASE(tadapter_answers_late),
	KUNIT_CASE(tadapter_unbind_without_an_answer),
	KUNIT_CASE_PARAM(tadapter_answers_nonsense,
			 tadapter_nonsense_gen_params),
	KUNIT_CASE(tadapter_gone_while_it_works),
	KUNIT_CASE(tadapter_gone_at_each_access),
	KUNIT_CASE(tadapter_resets_of_users),
	KUNIT_CASE(tadapter_reset_under_a_command),
	KUNIT_CASE(tadapter_reset_under_the_handler),
	KUNIT_CASE(tadapter_reset_while_asleep),
	KUNIT_CASE(tadapter_sleep),
	KUNIT_CASE(tadapter_function_reset),
	KUNIT_CASE(tadapter_user_command_is_stopped),
	KUNIT_CASE(tadapter_resume_finds_another_host),
	KUNIT_CASE(tadapter_unplug_asleep_with_a_request),
	KUNIT_CASE(tadapter_probe_without_memory),
	{ }
};

VFE_SUITE(tadapter_life_cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * Presence of the function and health of the device (drivers/core/presence.c):
 * registers that read as ones temporarily, functions that come back, failing
 * buses, devices that lost DRIVER_OK; and that the log gets few lines.
 * surprise_removal_test.c has functions that go for good.
 */
#include <linux/delay.h>
#include <linux/unaligned.h>

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

#define MOST_LINES	10	/* that a device may cause in a minute */
#define STORM		200

static u32 ones(const struct vfe_mock_access *a)
{
	return GENMASK(8 * a->size - 1, 0);
}

/* All registers read as ones, while the hook is set */
static bool all_ones(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ)
		a->val = ones(a);
	return true;
}

/* The first reads of a register, according to the counter */
static bool some_ones(struct vfe_mock *m, struct vfe_mock_access *a)
{
	unsigned int *left = m->knobs.priv;

	if (a->dir == VFE_READ && a->reg == VFE_REG_DEVICE_STATUS && *left) {
		--*left;
		a->val = ones(a);
	}
	return false;
}

static bool isr_of_ones(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_ISR_STATUS)
		a->val = ones(a);
	return false;
}

/* Recovery like a class driver, and one buffer through the queue */
static void expect_recovery(struct kunit *test, struct tdrv *td)
{
	tdrv_restart(td);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_GOOD);
	tdrv_expect_completion(test, td, 0);
}

/* --- ones that are no sign of an end --- */

static void ones_are_a_fault_where_the_function_is(struct kunit *test)
{
	static const u8 byte[] = { 1, 0 };
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	u8 val;

	td->m->knobs.access = all_ones;
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, byte, &val), -EIO);
	KUNIT_EXPECT_FALSE(test, vfe_gone(td->vd));
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_NEEDS_RESET);
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, byte, &val), -EIO);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "device_status is 0xff"), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	td->m->knobs.access = NULL;
	expect_recovery(test, td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A device may not answer during its reset: it is not gone. */
static void ones_during_a_reset(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int left = 30;

	td->m->knobs.priv = &left;
	td->m->knobs.access = some_ones;
	expect_recovery(test, td);
	KUNIT_EXPECT_EQ(test, left, 0U);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 0U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 0U);
	tdrv_down(td);
	left = 30;
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), 0);
}

/* Ones for longer than a call waits: it works as soon as they end. */
static void ones_for_long(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();

	td->m->knobs.access = all_ones;
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ETIMEDOUT);
	KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
	KUNIT_EXPECT_FALSE(test, vfe_gone(td->vd));
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	td->m->knobs.access = NULL;
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	tdrv_expect_completion(test, td, 0);
}

/*
 * At each step of the life cycle: an error, and a state from which the next
 * attempt works
 */
static void ones_at_each_step(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	enum tdrv_step step;

	for (step = TDRV_NEGOTIATE; step <= TDRV_READY; step++) {
		KUNIT_ASSERT_EQ(test, tdrv_up(td, step - 1), 0);
		td->m->knobs.access = all_ones;
		KUNIT_EXPECT_EQ(test, tdrv_step(td, step), -EIO);
		td->m->knobs.access = NULL;
		KUNIT_EXPECT_FALSE(test, vfe_gone(td->vd));
		tdrv_down(td);
	}
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), 0);
}

/* All bits of the ISR may be set on a good device. */
static void isr_of_ones_of_a_device(struct kunit *test, int vectors)
{
	struct vfe_mock_spec spec = { .vectors = vectors };
	struct tdrv *td = tdrv_live(test, &spec);

	td->m->knobs.access = isr_of_ones;
	tdrv_expect_completion(test, td, 0);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->config_changed, 1U);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 0U);
	KUNIT_EXPECT_FALSE(test, vfe_gone(td->vd));
	/* but if all registers read as ones, it is gone for now */
	td->m->knobs.access = all_ones;
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_FALSE(test, vfe_gone(td->vd));
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	td->m->knobs.access = NULL;
	expect_recovery(test, td);
}

static void isr_of_ones_with_intx(struct kunit *test)
{
	isr_of_ones_of_a_device(test, -1);
}

static void isr_of_ones_with_one_vector(struct kunit *test)
{
	isr_of_ones_of_a_device(test, 1);
}

/* --- decoding that was switched off --- */

static void decoding_was_switched_off(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();

	pci_write_config_word(td->m->pdev, PCI_COMMAND, 0);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_NEEDS_RESET);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	expect_recovery(test, td);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "command register is 0"), 1U);
	KUNIT_EXPECT_TRUE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
}

/* Configuration space is lost: addresses, vectors. */
static void forget_configuration(struct tdrv *td)
{
	u8 *cfg = vfe_mock_config_space(td->m);
	unsigned int bar;

	pci_write_config_word(td->m->pdev, PCI_COMMAND, 0);
	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++)
		put_unaligned_le32(get_unaligned_le32(cfg + PCI_BASE_ADDRESS_0 +
						      4 * bar) & 0xf,
				   cfg + PCI_BASE_ADDRESS_0 + 4 * bar);
	td->m->status = 0;
}

static void function_was_reset_behind_our_back(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	forget_configuration(td);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_NEEDS_RESET);
	expect_recovery(test, td);
}

/* --- gone, and back --- */

static void gone_and_back(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int i;

	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_GONE);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), -ENODEV);
	tdrv_detach_all(td);
	vfe_mock_log_clear(td->m);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	/* no register was accessed, and nothing logged again */
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);

	td->m->knobs.gone = false;
	forget_configuration(td);
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_EXPECT_FALSE(test, vfe_gone(td->vd));
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_GOOD);
	tdrv_expect_completion(test, td, 0);
	tdrv_expect_config_change(test, td);
	/* a second time it is logged again */
	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_GONE);
	KUNIT_EXPECT_EQ(test, td->needs_reset, 2U);
	td->m->knobs.gone = false;
}

static void another_function_in_its_place(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	u8 *cfg = vfe_mock_config_space(td->m);

	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), -ENODEV);
	td->m->knobs.gone = false;
	cfg[PCI_DEVICE_ID]++;
	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	KUNIT_EXPECT_EQ(test, vfe_function_restore(td->vd), -ENODEV);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	cfg[PCI_DEVICE_ID]--;
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), 0);
}

static void comes_back_and_cannot_be_enabled(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct resource *res = &td->m->pdev->resource[VFE_BAR_VIRTIO];
	struct kmsg_dump_iter mark = log_mark();

	vfe_function_offline(td->vd);
	res->flags |= IORESOURCE_UNSET;
	KUNIT_EXPECT_EQ(test, vfe_function_restore(td->vd), -EINVAL);
	KUNIT_EXPECT_EQ(test, 1U,
			log_errors(mark, "cannot be enabled: error -22"));
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	res->flags &= ~IORESOURCE_UNSET;
	KUNIT_EXPECT_EQ(test, vfe_function_restore(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), 0);
}

/* --- a bus that fails --- */

/* error_detected(), slot_reset(), resume(), as the PCI core calls them */
static void bus_error(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct pci_dev *pdev = td->m->pdev;
	struct kmsg_dump_iter mark = log_mark();

	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	vfe_mock_log_clear(td->m);
	pdev->error_state = pci_channel_io_frozen;
	KUNIT_EXPECT_TRUE(test, vfe_gone(td->vd));
	vfe_function_offline(td->vd);
	KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
	KUNIT_EXPECT_TRUE(test, vfe_queue_broken(vfe_get_queue(td->vd, 0)));
	tdrv_detach_all(td);
	/* no event accesses the function meanwhile */
	vfe_mock_interrupt(&td->m->queues[0]);
	vfe_queue_notify(vfe_get_queue(td->vd, 0));
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_GONE);
	KUNIT_EXPECT_EQ(test, vfe_reset(td->vd), -ENODEV);
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	td->m->knobs.gone = true;
	KUNIT_EXPECT_EQ(test, vfe_function_restore(td->vd), -ENODEV);
	td->m->knobs.gone = false;
	/* the class driver was notified */
	KUNIT_EXPECT_EQ(test, td->needs_reset, 0U);

	forget_configuration(td);
	pdev->error_state = pci_channel_io_normal;
	/* a recovery that runs too early */
	KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -ENODEV);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	KUNIT_EXPECT_EQ(test, vfe_function_restore(td->vd), 0);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	KUNIT_EXPECT_FALSE(test, tdrv_command(td) & PCI_COMMAND_MASTER);
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	tdrv_expect_completion(test, td, 0);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(pdev)), 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void bus_error_without_an_end(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	td->m->pdev->error_state = pci_channel_io_frozen;
	vfe_function_offline(td->vd);
	tdrv_detach_all(td);
	vfe_mock_log_clear(td->m);
	td->m->pdev->error_state = pci_channel_io_perm_failure;
	vfe_function_offline(td->vd);
	tdrv_down(td);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	td->m->pdev->error_state = pci_channel_io_normal;
}

/* --- how a device is --- */

static void good_costs_one_read(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);

	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_GOOD);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 1U);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 1U);
	KUNIT_EXPECT_FALSE(test, vfe_wants_reset(td->vd));
}

/* QEMU's device does that when bus mastering is switched off under it. */
static void lost_driver_ok(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();

	td->m->status &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_NEEDS_RESET);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 1U);
	KUNIT_EXPECT_TRUE(test, vfe_wants_reset(td->vd));
	KUNIT_EXPECT_EQ(test, log_errors(mark, "device_status is 0xb: "), 1U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)), 1U);
	/* an interrupt finds it, too, and asks for the reset */
	vfe_mock_config_interrupt(td->m);
	tdrv_settle();
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	KUNIT_EXPECT_EQ(test, td->config_changed, 0U);
	expect_recovery(test, td);
}

/* Without DRIVER_OK, before it is written or after a reset: no fault */
static void not_live_is_not_lost(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_QUEUES), 0);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_GOOD);
	KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_GOOD);
	KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_health(td->vd), VFE_HEALTH_GOOD);
}

static void needs_reset_is_told_once_a_reset(struct kunit *test)
{
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned int i;

	for (i = 1; i <= 3; i++) {
		td->m->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
		KUNIT_EXPECT_EQ(test, vfe_health(td->vd),
				VFE_HEALTH_NEEDS_RESET);
		KUNIT_EXPECT_TRUE(test, vfe_wants_reset(td->vd));
		KUNIT_EXPECT_EQ(test, log_errors(mark, "asks for a reset"), i);
		expect_recovery(test, td);
	}
}

/* --- storms: a device that does the same thing again and again --- */

static void storm_of_requests(struct tdrv *td)
{
	vfe_mock_needs_reset(td->m);
	tdrv_settle();
}

static void storm_of_wrong_ids(struct tdrv *td)
{
	tdrv_add(td, 0);
	vfe_mock_push_raw(&td->m->queues[0], 0xdead, 0);
	tdrv_reap_all(td, 0);
}

static void storm_of_lost_status(struct tdrv *td)
{
	td->m->status &= ~VIRTIO_CONFIG_S_DRIVER_OK;
	vfe_health(td->vd);
}

static void storm_of_changes(struct tdrv *td)
{
	static const u8 fields[] = { 8, 8, 0 };
	u8 buf[16];

	td->m->knobs.generation_moves = UINT_MAX;
	vfe_mock_config_interrupt(td->m);
	tdrv_settle();
	vfe_config_read(td->vd, 0, fields, buf);
	/* beyond the end, as after a change that takes part of it away */
	vfe_config_read(td->vd, TDRV_CONFIG_SIZE, fields, buf);
}

static void storm_of_ones(struct tdrv *td)
{
	td->m->knobs.access = all_ones;
	vfe_health(td->vd);
	td->m->knobs.access = NULL;
}

static void storm_of_vanishing(struct tdrv *td)
{
	vfe_mock_vanish(td->m);
	vfe_health(td->vd);
	td->m->knobs.gone = false;
}

static void storm_of_lost_decoding(struct tdrv *td)
{
	pci_write_config_word(td->m->pdev, PCI_COMMAND, 0);
	vfe_health(td->vd);
}

/* Restarts that fail: the queue is still enabled, or features are refused. */
static void storm_of_failed_restarts(struct tdrv *td)
{
	vfe_reset(td->vd);
	td->m->knobs.refuse_features = true;
	vfe_restart(td->vd);
	td->m->knobs.refuse_features = false;
	td->m->queues[0].offer = 16;
	vfe_restart(td->vd);
	td->m->queues[0].offer = 64;
}

/**
 * struct storm - an event that a device repeats
 * @name: of the case
 * @blow: once
 */
struct storm {
	const char *name;
	void (*blow)(struct tdrv *td);
};

static const struct storm storms[] = {
	{ "needs reset", storm_of_requests },
	{ "wrong used ids", storm_of_wrong_ids },
	{ "lost DRIVER_OK", storm_of_lost_status },
	{ "configuration changes", storm_of_changes },
	{ "ones", storm_of_ones },
	{ "gone and back", storm_of_vanishing },
	{ "decoding off", storm_of_lost_decoding },
	{ "restarts that fail", storm_of_failed_restarts },
};

KUNIT_ARRAY_PARAM_DESC(storm, storms, name);

static void storm_is_told_in_few_lines(struct kunit *test)
{
	const struct storm *s = test->param_value;
	struct tdrv *td = tdrv_live(test, NULL);
	struct kmsg_dump_iter mark = log_mark();
	unsigned long start = jiffies;
	unsigned int i, lines;

	for (i = 0; i < STORM; i++) {
		s->blow(td);
		td->m->knobs.generation_moves = 0;
		vfe_reset(td->vd);
		tdrv_detach_all(td);
		KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
		KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
	}
	lines = log_lines(mark, pci_name(td->m->pdev));
	KUNIT_EXPECT_GE(test, lines, 1U);
	KUNIT_EXPECT_LE(test, lines, MOST_LINES *
			(1U + jiffies_to_msecs(jiffies - start) / 60000));
	kunit_info(test, "%u lines of %u\n", lines, STORM);
	tdrv_expect_completion(test, td, 0);
}

static struct kunit_case presence_cases[] = {
	KUNIT_CASE(ones_are_a_fault_where_the_function_is),
	KUNIT_CASE(ones_during_a_reset),
	KUNIT_CASE(ones_for_long),
	KUNIT_CASE(ones_at_each_step),
	KUNIT_CASE(isr_of_ones_with_intx),
	KUNIT_CASE(isr_of_ones_with_one_vector),
	KUNIT_CASE(decoding_was_switched_off),
	KUNIT_CASE(function_was_reset_behind_our_back),
	KUNIT_CASE(gone_and_back),
	KUNIT_CASE(another_function_in_its_place),
	KUNIT_CASE(comes_back_and_cannot_be_enabled),
	KUNIT_CASE(bus_error),
	KUNIT_CASE(bus_error_without_an_end),
	KUNIT_CASE(good_costs_one_read),
	KUNIT_CASE(lost_driver_ok),
	KUNIT_CASE(not_live_is_not_lost),
	KUNIT_CASE(needs_reset_is_told_once_a_reset),
	KUNIT_CASE_PARAM(storm_is_told_in_few_lines, storm_gen_params),
	{}
};

VFE_SUITE(presence_cases);

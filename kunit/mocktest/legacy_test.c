// SPDX-License-Identifier: GPL-2.0
/*
 * The mock's interface of 0.9.5, and its reset of single queues: what it
 * answers, and that each rule a driver may break there is noticed.
 */
#include <linux/string.h>

#include "lib/raw_driver.h"
#include "lib/suite.h"

#define S_ACK		VIRTIO_CONFIG_S_ACKNOWLEDGE
#define S_DRIVER	(S_ACK | VIRTIO_CONFIG_S_DRIVER)
#define S_LIVE		(S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK)

/* --- 0.9.5, by hand --- */

/**
 * struct old - a driver by hand
 * @m: the function
 * @bar: its BAR 0
 * @ring: two pages
 */
struct old {
	struct vfe_mock *m;
	void __iomem *bar;
	u8 *ring;
};

static u32 old_get(struct old *o, enum vfe_reg reg)
{
	void __iomem *addr = o->bar + raw_places[reg].offset;

	if (raw_places[reg].size == sizeof(u8))
		return ioread8(addr);
	if (raw_places[reg].size == sizeof(u16))
		return ioread16(addr);
	return ioread32(addr);
}

static void old_set(struct old *o, enum vfe_reg reg, u32 val)
{
	void __iomem *addr = o->bar + raw_places[reg].offset;

	if (raw_places[reg].size == sizeof(u8))
		iowrite8(val, addr);
	else if (raw_places[reg].size == sizeof(u16))
		iowrite16(val, addr);
	else
		iowrite32(val, addr);
}

static void old_status(struct old *o, u8 val)
{
	old_set(o, VFE_REG_LEGACY_DEVICE_STATUS, val);
}

static void old_end(void *data)
{
	struct old *o = data;

	if (o->m->pdev)
		pci_disable_device(o->m->pdev);
	iounmap(o->bar);
	free_pages((unsigned long)o->ring, 1);
}

/* Up to DRIVER */
static struct old *old_drive(struct kunit *test)
{
	struct vfe_mock_spec spec = { .legacy = true, .config = "abcdefgh",
				      .config_len = 8 };
	struct old *o = kunit_kzalloc(test, sizeof(*o), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, o);
	o->m = vfe_mock_plug(test, &spec);
	KUNIT_ASSERT_NOT_NULL(test, o->m);
	KUNIT_ASSERT_EQ(test, pci_enable_device(o->m->pdev), 0);
	pci_set_master(o->m->pdev);
	o->bar = ioremap(pci_resource_start(o->m->pdev, VFE_LEGACY_BAR), 32);
	o->ring = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 1);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, old_end, o), 0);
	KUNIT_ASSERT_NOT_NULL(test, o->ring);
	old_status(o, 0);
	KUNIT_EXPECT_EQ(test, old_get(o, VFE_REG_LEGACY_DEVICE_STATUS), 0U);
	old_status(o, S_ACK);
	old_status(o, S_DRIVER);
	return o;
}

static void old_queue(struct old *o)
{
	old_set(o, VFE_REG_LEGACY_QUEUE_SELECT, 0);
	old_set(o, VFE_REG_LEGACY_QUEUE_ADDRESS,
		virt_to_phys(o->ring) >> VFE_LEGACY_PAGE_SHIFT);
}

static void registers_answer(struct kunit *test)
{
	struct old *o = old_drive(test);
	struct vfe_mock_queue *mq = &o->m->queues[0];

	KUNIT_EXPECT_EQ(test, old_get(o, VFE_REG_LEGACY_DEVICE_FEATURES),
			lower_32_bits(VFE_MOCK_FEATURES));
	old_set(o, VFE_REG_LEGACY_DRIVER_FEATURES, 0);
	KUNIT_EXPECT_EQ(test, old_get(o, VFE_REG_LEGACY_QUEUE_SIZE), 64U);
	old_queue(o);
	KUNIT_EXPECT_EQ(test, mq->desc, (u64)virt_to_phys(o->ring));
	/* 16 * 64, then 2 * (3 + 64), then the next page */
	KUNIT_EXPECT_EQ(test, mq->driver, mq->desc + 1024);
	KUNIT_EXPECT_EQ(test, mq->device, mq->desc + 4096);
	old_status(o, S_LIVE);
	KUNIT_EXPECT_EQ(test, o->m->status, S_LIVE);
	old_set(o, VFE_REG_LEGACY_QUEUE_NOTIFY, 0);
	KUNIT_EXPECT_EQ(test, mq->kicks, 1U);
	/* one that is not there has no size */
	old_set(o, VFE_REG_LEGACY_QUEUE_SELECT, 1);
	KUNIT_EXPECT_EQ(test, old_get(o, VFE_REG_LEGACY_QUEUE_SIZE), 0U);
	/* the configuration begins at 20 */
	KUNIT_EXPECT_EQ(test, ioread8(o->bar + 20), (u32)'a');
	KUNIT_EXPECT_EQ(test, ioread16(o->bar + 22), (u32)('c' | 'd' << 8));
	VFE_MOCK_EXPECT_CLEAN(test, o->m);
}

static void features_ok_is_set(struct old *o)
{
	old_status(o, S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK);
}

static void feature_unoffered(struct old *o)
{
	old_set(o, VFE_REG_LEGACY_DRIVER_FEATURES, BIT(3));
}

static void features_undriven(struct old *o)
{
	old_status(o, 0);
	old_get(o, VFE_REG_LEGACY_DEVICE_STATUS);
	old_set(o, VFE_REG_LEGACY_DRIVER_FEATURES, 0);
}

static void features_late(struct old *o)
{
	old_status(o, S_LIVE);
	old_set(o, VFE_REG_LEGACY_DRIVER_FEATURES, 0);
}

static void queue_unknown(struct old *o)
{
	old_set(o, VFE_REG_LEGACY_QUEUE_SELECT, 1);
	old_set(o, VFE_REG_LEGACY_QUEUE_ADDRESS, 1);
}

static void queue_undriven(struct old *o)
{
	old_status(o, 0);
	old_get(o, VFE_REG_LEGACY_DEVICE_STATUS);
	old_queue(o);
}

static void queue_late(struct old *o)
{
	old_status(o, S_LIVE);
	old_queue(o);
}

static void queue_twice(struct old *o)
{
	old_queue(o);
	old_queue(o);
}

static void notify_early(struct old *o)
{
	old_queue(o);
	old_set(o, VFE_REG_LEGACY_QUEUE_NOTIFY, 0);
}

static void notify_nothing(struct old *o)
{
	old_status(o, S_LIVE);
	old_set(o, VFE_REG_LEGACY_QUEUE_NOTIFY, 0);
}

static void size_written(struct old *o)
{
	old_set(o, VFE_REG_LEGACY_QUEUE_SIZE, 8);
}

static void too_wide(struct old *o)
{
	ioread32(o->bar + 16);
}

static const struct old_rule {
	const char *says;
	void (*breaks)(struct old *o);
} old_rules[] = {
	{ "device_status: FEATURES_OK on the legacy", features_ok_is_set },
	{ "legacy_driver_features: a feature that", feature_unoffered },
	{ "legacy_driver_features: written before", features_undriven },
	{ "legacy_driver_features: written after", features_late },
	{ "legacy_queue_address: of a queue that is not", queue_unknown },
	{ "legacy_queue_address: written before", queue_undriven },
	{ "legacy_queue_address: written after", queue_late },
	{ "legacy_queue_address: of a queue that is in use", queue_twice },
	{ "legacy_queue_notify: before", notify_early },
	{ "legacy_queue_notify: of a queue that", notify_nothing },
	{ "a read-only register was written", size_written },
	{ "an access of another width", too_wide },
};

KUNIT_ARRAY_PARAM_DESC(old_rule, old_rules, says);

static void old_rule_is_noticed(struct kunit *test)
{
	const struct old_rule *rule = test->param_value;
	struct old *o = old_drive(test);

	KUNIT_ASSERT_STREQ(test, o->m->offence ?: "", "");
	rule->breaks(o);
	KUNIT_ASSERT_NOT_NULL(test, o->m->offence);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(o->m->offence, rule->says),
			      "the offence is: %s", o->m->offence);
}

/* --- single queues, and what notifications say --- */

#define RING_RESET	BIT_ULL(VIRTIO_F_RING_RESET)
#define DATA		BIT_ULL(VIRTIO_F_NOTIFICATION_DATA)

static void queue_is_reset_alone(struct kunit *test)
{
	struct raw *d = raw_up(test, VFE_MOCK_FEATURES | RING_RESET);
	struct vfe_mock_queue *mq = &d->m->queues[0];

	d->m->knobs.queue_reset_reads = 2;
	raw_set(d, VFE_REG_QUEUE_RESET, 1);
	KUNIT_EXPECT_EQ(test, vfe_mock_available(mq), 0U);
	KUNIT_EXPECT_EQ(test, raw_get(d, VFE_REG_QUEUE_RESET), 1U);
	KUNIT_EXPECT_EQ(test, raw_get(d, VFE_REG_QUEUE_RESET), 1U);
	KUNIT_EXPECT_EQ(test, raw_get(d, VFE_REG_QUEUE_ENABLE), 1U);
	KUNIT_EXPECT_EQ(test, raw_get(d, VFE_REG_QUEUE_RESET), 0U);
	KUNIT_EXPECT_EQ(test, raw_get(d, VFE_REG_QUEUE_ENABLE), 0U);
	KUNIT_EXPECT_EQ(test, mq->resets, 1U);
	KUNIT_EXPECT_EQ(test, mq->desc, 0ULL);
	memset(d->ring, 0, 4 * PAGE_SIZE);
	raw_queue(d);
	KUNIT_EXPECT_EQ(test, mq->enable, 1);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void reset_unasked(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_RESET, 1);
}

static void reset_by_zero(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_RESET, 0);
}

static void reset_twice(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_RESET, 1);
	raw_set(d, VFE_REG_QUEUE_RESET, 1);
}

static void reset_of_a_queue_that_is(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_RESET, 1);
	raw_get(d, VFE_REG_QUEUE_RESET);
	raw_set(d, VFE_REG_QUEUE_RESET, 1);
}

static void notify_while_reset(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_RESET, 1);
	iowrite16(0, d->notify);
}

static void data_is_not_the_index(struct raw *d)
{
	iowrite32(5 << 16, d->notify);
}

static void data_is_missing(struct raw *d)
{
	iowrite16(0, d->notify);
}

static void word_unasked(struct raw *d)
{
	raw_get(d, VFE_REG_QUEUE_NOTIF_CONFIG_DATA);
}

static const struct queue_rule {
	const char *says;
	u64 features;
	void (*breaks)(struct raw *d);
} queue_rules[] = {
	{ "queue_reset: written, RING_RESET was not", 0, reset_unasked },
	{ "queue_reset: another value", RING_RESET, reset_by_zero },
	{ "queue_reset: written while", RING_RESET, reset_twice },
	{ "queue_reset: of a queue that is not", RING_RESET,
	  reset_of_a_queue_that_is },
	{ "notify: of a queue that is being reset", RING_RESET,
	  notify_while_reset },
	{ "notify: the upper half", DATA, data_is_not_the_index },
	{ "notify: not of the width", DATA, data_is_missing },
	{ "queue_notif_config_data: NOTIF_CONFIG_DATA", 0, word_unasked },
};

KUNIT_ARRAY_PARAM_DESC(queue_rule, queue_rules, says);

static void queue_rule_is_noticed(struct kunit *test)
{
	const struct queue_rule *rule = test->param_value;
	struct raw *d = raw_up(test, VFE_MOCK_FEATURES | rule->features);

	rule->breaks(d);
	KUNIT_ASSERT_NOT_NULL(test, d->m->offence);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(d->m->offence, rule->says),
			      "the offence is: %s", d->m->offence);
}

static struct kunit_case mock_legacy_cases[] = {
	KUNIT_CASE(registers_answer),
	KUNIT_CASE_PARAM(old_rule_is_noticed, old_rule_gen_params),
	KUNIT_CASE(queue_is_reset_alone),
	KUNIT_CASE_PARAM(queue_rule_is_noticed, queue_rule_gen_params),
	{}
};

VFE_SUITE(mock_legacy_cases);

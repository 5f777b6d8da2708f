// SPDX-License-Identifier: GPL-2.0
/*
 * The mock itself: that it answers as a device does, that it sees what a
 * driver does wrong (played here by hand), and that nothing of it is left
 * behind. What it says of the real drivers is only worth what this says of it.
 */
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "lib/raw_driver.h"
#include "lib/suite.h"

static void registers_answer(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3, .queue_size = 32 };
	struct raw *d = raw_drive(test, &spec);

	KUNIT_EXPECT_EQ(test, raw_get(d, VFE_REG_NUM_QUEUES), 3U);
	raw_set(d, VFE_REG_DEVICE_FEATURE_SELECT, 1);
	KUNIT_EXPECT_EQ(test, raw_get(d, VFE_REG_DEVICE_FEATURE),
			upper_32_bits(VFE_MOCK_FEATURES));
	raw_set(d, VFE_REG_QUEUE_SELECT, 2);
	KUNIT_EXPECT_EQ(test, raw_get(d, VFE_REG_QUEUE_SIZE), 32U);
	KUNIT_EXPECT_EQ(test, raw_get(d, VFE_REG_QUEUE_NOTIFY_OFF), 2U);
	raw_set(d, VFE_REG_QUEUE_SELECT, 3);
	KUNIT_EXPECT_EQ(test, raw_get(d, VFE_REG_QUEUE_SIZE), 0U);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void split_pop_and_push(struct kunit *test)
{
	struct vfe_mock_chain *chain = kunit_kzalloc(test, sizeof(*chain),
						     GFP_KERNEL);
	struct raw *d = raw_up(test, VFE_MOCK_FEATURES);
	struct vfe_mock_queue *mq = &d->m->queues[0];

	KUNIT_ASSERT_NOT_NULL(test, chain);
	raw_make_desc(d, 2, 16, VRING_DESC_F_NEXT, 5);
	raw_make_desc(d, 5, 32, VRING_DESC_F_WRITE, 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_pop(mq, chain), 0);
	raw_expose(d, 2);
	KUNIT_EXPECT_EQ(test, vfe_mock_available(mq), 1U);
	KUNIT_ASSERT_EQ(test, vfe_mock_pop(mq, chain), 1);
	KUNIT_EXPECT_EQ(test, chain->id, 2);
	KUNIT_EXPECT_EQ(test, chain->out, 1U);
	KUNIT_EXPECT_EQ(test, chain->in_len, 32U);
	KUNIT_EXPECT_PTR_EQ(test, vfe_mock_mem(chain->segs[1].addr),
			    (void *)(raw_buffer(d) + 64 * 5));
	vfe_mock_push(mq, chain->id, 7, chain->descs);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(raw_used(d)->idx), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(raw_used(d)->ring[0].id), 2U);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(raw_used(d)->ring[0].len), 7U);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
	raw_reset(d);
}

static void plug_many_times(struct kunit *test)
{
	struct vfe_mock *m;
	int i;

	for (i = 0; i < 50; i++) {
		m = vfe_mock_plug(test, NULL);
		KUNIT_ASSERT_NOT_NULL(test, m);
		KUNIT_EXPECT_EQ(test, m->pdev->device, VFE_MOCK_DEVICE);
		vfe_mock_unplug(m);
		VFE_MOCK_EXPECT_CLEAN(test, m);
	}
}

static irqreturn_t mock_handler(int irq, void *data)
{
	struct raw *d = data;

	d->irqs++;
	return IRQ_HANDLED;
}

static void vectors_wait_while_masked(struct kunit *test)
{
	struct raw *d = raw_up(test, VFE_MOCK_FEATURES);
	struct pci_dev *pdev = d->m->pdev;

	KUNIT_ASSERT_EQ(test, pci_alloc_irq_vectors(pdev, 2, 2, PCI_IRQ_MSIX),
			2);
	/* masked: the driver has not enabled it */
	KUNIT_EXPECT_FALSE(test, vfe_mock_raise(d->m, 1));
	vfe_mock_settle(d->m);
	KUNIT_ASSERT_EQ(test, request_irq(pci_irq_vector(pdev, 1), mock_handler,
					  0, "vfe-mock-test", d), 0);
	vfe_mock_settle(d->m);
	KUNIT_EXPECT_EQ(test, d->irqs, 1U);
	KUNIT_EXPECT_TRUE(test, vfe_mock_raise(d->m, 1));
	KUNIT_EXPECT_EQ(test, d->irqs, 2U);
	free_irq(pci_irq_vector(pdev, 1), d);
	pci_free_irq_vectors(pdev);
	raw_reset(d);
}

static irqreturn_t mock_pin_handler(int irq, void *data)
{
	struct raw *d = data;

	if (!ioread8(d->isr))
		return IRQ_NONE;
	d->irqs++;
	return IRQ_HANDLED;
}

static void pin_is_level(struct kunit *test)
{
	struct raw *d = raw_up(test, VFE_MOCK_FEATURES);
	struct pci_dev *pdev = d->m->pdev;

	KUNIT_ASSERT_EQ(test, request_irq(pdev->irq, mock_pin_handler, 0,
					  "vfe-mock-test", d), 0);
	KUNIT_EXPECT_TRUE(test, vfe_mock_interrupt(&d->m->queues[0]));
	KUNIT_EXPECT_EQ(test, d->irqs, 1U);
	KUNIT_EXPECT_EQ(test, d->m->isr, 0);
	pci_intx(pdev, 0);
	KUNIT_EXPECT_FALSE(test, vfe_mock_config_interrupt(d->m));
	KUNIT_EXPECT_EQ(test, d->irqs, 1U);
	pci_intx(pdev, 1);
	vfe_mock_settle(d->m);
	KUNIT_EXPECT_EQ(test, d->irqs, 2U);
	free_irq(pdev->irq, d);
	raw_reset(d);
}

static void full_log_is_told(struct kunit *test)
{
	struct raw *d = raw_drive(test, NULL);
	unsigned int i;

	for (i = 0; i < 65540; i++)
		ioread8(d->common + 20);
	KUNIT_EXPECT_EQ(test, d->m->log_lost, 4U);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(d->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 65536U);
	vfe_mock_log_clear(d->m);
	raw_get(d, VFE_REG_DEVICE_STATUS);
	KUNIT_EXPECT_EQ(test, d->m->log_len, 1U);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void what_is_left_is_told(struct kunit *test)
{
	struct raw *d = raw_up(test, VFE_MOCK_FEATURES);

	vfe_mock_unplug(d->m);
	KUNIT_EXPECT_STREQ(test, d->m->offence ?: "",
			   "BAR: a mapping was left behind");
}

static struct kunit_case mock_cases[] = {
	KUNIT_CASE(registers_answer),
	KUNIT_CASE(split_pop_and_push),
	KUNIT_CASE(plug_many_times),
	KUNIT_CASE(vectors_wait_while_masked),
	KUNIT_CASE(pin_is_level),
	KUNIT_CASE(full_log_is_told),
	KUNIT_CASE(what_is_left_is_told),
	{}
};

VFE_SUITE(mock_cases);

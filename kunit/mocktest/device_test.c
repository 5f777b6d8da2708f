// SPDX-License-Identifier: GPL-2.0
/*
 * What no other suite would notice of the mock: a log that is full, a mapping
 * that a driver leaves behind, a masked vector.
 */
#include <linux/interrupt.h>
#include <linux/pci.h>

#include "lib/raw_driver.h"
#include "lib/suite.h"

static void full_log_is_told(struct kunit *test)
{
	struct raw *d = raw_drive(test, NULL);
	unsigned int i;

	for (i = 0; i < 65540; i++)
		raw_get(d, VFE_REG_DEVICE_STATUS);
	KUNIT_EXPECT_EQ(test, d->m->log_lost, 4U);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(d->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 65536U);
	vfe_mock_log_clear(d->m);
	raw_get(d, VFE_REG_DEVICE_STATUS);
	KUNIT_EXPECT_EQ(test, d->m->log_len, 1U);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void mapping_is_left_behind(struct kunit *test)
{
	struct raw *d = raw_drive(test, NULL);

	vfe_mock_unplug(d->m);
	KUNIT_EXPECT_STREQ(test, d->m->offence ?: "",
			   "BAR: a mapping was left behind");
}

static irqreturn_t mock_handler(int irq, void *data)
{
	struct raw *d = data;

	d->irqs++;
	return IRQ_HANDLED;
}

static void vectors_wait_while_masked(struct kunit *test)
{
	struct raw *d = raw_drive(test, NULL);
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
}

static struct kunit_case mock_cases[] = {
	KUNIT_CASE(full_log_is_told),
	KUNIT_CASE(mapping_is_left_behind),
	KUNIT_CASE(vectors_wait_while_masked),
	{}
};

VFE_SUITE(mock_cases);

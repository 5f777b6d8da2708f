// SPDX-License-Identifier: GPL-2.0
/*
 * The mock itself: that it answers as a device does, that it sees what a
 * driver does wrong (played here by hand), and that nothing of it is left
 * behind. What it says of the real drivers is only worth what this says of it.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "mock/mock.h"

#define MOCK_SIZE	8	/* of the queue that is driven by hand */

/**
 * struct mock_driver - a driver by hand
 * @m: the function
 * @common: its common configuration structure
 * @notify: its notification structure
 * @isr: its ISR status
 * @config: its device-specific configuration
 * @ring: memory of a page for each part
 * @irqs: how often a handler ran
 */
struct mock_driver {
	struct vfe_mock *m;
	void __iomem *common;
	void __iomem *notify;
	void __iomem *isr;
	void __iomem *config;
	u8 *ring;
	unsigned int irqs;
};

static void mock_unmap(void *data)
{
	struct mock_driver *d = data;

	if (d->m->pdev)
		pci_disable_device(d->m->pdev);
	iounmap(d->common);
	iounmap(d->notify);
	iounmap(d->isr);
	iounmap(d->config);
	free_pages((unsigned long)d->ring, 2);
	d->ring = NULL;
}

/* Plug a function in, map what it has, and be its driver. */
static struct mock_driver *mock_drive(struct kunit *test,
				      const struct vfe_mock_spec *spec)
{
	struct mock_driver *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
	struct pci_dev *pdev;
	phys_addr_t bar;

	KUNIT_ASSERT_NOT_NULL(test, d);
	d->m = vfe_mock_plug(test, spec);
	KUNIT_ASSERT_NOT_NULL(test, d->m);
	pdev = d->m->pdev;
	KUNIT_ASSERT_EQ(test, pci_enable_device(pdev), 0);
	pci_set_master(pdev);
	bar = pci_resource_start(pdev, VFE_BAR_VIRTIO);
	d->common = ioremap(bar + VFE_COMMON_OFFSET, VFE_STRUCT_SIZE);
	d->isr = ioremap(bar + VFE_ISR_OFFSET, 1);
	d->config = ioremap(bar + VFE_DEVICE_OFFSET, VFE_STRUCT_SIZE);
	d->notify = ioremap(bar + VFE_NOTIFY_OFFSET, VFE_STRUCT_SIZE);
	d->ring = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 2);
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, mock_unmap, d), 0);
	KUNIT_ASSERT_NOT_NULL(test, d->ring);
	return d;
}

static struct vring_desc *mock_desc(struct mock_driver *d)
{
	return (struct vring_desc *)d->ring;
}

static struct vring_avail *mock_avail(struct mock_driver *d)
{
	return (struct vring_avail *)(d->ring + PAGE_SIZE);
}

static struct vring_used *mock_used(struct mock_driver *d)
{
	return (struct vring_used *)(d->ring + 2 * PAGE_SIZE);
}

static u8 *mock_buffer(struct mock_driver *d)
{
	return d->ring + 3 * PAGE_SIZE;
}

struct mock_place {
	u16 offset;
	u16 size;
};

#define MOCK_PLACE(id, name, win, off, size) [VFE_REG_##id] = { off, size },
static const struct mock_place mock_places[] = {
	VFE_REGISTERS(MOCK_PLACE)
};

static u32 mock_get(struct mock_driver *d, enum vfe_reg reg)
{
	void __iomem *addr = d->common + mock_places[reg].offset;

	if (mock_places[reg].size == sizeof(u8))
		return readb(addr);
	return mock_places[reg].size == sizeof(u16) ? readw(addr) : readl(addr);
}

static void mock_set(struct mock_driver *d, enum vfe_reg reg, u32 val)
{
	void __iomem *addr = d->common + mock_places[reg].offset;

	if (mock_places[reg].size == sizeof(u8))
		writeb(val, addr);
	else if (mock_places[reg].size == sizeof(u16))
		writew(val, addr);
	else
		writel(val, addr);
}

static void mock_status(struct mock_driver *d, u8 bit)
{
	mock_set(d, VFE_REG_DEVICE_STATUS,
		 mock_get(d, VFE_REG_DEVICE_STATUS) | bit);
}

static void mock_reset(struct mock_driver *d)
{
	mock_set(d, VFE_REG_DEVICE_STATUS, 0);
	mock_get(d, VFE_REG_DEVICE_STATUS);
}

static void mock_accept(struct mock_driver *d, u64 features)
{
	mock_reset(d);
	mock_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	mock_status(d, VIRTIO_CONFIG_S_DRIVER);
	mock_set(d, VFE_REG_DRIVER_FEATURE_SELECT, 0);
	mock_set(d, VFE_REG_DRIVER_FEATURE, lower_32_bits(features));
	mock_set(d, VFE_REG_DRIVER_FEATURE_SELECT, 1);
	mock_set(d, VFE_REG_DRIVER_FEATURE, upper_32_bits(features));
	mock_status(d, VIRTIO_CONFIG_S_FEATURES_OK);
}

static void mock_address(struct mock_driver *d, enum vfe_reg lo, void *at)
{
	mock_set(d, lo, lower_32_bits(virt_to_phys(at)));
	mock_set(d, lo + 1, upper_32_bits(virt_to_phys(at)));
}

static void mock_queue(struct mock_driver *d)
{
	mock_set(d, VFE_REG_QUEUE_SELECT, 0);
	mock_set(d, VFE_REG_QUEUE_SIZE, MOCK_SIZE);
	mock_address(d, VFE_REG_QUEUE_DESC_LO, mock_desc(d));
	mock_address(d, VFE_REG_QUEUE_DRIVER_LO, mock_avail(d));
	mock_address(d, VFE_REG_QUEUE_DEVICE_LO, mock_used(d));
	mock_set(d, VFE_REG_QUEUE_ENABLE, 1);
}

/* Everything up to DRIVER_OK */
static struct mock_driver *mock_up(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .features = features };
	struct mock_driver *d = mock_drive(test, &spec);

	mock_accept(d, features);
	mock_queue(d);
	mock_status(d, VIRTIO_CONFIG_S_DRIVER_OK);
	KUNIT_ASSERT_STREQ(test, d->m->offence ?: "", "");
	return d;
}

static void mock_make_desc(struct mock_driver *d, unsigned int i, u32 len,
			   u16 flags, u16 next)
{
	mock_desc(d)[i] = (struct vring_desc){
		.addr = virt_to_phys(mock_buffer(d)) + 64 * i,
		.len = len,
		.flags = flags,
		.next = next,
	};
}

static void mock_expose(struct mock_driver *d, u16 head)
{
	struct vring_avail *avail = mock_avail(d);

	avail->ring[avail->idx % MOCK_SIZE] = head;
	avail->idx++;
}

static void registers_answer(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3, .queue_size = 32 };
	struct mock_driver *d = mock_drive(test, &spec);

	KUNIT_EXPECT_EQ(test, mock_get(d, VFE_REG_NUM_QUEUES), 3U);
	mock_set(d, VFE_REG_DEVICE_FEATURE_SELECT, 1);
	KUNIT_EXPECT_EQ(test, mock_get(d, VFE_REG_DEVICE_FEATURE),
			upper_32_bits(VFE_MOCK_FEATURES));
	mock_set(d, VFE_REG_QUEUE_SELECT, 2);
	KUNIT_EXPECT_EQ(test, mock_get(d, VFE_REG_QUEUE_SIZE), 32U);
	KUNIT_EXPECT_EQ(test, mock_get(d, VFE_REG_QUEUE_NOTIFY_OFF), 2U);
	mock_set(d, VFE_REG_QUEUE_SELECT, 3);
	KUNIT_EXPECT_EQ(test, mock_get(d, VFE_REG_QUEUE_SIZE), 0U);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void split_pop_and_push(struct kunit *test)
{
	struct vfe_mock_chain *chain = kunit_kzalloc(test, sizeof(*chain),
						     GFP_KERNEL);
	struct mock_driver *d = mock_up(test, VFE_MOCK_FEATURES);
	struct vfe_mock_queue *mq = &d->m->queues[0];

	KUNIT_ASSERT_NOT_NULL(test, chain);
	mock_make_desc(d, 2, 16, VRING_DESC_F_NEXT, 5);
	mock_make_desc(d, 5, 32, VRING_DESC_F_WRITE, 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_pop(mq, chain), 0);
	mock_expose(d, 2);
	KUNIT_EXPECT_EQ(test, vfe_mock_available(mq), 1U);
	KUNIT_ASSERT_EQ(test, vfe_mock_pop(mq, chain), 1);
	KUNIT_EXPECT_EQ(test, chain->id, 2);
	KUNIT_EXPECT_EQ(test, chain->out, 1U);
	KUNIT_EXPECT_EQ(test, chain->in_len, 32U);
	KUNIT_EXPECT_PTR_EQ(test, vfe_mock_mem(chain->segs[1].addr),
			    (void *)(mock_buffer(d) + 64 * 5));
	vfe_mock_push(mq, chain->id, 7, chain->descs);
	KUNIT_EXPECT_EQ(test, mock_used(d)->idx, 1);
	KUNIT_EXPECT_EQ(test, mock_used(d)->ring[0].id, 2);
	KUNIT_EXPECT_EQ(test, mock_used(d)->ring[0].len, 7);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
	mock_reset(d);
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
	struct mock_driver *d = data;

	d->irqs++;
	return IRQ_HANDLED;
}

static void vectors_wait_while_masked(struct kunit *test)
{
	struct mock_driver *d = mock_up(test, VFE_MOCK_FEATURES);
	struct pci_dev *pdev = d->m->pdev;

	KUNIT_ASSERT_EQ(test, pci_alloc_irq_vectors(pdev, 2, 2, PCI_IRQ_MSIX),
			2);
	/* nobody has asked for it: masked */
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
	mock_reset(d);
}

static irqreturn_t mock_pin_handler(int irq, void *data)
{
	struct mock_driver *d = data;

	if (!readb(d->isr))
		return IRQ_NONE;
	d->irqs++;
	return IRQ_HANDLED;
}

static void pin_is_level(struct kunit *test)
{
	struct mock_driver *d = mock_up(test, VFE_MOCK_FEATURES);
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
	mock_reset(d);
}

static struct kunit_case mock_cases[] = {
	KUNIT_CASE(registers_answer),
	KUNIT_CASE(split_pop_and_push),
	KUNIT_CASE(plug_many_times),
	KUNIT_CASE(vectors_wait_while_masked),
	KUNIT_CASE(pin_is_level),
	{}
};

static struct kunit_suite mock_suite = {
	.name = "vfe-mock",
	.test_cases = mock_cases,
};

kunit_test_suite(mock_suite);

MODULE_DESCRIPTION("KUnit tests of the mock function");
MODULE_LICENSE("GPL");

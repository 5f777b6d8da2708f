/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A minimal driver for the suites that test the mock itself: it does exactly
 * the steps of a case, valid or not.
 */
#ifndef VFE_KUNIT_RAW_DRIVER_H
#define VFE_KUNIT_RAW_DRIVER_H

#include <linux/io.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "mock/mock.h"

#define HAND_SIZE	8	/* of the queue that is driven by hand */

/**
 * struct hand - a driver by hand
 * @m: the function
 * @common: its common configuration structure
 * @notify: its notification structure
 * @isr: its ISR status
 * @config: its device-specific configuration
 * @ring: memory of a page for each part
 * @irqs: how often a handler ran
 */
struct hand {
	struct vfe_mock *m;
	void __iomem *common;
	void __iomem *notify;
	void __iomem *isr;
	void __iomem *config;
	u8 *ring;
	unsigned int irqs;
};

static inline void hand_unmap(void *data)
{
	struct hand *d = data;

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
static inline struct hand *hand_drive(struct kunit *test,
				      const struct vfe_mock_spec *spec)
{
	struct hand *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
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
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, hand_unmap, d), 0);
	KUNIT_ASSERT_NOT_NULL(test, d->ring);
	return d;
}

/* The parts of a split ring (virtio 1.4, 2.7), little endian */
struct hand_desc {
	__le64 addr;
	__le32 len;
	__le16 flags;
	__le16 next;
};

struct hand_avail {
	__le16 flags;
	__le16 idx;
	__le16 ring[HAND_SIZE];
};

struct hand_used {
	__le16 flags;
	__le16 idx;
	struct {
		__le32 id;
		__le32 len;
	} ring[HAND_SIZE];
};

static inline struct hand_desc *hand_desc(struct hand *d)
{
	return (struct hand_desc *)d->ring;
}

static inline struct hand_avail *hand_avail(struct hand *d)
{
	return (struct hand_avail *)(d->ring + PAGE_SIZE);
}

static inline struct hand_used *hand_used(struct hand *d)
{
	return (struct hand_used *)(d->ring + 2 * PAGE_SIZE);
}

static inline u8 *hand_buffer(struct hand *d)
{
	return d->ring + 3 * PAGE_SIZE;
}

struct hand_place {
	u16 offset;
	u16 size;
};

#define HAND_PLACE(id, name, win, off, size) [VFE_REG_##id] = { off, size },
static const struct hand_place hand_places[] = {
	VFE_REGISTERS(HAND_PLACE)
};

static inline u32 hand_get(struct hand *d, enum vfe_reg reg)
{
	void __iomem *addr = d->common + hand_places[reg].offset;

	if (hand_places[reg].size == sizeof(u8))
		return ioread8(addr);
	if (hand_places[reg].size == sizeof(u16))
		return ioread16(addr);
	return ioread32(addr);
}

static inline void hand_set(struct hand *d, enum vfe_reg reg, u32 val)
{
	void __iomem *addr = d->common + hand_places[reg].offset;

	if (hand_places[reg].size == sizeof(u8))
		iowrite8(val & U8_MAX, addr);
	else if (hand_places[reg].size == sizeof(u16))
		iowrite16(val & U16_MAX, addr);
	else
		iowrite32(val, addr);
}

static inline void hand_status(struct hand *d, u8 bit)
{
	hand_set(d, VFE_REG_DEVICE_STATUS,
		 hand_get(d, VFE_REG_DEVICE_STATUS) | bit);
}

static inline void hand_reset(struct hand *d)
{
	hand_set(d, VFE_REG_DEVICE_STATUS, 0);
	hand_get(d, VFE_REG_DEVICE_STATUS);
}

static inline void hand_accept(struct hand *d, u64 features)
{
	hand_reset(d);
	hand_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	hand_status(d, VIRTIO_CONFIG_S_DRIVER);
	hand_set(d, VFE_REG_DRIVER_FEATURE_SELECT, 0);
	hand_set(d, VFE_REG_DRIVER_FEATURE, lower_32_bits(features));
	hand_set(d, VFE_REG_DRIVER_FEATURE_SELECT, 1);
	hand_set(d, VFE_REG_DRIVER_FEATURE, upper_32_bits(features));
	hand_status(d, VIRTIO_CONFIG_S_FEATURES_OK);
}

static inline void hand_address(struct hand *d, enum vfe_reg lo, void *at)
{
	hand_set(d, lo, lower_32_bits(virt_to_phys(at)));
	hand_set(d, lo + 1, upper_32_bits(virt_to_phys(at)));
}

static inline void hand_queue(struct hand *d)
{
	hand_set(d, VFE_REG_QUEUE_SELECT, 0);
	hand_set(d, VFE_REG_QUEUE_SIZE, HAND_SIZE);
	hand_address(d, VFE_REG_QUEUE_DESC_LO, hand_desc(d));
	hand_address(d, VFE_REG_QUEUE_DRIVER_LO, hand_avail(d));
	hand_address(d, VFE_REG_QUEUE_DEVICE_LO, hand_used(d));
	hand_set(d, VFE_REG_QUEUE_ENABLE, 1);
}

/* Everything up to DRIVER_OK */
static inline struct hand *hand_up(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .features = features };
	struct hand *d = hand_drive(test, &spec);

	hand_accept(d, features);
	hand_queue(d);
	hand_status(d, VIRTIO_CONFIG_S_DRIVER_OK);
	KUNIT_ASSERT_STREQ(test, d->m->offence ?: "", "");
	return d;
}

static inline void hand_make_desc(struct hand *d, unsigned int i, u32 len,
				  u16 flags, u16 next)
{
	hand_desc(d)[i] = (struct hand_desc){
		.addr = cpu_to_le64(virt_to_phys(hand_buffer(d)) + 64 * i),
		.len = cpu_to_le32(len),
		.flags = cpu_to_le16(flags),
		.next = cpu_to_le16(next),
	};
}

static inline void hand_expose(struct hand *d, u16 head)
{
	struct hand_avail *avail = hand_avail(d);

	avail->ring[le16_to_cpu(avail->idx) % HAND_SIZE] = cpu_to_le16(head);
	le16_add_cpu(&avail->idx, 1);
}

#endif /* VFE_KUNIT_RAW_DRIVER_H */

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

#define RAW_SIZE	8	/* of the queue that is driven by hand */

/**
 * struct raw - a driver by hand
 * @m: the function
 * @common: its common configuration structure
 * @notify: its notification structure
 * @isr: its ISR status
 * @config: its device-specific configuration
 * @ring: memory of a page for each part
 * @irqs: how often a handler ran
 */
struct raw {
	struct vfe_mock *m;
	void __iomem *common;
	void __iomem *notify;
	void __iomem *isr;
	void __iomem *config;
	u8 *ring;
	unsigned int irqs;
};

static inline void raw_unmap(void *data)
{
	struct raw *d = data;

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
static inline struct raw *raw_drive(struct kunit *test,
				    const struct vfe_mock_spec *spec)
{
	struct raw *d = kunit_kzalloc(test, sizeof(*d), GFP_KERNEL);
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
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, raw_unmap, d), 0);
	KUNIT_ASSERT_NOT_NULL(test, d->ring);
	return d;
}

/* The parts of a split ring (virtio 1.4, 2.7), little endian */
struct raw_desc {
	__le64 addr;
	__le32 len;
	__le16 flags;
	__le16 next;
};

struct raw_avail {
	__le16 flags;
	__le16 idx;
	__le16 ring[RAW_SIZE];
};

struct raw_used {
	__le16 flags;
	__le16 idx;
	struct {
		__le32 id;
		__le32 len;
	} ring[RAW_SIZE];
};

static inline struct raw_desc *raw_desc(struct raw *d)
{
	return (struct raw_desc *)d->ring;
}

static inline struct raw_avail *raw_avail(struct raw *d)
{
	return (struct raw_avail *)(d->ring + PAGE_SIZE);
}

static inline struct raw_used *raw_used(struct raw *d)
{
	return (struct raw_used *)(d->ring + 2 * PAGE_SIZE);
}

static inline u8 *raw_buffer(struct raw *d)
{
	return d->ring + 3 * PAGE_SIZE;
}

struct raw_place {
	u16 offset;
	u16 size;
};

#define RAW_PLACE(id, name, win, off, size) [VFE_REG_##id] = { off, size },
static const struct raw_place raw_places[] = {
	VFE_REGISTERS(RAW_PLACE)
};

static inline u32 raw_get(struct raw *d, enum vfe_reg reg)
{
	void __iomem *addr = d->common + raw_places[reg].offset;

	if (raw_places[reg].size == sizeof(u8))
		return ioread8(addr);
	if (raw_places[reg].size == sizeof(u16))
		return ioread16(addr);
	return ioread32(addr);
}

static inline void raw_set(struct raw *d, enum vfe_reg reg, u32 val)
{
	void __iomem *addr = d->common + raw_places[reg].offset;

	if (raw_places[reg].size == sizeof(u8))
		iowrite8(val & U8_MAX, addr);
	else if (raw_places[reg].size == sizeof(u16))
		iowrite16(val & U16_MAX, addr);
	else
		iowrite32(val, addr);
}

static inline void raw_status(struct raw *d, u8 bit)
{
	raw_set(d, VFE_REG_DEVICE_STATUS,
		raw_get(d, VFE_REG_DEVICE_STATUS) | bit);
}

static inline void raw_reset(struct raw *d)
{
	raw_set(d, VFE_REG_DEVICE_STATUS, 0);
	raw_get(d, VFE_REG_DEVICE_STATUS);
}

static inline void raw_accept(struct raw *d, u64 features)
{
	raw_reset(d);
	raw_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	raw_status(d, VIRTIO_CONFIG_S_DRIVER);
	raw_set(d, VFE_REG_DRIVER_FEATURE_SELECT, 0);
	raw_set(d, VFE_REG_DRIVER_FEATURE, lower_32_bits(features));
	raw_set(d, VFE_REG_DRIVER_FEATURE_SELECT, 1);
	raw_set(d, VFE_REG_DRIVER_FEATURE, upper_32_bits(features));
	raw_status(d, VIRTIO_CONFIG_S_FEATURES_OK);
}

static inline void raw_address(struct raw *d, enum vfe_reg lo, void *at)
{
	raw_set(d, lo, lower_32_bits(virt_to_phys(at)));
	raw_set(d, lo + 1, upper_32_bits(virt_to_phys(at)));
}

static inline void raw_queue(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_SELECT, 0);
	raw_set(d, VFE_REG_QUEUE_SIZE, RAW_SIZE);
	raw_address(d, VFE_REG_QUEUE_DESC_LO, raw_desc(d));
	raw_address(d, VFE_REG_QUEUE_DRIVER_LO, raw_avail(d));
	raw_address(d, VFE_REG_QUEUE_DEVICE_LO, raw_used(d));
	raw_set(d, VFE_REG_QUEUE_ENABLE, 1);
}

/* Everything up to DRIVER_OK */
static inline struct raw *raw_up(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .features = features };
	struct raw *d = raw_drive(test, &spec);

	raw_accept(d, features);
	raw_queue(d);
	raw_status(d, VIRTIO_CONFIG_S_DRIVER_OK);
	KUNIT_ASSERT_STREQ(test, d->m->offence ?: "", "");
	return d;
}

static inline void raw_make_desc(struct raw *d, unsigned int i, u32 len,
				 u16 flags, u16 next)
{
	raw_desc(d)[i] = (struct raw_desc){
		.addr = cpu_to_le64(virt_to_phys(raw_buffer(d)) + 64 * i),
		.len = cpu_to_le32(len),
		.flags = cpu_to_le16(flags),
		.next = cpu_to_le16(next),
	};
}

static inline void raw_expose(struct raw *d, u16 head)
{
	struct raw_avail *avail = raw_avail(d);

	avail->ring[le16_to_cpu(avail->idx) % RAW_SIZE] = cpu_to_le16(head);
	le16_add_cpu(&avail->idx, 1);
}

#endif /* VFE_KUNIT_RAW_DRIVER_H */

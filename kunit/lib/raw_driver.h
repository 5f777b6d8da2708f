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

#define RAW_SIZE	8	/* of the queue */

/**
 * struct raw - a driver by hand
 * @m: the function
 * @win: its structures by window: memory, or NULL
 * @ring: memory of a page for each part
 * @irqs: how often a handler ran
 */
struct raw {
	struct vfe_mock *m;
	void __iomem *win[VFE_NUM_WINDOWS];
	u8 *ring;
	unsigned int irqs;
};

static inline void raw_end(void *data)
{
	struct raw *d = data;
	unsigned int i;

	if (d->m->pdev)
		pci_disable_device(d->m->pdev);
	for (i = 0; i < VFE_NUM_WINDOWS; i++)
		if (d->win[i])
			iounmap(d->win[i]);
	free_pages((unsigned long)d->ring, 2);
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
	d->ring = (u8 *)__get_free_pages(GFP_KERNEL | __GFP_ZERO, 2);
	if (spec && spec->legacy) {
		bar = pci_resource_start(pdev, VFE_LEGACY_BAR);
		d->win[VFE_WIN_LEGACY] = ioremap(bar, 32);
	} else {
		bar = pci_resource_start(pdev, VFE_BAR_VIRTIO);
		d->win[VFE_WIN_COMMON] = ioremap(bar + VFE_COMMON_OFFSET,
						 VFE_STRUCT_SIZE);
		d->win[VFE_WIN_ISR] = ioremap(bar + VFE_ISR_OFFSET, 1);
		d->win[VFE_WIN_DEVICE] = ioremap(bar + VFE_DEVICE_OFFSET,
						 VFE_STRUCT_SIZE);
		d->win[VFE_WIN_NOTIFY] = ioremap(bar + VFE_NOTIFY_OFFSET,
						 VFE_STRUCT_SIZE);
	}
	KUNIT_ASSERT_EQ(test, kunit_add_action(test, raw_end, d), 0);
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

static inline struct raw_desc *raw_desc(struct raw *d)
{
	return (struct raw_desc *)d->ring;
}

static inline struct raw_avail *raw_avail(struct raw *d)
{
	return (struct raw_avail *)(d->ring + PAGE_SIZE);
}

static inline __le16 *raw_used_flags(struct raw *d)
{
	return (__le16 *)(d->ring + 2 * PAGE_SIZE);
}

static inline u8 *raw_buffer(struct raw *d)
{
	return d->ring + 3 * PAGE_SIZE;
}

struct raw_place {
	u16 win;
	u16 offset;
	u16 size;
};

#define RAW_PLACE(id, name, win, off, size) \
	[VFE_REG_##id] = { VFE_WIN_##win, off, size },
static const struct raw_place raw_places[] = {
	VFE_REGISTERS(RAW_PLACE)
};

static inline void __iomem *raw_at(struct raw *d, enum vfe_reg reg)
{
	return d->win[raw_places[reg].win] + raw_places[reg].offset;
}

static inline u32 raw_get(struct raw *d, enum vfe_reg reg)
{
	if (raw_places[reg].size == sizeof(u8))
		return ioread8(raw_at(d, reg));
	if (raw_places[reg].size == sizeof(u16))
		return ioread16(raw_at(d, reg));
	return ioread32(raw_at(d, reg));
}

static inline void raw_set(struct raw *d, enum vfe_reg reg, u32 val)
{
	if (raw_places[reg].size == sizeof(u8))
		iowrite8(val & U8_MAX, raw_at(d, reg));
	else if (raw_places[reg].size == sizeof(u16))
		iowrite16(val & U16_MAX, raw_at(d, reg));
	else
		iowrite32(val, raw_at(d, reg));
}

static inline void raw_address(struct raw *d, enum vfe_reg lo, void *at)
{
	raw_set(d, lo, lower_32_bits(virt_to_phys(at)));
	raw_set(d, lo + 1, upper_32_bits(virt_to_phys(at)));
}

/* How far the set-up of a device got */
enum raw_state {
	RAW_LIVE,		/* with a queue */
	RAW_NO_QUEUE,		/* live, without a queue */
	RAW_QUEUE,		/* a queue is set up, and not enabled */
	RAW_DRIVER,
	RAW_RESET,
	RAW_FRESH,		/* nobody has touched it */
};

static inline void raw_accept(struct raw *d, u64 features)
{
	raw_set(d, VFE_REG_DRIVER_FEATURE_SELECT, 0);
	raw_set(d, VFE_REG_DRIVER_FEATURE, lower_32_bits(features));
	raw_set(d, VFE_REG_DRIVER_FEATURE_SELECT, 1);
	raw_set(d, VFE_REG_DRIVER_FEATURE, upper_32_bits(features));
}

#define RAW_S_ACK	VIRTIO_CONFIG_S_ACKNOWLEDGE
#define RAW_S_DRIVER	(RAW_S_ACK | VIRTIO_CONFIG_S_DRIVER)
#define RAW_S_FEATURES	(RAW_S_DRIVER | VIRTIO_CONFIG_S_FEATURES_OK)
#define RAW_S_LIVE	(RAW_S_FEATURES | VIRTIO_CONFIG_S_DRIVER_OK)

static inline void raw_queue(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_SIZE, RAW_SIZE);
	raw_address(d, VFE_REG_QUEUE_DESC_LO, raw_desc(d));
	raw_address(d, VFE_REG_QUEUE_DRIVER_LO, raw_avail(d));
	raw_address(d, VFE_REG_QUEUE_DEVICE_LO, raw_used_flags(d));
}

/* Set a device up, from a reset, with all its features. */
static inline void raw_up(struct raw *d, enum raw_state state)
{
	if (state == RAW_FRESH)
		return;
	raw_set(d, VFE_REG_DEVICE_STATUS, 0);
	raw_get(d, VFE_REG_DEVICE_STATUS);
	if (state == RAW_RESET)
		return;
	raw_set(d, VFE_REG_DEVICE_STATUS, RAW_S_ACK);
	raw_set(d, VFE_REG_DEVICE_STATUS, RAW_S_DRIVER);
	if (state == RAW_DRIVER)
		return;
	raw_accept(d, d->m->offered);
	raw_set(d, VFE_REG_DEVICE_STATUS, RAW_S_FEATURES);
	if (state != RAW_NO_QUEUE)
		raw_queue(d);
	if (state == RAW_QUEUE)
		return;
	if (state == RAW_LIVE)
		raw_set(d, VFE_REG_QUEUE_ENABLE, 1);
	raw_set(d, VFE_REG_DEVICE_STATUS, RAW_S_LIVE);
}

#endif /* VFE_KUNIT_RAW_DRIVER_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Legacy devices (drivers/core/legacy.c): what the interface of virtio 0.9.5
 * asks of a driver, the number of accesses, interrupts, resets, a disk, and
 * devices that the driver refuses.
 */
#include <linux/bits.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "lib/blk_fixture.h"
#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

#define LIVE	(S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK)
#define F(name)	BIT_ULL(VIRTIO_BLK_F_##name)

static struct tdrv *tdrv_legacy(struct kunit *test, unsigned int queues,
				int vectors)
{
	struct vfe_mock_spec spec = {
		.legacy = true,
		.queues = queues,
		.vectors = vectors,
	};

	return tdrv_new(test, &spec);
}

/* --- accesses --- */

static const enum vfe_reg queue_regs[] = {
	VFE_REG_LEGACY_QUEUE_SELECT, VFE_REG_LEGACY_QUEUE_SIZE,
	VFE_REG_LEGACY_QUEUE_VECTOR, VFE_REG_LEGACY_QUEUE_VECTOR,
	VFE_REG_LEGACY_QUEUE_ADDRESS,
};

/* Two for the configuration's vector, five per queue, in this order */
static void five_accesses_a_queue(struct kunit *test)
{
	struct tdrv *td = tdrv_legacy(test, 3, 0);
	unsigned int i, n = ARRAY_SIZE(queue_regs);

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	vfe_mock_log_clear(td->m);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	KUNIT_ASSERT_EQ(test, td->m->log_len, 2 + 3 * n);
	for (i = 0; i < 3 * n; i++)
		KUNIT_EXPECT_EQ_MSG(test, td->m->log[2 + i].reg,
				    queue_regs[i % n], "queue %u access %u",
				    i / n, i % n);
}

/* Everything before the queues, and DRIVER_OK after them */
static void few_accesses_for_the_rest(struct kunit *test)
{
	static const enum vfe_reg regs[] = {
		/* 0, whether it is; ACKNOWLEDGE, DRIVER */
		VFE_REG_LEGACY_DEVICE_STATUS, VFE_REG_LEGACY_DEVICE_STATUS,
		VFE_REG_LEGACY_DEVICE_STATUS, VFE_REG_LEGACY_DEVICE_STATUS,
		VFE_REG_LEGACY_DEVICE_FEATURES, VFE_REG_LEGACY_DRIVER_FEATURES,
	};
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	KUNIT_ASSERT_EQ(test, td->m->log_len, (u32)ARRAY_SIZE(regs));
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		KUNIT_EXPECT_EQ(test, td->m->log[i].reg, regs[i]);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	vfe_mock_log_clear(td->m);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 2U);
	KUNIT_EXPECT_EQ(test, td->m->status, LIVE);
}

/* Each counts as an exit, under its own name. */
static void accesses_are_exits(struct kunit *test)
{
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	struct vfe_regs *regs;
	unsigned int i;
	u64 before;

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	regs = vfe_regs_of(td->vd);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(regs), (u64)td->m->log_len);
	before = vfe_regs_accesses(regs, VFE_REG_LEGACY_QUEUE_NOTIFY,
				   VFE_WRITE);
	for (i = 0; i < 7; i++)
		vfe_queue_notify(vfe_get_queue(td->vd, 0));
	KUNIT_EXPECT_EQ(test, td->m->queues[0].kicks, 7U);
	KUNIT_EXPECT_EQ(test, vfe_regs_accesses(regs,
						VFE_REG_LEGACY_QUEUE_NOTIFY,
						VFE_WRITE), before + 7);
	KUNIT_EXPECT_EQ(test, vfe_regs_exits(regs),
			vfe_window_accesses(regs, VFE_WIN_LEGACY, VFE_READ) +
			vfe_window_accesses(regs, VFE_WIN_LEGACY, VFE_WRITE));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- interrupts --- */

static void each_kind_of_interrupts(struct kunit *test)
{
	static const struct {
		int vectors;
		enum vfe_interrupts irqs;
		bool msix;
	} kinds[] = {
		{ 0, VFE_IRQ_MSIX, true }, { 2, VFE_IRQ_MSIX, true },
		{ 0, VFE_IRQ_SINGLE, true }, { 0, VFE_IRQ_INTX, false },
		{ -1, VFE_IRQ_MSIX, false },
	};
	struct tdrv *td;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		td = tdrv_legacy(test, 2, kinds[i].vectors);
		td->irqs = kinds[i].irqs;
		KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
		KUNIT_EXPECT_EQ(test, !!td->m->pdev->msix_enabled,
				kinds[i].msix);
		tdrv_expect_completion(test, td, 0);
		tdrv_expect_completion(test, td, 1);
		tdrv_expect_config_change(test, td);
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
		tdrv_down(td);
		vfe_mock_unplug(td->m);
	}
}

/* Refused vectors: fewer vectors, and finally INTx */
static void vectors_that_are_refused(struct kunit *test)
{
	struct tdrv *td;
	u16 most;

	for (most = 1; most <= 3; most++) {
		td = tdrv_legacy(test, 2, 0);
		td->m->knobs.vectors_short = most;
		KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
		tdrv_expect_completion(test, td, 1);
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
		tdrv_down(td);
		vfe_mock_unplug(td->m);
	}
}

/* --- resets --- */

static void reset_and_restart(struct kunit *test)
{
	struct tdrv *td = tdrv_legacy(test, 2, 0);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, tdrv_add(td, 1), 0);
		KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
		KUNIT_EXPECT_PTR_EQ(test,
				    vfe_queue_detach(vfe_get_queue(td->vd, 1)),
				    (void *)td);
		KUNIT_ASSERT_EQ(test, vfe_restart(td->vd), 0);
		KUNIT_ASSERT_EQ(test, vfe_ready(td->vd), 0);
		tdrv_expect_completion(test, td, 0);
		tdrv_expect_completion(test, td, 1);
	}
	KUNIT_EXPECT_EQ(test, vfe_queue_reset(vfe_get_queue(td->vd, 0)),
			-EOPNOTSUPP);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void function_that_goes_away(struct kunit *test)
{
	static const u8 fields[] = { 8, 0 };
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	u64 val;

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, fields, &val),
			-ENODEV);
	KUNIT_EXPECT_TRUE(test, vfe_gone(td->vd));
	KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
	tdrv_down(td);
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), -ENODEV);
}

/* --- what is not accepted --- */

static void bar_that_is_too_small(struct kunit *test)
{
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	struct resource *bar = &td->m->pdev->resource[VFE_LEGACY_BAR];
	resource_size_t end = bar->end;
	struct kmsg_dump_iter mark = log_mark();

	bar->end = bar->start + 22;
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), -EINVAL);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "BAR 0 has 23 bytes"), 1U);
	bar->end = end;
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), 0);
}

static void other_identities_need_capabilities(struct kunit *test)
{
	static const u16 ids[] = { 0x0fff, 0x1040, 0x1042, VFE_MOCK_DEVICE };
	struct vfe_mock_spec spec = { .legacy = true };
	struct kmsg_dump_iter mark;
	struct tdrv *td;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		spec.device = ids[i];
		td = tdrv_new(test, &spec);
		mark = log_mark();
		KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), -ENODEV);
		KUNIT_EXPECT_EQ(test, log_errors(mark, "no common capability"),
				1U);
		KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
		vfe_mock_unplug(td->m);
	}
}

/**
 * struct answer - what a hook answers instead of the device
 * @reg: reads of this register
 * @val: give this
 */
struct answer {
	enum vfe_reg reg;
	u32 val;
};

static bool answer(struct vfe_mock *m, struct vfe_mock_access *a)
{
	const struct answer *s = m->knobs.priv;

	if (a->reg == s->reg && a->dir == VFE_READ)
		a->val = s->val;
	return false;
}

static void sizes_that_no_ring_has(struct kunit *test)
{
	static const struct {
		u16 size;
		int err;
	} sizes[] = {
		{ 0, -ENODEV }, { 3, -EINVAL }, { 100, -EINVAL },
		{ 65535, -EINVAL },
	};
	struct answer s = { .reg = VFE_REG_LEGACY_QUEUE_SIZE };
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	struct kmsg_dump_iter mark;
	unsigned int i;

	td->m->knobs.priv = &s;
	td->m->knobs.access = answer;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		s.val = sizes[i].size;
		mark = log_mark();
		KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_READY), sizes[i].err);
		KUNIT_EXPECT_EQ(test, log_errors(mark, "legacy_queue_size is"),
				1U);
		tdrv_down(td);
	}
	td->m->knobs.access = NULL;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	/*
	 * the device determines the size: the driver cannot keep it if that
	 * changes
	 */
	td->m->knobs.access = answer;
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	for (s.val = 32; s.val <= 128; s.val += 96) {
		mark = log_mark();
		KUNIT_EXPECT_EQ(test, vfe_restart(td->vd), -EINVAL);
		KUNIT_EXPECT_EQ(test, log_errors(mark, "legacy_queue_size is"),
				1U);
	}
}

static void more_configuration_than_there_is(struct kunit *test)
{
	static const u8 one[] = { 1, 0 };
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	u32 room = pci_resource_len(td->m->pdev, VFE_LEGACY_BAR) - 24;
	u8 val;

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, room - 1, one, &val), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, room, one, &val),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, room, 1, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, U32_MAX, 1, 1), -EINVAL);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- a disk --- */

static void disk_works(struct kunit *test)
{
	const struct vfe_mock_spec spec = { .legacy = true, .unbound = true };
	struct tdisk *td = tdisk_plug(test, &spec,
				      F(SEG_MAX) | F(FLUSH) | F(BLK_SIZE) |
				      F(CONFIG_WCE) | F(TOPOLOGY));

	KUNIT_ASSERT_EQ(test, tdisk_bind(td), 0);
	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test,
			tdisk_wait(td, tdisk_start(td, REQ_OP_WRITE |
						   REQ_PREFLUSH, 0, 0, 0)),
			0);
	KUNIT_EXPECT_EQ(test, td->back->flushes, 1U);
	/* and with a device that breaks its ring */
	td->keep = true;
	tdisk_start(td, REQ_OP_WRITE, 8, 512, 8);
	KUNIT_ASSERT_TRUE(test, TDISK_WAIT_FOR(td->num_kept));
	tdisk_serve(td);
	vfe_mock_push_raw(&td->m->queues[0], 999, 1);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, tdisk_wait(td, &td->ios[td->num_ios - 1]), 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A disk whose used lengths are always 0 completes requests nevertheless. */
static bool says_length_0(struct vfe_mock_disk *back, struct vfe_mock_queue *mq,
			  struct vfe_mock_chain *chain)
{
	tdisk_execute(back->priv, chain);
	vfe_mock_push(mq, chain->id, 0, chain->descs);
	return true;
}

static void disk_that_says_length_0(struct kunit *test)
{
	const struct vfe_mock_spec spec = { .legacy = true, .unbound = true };
	struct tdisk *td = tdisk_plug(test, &spec, F(SEG_MAX));

	td->back->request = says_length_0;
	KUNIT_ASSERT_EQ(test, tdisk_bind(td), 0);
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- duties of a driver of such a device --- */

#define PAGE	BIT(VFE_LEGACY_PAGE_SHIFT)

/* Accesses to registers of a window, in the log */
static unsigned int accesses_to(const struct vfe_mock *m,
				enum vfe_window_id win)
{
	unsigned int i, n = 0;

	for (i = 0; i < m->log_len; i++)
		if (m->log[i].reg < VFE_NUM_REGS)
			n += vfe_reg_window(m->log[i].reg) == win;
	return n;
}

/* The index in the log of the first access of that kind, or with that value */
static int first(const struct vfe_mock *m, enum vfe_reg reg, enum vfe_dir dir)
{
	return vfe_mock_find(m, 0, reg, dir);
}

static int status_written(const struct vfe_mock *m, u8 val)
{
	int at = -1;

	do
		at = vfe_mock_find(m, at + 1, VFE_REG_LEGACY_DEVICE_STATUS,
				   VFE_WRITE);
	while (at >= 0 && m->log[at].val != val);
	return at;
}

/* The offset in BAR 0 at which the driver reads byte 8 of the configuration */
static u32 config_at(struct kunit *test, struct tdrv *td)
{
	static const u8 fields[] = { 2, 0 };
	u8 buf[2];
	int at;

	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 8, fields, buf), 0);
	KUNIT_EXPECT_MEMEQ(test, buf, td->m->config + 8, sizeof(buf));
	at = first(td->m, VFE_REG_LEGACY_CONFIG, VFE_READ);
	KUNIT_ASSERT_GE(test, at, 0);
	return td->m->log[at].offset - 8;
}

static void capabilities_come_first(struct kunit *test)
{
	struct vfe_mock_spec spec = { .transitional = true,
				      .device = VFE_PCI_OLD_BLOCK };
	struct tdrv *td = tdrv_live(test, &spec);

	VFE_DUTY(test, "L01", "4.1.5.1.1.1",
		 "a transitional device is driven by its capabilities, its BAR 0 is left alone");
	KUNIT_EXPECT_EQ(test, td->m->status, S_LIVE);
	KUNIT_EXPECT_TRUE(test, vfe_has_feature(td->vd, VIRTIO_F_VERSION_1));
	KUNIT_EXPECT_EQ(test, accesses_to(td->m, VFE_WIN_LEGACY), 0U);
	KUNIT_EXPECT_NULL(test, vfe_regs_of(td->vd)->win[VFE_WIN_LEGACY].base);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void legacy_when_there_are_none(struct kunit *test)
{
	struct tdrv *td = tdrv_legacy(test, 1, 0);

	VFE_DUTY(test, "L01", "4.1.5.1.1.1",
		 "a device of the old IDs without capabilities is driven by BAR 0");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, VIRTIO_F_VERSION_1));
	KUNIT_EXPECT_EQ(test, accesses_to(td->m, VFE_WIN_LEGACY),
			td->m->log_len);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void never_in_place_of_what_is_malformed(struct kunit *test)
{
	struct vfe_mock_spec spec = { .transitional = true,
				      .device = VFE_PCI_OLD_BLOCK };
	struct tdrv *td = tdrv_new(test, &spec);
	u8 *common = vfe_mock_config_space(td->m) +
		     vfe_mock_cap(td->m, VIRTIO_PCI_CAP_COMMON_CFG);

	VFE_DUTY(test, "L01", "4.1.5.1.1.1",
		 "capabilities that cannot be used, or no VERSION_1 behind them, are errors");
	put_unaligned_le32(0xfffffff0, common + VIRTIO_PCI_CAP_OFFSET);
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_CREATE), -EINVAL);
	put_unaligned_le32(VFE_COMMON_OFFSET, common + VIRTIO_PCI_CAP_OFFSET);
	td->m->offered &= U32_MAX;
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), -ENODEV);
	KUNIT_EXPECT_EQ(test, accesses_to(td->m, VFE_WIN_LEGACY), 0U);
}

static void order_of_the_steps(struct kunit *test)
{
	const u8 live = S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK;
	struct tdrv *td = tdrv_legacy(test, 2, 0);
	struct vfe_mock *m = td->m;
	int i, steps[7];

	VFE_DUTY(test, "L02", "3.1.2",
		 "reset, ACKNOWLEDGE, DRIVER, features, queues, DRIVER_OK; no FEATURES_OK");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	steps[0] = status_written(m, 0);
	steps[1] = status_written(m, S_ACK);
	steps[2] = status_written(m, S_DRIVER);
	steps[3] = first(m, VFE_REG_LEGACY_DEVICE_FEATURES, VFE_READ);
	steps[4] = first(m, VFE_REG_LEGACY_DRIVER_FEATURES, VFE_WRITE);
	steps[5] = first(m, VFE_REG_LEGACY_QUEUE_ADDRESS, VFE_WRITE);
	steps[6] = status_written(m, live);
	KUNIT_EXPECT_EQ(test, steps[0], 0);
	for (i = 1; i < ARRAY_SIZE(steps); i++)
		KUNIT_EXPECT_GT_MSG(test, steps[i], steps[i - 1], "step %d", i);
	KUNIT_EXPECT_EQ(test, m->status, live);
	for (i = 0; i < m->log_len; i++)
		if (m->log[i].reg == VFE_REG_LEGACY_DEVICE_STATUS)
			KUNIT_EXPECT_FALSE(test, m->log[i].val &
					   VIRTIO_CONFIG_S_FEATURES_OK);
	VFE_MOCK_EXPECT_CLEAN(test, m);
}

static void configuration_moves_with_msix(struct kunit *test)
{
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	unsigned int i;

	VFE_DUTY(test, "L03", "4.1.4.10",
		 "the configuration begins at 20, at 24 while MSI-X is on, and at 20 again");
	for (i = 0; i < TDRV_CONFIG_SIZE; i++)
		td->m->config[i] = 0x80 + i;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_NEGOTIATE), 0);
	KUNIT_EXPECT_EQ(test, config_at(test, td), 20U);
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_QUEUES), 0);
	KUNIT_EXPECT_TRUE(test, td->m->pdev->msix_enabled);
	KUNIT_EXPECT_EQ(test, config_at(test, td), 24U);
	tdrv_down(td);
	/* with the pin, MSI-X is off again */
	td->irqs = VFE_IRQ_INTX;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_FALSE(test, td->m->pdev->msix_enabled);
	KUNIT_EXPECT_EQ(test, config_at(test, td), 20U);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 33, 1, 0x7e), 0);
	KUNIT_EXPECT_EQ(test, td->m->config[33], 0x7e);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void features_have_32_bits(struct kunit *test)
{
	struct vfe_mock_spec spec = { .legacy = true, .features = U32_MAX,
				      .features_high = U64_MAX };
	struct tdrv *td = tdrv_new(test, &spec);

	VFE_DUTY(test, "L04", "4.1.4.10",
		 "features are bits 0 to 31, read once and written once");
	td->wanted = U64_MAX;
	td->wanted_high = U64_MAX;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_CREATE), 0);
	vfe_mock_log_clear(td->m);
	/* all ones, as if the function were gone: only the status decides */
	KUNIT_ASSERT_EQ(test, tdrv_step(td, TDRV_NEGOTIATE), 0);
	KUNIT_EXPECT_EQ(test, td->m->accepted, (u64)U32_MAX);
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, 65));
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m,
					     VFE_REG_LEGACY_DEVICE_FEATURES,
					     VFE_READ), 1U);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m,
					     VFE_REG_LEGACY_DRIVER_FEATURES,
					     VFE_WRITE), 1U);
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, VIRTIO_F_RING_PACKED));
	KUNIT_EXPECT_FALSE(test, vfe_has_feature(td->vd, VIRTIO_F_IN_ORDER));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void size_is_the_devices(struct kunit *test)
{
	struct tdrv *td = tdrv_legacy(test, 2, 0);
	struct vfe_mock_queue *mq;
	unsigned int i;

	VFE_DUTY(test, "L05", "2.7.2",
		 "the device says the size; one piece of memory, its used ring at a multiple of 4096");
	td->specs[0].size = 16;
	td->specs[1].size = 1024;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_LEGACY_QUEUE_SIZE,
					     VFE_WRITE), 0U);
	for (i = 0; i < 2; i++) {
		mq = &td->m->queues[i];
		KUNIT_EXPECT_EQ(test, vfe_queue_size(vfe_get_queue(td->vd, i)),
				64U);
		KUNIT_EXPECT_EQ(test, mq->desc % PAGE, 0ULL);
		KUNIT_EXPECT_EQ(test, mq->device % PAGE, 0ULL);
		/* both parts are at the addresses that the device computes */
		tdrv_expect_completion(test, td, i);
		KUNIT_EXPECT_EQ(test, vfe_mock_avail_idx(mq), 1);
		KUNIT_EXPECT_EQ(test, vfe_mock_used_idx(mq), 1);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void address_is_a_page_number(struct kunit *test)
{
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	int at;

	VFE_DUTY(test, "L06", "4.1.5.1.3.1",
		 "legacy_queue_address is the address / 4096, and no address is too large");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	at = first(td->m, VFE_REG_LEGACY_QUEUE_ADDRESS, VFE_WRITE);
	KUNIT_ASSERT_GE(test, at, 0);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m,
					     VFE_REG_LEGACY_QUEUE_ADDRESS,
					     VFE_WRITE), 1U);
	KUNIT_EXPECT_NE(test, td->m->log[at].val, 0U);
	tdrv_expect_completion(test, td, 0);
	/* 32 bits of 4096 bytes are 44 */
	KUNIT_EXPECT_LE(test, td->m->pdev->dev.coherent_dma_mask,
			DMA_BIT_MASK(44));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void native_order(struct kunit *test)
{
	static const u8 fields[] = { 8, 0 };
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	const u64 val = 0x1122334455667788;
	const struct vring_avail *avail;
	const struct vring_desc *desc;
	__le64 got;

	VFE_DUTY(test, "L07", "2.7.3",
		 "rings and configuration are in the order of the CPU");
	memcpy(td->m->config, &val, sizeof(val));
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_ASSERT_EQ(test, vfe_config_read(td->vd, 0, fields, &got), 0);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(got), val);
	KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
	avail = vfe_mock_mem(td->m->queues[0].driver);
	desc = vfe_mock_mem(td->m->queues[0].desc);
	KUNIT_EXPECT_EQ(test, (__force u16)avail->idx, 1);
	/* a table of two, of 16 bytes each */
	KUNIT_EXPECT_EQ(test, (__force u32)desc->len, 32U);
	KUNIT_EXPECT_EQ(test, (__force u16)desc->flags,
			VRING_DESC_F_INDIRECT);
}

static void read_until_two_agree(struct kunit *test)
{
	static const u8 fields[] = { 8, 0 };
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	struct kmsg_dump_iter mark;
	u64 got;

	VFE_DUTY(test, "L08", "2.5.4",
		 "without a generation the capacity is read until two reads agree");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	vfe_mock_log_clear(td->m);
	KUNIT_ASSERT_EQ(test, vfe_config_read(td->vd, 0, fields, &got), 0);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 4U);
	td->m->knobs.generation_moves = 5;
	KUNIT_ASSERT_EQ(test, vfe_config_read(td->vd, 0, fields, &got), 0);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)&got, td->m->config, sizeof(got));
	KUNIT_EXPECT_EQ(test, td->m->knobs.generation_moves, 0U);
	/* but not for ever */
	td->m->knobs.generation_moves = UINT_MAX;
	mark = log_mark();
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, fields, &got),
			-EAGAIN);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "legacy_device_config"), 1U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void used_length_is_ignored(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 63, 64, 65, 4096, U32_MAX };
	struct tdrv *td = tdrv_legacy(test, 1, 0);
	struct vfe_mock_queue *mq = &td->m->queues[0];
	unsigned int i;
	u32 len;

	VFE_DUTY(test, "L09", "2.7.8.1",
		 "whatever a used length says, the whole buffer may have been written");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		KUNIT_ASSERT_EQ(test, tdrv_add(td, 0), 0);
		KUNIT_ASSERT_EQ(test, vfe_mock_pop(mq, td->chain), 1);
		vfe_mock_push(mq, td->chain->id, lens[i], td->chain->descs);
		KUNIT_EXPECT_PTR_EQ(test, (void *)td,
				    vfe_queue_get(td->q, &len));
		KUNIT_EXPECT_EQ(test, len, 64U);
	}
	KUNIT_EXPECT_EQ(test, td->needs_reset, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void fixed_framing(struct kunit *test)
{
	const struct vfe_mock_spec spec = { .legacy = true, .unbound = true,
					    .features = 1 };
	struct tdisk *td = tdisk_plug(test, &spec,
				      BIT_ULL(VIRTIO_BLK_F_SEG_MAX) |
				      BIT_ULL(VIRTIO_BLK_F_FLUSH));
	const struct vfe_mock_chain *c = &td->seen;

	VFE_DUTY(test, "L10", "2.7.4.3",
		 "without ANY_LAYOUT: one descriptor for the header, one for the status");
	KUNIT_ASSERT_EQ(test, tdisk_bind(td), 0);
	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test, c->segs[0].len, 16U);
	KUNIT_EXPECT_EQ(test, c->out, 1U);
	KUNIT_EXPECT_GE(test, c->in, 2U);
	KUNIT_EXPECT_EQ(test, c->segs[c->in].len, 1U);
	KUNIT_EXPECT_EQ(test, tdisk_write(td, 8, 4096, 1), 0);
	KUNIT_EXPECT_EQ(test, c->segs[0].len, 16U);
	KUNIT_EXPECT_EQ(test, c->segs[1].len, 4096U);
	KUNIT_EXPECT_EQ(test, c->in, 1U);
	KUNIT_EXPECT_EQ(test, c->segs[c->out].len, 1U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case legacy_cases[] = {
	KUNIT_CASE(five_accesses_a_queue),
	KUNIT_CASE(few_accesses_for_the_rest),
	KUNIT_CASE(accesses_are_exits),
	KUNIT_CASE(each_kind_of_interrupts),
	KUNIT_CASE(vectors_that_are_refused),
	KUNIT_CASE(reset_and_restart),
	KUNIT_CASE(function_that_goes_away),
	KUNIT_CASE(bar_that_is_too_small),
	KUNIT_CASE(other_identities_need_capabilities),
	KUNIT_CASE(sizes_that_no_ring_has),
	KUNIT_CASE(more_configuration_than_there_is),
	KUNIT_CASE(disk_works),
	KUNIT_CASE(disk_that_says_length_0),
	KUNIT_CASE(capabilities_come_first),
	KUNIT_CASE(legacy_when_there_are_none),
	KUNIT_CASE(never_in_place_of_what_is_malformed),
	KUNIT_CASE(order_of_the_steps),
	KUNIT_CASE(configuration_moves_with_msix),
	KUNIT_CASE(features_have_32_bits),
	KUNIT_CASE(size_is_the_devices),
	KUNIT_CASE(address_is_a_page_number),
	KUNIT_CASE(native_order),
	KUNIT_CASE(read_until_two_agree),
	KUNIT_CASE(used_length_is_ignored),
	KUNIT_CASE(fixed_framing),
	{}
};

VFE_SUITE(legacy_cases);

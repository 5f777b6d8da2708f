// SPDX-License-Identifier: GPL-2.0
/*
 * Conformance: the PCI transport (virtio 1.4, 4.1), a case for each duty of a
 * driver, by the ids of the file duties.
 */
#include <kunit/test.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "lib/duty.h"
#include "lib/core_fixture.h"
#include "lib/log.h"

#define V1		BIT_ULL(VIRTIO_F_VERSION_1)
#define FREE_POS	0xd8	/* room for two more capabilities */

/* The whole life cycle of a device, twice */
static struct front *front_through_life(struct kunit *test,
					const struct vfe_mock_spec *spec)
{
	static const u8 fields[] = { 8, 4, 2, 1, 1, 0 };
	struct front *f = front_live(test, spec);
	unsigned int i;
	u8 buf[16];

	KUNIT_EXPECT_EQ(test, vfe_config_read(f->vd, 0, fields, buf), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_write(f->vd, 15, 1, 1), 0);
	for (i = 0; i < f->queues; i++) {
		KUNIT_EXPECT_EQ(test, front_add(f, i), 0);
		vfe_queue_notify(vfe_get_queue(f->vd, i));
		KUNIT_EXPECT_TRUE(test, front_use(f, i));
		vfe_mock_interrupt(&f->m->queues[i]);
		front_take_all(f, i);
	}
	vfe_mock_config_interrupt(f->m);
	front_settle();
	KUNIT_EXPECT_EQ(test, vfe_reset(f->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_restart(f->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_ready(f->vd), 0);
	return f;
}

static u8 *cap_at(struct front *f, u8 cfg_type)
{
	return vfe_mock_config_space(f->m) + vfe_mock_cap(f->m, cfg_type);
}

/* A copy of a capability, to be invalidated, as the head of the list */
static u8 *add_first(struct front *f, u8 cfg_type, u8 to)
{
	u8 *cfg = vfe_mock_config_space(f->m);

	memcpy(cfg + to, cap_at(f, cfg_type), 20);
	cfg[to + PCI_CAP_LIST_NEXT] = cfg[PCI_CAPABILITY_LIST];
	cfg[PCI_CAPABILITY_LIST] = to;
	return cfg + to;
}

/* --- 4.1.2, 4.1.3 --- */

static void T01_stock_identity_of_any_revision(struct kunit *test)
{
	struct vfe_mock_spec spec = { .device = VFE_PCI_STOCK_BLOCK,
				      .unbound = true };
	static const u16 subsystems[] = { 0, 0x40, 0x1100, 0xffff };
	static const u8 revisions[] = { 0, 1, 7, 0xff };
	struct pci_dev *pdev;
	struct vfe_mock *m;
	unsigned int i;

	VFE_DUTY(test, "T01", "4.1.2.2",
		 "1af4:1042 (by driver_override) and a private ID, of any revision and subsystem");
	m = vfe_mock_plug_disk(test, &spec, 0, 64, NULL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	pdev = m->pdev;
	for (i = 0; i < ARRAY_SIZE(revisions); i++) {
		pdev->revision = revisions[i];
		pdev->subsystem_vendor = subsystems[i];
		pdev->subsystem_device = subsystems[i];
		KUNIT_EXPECT_TRUE_MSG(test, vfe_mock_bind(m, "vfe_blk"),
				      "revision %u", revisions[i]);
		KUNIT_EXPECT_EQ(test, m->status, S_LIVE);
		vfe_mock_unbind(m);
	}
	vfe_mock_unplug(m);
	/* the private id needs no override */
	m = vfe_mock_plug_disk(test, NULL, 0, 64, NULL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_EXPECT_NOT_NULL(test, m->pdev->dev.driver);
	KUNIT_EXPECT_EQ(test, m->status, S_LIVE);
}

#define REG_SIZE(id, name, win, off, bytes) [VFE_REG_##id] = bytes,
static const u16 reg_sizes[VFE_NUM_REGS] = { VFE_REGISTERS(REG_SIZE) };

static void T02_natural_widths(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct front *f = front_through_life(test, &spec);
	const struct vfe_mock_access *a;
	unsigned int i;

	VFE_DUTY(test, "T02", "4.1.3.1",
		 "each field is accessed in its own width, 64 bits as two of 32");
	for (i = 0; i < f->m->log_len; i++) {
		a = &f->m->log[i];
		KUNIT_ASSERT_LT(test, (int)a->reg, (int)VFE_NUM_REGS);
		KUNIT_EXPECT_EQ(test, a->offset % a->size, 0U);
		if (reg_sizes[a->reg] <= 4)
			KUNIT_EXPECT_EQ_MSG(test, a->size, reg_sizes[a->reg],
					    "%s", vfe_reg_name(a->reg));
		else
			KUNIT_EXPECT_LE(test, a->size, 4U);
	}
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_QUEUE_DESC_LO,
					     VFE_WRITE),
			vfe_mock_count(f->m, VFE_REG_QUEUE_DESC_HI,
				       VFE_WRITE));
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* --- 4.1.4: capabilities --- */

static void T03_reserved_values_are_ignored(struct kunit *test)
{
	struct front *f = front_new(test, NULL);

	VFE_DUTY(test, "T03", "4.1.4.1",
		 "capabilities with a reserved cfg_type or bar are ignored");
	add_first(f, VIRTIO_PCI_CAP_COMMON_CFG, FREE_POS)
		[VIRTIO_PCI_CAP_CFG_TYPE] = 0x55;
	add_first(f, VIRTIO_PCI_CAP_COMMON_CFG, FREE_POS + 20)
		[VIRTIO_PCI_CAP_BAR] = 6;
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), 0);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void T04_first_usable_instance(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	u8 *second = cap_at(f, VIRTIO_PCI_CAP_COMMON_CFG);
	u8 *first;

	VFE_DUTY(test, "T04", "4.1.4.1",
		 "of each structure the first instance that can be used is");
	/* both are valid: the second has an address without registers */
	first = add_first(f, VIRTIO_PCI_CAP_COMMON_CFG, FREE_POS);
	put_unaligned_le32(VFE_BAR_VIRTIO_SIZE - 64,
			   second + VIRTIO_PCI_CAP_OFFSET);
	put_unaligned_le32(64, second + VIRTIO_PCI_CAP_LENGTH);
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), 0);
	front_down(f);
	/* the first cannot */
	put_unaligned_le32(0, second + VIRTIO_PCI_CAP_OFFSET);
	put_unaligned_le32(0xfffffff0, first + VIRTIO_PCI_CAP_OFFSET);
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), 0);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void T05_larger_capabilities_and_structures(struct kunit *test)
{
	struct front *f = front_new(test, NULL);

	VFE_DUTY(test, "T05", "4.1.4.1",
		 "a larger cap_len or length is accepted, only the required part is mapped");
	cap_at(f, VIRTIO_PCI_CAP_COMMON_CFG)[VIRTIO_PCI_CAP_LEN] = 28;
	cap_at(f, VIRTIO_PCI_CAP_ISR_CFG)[VIRTIO_PCI_CAP_LEN] = 100;
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_EXPECT_LE(test, vfe_regs_of(f->vd)->win[VFE_WIN_COMMON].len, 64U);
	KUNIT_EXPECT_EQ(test, vfe_regs_of(f->vd)->win[VFE_WIN_ISR].len, 1U);
	front_down(f);
	/* larger than its BAR: only the part in the BAR is mapped */
	put_unaligned_le32(0xffffffff, cap_at(f, VIRTIO_PCI_CAP_ISR_CFG) +
			   VIRTIO_PCI_CAP_LENGTH);
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_EXPECT_EQ(test, vfe_regs_of(f->vd)->win[VFE_WIN_ISR].len, 1U);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void T06_no_capability_is_written(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	u8 *cfg = vfe_mock_config_space(f->m);
	u8 before[VFE_MOCK_CONFIG_SPACE];
	static const u8 types[] = {
		VIRTIO_PCI_CAP_COMMON_CFG, VIRTIO_PCI_CAP_NOTIFY_CFG,
		VIRTIO_PCI_CAP_ISR_CFG, VIRTIO_PCI_CAP_DEVICE_CFG,
		VIRTIO_PCI_CAP_PCI_CFG, VFE_CAP_CFG_TYPE,
	};
	unsigned int i;
	u8 at;

	VFE_DUTY(test, "T06", "4.1.4.1",
		 "no field of a capability is written");
	memcpy(before, cfg, sizeof(before));
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	KUNIT_ASSERT_EQ(test, vfe_restart(f->vd), 0);
	front_down(f);
	KUNIT_EXPECT_EQ(test, vfe_mock_cap_writes(f->m), 0U);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		at = vfe_mock_cap(f->m, types[i]);
		KUNIT_ASSERT_NE(test, at, 0);
		KUNIT_EXPECT_MEMEQ(test, cfg + at, before + at,
				   before[at + VIRTIO_PCI_CAP_LEN]);
	}
}

static void T07_read_only_registers_are_not_written(struct kunit *test)
{
	static const enum vfe_reg regs[] = {
		VFE_REG_DEVICE_FEATURE, VFE_REG_NUM_QUEUES,
		VFE_REG_CONFIG_GENERATION, VFE_REG_QUEUE_NOTIFY_OFF,
		VFE_REG_QUEUE_NOTIF_CONFIG_DATA, VFE_REG_ISR_STATUS,
	};
	struct vfe_mock_spec spec = { .queues = 3, .features = U64_MAX };
	struct front *f = front_through_life(test, &spec);
	unsigned int i;

	VFE_DUTY(test, "T07", "4.1.4.3.2",
		 "fields that are read-only for the driver are not written");
	for (i = 0; i < ARRAY_SIZE(regs); i++)
		KUNIT_EXPECT_EQ_MSG(test, vfe_mock_count(f->m, regs[i],
							 VFE_WRITE), 0U,
				    "%s", vfe_reg_name(regs[i]));
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void T08_queue_size_is_a_power_of_two(struct kunit *test)
{
	static const u16 asked[] = { 1, 3, 5, 33, 63, 64, 100, 65535 };
	struct front *f = front_new(test, NULL);
	unsigned int i;
	int at;

	VFE_DUTY(test, "T08", "4.1.4.3.2",
		 "queue_size of a split ring is written as a power of two, not 0");
	for (i = 0; i < ARRAY_SIZE(asked); i++) {
		f->specs[0].size = asked[i];
		KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
		KUNIT_EXPECT_TRUE(test, is_power_of_2(f->m->queues[0].size));
		KUNIT_EXPECT_LE(test, f->m->queues[0].size, 64);
		front_down(f);
	}
	at = vfe_mock_find(f->m, 0, VFE_REG_QUEUE_SIZE, VFE_WRITE);
	KUNIT_EXPECT_GE(test, at, 0);
	for (; at >= 0; at = vfe_mock_find(f->m, at + 1, VFE_REG_QUEUE_SIZE,
					   VFE_WRITE))
		KUNIT_EXPECT_TRUE(test, is_power_of_2(f->m->log[at].val));
	/* a device with another value is refused */
	f->m->queues[0].offer = 48;
	f->m->queues[0].size = 48;
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), -EINVAL);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void T09_queue_enable_comes_last(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct front *f = front_through_life(test, &spec);
	const struct vfe_mock_access *a;
	unsigned int i, enables = 0;
	bool enabled = false;

	VFE_DUTY(test, "T09", "4.1.4.3.2",
		 "queue_enable is written last of a queue's fields, and only as 1");
	for (i = 0; i < f->m->log_len; i++) {
		a = &f->m->log[i];
		if (a->dir != VFE_WRITE)
			continue;
		if (a->reg == VFE_REG_QUEUE_SELECT)
			enabled = false;
		else if (a->reg == VFE_REG_QUEUE_ENABLE)
			enabled = true;
		else if (a->reg >= VFE_REG_QUEUE_SIZE &&
			 a->reg <= VFE_REG_QUEUE_RESET)
			KUNIT_EXPECT_FALSE_MSG(test, enabled, "%s",
					       vfe_reg_name(a->reg));
		if (a->reg == VFE_REG_QUEUE_ENABLE) {
			KUNIT_EXPECT_EQ(test, a->val, 1U);
			enables++;
		}
	}
	/* each queue once, before and after the reset */
	KUNIT_EXPECT_EQ(test, enables, 6U);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void T10_status_0_is_awaited(struct kunit *test)
{
	struct front *f = front_live(test, NULL);
	unsigned int i;

	VFE_DUTY(test, "T10", "4.1.4.3.2",
		 "after a reset nothing is set up before device_status reads 0");
	KUNIT_ASSERT_EQ(test, vfe_reset(f->vd), 0);
	f->m->knobs.reset_reads = 5;
	vfe_mock_log_clear(f->m);
	KUNIT_ASSERT_EQ(test, vfe_restart(f->vd), 0);
	/* the reset, five old values, the zero: nothing in between */
	for (i = 0; i < 7; i++)
		KUNIT_EXPECT_EQ(test, f->m->log[i].reg, VFE_REG_DEVICE_STATUS);
	KUNIT_EXPECT_EQ(test, vfe_mock_find(f->m, 1, VFE_REG_DEVICE_STATUS,
					    VFE_WRITE), 7);
	KUNIT_EXPECT_EQ(test, f->m->log[6].val, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void T13_no_isr_read_with_msix(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct front *f = front_through_life(test, &spec);

	VFE_DUTY(test, "T13", "4.1.4.5.2",
		 "with MSI-X the ISR is not read on a queue's interrupt");
	KUNIT_EXPECT_EQ(test, f->done[2], 1U);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_ISR_STATUS,
					     VFE_READ), 0U);
	front_down(f);
	f->irqs = VFE_IRQ_SHARED;
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_ASSERT_EQ(test, front_add(f, 2), 0);
	KUNIT_ASSERT_TRUE(test, front_use(f, 2));
	vfe_mock_interrupt(&f->m->queues[2]);
	KUNIT_EXPECT_EQ(test, f->done[2], 2U);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_ISR_STATUS,
					     VFE_READ), 0U);
}

static void T14_vendor_id_comes_first(struct kunit *test)
{
	struct vfe_mock_spec spec = { .mapped = 0xf };
	struct front *f = front_new(test, &spec);
	struct vfe_vendor_cap vcap;
	u8 *cap = cap_at(f, VFE_CAP_CFG_TYPE);

	VFE_DUTY(test, "T14", "4.1.4.8.2",
		 "a vendor capability is used only after a check of vendor_id, and not required");
	KUNIT_EXPECT_TRUE(test, vfe_find_vendor_cap(f->m->pdev, &vcap));
	/* ours in all but the vendor */
	put_unaligned_le16(0x1234, cap + offsetof(struct vfe_vendor_cap,
						  vendor_id));
	KUNIT_EXPECT_FALSE(test, vfe_find_vendor_cap(f->m->pdev, &vcap));
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	KUNIT_EXPECT_EQ(test, vfe_regs_of(f->vd)->win[VFE_WIN_NOTIFY].traps, 1);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* --- 4.1.5: interrupts and notifications --- */

static void T16_any_size_of_the_vector_table(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 4, .no_pin = true };
	struct front *f;
	unsigned int i;

	VFE_DUTY(test, "T16", "4.1.5.1.2.2",
		 "an MSI-X table of any size will do, no vector is outside of it");
	for (spec.vectors = 1; spec.vectors <= 16; spec.vectors++) {
		f = front_live(test, &spec);
		for (i = 0; i < 4; i++) {
			KUNIT_EXPECT_LT(test, f->m->queues[i].vector,
					spec.vectors);
			KUNIT_ASSERT_EQ(test, front_add(f, i), 0);
			KUNIT_ASSERT_TRUE(test, front_use(f, i));
			vfe_mock_interrupt(&f->m->queues[i]);
			KUNIT_EXPECT_EQ(test, f->done[i], 1U);
			front_take_all(f, i);
		}
		VFE_MOCK_EXPECT_CLEAN(test, f->m);
		front_down(f);
		vfe_mock_unplug(f->m);
	}
}

static void T16_each_mapping_is_read_back(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct front *f = front_live(test, &spec);
	const struct vfe_mock_access *a;
	unsigned int i, mappings = 0;

	VFE_DUTY(test, "T16", "4.1.5.1.2.2",
		 "each mapping of a vector is read back");
	for (i = 0; i + 1 < f->m->log_len; i++) {
		a = &f->m->log[i];
		if (a->dir != VFE_WRITE ||
		    (a->reg != VFE_REG_CONFIG_MSIX_VECTOR &&
		     a->reg != VFE_REG_QUEUE_MSIX_VECTOR))
			continue;
		mappings++;
		KUNIT_EXPECT_EQ(test, a[1].reg, a->reg);
		KUNIT_EXPECT_EQ(test, a[1].dir, VFE_READ);
	}
	KUNIT_EXPECT_EQ(test, mappings, 4U);
}

static void T16_fewer_vectors_when_refused(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct front *f;
	u16 most;

	VFE_DUTY(test, "T16", "4.1.5.1.2.2",
		 "a vector that is refused (NO_VECTOR) is answered with fewer");
	for (most = 1; most <= 4; most++) {
		f = front_new(test, &spec);
		f->m->knobs.vectors_short = most;
		KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
		KUNIT_EXPECT_TRUE(test, f->m->pdev->msix_enabled);
		KUNIT_EXPECT_LT(test, f->m->queues[2].vector, most);
		VFE_MOCK_EXPECT_CLEAN(test, f->m);
		front_down(f);
		vfe_mock_unplug(f->m);
	}
}

static struct front *front_offering(struct kunit *test, u64 features)
{
	struct vfe_mock_spec spec = { .queues = 4, .features = features };

	return front_live(test, &spec);
}

/* --- 2.6.1: reset of a queue --- */

static void T11_B14_queue_reset_is_awaited(struct kunit *test)
{
	struct front *f = front_offering(test, VFE_MOCK_FEATURES |
					 BIT_ULL(VIRTIO_F_RING_RESET));
	struct vfe_queue *q = vfe_get_queue(f->vd, 1);
	unsigned int i;

	VFE_DUTY(test, "T11", "4.1.4.3.2",
		 "a queue's reset is not over before queue_reset reads 0");
	VFE_DUTY(test, "B14", "2.6.1.1.2",
		 "before that nothing of the queue is taken back or set up");
	f->m->knobs.queue_reset_reads = 5;
	KUNIT_ASSERT_EQ(test, front_add(f, 1), 0);
	vfe_mock_log_clear(f->m);
	KUNIT_ASSERT_EQ(test, vfe_queue_reset(q), 0);
	/*
	 * read the status; select, reset, five times 1, 0, and it is disabled
	 */
	KUNIT_ASSERT_EQ(test, f->m->log_len, 10U);
	KUNIT_EXPECT_EQ(test, f->m->log[1].reg, VFE_REG_QUEUE_SELECT);
	KUNIT_EXPECT_EQ(test, f->m->log[1].val, 1U);
	for (i = 2; i < 9; i++)
		KUNIT_EXPECT_EQ(test, f->m->log[i].reg, VFE_REG_QUEUE_RESET);
	KUNIT_EXPECT_EQ(test, f->m->log[2].dir, VFE_WRITE);
	KUNIT_EXPECT_EQ(test, f->m->log[2].val, 1U);
	KUNIT_EXPECT_EQ(test, f->m->log[8].val, 0U);
	KUNIT_EXPECT_EQ(test, f->m->log[9].reg, VFE_REG_QUEUE_ENABLE);
	KUNIT_EXPECT_EQ(test, f->m->log[9].val, 0U);
	/* a reset that never ends does not count as ended */
	front_detach_all(f);
	KUNIT_ASSERT_EQ(test, vfe_queue_restart(q), 0);
	f->m->knobs.queue_reset_reads = UINT_MAX;
	KUNIT_EXPECT_EQ(test, vfe_queue_reset(q), -ETIMEDOUT);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void B15_set_up_as_at_first(struct kunit *test)
{
	struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET) |
			    BIT_ULL(VIRTIO_F_NOTIF_CONFIG_DATA),
	};
	struct front *f = front_new(test, &spec);
	struct vfe_mock_access *once;
	unsigned int i, n;

	VFE_DUTY(test, "B15", "2.6.1.2.2",
		 "a queue that was reset is set up by the accesses of its first discovery");
	f->specs[0].size = 16;
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_NEGOTIATE), 0);
	vfe_mock_log_clear(f->m);
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_QUEUES), 0);
	/* the configuration's vector is mapped first */
	n = f->m->log_len - 2;
	once = kunit_kzalloc(test, n * sizeof(*once), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, once);
	memcpy(once, f->m->log + 2, n * sizeof(*once));
	KUNIT_ASSERT_EQ(test, front_step(f, FRONT_READY), 0);
	KUNIT_ASSERT_EQ(test, vfe_queue_reset(vfe_get_queue(f->vd, 0)), 0);
	vfe_mock_log_clear(f->m);
	KUNIT_ASSERT_EQ(test, vfe_queue_restart(vfe_get_queue(f->vd, 0)), 0);
	KUNIT_ASSERT_GE(test, f->m->log_len, n);
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ(test, f->m->log[i].reg, once[i].reg);
		KUNIT_EXPECT_EQ(test, f->m->log[i].dir, once[i].dir);
		KUNIT_EXPECT_EQ(test, f->m->log[i].val, once[i].val);
	}
	front_expect_completion(test, f, 0);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

/* --- what the driver does not do at all --- */

#define S_SUSPEND	16	/* 2.1 */
#define F_SR_IOV	37
#define F_ADMIN_VQ	41
#define F_SUSPEND	42

static void B22_B23_B24_nothing_is_suspended(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 2, .features = U64_MAX };
	struct front *f = front_through_life(test, &spec);
	unsigned int i;

	VFE_DUTY(test, "B22", "3.4.1",
		 "SUSPEND is not accepted, and never set in device_status");
	VFE_DUTY(test, "B23", "3.4.1",
		 "so that there is no suspended device to leave alone");
	VFE_DUTY(test, "B24", "3.4.1", "nor one to resume");
	KUNIT_EXPECT_FALSE(test, f->m->accepted & BIT_ULL(F_SUSPEND));
	for (i = 0; i < f->m->log_len; i++)
		if (f->m->log[i].reg == VFE_REG_DEVICE_STATUS)
			KUNIT_EXPECT_FALSE(test, f->m->log[i].val & S_SUSPEND);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void B28_no_virtual_functions(struct kunit *test)
{
	struct vfe_mock_spec spec = { .features = U64_MAX };
	struct front *f = front_live(test, &spec);

	VFE_DUTY(test, "B28", "6.1",
		 "SR_IOV is not accepted, so that no virtual functions are enabled");
	KUNIT_EXPECT_FALSE(test, f->m->accepted & BIT_ULL(F_SR_IOV));
}

static void T12_no_admin_queues(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3, .features = U64_MAX };
	struct front *f = front_through_life(test, &spec);
	unsigned int i;

	VFE_DUTY(test, "T12", "4.1.4.3.2",
		 "ADMIN_VQ is not accepted: no queue beyond the class driver's is touched");
	KUNIT_EXPECT_FALSE(test, f->m->accepted & BIT_ULL(F_ADMIN_VQ));
	for (i = 0; i < f->m->log_len; i++) {
		/* admin_queue_index and admin_queue_num have no name here */
		KUNIT_EXPECT_LT(test, (int)f->m->log[i].reg, (int)VFE_NUM_REGS);
		if (f->m->log[i].reg == VFE_REG_QUEUE_SELECT)
			KUNIT_EXPECT_LT(test, f->m->log[i].val, 3U);
	}
}

static void T15_pci_cfg_is_not_used(struct kunit *test)
{
	struct front *f = front_new(test, NULL);
	u8 before[20], *at = cap_at(f, VIRTIO_PCI_CAP_PCI_CFG);

	VFE_DUTY(test, "T15", "4.1.4.9.2",
		 "no access goes through the PCI_CFG capability: its fields stay as they were");
	/* bar, offset and length of an access, which any code may write */
	memset(at + VIRTIO_PCI_CAP_BAR, 0x5a, sizeof(before) -
	       VIRTIO_PCI_CAP_BAR);
	memcpy(before, at, sizeof(before));
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	front_expect_completion(test, f, 0);
	front_expect_config_change(test, f);
	front_down(f);
	KUNIT_EXPECT_MEMEQ(test, at, before, sizeof(before));
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
}

static void T20_one_interrupt_for_both(struct kunit *test)
{
	struct vfe_mock_spec spec = { .vectors = -1 };
	struct front *f = front_live(test, &spec);

	VFE_DUTY(test, "T20", "4.1.5.4.2",
		 "one interrupt may mean a configuration change and used buffers");
	KUNIT_ASSERT_EQ(test, front_add(f, 0), 0);
	KUNIT_ASSERT_TRUE(test, front_use(f, 0));
	f->m->isr |= 0x2;
	vfe_mock_interrupt(&f->m->queues[0]);
	front_settle();
	KUNIT_EXPECT_EQ(test, f->done[0], 1U);
	KUNIT_EXPECT_EQ(test, f->config_changed, 1U);
}

static void T21_isr_is_read_once_without_msix(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3, .vectors = -1 };
	struct front *f = front_live(test, &spec);

	VFE_DUTY(test, "T21", "4.1.5.5",
		 "without MSI-X the ISR is read once: bit 0 all queues, bit 1 configuration");
	KUNIT_ASSERT_EQ(test, front_add(f, 0), 0);
	KUNIT_ASSERT_EQ(test, front_add(f, 2), 0);
	KUNIT_ASSERT_TRUE(test, front_use(f, 0));
	KUNIT_ASSERT_TRUE(test, front_use(f, 2));
	vfe_mock_log_clear(f->m);
	vfe_mock_interrupt(&f->m->queues[1]);
	KUNIT_EXPECT_EQ(test, f->m->log_len, 1U);
	KUNIT_EXPECT_EQ(test, f->m->log[0].reg, VFE_REG_ISR_STATUS);
	KUNIT_EXPECT_EQ(test, f->done[0], 1U);
	KUNIT_EXPECT_EQ(test, f->done[2], 1U);
	KUNIT_EXPECT_EQ(test, f->config_changed, 0U);
	vfe_mock_log_clear(f->m);
	/* bit 1 alone: no queue is handled */
	vfe_mock_config_interrupt(f->m);
	front_settle();
	KUNIT_EXPECT_EQ(test, f->config_changed, 1U);
	KUNIT_EXPECT_EQ(test, f->done[0], 1U);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(f->m, VFE_REG_ISR_STATUS,
					     VFE_READ), 1U);
}

static void T22_notify_address(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 2, .multiplier = 8 };
	struct front *f = front_new(test, &spec);

	VFE_DUTY(test, "T22", "4.1.4.4",
		 "notified is at queue_notify_off * multiplier, inside the structure");
	f->m->queues[0].notify_off = 5;
	f->m->queues[1].notify_off = 511;
	KUNIT_ASSERT_EQ(test, front_up(f, FRONT_READY), 0);
	vfe_mock_log_clear(f->m);
	vfe_queue_notify(vfe_get_queue(f->vd, 0));
	vfe_queue_notify(vfe_get_queue(f->vd, 1));
	KUNIT_ASSERT_EQ(test, f->m->log_len, 2U);
	KUNIT_EXPECT_EQ(test, f->m->log[0].offset, 40U);
	KUNIT_EXPECT_EQ(test, f->m->log[1].offset, 4088U);
	VFE_MOCK_EXPECT_CLEAN(test, f->m);
	front_down(f);
	f->m->queues[1].notify_off = 512;
	KUNIT_EXPECT_EQ(test, front_up(f, FRONT_READY), -EINVAL);
}

static struct kunit_case pci_cases[] = {
	KUNIT_CASE(T01_stock_identity_of_any_revision),
	KUNIT_CASE(T02_natural_widths),
	KUNIT_CASE(T03_reserved_values_are_ignored),
	KUNIT_CASE(T04_first_usable_instance),
	KUNIT_CASE(T05_larger_capabilities_and_structures),
	KUNIT_CASE(T06_no_capability_is_written),
	KUNIT_CASE(T07_read_only_registers_are_not_written),
	KUNIT_CASE(T08_queue_size_is_a_power_of_two),
	KUNIT_CASE(T09_queue_enable_comes_last),
	KUNIT_CASE(T10_status_0_is_awaited),
	KUNIT_CASE(T13_no_isr_read_with_msix),
	KUNIT_CASE(T14_vendor_id_comes_first),
	KUNIT_CASE(T16_any_size_of_the_vector_table),
	KUNIT_CASE(T16_each_mapping_is_read_back),
	KUNIT_CASE(T16_fewer_vectors_when_refused),
	KUNIT_CASE(T11_B14_queue_reset_is_awaited),
	KUNIT_CASE(B15_set_up_as_at_first),
	KUNIT_CASE(B22_B23_B24_nothing_is_suspended),
	KUNIT_CASE(B28_no_virtual_functions),
	KUNIT_CASE(T12_no_admin_queues),
	KUNIT_CASE(T15_pci_cfg_is_not_used),
	KUNIT_CASE(T20_one_interrupt_for_both),
	KUNIT_CASE(T21_isr_is_read_once_without_msix),
	KUNIT_CASE(T22_notify_address),
	{}
};

static struct kunit_suite pci_suite = {
	.name = "vfe-duty-pci",
	.test_cases = pci_cases,
};

kunit_test_suite(pci_suite);

MODULE_DESCRIPTION("Conformance of the PCI transport");
MODULE_LICENSE("GPL");

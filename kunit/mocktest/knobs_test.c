// SPDX-License-Identifier: GPL-2.0
/*
 * The mock's knobs, and the packed ring that no driver here uses yet: each
 * does what its description says, seen through the registers.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "lib/raw_driver.h"

#define FAULT_PACKED	(BIT_ULL(VIRTIO_F_VERSION_1) | \
			 BIT_ULL(VIRTIO_F_RING_PACKED))

static void features_are_refused(struct kunit *test)
{
	struct hand *d = hand_drive(test, NULL);

	d->m->knobs.refuse_features = true;
	hand_accept(d, VFE_MOCK_FEATURES);
	KUNIT_EXPECT_FALSE(test, hand_get(d, VFE_REG_DEVICE_STATUS) &
			   VIRTIO_CONFIG_S_FEATURES_OK);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void reset_takes_reads(struct kunit *test)
{
	struct hand *d = hand_up(test, VFE_MOCK_FEATURES);
	u32 before = hand_get(d, VFE_REG_DEVICE_STATUS);

	d->m->knobs.reset_reads = 2;
	hand_set(d, VFE_REG_DEVICE_STATUS, 0);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_DEVICE_STATUS), before);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_DEVICE_STATUS), before);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_DEVICE_STATUS), 0U);
	KUNIT_EXPECT_EQ(test, d->m->queues[0].enable, 0);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void vectors_are_short(struct kunit *test)
{
	struct vfe_mock_spec spec = { .queues = 3 };
	struct hand *d = hand_drive(test, &spec);

	d->m->knobs.vectors_short = 2;
	hand_set(d, VFE_REG_CONFIG_MSIX_VECTOR, 1);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_CONFIG_MSIX_VECTOR), 1U);
	hand_set(d, VFE_REG_CONFIG_MSIX_VECTOR, 2);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_CONFIG_MSIX_VECTOR),
			(u32)VIRTIO_MSI_NO_VECTOR);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void configuration_moves(struct kunit *test)
{
	const u8 config[] = { 10, 20, 30, 40 };
	struct vfe_mock_spec spec = {
		.config = config,
		.config_len = sizeof(config),
	};
	struct hand *d = hand_drive(test, &spec);
	u32 generation = hand_get(d, VFE_REG_CONFIG_GENERATION);

	d->m->knobs.generation_moves = 1;
	KUNIT_EXPECT_EQ(test, ioread8(d->config), 10U);
	KUNIT_EXPECT_EQ(test, ioread8(d->config), 11U);
	KUNIT_EXPECT_EQ(test, ioread8(d->config + 3), 41U);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_CONFIG_GENERATION),
			generation + 1);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void gone_reads_as_ones(struct kunit *test)
{
	struct hand *d = hand_up(test, VFE_MOCK_FEATURES);
	u16 vendor;

	vfe_mock_vanish(d->m);
	hand_set(d, VFE_REG_DEVICE_STATUS, 0);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_DEVICE_STATUS), (u32)U8_MAX);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_NUM_QUEUES), (u32)U16_MAX);
	KUNIT_EXPECT_NE(test, d->m->status, 0);
	pci_read_config_word(d->m->pdev, PCI_VENDOR_ID, &vendor);
	KUNIT_EXPECT_EQ(test, vendor, U16_MAX);
	KUNIT_EXPECT_FALSE(test, vfe_mock_interrupt(&d->m->queues[0]));
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

/* Reads of queue_size are answered by 5, writes of queue_select swallowed. */
static bool fault_hook(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->reg == VFE_REG_QUEUE_SIZE)
		a->val = 5;
	if (a->reg == VFE_REG_DEVICE_FEATURE_SELECT)
		a->val = 1;
	return a->reg == VFE_REG_QUEUE_SELECT;
}

static void hook_has_the_last_word(struct kunit *test)
{
	struct hand *d = hand_drive(test, NULL);
	int at;

	d->m->knobs.access = fault_hook;
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_QUEUE_SIZE), 5U);
	hand_set(d, VFE_REG_QUEUE_SELECT, 7);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_QUEUE_SELECT), 0U);
	hand_set(d, VFE_REG_DEVICE_FEATURE_SELECT, 0);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_DEVICE_FEATURE),
			upper_32_bits(VFE_MOCK_FEATURES));
	/* the log has the values that the driver wrote and read */
	at = vfe_mock_find(d->m, 0, VFE_REG_QUEUE_SIZE, VFE_READ);
	KUNIT_ASSERT_EQ(test, at, 0);
	KUNIT_EXPECT_EQ(test, d->m->log[at].val, 5U);
	at = vfe_mock_find(d->m, 0, VFE_REG_QUEUE_SELECT, VFE_WRITE);
	KUNIT_ASSERT_EQ(test, at, 1);
	KUNIT_EXPECT_EQ(test, d->m->log[at].val, 7U);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void full_log_is_told(struct kunit *test)
{
	struct hand *d = hand_drive(test, NULL);
	unsigned int i;

	for (i = 0; i < 65540; i++)
		ioread8(d->common + 20);
	KUNIT_EXPECT_EQ(test, d->m->log_lost, 4U);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(d->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 65536U);
	vfe_mock_log_clear(d->m);
	hand_get(d, VFE_REG_DEVICE_STATUS);
	KUNIT_EXPECT_EQ(test, d->m->log_len, 1U);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void function_is_reset_alone(struct kunit *test)
{
	struct hand *d = hand_up(test, VFE_MOCK_FEATURES);

	KUNIT_ASSERT_EQ(test, pci_reset_function(d->m->pdev), 0);
	KUNIT_EXPECT_EQ(test, d->m->flrs, 1U);
	KUNIT_EXPECT_EQ(test, hand_get(d, VFE_REG_DEVICE_STATUS), 0U);
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
}

static void slots_are_apart(struct kunit *test)
{
	struct hand *one = hand_up(test, VFE_MOCK_FEATURES);
	struct hand *two = hand_drive(test, NULL);

	KUNIT_EXPECT_PTR_NE(test, one->m->pdev, two->m->pdev);
	KUNIT_EXPECT_NE(test, hand_get(one, VFE_REG_DEVICE_STATUS), 0U);
	KUNIT_EXPECT_EQ(test, hand_get(two, VFE_REG_DEVICE_STATUS), 0U);
	vfe_mock_vanish(one->m);
	KUNIT_EXPECT_EQ(test, hand_get(two, VFE_REG_NUM_QUEUES), 1U);
	VFE_MOCK_EXPECT_CLEAN(test, two->m);
}

static void what_is_left_is_told(struct kunit *test)
{
	struct hand *d = hand_up(test, VFE_MOCK_FEATURES);

	vfe_mock_unplug(d->m);
	KUNIT_EXPECT_STREQ(test, d->m->offence ?: "",
			   "BAR: a mapping was left behind");
}

/* --- the packed ring --- */

static struct vring_packed_desc *packed_at(struct hand *d, unsigned int i)
{
	return (struct vring_packed_desc *)d->ring + i;
}

/* A chain of @n descriptors from @slot on, the last for the device to write */
static void packed_expose(struct hand *d, unsigned int slot, unsigned int n,
			  u16 id, bool wrap)
{
	u16 here = wrap ? BIT(VRING_PACKED_DESC_F_AVAIL) :
			  BIT(VRING_PACKED_DESC_F_USED);
	unsigned int i;

	for (i = 0; i < n; i++) {
		unsigned int at = (slot + i) % HAND_SIZE;
		u16 flags = i < n - 1 ? VRING_DESC_F_NEXT : VRING_DESC_F_WRITE;

		/* behind the end of the ring the wrap counter is the other */
		if (slot + i == HAND_SIZE)
			here ^= BIT(VRING_PACKED_DESC_F_AVAIL) |
				BIT(VRING_PACKED_DESC_F_USED);
		*packed_at(d, at) = (struct vring_packed_desc){
			.addr = cpu_to_le64(virt_to_phys(hand_buffer(d))),
			.len = cpu_to_le32(8 + i),
			.id = cpu_to_le16(id),
			.flags = cpu_to_le16(flags | here),
		};
	}
}

static void packed_round(struct kunit *test, struct hand *d,
			 struct vfe_mock_chain *chain, unsigned int slot,
			 bool wrap, u16 id)
{
	struct vfe_mock_queue *mq = &d->m->queues[0];
	u16 used = BIT(VRING_PACKED_DESC_F_AVAIL) |
		   BIT(VRING_PACKED_DESC_F_USED);
	u16 flags;

	KUNIT_ASSERT_EQ(test, vfe_mock_pop(mq, chain), 0);
	packed_expose(d, slot, 3, id, wrap);
	KUNIT_EXPECT_EQ(test, vfe_mock_available(mq), 1U);
	KUNIT_ASSERT_EQ(test, vfe_mock_pop(mq, chain), 1);
	KUNIT_EXPECT_EQ(test, chain->id, id);
	KUNIT_EXPECT_EQ(test, chain->descs, 3);
	KUNIT_EXPECT_EQ(test, chain->out, 2U);
	KUNIT_EXPECT_EQ(test, chain->in_len, 10U);
	vfe_mock_push(mq, chain->id, 9, chain->descs);
	flags = le16_to_cpu(packed_at(d, slot)->flags);
	KUNIT_EXPECT_EQ(test, flags & used, wrap ? used : 0);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(packed_at(d, slot)->id), id);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packed_at(d, slot)->len), 9U);
}

static void packed_ring_goes_round(struct kunit *test)
{
	struct vfe_mock_chain *chain = kunit_kzalloc(test, sizeof(*chain),
						     GFP_KERNEL);
	struct hand *d = hand_up(test, FAULT_PACKED);
	unsigned int slot = 0;
	bool wrap = true;
	u16 id;

	KUNIT_ASSERT_NOT_NULL(test, chain);
	for (id = 0; id < 100; id++) {
		packed_round(test, d, chain, slot, wrap, id);
		slot += 3;
		if (slot >= HAND_SIZE) {
			slot -= HAND_SIZE;
			wrap = !wrap;
		}
	}
	VFE_MOCK_EXPECT_CLEAN(test, d->m);
	hand_reset(d);
}

static struct kunit_case fault_cases[] = {
	KUNIT_CASE(features_are_refused),
	KUNIT_CASE(reset_takes_reads),
	KUNIT_CASE(vectors_are_short),
	KUNIT_CASE(configuration_moves),
	KUNIT_CASE(gone_reads_as_ones),
	KUNIT_CASE(hook_has_the_last_word),
	KUNIT_CASE(full_log_is_told),
	KUNIT_CASE(function_is_reset_alone),
	KUNIT_CASE(slots_are_apart),
	KUNIT_CASE(what_is_left_is_told),
	KUNIT_CASE(packed_ring_goes_round),
	{}
};

static struct kunit_suite fault_suite = {
	.name = "vfe-mock-faults",
	.test_cases = fault_cases,
};

kunit_test_suite(fault_suite);

MODULE_DESCRIPTION("KUnit tests of the mock function's knobs");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
/*
 * Every rule that the mock knows: a driver that breaks it is noticed, and told
 * by the rule that it broke. A rule that nobody can break is not checked.
 */
#include <linux/string.h>

#include "lib/raw_driver.h"
#include "lib/suite.h"

#define RULES_PACKED	(BIT_ULL(VIRTIO_F_VERSION_1) | \
			 BIT_ULL(VIRTIO_F_RING_PACKED) | \
			 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC))
#define RULES_PLAIN	BIT_ULL(VIRTIO_F_VERSION_1)

/**
 * struct rule - a way to break a rule
 * @says: how the offence begins
 * @features: offered and accepted
 * @fresh: begin with a function that nobody has touched
 * @breaks: does it
 */
struct rule {
	const char *says;
	u64 features;
	bool fresh;
	void (*breaks)(struct raw *d);
};

/* --- registers --- */

static void ack_unreset(struct raw *d)
{
	raw_set(d, VFE_REG_DEVICE_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
}

static void ack_early(struct raw *d)
{
	raw_set(d, VFE_REG_DEVICE_STATUS, 0);
	raw_set(d, VFE_REG_DEVICE_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
}

static void clear_bit_of_status(struct raw *d)
{
	raw_set(d, VFE_REG_DEVICE_STATUS, VIRTIO_CONFIG_S_ACKNOWLEDGE);
}

static void go_on_after_failed(struct raw *d)
{
	raw_status(d, VIRTIO_CONFIG_S_FAILED);
	raw_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE);
}

static void driver_first(struct raw *d)
{
	raw_reset(d);
	raw_set(d, VFE_REG_DEVICE_STATUS, VIRTIO_CONFIG_S_DRIVER);
}

static void features_first(struct raw *d)
{
	raw_reset(d);
	raw_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	raw_status(d, VIRTIO_CONFIG_S_FEATURES_OK);
}

static void ready_first(struct raw *d)
{
	raw_reset(d);
	raw_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	raw_status(d, VIRTIO_CONFIG_S_DRIVER);
	raw_status(d, VIRTIO_CONFIG_S_DRIVER_OK);
}

static void unknown_status(struct raw *d)
{
	raw_status(d, BIT(5));
}

static void feature_unoffered(struct raw *d)
{
	raw_accept(d, RULES_PLAIN | BIT_ULL(40));
}

static void feature_beyond(struct raw *d)
{
	raw_reset(d);
	raw_status(d, VIRTIO_CONFIG_S_ACKNOWLEDGE);
	raw_status(d, VIRTIO_CONFIG_S_DRIVER);
	raw_set(d, VFE_REG_DRIVER_FEATURE_SELECT, 2);
	raw_set(d, VFE_REG_DRIVER_FEATURE, 1);
}

static void version_refused(struct raw *d)
{
	raw_accept(d, 0);
}

static void features_late(struct raw *d)
{
	raw_set(d, VFE_REG_DRIVER_FEATURE, 0);
}

static void features_undriven(struct raw *d)
{
	raw_reset(d);
	raw_set(d, VFE_REG_DRIVER_FEATURE, 0);
}

static void write_read_only(struct raw *d)
{
	raw_set(d, VFE_REG_NUM_QUEUES, 1);
}

static void read_too_wide(struct raw *d)
{
	ioread32(d->common + 24);
}

static void read_off_register(struct raw *d)
{
	ioread8(d->common + 25);
}

static void write_isr(struct raw *d)
{
	iowrite8(0, d->isr);
}

static void config_early(struct raw *d)
{
	raw_reset(d);
	iowrite8(1, d->config);
}

static void decoding_off(struct raw *d)
{
	pci_write_config_word(d->m->pdev, PCI_COMMAND, 0);
	raw_get(d, VFE_REG_DEVICE_STATUS);
}

static void capability_written(struct raw *d)
{
	u8 at = vfe_mock_cap(d->m, VIRTIO_PCI_CAP_COMMON_CFG);

	pci_write_config_byte(d->m->pdev, at + VIRTIO_PCI_CAP_BAR, 0);
}

static void mastering_off(struct raw *d)
{
	pci_clear_master(d->m->pdev);
	raw_accept(d, RULES_PLAIN);
	raw_queue(d);
	raw_status(d, VIRTIO_CONFIG_S_DRIVER_OK);
}

/* --- queues --- */

/* As far as FEATURES_OK, with the queue's size and addresses set */
static void queue_almost(struct raw *d)
{
	raw_accept(d, d->m->offered);
	raw_set(d, VFE_REG_QUEUE_SIZE, RAW_SIZE);
	raw_address(d, VFE_REG_QUEUE_DESC_LO, raw_desc(d));
	raw_address(d, VFE_REG_QUEUE_DRIVER_LO, raw_avail(d));
	raw_address(d, VFE_REG_QUEUE_DEVICE_LO, raw_used(d));
}

static void vector_beyond(struct raw *d)
{
	raw_set(d, VFE_REG_CONFIG_MSIX_VECTOR, 2);
}

static void queue_unknown(struct raw *d)
{
	raw_accept(d, d->m->offered);
	raw_set(d, VFE_REG_QUEUE_SELECT, 1);
	raw_set(d, VFE_REG_QUEUE_SIZE, RAW_SIZE);
}

static void queue_early(struct raw *d)
{
	raw_reset(d);
	raw_set(d, VFE_REG_QUEUE_SIZE, RAW_SIZE);
}

static void queue_late(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_DESC_LO, 0);
}

static void queue_after_ready(struct raw *d)
{
	raw_accept(d, d->m->offered);
	raw_status(d, VIRTIO_CONFIG_S_DRIVER_OK);
	raw_queue(d);
}

static void size_zero(struct raw *d)
{
	queue_almost(d);
	raw_set(d, VFE_REG_QUEUE_SIZE, 0);
}

static void size_too_large(struct raw *d)
{
	queue_almost(d);
	raw_set(d, VFE_REG_QUEUE_SIZE, 128);
}

static void size_odd(struct raw *d)
{
	queue_almost(d);
	raw_set(d, VFE_REG_QUEUE_SIZE, 12);
}

static void enable_by_zero(struct raw *d)
{
	queue_almost(d);
	raw_set(d, VFE_REG_QUEUE_ENABLE, 0);
}

static void enable_with(struct raw *d, enum vfe_reg lo, void *at)
{
	queue_almost(d);
	raw_address(d, lo, at);
	raw_set(d, VFE_REG_QUEUE_ENABLE, 1);
}

static void desc_misaligned(struct raw *d)
{
	enable_with(d, VFE_REG_QUEUE_DESC_LO, d->ring + 8);
}

static void avail_misaligned(struct raw *d)
{
	enable_with(d, VFE_REG_QUEUE_DRIVER_LO, d->ring + PAGE_SIZE + 1);
}

static void event_misaligned(struct raw *d)
{
	enable_with(d, VFE_REG_QUEUE_DRIVER_LO, d->ring + PAGE_SIZE + 2);
}

static void used_misaligned(struct raw *d)
{
	enable_with(d, VFE_REG_QUEUE_DEVICE_LO, d->ring + 2 * PAGE_SIZE + 2);
}

static void desc_nowhere(struct raw *d)
{
	queue_almost(d);
	raw_set(d, VFE_REG_QUEUE_DESC_HI, 0x80000000);
	raw_set(d, VFE_REG_QUEUE_ENABLE, 1);
}

static void used_flags_left(struct raw *d)
{
	raw_used(d)->flags = cpu_to_le16(1);
	queue_almost(d);
	raw_set(d, VFE_REG_QUEUE_ENABLE, 1);
}

/* --- notifications --- */

static void notify_early(struct raw *d)
{
	queue_almost(d);
	raw_set(d, VFE_REG_QUEUE_ENABLE, 1);
	iowrite16(0, d->notify);
}

static void notify_wide(struct raw *d)
{
	iowrite32(0, d->notify);
}

static void notify_wrong_value(struct raw *d)
{
	iowrite16(1, d->notify);
}

static void notify_wrong_place(struct raw *d)
{
	iowrite16(0, d->notify + 2);
}

static void notify_disabled(struct raw *d)
{
	raw_accept(d, d->m->offered);
	raw_status(d, VIRTIO_CONFIG_S_DRIVER_OK);
	iowrite16(0, d->notify);
}

/* --- the split ring --- */

static void index_back(struct raw *d)
{
	le16_add_cpu(&raw_avail(d)->idx, -1);
}

static void index_beyond(struct raw *d)
{
	le16_add_cpu(&raw_avail(d)->idx, RAW_SIZE + 1);
}

static void flags_with_event(struct raw *d)
{
	raw_avail(d)->flags = cpu_to_le16(1);
}

static void flags_unknown(struct raw *d)
{
	raw_avail(d)->flags = cpu_to_le16(2);
}

static void head_outside(struct raw *d)
{
	raw_expose(d, RAW_SIZE);
}

static void head_twice(struct raw *d)
{
	raw_make_desc(d, 0, 8, 0, 0);
	raw_expose(d, 0);
	raw_expose(d, 0);
}

static void next_outside(struct raw *d)
{
	raw_make_desc(d, 0, 8, VRING_DESC_F_NEXT, RAW_SIZE);
	raw_expose(d, 0);
}

static void chain_loops(struct raw *d)
{
	raw_make_desc(d, 0, 8, VRING_DESC_F_NEXT, 1);
	raw_make_desc(d, 1, 8, VRING_DESC_F_NEXT, 0);
	raw_expose(d, 0);
}

static void writable_first(struct raw *d)
{
	raw_make_desc(d, 0, 8, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1);
	raw_make_desc(d, 1, 8, 0, 0);
	raw_expose(d, 0);
}

static void address_nowhere(struct raw *d)
{
	raw_make_desc(d, 0, 8, 0, 0);
	raw_desc(d)[0].addr = cpu_to_le64(BIT_ULL(62));
	raw_expose(d, 0);
}

static void desc_flags_unknown(struct raw *d)
{
	raw_make_desc(d, 0, 8, BIT(9), 0);
	raw_expose(d, 0);
}

/* Descriptor 0 refers to a table of @n entries, its own buffer */
static struct raw_desc *table_of(struct raw *d, unsigned int n, u16 flags)
{
	struct raw_desc *table = (void *)raw_buffer(d);
	unsigned int i;

	for (i = 0; i < n; i++)
		table[i] = (struct raw_desc){
			.addr = cpu_to_le64(virt_to_phys(raw_buffer(d)) +
					    2048),
			.len = cpu_to_le32(8),
			.flags = cpu_to_le16(i < n - 1 ?
					     VRING_DESC_F_NEXT : 0),
			.next = cpu_to_le16(i + 1),
		};
	raw_make_desc(d, 0, n * sizeof(*table), VRING_DESC_F_INDIRECT | flags,
		      1);
	raw_expose(d, 0);
	return table;
}

static void table_unasked(struct raw *d)
{
	table_of(d, 1, 0);
}

static void table_and_next(struct raw *d)
{
	raw_make_desc(d, 1, 8, 0, 0);
	table_of(d, 1, VRING_DESC_F_NEXT);
}

static void table_nested(struct raw *d)
{
	table_of(d, 1, 0)->flags = cpu_to_le16(VRING_DESC_F_INDIRECT);
}

static void table_too_long(struct raw *d)
{
	table_of(d, RAW_SIZE + 1, 0);
}

static void table_broken(struct raw *d)
{
	table_of(d, 1, 0);
	raw_desc(d)[0].len = cpu_to_le32(24);
}

static void bytes_too_many(struct raw *d)
{
	struct raw_desc *table = table_of(d, 2, 0);

	table[0].len = cpu_to_le32(U32_MAX);
	table[0].addr = 0;
	table[1].len = cpu_to_le32(2);
}

/* --- the packed ring --- */

static struct vring_packed_desc *packed_ring(struct raw *d)
{
	return (struct vring_packed_desc *)d->ring;
}

static void packed_make(struct raw *d, unsigned int i, u16 flags)
{
	packed_ring(d)[i] = (struct vring_packed_desc){
		.addr = cpu_to_le64(virt_to_phys(raw_buffer(d))),
		.len = cpu_to_le32(16),
		.id = cpu_to_le16(i),
		.flags = cpu_to_le16(flags | BIT(VRING_PACKED_DESC_F_AVAIL)),
	};
}

static void packed_head_first(struct raw *d)
{
	packed_make(d, 0, VRING_DESC_F_NEXT);
}

static void packed_writable_first(struct raw *d)
{
	packed_make(d, 0, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE);
	packed_make(d, 1, 0);
}

static void packed_table_in_list(struct raw *d)
{
	packed_make(d, 0, VRING_DESC_F_NEXT);
	packed_make(d, 1, VRING_DESC_F_INDIRECT);
}

static void packed_table_flags(struct raw *d)
{
	struct vring_packed_desc *table = (void *)raw_buffer(d);

	table->addr = cpu_to_le64(virt_to_phys(d->ring));
	table->len = cpu_to_le32(8);
	table->flags = cpu_to_le16(VRING_DESC_F_NEXT);
	packed_make(d, 0, VRING_DESC_F_INDIRECT);
}

static void packed_loops(struct raw *d)
{
	unsigned int i;

	for (i = 0; i < RAW_SIZE; i++)
		packed_make(d, i, VRING_DESC_F_NEXT);
}

#define RULE(_breaks, _says, ...) \
	{ .breaks = (_breaks), .says = (_says), __VA_ARGS__ }

static const struct rule rules[] = {
	RULE(ack_unreset, "device_status: set before the device",
	     .fresh = true),
	RULE(ack_early, "device_status: set before it read 0"),
	RULE(clear_bit_of_status, "device_status: a bit was cleared"),
	RULE(go_on_after_failed, "device_status: set after FAILED"),
	RULE(driver_first, "device_status: DRIVER without"),
	RULE(features_first, "device_status: FEATURES_OK without"),
	RULE(ready_first, "device_status: DRIVER_OK without"),
	RULE(unknown_status, "device_status: an unknown bit"),
	RULE(feature_unoffered, "driver_feature: a feature that was not"),
	RULE(feature_beyond, "driver_feature: a feature that was not"),
	RULE(version_refused, "driver_feature: VERSION_1"),
	RULE(features_late, "driver_feature: written after"),
	RULE(features_undriven, "driver_feature: written before"),
	RULE(write_read_only, "a read-only register"),
	RULE(read_too_wide, "an access of another width"),
	RULE(read_off_register, "an access where no register"),
	RULE(write_isr, "isr_status: written"),
	RULE(config_early, "device_config: written before"),
	RULE(decoding_off, "a register was accessed while memory"),
	RULE(capability_written, "a field of a virtio capability"),
	RULE(mastering_off, "device_status: DRIVER_OK while bus",
	     .features = RULES_PLAIN),
	RULE(vector_beyond, "msix_vector: beyond"),
	RULE(queue_unknown, "queue registers: written for a queue"),
	RULE(queue_early, "queue registers: written before"),
	RULE(queue_late, "queue registers: written after queue_enable"),
	RULE(queue_after_ready, "queue registers: written after DRIVER_OK"),
	RULE(size_zero, "queue_size: 0"),
	RULE(size_too_large, "queue_size: more than"),
	RULE(size_odd, "queue_size: not a power of two"),
	RULE(enable_by_zero, "queue_enable: another value"),
	RULE(desc_misaligned, "queue_desc: not a multiple of 16"),
	RULE(avail_misaligned, "queue_driver: not a multiple of 2"),
	RULE(event_misaligned, "queue_driver: not a multiple of 4",
	     .features = RULES_PACKED),
	RULE(used_misaligned, "queue_device: not a multiple of 4"),
	RULE(desc_nowhere, "queue_desc: not memory"),
	RULE(used_flags_left, "used flags: not 0"),
	RULE(notify_early, "notify: before DRIVER_OK"),
	RULE(notify_wide, "notify: not of the width"),
	RULE(notify_wrong_value, "notify: the value"),
	RULE(notify_wrong_place, "notify: at an offset"),
	RULE(notify_disabled, "notify: of a queue that is not"),
	RULE(index_back, "avail idx: back"),
	RULE(index_beyond, "avail idx: back, or beyond"),
	RULE(flags_with_event, "avail flags: not 0 with EVENT_IDX"),
	RULE(flags_unknown, "avail flags: not 0 or 1",
	     .features = RULES_PLAIN),
	RULE(head_outside, "avail ring: a head outside"),
	RULE(head_twice, "avail ring: a head that is available"),
	RULE(next_outside, "descriptor: next is outside"),
	RULE(chain_loops, "chain: a loop"),
	RULE(writable_first, "chain: a readable piece behind"),
	RULE(address_nowhere, "chain: an address that is not"),
	RULE(desc_flags_unknown, "descriptor: unknown flags"),
	RULE(table_unasked, "descriptor: INDIRECT was not",
	     .features = RULES_PLAIN),
	RULE(table_and_next, "descriptor: INDIRECT and NEXT"),
	RULE(table_nested, "descriptor: an indirect table inside"),
	RULE(table_too_long, "chain: longer than the queue"),
	RULE(table_broken, "indirect table: not a multiple"),
	RULE(bytes_too_many, "chain: more than 2^32"),
	RULE(packed_head_first, "chain: its head was exposed",
	     .features = RULES_PACKED),
	RULE(packed_writable_first, "chain: a readable piece behind",
	     .features = RULES_PACKED),
	RULE(packed_table_in_list, "descriptor: INDIRECT in a list",
	     .features = RULES_PACKED),
	RULE(packed_table_flags, "indirect table: a flag other",
	     .features = RULES_PACKED),
	RULE(packed_loops, "chain: ", .features = RULES_PACKED),
};

static void rule_name(const struct rule *rule, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%ps", rule->breaks);
	/* without the module's name */
	*strchrnul(name, ' ') = '\0';
}

KUNIT_ARRAY_PARAM(rule, rules, rule_name);

/* Look at everything that is available, as a device would. */
static void rules_look(struct kunit *test, struct raw *d)
{
	struct vfe_mock_chain *chain = kunit_kzalloc(test, sizeof(*chain),
						     GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, chain);
	for (i = 0; i <= RAW_SIZE && !d->m->offence; i++)
		vfe_mock_pop(&d->m->queues[0], chain);
}

static void broken_rule_is_noticed(struct kunit *test)
{
	const struct rule *rule = test->param_value;
	struct vfe_mock_spec spec = {
		.features = rule->features,
		.config = "",
		.config_len = 1,
	};
	struct raw *d = raw_drive(test, &spec);

	if (!rule->fresh) {
		raw_accept(d, d->m->offered);
		raw_queue(d);
		raw_status(d, VIRTIO_CONFIG_S_DRIVER_OK);
	}
	rules_look(test, d);
	KUNIT_ASSERT_STREQ(test, d->m->offence ?: "", "");
	if (rule->breaks != used_flags_left)
		memset(d->ring, 0, 4 * PAGE_SIZE);
	rule->breaks(d);
	rules_look(test, d);
	KUNIT_ASSERT_NOT_NULL(test, d->m->offence);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(d->m->offence, rule->says),
			      "the offence is: %s", d->m->offence);
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE_PARAM(broken_rule_is_noticed, rule_gen_params),
	{}
};

VFE_SUITE(rules_cases);

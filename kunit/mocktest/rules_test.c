// SPDX-License-Identifier: GPL-2.0
/*
 * Every rule that the mock knows: it notices a driver that breaks it, and names
 * the rule.
 */
#include <linux/string.h>

#include "lib/raw_driver.h"
#include "lib/suite.h"

#define PLAIN		BIT_ULL(VIRTIO_F_VERSION_1)
#define PACKED		(PLAIN | BIT_ULL(VIRTIO_F_RING_PACKED) | \
			 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC))
#define RING_RESET	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_F_RING_RESET))
#define DATA		(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_F_NOTIFICATION_DATA))

/* A register and the value to write there */
struct write {
	enum vfe_reg reg;
	u32 val;
};

/**
 * struct rule - a way to break a rule
 * @says: how the offence begins
 * @state: of the device before
 * @features: offered and accepted, 0 for the usual ones
 * @legacy: on a device of 0.9.5
 * @writes: break it, or
 * @breaks: does
 */
struct rule {
	const char *says;
	enum raw_state state;
	u64 features;
	bool legacy;
	struct write writes[2];
	void (*breaks)(struct raw *d);
};

/* --- accesses that are no write of a register --- */

static void read_too_wide(struct raw *d)
{
	ioread32(d->win[VFE_WIN_COMMON] + 24);
}

static void read_off_register(struct raw *d)
{
	ioread8(d->win[VFE_WIN_COMMON] + 25);
}

static void read_legacy_too_wide(struct raw *d)
{
	ioread32(d->win[VFE_WIN_LEGACY] + 16);
}

static void read_word_unasked(struct raw *d)
{
	raw_get(d, VFE_REG_QUEUE_NOTIF_CONFIG_DATA);
}

static void config_early(struct raw *d)
{
	iowrite8(1, d->win[VFE_WIN_DEVICE]);
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
	raw_up(d, RAW_LIVE);
}

static void feature_unoffered(struct raw *d)
{
	raw_accept(d, PLAIN | BIT_ULL(40));
	raw_set(d, VFE_REG_DEVICE_STATUS, RAW_S_FEATURES);
}

static void late_unoffered(struct raw *d)
{
	raw_accept(d, PLAIN);
	raw_set(d, VFE_REG_DRIVER_FEATURE_SELECT, 2);
	raw_set(d, VFE_REG_DRIVER_FEATURE, 1);
	raw_set(d, VFE_REG_DEVICE_STATUS, RAW_S_FEATURES);
}

static void reset_of_a_queue_that_is(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_RESET, 1);
	raw_get(d, VFE_REG_QUEUE_RESET);
	raw_set(d, VFE_REG_QUEUE_RESET, 1);
}

/* --- queues --- */

static void enable_with(struct raw *d, enum vfe_reg lo, unsigned int at)
{
	raw_address(d, lo, d->ring + at);
	raw_set(d, VFE_REG_QUEUE_ENABLE, 1);
}

static void desc_misaligned(struct raw *d)
{
	enable_with(d, VFE_REG_QUEUE_DESC_LO, 8);
}

static void avail_misaligned(struct raw *d)
{
	enable_with(d, VFE_REG_QUEUE_DRIVER_LO, PAGE_SIZE + 1);
}

static void event_misaligned(struct raw *d)
{
	enable_with(d, VFE_REG_QUEUE_DRIVER_LO, PAGE_SIZE + 2);
}

static void used_misaligned(struct raw *d)
{
	enable_with(d, VFE_REG_QUEUE_DEVICE_LO, 2 * PAGE_SIZE + 2);
}

static void used_flags_left(struct raw *d)
{
	*raw_used_flags(d) = cpu_to_le16(1);
	raw_set(d, VFE_REG_QUEUE_ENABLE, 1);
}

static void old_queue(struct raw *d)
{
	raw_set(d, VFE_REG_LEGACY_QUEUE_ADDRESS,
		virt_to_phys(d->ring) >> VFE_LEGACY_PAGE_SHIFT);
}

static void old_queue_twice(struct raw *d)
{
	old_queue(d);
	old_queue(d);
}

static void old_notify_early(struct raw *d)
{
	old_queue(d);
	raw_set(d, VFE_REG_LEGACY_QUEUE_NOTIFY, 0);
}

static void old_queue_late(struct raw *d)
{
	raw_set(d, VFE_REG_LEGACY_DEVICE_STATUS,
		RAW_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK);
	old_queue(d);
}

/* --- notifications --- */

static void notify_early(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_ENABLE, 1);
	iowrite16(0, d->win[VFE_WIN_NOTIFY]);
}

static void notify_wide(struct raw *d)
{
	iowrite32(0, d->win[VFE_WIN_NOTIFY]);
}

static void notify_narrow(struct raw *d)
{
	iowrite16(0, d->win[VFE_WIN_NOTIFY]);
}

static void notify_wrong_value(struct raw *d)
{
	iowrite16(1, d->win[VFE_WIN_NOTIFY]);
}

static void notify_wrong_place(struct raw *d)
{
	iowrite16(0, d->win[VFE_WIN_NOTIFY] + 2);
}

static void notify_wrong_index(struct raw *d)
{
	iowrite32(5 << 16, d->win[VFE_WIN_NOTIFY]);
}

static void notify_while_reset(struct raw *d)
{
	raw_set(d, VFE_REG_QUEUE_RESET, 1);
	iowrite16(0, d->win[VFE_WIN_NOTIFY]);
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

static void expose(struct raw *d, u16 head)
{
	struct raw_avail *avail = raw_avail(d);

	avail->ring[le16_to_cpu(avail->idx) % RAW_SIZE] = cpu_to_le16(head);
	le16_add_cpu(&avail->idx, 1);
}

static void make_desc(struct raw *d, unsigned int i, u16 flags, u16 next)
{
	raw_desc(d)[i] = (struct raw_desc){
		.addr = cpu_to_le64(virt_to_phys(raw_buffer(d)) + 64 * i),
		.len = cpu_to_le32(8),
		.flags = cpu_to_le16(flags),
		.next = cpu_to_le16(next),
	};
}

/* Descriptor 0 with these, available */
static void expose_desc(struct raw *d, u16 flags, u16 next)
{
	make_desc(d, 0, flags, next);
	expose(d, 0);
}

static void head_outside(struct raw *d)
{
	expose(d, RAW_SIZE);
}

static void head_twice(struct raw *d)
{
	expose_desc(d, 0, 0);
	expose(d, 0);
}

static void next_outside(struct raw *d)
{
	expose_desc(d, VRING_DESC_F_NEXT, RAW_SIZE);
}

static void chain_loops(struct raw *d)
{
	expose_desc(d, VRING_DESC_F_NEXT, 0);
}

static void writable_first(struct raw *d)
{
	make_desc(d, 1, 0, 0);
	expose_desc(d, VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 1);
}

static void address_nowhere(struct raw *d)
{
	expose_desc(d, 0, 0);
	raw_desc(d)[0].addr = cpu_to_le64(BIT_ULL(62));
}

static void desc_flags_unknown(struct raw *d)
{
	expose_desc(d, BIT(9), 0);
}

/* Descriptor 0 refers to a table of @n entries in the buffer. */
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
	expose_desc(d, VRING_DESC_F_INDIRECT | flags, 1);
	raw_desc(d)[0].len = cpu_to_le32(n * sizeof(*table));
	return table;
}

static void table_alone(struct raw *d)
{
	table_of(d, 1, 0);
}

static void table_and_next(struct raw *d)
{
	make_desc(d, 1, 0, 0);
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

static void packed_make(struct raw *d, unsigned int i, u16 flags)
{
	struct vring_packed_desc *ring = (void *)d->ring;

	ring[i] = (struct vring_packed_desc){
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

/* --- the rules --- */

#define W(reg, val)	{ VFE_REG_##reg, val }
/* broken by writes in a state, or by a function */
#define WRITES(_says, _state, ...) \
	{ .says = (_says), .state = RAW_##_state, .writes = { __VA_ARGS__ } }
#define BREAKS(_says, _breaks, ...) \
	{ .says = (_says), .breaks = (_breaks), __VA_ARGS__ }
#define OLD(_says, ...) \
	{ .says = (_says), .state = RAW_FRESH, .legacy = true, __VA_ARGS__ }

static const struct rule rules[] = {
	WRITES("device_status: set before the device", FRESH,
	       W(DEVICE_STATUS, RAW_S_ACK)),
	WRITES("device_status: set before it read 0", LIVE,
	       W(DEVICE_STATUS, 0), W(DEVICE_STATUS, RAW_S_ACK)),
	WRITES("device_status: a bit was cleared", LIVE,
	       W(DEVICE_STATUS, RAW_S_ACK)),
	WRITES("device_status: set after FAILED", LIVE,
	       W(DEVICE_STATUS, RAW_S_LIVE | VIRTIO_CONFIG_S_FAILED),
	       W(DEVICE_STATUS, RAW_S_LIVE | VIRTIO_CONFIG_S_FAILED)),
	WRITES("device_status: DRIVER without", RESET,
	       W(DEVICE_STATUS, VIRTIO_CONFIG_S_DRIVER)),
	WRITES("device_status: FEATURES_OK without", RESET,
	       W(DEVICE_STATUS, RAW_S_ACK | VIRTIO_CONFIG_S_FEATURES_OK)),
	WRITES("device_status: DRIVER_OK without", DRIVER,
	       W(DEVICE_STATUS, RAW_S_DRIVER | VIRTIO_CONFIG_S_DRIVER_OK)),
	WRITES("device_status: an unknown bit", LIVE,
	       W(DEVICE_STATUS, RAW_S_LIVE | BIT(5))),
	BREAKS("device_status: DRIVER_OK while bus", mastering_off),
	BREAKS("driver_feature: a feature that was not", feature_unoffered,
	       .state = RAW_DRIVER),
	BREAKS("driver_feature: a feature that was not", late_unoffered,
	       .state = RAW_DRIVER),
	WRITES("driver_feature: a feature that was not", DRIVER,
	       W(DRIVER_FEATURE_SELECT, 4), W(DRIVER_FEATURE, 1)),
	WRITES("driver_feature: VERSION_1", DRIVER,
	       W(DEVICE_STATUS, RAW_S_FEATURES)),
	WRITES("driver_feature: written after", LIVE, W(DRIVER_FEATURE, 0)),
	WRITES("driver_feature: written before", RESET, W(DRIVER_FEATURE, 0)),
	WRITES("a read-only register", LIVE, W(NUM_QUEUES, 1)),
	BREAKS("an access of another width", read_too_wide),
	BREAKS("an access where no register", read_off_register),
	WRITES("isr_status: written", LIVE, W(ISR_STATUS, 0)),
	BREAKS("device_config: written before", config_early,
	       .state = RAW_RESET),
	BREAKS("a register was accessed while memory", decoding_off),
	BREAKS("a field of a virtio capability", capability_written),
	WRITES("msix_vector: beyond", LIVE, W(CONFIG_MSIX_VECTOR, 2)),
	WRITES("queue registers: written for a queue", NO_QUEUE,
	       W(QUEUE_SELECT, 1), W(QUEUE_SIZE, RAW_SIZE)),
	WRITES("queue registers: written before", RESET,
	       W(QUEUE_SIZE, RAW_SIZE)),
	WRITES("queue registers: written after queue_enable", LIVE,
	       W(QUEUE_DESC_LO, 0)),
	WRITES("queue registers: written after DRIVER_OK", NO_QUEUE,
	       W(QUEUE_SIZE, RAW_SIZE)),
	WRITES("queue_size: 0", QUEUE, W(QUEUE_SIZE, 0)),
	WRITES("queue_size: more than", QUEUE, W(QUEUE_SIZE, 128)),
	WRITES("queue_size: not a power of two", QUEUE, W(QUEUE_SIZE, 12)),
	WRITES("queue_enable: another value", QUEUE, W(QUEUE_ENABLE, 0)),
	WRITES("queue_desc: not memory", QUEUE,
	       W(QUEUE_DESC_HI, 0x80000000), W(QUEUE_ENABLE, 1)),
	BREAKS("queue_desc: not a multiple of 16", desc_misaligned,
	       .state = RAW_QUEUE),
	BREAKS("queue_driver: not a multiple of 2", avail_misaligned,
	       .state = RAW_QUEUE),
	BREAKS("queue_driver: not a multiple of 4", event_misaligned,
	       .state = RAW_QUEUE, .features = PACKED),
	BREAKS("queue_device: not a multiple of 4", used_misaligned,
	       .state = RAW_QUEUE),
	BREAKS("used flags: not 0", used_flags_left, .state = RAW_QUEUE),
	WRITES("queue_reset: written, RING_RESET was not", LIVE,
	       W(QUEUE_RESET, 1)),
	{ "queue_reset: another value", RAW_LIVE, RING_RESET,
	  .writes = { W(QUEUE_RESET, 0) } },
	{ "queue_reset: written while", RAW_LIVE, RING_RESET,
	  .writes = { W(QUEUE_RESET, 1), W(QUEUE_RESET, 1) } },
	BREAKS("queue_reset: of a queue that is not", reset_of_a_queue_that_is,
	       .features = RING_RESET),
	BREAKS("queue_notif_config_data: NOTIF_CONFIG_DATA", read_word_unasked),
	BREAKS("notify: before DRIVER_OK", notify_early, .state = RAW_QUEUE),
	BREAKS("notify: not of the width", notify_wide),
	BREAKS("notify: not of the width", notify_narrow, .features = DATA),
	BREAKS("notify: the value", notify_wrong_value),
	BREAKS("notify: at an offset", notify_wrong_place),
	BREAKS("notify: the upper half", notify_wrong_index, .features = DATA),
	BREAKS("notify: of a queue that is not", notify_narrow,
	       .state = RAW_NO_QUEUE),
	BREAKS("notify: of a queue that is being reset", notify_while_reset,
	       .features = RING_RESET),
	BREAKS("avail idx: back", index_back),
	BREAKS("avail idx: back, or beyond", index_beyond),
	BREAKS("avail flags: not 0 with EVENT_IDX", flags_with_event),
	BREAKS("avail flags: not 0 or 1", flags_unknown, .features = PLAIN),
	BREAKS("avail ring: a head outside", head_outside),
	BREAKS("avail ring: a head that is available", head_twice),
	BREAKS("descriptor: next is outside", next_outside),
	BREAKS("chain: a loop", chain_loops),
	BREAKS("chain: a readable piece behind", writable_first),
	BREAKS("chain: an address that is not", address_nowhere),
	BREAKS("descriptor: unknown flags", desc_flags_unknown),
	BREAKS("descriptor: INDIRECT was not", table_alone, .features = PLAIN),
	BREAKS("descriptor: INDIRECT and NEXT", table_and_next),
	BREAKS("descriptor: an indirect table inside", table_nested),
	BREAKS("chain: longer than the queue", table_too_long),
	BREAKS("indirect table: not a multiple", table_broken),
	BREAKS("chain: more than 2^32", bytes_too_many),
	BREAKS("chain: its head was exposed", packed_head_first,
	       .features = PACKED),
	BREAKS("chain: a readable piece behind", packed_writable_first,
	       .features = PACKED),
	BREAKS("descriptor: INDIRECT in a list", packed_table_in_list,
	       .features = PACKED),
	BREAKS("indirect table: a flag other", packed_table_flags,
	       .features = PACKED),
	BREAKS("chain: ", packed_loops, .features = PACKED),
	/* 0.9.5: RAW_S_DRIVER is set */
	OLD("device_status: FEATURES_OK on the legacy",
	    .writes = { W(LEGACY_DEVICE_STATUS, RAW_S_FEATURES) }),
	OLD("legacy_driver_features: a feature that",
	    .writes = { W(LEGACY_DRIVER_FEATURES, BIT(3)) }),
	OLD("legacy_driver_features: written before",
	    .writes = { W(LEGACY_DEVICE_STATUS, 0),
			W(LEGACY_DRIVER_FEATURES, 0) }),
	OLD("legacy_driver_features: written after",
	    .writes = { W(LEGACY_DEVICE_STATUS, RAW_S_DRIVER |
			  VIRTIO_CONFIG_S_DRIVER_OK),
			W(LEGACY_DRIVER_FEATURES, 0) }),
	OLD("legacy_queue_address: of a queue that is not",
	    .writes = { W(LEGACY_QUEUE_SELECT, 1),
			W(LEGACY_QUEUE_ADDRESS, 1) }),
	OLD("legacy_queue_address: written before",
	    .writes = { W(LEGACY_DEVICE_STATUS, 0),
			W(LEGACY_QUEUE_ADDRESS, 1) }),
	OLD("legacy_queue_address: written after", .breaks = old_queue_late),
	OLD("legacy_queue_address: of a queue that is in use",
	    .breaks = old_queue_twice),
	OLD("legacy_queue_notify: before", .breaks = old_notify_early),
	OLD("legacy_queue_notify: of a queue that",
	    .writes = { W(LEGACY_DEVICE_STATUS, RAW_S_DRIVER |
			  VIRTIO_CONFIG_S_DRIVER_OK),
			W(LEGACY_QUEUE_NOTIFY, 0) }),
	OLD("a read-only register was written",
	    .writes = { W(LEGACY_QUEUE_SIZE, 8) }),
	OLD("an access of another width", .breaks = read_legacy_too_wide),
};

KUNIT_ARRAY_PARAM_DESC(rule, rules, says);

/* Look at everything that is available, as a device would. */
static void look(struct raw *d, struct vfe_mock_chain *chain)
{
	unsigned int i;

	for (i = 0; i <= RAW_SIZE && !d->m->offence; i++)
		vfe_mock_pop(&d->m->queues[0], chain);
}

static void break_rule(struct raw *d, const struct rule *rule)
{
	unsigned int i;

	if (rule->breaks) {
		rule->breaks(d);
		return;
	}
	for (i = 0; i < ARRAY_SIZE(rule->writes); i++)
		if (rule->writes[i].reg || rule->writes[i].val)
			raw_set(d, rule->writes[i].reg, rule->writes[i].val);
}

static void broken_rule_is_noticed(struct kunit *test)
{
	const struct rule *rule = test->param_value;
	struct vfe_mock_spec spec = {
		.features = rule->features,
		.legacy = rule->legacy,
		.config = "",
		.config_len = 1,
	};
	struct raw *d = raw_drive(test, &spec);
	struct vfe_mock_chain *chain;

	chain = kunit_kzalloc(test, sizeof(*chain), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, chain);
	raw_up(d, rule->state);
	if (rule->legacy) {
		raw_set(d, VFE_REG_LEGACY_DEVICE_STATUS, 0);
		raw_get(d, VFE_REG_LEGACY_DEVICE_STATUS);
		raw_set(d, VFE_REG_LEGACY_DEVICE_STATUS, RAW_S_ACK);
		raw_set(d, VFE_REG_LEGACY_DEVICE_STATUS, RAW_S_DRIVER);
	}
	look(d, chain);
	KUNIT_ASSERT_STREQ(test, d->m->offence ?: "", "");
	break_rule(d, rule);
	look(d, chain);
	KUNIT_ASSERT_NOT_NULL(test, d->m->offence);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(d->m->offence, rule->says),
			      "the offence is: %s", d->m->offence);
}

static struct kunit_case rules_cases[] = {
	KUNIT_CASE_PARAM(broken_rule_is_noticed, rule_gen_params),
	{}
};

VFE_SUITE(rules_cases);

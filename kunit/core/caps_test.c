// SPDX-License-Identifier: GPL-2.0
/*
 * The walk through the capability list (drivers/core/caps.c): valid lists in
 * every order and form that virtio 1.4, 4.1.4.1 allows, and invalid ones;
 * caps_random_test.c has random ones. With any list, vfe_create() works or
 * returns the right error with one line in the log, accesses nothing outside
 * the structures and writes to no capability.
 */
#include <linux/string.h>
#include <linux/unaligned.h>

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

#define FREE_POS	0xe0	/* space for one more capability */
#define NO_BAR		3	/* a BAR that the function does not have */

/* --- lists with a few bytes changed --- */

/**
 * struct cap_edit - one change of a capability
 * @cfg_type: of the capability, 0 for none
 * @field: where in it
 * @size: bytes
 * @val: to write there
 */
struct cap_edit {
	u8 cfg_type;
	u8 field;
	u8 size;
	u32 val;
};

/**
 * struct cap_case - a capability list with changes, and the expected result
 * @name: of the case
 * @edits: the changes
 * @ret: of vfe_create()
 * @says: in its line of the log
 */
struct cap_case {
	const char *name;
	struct cap_edit edits[3];
	int ret;
	const char *says;
};

#define COMMON	VIRTIO_PCI_CAP_COMMON_CFG
#define NOTIFY	VIRTIO_PCI_CAP_NOTIFY_CFG
#define ISR	VIRTIO_PCI_CAP_ISR_CFG
#define DEVICE	VIRTIO_PCI_CAP_DEVICE_CFG

#define TYPE(t, v)	{ t, VIRTIO_PCI_CAP_CFG_TYPE, 1, v }
#define LEN(t, v)	{ t, VIRTIO_PCI_CAP_LEN, 1, v }
#define BAR(t, v)	{ t, VIRTIO_PCI_CAP_BAR, 1, v }
#define OFFSET(t, v)	{ t, VIRTIO_PCI_CAP_OFFSET, 4, v }
#define LENGTH(t, v)	{ t, VIRTIO_PCI_CAP_LENGTH, 4, v }
#define ID(t, v)	{ t, PCI_CAP_LIST_ID, 1, v }

static const struct cap_case cap_cases[] = {
	{ "unchanged", {}, 0, NULL },
	/* missing */
	{ "no common", { TYPE(COMMON, 0x77) }, -ENODEV, "no common" },
	{ "no notify", { TYPE(NOTIFY, 0x77) }, -ENODEV, "no notify" },
	{ "no isr", { TYPE(ISR, 0x77) }, -ENODEV, "no isr" },
	{ "no device", { TYPE(DEVICE, 0x77) }, 0, NULL },
	{ "common is not vendor specific", { ID(COMMON, PCI_CAP_ID_PM) },
	  -ENODEV, "no common" },
	{ "type 0", { TYPE(NOTIFY, 0) }, -ENODEV, "no notify" },
	{ "type 255", { TYPE(ISR, 255) }, -ENODEV, "no isr" },
	/* cap_len: virtio_pci does not look at it */
	{ "cap_len 0", { LEN(COMMON, 0) }, 0, NULL },
	{ "cap_len 15", { LEN(COMMON, 15) }, 0, NULL },
	{ "notify without multiplier", { LEN(NOTIFY, 16) }, 0, NULL },
	{ "isr cap_len 15", { LEN(ISR, 15) }, 0, NULL },
	{ "larger cap_len", { LEN(COMMON, 24), LEN(NOTIFY, 32), LEN(ISR, 17) },
	  0, NULL },
	{ "cap_len beyond config space", { LEN(COMMON, 255) }, 0, NULL },
	/* bar: 6 and above are reserved and ignored */
	{ "reserved bar 6", { BAR(COMMON, 6) }, -ENODEV, "no common" },
	{ "reserved bar 7", { BAR(NOTIFY, 7) }, -ENODEV, "no notify" },
	{ "reserved bar 255", { BAR(ISR, 255) }, -ENODEV, "no isr" },
	{ "reserved bar of an optional one", { BAR(DEVICE, 6) }, 0, NULL },
	{ "absent bar", { BAR(COMMON, NO_BAR) }, -EINVAL,
	  "unassigned bar: 0x3" },
	{ "upper half of a bar", { BAR(COMMON, VFE_BAR_VIRTIO + 1) }, -EINVAL,
	  "unassigned bar: 0x5" },
	/* offset */
	{ "common at 2", { OFFSET(COMMON, 2) }, -EINVAL, "misaligned" },
	{ "notify at an odd place", { OFFSET(NOTIFY, VFE_NOTIFY_OFFSET + 1) },
	  -EINVAL, "misaligned" },
	{ "device at 2", { OFFSET(DEVICE, VFE_DEVICE_OFFSET + 2) }, -EINVAL,
	  "misaligned" },
	{ "at the end", { OFFSET(COMMON, VFE_BAR_VIRTIO_SIZE) }, -EINVAL,
	  "offset beyond" },
	{ "55 bytes before the end",
	  { OFFSET(COMMON, VFE_BAR_VIRTIO_SIZE - 52) }, -EINVAL,
	  "offset beyond" },
	{ "beyond the end", { OFFSET(COMMON, VFE_BAR_VIRTIO_SIZE + 4) },
	  -EINVAL, "offset beyond" },
	{ "offset wraps", { OFFSET(COMMON, 0xfffffffc) }, -EINVAL,
	  "offset beyond" },
	{ "offset plus length wraps",
	  { OFFSET(NOTIFY, 0xfffff000), LENGTH(NOTIFY, 0x2000) }, -EINVAL,
	  "offset beyond" },
	/* length */
	{ "length 0", { LENGTH(COMMON, 0) }, -EINVAL, "length: 0" },
	{ "common 55", { LENGTH(COMMON, 55) }, -EINVAL, "length: 0x37" },
	{ "common 56", { LENGTH(COMMON, 56) }, 0, NULL },
	{ "notify 0", { LENGTH(NOTIFY, 0) }, -EINVAL, "notify" },
	{ "notify 1", { LENGTH(NOTIFY, 1) }, -EINVAL, "notify" },
	{ "notify 2", { LENGTH(NOTIFY, 2) }, 0, NULL },
	{ "isr 0", { LENGTH(ISR, 0) }, -EINVAL, "isr" },
	{ "isr 1", { LENGTH(ISR, 1) }, 0, NULL },
	{ "device 0", { LENGTH(DEVICE, 0) }, -EINVAL, "device" },
	/* 2.5.1: just large enough */
	{ "device 1", { LENGTH(DEVICE, 1) }, 0, NULL },
	/* longer than the BAR: truncated, as in virtio_pci */
	{ "one byte too long", { LENGTH(COMMON, VFE_BAR_VIRTIO_SIZE + 1) },
	  0, NULL },
	{ "length 0xffffffff", { LENGTH(NOTIFY, 0xffffffff) }, 0, NULL },
	{ "device length 0xffffffff", { LENGTH(DEVICE, 0xffffffff) }, 0, NULL },
	/* overlap: allowed, up to the device */
	{ "isr inside common", { OFFSET(ISR, 20), LENGTH(ISR, 1) }, 0, NULL },
	{ "device on notify", { OFFSET(DEVICE, VFE_NOTIFY_OFFSET) }, 0, NULL },
	{ "common runs into isr", { LENGTH(COMMON, VFE_ISR_OFFSET + 1) },
	  0, NULL },
	{ "all of it is everything",
	  { LENGTH(COMMON, 0xffffffff), LENGTH(ISR, 0xffffffff),
	    LENGTH(NOTIFY, 0xffffffff) }, 0, NULL },
};

KUNIT_ARRAY_PARAM_DESC(cap, cap_cases, name);

/* vfe_create() on a list as it is now: the result, the log, the list itself */
static void expect_create(struct kunit *test, struct tdrv *td, int ret,
			  const char *says)
{
	const u8 *cfg = vfe_mock_config_space(td->m);
	struct kmsg_dump_iter mark = log_mark();
	u8 before[VFE_MOCK_CONFIG_SPACE];

	memcpy(before, cfg, sizeof(before));
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_CREATE), ret);
	/* 4.1.4.1: no field of a capability is ever written */
	KUNIT_EXPECT_MEMEQ(test, cfg + PCI_STD_HEADER_SIZEOF,
			   before + PCI_STD_HEADER_SIZEOF,
			   sizeof(before) - PCI_STD_HEADER_SIZEOF);
	KUNIT_EXPECT_EQ(test, log_errors(mark, pci_name(td->m->pdev)),
			says ? 1U : 0U);
	KUNIT_EXPECT_EQ(test, log_errors(mark, says ?: "vfe"), says ? 1U : 0U);
	/* unusable structures are not accessed */
	if (ret)
		KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void changed_list(struct kunit *test)
{
	const struct cap_case *c = test->param_value;
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *cfg = vfe_mock_config_space(td->m);
	const struct cap_edit *e;
	u8 pos[ARRAY_SIZE(c->edits)];
	unsigned int i, n;

	VFE_DUTY(test, "T03", "4.1.4.1",
		 "capabilities with a reserved cfg_type or bar are ignored");
	VFE_DUTY(test, "T05", "4.1.4.1",
		 "a larger cap_len or length is accepted");
	VFE_DUTY(test, "T06", "4.1.4.1", "no field of a capability is written");
	/* find all positions first: a changed cfg_type is not found again */
	for (n = 0; n < ARRAY_SIZE(c->edits) && c->edits[n].cfg_type; n++)
		pos[n] = vfe_mock_cap(td->m, c->edits[n].cfg_type);
	for (i = 0; i < n; i++) {
		e = &c->edits[i];
		if (e->size == 4)
			put_unaligned_le32(e->val, cfg + pos[i] + e->field);
		else
			cfg[pos[i] + e->field] = e->val;
	}
	expect_create(test, td, c->ret, c->says);
}

/* --- the chain itself --- */

static u8 *cap_at(struct tdrv *td, u8 cfg_type)
{
	return vfe_mock_config_space(td->m) + vfe_mock_cap(td->m, cfg_type);
}

/* The function has its list, and an additional circular part. */
static void list_that_is_a_circle(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *cfg = vfe_mock_config_space(td->m);
	u8 pos = cfg[PCI_CAPABILITY_LIST];

	while (cfg[pos + PCI_CAP_LIST_NEXT])
		pos = cfg[pos + PCI_CAP_LIST_NEXT];
	cfg[pos + PCI_CAP_LIST_NEXT] = cfg[PCI_CAPABILITY_LIST];
	expect_create(test, td, 0, NULL);
}

static void capability_that_follows_itself(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *cfg = vfe_mock_config_space(td->m);
	u8 pos = vfe_mock_cap(td->m, COMMON);

	cfg[PCI_CAPABILITY_LIST] = pos;
	cfg[pos + PCI_CAP_LIST_NEXT] = pos;
	expect_create(test, td, -ENODEV, "no notify");
}

static void list_that_leads_into_the_header(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *cfg = vfe_mock_config_space(td->m);
	u8 pos = vfe_mock_cap(td->m, COMMON);

	cfg[PCI_CAPABILITY_LIST] = pos;
	cfg[pos + PCI_CAP_LIST_NEXT] = PCI_BASE_ADDRESS_0;
	expect_create(test, td, -ENODEV, "no notify");
}

/* The lower two bits of a pointer are reserved and masked (PCI 3.0, 6.7). */
static void pointers_with_low_bits(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *cfg = vfe_mock_config_space(td->m);
	u8 pos;

	for (pos = cfg[PCI_CAPABILITY_LIST]; pos;
	     pos = cfg[pos + PCI_CAP_LIST_NEXT] & ~3)
		if (cfg[pos + PCI_CAP_LIST_NEXT])
			cfg[pos + PCI_CAP_LIST_NEXT] |= 3;
	expect_create(test, td, 0, NULL);
}

static void empty_list(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);

	vfe_mock_config_space(td->m)[PCI_CAPABILITY_LIST] = 0;
	expect_create(test, td, -ENODEV, "no common");
}

static void no_list(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *cfg = vfe_mock_config_space(td->m);

	cfg[PCI_STATUS] &= ~PCI_STATUS_CAP_LIST;
	expect_create(test, td, -ENODEV, "no common");
}

/* --- more than one instance --- */

/*
 * Put a copy of a capability at the head of the list; the caller invalidates
 * one of the two. Return: the copy
 */
static u8 *add_first(struct tdrv *td, u8 cfg_type)
{
	u8 *cfg = vfe_mock_config_space(td->m);

	memcpy(cfg + FREE_POS, cap_at(td, cfg_type), 20);
	cfg[FREE_POS + PCI_CAP_LIST_NEXT] = cfg[PCI_CAPABILITY_LIST];
	cfg[PCI_CAPABILITY_LIST] = FREE_POS;
	return cfg + FREE_POS;
}

static const u8 cap_types[] = { COMMON, NOTIFY, ISR, DEVICE };

/* 4.1.4.1: use the first valid one, not the first one */
static void second_is_the_good_one(struct kunit *test)
{
	static const struct cap_edit spoil[] = {
		BAR(0, 6), BAR(0, 0xff), BAR(0, NO_BAR), LEN(0, 8),
		OFFSET(0, 0xfffffff0), LENGTH(0, 0), LENGTH(0, 0xffffffff),
		TYPE(0, 0x20), ID(0, PCI_CAP_ID_PM),
	};
	struct tdrv *td = tdrv_new(test, NULL);
	u8 good[VFE_MOCK_CONFIG_SPACE];
	u8 *cfg = vfe_mock_config_space(td->m);
	unsigned int t, s;
	u8 *copy;

	VFE_DUTY(test, "T04", "4.1.4.1",
		 "of each structure the first instance that can be used is");
	memcpy(good, cfg, sizeof(good));
	for (t = 0; t < ARRAY_SIZE(cap_types); t++) {
		for (s = 0; s < ARRAY_SIZE(spoil); s++) {
			copy = add_first(td, cap_types[t]);
			if (spoil[s].size == 4)
				put_unaligned_le32(spoil[s].val,
						   copy + spoil[s].field);
			else
				copy[spoil[s].field] = spoil[s].val;
			expect_create(test, td, 0, NULL);
			tdrv_down(td);
			memcpy(cfg, good, sizeof(good));
		}
	}
}

/* The second one has another address: an access there would be an offence. */
static void first_of_two_good_ones(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 good[VFE_MOCK_CONFIG_SPACE];
	u8 *cfg = vfe_mock_config_space(td->m);
	unsigned int t;
	u8 *second;

	VFE_DUTY(test, "T04", "4.1.4.1",
		 "of two instances that can be used, the first is");
	memcpy(good, cfg, sizeof(good));
	for (t = 0; t < ARRAY_SIZE(cap_types); t++) {
		second = cap_at(td, cap_types[t]);
		add_first(td, cap_types[t]);
		put_unaligned_le32(VFE_BAR_VIRTIO_SIZE - 0x80,
				   second + VIRTIO_PCI_CAP_OFFSET);
		put_unaligned_le32(0x80, second + VIRTIO_PCI_CAP_LENGTH);
		expect_create(test, td, 0, NULL);
		tdrv_down(td);
		memcpy(cfg, good, sizeof(good));
	}
}

/* All of them unusable: the error is about the first. */
static void two_bad_ones(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *second = cap_at(td, COMMON);
	u8 *first = add_first(td, COMMON);

	put_unaligned_le32(2, first + VIRTIO_PCI_CAP_OFFSET);
	put_unaligned_le32(0, second + VIRTIO_PCI_CAP_LENGTH);
	expect_create(test, td, -EINVAL, "at 0xe0 has misaligned offset");
}

/* --- the end of configuration space --- */

/* Move a capability to @to, as the head of the list */
static u8 *move_first(struct tdrv *td, u8 cfg_type, u8 to, u8 len)
{
	u8 *cfg = vfe_mock_config_space(td->m);
	u8 *old = cap_at(td, cfg_type);

	memcpy(cfg + to, old, len);
	old[VIRTIO_PCI_CAP_CFG_TYPE] = 0x77;
	cfg[to + PCI_CAP_LIST_NEXT] = cfg[PCI_CAPABILITY_LIST];
	cfg[PCI_CAPABILITY_LIST] = to;
	return cfg + to;
}

static void last_bytes_of_config_space(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);

	/* 16 bytes: up to the last one; 20 of them: from 0xec */
	move_first(td, ISR, 0xf0, 16);
	expect_create(test, td, 0, NULL);
	tdrv_down(td);
}

static void notify_in_the_last_bytes(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);

	move_first(td, NOTIFY, 0xec, 20);
	expect_create(test, td, 0, NULL);
}

static void notify_four_bytes_too_late(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);

	move_first(td, NOTIFY, 0xf0, 16);
	expect_create(test, td, -EINVAL, "notify");
}

static void header_in_the_last_four_bytes(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *cfg = vfe_mock_config_space(td->m);

	/* the walk reads no field beyond configuration space */
	move_first(td, COMMON, 0xfc, 4);
	KUNIT_EXPECT_EQ(test, cfg[0xfc], PCI_CAP_ID_VNDR);
	expect_create(test, td, -EINVAL, "for its cap_len");
}

/* A list with an entry in each place that there is */
static void longest_list(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *cfg = vfe_mock_config_space(td->m);
	u8 used[VFE_MOCK_CONFIG_SPACE / 4] = {};
	u8 pos, next = cfg[PCI_CAPABILITY_LIST];
	unsigned int i;

	for (pos = next; pos; pos = cfg[pos + PCI_CAP_LIST_NEXT])
		for (i = 0; i < 24; i += 4)
			used[(pos + i) / 4] = 1;
	for (pos = 0xfc; pos >= PCI_STD_HEADER_SIZEOF; pos -= 4) {
		if (used[pos / 4])
			continue;
		cfg[pos] = PCI_CAP_ID_VNDR;
		cfg[pos + PCI_CAP_LIST_NEXT] = next;
		cfg[pos + VIRTIO_PCI_CAP_LEN] = 4;
		cfg[pos + VIRTIO_PCI_CAP_CFG_TYPE] = 0x40;
		next = pos;
	}
	cfg[PCI_CAPABILITY_LIST] = next;
	expect_create(test, td, 0, NULL);
}

/* --- what is mapped, and what the vendor capability says of it --- */

/* 4.1.4.1: only the required part of a structure that is too large */
static void only_what_is_needed_is_mapped(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct vfe_regs *regs;

	VFE_DUTY(test, "T05", "4.1.4.1",
		 "only the required part of a larger structure is mapped");
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_CREATE), 0);
	regs = vfe_regs_of(td->vd);
	KUNIT_EXPECT_LE(test, regs->win[VFE_WIN_COMMON].len, 64U);
	KUNIT_EXPECT_EQ(test, regs->win[VFE_WIN_ISR].len, 1U);
	KUNIT_EXPECT_NULL(test, regs->win[VFE_WIN_PORT].base);
	KUNIT_EXPECT_NULL(test, regs->win[VFE_WIN_MEMORY].base);
}

/*
 * A structure that is longer than its BAR is mapped up to the end of the BAR.
 */
static void what_is_too_long_is_cut_off(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct vfe_regs *regs;

	put_unaligned_le32(VFE_STRUCT_SIZE * 16,
			   cap_at(td, NOTIFY) + VIRTIO_PCI_CAP_LENGTH);
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	regs = vfe_regs_of(td->vd);
	KUNIT_EXPECT_EQ(test, regs->win[VFE_WIN_NOTIFY].len,
			(u32)VFE_BAR_VIRTIO_SIZE - VFE_NOTIFY_OFFSET);
	tdrv_expect_completion(test, td, 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- features that the structures have no registers for --- */

/**
 * struct room_case - a structure that is short or misplaced
 * @name: of the case
 * @edits: what is changed of the list
 * @forgone: features that are disabled then
 */
struct room_case {
	const char *name;
	struct cap_edit edits[2];
	u64 forgone;
};

#define ROOM_FEATURES	(BIT_ULL(VIRTIO_F_NOTIFICATION_DATA) | \
			 BIT_ULL(VIRTIO_F_NOTIF_CONFIG_DATA) | \
			 BIT_ULL(VIRTIO_F_RING_RESET))

static const struct room_case room_cases[] = {
	{ "60 bytes", { LENGTH(COMMON, 60) }, 0 },
	{ "59 bytes", { LENGTH(COMMON, 59) }, BIT_ULL(VIRTIO_F_RING_RESET) },
	{ "58 bytes", { LENGTH(COMMON, 58) }, BIT_ULL(VIRTIO_F_RING_RESET) },
	{ "57 bytes", { LENGTH(COMMON, 57) },
	  BIT_ULL(VIRTIO_F_RING_RESET) | BIT_ULL(VIRTIO_F_NOTIF_CONFIG_DATA) },
	{ "56 bytes", { LENGTH(COMMON, 56) },
	  BIT_ULL(VIRTIO_F_RING_RESET) | BIT_ULL(VIRTIO_F_NOTIF_CONFIG_DATA) },
	{ "notify 4", { LENGTH(NOTIFY, 4) }, 0 },
	{ "notify 3", { LENGTH(NOTIFY, 3) },
	  BIT_ULL(VIRTIO_F_NOTIFICATION_DATA) },
	{ "multiplier 2",
	  { { NOTIFY, VIRTIO_PCI_NOTIFY_CAP_MULT, 4, 2 } },
	  BIT_ULL(VIRTIO_F_NOTIFICATION_DATA) },
};

KUNIT_ARRAY_PARAM_DESC(room, room_cases, name);

/* virtio_pci refuses a device like that; it works without the feature. */
static void feature_without_its_register(struct kunit *test)
{
	const struct room_case *c = test->param_value;
	struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | ROOM_FEATURES,
	};
	struct tdrv *td = tdrv_new(test, &spec);
	struct kmsg_dump_iter mark = log_mark();
	const struct cap_edit *e = c->edits;

	put_unaligned_le32(e->val, cap_at(td, e->cfg_type) + e->field);
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_EQ(test, td->m->accepted & ROOM_FEATURES,
			ROOM_FEATURES & ~c->forgone);
	KUNIT_EXPECT_EQ(test, log_lines(mark, "they are not used"),
			c->forgone ? 1U : 0U);
	tdrv_expect_completion(test, td, 0);
	/* a restart is no new probe: nothing is logged again */
	tdrv_restart(td);
	KUNIT_EXPECT_EQ(test, log_lines(mark, "they are not used"),
			c->forgone ? 1U : 0U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void no_device_structure(struct kunit *test)
{
	static const u8 byte[] = { 1, 0 };
	struct tdrv *td = tdrv_new(test, NULL);
	u8 val;

	cap_at(td, DEVICE)[VIRTIO_PCI_CAP_CFG_TYPE] = 0x77;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	KUNIT_EXPECT_NULL(test, vfe_regs_of(td->vd)->win[VFE_WIN_DEVICE].base);
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, byte, &val), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 0, 1, 1), -EINVAL);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void expect_traps(struct kunit *test, struct tdrv *td, u32 mapped)
{
	struct vfe_regs *regs;
	int win;

	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_CREATE), 0);
	regs = vfe_regs_of(td->vd);
	for (win = VFE_WIN_COMMON; win <= VFE_WIN_DEVICE; win++)
		KUNIT_EXPECT_EQ_MSG(test, regs->win[win].traps,
				    !(mapped & BIT(win)), "window %s",
				    vfe_window_name(win));
	tdrv_down(td);
}

static void vendor_capability_says_what_traps(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *cap = cap_at(td, VFE_CAP_CFG_TYPE);
	u32 mapped;

	for (mapped = 0; mapped <= 0xf; mapped++) {
		cap[offsetof(struct vfe_vendor_cap, mapped)] = mapped;
		expect_traps(test, td, mapped);
	}
}

/* 4.1.4.8.2: check the vendor first; ignore another vendor's */
static void vendor_capability_of_others(struct kunit *test)
{
	static const struct cap_edit spoil[] = {
		{ 0, offsetof(struct vfe_vendor_cap, vendor_id), 1, 0xff },
		{ 0, offsetof(struct vfe_vendor_cap, magic), 1, 0 },
		{ 0, offsetof(struct vfe_vendor_cap, magic) + 3, 1, 0 },
		{ 0, offsetof(struct vfe_vendor_cap, version), 1, 2 },
		LEN(0, 19), TYPE(0, 10), ID(0, PCI_CAP_ID_PM),
	};
	struct vfe_mock_spec spec = { .mapped = 0xf };
	struct tdrv *td = tdrv_new(test, &spec);
	u8 *cap = cap_at(td, VFE_CAP_CFG_TYPE);
	unsigned int s;
	u8 was;

	VFE_DUTY(test, "T14", "4.1.4.8.2",
		 "a vendor capability is used only after a check of vendor_id, and not required");
	for (s = 0; s < ARRAY_SIZE(spoil); s++) {
		was = cap[spoil[s].field];
		cap[spoil[s].field] = spoil[s].val;
		expect_traps(test, td, 0);
		cap[spoil[s].field] = was;
	}
	expect_traps(test, td, 0xf);
}

static void no_vendor_capability(struct kunit *test)
{
	struct vfe_mock_spec spec = { .no_vendor_cap = true, .mapped = 0xf };

	expect_traps(test, tdrv_new(test, &spec), 0);
}

/* A capability too near the end is not the end of the list. */
static void vendor_capability_that_is_cut_off(struct kunit *test)
{
	struct vfe_mock_spec spec = { .mapped = 0x2 };
	struct tdrv *td = tdrv_new(test, &spec);
	u8 *cfg = vfe_mock_config_space(td->m);

	memcpy(cfg + 0xf0, cap_at(td, VFE_CAP_CFG_TYPE), 16);
	cfg[0xf0 + PCI_CAP_LIST_NEXT] = cfg[PCI_CAPABILITY_LIST];
	cfg[PCI_CAPABILITY_LIST] = 0xf0;
	expect_traps(test, td, 0x2);
}

/* --- two drivers for one function --- */

/* The driver leaves BARs without a virtio structure to their owner. */
static void other_bar_of_another_driver(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct pci_dev *pdev = td->m->pdev;

	KUNIT_ASSERT_EQ(test, pci_request_region(pdev, VFE_BAR_MSIX, "another"),
			0);
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_CREATE), 0);
	tdrv_down(td);
	pci_release_region(pdev, VFE_BAR_MSIX);
}

static void regions_of_another_driver(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);

	KUNIT_ASSERT_EQ(test, pci_enable_device(td->m->pdev), 0);
	KUNIT_ASSERT_EQ(test, pci_request_regions(td->m->pdev, "another"), 0);
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_CREATE), -EBUSY);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	pci_release_regions(td->m->pdev);
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_CREATE), 0);
	pci_disable_device(td->m->pdev);
}

/* --- functions that cannot be enabled or mapped --- */

static void bar_without_an_address(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct resource *res = &td->m->pdev->resource[VFE_BAR_VIRTIO];
	struct kmsg_dump_iter mark = log_mark();

	res->flags |= IORESOURCE_UNSET;
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_CREATE), -EINVAL);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "cannot enable the function"),
			1U);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	res->flags &= ~IORESOURCE_UNSET;
	expect_create(test, td, 0, NULL);
}

/* Ports, on a machine without ports: nothing is mapped, everything is freed. */
static void bar_that_cannot_be_mapped(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct resource *res = &td->m->pdev->resource[VFE_BAR_VIRTIO];
	struct resource was = *res;
	struct kmsg_dump_iter mark;

	if (!IS_ENABLED(CONFIG_UML))
		kunit_skip(test, "needs a machine that maps no ports");
	res->start = 0x4000;
	res->end = 0x4000 + VFE_BAR_VIRTIO_SIZE - 1;
	res->flags = IORESOURCE_IO;
	mark = log_mark();
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_CREATE), -ENOMEM);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "cannot map 64 bytes of BAR 4"),
			1U);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	res->start = was.start;
	res->end = was.end;
	res->flags = was.flags;
	expect_create(test, td, 0, NULL);
}

static void function_without_dma(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	struct device *dev = &td->m->pdev->dev;
	struct kmsg_dump_iter mark = log_mark();
	u64 *mask = dev->dma_mask;

	dev->dma_mask = NULL;
	KUNIT_EXPECT_EQ(test, tdrv_up(td, TDRV_CREATE), -EIO);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "no DMA"), 1U);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
	KUNIT_EXPECT_FALSE(test, pci_is_enabled(td->m->pdev));
	dev->dma_mask = mask;
	expect_create(test, td, 0, NULL);
}

static void pci_cfg_capability_is_not_used(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 before[20], *at = cap_at(td, VIRTIO_PCI_CAP_PCI_CFG);

	VFE_DUTY(test, "T15", "4.1.4.9.2",
		 "no access goes through the PCI_CFG capability: its fields stay as they were");
	/* bar, offset and length of an access, which any code may write */
	memset(at + VIRTIO_PCI_CAP_BAR, 0x5a, sizeof(before) -
	       VIRTIO_PCI_CAP_BAR);
	memcpy(before, at, sizeof(before));
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	tdrv_expect_completion(test, td, 0);
	tdrv_expect_config_change(test, td);
	tdrv_down(td);
	KUNIT_EXPECT_MEMEQ(test, at, before, sizeof(before));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case caps_cases[] = {
	KUNIT_CASE_PARAM(changed_list, cap_gen_params),
	KUNIT_CASE(list_that_is_a_circle),
	KUNIT_CASE(capability_that_follows_itself),
	KUNIT_CASE(list_that_leads_into_the_header),
	KUNIT_CASE(pointers_with_low_bits),
	KUNIT_CASE(empty_list),
	KUNIT_CASE(no_list),
	KUNIT_CASE(second_is_the_good_one),
	KUNIT_CASE(first_of_two_good_ones),
	KUNIT_CASE(two_bad_ones),
	KUNIT_CASE(last_bytes_of_config_space),
	KUNIT_CASE(notify_in_the_last_bytes),
	KUNIT_CASE(notify_four_bytes_too_late),
	KUNIT_CASE(header_in_the_last_four_bytes),
	KUNIT_CASE(longest_list),
	KUNIT_CASE(only_what_is_needed_is_mapped),
	KUNIT_CASE(what_is_too_long_is_cut_off),
	KUNIT_CASE_PARAM(feature_without_its_register, room_gen_params),
	KUNIT_CASE(no_device_structure),
	KUNIT_CASE(vendor_capability_says_what_traps),
	KUNIT_CASE(vendor_capability_of_others),
	KUNIT_CASE(no_vendor_capability),
	KUNIT_CASE(vendor_capability_that_is_cut_off),
	KUNIT_CASE(other_bar_of_another_driver),
	KUNIT_CASE(regions_of_another_driver),
	KUNIT_CASE(bar_without_an_address),
	KUNIT_CASE(bar_that_cannot_be_mapped),
	KUNIT_CASE(function_without_dma),
	KUNIT_CASE(pci_cfg_capability_is_not_used),
	{}
};

VFE_SUITE(caps_cases);

// SPDX-License-Identifier: GPL-2.0
/*
 * Hundreds of capability lists: a valid one, with one to four random changes,
 * from a fixed seed. A model of virtio 1.4, 4.1.4.1 in this file gives the
 * expected result of vfe_create(); it walks the list with different code.
 */
#include <linux/prandom.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

#define LISTS		400
#define SEED		0x76666520
#define MAX_POSITIONS	((VFE_MOCK_CONFIG_SPACE - PCI_STD_HEADER_SIZEOF) / 4)

/* --- the model --- */

/*
 * A kind of structure: the required length of it and of its capability, and its
 * alignment
 */
static const struct kind {
	u8 cfg_type;
	u8 cap_len;
	u8 align;
	u8 min;
	bool optional;
} kinds[] = {
	{ VIRTIO_PCI_CAP_COMMON_CFG, 16, 4, 56, false },
	{ VIRTIO_PCI_CAP_NOTIFY_CFG, 20, 2, 2, false },
	{ VIRTIO_PCI_CAP_ISR_CFG, 16, 1, 1, false },
	{ VIRTIO_PCI_CAP_DEVICE_CFG, 16, 4, 1, true },
};

enum verdict { IGNORED, MALFORMED, USABLE };

/* Positions of vendor-specific capabilities, in the list's order */
static unsigned int list_positions(const u8 *cfg, u8 *pos)
{
	bool seen[VFE_MOCK_CONFIG_SPACE] = {};
	unsigned int n = 0;
	u8 at = cfg[PCI_CAPABILITY_LIST];

	if (!(cfg[PCI_STATUS] & PCI_STATUS_CAP_LIST))
		return 0;
	for (;;) {
		if (at < PCI_STD_HEADER_SIZEOF)
			return n;
		at &= ~3;
		if (cfg[at] == 0xff || seen[at])
			return n;
		seen[at] = true;
		if (cfg[at] == PCI_CAP_ID_VNDR)
			pos[n++] = at;
		at = cfg[at + 1];
	}
}

static enum verdict judge(struct pci_dev *pdev, const u8 *cfg, u8 pos,
			  const struct kind *kind)
{
	u64 offset, length, room;
	u8 bar;

	if (cfg[pos + 3] != kind->cfg_type)
		return IGNORED;
	if (pos + kind->cap_len > VFE_MOCK_CONFIG_SPACE)
		return MALFORMED;
	bar = cfg[pos + 4];
	if (bar > 5)
		return IGNORED;
	offset = get_unaligned_le32(cfg + pos + 8);
	length = get_unaligned_le32(cfg + pos + 12);
	room = pci_resource_len(pdev, bar);
	if (offset % kind->align || length < kind->min ||
	    offset + kind->min > room)
		return MALFORMED;
	return USABLE;
}

/**
 * struct model - the expected result of a list
 * @ret: of vfe_create(); 0 if the device is at the addresses of the list
 * @pos: the expected instance of each kind, 0 for none
 */
struct model {
	int ret;
	u8 pos[ARRAY_SIZE(kinds)];
};

static struct model model_of(struct pci_dev *pdev, const u8 *cfg)
{
	bool malformed[ARRAY_SIZE(kinds)] = {};
	u8 positions[MAX_POSITIONS];
	unsigned int n = list_positions(cfg, positions);
	struct model model = {};
	enum verdict verdict;
	unsigned int i, k;

	for (i = 0; i < n; i++) {
		for (k = 0; k < ARRAY_SIZE(kinds); k++) {
			if (model.pos[k])
				continue;
			verdict = judge(pdev, cfg, positions[i], &kinds[k]);
			if (verdict == USABLE)
				model.pos[k] = positions[i];
			malformed[k] |= verdict == MALFORMED;
		}
	}
	for (k = 0; k < ARRAY_SIZE(kinds) && !model.ret; k++) {
		if (model.pos[k])
			continue;
		if (malformed[k])
			model.ret = -EINVAL;
		else if (!kinds[k].optional)
			model.ret = -ENODEV;
	}
	return model;
}

/* --- the generator --- */

static u8 pick(struct rnd_state *rnd, const u8 *from, unsigned int n)
{
	return from[prandom_u32_state(rnd) % n];
}

static u32 some_u32(struct rnd_state *rnd)
{
	static const u32 vals[] = {
		0, 1, 2, 3, 4, 20, 55, 56, 64, 0xfff, 0x1000, 0x1001, 0x2000,
		0x3000, 0x3ffc, 0x3fff, 0x4000, 0x4001, 0x4004, 0x7fffffff,
		0x80000000, 0xfffff000, 0xfffffffc, 0xffffffff,
	};
	u32 r = prandom_u32_state(rnd);

	return r % 8 ? vals[(r >> 8) % ARRAY_SIZE(vals)] : r >> 3;
}

/* One change of a list whose capabilities are at @pos */
static void mutate(struct rnd_state *rnd, u8 *cfg, const u8 *pos,
		   unsigned int n)
{
	static const u8 lens[] = { 0, 4, 15, 16, 17, 19, 20, 21, 64, 255 };
	static const u8 types[] = { 0, 1, 2, 3, 4, 5, 8, 9, 10, 255 };
	static const u8 bars[] = { 0, 1, 2, 3, 4, 5, 6, 7, 255 };
	static const u8 ids[] = { 0, 1, PCI_CAP_ID_VNDR, PCI_CAP_ID_MSIX, 255 };
	u8 at = pick(rnd, pos, n);
	u8 to;

	switch (prandom_u32_state(rnd) % 10) {
	case 0:
		cfg[at] = pick(rnd, ids, ARRAY_SIZE(ids));
		break;
	case 1:
		cfg[at + 1] = prandom_u32_state(rnd);
		break;
	case 2:
		cfg[at + 1] = pick(rnd, pos, n);
		break;
	case 3:
		cfg[at + 2] = pick(rnd, lens, ARRAY_SIZE(lens));
		break;
	case 4:
		cfg[at + 3] = pick(rnd, types, ARRAY_SIZE(types));
		break;
	case 5:
		cfg[at + 4] = pick(rnd, bars, ARRAY_SIZE(bars));
		break;
	case 6:
		put_unaligned_le32(some_u32(rnd), cfg + at + 8);
		break;
	case 7:
		put_unaligned_le32(some_u32(rnd), cfg + at + 12);
		break;
	case 8:
		/* another instance, in free space or overlapping another */
		to = clamp_t(u8, prandom_u32_state(rnd) & ~3,
			     PCI_STD_HEADER_SIZEOF, 0xec);
		memmove(cfg + to, cfg + at, 20);
		cfg[to + 1] = cfg[PCI_CAPABILITY_LIST];
		cfg[PCI_CAPABILITY_LIST] = to;
		break;
	default:
		cfg[at + prandom_u32_state(rnd) % 20] = prandom_u32_state(rnd);
		break;
	}
}

/* --- the suite --- */

/* A register at a wrong address reads as ones. */
static bool ones_elsewhere(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->reg == VFE_NUM_REGS && a->dir == VFE_READ)
		a->val = U32_MAX;
	return false;
}

/* Does the list describe the structures correctly? */
static bool in_place(const u8 *good, const u8 *good_pos, const u8 *cfg,
		     const struct model *model)
{
	unsigned int k;

	for (k = 0; k < ARRAY_SIZE(kinds); k++)
		if (model->pos[k] &&
		    (cfg[model->pos[k] + 4] != good[good_pos[k] + 4] ||
		     get_unaligned_le32(cfg + model->pos[k] + 8) !=
		     get_unaligned_le32(good + good_pos[k] + 8)))
			return false;
	return true;
}

static void try_list(struct kunit *test, struct tdrv *td, unsigned int nr,
		     const u8 *good, const u8 *good_pos)
{
	u8 *cfg = vfe_mock_config_space(td->m);
	struct model model = model_of(td->m->pdev, cfg);
	struct kmsg_dump_iter mark = log_mark();
	u8 before[VFE_MOCK_CONFIG_SPACE];
	struct vfe_vendor_cap vcap;
	int ret;

	memcpy(before, cfg, sizeof(before));
	vfe_mock_log_clear(td->m);
	vfe_find_vendor_cap(td->m->pdev, &vcap);
	ret = tdrv_up(td, TDRV_CREATE);
	if (model.ret) {
		KUNIT_EXPECT_EQ_MSG(test, ret, model.ret, "list %u", nr);
		KUNIT_EXPECT_EQ_MSG(test, td->m->log_len, 0U, "list %u", nr);
		KUNIT_EXPECT_EQ_MSG(test,
				    log_errors(mark, pci_name(td->m->pdev)), 1U,
				    "list %u", nr);
	} else if (in_place(good, good_pos, cfg, &model)) {
		KUNIT_EXPECT_EQ_MSG(test, ret, 0, "list %u", nr);
		KUNIT_EXPECT_STREQ(test, td->m->offence ?: "", "");
	} else if (ret) {
		/* the list has a wrong address: reads return ones */
		KUNIT_EXPECT_EQ_MSG(test, ret, -ETIMEDOUT, "list %u", nr);
	}
	tdrv_down(td);
	td->m->offence = NULL;
	KUNIT_EXPECT_MEMEQ(test, cfg + PCI_STD_HEADER_SIZEOF,
			   before + PCI_STD_HEADER_SIZEOF,
			   sizeof(before) - PCI_STD_HEADER_SIZEOF);
}

static void generated_lists(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	u8 *cfg = vfe_mock_config_space(td->m);
	u8 good[VFE_MOCK_CONFIG_SPACE];
	u8 positions[MAX_POSITIONS];
	unsigned int n = list_positions(cfg, positions);
	struct model model = model_of(td->m->pdev, cfg);
	unsigned int nr, i, fails = 0, works = 0;
	struct rnd_state rnd;

	KUNIT_ASSERT_EQ(test, model.ret, 0);
	KUNIT_ASSERT_GE(test, n, 4U);
	memcpy(good, cfg, sizeof(good));
	prandom_seed_state(&rnd, SEED);
	td->m->knobs.access = ones_elsewhere;
	for (nr = 0; nr < LISTS; nr++) {
		for (i = 0; i <= nr % 4; i++)
			mutate(&rnd, cfg, positions, n);
		if (model_of(td->m->pdev, cfg).ret)
			fails++;
		else
			works++;
		try_list(test, td, nr, good, model.pos);
		memcpy(cfg, good, sizeof(good));
	}
	/* the generator must produce all sorts */
	KUNIT_EXPECT_GT(test, fails, LISTS / 8U);
	KUNIT_EXPECT_GT(test, works, LISTS / 8U);
	kunit_info(test, "%u lists: %u malformed, %u not\n", LISTS, fails,
		   works);
}

static struct kunit_case capsgen_cases[] = {
	KUNIT_CASE_SLOW(generated_lists),
	{}
};

VFE_SUITE(capsgen_cases);

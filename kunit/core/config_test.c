// SPDX-License-Identifier: GPL-2.0
/*
 * Device-specific configuration (drivers/core/config.c): widths, bounds,
 * consistency while the device changes it, and the write of a byte.
 */
#include <linux/string.h>
#include <linux/unaligned.h>

#include "lib/core_fixture.h"
#include "lib/log.h"
#include "lib/suite.h"

#define LEN	TDRV_CONFIG_SIZE
#define TRIES	32	/* attempts of a read */

static struct tdrv *tdrv_configured(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	unsigned int i;

	for (i = 0; i < LEN; i++)
		td->m->config[i] = 0x40 + i;
	KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
	vfe_mock_log_clear(td->m);
	return td;
}

/* --- what is read --- */

static void fields_of_each_width(struct kunit *test)
{
	static const u8 fields[] = { 1, 1, 2, 4, 8, 8, 4, 1, 1, 1, 1, 0 };
	struct tdrv *td = tdrv_configured(test);
	u8 buf[32];

	KUNIT_ASSERT_EQ(test, vfe_config_read(td->vd, 0, fields, buf), 0);
	KUNIT_EXPECT_MEMEQ(test, buf, td->m->config, sizeof(buf));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* 4.1.3.1: natural widths; 64 bits are two times 32 */
static void widths_of_the_accesses(struct kunit *test)
{
	static const u8 fields[] = { 1, 1, 2, 4, 8, 0 };
	static const struct {
		u32 offset;
		unsigned int size;
	} want[] = { { 0, 1 }, { 1, 1 }, { 2, 2 }, { 4, 4 }, { 8, 4 },
		     { 12, 4 } };
	struct tdrv *td = tdrv_configured(test);
	unsigned int i;
	u8 buf[16];
	int at = 0;

	VFE_DUTY(test, "B10", "2.5.1",
		 "no read of more than 32 bits, or of several fields, is assumed to be atomic");
	KUNIT_ASSERT_EQ(test, vfe_config_read(td->vd, 0, fields, buf), 0);
	/* one read of the generation before, one after, nothing else */
	KUNIT_EXPECT_EQ(test, td->m->log_len, (u32)ARRAY_SIZE(want) + 2);
	for (i = 0; i < ARRAY_SIZE(want); i++) {
		at = vfe_mock_find(td->m, at, VFE_REG_DEVICE_CONFIG, VFE_READ);
		KUNIT_ASSERT_GE(test, at, 0);
		KUNIT_EXPECT_EQ(test, td->m->log[at].offset, want[i].offset);
		KUNIT_EXPECT_EQ(test, td->m->log[at].size, want[i].size);
		at++;
	}
}

/* One field at every possible offset */
static void each_field_at_each_offset(struct kunit *test)
{
	static const u8 sizes[] = { 1, 2, 4, 8 };
	struct tdrv *td = tdrv_configured(test);
	u8 fields[2] = {};
	unsigned int s;
	u32 offset;
	u8 buf[8];
	int ret;

	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		fields[0] = sizes[s];
		for (offset = 0; offset < LEN + 16; offset++) {
			ret = vfe_config_read(td->vd, offset, fields, buf);
			if (offset % min_t(u32, sizes[s], 4) ||
			    offset + sizes[s] > LEN) {
				KUNIT_EXPECT_EQ(test, ret, -EINVAL);
				continue;
			}
			KUNIT_EXPECT_EQ(test, ret, 0);
			KUNIT_EXPECT_MEMEQ(test, buf, td->m->config + offset,
					   sizes[s]);
		}
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void field_into_an_odd_buffer(struct kunit *test)
{
	static const u8 fields[] = { 4, 8, 0 };
	struct tdrv *td = tdrv_configured(test);
	u8 buf[16] = {};

	KUNIT_ASSERT_EQ(test, vfe_config_read(td->vd, 4, fields, buf + 1), 0);
	KUNIT_EXPECT_MEMEQ(test, buf + 1, td->m->config + 4, 12);
	KUNIT_EXPECT_EQ(test, buf[0], 0);
	KUNIT_EXPECT_EQ(test, buf[13], 0);
}

/* --- what cannot be read: no access is made --- */

static void bad_arguments(struct kunit *test)
{
	static const struct {
		u32 offset;
		u8 fields[4];
	} bad[] = {
		{ 0, { 3 } }, { 0, { 5 } }, { 0, { 16 } }, { 0, { 255 } },
		{ 1, { 2 } }, { 2, { 4 } }, { 2, { 8 } }, { 0, { 1, 2 } },
		{ 0, { 2, 4 } }, { LEN, { 1 } }, { LEN - 1, { 1, 1 } },
		{ LEN - 4, { 8 } }, { 0xffffffff, { 1 } },
		{ 0xfffffffc, { 4 } }, { 0xfffffffc, { 8 } },
		{ 0x80000000, { 4 } },
	};
	struct tdrv *td = tdrv_configured(test);
	unsigned int i;
	u8 buf[32];

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    vfe_config_read(td->vd, bad[i].offset,
						    bad[i].fields, buf),
				    -EINVAL, "case %u", i);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 0U);
}

/* --- the device changes it meanwhile --- */

static const u8 changing[] = { 8, 4, 2, 2, 0 };	/* 5 accesses */

static void expect_whole(struct kunit *test, struct tdrv *td, const u8 *buf)
{
	/* the mock changes all bytes at once: no mix of two generations */
	KUNIT_EXPECT_MEMEQ(test, buf, td->m->config, 16);
}

static void changes_a_few_times(struct kunit *test)
{
	struct tdrv *td = tdrv_configured(test);
	unsigned int moves;
	u8 buf[16];

	VFE_DUTY(test, "B11", "2.5.1",
		 "config_generation is read before and after, until it is the same");
	/* each change fails one attempt at most */
	for (moves = 0; moves < TRIES; moves++) {
		td->m->knobs.generation_moves = moves;
		KUNIT_EXPECT_EQ_MSG(test,
				    vfe_config_read(td->vd, 0, changing, buf),
				    0, "%u changes", moves);
		KUNIT_EXPECT_EQ(test, td->m->knobs.generation_moves, 0U);
		expect_whole(test, td, buf);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A change between the last field and the read of the generation */
static bool change_once(struct vfe_mock *m, struct vfe_mock_access *a)
{
	unsigned int *left = m->knobs.priv;

	if (a->reg != VFE_REG_CONFIG_GENERATION || !*left)
		return false;
	if (--*left)
		return false;
	/* the result is the one after the change */
	memset(m->config, 0x77, LEN);
	a->val = ++m->generation;
	return false;
}

static void changes_right_before_the_second_look(struct kunit *test)
{
	struct tdrv *td = tdrv_configured(test);
	unsigned int left = 2;
	u8 buf[16];

	td->m->knobs.priv = &left;
	td->m->knobs.access = change_once;
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, changing, buf), 0);
	expect_whole(test, td, buf);
	KUNIT_EXPECT_EQ(test, vfe_mock_count(td->m, VFE_REG_CONFIG_GENERATION,
					     VFE_READ), 3U);
}

static void changes_for_ever(struct kunit *test)
{
	struct tdrv *td = tdrv_configured(test);
	struct kmsg_dump_iter mark = log_mark();
	u8 buf[16];

	td->m->knobs.generation_moves = UINT_MAX;
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, changing, buf),
			-EAGAIN);
	/* bounded: each attempt has five reads, and one of the generation */
	KUNIT_EXPECT_EQ(test, td->m->log_len, TRIES * 6U + 1);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "never settles"), 1U);
	/* and settles eventually */
	td->m->knobs.generation_moves = 0;
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, changing, buf), 0);
	expect_whole(test, td, buf);
}

/* 255 is a valid generation. */
static void generation_of_ones(struct kunit *test)
{
	struct tdrv *td = tdrv_configured(test);
	u8 buf[16];

	td->m->generation = 0xff;
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, changing, buf), 0);
	KUNIT_EXPECT_FALSE(test, vfe_gone(td->vd));
	td->m->generation = 0xfe;
	td->m->knobs.generation_moves = 2;
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, changing, buf), 0);
	KUNIT_EXPECT_EQ(test, td->m->generation, 0);
	expect_whole(test, td, buf);
}

/* --- the function goes away meanwhile --- */

static bool vanish_after(struct vfe_mock *m, struct vfe_mock_access *a)
{
	unsigned int *left = m->knobs.priv;

	if (*left && !--*left) {
		vfe_mock_vanish(m);
		a->val = GENMASK(8 * a->size - 1, 0);
	}
	return false;
}

static void gone_at_each_access(struct kunit *test)
{
	struct tdrv *td = tdrv_new(test, NULL);
	unsigned int n, left;
	u8 buf[16];

	/* two reads of the generation and five fields */
	for (n = 1; n <= 7; n++) {
		KUNIT_ASSERT_EQ(test, tdrv_up(td, TDRV_READY), 0);
		td->needs_reset = 0;
		left = n;
		td->m->knobs.priv = &left;
		td->m->knobs.access = vanish_after;
		KUNIT_EXPECT_EQ_MSG(test,
				    vfe_config_read(td->vd, 0, changing, buf),
				    -ENODEV, "access %u", n);
		KUNIT_EXPECT_TRUE(test, vfe_gone(td->vd));
		KUNIT_EXPECT_EQ(test, td->needs_reset, 1U);
		tdrv_down(td);
		td->m->knobs.access = NULL;
		td->m->knobs.gone = false;
	}
}

/* --- the byte that is written --- */

static void write_by_state(struct kunit *test)
{
	static const int ret[] = {
		[TDRV_CREATE] = -EBUSY, [TDRV_NEGOTIATE] = 0,
		[TDRV_QUEUES] = 0, [TDRV_READY] = 0,
	};
	struct tdrv *td = tdrv_new(test, NULL);
	enum tdrv_step step;

	VFE_DUTY(test, "B17", "3.1.1",
		 "while features are negotiated configuration is read, not written");
	/* 3.1.1: not before the features are negotiated */
	for (step = TDRV_CREATE; step <= TDRV_READY; step++) {
		KUNIT_ASSERT_EQ(test, tdrv_step(td, step), 0);
		KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 7, 1, step + 1),
				ret[step]);
		KUNIT_EXPECT_EQ(test, td->m->config[7],
				ret[step] ? 0 : step + 1);
	}
	KUNIT_ASSERT_EQ(test, vfe_reset(td->vd), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 7, 1, 1), -EBUSY);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A field is written by one access of its width. */
static void write_is_one_field(struct kunit *test)
{
	static const struct {
		u32 offset, val;
		u8 size;
		u8 after[4];
	} writes[] = {
		{ 5, 0xa5, 1, { 0x44, 0xa5, 0x46, 0x47 } },
		{ 6, 0xb7b6, 2, { 0x44, 0xa5, 0xb6, 0xb7 } },
		{ 4, 0xc7c6c5c4, 4, { 0xc4, 0xc5, 0xc6, 0xc7 } },
	};
	struct tdrv *td = tdrv_configured(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(writes); i++) {
		vfe_mock_log_clear(td->m);
		KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, writes[i].offset,
						       writes[i].size,
						       writes[i].val), 0);
		KUNIT_EXPECT_EQ(test, td->m->log_len, 1U);
		KUNIT_EXPECT_EQ(test, 0,
				vfe_mock_find(td->m, 0, VFE_REG_DEVICE_CONFIG,
					      VFE_WRITE));
		KUNIT_EXPECT_EQ(test, td->m->log[0].offset, writes[i].offset);
		KUNIT_EXPECT_EQ(test, td->m->log[0].size, writes[i].size);
		KUNIT_EXPECT_MEMEQ(test, &td->m->config[4], writes[i].after, 4);
	}
}

static void write_bounds(struct kunit *test)
{
	struct tdrv *td = tdrv_configured(test);

	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, LEN - 1, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, LEN - 4, 4, 1), 0);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, LEN, 1, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, LEN, 4, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, U32_MAX, 1, 1), -EINVAL);
	/* misaligned, and sizes that no access has */
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 1, 2, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 2, 4, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 0, 8, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 0, 3, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vfe_config_write(td->vd, 0, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, td->m->log_len, 2U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void config_of_any_size(struct kunit *test)
{
	static const u8 config[VFE_MOCK_CONFIG] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const u8 first[] = { 8, 0 };
	static const unsigned int lens[] = { 8, 9, 60, 61, 128, 255, 256 };
	struct vfe_mock_spec spec = { .config = config };
	struct kmsg_dump_iter mark;
	struct tdrv *td;
	unsigned int i;
	u8 buf[8];

	VFE_DUTY(test, "B13", "2.5.1",
		 "configuration may be of any size that has the needed fields");
	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		spec.config_len = lens[i];
		td = tdrv_live(test, &spec);
		KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, first, buf),
				0);
		KUNIT_EXPECT_MEMEQ(test, buf, config, 8);
		tdrv_down(td);
		vfe_mock_unplug(td->m);
	}
	/* and one that has not: an error of that read, not of the device */
	spec.config_len = 4;
	td = tdrv_live(test, &spec);
	mark = log_mark();
	KUNIT_EXPECT_EQ(test, vfe_config_read(td->vd, 0, first, buf), -EINVAL);
	KUNIT_EXPECT_EQ(test, log_errors(mark, "has 4 bytes, but"), 1U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case config_cases[] = {
	KUNIT_CASE(fields_of_each_width),
	KUNIT_CASE(widths_of_the_accesses),
	KUNIT_CASE(each_field_at_each_offset),
	KUNIT_CASE(field_into_an_odd_buffer),
	KUNIT_CASE(bad_arguments),
	KUNIT_CASE(changes_a_few_times),
	KUNIT_CASE(changes_right_before_the_second_look),
	KUNIT_CASE(changes_for_ever),
	KUNIT_CASE(generation_of_ones),
	KUNIT_CASE(gone_at_each_access),
	KUNIT_CASE(write_by_state),
	KUNIT_CASE(write_is_one_field),
	KUNIT_CASE(write_bounds),
	KUNIT_CASE(config_of_any_size),
	{}
};

VFE_SUITE(config_cases);

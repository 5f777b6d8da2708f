/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfe_trap_blk on a mock function, with hooks (knobs.access) that change values
 * read from its window.
 */
#ifndef VFE_KUNIT_TRAP_FIXTURE_H
#define VFE_KUNIT_TRAP_FIXTURE_H

#include "blk_fixture.h"

/* A function with a window, without a driver until a test binds it */
static inline struct tdisk *trap_plug(struct kunit *test,
				      const struct vfe_mock_spec *spec)
{
	static const struct vfe_mock_spec usual = {
		.window = true, .unbound = true,
	};

	return tdisk_plug(test, spec ?: &usual, 0);
}

/* Return: what probe() returned */
static inline int trap_bind(struct tdisk *td)
{
	return tdisk_bind_to(td, "vfe_trap_blk");
}

static inline struct tdisk *trap_disk(struct kunit *test)
{
	struct tdisk *td = trap_plug(test, NULL);

	KUNIT_ASSERT_EQ_MSG(test, 0, trap_bind(td),
			    "is vfe_trap_blk loaded with window=memory?");
	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	return td;
}

/* --- hooks --- */

/* The word of IDENTIFY's answer that has a member */
#define WORD(field)	(offsetof(struct vfe_identify, field) / sizeof(__le32))

/**
 * struct trap_word - a word of data to change on its way to the driver
 * @word: its number in the request
 * @val: the value for the driver
 * @seen: number of words read so far
 */
struct trap_word {
	unsigned int word;
	u32 val;
	unsigned int seen;
};

static inline bool trap_change_word(struct vfe_mock *m,
				    struct vfe_mock_access *a)
{
	struct trap_word *w = m->knobs.priv;

	if (a->dir == VFE_WRITE && a->reg == VFE_REG_MEMORY_COMMAND)
		w->seen = 0;
	if (a->dir == VFE_READ && a->reg == VFE_REG_MEMORY_DATA &&
	    w->seen++ == w->word)
		a->val = w->val;
	return false;
}

/* Any command fails. */
static inline bool trap_say_error(struct vfe_mock *m,
				  struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_MEMORY_STATUS)
		a->val |= VFE_STATUS_ERR;
	return false;
}

#endif /* VFE_KUNIT_TRAP_FIXTURE_H */

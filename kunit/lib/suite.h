/* SPDX-License-Identifier: GPL-2.0 */
/* What every suite ends with, and how its cases name the duties they test. */
#ifndef VFE_KUNIT_SUITE_H
#define VFE_KUNIT_SUITE_H

#include <kunit/test.h>
#include <linux/module.h>

/*
 * Last line of a file: the suite of its cases, named after its module. Other
 * members of struct kunit_suite may follow.
 */
#define VFE_SUITE(cases, ...) \
	static struct kunit_suite vfe_suite = { \
		.name = KBUILD_MODNAME, \
		.test_cases = cases, \
		__VA_ARGS__ \
	}; \
	kunit_test_suite(vfe_suite); \
	MODULE_DESCRIPTION("KUnit suite"); \
	MODULE_LICENSE("GPL")

/*
 * First statement of a case: the id of a driver's duty in the file
 * kunit/duties, the section of virtio 1.4 that requires it, and the requirement
 * in a few words. `make conformance` makes its table of them. A case may have
 * several duties.
 */
#define VFE_DUTY(test, id, section, words) \
	kunit_info(test, "duty " id " | " section " | " words "\n")

/*
 * Of many allocations that could fail, or register accesses at which something
 * could happen, `make check` tries one in @n, and `make check-all` each.
 */
#ifndef VFE_KUNIT_EVERY
#define VFE_KUNIT_EVERY	0
#endif
#define VFE_STEP(n)	(VFE_KUNIT_EVERY ? 1U : (n))

#endif /* VFE_KUNIT_SUITE_H */

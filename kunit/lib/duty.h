/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a test case says which of a driver's duties it tests. The ids are those
 * of the file kunit/duties; `make conformance` makes its table of them.
 */
#ifndef VFE_KUNIT_DUTY_H
#define VFE_KUNIT_DUTY_H

#include <kunit/test.h>

/*
 * First statement of a case: the id, the section of virtio 1.4 that asks for
 * it, and the requirement in a few words. A case with two duties says both.
 */
#define VFE_DUTY(test, id, section, words) \
	kunit_info(test, "duty " id " | " section " | " words "\n")

#endif /* VFE_KUNIT_DUTY_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks a test case with the driver's duties that it tests. The ids are those
 * of the file kunit/duties, from which `make conformance` makes its table.
 */
#ifndef VFE_KUNIT_DUTY_H
#define VFE_KUNIT_DUTY_H

#include <kunit/test.h>

/*
 * First statement of a case: the id, the section of virtio 1.4 that requires
 * it, and the requirement in a few words. A case may have two duties.
 */
#define VFE_DUTY(test, id, section, words) \
	kunit_info(test, "duty " id " | " section " | " words "\n")

#endif /* VFE_KUNIT_DUTY_H */

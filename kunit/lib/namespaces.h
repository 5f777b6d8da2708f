/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In front of all files of the suites and of the mock, by the Kbuild files:
 * imports what the core exports to class drivers, and what to KUnit alone.
 */
#ifndef VFE_KUNIT_NAMESPACES_H
#define VFE_KUNIT_NAMESPACES_H

#include <linux/module.h>

#include <vfe/compat/core.h>

MODULE_IMPORT_NS(VFE_NS);
MODULE_IMPORT_NS(VFE_KUNIT_NS);

#endif /* VFE_KUNIT_NAMESPACES_H */

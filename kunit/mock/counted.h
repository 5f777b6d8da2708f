/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For the build that `make coverage` measures: it includes this file before all
 * others. These macros of the kernel choose at compile time, but only after the
 * compiler has counted their branches, up to 21 in a line, which no run takes.
 */
#ifndef VFE_MOCK_COUNTED_H
#define VFE_MOCK_COUNTED_H

#include <linux/bitops.h>
#include <linux/workqueue.h>

#undef __set_bit
#define __set_bit(nr, addr)	___set_bit(nr, addr)
#undef __clear_bit
#define __clear_bit(nr, addr)	___clear_bit(nr, addr)
#undef test_bit
#define test_bit(nr, addr)	_test_bit(nr, addr)
#undef flush_workqueue
#define flush_workqueue(wq)	__flush_workqueue(wq)

#endif /* VFE_MOCK_COUNTED_H */

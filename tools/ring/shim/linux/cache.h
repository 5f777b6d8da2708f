/* SPDX-License-Identifier: GPL-2.0 */
/* The distance between data that two sides write. */
#ifndef SHIM_LINUX_CACHE_H
#define SHIM_LINUX_CACHE_H

#include <linux/types.h>

#define SMP_CACHE_BYTES	64

#endif /* SHIM_LINUX_CACHE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Nothing that the ring uses. */
#ifndef SHIM_LINUX_CACHE_H
#define SHIM_LINUX_CACHE_H

#include <linux/types.h>

#endif /* SHIM_LINUX_CACHE_H */

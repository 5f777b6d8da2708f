/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels this builds for (6.1 to 7.3); the only
 * place that looks at LINUX_VERSION_CODE.
 */
#ifndef VFE_COMPAT_H
#define VFE_COMPAT_H

#include <linux/version.h>

#endif /* VFE_COMPAT_H */

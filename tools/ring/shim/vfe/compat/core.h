/* SPDX-License-Identifier: GPL-2.0 */
/* Replaces include/vfe/compat/core.h: user space has no kernel versions. */
#ifndef VFE_COMPAT_CORE_H
#define VFE_COMPAT_CORE_H

#endif /* VFE_COMPAT_CORE_H */

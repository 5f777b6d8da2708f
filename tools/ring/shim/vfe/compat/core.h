/* SPDX-License-Identifier: GPL-2.0 */
/* In place of include/vfe/compat/core.h: there is no kernel to be compatible to. */
#ifndef VFE_COMPAT_CORE_H
#define VFE_COMPAT_CORE_H

#endif /* VFE_COMPAT_CORE_H */

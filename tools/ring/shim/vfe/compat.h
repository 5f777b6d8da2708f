/* SPDX-License-Identifier: GPL-2.0 */
/* In place of include/vfe/compat.h: there is no kernel to be compatible to. */
#ifndef VFE_COMPAT_H
#define VFE_COMPAT_H

#endif /* VFE_COMPAT_H */

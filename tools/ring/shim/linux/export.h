/* SPDX-License-Identifier: GPL-2.0 */
/* Everything is linked into one program. */
#ifndef SHIM_LINUX_EXPORT_H
#define SHIM_LINUX_EXPORT_H

#define EXPORT_SYMBOL_GPL(name) extern int shim_exported_##name

#endif /* SHIM_LINUX_EXPORT_H */

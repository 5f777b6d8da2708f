/* SPDX-License-Identifier: GPL-2.0 */
/* Nothing that the ring uses. */
#ifndef SHIM_LINUX_IO_H
#define SHIM_LINUX_IO_H

#include <linux/types.h>

#endif /* SHIM_LINUX_IO_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Empty: the ring uses nothing of it. */
#ifndef SHIM_LINUX_LOG2_H
#define SHIM_LINUX_LOG2_H

#include <linux/types.h>

#endif /* SHIM_LINUX_LOG2_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* A lock that nobody takes here. */
#ifndef SHIM_LINUX_MUTEX_H
#define SHIM_LINUX_MUTEX_H

struct mutex {
	int unused;
};

#endif /* SHIM_LINUX_MUTEX_H */

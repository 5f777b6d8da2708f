/* SPDX-License-Identifier: GPL-2.0 */
/* Work that nobody queues here. */
#ifndef SHIM_LINUX_WORKQUEUE_H
#define SHIM_LINUX_WORKQUEUE_H

struct work_struct {
	void *none;
};

#endif /* SHIM_LINUX_WORKQUEUE_H */

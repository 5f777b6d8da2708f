/* SPDX-License-Identifier: GPL-2.0 */
/* Work items, which are never queued here. */
#ifndef SHIM_LINUX_WORKQUEUE_H
#define SHIM_LINUX_WORKQUEUE_H

struct work_struct {
	void *none;
};

#endif /* SHIM_LINUX_WORKQUEUE_H */

// SPDX-License-Identifier: GPL-2.0
/* The module vfe: a library that binds to no device itself. */
#include <linux/module.h>
#include <linux/workqueue.h>

#include "core.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

struct workqueue_struct *vfe_wq;
EXPORT_SYMBOL_NS_GPL(vfe_wq, VFE_NS);

static int __init vfe_init(void)
{
	vfe_fence_init();
	/*
	 * WQ_MEM_RECLAIM: memory reclaim may wait for a disk whose recovery
	 * runs here.
	 */
	vfe_wq = alloc_workqueue("vfe", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	return vfe_wq ? 0 : -ENOMEM;
}

/* class drivers that are built in are initialised later */
subsys_initcall(vfe_init);

static void __exit vfe_exit(void)
{
	destroy_workqueue(vfe_wq);
}
module_exit(vfe_exit);

#include <vfe/version.h>

MODULE_DESCRIPTION("Core of virtio guest drivers that count their VM exits");
MODULE_LICENSE("GPL");
MODULE_VERSION(VFE_VERSION);

/* SPDX-License-Identifier: GPL-2.0 */
/* Zeroed memory that is counted and can be made to fail: host_memory.c. */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <linux/types.h>

#define GFP_KERNEL	0
#define PAGE_SIZE	4096UL

void *host_zalloc(size_t size);
void host_free(void *p);

#define kzalloc(size, gfp)		host_zalloc(size)
#define kvcalloc(n, size, gfp)		host_zalloc((size_t)(n) * (size))
#define kfree(p)			host_free(p)
#define kvfree(p)			host_free(p)

#define struct_size(p, member, n) \
	(sizeof(*(p)) + (size_t)(n) * sizeof((p)->member[0]))

#endif /* SHIM_LINUX_SLAB_H */

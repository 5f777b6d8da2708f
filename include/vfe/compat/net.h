/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between the supported kernels (6.1 to 7.3), for vfe_net. */
#ifndef VFE_COMPAT_NET_H
#define VFE_COMPAT_NET_H

#include <linux/netdevice.h>
#include <linux/timer.h>
#include <linux/version.h>

/* 6.6 split the header of the page pool. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#include <net/page_pool.h>
#else
#include <net/page_pool/helpers.h>
#endif

/* Until 6.6 a page pool needs a flag to hand out parts of pages. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define VFE_PP_FLAG_PAGE_FRAG PP_FLAG_PAGE_FRAG
#else
#define VFE_PP_FLAG_PAGE_FRAG 0
#endif

/* 6.15 renamed these two. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
#define vfe_timer_delete_sync(timer) del_timer_sync(timer)
#else
#define vfe_timer_delete_sync(timer) timer_delete_sync(timer)
#endif

/* 6.16 renamed from_timer(). */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define vfe_timer_container_of(var, timer, member) \
	from_timer(var, timer, member)
#else
#define vfe_timer_container_of(var, timer, member) \
	timer_container_of(var, timer, member)
#endif

#endif /* VFE_COMPAT_NET_H */

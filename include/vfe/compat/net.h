/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between the supported kernels (6.1 to 7.3), for vfe_net. */
#ifndef VFE_COMPAT_NET_H
#define VFE_COMPAT_NET_H

#include <linux/dim.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>
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

/* 6.12 moved the functions for unaligned numbers. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

/* Until 6.1 the message of a refusal is a constant: only the log has values. */
#ifdef NL_SET_ERR_MSG_FMT_MOD
#define vfe_extack(extack, fmt, ...) \
	NL_SET_ERR_MSG_FMT_MOD(extack, fmt, ##__VA_ARGS__)
#else
#define vfe_extack(extack, fmt, ...) do { \
	NL_SET_ERR_MSG_MOD(extack, "value out of range: see the kernel's log"); \
	net_info_ratelimited(KBUILD_MODNAME ": " fmt "\n", ##__VA_ARGS__); \
} while (0)
#endif

/* 6.13 passes the sample by reference. */
static inline void vfe_net_dim(struct dim *dim, struct dim_sample *sample)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	net_dim(dim, *sample);
#else
	net_dim(dim, sample);
#endif
}

#endif /* VFE_COMPAT_NET_H */

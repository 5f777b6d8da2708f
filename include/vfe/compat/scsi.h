/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between the supported kernels (6.1 to 7.3), for SCSI hosts. */
#ifndef VFE_COMPAT_SCSI_H
#define VFE_COMPAT_SCSI_H

#include <linux/version.h>
#include <scsi/scsi.h>
#include <scsi/scsi_host.h>

#include <vfe/compat/core.h>

/* 6.12 moved the functions for unaligned numbers. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#include <asm/unaligned.h>
#else
#include <linux/unaligned.h>
#endif

/*
 * The verdict of eh_timed_out(): until 6.2 that of the block layer, where DONE
 * starts error handling, and a command that has completed needs no verdict.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
#define vfe_timeout_action	blk_eh_timer_return
#define VFE_SCSI_EH_DONE	BLK_EH_RESET_TIMER
#define VFE_SCSI_EH_WAIT	BLK_EH_RESET_TIMER
#define VFE_SCSI_EH_ABORT	BLK_EH_DONE
#else
#define vfe_timeout_action	scsi_timeout_action
#define VFE_SCSI_EH_DONE	SCSI_EH_DONE
#define VFE_SCSI_EH_WAIT	SCSI_EH_RESET_TIMER
#define VFE_SCSI_EH_ABORT	SCSI_EH_NOT_HANDLED
#endif

/* 6.14 renamed the operation that is called for each new unit. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 14, 0)
#define VFE_SDEV_INIT_OP(fn)	.slave_alloc = fn,
#else
#define VFE_SDEV_INIT_OP(fn)	.sdev_init = fn,
#endif

/* Since 6.18 a work queue should say that it is bound to CPUs. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define VFE_WQ_PERCPU		0
#else
#define VFE_WQ_PERCPU		WQ_PERCPU
#endif

/* Since 6.19 queuecommand() returns an enumeration. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
#define vfe_qc_t		int
#else
#define vfe_qc_t		enum scsi_qc_status
#endif

#endif /* VFE_COMPAT_SCSI_H */

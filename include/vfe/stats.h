/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters: struct vfe_stats has the counts of events other than register
 * accesses. drivers/core/sysfs.c shows both below the PCI device.
 */
#ifndef VFE_STATS_H
#define VFE_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

struct device;
struct vfe_regs;
struct vfe_device;

/**
 * struct vfe_event_counts - events of a function, one set per CPU
 * @operations: requests that the class driver completed
 * @interrupts: handled interrupts, spurious ones included
 * @spurious: interrupts without a used buffer or a configuration change
 * @config: configuration change interrupts
 * @polls: times that a submitter busy-waited for its completion
 * @polls_found: of these, how often it found the completion
 * @polls_ns: time spent busy-waiting, in nanoseconds
 */
struct vfe_event_counts {
	u64 operations;
	u64 interrupts;
	u64 spurious;
	u64 config;
	u64 polls;
	u64 polls_found;
	u64 polls_ns;
};

struct vfe_stats {
	struct vfe_event_counts __percpu *events;
	struct vfe_event_counts base;	/* at the last reset */
};

int vfe_stats_init(struct vfe_stats *stats);
void vfe_stats_exit(struct vfe_stats *stats);
/* events since the last reset; may be called in any context */
void vfe_stats_get(const struct vfe_stats *stats, struct vfe_event_counts *sum);
void vfe_stats_reset(struct vfe_stats *stats);

/* usable in any context, interrupts included */
#define vfe_count(stats, event) this_cpu_inc((stats)->events->event)
#define vfe_count_by(stats, event, n) this_cpu_add((stats)->events->event, n)

/* --- sysfs.c --- */

struct vfe_sysfs;

/**
 * vfe_sysfs_create() - create the sysfs files of a function's counters
 * @parent: the PCI function's device
 * @regs: its register counts
 * @stats: its event counts
 * @vd: its virtio side, for the queues' files, or NULL
 *
 * Creates the folder vfe/, see drivers/core/sysfs-bus-pci-vfe.
 *
 * Context: process context, may sleep.
 * Return: a handle for vfe_sysfs_destroy(), or ERR_PTR(-ENOMEM or the error of
 * sysfs).
 */
struct vfe_sysfs *vfe_sysfs_create(struct device *parent,
				   struct vfe_regs *regs,
				   struct vfe_stats *stats,
				   struct vfe_device *vd);
/* returns when no reader is in a file any more; ignores NULL and errors */
void vfe_sysfs_destroy(struct vfe_sysfs *sysfs);

#endif /* VFE_STATS_H */

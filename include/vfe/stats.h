/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The counters that users see under the PCI device: struct vfe_stats holds
 * what is counted beside register accesses, drivers/core/sysfs.c shows both.
 */
#ifndef VFE_STATS_H
#define VFE_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

struct device;
struct vfe_regs;
struct vfe_device;

/**
 * struct vfe_event_counts - events of a function, counted a CPU each
 * @operations: requests that the class driver completed
 * @interrupts: interrupts taken, spurious ones included
 * @spurious: interrupts that had nothing to say
 * @config: configuration change interrupts
 * @polls: times that a submitter looked for a completion by itself
 * @polls_found: of these, times that it saw one
 * @polls_ns: time that it took, in nanoseconds
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
 * vfe_sysfs_create() - show a function's counters
 * @parent: the PCI function's device
 * @regs: its register counts
 * @stats: its event counts
 * @vd: its virtio side, for the queues' files, or NULL
 *
 * Makes the folder vfe/ as Documentation says (drivers/core/sysfs-bus-pci-vfe).
 *
 * Context: process context, may sleep.
 * Return: a handle for vfe_sysfs_destroy(), or ERR_PTR(-ENOMEM or the error of
 * sysfs).
 */
struct vfe_sysfs *vfe_sysfs_create(struct device *parent,
				   struct vfe_regs *regs,
				   struct vfe_stats *stats,
				   struct vfe_device *vd);
/* returns when nobody reads a counter any more; NULL and errors are ignored */
void vfe_sysfs_destroy(struct vfe_sysfs *sysfs);

#endif /* VFE_STATS_H */

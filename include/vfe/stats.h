/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters of events other than register accesses. drivers/core/sysfs.c shows
 * both kinds of counters below the PCI device.
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
 */
struct vfe_event_counts {
	u64 operations;
	u64 interrupts;
	u64 spurious;
	u64 config;
};

/**
 * struct vfe_counter - a counter in sysfs
 * @name: name of its file
 * @offset: offset of its member, a u64, in the structure of counters
 */
struct vfe_counter {
	const char *name;
	size_t offset;
};

/**
 * struct vfe_class_counters - the counters of a class
 * @table: the counters, @n of them
 * @n: number of counters in sysfs
 * @size: size of the class's structure of counters, all of them u64
 */
struct vfe_class_counters {
	const struct vfe_counter *table;
	unsigned int n;
	size_t size;
};

/**
 * struct vfe_stats - the counters of a function
 * @events: one set per CPU; the class's own counters follow each set
 * @class: the counters of the class, or NULL
 * @base: sums at the last reset, @n of them
 * @n: number of counters
 */
struct vfe_stats {
	struct vfe_event_counts __percpu *events;
	const struct vfe_class_counters *class;
	u64 *base;
	unsigned int n;
};

int vfe_stats_init(struct vfe_stats *stats,
		   const struct vfe_class_counters *class);
void vfe_stats_exit(struct vfe_stats *stats);
/* counter number @i: events since the last reset; in any context */
u64 vfe_stats_read(const struct vfe_stats *stats, unsigned int i);
void vfe_stats_reset(struct vfe_stats *stats);

/* usable in any context, interrupts included */
#define vfe_count(stats, event) this_cpu_inc((stats)->events->event)
#define vfe_count_by(stats, event, n) this_cpu_add((stats)->events->event, n)
/* the same for a counter of the class, a member of its structure @type */
#define vfe_class_count(stats, type, event) \
	vfe_class_count_by(stats, type, event, 1)
#define vfe_class_count_by(stats, type, event, n) \
	this_cpu_add(((type __percpu *)((stats)->events + 1))->event, n)

/* --- sysfs.c --- */

struct vfe_sysfs;

/**
 * vfe_sysfs_create() - create the sysfs files of a function's counters
 * @parent: the PCI function's device
 * @regs: its register counts
 * @stats: its event counts
 * @vd: the virtio device, for the files of its queues, or NULL
 *
 * Creates the directory vfe/, see drivers/core/sysfs-bus-pci-vfe.
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

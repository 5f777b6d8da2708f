// SPDX-License-Identifier: GPL-2.0
/* The counters of a host in vfe/, beside those of all functions. */
#include <linux/kernel.h>
#include <linux/stddef.h>

#include "scsi.h"

#define VFE_SCSI_IO_COUNTER(event) \
	{ .name = #event, .offset = offsetof(struct vfe_scsi_counts, io.event) }
#define VFE_SCSI_COUNTER(event) \
	{ .name = #event, .offset = offsetof(struct vfe_scsi_counts, event) }

static const struct vfe_counter vfe_scsi_counter_table[] = {
	VFE_SCSI_IO_COUNTER(polls),
	VFE_SCSI_IO_COUNTER(polls_found),
	VFE_SCSI_IO_COUNTER(polls_ns),
	VFE_SCSI_COUNTER(tmfs),
	VFE_SCSI_COUNTER(tmfs_unanswered),
	VFE_SCSI_COUNTER(extended),
	VFE_SCSI_COUNTER(events),
	VFE_SCSI_COUNTER(events_missed),
	VFE_SCSI_COUNTER(odd_answers),
};

const struct vfe_class_counters vfe_scsi_counters = {
	.table = vfe_scsi_counter_table,
	.n = ARRAY_SIZE(vfe_scsi_counter_table),
	.size = sizeof(struct vfe_scsi_counts),
};

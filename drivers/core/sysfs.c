// SPDX-License-Identifier: GPL-2.0
/* stub to be widened */
#include <linux/export.h>
#include <vfe/stats.h>
struct vfe_sysfs *vfe_sysfs_create(struct device *parent,
				   struct vfe_regs *regs,
				   struct vfe_stats *stats,
				   struct vfe_device *vd)
{
	return NULL;
}
EXPORT_SYMBOL_GPL(vfe_sysfs_create);
void vfe_sysfs_destroy(struct vfe_sysfs *sysfs)
{
}
EXPORT_SYMBOL_GPL(vfe_sysfs_destroy);

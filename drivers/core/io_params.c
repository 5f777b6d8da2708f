// SPDX-License-Identifier: GPL-2.0
/* Checks the module parameters that all drivers for storage have. */
#include <linux/cpumask.h>
#include <linux/export.h>
#include <linux/log2.h>
#include <linux/printk.h>

#include <vfe/io_params.h>

#include "core.h"

#define VFE_IO_MIN_SIZE	4	/* of a queue: a read needs 3 entries */
#define VFE_IO_MAX_SIZE	32768	/* 2.7: the largest split ring */

static int vfe_io_check_queues(const char *module, const char *name,
			       unsigned int n)
{
	if (n <= num_possible_cpus())
		return 0;
	pr_err("%s: %s=%u: must be 0 to %u, the number of CPUs\n", module, name,
	       n, num_possible_cpus());
	return -EINVAL;
}

static int vfe_io_check_depth(const char *module, unsigned int depth)
{
	if (!depth || (is_power_of_2(depth) && depth >= VFE_IO_MIN_SIZE &&
		       depth <= VFE_IO_MAX_SIZE))
		return 0;
	pr_err("%s: queue_depth=%u: must be 0 or a power of two from %u to %u\n",
	       module, depth, VFE_IO_MIN_SIZE, VFE_IO_MAX_SIZE);
	return -EINVAL;
}

int vfe_io_check_params(const char *module, struct vfe_io_params *params)
{
	const struct vfe_io_tunables *t = &params->tunables;
	int err;

	err = vfe_parse_interrupts(module, params->interrupts, &params->irqs) ?:
	      vfe_io_check_queues(module, "queues", params->queues) ?:
	      vfe_io_check_queues(module, "poll_queues", params->poll_queues) ?:
	      vfe_io_check_depth(module, params->queue_depth);
	if (err)
		return err;
	err = vfe_io_check_tunables(t);
	if (err)
		pr_err("%s: coalesce_usecs=%u adaptive_poll=%u: must be 0 to %u\n",
		       module, t->coalesce_usecs, t->adaptive_poll,
		       VFE_IO_MAX_USECS);
	return err;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_check_params, VFE_NS);

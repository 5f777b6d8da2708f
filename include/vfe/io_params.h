/* SPDX-License-Identifier: GPL-2.0 */
/* Module parameters that all drivers for storage have. */
#ifndef VFE_IO_PARAMS_H
#define VFE_IO_PARAMS_H

#include "io_queue.h"

/**
 * struct vfe_io_params - module parameters of a driver for storage
 * @interrupts: see vfe_parse_interrupts()
 * @queues: most queues that are not polled, 0: one per CPU
 * @poll_queues: most polled queues
 * @queue_depth: entries of each queue, 0: the device's size
 * @tunables: initial values of what users can change
 * @irqs: set by vfe_io_check_params(), from @interrupts
 */
struct vfe_io_params {
	char *interrupts;
	unsigned int queues;
	unsigned int poll_queues;
	unsigned int queue_depth;
	struct vfe_io_tunables tunables;
	enum vfe_interrupts irqs;
};

/**
 * vfe_io_check_params() - check the module parameters
 * @module: the module's name, for messages
 * @params: the parameters
 *
 * Return: 0, or -EINVAL with a line in the log.
 */
int vfe_io_check_params(const char *module, struct vfe_io_params *params);

#endif /* VFE_IO_PARAMS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* A device that keeps the last message and their number: host.c. */
#ifndef SHIM_LINUX_DEVICE_H
#define SHIM_LINUX_DEVICE_H

#include <linux/compiler.h>

struct device {
	int unused;
};

__printf(2, 3)
void host_message(const struct device *dev, const char *format, ...);

#define dev_err(dev, ...)	host_message(dev, __VA_ARGS__)
#define dev_warn(dev, ...)	host_message(dev, __VA_ARGS__)

#endif /* SHIM_LINUX_DEVICE_H */

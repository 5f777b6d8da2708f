// SPDX-License-Identifier: GPL-2.0
/* Commands of the control socket that devices of all classes have. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "virtio/virtio.h"

static int do_stall(struct vdev *v, const char *arg, char *error, size_t size)
{
	char *rest;
	double seconds = strtod(arg, &rest);

	if (!isdigit((unsigned char)*arg) || *rest ||
	    !(seconds <= SERVICE_MAX_STALL_S)) {
		snprintf(error, size,
			 "stall: use a number of seconds, at most %u",
			 SERVICE_MAX_STALL_S);
		return -1;
	}
	service_stall(v, seconds);
	return 0;
}

/* Call @set with the number @arg. */
static int with_number(struct vdev *v, const char *arg, char *error,
		       size_t size, void (*set)(struct vdev *v, uint64_t n))
{
	unsigned long long n;
	char *rest;

	errno = 0;
	n = strtoull(arg, &rest, 10);
	if (!isdigit((unsigned char)*arg) || *rest || errno) {
		snprintf(error, size, "fail, seed: use a whole number");
		return -1;
	}
	set(v, n);
	return 0;
}

static int do_fail(struct vdev *v, const char *arg, char *error, size_t size)
{
	return with_number(v, arg, error, size, service_fail);
}

static int do_seed(struct vdev *v, const char *arg, char *error, size_t size)
{
	return with_number(v, arg, error, size, service_seed);
}

static int do_service(struct vdev *v, const char *arg, char *error,
		      size_t size)
{
	if (service_change(v, arg))
		return 0;
	snprintf(error, size, "service: use %s, on a device begun with --service",
		 SERVICE_MODELS);
	return -1;
}

/*
 * Replaces the list. Values that a driver reads at its probe change with the
 * next reset of the function.
 */
static int do_quirk(struct vdev *v, const char *arg, char *error, size_t size)
{
	struct quirks fresh = {};
	size_t len;

	if (!*arg) {
		snprintf(error, size, "quirk: name some, or none");
		return -1;
	}
	len = snprintf(error, size, "quirk ");
	if (strcmp(arg, "none") &&
	    quirk_parse(v->class, &fresh, arg, error + len, size - len))
		return -1;
	v->o->quirks = fresh;
	log_line("quirks: %s", arg);
	return 0;
}

static int do_interrupt(struct vdev *v, const char *arg, char *error,
			size_t size)
{
	(void)arg;
	(void)error;
	(void)size;
	vdev_interrupt_all(v);
	return 0;
}

static int do_drop_driver_ok(struct vdev *v, const char *arg, char *error,
			     size_t size)
{
	(void)arg;
	(void)error;
	(void)size;
	vdev_drop_driver_ok(v);
	return 0;
}

const struct vdev_command vdev_commands[] = {
	{ "stall", true, do_stall },
	{ "fail", true, do_fail },
	{ "service", true, do_service },
	{ "seed", true, do_seed },
	{ "quirk", true, do_quirk },
	{ "interrupt", false, do_interrupt },
	{ "drop-driver-ok", false, do_drop_driver_ok },
	{ }
};

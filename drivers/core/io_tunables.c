// SPDX-License-Identifier: GPL-2.0
/* Values that users can change while a device runs, and their files. */
#include <linux/export.h>
#include <linux/kstrtox.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>

#include "core.h"
#include "io.h"

int vfe_io_check_tunables(const struct vfe_io_tunables *tunables)
{
	return tunables->coalesce_usecs <= VFE_IO_MAX_USECS &&
	       tunables->adaptive_poll <= VFE_IO_MAX_USECS ? 0 : -EINVAL;
}
EXPORT_SYMBOL_NS_GPL(vfe_io_check_tunables, VFE_NS);

/* Polling disables preemption, so it is off on PREEMPT_RT. */
static u32 vfe_io_poll_ns(const struct vfe_io_tunables *tunables)
{
	return IS_ENABLED(CONFIG_PREEMPT_RT) ? 0 :
	       tunables->adaptive_poll * NSEC_PER_USEC;
}

static void vfe_io_tune_queue(struct vfe_io_queue *ioq,
			      const struct vfe_io_tunables *tunables)
{
	unsigned long flags;

	spin_lock_irqsave(&ioq->lock, flags);
	/* on a 0, a running timer stops and enables interrupts again */
	ioq->coalesce_ns = tunables->coalesce_usecs * NSEC_PER_USEC;
	WRITE_ONCE(ioq->poll_ns, vfe_io_poll_ns(tunables));
	WRITE_ONCE(ioq->usual_ns, 0);
	spin_unlock_irqrestore(&ioq->lock, flags);
}

void vfe_io_tune(struct vfe_io *io, const struct vfe_io_tunables *tunables)
{
	struct vfe_io_queue *ioq;

	io->tunables = *tunables;
	list_for_each_entry(ioq, &io->queues, node)
		if (!ioq->polled)
			vfe_io_tune_queue(ioq, tunables);
}
EXPORT_SYMBOL_NS_GPL(vfe_io_tune, VFE_NS);

/**
 * struct vfe_io_tune_attr - a file for one of the values
 * @attr: the file
 * @offset: of the value in struct vfe_io_tunables
 */
struct vfe_io_tune_attr {
	struct device_attribute attr;
	size_t offset;
};

static unsigned int *vfe_io_tune_field(struct device_attribute *attr,
				       struct vfe_io_tunables *tunables)
{
	return (void *)tunables +
	       container_of(attr, struct vfe_io_tune_attr, attr)->offset;
}

static struct vfe_io *vfe_io_of(struct device *dev)
{
	return container_of(vfe_recovery_of(dev), struct vfe_io, recovery);
}

static ssize_t vfe_io_tune_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct vfe_io *io = vfe_io_of(dev);
	unsigned int value;

	mutex_lock(&io->tunables_lock);
	value = *vfe_io_tune_field(attr, &io->tunables);
	mutex_unlock(&io->tunables_lock);
	return sysfs_emit(buf, "%u\n", value);
}

/* Sets the new value, if the values are valid with it. */
static ssize_t vfe_io_tune_store(struct device *dev,
				 struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct vfe_io *io = vfe_io_of(dev);
	struct vfe_io_tunables tunables;
	int err;

	mutex_lock(&io->tunables_lock);
	tunables = io->tunables;
	err = kstrtouint(buf, 0, vfe_io_tune_field(attr, &tunables));
	if (!err)
		err = vfe_io_check_tunables(&tunables);
	if (!err)
		vfe_io_tune(io, &tunables);
	mutex_unlock(&io->tunables_lock);
	return err ?: count;
}

#define VFE_IO_TUNE(value) { \
	.attr = { \
		.attr = { .name = #value, .mode = 0644 }, \
		.show = vfe_io_tune_show, \
		.store = vfe_io_tune_store, \
	}, \
	.offset = offsetof(struct vfe_io_tunables, value), \
}

static struct vfe_io_tune_attr vfe_io_tune_files[] = {
	VFE_IO_TUNE(coalesce_usecs),
	VFE_IO_TUNE(adaptive_poll),
	VFE_IO_TUNE(reset_after),
};

static struct attribute *vfe_io_tune_attrs[] = {
	&vfe_io_tune_files[0].attr.attr,
	&vfe_io_tune_files[1].attr.attr,
	&vfe_io_tune_files[2].attr.attr,
	NULL,
};

const struct attribute_group vfe_io_tunables_group = {
	.attrs = vfe_io_tune_attrs,
};
EXPORT_SYMBOL_NS_GPL(vfe_io_tunables_group, VFE_NS);

// SPDX-License-Identifier: GPL-2.0
/* The rest of the core as a ring and its queue see it: a device that lives. */
#include <stdarg.h>
#include <string.h>

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/virtio_config.h>

#include "host.h"

static struct host *host_of(const struct vfe_device *vd)
{
	return (struct host *)((char *)vd - offsetof(struct host, vd));
}

bool vfe_fault(struct vfe_device *vd)
{
	host_of(vd)->faults++;
	return true;
}

enum vfe_state vfe_get_state(const struct vfe_device *vd)
{
	return vd->state;
}

bool vfe_has_feature(const struct vfe_device *vd, unsigned int bit)
{
	return vd->features & FEATURE(bit);
}

bool vfe_dma_api(const struct vfe_device *vd)
{
	return vfe_has_feature(vd, VIRTIO_F_ACCESS_PLATFORM);
}

/* No more than a handle: host_message() takes it apart again. */
struct device *vfe_dev(const struct vfe_device *vd)
{
	return (struct device *)vd;
}

void host_message(const struct device *dev, const char *format, ...)
{
	struct host *host = host_of((const struct vfe_device *)dev);
	va_list args;

	va_start(args, format);
	vsnprintf(host->message, sizeof(host->message), format, args);
	va_end(args);
	host->messages++;
}

void vfe_notify16(struct vfe_regs *regs, u32 offset, u16 val)
{
	struct vfe_device *vd = (struct vfe_device *)
		((char *)regs - offsetof(struct vfe_device, regs));
	struct host *host = host_of(vd);

	host->notifies++;
	host->notified_at = offset;
	host->notified = val;
	if (host->notify)
		host->notify(host);
}

static void host_notify(struct vfe_queue *q)
{
	vfe_notify16(&q->vd->regs, q->notify_offset, q->index);
}

static void host_done(struct vfe_queue *q)
{
	host_of(q->vd)->done++;
}

int host_open(struct host *host, u16 size, unsigned int max_segs, u64 features)
{
	struct vfe_queue_spec spec = {
		.name = "test",
		.done = host_done,
		.max_segs = max_segs,
		.size = size,
	};
	struct vfe_queue *q = &host->q;
	int ret;

	memset(host, 0, sizeof(*host));
	host->vd.features = features;
	host->vd.state = VFE_STATE_LIVE;
	ret = vfe_queue_init(q, &host->vd, 3, &spec);
	if (ret)
		return ret;
	/* of a packed ring with IN_ORDER one descriptor is left free */
	q->size = size;
	if (size > 1 && size < 32768 && vfe_queue_capacity(q) < size)
		q->size++;
	q->max_segs = max_segs < size ? max_segs : size;
	q->notify = host_notify;
	q->notify_offset = HOST_NOTIFY_OFFSET;
	ret = q->ops->create(q, vfe_dev(&host->vd));
	if (ret)
		vfe_queue_exit(q);
	return ret;
}

void host_close(struct host *host)
{
	vfe_queue_exit(&host->q);
}

void host_reset(struct host *host)
{
	host->q.ops->reset(&host->q);
	host->q.broken = false;
	host->q.told_len = false;
}

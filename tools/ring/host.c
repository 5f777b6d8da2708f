// SPDX-License-Identifier: GPL-2.0
/* Replaces the rest of the core for a ring and its queue: a live device. */
#include <stdarg.h>
#include <string.h>

#include <linux/device.h>
#include <linux/errno.h>
#include <linux/virtio_config.h>

#include "host.h"

bool vfe_needs_fence;

static struct host *host_of(const struct vfe_device *vd)
{
	return (struct host *)((char *)vd - offsetof(struct host, vd));
}

bool vfe_request_reset(struct vfe_device *vd)
{
	host_of(vd)->faults++;
	return true;
}

void host_message(const struct device *dev, const char *format, ...)
{
	struct host *host = (struct host *)((char *)dev -
					    offsetof(struct host, pdev.dev));
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
	if (vfe_queue_may_notify(q))
		vfe_notify16(&q->vd->regs, q->notify_offset, q->index);
}

static void host_done(struct vfe_queue *q)
{
	host_of(q->vd)->done++;
}

static int host_open_spec(struct host *host, u16 size, unsigned int max_segs,
			  u64 features, bool own_tables)
{
	struct vfe_queue_spec spec = {
		.name = "test",
		.index = 3,
		.done = host_done,
		.max_segs = max_segs,
		.size = size,
		.own_tables = own_tables,
	};
	struct vfe_queue *q = &host->q;
	unsigned int most;
	int ret;

	memset(host, 0, sizeof(*host));
	host->vd.pdev = &host->pdev;
	host->vd.features = features;
	host->vd.dma_api = features & FEATURE(VIRTIO_F_ACCESS_PLATFORM);
	host->vd.state = VFE_STATE_LIVE;
	ret = vfe_queue_init(q, &host->vd, &spec);
	if (ret)
		return ret;
	q->ops = features & FEATURE(VIRTIO_F_RING_PACKED) ? vfe_packed_ops(q) :
							    vfe_split_ops(q);
	q->size = size;
	most = vfe_queue_capacity(q);
	q->max_segs = max_segs < most ? max_segs : most;
	if (q->indirect)
		q->max_table = max_segs < size ? max_segs : size;
	q->notify = host_notify;
	q->notify_offset = HOST_NOTIFY_OFFSET;
	ret = q->ops->create(q, vfe_dev(&host->vd));
	if (ret)
		vfe_queue_exit(q);
	return ret;
}

int host_open(struct host *host, u16 size, unsigned int max_segs, u64 features)
{
	return host_open_spec(host, size, max_segs, features, false);
}

int host_open_own(struct host *host, u16 size, unsigned int max_segs,
		  u64 features)
{
	return host_open_spec(host, size, max_segs, features, true);
}

u32 host_write_table(const struct host *host, struct vfe_desc *table,
		     const struct vfe_seg *segs, unsigned int out,
		     unsigned int in)
{
	const struct vfe_table_format *f = vfe_queue_table_format(&host->q);
	unsigned int i, total = out + in;
	u32 in_len = 0, ctrl;

	for (i = 0; i < total; i++) {
		ctrl = i + 1 < total ? f->link + (i + 1) * f->step : 0;
		if (i >= out) {
			ctrl += f->write;
			in_len += segs[i].len;
		}
		table[i].addr = cpu_to_le64(segs[i].addr);
		table[i].len = cpu_to_le32(segs[i].len);
		table[i].ctrl = cpu_to_le32(ctrl);
	}
	return in_len;
}

void host_close(struct host *host)
{
	vfe_queue_exit(&host->q);
}

void host_reset(struct host *host)
{
	host->q.ops->reset(&host->q);
	host->q.broken = false;
}

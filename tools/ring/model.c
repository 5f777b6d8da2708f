// SPDX-License-Identifier: GPL-2.0
/* The device's side of a ring: the common part of both layouts. */
#include <linux/virtio_config.h>
#include <string.h>

#include "host.h"
#include "model.h"

void model_open(struct model *m, const struct vfe_queue *q)
{
	const u64 features = q->vd->features;

	memset(m, 0, sizeof(*m));
	m->size = q->size;
	m->event_idx = features & FEATURE(VIRTIO_RING_F_EVENT_IDX);
	m->may_indirect = features & FEATURE(VIRTIO_RING_F_INDIRECT_DESC);
	m->in_order = features & FEATURE(VIRTIO_F_IN_ORDER);
	m->layout = features & FEATURE(VIRTIO_F_RING_PACKED) ?
		    &model_packed_layout : &model_split_layout;
	m->layout->open(m, q);
}

void model_close(struct model *m)
{
	free(m->split.owner);
	free(m->packed.count);
	m->split.owner = NULL;
	m->packed.count = NULL;
}

bool model_wrong(struct model *m, const char *what)
{
	if (!m->error)
		m->error = what;
	return false;
}

/* virtio 1.4, 2.7.4.2 and 2.7.5.2, or 2.8.17 */
bool model_piece(struct model *m, struct model_buf *buf, u64 addr, u32 len,
		 bool write)
{
	unsigned int n = buf->out + buf->in;

	if (n == MODEL_MAX_SEGS)
		return model_wrong(m, "a chain is too long");
	if (!len)
		return model_wrong(m, "a descriptor has no length");
	buf->addr[n] = addr;
	buf->len[n] = len;
	if (write) {
		buf->in++;
		buf->in_len += len;
		return true;
	}
	if (buf->in)
		return model_wrong(m, "to read comes behind to write");
	buf->out++;
	return true;
}

bool model_available(const struct model *m)
{
	return m->layout->available(m);
}

bool model_pop(struct model *m, struct model_buf *buf)
{
	if (!model_available(m))
		return false;
	memset(buf, 0, offsetof(struct model_buf, addr));
	buf->in_len = 0;
	buf->indirect = false;
	return m->layout->pop(m, buf);
}

void model_push(struct model *m, u16 head, u32 len)
{
	m->layout->push(m, head, len);
}

void model_skip(struct model *m, u16 head)
{
	m->layout->skip(m, head);
}

bool model_publish(struct model *m)
{
	return m->layout->publish(m);
}

bool model_arm(struct model *m)
{
	m->layout->want(m, true);
	model_fence();
	return !model_available(m);
}

void model_quiet(struct model *m)
{
	m->layout->want(m, false);
}

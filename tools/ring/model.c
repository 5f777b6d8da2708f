// SPDX-License-Identifier: GPL-2.0
/*
 * The device's side of a split ring. Barriers are C11's: an index is read with
 * acquire and written with release, a fence is between "what I want" and "is
 * there something"; under SHIM_TSO they are steps of that machine.
 */
#include <string.h>

#include "host.h"
#include "model.h"

#ifdef SHIM_TSO
#define load16(p)	le16toh((u16)order_load(p, 2))
#define store16(p, v)	order_store(p, 2, htole16(v))
#define fence()		order_mb()
#else
#define load16(p)	le16toh(__atomic_load_n(p, __ATOMIC_ACQUIRE))
#define store16(p, v)	__atomic_store_n(p, htole16(v), __ATOMIC_RELEASE)
#define fence()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#endif

static __virtio16 *used_event(const struct model *m)
{
	return &m->avail->ring[m->size];
}

static __virtio16 *avail_event(const struct model *m)
{
	return (__virtio16 *)&m->used->ring[m->size];
}

void model_open(struct model *m, const struct vfe_queue *q)
{
	memset(m, 0, sizeof(*m));
	m->desc = host_pointer(q->desc_addr);
	m->avail = host_pointer(q->driver_addr);
	m->used = host_pointer(q->device_addr);
	m->size = q->size;
	m->event_idx = q->event_idx;
	m->may_indirect = q->indirect;
	m->owner = calloc(m->size, sizeof(*m->owner));
	if (!m->owner)
		die("no memory");
}

void model_close(struct model *m)
{
	free(m->owner);
	m->owner = NULL;
}

static bool wrong(struct model *m, const char *what)
{
	if (!m->error)
		m->error = what;
	return false;
}

u16 model_avail_idx(const struct model *m)
{
	return load16(&m->avail->idx);
}

u16 model_used_event(const struct model *m)
{
	return load16(used_event(m));
}

void model_set_avail_event(struct model *m, u16 value)
{
	store16(avail_event(m), value);
}

/* One piece of a buffer; virtio 1.4, 2.7.4.2 and 2.7.5.2 */
static bool take_piece(struct model *m, struct model_buf *buf,
		       const struct vring_desc *d)
{
	unsigned int n = buf->out + buf->in;
	u16 flags = le16toh(d->flags);
	u32 len = le32toh(d->len);

	if (flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE))
		return wrong(m, "a descriptor has flags that nobody knows");
	if (n == MODEL_MAX_SEGS)
		return wrong(m, "a chain is too long");
	if (!len)
		return wrong(m, "a descriptor has no length");
	buf->addr[n] = le64toh(d->addr);
	buf->len[n] = len;
	if (flags & VRING_DESC_F_WRITE) {
		buf->in++;
		buf->in_len += len;
	} else {
		if (buf->in)
			return wrong(m, "to read comes behind to write");
		buf->out++;
	}
	return true;
}

/* virtio 1.4, 2.7.5.3: a table has one chain, from entry 0, all of it */
static bool take_table(struct model *m, struct model_buf *buf,
		       const struct vring_desc *d)
{
	u32 len = le32toh(d->len), n = len / sizeof(*d), i = 0, seen = 0;
	const struct vring_desc *table = host_pointer(le64toh(d->addr));

	if (!m->may_indirect)
		return wrong(m, "a table that was not negotiated");
	if (le16toh(d->flags) != VRING_DESC_F_INDIRECT)
		return wrong(m, "INDIRECT together with another flag");
	if (!n || len % sizeof(*d))
		return wrong(m, "a table's length is no number of entries");
	/* 2.7.5.3.1: no longer than the queue */
	if (n > m->size)
		return wrong(m, "a table is longer than the queue");
	buf->indirect = true;
	for (;;) {
		if (++seen > n)
			return wrong(m, "a table has a loop");
		if (!take_piece(m, buf, &table[i]))
			return false;
		if (!(le16toh(table[i].flags) & VRING_DESC_F_NEXT))
			break;
		i = le16toh(table[i].next);
		if (i >= n)
			return wrong(m, "a table leads out of itself");
	}
	return seen == n || wrong(m, "a table has entries outside the chain");
}

static bool take_chain(struct model *m, struct model_buf *buf)
{
	const struct vring_desc *d;
	u16 i = buf->head;

	for (;;) {
		if (m->owner[i])
			return wrong(m, "a descriptor is in two buffers");
		m->owner[i] = buf->head + 1u;
		d = &m->desc[i];
		if (le16toh(d->flags) & VRING_DESC_F_INDIRECT)
			return take_table(m, buf, d);
		if (!take_piece(m, buf, d))
			return false;
		if (!(le16toh(d->flags) & VRING_DESC_F_NEXT))
			return true;
		i = le16toh(d->next);
		if (i >= m->size)
			return wrong(m, "a chain leads out of the ring");
	}
}

bool model_pop(struct model *m, struct model_buf *buf)
{
	u16 idx = model_avail_idx(m), head;

	if (idx == m->next_avail)
		return false;
	if ((u16)(idx - m->next_avail) > m->size)
		return wrong(m, "more buffers available than descriptors");
	head = le16toh(m->avail->ring[m->next_avail % m->size]);
	if (head >= m->size)
		return wrong(m, "a head outside the ring");
	memset(buf, 0, offsetof(struct model_buf, addr));
	buf->head = head;
	buf->in_len = 0;
	buf->indirect = false;
	m->next_avail++;
	return take_chain(m, buf);
}

/* The descriptors are the driver's from here on: forget them first. */
void model_push(struct model *m, u16 head, u32 len)
{
	struct vring_used_elem *elem = &m->used->ring[m->next_used % m->size];
	u16 i = head;

	for (;;) {
		u16 flags = le16toh(m->desc[i].flags);

		m->owner[i] = 0;
		if (flags & VRING_DESC_F_INDIRECT ||
		    !(flags & VRING_DESC_F_NEXT))
			break;
		i = le16toh(m->desc[i].next);
	}
	elem->id = htole32(head);
	elem->len = htole32(len);
	m->next_used++;
}

/* virtio 1.4, 2.7.7.2 */
bool model_publish(struct model *m)
{
	u16 old = m->shown_used, new = m->next_used, event;

	if (old == new)
		return false;
	store16(&m->used->idx, new);
	m->shown_used = new;
	fence();
	if (!m->event_idx)
		return !(load16(&m->avail->flags) &
			 VRING_AVAIL_F_NO_INTERRUPT);
	event = model_used_event(m);
	/* was the entry at @event published by this step? */
	return (u16)(event - old) < (u16)(new - old);
}

bool model_arm(struct model *m)
{
	if (m->event_idx)
		model_set_avail_event(m, m->next_avail);
	else
		store16(&m->used->flags, 0);
	fence();
	return model_avail_idx(m) == m->next_avail;
}

void model_quiet(struct model *m)
{
	if (m->event_idx)
		model_set_avail_event(m, m->next_avail - 1);
	else
		store16(&m->used->flags, VRING_USED_F_NO_NOTIFY);
}

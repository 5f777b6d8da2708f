// SPDX-License-Identifier: GPL-2.0
/* The device's side of a split ring (virtio 1.4, 2.7). */
#include "host.h"
#include "model.h"

#define load16(p)	le16toh((u16)model_load(p))
#define store16(p, v)	model_store(p, htole16(v))

static __virtio16 *used_event(const struct model *m)
{
	return &m->split.avail->ring[m->size];
}

static __virtio16 *avail_event(const struct model *m)
{
	return (__virtio16 *)&m->split.used->ring[m->size];
}

static void split_open(struct model *m, const struct vfe_queue *q)
{
	struct model_split *s = &m->split;

	s->desc = host_pointer(q->desc_addr);
	s->avail = host_pointer(q->driver_addr);
	s->used = host_pointer(q->device_addr);
	s->owner = calloc(m->size, sizeof(*s->owner));
	if (!s->owner)
		die("no memory");
}

u16 model_avail_idx(const struct model *m)
{
	return load16(&m->split.avail->idx);
}

u16 model_used_event(const struct model *m)
{
	return load16(used_event(m));
}

void model_set_avail_event(struct model *m, u16 value)
{
	store16(avail_event(m), value);
}

static bool split_available(const struct model *m)
{
	return model_avail_idx(m) != m->split.next_avail;
}

static bool take_piece(struct model *m, struct model_buf *buf,
		       const struct vring_desc *d)
{
	u16 flags = le16toh(d->flags);

	if (flags & ~(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE))
		return model_wrong(m,
				   "a descriptor has flags that nobody knows");
	return model_piece(m, buf, le64toh(d->addr), le32toh(d->len),
			   flags & VRING_DESC_F_WRITE);
}

/* virtio 1.4, 2.7.5.3: a table has one chain, from entry 0, all of it */
static bool take_table(struct model *m, struct model_buf *buf,
		       const struct vring_desc *d)
{
	u32 len = le32toh(d->len), n = len / sizeof(*d), i = 0, seen = 0;
	const struct vring_desc *table = host_pointer(le64toh(d->addr));

	if (!m->may_indirect)
		return model_wrong(m, "a table that was not negotiated");
	if (le16toh(d->flags) != VRING_DESC_F_INDIRECT)
		return model_wrong(m, "INDIRECT together with another flag");
	if (!n || len % sizeof(*d))
		return model_wrong(m,
				   "a table's length is no number of entries");
	/* 2.7.5.3.1: no longer than the queue */
	if (n > m->size)
		return model_wrong(m, "a table is longer than the queue");
	buf->indirect = true;
	for (;;) {
		if (++seen > n)
			return model_wrong(m, "a table has a loop");
		if (!take_piece(m, buf, &table[i]))
			return false;
		if (!(le16toh(table[i].flags) & VRING_DESC_F_NEXT))
			break;
		/* 2.7.5.3.1 */
		if (m->in_order && le16toh(table[i].next) != i + 1)
			return model_wrong(m, "a table is out of order");
		i = le16toh(table[i].next);
		if (i >= n)
			return model_wrong(m, "a table leads out of itself");
	}
	return seen == n ||
	       model_wrong(m, "a table has entries outside the chain");
}

/* virtio 1.4, 2.7.5.2 */
static bool in_order(const struct model *m, u16 i, u16 next)
{
	return !m->in_order || next == (i + 1u == m->size ? 0 : i + 1);
}

static bool take_chain(struct model *m, struct model_buf *buf)
{
	u32 *owner = m->split.owner;
	const struct vring_desc *d;
	u16 i = buf->head;

	for (;;) {
		if (owner[i])
			return model_wrong(m,
					   "a descriptor is in two buffers");
		owner[i] = buf->head + 1u;
		d = &m->split.desc[i];
		if (le16toh(d->flags) & VRING_DESC_F_INDIRECT)
			return take_table(m, buf, d);
		if (!take_piece(m, buf, d))
			return false;
		if (!(le16toh(d->flags) & VRING_DESC_F_NEXT))
			return true;
		if (!in_order(m, i, le16toh(d->next)))
			return model_wrong(m, "a chain is out of order");
		i = le16toh(d->next);
		if (i >= m->size)
			return model_wrong(m, "a chain leads out of the ring");
	}
}

static bool split_pop(struct model *m, struct model_buf *buf)
{
	struct model_split *s = &m->split;

	if ((u16)(model_avail_idx(m) - s->next_avail) > m->size)
		return model_wrong(m,
				   "more buffers available than descriptors");
	buf->head = le16toh(s->avail->ring[s->next_avail % m->size]);
	if (buf->head >= m->size)
		return model_wrong(m, "a head outside the ring");
	s->next_avail++;
	return take_chain(m, buf);
}

/* The descriptors belong to the driver from now on: forget them first. */
static void split_skip(struct model *m, u16 head)
{
	struct model_split *s = &m->split;
	u16 i = head;

	for (;;) {
		u16 flags = le16toh(s->desc[i].flags);

		s->owner[i] = 0;
		if (flags & VRING_DESC_F_INDIRECT ||
		    !(flags & VRING_DESC_F_NEXT))
			break;
		i = le16toh(s->desc[i].next);
	}
	s->skipped++;
}

/* virtio 1.4, 2.7.9: the element is in the place of the first one's */
static void split_push(struct model *m, u16 head, u32 len)
{
	struct model_split *s = &m->split;
	struct vring_used_elem *elem = &s->used->ring[s->next_used % m->size];

	split_skip(m, head);
	elem->id = htole32(head);
	elem->len = htole32(len);
	s->next_used += s->skipped;
	s->skipped = 0;
}

/* virtio 1.4, 2.7.7.2 */
static bool split_publish(struct model *m)
{
	struct model_split *s = &m->split;
	u16 old = s->shown_used, new = s->next_used, event;

	if (old == new)
		return false;
	store16(&s->used->idx, new);
	s->shown_used = new;
	model_fence();
	if (!m->event_idx)
		return !(load16(&s->avail->flags) &
			 VRING_AVAIL_F_NO_INTERRUPT);
	event = model_used_event(m);
	/* did this step publish the entry at @event? */
	return (u16)(event - old) < (u16)(new - old);
}

static void split_want(struct model *m, bool kicks)
{
	u16 next = m->split.next_avail;

	if (m->event_idx)
		model_set_avail_event(m, kicks ? next : next - 1);
	else
		store16(&m->split.used->flags,
			kicks ? 0 : VRING_USED_F_NO_NOTIFY);
}

const struct model_layout model_split_layout = {
	.open = split_open,
	.available = split_available,
	.pop = split_pop,
	.push = split_push,
	.skip = split_skip,
	.publish = split_publish,
	.want = split_want,
};

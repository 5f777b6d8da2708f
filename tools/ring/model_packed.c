// SPDX-License-Identifier: GPL-2.0
/* The device's side of a packed ring (virtio 1.4, 2.8). */
#include "host.h"
#include "model.h"

#define AVAIL		0x80
#define USED		0x8000
#define KNOWN		(VRING_DESC_F_NEXT | VRING_DESC_F_WRITE | \
			 VRING_DESC_F_INDIRECT | AVAIL | USED)

static void packed_open(struct model *m, const struct vfe_queue *q)
{
	struct model_packed *p = &m->packed;

	p->desc = host_pointer(q->desc_addr);
	p->driver = host_pointer(q->driver_addr);
	p->device = host_pointer(q->device_addr);
	p->next_avail.wrap = true;
	p->next_used.wrap = true;
	p->shown_used.wrap = true;
	p->count = calloc(m->size, sizeof(*p->count));
	if (!p->count)
		die("no memory");
}

static void step(const struct model *m, struct model_place *place,
		 unsigned int n)
{
	while (n--) {
		if (++place->slot < m->size)
			continue;
		place->slot = 0;
		place->wrap = !place->wrap;
	}
}

static bool same(const struct model_place *a, const struct model_place *b)
{
	return a->slot == b->slot && a->wrap == b->wrap;
}

static u16 flags_at(const struct model *m, const struct model_place *place)
{
	return le16toh((u16)model_load(&m->packed.desc[place->slot].flags));
}

static bool is_available(u16 flags, bool wrap)
{
	return !!(flags & AVAIL) == wrap && !!(flags & USED) != wrap;
}

static bool packed_available(const struct model *m)
{
	const struct model_place *next = &m->packed.next_avail;

	return is_available(flags_at(m, next), next->wrap);
}

/* virtio 1.4, 2.8.19 */
static bool take_table(struct model *m, struct model_buf *buf, u16 flags,
		       const struct vring_packed_desc *d)
{
	u32 len = le32toh(d->len), n = len / sizeof(*d), i;
	const struct vring_packed_desc *table = host_pointer(le64toh(d->addr));

	if (!m->may_indirect)
		return model_wrong(m, "a table that was not negotiated");
	if (flags & VRING_DESC_F_NEXT || buf->out + buf->in)
		return model_wrong(m, "a table in a list linked by NEXT");
	if (!n || len % sizeof(*d))
		return model_wrong(m,
				   "a table's length is no number of entries");
	if (n > m->size)
		return model_wrong(m, "a table is longer than the queue");
	buf->indirect = true;
	for (i = 0; i < n; i++) {
		if (le16toh(table[i].flags) & ~VRING_DESC_F_WRITE)
			return model_wrong(m, "a table has another flag");
		if (!model_piece(m, buf, le64toh(table[i].addr),
				 le32toh(table[i].len), table[i].flags))
			return false;
	}
	return true;
}

static bool take_one(struct model *m, struct model_buf *buf, u16 flags,
		     const struct vring_packed_desc *d)
{
	if (flags & ~KNOWN)
		return model_wrong(m,
				   "a descriptor has flags that nobody knows");
	if (flags & VRING_DESC_F_INDIRECT)
		return take_table(m, buf, flags, d);
	return model_piece(m, buf, le64toh(d->addr), le32toh(d->len),
			   flags & VRING_DESC_F_WRITE);
}

static bool packed_pop(struct model *m, struct model_buf *buf)
{
	struct model_packed *p = &m->packed;
	struct model_place at = p->next_avail;
	unsigned int count = 0;
	u16 flags;

	do {
		flags = flags_at(m, &at);
		/* 2.8.17: the first is made available last */
		if (!is_available(flags, at.wrap))
			return model_wrong(m, "a list is there in part");
		if (p->taken + ++count > m->size)
			return model_wrong(m,
					   "more available than descriptors");
		/*
		 * no rule, but QEMU's devices lose the completion that empties
		 * a full ring
		 */
		if (m->in_order && m->size > 1 && p->taken + count == m->size)
			return model_wrong(m,
					   "in order, no descriptor is free");
		if (!take_one(m, buf, flags, &p->desc[at.slot]))
			return false;
		buf->head = le16toh(p->desc[at.slot].id);
		step(m, &at, 1);
	} while (flags & VRING_DESC_F_NEXT);
	if (buf->head >= m->size || p->count[buf->head])
		return model_wrong(m, "an id that is in use");
	p->count[buf->head] = count;
	p->taken += count;
	p->next_avail = at;
	return true;
}

static void packed_skip(struct model *m, u16 id)
{
	struct model_packed *p = &m->packed;

	p->skipped += p->count[id];
	p->taken -= p->count[id];
	p->count[id] = 0;
}

/* virtio 1.4, 2.8.8: the descriptor is in the slot of the first of the batch */
static void packed_push(struct model *m, u16 id, u32 len)
{
	struct model_packed *p = &m->packed;
	struct vring_packed_desc *d = &p->desc[p->next_used.slot];
	u16 flags = p->next_used.wrap ? AVAIL | USED : 0;

	packed_skip(m, id);
	d->id = htole16(id);
	/* 2.8.4: without WRITE the length is meaningless */
	d->len = htole32(len ? len : 0xdeadbeef);
	flags |= len ? VRING_DESC_F_WRITE : 0;
	/* publish later: the driver stops at the first one */
	if (same(&p->next_used, &p->shown_used))
		p->held = flags;
	else
		model_store(&d->flags, htole16(flags));
	step(m, &p->next_used, p->skipped);
	p->skipped = 0;
}

/* Did this step use the descriptor of the driver's event offset? */
static bool passed(const struct model *m, u16 event)
{
	const struct model_packed *p = &m->packed;
	struct model_place at = p->shown_used;

	do {
		if (at.slot == (event & 0x7fff) && at.wrap == event >> 15)
			return true;
		step(m, &at, 1);
	} while (!same(&at, &p->next_used));
	return false;
}

/* virtio 1.4, 2.8.14 */
static bool packed_publish(struct model *m)
{
	struct model_packed *p = &m->packed;
	bool wanted;
	u32 event;

	if (same(&p->next_used, &p->shown_used))
		return false;
	model_store(&p->desc[p->shown_used.slot].flags, htole16(p->held));
	model_fence();
	event = le32toh((u32)model_load(p->driver));
	if (event >> 16 > VRING_PACKED_EVENT_FLAG_DESC)
		model_wrong(m, "event suppression has a reserved value");
	wanted = event >> 16 == VRING_PACKED_EVENT_FLAG_ENABLE;
	if (event >> 16 == VRING_PACKED_EVENT_FLAG_DESC) {
		if (!m->event_idx)
			model_wrong(m, "an event offset without EVENT_IDX");
		wanted = passed(m, event);
	}
	p->shown_used = p->next_used;
	return wanted;
}

static void packed_want(struct model *m, bool kicks)
{
	const struct model_place *next = &m->packed.next_avail;
	u32 event = VRING_PACKED_EVENT_FLAG_DISABLE << 16;

	if (kicks && m->event_idx)
		event = VRING_PACKED_EVENT_FLAG_DESC << 16 |
			next->wrap << 15 | next->slot;
	else if (kicks)
		event = VRING_PACKED_EVENT_FLAG_ENABLE << 16;
	model_store(m->packed.device, htole32(event));
}

const struct model_layout model_packed_layout = {
	.open = packed_open,
	.available = packed_available,
	.pop = packed_pop,
	.push = packed_push,
	.skip = packed_skip,
	.publish = packed_publish,
	.want = packed_want,
};

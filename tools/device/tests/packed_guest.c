// SPDX-License-Identifier: GPL-2.0
/*
 * The driver's side of a packed ring, for the guest in miniature.
 */
#include "packed_guest.h"

void packed_fresh(struct packed *p, struct guest *g, uint16_t size)
{
	*p = (struct packed) {
		.g = g, .size = size, .wrap = true, .seen_wrap = true,
	};
}

void packed_start(struct packed *p, struct guest *g, uint64_t features,
		  uint16_t size)
{
	guest_start(g, features | PACKED, size);
	packed_fresh(p, g, size);
}

static struct vring_packed_desc *descs(const struct guest *g)
{
	return at(g, DESC_ADDR);
}

void packed_desc(struct guest *g, unsigned int slot, const struct piece *e,
		 uint16_t id, uint16_t flags)
{
	struct vring_packed_desc *d = &descs(g)[slot];

	d->addr = htole64(e->addr);
	d->len = htole32(e->len);
	d->id = htole16(id);
	/* read by a device in another thread */
	__atomic_store_n(&d->flags, htole16(flags), __ATOMIC_RELEASE);
}

static uint16_t avail_flags(bool wrap)
{
	return wrap ? DESC_F_AVAIL : DESC_F_USED;
}

void packed_add(struct packed *p, const struct piece *list, unsigned int n,
		uint16_t id)
{
	unsigned int first = p->next;
	uint16_t first_flags = 0;

	for (unsigned int i = 0; i < n; i++) {
		uint16_t flags = list[i].flags | avail_flags(p->wrap) |
				 (i < n - 1 ? VRING_DESC_F_NEXT : 0);

		/* 2.8.6: the first one is not available yet. */
		if (!i)
			first_flags = flags;
		packed_desc(p->g, p->next, &list[i], id, i ? flags :
			    le16toh(descs(p->g)[first].flags));
		if (++p->next == p->size) {
			p->next = 0;
			p->wrap = !p->wrap;
		}
	}
	p->in_flight += n;
	__atomic_store_n(&descs(p->g)[first].flags, htole16(first_flags),
			 __ATOMIC_RELEASE);
}

static void put_read(struct packed *p, uint64_t sector)
{
	put_header(p->g, VIRTIO_BLK_T_IN, sector);
	*(uint8_t *)at(p->g, STATUS_ADDR) = 0xff;
}

void packed_add_read(struct packed *p, uint64_t sector, uint32_t len,
		     uint16_t id)
{
	const struct piece list[] = {
		{ HDR_ADDR, sizeof(struct virtio_blk_outhdr), 0 },
		{ DATA_ADDR, len, VRING_DESC_F_WRITE },
		{ STATUS_ADDR, 1, VRING_DESC_F_WRITE },
	};

	put_read(p, sector);
	packed_add(p, list, 3, id);
}

void packed_add_table(struct packed *p, uint64_t sector, uint32_t len,
		      uint16_t id)
{
	static const struct piece table = {
		TABLE_ADDR, 3 * sizeof(struct vring_packed_desc),
		VRING_DESC_F_INDIRECT
	};

	put_read(p, sector);
	/* In a packed table flags but WRITE, and the id, have no meaning. */
	put_table(p->g, 0, HDR_ADDR, 16, 0, 0);
	put_table(p->g, 1, DATA_ADDR, len, 0, VRING_DESC_F_WRITE);
	put_table(p->g, 2, STATUS_ADDR, 1, 0, VRING_DESC_F_WRITE);
	packed_add(p, &table, 1, id);
}

bool packed_take(struct packed *p, unsigned int steps, struct used *u)
{
	struct vring_packed_desc *d = &descs(p->g)[p->seen];

	u->flags = le16toh(__atomic_load_n(&d->flags, __ATOMIC_ACQUIRE));
	if (!!(u->flags & DESC_F_USED) != p->seen_wrap ||
	    !!(u->flags & DESC_F_AVAIL) != p->seen_wrap)
		return false;
	u->id = le16toh(d->id);
	u->len = le32toh(d->len);
	p->seen += steps;
	p->in_flight -= steps;
	if (p->seen >= p->size) {
		p->seen -= p->size;
		p->seen_wrap = !p->seen_wrap;
	}
	return true;
}

uint16_t packed_next(const struct packed *p)
{
	return p->next | (p->wrap ? EVENT_WRAP : 0);
}

void set_driver_event(struct guest *g, uint16_t off_wrap, uint16_t flags)
{
	uint32_t *event = at(g, AVAIL_ADDR);

	__atomic_store_n(event, htole32(off_wrap | (uint32_t)flags << 16),
			 __ATOMIC_RELAXED);
}

uint16_t device_event(const struct guest *g, uint16_t *off_wrap)
{
	const uint32_t *event = at(g, USED_ADDR);
	uint32_t value = le32toh(__atomic_load_n(event, __ATOMIC_RELAXED));

	*off_wrap = value;
	return value >> 16;
}

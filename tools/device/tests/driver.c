// SPDX-License-Identifier: GPL-2.0
/*
 * The driver in miniature. Fields that the device may read or write in another
 * thread are accessed atomically.
 */
#include <endian.h>
#include <string.h>

#include "driver.h"

void *at(const struct guest *g, uint64_t addr)
{
	return g->ram + (addr - g->at->ram);
}

/* Registers */

uint32_t get(struct guest *g, enum vfe_reg reg)
{
	const struct register_info *r = &register_table[reg];

	return vdev_read(g->v, r->window, r->offset, r->size);
}

void set(struct guest *g, enum vfe_reg reg, uint32_t value)
{
	const struct register_info *r = &register_table[reg];

	vdev_write(g->v, r->window, r->offset, r->size, value);
}

void set_addr(struct guest *g, enum vfe_reg lo, uint64_t addr)
{
	set(g, lo, addr);
	set(g, lo + 1, addr >> 32);
}

static uint32_t offered_word(struct guest *g, unsigned int word)
{
	set(g, VFE_REG_DEVICE_FEATURE_SELECT, word);
	return get(g, VFE_REG_DEVICE_FEATURE);
}

uint64_t offered(struct guest *g)
{
	return offered_word(g, 0) | (uint64_t)offered_word(g, 1) << 32 |
	       (uint64_t)offered_word(g, 2) << FEATURE_HIGH_SHIFT;
}

/* Features 64 to 69 are in the third word, see FEATURE_HIGH(). */
static void write_features(struct guest *g, uint64_t features)
{
	uint64_t high = (uint64_t)FEATURE_HIGH_MASK << FEATURE_HIGH_SHIFT;
	const uint32_t words[FEATURE_WORDS] = {
		features, (features & ~high) >> 32,
		(features & high) >> FEATURE_HIGH_SHIFT,
	};

	for (unsigned int i = 0; i < FEATURE_WORDS; i++) {
		set(g, VFE_REG_DRIVER_FEATURE_SELECT, i);
		set(g, VFE_REG_DRIVER_FEATURE, words[i]);
	}
}

uint8_t guest_negotiate(struct guest *g, uint64_t features)
{
	set(g, VFE_REG_DEVICE_STATUS, 0);
	set(g, VFE_REG_DEVICE_STATUS, 1);
	set(g, VFE_REG_DEVICE_STATUS, 3);
	write_features(g, features);
	g->features = features;
	set(g, VFE_REG_DEVICE_STATUS, 11);
	return get(g, VFE_REG_DEVICE_STATUS);
}

void guest_enable(struct guest *g, uint64_t desc, uint64_t avail,
		  uint64_t used)
{
	set_addr(g, VFE_REG_QUEUE_DESC_LO, desc);
	set_addr(g, VFE_REG_QUEUE_DRIVER_LO, avail);
	set_addr(g, VFE_REG_QUEUE_DEVICE_LO, used);
	set(g, VFE_REG_QUEUE_ENABLE, 1);
}

void guest_queue(struct guest *g, uint16_t size)
{
	g->size = size;
	g->avail_idx = 0;
	g->used_seen = 0;
	g->next = 0;
	g->seen = 0;
	g->wrap = true;
	g->seen_wrap = true;
	g->in_flight = 0;
	set(g, VFE_REG_QUEUE_SELECT, g->queue);
	set(g, VFE_REG_QUEUE_SIZE, size);
	set(g, VFE_REG_QUEUE_MSIX_VECTOR, 1 + g->queue);
	guest_enable(g, g->at->desc, g->at->avail, g->at->used);
}

void guest_drive(struct guest *g, uint64_t features, uint16_t size)
{
	guest_negotiate(g, features & offered(g));
	set(g, VFE_REG_CONFIG_MSIX_VECTOR, 0);
	guest_queue(g, size);
	set(g, VFE_REG_DEVICE_STATUS, 15);
}

/* Descriptors */

static bool is_packed(const struct guest *g)
{
	return g->features & PACKED;
}

static void put(struct vring_desc *d, uint64_t addr, uint32_t len,
		uint16_t flags, uint16_t next)
{
	*d = (struct vring_desc) { addr, len, flags, next };
}

void put_desc(struct guest *g, unsigned int index, uint64_t addr, uint32_t len,
	      uint16_t flags, uint16_t next)
{
	put((struct vring_desc *)at(g, g->at->desc) + index, addr, len, flags,
	    next);
}

void put_table(struct guest *g, unsigned int index, uint64_t addr,
	       uint32_t len, uint16_t flags, uint16_t next)
{
	put((struct vring_desc *)at(g, g->at->table) + index, addr, len, flags,
	    next);
}

static struct vring_packed_desc *packed_desc(const struct guest *g,
					     unsigned int slot)
{
	return (struct vring_packed_desc *)at(g, g->at->desc) + slot;
}

void put_packed(struct guest *g, unsigned int slot, const struct piece *e,
		uint16_t id, uint16_t flags)
{
	struct vring_packed_desc *d = packed_desc(g, slot);

	d->addr = e->addr;
	d->len = e->len;
	d->id = id;
	__atomic_store_n(&d->flags, flags, __ATOMIC_RELEASE);
}

void put_header(struct guest *g, uint32_t type, uint64_t sector)
{
	struct virtio_blk_outhdr *h = at(g, g->at->header);

	*h = (struct virtio_blk_outhdr) { .type = type, .sector = sector };
}

uint8_t status_byte(const struct guest *g)
{
	return *(uint8_t *)at(g, g->at->status);
}

/* Chains */

static struct vring_avail *avail(const struct guest *g)
{
	return at(g, g->at->avail);
}

static struct vring_used *used(const struct guest *g)
{
	return at(g, g->at->used);
}

void offer(struct guest *g, uint16_t head)
{
	avail(g)->ring[g->avail_idx % g->size] = head;
	g->avail_idx++;
	__atomic_store_n(&avail(g)->idx, g->avail_idx, __ATOMIC_RELEASE);
}

static void add_split(struct guest *g, const struct piece *list,
		      unsigned int n, uint16_t head)
{
	for (unsigned int i = 0; i < n; i++)
		put_desc(g, head + i, list[i].addr, list[i].len,
			 list[i].flags | (i < n - 1 ? VRING_DESC_F_NEXT : 0),
			 head + i + 1);
	offer(g, head);
}

/* 2.8.6: the first one becomes available last. */
static void add_packed(struct guest *g, const struct piece *list,
		       unsigned int n, uint16_t id)
{
	struct vring_packed_desc *first = packed_desc(g, g->next);
	uint16_t first_flags = 0;

	for (unsigned int i = 0; i < n; i++) {
		uint16_t flags = list[i].flags |
				 (g->wrap ? DESC_F_AVAIL : DESC_F_USED) |
				 (i < n - 1 ? VRING_DESC_F_NEXT : 0);

		if (!i)
			first_flags = flags;
		put_packed(g, g->next, &list[i], id, i ? flags : first->flags);
		if (++g->next == g->size) {
			g->next = 0;
			g->wrap = !g->wrap;
		}
	}
	g->in_flight += n;
	__atomic_store_n(&first->flags, first_flags, __ATOMIC_RELEASE);
}

void add(struct guest *g, const struct piece *list, unsigned int n,
	 uint16_t id)
{
	if (is_packed(g))
		add_packed(g, list, n, id);
	else
		add_split(g, list, n, id);
}

/* 2.8.7: in a packed table flags but WRITE, and the id, have no meaning. */
void add_table(struct guest *g, const struct piece *list, unsigned int n,
	       uint16_t id)
{
	const struct piece table = {
		g->at->table, n * sizeof(struct vring_desc),
		VRING_DESC_F_INDIRECT
	};

	for (unsigned int i = 0; i < n; i++) {
		if (is_packed(g))
			put_table(g, i, list[i].addr, list[i].len, 0,
				  list[i].flags);
		else
			put_table(g, i, list[i].addr, list[i].len,
				  list[i].flags |
				  (i < n - 1 ? VRING_DESC_F_NEXT : 0), i + 1);
	}
	add(g, &table, 1, id);
}

void add_read(struct guest *g, uint64_t sector, uint32_t len, uint16_t id,
	      bool table)
{
	const struct piece list[] = {
		{ g->at->header, sizeof(struct virtio_blk_outhdr), 0 },
		{ g->at->data, len, VRING_DESC_F_WRITE },
		{ g->at->status, 1, VRING_DESC_F_WRITE },
	};

	put_header(g, VIRTIO_BLK_T_IN, sector);
	*(uint8_t *)at(g, g->at->status) = 0xff;
	if (table)
		add_table(g, list, 3, id);
	else
		add(g, list, 3, id);
}

static bool take_split(struct guest *g, unsigned int n, struct used *u)
{
	struct vring_used_elem *e = &used(g)->ring[g->used_seen % g->size];

	if (g->used_seen == used_idx(g))
		return false;
	u->id = e->id;
	u->len = e->len;
	u->flags = 0;
	g->used_seen += n;
	return true;
}

bool take(struct guest *g, unsigned int n, unsigned int descs, struct used *u)
{
	struct vring_packed_desc *d = packed_desc(g, g->seen);

	if (!is_packed(g))
		return take_split(g, n, u);
	u->flags = __atomic_load_n(&d->flags, __ATOMIC_ACQUIRE);
	if (!!(u->flags & DESC_F_USED) != g->seen_wrap ||
	    !!(u->flags & DESC_F_AVAIL) != g->seen_wrap)
		return false;
	u->id = d->id;
	u->len = d->len;
	g->in_flight -= descs;
	g->seen += descs;
	if (g->seen >= g->size) {
		g->seen -= g->size;
		g->seen_wrap = !g->seen_wrap;
	}
	return true;
}

unsigned int in_flight(const struct guest *g)
{
	return is_packed(g) ? g->in_flight :
			      (uint16_t)(g->avail_idx - g->used_seen);
}

/* Notifications and interrupts */

uint16_t next_avail(const struct guest *g)
{
	if (!is_packed(g))
		return g->avail_idx;
	return g->next | (g->wrap ? EVENT_WRAP : 0);
}

void kick32(struct guest *g, unsigned int queue, uint16_t value, uint16_t data)
{
	vdev_write(g->v, VFE_WIN_NOTIFY, queue * VFE_NOTIFY_MULTIPLIER, 4,
		   (uint32_t)data << 16 | value);
}

static uint16_t notify_value(const struct guest *g)
{
	return g->features & CONFIG_DATA ? NOTIF_CONFIG_DATA(g->queue) :
					   g->queue;
}

void kick(struct guest *g)
{
	if (g->features & DATA)
		kick32(g, g->queue, notify_value(g), next_avail(g));
	else
		vdev_write(g->v, VFE_WIN_NOTIFY,
			   g->queue * VFE_NOTIFY_MULTIPLIER, 2,
			   notify_value(g));
}

void ring_bell(struct guest *g)
{
	uint32_t *bell = g->v->doorbell;

	if (g->features & DATA)
		*bell = (uint32_t)next_avail(g) << 16 | notify_value(g);
	else
		*(uint16_t *)bell = notify_value(g);
}

/* Steps from one position to another; in a packed ring, of two rounds */
static unsigned int steps(const struct guest *g, uint16_t from, uint16_t to)
{
	int back = from & EVENT_WRAP ? 0 : g->size;
	int ahead = to & EVENT_WRAP ? 0 : g->size;

	ahead += (to & (EVENT_WRAP - 1)) - (from & (EVENT_WRAP - 1)) - back;
	return (ahead + 2 * g->size) % (2 * g->size);
}

bool kick_wanted(const struct guest *g, uint16_t old)
{
	uint16_t event;

	if (!is_packed(g))
		return g->features & EVENT ?
		       vring_need_event(avail_event(g), g->avail_idx, old) :
		       !(used_flags(g) & VRING_USED_F_NO_NOTIFY);
	switch (device_event(g, &event)) {
	case VRING_PACKED_EVENT_FLAG_DISABLE:
		return false;
	case VRING_PACKED_EVENT_FLAG_DESC:
		return steps(g, old, event) < steps(g, old, next_avail(g));
	default:
		return true;
	}
}

void want_interrupt(struct guest *g, bool on)
{
	bool event = g->features & EVENT;

	if (event && !on)
		return;
	if (event && is_packed(g))
		set_driver_event(g, g->seen | (g->seen_wrap ? EVENT_WRAP : 0),
				 VRING_PACKED_EVENT_FLAG_DESC);
	else if (event)
		set_used_event(g, g->used_seen);
	else if (is_packed(g))
		set_driver_event(g, 0, on ? VRING_PACKED_EVENT_FLAG_ENABLE :
				 VRING_PACKED_EVENT_FLAG_DISABLE);
	else
		set_avail_flags(g, on ? 0 : VRING_AVAIL_F_NO_INTERRUPT);
}

uint16_t used_idx(const struct guest *g)
{
	return __atomic_load_n(&used(g)->idx, __ATOMIC_ACQUIRE);
}

uint16_t used_flags(const struct guest *g)
{
	return __atomic_load_n(&used(g)->flags, __ATOMIC_RELAXED);
}

uint16_t avail_event(const struct guest *g)
{
	return __atomic_load_n((uint16_t *)&used(g)->ring[g->size],
			       __ATOMIC_RELAXED);
}

void set_used_event(struct guest *g, uint16_t value)
{
	__atomic_store_n(&avail(g)->ring[g->size], value, __ATOMIC_RELAXED);
}

void set_avail_flags(struct guest *g, uint16_t value)
{
	__atomic_store_n(&avail(g)->flags, value, __ATOMIC_RELAXED);
}

void set_driver_event(struct guest *g, uint16_t off_wrap, uint16_t flags)
{
	__atomic_store_n((uint32_t *)at(g, g->at->avail),
			 off_wrap | (uint32_t)flags << 16, __ATOMIC_RELAXED);
}

uint16_t device_event(const struct guest *g, uint16_t *off_wrap)
{
	uint32_t value = __atomic_load_n((uint32_t *)at(g, g->at->used),
					 __ATOMIC_RELAXED);

	*off_wrap = value;
	return value >> 16;
}

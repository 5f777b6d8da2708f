// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of features that change how a ring is used: all combinations of
 * them in both layouts, each with what is peculiar to it, and sizes.
 */
#include <string.h>

#include "guest.h"

#define OFFERED		(V1 | IN_ORDER | DATA | CONFIG_DATA | RESET | PACKED | \
			 BIT64(VIRTIO_F_ORDER_PLATFORM) | \
			 BIT64(VIRTIO_F_ACCESS_PLATFORM))

static void without_packed(struct options *o)
{
	o->features_off = PACKED;
}

static void test_offered(void)
{
	struct guest g;

	guest_open(&g, NULL);
	CHECK_EQ(offered(&g) & OFFERED, OFFERED);
	CHECK_EQ(guest_negotiate(&g, offered(&g)), 11);
	guest_close(&g);
	guest_open(&g, without_packed);
	CHECK_EQ(offered(&g) & OFFERED, OFFERED & ~PACKED);
	CHECK_EQ(guest_negotiate(&g, OFFERED), 3);
	CHECK_EQ(guest_negotiate(&g, OFFERED & ~PACKED), 11);
	guest_close(&g);
}

/* Notify the device, or have it look. */
static void notify(struct guest *g, uint16_t old)
{
	if (g->o.poll) {
		CHECK(!kick_wanted(g, old));
	} else {
		CHECK(kick_wanted(g, old));
		if (!g->v->doorbell) {
			kick(g);
			return;
		}
		ring_bell(g);
	}
	CHECK(vdev_poll(g->v));
}

/* @n reads at once: every buffer comes back, with one interrupt for all. */
static void read_batch(struct guest *g, uint64_t sector, unsigned int n)
{
	bool table = g->features & INDIRECT, in_order = g->features & IN_ORDER;
	unsigned int descs = table ? 1 : 3, interrupts = seen.vector[1];
	uint16_t old = next_avail(g);
	struct used u;

	want_interrupt(g, true);
	for (unsigned int i = 0; i < n; i++)
		add_read(g, sector, 512, descs * i, table);
	notify(g, old);
	for (unsigned int i = in_order ? n - 1 : 0; i < n; i++) {
		CHECK(take(g, in_order ? n : 1, in_order ? n * descs : descs,
			   &u));
		CHECK_EQ(u.id, descs * i);
		CHECK_EQ(u.len, 513);
	}
	CHECK(!take(g, 1, descs, &u));
	CHECK_EQ(seen.vector[1], interrupts + 1);
	CHECK_EQ(status_byte(g), 0);
	check_data(g, sector, 512);
}

static void serve(struct guest *g, uint64_t features, uint16_t size)
{
	unsigned int most = features & INDIRECT ? size : size / 3;

	guest_start(g, features, size);
	for (unsigned int i = 0; i < 12U * size && !tap_failed(); i++)
		read_batch(g, i % 100, 1 + i % 3 % most);
	CHECK_EQ(vdev_status(g->v), 15);
	CHECK_EQ(g->c.notified_ahead, 0);
}

/* Lists lie across the end of a packed ring at every offset they can have. */
static void test_combinations(struct guest *g)
{
	static const uint64_t each[] = {
		PACKED, EVENT, INDIRECT, IN_ORDER, DATA, CONFIG_DATA
	};
	static const uint16_t sizes[] = { 3, 4, 5, 7, 8, 13, 32 };

	for (unsigned int combination = 0; combination < 64; combination++) {
		uint64_t features = V1;

		for (unsigned int i = 0; i < 6; i++)
			features |= combination & 1U << i ? each[i] : 0;
		for (unsigned int i = 0; i < 7; i++) {
			if (features & PACKED || split_ops.is_size(sizes[i]))
				serve(g, features, sizes[i]);
		}
	}
}

static void with_both(struct options *o)
{
	with_poll(o);
	with_doorbell(o);
}

/* A used entry of a split ring as it lies there */
static struct vring_used_elem used_at(const struct guest *g, unsigned int slot)
{
	return ((struct vring_used *)at(g, USED_ADDR))->ring[slot];
}

/* Reads of one sector in chains of three: heads 0, 3, 6, ... */
static void offer_reads(struct guest *g, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		put_request(g, 3 * i, VIRTIO_BLK_T_IN, i, 512);
		offer(g, 3 * i);
	}
}

/* 2.7.9: one entry, where that of the first one would be */
static void test_split_in_order(struct guest *g)
{
	guest_start(g, V1 | IN_ORDER, 64);
	memset((uint8_t *)at(g, USED_ADDR) + 4, 0xee, 64 * 8);
	offer_reads(g, 10);
	kick(g);
	CHECK_EQ(used_idx(g), 10);
	CHECK_EQ(used_at(g, 0).id, 27);
	CHECK_EQ(used_at(g, 0).len, 513);
	for (unsigned int i = 1; i < 64; i++)
		CHECK_EQ(used_at(g, i).id, 0xeeeeeeee);
	CHECK_EQ(seen.vector[1], 1);
	offer_reads(g, 1);
	kick(g);
	CHECK_EQ(used_idx(g), 11);
	CHECK_EQ(used_at(g, 10).id, 0);
}

/*
 * A buffer that was not filled completely has its own entry: it ends its batch.
 */
static void test_split_in_order_error(struct guest *g)
{
	guest_start(g, V1 | IN_ORDER, 64);
	offer_reads(g, 6);
	put_desc(g, 3 * 2 + 1, DATA_ADDR, 513,
		 VRING_DESC_F_NEXT | VRING_DESC_F_WRITE, 3 * 2 + 2);
	kick(g);
	CHECK_EQ(used_idx(g), 6);
	CHECK_EQ(used_at(g, 0).id, 6);		/* of the first three */
	CHECK_EQ(used_at(g, 0).len, 0);
	CHECK_EQ(used_at(g, 3).id, 15);	/* of the other three */
	CHECK_EQ(used_at(g, 3).len, 513);
}

static void test_packed_in_order_error(struct guest *g)
{
	struct used u;

	guest_start(g, V1 | IN_ORDER | PACKED, 20);
	add_read(g, 0, 512, 1, false);
	add_read(g, 0, 513, 2, false);		/* no whole sector */
	add_read(g, 0, 512, 3, false);
	kick(g);
	CHECK(take(g, 2, 6, &u));
	CHECK_EQ(u.id, 2);
	CHECK(take(g, 1, 3, &u));
	CHECK_EQ(u.id, 3);
	CHECK_EQ(u.len, 513);
}

static void test_split_data(struct guest *g)
{
	guest_start(g, V1 | DATA, 64);
	offer_reads(g, 2);
	vdev_write(g->v, VFE_WIN_NOTIFY, 0, 2, 0);
	CHECK_EQ(used_idx(g), 0);
	CHECK(strstr(logged.last, "takes 4"));
	kick32(g, 0, 1, 2);		/* of another queue */
	CHECK_EQ(used_idx(g), 0);
	kick32(g, 0, 0, 2);
	CHECK_EQ(used_idx(g), 2);
	kick32(g, 0, 0, 2);		/* again, with nothing new */
	kick32(g, 0, 0, 1);		/* late */
	CHECK_EQ(g->c.notified_ahead, 0);
	kick32(g, 0, 0, 3);		/* of what nobody can see */
	CHECK_EQ(g->c.notified_ahead, 1);
	CHECK(strstr(logged.last, "0x3"));
	CHECK_EQ(vdev_status(g->v), 15);
}

static void test_packed_data(struct guest *g)
{
	struct used u;

	guest_start(g, V1 | DATA | PACKED, 8);
	for (unsigned int i = 0; i < 20; i++) {
		add_read(g, 0, 512, i, false);
		kick(g);
		CHECK(take(g, 1, 3, &u));
	}
	kick32(g, 0, 0, 1);	/* of the last but one: late */
	CHECK_EQ(g->c.notified_ahead, 0);
	kick32(g, 0, 0, next_avail(g) ^ EVENT_WRAP);
	CHECK_EQ(g->c.notified_ahead, 1);
	kick32(g, 0, 0, 8);		/* no such descriptor */
	CHECK_EQ(g->c.notified_ahead, 2);
}

/* A mapped slot holds all 32 bits of the written value. */
static void test_mapped_data(struct guest *g)
{
	uint32_t *slot;

	slot = g->v->doorbell;
	guest_start(g, V1 | DATA | CONFIG_DATA, 64);
	offer_reads(g, 2);
	*slot = get(g, VFE_REG_QUEUE_NOTIF_CONFIG_DATA) | 2 << 16;
	CHECK(vdev_poll(g->v));
	CHECK_EQ(used_idx(g), 2);
	CHECK_EQ(*slot, VFE_DOORBELL_IDLE);
	CHECK_EQ(g->c.doorbells, 1);
	CHECK_EQ(g->c.notified_ahead, 0);
	*slot = get(g, VFE_REG_QUEUE_NOTIF_CONFIG_DATA) | 3 << 16;
	CHECK(vdev_poll(g->v));
	CHECK_EQ(g->c.notified_ahead, 1);
	*slot = 0;
	vdev_poll(g->v);
	CHECK(strstr(logged.last, "notify: value 0"));
}

static void test_config_data(struct guest *g)
{
	uint32_t value;

	guest_start(g, V1, 64);
	CHECK_EQ(get(g, VFE_REG_QUEUE_NOTIF_CONFIG_DATA), 0);
	guest_start(g, V1 | CONFIG_DATA, 64);
	value = get(g, VFE_REG_QUEUE_NOTIF_CONFIG_DATA);
	CHECK(value && value != VFE_DOORBELL_IDLE >> 16);
	set(g, VFE_REG_QUEUE_NOTIF_CONFIG_DATA, 3);
	CHECK_EQ(get(g, VFE_REG_QUEUE_NOTIF_CONFIG_DATA), value);
	CHECK(strstr(logged.last, "read-only"));
	offer_reads(g, 1);
	vdev_write(g->v, VFE_WIN_NOTIFY, 0, 2, 0);	/* its number */
	CHECK_EQ(used_idx(g), 0);
	vdev_write(g->v, VFE_WIN_NOTIFY, 0, 2, value);
	CHECK_EQ(used_idx(g), 1);
	set(g, VFE_REG_QUEUE_SELECT, 1);
	CHECK(get(g, VFE_REG_QUEUE_NOTIF_CONFIG_DATA) != value);
	set(g, VFE_REG_QUEUE_SELECT, 2);
	CHECK_EQ(get(g, VFE_REG_QUEUE_NOTIF_CONFIG_DATA), 0);
}

static void check_fresh(struct guest *g)
{
	CHECK_EQ(get(g, VFE_REG_QUEUE_RESET), 0);
	CHECK_EQ(get(g, VFE_REG_QUEUE_ENABLE), 0);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), QUEUE_SIZE);
	CHECK_EQ(get(g, VFE_REG_QUEUE_MSIX_VECTOR), VIRTIO_MSI_NO_VECTOR);
	for (unsigned int reg = VFE_REG_QUEUE_DESC_LO;
	     reg <= VFE_REG_QUEUE_DEVICE_HI; reg++)
		CHECK_EQ(get(g, reg), 0);
}

/* Queue 1, with its ring at the end of memory; it has no vector. */
#define FAR		0x40000ULL

static void other_queue(struct guest *g)
{
	set(g, VFE_REG_QUEUE_SELECT, 1);
	set(g, VFE_REG_QUEUE_SIZE, 16);
	guest_enable(g, DESC_ADDR + FAR, AVAIL_ADDR + FAR, USED_ADDR + FAR);
	memcpy(at(g, DESC_ADDR + FAR), at(g, DESC_ADDR), 48);
}

/* The request of descriptors 0 to 2, once more */
static void check_other_queue(struct guest *g)
{
	struct vring_avail *avail = at(g, AVAIL_ADDR + FAR);
	struct vring_used *used = at(g, USED_ADDR + FAR);

	avail->idx++;
	vdev_write(g->v, VFE_WIN_NOTIFY, VFE_NOTIFY_MULTIPLIER, 2, 1);
	CHECK_EQ(used->idx, avail->idx);
}

static void test_queue_reset(struct guest *g)
{
	uint32_t len;

	guest_start(g, V1 | RESET, 64);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), 0);
	other_queue(g);
	check_other_queue(g);
	set(g, VFE_REG_QUEUE_SELECT, 0);
	set(g, VFE_REG_QUEUE_RESET, 1);
	check_fresh(g);
	offer_reads(g, 1);
	kick(g);
	CHECK_EQ(used_idx(g), 1);	/* as before */
	check_other_queue(g);
	/* Set up anew, smaller */
	memset(at(g, AVAIL_ADDR), 0, 4);
	memset(at(g, USED_ADDR), 0, 4);
	guest_queue(g, 8);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 2, 512, &len), 0);
	CHECK_EQ(used_idx(g), 1);
	CHECK_EQ(seen.vector[1], 2);
	check_other_queue(g);
	CHECK_EQ(g->c.queue_resets, 1);
	CHECK_EQ(vdev_status(g->v), 15);
}

static void test_packed_queue_reset(struct guest *g)
{
	struct used u;

	guest_start(g, V1 | RESET | PACKED, 10);
	for (unsigned int size = 10; size > 2; size--) {
		add_read(g, 0, 512, size, false);
		kick(g);
		CHECK(take(g, 1, 3, &u));
		set(g, VFE_REG_QUEUE_RESET, 1);
		check_fresh(g);
		/* 2.8.13: the ring starts with zeroes */
		memset(at(g, DESC_ADDR), 0, 160);
		guest_queue(g, size);
	}
	CHECK_EQ(g->c.queue_resets, 8);
}

static void test_queue_reset_ignored(struct guest *g)
{
	uint32_t len;

	guest_start(g, V1, 64);
	set(g, VFE_REG_QUEUE_RESET, 1);	/* not negotiated */
	CHECK(strstr(logged.last, "queue_reset 1 ignored"));
	CHECK_EQ(get(g, VFE_REG_QUEUE_ENABLE), 1);
	guest_start(g, V1 | RESET, 64);
	set(g, VFE_REG_QUEUE_RESET, 0);
	set(g, VFE_REG_QUEUE_RESET, 2);
	CHECK_EQ(get(g, VFE_REG_QUEUE_ENABLE), 1);
	set(g, VFE_REG_QUEUE_SELECT, 9);
	set(g, VFE_REG_QUEUE_RESET, 1);
	set(g, VFE_REG_QUEUE_SELECT, 0);
	CHECK_EQ(g->c.queue_resets, 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 2, 512, &len), 0);
	/* A bell that rang before does not ring after. */
	g->v->doorbell[0] = 0;
	set(g, VFE_REG_QUEUE_RESET, 1);
	CHECK_EQ(g->v->doorbell[0], VFE_DOORBELL_IDLE);
}

static void with_100(struct options *o)
{
	o->queue_size = 100;
}

/* 4.1.4.3.2: a split ring is a power of two, a packed one anything. */
static void test_sizes(struct guest *g)
{
	guest_negotiate(g, V1);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 64);
	/* seg_max: what fits into either */
	CHECK_EQ(vdev_read(g->v, VFE_WIN_DEVICE, 12, 4), 62);
	set(g, VFE_REG_QUEUE_SIZE, 100);
	CHECK(strstr(logged.last, "power of two"));
	set(g, VFE_REG_QUEUE_SIZE, 128);
	set(g, VFE_REG_QUEUE_SIZE, 0);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 64);
	guest_negotiate(g, V1 | PACKED);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 100);
	set(g, VFE_REG_QUEUE_SIZE, 0);
	CHECK(strstr(logged.last, "at least 1"));
	set(g, VFE_REG_QUEUE_SIZE, 101);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 100);
	set(g, VFE_REG_QUEUE_SIZE, 7);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 7);
}

static void negotiate_late(struct guest *g, uint64_t features)
{
	for (unsigned int word = 0; word < 2; word++) {
		set(g, VFE_REG_DRIVER_FEATURE_SELECT, word);
		set(g, VFE_REG_DRIVER_FEATURE, features >> (32 * word));
	}
	set(g, VFE_REG_DEVICE_STATUS, 11);
	set(g, VFE_REG_DEVICE_STATUS, 15);
}

/* Like firmware; its used ring is at the end of its mapping. */
static void test_enabled_early(struct guest *g)
{
	const uint64_t end = RAM_BASE + RAM_SIZE - 4 - 8 * 8;

	set(g, VFE_REG_DEVICE_STATUS, 3);
	guest_queue(g, 8);
	negotiate_late(g, V1);
	offer_reads(g, 1);
	kick(g);
	CHECK_EQ(used_idx(g), 1);
	/* The event behind the ring is not where the device may write. */
	set(g, VFE_REG_DEVICE_STATUS, 0);
	set(g, VFE_REG_DEVICE_STATUS, 3);
	set(g, VFE_REG_QUEUE_SIZE, 8);
	guest_enable(g, DESC_ADDR, AVAIL_ADDR, end);
	negotiate_late(g, V1 | BIT64(VIRTIO_RING_F_EVENT_IDX));
	kick(g);
	CHECK(strstr(logged.before, "no longer in guest memory"));
	CHECK_EQ(vdev_status(g->v), 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
	check_alive(g, 16);
}

/* A queue that was enabled as a split ring is none as a packed one. */
static void test_enabled_early_packed(struct guest *g)
{
	set(g, VFE_REG_DEVICE_STATUS, 3);
	guest_queue(g, 8);
	negotiate_late(g, V1 | PACKED);
	check_fresh(g);
	check_alive(g, 16);
}

const struct test feature_tests[] = {
	{ "what is offered", .run = test_offered },
	{ "every combination of features serves",
	  .on_guest = test_combinations },
	{ "every combination, with --poll",
	  .on_guest = test_combinations, .change = with_poll },
	{ "every combination, with a mapped doorbell",
	  .on_guest = test_combinations, .change = with_doorbell },
	{ "every combination, with both",
	  .on_guest = test_combinations, .change = with_both },
	{ "IN_ORDER: one used entry for a batch",
	  .on_guest = test_split_in_order },
	{ "IN_ORDER: an error ends a batch",
	  .on_guest = test_split_in_order_error },
	{ "IN_ORDER, packed: an error",
	  .on_guest = test_packed_in_order_error },
	{ "NOTIFICATION_DATA", .on_guest = test_split_data },
	{ "NOTIFICATION_DATA, packed", .on_guest = test_packed_data },
	{ "NOTIFICATION_DATA in a mapped slot",
	  .on_guest = test_mapped_data, .change = with_doorbell },
	{ "NOTIF_CONFIG_DATA", .on_guest = test_config_data },
	{ "a queue is reset while another runs", .on_guest = test_queue_reset },
	{ "a packed queue is reset", .on_guest = test_packed_queue_reset },
	{ "queue resets that are none",
	  .on_guest = test_queue_reset_ignored, .change = with_doorbell },
	{ "sizes of either layout",
	  .on_guest = test_sizes, .change = with_100 },
	{ "a queue is enabled before FEATURES_OK",
	  .on_guest = test_enabled_early },
	{ "the same, and then packed", .on_guest = test_enabled_early_packed },
	{ }
};

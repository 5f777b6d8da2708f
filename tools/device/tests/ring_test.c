// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of the virtio half against a guest in miniature. Here: the
 * device's rings, notifications and registers, with a correct driver.
 */
#include <stdio.h>
#include <string.h>

#include "guest.h"

int main(void)
{
	static const struct test *const suites[] = {
		good_tests, packed_tests, feature_tests, misdeed_tests,
		blk_tests, bad_tests,
		race_tests, service_tests, quirk_tests, zoned_tests, rng_tests,
		net_packet_tests, net_queue_tests, net_control_tests,
		net_link_tests, scsi_wire_tests, scsi_command_tests,
		scsi_transfer_tests, scsi_task_tests,
		NULL
	};

	return tap_run(suites);
}

/* The indices wrap at 65536, the ring at its size. */
static void test_wrap(struct guest *g)
{
	uint32_t len;
	int status = 0;

	guest_start(g, ALL_FEATURES, 4);
	for (unsigned int i = 0; !status && i < 70000; i++) {
		set_used_event(g, g->used_seen);
		status = request(g, VIRTIO_BLK_T_IN, i % 100, 512, &len);
	}
	CHECK_EQ(status, 0);
	CHECK_EQ(seen.vector[1], 70000);
	CHECK_EQ(avail_event(g), (uint16_t)70000);
}

/* Header in single bytes, status at the end of the data */
static void test_framing(struct guest *g)
{
	uint32_t id, len;
	unsigned int i;

	guest_start(g, ALL_FEATURES, 32);
	put_header(g, VIRTIO_BLK_T_IN, 5);
	for (i = 0; i < 16; i++)
		put_desc(g, i, HDR_ADDR + i, 1, VRING_DESC_F_NEXT, i + 1);
	put_desc(g, i, DATA_ADDR, 1000, VRING_DESC_F_NEXT |
		 VRING_DESC_F_WRITE, i + 1);
	put_desc(g, i + 1, DATA_ADDR + 1000, 25, VRING_DESC_F_WRITE, 0);
	*(uint8_t *)at(g, DATA_ADDR + 1024) = 0xff;
	offer(g, 0);
	kick(g);
	CHECK(take_used(g, &id, &len));
	CHECK_EQ(len, 1025);
	CHECK_EQ(*(uint8_t *)at(g, DATA_ADDR + 1024), 0);
	check_data(g, 5, 1024);
}

/* @direct descriptors of a read before the rest comes from a table */
static void indirect_read(struct guest *g, unsigned int direct)
{
	static const uint32_t part_len[] = { 16, 512, 1 };
	const uint64_t addr[] = { HDR_ADDR, DATA_ADDR, STATUS_ADDR };
	uint32_t id, len = 0;

	guest_start(g, ALL_FEATURES, 16);
	put_header(g, VIRTIO_BLK_T_IN, 9);
	*(uint8_t *)at(g, STATUS_ADDR) = 0xff;
	for (unsigned int i = 0; i < 3; i++) {
		uint16_t write = i ? VRING_DESC_F_WRITE : 0;
		uint16_t next = i < 2 ? VRING_DESC_F_NEXT : 0;

		if (i < direct)
			put_desc(g, i, addr[i], part_len[i], write | next,
				 i + 1);
		else
			put_table(g, i - direct, addr[i], part_len[i],
				  write | next, i - direct + 1);
	}
	/* 2.7.5.3.2: the device ignores the write flag here. */
	put_desc(g, direct, TABLE_ADDR, (3 - direct) * 16,
		 VRING_DESC_F_INDIRECT | VRING_DESC_F_WRITE, 0);
	offer(g, 0);
	kick(g);
	CHECK(take_used(g, &id, &len));
	CHECK_EQ(len, 513);
	CHECK_EQ(status_byte(g), 0);
	check_data(g, 9, 512);
}

static void test_indirect(struct guest *g)
{
	for (unsigned int direct = 0; direct < 3; direct++)
		indirect_read(g, direct);
}

/* Nothing says that an indirect table is aligned. */
static void test_indirect_anywhere(struct guest *g)
{
	uint32_t id, len;

	for (unsigned int by = 1; by < 16; by++) {
		indirect_read(g, 0);
		memmove((uint8_t *)at(g, TABLE_ADDR) + by,
			at(g, TABLE_ADDR), 48);
		put_desc(g, 0, TABLE_ADDR + by, 48, VRING_DESC_F_INDIRECT, 0);
		*(uint8_t *)at(g, STATUS_ADDR) = 0xff;
		offer(g, 0);
		kick(g);
		CHECK(take_used(g, &id, &len));
		CHECK_EQ(status_byte(g), 0);
	}
}

static void test_across_mappings(struct guest *g)
{
	uint64_t addr = RAM_BASE + RAM_HALF - 100;
	uint32_t id, len = 0;

	guest_start(g, ALL_FEATURES, 16);
	put_request(g, 0, VIRTIO_BLK_T_IN, 2, 512);
	put_desc(g, 1, addr, 512, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 2);
	offer(g, 0);
	kick(g);
	CHECK(take_used(g, &id, &len));
	CHECK_EQ(status_byte(g), 0);
	memmove(at(g, DATA_ADDR), at(g, addr), 512);
	check_data(g, 2, 512);
}

static void offer_many(struct guest *g, unsigned int n)
{
	put_request(g, 0, VIRTIO_BLK_T_IN, 0, 512);
	for (unsigned int i = 0; i < n; i++)
		offer(g, 0);
}

/* A pass is bounded; the event loop comes back for the rest. */
static void test_budget(struct guest *g)
{
	unsigned int polls = 0;

	guest_start(g, ALL_FEATURES, 256);
	offer_many(g, 256);
	kick(g);
	CHECK_EQ(used_idx(g), QUEUE_BATCH_REQUESTS);
	while (vdev_wants_poll(g->v) && polls++ < 100)
		vdev_poll(g->v);
	CHECK_EQ(used_idx(g), 256);
	CHECK_EQ(avail_event(g), 256);
}

static void test_event_idx(struct guest *g)
{
	uint32_t len;

	guest_start(g, V1 | EVENT, 16);
	set_avail_flags(g, 1);		/* has no meaning here */
	set_used_event(g, 2);
	for (unsigned int i = 0; i < 5; i++) {
		CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 512, &len), 0);
		CHECK_EQ(seen.vector[1], i >= 2);
		CHECK_EQ(avail_event(g), i + 1);
		CHECK_EQ(used_flags(g), 0);
	}
	CHECK_EQ(g->c.interrupts_suppressed, 4);
}

static void test_flags(struct guest *g)
{
	uint32_t len;

	guest_start(g, V1, 16);
	set_avail_flags(g, 1);
	set_used_event(g, 1);		/* has no meaning here */
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 512, &len), 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 512, &len), 0);
	CHECK_EQ(seen.vector[1], 0);
	CHECK_EQ(g->c.interrupts_suppressed, 2);
	set_avail_flags(g, 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 512, &len), 0);
	CHECK_EQ(seen.vector[1], 1);
	CHECK_EQ(used_flags(g), 0);
	CHECK_EQ(avail_event(g), 0);
}

/* The event is out of reach from the moment the queue is enabled. */
static void test_poll_event_idx(struct guest *g)
{
	bool crossed = false;

	guest_start(g, V1 | EVENT, 8);
	CHECK(vdev_wants_poll(g->v));
	CHECK(!vdev_poll(g->v));
	for (unsigned int i = 0; i < 70000; i += 8) {
		uint16_t old = g->avail_idx;

		offer_many(g, 8);
		crossed |= vring_need_event(avail_event(g), g->avail_idx, old);
		vdev_poll(g->v);
		if (used_idx(g) != g->avail_idx)
			break;
	}
	CHECK_EQ(used_idx(g), (uint16_t)70000);
	CHECK(!crossed);
}

/* A queue may be enabled before the device may write to memory. */
static void test_poll_without_bus_master(struct guest *g)
{
	vdev_bus_master(g->v, false);
	guest_start(g, V1, 8);
	CHECK_EQ(get(g, VFE_REG_QUEUE_ENABLE), 1);
	CHECK_EQ(used_flags(g), 0);
	vdev_bus_master(g->v, true);
	vdev_poll(g->v);
	CHECK_EQ(used_flags(g), VRING_USED_F_NO_NOTIFY);
}

static void test_doorbell(struct guest *g)
{
	uint32_t *slot;

	CHECK(vdev_doorbell_fd(g->v) >= 0);
	slot = g->v->doorbell;
	CHECK(!vdev_wants_poll(g->v));
	guest_start(g, ALL_FEATURES, 8);
	CHECK(vdev_wants_poll(g->v));
	offer_many(g, 2);
	CHECK(!vdev_poll(g->v));
	*(uint16_t *)slot = 0;		/* a driver writes 16 bits */
	CHECK(vdev_poll(g->v));
	CHECK_EQ(*slot, VFE_DOORBELL_IDLE);
	CHECK_EQ(used_idx(g), 2);
	CHECK_EQ(avail_event(g), 2);
	CHECK_EQ(g->c.doorbells, 1);
	offer_many(g, 1);
	*slot = 7;
	vdev_poll(g->v);
	CHECK_EQ(used_idx(g), 2);
	CHECK(strstr(logged.last, "notify: value 7"));
}

static void test_intx(struct guest *g)
{
	uint32_t len;

	seen.msix = false;
	guest_start(g, ALL_FEATURES, 8);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 512, &len), 0);
	CHECK(seen.intx);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_ISR, 0, 1), 1);
	CHECK(!seen.intx);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_ISR, 0, 1), 0);
	CHECK_EQ(backend_resize(g->disk->backend, 1 << 20), 0);
	blk_capacity_changed(g->v);
	CHECK(seen.intx);
	CHECK_EQ(vdev_read(g->v, VFE_WIN_ISR, 0, 1), 2);
	CHECK_EQ(seen.vector[0] + seen.vector[1], 0);
}

static void test_vectors(struct guest *g)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, 8);
	set(g, VFE_REG_QUEUE_MSIX_VECTOR, 3);	/* 2 queues: 0, 1, 2 */
	CHECK_EQ(get(g, VFE_REG_QUEUE_MSIX_VECTOR), VIRTIO_MSI_NO_VECTOR);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 512, &len), 0);
	CHECK_EQ(seen.vector[1], 0);
	set(g, VFE_REG_QUEUE_MSIX_VECTOR, 2);
	CHECK_EQ(get(g, VFE_REG_QUEUE_MSIX_VECTOR), 2);
	set_used_event(g, 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 0, 512, &len), 0);
	CHECK_EQ(seen.vector[2], 1);
	set(g, VFE_REG_CONFIG_MSIX_VECTOR, 99);
	CHECK_EQ(get(g, VFE_REG_CONFIG_MSIX_VECTOR), VIRTIO_MSI_NO_VECTOR);
}

static void test_status(struct guest *g)
{
	CHECK_EQ(guest_negotiate(g, offered(g)), 11);
	CHECK_EQ(guest_negotiate(g, EVENT), 3);
	CHECK(strstr(logged.last, "VERSION_1"));
	CHECK_EQ(guest_negotiate(g, V1 | BIT64(VIRTIO_F_SR_IOV)), 3);
	set(g, VFE_REG_DEVICE_STATUS, 7);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 3);
	CHECK_EQ(guest_negotiate(g, V1), 11);
	/* frozen now */
	set(g, VFE_REG_DRIVER_FEATURE_SELECT, 0);
	set(g, VFE_REG_DRIVER_FEATURE, 0xffffffff);
	CHECK_EQ(get(g, VFE_REG_DRIVER_FEATURE), 0);
	set(g, VFE_REG_DEVICE_STATUS, VIRTIO_CONFIG_S_FAILED);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 11 | VIRTIO_CONFIG_S_FAILED);
	set(g, VFE_REG_DEVICE_STATUS, 0);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 0);
}

static void test_registers(struct guest *g)
{
	guest_negotiate(g, offered(g) & ALL_FEATURES);
	CHECK_EQ(get(g, VFE_REG_NUM_QUEUES), 2);
	set(g, VFE_REG_QUEUE_SELECT, 1);
	set_addr(g, VFE_REG_QUEUE_DEVICE_LO, 0x123456789abcdef0ULL);
	CHECK_EQ(get(g, VFE_REG_QUEUE_DEVICE_LO), 0x9abcdef0);
	CHECK_EQ(get(g, VFE_REG_QUEUE_DEVICE_HI), 0x12345678);
	CHECK_EQ(get(g, VFE_REG_QUEUE_NOTIFY_OFF), 1);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), QUEUE_SIZE);
	set(g, VFE_REG_QUEUE_SIZE, 100);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), QUEUE_SIZE);
	set(g, VFE_REG_QUEUE_SIZE, 64);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 64);
	/* another width than the register's */
	CHECK_EQ(vdev_read(g->v, VFE_WIN_COMMON, 24, 4), 0xffffffff);
	vdev_write(g->v, VFE_WIN_COMMON, 24, 1, 8);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 64);
	CHECK_EQ(get(g, VFE_REG_QUEUE_RESET), 0);
	set(g, VFE_REG_QUEUE_SELECT, 2);
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 0);
	/* 4.1.4.3.2: an enabled queue keeps what it was enabled with. */
	guest_start(g, ALL_FEATURES, 16);
	set(g, VFE_REG_QUEUE_SIZE, 8);
	CHECK(strstr(logged.last, "the queue is enabled"));
	CHECK_EQ(get(g, VFE_REG_QUEUE_SIZE), 16);
	/* No feature is offered beyond bit 63. */
	set(g, VFE_REG_DEVICE_STATUS, 0);
	set(g, VFE_REG_DRIVER_FEATURE_SELECT, 2);
	set(g, VFE_REG_DRIVER_FEATURE, 1);
	CHECK(strstr(logged.last, "nothing is offered there"));
}

const struct test good_tests[] = {
	{ "indices wrap", .on_guest = test_wrap },
	{ "any framing", .on_guest = test_framing },
	{ "indirect descriptors, alone and after direct ones",
	  .on_guest = test_indirect },
	{ "an indirect table at any address",
	  .on_guest = test_indirect_anywhere },
	{ "a buffer across two mappings", .on_guest = test_across_mappings },
	{ "a pass over a queue is bounded", .on_guest = test_budget },
	{ "EVENT_IDX both ways", .on_guest = test_event_idx },
	{ "flags without EVENT_IDX", .on_guest = test_flags },
	{ "--poll with EVENT_IDX: never crossed",
	  .on_guest = test_poll_event_idx, .change = with_poll },
	{ "--poll writes nothing while the bus is not mastered",
	  .on_guest = test_poll_without_bus_master, .change = with_poll },
	{ "a mapped doorbell",
	  .on_guest = test_doorbell, .change = with_doorbell },
	{ "INTx and ISR", .on_guest = test_intx },
	{ "MSI-X vectors", .on_guest = test_vectors },
	{ "the status register", .on_guest = test_status },
	{ "the common structure", .on_guest = test_registers },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of --quirk: the list, and that each does what README.md says and
 * nothing while it is off.
 */
#include <string.h>

#include "guest.h"

static void open_with(struct guest *g, const char *quirks)
{
	guest_list = quirks;
	guest_open(g, with_quirks);
}

static void test_list(void)
{
	static const char *const bad[] = {
		"used-len", "used-len=", "used-len=some", "wide-status=1",
		"blk-size", "blk-size=", "blk-size=-1", "blk-size=1x",
		"blk-size=1.5", "blk-size=4294967296", "blk-size=nan",
		"num-queues=65536", "physical-block-exp=256", "slow-reset=0",
		"slow-reset=601", "slow-reset=inf", "lost-interrupt=0",
		"frobnicate", "used-lens=data", "seg-max=1,frobnicate=2", "=",
	};
	struct quirks qs = {};
	char error[2048], endless[2048] = {};

	CHECK_EQ(quirk_parse(&blk_class, &qs, "", error, sizeof(error)), 0);
	CHECK_EQ(qs.on, 0);
	CHECK_EQ(quirk_parse(&blk_class, &qs, "used-len=one,slow-reset=0.25,blk-size=4096",
			     error, sizeof(error)), 0);
	CHECK_EQ(quirk_parse(&blk_class, &qs, "wide-status", error, sizeof(error)), 0);
	CHECK_EQ(qs.on, BIT64(QUIRK_USED_LEN) | BIT64(QUIRK_SLOW_RESET) |
		 BIT64(QUIRK_BLK_SIZE) | BIT64(QUIRK_WIDE_STATUS));
	CHECK_EQ(qs.value[QUIRK_USED_LEN], USED_ONE);
	CHECK_EQ(qs.value[QUIRK_SLOW_RESET], 250);
	CHECK_EQ(qs.value[QUIRK_BLK_SIZE], 4096);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error[0] = '\0';
		CHECK_EQ(quirk_parse(&blk_class, &qs, bad[i], error, sizeof(error)), -1);
		CHECK(error[0] && !strchr(error, '\n'));
	}
	CHECK(strstr(error, "needs-reset-after"));
	/* A small buffer gets the beginning. */
	CHECK_EQ(quirk_parse(&blk_class, &qs, "frobnicate", error, 8), -1);
	CHECK_EQ(strlen(error), 7);
	CHECK_EQ(quirk_parse(&blk_class, &qs, "blk-size=x", error, 8), -1);
	CHECK_EQ(strlen(error), 7);
	memset(endless, 'x', sizeof(endless) - 1);
	CHECK_EQ(quirk_parse(&blk_class, &qs, endless, error, sizeof(error)),
		 -1);
	CHECK(strstr(error, "longer than"));
}

static void check_used(const char *quirk, uint32_t read, uint32_t write)
{
	struct guest g;
	uint32_t len;

	open_with(&g, quirk);
	guest_start(&g, ALL_FEATURES, 16);
	CHECK_EQ(request(&g, VIRTIO_BLK_T_IN, 1, 512, &len), 0);
	CHECK_EQ(len, read);
	CHECK_EQ(request(&g, VIRTIO_BLK_T_OUT, 1, 512, &len), 0);
	CHECK_EQ(len, write);
	guest_close(&g);
}

static void test_used_len(void)
{
	check_used("", 513, 1);
	check_used("used-len=data", 512, 0);
	check_used("used-len=zero", 0, 0);
	check_used("used-len=one", 1, 1);
	check_used("used-len=all-ones", UINT32_MAX, UINT32_MAX);
}

static void check_status_bytes(const char *quirk, uint8_t behind)
{
	struct guest g;
	uint8_t *status;
	uint32_t len;

	open_with(&g, quirk);
	guest_start(&g, ALL_FEATURES, 16);
	status = at(&g, STATUS_ADDR);
	memset(status, 0xee, 8);
	CHECK_EQ(request(&g, VIRTIO_BLK_T_IN, DISK_SECTORS, 512, &len), 1);
	CHECK_EQ(status[1], behind);
	CHECK_EQ(status[3], behind);
	CHECK_EQ(status[4], 0xee);
	guest_close(&g);
}

static void test_wide_status(void)
{
	check_status_bytes("", 0xee);
	check_status_bytes("wide-status", 0);
}

/* At the end of a mapping there are no bytes to overwrite. */
static void test_wide_status_at_the_end(struct guest *g)
{
	uint32_t id, len;

	guest_start(g, ALL_FEATURES, 16);
	put_header(g, VIRTIO_BLK_T_FLUSH, 0);
	put_desc(g, 0, HDR_ADDR, sizeof(struct virtio_blk_outhdr),
		 VRING_DESC_F_NEXT, 1);
	put_desc(g, 1, RAM_BASE + RAM_SIZE - 1, 1, VRING_DESC_F_WRITE, 0);
	offer(g, 0);
	kick(g);
	CHECK(take_used(g, &id, &len));
}

static void test_no_get_id(struct guest *g)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(request(g, VIRTIO_BLK_T_GET_ID, 0, 20, &len), 2);
}

static void test_needs_reset(struct guest *g)
{
	uint32_t len;

	for (int round = 0; round < 2; round++) {
		guest_start(g, ALL_FEATURES, 16);
		for (int i = 0; i < 3; i++)
			CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len),
				 0);
		CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), -1);
		CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS),
			 15 | VIRTIO_CONFIG_S_NEEDS_RESET);
		CHECK(seen.vector[0] > (unsigned int)round);
	}
}

static void test_slow_reset(struct guest *g)
{
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 0);
	guest_start(g, ALL_FEATURES, 16);
	set(g, VFE_REG_DEVICE_STATUS, 0);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 15);
	/* A reader that does not wait gets no answer. */
	set(g, VFE_REG_DEVICE_STATUS, 1);
	set(g, VFE_REG_DEVICE_STATUS, 0);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 15);
	g->v->quirk.reset_until = 1;
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 0);
	check_alive(g, 16);
	set(g, VFE_REG_DEVICE_STATUS, 0);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 15);
	vdev_power_on(g->v);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 0);
}

static void test_stale_queue_enable(struct guest *g)
{
	set(g, VFE_REG_QUEUE_SELECT, 0);
	CHECK_EQ(get(g, VFE_REG_QUEUE_ENABLE), 0);
	guest_start(g, ALL_FEATURES, 16);
	set(g, VFE_REG_DEVICE_STATUS, 0);
	CHECK_EQ(get(g, VFE_REG_QUEUE_ENABLE), 1);
	set(g, VFE_REG_QUEUE_SELECT, 1);
	CHECK_EQ(get(g, VFE_REG_QUEUE_ENABLE), 0);
	/* A driver that does not mind can go on. */
	check_alive(g, 16);
	vdev_power_on(g->v);
	CHECK_EQ(get(g, VFE_REG_QUEUE_ENABLE), 0);
}

static void test_bus_master(struct guest *g)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, 16);
	vdev_bus_master(g->v, false);
	CHECK_EQ(get(g, VFE_REG_DEVICE_STATUS), 11);
	vdev_bus_master(g->v, true);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), -1);
	check_alive(g, 16);
	vdev_drop_driver_ok(g->v);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), -1);
}

static void test_lost_interrupt(struct guest *g)
{
	uint32_t len;

	guest_start(g, V1, 16);
	for (int i = 0; i < 9; i++)
		CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), 0);
	CHECK_EQ(seen.vector[1], 6);
	vdev_interrupt_all(g->v);
	CHECK_EQ(seen.vector[1], 7);
}

static void test_spurious_interrupts(struct guest *g)
{
	uint32_t len;

	guest_start(g, V1, 16);
	set_avail_flags(g, VRING_AVAIL_F_NO_INTERRUPT);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), 0);
	CHECK_EQ(seen.vector[1], 1);
	kick(g);
	CHECK_EQ(seen.vector[1], 2);
}

static void test_config_storm(struct guest *g)
{
	uint32_t len, generation;

	guest_start(g, ALL_FEATURES, 16);
	generation = get(g, VFE_REG_CONFIG_GENERATION);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), 0);
	CHECK_EQ(seen.vector[0], 1);
	CHECK(get(g, VFE_REG_CONFIG_GENERATION) != generation);
	CHECK_EQ(config(g, 0, 4), DISK_SECTORS);
}

static void test_capacity_storm(struct guest *g)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), 0);
	CHECK_EQ(config(g, 0, 4), DISK_SECTORS - QUIRK_STORM_SECTORS);
	/* The old data is still there. */
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, DISK_SECTORS - 1, 512, &len), 0);
	CHECK_EQ(config(g, 0, 4), DISK_SECTORS);
	CHECK_EQ(seen.vector[0], 2);
	CHECK_EQ(get(g, VFE_REG_CONFIG_GENERATION), 0);
}

static void test_shared_notify(struct guest *g)
{
	uint32_t id, len;

	guest_start(g, V1, 16);
	set(g, VFE_REG_QUEUE_SELECT, 1);
	CHECK_EQ(get(g, VFE_REG_QUEUE_NOTIFY_OFF), 0);
	put_request(g, 0, VIRTIO_BLK_T_IN, 1, 512);
	offer(g, 0);
	vdev_write(g->v, VFE_WIN_NOTIFY, 0, 2, 1);
	CHECK(!take_used(g, &id, &len));
	vdev_write(g->v, VFE_WIN_NOTIFY, 0, 2, 0);
	CHECK(take_used(g, &id, &len));
	vdev_write(g->v, VFE_WIN_NOTIFY, 0, 2, 2);
	vdev_write(g->v, VFE_WIN_NOTIFY, 0, 2, 0xffff);
}

static void test_zero_limits(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 16);
	CHECK(offered(g) & BIT64(VIRTIO_BLK_F_DISCARD));
	for (size_t at = AT(max_discard_sectors);
	     at < AT(write_zeroes_may_unmap); at += 4)
		CHECK_EQ(config(g, at, 4), 0);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, 0, 8, 0, 256), 0);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_DISCARD, 0, 8, 0, 257), 1);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_WRITE_ZEROES, 0, 8, 0, 2), 0);
	CHECK_EQ(segments(g, VIRTIO_BLK_T_WRITE_ZEROES, 0, DISK_SECTORS, 0, 1), 0);
}

static void test_announced(struct guest *g)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(config(g, AT(blk_size), 4), 4096);
	CHECK_EQ(config(g, AT(size_max), 4), 8192);
	CHECK_EQ(config(g, AT(seg_max), 4), 1);
	CHECK_EQ(config(g, AT(num_queues), 2), 9);
	CHECK_EQ(config(g, AT(opt_io_size), 4), 7);
	CHECK_EQ(config(g, AT(min_io_size), 2), 5);
	CHECK_EQ(config(g, AT(physical_block_exp), 1), 200);
	CHECK_EQ(config(g, AT(alignment_offset), 1), 3);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 8, 4096, &len), 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 8, 8192, &len), 0);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 8, 512, &len), 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 4096, &len), 1);
	CHECK_EQ(request(g, VIRTIO_BLK_T_OUT, 8, 12288, &len), 1);
	/* A driver that did not take the features knows nothing of this. */
	guest_start(g, V1, 16);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 12800, &len), 0);
}

const struct test quirk_tests[] = {
	{ "the list", .run = test_list },
	{ "used-len", .run = test_used_len },
	{ "wide-status", .run = test_wide_status },
	{ "wide-status in the last byte of memory",
	  .on_guest = test_wide_status_at_the_end,
	  .change = with_quirks, .list = "wide-status" },
	{ "no-get-id", .on_guest = test_no_get_id,
	  .change = with_quirks, .list = "no-get-id" },
	{ "needs-reset-after", .on_guest = test_needs_reset,
	  .change = with_quirks, .list = "needs-reset-after=3" },
	{ "slow-reset", .on_guest = test_slow_reset,
	  .change = with_quirks, .list = "slow-reset=600" },
	{ "stale-queue-enable", .on_guest = test_stale_queue_enable,
	  .change = with_quirks, .list = "stale-queue-enable" },
	{ "master-drops-driver-ok", .on_guest = test_bus_master,
	  .change = with_quirks, .list = "master-drops-driver-ok" },
	{ "lost-interrupt", .on_guest = test_lost_interrupt,
	  .change = with_quirks, .list = "lost-interrupt=3" },
	{ "spurious-interrupts", .on_guest = test_spurious_interrupts,
	  .change = with_quirks, .list = "spurious-interrupts" },
	{ "config-storm", .on_guest = test_config_storm,
	  .change = with_quirks, .list = "config-storm" },
	{ "capacity-storm, fixed-generation", .on_guest = test_capacity_storm,
	  .change = with_quirks, .list = "capacity-storm,fixed-generation" },
	{ "shared-notify", .on_guest = test_shared_notify,
	  .change = with_quirks, .list = "shared-notify" },
	{ "zero-discard-limits", .on_guest = test_zero_limits,
	  .change = with_quirks, .list = "zero-discard-limits" },
	{ "what the configuration space says, and holds to",
	  .on_guest = test_announced,
	  .change = with_quirks,
	  .list = "blk-size=4096,size-max=8192,seg-max=1,num-queues=9,opt-io-size=7,min-io-size=5,physical-block-exp=200,alignment-offset=3"
	},
	{ }
};

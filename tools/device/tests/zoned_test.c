// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of zones, secure erase and lifetime: each state and transition of
 * virtio 1.4, 5.2.6, each status, and requests that make no sense.
 */
#include <endian.h>
#include <string.h>

#include "guest.h"

#define INVALID		VIRTIO_BLK_S_ZONE_INVALID_CMD
#define UNALIGNED	VIRTIO_BLK_S_ZONE_UNALIGNED_WP
#define ANY		(~BIT64(VIRTIO_F_RING_PACKED))

/* 2048 sectors: eight zones of 256, the last one short; two conventional */
#define USUAL	\
	"host-managed,zone-size=139264,zone-capacity=122880," \
	"conventional=2,max-open=2,max-active=3,max-append=8192"
#define ZONE		272U
#define CAPACITY	240U
#define ZONES		8U

static void open_zoned(struct guest *g, const char *options)
{
	guest_list = options;
	guest_open(g, with_zones);
	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(vdev_status(g->v), 15);
}

static int manage(struct guest *g, uint32_t type, uint64_t sector)
{
	uint32_t len;
	int status = request(g, type, sector, 0, &len);

	CHECK_EQ(len, status < 0 ? len : 1);
	return status;
}

static int write_at(struct guest *g, uint64_t sector, uint32_t sectors)
{
	uint32_t len;

	return request(g, VIRTIO_BLK_T_OUT, sector, sectors * 512, &len);
}

static int read_at(struct guest *g, uint64_t sector, uint32_t sectors)
{
	uint32_t len;

	return request(g, VIRTIO_BLK_T_IN, sector, sectors * 512, &len);
}

/* Data to read, then @in bytes to write, the status last of them */
static int append(struct guest *g, uint64_t zone, uint32_t sectors,
		  uint32_t in, uint64_t *place)
{
	uint8_t *bytes = at(g, STATUS_ADDR);
	uint32_t id, len;

	memset(bytes, 0xff, 16);
	put_header(g, VIRTIO_BLK_T_ZONE_APPEND, zone);
	put_desc(g, 0, HDR_ADDR, sizeof(struct virtio_blk_outhdr),
		 VRING_DESC_F_NEXT, 1);
	put_desc(g, 1, DATA_ADDR, sectors * 512, VRING_DESC_F_NEXT, 2);
	put_desc(g, 2, STATUS_ADDR, in, VRING_DESC_F_WRITE, 0);
	offer(g, 0);
	kick(g);
	if (!take_used(g, &id, &len))
		return -1;
	memcpy(place, bytes, sizeof(*place));
	return bytes[in - 1];
}

/* A report of @len bytes from @sector on, at DATA_ADDR */
static int report(struct guest *g, uint64_t sector, uint32_t len)
{
	uint32_t used;

	memset(at(g, DATA_ADDR), 0xee, 8192);
	return request(g, VIRTIO_BLK_T_ZONE_REPORT, sector, len, &used);
}

static struct virtio_blk_zone_descriptor zone(struct guest *g, uint32_t index)
{
	struct virtio_blk_zone_report *r = at(g, DATA_ADDR);

	CHECK_EQ(report(g, index * ZONE, 128), 0);
	CHECK_EQ(r->nr_zones, 1);
	CHECK_EQ(r->zones[0].z_start, index * ZONE);
	return r->zones[0];
}

static uint8_t state(struct guest *g, uint32_t index)
{
	return zone(g, index).z_state;
}

static void test_options(void)
{
	static const char *const bad[] = {
		"", "host-aware", "host-managed", "host-managed,",
		"host-managed,zone-size", "host-managed,zone-size=",
		"host-managed,zone-size=-1", "host-managed,zone-size=1x",
		"host-managed,zone-size=1000", "host-managed,zone-size=512",
		"host-managed,zone-size=99999999999999999999",
		"host-managed,zone-size=65536,zone-capacity=131072",
		"host-managed,zone-size=65536,max-append=131072",
		"host-managed,zone-size=65536,max-open=3,max-active=2",
		"host-managed,zone-size=65536,write-granularity=0",
		"host-managed,zone-size=65536,frobnicate=1",
	};
	struct zoned_options o;
	char error[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		error[0] = '\0';
		CHECK_EQ(zoned_parse(&o, bad[i], error, sizeof(error)), -1);
		CHECK(error[0] && !strchr(error, '\n'));
	}
	CHECK_EQ(zoned_parse(&o, "host-managed,zone-size=65536", error,
			     sizeof(error)), 0);
	CHECK_EQ(o.capacity, 128);
	CHECK_EQ(o.max_append, 128);
	CHECK(!zoned_new(&o, ~0ULL >> 9));
	CHECK(!zoned_new(&o, 65536ULL * 128 + 1));
}

static void test_config(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 16);
	CHECK(offered(g) & BIT64(VIRTIO_BLK_F_ZONED));
	CHECK(!(offered(g) & (BIT64(VIRTIO_BLK_F_DISCARD) |
			       BIT64(VIRTIO_BLK_F_WRITE_ZEROES) |
			       BIT64(VIRTIO_BLK_F_SECURE_ERASE))));
	CHECK_EQ(config(g, AT(zoned.zone_sectors), 4),
		 ZONE);
	CHECK_EQ(config(g, AT(zoned.max_open_zones), 4),
		 2);
	CHECK_EQ(config(g, AT(zoned.max_append_sectors), 4), 16);
	CHECK_EQ(config(g, AT(zoned.write_granularity), 4), 4096);
	CHECK_EQ(config(g, AT(zoned.model), 1),
		 VIRTIO_BLK_Z_HM);
	/* 5.2.5.2: refuse FEATURES_OK to a driver without ZONED. */
	CHECK_EQ(guest_negotiate(g, offered(g) & ANY &
				 ~BIT64(VIRTIO_BLK_F_ZONED)), 3);
}

static void test_report(struct guest *g)
{
	struct virtio_blk_zone_report *r;

	guest_start(g, ALL_FEATURES, 16);
	r = at(g, DATA_ADDR);
	CHECK_EQ(report(g, 0, 4096), 0);
	CHECK_EQ(r->nr_zones, ZONES);
	CHECK_EQ(r->zones[1].z_type, VIRTIO_BLK_ZT_CONV);
	CHECK_EQ(r->zones[1].z_state, VIRTIO_BLK_ZS_NOT_WP);
	CHECK_EQ(r->zones[1].z_cap, ZONE);
	CHECK_EQ(r->zones[2].z_type, VIRTIO_BLK_ZT_SWR);
	CHECK_EQ(r->zones[2].z_state, VIRTIO_BLK_ZS_EMPTY);
	CHECK_EQ(r->zones[2].z_cap, CAPACITY);
	CHECK_EQ(r->zones[2].z_wp, 2 * ZONE);
	/* the last one is short */
	CHECK_EQ(r->zones[7].z_cap, DISK_SECTORS - 7 * ZONE);
	CHECK_EQ(*((uint8_t *)&r->zones[8]), 0xee);
	/* any sector of the first zone; as many as fit, and no half ones */
	CHECK_EQ(report(g, 3 * ZONE + 5, 64 + 2 * 64 + 63), 0);
	CHECK_EQ(r->nr_zones, 2);
	CHECK_EQ(r->zones[0].z_start, 3 * ZONE);
	CHECK_EQ(*((uint8_t *)&r->zones[2]), 0xee);
	CHECK_EQ(report(g, 0, 64), 0);
	CHECK_EQ(r->nr_zones, 0);
	CHECK_EQ(report(g, 0, 63), INVALID);
	CHECK_EQ(report(g, DISK_SECTORS, 4096), INVALID);
	CHECK_EQ(report(g, ~0ULL, 4096), INVALID);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_REPORT, 0), INVALID);
}

static void test_writes(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(write_at(g, 2 * ZONE + 8, 8), UNALIGNED);
	CHECK_EQ(write_at(g, 2 * ZONE, 1), UNALIGNED);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_EMPTY);
	CHECK_EQ(write_at(g, 2 * ZONE, 8), 0);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_IOPEN);
	CHECK_EQ(zone(g, 2).z_wp, 2 * ZONE + 8);
	CHECK_EQ(write_at(g, 2 * ZONE, 8), UNALIGNED);
	CHECK_EQ(write_at(g, 2 * ZONE + 8, CAPACITY), INVALID);
	CHECK_EQ(write_at(g, 2 * ZONE + 8, CAPACITY - 8), 0);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_FULL);
	CHECK_EQ(zone(g, 2).z_wp, 3 * ZONE);
	CHECK_EQ(write_at(g, 2 * ZONE + CAPACITY, 8), INVALID);
	/* conventional ones: anywhere, from one into the next, not further */
	CHECK_EQ(write_at(g, 5, 1), 0);
	CHECK_EQ(write_at(g, ZONE - 4, 8), 0);
	CHECK_EQ(write_at(g, 2 * ZONE - 4, 8), INVALID);
	CHECK_EQ(write_at(g, DISK_SECTORS, 8), VIRTIO_BLK_S_IOERR);
}

/* Unwritten sectors read as zeroes, with any contents of the file. */
static void test_reads(struct guest *g)
{
	uint8_t *data;

	guest_start(g, ALL_FEATURES, 16);
	data = at(g, DATA_ADDR);
	memset(data, 0x5a, 4096);
	CHECK_EQ(write_at(g, 2 * ZONE, 8), 0);
	CHECK_EQ(read_at(g, 2 * ZONE + 4, 8), 0);
	CHECK_EQ(data[0], 0x5a);
	CHECK_EQ(data[4 * 512 - 1], 0x5a);
	CHECK_EQ(data[4 * 512], 0);
	CHECK_EQ(data[8 * 512 - 1], 0);
	CHECK_EQ(read_at(g, 4 * ZONE, 8), 0);
	CHECK_EQ(data[0], 0);
	CHECK_EQ(read_at(g, 10, 1), 0);
	CHECK_EQ(data[1], disk_byte(10 * 512 + 1));
	CHECK_EQ(read_at(g, ZONE - 4, 8), 0);
	CHECK_EQ(read_at(g, 3 * ZONE - 4, 8), INVALID);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_RESET, 2 * ZONE), 0);
	CHECK_EQ(read_at(g, 2 * ZONE, 8), 0);
	CHECK_EQ(data[0], 0);
}

static void test_append(void)
{
	struct guest g;
	uint64_t place;

	open_zoned(&g, USUAL);
	CHECK_EQ(append(&g, 2 * ZONE, 8, 9, &place), 0);
	CHECK_EQ(place, 2 * ZONE);
	CHECK_EQ(append(&g, 2 * ZONE, 16, 9, &place), 0);
	CHECK_EQ(place, 2 * ZONE + 8);
	CHECK_EQ(zone(&g, 2).z_wp, 2 * ZONE + 24);
	CHECK_EQ(append(&g, 2 * ZONE + 24, 8, 9, &place), INVALID);
	CHECK_EQ(append(&g, 2 * ZONE, 24, 9, &place), INVALID);
	CHECK_EQ(append(&g, 2 * ZONE, 1, 9, &place), UNALIGNED);
	CHECK_EQ(append(&g, 0, 8, 9, &place), INVALID);
	CHECK_EQ(append(&g, 3 * ZONE, 8, 8, &place), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(append(&g, 3 * ZONE, 8, 1, &place), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(append(&g, 3 * ZONE, 8, 16, &place), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(append(&g, DISK_SECTORS, 8, 9, &place), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(state(&g, 3), VIRTIO_BLK_ZS_EMPTY);
	guest_close(&g);

	open_zoned(&g, "host-managed,zone-size=139264,max-append=0");
	CHECK_EQ(append(&g, 0, 8, 9, &place), VIRTIO_BLK_S_UNSUPP);
	guest_close(&g);
}

static void test_transitions(struct guest *g)
{
	const uint64_t at = 2 * ZONE;

	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_CLOSE, at), INVALID);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_RESET, at), 0);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_OPEN, at), 0);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_OPEN, at), 0);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_EOPEN);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_CLOSE, at), 0);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_EMPTY);
	CHECK_EQ(write_at(g, at, 8), 0);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_OPEN, at), 0);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_EOPEN);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_CLOSE, at), 0);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_CLOSE, at), 0);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_CLOSED);
	CHECK_EQ(write_at(g, at + 8, 8), 0);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_IOPEN);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_FINISH, at), 0);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_FINISH, at), 0);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_FULL);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_OPEN, at), INVALID);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_CLOSE, at), INVALID);
	CHECK_EQ(write_at(g, at + 16, 8), INVALID);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_RESET, at), 0);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_EMPTY);
	CHECK_EQ(write_at(g, at, 8), 0);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_RESET_ALL, 12345), 0);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_EMPTY);
	CHECK_EQ(state(g, 0), VIRTIO_BLK_ZS_NOT_WP);
}

static void test_bad_zones(void)
{
	static const uint32_t types[] = {
		VIRTIO_BLK_T_ZONE_OPEN, VIRTIO_BLK_T_ZONE_CLOSE,
		VIRTIO_BLK_T_ZONE_FINISH, VIRTIO_BLK_T_ZONE_RESET,
	};
	struct guest g;
	uint64_t place;

	open_zoned(&g, USUAL);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		CHECK_EQ(manage(&g, types[i], 0), INVALID);
		CHECK_EQ(manage(&g, types[i], 2 * ZONE + 1), INVALID);
		CHECK_EQ(manage(&g, types[i], 8 * ZONE), INVALID);
		CHECK_EQ(manage(&g, types[i], ~0ULL), INVALID);
	}
	guest_close(&g);
	/* Without zones they are no requests. */
	guest_open(&g, NULL);
	guest_start(&g, ALL_FEATURES, 16);
	CHECK(!(offered(&g) & BIT64(VIRTIO_BLK_F_ZONED)));
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		CHECK_EQ(manage(&g, types[i], 0), VIRTIO_BLK_S_UNSUPP);
	CHECK_EQ(append(&g, 0, 8, 9, &place), VIRTIO_BLK_S_UNSUPP);
	CHECK_EQ(report(&g, 0, 4096), VIRTIO_BLK_S_UNSUPP);
	guest_close(&g);
}

/* Two may be open, three active. */
static void test_limits(struct guest *g)
{
	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_OPEN, 2 * ZONE), 0);
	CHECK_EQ(write_at(g, 3 * ZONE, 8), 0);
	/* the implicitly opened zone is closed to make room */
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_OPEN, 4 * ZONE), 0);
	CHECK_EQ(state(g, 3), VIRTIO_BLK_ZS_CLOSED);
	CHECK_EQ(write_at(g, 3 * ZONE + 8, 8), VIRTIO_BLK_S_ZONE_OPEN_RESOURCE);
	CHECK_EQ(zone(g, 3).z_wp, 3 * ZONE + 8);
	/* both limits: the device reports the active one */
	CHECK_EQ(write_at(g, 5 * ZONE, 8),
		 VIRTIO_BLK_S_ZONE_ACTIVE_RESOURCE);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_OPEN, 5 * ZONE),
		 VIRTIO_BLK_S_ZONE_ACTIVE_RESOURCE);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_CLOSE, 4 * ZONE), 0);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_FINISH, 3 * ZONE), 0);
	CHECK_EQ(write_at(g, 5 * ZONE, 8), 0);
	CHECK_EQ(write_at(g, 6 * ZONE, 8), 0);
	CHECK_EQ(state(g, 5), VIRTIO_BLK_ZS_CLOSED);
}

static void failing(struct options *o)
{
	with_zones(o);
	blk_options_of(o)->readonly = true;
}

static void test_readonly(struct guest *g)
{
	uint64_t place;

	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(write_at(g, 2 * ZONE, 8), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(append(g, 2 * ZONE, 8, 9, &place), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(manage(g, VIRTIO_BLK_T_ZONE_RESET_ALL, 0),
		 VIRTIO_BLK_S_IOERR);
	CHECK_EQ(state(g, 2), VIRTIO_BLK_ZS_EMPTY);
}

static int erase(struct guest *g, uint64_t sector, uint32_t sectors,
		 uint32_t flags, unsigned int n)
{
	return segments(g, VIRTIO_BLK_T_SECURE_ERASE, sector, sectors, flags,
			n);
}

static void test_secure_erase(struct guest *g)
{
	const struct virtio_blk_discard_write_zeroes range = {
		.sector = htole64(64), .num_sectors = htole32(1),
	};
	uint32_t id, len;
	uint8_t *data;

	guest_start(g, ALL_FEATURES, 16);
	data = at(g, DATA_ADDR);
	CHECK_EQ(config(g, AT(max_secure_erase_seg), 4),
		 BLK_ERASE_SEGS);
	CHECK_EQ(erase(g, 8, 8, 0, 2), 0);
	CHECK_EQ(read_at(g, 7, 18), 0);
	CHECK_EQ(data[1], disk_byte(7 * 512 + 1));
	CHECK_EQ(data[512], 0);
	CHECK_EQ(data[17 * 512 - 1], 0);
	CHECK_EQ(data[17 * 512 + 1], disk_byte(24 * 512 + 1));
	/* as virtio_blk gives the list: writable */
	put_request(g, 0, VIRTIO_BLK_T_SECURE_ERASE, 0, sizeof(range));
	put_desc(g, 1, DATA_ADDR, sizeof(range), VRING_DESC_F_NEXT |
		 VRING_DESC_F_WRITE, 2);
	memcpy(data, &range, sizeof(range));
	offer(g, 0);
	kick(g);
	CHECK(take_used(g, &id, &len));
	CHECK_EQ(status_byte(g), 0);
	CHECK_EQ(read_at(g, 64, 1), 0);
	CHECK_EQ(data[1], 0);
	CHECK_EQ(erase(g, 0, 8, 1, 1), VIRTIO_BLK_S_UNSUPP);
	CHECK_EQ(erase(g, 0, 1, 0, BLK_ERASE_SEGS + 1), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(erase(g, 0, BLK_ERASE_SECTORS + 1, 0, 1),
		 VIRTIO_BLK_S_IOERR);
	CHECK_EQ(erase(g, DISK_SECTORS - 4, 8, 0, 1), VIRTIO_BLK_S_IOERR);
	guest_start(g, ALL_FEATURES & ~BIT64(VIRTIO_BLK_F_SECURE_ERASE), 16);
	CHECK_EQ(erase(g, 8, 8, 0, 1), VIRTIO_BLK_S_UNSUPP);
	CHECK_EQ(g->c.of_class[BLK_SECURE_ERASES], 7);
}

static void worn(struct options *o)
{
	blk_options_of(o)->lifetime = true;
	blk_options_of(o)->pre_eol_info = 2;
	blk_options_of(o)->lifetime_a = 3;
	blk_options_of(o)->lifetime_b = 11;
}

static void test_lifetime(struct guest *g)
{
	const uint16_t *values = at(g, DATA_ADDR);
	const unsigned int type = VIRTIO_BLK_T_GET_LIFETIME;
	uint32_t len;

	guest_start(g, ALL_FEATURES, 16);
	CHECK_EQ(request(g, type, 0, 6, &len), 0);
	CHECK_EQ(values[0], 2);
	CHECK_EQ(values[1], 3);
	CHECK_EQ(values[2], 11);
	CHECK_EQ(request(g, type, 0, 5, &len), VIRTIO_BLK_S_IOERR);
	CHECK_EQ(request(g, type, 0, 0, &len), VIRTIO_BLK_S_IOERR);
}

static void test_no_lifetime(struct guest *g)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, 16);
	CHECK(!(offered(g) & BIT64(VIRTIO_BLK_F_LIFETIME)));
	CHECK_EQ(request(g, VIRTIO_BLK_T_GET_LIFETIME, 0, 6, &len),
		 VIRTIO_BLK_S_UNSUPP);
}

const struct test zoned_tests[] = {
	{ "--zoned: the list", .run = test_options },
	{ "zones: configuration and negotiation", .on_guest = test_config,
	  .change = with_zones, .list = USUAL },
	{ "zones: reports", .on_guest = test_report,
	  .change = with_zones, .list = USUAL },
	{ "zones: writes at the write pointer", .on_guest = test_writes,
	  .change = with_zones, .list = USUAL },
	{ "zones: reads, and what was never written", .on_guest = test_reads,
	  .change = with_zones, .list = USUAL },
	{ "zones: append", .run = test_append },
	{ "zones: every transition", .on_guest = test_transitions,
	  .change = with_zones, .list = USUAL },
	{ "zones: zones that are none", .run = test_bad_zones },
	{ "zones: limits of open and active ones", .on_guest = test_limits,
	  .change = with_zones, .list = USUAL },
	{ "zones: a read-only disk",
	  .on_guest = test_readonly,
	  .change = failing, .list = USUAL },
	{ "secure erase", .on_guest = test_secure_erase },
	{ "lifetime", .on_guest = test_lifetime, .change = worn },
	{ "no lifetime", .on_guest = test_no_lifetime },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Zones of a host-managed disk: the state machine of virtio 1.4, 5.2.6, with
 * its limits on open and active zones, write pointers, and reports.
 */
#include <stdlib.h>
#include <string.h>

#include <endian.h>

#include <vfe/wire_blk.h>

#include "blk/virtio_blk.h"
#include "blk/zoned.h"
#include "base/log.h"

#define MOST_ZONES	65536U

struct zone {
	uint64_t wp;		/* number of written sectors */
	uint8_t state;		/* VIRTIO_BLK_ZS_* */
};

struct zoned {
	struct zoned_options o;
	uint64_t capacity;	/* of the disk, in sectors */
	uint32_t num;
	uint32_t num_open;	/* implicitly and explicitly */
	uint32_t num_active;	/* those, and closed ones */
	struct zone zones[];
};

/* --- zones --- */

struct zoned *zoned_new(const struct zoned_options *o, uint64_t capacity)
{
	uint64_t num = (capacity + o->zone - 1) / o->zone;
	struct zoned *z;

	if (num > MOST_ZONES) {
		log_line("--zoned: %llu zones: use a larger zone-size, for %u at most",
			 (unsigned long long)num, MOST_ZONES);
		return NULL;
	}
	z = calloc(1, sizeof(*z) + num * sizeof(z->zones[0]));
	if (!z) {
		log_line("--zoned: no memory for %u zones", (unsigned int)num);
		return NULL;
	}
	z->o = *o;
	z->capacity = capacity;
	z->num = num;
	for (uint32_t i = 0; i < num; i++)
		z->zones[i].state = i < o->conventional ?
				    VIRTIO_BLK_ZS_NOT_WP : VIRTIO_BLK_ZS_EMPTY;
	return z;
}

void zoned_free(struct zoned *z)
{
	free(z);
}

void zoned_config(const struct zoned *z, struct virtio_blk_config *c)
{
	c->zoned.zone_sectors = htole32(z->o.zone);
	c->zoned.max_open_zones = htole32(z->o.max_open);
	c->zoned.max_active_zones = htole32(z->o.max_active);
	c->zoned.max_append_sectors = htole32(z->o.max_append);
	c->zoned.write_granularity = htole32(z->o.granularity *
					     VFE_SECTOR_SIZE);
	c->zoned.model = VIRTIO_BLK_Z_HM;
}

static uint64_t start_of(const struct zoned *z, uint32_t index)
{
	return (uint64_t)index * z->o.zone;
}

/* The last zone may be smaller than the others. */
static uint64_t size_of(const struct zoned *z, uint32_t index)
{
	uint64_t rest = z->capacity - start_of(z, index);

	return rest < z->o.zone ? rest : z->o.zone;
}

static uint64_t capacity_of(const struct zoned *z, uint32_t index)
{
	uint64_t size = size_of(z, index);

	return size < z->o.capacity ? size : z->o.capacity;
}

static bool is_open(const struct zone *zone)
{
	return zone->state == VIRTIO_BLK_ZS_IOPEN ||
	       zone->state == VIRTIO_BLK_ZS_EOPEN;
}

static bool is_active(const struct zone *zone)
{
	return is_open(zone) || zone->state == VIRTIO_BLK_ZS_CLOSED;
}

static void set_state(struct zoned *z, struct zone *zone, uint8_t state)
{
	z->num_open -= is_open(zone);
	z->num_active -= is_active(zone);
	zone->state = state;
	z->num_open += is_open(zone);
	z->num_active += is_active(zone);
}

/* The device closes an implicitly opened zone. */
static bool close_some_zone(struct zoned *z)
{
	for (uint32_t i = 0; i < z->num; i++) {
		if (z->zones[i].state == VIRTIO_BLK_ZS_IOPEN) {
			set_state(z, &z->zones[i], VIRTIO_BLK_ZS_CLOSED);
			return true;
		}
	}
	return false;
}

static int open_zone(struct zoned *z, struct zone *zone, uint8_t state)
{
	/* Of both limits, report the active one. */
	if (!is_active(zone) && z->o.max_active &&
	    z->num_active >= z->o.max_active)
		return VIRTIO_BLK_S_ZONE_ACTIVE_RESOURCE;
	if (!is_open(zone) && z->o.max_open && z->num_open >= z->o.max_open &&
	    !close_some_zone(z))
		return VIRTIO_BLK_S_ZONE_OPEN_RESOURCE;
	set_state(z, zone, state);
	return VIRTIO_BLK_S_OK;
}

static int explicitly_open(struct zoned *z, struct zone *zone)
{
	if (zone->state == VIRTIO_BLK_ZS_FULL)
		return VIRTIO_BLK_S_ZONE_INVALID_CMD;
	return open_zone(z, zone, VIRTIO_BLK_ZS_EOPEN);
}

static int close_zone(struct zoned *z, struct zone *zone)
{
	if (!is_active(zone))
		return VIRTIO_BLK_S_ZONE_INVALID_CMD;
	set_state(z, zone, zone->wp ? VIRTIO_BLK_ZS_CLOSED :
				      VIRTIO_BLK_ZS_EMPTY);
	return VIRTIO_BLK_S_OK;
}

static void reset_zone(struct zoned *z, struct zone *zone)
{
	set_state(z, zone, VIRTIO_BLK_ZS_EMPTY);
	zone->wp = 0;
}

static void reset_all(struct zoned *z)
{
	for (uint32_t i = z->o.conventional; i < z->num; i++)
		reset_zone(z, &z->zones[i]);
}

int zoned_manage(struct zoned *z, uint32_t type, uint64_t sector)
{
	struct zone *zone;

	if (type == VIRTIO_BLK_T_ZONE_RESET_ALL) {
		reset_all(z);
		return VIRTIO_BLK_S_OK;
	}
	if (sector >= z->capacity || sector % z->o.zone)
		return VIRTIO_BLK_S_ZONE_INVALID_CMD;
	zone = &z->zones[sector / z->o.zone];
	if (zone->state == VIRTIO_BLK_ZS_NOT_WP)
		return VIRTIO_BLK_S_ZONE_INVALID_CMD;
	switch (type) {
	case VIRTIO_BLK_T_ZONE_OPEN:
		return explicitly_open(z, zone);
	case VIRTIO_BLK_T_ZONE_CLOSE:
		return close_zone(z, zone);
	case VIRTIO_BLK_T_ZONE_FINISH:
		set_state(z, zone, VIRTIO_BLK_ZS_FULL);
		return VIRTIO_BLK_S_OK;
	case VIRTIO_BLK_T_ZONE_RESET:
		reset_zone(z, zone);
		return VIRTIO_BLK_S_OK;
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

/* --- reports --- */

static void put_bytes(const struct iovec **iov, size_t *skip, const void *from,
		      size_t len)
{
	const char *p = from;

	while (len) {
		size_t room = (*iov)->iov_len - *skip;
		size_t part = room < len ? room : len;

		memcpy((char *)(*iov)->iov_base + *skip, p, part);
		p += part;
		len -= part;
		*skip += part;
		if (*skip == (*iov)->iov_len) {
			++*iov;
			*skip = 0;
		}
	}
}

static struct virtio_blk_zone_descriptor describe(const struct zoned *z,
						  uint32_t index)
{
	const struct zone *zone = &z->zones[index];
	bool conventional = zone->state == VIRTIO_BLK_ZS_NOT_WP;
	uint64_t wp = zone->wp;

	/* 5.2.6 does not define it here: report the end. */
	if (conventional || zone->state == VIRTIO_BLK_ZS_FULL)
		wp = size_of(z, index);
	return (struct virtio_blk_zone_descriptor){
		.z_cap = htole64(conventional ? size_of(z, index) :
						capacity_of(z, index)),
		.z_start = htole64(start_of(z, index)),
		.z_wp = htole64(start_of(z, index) + wp),
		.z_type = conventional ? VIRTIO_BLK_ZT_CONV :
					 VIRTIO_BLK_ZT_SWR,
		.z_state = zone->state,
	};
}

int zoned_report(const struct zoned *z, uint64_t sector,
		 const struct iovec *iov, uint64_t len, uint32_t *written)
{
	struct virtio_blk_zone_report head = {};
	uint64_t first = sector / z->o.zone, num;
	size_t skip = 0;

	if (sector >= z->capacity || len < sizeof(head))
		return VIRTIO_BLK_S_ZONE_INVALID_CMD;
	num = (len - sizeof(head)) / sizeof(head.zones[0]);
	if (num > z->num - first)
		num = z->num - first;
	head.nr_zones = htole64(num);
	put_bytes(&iov, &skip, &head, sizeof(head));
	for (uint64_t i = 0; i < num; i++) {
		struct virtio_blk_zone_descriptor one = describe(z, first + i);

		put_bytes(&iov, &skip, &one, sizeof(one));
	}
	*written = sizeof(head) + num * sizeof(head.zones[0]);
	return VIRTIO_BLK_S_OK;
}

/* --- data --- */

/* Ranges are not empty, and are on the disk. */
int zoned_check_read(const struct zoned *z, uint64_t sector, uint64_t sectors)
{
	uint64_t first = sector / z->o.zone;
	uint64_t last = (sector + sectors - 1) / z->o.zone;

	if (first == last ||
	    z->zones[last].state == VIRTIO_BLK_ZS_NOT_WP)
		return VIRTIO_BLK_S_OK;
	return VIRTIO_BLK_S_ZONE_INVALID_CMD;
}

void zoned_blank(const struct zoned *z, uint64_t sector,
		 const struct iovec *iov, int n)
{
	const struct zone *zone = &z->zones[sector / z->o.zone];
	uint64_t at = sector % z->o.zone * VFE_SECTOR_SIZE;
	uint64_t end = zone->wp * VFE_SECTOR_SIZE;

	if (zone->state == VIRTIO_BLK_ZS_NOT_WP)
		return;
	for (int i = 0; i < n; i++) {
		size_t len = iov[i].iov_len;
		size_t keep = at >= end ? 0 : end - at < len ? end - at : len;

		memset((char *)iov[i].iov_base + keep, 0, len - keep);
		at += len;
	}
}

static int check_append(const struct zoned *z, uint64_t sector,
			uint64_t sectors)
{
	if (!z->o.max_append)
		return VIRTIO_BLK_S_UNSUPP;
	if (sector % z->o.zone || sectors > z->o.max_append)
		return VIRTIO_BLK_S_ZONE_INVALID_CMD;
	return VIRTIO_BLK_S_OK;
}

static int check_write(const struct zoned *z, uint32_t index, uint64_t offset,
		       uint64_t sectors)
{
	const struct zone *zone = &z->zones[index];

	if (zone->state == VIRTIO_BLK_ZS_FULL)
		return VIRTIO_BLK_S_ZONE_INVALID_CMD;
	if (offset != zone->wp || sectors % z->o.granularity)
		return VIRTIO_BLK_S_ZONE_UNALIGNED_WP;
	if (sectors > capacity_of(z, index) - offset)
		return VIRTIO_BLK_S_ZONE_INVALID_CMD;
	return VIRTIO_BLK_S_OK;
}

int zoned_write_begins(struct zoned *z, bool append, uint64_t *sector,
		       uint64_t sectors)
{
	uint32_t index = *sector / z->o.zone;
	struct zone *zone = &z->zones[index];
	int status = VIRTIO_BLK_S_OK;

	if (append)
		status = zone->state == VIRTIO_BLK_ZS_NOT_WP ?
			 VIRTIO_BLK_S_ZONE_INVALID_CMD :
			 check_append(z, *sector, sectors);
	else if (zone->state == VIRTIO_BLK_ZS_NOT_WP)
		/*
		 * A request may cross from one conventional zone into the next.
		 */
		return zoned_check_read(z, *sector, sectors);
	if (status)
		return status;
	if (append)
		*sector += zone->wp;
	status = check_write(z, index, *sector - start_of(z, index), sectors);
	if (status || is_open(zone))
		return status;
	return open_zone(z, zone, VIRTIO_BLK_ZS_IOPEN);
}

void zoned_write_ends(struct zoned *z, uint64_t sector, uint64_t sectors)
{
	uint32_t index = sector / z->o.zone;
	struct zone *zone = &z->zones[index];

	if (zone->state == VIRTIO_BLK_ZS_NOT_WP)
		return;
	zone->wp += sectors;
	if (zone->wp == capacity_of(z, index))
		set_state(z, zone, VIRTIO_BLK_ZS_FULL);
}

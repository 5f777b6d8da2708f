// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: the ring reader. The input is the contents of the guest's memory
 * (rings, descriptors, indirect tables, headers, or raw bytes) and the driver's
 * register writes.
 *
 *   byte 0      modes: poll, sizes; bytes 1, 2: features, see take_features()
 *   6 bytes     where queue 0 has its parts, 16 bytes each; 0: the usual place
 *   then        operations: a byte that says which, then its arguments
 */
#include <endian.h>
#include <string.h>

#include "world.h"

enum operation {
	OP_RAW,			/* offset, length, bytes */
	OP_DESC,		/* index, descriptor */
	OP_TABLE,		/* place, descriptor */
	OP_OFFER,		/* queue, head */
	OP_KICK,		/* queue */
	OP_POLL,
	OP_DOORBELL,		/* queue, value */
	OP_HEADER,		/* place, type, sector */
	OP_SEGMENT,		/* place, sector, sectors, flags */
	OP_UNMAP,		/* half */
	OP_MAP,			/* half */
	OP_REGISTER,		/* offset, value */
	OP_WISHES,		/* flags, used_event */
	OP_MODE,		/* --poll on or off */
	NUM_OPS,
	/* For these the byte is OP_MORE or above. */
	OP_PACKED = NUM_OPS,	/* queue, descriptor: the next one of the ring */
	OP_PACKED_AT,		/* queue, slot, descriptor, flags */
	OP_EVENT,		/* driver event suppression */
	OP_NOTIFY,		/* slot, 32 bits */
	OP_RESET,		/* queue; set up again */
	OP_ODD,			/* a quirk, or zones */
	END_OPS
};

#define OP_MORE		0xe0

/* The usual places, relative to guest memory; queue 1 is QUEUE1 further on */
#define DESC		0x0000U
#define AVAIL		0x0400U
#define USED		0x0800U
#define QUEUE1		0x1000U

/* The limit of a pass over a queue; see run_queue() */
#define MOST		(QUEUES * QUEUE_BATCH_REQUESTS)

struct run {
	struct function *f;
	struct input in;
	uint32_t desc[QUEUES];	/* offsets into guest memory */
	uint32_t avail[QUEUES];
	uint32_t used[QUEUES];
	/* The driver's place in a packed ring: slot and wrap counter */
	uint16_t next[QUEUES];
	bool wrapped[QUEUES];
	uint16_t size;
	bool packed;
};

static void *ram_at(uint32_t offset, size_t len)
{
	offset %= RAM_SIZE;
	if (offset + len > RAM_SIZE)
		offset = RAM_SIZE - len;
	return world_guest()->ram + offset;
}

/* Addresses in 17 bits and a selector: mostly memory, at times not */
static uint64_t take_addr(struct run *r)
{
	uint8_t how = take8(&r->in);
	uint64_t offset = take16(&r->in);

	switch (how & 7) {
	case 5:
		return ROM_BASE + offset % (2 * ROM_SIZE);
	case 6:
		return offset << (how >> 3);
	case 7:
		return UINT64_MAX - offset;
	default:
		return RAM_BASE + offset;
	}
}

static void fill_desc(struct run *r, void *to)
{
	struct vring_desc desc = {};

	desc.addr = htole64(take_addr(r));
	desc.len = htole32(take16(&r->in));
	desc.flags = htole16(take8(&r->in));
	desc.next = htole16(take8(&r->in));
	if (desc.flags & 0x80)
		desc.len *= 0x10001;
	memcpy(to, &desc, sizeof(desc));
}

static void fill_packed(struct run *r, unsigned int queue, uint16_t slot,
			uint16_t flags)
{
	struct vring_packed_desc desc = {};

	desc.addr = htole64(take_addr(r));
	desc.len = htole32(take16(&r->in));
	desc.id = htole16(take8(&r->in));
	desc.flags = htole16(flags);
	memcpy(ram_at(r->desc[queue] + slot % r->size * sizeof(desc),
		      sizeof(desc)), &desc, sizeof(desc));
}

/* Available, as a driver makes it so; a list grows by one */
static void packed_op(struct run *r)
{
	unsigned int queue = take8(&r->in) % QUEUES;
	uint16_t flags = take8(&r->in) & 7;

	flags |= r->wrapped[queue] ? DESC_F_USED : DESC_F_AVAIL;
	fill_packed(r, queue, r->next[queue], flags);
	if (++r->next[queue] == r->size) {
		r->next[queue] = 0;
		r->wrapped[queue] = !r->wrapped[queue];
	}
}

static void packed_at_op(struct run *r)
{
	unsigned int queue = take8(&r->in) % QUEUES;
	uint16_t slot = take8(&r->in);

	fill_packed(r, queue, slot, take16(&r->in));
}

static void event_op(struct run *r)
{
	uint32_t value = take32(&r->in);

	memcpy(ram_at(r->avail[0], sizeof(value)), &value, sizeof(value));
}

static void offer_op(struct run *r)
{
	unsigned int queue = take8(&r->in) % QUEUES;
	uint16_t head = take8(&r->in);
	uint8_t *avail = ram_at(r->avail[queue], 4 + 2 * r->size);
	uint16_t idx;

	memcpy(&idx, avail + 2, sizeof(idx));
	memcpy(avail + 4 + 2 * (idx % r->size), &head, sizeof(head));
	idx++;
	memcpy(avail + 2, &idx, sizeof(idx));
}

static void header_op(struct run *r)
{
	uint16_t place = take16(&r->in);
	struct virtio_blk_outhdr hdr = {};

	hdr.type = htole32(take8(&r->in));
	hdr.sector = htole64((int8_t)take8(&r->in));
	memcpy(ram_at(place, sizeof(hdr)), &hdr, sizeof(hdr));
}

static void put_segment(struct run *r)
{
	uint16_t place = take16(&r->in);
	struct virtio_blk_discard_write_zeroes seg = {};

	seg.sector = htole64((int8_t)take8(&r->in));
	seg.num_sectors = htole32((int8_t)take8(&r->in));
	seg.flags = htole32(take8(&r->in));
	memcpy(ram_at(place, sizeof(seg)), &seg, sizeof(seg));
}

static void put_raw(struct run *r)
{
	uint16_t offset = take16(&r->in);
	uint8_t len = take8(&r->in);

	take_bytes(&r->in, ram_at(offset, len), len);
}

static void put_wishes(struct run *r)
{
	uint8_t *avail = ram_at(r->avail[0], 6 + 2 * r->size);
	uint16_t value = take8(&r->in);

	memcpy(avail, &value, sizeof(value));
	value = take8(&r->in);
	memcpy(avail + 4 + 2 * r->size, &value, sizeof(value));
}

static void register_op(struct run *r)
{
	uint8_t offset = take8(&r->in) % 64;
	unsigned int size = 1U << take8(&r->in) % 3;
	uint32_t value = take32(&r->in);

	/* The way an access takes from the BAR on: aligned ones only */
	if (!(offset % size))
		vdev_write(r->f->vdev, VFE_WIN_COMMON, offset, size, value);
}

static uint64_t requests(const struct counts *c)
{
	uint64_t sum = 0;

	for (unsigned int i = BLK_READS; i < BLK_ERRORS; i++)
		sum += c->of_class[i];
	return sum;
}

/* Bounded work: whatever is in the ring, a pass ends and so does a chain. */
static void check_bounded(const struct function *f,
			  const struct counts *before)
{
	const uint64_t *now = f->counts.of_class, *old = before->of_class;
	uint64_t bytes = now[BLK_BYTES_READ] - old[BLK_BYTES_READ] +
			 now[BLK_BYTES_WRITTEN] - old[BLK_BYTES_WRITTEN];

	if (requests(&f->counts) - requests(before) > MOST)
		fail("%llu requests in one pass", (unsigned long long)
		     (requests(&f->counts) - requests(before)));
	if (bytes > QUEUES * (QUEUE_BATCH_BYTES +
			      DISK_SECTORS * VFE_SECTOR_SIZE))
		fail("%llu bytes in one pass", (unsigned long long)bytes);
}

static void work_op(struct run *r, enum operation op)
{
	struct counts before = r->f->counts;
	struct vdev *v = r->f->vdev;
	unsigned int queue;

	if (op == OP_POLL) {
		vdev_poll(v);
	} else if (op == OP_NOTIFY) {
		queue = take8(&r->in) % 4;
		vdev_write(v, VFE_WIN_NOTIFY, queue * 4, 4,
			   vdev_notify_value(v, queue) |
			   (uint32_t)take16(&r->in) << 16);
	} else {
		queue = take8(&r->in);
		if (op == OP_KICK)
			vdev_write(v, VFE_WIN_NOTIFY, (queue % 4) * 4,
				   vdev_has(v, VIRTIO_F_NOTIFICATION_DATA) ?
				   4 : 2, vdev_notify_value(v, queue % 4));
		else
			v->doorbell[queue % QUEUES] = take16(&r->in) ^
				vdev_notify_value(v, queue % QUEUES);
	}
	check_bounded(r->f, &before);
}

static void map_op(struct run *r, enum operation op)
{
	unsigned int half = take8(&r->in) % 2;

	if (op == OP_MAP) {
		world_map_half(r->f, half);
		return;
	}
	gmem_unmap(r->f->gmem, RAM_BASE + half * RAM_HALF, RAM_HALF);
	vdev_memory_changed(r->f->vdev);
}

static void start_queue(struct run *r, unsigned int queue)
{
	r->next[queue] = 0;
	r->wrapped[queue] = false;
	set(world_guest(), VFE_REG_QUEUE_SELECT, queue);
	set(world_guest(), VFE_REG_QUEUE_SIZE, r->size);
	set(world_guest(), VFE_REG_QUEUE_MSIX_VECTOR, queue);
	guest_enable(world_guest(), RAM_BASE + r->desc[queue],
		     RAM_BASE + r->avail[queue], RAM_BASE + r->used[queue]);
}

/* One queue is reset, and set up again where it was, all zeroes or not. */
static void reset_op(struct run *r)
{
	uint8_t how = take8(&r->in);
	unsigned int queue = how % QUEUES;

	set(world_guest(), VFE_REG_QUEUE_SELECT, queue);
	set(world_guest(), VFE_REG_QUEUE_RESET, 1);
	if (how & 0x80)
		memset(ram_at(r->desc[queue], 16 * r->size), 0, 16 * r->size);
	start_queue(r, queue);
}

/* Zones of 8 sectors, so that the disk has eight of them */
static const struct zoned_options zones = {
	.on = true, .zone = 8, .capacity = 6, .conventional = 1, .max_open = 2,
	.max_active = 3, .max_append = 4, .granularity = 1,
};

static void set_zones(struct function *f, bool on)
{
	struct vdev *v = f->vdev;
	struct blk *b = blk_of(v);

	zoned_free(b->zoned);
	b->zoned = NULL;
	v->offered &= ~BIT64(VIRTIO_BLK_F_ZONED);
	v->features &= ~BIT64(VIRTIO_BLK_F_ZONED);
	if (!on)
		return;
	b->zoned = zoned_new(&zones, DISK_SECTORS);
	if (!b->zoned)
		fail("no memory for zones");
	v->offered |= BIT64(VIRTIO_BLK_F_ZONED);
	v->features |= BIT64(VIRTIO_BLK_F_ZONED);
}

/*
 * Turn a quirk on or off, or make the disk one of zones, by two bytes: what a
 * device has from its command line, put on and taken off while the rings run.
 */
static void odd_op(struct function *f, struct input *in)
{
	struct quirks *qs = &f->options->quirks;
	uint8_t which = take8(in);
	uint32_t value = take8(in);

	if (which & 0x80) {
		set_zones(f, which & 1);
		return;
	}
	which %= QUIRK_BLK_END;
	/* A reset that takes long keeps all else from being reached. */
	if (which == QUIRK_SLOW_RESET)
		return;
	qs->on ^= BIT64(which);
	qs->value[which] = value ? value : 1;
}

/* The device as it is without any of it */
static void odd_end(struct function *f)
{
	set_zones(f, false);
	f->options->quirks = (struct quirks){};
}

static enum operation take_op(struct run *r)
{
	uint8_t op = take8(&r->in);

	if (op < OP_MORE)
		return op % NUM_OPS;
	return NUM_OPS + (op - OP_MORE) % (END_OPS - NUM_OPS);
}

static void one_op(struct run *r)
{
	enum operation op = take_op(r);
	uint32_t place;

	switch (op) {
	case OP_RAW:
		put_raw(r);
		break;
	case OP_DESC:
		place = r->desc[0] + take8(&r->in) % 32 * 16;
		fill_desc(r, ram_at(place, 16));
		break;
	case OP_TABLE:
		place = take16(&r->in);
		fill_desc(r, ram_at(place, 16));
		break;
	case OP_OFFER:
		offer_op(r);
		break;
	case OP_HEADER:
		header_op(r);
		break;
	case OP_SEGMENT:
		put_segment(r);
		break;
	case OP_UNMAP:
	case OP_MAP:
		map_op(r, op);
		break;
	case OP_REGISTER:
		register_op(r);
		break;
	case OP_WISHES:
		put_wishes(r);
		break;
	case OP_MODE:
		r->f->options->poll = take8(&r->in) & 1;
		break;
	case OP_PACKED:
		packed_op(r);
		break;
	case OP_PACKED_AT:
		packed_at_op(r);
		break;
	case OP_EVENT:
		event_op(r);
		break;
	case OP_RESET:
		reset_op(r);
		break;
	case OP_ODD:
		odd_op(r->f, &r->in);
		break;
	default:
		work_op(r, op);
	}
}

static uint32_t part_offset(struct run *r, uint32_t usual)
{
	uint32_t chosen = take16(&r->in) * 2;

	return chosen ? chosen : usual;
}

static void place_queue(struct run *r, unsigned int queue)
{
	uint32_t base = queue * QUEUE1;

	r->desc[queue] = queue ? base + DESC : part_offset(r, DESC);
	r->avail[queue] = queue ? base + AVAIL : part_offset(r, AVAIL);
	r->used[queue] = queue ? base + USED : part_offset(r, USED);
}

/* The bits above 15 that matter come in bits that no block device has. */
static uint64_t take_features(struct run *r)
{
	static const struct {
		unsigned int from, to;
	} moved[] = {
		{ 0, VIRTIO_F_RING_PACKED }, { 3, VIRTIO_F_IN_ORDER },
		{ 4, VIRTIO_F_NOTIFICATION_DATA },
		{ 7, VIRTIO_F_NOTIF_CONFIG_DATA }, { 8, VIRTIO_F_RING_RESET },
		{ 14, VIRTIO_RING_F_INDIRECT_DESC },
		{ 15, VIRTIO_RING_F_EVENT_IDX },
	};
	uint64_t bits = take16(&r->in), features = bits;

	for (unsigned int i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		if (bits & BIT64(moved[i].from))
			features |= BIT64(moved[i].to);
	}
	return features | BIT64(VIRTIO_F_VERSION_1) | BIT64(VIRTIO_BLK_F_MQ);
}

static void start(struct run *r)
{
	uint8_t modes = take8(&r->in);
	uint64_t features = take_features(r);

	r->packed = features & BIT64(VIRTIO_F_RING_PACKED);
	r->f->options->poll = modes & 1;
	r->size = r->packed ? 1 + (modes >> 1) % QUEUE_SIZE :
		  1U << (modes >> 1) % 5;
	irq_enable_msix(r->f->irq, modes & 0x40, modes & 0x80);
	guest_negotiate(world_guest(), features & r->f->vdev->offered);
	for (unsigned int queue = 0; queue < QUEUES; queue++) {
		place_queue(r, queue);
		start_queue(r, queue);
	}
	set(world_guest(), VFE_REG_DEVICE_STATUS, 15);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	struct run r = {
		.f = world_function(true), .in = { data, size },
	};

	world_map_all(r.f);
	start(&r);
	while (r.in.left)
		one_op(&r);
	r.f->options->poll = false;
	odd_end(r.f);
	function_reset(r.f);
	world_check_power_on(r.f);
	world_check_serves(r.f, r.packed);
	if (world_mappings() != 3 + 1)
		fail("%u mappings, not guest memory's 3 and the doorbell",
		     world_mappings());
	return 0;
}

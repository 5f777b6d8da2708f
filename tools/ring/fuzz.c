// SPDX-License-Identifier: GPL-2.0
/*
 * The entry point of libFuzzer. The input determines the device's writes to the
 * ring between the driver's operations, valid or not: any bytes at any address
 * that it can access. In all cases:
 *
 * - nothing is touched outside of it (AddressSanitizer, UBSan);
 * - a token comes back once: from get while it is in the ring, or from detach;
 * - no used entry is passed over without a buffer;
 * - a used length is no more than the buffer has to write to;
 * - the ring takes a buffer exactly when it has the descriptors;
 * - a broken queue stays broken, says so once, and is as new after a reset.
 *
 * A byte is an operation, its arguments are the bytes behind it.
 */
#include <string.h>

#include <linux/errno.h>
#include <linux/virtio_config.h>

#include "host.h"
#include "model.h"

#define MAX_SIZE	64
#define MAX_SEGS	8
#define GET_MOST	3	/* buffers in one call */

/* The entry point of libFuzzer, with a name in kernel style */
int fuzz_one(const uint8_t *data, size_t size)
	__asm__("LLVMFuzzerTestOneInput");

/**
 * struct shadow - the expected state of a token
 * @in_ring: added and not given back
 * @cost: descriptors
 * @in_len: bytes to write
 */
struct shadow {
	bool in_ring;
	unsigned int cost;
	u64 in_len;
};

static struct host h;
static struct vfe_queue *const q = &h.q;
static struct shadow tokens[MAX_SIZE];
static struct vring_used *used;
static struct vring_avail *avail;
static struct vring_packed_desc *desc;
static unsigned int free_descs, slot;
static bool packed, wrap;
static u16 taken;
static bool broken;
static const uint8_t *at, *end;

static u8 byte(void)
{
	return at < end ? *at++ : 0;
}

static u16 word(void)
{
	u16 low = byte();

	return low | byte() << 8;
}

static void give_back(void *token, const char *who)
{
	struct shadow *s = token;

	if (s < tokens || s >= tokens + MAX_SIZE)
		die("%s: a token that nobody added", who);
	if (!s->in_ring)
		die("%s: token %td a second time", who, s - tokens);
	s->in_ring = false;
	free_descs += s->cost;
}

/*
 * After each step: check whether the queue is broken, and that this was logged
 * correctly
 */
static void look_at_health(void)
{
	u16 avail_idx, used_idx;

	if (broken && !vfe_queue_broken(q))
		die("a broken queue works again");
	broken = vfe_queue_broken(q);
	q->ops->indices(q, &avail_idx, &used_idx);
	if (used_idx != taken)
		die("%u used entries were passed, %u buffers taken", used_idx,
		    taken);
	/* a used length that is too large is logged once, and breaks nothing */
	if (h.messages != (unsigned int)broken + h.vd.logged_len ||
	    h.faults != broken)
		die("broken %d, wrong length %d, but %u messages and %u faults",
		    broken, h.vd.logged_len, h.messages, h.faults);
}

static void do_add(void)
{
	u8 how = byte();
	unsigned int out = how & 7, in = how >> 3 & 7, total = out + in, i;
	unsigned int most = q->max_segs;
	struct vfe_seg segs[16];
	struct shadow *s = tokens;
	int ret, want = 0;
	u64 in_len = 0;

	while (s < tokens + MAX_SIZE && s->in_ring)
		s++;
	if (s == tokens + MAX_SIZE)
		return;
	for (i = 0; i < total; i++) {
		segs[i] = (struct vfe_seg){ i << 12, 1u << (how >> 6) * 8 };
		in_len += i < out ? 0 : segs[i].len;
	}
	s->cost = q->indirect && total > 1 ? 1 : total;
	s->in_len = in_len;
	/* the ring reads no table of the class driver */
	if (q->spec.own_tables && total > 1) {
		most = q->max_table;
		ret = vfe_queue_add_table(q, HOST_BUS_OFFSET, total, in_len, s);
	} else {
		ret = vfe_queue_add(q, segs, out, in, s);
	}
	if (broken)
		want = -EIO;
	else if (!total || total > most)
		want = -EINVAL;
	else if (s->cost > free_descs)
		want = -ENOSPC;
	if (ret != want)
		die("add of %u + %u: %d is not %d", out, in, ret, want);
	if (ret)
		return;
	s->in_ring = true;
	free_descs -= s->cost;
}

static void do_get(unsigned int most)
{
	struct vfe_used used[GET_MOST];
	unsigned int n, i;

	n = vfe_queue_get_many(q, used, most);
	if (n > most)
		die("%u buffers, not %u at most", n, most);
	if (n && broken)
		die("a broken queue gave a buffer");
	for (i = 0; i < n; i++) {
		const struct shadow *s = used[i].token;

		give_back(used[i].token, "get");
		taken++;
		if (used[i].len > s->in_len)
			die("length %u of %llu", used[i].len,
			    (unsigned long long)s->in_len);
	}
}

/* All remaining buffers come back, once; then the queue is as new */
static void do_reset(void)
{
	unsigned int i;
	void *token;

	while ((token = vfe_queue_detach(q)))
		give_back(token, "detach");
	for (i = 0; i < MAX_SIZE; i++)
		if (tokens[i].in_ring)
			die("token %u never came back", i);
	if (free_descs != vfe_queue_capacity(q))
		die("%u descriptors of %u", free_descs, vfe_queue_capacity(q));
	host_reset(&h);
	/* a wrong length is logged once per device, and it is the same one */
	h.messages = h.vd.logged_len;
	h.faults = 0;
	slot = 0;
	wrap = true;
	taken = 0;
	broken = false;
}

/* Write bytes anywhere that a device can */
static void scribble(void)
{
	size_t len, offset;
	unsigned int n = byte() % 16;
	u8 *memory = NULL;

	for (;; n--) {
		memory = host_dma_piece(n, &len);
		if (memory || !n)
			break;
	}
	offset = word() % len;
	for (n = 1 + byte() % 8; n && offset < len; n--)
		memory[offset++] = byte();
}

/* Add any element to the used ring. */
static void use_split(u32 id, u32 len)
{
	u16 idx = le16_to_cpu(used->idx), mask = q->size - 1;

	used->ring[idx & mask].id = cpu_to_le32(id);
	used->ring[idx & mask].len = cpu_to_le32(len);
	used->idx = cpu_to_le16(idx + 1);
}

/* Write a used descriptor, and skip as many as the buffer may have. */
static void use_packed(u16 id, u32 len)
{
	struct vring_packed_desc *d = &desc[slot];

	d->id = cpu_to_le16(id);
	d->len = cpu_to_le32(len);
	d->flags = cpu_to_le16((wrap ? 0x8080 : 0) |
			       (len ? VRING_DESC_F_WRITE : 0));
	slot += 1 + byte() % MAX_SEGS;
	if (slot < q->size)
		return;
	slot %= q->size;
	wrap = !wrap;
}

/* Use the nth available buffer before the last, as now in memory */
static void use(u32 len)
{
	u16 from = le16_to_cpu(avail->idx) - 1 - byte() % q->size;

	if (packed)
		use_packed(desc[(slot + from) % q->size].id, len);
	else
		use_split(avail->ring[from & (q->size - 1)], len);
}

static void use_next(u32 len)
{
	if (packed)
		use_packed(desc[slot].id, len);
	else
		use_split(avail->ring[le16_to_cpu(used->idx) & (q->size - 1)],
			  len);
}

/* Use an id that is probably no buffer */
static void use_any(u16 id, u32 len)
{
	if (packed)
		use_packed(id, len);
	else
		use_split(id, len);
}

/* Publish used buffers: an index, or the flags of a descriptor */
static void set_index(u16 value)
{
	if (packed)
		desc[slot].flags = cpu_to_le16(value);
	else
		used->idx = cpu_to_le16(value);
}

static void one_step(void)
{
	u16 id;

	switch (byte() % 18) {
	case 0 ... 2:
		do_add();
		break;
	case 3:
		if (vfe_queue_kick_prepare(q) && broken)
			die("a broken queue wants a kick");
		break;
	case 4:
		do_get(1);
		break;
	case 5:
		do_get(GET_MOST);
		break;
	case 6:
		vfe_queue_disable_cb(q);
		break;
	case 7:
		if (!vfe_queue_enable_cb(q) && broken)
			die("a broken queue has something");
		break;
	case 8:
		if (vfe_queue_interrupt(q) && broken)
			die("a broken queue interrupts");
		break;
	case 9:
		do_reset();
		break;
	case 10 ... 11:
		use_next(byte());
		break;
	case 12:
		use(word());
		break;
	case 13:
		set_index(word());
		break;
	case 14:
		used->flags = cpu_to_le16(word());
		break;
	case 15:
		scribble();
		break;
	case 16:
		if (!vfe_queue_enable_cb_after(q, byte()) && broken)
			die("a broken queue has something");
		break;
	default:
		id = word();
		use_any(id, byte());
	}
}

/* The first byte is the size and the features that change the layout least */
static u64 features(u8 shape, u8 more)
{
	return (shape & 0x40 ? FEATURE(VIRTIO_RING_F_EVENT_IDX) : 0) |
	       (shape & 0x80 ? FEATURE(VIRTIO_RING_F_INDIRECT_DESC) : 0) |
	       (more & 0x40 ? FEATURE(VIRTIO_F_IN_ORDER) : 0) |
	       (more & 0x80 ? FEATURE(VIRTIO_F_RING_PACKED) : 0);
}

static int open_ring(u16 entries, u8 shape, u8 more)
{
	unsigned int segs = 1 + more % MAX_SEGS;
	u64 all = features(shape, more);

	/* without INDIRECT_DESC there is no table to add */
	if (more & 0x10 && all & FEATURE(VIRTIO_RING_F_INDIRECT_DESC))
		return host_open_own(&h, entries, segs, all);
	return host_open(&h, entries, segs, all);
}

int fuzz_one(const uint8_t *data, size_t size)
{
	unsigned int entries;
	u8 shape, more;

	at = data;
	end = data + size;
	shape = byte();
	more = byte();
	packed = more & 0x80;
	entries = 1u << shape % 7;
	/* sizes that are no powers of two */
	if (packed && more & 0x20 && entries > 2)
		entries -= 1;
	memset(tokens, 0, sizeof(tokens));
	if (open_ring(entries, shape, more))
		die("no ring");
	used = host_pointer(q->device_addr);
	avail = host_pointer(q->driver_addr);
	desc = host_pointer(q->desc_addr);
	free_descs = vfe_queue_capacity(q);
	slot = 0;
	wrap = true;
	taken = 0;
	broken = false;
	while (at < end) {
		one_step();
		look_at_health();
	}
	do_reset();
	host_close(&h);
	if (host_allocations())
		die("%u allocations are left", host_allocations());
	return 0;
}

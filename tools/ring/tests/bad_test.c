// SPDX-License-Identifier: GPL-2.0
/*
 * The driver's side with a device that breaks the rules, of either layout: it
 * must trust nothing, log the fault once, return every buffer, and work again
 * after a reset.
 */
#include <linux/errno.h>

#include "test.h"

#define WRITE	VRING_DESC_F_WRITE

/* How many descriptors the buffers of a packed ring have */
static unsigned int step;

static void claim_flags(u16 id, u32 len, u16 flags)
{
	claim_packed(id, len, flags, step);
}

/* Use a buffer as the device, in either layout, without the model */
static void claim(u32 id, u32 len)
{
	if (layout & PACKED)
		claim_flags(id, len, WRITE);
	else
		claim_split(id, len, 1);
}

static void open_at(u16 size, unsigned int segs, u64 features,
		    unsigned int descs)
{
	open_ring(size, segs, features);
	step = descs;
}

/* Three buffers of 1 to read and 1 to write, at 0, 2 and 4 */
static void three(void)
{
	unsigned int n;

	open_at(8, 2, 0, 2);
	for (n = 0; n < 3; n++)
		check_equal(add(n, 1, 1), 0);
	vfe_queue_kick_prepare(q);
}

/* What the device calls the @n'th of them */
static u16 id_of(unsigned int n)
{
	return layout & PACKED ? n : 2 * n;
}

static void expect_nothing(const char *field, unsigned int left)
{
	u32 len;

	check(!vfe_queue_get(q, &len));
	expect_broken(field, left);
	close_ring();
}

/* Ids without a buffer: outside of the ring, free, or inside a chain */
static void id_of_no_buffer(void)
{
	static const u32 split[] = { 1, 3, 5, 6, 7, 8, 9, 0x10000, 0x10002,
				     0x7fffffff, 0x80000000, 0xffffffff };
	static const u32 packed[] = { 3, 7, 8, 9, 0x7fff, 0x8000, 0xffff };
	bool p = layout & PACKED;
	unsigned int n;

	for (n = 0; n < (p ? ARRAY_SIZE(packed) : ARRAY_SIZE(split)); n++) {
		three();
		claim(p ? packed[n] : split[n], 0);
		expect_nothing("wrong used id", 3);
	}
}

static void id_twice(void)
{
	u32 len;

	three();
	claim(id_of(1), 0);
	claim(id_of(1), 0);
	check(vfe_queue_get(q, &len) == token_of(1));
	expect_nothing("wrong used id", 2);
}

/* Cut to the buffer's length, and logged once: such devices exist. */
static void length_too_long(void)
{
	unsigned int n, last;
	u64 in_len;
	u32 len;

	for (n = 0; n < 3; n++) {
		three();
		in_len = segs_of((n + 1) % 3, 2)[1].len;
		claim(id_of((n + 1) % 3), in_len);
		check(vfe_queue_get(q, &len) == token_of((n + 1) % 3));
		check_equal(len, in_len);
		check_equal(h.messages, 0);
		in_len = segs_of(n, 2)[1].len;
		claim(id_of(n), in_len + 1);
		check(vfe_queue_get(q, &len) == token_of(n));
		check_equal(len, in_len);
		expect_logged_len(in_len + 1);
		last = 3 - n - (n + 1) % 3;
		claim(id_of(last), U32_MAX);
		check(vfe_queue_get(q, &len) == token_of(last));
		check_equal(len, segs_of(last, 2)[1].len);
		expect_logged_len(in_len + 1);
		close_ring();
	}
}

/* The length of written data, so 0 for a read-only buffer */
static void length_of_nothing(void)
{
	u32 len;

	open_at(8, 4, INDIRECT, 1);
	check_equal(add(0, 4, 0), 0);
	vfe_queue_kick_prepare(q);
	claim(0, 1);
	check(vfe_queue_get(q, &len) == token_of(0));
	check_equal(len, 0);
	expect_logged_len(1);
	close_ring();
}

/*
 * virtio 1.4, 2.8.4: a length without WRITE means nothing; but some devices
 * leave out the flag only.
 */
static void length_without_flag(void)
{
	u32 len = 1;

	open_at(8, 4, INDIRECT, 1);
	check_equal(add(0, 4, 0), 0);
	vfe_queue_kick_prepare(q);
	claim_flags(0, 0xffffffff, VRING_DESC_F_NEXT);
	check(vfe_queue_get(q, &len) == token_of(0));
	check_equal(len, 0);
	check_equal(h.messages, 0);
	close_ring();
	three();
	claim_flags(1, 1, 0);
	check(vfe_queue_get(q, &len) == token_of(1));
	check_equal(len, 1);
	claim_flags(0, segs_of(0, 2)[1].len + 1, 0);
	check(vfe_queue_get(q, &len) == token_of(0));
	check_equal(len, 0);
	check_equal(h.messages, 0);
	close_ring();
}

static void index_too_far(void)
{
	static const u16 by[] = { 4, 5, 8, 9, 0x7fff, 0x8000, 0xffff };
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(by); n++) {
		three();
		m.split.used->idx = cpu_to_le16(by[n]);
		expect_nothing("wrong used index", 3);
	}
}

/* A device cannot have used a buffer that was not published. */
static void index_before_kick(void)
{
	open_at(8, 2, 0, 1);
	check_equal(add(0, 1, 0), 0);
	claim(0, 0);
	expect_nothing("wrong used index 1", 1);
}

/* 3 used, then the index decreases: the driver uses those it saw before */
static void index_backwards(void)
{
	u32 len;

	three();
	claim(0, 0);
	claim(2, 0);
	claim(4, 0);
	check(vfe_queue_get(q, &len) == token_of(0));
	m.split.used->idx = 0;
	check(vfe_queue_get(q, &len) == token_of(1));
	check(vfe_queue_get(q, &len) == token_of(2));
	expect_nothing("wrong used index 0", 0);
}

static void found_by_enable_cb(void)
{
	three();
	m.split.used->idx = cpu_to_le16(100);
	check(vfe_queue_enable_cb(q)); /* no used buffer, so do not loop */
	expect_nothing("wrong used index 100", 3);
}

/* A device cannot have used a buffer that was not published. */
static void before_kick(void)
{
	unsigned int shown, n;

	for (shown = 0; shown < 3; shown++) {
		open_at(8, 2, 0, 1);
		for (n = 0; n < 4; n++) {
			if (n == 2 && shown)
				vfe_queue_kick_prepare(q);
			check_equal(add(n, 1, 0), 0);
		}
		claim_flags(shown ? 1 + shown : shown, 0, 0);
		expect_nothing("wrong used id", 4);
	}
}

/* Flags of the previous round, or of the other owner, mean nothing. */
static void not_used(void)
{
	static const u16 flags[] = { 0, 0x80, 0x8000, WRITE, 0x7f7f };
	unsigned int n;
	u32 len;

	for (n = 0; n < ARRAY_SIZE(flags); n++) {
		three();
		claim(0, 0);
		m.packed.desc[0].flags = cpu_to_le16(flags[n]);
		check(!vfe_queue_get(q, &len));
		check(vfe_queue_enable_cb(q));
		check(!vfe_queue_interrupt(q));
		check(!vfe_queue_broken(q));
		close_ring();
	}
}

/* Used again in the next round, without an available buffer */
static void nothing_there(void)
{
	struct vring_packed_desc *desc;
	unsigned int n;
	u32 len;

	open_at(3, 2, 0, 1);
	desc = m.packed.desc;
	for (n = 0; n < 3; n++) {
		check_equal(add(n, 1, 0), 0);
		vfe_queue_kick_prepare(q);
		claim_flags(le16_to_cpu(desc[n].id), 0, 0);
		check(vfe_queue_get(q, &len) == token_of(n));
	}
	check(!vfe_queue_get(q, &len));
	desc[0].id = 0;
	desc[0].flags = 0;
	expect_nothing("wrong used id 0", 0);
}

/* The device overwrites all of the ring's memory; the driver ignores that. */
static void scribbles(void)
{
	unsigned int n, round, size = layout & PACKED ? 9 : 8;
	size_t bytes = 0;
	void *memory;
	u32 len;

	for (round = 0; round < 2; round++) {
		open_at(size, 4, round ? INDIRECT : 0, round ? 1 : 4);
		for (n = 0; n < 2; n++)
			check_equal(add(n, 2, 2), 0);
		vfe_queue_kick_prepare(q);
		for (n = 0; (memory = host_dma_piece(n, &bytes)); n++)
			memset(memory, round || size == 8 ? 0xff : 0, bytes);
		if (!(layout & PACKED))
			m.split.used->idx = 0;
		claim(layout & PACKED ? 1 : step, 0);
		claim(0, 5);
		check(vfe_queue_get(q, &len) == token_of(1));
		check(vfe_queue_get(q, &len) == token_of(0));
		check_equal(len, 5);
		check(!vfe_queue_broken(q));
		for (n = 0; n < (round ? size : 2); n++)
			check_equal(add(n, 2, 2), 0);
		check_equal(add(0, 2, 0), -ENOSPC);
		check_equal(detach_all(), n);
		close_ring();
	}
}

const struct test bad_tests[] = {
	{ "used id of what is no buffer", id_of_no_buffer },
	{ "used id twice", id_twice },
	{ "used length longer than the buffer", length_too_long },
	{ "used length of a buffer to read only", length_of_nothing },
	{ "scribbles in the ring's memory decide nothing", scribbles },
	{ }
};

const struct test bad_split_tests[] = {
	{ "used index beyond what is available", index_too_far },
	{ "used index beyond what was shown", index_before_kick },
	{ "used index that goes back", index_backwards },
	{ "enable_cb finds a wrong index and ends the loop",
	  found_by_enable_cb },
	{ }
};

const struct test bad_packed_tests[] = {
	{ "used length without the flag for it", length_without_flag },
	{ "used id of what was not shown", before_kick },
	{ "flags that do not mean used", not_used },
	{ "used where nothing is available", nothing_there },
	{ }
};

// SPDX-License-Identifier: GPL-2.0
/*
 * The driver's side with a device that breaks the rules: it must trust nothing,
 * log the fault once, return every buffer, and work again after a reset.
 */
#include <string.h>

#include <linux/errno.h>
#include <linux/virtio_config.h>

#include "test.h"

static struct host h;
static struct model m;
static struct vfe_queue *const q = &h.q;

static void open_ring(u16 size, unsigned int segs, u64 features)
{
	if (host_open(&h, size, segs, features | layout))
		die("no ring");
	model_open(&m, q);
}

static void close_ring(void)
{
	model_close(&m);
	host_close(&h);
}

static void add(unsigned int n, unsigned int out, unsigned int in)
{
	check_equal(vfe_queue_add(q, segs_of(n, out + in), out, in,
				  token_of(n)), 0);
}

/* Write a used element directly, without the model */
static void claim(u32 id, u32 len)
{
	m.split.used->ring[m.split.next_used % m.size].id = cpu_to_le32(id);
	m.split.used->ring[m.split.next_used % m.size].len = cpu_to_le32(len);
	m.split.used->idx = cpu_to_le16(++m.split.next_used);
}

/* Three buffers of 1 to read and 1 to write, at 0, 2 and 4 */
static void three(void)
{
	unsigned int n;

	open_ring(8, 2, 0);
	for (n = 0; n < 3; n++)
		add(n, 1, 1);
	vfe_queue_kick_prepare(q);
}

static void id_outside(void)
{
	static const u32 ids[] = { 8, 9, 0x10000, 0x10002, 0x7fffffff,
				   0x80000000, 0xffffffff };
	unsigned int n;
	u32 len;

	for (n = 0; n < ARRAY_SIZE(ids); n++) {
		three();
		claim(ids[n], 0);
		check(!vfe_queue_get(q, &len));
		expect_broken(&h, "wrong used id", 3);
		close_ring();
	}
}

/* A descriptor that is free, or in the middle of a chain, is no buffer */
static void id_of_no_buffer(void)
{
	static const u32 ids[] = { 1, 3, 5, 6, 7 };
	unsigned int n;
	u32 len;

	for (n = 0; n < ARRAY_SIZE(ids); n++) {
		three();
		claim(ids[n], 0);
		check(!vfe_queue_get(q, &len));
		expect_broken(&h, "wrong used id", 3);
		close_ring();
	}
}

static void id_twice(void)
{
	u32 len;

	three();
	claim(2, 0);
	claim(2, 0);
	check(vfe_queue_get(q, &len) == token_of(1));
	check(!vfe_queue_get(q, &len));
	expect_broken(&h, "wrong used id 2", 2);
	close_ring();
}

/* Cut to what the buffer has, and told of once: such devices are in use. */
static void length_too_long(void)
{
	unsigned int n, last;
	u64 in_len;
	u32 len;

	for (n = 0; n < 3; n++) {
		three();
		in_len = segs_of((n + 1) % 3, 2)[1].len;
		claim((n + 1) % 3 * 2, in_len);
		check(vfe_queue_get(q, &len) == token_of((n + 1) % 3));
		check_equal(len, in_len);
		check_equal(h.messages, 0);
		in_len = segs_of(n, 2)[1].len;
		claim(n * 2, in_len + 1);
		check(vfe_queue_get(q, &len) == token_of(n));
		check_equal(len, in_len);
		expect_told_len(&h, in_len + 1);
		last = 3 - n - (n + 1) % 3;
		claim(last * 2, U32_MAX);
		check(vfe_queue_get(q, &len) == token_of(last));
		check_equal(len, segs_of(last, 2)[1].len);
		expect_told_len(&h, in_len + 1);
		close_ring();
	}
}

/* The length of written data, so 0 for a read-only buffer */
static void length_of_nothing(void)
{
	u32 len;

	open_ring(8, 4, INDIRECT);
	add(0, 4, 0);
	vfe_queue_kick_prepare(q);
	claim(0, 1);
	check(vfe_queue_get(q, &len) == token_of(0));
	check_equal(len, 0);
	expect_told_len(&h, 1);
	close_ring();
}

static void index_too_far(void)
{
	static const u16 by[] = { 4, 5, 8, 9, 0x7fff, 0x8000, 0xffff };
	unsigned int n;
	u32 len;

	for (n = 0; n < ARRAY_SIZE(by); n++) {
		three();
		m.split.used->idx = cpu_to_le16(by[n]);
		check(!vfe_queue_get(q, &len));
		expect_broken(&h, "wrong used index", 3);
		close_ring();
	}
}

/* What was added but not shown cannot have been used. */
static void index_before_kick(void)
{
	u32 len;

	open_ring(8, 2, 0);
	add(0, 1, 0);
	claim(0, 0);
	check(!vfe_queue_get(q, &len));
	expect_broken(&h, "wrong used index 1", 1);
	close_ring();
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
	check(!vfe_queue_get(q, &len));
	expect_broken(&h, "wrong used index 0", 0);
	close_ring();
}

static void found_by_enable_cb(void)
{
	three();
	m.split.used->idx = cpu_to_le16(100);
	check(vfe_queue_enable_cb(q)); /* no used buffer, so do not loop */
	expect_broken(&h, "wrong used index 100", 3);
	close_ring();
}

/* All of the ring's memory is scribbled on: the driver decides by none of it */
static void scribbles(void)
{
	unsigned int n, round;
	size_t size = 0;
	void *memory;
	u32 len;

	for (round = 0; round < 2; round++) {
		open_ring(8, 4, round ? INDIRECT : 0);
		for (n = 0; n < 2; n++)
			add(n, 2, 2);
		vfe_queue_kick_prepare(q);
		for (n = 0; (memory = host_dma_piece(n, &size)); n++)
			memset(memory, 0xff, size);
		m.split.used->idx = 0;
		claim(round ? 1 : 4, 0);
		claim(0, 5);
		check(vfe_queue_get(q, &len) == token_of(1));
		check(vfe_queue_get(q, &len) == token_of(0));
		check_equal(len, 5);
		check(!vfe_queue_broken(q));
		for (n = 0; n < (round ? 8 : 2); n++)
			add(n, 2, 2);
		check_equal(vfe_queue_add(q, segs_of(0, 1), 1, 0, token_of(0)),
			    -ENOSPC);
		while (vfe_queue_detach(q))
			n--;
		check_equal(n, 0);
		close_ring();
	}
}

const struct test bad_tests[] = {
	{ "used id outside the ring", id_outside },
	{ "used id of what is no buffer", id_of_no_buffer },
	{ "used id twice", id_twice },
	{ "used length longer than the buffer", length_too_long },
	{ "used length of a buffer to read only", length_of_nothing },
	{ "used index beyond what is available", index_too_far },
	{ "used index beyond what was shown", index_before_kick },
	{ "used index that goes back", index_backwards },
	{ "enable_cb finds a wrong index and ends the loop",
	  found_by_enable_cb },
	{ "scribbles in the ring's memory decide nothing", scribbles },
	{ }
};

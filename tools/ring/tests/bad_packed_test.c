// SPDX-License-Identifier: GPL-2.0
/* A packed ring with a device that breaks the rules; see bad_test.c. */
#include <string.h>

#include <linux/errno.h>
#include <linux/virtio_config.h>

#include "test.h"

#define WRITE	VRING_DESC_F_WRITE

static struct host h;
static struct vfe_queue *const q = &h.q;
static struct vring_packed_desc *desc;

static void open_ring(u16 size, unsigned int segs, u64 features)
{
	if (host_open(&h, size, segs, features | layout))
		die("no ring");
	desc = host_pointer(q->desc_addr);
}

static void add(unsigned int n, unsigned int out, unsigned int in)
{
	check_equal(vfe_queue_add(q, segs_of(n, out + in), out, in,
				  token_of(n)), 0);
}

/* Write a used descriptor directly, in the first round, without the model */
static void claim(unsigned int slot, u16 id, u32 len, u16 flags)
{
	desc[slot].id = cpu_to_le16(id);
	desc[slot].len = cpu_to_le32(len);
	desc[slot].flags = cpu_to_le16(0x8080 | flags);
}

static void claim_round_2(unsigned int slot, u16 id)
{
	desc[slot].id = cpu_to_le16(id);
	desc[slot].flags = 0;
}

/* Three buffers of 1 to read and 1 to write, ids 0 to 2 at 0, 2 and 4 */
static void three(void)
{
	unsigned int n;

	open_ring(8, 2, 0);
	for (n = 0; n < 3; n++)
		add(n, 1, 1);
	vfe_queue_kick_prepare(q);
	for (n = 0; n < 3; n++)
		check_equal(le16_to_cpu(desc[2 * n + 1].id), n);
}

/* Ids without a buffer: outside of the ring, or free */
static void id_of_no_buffer(void)
{
	static const u16 ids[] = { 3, 7, 8, 9, 0x7fff, 0x8000, 0xffff };
	unsigned int n;
	u32 len;

	for (n = 0; n < ARRAY_SIZE(ids); n++) {
		three();
		claim(0, ids[n], 0, WRITE);
		check(!vfe_queue_get(q, &len));
		expect_broken(&h, "wrong used id", 3);
		host_close(&h);
	}
}

static void id_twice(void)
{
	u32 len;

	three();
	claim(0, 1, 0, WRITE);
	claim(2, 1, 0, WRITE);
	check(vfe_queue_get(q, &len) == token_of(1));
	check(!vfe_queue_get(q, &len));
	expect_broken(&h, "wrong used id 1", 2);
	host_close(&h);
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
		claim(0, (n + 1) % 3, in_len, WRITE);
		check(vfe_queue_get(q, &len) == token_of((n + 1) % 3));
		check_equal(len, in_len);
		check_equal(h.messages, 0);
		in_len = segs_of(n, 2)[1].len;
		claim(2, n, in_len + 1, WRITE);
		check(vfe_queue_get(q, &len) == token_of(n));
		check_equal(len, in_len);
		expect_told_len(&h, in_len + 1);
		last = 3 - n - (n + 1) % 3;
		claim(4, last, U32_MAX, WRITE);
		check(vfe_queue_get(q, &len) == token_of(last));
		check_equal(len, segs_of(last, 2)[1].len);
		expect_told_len(&h, in_len + 1);
		host_close(&h);
	}
}

/*
 * virtio 1.4, 2.8.4: a length without WRITE means nothing; but some devices
 * leave out the flag only.
 */
static void length_of_nothing(void)
{
	u32 len = 1;

	open_ring(8, 4, INDIRECT);
	add(0, 4, 0);
	add(1, 4, 0);
	vfe_queue_kick_prepare(q);
	claim(0, 0, 0xffffffff, VRING_DESC_F_NEXT);
	check(vfe_queue_get(q, &len) == token_of(0));
	check_equal(len, 0);
	check_equal(h.messages, 0);
	claim(1, 1, 1, WRITE);
	check(vfe_queue_get(q, &len) == token_of(1));
	check_equal(len, 0);
	expect_told_len(&h, 1);
	host_close(&h);
	three();
	claim(0, 1, 1, 0);
	check(vfe_queue_get(q, &len) == token_of(1));
	check_equal(len, 1);
	claim(2, 0, segs_of(0, 2)[1].len + 1, 0);
	check(vfe_queue_get(q, &len) == token_of(0));
	check_equal(len, 0);
	check_equal(h.messages, 0);
	while (vfe_queue_detach(q))
		;
	host_close(&h);
}

/* What was added but not shown cannot have been used. */
static void before_kick(void)
{
	unsigned int shown;
	u32 len;

	for (shown = 0; shown < 3; shown++) {
		open_ring(8, 2, 0);
		add(0, 1, 0);
		add(1, 1, 0);
		if (shown)
			vfe_queue_kick_prepare(q);
		add(2, 1, 0);
		add(3, 1, 0);
		claim(0, shown ? 1 + shown : shown, 0, 0);
		check(!vfe_queue_get(q, &len));
		expect_broken(&h, "wrong used id", 4);
		host_close(&h);
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
		claim(0, 0, 0, 0);
		desc[0].flags = cpu_to_le16(flags[n]);
		check(!vfe_queue_get(q, &len));
		check(vfe_queue_enable_cb(q));
		check(!vfe_queue_interrupt(q));
		check(!vfe_queue_broken(q));
		while (vfe_queue_detach(q))
			;
		host_close(&h);
	}
}

/* Used again in the next round, without an available buffer */
static void nothing_there(void)
{
	unsigned int n;
	u32 len;

	open_ring(3, 2, 0);
	for (n = 0; n < 3; n++) {
		add(n, 1, 0);
		vfe_queue_kick_prepare(q);
		claim(n, le16_to_cpu(desc[n].id), 0, 0);
		check(vfe_queue_get(q, &len) == token_of(n));
	}
	check(!vfe_queue_get(q, &len));
	claim_round_2(0, 0);
	check(!vfe_queue_get(q, &len));
	expect_broken(&h, "wrong used id 0", 0);
	host_close(&h);
}

/* All of the ring's memory is scribbled on: the driver decides by none of it */
static void scribbles(void)
{
	unsigned int n, round;
	size_t size = 0;
	void *memory;
	u32 len;

	for (round = 0; round < 2; round++) {
		open_ring(9, 4, round ? INDIRECT : 0);
		for (n = 0; n < 2; n++)
			add(n, 2, 2);
		vfe_queue_kick_prepare(q);
		for (n = 0; (memory = host_dma_piece(n, &size)); n++)
			memset(memory, round ? 0xff : 0, size);
		claim(0, 1, 0, WRITE);
		claim(round ? 1 : 4, 0, 5, WRITE);
		check(vfe_queue_get(q, &len) == token_of(1));
		check(vfe_queue_get(q, &len) == token_of(0));
		check_equal(len, 5);
		check(!vfe_queue_broken(q));
		for (n = 0; n < (round ? 9 : 2); n++)
			add(n, 2, 2);
		check_equal(vfe_queue_add(q, segs_of(0, 2), 2, 0, token_of(0)),
			    -ENOSPC);
		while (vfe_queue_detach(q))
			n--;
		check_equal(n, 0);
		host_close(&h);
	}
}

const struct test bad_packed_tests[] = {
	{ "used id of what is no buffer", id_of_no_buffer },
	{ "used id twice", id_twice },
	{ "used length longer than the buffer", length_too_long },
	{ "used length of a buffer to read only", length_of_nothing },
	{ "used id of what was not shown", before_kick },
	{ "flags that do not say used", not_used },
	{ "used where nothing is available", nothing_there },
	{ "scribbles in the ring's memory decide nothing", scribbles },
	{ }
};

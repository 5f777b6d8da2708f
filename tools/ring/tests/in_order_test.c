// SPDX-License-Identifier: GPL-2.0
/* IN_ORDER, either layout: batches, from a device that keeps the rules or not. */
#include <linux/virtio_config.h>

#include "test.h"

/* @n buffers of 1 to read and @n % 3 to write, shown */
static void add_some(unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		check_equal(vfe_queue_add(q, segs_of(i, 1 + i % 3), 1, i % 3,
					  token_of(i)), 0);
	vfe_queue_kick_prepare(q);
}

static u32 in_len_of(unsigned int i)
{
	return len_of(segs_of(i, 1 + i % 3) + 1, i % 3);
}

/* The device takes @n, and uses them in batches of @batch, the last shorter. */
static void use_in(unsigned int n, unsigned int batch, u32 len)
{
	struct model_buf buf;
	unsigned int i;

	for (i = 1; i <= n; i++) {
		check(model_pop(&m, &buf));
		if (i % batch && i != n)
			model_skip(&m, buf.head);
		else
			model_push(&m, buf.head, len);
	}
	model_publish(&m);
}

/* In the middle of a batch each check finds a used buffer. */
static void middle_of_batch(void)
{
	u32 len;

	open_ring(8, 3, EVENT);
	add_some(3);
	use_in(3, 3, 0);
	check(vfe_queue_get(q, &len) == token_of(0));
	check(!vfe_queue_enable_cb(q));
	check(!vfe_queue_enable_cb_after(q, 1));
	/* there is room for two more, and they are used at once */
	check_equal(vfe_queue_add(q, segs_of(4, 1), 1, 0, token_of(4)), 0);
	vfe_queue_kick_prepare(q);
	use_in(1, 1, 0);
	check(vfe_queue_get(q, &len) == token_of(1));
	check_equal(len, in_len_of(1));
	check(vfe_queue_get(q, &len) == token_of(2));
	check(vfe_queue_get(q, &len) == token_of(4));
	check(!vfe_queue_get(q, &len));
	check(vfe_queue_enable_cb(q));
	close_ring();
}

static void claim(u16 id, u32 len, u16 used_idx)
{
	if (layout & PACKED)
		claim_packed(id, len, VRING_DESC_F_WRITE, used_idx);
	else
		claim_split(id, len, used_idx);
}

/* Heads, or ids, are 0, 1, 2, 3: four shown, then one more that is not */
static void five(void)
{
	open_ring(8, 3, INDIRECT);
	add_some(4);
	check_equal(vfe_queue_add(q, segs_of(4, 1), 1, 0, token_of(4)), 0);
}

static void wrong_id(void)
{
	static const u16 ids[] = { 4, 5, 7, 8, 0x7fff, 0xffff };
	unsigned int i;
	u32 len;

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		five();
		claim(ids[i], 0, 4);
		check(!vfe_queue_get(q, &len));
		expect_broken("wrong used id", 5);
		close_ring();
	}
}

/* The index covers fewer buffers than the element. */
static void batch_beyond_index(void)
{
	u32 len;

	if (layout & PACKED)
		return;
	five();
	claim(2, 0, 2);
	check(!vfe_queue_get(q, &len));
	expect_broken("wrong used id 2", 5);
	close_ring();
}

/* The whole batch comes back, each length limited to its buffer. */
static void wrong_length(void)
{
	unsigned int i;
	u32 len;

	five();
	claim(2, in_len_of(2) + 1, 3);
	for (i = 0; i < 3; i++) {
		check(vfe_queue_get(q, &len) == token_of(i));
		check_equal(len, in_len_of(i));
	}
	check(!vfe_queue_get(q, &len));
	expect_logged_len(in_len_of(2) + 1);
	close_ring();
}

const struct test in_order_tests[] = {
	{ "in the middle of a batch", middle_of_batch },
	{ "a batch up to no buffer that was shown", wrong_id },
	{ "a batch of more than the index says", batch_beyond_index },
	{ "a batch with a length that is wrong", wrong_length },
	{ }
};

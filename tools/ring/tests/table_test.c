// SPDX-License-Identifier: GPL-2.0
/*
 * Indirect tables that a class driver writes by itself, in either layout, in
 * order and not.
 */
#include <linux/errno.h>

#include "test.h"

#define MOST		8
#define SIZE		16

static struct host h;
static struct model m;
static struct vfe_queue *const q = &h.q;
static struct vfe_desc tables[SIZE + 1][MOST];

static void open_ring(u64 features)
{
	if (host_open_own(&h, SIZE, MOST, features | layout))
		die("no ring");
	model_open(&m, q);
}

static void close_ring(void)
{
	check(!m.error);
	if (m.error)
		printf("# %s\n", m.error);
	while (vfe_queue_detach(q))
		;
	model_close(&m);
	host_close(&h);
}

/* Table @n, of the pieces of buffer @n */
static int add_table(unsigned int n, unsigned int out, unsigned int in)
{
	struct vfe_desc *table = tables[n];
	u32 in_len = host_write_table(&h, table, segs_of(n, out + in), out, in);

	return vfe_queue_add_table(q, host_bus(table), out + in, in_len,
				   token_of(n));
}

static void compare(const struct model_buf *buf, unsigned int n,
		    unsigned int out, unsigned int in)
{
	const struct vfe_seg *segs = segs_of(n, out + in);
	unsigned int i;

	check_equal(buf->out, out);
	check_equal(buf->in, in);
	check(buf->indirect);
	for (i = 0; i < out + in; i++) {
		check_equal(buf->addr[i], segs[i].addr);
		check_equal(buf->len[i], segs[i].len);
	}
}

/* The device finds what was written, of every shape, and may write all of it */
static void shapes(void)
{
	unsigned int out, in, n = 0;
	struct model_buf buf;
	u32 len;

	open_ring(INDIRECT);
	for (out = 0; out <= MOST; out++) {
		for (in = !out; in <= MOST - out; in++, n = (n + 1) % SIZE) {
			check_equal(add_table(n, out, in), 0);
			check(!model_pop(&m, &buf));
			check(vfe_queue_kick_prepare(q));
			check(model_pop(&m, &buf));
			compare(&buf, n, out, in);
			model_push(&m, buf.head, buf.in_len);
			model_publish(&m);
			check(vfe_queue_get(q, &len) == token_of(n));
			check_equal(len, buf.in_len);
		}
	}
	close_ring();
}

/* One descriptor each, so there are as many as the ring has room for */
static void full(void)
{
	unsigned int n, i, round;
	struct model_buf buf;
	u32 len;

	open_ring(INDIRECT);
	for (round = 0; round < 5; round++) {
		for (n = 0; n < room_of(SIZE); n++)
			check_equal(add_table(n, 1, n % MOST), 0);
		check_equal(add_table(n, 1, 1), -ENOSPC);
		check_equal(vfe_queue_add(q, segs_of(n, 1), 1, 0, token_of(n)),
			    -ENOSPC);
		vfe_queue_kick_prepare(q);
		check_equal(vfe_queue_in_flight(q), room_of(SIZE));
		for (i = 0; i < n; i++) {
			check(model_pop(&m, &buf));
			compare(&buf, i, 1, i % MOST);
			model_push(&m, buf.head, 0);
		}
		model_publish(&m);
		for (i = 0; i < n; i++)
			check(vfe_queue_get(q, &len) == token_of(i));
		check(!vfe_queue_get(q, &len));
	}
	close_ring();
}

/*
 * Such a queue has no tables of the ring's: other buffers are chains, between
 * the tables.
 */
static void chains_between(void)
{
	unsigned int n, before;
	struct model_buf buf;
	u32 len;

	host_fail_allocation(0);
	open_ring(INDIRECT);
	before = host_allocations_made();
	close_ring();
	host_fail_allocation(0);
	if (host_open(&h, SIZE, MOST, INDIRECT | layout))
		die("no ring");
	check(before < host_allocations_made());
	host_close(&h);

	open_ring(INDIRECT);
	for (n = 0; n < 100; n++) {
		check_equal(add_table(0, 1, 2), 0);
		check_equal(vfe_queue_add(q, segs_of(1, 3), 2, 1, token_of(1)),
			    0);
		check_equal(add_table(2, 0, 1), 0);
		vfe_queue_kick_prepare(q);
		check(model_pop(&m, &buf));
		compare(&buf, 0, 1, 2);
		model_push(&m, buf.head, 0);
		check(model_pop(&m, &buf));
		check(!buf.indirect);
		check_equal(buf.out, 2);
		check_equal(buf.in, 1);
		model_push(&m, buf.head, 0);
		check(model_pop(&m, &buf));
		compare(&buf, 2, 0, 1);
		model_push(&m, buf.head, 0);
		model_publish(&m);
		for (before = 0; before < 3; before++)
			check(vfe_queue_get(q, &len) == token_of(before));
	}
	close_ring();
}

/* A queue that makes tables takes a class driver's too. */
static void both_kinds(void)
{
	struct model_buf buf;

	if (host_open(&h, SIZE, MOST, INDIRECT | layout))
		die("no ring");
	model_open(&m, q);
	check_equal(add_table(1, 2, 1), 0);
	check_equal(vfe_queue_add(q, segs_of(2, 4), 1, 3, token_of(2)), 0);
	vfe_queue_kick_prepare(q);
	check(model_pop(&m, &buf));
	compare(&buf, 1, 2, 1);
	check(model_pop(&m, &buf));
	compare(&buf, 2, 1, 3);
	close_ring();
}

/* The length is cut to what the class driver said that there is. */
static void used_length(void)
{
	struct model_buf buf;
	u32 len;

	open_ring(INDIRECT);
	check_equal(add_table(3, 1, 2), 0);
	vfe_queue_kick_prepare(q);
	check(model_pop(&m, &buf));
	model_push(&m, buf.head, buf.in_len + 7);
	model_publish(&m);
	check(vfe_queue_get(q, &len) == token_of(3));
	check_equal(len, buf.in_len);
	expect_told_len(&h, buf.in_len + 7);
	close_ring();
}

static void arguments(void)
{
	const u64 at = host_bus(tables[0]);

	open_ring(INDIRECT);
	check_equal(vfe_queue_add_table(q, at, 0, 0, token_of(0)), -EINVAL);
	check_equal(vfe_queue_add_table(q, at, 1, 1, NULL), -EINVAL);
	check_equal(vfe_queue_add_table(q, at, MOST + 1, 1, token_of(0)),
		    -EINVAL);
	check_equal(vfe_queue_add_table(q, at, ~0u, 1, token_of(0)), -EINVAL);
	check(!vfe_queue_kick_prepare(q));
	check(!model_available(&m));
	vfe_queue_break(q, "test", 1);
	check_equal(vfe_queue_add_table(q, at, 1, 1, token_of(0)), -EIO);
	close_ring();
	/* 2.7.5.3.1, 2.8.19: none without the feature */
	open_ring(0);
	check_equal(vfe_queue_add_table(q, at, 1, 1, token_of(0)), -EINVAL);
	close_ring();
}

/* 2.7.5 has flags in front of "next", 2.8.7 the buffer id in front of flags. */
static void format(void)
{
	const struct vfe_table_format *f;

	open_ring(INDIRECT);
	f = vfe_queue_table_format(q);
	if (layout & PACKED) {
		check_equal(f->link | f->step, 0);
		check_equal(f->write, VRING_DESC_F_WRITE << 16);
	} else {
		check_equal(f->link, VRING_DESC_F_NEXT);
		check_equal(f->step, 1 << 16);
		check_equal(f->write, VRING_DESC_F_WRITE);
	}
	close_ring();
}

const struct test table_tests[] = {
	{ "a table of the class driver's is what it wrote", shapes },
	{ "a ring of such tables is full at its last descriptor", full },
	{ "chains between such tables", chains_between },
	{ "tables of both kinds in one ring", both_kinds },
	{ "a used length for such a table", used_length },
	{ "add_table refuses what cannot be a table", arguments },
	{ "the format of tables", format },
	{ }
};

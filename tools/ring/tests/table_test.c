// SPDX-License-Identifier: GPL-2.0
/*
 * Indirect tables that a class driver writes by itself, in either layout, in
 * order and not.
 */
#include <linux/errno.h>

#include "test.h"

#define MOST		8
#define SIZE		16

static struct vfe_desc tables[SIZE + 1][MOST];

static void open_own(u64 features)
{
	if (host_open_own(&h, SIZE, MOST, features | layout))
		die("no ring");
	model_open(&m, q);
}

/* Table @n, of the pieces of buffer @n */
static int add_table(unsigned int n, unsigned int out, unsigned int in)
{
	struct vfe_desc *table = tables[n];
	u32 in_len = host_write_table(&h, table, segs_of(n, out + in), out, in);

	return vfe_queue_add_table(q, host_bus(table), out + in, in_len,
				   token_of(n));
}

/* Such a queue has no tables of the ring's: other buffers are chains. */
static void no_other_tables(void)
{
	unsigned int before;

	host_fail_allocation(0);
	open_own(INDIRECT);
	before = host_allocations_made();
	close_ring();
	host_fail_allocation(0);
	open_ring(SIZE, MOST, INDIRECT);
	check(before < host_allocations_made());
	close_ring();
}

/* A queue that makes tables takes a class driver's too. */
static void both_kinds(void)
{
	struct model_buf buf;

	open_ring(SIZE, MOST, INDIRECT);
	check_equal(add_table(1, 2, 1), 0);
	check_equal(add(2, 1, 3), 0);
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

	open_own(INDIRECT);
	check_equal(add_table(3, 1, 2), 0);
	vfe_queue_kick_prepare(q);
	check(model_pop(&m, &buf));
	model_push(&m, buf.head, buf.in_len + 7);
	model_publish(&m);
	check(vfe_queue_get(q, &len) == token_of(3));
	check_equal(len, buf.in_len);
	expect_logged_len(buf.in_len + 7);
	close_ring();
}

static void arguments(void)
{
	const u64 at = host_bus(tables[0]);

	open_own(INDIRECT);
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
	open_own(0);
	check_equal(vfe_queue_add_table(q, at, 1, 1, token_of(0)), -EINVAL);
	close_ring();
}

/* 2.7.5 has flags in front of "next", 2.8.7 the buffer id in front of flags. */
static void format(void)
{
	const struct vfe_table_format *f;

	open_own(INDIRECT);
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
	{ "no tables of the ring's beside them", no_other_tables },
	{ "tables of both kinds in one ring", both_kinds },
	{ "a used length for such a table", used_length },
	{ "add_table refuses what cannot be a table", arguments },
	{ "the format of tables", format },
	{ }
};

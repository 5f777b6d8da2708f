// SPDX-License-Identifier: GPL-2.0
/* The state of a queue that a device broke. */
#include <string.h>

#include <linux/errno.h>

#include "test.h"

/* Works again: use a buffer. */
static void expect_mended(struct host *h)
{
	struct vfe_queue *q = &h->q;
	struct model_buf buf;
	struct model m;
	u32 len;

	host_reset(h);
	check(!vfe_queue_broken(q));
	model_open(&m, q);
	check_equal(vfe_queue_add(q, segs_of(1, 2), 1, 1, token_of(1)), 0);
	check(vfe_queue_kick_prepare(q));
	check(model_pop(&m, &buf));
	model_push(&m, buf.head, 1);
	check(model_publish(&m));
	check(vfe_queue_get(q, &len) == token_of(1));
	check_equal(len, 1);
	model_close(&m);
}

void expect_told_len(const struct host *h, u32 len)
{
	char said[64];

	snprintf(said, sizeof(said), "used length %u for a buffer", len);
	check(!vfe_queue_broken(&h->q));
	check(strstr(h->message, said));
	check(strstr(h->message, "queue 3 (test)"));
	check_equal(h->messages, 1);
	check_equal(h->faults, 0);
}

void expect_broken(struct host *h, const char *field, unsigned int left)
{
	struct vfe_queue *q = &h->q;
	u32 len;

	check(vfe_queue_broken(q));
	check(strstr(h->message, field));
	check(strstr(h->message, "queue 3 (test)"));
	check_equal(h->messages, 1);
	check_equal(h->faults, 1);
	check_equal(vfe_queue_add(q, segs_of(0, 1), 1, 0, token_of(9)), -EIO);
	check(!vfe_queue_kick_prepare(q));
	check(!vfe_queue_get(q, &len));
	check(!vfe_queue_interrupt(q));
	vfe_queue_disable_cb(q);
	check(vfe_queue_enable_cb(q));
	check(vfe_queue_enable_cb_after(q, 3));
	check_equal(h->messages, 1);
	while (vfe_queue_detach(q))
		left--;
	check_equal(left, 0);
	expect_mended(h);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The tests' fixture: a ring with a device beside it, buffers, and the checks
 * of a queue that a device broke.
 */
#include <string.h>

#include <linux/errno.h>

#include "test.h"

#define TOKENS	(BIGGEST * 2)

struct host h;
struct model m;
u64 layout;
static char tokens[TOKENS];

void *token_of(unsigned int n)
{
	if (n >= TOKENS)
		die("token %u: raise TOKENS", n);
	return &tokens[n];
}

const struct vfe_seg *segs_of(unsigned int n, unsigned int total)
{
	static struct vfe_seg segs[MODEL_MAX_SEGS];
	unsigned int i;

	for (i = 0; i < total && i < MODEL_MAX_SEGS; i++)
		segs[i] = (struct vfe_seg){
			.addr = HOST_BUS_OFFSET * 2 + n * 0x10000ULL +
				i * 0x1001ULL,
			.len = 1 + (n * 7 + i * 512) % 4096,
		};
	return segs;
}

u64 len_of(const struct vfe_seg *segs, unsigned int n)
{
	u64 len = 0;

	while (n--)
		len += segs[n].len;
	return len;
}

unsigned int room_of(unsigned int size)
{
	return (layout & LAYOUTS) == LAYOUTS && size > 1 ? size - 1 : size;
}

void open_ring(u16 size, unsigned int segs, u64 features)
{
	if (host_open(&h, size, segs, features | layout))
		die("no ring");
	model_open(&m, q);
}

unsigned int detach_all(void)
{
	unsigned int n = 0;

	while (n <= q->size && vfe_queue_detach(q))
		n++;
	check(n <= q->size);
	return n;
}

void close_ring(void)
{
	check(!m.error);
	if (m.error)
		printf("# %s\n", m.error);
	detach_all();
	model_close(&m);
	host_close(&h);
}

int add(unsigned int n, unsigned int out, unsigned int in)
{
	return vfe_queue_add(q, segs_of(n, out + in), out, in, token_of(n));
}

void use(unsigned int n)
{
	struct model_buf buf;

	while (n--) {
		check(model_pop(&m, &buf));
		model_push(&m, buf.head, 0);
	}
	model_publish(&m);
}

void claim_split(u32 id, u32 len, unsigned int n)
{
	struct vring_used *used = m.split.used;
	unsigned int at = m.split.next_used % m.size;

	used->ring[at].id = cpu_to_le32(id);
	used->ring[at].len = cpu_to_le32(len);
	m.split.next_used += n;
	used->idx = cpu_to_le16(m.split.next_used);
}

void claim_packed(u16 id, u32 len, u16 flags, unsigned int n)
{
	struct vring_packed_desc *d = &m.packed.desc[m.packed.next_used.slot];

	d->id = cpu_to_le16(id);
	d->len = cpu_to_le32(len);
	d->flags = cpu_to_le16(0x8080 | flags);
	m.packed.next_used.slot += n;
}

void get(unsigned int n)
{
	u32 len;

	while (n--)
		check(vfe_queue_get(q, &len));
	check(!vfe_queue_get(q, &len));
}

void compare(const struct model_buf *buf, unsigned int n, unsigned int out,
	     unsigned int in)
{
	const struct vfe_seg *segs = segs_of(n, out + in);
	unsigned int i;

	check_equal(buf->out, out);
	check_equal(buf->in, in);
	for (i = 0; i < out + in; i++) {
		check_equal(buf->addr[i], segs[i].addr);
		check_equal(buf->len[i], segs[i].len);
	}
}

/* Works again: use a buffer. */
static void expect_repaired(void)
{
	struct model_buf buf;
	u32 len;

	host_reset(&h);
	model_close(&m);
	model_open(&m, q);
	check(!vfe_queue_broken(q));
	check_equal(add(1, 1, 1), 0);
	check(vfe_queue_kick_prepare(q));
	check(model_pop(&m, &buf));
	model_push(&m, buf.head, 1);
	check(model_publish(&m));
	check(vfe_queue_get(q, &len) == token_of(1));
	check_equal(len, 1);
}

void expect_logged_len(u32 len)
{
	char said[64];

	snprintf(said, sizeof(said), "used length %u for a buffer", len);
	check(!vfe_queue_broken(q));
	check(strstr(h.message, said));
	check(strstr(h.message, "queue 3 (test)"));
	check_equal(h.messages, 1);
	check_equal(h.faults, 0);
}

void expect_broken(const char *field, unsigned int left)
{
	u32 len;

	check(vfe_queue_broken(q));
	check(strstr(h.message, field));
	check(strstr(h.message, "queue 3 (test)"));
	check_equal(h.messages, 1);
	check_equal(h.faults, 1);
	check_equal(add(9, 1, 0), -EIO);
	check(!vfe_queue_kick_prepare(q));
	check(!vfe_queue_get(q, &len));
	check(!vfe_queue_interrupt(q));
	vfe_queue_disable_cb(q);
	check(vfe_queue_enable_cb(q));
	check(vfe_queue_enable_cb_after(q, 3));
	check_equal(h.messages, 1);
	check_equal(detach_all(), left);
	expect_repaired();
}

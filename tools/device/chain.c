// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptor chains, direct and indirect (virtio 1.4, 2.7.5), turned into
 * pieces of this process's memory. A chain whose shape makes no sense breaks
 * the device; a buffer outside guest memory only fails its request.
 */
#include <endian.h>
#include <string.h>

#include "virtio.h"

/*
 * One table of descriptors: the queue's own, or an indirect one, which may lie
 * at any address: no pointer to a descriptor points there.
 */
struct table {
	const uint8_t *bytes;
	unsigned int num;
	bool indirect;
};

struct walk {
	struct queue *q;
	struct chain *c;
	uint16_t head;
	struct table table;
	unsigned int steps;
	bool writes;		/* a writable buffer was there */
	/* the last buffer the device may write: its end holds the status */
	uint64_t last_addr;
	uint32_t last_len;
};

/* A copy of what the guest had there at one moment, in host byte order */
struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

static struct desc desc_read(const struct table *t, unsigned int index)
{
	struct vring_desc copy;

	memcpy(&copy, t->bytes + index * sizeof(copy), sizeof(copy));
	/* What follows uses the copy: the compiler must not look again. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return (struct desc) {
		.addr = le64toh(copy.addr),
		.len = le32toh(copy.len),
		.flags = le16toh(copy.flags),
		.next = le16toh(copy.next),
	};
}

static int complain(const struct walk *w, unsigned int index, const char *what,
		    unsigned long long value)
{
	log_line("queue %u: chain %u, %sdescriptor %u: %s 0x%llx",
		 w->q->index, w->head, w->table.indirect ? "indirect " : "",
		 index, what, value);
	return -1;
}

/*
 * Go on in an indirect table; its first descriptor is the next one to read.
 * 2.7.5.3.2: the write flag of @d is ignored.
 */
static int enter_table(struct walk *w, unsigned int index, struct desc d)
{
	const struct vdev *v = w->q->v;
	const void *p;

	if (!vdev_has(v, VIRTIO_RING_F_INDIRECT_DESC))
		return complain(w, index, "indirect, but not negotiated: flags",
				d.flags);
	if (w->table.indirect)
		return complain(w, index, "indirect in an indirect table: flags",
				d.flags);
	if (d.flags & VRING_DESC_F_NEXT)
		return complain(w, index, "both indirect and next: flags",
				d.flags);
	if (!d.len || d.len % sizeof(struct vring_desc))
		return complain(w, index,
				"indirect table not of whole descriptors: length",
				d.len);
	/* 2.7.5.3.1: no chain is longer than the queue size. */
	if (d.len / sizeof(struct vring_desc) > w->q->size)
		return complain(w, index,
				"indirect table longer than the queue size: length",
				d.len);
	p = gmem_ptr(v->gm, d.addr, d.len, false);
	if (!p)
		return complain(w, index,
				"indirect table not in guest memory: address",
				d.addr);
	w->table = (struct table) {
		.bytes = p,
		.num = d.len / sizeof(struct vring_desc),
		.indirect = true,
	};
	return 0;
}

/* A buffer that cannot be used fails the request, and is told once. */
static void buffer_fault(struct walk *w, unsigned int index, const char *what,
			 unsigned long long value)
{
	if (!w->c->fault)
		complain(w, index, what, value);
	w->c->fault = true;
}

static int add_buffer(struct walk *w, unsigned int index, struct desc d)
{
	bool write = d.flags & VRING_DESC_F_WRITE;
	struct chain *c = w->c;
	int used = c->readable + c->writable;
	int n;

	/* 2.7.4.2: readable ones first */
	if (!write && w->writes)
		return complain(w, index, "readable after writable: flags",
				d.flags);
	if (write) {
		w->writes = true;
		w->last_addr = d.addr;
		w->last_len = d.len;
		c->write_len += d.len;
	} else {
		c->read_len += d.len;
	}
	if (!d.len) {
		buffer_fault(w, index, "buffer of length", 0);
		return 0;
	}
	n = gmem_iov(w->q->v->gm, d.addr, d.len, write, c->iov + used,
		     c->max - used);
	if (n < 0) {
		buffer_fault(w, index, "buffer not all guest memory: address",
			     d.addr);
		return 0;
	}
	if (write)
		c->writable += n;
	else
		c->readable += n;
	return 0;
}

/* Return: 1 with the next index in @index, 0 at the end, -1 if broken. */
static int walk_one(struct walk *w, unsigned int *index)
{
	struct desc d;

	if (*index >= w->table.num)
		return complain(w, *index, "index beyond the table of",
				w->table.num);
	/* 2.7.5.2: no loops; longer than the queue can only be one */
	if (w->steps++ >= w->q->size)
		return complain(w, *index,
				"loop, or chain longer than the queue size",
				w->q->size);
	d = desc_read(&w->table, *index);
	if (d.flags & VRING_DESC_F_INDIRECT) {
		if (enter_table(w, *index, d))
			return -1;
		w->steps--;
		*index = 0;
		return 1;
	}
	if (add_buffer(w, *index, d))
		return -1;
	*index = d.next;
	return !!(d.flags & VRING_DESC_F_NEXT);
}

/* The status byte may be usable even when another buffer is not. */
static uint8_t *find_status(const struct walk *w)
{
	uint64_t end = w->last_addr + w->last_len;

	if (!w->last_len || end < w->last_addr)
		return NULL;
	return gmem_ptr(w->q->v->gm, end - 1, 1, true);
}

int chain_read(struct queue *q, uint16_t head, struct chain *c)
{
	struct walk w = {
		.q = q,
		.c = c,
		.head = head,
		.table = { .bytes = q->part[PART_DESC], .num = q->size },
	};
	unsigned int index = head;
	int ret;

	*c = (struct chain) { .iov = q->v->iov, .max = q->v->iov_max };
	do {
		ret = walk_one(&w, &index);
	} while (ret > 0);
	if (ret < 0)
		return ret;
	c->status = find_status(&w);
	return 0;
}

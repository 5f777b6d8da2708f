// SPDX-License-Identifier: GPL-2.0
/*
 * Translates buffers and indirect tables of descriptor chains to this process's
 * memory. A malformed chain breaks the device; a buffer outside guest memory
 * only fails its request.
 */
#include "virtio/chain.h"
#include "virtio/virtio.h"

void chain_begin(struct walk *w, struct queue *q, struct chain *c,
		 unsigned int head)
{
	*w = (struct walk) { .q = q, .c = c, .head = head };
	*c = (struct chain) {
		.iov = q->v->iov + q->v->iov_used,
		.max = q->v->iov_max - q->v->iov_used,
	};
}

int chain_complain(const struct walk *w, unsigned int index, const char *what,
		   unsigned long long value)
{
	log_line("queue %u: chain %u, %sdescriptor %u: %s 0x%llx",
		 w->q->index, w->head, w->indirect ? "indirect " : "",
		 index, what, value);
	return -1;
}

/* 2.7.5.3.2, 2.8.7: the write flag of @d is ignored. */
int chain_table(struct walk *w, unsigned int index, const struct desc *d,
		uint32_t max, struct table *t)
{
	const struct vdev *v = w->q->v;

	if (!vdev_has(v, VIRTIO_RING_F_INDIRECT_DESC))
		return chain_complain(w, index,
				      "indirect, but not negotiated: flags",
				      d->flags);
	if (w->indirect)
		return chain_complain(w, index,
				      "indirect in an indirect table: flags",
				      d->flags);
	if (d->flags & VRING_DESC_F_NEXT)
		return chain_complain(w, index,
				      "both indirect and next: flags",
				      d->flags);
	if (!d->len || d->len % sizeof(struct vring_desc))
		return chain_complain(w, index,
				      "indirect table not of whole descriptors: length",
				      d->len);
	t->num = d->len / sizeof(struct vring_desc);
	if (t->num > max)
		return chain_complain(w, index,
				      "indirect table longer than allowed: length",
				      d->len);
	t->bytes = gmem_ptr(v->gm, d->addr, d->len, false);
	if (!t->bytes)
		return chain_complain(w, index,
				      "indirect table not in guest memory: address",
				      d->addr);
	w->indirect = true;
	return 0;
}

/* An unusable buffer fails the request, and is logged once. */
static void buffer_fault(struct walk *w, unsigned int index, const char *what,
			 unsigned long long value)
{
	if (!w->c->fault)
		chain_complain(w, index, what, value);
	w->c->fault = true;
}

static void add_pieces(struct walk *w, unsigned int index,
		       const struct desc *d, bool write)
{
	struct chain *c = w->c;
	int used = c->readable + c->writable;
	int n;

	if (!d->len) {
		buffer_fault(w, index, "buffer of length", 0);
		return;
	}
	n = gmem_iov(w->q->v->gm, d->addr, d->len, write, c->iov + used,
		     c->max - used);
	if (n < 0)
		buffer_fault(w, index, "buffer not all guest memory: address",
			     d->addr);
	else if (write)
		c->writable += n;
	else
		c->readable += n;
}

int chain_buffer(struct walk *w, unsigned int index, const struct desc *d)
{
	bool write = d->flags & VRING_DESC_F_WRITE;

	/* 2.7.4.2, 2.8.17: readable ones first */
	if (!write && w->writes)
		return chain_complain(w, index,
				      "readable after writable: flags",
				      d->flags);
	if (write) {
		w->writes = true;
		w->last_addr = d->addr;
		w->last_len = d->len;
		if (w->c->heads < CHAIN_HEADS)
			w->c->head[w->c->heads++] = (struct guest_part){
				d->addr, d->len
			};
		w->c->write_len += d->len;
	} else {
		w->c->read_len += d->len;
	}
	add_pieces(w, index, d, write);
	return 0;
}

/* The status byte may be usable even when another buffer is not. */
void chain_end(struct walk *w)
{
	uint64_t end = w->last_addr + w->last_len;

	w->c->last_addr = end - 1;
	if (w->last_len && end >= w->last_addr)
		w->c->last = gmem_ptr(w->q->v->gm, end - 1, 1, true);
}

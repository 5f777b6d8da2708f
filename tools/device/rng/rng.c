// SPDX-License-Identifier: GPL-2.0
/*
 * The entropy device (virtio 1.4, 5.4): one queue, whose buffers it fills with
 * random bytes. The smallest class, as an example.
 */
#include <sys/random.h>
#include <vfe/wire_rng.h>

#include "rng/rng.h"
#include "virtio/virtio.h"

#define PCI_CLASS_OTHER	0x00ff00
/* Most bytes for one buffer, of any length. */
#define MOST_BYTES	(64U << 10)

/* Return: whether there are random bytes now */
static bool fill(uint8_t *to, size_t len)
{
	while (len) {
		/* Up to 256 bytes getrandom() returns completely, or fails. */
		size_t part = len < 256 ? len : 256;

		if (getrandom(to, part, 0) < 0)
			return false;
		to += part;
		len -= part;
	}
	return true;
}

static int complain(const struct queue *q, const char *what)
{
	q->v->c->of_class[RNG_ERRORS]++;
	log_line("queue %u: %s", q->index, what);
	return -1;
}

static int rng_request(struct queue *q, struct chain *c, uint32_t *len)
{
	const struct iovec *iov = c->iov + c->readable;

	*len = 0;
	if (c->fault)
		return complain(q, "a buffer that is not all guest memory");
	/* 5.4.6.1: no buffer has a device-readable part. */
	if (c->read_len || !c->write_len)
		return complain(q, "a buffer that is not for the device to write");
	for (int i = 0; i < c->writable && *len < MOST_BYTES; i++) {
		size_t part = iov[i].iov_len;

		if (part > MOST_BYTES - *len)
			part = MOST_BYTES - *len;
		if (!fill(iov[i].iov_base, part))
			return complain(q, "getrandom fails: no random bytes");
		*len += part;
	}
	q->v->c->of_class[RNG_REQUESTS]++;
	q->v->c->of_class[RNG_BYTES] += *len;
	return 0;
}

static const struct vdev_counter counters[] = {
	[RNG_REQUESTS] = { "requests", "read" },
	[RNG_ERRORS] = { "requests", "error" },
	[RNG_BYTES] = { "bytes", "read" },
	[RNG_NUM_COUNTS] = { }
};

const struct vdev_class rng_class = {
	.name = "rng",
	.type = VFE_TYPE_ENTROPY,
	.pci_class = PCI_CLASS_OTHER,
	.queues = 1,
	.max_queues = 1,
	.request = rng_request,
	.counters = counters,
};

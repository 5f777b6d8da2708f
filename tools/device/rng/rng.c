// SPDX-License-Identifier: GPL-2.0
/*
 * The entropy device (virtio 1.4, 5.4): one queue, whose buffers it fills with
 * random bytes. The smallest class, as an example.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <vfe/wire_rng.h>

#include "base/parse.h"
#include "base/random.h"
#include "rng/rng.h"
#include "virtio/virtio.h"

#define PCI_CLASS_OTHER	0x00ff00
/* Most bytes for one buffer, of any length. */
#define MOST_BYTES	(64U << 10)

#define KEY_ENTROPY_SEED	256

struct rng {
	const struct rng_options *o;
	uint64_t random;	/* state of random_next(), with --entropy-seed */
};

static const struct argp_option list[] = {
	{ "entropy-seed", KEY_ENTROPY_SEED, "N", 0,
	  "Give the same bytes each time, for tests (default: those of getrandom)",
	  0 },
	{ }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct rng_options *o = state->input;

	if (key != KEY_ENTROPY_SEED)
		return ARGP_ERR_UNKNOWN;
	o->seeded = true;
	return parse_result(parse_number("--entropy-seed", arg, 0, UINT32_MAX,
					 &o->seed));
}

static const struct argp argp = { .options = list, .parser = parse };
static struct rng_options default_options;

static void *rng_open(const struct options *o)
{
	struct rng *r = calloc(1, sizeof(*r));

	if (!r) {
		fprintf(stderr, "vfe-device: no memory for an entropy device\n");
		return NULL;
	}
	r->o = o->of_class;
	r->random = r->o->seed;
	return r;
}

/* Return: whether there are random bytes now */
static bool fill(struct rng *r, uint8_t *to, size_t len)
{
	while (len) {
		size_t part = len < 256 ? len : 256;

		if (!r->o->seeded) {
			/*
			 * getrandom() returns up to 256 bytes completely, or
			 * fails.
			 */
			if (getrandom(to, part, 0) < 0)
				return false;
		} else {
			uint64_t bits = random_next(&r->random);

			part = len < sizeof(bits) ? len : sizeof(bits);
			memcpy(to, &bits, part);
		}
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
	struct rng *r = q->v->state;
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
		if (!fill(r, iov[i].iov_base, part))
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
	.title = "Entropy device (--class rng):",
	.argp = &argp,
	.options = &default_options,
	.open = rng_open,
	.close = free,
	.request = rng_request,
	.counters = counters,
};

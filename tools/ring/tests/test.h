/* SPDX-License-Identifier: GPL-2.0 */
/* A runner in miniature: lists of tests, checks, TAP. */
#ifndef RING_TEST_H
#define RING_TEST_H

#include <linux/virtio_config.h>

#include "../host.h"
#include "../model.h"

struct test {
	const char *name;
	void (*run)(void);
};

/* each list ends with a test that has no name */
extern const struct test good_tests[];
extern const struct test split_tests[];
extern const struct test bad_tests[];
extern const struct test bad_packed_tests[];
extern const struct test bad_split_tests[];
extern const struct test in_order_tests[];
extern const struct test packed_tests[];
extern const struct test random_tests[];
extern const struct test table_tests[];

void check_at(bool ok, const char *expr, const char *file, int line);
void check_equal_at(unsigned long long a, unsigned long long b,
		    const char *expr, const char *file, int line);

#define check(expr)	check_at(expr, #expr, __FILE__, __LINE__)
#define check_equal(a, b) \
	check_equal_at(a, b, #a " == " #b, __FILE__, __LINE__)

#define EVENT		FEATURE(VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT	FEATURE(VIRTIO_RING_F_INDIRECT_DESC)
#define IN_ORDER	FEATURE(VIRTIO_F_IN_ORDER)
#define PACKED		FEATURE(VIRTIO_F_RING_PACKED)
#define LAYOUTS		(IN_ORDER | PACKED)
#define BIGGEST		32768	/* virtio 1.4, 2.7 */

/* --- fixture.c --- */

/* One ring at a time, the device beside it, and what open_ring() adds */
extern struct host h;
extern struct model m;
extern u64 layout;
static struct vfe_queue *const q = &h.q;

void open_ring(u16 size, unsigned int segs, u64 features);
/* Detach all buffers. Return: how many, and no more than fit in the ring */
unsigned int detach_all(void);
/* Detaches all buffers; the model must have found no rule broken. */
void close_ring(void);

/* A token, and the pieces of a buffer: at different places, of odd lengths */
void *token_of(unsigned int n);
const struct vfe_seg *segs_of(unsigned int n, unsigned int total);
u64 len_of(const struct vfe_seg *segs, unsigned int n);

/*
 * The device uses a buffer and @n - 1 before it, or a list of @n descriptors,
 * whatever the driver made available: without the model's rules, and in the
 * first round of a packed ring.
 */
void claim_split(u32 id, u32 len, unsigned int n);
void claim_packed(u16 id, u32 len, u16 flags, unsigned int n);

/* Adds buffer @n, of @out and @in of these pieces; checks that it is that. */
int add(unsigned int n, unsigned int out, unsigned int in);
void compare(const struct model_buf *buf, unsigned int n, unsigned int out,
	     unsigned int in);
/* The device takes @n buffers and uses them, all published at once. */
void use(unsigned int n);
/* The driver gets @n buffers, and there are no more. */
void get(unsigned int n);

/*
 * Descriptors that may be in use at a time: with PACKED and IN_ORDER one stays
 * free, for devices that lose what empties a ring that was full.
 */
unsigned int room_of(unsigned int size);

/*
 * A broken queue does nothing and logged why once, with @field; @left buffers
 * are in it, and a reset repairs it.
 */
void expect_broken(const char *field, unsigned int left);
/* The ring works on, and logged once that a used length of @len is wrong. */
void expect_logged_len(u32 len);

#endif /* RING_TEST_H */

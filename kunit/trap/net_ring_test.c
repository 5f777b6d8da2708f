// SPDX-License-Identifier: GPL-2.0
/*
 * The receive ring of vfe_trap_net, without a device: the arithmetic of its
 * pages, and every way in which a header can be wrong.
 */
#include "../drivers/trap/net/ring.h"
#include "lib/suite.h"

static const struct vfe_trap_net_ring ring = {
	.start = 7, .stop = 64, .next = 60,
};

static void ring_pages(struct kunit *test)
{
	u32 from, n;

	for (from = ring.start; from < ring.stop; from++) {
		for (n = 0; n < ring.stop - ring.start; n++) {
			u32 to = vfe_trap_net_behind(&ring, from,
						     n * VFE_NET_PAGE_SIZE);

			KUNIT_ASSERT_TRUE(test,
					  vfe_trap_net_in_ring(&ring, to));
			KUNIT_ASSERT_EQ(test, n,
					vfe_trap_net_between(&ring, from, to));
		}
	}
	KUNIT_EXPECT_EQ(test, 8U, vfe_trap_net_behind(&ring, 7, 1));
	KUNIT_EXPECT_EQ(test, 8U, vfe_trap_net_behind(&ring, 7, 256));
	KUNIT_EXPECT_EQ(test, 9U, vfe_trap_net_behind(&ring, 7, 257));
	KUNIT_EXPECT_EQ(test, 7U, vfe_trap_net_behind(&ring, 63, 256));
	KUNIT_EXPECT_FALSE(test, vfe_trap_net_in_ring(&ring, 6));
	KUNIT_EXPECT_FALSE(test, vfe_trap_net_in_ring(&ring, 64));
	KUNIT_EXPECT_FALSE(test, vfe_trap_net_in_ring(&ring, U32_MAX));
}

/* A header at page 60, and the page that the device writes next */
struct ring_case {
	const char *what;
	struct vfe_net_packet p;
	u16 length;
	u32 current_page;
	int ret;
};

static const struct ring_case ring_cases[] = {
	{ "the shortest", { 1, 61 }, 18, 61, 14 },
	{ "more behind it", { 1, 61 }, 18, 40, 14 },
	{ "a page", { 1, 61 }, 256, 61, 252 },
	{ "a byte more", { 1, 62 }, 257, 62, 253 },
	{ "the longest, around the end", { 0x21, 9 }, 1522, 9, 1518 },
	{ "too short", { 1, 61 }, 17, 61, -EBADMSG },
	{ "no length", { 1, 61 }, 0, 61, -EBADMSG },
	{ "too long", { 1, 9 }, 1523, 9, -EBADMSG },
	{ "as long as can be", { 1, 9 }, 0xffff, 9, -EBADMSG },
	{ "not good", { 0x20, 61 }, 18, 61, -EBADMSG },
	{ "beyond current", { 1, 62 }, 257, 61, -EBADMSG },
	{ "next too near", { 1, 60 }, 18, 61, -EBADMSG },
	{ "next too far", { 1, 62 }, 18, 62, -EBADMSG },
	{ "next in front of the ring", { 1, 6 }, 18, 61, -EBADMSG },
	{ "next behind the ring", { 1, 64 }, 1024, 7, -EBADMSG },
	{ "ones", { 0xff, 0xff }, 0xffff, 61, -EBADMSG },
	{ "zeroes", { 0, 0 }, 0, 61, -EBADMSG },
};

static void ring_headers(struct kunit *test)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ring_cases); i++) {
		const struct ring_case *c = &ring_cases[i];
		struct vfe_net_packet p = c->p;

		p.length = cpu_to_le16(c->length);
		KUNIT_EXPECT_EQ_MSG(test, c->ret,
				    vfe_trap_net_check(&ring, c->current_page,
						       &p),
				    "%s", c->what);
	}
}

/* Any header and any page: a length that fits, or none */
static void ring_any_header(struct kunit *test)
{
	u32 x = 1, i, current_page;

	for (i = 0; i < 200000; i++) {
		struct vfe_net_packet p;
		int len;

		x = x * 1664525 + 1013904223;
		p.status = x >> 24 & 0x21;
		p.next = 60 + (x >> 16 & 15);
		p.length = cpu_to_le16(x >> 3 & 0x7ff);
		current_page = ring.start + x % (ring.stop - ring.start);
		if (current_page == ring.next)
			continue;
		len = vfe_trap_net_check(&ring, current_page, &p);
		if (len == -EBADMSG)
			continue;
		KUNIT_ASSERT_GE(test, len, VFE_NET_WINDOW_MIN);
		KUNIT_ASSERT_LE(test, len, VFE_NET_WINDOW_FRAME);
		KUNIT_ASSERT_TRUE(test, vfe_trap_net_in_ring(&ring, p.next));
	}
}

static struct kunit_case ring_suite[] = {
	KUNIT_CASE(ring_pages),
	KUNIT_CASE(ring_headers),
	KUNIT_CASE(ring_any_header),
	{}
};

VFE_SUITE(ring_suite);

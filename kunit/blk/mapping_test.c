// SPDX-License-Identifier: GPL-2.0
/*
 * The data of requests: with physical addresses (drivers/blk/request.c) or
 * through the DMA API (dma.c), in an indirect table or a chain in the ring, with
 * few segments and with so many that they need an allocation (memory.c).
 */

#include "lib/blk_fixture.h"
#include "lib/failslab.h"
#include "lib/suite.h"

struct path_way {
	const char *name;
	u64 features;
	bool translated;
	bool bus;
};

#define PLATFORM	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_F_ACCESS_PLATFORM))

static const struct path_way path_ways[] = {
	{ "table", VFE_MOCK_FEATURES, false, false },
	{ "table, bus with an offset", VFE_MOCK_FEATURES, true, false },
	{ "DMA API", PLATFORM, false, false },
	{ "DMA API, bus with an offset", PLATFORM, true, true },
	{ "in the ring", BIT_ULL(VIRTIO_F_VERSION_1), false, false },
	{ "DMA API, in the ring", BIT_ULL(VIRTIO_F_VERSION_1) |
	  BIT_ULL(VIRTIO_F_ACCESS_PLATFORM), true, true },
};

KUNIT_ARRAY_PARAM_DESC(path_way, path_ways, name);

static struct tdisk *path_disk(struct kunit *test)
{
	const struct path_way *way = test->param_value;
	const struct vfe_mock_spec spec = {
		.features = way->features, .translated = way->translated,
	};
	struct tdisk *td = tdisk_plug(test, &spec,
				      BIT_ULL(VIRTIO_BLK_F_SEG_MAX));

	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	return td;
}

/* A write with @n segments. Return: its request, sent */
static struct tdisk_io *path_write(struct tdisk *td, unsigned int n)
{
	struct tdisk_io *io;
	unsigned int i;

	tdisk_recycle(td);
	io = tdisk_io(td, REQ_OP_WRITE, 8);
	for (i = 0; i < n; i++) {
		memset(td->memory + td->memory_used, i + n, SECTOR_SIZE);
		tdisk_segment(td, io, SECTOR_SIZE, SECTOR_SIZE);
	}
	tdisk_send(io);
	return io;
}

static void path_expect(struct tdisk *td, struct tdisk_io *io, unsigned int n)
{
	const struct path_way *way = td->test->param_value;
	unsigned int i;

	KUNIT_EXPECT_EQ(td->test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(td->test, n + 1, td->seen.out);
	for (i = 0; i < n; i++)
		KUNIT_EXPECT_TRUE(td->test,
				  tdisk_holds(td, 8 + i, io->data +
					      2 * i * SECTOR_SIZE,
					      SECTOR_SIZE));
	for (i = 0; i < td->seen.out + td->seen.in; i++)
		KUNIT_EXPECT_EQ(td->test, way->bus,
				td->seen.segs[i].addr >= VFE_MOCK_BUS);
}

static void path_of_pieces(struct kunit *test)
{
	static const unsigned int counts[] = { 1, 2, 16, 17, 60 };
	struct tdisk *td = path_disk(test);
	unsigned int i;

	VFE_DUTY(test, "B26", "6.1",
		 "with ACCESS_PLATFORM all addresses of a request are those of the bus");
	for (i = 0; i < ARRAY_SIZE(counts); i++)
		path_expect(td, path_write(td, counts[i]), counts[i]);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* A write with many segments succeeds although its @nth allocation fails. */
static void path_write_without(struct tdisk *td, unsigned int nth)
{
	unsigned int pieces = 20 + nth % 8;
	struct tdisk_io *io;
	bool failed;

	fail_nth(nth);
	io = path_write(td, pieces);
	failed = fail_end();
	path_expect(td, io, pieces);
	KUNIT_EXPECT_TRUE(td->test, failed || nth > 1);
}

/*
 * No memory for many segments: the queue has preallocated descriptors for one
 * such request.
 */
static void path_without_memory(struct kunit *test)
{
	struct tdisk *td = path_disk(test);
	unsigned int nth;

	fail_require(test);
	tdisk_expect_works(td);
	/* twice, since the descriptors must be free again */
	path_write_without(td, 1);
	for (nth = 1; nth < 30; nth++)
		path_write_without(td, nth);
	/* a pool has memory by now, and does not allocate */
	for (nth = 1; nth <= 10; nth++)
		path_write_without(td, nth);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case path_cases[] = {
	KUNIT_CASE_PARAM(path_of_pieces, path_way_gen_params),
	KUNIT_CASE_PARAM(path_without_memory, path_way_gen_params),
	{ }
};

VFE_SUITE(path_cases);

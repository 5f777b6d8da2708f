// SPDX-License-Identifier: GPL-2.0
/*
 * Discards, write zeroes and secure erases of vfe_blk: their ranges keep the
 * device's limits and the disk's end.
 */

#include "lib/blk_fixture.h"
#include "lib/suite.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)
#define DISCARD_SECTORS	64
#define DISCARD_RANGES	4

static struct tdisk *blk_ranges_disk(struct kunit *test, u32 alignment)
{
	struct tdisk *td = tdisk_disk(test, F(DISCARD) | F(WRITE_ZEROES));
	struct virtio_blk_config *config = tdisk_config(td);

	tdisk_unbind(td);
	config->max_discard_sectors =
		(__force __virtio32)cpu_to_le32(DISCARD_SECTORS);
	config->max_discard_seg =
		(__force __virtio32)cpu_to_le32(DISCARD_RANGES);
	config->discard_sector_alignment =
		(__force __virtio32)cpu_to_le32(alignment);
	config->max_write_zeroes_sectors =
		(__force __virtio32)cpu_to_le32(DISCARD_SECTORS);
	config->max_write_zeroes_seg = (__force __virtio32)cpu_to_le32(1);
	config->write_zeroes_may_unmap = 1;
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	tdisk_recycle(td);
	return td;
}

/* Checks one discard or write-zeroes request that the device received. */
static void blk_check_ranges(struct tdisk *td, u32 flags)
{
	const struct virtio_blk_discard_write_zeroes *range;
	struct kunit *test = td->test;
	unsigned int i, n;

	KUNIT_EXPECT_EQ(test, 2U, td->seen.out);
	KUNIT_EXPECT_EQ(test, 1U, td->seen.in);
	/* not asserted: that would end the device's thread, not the test's */
	if (td->seen.out != 2)
		return;
	KUNIT_EXPECT_EQ(test, 0U, (u32)(td->seen.segs[1].len % sizeof(*range)));
	n = td->seen.segs[1].len / sizeof(*range);
	KUNIT_EXPECT_GE(test, n, 1U);
	KUNIT_EXPECT_LE(test, n, (unsigned int)DISCARD_RANGES);
	range = tdisk_ranges(&td->seen);
	for (i = 0; i < min_t(unsigned int, n, DISCARD_RANGES); i++) {
		KUNIT_EXPECT_LE(test, le32_to_cpu(range[i].num_sectors),
				(u32)DISCARD_SECTORS);
		KUNIT_EXPECT_EQ(test, flags, le32_to_cpu(range[i].flags));
	}
}

/* The hook checks each request while its memory is valid. */
static bool blk_check_discard(struct vfe_mock_disk *back,
			      struct vfe_mock_queue *mq,
			      struct vfe_mock_chain *chain)
{
	struct tdisk *td = back->priv;

	tdisk_request(back, mq, chain);
	if (tdisk_type(chain) == VIRTIO_BLK_T_DISCARD)
		blk_check_ranges(td, 0);
	return false;
}

static int blk_discard(struct tdisk *td, u64 sector, u64 sectors)
{
	return blkdev_issue_discard(td->disk->part0, sector, sectors,
				    GFP_KERNEL);
}

static void discard_is_within_the_limits(struct kunit *test)
{
	struct tdisk *td;

	VFE_DUTY(test, "K05", "5.2.6.1",
		 "discard: whole segments, as many and as large as allowed, unmap 0");
	td = blk_ranges_disk(test, 8);
	td->back->request = blk_check_discard;
	KUNIT_EXPECT_EQ(test, 0, blk_discard(td, 3, 1000));
	/* split at multiples of 8: 5, then 64 each, the rest */
	KUNIT_EXPECT_GE(test, td->num_types, 1000U / DISCARD_SECTORS / 4);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * Sends @n discards of ranges apart from each other, in one batch. @segments: if
 * not 0, what the block layer counts in the first request
 */
static void blk_send_discards(struct tdisk *td, unsigned int n,
			      unsigned int segments)
{
	struct tdisk_io *io;
	struct blk_plug plug;
	unsigned int i;

	blk_start_plug(&plug);
	for (i = 0; i < n; i++) {
		io = tdisk_io(td, REQ_OP_DISCARD, 64 * i);
		io->bio.bi_iter.bi_size = 8 * SECTOR_SIZE;
		tdisk_send(io);
	}
	if (segments)
		rq_list_peek(&plug.mq_list)->nr_phys_segments = segments;
	blk_finish_plug(&plug);
}

static void discards_are_joined_up_to_the_limit(struct kunit *test)
{
	struct tdisk *td;
	unsigned int i;

	VFE_DUTY(test, "K05", "5.2.6.1",
		 "discard: no more segments in one than max_discard_seg");
	td = blk_ranges_disk(test, 8);
	td->back->request = blk_check_discard;
	blk_send_discards(td, 10, 0);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, &td->ios[i]));
	KUNIT_EXPECT_GE(test, td->num_types, 10U / DISCARD_RANGES);
	KUNIT_EXPECT_LT(test, td->num_types, 10U);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * Each bio has its range, even if the block layer's count of segments is wrong;
 * a merge of discards has left it so in some kernels.
 */
static void discard_of_miscounted_segments(struct kunit *test)
{
	struct tdisk *td = blk_ranges_disk(test, 8);
	unsigned int i;

	td->back->request = blk_check_discard;
	blk_send_discards(td, 3, 2);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, &td->ios[i]));
	KUNIT_EXPECT_EQ(test, 1U, td->num_types);
	KUNIT_EXPECT_EQ(test, 3 * (u32)sizeof(*tdisk_ranges(&td->seen)),
			td->seen.segs[1].len);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void discard_alignment_beyond_the_maximum(struct kunit *test)
{
	struct tdisk *td;
	int err;

	VFE_DUTY(test, "K05", "5.2.6.1",
		 "discard: not larger than allowed, whatever discard_sector_alignment is");
	td = blk_ranges_disk(test, 2 * DISCARD_SECTORS);
	td->back->request = blk_check_discard;
	/* no discard at all is acceptable, an error of the device is not */
	err = blk_discard(td, 0, 1024);
	KUNIT_EXPECT_TRUE(test, !err || err == -EOPNOTSUPP);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void write_zeroes_is_within_the_limits(struct kunit *test)
{
	struct tdisk *td;
	int i;

	VFE_DUTY(test, "K05", "5.2.6.1",
		 "write zeroes: whole segments, as many and as large as allowed");
	td = blk_ranges_disk(test, 8);
	memset(td->back->data, 0xee, 512 * SECTOR_SIZE);
	KUNIT_EXPECT_EQ(test, 0,
			blkdev_issue_zeroout(td->disk->part0, 10, 200,
					     GFP_KERNEL, 0));
	blk_check_ranges(td, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP);
	KUNIT_EXPECT_EQ(test, 4U, td->num_types);
	KUNIT_EXPECT_EQ(test, 0, memchr_inv(td->back->data + 10 * SECTOR_SIZE,
					    0, 200 * SECTOR_SIZE) != NULL);
	for (i = 9; i <= 210; i += 201)
		KUNIT_EXPECT_EQ(test, 0xee, td->back->data[i * SECTOR_SIZE]);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void secure_erase_is_within_the_limits(struct kunit *test)
{
	struct virtio_blk_config *config;
	struct tdisk *td;

	VFE_DUTY(test, "K05", "5.2.6.1",
		 "secure erase: whole segments, as many and as large as allowed");
	td = tdisk_disk(test, F(DISCARD) | F(RO));
	tdisk_unbind(td);
	td->m->offered = (td->m->offered | F(SECURE_ERASE)) & ~F(RO);
	config = tdisk_config(td);
	config->max_secure_erase_sectors =
		(__force __virtio32)cpu_to_le32(DISCARD_SECTORS);
	config->max_secure_erase_seg = (__force __virtio32)cpu_to_le32(1);
	config->secure_erase_sector_alignment =
		(__force __virtio32)cpu_to_le32(1);
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	KUNIT_EXPECT_NE(test, 0ULL, td->m->accepted & F(SECURE_ERASE));
	tdisk_recycle(td);
	/*
	 * this device ignores the request; the test checks what the driver sent
	 */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			blkdev_issue_secure_erase(td->disk->part0, 8, 64,
						  GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_BLK_T_SECURE_ERASE,
			tdisk_type(&td->seen));
	blk_check_ranges(td, 0);
}

/* A discard of several ranges that fails: all of them failed. */
static void discard_that_fails(struct kunit *test)
{
	struct tdisk *td;
	unsigned int i;

	VFE_DUTY(test, "K06", "5.2.6.1",
		 "nothing is assumed of the segments of a request that failed");
	td = blk_ranges_disk(test, 8);
	td->back->status = VIRTIO_BLK_S_IOERR;
	blk_send_discards(td, 3, 0);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, &td->ios[i]));
	/* they were sent as one, and none was sent again separately */
	KUNIT_EXPECT_EQ(test, 1U, td->num_types);
	KUNIT_EXPECT_EQ(test, 3 * (u32)sizeof(*tdisk_ranges(&td->seen)),
			td->seen.segs[1].len);
}

static u32 zeroes_flags(struct tdisk *td, unsigned int how)
{
	KUNIT_EXPECT_EQ(td->test, 0,
			blkdev_issue_zeroout(td->disk->part0, 0, 64,
					     GFP_KERNEL, how));
	KUNIT_EXPECT_EQ(td->test, (u32)VIRTIO_BLK_T_WRITE_ZEROES,
			tdisk_type(&td->seen));
	return le32_to_cpu(tdisk_ranges(&td->seen)->flags);
}

/*
 * A request that waited for room while the disk shrank: each range is checked.
 */
static void discard_beyond_a_shrunk_disk(struct kunit *test)
{
	struct tdisk *td = tdisk_small_ring(test, F(DISCARD));
	struct tdisk_io *full, *io;

	td->keep = true;
	full = tdisk_fill_ring(td, 0);
	KUNIT_ASSERT_TRUE(test, TDISK_WAIT_FOR(td->num_kept));
	io = tdisk_io(td, REQ_OP_DISCARD, 1500);
	io->bio.bi_iter.bi_size = 8 * SECTOR_SIZE;
	tdisk_send(io);
	tdisk_config(td)->capacity = (__force __virtio64)cpu_to_le64(1504);
	vfe_mock_config_interrupt(td->m);
	KUNIT_ASSERT_TRUE(test, TDISK_WAIT_FOR(get_capacity(td->disk) == 1504));
	td->keep = false;
	tdisk_complete(td, 0);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, full));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_NE(test, (u32)VIRTIO_BLK_T_DISCARD, tdisk_type(&td->seen));
}

/* Write zeroes may deallocate if device and caller allow it. */
static void zeroes_that_may_unmap(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(WRITE_ZEROES));

	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP,
			zeroes_flags(td, 0));
	KUNIT_EXPECT_EQ(test, 0U, zeroes_flags(td, BLKDEV_ZERO_NOUNMAP));
	tdisk_unbind(td);
	tdisk_config(td)->write_zeroes_may_unmap = 0;
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	KUNIT_EXPECT_EQ(test, 0U, zeroes_flags(td, 0));
}

static struct kunit_case discard_cases[] = {
	KUNIT_CASE(discard_is_within_the_limits),
	KUNIT_CASE(discards_are_joined_up_to_the_limit),
	KUNIT_CASE(discard_of_miscounted_segments),
	KUNIT_CASE(discard_alignment_beyond_the_maximum),
	KUNIT_CASE(write_zeroes_is_within_the_limits),
	KUNIT_CASE(secure_erase_is_within_the_limits),
	KUNIT_CASE(discard_that_fails),
	KUNIT_CASE(discard_beyond_a_shrunk_disk),
	KUNIT_CASE(zeroes_that_may_unmap),
	{ }
};

VFE_SUITE(discard_cases);

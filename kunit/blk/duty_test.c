// SPDX-License-Identifier: GPL-2.0
/*
 * The requirements of virtio 1.4, 5.2 for the driver of a block device, one
 * case per duty, and basic duties for its requests. The ids are those of the
 * list of duties.
 */
#include <linux/module.h>

#include "lib/duty.h"
#include "lib/blk_fixture.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)
#define WCE		offsetof(struct virtio_blk_config, wce)

/* --- B21 and B26, of requests --- */

/* Requests that have ended */
static unsigned int blk_ended(const struct vfe_rig *rig)
{
	unsigned int i, n = 0;

	for (i = 0; i < rig->num_ios; i++)
		n += READ_ONCE(rig->ios[i].ends);
	return n;
}

/* From the reset of a live device to the last status read that shows it live */
static bool blk_resetting(const struct vfe_mock *m,
			  const struct vfe_mock_access *a)
{
	if (a->reg != VFE_REG_DEVICE_STATUS)
		return false;
	if (a->dir == VFE_WRITE)
		return !a->val && m->status & VIRTIO_CONFIG_S_DRIVER_OK;
	return a->val & VIRTIO_CONFIG_S_DRIVER_OK;
}

/* The device keeps its buffers until its reset is known to have ended. */
static bool blk_early(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct vfe_rig *rig = m->knobs.priv;

	if (blk_resetting(m, a))
		KUNIT_EXPECT_EQ(rig->test, 0U, blk_ended(rig));
	return false;
}

static void B21_requests_end_after_the_reset(struct kunit *test)
{
	struct vfe_rig *rig;
	struct vfe_rig_io *io;
	unsigned int n;

	VFE_DUTY(test, "B21", "3.3.1",
		 "a request that the device has is given back after a reset, not before");
	rig = vfe_rig_disk(test, 0);
	rig->keep = true;
	rig->m->knobs.reset_reads = 3;
	rig->m->knobs.access = blk_early;
	rig->m->knobs.priv = rig;
	io = vfe_rig_start(rig, REQ_OP_WRITE, 0, 4096, 1);
	/* sent again after each reset, and completed after the third */
	for (n = 1; n <= 3; n++) {
		KUNIT_ASSERT_TRUE(test, VFE_RIG_UNTIL(rig->num_kept == n));
		KUNIT_EXPECT_EQ(test, 0U, blk_ended(rig));
		rig->keep = n < 3;
		vfe_mock_log_clear(rig->m);
		KUNIT_EXPECT_TRUE(test, vfe_mock_needs_reset(rig->m));
	}
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	rig->m->knobs.access = NULL;
	KUNIT_EXPECT_GT(test, vfe_mock_count(rig->m, VFE_REG_DEVICE_STATUS,
					     VFE_READ), 3U);
	vfe_rig_serve(rig);
	vfe_rig_works(rig);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static void B26_requests_have_addresses_of_the_bus(struct kunit *test)
{
	const struct vfe_mock_spec spec = { .translated = true };
	struct vfe_rig *rig;
	unsigned int i;

	VFE_DUTY(test, "B26", "6.1",
		 "with ACCESS_PLATFORM all addresses of a request are those of the bus");
	rig = vfe_rig_plug(test, &spec, BIT_ULL(VIRTIO_F_ACCESS_PLATFORM));
	KUNIT_ASSERT_NOT_NULL(test, rig->disk);
	/* header, data, status */
	vfe_rig_works(rig);
	KUNIT_EXPECT_GE(test, rig->seen.out + rig->seen.in, 3U);
	for (i = 0; i < rig->seen.out + rig->seen.in; i++)
		KUNIT_EXPECT_GE(test, rig->seen.segs[i].addr, VFE_MOCK_BUS);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* --- K01 --- */

static bool blk_is_config(const struct vfe_mock_access *a, enum vfe_dir dir,
			  u32 offset)
{
	return a->reg == VFE_REG_DEVICE_CONFIG && a->dir == dir &&
	       a->offset <= offset && offset < a->offset + a->size;
}

/* First entry of the log that sets a bit of device_status */
static unsigned int blk_status_set(const struct vfe_mock *m, u8 bit)
{
	unsigned int i;

	for (i = 0; i < m->log_len; i++)
		if (m->log[i].reg == VFE_REG_DEVICE_STATUS &&
		    m->log[i].dir == VFE_WRITE && m->log[i].val & bit)
			break;
	return i;
}

static void K01_writeback_is_read_after_features_ok(struct kunit *test)
{
	struct vfe_rig *rig;
	unsigned int i, ok, reads = 0;

	VFE_DUTY(test, "K01", "5.2.5.1",
		 "writeback is not read before FEATURES_OK, ZONED is accepted only by a driver that handles zones");
	rig = vfe_rig_disk(test, F(FLUSH) | F(CONFIG_WCE) | F(ZONED));
	ok = blk_status_set(rig->m, VIRTIO_CONFIG_S_FEATURES_OK);
	KUNIT_ASSERT_LT(test, ok, rig->m->log_len);
	for (i = 0; i < rig->m->log_len; i++) {
		if (!blk_is_config(&rig->m->log[i], VFE_READ, WCE))
			continue;
		KUNIT_EXPECT_GT(test, i, ok);
		reads++;
	}
	KUNIT_EXPECT_GT(test, reads, 0U);
	/* the driver does not handle zones here */
	KUNIT_EXPECT_EQ(test, 0ULL, rig->m->accepted & F(ZONED));
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

/* --- K02 --- */

static void blk_resize(struct vfe_rig *rig, u64 sectors)
{
	vfe_rig_config(rig)->capacity =
		(__force __virtio64)cpu_to_le64(sectors);
	KUNIT_EXPECT_TRUE(rig->test, vfe_mock_config_interrupt(rig->m));
	KUNIT_EXPECT_TRUE(rig->test,
			  VFE_RIG_UNTIL(get_capacity(rig->disk) == sectors));
}

static void K02_capacity_follows_the_configuration(struct kunit *test)
{
	struct vfe_rig *rig;

	VFE_DUTY(test, "K02", "5.2.6.1",
		 "the driver reads the capacity again when the configuration changes");
	rig = vfe_rig_disk(test, 0);
	KUNIT_EXPECT_EQ(test, (u64)VFE_RIG_SECTORS, get_capacity(rig->disk));
	blk_resize(rig, VFE_RIG_SECTORS / 2);
	blk_resize(rig, VFE_RIG_SECTORS);
	vfe_rig_works(rig);
}

/* --- K03 --- */

static void K03_no_request_beyond_the_capacity(struct kunit *test)
{
	struct vfe_rig_io *first, *second;
	struct vfe_rig *rig;

	VFE_DUTY(test, "K03", "5.2.6.1",
		 "no request goes beyond the capacity, even one that was made before the disk shrank");
	rig = vfe_rig_small(test, 0);
	rig->keep = true;
	first = vfe_rig_fill(rig, 0);
	/* no space for it: it waits in the block layer */
	second = vfe_rig_start(rig, REQ_OP_WRITE, 1500, 512, 1);
	KUNIT_EXPECT_TRUE(test, VFE_RIG_UNTIL(rig->num_kept == 1));
	blk_resize(rig, 1000);
	rig->keep = false;
	vfe_rig_push(rig, 0);
	vfe_mock_interrupt(&rig->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, first));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, second));
	KUNIT_EXPECT_EQ(test, 0ULL, vfe_rig_sector(&rig->kept[0]));
	KUNIT_EXPECT_EQ(test, 1U, rig->num_kept);
	KUNIT_EXPECT_LT(test, vfe_rig_sector(&rig->seen), 1000ULL);
	/* up to the end is valid */
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_write(rig, 999, 512, 1));
	KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_write(rig, 999, 1024, 1));
}

static void K03_data_is_whole_sectors(struct kunit *test)
{
	struct vfe_rig_io *io;
	struct vfe_rig *rig;
	unsigned int i;
	u64 bytes = 0;

	VFE_DUTY(test, "K03", "5.2.6.1",
		 "the data of a read or write is a multiple of 512 bytes");
	rig = vfe_rig_disk(test, F(SEG_MAX));
	io = vfe_rig_io(rig, REQ_OP_WRITE, 7);
	for (i = 1; i <= 5; i++)
		vfe_rig_piece(rig, io, i * 512, 512);
	vfe_rig_send(io);
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, io));
	for (i = 1; i < rig->seen.out; i++)
		bytes += rig->seen.segs[i].len;
	KUNIT_EXPECT_EQ(test, 15 * 512ULL, bytes);
}

static void K03_read_only_is_accepted(struct kunit *test)
{
	struct vfe_rig *rig;

	VFE_DUTY(test, "K03", "5.2.6.1", "RO is accepted where offered");
	rig = vfe_rig_disk(test, F(RO));
	KUNIT_EXPECT_NE(test, 0ULL, rig->m->accepted & F(RO));
	KUNIT_EXPECT_TRUE(test, get_disk_ro(rig->disk));
}

/* --- K04 --- */

static void K04_flush_has_no_sector_and_no_data(struct kunit *test)
{
	struct vfe_rig *rig;

	VFE_DUTY(test, "K04", "5.2.6.1",
		 "a flush has sector 0 and no data");
	rig = vfe_rig_disk(test, F(FLUSH));
	/* the old data must not show through */
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_write(rig, 1234, 4096, 1));
	KUNIT_EXPECT_EQ(test, 0, blkdev_issue_flush(rig->disk->part0));
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_BLK_T_FLUSH,
			vfe_rig_type(&rig->seen));
	KUNIT_EXPECT_EQ(test, 0ULL, vfe_rig_sector(&rig->seen));
	KUNIT_EXPECT_EQ(test, 2U, rig->seen.out + rig->seen.in);
}

static void K04_get_id_takes_20_bytes(struct kunit *test)
{
	struct vfe_rig *rig;
	char path[64], text[64];

	VFE_DUTY(test, "K04", "5.2.6.1", "GET_ID has 20 bytes for the answer");
	rig = vfe_rig_disk(test, 0);
	snprintf(path, sizeof(path), "block/%s/serial", rig->disk->disk_name);
	KUNIT_EXPECT_GE(test, vfe_rig_read_file(rig, path, text, sizeof(text)),
			(ssize_t)0);
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_BLK_T_GET_ID,
			vfe_rig_type(&rig->seen));
	KUNIT_EXPECT_EQ(test, 1U, rig->seen.out);
	KUNIT_EXPECT_EQ(test, 2U, rig->seen.in);
	KUNIT_EXPECT_EQ(test, 20U, rig->seen.segs[1].len);
}

/* --- K05 --- */

#define DISCARD_SECTORS	64
#define DISCARD_RANGES	4

static struct vfe_rig *blk_ranges_disk(struct kunit *test, u32 alignment)
{
	struct vfe_rig *rig = vfe_rig_disk(test, F(DISCARD) | F(WRITE_ZEROES));
	struct virtio_blk_config *config = vfe_rig_config(rig);

	vfe_rig_unbind(rig);
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
	KUNIT_ASSERT_EQ(test, 0, vfe_rig_bind(rig));
	vfe_rig_recycle(rig);
	return rig;
}

/* Checks one discard or write-zeroes request that the device received. */
static void blk_check_ranges(struct vfe_rig *rig, u32 flags)
{
	const struct virtio_blk_discard_write_zeroes *range;
	struct kunit *test = rig->test;
	unsigned int i, n;

	KUNIT_EXPECT_EQ(test, 2U, rig->seen.out);
	KUNIT_EXPECT_EQ(test, 1U, rig->seen.in);
	/* not asserted: that would end the device's thread, not the test's */
	if (rig->seen.out != 2)
		return;
	KUNIT_EXPECT_EQ(test, 0U, (u32)(rig->seen.segs[1].len %
					sizeof(*range)));
	n = rig->seen.segs[1].len / sizeof(*range);
	KUNIT_EXPECT_GE(test, n, 1U);
	KUNIT_EXPECT_LE(test, n, (unsigned int)DISCARD_RANGES);
	range = vfe_rig_ranges(&rig->seen);
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
	struct vfe_rig *rig = back->priv;

	vfe_rig_request(back, mq, chain);
	if (vfe_rig_type(chain) == VIRTIO_BLK_T_DISCARD)
		blk_check_ranges(rig, 0);
	return false;
}

static int blk_discard(struct vfe_rig *rig, u64 sector, u64 sectors)
{
	return blkdev_issue_discard(rig->disk->part0, sector, sectors,
				    GFP_KERNEL);
}

static void K05_discard_is_within_the_limits(struct kunit *test)
{
	struct vfe_rig *rig;

	VFE_DUTY(test, "K05", "5.2.6.1",
		 "discard: whole segments, as many and as large as allowed, unmap 0");
	rig = blk_ranges_disk(test, 8);
	rig->back->request = blk_check_discard;
	KUNIT_EXPECT_EQ(test, 0, blk_discard(rig, 3, 1000));
	/* split at multiples of 8: 5, then 64 each, the rest */
	KUNIT_EXPECT_GE(test, rig->num_types, 1000U / DISCARD_SECTORS / 4);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static void K05_discards_are_joined_up_to_the_limit(struct kunit *test)
{
	struct blk_plug plug;
	struct vfe_rig *rig;
	unsigned int i;

	VFE_DUTY(test, "K05", "5.2.6.1",
		 "discard: no more segments in one than max_discard_seg");
	rig = blk_ranges_disk(test, 8);
	rig->back->request = blk_check_discard;
	blk_start_plug(&plug);
	for (i = 0; i < 10; i++) {
		struct vfe_rig_io *io = vfe_rig_io(rig, REQ_OP_DISCARD,
						   64 * i);

		io->bio.bi_iter.bi_size = 8 * SECTOR_SIZE;
		vfe_rig_send(io);
	}
	blk_finish_plug(&plug);
	for (i = 0; i < 10; i++)
		KUNIT_EXPECT_EQ(test, 0, vfe_rig_wait(rig, &rig->ios[i]));
	KUNIT_EXPECT_GE(test, rig->num_types, 10U / DISCARD_RANGES);
	KUNIT_EXPECT_LT(test, rig->num_types, 10U);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static void K05_discard_alignment_beyond_the_maximum(struct kunit *test)
{
	struct vfe_rig *rig;
	int err;

	VFE_DUTY(test, "K05", "5.2.6.1",
		 "discard: not larger than allowed, whatever discard_sector_alignment is");
	rig = blk_ranges_disk(test, 2 * DISCARD_SECTORS);
	rig->back->request = blk_check_discard;
	/* no discard at all is acceptable, an error of the device is not */
	err = blk_discard(rig, 0, 1024);
	KUNIT_EXPECT_TRUE(test, !err || err == -EOPNOTSUPP);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static void K05_write_zeroes_is_within_the_limits(struct kunit *test)
{
	struct vfe_rig *rig;
	int i;

	VFE_DUTY(test, "K05", "5.2.6.1",
		 "write zeroes: whole segments, as many and as large as allowed");
	rig = blk_ranges_disk(test, 8);
	memset(rig->back->data, 0xee, 512 * SECTOR_SIZE);
	KUNIT_EXPECT_EQ(test, 0,
			blkdev_issue_zeroout(rig->disk->part0, 10, 200,
					     GFP_KERNEL, 0));
	blk_check_ranges(rig, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP);
	KUNIT_EXPECT_EQ(test, 4U, rig->num_types);
	KUNIT_EXPECT_EQ(test, 0, memchr_inv(rig->back->data + 10 * SECTOR_SIZE,
					    0, 200 * SECTOR_SIZE) != NULL);
	for (i = 9; i <= 210; i += 201)
		KUNIT_EXPECT_EQ(test, 0xee, rig->back->data[i * SECTOR_SIZE]);
	VFE_MOCK_EXPECT_CLEAN(test, rig->m);
}

static void K05_secure_erase_is_within_the_limits(struct kunit *test)
{
	struct virtio_blk_config *config;
	struct vfe_rig *rig;

	VFE_DUTY(test, "K05", "5.2.6.1",
		 "secure erase: whole segments, as many and as large as allowed");
	rig = vfe_rig_disk(test, F(DISCARD) | F(RO));
	vfe_rig_unbind(rig);
	rig->m->offered = (rig->m->offered | F(SECURE_ERASE)) & ~F(RO);
	config = vfe_rig_config(rig);
	config->max_secure_erase_sectors =
		(__force __virtio32)cpu_to_le32(DISCARD_SECTORS);
	config->max_secure_erase_seg = (__force __virtio32)cpu_to_le32(1);
	config->secure_erase_sector_alignment =
		(__force __virtio32)cpu_to_le32(1);
	KUNIT_ASSERT_EQ(test, 0, vfe_rig_bind(rig));
	KUNIT_EXPECT_NE(test, 0ULL, rig->m->accepted & F(SECURE_ERASE));
	vfe_rig_recycle(rig);
	/*
	 * this device ignores the request; the test checks what the driver sent
	 */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			blkdev_issue_secure_erase(rig->disk->part0, 8, 64,
						  GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_BLK_T_SECURE_ERASE,
			vfe_rig_type(&rig->seen));
	blk_check_ranges(rig, 0);
}

/* --- K06 --- */

static void K06_no_cache_means_no_trust_in_what_was_written(struct kunit *test)
{
	struct vfe_rig *rig;
	unsigned int flushes;
	char path[64];

	VFE_DUTY(test, "K06", "5.2.6.1",
		 "after writeback went to 0, earlier writes are not taken for stable");
	rig = vfe_rig_disk(test, F(FLUSH) | F(CONFIG_WCE));
	vfe_rig_config(rig)->wce = 1;
	vfe_rig_unbind(rig);
	KUNIT_ASSERT_EQ(test, 0, vfe_rig_bind(rig));
	KUNIT_EXPECT_EQ(test, 0, vfe_rig_write(rig, 0, 512, 1));
	flushes = rig->back->flushes;
	snprintf(path, sizeof(path), "block/%s/cache_type",
		 rig->disk->disk_name);
	KUNIT_EXPECT_EQ(test, (ssize_t)13,
			vfe_rig_write_file(rig, path, "write through"));
	KUNIT_EXPECT_EQ(test, 0, (int)vfe_rig_config(rig)->wce);
	KUNIT_EXPECT_EQ(test, flushes + 1, rig->back->flushes);
}

/* A discard of several ranges that fails: all of them failed. */
static void K06_nothing_is_assumed_of_a_failed_discard(struct kunit *test)
{
	struct vfe_rig_io *io[3];
	struct blk_plug plug;
	struct vfe_rig *rig;
	unsigned int i;

	VFE_DUTY(test, "K06", "5.2.6.1",
		 "nothing is assumed of the segments of a request that failed");
	rig = blk_ranges_disk(test, 8);
	rig->back->status = VIRTIO_BLK_S_IOERR;
	blk_start_plug(&plug);
	for (i = 0; i < 3; i++) {
		io[i] = vfe_rig_io(rig, REQ_OP_DISCARD, 64 * i);
		io[i]->bio.bi_iter.bi_size = 8 * SECTOR_SIZE;
		vfe_rig_send(io[i]);
	}
	blk_finish_plug(&plug);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, -EIO, vfe_rig_wait(rig, io[i]));
	/* they were sent as one, and none was sent again separately */
	KUNIT_EXPECT_EQ(test, 1U, rig->num_types);
	KUNIT_EXPECT_EQ(test, 3 * (u32)sizeof(*vfe_rig_ranges(&rig->seen)),
			rig->seen.segs[1].len);
}

static struct kunit_case blk_cases[] = {
	KUNIT_CASE(B21_requests_end_after_the_reset),
	KUNIT_CASE(B26_requests_have_addresses_of_the_bus),
	KUNIT_CASE(K01_writeback_is_read_after_features_ok),
	KUNIT_CASE(K02_capacity_follows_the_configuration),
	KUNIT_CASE(K03_no_request_beyond_the_capacity),
	KUNIT_CASE(K03_data_is_whole_sectors),
	KUNIT_CASE(K03_read_only_is_accepted),
	KUNIT_CASE(K04_flush_has_no_sector_and_no_data),
	KUNIT_CASE(K04_get_id_takes_20_bytes),
	KUNIT_CASE(K05_discard_is_within_the_limits),
	KUNIT_CASE(K05_discards_are_joined_up_to_the_limit),
	KUNIT_CASE(K05_discard_alignment_beyond_the_maximum),
	KUNIT_CASE(K05_write_zeroes_is_within_the_limits),
	KUNIT_CASE(K05_secure_erase_is_within_the_limits),
	KUNIT_CASE(K06_no_cache_means_no_trust_in_what_was_written),
	KUNIT_CASE(K06_nothing_is_assumed_of_a_failed_discard),
	{ }
};

static struct kunit_suite blk_suite = {
	.name = "vfe-duty-blk",
	.test_cases = blk_cases,
};

kunit_test_suite(blk_suite);

MODULE_DESCRIPTION("Conformance of vfe_blk to virtio 1.4, 5.2");
MODULE_LICENSE("GPL");

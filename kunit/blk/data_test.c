// SPDX-License-Identifier: GPL-2.0
/*
 * The data path of vfe_blk against a device that keeps the rules: the format of
 * each kind of request in the ring, its data, and errors of the device.
 */

#include "lib/blk_fixture.h"
#include "lib/suite.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)
#define RINGS		(BIT_ULL(VIRTIO_F_VERSION_1))

/* --- framing --- */

/*
 * Header first, status last; the rest is @out readable segments, then @in
 * writable ones.
 */
static void data_expect_frame(struct kunit *test,
			      const struct vfe_mock_chain *chain, u32 type,
			      u64 sector, unsigned int out, unsigned int in)
{
	unsigned int last = chain->out + chain->in - 1;

	KUNIT_EXPECT_EQ(test, type, tdisk_type(chain));
	KUNIT_EXPECT_EQ(test, sector, tdisk_sector(chain));
	KUNIT_EXPECT_EQ(test, out + 1, chain->out);
	KUNIT_EXPECT_EQ(test, in + 1, chain->in);
	KUNIT_EXPECT_EQ(test, sizeof(struct virtio_blk_outhdr),
			chain->segs[0].len);
	KUNIT_EXPECT_FALSE(test, chain->segs[0].write);
	KUNIT_EXPECT_EQ(test, 1U, chain->segs[last].len);
	KUNIT_EXPECT_TRUE(test, chain->segs[last].write);
}

static void data_frame_of_a_read(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	io = tdisk_start(td, REQ_OP_READ, 8, 4096, 0);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	data_expect_frame(test, &td->seen, VIRTIO_BLK_T_IN, 8, 0, 1);
	KUNIT_EXPECT_EQ(test, 4097U, td->seen.in_len);
	KUNIT_EXPECT_PTR_EQ(test, (void *)io->data,
			    vfe_mock_mem(td->seen.segs[1].addr));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void data_frame_of_a_write(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct tdisk_io *io;

	VFE_DUTY(test, "K03", "5.2.6.1",
		 "the data of a read or write is a multiple of 512 bytes");
	io = tdisk_start(td, REQ_OP_WRITE, 1024, 512, 1);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	data_expect_frame(test, &td->seen, VIRTIO_BLK_T_OUT, 1024, 1, 0);
	KUNIT_EXPECT_EQ(test, 512U, td->seen.segs[1].len);
	KUNIT_EXPECT_EQ(test, 1U, td->seen.in_len);
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 1024, io->data, 512));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void data_frame_carries_the_priority(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	u16 prio = IOPRIO_PRIO_VALUE(IOPRIO_CLASS_RT, 3);
	struct tdisk_io *io = tdisk_io(td, REQ_OP_READ, 0);

	tdisk_segment(td, io, 512, 0);
	bio_set_prio(&io->bio, prio);
	tdisk_send(io);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, (u32)prio,
			le32_to_cpu((__force __le32)
				    tdisk_header(&td->seen)->ioprio));
}

/* --- data, over each kind of ring --- */

struct data_mode {
	const char *name;
	u64 features;
	unsigned int queue_size;
	int vectors;
};

static const struct data_mode data_modes[] = {
	{ "usual", 0, 0, 0 },
	{ "direct", RINGS | BIT_ULL(VIRTIO_RING_F_EVENT_IDX), 16, 0 },
	{ "no event index", RINGS | BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC), 8,
	  0 },
	{ "nothing negotiated", RINGS, 8, 0 },
	{ "smallest ring", RINGS, 4, 0 },
	{ "smallest ring, indirect", 0, 4, 0 },
	{ "large ring", 0, 2048, 0 },
	{ "order platform", RINGS | BIT_ULL(VIRTIO_F_ORDER_PLATFORM) |
			    BIT_ULL(VIRTIO_RING_F_EVENT_IDX), 16, 0 },
	{ "order platform, no event index",
	  RINGS | BIT_ULL(VIRTIO_F_ORDER_PLATFORM), 16, 0 },
	{ "one vector", 0, 0, 1 },
	{ "INTx", 0, 0, -1 },
	{ "INTx, nothing negotiated", RINGS, 8, -1 },
};

KUNIT_ARRAY_PARAM_DESC(data_mode, data_modes, name);

static struct tdisk *data_plug_mode(struct kunit *test)
{
	const struct data_mode *mode = test->param_value;
	struct vfe_mock_spec spec = {
		.features = mode->features,
		.queue_size = mode->queue_size,
		.vectors = mode->vectors,
	};
	struct tdisk *td = tdisk_plug(test, &spec, F(SEG_MAX) | F(FLUSH));

	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	return td;
}

/* A small generator, so that runs are repeatable. */
static u32 data_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/*
 * One write or read with random sector, size and segments; @shadow has the
 * expected data.
 */
static struct tdisk_io *data_random_io(struct tdisk *td, u8 *shadow, u32 *state)
{
	unsigned int n = 1 + data_random(state) % 6;
	unsigned int sector = data_random(state) % (TDISK_SECTORS - 6 * 8);
	bool write = data_random(state) % 2;
	struct tdisk_io *io;
	unsigned int i, bytes;
	u8 *to = shadow + sector * SECTOR_SIZE;

	io = tdisk_io(td, write ? REQ_OP_WRITE : REQ_OP_READ, sector);
	for (i = 0; i < n; i++) {
		bytes = SECTOR_SIZE * (1 + data_random(state) % 8);
		memset(td->memory + td->memory_used, data_random(state), bytes);
		if (write)
			memcpy(to, td->memory + td->memory_used, bytes);
		to += bytes;
		tdisk_segment(td, io, bytes,
			      SECTOR_SIZE * (data_random(state) % 3));
	}
	return io;
}

/* Compare the data of a read, segment by segment, with the expected data. */
static bool data_as_written(const struct tdisk_io *io, u64 sector,
			    const u8 *shadow)
{
	const u8 *truth = shadow + sector * SECTOR_SIZE;
	unsigned int i;

	for (i = 0; i < io->bio.bi_vcnt; i++) {
		const struct bio_vec *vec = &io->vecs[i];

		if (memcmp(truth, page_address(vec->bv_page) + vec->bv_offset,
			   vec->bv_len))
			return false;
		truth += vec->bv_len;
	}
	return true;
}

static void data_random_round(struct kunit *test, struct tdisk *td,
			      u8 *shadow, u32 *state)
{
	struct tdisk_io *io;
	u64 sector;

	tdisk_recycle(td);
	io = data_random_io(td, shadow, state);
	sector = io->bio.bi_iter.bi_sector;
	tdisk_send(io);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_TRUE(test, data_as_written(io, sector, shadow));
}

static void data_arrives_as_sent(struct kunit *test)
{
	struct tdisk *td = data_plug_mode(test);
	u8 *shadow = kunit_kzalloc(test, TDISK_SECTORS * SECTOR_SIZE,
				   GFP_KERNEL);
	u32 state = 20261122;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, shadow);
	memcpy(shadow, td->back->data, TDISK_SECTORS * SECTOR_SIZE);
	for (i = 0; i < 40; i++)
		data_random_round(test, td, shadow, &state);
	KUNIT_EXPECT_EQ(test, 0, memcmp(shadow, td->back->data,
					TDISK_SECTORS * SECTOR_SIZE));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * More requests than the ring holds, of 3 segments each without indirect
 * tables: waiting requests complete, too.
 */
static void data_more_than_the_ring_takes(struct kunit *test)
{
	struct tdisk *td = data_plug_mode(test);
	struct tdisk_io *io;
	struct blk_plug plug;
	unsigned int i, n;

	blk_start_plug(&plug);
	for (i = 0; i < TDISK_IOS; i++) {
		io = tdisk_io(td, REQ_OP_WRITE, 8 * i);
		for (n = 0; n < 3; n++) {
			memset(td->memory + td->memory_used, i + n, 512);
			tdisk_segment(td, io, 512, 512);
		}
		tdisk_send(io);
	}
	blk_finish_plug(&plug);
	for (i = 0; i < TDISK_IOS; i++) {
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, &td->ios[i]));
		for (n = 0; n < 3; n++)
			KUNIT_EXPECT_TRUE(test,
					  tdisk_holds(td, 8 * i + n,
						      td->ios[i].data +
						      1024 * n, 512));
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- sizes and limits --- */

static struct tdisk *data_plug_limits(struct kunit *test, u32 seg_max,
				      u32 size_max)
{
	struct tdisk *td = tdisk_disk(test, F(SEG_MAX) | F(SIZE_MAX));

	tdisk_unbind(td);
	tdisk_config(td)->seg_max =
		(__force __virtio32)cpu_to_le32(seg_max);
	tdisk_config(td)->size_max =
		(__force __virtio32)cpu_to_le32(size_max);
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	return td;
}

/* Scattered memory: more segments than seg_max need more requests. */
static void data_seg_max_is_kept(struct kunit *test)
{
	struct tdisk *td = data_plug_limits(test, 3, 65536);
	struct tdisk_io *io;
	unsigned int i;

	tdisk_recycle(td);
	io = tdisk_io(td, REQ_OP_WRITE, 0);
	for (i = 0; i < 10; i++)
		tdisk_segment(td, io, 512, 512);
	tdisk_send(io);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	/* 3 + 3 + 3 + 1 */
	KUNIT_EXPECT_EQ(test, 4U, td->num_types);
	KUNIT_EXPECT_EQ(test, 2U, td->seen.out);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* 64 KiB of contiguous memory, with segments of at most 4 KiB */
static void data_size_max_is_kept(struct kunit *test)
{
	struct tdisk *td = data_plug_limits(test, 8, PAGE_SIZE);
	struct tdisk_io *io;
	unsigned int i;

	io = tdisk_start(td, REQ_OP_WRITE, 0, 16 * PAGE_SIZE, 1);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, 9U, td->seen.out);
	for (i = 1; i < td->seen.out; i++)
		KUNIT_EXPECT_LE(test, td->seen.segs[i].len, (u32)PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 0, io->data, io->bytes));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/*
 * A limit that is no multiple of a sector is rounded down, and a page is
 * transferred completely.
 */
static void data_size_max_below_a_page(struct kunit *test)
{
	static const u32 sizes[] = { 512, 586, 1000, 1366, 1535, 4095 };
	struct tdisk_io *io;
	struct tdisk *td;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		td = data_plug_limits(test, 60, sizes[i]);
		io = tdisk_start(td, REQ_OP_WRITE, 8, 4 * PAGE_SIZE, 1);
		KUNIT_EXPECT_EQ_MSG(test, 0, tdisk_wait(td, io),
				    "size_max %u", sizes[i]);
		KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 8, io->data,
						    io->bytes));
		VFE_MOCK_EXPECT_CLEAN(test, td->m);
	}
}

static void data_resize(struct tdisk *td, u64 sectors)
{
	tdisk_config(td)->capacity =
		(__force __virtio64)cpu_to_le64(sectors);
	KUNIT_EXPECT_TRUE(td->test, vfe_mock_config_interrupt(td->m));
	KUNIT_EXPECT_TRUE(td->test,
			  TDISK_WAIT_FOR(get_capacity(td->disk) == sectors));
}

static void data_not_beyond_the_capacity(struct kunit *test)
{
	struct tdisk_io *first, *second;
	struct tdisk *td;

	VFE_DUTY(test, "K03", "5.2.6.1",
		 "no request goes beyond the capacity, even one that was made before the disk shrank");
	td = tdisk_small_ring(test, 0);
	td->keep = true;
	first = tdisk_fill_ring(td, 0);
	/* no space for it: it waits in the block layer */
	second = tdisk_start(td, REQ_OP_WRITE, 1500, 512, 1);
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_FOR(td->num_kept == 1));
	data_resize(td, 1000);
	td->keep = false;
	tdisk_complete(td, 0);
	vfe_mock_interrupt(&td->m->queues[0]);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, first));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, second));
	KUNIT_EXPECT_EQ(test, 0ULL, tdisk_sector(&td->kept[0]));
	KUNIT_EXPECT_EQ(test, 1U, td->num_kept);
	KUNIT_EXPECT_LT(test, tdisk_sector(&td->seen), 1000ULL);
	/* up to the end is valid */
	KUNIT_EXPECT_EQ(test, 0, tdisk_write(td, 999, 512, 1));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 999, 1024, 1));
}

/* Adjacent bios are merged into one request. */
static void data_neighbours_are_merged(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(SEG_MAX));
	struct tdisk_io *a, *b;
	struct blk_plug plug;

	tdisk_recycle(td);
	blk_start_plug(&plug);
	a = tdisk_start(td, REQ_OP_WRITE, 64, 4096, 1);
	b = tdisk_start(td, REQ_OP_WRITE, 72, 4096, 2);
	blk_finish_plug(&plug);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, a));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, b));
	KUNIT_EXPECT_EQ(test, 1U, td->num_types);
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 64, a->data, 4096));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 72, b->data, 4096));
}

/* A batch has one kick, for its last request. */
static void data_one_kick_for_a_batch(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct blk_plug plug;
	unsigned int i, kicks;

	tdisk_expect_works(td);
	kicks = td->m->queues[0].kicks;
	tdisk_recycle(td);
	blk_start_plug(&plug);
	for (i = 0; i < 8; i++)
		tdisk_start(td, REQ_OP_READ, 4 * i, 512, 0);
	blk_finish_plug(&plug);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, &td->ios[i]));
	KUNIT_EXPECT_EQ(test, kicks + 1, td->m->queues[0].kicks);
}

/* Completed requests count, once each, including failed ones. */
static void data_operations_are_counted(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(FLUSH));
	unsigned int i;

	tdisk_reset_counts(td);
	for (i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, 0, tdisk_write(td, i, 512, i));
	td->back->status = VIRTIO_BLK_S_IOERR;
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 5, 512, 5));
	KUNIT_EXPECT_EQ(test, 6LL, tdisk_counter(td, "operations"));
	KUNIT_EXPECT_EQ(test, (s64)vfe_mock_count(td->m, VFE_REG_NOTIFY,
						  VFE_WRITE),
			tdisk_counter(td, "exits"));
}

/* --- flushes --- */

static int data_flush(struct tdisk *td)
{
	return blkdev_issue_flush(td->disk->part0);
}

static void data_flush_reaches_the_device(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(FLUSH));

	VFE_DUTY(test, "K04", "5.2.6.1", "a flush has sector 0 and no data");
	/* the old data must not show through */
	KUNIT_EXPECT_EQ(test, 0, tdisk_write(td, 1234, 4096, 1));
	KUNIT_EXPECT_EQ(test, 0, data_flush(td));
	KUNIT_EXPECT_EQ(test, 1U, td->back->flushes);
	data_expect_frame(test, &td->seen, VIRTIO_BLK_T_FLUSH, 0, 0, 0);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void data_no_flush_without_the_feature(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	unsigned int before = td->num_types;

	KUNIT_EXPECT_EQ(test, 0, data_flush(td));
	KUNIT_EXPECT_EQ(test, before, td->num_types);
	KUNIT_EXPECT_EQ(test, 0U, td->back->flushes);
}

static void data_flush_that_fails_is_told(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(FLUSH));

	td->back->status = VIRTIO_BLK_S_IOERR;
	KUNIT_EXPECT_EQ(test, -EIO, data_flush(td));
}

/* There is no FUA in virtio: a flush follows the write instead. */
static void data_fua_is_a_flush_behind(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(FLUSH));
	struct tdisk_io *io;

	tdisk_recycle(td);
	io = tdisk_start(td, REQ_OP_WRITE | REQ_FUA, 8, 4096, 3);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_ASSERT_EQ(test, 2U, td->num_types);
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_BLK_T_OUT, td->types[0]);
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_BLK_T_FLUSH, td->types[1]);
}

static void data_preflush_comes_before(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(FLUSH));
	struct tdisk_io *io;

	tdisk_recycle(td);
	io = tdisk_start(td, REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA, 8, 4096, 3);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_ASSERT_EQ(test, 3U, td->num_types);
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_BLK_T_FLUSH, td->types[0]);
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_BLK_T_OUT, td->types[1]);
	KUNIT_EXPECT_EQ(test, (u32)VIRTIO_BLK_T_FLUSH, td->types[2]);
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 8, io->data, 4096));
}

/* --- what the device answers --- */

struct data_status {
	const char *name;
	u8 status;
	int err;
};

static const struct data_status data_statuses[] = {
	{ "IOERR", VIRTIO_BLK_S_IOERR, -EIO },
	{ "UNSUPP", VIRTIO_BLK_S_UNSUPP, -EOPNOTSUPP },
	{ "3, reserved", 3, -EIO },
	{ "0x80", 0x80, -EIO },
	{ "0xff, none written", 0xff, -EIO },
};

KUNIT_ARRAY_PARAM_DESC(data_status, data_statuses, name);

static void data_status_becomes_an_error(struct kunit *test)
{
	const struct data_status *s = test->param_value;
	struct tdisk *td = tdisk_disk(test, F(FLUSH));
	struct tdisk_io *io;

	td->back->status = s->status;
	io = tdisk_start(td, REQ_OP_READ, 0, 4096, 0);
	KUNIT_EXPECT_EQ(test, s->err, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, s->err, tdisk_write(td, 0, 4096, 1));
	td->back->status = 0;
	/* an error affects its request, not the disk */
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* The driver refuses requests that virtio does not have. */
static void data_unknown_operation_is_refused(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	unsigned int before = td->num_types;
	struct request *rq;

	rq = blk_mq_alloc_request(td->disk->queue, REQ_OP_DRV_OUT, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rq);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			blk_status_to_errno(blk_execute_rq(rq, false)));
	blk_mq_free_request(rq);
	KUNIT_EXPECT_EQ(test, before, td->num_types);
}

static enum rq_end_io_ret data_refused(struct request *rq, blk_status_t status)
{
	complete(rq->end_io_data);
	return RQ_END_IO_FREE;
}

/* A batch with a refused request: the driver still kicks for the others. */
static void data_batch_with_one_refused(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	DECLARE_COMPLETION_ONSTACK(refused);
	struct tdisk_io *a, *b;
	struct blk_plug plug;
	struct request *rq;

	rq = blk_mq_alloc_request(td->disk->queue, REQ_OP_DRV_OUT, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rq);
	rq->end_io = data_refused;
	rq->end_io_data = &refused;
	blk_start_plug(&plug);
	a = tdisk_start(td, REQ_OP_WRITE, 8, 512, 1);
	b = tdisk_start(td, REQ_OP_WRITE, 80, 512, 2);
	blk_execute_rq_nowait(rq, false);
	blk_finish_plug(&plug);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, a));
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, b));
	KUNIT_EXPECT_NE(test, 0UL, wait_for_completion_timeout(&refused, HZ));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 8, a->data, 512));
	KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 80, b->data, 512));
}

static struct kunit_case data_cases[] = {
	KUNIT_CASE(data_frame_of_a_read),
	KUNIT_CASE(data_frame_of_a_write),
	KUNIT_CASE(data_frame_carries_the_priority),
	KUNIT_CASE_PARAM(data_arrives_as_sent, data_mode_gen_params),
	KUNIT_CASE_PARAM(data_more_than_the_ring_takes, data_mode_gen_params),
	KUNIT_CASE(data_seg_max_is_kept),
	KUNIT_CASE(data_size_max_is_kept),
	KUNIT_CASE(data_size_max_below_a_page),
	KUNIT_CASE(data_neighbours_are_merged),
	KUNIT_CASE(data_one_kick_for_a_batch),
	KUNIT_CASE(data_operations_are_counted),
	KUNIT_CASE(data_flush_reaches_the_device),
	KUNIT_CASE(data_no_flush_without_the_feature),
	KUNIT_CASE(data_flush_that_fails_is_told),
	KUNIT_CASE(data_fua_is_a_flush_behind),
	KUNIT_CASE(data_preflush_comes_before),
	KUNIT_CASE_PARAM(data_status_becomes_an_error, data_status_gen_params),
	KUNIT_CASE(data_unknown_operation_is_refused),
	KUNIT_CASE(data_batch_with_one_refused),
	KUNIT_CASE(data_not_beyond_the_capacity),
	{ }
};

VFE_SUITE(data_cases);

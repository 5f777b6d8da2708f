// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_blk with many features and configurations of a device: each results in a
 * working disk with valid limits, or in a refused probe.
 */
#include <linux/limits.h>

#include "lib/blk_fixture.h"
#include "lib/suite.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)
#define ALL_FEATURES	(F(SIZE_MAX) | F(SEG_MAX) | F(GEOMETRY) | F(RO) | \
			 F(BLK_SIZE) | \
			 F(FLUSH) | F(TOPOLOGY) | F(CONFIG_WCE) | F(MQ) | \
			 F(DISCARD) | F(WRITE_ZEROES) | \
			 BIT_ULL(15) /* LIFETIME */)
/* offered by some devices, of no use to this driver */
#define FOREIGN_FEATURES (F(ZONED) | BIT_ULL(0) | BIT_ULL(7) | BIT_ULL(23))

/* device_status of a disk that works */
#define PROBE_LIVE	(VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER | \
			 VIRTIO_CONFIG_S_FEATURES_OK | \
			 VIRTIO_CONFIG_S_DRIVER_OK)

/* A field of the configuration with a value */
struct probe_field {
	u16 offset;
	u8 size;
	u64 val;
};

#define SET(field, value) { \
	.offset = offsetof(struct virtio_blk_config, field), \
	.size = sizeof_field(struct virtio_blk_config, field), \
	.val = value, \
}

/* Limits of the resulting disk; 0 is not checked, NONE means 0. */
#define NONE	(U32_MAX - 1)

struct probe_case {
	const char *name;
	u64 features;
	struct probe_field set[4];
	int err;
	u32 block;
	u32 physical;
	u32 alignment;
	u32 io_min;
	u32 io_opt;
	u32 segments;
	u32 segment_size;
	u32 discard;
	u32 discard_ranges;
	u32 granularity;
	u32 zeroes;
};

#define ALIGN_SET	SET(discard_sector_alignment, 8)

static const struct probe_case probe_cases[] = {
	{ "no feature", 0, .block = 512, .physical = 512, .segments = 1,
	  .discard = NONE, .zeroes = NONE },
	/* block size */
	{ "blk_size 512", F(BLK_SIZE), { SET(blk_size, 512) }, .block = 512 },
	{ "blk_size 4096", F(BLK_SIZE), { SET(blk_size, 4096) },
	  .block = 4096, .physical = 4096 },
	{ "blk_size 0", F(BLK_SIZE), { SET(blk_size, 0) }, .block = 512 },
	{ "blk_size 1", F(BLK_SIZE), { SET(blk_size, 1) }, -EINVAL },
	{ "blk_size 3", F(BLK_SIZE), { SET(blk_size, 3) }, -EINVAL },
	{ "blk_size 256", F(BLK_SIZE), { SET(blk_size, 256) }, -EINVAL },
	{ "blk_size 1000", F(BLK_SIZE), { SET(blk_size, 1000) }, -EINVAL },
	{ "blk_size 8192", F(BLK_SIZE), { SET(blk_size, 8192) }, -EINVAL },
	{ "blk_size 2^31", F(BLK_SIZE), { SET(blk_size, BIT(31)) }, -EINVAL },
	{ "blk_size 2^32-1", F(BLK_SIZE), { SET(blk_size, U32_MAX) }, -EINVAL },
	{ "blk_size not offered", 0, { SET(blk_size, 4096) }, .block = 512 },
	/* topology */
	{ "topology", F(TOPOLOGY), { SET(physical_block_exp, 3),
	  SET(alignment_offset, 1), SET(min_io_size, 16),
	  SET(opt_io_size, 128) }, .block = 512, .physical = 4096,
	  .alignment = 512, .io_min = 8192, .io_opt = 65536 },
	{ "physical_block_exp 11", F(TOPOLOGY),
	  { SET(physical_block_exp, 11) }, .physical = 1024 * 1024 },
	{ "physical_block_exp 12", F(TOPOLOGY),
	  { SET(physical_block_exp, 12) }, .physical = 512 },
	{ "physical_block_exp 32", F(TOPOLOGY),
	  { SET(physical_block_exp, 32) }, .physical = 512 },
	{ "physical_block_exp 255", F(TOPOLOGY),
	  { SET(physical_block_exp, 255) }, .physical = 512 },
	{ "alignment_offset 255", F(TOPOLOGY), { SET(alignment_offset, 255) },
	  .alignment = NONE },
	{ "min_io_size 0", F(TOPOLOGY), { SET(min_io_size, 0) },
	  .io_min = 512 },
	{ "min_io_size 65535", F(TOPOLOGY), { SET(min_io_size, U16_MAX) },
	  .io_min = U16_MAX * 512 },
	{ "opt_io_size 2^32-1", F(TOPOLOGY), { SET(opt_io_size, U32_MAX) },
	  .io_opt = NONE },
	{ "opt_io_size 2^23", F(TOPOLOGY), { SET(opt_io_size, BIT(23)) },
	  .io_opt = NONE },
	{ "topology, large blocks", F(TOPOLOGY) | F(BLK_SIZE),
	  { SET(blk_size, 4096), SET(physical_block_exp, 1),
	    SET(opt_io_size, 4) }, .block = 4096, .physical = 8192,
	  .io_opt = 16384 },
	/* segments */
	{ "seg_max 0", F(SEG_MAX), { SET(seg_max, 0) }, .segments = 1 },
	{ "seg_max 1", F(SEG_MAX), { SET(seg_max, 1) }, .segments = 1 },
	{ "seg_max 30", F(SEG_MAX), { SET(seg_max, 30) }, .segments = 30 },
	{ "seg_max 62", F(SEG_MAX), { SET(seg_max, 62) }, .segments = 62 },
	{ "seg_max beyond the queue", F(SEG_MAX), { SET(seg_max, 100) },
	  .segments = 62 },
	{ "seg_max 2^16", F(SEG_MAX), { SET(seg_max, BIT(16)) },
	  .segments = 62 },
	{ "seg_max 2^32-1", F(SEG_MAX), { SET(seg_max, U32_MAX) },
	  .segments = 62 },
	{ "size_max 0", F(SIZE_MAX), { SET(size_max, 0) },
	  .segment_size = 65536 },
	{ "size_max 511", F(SIZE_MAX), { SET(size_max, 511) }, -EINVAL },
	/* a page in more segments than seg_max allows, and in as many */
	{ "size_max 4095", F(SIZE_MAX), { SET(size_max, 4095) }, -EINVAL },
	{ "size_max 512, seg_max 7", F(SIZE_MAX) | F(SEG_MAX),
	  { SET(size_max, 512), SET(seg_max, 7) }, -EINVAL },
	{ "size_max 512, seg_max 20", F(SIZE_MAX) | F(SEG_MAX),
	  { SET(size_max, 512), SET(seg_max, 20) }, .segments = 2,
	  .segment_size = 4096 },
	/* 8 segments of 512 bytes, although 5 of 1000 bytes would be a page */
	{ "size_max 1000, seg_max 7", F(SIZE_MAX) | F(SEG_MAX),
	  { SET(size_max, 1000), SET(seg_max, 7) }, -EINVAL },
	{ "size_max 1000, seg_max 16", F(SIZE_MAX) | F(SEG_MAX),
	  { SET(size_max, 1000), SET(seg_max, 16) }, .segments = 2,
	  .segment_size = 4096 },
	{ "size_max 4096", F(SIZE_MAX), { SET(size_max, 4096) },
	  .segment_size = 4096 },
	{ "size_max 5000", F(SIZE_MAX), { SET(size_max, 5000) },
	  .segment_size = 4608 },
	{ "size_max 2^32-1", F(SIZE_MAX), { SET(size_max, U32_MAX) },
	  .segment_size = U32_MAX },
	/* capacity */
	{ "capacity 2^63", 0, { SET(capacity, BIT_ULL(63)) }, -ERANGE },
	{ "capacity 2^64-1", 0, { SET(capacity, U64_MAX) }, -ERANGE },
	{ "capacity 2^54", 0, { SET(capacity, BIT_ULL(54)) }, -ERANGE },
	/* queues */
	{ "num_queues 0", F(MQ), { SET(num_queues, 0) }, .block = 512 },
	{ "num_queues 1", F(MQ), { SET(num_queues, 1) }, .block = 512 },
	{ "num_queues 65535", F(MQ), { SET(num_queues, U16_MAX) },
	  .block = 512 },
	/* discard */
	{ "discard", F(DISCARD), { SET(max_discard_sectors, 64),
	  SET(max_discard_seg, 4), ALIGN_SET }, .discard = 64,
	  .discard_ranges = 4, .granularity = 4096 },
	/* 0 is no limit, as in virtio_blk */
	{ "max_discard_sectors 0", F(DISCARD), { SET(max_discard_sectors, 0),
	  SET(max_discard_seg, 4), ALIGN_SET }, .discard_ranges = 4,
	  .granularity = 4096 },
	{ "max_discard_seg 0", F(DISCARD), { SET(max_discard_sectors, 64),
	  SET(max_discard_seg, 0), ALIGN_SET }, .discard = 64,
	  .discard_ranges = 1 },
	{ "max_discard_seg 2^32-1", F(DISCARD),
	  { SET(max_discard_sectors, 64), SET(max_discard_seg, U32_MAX),
	    ALIGN_SET }, .discard = 64, .discard_ranges = 256 },
	{ "max_discard_sectors 2^32-1", F(DISCARD),
	  { SET(max_discard_sectors, U32_MAX), SET(max_discard_seg, 1),
	    ALIGN_SET }, .discard_ranges = 1, .granularity = 4096 },
	{ "discard_sector_alignment 0", F(DISCARD),
	  { SET(max_discard_sectors, 64), SET(max_discard_seg, 1),
	    SET(discard_sector_alignment, 0) }, .discard = 64,
	  .granularity = 512 },
	{ "discard_sector_alignment 2^32-1", F(DISCARD),
	  { SET(max_discard_sectors, 64), SET(max_discard_seg, 1),
	    SET(discard_sector_alignment, U32_MAX) }, .discard = 64,
	  .granularity = 512 },
	{ "discard_sector_alignment 3", F(DISCARD) | F(BLK_SIZE),
	  { SET(max_discard_sectors, 64), SET(max_discard_seg, 1),
	    SET(discard_sector_alignment, 3), SET(blk_size, 4096) },
	  .discard = 64, .granularity = 4096 },
	{ "discard of less than a physical block", F(DISCARD) | F(TOPOLOGY),
	  { SET(max_discard_sectors, 64), SET(max_discard_seg, 1),
	    SET(physical_block_exp, 8) }, .discard = NONE },
	{ "discard of half a block", F(DISCARD) | F(BLK_SIZE),
	  { SET(max_discard_sectors, 7), SET(max_discard_seg, 1), ALIGN_SET,
	    SET(blk_size, 4096) }, .discard = NONE },
	/* write zeroes */
	{ "write zeroes", F(WRITE_ZEROES), { SET(max_write_zeroes_sectors, 40),
	  SET(max_write_zeroes_seg, 1) }, .zeroes = 40 },
	{ "max_write_zeroes_sectors 0", F(WRITE_ZEROES),
	  { SET(max_write_zeroes_sectors, 0), SET(max_write_zeroes_seg, 1) },
	  .zeroes = U32_MAX },
	{ "max_write_zeroes_seg 0", F(WRITE_ZEROES),
	  { SET(max_write_zeroes_sectors, 40), SET(max_write_zeroes_seg, 0) },
	  .zeroes = 40 },
	{ "max_write_zeroes_sectors 2^32-1", F(WRITE_ZEROES),
	  { SET(max_write_zeroes_sectors, U32_MAX),
	    SET(max_write_zeroes_seg, 1) }, .zeroes = U32_MAX },
	{ "zeroes of a block and a half", F(WRITE_ZEROES) | F(BLK_SIZE),
	  { SET(max_write_zeroes_sectors, 12), SET(max_write_zeroes_seg, 1),
	    SET(blk_size, 4096) }, .zeroes = 8 },
	{ "zeroes of half a block", F(WRITE_ZEROES) | F(BLK_SIZE),
	  { SET(max_write_zeroes_sectors, 7), SET(max_write_zeroes_seg, 1),
	    SET(blk_size, 4096) }, .zeroes = NONE },
	/* all together, all of it ones */
	{ "all features", ALL_FEATURES & ~F(RO), { SET(size_max, 65536),
	  SET(blk_size, 512), SET(num_queues, 1) }, .block = 512 },
};

KUNIT_ARRAY_PARAM_DESC(probe_case, probe_cases, name);

static void probe_expect(struct kunit *test, const char *what, u32 expected,
			 u32 found)
{
	if (!expected)
		return;
	if (expected == NONE)
		expected = 0;
	KUNIT_EXPECT_EQ_MSG(test, expected, found, "%s", what);
}

static void probe_check_limits(struct kunit *test, const struct probe_case *c,
			       const struct queue_limits *lim)
{
	probe_expect(test, "logical block", c->block, lim->logical_block_size);
	probe_expect(test, "physical block", c->physical,
		     lim->physical_block_size);
	probe_expect(test, "alignment", c->alignment, lim->alignment_offset);
	probe_expect(test, "io_min", c->io_min, lim->io_min);
	probe_expect(test, "io_opt", c->io_opt, lim->io_opt);
	probe_expect(test, "segments", c->segments, lim->max_segments);
	probe_expect(test, "segment size", c->segment_size,
		     lim->max_segment_size);
	probe_expect(test, "discard", c->discard, lim->max_discard_sectors);
	probe_expect(test, "discard ranges", c->discard_ranges,
		     lim->max_discard_segments);
	probe_expect(test, "granularity", c->granularity,
		     lim->discard_granularity);
	probe_expect(test, "write zeroes", c->zeroes,
		     lim->max_write_zeroes_sectors);
}

/* Bind the driver again to the same function, with another configuration */
static int probe_again(struct tdisk *td, const struct probe_case *c)
{
	unsigned int i;

	tdisk_unbind(td);
	for (i = 0; i < ARRAY_SIZE(c->set); i++) {
		__le64 val = cpu_to_le64(c->set[i].val);

		memcpy(td->m->config + c->set[i].offset, &val, c->set[i].size);
	}
	vfe_mock_log_clear(td->m);
	return tdisk_bind(td);
}

static void probe_limits_from_configuration(struct kunit *test)
{
	const struct vfe_mock_spec spec = { .unbound = true };
	const struct probe_case *c = test->param_value;
	struct tdisk *td = tdisk_plug(test, &spec, c->features);
	int err = probe_again(td, c);

	KUNIT_EXPECT_EQ(test, c->err, err);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
	if (c->err) {
		KUNIT_EXPECT_PTR_EQ(test, td->disk, NULL);
		/* 3.1.1: an aborted set-up ends with FAILED, then a reset */
		KUNIT_EXPECT_EQ(test, 0, td->m->status);
		return;
	}
	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	probe_check_limits(test, c, &td->disk->queue->limits);
	tdisk_expect_works(td);
}

/* The largest accepted capacity, and a capacity of 0 */
static void probe_capacity_at_its_ends(struct kunit *test)
{
	static const struct probe_case most = {
		.set = { SET(capacity, (u64)LLONG_MAX >> SECTOR_SHIFT) },
	};
	static const struct probe_case none = {
		.set = { SET(capacity, 0) },
	};
	struct tdisk *td = tdisk_disk(test, 0);

	KUNIT_EXPECT_EQ(test, 0, probe_again(td, &most));
	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	KUNIT_EXPECT_EQ(test, (u64)LLONG_MAX >> SECTOR_SHIFT,
			(u64)get_capacity(td->disk));
	tdisk_expect_works(td);
	tdisk_recycle(td);
	KUNIT_EXPECT_EQ(test, 0, probe_again(td, &none));
	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	KUNIT_EXPECT_EQ(test, 0ULL, (u64)get_capacity(td->disk));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 512, 1));
}

/* --- features --- */

static const u64 probe_features[] = {
	0, F(SIZE_MAX), F(SEG_MAX), F(RO), F(BLK_SIZE), F(FLUSH), F(TOPOLOGY),
	F(CONFIG_WCE), F(MQ), F(DISCARD), F(WRITE_ZEROES),
	FOREIGN_FEATURES, ALL_FEATURES, ALL_FEATURES | FOREIGN_FEATURES,
};

static void probe_feature_name(const u64 *features, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "features %#llx", *features);
}

KUNIT_ARRAY_PARAM(probe_feature, probe_features, probe_feature_name);

/* The driver accepts exactly the offered features that it supports. */
static void probe_accepts_what_it_knows(struct kunit *test)
{
	u64 offered = *(const u64 *)test->param_value;
	struct tdisk *td = tdisk_disk(test, offered);
	struct tdisk_io *io;

	KUNIT_EXPECT_EQ(test, offered & ALL_FEATURES,
			td->m->accepted & (ALL_FEATURES | FOREIGN_FEATURES));
	KUNIT_EXPECT_EQ(test, 0ULL, td->m->accepted & ~td->m->offered);
	KUNIT_EXPECT_EQ(test, !!(offered & F(RO)), (u64)get_disk_ro(td->disk));
	io = tdisk_start(td, REQ_OP_READ, 0, 4096, 0);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void probe_short_configuration_is_refused(struct kunit *test)
{
	struct vfe_mock_spec spec = { .config_len = 16 };
	static const u8 config[16];
	struct tdisk *td;

	spec.config = config;
	/* topology begins at 24 */
	td = tdisk_plug(test, &spec, F(TOPOLOGY));
	KUNIT_EXPECT_PTR_EQ(test, td->disk, NULL);
	KUNIT_EXPECT_EQ(test, -EINVAL, tdisk_bind(td));
}

static void probe_refused_features(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);

	tdisk_unbind(td);
	td->m->knobs.refuse_features = true;
	KUNIT_EXPECT_EQ(test, -ENODEV, tdisk_bind(td));
	KUNIT_EXPECT_PTR_EQ(test, td->disk, NULL);
	td->m->knobs.refuse_features = false;
	KUNIT_EXPECT_EQ(test, 0, tdisk_bind(td));
	tdisk_expect_works(td);
}

/* The configuration changes permanently: an error, and no endless loop. */
static void probe_configuration_never_settles(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(SEG_MAX));

	tdisk_unbind(td);
	td->m->knobs.generation_moves = UINT_MAX;
	KUNIT_EXPECT_EQ(test, -EAGAIN, tdisk_bind(td));
	td->m->knobs.generation_moves = 0;
}

/* --- queues --- */

struct probe_queue {
	unsigned int size;
	bool indirect;
	int err;
	unsigned int depth;
	unsigned int segments;
};

static const struct probe_queue probe_queues[] = {
	{ 1, false, -EINVAL }, { 1, true, -EINVAL },
	{ 2, false, -EINVAL }, { 2, true, -EINVAL },
	{ 3, true, -EINVAL }, { 100, true, -EINVAL },
	{ 4, false, 0, 2, 2 }, { 4, true, 0, 4, 2 },
	{ 64, false, 0, 32, 62 }, { 64, true, 0, 64, 62 },
	{ 1024, true, 0, 1024, 1022 }, { 2048, true, 0, 1024, 1022 },
};

static void probe_queue_name(const struct probe_queue *q, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "size %u%s", q->size,
		 q->indirect ? ", indirect" : "");
}

KUNIT_ARRAY_PARAM(probe_queue, probe_queues, probe_queue_name);

static void probe_depth_from_queue_size(struct kunit *test)
{
	const struct probe_queue *q = test->param_value;
	struct vfe_mock_spec spec = {
		.queue_size = q->size,
		.features = BIT_ULL(VIRTIO_F_VERSION_1),
	};
	struct tdisk *td;

	if (q->indirect)
		spec.features |= BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC);
	td = tdisk_plug(test, &spec, F(SEG_MAX));
	if (q->err) {
		KUNIT_EXPECT_PTR_EQ(test, td->disk, NULL);
		KUNIT_EXPECT_EQ(test, q->err, tdisk_bind(td));
		return;
	}
	tdisk_unbind(td);
	tdisk_config(td)->seg_max =
		(__force __virtio32)cpu_to_le32(U32_MAX);
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	KUNIT_EXPECT_EQ(test, q->depth, td->disk->queue->tag_set->queue_depth);
	KUNIT_EXPECT_EQ(test, q->segments,
			(unsigned int)td->disk->queue->limits.max_segments);
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* --- identity --- */

static void probe_other_identity_is_refused(struct kunit *test)
{
	struct vfe_mock_spec spec = { .device = VFE_MOCK_DEVICE };
	struct tdisk *td = tdisk_plug(test, &spec, 0);

	KUNIT_EXPECT_PTR_EQ(test, td->disk, NULL);
	KUNIT_EXPECT_EQ(test, -ENODEV, tdisk_bind(td));
}

/* Two disks at once, each with its own name and data */
static void probe_two_disks(struct kunit *test)
{
	struct tdisk *a = tdisk_disk(test, 0);
	struct tdisk *b = tdisk_disk(test, 0);

	KUNIT_EXPECT_STRNEQ(test, a->disk->disk_name, b->disk->disk_name);
	KUNIT_EXPECT_EQ(test, 0, tdisk_write(a, 0, 512, 1));
	KUNIT_EXPECT_EQ(test, 0, tdisk_write(b, 0, 512, 2));
	KUNIT_EXPECT_NE(test, a->back->data[0], b->back->data[0]);
}

/* Fields of a disk's configuration that depend on a feature */
static const struct {
	u8 bit;
	u8 from;
	u8 to;
} blk_fields[] = {
	{ VIRTIO_BLK_F_SIZE_MAX, 8, 12 }, { VIRTIO_BLK_F_SEG_MAX, 12, 16 },
	{ VIRTIO_BLK_F_GEOMETRY, 16, 20 }, { VIRTIO_BLK_F_BLK_SIZE, 20, 24 },
	{ VIRTIO_BLK_F_TOPOLOGY, 24, 32 }, { VIRTIO_BLK_F_CONFIG_WCE, 32, 33 },
	{ VIRTIO_BLK_F_MQ, 34, 36 }, { VIRTIO_BLK_F_DISCARD, 36, 48 },
	{ VIRTIO_BLK_F_WRITE_ZEROES, 48, 57 },
};

/* Is any byte from @from to @to in the log? */
static bool touched(const struct vfe_mock *m, u32 from, u32 to)
{
	const struct vfe_mock_access *a;
	unsigned int i;

	for (i = 0; i < m->log_len; i++) {
		a = &m->log[i];
		if (a->reg == VFE_REG_DEVICE_CONFIG && a->offset < to &&
		    a->offset + a->size > from)
			return true;
	}
	return false;
}

static void expect_untouched(struct kunit *test, const struct vfe_mock *m,
			     unsigned int field)
{
	KUNIT_EXPECT_FALSE_MSG(test, touched(m, blk_fields[field].from,
					     blk_fields[field].to),
			       "bit %u", blk_fields[field].bit);
}

static void probe_reads_only_what_was_negotiated(struct kunit *test)
{
	struct vfe_mock_spec spec = { .device = VFE_PCI_DEVICE_BLOCK };
	struct vfe_mock_disk *disk;
	struct vfe_mock *m;
	unsigned int i, j;

	VFE_DUTY(test, "B12", "2.5.1",
		 "an optional field is not touched without its feature");
	for (i = 0; i <= ARRAY_SIZE(blk_fields); i++) {
		m = vfe_mock_plug_disk(test, &spec, i < ARRAY_SIZE(blk_fields) ?
				       BIT_ULL(blk_fields[i].bit) : 0, 64,
				       &disk);
		KUNIT_ASSERT_NOT_NULL(test, m);
		KUNIT_ASSERT_NOT_NULL(test, m->pdev->dev.driver);
		KUNIT_EXPECT_TRUE(test, touched(m, 0, 8));
		for (j = 0; j < ARRAY_SIZE(blk_fields); j++)
			if (!(m->offered & BIT_ULL(blk_fields[j].bit)))
				expect_untouched(test, m, j);
		vfe_mock_unplug(m);
	}
}

static void probe_identities(struct kunit *test)
{
	struct vfe_mock_spec spec = { .device = VFE_PCI_STOCK_BLOCK,
				      .unbound = true };
	static const u16 subsystems[] = { 0, 0x40, 0x1100, 0xffff };
	static const u8 revisions[] = { 0, 1, 7, 0xff };
	struct pci_dev *pdev;
	struct vfe_mock *m;
	unsigned int i;

	VFE_DUTY(test, "T01", "4.1.2.2",
		 "1af4:1042 (by driver_override) and a private ID, of any revision and subsystem");
	m = vfe_mock_plug_disk(test, &spec, 0, 64, NULL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	pdev = m->pdev;
	for (i = 0; i < ARRAY_SIZE(revisions); i++) {
		pdev->revision = revisions[i];
		pdev->subsystem_vendor = subsystems[i];
		pdev->subsystem_device = subsystems[i];
		KUNIT_EXPECT_TRUE_MSG(test, vfe_mock_bind(m, "vfe_blk"),
				      "revision %u", revisions[i]);
		KUNIT_EXPECT_EQ(test, m->status, PROBE_LIVE);
		vfe_mock_unbind(m);
	}
	vfe_mock_unplug(m);
	/* the private id needs no override */
	m = vfe_mock_plug_disk(test, NULL, 0, 64, NULL);
	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_EXPECT_NOT_NULL(test, m->pdev->dev.driver);
	KUNIT_EXPECT_EQ(test, m->status, PROBE_LIVE);
}

#define WCE		offsetof(struct virtio_blk_config, wce)

static bool probe_is_config(const struct vfe_mock_access *a, enum vfe_dir dir,
			    u32 offset)
{
	return a->reg == VFE_REG_DEVICE_CONFIG && a->dir == dir &&
	       a->offset <= offset && offset < a->offset + a->size;
}

/* First entry of the log that sets a bit of device_status */
static unsigned int probe_status_set(const struct vfe_mock *m, u8 bit)
{
	unsigned int i;

	for (i = 0; i < m->log_len; i++)
		if (m->log[i].reg == VFE_REG_DEVICE_STATUS &&
		    m->log[i].dir == VFE_WRITE && m->log[i].val & bit)
			break;
	return i;
}

static void probe_reads_writeback_after_features_ok(struct kunit *test)
{
	struct tdisk *td;
	unsigned int i, ok, reads = 0;

	VFE_DUTY(test, "K01", "5.2.5.1",
		 "writeback is not read before FEATURES_OK, ZONED is accepted only by a driver that handles zones");
	td = tdisk_disk(test, F(FLUSH) | F(CONFIG_WCE) | F(ZONED));
	ok = probe_status_set(td->m, VIRTIO_CONFIG_S_FEATURES_OK);
	KUNIT_ASSERT_LT(test, ok, td->m->log_len);
	for (i = 0; i < td->m->log_len; i++) {
		if (!probe_is_config(&td->m->log[i], VFE_READ, WCE))
			continue;
		KUNIT_EXPECT_GT(test, i, ok);
		reads++;
	}
	KUNIT_EXPECT_GT(test, reads, 0U);
	/* the driver does not handle zones here */
	KUNIT_EXPECT_EQ(test, 0ULL, td->m->accepted & F(ZONED));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case probe_kunit_cases[] = {
	KUNIT_CASE_PARAM(probe_limits_from_configuration,
			 probe_case_gen_params),
	KUNIT_CASE(probe_capacity_at_its_ends),
	KUNIT_CASE_PARAM(probe_accepts_what_it_knows,
			 probe_feature_gen_params),
	KUNIT_CASE(probe_short_configuration_is_refused),
	KUNIT_CASE(probe_refused_features),
	KUNIT_CASE(probe_configuration_never_settles),
	KUNIT_CASE_PARAM(probe_depth_from_queue_size, probe_queue_gen_params),
	KUNIT_CASE(probe_other_identity_is_refused),
	KUNIT_CASE(probe_two_disks),
	KUNIT_CASE(probe_reads_only_what_was_negotiated),
	KUNIT_CASE(probe_identities),
	KUNIT_CASE(probe_reads_writeback_after_features_ok),
	{ }
};

VFE_SUITE(probe_kunit_cases);

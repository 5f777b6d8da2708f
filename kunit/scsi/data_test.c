// SPDX-License-Identifier: GPL-2.0
/*
 * The path of a command: each kind of ring, chains of many pieces, limits of
 * the device, responses of every kind, and those that cannot be right.
 */
#include "lib/log.h"
#include "lib/scsi_fixture.h"
#include "lib/suite.h"

#define F(name)		BIT_ULL(VIRTIO_##name)

/* --- rings --- */

static void data_on_ring(struct kunit *test, u64 features, bool translated)
{
	const struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1) | features,
		.translated = translated,
	};
	struct tscsi *ts = tscsi_host(test, &spec);
	static const unsigned int all[] = { 1, 16, 17 };
	struct tscsi_io *w, *r;
	unsigned int i, segs;

	/* in the command's own table, as many as fit there, one more */
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		segs = all[i];
		w = tscsi_start_segs(ts, REQ_OP_WRITE, 64, segs, 512, 0x20 + i);
		KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, w));
		KUNIT_EXPECT_EQ(test, segs, ts->segs);
		r = tscsi_start_segs(ts, REQ_OP_READ, 64, 1, segs * 512, 0);
		KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, r));
		KUNIT_EXPECT_MEMEQ(test, r->data, ts->data + 64 * 512,
				   segs * 512);
		KUNIT_EXPECT_EQ(test, 0x20 + i, r->data[0]);
		KUNIT_EXPECT_EQ(test, 0x20 + i + segs - 1,
				r->data[segs * 512 - 1]);
		tscsi_recycle(ts);
	}
	vfe_mock_unbind(ts->m);
	KUNIT_EXPECT_EQ(test, 0U, ts->odd_headers);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

static void data_split(struct kunit *test)
{
	VFE_DUTY(test, "C02", "5.6.6.1.2", "task_attr, prio and crn are zero");
	data_on_ring(test, F(RING_F_INDIRECT_DESC) | F(RING_F_EVENT_IDX),
		     false);
	data_on_ring(test, F(RING_F_INDIRECT_DESC), false);
	data_on_ring(test, F(RING_F_EVENT_IDX), false);
}

static void data_packed(struct kunit *test)
{
	data_on_ring(test, F(F_RING_PACKED) | F(RING_F_INDIRECT_DESC) |
		     F(RING_F_EVENT_IDX), false);
	data_on_ring(test, F(F_RING_PACKED), false);
	data_on_ring(test, F(F_RING_PACKED) | F(F_IN_ORDER) |
		     F(RING_F_INDIRECT_DESC), false);
}

static void data_dma_api(struct kunit *test)
{
	data_on_ring(test, F(F_ACCESS_PLATFORM) | F(RING_F_INDIRECT_DESC),
		     true);
	data_on_ring(test, F(F_ACCESS_PLATFORM), true);
}

/* Data that the device's bus does not reach: the command is sent later. */
static void data_no_mapping(struct kunit *test)
{
	const struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | F(F_ACCESS_PLATFORM),
		.translated = true,
	};
	struct tscsi *ts = tscsi_host(test, &spec);
	struct tscsi_io *io;

	vfe_mock_hide(ts->m, ts->memory);
	io = tscsi_start(ts, REQ_OP_WRITE, 64, 0x20);
	msleep(100);
	KUNIT_EXPECT_EQ(test, 0U, io->ends);
	KUNIT_EXPECT_EQ(test, 0, ts->data[64 * 512]);
	vfe_mock_hide(ts->m, NULL);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x20, ts->data[64 * 512]);
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* With T10_PI, the header of each command has room for two lengths. */
static void data_t10_pi(struct kunit *test)
{
	const struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES |
			    BIT_ULL(VIRTIO_SCSI_F_T10_PI),
	};
	struct tscsi *ts = tscsi_host(test, &spec);
	const struct vfe_scsi_request_pi *header;
	struct tscsi_io *io;

	KUNIT_EXPECT_TRUE(test, ts->m->accepted &
			  BIT_ULL(VIRTIO_SCSI_F_T10_PI));
	KUNIT_EXPECT_EQ(test, (unsigned int)SHOST_DIX_GUARD_CRC,
			scsi_host_get_guard(tscsi_driver(ts)->shost));
	tscsi_expect_works(ts);
	io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 9);
	header = vfe_mock_mem(ts->kept[0].segs[0].addr);
	KUNIT_EXPECT_EQ(test, (u32)sizeof(*header), ts->kept[0].segs[0].len);
	KUNIT_EXPECT_EQ(test, 0U, le32_to_cpu(header->pi_bytesout));
	KUNIT_EXPECT_EQ(test, 0U, le32_to_cpu(header->pi_bytesin));
	KUNIT_EXPECT_EQ(test, WRITE_10, header->cdb[0]);
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/*
 * A disk with protection information: the block layer makes it for a write, and
 * checks it after a read.
 */
static void data_protected_on(struct kunit *test, u64 features, bool translated)
{
	const struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | features |
			    BIT_ULL(VIRTIO_SCSI_F_T10_PI),
		.translated = translated,
	};
	struct tscsi *ts = tscsi_plug(test, &spec, NULL);
	struct tscsi_io *w, *r;

	ts->protect = true;
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	async_synchronize_full();
	w = tscsi_start_segs(ts, REQ_OP_WRITE, 64, 20, 512, 0x20);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, w));
	KUNIT_EXPECT_EQ(test, 0x20 + 19, ts->data[83 * 512]);
	/* guard, application tag, and the number of the block */
	KUNIT_EXPECT_NE(test, 0, get_unaligned_be16(ts->pi[64]));
	KUNIT_EXPECT_EQ(test, 64U, get_unaligned_be32(ts->pi[64] + 4));
	KUNIT_EXPECT_EQ(test, 83U, get_unaligned_be32(ts->pi[83] + 4));
	r = tscsi_start_segs(ts, REQ_OP_READ, 64, 20, 512, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, r));
	KUNIT_EXPECT_EQ(test, 0x20, r->data[0]);
	ts->pi[70][0]++;
	r = tscsi_start(ts, REQ_OP_READ, 70, 0);
	KUNIT_EXPECT_EQ(test, -EILSEQ, tscsi_wait(ts, r));
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
	vfe_mock_unplug(ts->m);
}

static void data_protected(struct kunit *test)
{
	data_protected_on(test, 0, false);
	data_protected_on(test, F(F_RING_PACKED), false);
	data_protected_on(test, F(F_ACCESS_PLATFORM), true);
}

static void data_full_ring_with(struct kunit *test, u64 features)
{
	const struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1) | features,
		.queue_size = 16,
	};
	struct tscsi *ts = tscsi_host(test, &spec);
	unsigned int i;

	/* the SCSI core sends four at a time, of which two fit */
	ts->keep = true;
	for (i = 0; i < 4; i++)
		tscsi_start_segs(ts, REQ_OP_WRITE, 8 * i, 5, 512, i + 1);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept == 2));
	ts->keep = false;
	tscsi_return_all(ts, 0);
	for (; i < 20; i++)
		tscsi_start_segs(ts, REQ_OP_WRITE, 8 * i, 1 + i % 5, 512, i + 1);
	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, &ts->ios[i]));
	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_EQ(test, i + 1, ts->data[8 * i * 512]);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
	vfe_mock_unplug(ts->m);
}

/*
 * More requests at a time than a ring without indirect tables has room for. A
 * refused one must not stay mapped: the kernel complains about that when the
 * function goes.
 */
static void data_full_ring(struct kunit *test)
{
	data_full_ring_with(test, 0);
	data_full_ring_with(test, F(F_ACCESS_PLATFORM));
}

/* --- limits --- */

static void data_limits(struct kunit *test)
{
	struct vfe_scsi_config config = tscsi_config();
	struct scsi_device *sdev;
	struct Scsi_Host *shost;
	struct tscsi *ts;

	VFE_DUTY(test, "C01", "5.6.4.1", "only sense_size and cdb_size are written");
	config.seg_max = cpu_to_le32(20);
	config.max_sectors = cpu_to_le32(64);
	config.cmd_per_lun = cpu_to_le32(7);
	config.max_target = cpu_to_le16(2);
	config.max_lun = cpu_to_le32(9);
	config.sense_size = cpu_to_le32(252);
	config.cdb_size = cpu_to_le32(16);
	ts = tscsi_plug(test, NULL, &config);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	shost = tscsi_driver(ts)->shost;
	KUNIT_EXPECT_EQ(test, 20, shost->sg_tablesize);
	KUNIT_EXPECT_EQ(test, 64U, shost->max_sectors);
	KUNIT_EXPECT_EQ(test, 7, shost->cmd_per_lun);
	KUNIT_EXPECT_EQ(test, 3U, shost->max_id);
	KUNIT_EXPECT_EQ(test, (u64)VFE_SCSI_MAX_UNITS + 10, shost->max_lun);
	/* the driver has set the usual sizes, and nothing else */
	config.sense_size = cpu_to_le32(VFE_SCSI_SENSE_SIZE);
	config.cdb_size = cpu_to_le32(VFE_SCSI_CDB_SIZE);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)&config, ts->m->config, sizeof(config));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	tscsi_expect_works(ts);
	/* not more than cmd_per_lun commands, however many the user wants */
	sdev = tscsi_sdev(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 7, shost->hostt->change_queue_depth(sdev, 64));
}

/* Limits that are 0 or beyond what virtio allows */
static void data_odd_limits(struct kunit *test)
{
	struct vfe_scsi_config config = {
		.event_info_size = cpu_to_le32(U32_MAX),
		.sense_size = cpu_to_le32(VFE_SCSI_SENSE_SIZE),
		.cdb_size = cpu_to_le32(VFE_SCSI_CDB_SIZE),
		.max_target = cpu_to_le16(U16_MAX),
		.max_lun = cpu_to_le32(U32_MAX),
	};
	struct tscsi *ts = tscsi_plug(test, NULL, &config);
	struct Scsi_Host *shost;

	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	shost = tscsi_driver(ts)->shost;
	KUNIT_EXPECT_EQ(test, 1, shost->sg_tablesize);
	KUNIT_EXPECT_EQ(test, 65535U, shost->max_sectors);
	KUNIT_EXPECT_EQ(test, 1, shost->cmd_per_lun);
	KUNIT_EXPECT_EQ(test, 256U, shost->max_id);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	tscsi_expect_works(ts);
}

/* The block layer would not accept it. */
static void data_less_than_a_page(struct kunit *test)
{
	struct vfe_scsi_config config = tscsi_config();
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts;

	config.max_sectors = cpu_to_le32(1);
	ts = tscsi_plug(test, NULL, &config);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	KUNIT_EXPECT_EQ(test, 1U, log_lines(mark, "max_sectors is 1,"));
	tscsi_expect_works(ts);
}

static bool data_ignore_config(struct vfe_mock *m, struct vfe_mock_access *a)
{
	/* writes to the configuration have no effect */
	return a->reg == VFE_REG_DEVICE_CONFIG && a->dir == VFE_WRITE;
}

static void data_fixed_sizes(struct kunit *test)
{
	struct vfe_scsi_config config = tscsi_config();
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts;

	config.cdb_size = cpu_to_le32(16);
	ts = tscsi_plug(test, NULL, &config);
	ts->m->knobs.access = data_ignore_config;
	KUNIT_EXPECT_FALSE(test, tscsi_bind(ts));
	KUNIT_EXPECT_EQ(test, 1U, log_errors(mark, "cdb_size is 16"));
}

/* Its configuration is too short for a field: no host is better than a guess. */
static void data_short_config(struct kunit *test)
{
	static const u8 ends[] = {
		offsetofend(struct vfe_scsi_config, num_queues),
		offsetofend(struct vfe_scsi_config, seg_max),
		offsetofend(struct vfe_scsi_config, max_sectors),
		offsetofend(struct vfe_scsi_config, cmd_per_lun),
		offsetofend(struct vfe_scsi_config, event_info_size),
		offsetofend(struct vfe_scsi_config, sense_size),
		offsetofend(struct vfe_scsi_config, cdb_size),
		offsetofend(struct vfe_scsi_config, max_target),
		offsetofend(struct vfe_scsi_config, max_lun),
	};
	struct vfe_mock_spec spec = {};
	struct kmsg_dump_iter mark;
	struct tscsi *ts;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ends); i++) {
		spec.config_len = ends[i] - 1;
		mark = log_mark();
		ts = tscsi_plug(test, &spec, NULL);
		KUNIT_EXPECT_FALSE_MSG(test, tscsi_bind(ts), "%u bytes",
				       spec.config_len);
		KUNIT_EXPECT_EQ(test, 1U,
				log_errors(mark, "of device configuration at"));
		vfe_mock_unplug(ts->m);
	}
	spec.config_len = ends[ARRAY_SIZE(ends) - 1];
	ts = tscsi_plug(test, &spec, NULL);
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	tscsi_expect_works(ts);
}

/* --- counters --- */

static void data_operations_are_counted(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	u64 before = tscsi_count(ts, "operations");
	struct tscsi_io *io;

	tscsi_expect_works(ts);
	KUNIT_EXPECT_EQ(test, before + 2, tscsi_count(ts, "operations"));
	/* one that fails is one, too */
	ts->response = VIRTIO_SCSI_S_BAD_TARGET;
	io = tscsi_start(ts, REQ_OP_READ, 8, 0);
	KUNIT_EXPECT_EQ(test, -EIO, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, before + 3, tscsi_count(ts, "operations"));
}

/* --- responses --- */

static void data_expect(struct tscsi *ts, u8 response, u8 status, int err)
{
	struct tscsi_io *io;

	ts->response = response;
	ts->status = status;
	/* a failed read is retried, then it is not an error of the ring */
	io = tscsi_start(ts, REQ_OP_READ, 8, 0);
	KUNIT_EXPECT_EQ_MSG(ts->test, err, tscsi_wait(ts, io),
			    "response %u, status %u", response, status);
	ts->response = 0;
	ts->status = 0;
	tscsi_recycle(ts);
}

static void data_responses(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);

	data_expect(ts, VIRTIO_SCSI_S_OVERRUN, 0, -EIO);
	data_expect(ts, VIRTIO_SCSI_S_BAD_TARGET, 0, -EIO);
	data_expect(ts, VIRTIO_SCSI_S_FAILURE, 0, -EIO);
	data_expect(ts, VIRTIO_SCSI_S_ABORTED, 0, -EIO);
	data_expect(ts, VIRTIO_SCSI_S_NEXUS_FAILURE, 0, -EBADE);
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
	tscsi_expect_works(ts);
}

/* A multipath device asks blk_path_error() whether to try another path. */
static void data_target_failure(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	unsigned int before = ts->transfers;
	struct tscsi_io *io;

	VFE_DUTY(test, "C02", "5.6.6.1.2", "a target failure is not retried on other paths");
	ts->response = VIRTIO_SCSI_S_TARGET_FAILURE;
	io = tscsi_start(ts, REQ_OP_READ, 8, 0);
	KUNIT_EXPECT_NE(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_FALSE(test, blk_path_error(io->status));
	KUNIT_EXPECT_EQ(test, before + 1, ts->transfers);
	ts->response = VIRTIO_SCSI_S_FAILURE;
	io = tscsi_start(ts, REQ_OP_READ, 8, 0);
	KUNIT_EXPECT_NE(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_TRUE(test, blk_path_error(io->status));
	ts->response = 0;
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
	tscsi_expect_works(ts);
}

/* These say that the command may be sent again: the SCSI core does. */
static void data_sent_again(struct kunit *test)
{
	static const u8 responses[] = {
		VIRTIO_SCSI_S_RESET, VIRTIO_SCSI_S_BUSY,
		VIRTIO_SCSI_S_TRANSPORT_FAILURE,
	};
	struct tscsi *ts = tscsi_host(test, NULL);
	struct tscsi_io *io;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(responses); i++) {
		tscsi_recycle(ts);
		io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 0x31 + i);
		ts->keep = false;
		tscsi_return(ts, 0, responses[i]);
		KUNIT_EXPECT_EQ_MSG(test, 0, tscsi_wait(ts, io), "response %u",
				    responses[i]);
		KUNIT_EXPECT_EQ_MSG(test, 0x31 + i, ts->data[40 * 512],
				    "response %u", responses[i]);
	}
	KUNIT_EXPECT_EQ(test, 0ULL, tscsi_count(ts, "odd_answers"));
}

static void data_odd_responses(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts = tscsi_host(test, NULL);

	data_expect(ts, 200, 0, -EIO);
	KUNIT_EXPECT_GE(test, tscsi_count(ts, "odd_answers"), 1ULL);
	data_expect(ts, 0x7f, 0, -EIO);
	ts->no_response = true;
	data_expect(ts, 0, 0, -EIO);
	ts->no_response = false;
	/* one clear line */
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "a response is 200"));
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "cannot be right"));
	tscsi_expect_works(ts);
}

/* Reads a block, as a user does. Return: bytes that were not transferred */
static int data_user_residual(struct tscsi *ts)
{
	u8 *block = kunit_kzalloc(ts->test, 512, GFP_KERNEL);
	const u8 cdb[10] = { READ_10, [8] = 1 };
	int residual = -1;
	const struct scsi_exec_args args = { .resid = &residual };

	KUNIT_ASSERT_NOT_NULL(ts->test, block);
	KUNIT_EXPECT_EQ(ts->test, 0,
			scsi_execute_cmd(tscsi_sdev(ts, 0, 0), cdb,
					 REQ_OP_DRV_IN, block, 512, 60 * HZ, 0,
					 &args));
	return residual;
}

/*
 * Larger than the transfer: nothing was transferred. The SCSI core would send a
 * disk's read with such a residual again for ever, and let no time pass.
 */
static void data_residual_lies(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts = tscsi_host(test, NULL);
	int residual;

	ts->residual = 100;
	KUNIT_EXPECT_EQ(test, 100, data_user_residual(ts));
	ts->residual = U32_MAX;
	residual = data_user_residual(ts);
	ts->residual = 0;
	KUNIT_ASSERT_EQ(test, 512, residual);
	ts->residual = U32_MAX;
	data_expect(ts, 0, 0, -EIO);
	ts->residual = 513;
	data_expect(ts, 0, 0, -EIO);
	ts->residual = 0;
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "a residual is"));
	tscsi_expect_works(ts);
}

/* Longer than sense_size: what fits is read */
static void data_sense_lies(struct kunit *test)
{
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts = tscsi_host(test, NULL);

	ts->sense[0] = 0x70;
	ts->sense[2] = MEDIUM_ERROR;
	ts->sense[7] = 10;
	ts->sense[12] = 0x11;
	ts->sense_len = 18;
	data_expect(ts, 0, SAM_STAT_CHECK_CONDITION, -ENODATA);
	ts->sense_len = U32_MAX;
	data_expect(ts, 0, SAM_STAT_CHECK_CONDITION, -ENODATA);
	ts->sense_len = 97;
	data_expect(ts, 0, SAM_STAT_CHECK_CONDITION, -ENODATA);
	ts->sense_len = 0;
	memset(ts->sense, 0, sizeof(ts->sense));
	KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "a length of sense data"));
	tscsi_expect_works(ts);
}

/* A chain that was used already is used again: the queue is reset. */
static void data_used_twice(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct vfe_mock_queue *mq = &ts->m->queues[VFE_SCSI_REQUESTQ];
	struct tscsi_io *io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, 7);
	unsigned int resets = mq->resets;
	u16 id = ts->kept[0].id;

	ts->keep = false;
	tscsi_return(ts, 0, 0);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	vfe_mock_push(mq, id, 108, 1);
	vfe_mock_interrupt(mq);
	/* the device has no RING_RESET: the whole of it is reset */
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(mq->resets == resets &&
					       tscsi_settled(ts)));
	tscsi_expect_works(ts);
}

/*
 * QEMU's device counts the bytes of a write as used. Nobody needs that length:
 * it is no reason for a line in the log, whatever the kind of ring.
 */
static void data_used_lengths(struct kunit *test)
{
	static const u64 rings[] = {
		F(RING_F_INDIRECT_DESC), F(F_IN_ORDER),
		F(F_IN_ORDER) | F(RING_F_INDIRECT_DESC) | F(RING_F_EVENT_IDX),
		F(F_RING_PACKED), F(F_RING_PACKED) | F(F_IN_ORDER),
	};
	struct vfe_mock_spec spec = {};
	struct kmsg_dump_iter mark = log_mark();
	struct tscsi *ts;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rings); i++) {
		spec.features = BIT_ULL(VIRTIO_F_VERSION_1) | rings[i];
		ts = tscsi_host(test, &spec);
		ts->more_used = 4096;
		tscsi_expect_works(ts);
		KUNIT_EXPECT_EQ_MSG(test, 0U, log_warnings(mark, "used length"),
				    "ring %u", i);
		/* no device has such lengths in this queue: one line */
		ts->tmf_response = VIRTIO_SCSI_S_FUNCTION_SUCCEEDED;
		KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
		KUNIT_EXPECT_EQ(test, SUCCESS, tscsi_reset_unit(ts));
		KUNIT_EXPECT_EQ(test, 1U, log_warnings(mark, "used length"));
		mark = log_mark();
		vfe_mock_unplug(ts->m);
	}
}

static struct kunit_case data_cases[] = {
	KUNIT_CASE(data_split),
	KUNIT_CASE(data_packed),
	KUNIT_CASE(data_dma_api),
	KUNIT_CASE(data_no_mapping),
	KUNIT_CASE(data_t10_pi),
	KUNIT_CASE(data_protected),
	KUNIT_CASE(data_full_ring),
	KUNIT_CASE(data_limits),
	KUNIT_CASE(data_odd_limits),
	KUNIT_CASE(data_less_than_a_page),
	KUNIT_CASE(data_fixed_sizes),
	KUNIT_CASE(data_short_config),
	KUNIT_CASE(data_operations_are_counted),
	KUNIT_CASE(data_responses),
	KUNIT_CASE(data_target_failure),
	KUNIT_CASE(data_sent_again),
	KUNIT_CASE(data_odd_responses),
	KUNIT_CASE(data_residual_lies),
	KUNIT_CASE(data_sense_lies),
	KUNIT_CASE(data_used_twice),
	KUNIT_CASE(data_used_lengths),
	{ }
};

VFE_SUITE(data_cases);

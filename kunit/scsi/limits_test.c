// SPDX-License-Identifier: GPL-2.0
/*
 * What the driver owes to limits of the device: rings that are too short for a
 * command, or as long as one; addresses beyond 14 bits; sizes after a reset; and
 * what makes each command different from the one before with the same tag.
 */
#include "lib/log.h"
#include "lib/scsi_fixture.h"
#include "lib/suite.h"

#define F(name)		BIT_ULL(VIRTIO_##name)

/* --- rings --- */

/* A read has a header, a response and one piece of data. */
static void limits_short_ring(struct kunit *test)
{
	const struct vfe_mock_spec spec = {
		.features = F(F_VERSION_1), .queue_size = 2,
	};
	struct tscsi *ts = tscsi_plug(test, &spec, NULL);
	struct kmsg_dump_iter mark = log_mark();

	KUNIT_EXPECT_FALSE(test, tscsi_bind(ts));
	KUNIT_EXPECT_EQ(test, 1U, log_errors(mark, "but a read needs 3"));
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/**
 * struct limits_ring - a ring, and what the host may have at most
 * @name: of the case
 * @features: of the device
 * @size: of each ring
 * @segs: pieces of data of a command
 * @depth: commands
 */
struct limits_ring {
	const char *name;
	u64 features;
	unsigned int size;
	unsigned int segs;
	int depth;
};

static const struct limits_ring limits_rings[] = {
	{ "a table is as long as the ring", F(RING_F_INDIRECT_DESC), 8, 6, 7 },
	{ "a chain is as long as the ring", 0, 8, 6, 1 },
	{ "a third of the ring, less one", 0, 64, 62, 20 },
	{ "packed", F(F_RING_PACKED), 8, 6, 1 },
	{ "the device's limit", F(RING_F_INDIRECT_DESC), 128, 62, 127 },
	{ "protected", F(RING_F_INDIRECT_DESC) | BIT_ULL(VIRTIO_SCSI_F_T10_PI),
	  8, 3, 7 },
	{ "only a read", 0, 4, 2, 1 },
};

KUNIT_ARRAY_PARAM_DESC(limits_ring, limits_rings, name);

static void limits_of_rings(struct kunit *test)
{
	const struct limits_ring *r = test->param_value;
	const struct vfe_mock_spec spec = {
		.features = F(F_VERSION_1) | r->features,
		.queue_size = r->size,
	};
	struct tscsi *ts = tscsi_host(test, &spec);
	struct Scsi_Host *shost = tscsi_driver(ts)->shost;
	struct tscsi_io *io;

	VFE_DUTY(test, "C01", "5.6.4.1",
		 "not more commands to a unit than the virtqueue's size");
	KUNIT_EXPECT_EQ(test, r->segs, (unsigned int)shost->sg_tablesize);
	KUNIT_EXPECT_EQ(test, r->depth, shost->can_queue);
	KUNIT_EXPECT_LE(test, (int)shost->cmd_per_lun, r->depth);
	/* as long as may be */
	io = tscsi_start_segs(ts, REQ_OP_WRITE, 64, r->segs, 512, 0x20);
	KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_EQ(test, 0x20 + r->segs - 1,
			(unsigned int)ts->data[(64 + r->segs - 1) * 512]);
	tscsi_expect_works(ts);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
}

/* --- addresses --- */

/* 5.6.6.1: the driver sends nothing to a unit that no address can name. */
static void limits_no_such_unit(struct kunit *test)
{
	struct tscsi *ts = tscsi_host(test, NULL);
	struct Scsi_Host *shost = tscsi_driver(ts)->shost;
	unsigned int before = ts->stray_inquiries;

	KUNIT_EXPECT_NE(test, 0, scsi_add_device(shost, 0, 0, 0x8000));
	KUNIT_EXPECT_NE(test, 0, scsi_add_device(shost, 0, 0, 0x10000));
	KUNIT_EXPECT_EQ(test, before, ts->stray_inquiries);
	KUNIT_EXPECT_EQ(test, 1U, tscsi_num_sdevs(ts));
}

/* --- sizes --- */

/* 5.6.4: a reset sets both sizes, and not always to the usual ones. */
static void limits_sizes_after_a_reset(struct kunit *test)
{
	struct vfe_scsi_config *config;
	struct tscsi *ts = tscsi_host(test, NULL);

	config = (struct vfe_scsi_config *)ts->m->config;
	config->sense_size = cpu_to_le32(252);
	config->cdb_size = cpu_to_le32(16);
	vfe_mock_needs_reset(ts->m);
	KUNIT_EXPECT_TRUE(test,
			  TSCSI_WAIT_FOR(le32_to_cpu(config->cdb_size) ==
					 VFE_SCSI_CDB_SIZE));
	KUNIT_EXPECT_EQ(test, VFE_SCSI_SENSE_SIZE,
			(int)le32_to_cpu(config->sense_size));
	tscsi_expect_works(ts);
}

/* --- a command and the next one with its tag --- */

static u64 limits_id(struct tscsi *ts, unsigned int kept)
{
	return le64_to_cpu(tscsi_request(&ts->kept[kept])->id);
}

/* Many commands, of which some have the same tag: none has the same id. */
static void limits_ids(struct kunit *test)
{
	const struct vfe_mock_spec spec = { .queue_size = 4 };
	struct tscsi *ts = tscsi_host(test, &spec);
	unsigned int i, n, same = 0;
	u64 ids[10];

	for (i = 0; i < ARRAY_SIZE(ids); i++) {
		struct tscsi_io *io;

		tscsi_recycle(ts);
		io = tscsi_start_kept(ts, REQ_OP_WRITE, 40, i + 1);
		ids[i] = limits_id(ts, 0);
		/* 0 is the tag of the driver's own command */
		KUNIT_EXPECT_NE(test, 0U, lower_32_bits(ids[i]));
		for (n = 0; n < i; n++) {
			same += lower_32_bits(ids[n]) == lower_32_bits(ids[i]);
			KUNIT_EXPECT_NE(test, ids[n], ids[i]);
		}
		tscsi_return(ts, 0, 0);
		KUNIT_EXPECT_EQ(test, 0, tscsi_wait(ts, io));
	}
	KUNIT_EXPECT_GT(test, same, 0U);
	/* nor has that command the same one twice */
	tscsi_recycle(ts);
	ts->keep = false;
	ts->luns_response = VFE_SCSI_S_NONE;
	tscsi_event(ts, VIRTIO_SCSI_T_EVENTS_MISSED, 0, 0, 0);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept == 1));
	ids[0] = limits_id(ts, 0);
	tscsi_return(ts, 0, VIRTIO_SCSI_S_BAD_TARGET);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept == 2));
	KUNIT_EXPECT_EQ(test, 0U, lower_32_bits(ids[0]));
	KUNIT_EXPECT_EQ(test, 0U, lower_32_bits(limits_id(ts, 1)));
	KUNIT_EXPECT_NE(test, ids[0], limits_id(ts, 1));
	ts->luns_response = 0;
	tscsi_return(ts, 1, 0);
	KUNIT_EXPECT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
}

/**
 * struct limits_user - a command of a user, without data
 * @ts: the host
 * @work: sends it
 */
struct limits_user {
	struct tscsi *ts;
	struct work_struct work;
};

static void limits_user_work(struct work_struct *work)
{
	struct limits_user *u = container_of(work, struct limits_user, work);
	const u8 cdb[6] = { START_STOP };

	scsi_execute_cmd(tscsi_sdev(u->ts, 0, 0), cdb, REQ_OP_DRV_IN, NULL, 0,
			 60 * HZ, 0, NULL);
}

/* A command has nothing of a longer one, with more data, before it. */
static void limits_nothing_is_left(struct kunit *test)
{
	const struct vfe_mock_spec spec = {
		.features = VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_SCSI_F_T10_PI),
		.queue_size = 4,
	};
	struct limits_user *u = kunit_kzalloc(test, sizeof(*u), GFP_KERNEL);
	struct tscsi *ts = tscsi_plug(test, &spec, NULL);
	const struct vfe_scsi_request_pi *header;
	static const u8 zeroes[26] = {};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, u);
	ts->protect = true;
	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	async_synchronize_full();
	/* each tag */
	for (i = 0; i < 6; i++)
		tscsi_expect_works(ts);
	ts->keep_op = START_STOP;
	u->ts = ts;
	INIT_WORK(&u->work, limits_user_work);
	queue_work(system_unbound_wq, &u->work);
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(ts->num_kept));
	header = vfe_mock_mem(ts->kept[0].segs[0].addr);
	KUNIT_EXPECT_EQ(test, 0U, le32_to_cpu(header->pi_bytesout));
	KUNIT_EXPECT_EQ(test, 0U, le32_to_cpu(header->pi_bytesin));
	KUNIT_EXPECT_EQ(test, START_STOP, (int)header->cdb[0]);
	KUNIT_EXPECT_MEMEQ(test, zeroes, header->cdb + 6, sizeof(zeroes));
	ts->keep_op = 0;
	tscsi_return(ts, 0, 0);
	flush_work(&u->work);
	VFE_MOCK_EXPECT_CLEAN(test, ts->m);
	vfe_mock_unplug(ts->m);
}

static struct kunit_case limits_cases[] = {
	KUNIT_CASE(limits_short_ring),
	KUNIT_CASE_PARAM(limits_of_rings, limits_ring_gen_params),
	KUNIT_CASE(limits_no_such_unit),
	KUNIT_CASE(limits_sizes_after_a_reset),
	KUNIT_CASE(limits_ids),
	KUNIT_CASE(limits_nothing_is_left),
	{ }
};

VFE_SUITE(limits_cases);

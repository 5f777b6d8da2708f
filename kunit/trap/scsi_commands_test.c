// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap_scsi over the register window in memory: units, commands, their exact
 * cost, and what the device refuses. It binds to no function automatically, and
 * must be loaded with window=memory. Faults and the life cycle are in
 * scsi_lifecycle_test.c.
 */
#include <scsi/scsi_proto.h>

#include "../drivers/trap/scsi/cost.h"
#include "lib/suite.h"
#include "lib/trap_scsi_fixture.h"

/* --- probe --- */

static void tadapter_units(struct kunit *test)
{
	struct tadapter *ta = tadapter_plug(test, NULL);

	ta->back->num_units = 5;
	ta->back->units[1] = vfe_scsi_window_address(0, 1);
	ta->back->units[2] = vfe_scsi_window_address(3, 5);
	ta->back->units[3] = vfe_scsi_window_address(255, 0);
	ta->back->units[4] = vfe_scsi_window_address(255, 16383);
	KUNIT_ASSERT_EQ(test, 0, tadapter_bind(ta));
	KUNIT_EXPECT_NOT_NULL(test, tadapter_sdev(ta, 0, 0));
	KUNIT_EXPECT_NOT_NULL(test, tadapter_sdev(ta, 0, 1));
	KUNIT_EXPECT_NOT_NULL(test, tadapter_sdev(ta, 3, 5));
	KUNIT_EXPECT_PTR_EQ(test, tadapter_sdev(ta, 3, 0), NULL);
	KUNIT_EXPECT_NOT_NULL(test, tadapter_sdev(ta, 255, 0));
	/* flat space addressing, as the device reports it */
	KUNIT_EXPECT_NOT_NULL(test, tadapter_sdev(ta, 255, 0x4000 | 16383));
	/* the driver asks only targets that the device names */
	KUNIT_EXPECT_EQ(test, 3U, ta->back->luns);
	KUNIT_EXPECT_EQ(test, (u64)VFE_MOCK_ADAPTER_BLOCKS,
			get_capacity(tadapter_disk(ta)));
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

static void tadapter_no_units(struct kunit *test)
{
	struct tadapter *ta = tadapter_plug(test, NULL);

	ta->back->num_units = 0;
	KUNIT_ASSERT_EQ(test, 0, tadapter_bind(ta));
	KUNIT_EXPECT_EQ(test, 0U, ta->back->commands);
	tadapter_unbind(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* A changed word of IDENTIFY, and the result of probe() */
struct tadapter_identity {
	const char *name;
	unsigned int word;
	u32 val;
	int err;
};

static const struct tadapter_identity tadapter_identities[] = {
	{ "as it is", TADAPTER_WORD(magic), VFE_SCSI_IDENTITY_MAGIC, 0 },
	{ "no magic", TADAPTER_WORD(magic), 0, -ENODEV },
	{ "a disk", TADAPTER_WORD(magic), VFE_IDENTIFY_MAGIC, -ENODEV },
	{ "version 2", TADAPTER_WORD(version), 2, -ENODEV },
	{ "max_count 0", TADAPTER_WORD(max_count), 0, -EINVAL },
	{ "max_count 4095", TADAPTER_WORD(max_count), 4095, -EINVAL },
	{ "max_count 4096", TADAPTER_WORD(max_count), 4096, 0 },
	{ "max_count 2^32-1", TADAPTER_WORD(max_count), U32_MAX, 0 },
	{ "a target without units", TADAPTER_WORD(targets) + 7, U32_MAX, 0 },
};

KUNIT_ARRAY_PARAM_DESC(tadapter_identity, tadapter_identities, name);

static void tadapter_identity_is_checked(struct kunit *test)
{
	const struct tadapter_identity *id = test->param_value;
	struct tadapter *ta = tadapter_plug(test, NULL);
	struct tadapter_word word = { .word = id->word, .val = id->val };
	unsigned int command;

	ta->m->knobs.priv = &word;
	ta->m->knobs.access = tadapter_change_word;
	KUNIT_EXPECT_EQ(test, id->err, tadapter_bind(ta));
	ta->m->knobs.access = NULL;
	if (!id->err)
		tadapter_expect_works(ta);
	command = vfe_mock_count(ta->m, VFE_REG_SCSI_MEMORY_COMMAND, VFE_WRITE);
	KUNIT_EXPECT_EQ(test, !id->err, command > 1);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

static void tadapter_identify_fails(struct kunit *test)
{
	struct tadapter *ta = tadapter_plug(test, NULL);

	ta->m->knobs.access = tadapter_say_error;
	KUNIT_EXPECT_EQ(test, -EIO, tadapter_bind(ta));
	ta->m->knobs.access = NULL;
	ta->m->knobs.mute = true;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, tadapter_bind(ta));
	ta->m->knobs.mute = false;
	KUNIT_EXPECT_EQ(test, 0, tadapter_bind(ta));
	tadapter_expect_works(ta);
}

static void tadapter_other_functions_are_refused(struct kunit *test)
{
	static const struct vfe_mock_spec specs[] = {
		{ .device = VFE_MOCK_DEVICE },
		{ .device = VFE_PCI_DEVICE_BLOCK },
		{ .no_vendor_cap = true },
		{ .no_pin = true },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(specs); i++)
		KUNIT_EXPECT_EQ(test, -ENODEV,
				tadapter_bind(tadapter_plug(test, &specs[i])));
}

/* --- data --- */

static void tadapter_data_arrives(struct kunit *test)
{
	static const unsigned int sizes[] = { 512, 1024, 4096, 4608, 65536 };
	struct tadapter *ta = tadapter_start_host(test);
	struct tadapter_io *w, *r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		tadapter_recycle(ta);
		w = tadapter_start(ta, REQ_OP_WRITE, 5 * i, sizes[i], i + 1);
		KUNIT_EXPECT_EQ(test, 0, tadapter_wait(ta, w));
		KUNIT_EXPECT_MEMEQ(test, ta->back->data + 5 * i * 512, w->data,
				   sizes[i]);
		r = tadapter_start(ta, REQ_OP_READ, 5 * i, sizes[i], 0);
		KUNIT_EXPECT_EQ(test, 0, tadapter_wait(ta, r));
		KUNIT_EXPECT_MEMEQ(test, w->data, r->data, sizes[i]);
	}
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

static void tadapter_pieces(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct tadapter_io *io;
	unsigned int i;

	io = tadapter_segs(ta, REQ_OP_WRITE, 40, 24, 512, 7);
	KUNIT_EXPECT_EQ(test, 0, tadapter_wait(ta, io));
	for (i = 0; i < 24; i++)
		KUNIT_EXPECT_EQ(test, 7 + i,
				(unsigned int)ta->back->data[(40 + i) * 512 +
							     100]);
	io = tadapter_segs(ta, REQ_OP_READ, 40, 24, 512, 0xaa);
	KUNIT_EXPECT_EQ(test, 0, tadapter_wait(ta, io));
	for (i = 0; i < 24; i++)
		KUNIT_EXPECT_EQ(test, 7 + i, (unsigned int)io->data[i * 1024]);
	/* the gaps between the pieces stay as they were */
	KUNIT_EXPECT_EQ(test, 0U, (unsigned int)io->data[512]);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* Data may be all ones although the device is present. */
static void tadapter_data_of_ones(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct tadapter_io *io;

	memset(ta->back->data, 0xff, 4096);
	io = tadapter_start(ta, REQ_OP_READ, 0, 4096, 0);
	KUNIT_EXPECT_EQ(test, 0, tadapter_wait(ta, io));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(io->data, 0xff, 4096), NULL);
	tadapter_expect_works(ta);
}

/* --- single commands --- */

/* INQUIRY of @len bytes. Return: as scsi_execute_cmd() */
static int tadapter_inquiry(struct tadapter *ta, u8 *data, unsigned int len,
			    int *resid)
{
	const u8 cdb[6] = { INQUIRY, 0, 0, 0, len };
	const struct scsi_exec_args args = { .resid = resid };

	return scsi_execute_cmd(tadapter_sdev(ta, 0, 0), cdb, REQ_OP_DRV_IN,
				data, len, HZ, 0, &args);
}

/* Lengths that are no whole words, and more than there is */
static void tadapter_short_data(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	u8 *data = kunit_kzalloc(test, 255, GFP_KERNEL);
	int resid = 0;

	KUNIT_ASSERT_NOT_NULL(test, data);
	memset(data, 0xee, 255);
	tadapter_reset_counts(ta);
	KUNIT_EXPECT_EQ(test, 0, tadapter_inquiry(ta, data, 11, &resid));
	KUNIT_EXPECT_EQ(test, 0, resid);
	KUNIT_EXPECT_MEMEQ(test, data + 8, "vfe", 3);
	KUNIT_EXPECT_EQ(test, 0xeeU, (unsigned int)data[11]);
	KUNIT_EXPECT_EQ(test, 0LL, tadapter_counter(ta, "short_commands"));
	KUNIT_EXPECT_EQ(test, 3U,
			vfe_mock_count(ta->m, VFE_REG_SCSI_MEMORY_DATA,
				       VFE_READ));
	KUNIT_EXPECT_EQ(test, 0, tadapter_inquiry(ta, data, 255, &resid));
	KUNIT_EXPECT_EQ(test, 255 - 36, resid);
	KUNIT_EXPECT_MEMEQ(test, data + 32, "0001", 4);
	KUNIT_EXPECT_EQ(test, 1LL, tadapter_counter(ta, "short_commands"));
	KUNIT_EXPECT_EQ(test, 12U,
			vfe_mock_count(ta->m, VFE_REG_SCSI_MEMORY_DATA,
				       VFE_READ));
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* The last word of a write has what there is, and zeroes. */
static void tadapter_short_write(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	u8 *data = kunit_kzalloc(test, 12, GFP_KERNEL);
	const u8 cdb[6] = { 0x15, [4] = 11 };	/* MODE SELECT */

	KUNIT_ASSERT_NOT_NULL(test, data);
	memset(data, 0xee, 12);
	tadapter_reset_counts(ta);
	KUNIT_EXPECT_NE(test, 0, scsi_execute_cmd(tadapter_sdev(ta, 0, 0), cdb,
						  REQ_OP_DRV_OUT, data, 11, HZ,
						  0, NULL));
	KUNIT_EXPECT_EQ(test, 3U,
			vfe_mock_count(ta->m, VFE_REG_SCSI_MEMORY_DATA,
				       VFE_WRITE));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(ta->back->fifo, 0xee, 11), NULL);
	KUNIT_EXPECT_EQ(test, 0, (int)ta->back->fifo[11]);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* Sends a CDB without data. Return: its SCSI status */
static int tadapter_plain(struct tadapter *ta, const u8 *cdb, u16 len)
{
	struct scsi_device *sdev = tadapter_sdev(ta, 0, 0);
	struct scsi_cmnd *sc;
	struct request *rq;
	int status;

	rq = scsi_alloc_request(sdev->request_queue, REQ_OP_DRV_IN, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(ta->test, rq);
	sc = blk_mq_rq_to_pdu(rq);
	sc->cmd_len = len;
	memcpy(sc->cmnd, cdb, len);
	blk_execute_rq(rq, true);
	status = get_status_byte(sc);
	blk_mq_free_request(rq);
	return status;
}

/* A command of 32 bytes, and one of 6 */
static void tadapter_cdbs(struct kunit *test)
{
	const u8 cdb[32] = { VARIABLE_LENGTH_CMD, [7] = 24, [31] = 0x77 };
	struct tadapter *ta = tadapter_start_host(test);
	const u8 ready[6] = { TEST_UNIT_READY, [4] = 9 };

	KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION,
			tadapter_plain(ta, cdb, sizeof(cdb)));
	KUNIT_EXPECT_EQ(test, 8U, ta->back->last_words);
	KUNIT_EXPECT_MEMEQ(test, ta->back->last, cdb, sizeof(cdb));
	KUNIT_EXPECT_EQ(test, SAM_STAT_GOOD,
			tadapter_plain(ta, ready, sizeof(ready)));
	KUNIT_EXPECT_EQ(test, 2U, ta->back->last_words);
	KUNIT_EXPECT_EQ(test, 9, (int)ta->back->last[4]);
	/* the bytes behind a CDB are zeroes */
	KUNIT_EXPECT_EQ(test, 0, ta->back->last[6] | ta->back->last[7]);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

static void tadapter_sense_data(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct scsi_device *sdev = tadapter_sdev(ta, 0, 0);
	const u8 odd[6] = { 0x0f };
	struct scsi_sense_hdr sense;
	const struct scsi_exec_args args = { .sshdr = &sense };

	tadapter_reset_counts(ta);
	KUNIT_EXPECT_EQ(test, SAM_STAT_CHECK_CONDITION,
			scsi_execute_cmd(sdev, odd, REQ_OP_DRV_IN, NULL, 0, HZ,
					 0, &args) & 0xff);
	KUNIT_EXPECT_EQ(test, ILLEGAL_REQUEST, (int)sense.sense_key);
	KUNIT_EXPECT_EQ(test, 0x20, (int)sense.asc);
	KUNIT_EXPECT_EQ(test, 5LL, tadapter_counter(ta, "sense_words"));
	/* more than the SCSI core has room for */
	ta->back->status = SAM_STAT_CHECK_CONDITION;
	ta->back->sense_len = VFE_SCSI_WINDOW_SENSE;
	tadapter_reset_counts(ta);
	KUNIT_EXPECT_NE(test, 0, tadapter_write(ta, 0, 512, 1));
	KUNIT_EXPECT_EQ(test, 0LL,
			tadapter_counter(ta, "sense_words") %
			(SCSI_SENSE_BUFFERSIZE / 4));
	KUNIT_EXPECT_GT(test, tadapter_counter(ta, "sense_words"), 0LL);
	ta->back->status = 0;
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* --- cost --- */

struct tadapter_cost {
	const char *name;
	blk_opf_t opf;
	unsigned int bytes;
	unsigned int reads;
	unsigned int writes;
};

#define WORDS(n)	DIV_ROUND_UP(n, VFE_TRAP_SCSI_COST_WORD)
#define START		(VFE_TRAP_SCSI_COST_START + VFE_TRAP_SCSI_COST_COUNT + \
			 WORDS(10))

static const struct tadapter_cost tadapter_costs[] = {
	{ "read of 512", REQ_OP_READ, 512,
	  VFE_TRAP_SCSI_COST_STATUS + WORDS(512), START },
	{ "read of 4096", REQ_OP_READ, 4096,
	  VFE_TRAP_SCSI_COST_STATUS + WORDS(4096), START },
	{ "read of 65536", REQ_OP_READ, 65536,
	  VFE_TRAP_SCSI_COST_STATUS + WORDS(65536), START },
	{ "write of 512", REQ_OP_WRITE, 512,
	  VFE_TRAP_SCSI_COST_STATUS, START + WORDS(512) },
	{ "write of 4096", REQ_OP_WRITE, 4096,
	  VFE_TRAP_SCSI_COST_STATUS, START + WORDS(4096) },
	{ "write of 65536", REQ_OP_WRITE, 65536,
	  VFE_TRAP_SCSI_COST_STATUS, START + WORDS(65536) },
};

KUNIT_ARRAY_PARAM_DESC(tadapter_cost, tadapter_costs, name);

/* Formula, driver and device: three witnesses, one number */
static void tadapter_cost_is_the_formula(struct kunit *test)
{
	const struct tadapter_cost *c = test->param_value;
	struct tadapter *ta = tadapter_start_host(test);
	struct tadapter_io *io;

	tadapter_reset_counts(ta);
	io = tadapter_start(ta, c->opf, 8, c->bytes, 1);
	KUNIT_EXPECT_EQ(test, 0, tadapter_wait(ta, io));
	KUNIT_EXPECT_EQ(test, 0U, ta->m->log_lost);
	KUNIT_EXPECT_EQ(test, c->reads, tadapter_accesses(ta, VFE_READ));
	KUNIT_EXPECT_EQ(test, c->writes, tadapter_accesses(ta, VFE_WRITE));
	KUNIT_EXPECT_EQ(test, (s64)c->reads,
			tadapter_counter(ta, "accesses/memory_read"));
	KUNIT_EXPECT_EQ(test, (s64)c->writes,
			tadapter_counter(ta, "accesses/memory_write"));
	KUNIT_EXPECT_EQ(test, (s64)c->reads + c->writes,
			tadapter_counter(ta, "exits"));
	KUNIT_EXPECT_EQ(test, 1LL, tadapter_counter(ta, "operations"));
	KUNIT_EXPECT_EQ(test, 1LL, tadapter_counter(ta, "interrupts"));
}

/* Without data, with less than offered, and with sense data */
static void tadapter_cost_of_others(struct kunit *test)
{
	const u8 ready[6] = { TEST_UNIT_READY }, odd[6] = { 0x0f };
	struct tadapter *ta = tadapter_start_host(test);
	u8 *data = kunit_kzalloc(test, 255, GFP_KERNEL);
	unsigned int plain = VFE_TRAP_SCSI_COST_START +
			     VFE_TRAP_SCSI_COST_STATUS + WORDS(6);
	int resid;

	KUNIT_ASSERT_NOT_NULL(test, data);
	tadapter_reset_counts(ta);
	tadapter_plain(ta, ready, sizeof(ready));
	KUNIT_EXPECT_EQ(test, plain, ta->m->log_len);
	tadapter_reset_counts(ta);
	tadapter_plain(ta, odd, sizeof(odd));
	KUNIT_EXPECT_EQ(test, plain + WORDS(18), ta->m->log_len);
	tadapter_reset_counts(ta);
	tadapter_inquiry(ta, data, 255, &resid);
	KUNIT_EXPECT_EQ(test, plain + VFE_TRAP_SCSI_COST_COUNT +
			VFE_TRAP_SCSI_COST_SHORT + WORDS(36), ta->m->log_len);
	KUNIT_EXPECT_EQ(test, (s64)ta->m->log_len,
			tadapter_counter(ta, "exits"));
}

/* --- what the device says no to --- */

/* Refused at once: the driver does not send the words of a write. */
static void tadapter_refusals(struct kunit *test)
{
	struct tadapter *ta = tadapter_start_host(test);
	struct tadapter_io *io;
	u8 error;

	for (error = VFE_SCSI_ERR_COMMAND; error < 10; error++) {
		tadapter_recycle(ta);
		ta->back->error = error;
		vfe_mock_log_clear(ta->m);
		KUNIT_EXPECT_NE(test, 0, tadapter_write(ta, 0, 65536, 1));
		KUNIT_EXPECT_EQ(test, 0U,
				vfe_mock_count(ta->m, VFE_REG_SCSI_MEMORY_DATA,
					       VFE_WRITE));
		io = tadapter_start(ta, REQ_OP_READ, 0, 4096, 0);
		KUNIT_EXPECT_NE(test, 0, tadapter_wait(ta, io));
	}
	ta->back->error = 0;
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

/* A write or read with a good status that moved less has failed. */
static void tadapter_underflow(struct kunit *test)
{
	static const u32 less[] = { 1, 512, 4096 };
	struct tadapter *ta = tadapter_start_host(test);
	struct tadapter_io *io;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(less); i++) {
		tadapter_recycle(ta);
		ta->back->less = less[i];
		KUNIT_EXPECT_EQ(test, -EIO, tadapter_write(ta, 0, 4096, 1));
		io = tadapter_start(ta, REQ_OP_READ, 0, 4096, 0);
		KUNIT_EXPECT_EQ(test, -EIO, tadapter_wait(ta, io));
	}
	ta->back->less = 0;
	tadapter_expect_works(ta);
	VFE_MOCK_EXPECT_CLEAN(test, ta->m);
}

static struct kunit_case tadapter_cases[] = {
	KUNIT_CASE(tadapter_units),
	KUNIT_CASE(tadapter_no_units),
	KUNIT_CASE_PARAM(tadapter_identity_is_checked,
			 tadapter_identity_gen_params),
	KUNIT_CASE(tadapter_identify_fails),
	KUNIT_CASE(tadapter_other_functions_are_refused),
	KUNIT_CASE(tadapter_data_arrives),
	KUNIT_CASE(tadapter_pieces),
	KUNIT_CASE(tadapter_data_of_ones),
	KUNIT_CASE(tadapter_short_data),
	KUNIT_CASE(tadapter_short_write),
	KUNIT_CASE(tadapter_cdbs),
	KUNIT_CASE(tadapter_sense_data),
	KUNIT_CASE_PARAM(tadapter_cost_is_the_formula,
			 tadapter_cost_gen_params),
	KUNIT_CASE(tadapter_cost_of_others),
	KUNIT_CASE(tadapter_refusals),
	KUNIT_CASE(tadapter_underflow),
	{ }
};

VFE_SUITE(tadapter_cases);

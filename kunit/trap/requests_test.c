// SPDX-License-Identifier: GPL-2.0
/*
 * vfe_trap_blk over the register window in memory: requests, their exact cost,
 * and requests that the device refuses. It binds to no function automatically,
 * and must be loaded with window=memory. Faults and the life cycle are in
 * lifecycle_test.c.
 */

#include "../drivers/trap/blk/cost.h"
#include "lib/suite.h"
#include "lib/trap_fixture.h"

/* --- probe --- */

static void trap_takes_nothing_by_itself(struct kunit *test)
{
	struct tdisk *td = trap_plug(test, NULL);

	KUNIT_EXPECT_PTR_EQ(test, td->disk, NULL);
	KUNIT_EXPECT_EQ(test, 0, trap_bind(td));
	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	KUNIT_EXPECT_EQ(test, 0, strncmp(td->disk->disk_name, "vfet", 4));
	KUNIT_EXPECT_EQ(test, (u64)TDISK_SECTORS, get_capacity(td->disk));
	KUNIT_EXPECT_FALSE(test, get_disk_ro(td->disk));
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void trap_serial(struct kunit *test)
{
	struct tdisk *td = trap_plug(test, NULL);
	char text[64];

	/* all 20 bytes, without a terminator */
	memcpy(td->back->serial, "01234567890123456789", 20);
	KUNIT_ASSERT_EQ(test, 0, trap_bind(td));
	KUNIT_EXPECT_EQ(test, (ssize_t)20,
			tdisk_show(td, "serial", text, sizeof(text)));
	KUNIT_EXPECT_STREQ(test, "01234567890123456789", text);
}

static void trap_read_only(struct kunit *test)
{
	struct tdisk *td = trap_plug(test, NULL);

	td->back->readonly = true;
	KUNIT_ASSERT_EQ(test, 0, trap_bind(td));
	KUNIT_EXPECT_TRUE(test, get_disk_ro(td->disk));
}

/* A changed word of IDENTIFY, and the result of probe() */
struct trap_identity {
	const char *name;
	unsigned int word;
	u32 val;
	int err;
};

static const struct trap_identity trap_identities[] = {
	{ "as it is", WORD(magic), VFE_IDENTIFY_MAGIC, 0 },
	{ "other magic", WORD(magic), 0x12345678, -ENODEV },
	{ "no magic", WORD(magic), 0, -ENODEV },
	{ "version 2", WORD(version), 2, -ENODEV },
	{ "capacity 0", WORD(capacity), 0, 0 },
	{ "capacity 2^54 and more", WORD(capacity) + 1, BIT(22), -EINVAL },
	{ "capacity 2^63 and more", WORD(capacity) + 1, BIT(31), -EINVAL },
	{ "max_count 0", WORD(max_count), 0, -EINVAL },
	{ "max_count 1", WORD(max_count), 1, -EINVAL },
	{ "max_count 8", WORD(max_count), 8, 0 },
	{ "max_count 2^32-1", WORD(max_count), U32_MAX, 0 },
};

KUNIT_ARRAY_PARAM_DESC(trap_identity, trap_identities, name);

static void trap_identity_is_checked(struct kunit *test)
{
	const struct trap_identity *id = test->param_value;
	struct tdisk *td = trap_plug(test, NULL);
	struct trap_word word = { .word = id->word, .val = id->val };

	td->m->knobs.priv = &word;
	td->m->knobs.access = trap_change_word;
	KUNIT_EXPECT_EQ(test, id->err, trap_bind(td));
	KUNIT_EXPECT_EQ(test, !id->err, !!td->disk);
	td->m->knobs.access = NULL;
	if (td->disk && get_capacity(td->disk))
		tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void trap_identify_fails(struct kunit *test)
{
	struct tdisk *td = trap_plug(test, NULL);

	td->m->knobs.access = trap_say_error;
	KUNIT_EXPECT_EQ(test, -EIO, trap_bind(td));
	td->m->knobs.access = NULL;
	td->m->knobs.mute = true;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, trap_bind(td));
	td->m->knobs.mute = false;
	KUNIT_EXPECT_EQ(test, 0, trap_bind(td));
	tdisk_expect_works(td);
}

static void trap_other_functions_are_refused(struct kunit *test)
{
	struct vfe_mock_spec foreign = {
		.device = VFE_MOCK_DEVICE, .window = true, .unbound = true,
	};
	struct vfe_mock_spec silent = {
		.window = true, .unbound = true, .no_vendor_cap = true,
	};
	struct vfe_mock_spec pinless = {
		.window = true, .unbound = true, .no_pin = true,
	};
	struct vfe_mock_spec windowless = { .unbound = true };

	KUNIT_EXPECT_EQ(test, -ENODEV, trap_bind(trap_plug(test, &foreign)));
	KUNIT_EXPECT_EQ(test, -ENODEV, trap_bind(trap_plug(test, &silent)));
	KUNIT_EXPECT_EQ(test, -ENODEV, trap_bind(trap_plug(test, &pinless)));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			trap_bind(trap_plug(test, &windowless)));
}

/* --- data --- */

static void trap_data_arrives(struct kunit *test)
{
	static const unsigned int sizes[] = {
		512, 1024, 4096, 4608, 65536,
	};
	struct tdisk *td = trap_disk(test);
	struct tdisk_io *w, *r;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		tdisk_recycle(td);
		w = tdisk_start(td, REQ_OP_WRITE, 5 * i, sizes[i], i);
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, w));
		KUNIT_EXPECT_TRUE(test, tdisk_holds(td, 5 * i, w->data,
						    sizes[i]));
		r = tdisk_start(td, REQ_OP_READ, 5 * i, sizes[i], 0);
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, r));
		KUNIT_EXPECT_MEMEQ(test, w->data, r->data, sizes[i]);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void trap_pieces_and_queues(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct tdisk_io *io;
	unsigned int i, n;

	for (i = 0; i < 12; i++) {
		io = tdisk_io(td, REQ_OP_WRITE, 20 * i);
		for (n = 0; n < 3; n++) {
			memset(td->memory + td->memory_used, i + n, 512);
			tdisk_segment(td, io, 512, 512);
		}
	}
	for (i = 0; i < 12; i++) {
		/* the window holds one request, the next waits for it */
		tdisk_send(&td->ios[i]);
		KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, &td->ios[i]));
		for (n = 0; n < 3; n++)
			KUNIT_EXPECT_EQ(test, (int)(u8)(i + n),
					(int)td->back->data[(20 * i + n) *
							    512 + 100]);
	}
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

/* Data may be all ones although the device is present. */
static void trap_data_of_ones(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct tdisk_io *io;

	memset(td->back->data, 0xff, 4096);
	io = tdisk_start(td, REQ_OP_READ, 0, 4096, 0);
	KUNIT_EXPECT_EQ(test, 0, tdisk_wait(td, io));
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(io->data, 0xff, 4096), NULL);
	tdisk_expect_works(td);
}

/* --- cost --- */

struct trap_cost {
	const char *name;
	blk_opf_t opf;
	unsigned int bytes;
	bool fails;
	unsigned int reads;
	unsigned int writes;
};

#define COST(n)		((n) / VFE_TRAP_COST_WORD)

static const struct trap_cost trap_costs[] = {
	{ "read of 512", REQ_OP_READ, 512, false,
	  VFE_TRAP_COST_STATUS + COST(512), VFE_TRAP_COST_START },
	{ "read of 4096", REQ_OP_READ, 4096, false,
	  VFE_TRAP_COST_STATUS + COST(4096), VFE_TRAP_COST_START },
	{ "read of 65536", REQ_OP_READ, 65536, false,
	  VFE_TRAP_COST_STATUS + COST(65536), VFE_TRAP_COST_START },
	{ "write of 512", REQ_OP_WRITE, 512, false,
	  VFE_TRAP_COST_STATUS, VFE_TRAP_COST_START + COST(512) },
	{ "write of 4096", REQ_OP_WRITE, 4096, false,
	  VFE_TRAP_COST_STATUS, VFE_TRAP_COST_START + COST(4096) },
	{ "write of 65536", REQ_OP_WRITE, 65536, false,
	  VFE_TRAP_COST_STATUS, VFE_TRAP_COST_START + COST(65536) },
	{ "read that fails", REQ_OP_READ, 4096, true,
	  VFE_TRAP_COST_STATUS + VFE_TRAP_COST_ERROR, VFE_TRAP_COST_START },
};

KUNIT_ARRAY_PARAM_DESC(trap_cost, trap_costs, name);

static unsigned int trap_accesses(const struct vfe_mock *m, enum vfe_dir dir)
{
	unsigned int i, n = 0;

	for (i = 0; i < m->log_len; i++)
		n += m->log[i].dir == dir;
	return n;
}

/* Formula, driver and device: three witnesses, one number */
static void trap_cost_is_the_formula(struct kunit *test)
{
	const struct trap_cost *c = test->param_value;
	struct tdisk *td = trap_disk(test);
	int err;

	td->back->status = c->fails ? VIRTIO_BLK_S_IOERR : 0;
	tdisk_reset_counts(td);
	err = tdisk_wait(td, tdisk_start(td, c->opf, 8, c->bytes, 1));
	KUNIT_EXPECT_EQ(test, c->fails ? -EIO : 0, err);
	KUNIT_EXPECT_EQ(test, 0U, td->m->log_lost);
	KUNIT_EXPECT_EQ(test, c->reads, trap_accesses(td->m, VFE_READ));
	KUNIT_EXPECT_EQ(test, c->writes, trap_accesses(td->m, VFE_WRITE));
	KUNIT_EXPECT_EQ(test, (s64)c->reads,
			tdisk_counter(td, "accesses/memory_read"));
	KUNIT_EXPECT_EQ(test, (s64)c->writes,
			tdisk_counter(td, "accesses/memory_write"));
	KUNIT_EXPECT_EQ(test, (s64)c->reads + c->writes,
			tdisk_counter(td, "exits"));
	KUNIT_EXPECT_EQ(test, 1LL, tdisk_counter(td, "operations"));
	KUNIT_EXPECT_EQ(test, 1LL, tdisk_counter(td, "interrupts"));
}

static void trap_cost_of_a_flush(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);

	tdisk_reset_counts(td);
	KUNIT_EXPECT_EQ(test, 0, blkdev_issue_flush(td->disk->part0));
	KUNIT_EXPECT_EQ(test, VFE_TRAP_COST_FLUSH + VFE_TRAP_COST_STATUS,
			(int)td->m->log_len);
	KUNIT_EXPECT_EQ(test, (s64)td->m->log_len, tdisk_counter(td, "exits"));
}

/* --- what the device says no to --- */

static void trap_device_error(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct tdisk_io *io;

	td->back->status = VIRTIO_BLK_S_IOERR;
	io = tdisk_start(td, REQ_OP_READ, 0, 4096, 0);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_wait(td, io));
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 4096, 1));
	KUNIT_EXPECT_EQ(test, -EIO, blkdev_issue_flush(td->disk->part0));
	td->back->status = 0;
	tdisk_expect_works(td);
}

/* Refused at once: the driver does not send the words of a write. */
static void trap_write_that_is_refused(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);

	td->back->readonly = true;
	tdisk_reset_counts(td);
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 0, 65536, 1));
	KUNIT_EXPECT_EQ(test, 0U, vfe_mock_count(td->m, VFE_REG_MEMORY_DATA,
						 VFE_WRITE));
	td->back->readonly = false;
	tdisk_expect_works(td);
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static void trap_beyond_the_device(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);

	/* smaller than it reported: it refuses, without any other effect */
	td->back->sectors = 100;
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_write(td, 100, 512, 1));
	KUNIT_EXPECT_EQ(test, -EIO,
			tdisk_wait(td, tdisk_start(td, REQ_OP_READ, 99,
						   1024, 0)));
	tdisk_expect_works(td);
}

static void trap_unknown_operation(struct kunit *test)
{
	struct tdisk *td = trap_disk(test);
	struct request *rq;

	vfe_mock_log_clear(td->m);
	rq = blk_mq_alloc_request(td->disk->queue, REQ_OP_DRV_IN, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rq);
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			blk_status_to_errno(blk_execute_rq(rq, false)));
	blk_mq_free_request(rq);
	KUNIT_EXPECT_EQ(test, 0U, td->m->log_len);
}

static struct kunit_case trap_cases[] = {
	KUNIT_CASE(trap_takes_nothing_by_itself),
	KUNIT_CASE(trap_serial),
	KUNIT_CASE(trap_read_only),
	KUNIT_CASE_PARAM(trap_identity_is_checked, trap_identity_gen_params),
	KUNIT_CASE(trap_identify_fails),
	KUNIT_CASE(trap_other_functions_are_refused),
	KUNIT_CASE(trap_data_arrives),
	KUNIT_CASE(trap_pieces_and_queues),
	KUNIT_CASE(trap_data_of_ones),
	KUNIT_CASE_PARAM(trap_cost_is_the_formula, trap_cost_gen_params),
	KUNIT_CASE(trap_cost_of_a_flush),
	KUNIT_CASE(trap_device_error),
	KUNIT_CASE(trap_write_that_is_refused),
	KUNIT_CASE(trap_beyond_the_device),
	KUNIT_CASE(trap_unknown_operation),
	{ }
};

VFE_SUITE(trap_cases);

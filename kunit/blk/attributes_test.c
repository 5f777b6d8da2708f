// SPDX-License-Identifier: GPL-2.0
/*
 * Size, cache type and serial number of a running disk, and a read-only disk.
 */
#include <linux/hdreg.h>
#include <linux/module.h>

#include "lib/blk_fixture.h"
#include "lib/suite.h"

#define F(name)		BIT_ULL(VIRTIO_BLK_F_##name)

/* --- size --- */

static void control_tell_capacity(struct tdisk *td, u64 sectors)
{
	tdisk_config(td)->capacity =
		(__force __virtio64)cpu_to_le64(sectors);
	KUNIT_EXPECT_TRUE(td->test, vfe_mock_config_interrupt(td->m));
}

static const u64 control_sizes[] = { 1, 8, 1000, 4096, BIT_ULL(40), 0 };

static void control_resize(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	unsigned int i;

	VFE_DUTY(test, "K02", "5.2.6.1",
		 "the driver reads the capacity again when the configuration changes");
	for (i = 0; i < ARRAY_SIZE(control_sizes); i++) {
		control_tell_capacity(td, control_sizes[i]);
		KUNIT_EXPECT_TRUE(test,
				  TDISK_WAIT_FOR(get_capacity(td->disk) ==
						 control_sizes[i]));
	}
	KUNIT_EXPECT_EQ(test, (s64)i, tdisk_counter(td, "config_interrupts"));
	control_tell_capacity(td, TDISK_SECTORS);
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_FOR(get_capacity(td->disk) ==
					       TDISK_SECTORS));
	tdisk_expect_works(td);
}

/* An invalid size is logged, and the old one kept. */
static void control_absurd_resize_is_ignored(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);

	vfe_mock_log_clear(td->m);
	control_tell_capacity(td, BIT_ULL(63));
	KUNIT_EXPECT_TRUE(test,
			  TDISK_WAIT_FOR(vfe_mock_count(td->m,
							VFE_REG_DEVICE_CONFIG,
							VFE_READ) >= 2));
	KUNIT_EXPECT_EQ(test, (u64)TDISK_SECTORS, get_capacity(td->disk));
	tdisk_expect_works(td);
}

/* It changes while it is read: the reader must not mix the halves. */
static void control_resize_while_read(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);

	vfe_mock_log_clear(td->m);
	td->m->knobs.generation_moves = UINT_MAX;
	KUNIT_EXPECT_TRUE(test, vfe_mock_config_interrupt(td->m));
	KUNIT_EXPECT_TRUE(test,
			  TDISK_WAIT_FOR(vfe_mock_count(td->m,
							VFE_REG_DEVICE_CONFIG,
							VFE_READ) > 4));
	usleep_range(2000, 4000);
	KUNIT_EXPECT_EQ(test, (u64)TDISK_SECTORS, get_capacity(td->disk));
	td->m->knobs.generation_moves = 0;
	control_tell_capacity(td, 512);
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_FOR(get_capacity(td->disk) == 512));
}

/* An interrupt without a change is not reported. */
static void control_same_size(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	unsigned int i;

	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_TRUE(test, vfe_mock_config_interrupt(td->m));
	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test, (u64)TDISK_SECTORS, get_capacity(td->disk));
	KUNIT_EXPECT_EQ(test, 20LL, tdisk_counter(td, "config_interrupts"));
}

/* --- attributes --- */

static void control_expect(struct tdisk *td, const char *name, const char *text)
{
	char buf[64];

	KUNIT_EXPECT_EQ(td->test, (ssize_t)strlen(text),
			tdisk_show(td, name, buf, sizeof(buf)));
	KUNIT_EXPECT_STREQ(td->test, text, buf);
}

/* --- cache type --- */

#define BACK	"write back\n"
#define THROUGH	"write through\n"

/* A disk with or without the field for its mode, in that mode at probe */
static struct tdisk *control_cache_disk(struct kunit *test, u64 features,
					u8 wce)
{
	struct tdisk *td = tdisk_disk(test, features);

	tdisk_unbind(td);
	tdisk_config(td)->wce = wce;
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	return td;
}

static bool control_flushes(struct tdisk *td)
{
	unsigned int before = td->back->flushes;

	KUNIT_EXPECT_EQ(td->test, 0, blkdev_issue_flush(td->disk->part0));
	return td->back->flushes == before + 1;
}

static void control_cache_at_probe(struct kunit *test)
{
	struct tdisk *td;

	td = control_cache_disk(test, F(FLUSH) | F(CONFIG_WCE), 1);
	control_expect(td, "cache_type", BACK);
	KUNIT_EXPECT_TRUE(test, control_flushes(td));
	td = control_cache_disk(test, F(FLUSH) | F(CONFIG_WCE), 0);
	control_expect(td, "cache_type", THROUGH);
	KUNIT_EXPECT_FALSE(test, control_flushes(td));
	/* 5.2.5.2: FLUSH without CONFIG_WCE: there is a cache */
	td = control_cache_disk(test, F(FLUSH), 0);
	control_expect(td, "cache_type", BACK);
	td = control_cache_disk(test, 0, 1);
	control_expect(td, "cache_type", THROUGH);
}

/*
 * A cache that cannot be flushed would lose what users take for written: as
 * there is no way to report that, the driver disables the cache.
 */
static void control_cache_without_flush_is_off(struct kunit *test)
{
	struct tdisk *td = control_cache_disk(test, F(CONFIG_WCE), 1);

	control_expect(td, "cache_type", THROUGH);
	KUNIT_EXPECT_EQ(test, 0, (int)tdisk_config(td)->wce);
}

/* After every reset there is a cache. */
static bool control_cache_again(struct vfe_mock *m, struct vfe_mock_access *a)
{
	struct virtio_blk_config *config = (void *)m->config;

	if (a->reg == VFE_REG_DEVICE_STATUS && a->dir == VFE_WRITE && !a->val)
		config->wce = 1;
	return false;
}

/* Set-up of queues with fewer vectors, after a reset. */
static void control_cache_stays_off_with_few_vectors(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(CONFIG_WCE));

	tdisk_unbind(td);
	td->m->knobs.access = control_cache_again;
	td->m->knobs.vectors_short = 1;
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	KUNIT_EXPECT_EQ(test, 0, (int)tdisk_config(td)->wce);
	tdisk_expect_works(td);
	td->m->knobs.access = NULL;
}

/* Ignores writes to the configuration: the device does not change the mode. */
static bool control_deaf(struct vfe_mock *m, struct vfe_mock_access *a)
{
	return a->reg == VFE_REG_DEVICE_CONFIG && a->dir == VFE_WRITE;
}

static void control_cache_that_stays_on_is_refused(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(CONFIG_WCE));

	tdisk_unbind(td);
	tdisk_config(td)->wce = 1;
	td->m->knobs.access = control_deaf;
	KUNIT_EXPECT_EQ(test, -EIO, tdisk_bind(td));
	td->m->knobs.access = NULL;
	KUNIT_EXPECT_EQ(test, 0, tdisk_bind(td));
}

static void control_cache_changes(struct kunit *test)
{
	struct tdisk *td = control_cache_disk(test,
					      F(FLUSH) | F(CONFIG_WCE), 0);
	unsigned int flushes;

	VFE_DUTY(test, "K06", "5.2.6.1",
		 "after writeback went to 0, earlier writes are not taken for stable");
	KUNIT_EXPECT_EQ(test, (ssize_t)10,
			tdisk_store(td, "cache_type", "write back"));
	KUNIT_EXPECT_EQ(test, 1, (int)tdisk_config(td)->wce);
	control_expect(td, "cache_type", BACK);
	KUNIT_EXPECT_TRUE(test, control_flushes(td));
	flushes = td->back->flushes;
	KUNIT_EXPECT_EQ(test, (ssize_t)13,
			tdisk_store(td, "cache_type", "write through"));
	KUNIT_EXPECT_EQ(test, flushes + 1, td->back->flushes);
	KUNIT_EXPECT_EQ(test, 0, (int)tdisk_config(td)->wce);
	control_expect(td, "cache_type", THROUGH);
	KUNIT_EXPECT_FALSE(test, control_flushes(td));
	KUNIT_EXPECT_EQ(test, (ssize_t)-EINVAL,
			tdisk_store(td, "cache_type", "none"));
	tdisk_expect_works(td);
}

static void control_cache_is_read_only_without_the_field(struct kunit *test)
{
	static const u64 features[] = { 0, F(FLUSH), F(CONFIG_WCE) };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		struct tdisk *td = tdisk_disk(test, features[i]);
		umode_t mode;
		struct file *file;
		char path[64];

		snprintf(path, sizeof(path), "block/%s/cache_type",
			 td->disk->disk_name);
		file = vfe_files_open_path(td->sysfs, path, O_RDONLY);
		KUNIT_ASSERT_FALSE(test, IS_ERR(file));
		mode = file_inode(file)->i_mode & 0777;
		__fput_sync(file);
		KUNIT_EXPECT_EQ(test, 0444, (int)mode);
		KUNIT_EXPECT_EQ(test, (ssize_t)-EACCES,
				tdisk_store(td, "cache_type",
					    "write through"));
	}
}

static void control_cache_that_the_device_does_not_take(struct kunit *test)
{
	struct tdisk *td = control_cache_disk(test,
					      F(FLUSH) | F(CONFIG_WCE), 1);

	td->m->knobs.access = control_deaf;
	KUNIT_EXPECT_EQ(test, (ssize_t)-EIO,
			tdisk_store(td, "cache_type", "write through"));
	control_expect(td, "cache_type", BACK);
	KUNIT_EXPECT_TRUE(test, control_flushes(td));
}

/* A mode that could not be set changes nothing: no additional flushes. */
static void control_cache_that_stays_off(struct kunit *test)
{
	struct tdisk *td = control_cache_disk(test,
					      F(FLUSH) | F(CONFIG_WCE), 0);

	td->m->knobs.access = control_deaf;
	KUNIT_EXPECT_EQ(test, (ssize_t)-EIO,
			tdisk_store(td, "cache_type", "write back"));
	control_expect(td, "cache_type", THROUGH);
	KUNIT_EXPECT_FALSE(test, control_flushes(td));
}

/* The function goes away after a mode was written. */
static bool control_last_word(struct vfe_mock *m, struct vfe_mock_access *a)
{
	if (a->reg == VFE_REG_DEVICE_CONFIG && a->dir == VFE_WRITE)
		vfe_mock_vanish(m);
	return false;
}

/* Written, but not read back: there may be a cache, so it would be flushed. */
static void control_cache_in_doubt(struct kunit *test)
{
	struct tdisk *td = control_cache_disk(test,
					      F(FLUSH) | F(CONFIG_WCE), 0);

	KUNIT_EXPECT_FALSE(test, bdev_write_cache(td->disk->part0));
	td->m->knobs.access = control_last_word;
	KUNIT_EXPECT_EQ(test, (ssize_t)-ENODEV,
			tdisk_store(td, "cache_type", "write back"));
	control_expect(td, "cache_type", BACK);
	KUNIT_EXPECT_TRUE(test, bdev_write_cache(td->disk->part0));
}

/* The mode cannot be changed while the device is suspended. */
static void control_cache_of_a_sleeper(struct kunit *test)
{
	struct tdisk *td = control_cache_disk(test,
					      F(FLUSH) | F(CONFIG_WCE), 1);
	struct device *dev = &td->m->pdev->dev;

	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	KUNIT_EXPECT_EQ(test, (ssize_t)-EAGAIN,
			tdisk_store(td, "cache_type", "write through"));
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	control_expect(td, "cache_type", BACK);
	KUNIT_EXPECT_EQ(test, 1, (int)tdisk_config(td)->wce);
}

/* The flush before it fails: the cache stays enabled, so nothing is lost. */
static void control_cache_flush_fails(struct kunit *test)
{
	struct tdisk *td = control_cache_disk(test,
					      F(FLUSH) | F(CONFIG_WCE), 1);

	td->back->status = VIRTIO_BLK_S_IOERR;
	KUNIT_EXPECT_EQ(test, (ssize_t)-EIO,
			tdisk_store(td, "cache_type", "write through"));
	td->back->status = 0;
	KUNIT_EXPECT_TRUE(test, control_flushes(td));
}

/* A reset device has forgotten its mode: the driver writes it again. */
static void control_cache_survives_a_recovery(struct kunit *test)
{
	struct tdisk *td = control_cache_disk(test,
					      F(FLUSH) | F(CONFIG_WCE), 1);

	KUNIT_EXPECT_EQ(test, (ssize_t)13,
			tdisk_store(td, "cache_type", "write through"));
	tdisk_config(td)->wce = 1;	/* the mode after the reset */
	vfe_mock_log_clear(td->m);
	KUNIT_EXPECT_TRUE(test, vfe_mock_needs_reset(td->m));
	KUNIT_EXPECT_TRUE(test,
			  TDISK_WAIT_FOR(vfe_mock_count(td->m,
							VFE_REG_DEVICE_CONFIG,
							VFE_WRITE)));
	tdisk_expect_works(td);
	KUNIT_EXPECT_EQ(test, 0, (int)tdisk_config(td)->wce);
	control_expect(td, "cache_type", THROUGH);
}

/* The size may have changed while the device was down. */
static void control_size_is_read_after_a_recovery(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);

	tdisk_config(td)->capacity = (__force __virtio64)cpu_to_le64(777);
	KUNIT_EXPECT_TRUE(test, vfe_mock_needs_reset(td->m));
	KUNIT_EXPECT_TRUE(test, TDISK_WAIT_FOR(get_capacity(td->disk) == 777));
	tdisk_expect_works(td);
}

/* --- serial --- */

static void control_serial(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);

	VFE_DUTY(test, "K04", "5.2.6.1", "GET_ID has 20 bytes for the answer");
	memcpy(td->back->serial, "vfe-1234\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	control_expect(td, "serial", "vfe-1234");
	KUNIT_EXPECT_EQ(test, 20U, td->seen.segs[1].len);
	/* all 20 bytes, without a terminator */
	memcpy(td->back->serial, "01234567890123456789", 20);
	control_expect(td, "serial", "01234567890123456789");
	memset(td->back->serial, 0, 20);
	control_expect(td, "serial", "");
}

static void control_serial_refused(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);

	td->back->status = VIRTIO_BLK_S_UNSUPP;
	control_expect(td, "serial", "");
	td->back->status = VIRTIO_BLK_S_IOERR;
	control_expect(td, "serial", "");
}

/* A disk without its function has no serial number. */
static void control_serial_of_the_dead(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct device *dev = &td->m->pdev->dev;
	char buf[64];

	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->suspend(dev));
	vfe_mock_vanish(td->m);
	KUNIT_EXPECT_EQ(test, 0, dev->driver->pm->resume(dev));
	KUNIT_EXPECT_EQ(test, (ssize_t)0,
			tdisk_show(td, "serial", buf, sizeof(buf)));
}

/* A short answer does not expose another request's data. */
static bool control_short_id(struct vfe_mock_disk *back,
			     struct vfe_mock_queue *mq,
			     struct vfe_mock_chain *chain)
{
	u8 *id;

	if (tdisk_type(chain) != VIRTIO_BLK_T_GET_ID)
		return false;
	id = vfe_mock_mem(chain->segs[1].addr);
	memcpy(id, "abc", 3);
	*(u8 *)vfe_mock_mem(chain->segs[2].addr) = VIRTIO_BLK_S_OK;
	vfe_mock_push(mq, chain->id, chain->in_len, chain->descs);
	vfe_mock_interrupt(mq);
	return true;
}

static void control_serial_short_answer(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);

	memcpy(td->back->serial, "01234567890123456789", 20);
	control_expect(td, "serial", "01234567890123456789");
	td->back->request = control_short_id;
	control_expect(td, "serial", "abc");
}

/* --- geometry --- */

static struct hd_geometry control_geometry(struct tdisk *td)
{
	struct block_device *bdev = td->disk->part0;
	struct hd_geometry geo = {};

	KUNIT_ASSERT_NOT_NULL(td->test, td->disk->fops->getgeo);
	KUNIT_EXPECT_EQ(td->test, 0, td->disk->fops->getgeo(bdev, &geo));
	return geo;
}

/* As in virtio_blk: the device's geometry, or that of a SCSI disk */
static void control_geometry_of_a_disk(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, 0);
	struct hd_geometry geo = control_geometry(td);

	KUNIT_EXPECT_EQ(test, 64, (int)geo.heads);
	KUNIT_EXPECT_EQ(test, 32, (int)geo.sectors);
	KUNIT_EXPECT_EQ(test, TDISK_SECTORS >> 11, (int)geo.cylinders);
	td = tdisk_disk(test, F(GEOMETRY));
	tdisk_unbind(td);
	tdisk_config(td)->geometry.cylinders =
		(__force __virtio16)cpu_to_le16(1017);
	tdisk_config(td)->geometry.heads = 13;
	tdisk_config(td)->geometry.sectors = 61;
	KUNIT_ASSERT_EQ(test, 0, tdisk_bind(td));
	geo = control_geometry(td);
	KUNIT_EXPECT_EQ(test, 1017, (int)geo.cylinders);
	KUNIT_EXPECT_EQ(test, 13, (int)geo.heads);
	KUNIT_EXPECT_EQ(test, 61, (int)geo.sectors);
}

/* A process that has the disk open reads it after the driver is gone. */
static void control_geometry_of_the_dead(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(GEOMETRY));
	struct gendisk *disk = td->disk;
	struct hd_geometry geo;

	get_device(disk_to_dev(disk));
	tdisk_unplug(td);
	KUNIT_EXPECT_EQ(test, 0, disk->fops->getgeo(disk->part0, &geo));
	put_device(disk_to_dev(disk));
}

/* --- read-only --- */

static void control_read_only(struct kunit *test)
{
	struct tdisk *td = tdisk_disk(test, F(RO));

	VFE_DUTY(test, "K03", "5.2.6.1", "RO is accepted where offered");
	KUNIT_EXPECT_TRUE(test, get_disk_ro(td->disk));
	KUNIT_EXPECT_TRUE(test, bdev_read_only(td->disk->part0));
	KUNIT_EXPECT_EQ(test, 0,
			tdisk_wait(td, tdisk_start(td, REQ_OP_READ, 0,
						   4096, 0)));
	VFE_MOCK_EXPECT_CLEAN(test, td->m);
}

static struct kunit_case control_cases[] = {
	KUNIT_CASE(control_resize),
	KUNIT_CASE(control_absurd_resize_is_ignored),
	KUNIT_CASE(control_resize_while_read),
	KUNIT_CASE(control_same_size),
	KUNIT_CASE(control_cache_at_probe),
	KUNIT_CASE(control_cache_without_flush_is_off),
	KUNIT_CASE(control_cache_stays_off_with_few_vectors),
	KUNIT_CASE(control_cache_that_stays_on_is_refused),
	KUNIT_CASE(control_cache_changes),
	KUNIT_CASE(control_cache_is_read_only_without_the_field),
	KUNIT_CASE(control_cache_that_the_device_does_not_take),
	KUNIT_CASE(control_cache_that_stays_off),
	KUNIT_CASE(control_cache_in_doubt),
	KUNIT_CASE(control_cache_of_a_sleeper),
	KUNIT_CASE(control_cache_flush_fails),
	KUNIT_CASE(control_cache_survives_a_recovery),
	KUNIT_CASE(control_size_is_read_after_a_recovery),
	KUNIT_CASE(control_serial),
	KUNIT_CASE(control_serial_refused),
	KUNIT_CASE(control_serial_of_the_dead),
	KUNIT_CASE(control_serial_short_answer),
	KUNIT_CASE(control_geometry_of_a_disk),
	KUNIT_CASE(control_geometry_of_the_dead),
	KUNIT_CASE(control_read_only),
	{ }
};

static struct kunit_suite control_suite = {
	.name = "vfe-blk_control",
	.test_cases = control_cases,
};

kunit_test_suite(control_suite);

MODULE_DESCRIPTION("Tests of vfe_blk's size, cache type and serial number");
MODULE_LICENSE("GPL");

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A SCSI host on a mock function, for suites of vfe_scsi: a device with a few
 * units, which a test adds, removes, and has keep commands or answer wrongly;
 * requests to its disks, and their results.
 */
#ifndef VFE_KUNIT_SCSI_FIXTURE_H
#define VFE_KUNIT_SCSI_FIXTURE_H

#include <linux/async.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/nmi.h>
#include <linux/pci.h>
#include <linux/virtio_config.h>

#include "scsi_device.h"
#include "sysfs_files.h"

#define TSCSI_TIMEOUT	(8 * HZ)	/* for anything to happen */

/* Wait until @cond is true, for a limited time. Return: whether it is. */
#define TSCSI_WAIT_FOR(cond) TSCSI_WAIT_LONG(cond, TSCSI_TIMEOUT / HZ)

/* The same for minutes, which take no time in this kernel. */
#define TSCSI_WAIT_LONG(cond, seconds) ({ \
	unsigned long end_ = jiffies + (seconds) * HZ; \
	bool holds_; \
	while (!(holds_ = (cond)) && time_before(jiffies, end_)) { \
		reset_hung_task_detector(); \
		msleep(20); \
	} \
	holds_; \
})

/* --- the function and its driver --- */

/* The driver's data, NULL while it is not bound */
static inline struct vfe_scsi *tscsi_driver(struct tscsi *ts)
{
	struct vfe_recovery *r;

	if (!ts->m->pdev || !ts->m->pdev->dev.driver)
		return NULL;
	r = pci_get_drvdata(ts->m->pdev);
	return container_of(r, struct vfe_scsi, io.recovery);
}

/* A unit of the SCSI core; holds no reference */
static inline struct scsi_device *tscsi_sdev(struct tscsi *ts,
					     unsigned int target,
					     unsigned int unit)
{
	struct scsi_device *sdev;
	u64 lun = unit < 256 ? unit : unit | 0x4000;

	if (!tscsi_driver(ts))
		return NULL;
	sdev = scsi_device_lookup(tscsi_driver(ts)->shost, 0, target, lun);
	if (sdev)
		scsi_device_put(sdev);
	return sdev;
}

static inline unsigned int tscsi_num_sdevs(struct tscsi *ts)
{
	struct scsi_device *sdev;
	unsigned int n = 0;

	shost_for_each_device(sdev, tscsi_driver(ts)->shost)
		n++;
	return n;
}

static inline int tscsi_is_disk(struct device *dev, void *data)
{
	return !strncmp(dev_name(dev), "sd", 2);
}

/* The disk of a unit, or NULL; holds no reference */
static inline struct gendisk *tscsi_disk(struct tscsi *ts, unsigned int target,
					 unsigned int unit)
{
	struct scsi_device *sdev = tscsi_sdev(ts, target, unit);
	struct device *dev = sdev ? device_find_child(&sdev->sdev_gendev, NULL,
						      tscsi_is_disk) : NULL;

	if (!dev)
		return NULL;
	put_device(dev);
	return dev_to_disk(dev);
}

static inline struct vfe_scsi_config tscsi_config(void)
{
	return (struct vfe_scsi_config) {
		.num_queues = cpu_to_le32(1),
		.seg_max = cpu_to_le32(62),
		.max_sectors = cpu_to_le32(0xffff),
		.cmd_per_lun = cpu_to_le32(32),
		.event_info_size = cpu_to_le32(sizeof(struct vfe_scsi_event)),
		.sense_size = cpu_to_le32(VFE_SCSI_SENSE_SIZE),
		.cdb_size = cpu_to_le32(VFE_SCSI_CDB_SIZE),
		.max_target = cpu_to_le16(7),
		.max_lun = cpu_to_le32(16383),
	};
}

/* Plug a function in, with a disk at target 0, unit 0. */
static inline struct tscsi *tscsi_plug(struct kunit *test,
				       const struct vfe_mock_spec *more,
				       const struct vfe_scsi_config *config)
{
	struct vfe_scsi_config usual = tscsi_config();
	struct vfe_mock_spec spec = {};
	struct tscsi *ts;

	ts = kunit_kzalloc(test, sizeof(*ts), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ts);
	ts->test = test;
	ts->memory = kunit_kzalloc(test, TSCSI_MEMORY, GFP_KERNEL);
	ts->data = kunit_kzalloc(test, TSCSI_BLOCKS * 512, GFP_KERNEL);
	ts->pi = kunit_kzalloc(test, TSCSI_BLOCKS * TSCSI_PI, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ts->pi);
	KUNIT_ASSERT_NOT_NULL(test, ts->memory);
	KUNIT_ASSERT_NOT_NULL(test, ts->data);
	ts->sysfs = vfe_files_mount(test);
	ts->abort_returns = true;
	ts->engine.request = tscsi_chain;
	ts->engine.priv = ts;
	tscsi_add_unit(ts, 0, 0);
	if (more)
		spec = *more;
	spec.device = spec.device ?: VFE_PCI_DEVICE_SCSI;
	spec.features = (spec.features ?: VFE_MOCK_FEATURES) |
			BIT_ULL(VIRTIO_SCSI_F_HOTPLUG) |
			BIT_ULL(VIRTIO_SCSI_F_CHANGE);
	spec.queues = spec.queues ?: 3;
	spec.disk = &ts->engine;
	spec.config = config ?: &usual;
	spec.config_len = spec.config_len ?: sizeof(usual);
	/* the engine reaches @ts before vfe_mock_plug() returns */
	spec.unbound = true;
	ts->m = vfe_mock_plug(test, &spec);
	KUNIT_ASSERT_NOT_NULL(test, ts->m);
	return ts;
}

static inline bool tscsi_bind(struct tscsi *ts)
{
	return vfe_mock_bind(ts->m, "vfe_scsi");
}

static inline bool tscsi_settled(struct tscsi *ts)
{
	struct vfe_scsi *vs = tscsi_driver(ts);

	vfe_mock_settle(ts->m);
	return vs && !work_busy(&vs->events.act) &&
	       !work_busy(&vs->events.refill) &&
	       !delayed_work_pending(&vs->events.act_later);
}

/* The usual one, with a disk */
static inline struct tscsi *tscsi_host(struct kunit *test,
				       const struct vfe_mock_spec *more)
{
	struct tscsi *ts = tscsi_plug(test, more, NULL);

	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	/* the SCSI core's driver of disks has read all it wants to */
	async_synchronize_full();
	return ts;
}

/* --- requests --- */

static inline void tscsi_end_io(struct bio *bio)
{
	struct tscsi_io *io = container_of(bio, struct tscsi_io, bio);

	io->ends++;
	io->status = bio->bi_status;
	complete(&io->done);
}

/* Sends a request of @segs pieces of 512 bytes that are not contiguous. */
static inline struct tscsi_io *tscsi_start_segs(struct tscsi *ts,
						blk_opf_t opf, u64 sector,
						unsigned int segs,
						unsigned int bytes, u8 seed)
{
	struct gendisk *disk = tscsi_disk(ts, 0, 0);
	unsigned int i, gap = segs > 1 ? 512 : 0;
	struct tscsi_io *io;

	KUNIT_ASSERT_NOT_NULL(ts->test, disk);
	KUNIT_ASSERT_LT(ts->test, ts->num_ios, TSCSI_IOS);
	KUNIT_ASSERT_LE(ts->test, ts->memory_used + segs * (bytes + gap),
			TSCSI_MEMORY);
	io = &ts->ios[ts->num_ios++];
	init_completion(&io->done);
	bio_init(&io->bio, disk->part0, io->vecs, TSCSI_VECS, opf);
	io->bio.bi_iter.bi_sector = sector;
	io->bio.bi_end_io = tscsi_end_io;
	io->data = ts->memory + ts->memory_used;
	for (i = 0; i < segs; i++) {
		u8 *at = ts->memory + ts->memory_used;

		if (seed)
			memset(at, seed + i, bytes);
		KUNIT_ASSERT_EQ(ts->test, bytes,
				bio_add_page(&io->bio, virt_to_page(at), bytes,
					     offset_in_page(at)));
		ts->memory_used += bytes + gap;
	}
	submit_bio(&io->bio);
	return io;
}

static inline struct tscsi_io *tscsi_start(struct tscsi *ts, blk_opf_t opf,
					   u64 sector, u8 seed)
{
	return tscsi_start_segs(ts, opf, sector, 1, 512, seed);
}

/* Start a request that the device keeps, like all later ones. */
static inline struct tscsi_io *tscsi_start_kept(struct tscsi *ts,
						blk_opf_t opf, u64 sector,
						u8 seed)
{
	unsigned int before = ts->num_kept;
	struct tscsi_io *io;

	ts->keep = true;
	io = tscsi_start(ts, opf, sector, seed);
	KUNIT_ASSERT_TRUE(ts->test, TSCSI_WAIT_FOR(ts->num_kept > before));
	return io;
}

/* Wait for a request to end, or fail the test. Return: its error, or 0. */
static inline int tscsi_wait(struct tscsi *ts, struct tscsi_io *io)
{
	KUNIT_ASSERT_TRUE_MSG(ts->test, TSCSI_WAIT_LONG(io->ends, 150),
			      "a request never ended");
	KUNIT_EXPECT_EQ(ts->test, io->ends, 1U);
	return blk_status_to_errno(io->status);
}

static inline void tscsi_recycle(struct tscsi *ts)
{
	memset(ts->ios, 0, sizeof(ts->ios));
	ts->num_ios = 0;
	ts->memory_used = 0;
	ts->num_kept = 0;
}

/* A write and a read, compared byte by byte: the disk works. */
static inline void tscsi_expect_works(struct tscsi *ts)
{
	struct tscsi_io *io;

	io = tscsi_start(ts, REQ_OP_WRITE, 24, 0x5a);
	KUNIT_EXPECT_EQ(ts->test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_MEMEQ(ts->test, ts->data + 24 * 512, io->data, 512);
	io = tscsi_start(ts, REQ_OP_READ, 24, 0);
	KUNIT_EXPECT_EQ(ts->test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_MEMEQ(ts->test, ts->data + 24 * 512, io->data, 512);
}

/* --- timeouts --- */

/* From now on commands of the disk time out after @seconds. */
static inline void tscsi_timeout(struct tscsi *ts, unsigned int seconds)
{
	blk_queue_rq_timeout(tscsi_disk(ts, 0, 0)->queue, seconds * HZ);
}

/*
 * Resets the unit 0 of target 0, as for an ioctl: the command has only its
 * device. Return: SUCCESS or FAILED
 */
static inline int tscsi_reset_unit(struct tscsi *ts)
{
	struct scsi_cmnd *sc = kzalloc(sizeof(*sc), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(ts->test, sc);
	sc->device = tscsi_sdev(ts, 0, 0);
	sc->submitter = SUBMITTED_BY_SCSI_RESET_IOCTL;
	ret = sc->device->host->hostt->eh_device_reset_handler(sc);
	kfree(sc);
	return ret;
}

/* A count under vfe/ of the function */
static inline u64 tscsi_count(struct tscsi *ts, const char *name)
{
	char path[80], buf[24] = "";
	u64 val = 0;

	snprintf(path, sizeof(path), "bus/pci/devices/%s/vfe/%s",
		 pci_name(ts->m->pdev), name);
	KUNIT_EXPECT_GT(ts->test, vfe_files_read_path(ts->sysfs, path, buf,
						      sizeof(buf) - 1), 0L);
	KUNIT_EXPECT_EQ(ts->test, 0, kstrtou64(strim(buf), 10, &val));
	return val;
}

/* As a user writes a file of the function */
static inline void tscsi_set(struct tscsi *ts, const char *name,
			     const char *text)
{
	char path[80];

	snprintf(path, sizeof(path), "bus/pci/devices/%s/%s",
		 pci_name(ts->m->pdev), name);
	KUNIT_EXPECT_EQ(ts->test, (long)strlen(text),
			vfe_files_write_path(ts->sysfs, path, text));
}

/* Sets all counts to 0. */
static inline void tscsi_reset_counts(struct tscsi *ts)
{
	tscsi_set(ts, "vfe/reset", "1");
}

static inline void tscsi_enable_recovery(struct tscsi *ts, const char *text)
{
	tscsi_set(ts, "recovery", text);
}

#endif /* VFE_KUNIT_SCSI_FIXTURE_H */

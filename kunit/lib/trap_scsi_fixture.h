/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vfe_trap_scsi on a mock function: bind and unbind, requests to the disk at
 * target 0, unit 0, single SCSI commands, and hooks (knobs.access) that change
 * values read from its window.
 */
#ifndef VFE_KUNIT_TRAP_SCSI_FIXTURE_H
#define VFE_KUNIT_TRAP_SCSI_FIXTURE_H

#include <kunit/test.h>
#include <linux/async.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/nmi.h>
#include <linux/pci.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>

#include "mock/mock.h"
#include "sysfs_files.h"
#include "../drivers/trap/scsi/scsi.h"

#define TADAPTER_IOS	8		/* requests of a test */
#define TADAPTER_VECS	32		/* pieces of one */
#define TADAPTER_MEMORY	(256 * 1024)	/* for all their data */

/**
 * struct tadapter_io - a request
 * @bio: its bio
 * @vecs: its segments
 * @data: the first segment, followed by the others
 * @ends: how often it has ended
 * @status: its result
 */
struct tadapter_io {
	struct bio bio;
	struct bio_vec vecs[TADAPTER_VECS];
	u8 *data;
	unsigned int ends;
	blk_status_t status;
};

/**
 * struct tadapter - the host of a test
 * @test: the test
 * @m: the function
 * @back: the device behind the window
 * @sysfs: its files
 * @ios: requests, @num_ios of them in use
 * @num_ios: number of them
 * @memory: for data
 * @memory_used: of it, in bytes
 */
struct tadapter {
	struct kunit *test;
	struct vfe_mock *m;
	struct vfe_mock_adapter *back;
	struct vfsmount *sysfs;
	struct tadapter_io ios[TADAPTER_IOS];
	unsigned int num_ios;
	u8 *memory;
	unsigned int memory_used;
};

/* Wait until @cond is true, for at most two minutes, which take no time. */
#define TADAPTER_WAIT_FOR(cond) ({ \
	unsigned long end_ = jiffies + 120 * HZ; \
	bool holds_; \
	while (!(holds_ = (cond)) && time_before(jiffies, end_)) { \
		reset_hung_task_detector(); \
		msleep(20); \
	} \
	holds_; \
})

/* A function with a window and a unit, without a driver until a test binds it */
static inline struct tadapter *tadapter_plug(struct kunit *test,
					     const struct vfe_mock_spec *more)
{
	struct vfe_mock_spec spec = {};
	struct tadapter *ta;

	ta = kunit_kzalloc(test, sizeof(*ta), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ta);
	ta->test = test;
	ta->memory = kunit_kzalloc(test, TADAPTER_MEMORY, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ta->memory);
	ta->back = kunit_kzalloc(test, sizeof(*ta->back), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ta->back);
	ta->back->num_units = 1;
	ta->back->max_count = VFE_MOCK_ADAPTER_COUNT;
	ta->sysfs = vfe_files_mount(test);
	if (more)
		spec = *more;
	spec.device = spec.device ?: VFE_PCI_DEVICE_SCSI;
	spec.adapter = ta->back;
	spec.unbound = true;
	ta->m = vfe_mock_plug(test, &spec);
	KUNIT_ASSERT_NOT_NULL(test, ta->m);
	return ta;
}

/* Return: what probe() returned */
static inline int tadapter_bind(struct tadapter *ta)
{
	struct device_driver *drv = driver_find("vfe_trap_scsi", &pci_bus_type);
	struct pci_dev *pdev = ta->m->pdev;
	int err;

	KUNIT_ASSERT_NOT_NULL(ta->test, drv);
	err = device_set_driver_override(&pdev->dev, "vfe_trap_scsi");
	if (!err)
		err = device_driver_attach(drv, &pdev->dev);
	/* the SCSI core's driver of disks has read all it wants to */
	async_synchronize_full();
	return err;
}

static inline void tadapter_unbind(struct tadapter *ta)
{
	device_release_driver(&ta->m->pdev->dev);
}

/* The driver's host, while it is bound */
static inline struct vfe_trap_scsi *tadapter_host(struct tadapter *ta)
{
	return to_trap_scsi(pci_get_drvdata(ta->m->pdev));
}

/* A unit of the SCSI core, or NULL; holds no reference */
static inline struct scsi_device *tadapter_sdev(struct tadapter *ta,
						unsigned int target, u64 lun)
{
	struct scsi_device *sdev;

	sdev = scsi_device_lookup(tadapter_host(ta)->shost, 0, target, lun);
	if (sdev)
		scsi_device_put(sdev);
	return sdev;
}

static inline int tadapter_is_disk(struct device *dev, void *data)
{
	return !strncmp(dev_name(dev), "sd", 2);
}

/* The disk of target 0, unit 0, or NULL; holds no reference */
static inline struct gendisk *tadapter_disk(struct tadapter *ta)
{
	struct scsi_device *sdev = tadapter_sdev(ta, 0, 0);
	struct device *dev = sdev ? device_find_child(&sdev->sdev_gendev, NULL,
						      tadapter_is_disk) : NULL;

	if (!dev)
		return NULL;
	put_device(dev);
	return dev_to_disk(dev);
}

/* The usual one, with a disk */
static inline struct tadapter *tadapter_start_host(struct kunit *test)
{
	struct tadapter *ta = tadapter_plug(test, NULL);

	KUNIT_ASSERT_EQ_MSG(test, 0, tadapter_bind(ta),
			    "is vfe_trap_scsi loaded with window=memory?");
	KUNIT_ASSERT_NOT_NULL(test, tadapter_disk(ta));
	return ta;
}

/* --- requests --- */

static inline void tadapter_end_io(struct bio *bio)
{
	struct tadapter_io *io = container_of(bio, struct tadapter_io, bio);

	io->status = bio->bi_status;
	WRITE_ONCE(io->ends, io->ends + 1);
}

static inline void tadapter_recycle(struct tadapter *ta)
{
	memset(ta->ios, 0, sizeof(ta->ios));
	ta->num_ios = 0;
	ta->memory_used = 0;
}

/* Send a request of @segs pieces of @bytes that are not contiguous. */
static inline struct tadapter_io *tadapter_segs(struct tadapter *ta,
						blk_opf_t opf, u64 sector,
						unsigned int segs,
						unsigned int bytes, u8 seed)
{
	struct gendisk *disk = tadapter_disk(ta);
	unsigned int i, gap = segs > 1 ? 512 : 0;
	struct tadapter_io *io;

	KUNIT_ASSERT_NOT_NULL(ta->test, disk);
	KUNIT_ASSERT_LT(ta->test, ta->num_ios, TADAPTER_IOS);
	KUNIT_ASSERT_LE(ta->test, ta->memory_used + segs * (bytes + gap),
			TADAPTER_MEMORY);
	io = &ta->ios[ta->num_ios++];
	bio_init(&io->bio, disk->part0, io->vecs, TADAPTER_VECS, opf);
	io->bio.bi_iter.bi_sector = sector;
	io->bio.bi_end_io = tadapter_end_io;
	io->data = ta->memory + ta->memory_used;
	for (i = 0; i < segs; i++) {
		u8 *at = ta->memory + ta->memory_used;

		if (seed)
			memset(at, seed + i, bytes);
		KUNIT_ASSERT_EQ(ta->test, bytes,
				bio_add_page(&io->bio, virt_to_page(at), bytes,
					     offset_in_page(at)));
		ta->memory_used += bytes + gap;
	}
	submit_bio(&io->bio);
	return io;
}

static inline struct tadapter_io *tadapter_start(struct tadapter *ta,
						 blk_opf_t opf, u64 sector,
						 unsigned int bytes, u8 seed)
{
	return tadapter_segs(ta, opf, sector, 1, bytes, seed);
}

/* Wait for a request to end, or fail the test. Return: its error, or 0. */
static inline int tadapter_wait(struct tadapter *ta, struct tadapter_io *io)
{
	KUNIT_ASSERT_TRUE_MSG(ta->test,
			      TADAPTER_WAIT_FOR(READ_ONCE(io->ends)),
			      "a request never ended");
	KUNIT_EXPECT_EQ(ta->test, io->ends, 1U);
	return blk_status_to_errno(io->status);
}

static inline int tadapter_write(struct tadapter *ta, u64 sector,
				 unsigned int bytes, u8 seed)
{
	return tadapter_wait(ta, tadapter_start(ta, REQ_OP_WRITE, sector, bytes,
						seed));
}

/* A write and a read, compared byte by byte: the disk works. */
static inline void tadapter_expect_works(struct tadapter *ta)
{
	struct tadapter_io *io;

	tadapter_recycle(ta);
	KUNIT_EXPECT_EQ(ta->test, 0, tadapter_write(ta, 24, 512, 0x5a));
	KUNIT_EXPECT_MEMEQ(ta->test, ta->back->data + 24 * 512, ta->ios[0].data,
			   512);
	io = tadapter_start(ta, REQ_OP_READ, 24, 512, 0);
	KUNIT_EXPECT_EQ(ta->test, 0, tadapter_wait(ta, io));
	KUNIT_EXPECT_MEMEQ(ta->test, ta->back->data + 24 * 512, io->data, 512);
	tadapter_recycle(ta);
}

/* --- counters --- */

/* A file of vfe/, as a number */
static inline s64 tadapter_counter(struct tadapter *ta, const char *name)
{
	return vfe_files_number(ta->test, ta->sysfs, ta->m->pdev, name);
}

static inline void tadapter_reset_counts(struct tadapter *ta)
{
	KUNIT_EXPECT_EQ(ta->test, 1,
			vfe_files_write(ta->sysfs, ta->m->pdev, "reset", "1"));
	vfe_mock_log_clear(ta->m);
}

static inline unsigned int tadapter_accesses(const struct tadapter *ta,
					     enum vfe_dir dir)
{
	unsigned int i, n = 0;

	for (i = 0; i < ta->m->log_len; i++)
		n += ta->m->log[i].dir == dir;
	return n;
}

/* --- hooks --- */

/* The word of IDENTIFY's answer that has a member */
#define TADAPTER_WORD(field) \
	(offsetof(struct vfe_scsi_identity, field) / sizeof(__le32))

/**
 * struct tadapter_word - a word of IDENTIFY to change on its way to the driver
 * @word: its number in the answer
 * @val: the value for the driver
 * @command: the command under way
 * @seen: number of words read so far
 */
struct tadapter_word {
	unsigned int word;
	u32 val;
	u32 command;
	unsigned int seen;
};

static inline bool tadapter_change_word(struct vfe_mock *m,
					struct vfe_mock_access *a)
{
	struct tadapter_word *w = m->knobs.priv;

	if (a->dir == VFE_WRITE && a->reg == VFE_REG_SCSI_MEMORY_COMMAND) {
		w->command = a->val;
		w->seen = 0;
	}
	if (a->dir == VFE_READ && a->reg == VFE_REG_SCSI_MEMORY_DATA &&
	    w->command == VFE_SCSI_CMD_IDENTIFY && w->seen++ == w->word)
		a->val = w->val;
	return false;
}

/* Any command is refused. */
static inline bool tadapter_say_error(struct vfe_mock *m,
				      struct vfe_mock_access *a)
{
	if (a->dir == VFE_READ && a->reg == VFE_REG_SCSI_MEMORY_STATUS)
		a->val |= VFE_STATUS_ERR;
	return false;
}

#endif /* VFE_KUNIT_TRAP_SCSI_FIXTURE_H */

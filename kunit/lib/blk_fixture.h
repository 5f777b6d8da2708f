/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A disk on a mock function, for suites of the block drivers: bind and unbind,
 * asynchronous requests and their results, the last chain that the device saw,
 * chains that it keeps.
 */
#ifndef VFE_KUNIT_BLK_FIXTURE_H
#define VFE_KUNIT_BLK_FIXTURE_H

#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/nmi.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <uapi/linux/virtio_ring.h>

#include "mock/mock.h"
#include "sysfs_files.h"

#define TDISK_VECS	128		/* pieces of a request */
#define TDISK_IOS	24		/* requests of a test */
#define TDISK_MEMORY	(256 * 1024)	/* for all their data */
#define TDISK_KEPT	24		/* chains that the device keeps */
#define TDISK_LOG	64		/* types of requests seen */
#define TDISK_TIMEOUT (4 * HZ)	/* for anything to happen */
#define TDISK_SECTORS	2048		/* the usual disk: 1 MiB */

struct tdisk;

/**
 * struct tdisk_io - a request
 * @bio: its bio
 * @vecs: its segments
 * @done: it has ended
 * @data: the first segment, followed by the others
 * @bytes: of data
 * @ends: how often it has ended
 * @status: its result
 */
struct tdisk_io {
	struct bio bio;
	struct bio_vec vecs[TDISK_VECS];
	struct completion done;
	u8 *data;
	unsigned int bytes;
	unsigned int ends;
	blk_status_t status;
};

/**
 * struct tdisk - the disk of a test: its function, requests to it
 * @test: the test
 * @m: the function
 * @back: the disk behind it
 * @sysfs: its files
 * @disk: its gendisk, NULL while no driver is bound
 * @ios: requests, @num_ios of them in use
 * @num_ios: number of them
 * @memory: for data
 * @memory_used: of it, in bytes
 * @keep: the device pops chains and keeps them
 * @kept: the kept chains, @num_kept of them
 * @num_kept: number of them
 * @seen: the last chain that came
 * @types: types of received requests, @num_types of them
 * @num_types: number of them, including those that do not fit into @types
 */
struct tdisk {
	struct kunit *test;
	struct vfe_mock *m;
	struct vfe_mock_disk *back;
	struct vfsmount *sysfs;
	struct gendisk *disk;
	struct tdisk_io ios[TDISK_IOS];
	unsigned int num_ios;
	u8 *memory;
	unsigned int memory_used;
	bool keep;
	struct vfe_mock_chain kept[TDISK_KEPT];
	unsigned int num_kept;
	struct vfe_mock_chain seen;
	u32 types[TDISK_LOG];
	unsigned int num_types;
};

/* Wait until @cond is true, for a limited time. Return: whether it is. */
#define TDISK_WAIT_FOR(cond) ({ \
	unsigned long end_ = jiffies + TDISK_TIMEOUT; \
	bool holds_; \
	while (!(holds_ = (cond)) && time_before(jiffies, end_)) \
		usleep_range(200, 500); \
	holds_; \
})

/*
 * The same for minutes, which take no time in this kernel. The kernel's hung
 * task detector ignores the task that waits for the test.
 */
#define TDISK_WAIT_LONG(cond, seconds) ({ \
	unsigned long end_ = jiffies + (seconds) * HZ; \
	bool holds_; \
	while (!(holds_ = (cond)) && time_before(jiffies, end_)) { \
		reset_hung_task_detector(); \
		msleep(20); \
	} \
	holds_; \
})

/* --- chains, as the device handles them --- */

static inline struct virtio_blk_outhdr *
tdisk_header(const struct vfe_mock_chain *chain)
{
	return vfe_mock_mem(chain->segs[0].addr);
}

static inline u32 tdisk_type(const struct vfe_mock_chain *chain)
{
	return le32_to_cpu((__force __le32)tdisk_header(chain)->type);
}

static inline u64 tdisk_sector(const struct vfe_mock_chain *chain)
{
	return le64_to_cpu((__force __le64)tdisk_header(chain)->sector);
}

/* The data of a discard or write-zeroes request */
static inline struct virtio_blk_discard_write_zeroes *
tdisk_ranges(const struct vfe_mock_chain *chain)
{
	return vfe_mock_mem(chain->segs[1].addr);
}

static inline bool tdisk_request(struct vfe_mock_disk *back,
				 struct vfe_mock_queue *mq,
				 struct vfe_mock_chain *chain)
{
	struct tdisk *td = back->priv;

	td->seen = *chain;
	if (td->num_types < TDISK_LOG)
		td->types[td->num_types] = tdisk_type(chain);
	td->num_types++;
	if (!td->keep || td->num_kept == TDISK_KEPT)
		return false;
	td->kept[td->num_kept++] = *chain;
	return true;
}

/* Execute a kept read or write. Return: the used length. */
static inline u32 tdisk_execute(struct tdisk *td,
				const struct vfe_mock_chain *chain)
{
	u8 *at = td->back->data + tdisk_sector(chain) * SECTOR_SIZE;
	unsigned int i, last = chain->out + chain->in - 1;

	for (i = 1; i < last; i++) {
		const struct vfe_mock_seg *seg = &chain->segs[i];

		if (seg->write)
			memcpy(vfe_mock_mem(seg->addr), at, seg->len);
		else
			memcpy(at, vfe_mock_mem(seg->addr), seg->len);
		at += seg->len;
	}
	*(u8 *)vfe_mock_mem(chain->segs[last].addr) = VIRTIO_BLK_S_OK;
	return chain->in_len;
}

/* Complete a kept chain, without an interrupt. */
static inline void tdisk_complete(struct tdisk *td, unsigned int n)
{
	struct vfe_mock_chain *chain = &td->kept[n];
	u32 len = tdisk_execute(td, chain);

	vfe_mock_push(&td->m->queues[0], chain->id, len, chain->descs);
}

/* From now on the device serves new requests; it keeps the earlier ones. */
static inline void tdisk_serve(struct tdisk *td)
{
	td->keep = false;
	td->m->knobs.mute = false;
}

/* --- the function and its driver --- */

static inline int tdisk_is_disk(struct device *dev, void *data)
{
	return !strncmp(dev_name(dev), "vfe", 3);
}

static inline void tdisk_put_disk(void *data)
{
	put_device(data);
}

/* Find the function's current disk; holds a reference for the test. */
static inline struct gendisk *tdisk_find(struct tdisk *td)
{
	struct device *dev = device_find_child(&td->m->pdev->dev, NULL,
					       tdisk_is_disk);

	td->disk = dev ? dev_to_disk(dev) : NULL;
	if (dev)
		KUNIT_ASSERT_EQ(td->test, 0,
				kunit_add_action_or_reset(td->test,
							  tdisk_put_disk,
							  dev));
	return td->disk;
}

/*
 * Plug a function in. The fixture is allocated before the function, since
 * requests may outlive the function when a test is aborted.
 */
static inline struct tdisk *tdisk_plug(struct kunit *test,
				       const struct vfe_mock_spec *more,
				       u64 features)
{
	struct vfe_mock_spec spec = {};
	struct tdisk *td;

	td = kunit_kzalloc(test, sizeof(*td), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, td);
	td->test = test;
	td->memory = kunit_kzalloc(test, TDISK_MEMORY, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, td->memory);
	td->sysfs = vfe_files_mount(test);
	if (more)
		spec = *more;
	spec.device = spec.device ?: spec.legacy ? VFE_PCI_OLD_BLOCK :
		      VFE_PCI_DEVICE_BLOCK;
	/* exactly the features of the test, without the usual ones */
	spec.features = spec.features ?: VFE_MOCK_FEATURES;
	td->m = vfe_mock_plug_disk(test, &spec, features, TDISK_SECTORS,
				   &td->back);
	KUNIT_ASSERT_NOT_NULL(test, td->m);
	td->back->priv = td;
	td->back->request = tdisk_request;
	tdisk_find(td);
	return td;
}

/* The usual one, with a disk */
static inline struct tdisk *tdisk_disk(struct kunit *test, u64 features)
{
	struct tdisk *td = tdisk_plug(test, NULL, features);

	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	return td;
}

static inline struct virtio_blk_config *tdisk_config(struct tdisk *td)
{
	return (struct virtio_blk_config *)td->m->config;
}

static inline void tdisk_unbind(struct tdisk *td)
{
	device_release_driver(&td->m->pdev->dev);
	td->disk = NULL;
}

/* Bind a driver by name. Return: what its probe() returned. */
static inline int tdisk_bind_to(struct tdisk *td, const char *name)
{
	struct device_driver *drv = driver_find(name, &pci_bus_type);
	struct pci_dev *pdev = td->m->pdev;
	int err;

	KUNIT_ASSERT_NOT_NULL(td->test, drv);
	err = device_set_driver_override(&pdev->dev, name);
	if (!err)
		err = device_driver_attach(drv, &pdev->dev);
	tdisk_find(td);
	return err;
}

static inline int tdisk_bind(struct tdisk *td)
{
	return tdisk_bind_to(td, "vfe_blk");
}

static inline void tdisk_unplug(struct tdisk *td)
{
	vfe_mock_unplug(td->m);
	td->disk = NULL;
}

/* --- requests --- */

static inline void tdisk_end_io(struct bio *bio)
{
	struct tdisk_io *io = container_of(bio, struct tdisk_io, bio);

	io->ends++;
	io->status = bio->bi_status;
	complete(&io->done);
}

/* A request without data yet; tdisk_send() sends it. */
static inline struct tdisk_io *tdisk_io(struct tdisk *td, blk_opf_t opf,
					u64 sector)
{
	struct tdisk_io *io;

	KUNIT_ASSERT_LT(td->test, td->num_ios, TDISK_IOS);
	io = &td->ios[td->num_ios++];
	init_completion(&io->done);
	bio_init(&io->bio, td->disk->part0, io->vecs, TDISK_VECS, opf);
	io->bio.bi_iter.bi_sector = sector;
	io->bio.bi_end_io = tdisk_end_io;
	io->data = td->memory + td->memory_used;
	return io;
}

/* Add a segment of data; the next one begins @gap bytes after its end. */
static inline void tdisk_segment(struct tdisk *td, struct tdisk_io *io,
				 unsigned int bytes, unsigned int gap)
{
	u8 *at = td->memory + td->memory_used;

	KUNIT_ASSERT_LE(td->test, td->memory_used + bytes + gap, TDISK_MEMORY);
	KUNIT_ASSERT_EQ(td->test, bytes,
			bio_add_page(&io->bio, virt_to_page(at), bytes,
				     offset_in_page(at)));
	io->bytes += bytes;
	td->memory_used += bytes + gap;
}

static inline void tdisk_send(struct tdisk_io *io)
{
	submit_bio(&io->bio);
}

/* Sends a request of one segment; a write has bytes that depend on @seed. */
static inline struct tdisk_io *tdisk_start(struct tdisk *td,
					   blk_opf_t opf, u64 sector,
					   unsigned int bytes, u8 seed)
{
	struct tdisk_io *io = tdisk_io(td, opf, sector);
	unsigned int i;

	if (bytes)
		tdisk_segment(td, io, bytes, 0);
	for (i = 0; i < bytes; i++)
		io->data[i] = seed + i / SECTOR_SIZE * 7 + i;
	tdisk_send(io);
	return io;
}

/* Start a request that the device pops and keeps, like all later ones. */
static inline struct tdisk_io *tdisk_start_kept(struct tdisk *td,
						blk_opf_t opf, u64 sector,
						u8 seed)
{
	unsigned int before = td->num_kept;
	struct tdisk_io *io;

	td->keep = true;
	io = tdisk_start(td, opf, sector, SECTOR_SIZE, seed);
	KUNIT_ASSERT_TRUE(td->test, TDISK_WAIT_FOR(td->num_kept > before));
	return io;
}

/*
 * Wait for a request to end, or fail the test. Return: its error, or 0.
 */
static inline int tdisk_wait(struct tdisk *td, struct tdisk_io *io)
{
	unsigned long left = wait_for_completion_timeout(&io->done,
							 TDISK_TIMEOUT);

	KUNIT_ASSERT_NE_MSG(td->test, left, 0UL, "a request never ended");
	KUNIT_EXPECT_EQ_MSG(td->test, io->ends, 1U,
			    "a request ended more than once");
	return blk_status_to_errno(io->status);
}

/* Free all requests, which have ended. */
static inline void tdisk_recycle(struct tdisk *td)
{
	memset(td->ios, 0, sizeof(td->ios));
	td->num_ios = 0;
	td->memory_used = 0;
	td->num_types = 0;
}

static inline int tdisk_write(struct tdisk *td, u64 sector,
			      unsigned int bytes, u8 seed)
{
	return tdisk_wait(td, tdisk_start(td, REQ_OP_WRITE, sector,
					  bytes, seed));
}

/* Does the device have the data that tdisk_start() wrote? */
static inline bool tdisk_holds(struct tdisk *td, u64 sector,
			       const u8 *data, unsigned int bytes)
{
	return !memcmp(td->back->data + sector * SECTOR_SIZE, data, bytes);
}

/* A write and a read, compared byte by byte: the disk works. */
static inline void tdisk_expect_works(struct tdisk *td)
{
	struct tdisk_io *w, *r;

	KUNIT_ASSERT_NOT_NULL(td->test, td->disk);
	w = tdisk_start(td, REQ_OP_WRITE, 24, 8192, 0x5a);
	KUNIT_EXPECT_EQ(td->test, 0, tdisk_wait(td, w));
	KUNIT_EXPECT_TRUE(td->test, tdisk_holds(td, 24, w->data, 8192));
	r = tdisk_start(td, REQ_OP_READ, 24, 8192, 0);
	KUNIT_EXPECT_EQ(td->test, 0, tdisk_wait(td, r));
	KUNIT_EXPECT_MEMEQ(td->test, w->data, r->data, 8192);
}

/* --- a ring that is full, and a request that waits for room --- */

/* Room for 8 descriptors, one per segment: tdisk_fill_ring() uses them all. */
static inline struct tdisk *tdisk_small_ring(struct kunit *test, u64 features)
{
	const struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1) |
			    BIT_ULL(VIRTIO_RING_F_EVENT_IDX),
		.queue_size = 8,
	};
	struct tdisk *td = tdisk_plug(test, &spec, features |
				      BIT_ULL(VIRTIO_BLK_F_SEG_MAX));

	KUNIT_ASSERT_NOT_NULL(test, td->disk);
	return td;
}

/* A write that fills that ring: header, 6 segments, status */
static inline struct tdisk_io *tdisk_fill_ring(struct tdisk *td, u64 sector)
{
	struct tdisk_io *io = tdisk_io(td, REQ_OP_WRITE, sector);
	unsigned int i;

	for (i = 0; i < 6; i++) {
		memset(td->memory + td->memory_used, 0xc0 + i, SECTOR_SIZE);
		tdisk_segment(td, io, SECTOR_SIZE, SECTOR_SIZE);
	}
	tdisk_send(io);
	return io;
}

/* --- requests that time out --- */

/* From now on requests time out after 2 jiffies... */
static inline void tdisk_short_timeout(struct tdisk *td)
{
	blk_queue_rq_timeout(td->disk->queue, 2);
}

/* ... but the block layer checks up to a second later: check in 4 jiffies. */
static inline void tdisk_check_timeouts(struct tdisk *td)
{
	mod_timer(&td->disk->queue->timeout, jiffies + 4);
}

/* Is the timer far from where tdisk_check_timeouts() would put it? */
static inline bool tdisk_checks_late(struct tdisk *td)
{
	const struct timer_list *timer = &td->disk->queue->timeout;

	return !timer_pending(timer) || time_after(timer->expires, jiffies + 4);
}

/*
 * Let late requests time out repeatedly, until a request has ended: after 10 s,
 * if the device has to be found at fault
 */
static inline bool tdisk_expire(struct tdisk *td, struct tdisk_io *io)
{
	unsigned long end = jiffies + 4 * TDISK_TIMEOUT;

	while (!io->ends && time_before(jiffies, end)) {
		if (tdisk_checks_late(td))
			tdisk_check_timeouts(td);
		usleep_range(200, 500);
	}
	return io->ends;
}

/* --- files --- */

/* Read a file by its path below /sys. Return: bytes or an error */
static inline ssize_t tdisk_read_file(struct tdisk *td, const char *path,
				      char *buf, size_t len)
{
	return vfe_files_read_path(td->sysfs, path, buf, len);
}

static inline ssize_t tdisk_write_file(struct tdisk *td, const char *path,
				       const char *text)
{
	return vfe_files_write_path(td->sysfs, path, text);
}

/* Read a file of the disk. Return: bytes or an error */
static inline ssize_t tdisk_show(struct tdisk *td, const char *name,
				 char *buf, size_t len)
{
	char path[64];

	snprintf(path, sizeof(path), "block/%s/%s", td->disk->disk_name, name);
	return tdisk_read_file(td, path, buf, len);
}

static inline ssize_t tdisk_store(struct tdisk *td, const char *name,
				  const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "block/%s/%s", td->disk->disk_name, name);
	return vfe_files_write_path(td->sysfs, path, text);
}

/* Write a file of the disk; must succeed. */
static inline void tdisk_set(struct tdisk *td, const char *name,
			     const char *text)
{
	KUNIT_ASSERT_EQ_MSG(td->test, (ssize_t)strlen(text),
			    tdisk_store(td, name, text), "%s", name);
}

/* From now on a timeout resets the device. */
static inline void tdisk_resets_late(struct tdisk *td)
{
	tdisk_set(td, "reset_after", "1");
}

/* A count under vfe/ of the function */
static inline s64 tdisk_counter(struct tdisk *td, const char *name)
{
	return vfe_files_number(td->test, td->sysfs, td->m->pdev, name);
}

/* Reset all counts to 0, also those of the mock. */
static inline void tdisk_reset_counts(struct tdisk *td)
{
	KUNIT_EXPECT_EQ(td->test, 1,
			vfe_files_write(td->sysfs, td->m->pdev, "reset",
					"1"));
	vfe_mock_log_clear(td->m);
}

#endif /* VFE_KUNIT_BLK_FIXTURE_H */

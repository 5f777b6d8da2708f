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

#define VFE_RIG_VECS	128		/* pieces of a request */
#define VFE_RIG_IOS	24		/* requests of a test */
#define VFE_RIG_MEMORY	(256 * 1024)	/* for all their data */
#define VFE_RIG_KEPT	24		/* chains that the device keeps */
#define VFE_RIG_LOG	64		/* types of requests seen */
#define VFE_RIG_PATIENCE (4 * HZ)	/* for anything to happen */
#define VFE_RIG_SECTORS	2048		/* the usual disk: 1 MiB */

struct vfe_rig;

/**
 * struct vfe_rig_io - a request
 * @bio: its bio
 * @vecs: its segments
 * @done: it has ended
 * @data: the first segment, followed by the others
 * @bytes: of data
 * @ends: how often it has ended
 * @status: its result
 */
struct vfe_rig_io {
	struct bio bio;
	struct bio_vec vecs[VFE_RIG_VECS];
	struct completion done;
	u8 *data;
	unsigned int bytes;
	unsigned int ends;
	blk_status_t status;
};

/**
 * struct vfe_rig - a function, a disk on it, requests to it
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
struct vfe_rig {
	struct kunit *test;
	struct vfe_mock *m;
	struct vfe_mock_disk *back;
	struct vfsmount *sysfs;
	struct gendisk *disk;
	struct vfe_rig_io ios[VFE_RIG_IOS];
	unsigned int num_ios;
	u8 *memory;
	unsigned int memory_used;
	bool keep;
	struct vfe_mock_chain kept[VFE_RIG_KEPT];
	unsigned int num_kept;
	struct vfe_mock_chain seen;
	u32 types[VFE_RIG_LOG];
	unsigned int num_types;
};

/* Wait until @cond is true, for a limited time. Return: whether it is. */
#define VFE_RIG_UNTIL(cond) ({ \
	unsigned long end_ = jiffies + VFE_RIG_PATIENCE; \
	bool holds_; \
	while (!(holds_ = (cond)) && time_before(jiffies, end_)) \
		usleep_range(200, 500); \
	holds_; \
})

/*
 * The same for minutes, which take no time in this kernel. The kernel's hung
 * task detector ignores the task that waits for the test.
 */
#define VFE_RIG_IN_TIME(cond, seconds) ({ \
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
vfe_rig_header(const struct vfe_mock_chain *chain)
{
	return vfe_mock_mem(chain->segs[0].addr);
}

static inline u32 vfe_rig_type(const struct vfe_mock_chain *chain)
{
	return le32_to_cpu((__force __le32)vfe_rig_header(chain)->type);
}

static inline u64 vfe_rig_sector(const struct vfe_mock_chain *chain)
{
	return le64_to_cpu((__force __le64)vfe_rig_header(chain)->sector);
}

/* The data of a discard or write-zeroes request */
static inline struct virtio_blk_discard_write_zeroes *
vfe_rig_ranges(const struct vfe_mock_chain *chain)
{
	return vfe_mock_mem(chain->segs[1].addr);
}

static inline bool vfe_rig_request(struct vfe_mock_disk *back,
				   struct vfe_mock_queue *mq,
				   struct vfe_mock_chain *chain)
{
	struct vfe_rig *rig = back->priv;

	rig->seen = *chain;
	if (rig->num_types < VFE_RIG_LOG)
		rig->types[rig->num_types] = vfe_rig_type(chain);
	rig->num_types++;
	if (!rig->keep || rig->num_kept == VFE_RIG_KEPT)
		return false;
	rig->kept[rig->num_kept++] = *chain;
	return true;
}

/* Execute a kept read or write. Return: the used length. */
static inline u32 vfe_rig_work(struct vfe_rig *rig,
			       const struct vfe_mock_chain *chain)
{
	u8 *at = rig->back->data + vfe_rig_sector(chain) * SECTOR_SIZE;
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
static inline void vfe_rig_push(struct vfe_rig *rig, unsigned int n)
{
	struct vfe_mock_chain *chain = &rig->kept[n];
	u32 len = vfe_rig_work(rig, chain);

	vfe_mock_push(&rig->m->queues[0], chain->id, len, chain->descs);
}

/* From now on the device serves new requests; it keeps the earlier ones. */
static inline void vfe_rig_serve(struct vfe_rig *rig)
{
	rig->keep = false;
	rig->m->knobs.mute = false;
}

/* --- the function and its driver --- */

static inline int vfe_rig_is_disk(struct device *dev, void *data)
{
	return !strncmp(dev_name(dev), "vfe", 3);
}

static inline void vfe_rig_put_disk(void *data)
{
	put_device(data);
}

/* Find the function's current disk; holds a reference for the test. */
static inline struct gendisk *vfe_rig_find(struct vfe_rig *rig)
{
	struct device *dev = device_find_child(&rig->m->pdev->dev, NULL,
					       vfe_rig_is_disk);

	rig->disk = dev ? dev_to_disk(dev) : NULL;
	if (dev)
		KUNIT_ASSERT_EQ(rig->test, 0,
				kunit_add_action_or_reset(rig->test,
							  vfe_rig_put_disk,
							  dev));
	return rig->disk;
}

/*
 * Plug a function in. The fixture is allocated before the function, since
 * requests may outlive the function when a test is aborted.
 */
static inline struct vfe_rig *vfe_rig_plug(struct kunit *test,
					   const struct vfe_mock_spec *more,
					   u64 features)
{
	struct vfe_mock_spec spec = {};
	struct vfe_rig *rig;

	rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rig);
	rig->test = test;
	rig->memory = kunit_kzalloc(test, VFE_RIG_MEMORY, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, rig->memory);
	rig->sysfs = vfe_files_mount(test);
	if (more)
		spec = *more;
	spec.device = spec.device ?: spec.legacy ? VFE_PCI_OLD_BLOCK :
		      VFE_PCI_DEVICE_BLOCK;
	/* exactly the features of the test, without the usual ones */
	spec.features = spec.features ?: VFE_MOCK_FEATURES;
	rig->m = vfe_mock_plug_disk(test, &spec, features, VFE_RIG_SECTORS,
				    &rig->back);
	KUNIT_ASSERT_NOT_NULL(test, rig->m);
	rig->back->priv = rig;
	rig->back->request = vfe_rig_request;
	vfe_rig_find(rig);
	return rig;
}

/* The usual one, with a disk */
static inline struct vfe_rig *vfe_rig_disk(struct kunit *test, u64 features)
{
	struct vfe_rig *rig = vfe_rig_plug(test, NULL, features);

	KUNIT_ASSERT_NOT_NULL(test, rig->disk);
	return rig;
}

static inline struct virtio_blk_config *vfe_rig_config(struct vfe_rig *rig)
{
	return (struct virtio_blk_config *)rig->m->config;
}

static inline void vfe_rig_unbind(struct vfe_rig *rig)
{
	device_release_driver(&rig->m->pdev->dev);
	rig->disk = NULL;
}

/* Bind a driver by name. Return: what its probe() returned. */
static inline int vfe_rig_bind_to(struct vfe_rig *rig, const char *name)
{
	struct device_driver *drv = driver_find(name, &pci_bus_type);
	struct pci_dev *pdev = rig->m->pdev;
	int err;

	KUNIT_ASSERT_NOT_NULL(rig->test, drv);
	err = device_set_driver_override(&pdev->dev, name);
	if (!err)
		err = device_driver_attach(drv, &pdev->dev);
	vfe_rig_find(rig);
	return err;
}

static inline int vfe_rig_bind(struct vfe_rig *rig)
{
	return vfe_rig_bind_to(rig, "vfe_blk");
}

static inline void vfe_rig_unplug(struct vfe_rig *rig)
{
	vfe_mock_unplug(rig->m);
	rig->disk = NULL;
}

/* --- requests --- */

static inline void vfe_rig_end_io(struct bio *bio)
{
	struct vfe_rig_io *io = container_of(bio, struct vfe_rig_io, bio);

	io->ends++;
	io->status = bio->bi_status;
	complete(&io->done);
}

/* A request without data yet; vfe_rig_send() sends it. */
static inline struct vfe_rig_io *vfe_rig_io(struct vfe_rig *rig, blk_opf_t opf,
					    u64 sector)
{
	struct vfe_rig_io *io;

	KUNIT_ASSERT_LT(rig->test, rig->num_ios, VFE_RIG_IOS);
	io = &rig->ios[rig->num_ios++];
	init_completion(&io->done);
	bio_init(&io->bio, rig->disk->part0, io->vecs, VFE_RIG_VECS, opf);
	io->bio.bi_iter.bi_sector = sector;
	io->bio.bi_end_io = vfe_rig_end_io;
	io->data = rig->memory + rig->memory_used;
	return io;
}

/* Add a segment of data; the next one begins @gap bytes after its end. */
static inline void vfe_rig_piece(struct vfe_rig *rig, struct vfe_rig_io *io,
				 unsigned int bytes, unsigned int gap)
{
	u8 *at = rig->memory + rig->memory_used;

	KUNIT_ASSERT_LE(rig->test, rig->memory_used + bytes + gap,
			VFE_RIG_MEMORY);
	KUNIT_ASSERT_EQ(rig->test, bytes,
			bio_add_page(&io->bio, virt_to_page(at), bytes,
				     offset_in_page(at)));
	io->bytes += bytes;
	rig->memory_used += bytes + gap;
}

static inline void vfe_rig_send(struct vfe_rig_io *io)
{
	submit_bio(&io->bio);
}

/* Sends a request of one segment; a write has bytes that depend on @seed. */
static inline struct vfe_rig_io *vfe_rig_start(struct vfe_rig *rig,
					       blk_opf_t opf, u64 sector,
					       unsigned int bytes, u8 seed)
{
	struct vfe_rig_io *io = vfe_rig_io(rig, opf, sector);
	unsigned int i;

	if (bytes)
		vfe_rig_piece(rig, io, bytes, 0);
	for (i = 0; i < bytes; i++)
		io->data[i] = seed + i / SECTOR_SIZE * 7 + i;
	vfe_rig_send(io);
	return io;
}

/* Start a request that the device pops and keeps, like all later ones. */
static inline struct vfe_rig_io *vfe_rig_start_kept(struct vfe_rig *rig,
						    blk_opf_t opf, u64 sector,
						    u8 seed)
{
	unsigned int before = rig->num_kept;
	struct vfe_rig_io *io;

	rig->keep = true;
	io = vfe_rig_start(rig, opf, sector, SECTOR_SIZE, seed);
	KUNIT_ASSERT_TRUE(rig->test, VFE_RIG_UNTIL(rig->num_kept > before));
	return io;
}

/*
 * Wait for a request to end, or fail the test. Return: its error, or 0.
 */
static inline int vfe_rig_wait(struct vfe_rig *rig, struct vfe_rig_io *io)
{
	unsigned long left = wait_for_completion_timeout(&io->done,
							 VFE_RIG_PATIENCE);

	KUNIT_ASSERT_NE_MSG(rig->test, left, 0UL, "a request never ended");
	KUNIT_EXPECT_EQ_MSG(rig->test, io->ends, 1U,
			    "a request ended more than once");
	return blk_status_to_errno(io->status);
}

/* Free all requests, which have ended. */
static inline void vfe_rig_recycle(struct vfe_rig *rig)
{
	memset(rig->ios, 0, sizeof(rig->ios));
	rig->num_ios = 0;
	rig->memory_used = 0;
	rig->num_types = 0;
}

static inline int vfe_rig_write(struct vfe_rig *rig, u64 sector,
				unsigned int bytes, u8 seed)
{
	return vfe_rig_wait(rig, vfe_rig_start(rig, REQ_OP_WRITE, sector,
					       bytes, seed));
}

/* Does the device have the data that vfe_rig_start() wrote? */
static inline bool vfe_rig_holds(struct vfe_rig *rig, u64 sector,
				 const u8 *data, unsigned int bytes)
{
	return !memcmp(rig->back->data + sector * SECTOR_SIZE, data, bytes);
}

/* A write and a read, compared byte by byte: the disk works. */
static inline void vfe_rig_works(struct vfe_rig *rig)
{
	struct vfe_rig_io *w, *r;

	KUNIT_ASSERT_NOT_NULL(rig->test, rig->disk);
	w = vfe_rig_start(rig, REQ_OP_WRITE, 24, 8192, 0x5a);
	KUNIT_EXPECT_EQ(rig->test, 0, vfe_rig_wait(rig, w));
	KUNIT_EXPECT_TRUE(rig->test, vfe_rig_holds(rig, 24, w->data, 8192));
	r = vfe_rig_start(rig, REQ_OP_READ, 24, 8192, 0);
	KUNIT_EXPECT_EQ(rig->test, 0, vfe_rig_wait(rig, r));
	KUNIT_EXPECT_MEMEQ(rig->test, w->data, r->data, 8192);
}

/* --- a ring that is full, and a request that waits for room --- */

/* Room for 8 descriptors, one per segment: vfe_rig_fill() uses all of them. */
static inline struct vfe_rig *vfe_rig_small(struct kunit *test, u64 features)
{
	const struct vfe_mock_spec spec = {
		.features = BIT_ULL(VIRTIO_F_VERSION_1) |
			    BIT_ULL(VIRTIO_RING_F_EVENT_IDX),
		.queue_size = 8,
	};
	struct vfe_rig *rig = vfe_rig_plug(test, &spec, features |
					   BIT_ULL(VIRTIO_BLK_F_SEG_MAX));

	KUNIT_ASSERT_NOT_NULL(test, rig->disk);
	return rig;
}

/* A write that fills that ring: header, 6 segments, status */
static inline struct vfe_rig_io *vfe_rig_fill(struct vfe_rig *rig, u64 sector)
{
	struct vfe_rig_io *io = vfe_rig_io(rig, REQ_OP_WRITE, sector);
	unsigned int i;

	for (i = 0; i < 6; i++) {
		memset(rig->memory + rig->memory_used, 0xc0 + i, SECTOR_SIZE);
		vfe_rig_piece(rig, io, SECTOR_SIZE, SECTOR_SIZE);
	}
	vfe_rig_send(io);
	return io;
}

/* --- requests that time out --- */

/* From now on requests time out after 2 jiffies... */
static inline void vfe_rig_impatient(struct vfe_rig *rig)
{
	blk_queue_rq_timeout(rig->disk->queue, 2);
}

/* ... but the block layer checks up to a second later: check in 4 jiffies. */
static inline void vfe_rig_hurry(struct vfe_rig *rig)
{
	mod_timer(&rig->disk->queue->timeout, jiffies + 4);
}

/* Is the timer far from where vfe_rig_hurry() would put it? */
static inline bool vfe_rig_dawdles(struct vfe_rig *rig)
{
	const struct timer_list *timer = &rig->disk->queue->timeout;

	return !timer_pending(timer) || time_after(timer->expires, jiffies + 4);
}

/* Let late requests time out repeatedly, until a request has ended. */
static inline bool vfe_rig_expire(struct vfe_rig *rig, struct vfe_rig_io *io)
{
	unsigned long end = jiffies + VFE_RIG_PATIENCE;

	while (!io->ends && time_before(jiffies, end)) {
		if (vfe_rig_dawdles(rig))
			vfe_rig_hurry(rig);
		usleep_range(200, 500);
	}
	return io->ends;
}

/* --- files --- */

/* Read a file by its path below /sys. Return: bytes or an error */
static inline ssize_t vfe_rig_read_file(struct vfe_rig *rig, const char *path,
					char *buf, size_t len)
{
	return vfe_files_read_path(rig->sysfs, path, buf, len);
}

static inline ssize_t vfe_rig_write_file(struct vfe_rig *rig, const char *path,
					 const char *text)
{
	return vfe_files_write_path(rig->sysfs, path, text);
}

/* Read a file of the disk. Return: bytes or an error */
static inline ssize_t vfe_rig_show(struct vfe_rig *rig, const char *name,
				   char *buf, size_t len)
{
	char path[64];

	snprintf(path, sizeof(path), "block/%s/%s", rig->disk->disk_name,
		 name);
	return vfe_rig_read_file(rig, path, buf, len);
}

static inline ssize_t vfe_rig_store(struct vfe_rig *rig, const char *name,
				    const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), "block/%s/%s", rig->disk->disk_name,
		 name);
	return vfe_files_write_path(rig->sysfs, path, text);
}

/* Write a file of the disk; must succeed. */
static inline void vfe_rig_set(struct vfe_rig *rig, const char *name,
			       const char *text)
{
	KUNIT_ASSERT_EQ_MSG(rig->test, (ssize_t)strlen(text),
			    vfe_rig_store(rig, name, text), "%s", name);
}

/* From now on a timeout resets the device. */
static inline void vfe_rig_resets_late(struct vfe_rig *rig)
{
	vfe_rig_set(rig, "reset_after", "1");
}

/* A count under vfe/ of the function */
static inline s64 vfe_rig_counter(struct vfe_rig *rig, const char *name)
{
	return vfe_files_number(rig->test, rig->sysfs, rig->m->pdev, name);
}

/* Reset all counts to 0, also those of the mock. */
static inline void vfe_rig_reset_counts(struct vfe_rig *rig)
{
	KUNIT_EXPECT_EQ(rig->test, 1,
			vfe_files_write(rig->sysfs, rig->m->pdev, "reset",
					"1"));
	vfe_mock_log_clear(rig->m);
}

#endif /* VFE_KUNIT_BLK_FIXTURE_H */

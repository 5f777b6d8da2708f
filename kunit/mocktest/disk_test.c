// SPDX-License-Identifier: GPL-2.0
/*
 * The mock's engine: the disk that it plays, under the drivers that it is
 * made for. That data comes back as it was written shows the mock, not them.
 */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/virtio_blk.h>

#include "mock/mock.h"

#define DISK_SECTORS	128

static int disk_is_block(struct device *dev, void *data)
{
	return dev->class && !strcmp(dev->class->name, "block");
}

/* The whole disk that a driver made of the function */
static struct file *disk_open(struct kunit *test, struct vfe_mock *m)
{
	struct device *dev = device_find_child(&m->pdev->dev, NULL,
					       disk_is_block);
	struct file *file;

	KUNIT_ASSERT_NOT_NULL(test, dev);
	file = bdev_file_open_by_dev(dev->devt, BLK_OPEN_READ | BLK_OPEN_WRITE,
				     NULL, NULL);
	put_device(dev);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	return file;
}

/* One request of a page, and what became of it */
static int disk_io(struct file *file, blk_opf_t op, void *page, u64 sector)
{
	struct bio_vec vec;
	struct bio bio;
	int ret;

	bio_init(&bio, file_bdev(file), &vec, 1, op);
	bio.bi_iter.bi_sector = sector;
	__bio_add_page(&bio, virt_to_page(page), PAGE_SIZE, 0);
	ret = submit_bio_wait(&bio);
	bio_uninit(&bio);
	return ret;
}

static void disk_carries_data(struct kunit *test, struct vfe_mock *m,
			      struct vfe_mock_disk *disk)
{
	u8 *page = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct file *file = disk_open(test, m);

	KUNIT_ASSERT_NOT_NULL(test, page);
	memset(page, 0x5a, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, disk_io(file, REQ_OP_WRITE, page, 8), 0);
	KUNIT_EXPECT_EQ(test, disk->data[8 * VFE_SECTOR_SIZE], 0x5a);
	KUNIT_EXPECT_EQ(test, disk->data[16 * VFE_SECTOR_SIZE], 0);
	memset(disk->data, 0xa5, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, disk_io(file, REQ_OP_READ, page, 0), 0);
	KUNIT_EXPECT_EQ(test, page[PAGE_SIZE - 1], 0xa5);
	KUNIT_EXPECT_EQ(test, blkdev_issue_flush(file_bdev(file)), 0);
	KUNIT_EXPECT_EQ(test, disk->flushes, 1U);
	bdev_fput(file);
}

static void vfe_blk_reads_and_writes(struct kunit *test)
{
	struct vfe_mock_disk *disk;
	struct vfe_mock *m = vfe_mock_plug_disk(test, NULL, 0, DISK_SECTORS,
						&disk);

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_NOT_NULL(test, m->pdev->dev.driver);
	disk_carries_data(test, m, disk);
	vfe_mock_unplug(m);
	VFE_MOCK_EXPECT_CLEAN(test, m);
}

static void vfe_blk_works_by_the_pin(struct kunit *test)
{
	struct vfe_mock_spec spec = { .vectors = -1, .queues = 2 };
	struct vfe_mock_disk *disk;
	struct vfe_mock *m = vfe_mock_plug_disk(test, &spec,
						BIT_ULL(VIRTIO_BLK_F_MQ),
						DISK_SECTORS, &disk);

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_NOT_NULL(test, m->pdev->dev.driver);
	disk_carries_data(test, m, disk);
	KUNIT_EXPECT_GT(test, vfe_mock_count(m, VFE_REG_ISR_STATUS, VFE_READ),
			0U);
	vfe_mock_unplug(m);
	VFE_MOCK_EXPECT_CLEAN(test, m);
}

static void vfe_trap_blk_works_by_the_window(struct kunit *test)
{
	struct vfe_mock_spec spec = { .window = true, .unbound = true };
	struct vfe_mock_disk *disk;
	struct vfe_mock *m = vfe_mock_plug_disk(test, &spec, 0, DISK_SECTORS,
						&disk);

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_NULL(test, m->pdev->dev.driver);
	KUNIT_ASSERT_TRUE(test, vfe_mock_bind(m, "vfe_trap_blk"));
	disk_carries_data(test, m, disk);
	KUNIT_EXPECT_GT(test, vfe_mock_count(m, VFE_REG_MEMORY_DATA,
					     VFE_WRITE), 1023U);
	vfe_mock_unbind(m);
	VFE_MOCK_EXPECT_CLEAN(test, m);
}

static struct kunit_case disk_cases[] = {
	KUNIT_CASE(vfe_blk_reads_and_writes),
	KUNIT_CASE(vfe_blk_works_by_the_pin),
	KUNIT_CASE(vfe_trap_blk_works_by_the_window),
	{}
};

static struct kunit_suite disk_suite = {
	.name = "vfe-mock-disk",
	.test_cases = disk_cases,
};

kunit_test_suite(disk_suite);

MODULE_DESCRIPTION("KUnit tests of the mock function's disk");
MODULE_LICENSE("GPL");

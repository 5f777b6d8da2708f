// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of failing system calls: memory runs out at each allocation, the
 * backing file fails, is interrupted, or transfers less than requested.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"
#include "fault.h"
#include "scsi/scsi.h"

static struct blk_options blk_options = { .serial = "fault" };
static struct options options = {
	.class = &blk_class, .of_class = &blk_options, .msix = true,
	.queues = 2, .queue_size = 16, .map_doorbell = true,
};

static const char *path_of(int fd)
{
	static char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

/* Return: whether the device could be made in spite of the fault */
static bool try_create(struct backend *b)
{
	struct blk blk = { .o = &blk_options, .backend = b };
	struct vu_client *client = NULL;
	struct function f = {};
	unsigned int before = open_fds();
	bool made = !function_create(&f, &options, &blk) &&
		    (client = vu_new(&f));

	fault_clear();
	vu_free(client);
	function_destroy(&f);
	CHECK_EQ(open_fds(), before);
	return made;
}

static struct backend *open_disk(const char *path, bool readonly)
{
	char error[256];

	return backend_open(path, readonly, error, sizeof(error));
}

/* Each allocation fails in turn; LeakSanitizer checks for leaks. */
static void fail_each(int *at, int least)
{
	int disk = memory_file(1);
	struct backend *b = open_disk(path_of(disk), false);
	int i = 0;

	do {
		*at = i;
	} while (!try_create(b) && ++i < 100);
	CHECK(i >= least && i < 100);
	backend_close(b);
	close(disk);
}

static void test_create(void)
{
	fail_each(&fault.calloc_at, 8);
	fail_each(&fault.mmap_at, 1);
	fail_each(&fault.memfd_at, 1);
}

static void test_open(void)
{
	int disk = memory_file(1), small = memory_file(0);
	struct backend *b;

	fault.calloc_at = 0;
	CHECK(!open_disk(path_of(disk), false));
	fault_clear();
	CHECK(!open_disk(path_of(small), false));
	CHECK_EQ(ftruncate(small, 513), 0);
	CHECK(!open_disk(path_of(small), false));
	CHECK(!open_disk("/proc/self/fd", true));
	CHECK(!open_disk("/dev/null", false));
	CHECK(!open_disk("/nonexistent/disk", false));
	b = open_disk(path_of(disk), false);
	CHECK(b);
	CHECK(!open_disk(path_of(disk), true));	/* locked */
	backend_close(b);
	/* readers share it */
	b = open_disk(path_of(disk), true);
	CHECK(!open_disk(path_of(disk), false));
	backend_close(open_disk(path_of(disk), true));
	backend_close(b);
	backend_close(NULL);
	close(disk);
	close(small);
}

/* A host and its units are made whole, or not at all. */
static void test_open_scsi(void)
{
	int disk = memory_file(1), other = memory_file(1), i = -1;
	static struct scsi_options own;
	struct options o = { .class = &scsi_class, .of_class = &own };
	unsigned int before = open_fds();
	void *state;

	own.n = 2;
	for (unsigned int n = 0; n < 2; n++) {
		own.units[n] = (struct unit_spec){
			.lun = n, .block_size = 512, .protection = n,
		};
		strcpy(own.units[n].path, path_of(n ? other : disk));
	}
	do {
		fault.calloc_at = ++i;
		state = scsi_class.open(&o);
		fault_clear();
		CHECK(state || open_fds() == before);
	} while (!state && i < 20);
	/* the host, two units and their files, protection information */
	CHECK_EQ(i, 6);
	scsi_class.close(state);
	CHECK_EQ(open_fds(), before);
	close(disk);
	close(other);
}

static void test_guest_memory(void)
{
	int fd = memory_file(1);
	unsigned int before;
	struct client c;

	client_start(&c, NULL);
	before = open_fds();
	fault.realloc_at = 0;
	CHECK_EQ(dma_map(&c, 0, 4096, fd, 0, 3), ENOMEM);
	fault_clear();
	fault.mmap_at = 0;
	CHECK_EQ(dma_map(&c, 0, 4096, fd, 0, 3), ENOMEM);
	fault_clear();
	CHECK_EQ(open_fds(), before);
	CHECK_EQ(dma_map(&c, 0, 4096, fd, 0, 3), 0);
	client_close(&c);
	close(fd);
}

struct disk {
	int fd;
	struct backend *b;
	uint8_t data[4096];
};

static void disk_open(struct disk *d)
{
	d->fd = memory_file(64);
	d->b = open_disk(path_of(d->fd), false);
	memset(d->data, 0xa5, sizeof(d->data));
}

static void disk_close(struct disk *d)
{
	fault_clear();
	backend_close(d->b);
	close(d->fd);
}

/* How many bytes of the disk are not 0 */
static unsigned int marked(struct disk *d, uint64_t sector, uint32_t sectors)
{
	unsigned int n = 0;

	for (; sectors; sector++, sectors--) {
		CHECK_EQ(pread(d->fd, d->data, 512, sector * 512), 512);
		for (int i = 0; i < 512; i++)
			n += !!d->data[i];
	}
	return n;
}

static void mark(struct disk *d, uint32_t sectors)
{
	struct iovec iov = { d->data, 512 };

	memset(d->data, 0xa5, 512);
	for (uint32_t i = 0; i < sectors; i++)
		CHECK_EQ(backend_writev(d->b, i, &iov, 1), 0);
}

/* Without fallocate() the device writes zeroes, and nothing else. */
static void test_by_hand(void)
{
	struct disk d;

	disk_open(&d);
	mark(&d, 300);
	fault.fallocate = EOPNOTSUPP;
	CHECK_EQ(backend_write_zeroes(d.b, 10, 200, true), 0);
	CHECK_EQ(marked(&d, 0, 300), 100 * 512);
	CHECK_EQ(marked(&d, 10, 200), 0);
	/* It is not asked again, and a discard may do nothing. */
	fault.fallocate = EIO;
	CHECK_EQ(backend_write_zeroes(d.b, 220, 1, false), 0);
	CHECK_EQ(backend_discard(d.b, 0, 10), 0);
	CHECK_EQ(marked(&d, 0, 10), 10 * 512);
	fault.transfer = ENOSPC;
	CHECK_EQ(backend_write_zeroes(d.b, 230, 1, false), -ENOSPC);
	disk_close(&d);
}

static void test_errors(void)
{
	struct disk d;
	struct iovec iov = { d.data, 1024 };

	disk_open(&d);
	fault.fallocate = ENOSPC;
	CHECK_EQ(backend_discard(d.b, 0, 1), -ENOSPC);
	CHECK_EQ(backend_write_zeroes(d.b, 0, 1, false), -ENOSPC);
	CHECK_EQ(backend_discard(d.b, 0, 0), 0);
	CHECK_EQ(backend_write_zeroes(d.b, 0, 0, true), 0);
	fault.fdatasync = EIO;
	CHECK_EQ(backend_flush(d.b), -EIO);
	CHECK_EQ(backend_writev(d.b, 0, &iov, 1), 0);
	backend_set_writethrough(d.b, true);
	CHECK_EQ(backend_writev(d.b, 0, &iov, 1), -EIO);
	fault.transfer = EIO;
	CHECK_EQ(backend_readv(d.b, 0, &iov, 1), -EIO);
	disk_close(&d);
}

/* Signals interrupt, and a transfer may come in parts. */
static void test_interrupted(void)
{
	struct disk d;
	struct iovec iov[2] = { { d.data, 700 }, { d.data + 700, 324 } };

	disk_open(&d);
	mark(&d, 4);
	fault.short_by = 33;
	fault.interruptions = 3;
	memset(d.data, 0, 1024);
	CHECK_EQ(backend_readv(d.b, 1, iov, 2), 0);
	for (int i = 0; i < 1024; i++)
		CHECK_EQ(d.data[i], 0xa5);
	memset(d.data, 0, 1024);
	fault.interruptions = 3;
	CHECK_EQ(backend_writev(d.b, 1, iov, 2), 0);
	fault.interruptions = 3;
	CHECK_EQ(backend_flush(d.b), 0);
	fault.interruptions = 3;
	CHECK_EQ(backend_discard(d.b, 0, 1), 0);
	CHECK_EQ(marked(&d, 0, 4), 512);
	disk_close(&d);
}

static void test_limits(void)
{
	struct disk d;
	struct iovec iov = { d.data, 512 };

	disk_open(&d);
	CHECK_EQ(backend_readv(d.b, 512, &iov, 1), -EINVAL);
	CHECK_EQ(backend_readv(d.b, UINT64_MAX, &iov, 1), -EINVAL);
	CHECK_EQ(backend_writev(d.b, 1ULL << 55, &iov, 1), -EINVAL);
	CHECK_EQ(backend_discard(d.b, 511, 2), -EINVAL);
	CHECK_EQ(backend_discard(d.b, 2, UINT64_MAX), -EINVAL);
	CHECK_EQ(backend_write_zeroes(d.b, UINT64_MAX, 2, true), -EINVAL);
	CHECK_EQ(backend_resize(d.b, 0), -EINVAL);
	CHECK_EQ(backend_resize(d.b, 513), -EINVAL);
	CHECK_EQ(backend_resize(d.b, 1ULL << 63), -EINVAL);
	CHECK_EQ(backend_capacity(d.b), 512);
	disk_close(&d);
}

static void test_readonly(void)
{
	int fd = memory_file(1);
	struct backend *b = open_disk(path_of(fd), true);
	uint8_t data[512];
	struct iovec iov = { data, 512 };

	CHECK(backend_readonly(b));
	CHECK_EQ(backend_writev(b, 0, &iov, 1), -EROFS);
	CHECK_EQ(backend_discard(b, 0, 1), -EROFS);
	CHECK_EQ(backend_write_zeroes(b, 0, 1, true), -EROFS);
	CHECK_EQ(backend_resize(b, 512), -EROFS);
	backend_close(b);
	close(fd);
}

const struct test fault_tests[] = {
	{ "no memory for some part of the device", .run = test_create },
	{ "backing files that cannot be opened", .run = test_open },
	{ "SCSI hosts that cannot be made", .run = test_open_scsi },
	{ "no memory for a mapping", .run = test_guest_memory },
	{ "a backing file without fallocate", .run = test_by_hand },
	{ "a backing file that fails", .run = test_errors },
	{ "interruptions and short transfers", .run = test_interrupted },
	{ "ranges beyond the backing file", .run = test_limits },
	{ "a read-only backing file", .run = test_readonly },
	{ }
};

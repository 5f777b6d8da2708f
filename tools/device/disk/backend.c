// SPDX-License-Identifier: GPL-2.0
/*
 * The backing file: a raw file or a block device, with direct transfers from
 * and to guest memory. A write is stable after a flush, or at once in
 * write-through mode.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vfe/wire_blk.h>

#include "disk/backend.h"

#define SECTOR		VFE_SECTOR_SIZE
#define IOV_BATCH	256	/* less than any IOV_MAX */
#define ZERO_CHUNK	(64U << 10)

struct backend {
	int fd;
	bool block;		/* a block device, whose size is fixed */
	bool readonly;
	bool writethrough;
	bool no_punch;		/* the file cannot deallocate */
	bool no_zero_range;
	uint64_t sectors;
};

/* The file, and where the line about it goes */
struct opening {
	const char *path;
	bool readonly;
	char *error;
	size_t size;
};

static void complain(const struct opening *o, const char *what,
		     const char *advice)
{
	snprintf(o->error, o->size, "backing file %s: %s: %s", o->path, what,
		 advice);
}

/* Return: the size in bytes, or 0 with errno set */
static uint64_t file_size(int fd, const struct stat *st)
{
	uint64_t bytes = 0;

	errno = 0;
	if (!S_ISBLK(st->st_mode))
		return st->st_size;
	return ioctl(fd, BLKGETSIZE64, &bytes) ? 0 : bytes;
}

static const char *open_advice(int err)
{
	switch (err) {
	case ENOENT:
		return "create it first, for example with truncate -s 1G";
	case EACCES:
	case EPERM:
	case EROFS:
		return "check its permissions, or use --readonly";
	case EISDIR:
		return "give a raw file or a block device";
	case EBUSY:
		return "unmount it first";
	default:
		return "give a raw file or a block device that can be opened";
	}
}

/* O_EXCL refuses a mounted block device. */
static int open_file(const struct opening *o, struct stat *st)
{
	int flags = (o->readonly ? O_RDONLY : O_RDWR) | O_CLOEXEC | O_NONBLOCK;
	int fd;

	if (!stat(o->path, st) && S_ISBLK(st->st_mode))
		flags |= O_EXCL;
	fd = open(o->path, flags);
	if (fd < 0) {
		complain(o, strerror(errno), open_advice(errno));
		return -1;
	}
	if (fstat(fd, st) || !(S_ISREG(st->st_mode) || S_ISBLK(st->st_mode))) {
		complain(o, "neither a file nor a block device",
			 "give a raw file or a block device");
		close(fd);
		return -1;
	}
	return fd;
}

static bool check_size(const struct opening *o, uint64_t bytes)
{
	char what[64];

	if (!bytes) {
		complain(o, errno ? strerror(errno) : "it is empty",
			 "make it larger, for example with truncate -s 1G");
		return false;
	}
	if (bytes % SECTOR) {
		snprintf(what, sizeof(what),
			 "its size %llu is not a multiple of 512",
			 (unsigned long long)bytes);
		complain(o, what, "round it up, for example with truncate");
		return false;
	}
	return true;
}

/* Readers may share the file; a writer needs it exclusively. */
static bool lock_file(const struct opening *o, int fd)
{
	if (!flock(fd, (o->readonly ? LOCK_SH : LOCK_EX) | LOCK_NB))
		return true;
	if (errno == EWOULDBLOCK)
		complain(o, "in use by another process",
			 "end that one, or give each device a file of its own");
	else
		complain(o, strerror(errno), "it cannot be locked");
	return false;
}

struct backend *backend_open(const char *path, bool readonly, char *error,
			     size_t size)
{
	const struct opening opening = { path, readonly, error, size };
	const struct opening *o = &opening;
	struct backend *b;
	struct stat st;
	uint64_t bytes;
	int fd = open_file(o, &st);

	if (fd < 0)
		return NULL;
	if (!lock_file(o, fd))
		goto err_close;
	bytes = file_size(fd, &st);
	if (!check_size(o, bytes))
		goto err_close;
	b = calloc(1, sizeof(*b));
	if (!b) {
		complain(o, strerror(ENOMEM), "free some memory");
		goto err_close;
	}
	b->fd = fd;
	b->block = S_ISBLK(st.st_mode);
	b->readonly = readonly;
	b->sectors = bytes / SECTOR;
	return b;

err_close:
	close(fd);
	return NULL;
}

void backend_close(struct backend *b)
{
	if (!b)
		return;
	close(b->fd);
	free(b);
}

uint64_t backend_capacity(const struct backend *b)
{
	return b->sectors;
}

bool backend_readonly(const struct backend *b)
{
	return b->readonly;
}

void backend_set_writethrough(struct backend *b, bool on)
{
	b->writethrough = on;
}

/* A range of sectors as offset and length in bytes; -EINVAL beyond the end */
static int to_bytes(const struct backend *b, uint64_t sector, uint64_t sectors,
		    off_t *off, off_t *len)
{
	if (sectors > b->sectors || sector > b->sectors - sectors)
		return -EINVAL;
	*off = (off_t)(sector * SECTOR);
	*len = (off_t)(sectors * SECTOR);
	return 0;
}

static ssize_t move_once(const struct backend *b, const struct iovec *iov,
			 int n, off_t off, bool write)
{
	ssize_t done;

	do {
		done = write ? pwritev(b->fd, iov, n, off) :
			       preadv(b->fd, iov, n, off);
	} while (done < 0 && errno == EINTR);
	if (done < 0)
		return -errno;
	/* No progress: the file has shrunk, or the device is full. */
	return done ? done : -EIO;
}

/* Skip @done bytes, in place. */
static void advance(struct iovec **iov, int *n, size_t done)
{
	while (*n && done >= (*iov)->iov_len) {
		done -= (*iov)->iov_len;
		(*iov)++;
		(*n)--;
	}
	if (*n) {
		(*iov)->iov_base = (char *)(*iov)->iov_base + done;
		(*iov)->iov_len -= done;
	}
}

static int move_batch(const struct backend *b, const struct iovec *from, int n,
		      off_t *off, bool write)
{
	struct iovec copy[IOV_BATCH];
	struct iovec *iov = copy;

	memcpy(copy, from, n * sizeof(copy[0]));
	advance(&iov, &n, 0);
	while (n) {
		ssize_t done = move_once(b, iov, n, *off, write);

		if (done < 0)
			return done;
		*off += done;
		advance(&iov, &n, done);
	}
	return 0;
}

static int move(const struct backend *b, uint64_t sector,
		const struct iovec *iov, int n, bool write)
{
	uint64_t total = 0;
	off_t off, len;
	int err;

	for (int i = 0; i < n; i++)
		total += iov[i].iov_len;
	err = to_bytes(b, sector, (total + SECTOR - 1) / SECTOR, &off, &len);
	while (!err && n) {
		int batch = n < IOV_BATCH ? n : IOV_BATCH;

		err = move_batch(b, iov, batch, &off, write);
		iov += batch;
		n -= batch;
	}
	return err;
}

static int settle(struct backend *b, int err)
{
	return err || !b->writethrough ? err : backend_flush(b);
}

int backend_readv(struct backend *b, uint64_t sector,
		  const struct iovec *iov, int n)
{
	return move(b, sector, iov, n, false);
}

int backend_writev(struct backend *b, uint64_t sector,
		   const struct iovec *iov, int n)
{
	if (b->readonly)
		return -EROFS;
	return settle(b, move(b, sector, iov, n, true));
}

int backend_flush(struct backend *b)
{
	int err;

	do {
		err = fdatasync(b->fd) ? -errno : 0;
	} while (err == -EINTR);
	return err;
}

static int allocate(const struct backend *b, int mode, off_t off, off_t len)
{
	int err;

	do {
		err = fallocate(b->fd, mode, off, len) ? -errno : 0;
	} while (err == -EINTR);
	return err;
}

/* Try @mode unless it failed before; @absent records a failure. */
static int try_allocate(const struct backend *b, int mode, off_t off,
			off_t len, bool *absent)
{
	int err;

	if (*absent)
		return -EOPNOTSUPP;
	err = allocate(b, mode, off, len);
	if (err == -EOPNOTSUPP) {
		*absent = true;
		return -EOPNOTSUPP;
	}
	return err;
}

static int punch(struct backend *b, off_t off, off_t len)
{
	return try_allocate(b, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off,
			    len, &b->no_punch);
}

int backend_discard(struct backend *b, uint64_t sector, uint64_t sectors)
{
	off_t off, len;
	int err;

	if (b->readonly)
		return -EROFS;
	err = to_bytes(b, sector, sectors, &off, &len);
	if (err || !len)
		return err;
	err = punch(b, off, len);
	/* A discard may be ignored: the contents are undefined afterwards. */
	return settle(b, err == -EOPNOTSUPP ? 0 : err);
}

static int write_zeroes_by_hand(const struct backend *b, off_t off, off_t len)
{
	static char zeroes[ZERO_CHUNK];
	int err = 0;

	while (!err && len) {
		struct iovec iov = {
			.iov_base = zeroes,
			.iov_len = len < ZERO_CHUNK ? len : ZERO_CHUNK,
		};

		len -= iov.iov_len;
		err = move_batch(b, &iov, 1, &off, true);
	}
	return err;
}

int backend_write_zeroes(struct backend *b, uint64_t sector, uint64_t sectors,
			 bool unmap)
{
	int err = -EOPNOTSUPP;
	off_t off, len;

	if (b->readonly)
		return -EROFS;
	if (to_bytes(b, sector, sectors, &off, &len))
		return -EINVAL;
	if (!len)
		return 0;
	if (unmap)
		err = punch(b, off, len);
	if (err == -EOPNOTSUPP)
		err = try_allocate(b, FALLOC_FL_ZERO_RANGE |
				   FALLOC_FL_KEEP_SIZE, off, len,
				   &b->no_zero_range);
	if (err == -EOPNOTSUPP)
		err = write_zeroes_by_hand(b, off, len);
	return settle(b, err);
}

int backend_resize(struct backend *b, uint64_t bytes)
{
	if (b->readonly)
		return -EROFS;
	if (b->block)
		return -EOPNOTSUPP;
	if (!bytes || bytes % SECTOR || bytes > INT64_MAX)
		return -EINVAL;
	if (ftruncate(b->fd, (off_t)bytes))
		return -errno;
	b->sectors = bytes / SECTOR;
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* The failing system calls: each asks the plan and then the real one. */
#include <errno.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "fault.h"

#define NO_FAULT { -1, -1, -1, -1, 0, 0, 0, 0, 0, 0 }

struct fault fault = NO_FAULT;

void fault_clear(void)
{
	fault = (struct fault)NO_FAULT;
}

static bool is_due(int *at, int error)
{
	if (*at < 0)
		return false;
	if ((*at)--)
		return false;
	errno = error;
	return true;
}

static bool fails(int error)
{
	if (fault.interruptions) {
		fault.interruptions--;
		errno = EINTR;
		return true;
	}
	errno = error;
	return error;
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_due(&fault.calloc_at, ENOMEM) ? NULL :
	       __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return is_due(&fault.realloc_at, ENOMEM) ? NULL :
	       __real_realloc(p, size);
}

void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t off)
{
	return is_due(&fault.mmap_at, ENOMEM) ? MAP_FAILED :
	       __real_mmap(addr, len, prot, flags, fd, off);
}

/* As hugetlbfs does: whole pages or nothing */
int __wrap_munmap(void *addr, size_t len)
{
	if (fault.huge_page && len % fault.huge_page) {
		errno = EINVAL;
		return -1;
	}
	return __real_munmap(addr, len);
}

int __wrap_fstatfs(int fd, struct statfs *fs)
{
	int ret = __real_fstatfs(fd, fs);

	if (!ret && fault.huge_page) {
		fs->f_type = HUGETLBFS_MAGIC;
		fs->f_bsize = fault.huge_page;
	}
	return ret;
}

int __wrap_memfd_create(const char *name, unsigned int flags)
{
	return is_due(&fault.memfd_at, EMFILE) ? -1 :
	       __real_memfd_create(name, flags);
}

int __wrap_fallocate(int fd, int mode, off_t off, off_t len)
{
	return fails(fault.fallocate) ? -1 :
	       __real_fallocate(fd, mode, off, len);
}

int __wrap_fdatasync(int fd)
{
	return fails(fault.fdatasync) ? -1 : __real_fdatasync(fd);
}

/* The first piece, or less of it */
static struct iovec cut(const struct iovec *iov)
{
	struct iovec part = *iov;

	if (part.iov_len > fault.short_by)
		part.iov_len = fault.short_by;
	return part;
}

ssize_t __wrap_preadv(int fd, const struct iovec *iov, int n, off_t off)
{
	struct iovec part;

	if (fails(fault.transfer))
		return -1;
	if (!fault.short_by)
		return __real_preadv(fd, iov, n, off);
	part = cut(iov);
	return __real_preadv(fd, &part, 1, off);
}

ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t off)
{
	struct iovec part;

	if (fails(fault.transfer))
		return -1;
	if (!fault.short_by)
		return __real_pwritev(fd, iov, n, off);
	part = cut(iov);
	return __real_pwritev(fd, &part, 1, off);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls and allocations that fail on demand, for the unit tests: the
 * linker puts these in front of the C library's (--wrap).
 */
#ifndef FAULT_H
#define FAULT_H

#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>

struct fault {
	/* Count down; at 0 this one fails, and no later one. -1: none */
	int calloc_at;
	int realloc_at;
	int mmap_at;
	int memfd_at;
	/* errno of every call; 0: it works */
	int fallocate;
	int fdatasync;
	int transfer;		/* preadv and pwritev */
	/* How many calls are interrupted first */
	int interruptions;
	/* Bytes that one transfer moves at most; 0: all */
	unsigned int short_by;
	/* Files are of hugetlbfs, with such pages, as far as munmap() cares */
	unsigned int huge_page;
};

extern struct fault fault;

void fault_clear(void);

/* The linker's names for the replacement and for the real function */
void *__wrap_calloc(size_t n, size_t size);
void *__real_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t off);
void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd,
		  off_t off);
int __wrap_munmap(void *addr, size_t len);
int __real_munmap(void *addr, size_t len);
int __wrap_fstatfs(int fd, struct statfs *fs);
int __real_fstatfs(int fd, struct statfs *fs);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_fallocate(int fd, int mode, off_t off, off_t len);
int __real_fallocate(int fd, int mode, off_t off, off_t len);
int __wrap_fdatasync(int fd);
int __real_fdatasync(int fd);
ssize_t __wrap_preadv(int fd, const struct iovec *iov, int n, off_t off);
ssize_t __real_preadv(int fd, const struct iovec *iov, int n, off_t off);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int n, off_t off);
ssize_t __real_pwritev(int fd, const struct iovec *iov, int n, off_t off);

#endif /* FAULT_H */

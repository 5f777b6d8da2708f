/* SPDX-License-Identifier: GPL-2.0 */
/* Guest memory as vfio-user mapped it: the only way to a guest address. */
#ifndef GMEM_H
#define GMEM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#define GMEM_MAX_RANGES	4096	/* mapped at once; announced in VERSION */

struct gmem;

struct gmem *gmem_new(void);
void gmem_free(struct gmem *gm);

/**
 * gmem_map() - a DMA_MAP message: @fd is consumed; -1 if none came with it
 * (then the range exists, and no access to it succeeds).
 *
 * Return: 0 or -errno (-EINVAL for an empty or wrapping range, -EEXIST for an
 * overlap, -ENOMEM).
 */
int gmem_map(struct gmem *gm, uint64_t gpa, uint64_t len, int fd,
	     uint64_t fd_offset, bool readable, bool writable);
int gmem_unmap(struct gmem *gm, uint64_t gpa, uint64_t len);
void gmem_unmap_all(struct gmem *gm);

/**
 * gmem_iov() - a range of guest memory as pieces of this process's memory
 *
 * Return: the number of pieces (one or more for @len > 0), or -EFAULT if any
 * byte is outside guest memory or lacks the permission, -E2BIG if @max pieces
 * do not suffice.
 */
int gmem_iov(struct gmem *gm, uint64_t gpa, uint64_t len, bool write,
	     struct iovec *iov, int max);

/**
 * gmem_ptr() - like gmem_iov() for a range that must be in one piece
 *
 * Return: its address or NULL.
 */
void *gmem_ptr(struct gmem *gm, uint64_t gpa, uint64_t len, bool write);

#endif /* GMEM_H */

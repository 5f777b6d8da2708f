/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of pieces of memory, most of them the guest's. The first @len bytes,
 * which all of these functions take, must exist.
 */
#ifndef IOV_H
#define IOV_H

#include <stddef.h>
#include <sys/uio.h>

/* Copy bytes that the guest may change meanwhile; they are read once. */
void iov_read(void *to, const struct iovec *iov, size_t len);
void iov_write(const struct iovec *iov, const void *from, size_t len);
/* Drop them from the list, in place. */
void iov_skip(struct iovec **iov, int *n, size_t len);

#endif /* IOV_H */

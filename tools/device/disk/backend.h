/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The backing file of a disk of any class. All return 0 or -errno; sectors are
 * of 512 bytes.
 */
#ifndef BACKEND_H
#define BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct backend;

/*
 * Return: NULL with one line in @error: the file, the problem and its remedy,
 * without a newline
 */
struct backend *backend_open(const char *path, bool readonly, char *error,
			     size_t size);
void backend_close(struct backend *b);
uint64_t backend_capacity(const struct backend *b);	/* sectors */
bool backend_readonly(const struct backend *b);
int backend_readv(struct backend *b, uint64_t sector,
		  const struct iovec *iov, int n);
int backend_writev(struct backend *b, uint64_t sector,
		   const struct iovec *iov, int n);
int backend_flush(struct backend *b);
int backend_discard(struct backend *b, uint64_t sector, uint64_t sectors);
int backend_write_zeroes(struct backend *b, uint64_t sector, uint64_t sectors,
			 bool unmap);
int backend_resize(struct backend *b, uint64_t bytes);
/* Make each write stable before it completes (write cache off). */
void backend_set_writethrough(struct backend *b, bool on);

#endif /* BACKEND_H */

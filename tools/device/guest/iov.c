// SPDX-License-Identifier: GPL-2.0
/* Lists of pieces of memory, most of them the guest's. */
#include <string.h>

#include "guest/iov.h"

void iov_read(void *to, const struct iovec *iov, size_t len)
{
	char *p = to;

	while (len) {
		size_t part = iov->iov_len < len ? iov->iov_len : len;

		memcpy(p, iov->iov_base, part);
		p += part;
		len -= part;
		iov++;
	}
	/* The guest may change it now: the device does not read it again. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

void iov_write(const struct iovec *iov, const void *from, size_t len)
{
	const char *p = from;

	while (len) {
		size_t part = iov->iov_len < len ? iov->iov_len : len;

		memcpy(iov->iov_base, p, part);
		p += part;
		len -= part;
		iov++;
	}
}

void iov_skip(struct iovec **iov, int *n, size_t len)
{
	while (len) {
		size_t part = (*iov)->iov_len < len ? (*iov)->iov_len : len;

		(*iov)->iov_base = (char *)(*iov)->iov_base + part;
		(*iov)->iov_len -= part;
		len -= part;
		if (!(*iov)->iov_len) {
			(*iov)++;
			(*n)--;
		}
	}
}

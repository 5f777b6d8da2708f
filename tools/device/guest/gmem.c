// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory: the ranges that the client mapped, sorted by guest address,
 * and the only way from a guest address to a pointer. The client is free to
 * truncate a file behind our back; the fault that follows is caught here.
 */
#include <errno.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/log.h"
#include "guest/gmem.h"

#define GMEM_PAGE	4096

struct gmem_range {
	uint64_t gpa;
	uint64_t len;
	uint8_t *host;		/* NULL: nothing to access */
	uint8_t *map;		/* whole pages of the file */
	uint64_t map_len;
	bool readable;
	bool writable;
	volatile sig_atomic_t lost;	/* its file was truncated */
};

struct gmem {
	struct gmem_range *ranges;
	size_t count;
	size_t room;
	volatile sig_atomic_t lost;	/* some range is, and nobody said so */
};

/* For the signal handler; a process has one guest. */
static struct gmem *guarded;

/*
 * An access to a page that its file no longer has raises SIGBUS. Put anonymous
 * memory in the whole range's place so that the access under way completes,
 * and refuse every later one.
 */
static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	const uint8_t *at = info->si_addr;
	size_t i;

	(void)context;
	for (i = 0; guarded && i < guarded->count; i++) {
		struct gmem_range *r = &guarded->ranges[i];

		if (!r->host || at < r->map || at >= r->map + r->map_len)
			continue;
		if (mmap(r->map, r->map_len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED |
			 MAP_NORESERVE, -1, 0) == MAP_FAILED)
			break;
		r->lost = 1;
		guarded->lost = 1;
		return;
	}
	/* Not ours: fault again, and die of it. */
	signal(sig, SIG_DFL);
}

struct gmem *gmem_new(void)
{
	struct sigaction sa = {
		.sa_sigaction = on_sigbus,
		.sa_flags = SA_SIGINFO,
	};
	struct gmem *gm = calloc(1, sizeof(*gm));

	if (!gm)
		return NULL;
	sigemptyset(&sa.sa_mask);
	sigaction(SIGBUS, &sa, NULL);
	guarded = gm;
	return gm;
}

void gmem_free(struct gmem *gm)
{
	if (!gm)
		return;
	gmem_unmap_all(gm);
	guarded = NULL;
	free(gm->ranges);
	free(gm);
}

/* Return: the index of the first range that ends after @gpa */
static size_t find(const struct gmem *gm, uint64_t gpa)
{
	size_t low = 0, high = gm->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct gmem_range *r = &gm->ranges[mid];

		if (r->gpa + (r->len - 1) < gpa)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int make_room(struct gmem *gm)
{
	struct gmem_range *bigger;
	size_t room = gm->room ? gm->room * 2 : 16;

	if (gm->count < gm->room)
		return 0;
	if (gm->count >= GMEM_MAX_RANGES)
		return -ENOSPC;
	bigger = realloc(gm->ranges, room * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	gm->ranges = bigger;
	gm->room = room;
	return 0;
}

/*
 * The kernel maps whole pages of a file, and unmaps no less. Those of hugetlbfs
 * are large, and a guest's memory may end, or have a hole, within one.
 */
static uint64_t file_page(int fd)
{
	struct statfs fs;

	if (!fstatfs(fd, &fs) && fs.f_type == HUGETLBFS_MAGIC)
		return fs.f_bsize;
	return GMEM_PAGE;
}

static int map_pages(struct gmem_range *r, int fd, uint64_t fd_offset)
{
	int prot = (r->readable ? PROT_READ : 0) |
		   (r->writable ? PROT_WRITE : 0);
	uint64_t page = file_page(fd);
	uint64_t before = fd_offset % page;
	void *map;

	r->map_len = (before + r->len + page - 1) / page * page;
	map = mmap(NULL, r->map_len, prot, MAP_SHARED, fd, fd_offset - before);
	if (map == MAP_FAILED)
		return -errno;
	r->map = map;
	r->host = r->map + before;
	return 0;
}

static int map_file(struct gmem_range *r, int fd, uint64_t fd_offset)
{
	struct stat st;
	uint64_t end;

	if (r->gpa % GMEM_PAGE || r->len % GMEM_PAGE || fd_offset % GMEM_PAGE)
		return -EINVAL;
	if (fstat(fd, &st))
		return -errno;
	/* Reading anything but a file (tmpfs, memfd, hugetlbfs) may block. */
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (__builtin_add_overflow(fd_offset, r->len, &end) ||
	    end > (uint64_t)st.st_size)
		return -EINVAL;
	return map_pages(r, fd, fd_offset);
}

int gmem_map(struct gmem *gm, uint64_t gpa, uint64_t len, int fd,
	     uint64_t fd_offset, bool readable, bool writable)
{
	struct gmem_range r = {
		.gpa = gpa, .len = len,
		.readable = readable, .writable = writable,
	};
	size_t i;
	int ret = -EINVAL;

	if (!len || gpa + (len - 1) < gpa)
		goto out;
	i = find(gm, gpa);
	ret = -EEXIST;
	if (i < gm->count && gm->ranges[i].gpa <= gpa + (len - 1))
		goto out;
	ret = make_room(gm);
	if (ret)
		goto out;
	if (fd >= 0)
		ret = map_file(&r, fd, fd_offset);
	if (ret)
		goto out;
	memmove(&gm->ranges[i + 1], &gm->ranges[i],
		(gm->count - i) * sizeof(r));
	gm->ranges[i] = r;
	gm->count++;
out:
	if (fd >= 0)
		close(fd);
	return ret;
}

int gmem_unmap(struct gmem *gm, uint64_t gpa, uint64_t len)
{
	size_t i = find(gm, gpa);
	struct gmem_range *r;

	if (i >= gm->count)
		return -ENOENT;
	r = &gm->ranges[i];
	if (r->gpa != gpa || r->len != len)
		return -ENOENT;
	if (r->host)
		munmap(r->map, r->map_len);
	gm->count--;
	memmove(r, r + 1, (gm->count - i) * sizeof(*r));
	return 0;
}

void gmem_unmap_all(struct gmem *gm)
{
	size_t i;

	for (i = 0; i < gm->count; i++) {
		if (gm->ranges[i].host)
			munmap(gm->ranges[i].map, gm->ranges[i].map_len);
	}
	gm->count = 0;
	gm->lost = 0;
}

static bool usable(const struct gmem_range *r, bool write)
{
	return r->host && !r->lost && (write ? r->writable : r->readable);
}

static void report_loss(struct gmem *gm)
{
	gm->lost = 0;
	log_line("guest memory: the client truncated a file that it had mapped; its range is refused from now on");
}

int gmem_iov(struct gmem *gm, uint64_t gpa, uint64_t len, bool write,
	     struct iovec *iov, int max)
{
	size_t i = find(gm, gpa);
	int n = 0;

	if (gm->lost)
		report_loss(gm);
	while (len) {
		const struct gmem_range *r;
		uint64_t skip, piece;

		if (i >= gm->count)
			return -EFAULT;
		r = &gm->ranges[i];
		if (r->gpa > gpa || !usable(r, write))
			return -EFAULT;
		if (n == max)
			return -E2BIG;
		skip = gpa - r->gpa;
		piece = r->len - skip < len ? r->len - skip : len;
		iov[n].iov_base = r->host + skip;
		iov[n++].iov_len = piece;
		gpa += piece;
		len -= piece;
		/* A range that goes on past the top of the address space */
		if (len && !gpa)
			return -EFAULT;
		i++;
	}
	return n;
}

void *gmem_ptr(struct gmem *gm, uint64_t gpa, uint64_t len, bool write)
{
	struct iovec iov;

	if (!len || gmem_iov(gm, gpa, len, write, &iov, 1) != 1)
		return NULL;
	return iov.iov_base;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Unit tests of guest memory: mappings, overlaps compared with a model,
 * translation of guest addresses, and files that shrink.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"
#include "fault.h"

#define PAGE		4096ULL
#define READ		VFIO_DMA_MAP_FLAG_READ
#define WRITE		VFIO_DMA_MAP_FLAG_WRITE
#define BOTH		(READ | WRITE)

/* gmem_map() consumes its descriptor. */
static int map(struct gmem *gm, uint64_t gpa, uint64_t len, int fd,
	       uint64_t offset, uint32_t flags)
{
	return gmem_map(gm, gpa, len, fd < 0 ? -1 : dup(fd), offset,
			flags & READ, flags & WRITE);
}

static void test_refused(void)
{
	int fd = memory_file(4), rdonly, folder = open("/", O_RDONLY);
	unsigned int before;
	struct client c;

	client_start(&c, NULL);
	rdonly = open("/proc/self/exe", O_RDONLY);
	before = open_fds();
	CHECK_EQ(dma_map(&c, 0, 0, fd, 0, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, 1, PAGE, fd, 0, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, 0, PAGE - 1, fd, 0, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, 0, PAGE, fd, 1, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, 0, 5 * PAGE, fd, 0, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, 0, 2 * PAGE, fd, 3 * PAGE, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, 0, PAGE, fd, -PAGE, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, 0, 2 * PAGE, fd, -PAGE, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, -PAGE, 2 * PAGE, -1, 0, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, PAGE, UINT64_MAX, -1, 0, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, 0, PAGE, fd, 0, 4), EINVAL);
	CHECK_EQ(dma_map(&c, 0, PAGE, c.fd, 0, BOTH), EINVAL);
	CHECK_EQ(dma_map(&c, 0, PAGE, folder, 0, READ), EINVAL);
	CHECK_EQ(dma_map(&c, 0, PAGE, rdonly, 0, WRITE), EACCES);
	CHECK(strstr(logged.last, "DMA_MAP"));
	/* Nothing of these was kept. */
	CHECK_EQ(open_fds(), before);
	CHECK_EQ(dma_map(&c, 0, UINT64_MAX, -1, 0, BOTH), 0);
	client_close(&c);
	close(fd);
	close(rdonly);
	close(folder);
}

static void test_unmap(struct client *c)
{
	struct vu_dma_unmap all = { 24, VFIO_DMA_UNMAP_FLAG_ALL, 0, 0 };

	CHECK_EQ(dma_unmap(c, 0, PAGE), ENOENT);
	CHECK_EQ(dma_map(c, 8 * PAGE, 2 * PAGE, -1, 0, BOTH), 0);
	CHECK_EQ(dma_unmap(c, 8 * PAGE, PAGE), ENOENT);
	CHECK_EQ(dma_unmap(c, 9 * PAGE, PAGE), ENOENT);
	CHECK_EQ(dma_unmap(c, 7 * PAGE, 4 * PAGE), ENOENT);
	CHECK_EQ(dma_unmap(c, 8 * PAGE, 2 * PAGE), 0);
	CHECK_EQ(c->len, sizeof(all));
	CHECK_EQ(dma_unmap(c, 8 * PAGE, 2 * PAGE), ENOENT);

	CHECK_EQ(dma_map(c, 8 * PAGE, 2 * PAGE, -1, 0, BOTH), 0);
	all.address = PAGE;
	CHECK_EQ(client_command(c, VU_DMA_UNMAP, &all, 24), EINVAL);
	all.address = 0;
	all.flags |= VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
	CHECK_EQ(client_command(c, VU_DMA_UNMAP, &all, 24), EINVAL);
	all.flags = VFIO_DMA_UNMAP_FLAG_ALL;
	CHECK_EQ(client_command(c, VU_DMA_UNMAP, &all, 24), 0);
	CHECK_EQ(dma_unmap(c, 8 * PAGE, 2 * PAGE), ENOENT);
}

/* A model: which range each of a few pages belongs to; 0 for none */
#define PAGES		24

struct model {
	unsigned int owner[PAGES];
	unsigned int first[PAGES * 64];
	unsigned int len[PAGES * 64];
	unsigned int ranges;
};

static bool model_free(const struct model *m, unsigned int at,
		       unsigned int len)
{
	for (unsigned int i = at; i < at + len; i++) {
		if (m->owner[i])
			return false;
	}
	return true;
}

static void model_set(struct model *m, unsigned int at, unsigned int len,
		      unsigned int owner)
{
	for (unsigned int i = at; i < at + len; i++)
		m->owner[i] = owner;
}

static bool model_is_range(const struct model *m, unsigned int at,
			   unsigned int len)
{
	unsigned int owner = m->owner[at];

	return owner && m->first[owner] == at && m->len[owner] == len;
}

static void model_map(struct model *m, struct gmem *gm, int fd,
		      unsigned int at, unsigned int len)
{
	bool free = model_free(m, at, len);

	CHECK_EQ(map(gm, at * PAGE, len * PAGE, fd, at * PAGE, BOTH),
		 free ? 0 : -EEXIST);
	if (!free)
		return;
	m->ranges++;
	m->first[m->ranges] = at;
	m->len[m->ranges] = len;
	model_set(m, at, len, m->ranges);
}

static void model_unmap(struct model *m, struct gmem *gm, unsigned int at,
			unsigned int len)
{
	bool is = model_is_range(m, at, len);

	CHECK_EQ(gmem_unmap(gm, at * PAGE, len * PAGE), is ? 0 : -ENOENT);
	if (is)
		model_set(m, at, len, 0);
}

/* Every access has a pointer if all its pages are mapped, to the right byte. */
static void model_access(const struct model *m, struct gmem *gm,
			 unsigned int at, unsigned int len)
{
	struct iovec iov[PAGES];
	unsigned int pieces = 0;
	int n = gmem_iov(gm, at * PAGE + 8, len * PAGE - 8, true, iov, PAGES);

	for (unsigned int i = at; i < at + len; i++) {
		if (!m->owner[i]) {
			CHECK_EQ(n, -EFAULT);
			return;
		}
		pieces += i == at || m->owner[i] != m->owner[i - 1];
	}
	CHECK_EQ(n, pieces);
	if (n > 0)
		CHECK_EQ(*(uint64_t *)iov[0].iov_base, at * PAGE + 8);
	if (n > 1)
		CHECK_EQ(gmem_iov(gm, at * PAGE + 8, len * PAGE - 8, true, iov,
				  n - 1), -E2BIG);
	CHECK_EQ(!!gmem_ptr(gm, at * PAGE + 8, len * PAGE - 8, true), n == 1);
}

/* Each page says where it is. */
static int marked_file(void)
{
	int fd = memory_file(PAGES);

	for (uint64_t at = 8; at < PAGES * PAGE; at += PAGE)
		CHECK_EQ(pwrite(fd, &at, sizeof(at), at), sizeof(at));
	return fd;
}

static void test_model(void)
{
	struct gmem *gm = gmem_new();
	struct model m = {};
	int fd = marked_file();

	srand(3);
	for (unsigned int i = 0; i < 20000 && !tap_failed(); i++) {
		unsigned int at = rand() % PAGES;
		unsigned int len = 1 + rand() % 6;

		if (at + len > PAGES)
			len = PAGES - at;
		if (m.ranges + 2 > sizeof(m.first) / sizeof(m.first[0])) {
			gmem_unmap_all(gm);
			memset(&m, 0, sizeof(m));
		}
		if (rand() % 2)
			model_map(&m, gm, fd, at, len);
		else
			model_unmap(&m, gm, at, len);
		model_access(&m, gm, rand() % (PAGES - 6), 1 + rand() % 6);
	}
	gmem_free(gm);
	close(fd);
}

static void test_permissions(void)
{
	struct gmem *gm = gmem_new();
	int fd = memory_file(4);

	CHECK_EQ(map(gm, 0, PAGE, fd, 0, READ), 0);
	CHECK_EQ(map(gm, PAGE, PAGE, fd, 0, WRITE), 0);
	CHECK_EQ(map(gm, 2 * PAGE, PAGE, fd, 0, 0), 0);
	CHECK_EQ(map(gm, 3 * PAGE, PAGE, -1, 0, BOTH), 0);
	CHECK(gmem_ptr(gm, 0, PAGE, false));
	CHECK(!gmem_ptr(gm, 0, PAGE, true));
	CHECK(!gmem_ptr(gm, PAGE, PAGE, false));
	CHECK(gmem_ptr(gm, PAGE, PAGE, true));
	for (int write = 0; write < 2; write++) {
		CHECK(!gmem_ptr(gm, 2 * PAGE, 1, write));
		CHECK(!gmem_ptr(gm, 3 * PAGE, 1, write));
		CHECK(!gmem_ptr(gm, 0, 0, write));
		CHECK(!gmem_ptr(gm, PAGE - 1, 2, write));
	}
	gmem_free(gm);
	close(fd);
}

/*
 * The last page of the address space: addresses beyond it are invalid, and do
 * not wrap to 0.
 */
static void test_top(void)
{
	struct gmem *gm = gmem_new();
	int fd = memory_file(1);
	struct iovec iov[4];

	CHECK_EQ(map(gm, -PAGE, PAGE, fd, 0, BOTH), 0);
	CHECK_EQ(map(gm, 0, PAGE, fd, 0, BOTH), 0);
	CHECK(gmem_ptr(gm, UINT64_MAX, 1, true));
	CHECK(!gmem_ptr(gm, UINT64_MAX, 2, true));
	CHECK_EQ(gmem_iov(gm, UINT64_MAX, 2, true, iov, 4), -EFAULT);
	CHECK_EQ(gmem_iov(gm, -PAGE, UINT64_MAX, true, iov, 4), -EFAULT);
	CHECK_EQ(gmem_iov(gm, 0, UINT64_MAX, true, iov, 4), -EFAULT);
	gmem_free(gm);
	close(fd);
}

static void test_limit(void)
{
	struct gmem *gm = gmem_new();
	unsigned int i;

	for (i = 0; i < GMEM_MAX_RANGES; i++) {
		if (map(gm, (i * 7 % GMEM_MAX_RANGES) * PAGE, PAGE, -1, 0,
			BOTH))
			break;
	}
	CHECK_EQ(i, GMEM_MAX_RANGES);
	CHECK_EQ(map(gm, i * PAGE, PAGE, -1, 0, BOTH), -ENOSPC);
	CHECK_EQ(gmem_unmap(gm, 0, PAGE), 0);
	CHECK_EQ(map(gm, i * PAGE, PAGE, -1, 0, BOTH), 0);
	gmem_free(gm);
}

/* Its file is cut off: the access under way completes, later ones do not. */
static void test_truncated(void)
{
	struct gmem *gm = gmem_new();
	int fd = memory_file(2), other = memory_file(1);
	volatile uint8_t *p;

	memset(&logged, 0, sizeof(logged));
	CHECK_EQ(map(gm, 0, 2 * PAGE, fd, 0, BOTH), 0);
	CHECK_EQ(map(gm, 2 * PAGE, PAGE, other, 0, BOTH), 0);
	p = gmem_ptr(gm, PAGE, PAGE, true);
	CHECK(p);
	CHECK_EQ(ftruncate(fd, 0), 0);
	p[5] = 7;
	CHECK_EQ(p[5], 7);
	CHECK(!gmem_ptr(gm, 0, 1, true));
	CHECK(strstr(logged.last, "truncated"));
	CHECK_EQ(logged.lines, 1);
	CHECK(gmem_ptr(gm, 2 * PAGE, 1, true));
	CHECK_EQ(logged.lines, 1);
	CHECK_EQ(gmem_unmap(gm, 0, 2 * PAGE), 0);
	gmem_free(gm);
	close(fd);
	close(other);
}

#define HUGE_PAGE	(64 * PAGE)

/* How many mappings this process has of files in memory */
static unsigned int mappings(void)
{
	FILE *f = fopen("/proc/self/maps", "re");
	unsigned int n = 0;
	char line[512];

	CHECK(f);
	while (f && fgets(line, sizeof(line), f))
		n += !!strstr(line, "/memfd:");
	if (f)
		fclose(f);
	return n;
}

/* Ranges that begin and end within a page of hugetlbfs */
static void test_huge_pages(void)
{
	static const unsigned int where[][2] = {
		{ 0, 160 }, { 192, 64 }, { 200, 8 }, { 63, 2 }, { 1, 255 },
	};
	unsigned int before = mappings();
	struct gmem *gm = gmem_new();
	int fd = memory_file(256);

	fault.huge_page = HUGE_PAGE;
	for (unsigned int i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		uint64_t at = where[i][0] * PAGE, len = where[i][1] * PAGE;
		uint64_t *first, mark = 0x1234 + i;

		CHECK_EQ(pwrite(fd, &mark, sizeof(mark), at), sizeof(mark));
		CHECK_EQ(map(gm, at, len, fd, at, BOTH), 0);
		first = gmem_ptr(gm, at, len, true);
		CHECK(first);
		if (first)
			CHECK_EQ(*first, mark);
		/* and not a byte more than was mapped */
		CHECK(!gmem_ptr(gm, at, len + 1, true));
		CHECK_EQ(gmem_unmap(gm, at, len), 0);
		CHECK_EQ(mappings(), before);
	}
	CHECK_EQ(map(gm, 0, PAGE, fd, PAGE, BOTH), 0);
	gmem_free(gm);
	CHECK_EQ(mappings(), before);
	fault_clear();
	close(fd);
}

const struct test gmem_tests[] = {
	{ "what cannot be mapped", .run = test_refused },
	{ "only what was mapped is unmapped", .on_client = test_unmap },
	{ "maps and overlaps against a model", .run = test_model },
	{ "permissions", .run = test_permissions },
	{ "the top of the address space", .run = test_top },
	{ "as many ranges as agreed", .run = test_limit },
	{ "a file that is cut off", .run = test_truncated },
	{ "pages larger than ranges", .run = test_huge_pages },
	{ }
};

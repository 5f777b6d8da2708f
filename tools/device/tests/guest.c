// SPDX-License-Identifier: GPL-2.0
/* The guest of the unit tests: its memory, its disk, and recorded interrupts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

struct seen seen;
const char *guest_list;

void irq_msix(struct irq *irq, unsigned int vector)
{
	(void)irq;
	if (vector >= IRQ_MAX_VECTORS)
		abort();
	/* read by a driver in another thread */
	__atomic_fetch_add(&seen.vector[vector], 1, __ATOMIC_RELEASE);
}

void irq_intx(struct irq *irq, enum intx_source source, bool level)
{
	(void)irq;
	if (source == INTX_VIRTIO)
		seen.intx = level;
}

bool irq_msix_enabled(const struct irq *irq)
{
	(void)irq;
	return seen.msix;
}

uint8_t disk_byte(uint64_t offset)
{
	return offset / VFE_SECTOR_SIZE + offset * 7;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void make_disk(struct guest *g)
{
	static uint8_t bytes[DISK_SECTORS * VFE_SECTOR_SIZE];
	int fd;

	snprintf(g->path, sizeof(g->path), "/tmp/ring_test.XXXXXX");
	fd = mkstemp(g->path);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = disk_byte(i);
	if (fd < 0 || write(fd, bytes, sizeof(bytes)) != sizeof(bytes))
		die(g->path);
	close(fd);
}

static void map_half(struct guest *g, int fd, uint64_t offset)
{
	int mine = dup(fd);

	if (mine < 0 || gmem_map(g->gm, RAM_BASE + offset, RAM_HALF, mine,
				 offset, true, true))
		die("gmem_map");
}

static uint8_t *make_memory(uint64_t size, int *fd)
{
	void *p;

	*fd = memfd_create("ram", MFD_CLOEXEC);
	if (*fd < 0 || ftruncate(*fd, size))
		die("memfd_create");
	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void make_ram(struct guest *g)
{
	int fd;

	g->gm = gmem_new();
	g->ram = make_memory(RAM_SIZE, &fd);
	map_half(g, fd, 0);
	map_half(g, fd, RAM_HALF);
	g->ram_fd = fd;
	g->rom = make_memory(ROM_SIZE, &fd);
	if (gmem_map(g->gm, ROM_BASE, ROM_SIZE, fd, 0, true, false))
		die("gmem_map");
}

void guest_open(struct guest *g, void (*change)(struct options *o))
{
	static const struct places places = {
		RAM_BASE, DESC_ADDR, AVAIL_ADDR, USED_ADDR, TABLE_ADDR,
		HDR_ADDR, STATUS_ADDR, DATA_ADDR,
	};

	memset(g, 0, sizeof(*g));
	g->at = &places;
	memset(&seen, 0, sizeof(seen));
	memset(&logged, 0, sizeof(logged));
	seen.msix = true;
	g->blk.serial = "ring-test";
	g->blk.backing = g->path;
	g->o.class = &blk_class;
	g->o.of_class = &g->blk;
	g->o.msix = true;
	g->o.queues = 2;
	g->o.queue_size = QUEUE_SIZE;
	if (change)
		change(&g->o);
	make_disk(g);
	make_ram(g);
	g->disk = g->o.class->open(&g->o);
	if (!g->disk)
		exit(1);
	g->v = vdev_new(&g->o, g->disk, g->gm, NULL, &g->c);
	if (!g->v)
		exit(1);
	vdev_bus_master(g->v, true);
}

void guest_close(struct guest *g)
{
	vdev_free(g->v);
	g->o.class->close(g->disk);
	gmem_free(g->gm);
	munmap(g->ram, RAM_SIZE);
	close(g->ram_fd);
	munmap(g->rom, ROM_SIZE);
	unlink(g->path);
}

void guest_start(struct guest *g, uint64_t features, uint16_t size)
{
	memset(g->ram, 0, RAM_SIZE);
	guest_drive(g, features, size);
}

bool take_used(struct guest *g, uint32_t *id, uint32_t *len)
{
	struct used u;

	if (!take(g, 1, 0, &u))
		return false;
	*id = u.id;
	*len = u.len;
	return true;
}

void put_request(struct guest *g, unsigned int head, uint32_t type,
		 uint64_t sector, uint32_t len)
{
	bool write = type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID ||
		     type == VIRTIO_BLK_T_GET_LIFETIME ||
		     type == VIRTIO_BLK_T_ZONE_REPORT;
	unsigned int next = head + 1;

	put_header(g, type, sector);
	*(uint8_t *)at(g, STATUS_ADDR) = 0xff;
	put_desc(g, head, HDR_ADDR, sizeof(struct virtio_blk_outhdr),
		 VRING_DESC_F_NEXT, next);
	if (len) {
		put_desc(g, next, DATA_ADDR, len, VRING_DESC_F_NEXT |
			 (write ? VRING_DESC_F_WRITE : 0), next + 1);
		next++;
	}
	put_desc(g, next, STATUS_ADDR, 1, VRING_DESC_F_WRITE, 0);
}

int request(struct guest *g, uint32_t type, uint64_t sector, uint32_t len,
	    uint32_t *used_len)
{
	uint32_t id;

	put_request(g, 0, type, sector, len);
	offer(g, 0);
	kick(g);
	if (!take_used(g, &id, used_len) || id)
		return -1;
	return status_byte(g);
}

int segments(struct guest *g, uint32_t type, uint64_t sector,
	     uint32_t sectors, uint32_t flags, unsigned int n)
{
	struct virtio_blk_discard_write_zeroes *s = at(g, DATA_ADDR);
	uint32_t len;

	for (unsigned int i = 0; i < n; i++) {
		s[i].sector = sector + i * sectors;
		s[i].num_sectors = sectors;
		s[i].flags = flags;
	}
	return request(g, type, 0, n * sizeof(*s), &len);
}

uint32_t config(struct guest *g, size_t offset, unsigned int size)
{
	return vdev_read(g->v, VFE_WIN_DEVICE, offset, size);
}

void check_alive(struct guest *g, uint16_t size)
{
	uint32_t len;

	guest_start(g, ALL_FEATURES, size);
	CHECK_EQ(request(g, VIRTIO_BLK_T_IN, 1, 512, &len), 0);
}

void with_poll(struct options *o)
{
	o->poll = true;
}

void with_doorbell(struct options *o)
{
	o->map_doorbell = true;
}

void with_quirks(struct options *o)
{
	char error[256] = "";

	CHECK_EQ(quirk_parse(&blk_class, &o->quirks, guest_list, error,
			     sizeof(error)), 0);
	CHECK_EQ(error[0], 0);
}

void with_zones(struct options *o)
{
	char error[256] = "";

	CHECK_EQ(zoned_parse(&blk_options_of(o)->zoned, guest_list, error,
			     sizeof(error)), 0);
	CHECK_EQ(error[0], 0);
}

void check_data(struct guest *g, uint64_t sector, uint32_t len)
{
	const uint8_t *p = at(g, DATA_ADDR);
	uint64_t base = sector * VFE_SECTOR_SIZE;
	uint32_t i;

	for (i = 0; i < len && p[i] == disk_byte(base + i); i++)
		;
	CHECK_EQ(i, len);
}

void tap_fixture(const struct test *t)
{
	struct guest g;

	guest_list = t->list;
	guest_open(&g, t->change);
	t->on_guest(&g);
	guest_close(&g);
}

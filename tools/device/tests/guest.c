// SPDX-License-Identifier: GPL-2.0
/*
 * The guest in miniature: memory, registers, the driver's side of a ring, and
 * the stand-in for interrupts. Little endian machines only, like the
 * rest of what these tests write into memory.
 */
#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

struct seen seen;

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
	memset(g, 0, sizeof(*g));
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
	if (g->o.class->open) {
		g->disk = g->o.class->open(&g->o);
		if (!g->disk)
			exit(1);
	}
	g->v = vdev_new(&g->o, g->disk, g->gm, NULL, &g->c);
	if (!g->v)
		exit(1);
	vdev_bus_master(g->v, true);
}

void guest_close(struct guest *g)
{
	vdev_free(g->v);
	if (g->disk)
		g->o.class->close(g->disk);
	gmem_free(g->gm);
	munmap(g->ram, RAM_SIZE);
	close(g->ram_fd);
	munmap(g->rom, ROM_SIZE);
	unlink(g->path);
}

/* In the order of enum vfe_reg */
static const struct place {
	enum vfe_reg id;
	const char *name;
	enum vfe_window_id win;
	uint32_t offset;
	unsigned int size;
} places[] = {
#define PLACE(id, name, win, off, size) \
	{ VFE_REG_##id, name, VFE_WIN_##win, off, size },
	VFE_REGISTERS(PLACE)
};

uint32_t get(struct guest *g, enum vfe_reg reg)
{
	const struct place *p = &places[reg];

	return vdev_read(g->v, p->win, p->offset, p->size);
}

void set(struct guest *g, enum vfe_reg reg, uint32_t value)
{
	const struct place *p = &places[reg];

	vdev_write(g->v, p->win, p->offset, p->size, value);
}

void set_addr(struct guest *g, enum vfe_reg lo, uint64_t addr)
{
	set(g, lo, addr);
	set(g, lo + 1, addr >> 32);
}

uint64_t offered(struct guest *g)
{
	uint64_t low;

	set(g, VFE_REG_DEVICE_FEATURE_SELECT, 0);
	low = get(g, VFE_REG_DEVICE_FEATURE);
	set(g, VFE_REG_DEVICE_FEATURE_SELECT, 1);
	return low | (uint64_t)get(g, VFE_REG_DEVICE_FEATURE) << 32;
}

uint8_t guest_negotiate(struct guest *g, uint64_t features)
{
	set(g, VFE_REG_DEVICE_STATUS, 0);
	set(g, VFE_REG_DEVICE_STATUS, 1);
	set(g, VFE_REG_DEVICE_STATUS, 3);
	for (unsigned int word = 0; word < 2; word++) {
		set(g, VFE_REG_DRIVER_FEATURE_SELECT, word);
		set(g, VFE_REG_DRIVER_FEATURE, features >> (32 * word));
	}
	g->features = features;
	set(g, VFE_REG_DEVICE_STATUS, 11);
	return get(g, VFE_REG_DEVICE_STATUS);
}

void guest_start(struct guest *g, uint64_t features, uint16_t size)
{
	memset(g->ram, 0, RAM_SIZE);
	guest_negotiate(g, features & offered(g));
	set(g, VFE_REG_CONFIG_MSIX_VECTOR, 0);
	guest_queue(g, size);
	set(g, VFE_REG_DEVICE_STATUS, 15);
}

void guest_queue(struct guest *g, uint16_t size)
{
	g->avail_idx = 0;
	g->used_seen = 0;
	g->size = size;
	set(g, VFE_REG_QUEUE_SELECT, 0);
	set(g, VFE_REG_QUEUE_SIZE, size);
	set(g, VFE_REG_QUEUE_MSIX_VECTOR, 1);
	set_addr(g, VFE_REG_QUEUE_DESC_LO, DESC_ADDR);
	set_addr(g, VFE_REG_QUEUE_DRIVER_LO, AVAIL_ADDR);
	set_addr(g, VFE_REG_QUEUE_DEVICE_LO, USED_ADDR);
	set(g, VFE_REG_QUEUE_ENABLE, 1);
}

void *at(const struct guest *g, uint64_t addr)
{
	if (addr >= ROM_BASE)
		return g->rom + (addr - ROM_BASE);
	return g->ram + (addr - RAM_BASE);
}

static void put(struct vring_desc *d, uint64_t addr, uint32_t len,
		uint16_t flags, uint16_t next)
{
	*d = (struct vring_desc) {
		.addr = htole64(addr),
		.len = htole32(len),
		.flags = htole16(flags),
		.next = htole16(next),
	};
}

void put_desc(struct guest *g, unsigned int index, uint64_t addr, uint32_t len,
	      uint16_t flags, uint16_t next)
{
	put((struct vring_desc *)at(g, DESC_ADDR) + index, addr, len, flags,
	    next);
}

void put_table(struct guest *g, unsigned int index, uint64_t addr,
	       uint32_t len, uint16_t flags, uint16_t next)
{
	put((struct vring_desc *)at(g, TABLE_ADDR) + index, addr, len, flags,
	    next);
}

void put_header(struct guest *g, uint32_t type, uint64_t sector)
{
	struct virtio_blk_outhdr *h = at(g, HDR_ADDR);

	h->type = htole32(type);
	h->ioprio = 0;
	h->sector = htole64(sector);
}

static struct vring_avail *avail(const struct guest *g)
{
	return at(g, AVAIL_ADDR);
}

static struct vring_used *used(const struct guest *g)
{
	return at(g, USED_ADDR);
}

void offer(struct guest *g, uint16_t head)
{
	avail(g)->ring[g->avail_idx % g->size] = htole16(head);
	g->avail_idx++;
	__atomic_store_n(&avail(g)->idx, htole16(g->avail_idx),
			 __ATOMIC_RELEASE);
}

void kick(struct guest *g)
{
	vdev_write(g->v, VFE_WIN_NOTIFY, 0, 2, 0);
}

void kick32(struct guest *g, unsigned int queue, uint16_t value, uint16_t data)
{
	vdev_write(g->v, VFE_WIN_NOTIFY, queue * VFE_NOTIFY_MULTIPLIER, 4,
		   (uint32_t)data << 16 | value);
}

uint16_t used_idx(const struct guest *g)
{
	return le16toh(__atomic_load_n(&used(g)->idx, __ATOMIC_ACQUIRE));
}

uint16_t used_flags(const struct guest *g)
{
	return le16toh(__atomic_load_n(&used(g)->flags, __ATOMIC_RELAXED));
}

uint16_t avail_event(const struct guest *g)
{
	uint16_t *p = (uint16_t *)&used(g)->ring[g->size];

	return le16toh(__atomic_load_n(p, __ATOMIC_RELAXED));
}

void set_used_event(struct guest *g, uint16_t value)
{
	__atomic_store_n(&avail(g)->ring[g->size], htole16(value),
			 __ATOMIC_RELAXED);
}

void set_avail_flags(struct guest *g, uint16_t value)
{
	__atomic_store_n(&avail(g)->flags, htole16(value), __ATOMIC_RELAXED);
}

bool take_used(struct guest *g, uint32_t *id, uint32_t *len)
{
	struct vring_used_elem *e = &used(g)->ring[g->used_seen % g->size];

	if (g->used_seen == used_idx(g))
		return false;
	*id = le32toh(e->id);
	*len = le32toh(e->len);
	g->used_seen++;
	return true;
}

void put_request(struct guest *g, unsigned int head, uint32_t type,
		 uint64_t sector, uint32_t len)
{
	bool write = type == VIRTIO_BLK_T_IN || type == VIRTIO_BLK_T_GET_ID;
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

uint8_t status_byte(const struct guest *g)
{
	return *(uint8_t *)at(g, STATUS_ADDR);
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

	guest_open(&g, t->change);
	t->on_guest(&g);
	guest_close(&g);
}

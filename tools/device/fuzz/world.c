// SPDX-License-Identifier: GPL-2.0
/*
 * The device under the fuzzer: created once and reset for each input, with a
 * log that goes nowhere, a disk and guest memory in memfds, and mappings
 * between guard pages, so that a step beside guest memory is a fault.
 */
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "world.h"

#define PAGE		4096UL
#define CONFIG_BYTES	256

static struct options options = { .msix = true, .queue_size = QUEUE_SIZE };
static struct function function;
static struct vu_client *client;
static int disk_fd, ram_fd, rom_fd;
static const struct places places = {
	.ram = RAM_BASE, .desc = RAM_BASE, .avail = RAM_BASE + 0x100,
	.used = RAM_BASE + 0x200, .header = RAM_BASE + 0x300,
	.status = RAM_BASE + 0x320, .data = RAM_BASE + 0x400,
};

static struct guest guest = { .at = &places };
static uint8_t disk_image[DISK_SECTORS * VFE_SECTOR_SIZE];
static uint8_t config_at_power_on[CONFIG_BYTES];
static char last_log[512];
static unsigned int mappings;
static int verbose = -1;
bool world_truncated;

uint8_t take8(struct input *in)
{
	uint8_t value = 0;

	take_bytes(in, &value, sizeof(value));
	return value;
}

uint16_t take16(struct input *in)
{
	uint16_t value = 0;

	take_bytes(in, &value, sizeof(value));
	return value;
}

uint32_t take32(struct input *in)
{
	uint32_t value = 0;

	take_bytes(in, &value, sizeof(value));
	return value;
}

size_t take_bytes(struct input *in, void *to, size_t len)
{
	size_t n = len < in->left ? len : in->left;

	memcpy(to, in->at, n);
	in->at += n;
	in->left -= n;
	return n;
}

void fail(const char *fmt, ...)
{
	va_list args;

	fputs("property violated: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "; last log line: %s\n", last_log);
	abort();
}

/* "errno 14"; by hand, or the fuzzer learns that string for nothing */
static bool ends_with_fault(const char *line)
{
	size_t len = strlen(line);

	return len > 4 && line[len - 4] == 'o' && line[len - 3] == ' ' &&
	       line[len - 2] == '1' && line[len - 1] == '4';
}

void log_line(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(last_log, sizeof(last_log), fmt, args);
	va_end(args);
	if (verbose < 0)
		verbose = !!getenv("FUZZ_LOG");
	if (verbose)
		fprintf(stderr, "log: %s\n", last_log);
	/*
	 * Every address was checked before the kernel is given it; unless a
	 * client truncates its files, that is not where a mistake may show.
	 */
	if (!world_truncated && ends_with_fault(last_log))
		fail("a buffer that was checked is not there");
}

void *world_mmap(void *addr, size_t len, int prot, int flags, int fd,
		 off_t off)
{
	uint8_t *space;
	void *p;

	if (flags & MAP_FIXED)
		return mmap(addr, len, prot, flags, fd, off);
	space = mmap(NULL, len + 2 * PAGE, PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (space == MAP_FAILED)
		return space;
	p = mmap(space + PAGE, len, prot, flags | MAP_FIXED, fd, off);
	if (p == MAP_FAILED)
		munmap(space, len + 2 * PAGE);
	else
		mappings++;
	return p;
}

int world_munmap(void *addr, size_t len)
{
	mappings--;
	return munmap((uint8_t *)addr - PAGE, len + 2 * PAGE);
}

unsigned int world_mappings(void)
{
	return mappings;
}

static int make_file(const char *name, size_t size)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, size))
		fail("memfd_create: %m");
	return fd;
}

void world_restore_disk(void)
{
	if (pwrite(disk_fd, disk_image, sizeof(disk_image), 0) !=
	    sizeof(disk_image))
		fail("the disk: %m");
}

static void make_disk(void)
{
	for (size_t i = 0; i < sizeof(disk_image); i++)
		disk_image[i] = i / VFE_SECTOR_SIZE + i * 7;
	disk_fd = make_file("disk", sizeof(disk_image));
	world_restore_disk();
}

static void make_memory(void)
{
	ram_fd = make_file("ram", RAM_SIZE);
	rom_fd = make_file("rom", ROM_SIZE);
	guest.ram = mmap(NULL, RAM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			 ram_fd, 0);
	if (guest.ram == MAP_FAILED)
		fail("mmap: %m");
}

struct guest *world_guest(void)
{
	return &guest;
}

void world_map_half(struct function *f, unsigned int half)
{
	gmem_map(f->gmem, RAM_BASE + half * RAM_HALF, RAM_HALF, dup(ram_fd),
		 half * RAM_HALF, true, true);
	vdev_memory_changed(f->vdev);
}

void world_map_all(struct function *f)
{
	static const uint8_t command = PCI_COMMAND_MASTER;

	/* The device may refuse a mapping that exists already. */
	world_map_half(f, 0);
	world_map_half(f, 1);
	gmem_map(f->gmem, ROM_BASE, ROM_SIZE, dup(rom_fd), 0, true, false);
	memset(guest.ram, 0, RAM_SIZE);
	function_config_write(f, PCI_COMMAND, &command, sizeof(command));
}

struct vu_client *world_client(void)
{
	return client;
}

struct function *world_open(const struct vdev_class *class, void *of_class,
			    bool map_doorbell)
{
	struct function *f = &function;
	void *state;

	if (client)
		return f;
	make_memory();
	options.class = class;
	options.of_class = of_class;
	options.queues = class->max_queues < QUEUES ? class->max_queues :
						      QUEUES;
	options.map_doorbell = map_doorbell;
	state = class->open(&options);
	if (!state || function_create(f, &options, state))
		fail("no device");
	client = vu_new(f);
	if (!client)
		fail("no client");
	guest.v = f->vdev;
	pci_config_read(f->pci, 0, config_at_power_on, CONFIG_BYTES);
	return f;
}

struct function *world_function(bool map_doorbell)
{
	static struct blk_options blk_options = { .serial = "fuzz" };
	static char path[64];

	if (!client) {
		make_disk();
		snprintf(path, sizeof(path), "/proc/self/fd/%d", disk_fd);
		blk_options.backing = path;
	}
	return world_open(&blk_class, &blk_options, map_doorbell);
}

static void check_reg(enum vfe_reg reg, uint32_t expected)
{
	uint32_t value = get(&guest, reg);

	if (value != expected)
		fail("%s is %#x after a reset, not %#x",
		     register_table[reg].name, value, expected);
}

static void check_queue_power_on(unsigned int queue)
{
	set(&guest, VFE_REG_QUEUE_SELECT, queue);
	check_reg(VFE_REG_QUEUE_SIZE, QUEUE_SIZE);
	check_reg(VFE_REG_QUEUE_MSIX_VECTOR, VIRTIO_MSI_NO_VECTOR);
	check_reg(VFE_REG_QUEUE_ENABLE, 0);
	for (unsigned int reg = VFE_REG_QUEUE_DESC_LO;
	     reg <= VFE_REG_QUEUE_RESET; reg++)
		check_reg(reg, 0);
}

void world_check_power_on(struct function *f)
{
	uint8_t config[CONFIG_BYTES];

	check_reg(VFE_REG_DEVICE_STATUS, 0);
	check_reg(VFE_REG_QUEUE_SELECT, 0);
	check_reg(VFE_REG_DEVICE_FEATURE_SELECT, 0);
	check_reg(VFE_REG_DRIVER_FEATURE_SELECT, 0);
	check_reg(VFE_REG_DRIVER_FEATURE, 0);
	check_reg(VFE_REG_CONFIG_MSIX_VECTOR, VIRTIO_MSI_NO_VECTOR);
	check_reg(VFE_REG_ISR_STATUS, 0);
	for (unsigned int queue = 0; queue < QUEUES; queue++)
		check_queue_power_on(queue);
	set(&guest, VFE_REG_QUEUE_SELECT, 0);
	pci_config_read(f->pci, 0, config, sizeof(config));
	for (unsigned int i = 0; i < sizeof(config); i++) {
		if (config[i] != config_at_power_on[i])
			fail("byte %#x of configuration space is %#x after a reset, not %#x",
			     i, config[i], config_at_power_on[i]);
	}
	if (irq_msix_enabled(f->irq) || vdev_wants_poll(f->vdev))
		fail("busy after a reset");
}

void world_check_serves(struct function *f, bool packed)
{
	uint16_t id = packed ? 7 : 0;
	struct used u = {};

	world_map_all(f);
	world_restore_disk();
	guest_drive(&guest, V1 | (packed ? PACKED : 0), START_SIZE);
	add_read(&guest, 3, VFE_SECTOR_SIZE, id, false);
	kick(&guest);
	while (vdev_wants_poll(f->vdev) && in_flight(&guest) &&
	       !take(&guest, 1, 3, &u))
		vdev_poll(f->vdev);
	if (in_flight(&guest) && !take(&guest, 1, 3, &u))
		fail("a good request%s is not used", packed ? ", packed," : "");
	if (u.id != id || status_byte(&guest))
		fail("a good request%s: id %u, status %u",
		     packed ? ", packed" : "", u.id, status_byte(&guest));
	if (memcmp(at(&guest, places.data), disk_image + 3 * VFE_SECTOR_SIZE,
		   VFE_SECTOR_SIZE))
		fail("a good request got the wrong data");
	function_reset(f);
}

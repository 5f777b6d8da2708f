/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Common code of the fuzz targets: a device without a process, its disk, guest
 * memory, and the properties that must hold for any guest or client.
 */
#ifndef WORLD_H
#define WORLD_H

#include "pci/pci.h"
#include "tests/driver.h"
#include "vfio/vfio_user.h"

/* Two mappings that touch, so that a buffer can lie across both */
#define RAM_BASE	0x10000ULL
#define RAM_HALF	0x8000ULL
#define RAM_SIZE	(2 * RAM_HALF)
/* A page that the device may only read */
#define ROM_BASE	0x30000ULL
#define ROM_SIZE	0x1000ULL

#define DISK_SECTORS	64ULL
#define QUEUES		2
#define QUEUE_SIZE	16

/* The entry point of libFuzzer, by a name in the style of the rest */
int fuzz_one(const uint8_t *data, size_t size)
	__asm__("LLVMFuzzerTestOneInput");

/* An input, taken from the front; behind its end there are zeroes. */
struct input {
	const uint8_t *at;
	size_t left;
};

uint8_t take8(struct input *in);
uint16_t take16(struct input *in);
uint32_t take32(struct input *in);
/* Up to @len bytes. Return: how many there were */
size_t take_bytes(struct input *in, void *to, size_t len);

/* A property does not hold: say which, and let libFuzzer keep the input. */
void fail(const char *fmt, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* The one device; made at the first call, with @map_doorbell or without */
struct function *world_open(const struct vdev_class *class, void *of_class,
			    bool map_doorbell);
/* The same, with a disk */
struct function *world_function(bool map_doorbell);

/* The client that drives it */
struct vu_client *world_client(void);

/* The guest, whose rings are all in the first 0x300 bytes of its memory */
struct guest *world_guest(void);
/* Whether the device has its memory */
void world_map_half(struct function *f, unsigned int half);
/* All of it mapped, and filled with zeroes */
void world_map_all(struct function *f);

/* The disk as it was at first */
void world_restore_disk(void);

/* The client cut off a file that the device had mapped. */
extern bool world_truncated;

/* The device's mmap(), with a guard page on each side */
void *world_mmap(void *addr, size_t len, int prot, int flags, int fd,
		 off_t off);
int world_munmap(void *addr, size_t len);
/* Pieces of memory that the device has mapped right now */
unsigned int world_mappings(void);

/* After a reset every register reads as at power on. */
void world_check_power_on(struct function *f);
/* The size of a ring for which the guest has room there */
#define START_SIZE	4

/* A well-behaved driver gets its data, from a split ring or a packed one. */
void world_check_serves(struct function *f, bool packed);

#endif /* WORLD_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest of the unit tests of the virtio half: memory, and a device without
 * a PCI function around it. It is linked with the real device code; only
 * interrupts and the log are replaced, by versions that record events.
 */
#ifndef GUEST_H
#define GUEST_H

#include "driver.h"
#include "tap.h"

/* Two mappings that touch, so that a buffer can lie across both */
#define RAM_BASE	0x100000ULL
#define RAM_HALF	0x100000ULL
#define RAM_SIZE	(2 * RAM_HALF)
/* A page that the device may only read */
#define ROM_BASE	0x800000ULL
#define ROM_SIZE	0x1000ULL

/* Where things are in guest memory */
#define DESC_ADDR	(RAM_BASE + 0x0000)
#define AVAIL_ADDR	(RAM_BASE + 0x4000)
#define USED_ADDR	(RAM_BASE + 0x8000)
#define TABLE_ADDR	(RAM_BASE + 0xc000)
#define HDR_ADDR	(RAM_BASE + 0x10000)
#define STATUS_ADDR	(RAM_BASE + 0x18000)
#define DATA_ADDR	(RAM_BASE + 0x20000)

#define DISK_SECTORS	2048ULL
#define QUEUE_SIZE	256

/* As far as they are offered; without those that give things another form */
#define ALL_FEATURES	(~(PACKED | IN_ORDER | DATA | CONFIG_DATA))

/* Events of the replaced part */
struct seen {
	bool msix;		/* the guest has MSI-X enabled */
	unsigned int vector[IRQ_MAX_VECTORS];
	bool intx;
};

extern struct seen seen;

/* Any 256 sectors of the disk differ. */
uint8_t disk_byte(uint64_t offset);

void guest_open(struct guest *g, void (*change)(struct options *o));
void guest_close(struct guest *g);
/* Changes of options: --poll, --doorbell map */
void with_poll(struct options *o);
void with_doorbell(struct options *o);
/* --quirk and --zoned with the list of the test */
void with_quirks(struct options *o);
void with_zones(struct options *o);
extern const char *guest_list;
/* guest_drive() in memory of zeroes */
void guest_start(struct guest *g, uint64_t features, uint16_t size);
/* The next entry of a split ring. Return: false if there is none */
bool take_used(struct guest *g, uint32_t *id, uint32_t *len);

/*
 * A request of three descriptors from @head on: header, @len bytes at
 * DATA_ADDR (none if 0) and status. Only put down, not offered.
 */
void put_request(struct guest *g, unsigned int head, uint32_t type,
		 uint64_t sector, uint32_t len);
/* put_request(), offer, kick. Return: the status, or -1 if it is not used. */
int request(struct guest *g, uint32_t type, uint64_t sector, uint32_t len,
	    uint32_t *used_len);
/*
 * A request of @type with a list of @n segments of @sectors, one behind the
 * other from @sector on. Return: as request()
 */
int segments(struct guest *g, uint32_t type, uint64_t sector,
	     uint32_t sectors, uint32_t flags, unsigned int n);
/* A field of the configuration space of the block device */
uint32_t config(struct guest *g, size_t offset, unsigned int size);
#define AT(field)	offsetof(struct virtio_blk_config, field)
/* The data of a read of @len bytes from @sector, at DATA_ADDR */
void check_data(struct guest *g, uint64_t sector, uint32_t len);
/* A reset helps: afterwards a read works. */
void check_alive(struct guest *g, uint16_t size);

extern const struct test good_tests[];
extern const struct test packed_tests[];
extern const struct test feature_tests[];
extern const struct test misdeed_tests[];
extern const struct test blk_tests[];
extern const struct test bad_tests[];
extern const struct test race_tests[];
extern const struct test service_tests[];
extern const struct test quirk_tests[];
extern const struct test zoned_tests[];
extern const struct test rng_tests[];
extern const struct test net_packet_tests[];
extern const struct test net_queue_tests[];
extern const struct test net_control_tests[];
extern const struct test net_link_tests[];
extern const struct test scsi_wire_tests[];
extern const struct test scsi_command_tests[];
extern const struct test scsi_transfer_tests[];
extern const struct test scsi_task_tests[];

#endif /* GUEST_H */

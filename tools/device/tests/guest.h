/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest in miniature for the unit tests of the virtio half: memory, the
 * registers, and the driver's side of one ring, with every field open to abuse.
 * It is linked with the real device code; only interrupts and the log are
 * replaced, by versions that record events.
 */
#ifndef GUEST_H
#define GUEST_H

#include "blk/blk.h"
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
#define ALL_FEATURES	(~(BIT64(VIRTIO_F_RING_PACKED) | \
			   BIT64(VIRTIO_F_IN_ORDER) | \
			   BIT64(VIRTIO_F_NOTIFICATION_DATA) | \
			   BIT64(VIRTIO_F_NOTIF_CONFIG_DATA)))

#define V1		BIT64(VIRTIO_F_VERSION_1)
#define EVENT		BIT64(VIRTIO_RING_F_EVENT_IDX)

struct guest {
	struct blk_options blk;
	struct options o;
	struct counts c;
	struct gmem *gm;
	struct blk *disk;	/* only with the block class */
	struct vdev *v;
	char path[64];		/* the backing file */

	uint8_t *ram;
	int ram_fd;
	uint8_t *rom;
	uint64_t features;
	uint16_t size;
	uint16_t avail_idx;
	uint16_t used_seen;
};

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
/*
 * Reset, negotiate the offered features of @features, queue 0 of @size,
 * DRIVER_OK
 */
void guest_start(struct guest *g, uint64_t features, uint16_t size);
/* Only the set-up of queue 0 */
void guest_queue(struct guest *g, uint16_t size);
/* The same up to FEATURES_OK. Return: the status read back. */
uint8_t guest_negotiate(struct guest *g, uint64_t features);

void *at(const struct guest *g, uint64_t addr);
uint32_t get(struct guest *g, enum vfe_reg reg);
void set(struct guest *g, enum vfe_reg reg, uint32_t value);
void set_addr(struct guest *g, enum vfe_reg lo, uint64_t addr);
uint64_t offered(struct guest *g);

void put_desc(struct guest *g, unsigned int index, uint64_t addr, uint32_t len,
	      uint16_t flags, uint16_t next);
void put_table(struct guest *g, unsigned int index, uint64_t addr,
	       uint32_t len, uint16_t flags, uint16_t next);
void put_header(struct guest *g, uint32_t type, uint64_t sector);
void offer(struct guest *g, uint16_t head);
void kick(struct guest *g);
/* 32 bits with NOTIFICATION_DATA: the queue's value, and the data */
void kick32(struct guest *g, unsigned int queue, uint16_t value, uint16_t data);

uint16_t used_idx(const struct guest *g);
uint16_t used_flags(const struct guest *g);
uint16_t avail_event(const struct guest *g);
void set_used_event(struct guest *g, uint16_t value);
void set_avail_flags(struct guest *g, uint16_t value);
/* The next used entry. Return: false if there is none. */
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
uint8_t status_byte(const struct guest *g);
/* The data of a read of @len bytes from @sector, at DATA_ADDR */
void check_data(struct guest *g, uint64_t sector, uint32_t len);
/* A reset helps: afterwards a read works. */
void check_alive(struct guest *g, uint16_t size);

extern const struct test good_tests[];
extern const struct test packed_tests[];
extern const struct test feature_tests[];
extern const struct test blk_tests[];
extern const struct test bad_tests[];
extern const struct test bad_packed_tests[];
extern const struct test random_tests[];
extern const struct test race_tests[];
extern const struct test service_tests[];
extern const struct test quirk_tests[];
extern const struct test zoned_tests[];
extern const struct test rng_tests[];

#endif /* GUEST_H */

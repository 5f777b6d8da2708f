/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vfio-user protocol on the wire (QEMU's docs/interop/vfio-user.rst): fixed
 * layouts, host byte order, and the limits that this server sets. Flags and
 * indices are those of linux/vfio.h.
 */
#ifndef VFIO_USER_H
#define VFIO_USER_H

#include <assert.h>
#include <linux/vfio.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VU_MAJOR	0
#define VU_MINOR	1

enum vu_command {
	VU_VERSION = 1,
	VU_DMA_MAP = 2,
	VU_DMA_UNMAP = 3,
	VU_DEVICE_GET_INFO = 4,
	VU_DEVICE_GET_REGION_INFO = 5,
	VU_DEVICE_GET_REGION_IO_FDS = 6,
	VU_DEVICE_GET_IRQ_INFO = 7,
	VU_DEVICE_SET_IRQS = 8,
	VU_REGION_READ = 9,
	VU_REGION_WRITE = 10,
	VU_DMA_READ = 11,
	VU_DMA_WRITE = 12,
	VU_DEVICE_RESET = 13,
	VU_REGION_WRITE_MULTI = 15,
	VU_DEVICE_FEATURE = 16,
	VU_NUM_COMMANDS
};

/* Limits, announced in the VERSION reply */
#define VU_MAX_FDS	16		/* descriptors in one message */
#define VU_MAX_DATA	65536		/* bytes in one region access */
#define VU_PGSIZES	4096
#define VU_MAX_PAYLOAD	(sizeof(struct vu_region_access) + VU_MAX_DATA)

#define VU_FLAG_TYPE	0xf
#define VU_TYPE_COMMAND	0x0
#define VU_TYPE_REPLY	0x1
#define VU_FLAG_NO_REPLY 0x10
#define VU_FLAG_ERROR	0x20

struct vu_header {
	uint16_t id;
	uint16_t command;
	uint32_t size;		/* with this header */
	uint32_t flags;
	uint32_t error;		/* errno, in a reply with VU_FLAG_ERROR */
};

static_assert(offsetof(struct vu_header, size) == 4, "header.size");
static_assert(offsetof(struct vu_header, flags) == 8, "header.flags");
static_assert(offsetof(struct vu_header, error) == 12, "header.error");
static_assert(sizeof(struct vu_header) == 16, "header");

/* VERSION: followed by JSON and a terminating 0, in both directions */
struct vu_version {
	uint16_t major;
	uint16_t minor;
};

static_assert(sizeof(struct vu_version) == 4, "version");

struct vu_dma_map {
	uint32_t argsz;
	uint32_t flags;		/* VFIO_DMA_MAP_FLAG_READ, _WRITE */
	uint64_t offset;
	uint64_t address;
	uint64_t size;
};

static_assert(offsetof(struct vu_dma_map, offset) == 8, "dma_map.offset");
static_assert(sizeof(struct vu_dma_map) == 32, "dma_map");

struct vu_dma_unmap {
	uint32_t argsz;
	uint32_t flags;		/* VFIO_DMA_UNMAP_FLAG_ALL */
	uint64_t address;
	uint64_t size;
};

static_assert(sizeof(struct vu_dma_unmap) == 24, "dma_unmap");

struct vu_device_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
};

static_assert(sizeof(struct vu_device_info) == 16, "device_info");

struct vu_region_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t cap_offset;
	uint64_t size;
	uint64_t offset;
};

static_assert(offsetof(struct vu_region_info, size) == 16, "region_info.size");
static_assert(sizeof(struct vu_region_info) == 32, "region_info");

/* The capability that follows a region one part of which can be mapped */
struct vu_sparse_mmap {
	uint16_t id;
	uint16_t version;
	uint32_t next;
	uint32_t nr_areas;
	uint32_t reserved;
	uint64_t offset;
	uint64_t size;
};

static_assert(offsetof(struct vu_sparse_mmap, offset) == 16, "sparse.offset");
static_assert(sizeof(struct vu_sparse_mmap) == 32, "sparse");

struct vu_irq_info {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t count;
};

static_assert(sizeof(struct vu_irq_info) == 16, "irq_info");

/* SET_IRQS: followed by one byte an interrupt with DATA_BOOL */
struct vu_irq_set {
	uint32_t argsz;
	uint32_t flags;
	uint32_t index;
	uint32_t start;
	uint32_t count;
};

static_assert(sizeof(struct vu_irq_set) == 20, "irq_set");

/* REGION_READ and REGION_WRITE: followed by the data in one direction */
struct vu_region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};

static_assert(sizeof(struct vu_region_access) == 16, "region_access");

/* REGION_WRITE_MULTI: a 64-bit number of these, then as many of these */
struct vu_write_one {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
	uint8_t data[8];
};

static_assert(sizeof(struct vu_write_one) == 24, "write_one");

/* A message under way in this process */

struct function;
struct vu_client;

struct vu_message {
	struct vu_header header;
	const uint8_t *payload;
	size_t len;
	int *fds;	/* a handler that keeps one sets its slot to -1 */
	int num_fds;
};

struct vu_reply {
	uint8_t *payload;	/* VU_MAX_PAYLOAD bytes */
	size_t len;
	int fd;			/* to pass, or -1; stays open here */
};

/* vfio_user.c */

struct vu_client *vu_new(struct function *f);
void vu_free(struct vu_client *c);
bool vu_connected(const struct vu_client *c);
/* Take a new connection, or turn it away if there is a client already. */
void vu_accept(struct vu_client *c, int fd);
/* The client's descriptor (or -1) and what to poll it for */
int vu_poll_fd(const struct vu_client *c, short *events);
/* Handle poll()'s events, for a bounded number of messages. */
void vu_handle(struct vu_client *c);
void vu_disconnect(struct vu_client *c, const char *why);

/*
 * Return: 0, or -errno for an error reply. vu_command() checks that a message
 * has the fixed part of its command before it calls one of the others.
 */

/* vfio_cmds.c */
int vu_command(struct function *f, const struct vu_message *m,
	       struct vu_reply *r);

/* vfio_irqs.c */
int vu_get_irq_info(struct function *f, const struct vu_message *m,
		    struct vu_reply *r);
int vu_set_irqs(struct function *f, const struct vu_message *m,
		struct vu_reply *r);

/* vfio_region.c */
int vu_get_region_info(struct function *f, const struct vu_message *m,
		       struct vu_reply *r);
int vu_region_read(struct function *f, const struct vu_message *m,
		   struct vu_reply *r);
int vu_region_write(struct function *f, const struct vu_message *m,
		    struct vu_reply *r);
int vu_region_write_multi(struct function *f, const struct vu_message *m,
			  struct vu_reply *r);

#endif /* VFIO_USER_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The block device (virtio 1.4, 5.2), shared by the files that make it up:
 *
 *   class.c the class: the operations for the rest of the device
 *   options.c  its options
 *   request.c  requests
 *   config.c   features and configuration space
 *   quirk.c deviations of block devices in production
 *   window.c   the disk behind the register window
 *   zoned.c    the zones of a host-managed one; zoned_options.c: --zoned
 */
#ifndef BLK_H
#define BLK_H

#include <argp.h>
#include <vfe/wire_blk.h>

#include "base/parse.h"
#include "disk/backend.h"
#include "blk/virtio_blk.h"
#include "blk/zoned.h"
#include "virtio/virtio.h"

/* Limits that the block device announces and enforces */
#define BLK_SIZE_MAX		(256U << 10)
#define BLK_SEG_MAX		254U
#define BLK_REQUEST_MAX		(64U << 20)
#define BLK_DISCARD_SEGS	16U
#define BLK_DISCARD_SECTORS	2097152U
#define BLK_ZEROES_SEGS		1U
#define BLK_ERASE_SEGS		16U
#define BLK_ERASE_SECTORS	65536U
#define BLK_SEGS_MOST		256U	/* if the device announces no limit */
#define BLK_ZEROES_SECTORS	65536U

enum blk_fault {
	FAULT_WCE = FAULT_OF_CLASS,	/* CONFIG_WCE, but not FLUSH */
};

enum blk_quirk {
	QUIRK_NO_GET_ID = QUIRK_OF_CLASS,
	QUIRK_CAPACITY_STORM,
	/* what the configuration space says */
	QUIRK_ZERO_DISCARD_LIMITS,
	QUIRK_BLK_SIZE,
	QUIRK_SIZE_MAX,
	QUIRK_SEG_MAX,
	QUIRK_NUM_QUEUES,
	QUIRK_PHYSICAL_BLOCK_EXP,
	QUIRK_ALIGNMENT_OFFSET,
	QUIRK_MIN_IO_SIZE,
	QUIRK_OPT_IO_SIZE,
	QUIRK_BLK_END
};

/* Sectors by which --quirk capacity-storm changes the capacity */
#define QUIRK_STORM_SECTORS	8

/* In the order of blk_counters[] */
enum blk_count {
	BLK_READS,
	BLK_WRITES,
	BLK_FLUSHES,
	BLK_DISCARDS,
	BLK_WRITE_ZEROES,
	BLK_GET_IDS,
	BLK_SECURE_ERASES,
	BLK_ZONES,
	BLK_ERRORS,
	BLK_BYTES_READ,
	BLK_BYTES_WRITTEN,
	BLK_NUM_COUNTS
};

static_assert(BLK_NUM_COUNTS <= COUNTS_OF_CLASS, "there is room");

struct blk_options {
	const char *backing;
	const char *serial;
	bool readonly;
	struct zoned_options zoned;
	bool lifetime;		/* the three values below are offered */
	unsigned int pre_eol_info;
	unsigned int lifetime_a;
	unsigned int lifetime_b;
};

/* Registers of the window, and the request in progress */
struct blk_window {
	uint64_t sector;	/* as the driver wrote it */
	uint32_t count;
	uint32_t length;	/* sectors of the request */
	uint64_t first;
};

struct blk {
	const struct blk_options *o;
	struct backend *backend;
	struct zoned *zoned;	/* NULL without --zoned */
	struct blk_window window;
	bool writeback;
	bool shrunk;		/* the capacity reads less, for now */
};

extern const struct vdev_class blk_class;

static inline struct blk_options *blk_options_of(const struct options *o)
{
	return o->of_class;
}

static inline struct blk *blk_of(const struct vdev *v)
{
	return v->state;
}

static inline void blk_count(struct vdev *v, enum blk_count which)
{
	v->c->of_class[which]++;
}

/* class.c */
void *blk_open(const struct options *o);
void blk_close(void *state);
/* The backing file changed size: capacity, generation, interrupt. */
void blk_capacity_changed(struct vdev *v);

/* options.c */
extern const struct argp blk_argp;
extern struct blk_options blk_default_options;
int blk_check_options(const void *options);

/* request.c; see struct vdev_class */
int blk_request(struct queue *q, struct chain *c, uint32_t *len);

/* config.c; see struct vdev_class */
uint64_t blk_features(const struct vdev *v);
const char *blk_lacks(const struct vdev *v);
void blk_accepted(struct vdev *v);
void blk_reset(struct vdev *v);
/* Segments that the data of a request may have */
uint32_t blk_seg_max(const struct vdev *v);
uint32_t blk_config_read(struct vdev *v, uint32_t offset, unsigned int size);
void blk_config_write(struct vdev *v, uint32_t offset, unsigned int size,
		      uint32_t value);

/* quirk.c */
extern const struct value_info blk_quirks[];
bool blk_request_done(struct vdev *v);
void blk_quirk_config(const struct vdev *v, struct virtio_blk_config *c);
/* Does a request's data respect the limits that a quirk announces? */
bool blk_quirk_takes_data(const struct vdev *v, const struct iovec *iov, int n,
			  uint64_t sector, uint64_t len);

/* window.c */
extern const struct command_class blk_window_class;

#endif /* BLK_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of vfe_blk: the disk, its queues and its requests. Each prototype
 * is listed under the file that defines the function.
 */
#ifndef VFE_BLK_H
#define VFE_BLK_H

#include <linux/blk-mq.h>
#include <linux/build_bug.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/virtio_blk.h>

#include <vfe/compat/blk.h>
#include <vfe/device.h>
#include <vfe/io_setup.h>

/* Upper bounds for limits of the device */
#define VFE_BLK_MAX_SEGS	1022	/* pieces of data in one request */
#define VFE_BLK_MAX_RANGES	256	/* ranges in one discard */
#define VFE_BLK_MAX_DEPTH	1024	/* requests in one queue */

/* Period at which the block layer calls vfe_blk_timeout() */
#define VFE_BLK_TIMEOUT		(30 * HZ)

/* The header before the data and the status after it */
#define VFE_BLK_EXTRA_SEGS	2

/* Descriptors of data that need no allocation */
#define VFE_BLK_OWN_SEGS	16
#define VFE_BLK_OWN_DESCS	(VFE_BLK_OWN_SEGS + VFE_BLK_EXTRA_SEGS)

/* How often a request is sent again after resets before it fails */
#define VFE_BLK_MAX_RETRIES	10

/* virtio 1.4, 5.2.6; missing in the kernel's headers */
#define VIRTIO_BLK_F_LIFETIME		15
#define VIRTIO_BLK_T_GET_LIFETIME	10

/**
 * struct vfe_blk_lifetime - wear of the storage
 * @pre_eol_info: state of its reserved blocks, 0 to 3
 * @device_lifetime_est_typ_a: wear of memory of type A, in tenths, 0 to 11
 * @device_lifetime_est_typ_b: the same of type B
 */
struct vfe_blk_lifetime {
	__le16 pre_eol_info;
	__le16 device_lifetime_est_typ_a;
	__le16 device_lifetime_est_typ_b;
};

static_assert(sizeof(struct vfe_blk_lifetime) == 6);

/**
 * struct vfe_blk_wire - the part of a request, except data, that the device
 * accesses
 * @header: of every request
 * @range: of a discard, secure erase or write-zeroes request with one range
 * @id: the answer to GET_ID
 * @lifetime: the answer to GET_LIFETIME
 * @append_sector: sector of a zone append, written by the device; @status must
 *		   follow directly
 * @status: VIRTIO_BLK_S_*, written by the device
 * @table: preallocated indirect table of VFE_BLK_OWN_DESCS descriptors
 */
struct vfe_blk_wire {
	struct virtio_blk_outhdr header;
	union {
		struct virtio_blk_discard_write_zeroes range;
		u8 id[VIRTIO_BLK_ID_BYTES];
		struct vfe_blk_lifetime lifetime;
	};
	__le64 append_sector;
	u8 status;
	struct vfe_desc table[] __aligned(VFE_IO_WIRE_ALIGN);
};

static_assert(sizeof(struct virtio_blk_outhdr) == 16);
static_assert(sizeof(struct virtio_blk_discard_write_zeroes) == 16);
static_assert(offsetof(struct vfe_blk_wire, status) ==
	      offsetof(struct vfe_blk_wire, append_sector) + 8);

/**
 * struct vfe_blk_request - driver data of a request (the pdu of blk-mq)
 * @io: its descriptors: header, data, status
 * @ranges: the ranges of a discard that has more than one, or NULL
 * @ranges_dma: the device's address of @ranges
 * @mapped: number of data descriptors that the DMA API mapped
 * @driver_type: VIRTIO_BLK_T_* of a request that the driver itself makes
 * @retries: how often the request was sent again after a reset, if it has
 *	     RQF_DONTPREP
 * @result: BLK_STS_OK or an error; set before completion
 */
struct vfe_blk_request {
	struct vfe_io_request io;
	void *ranges;
	dma_addr_t ranges_dma;
	u16 mapped;
	u16 driver_type;
	u8 retries;
	blk_status_t result;
};

/**
 * struct vfe_blk_queue - a hardware queue
 * @io: its virtqueue
 * @hctx: the block layer's hardware context
 */
struct vfe_blk_queue {
	struct vfe_io_queue io;
	struct blk_mq_hw_ctx *hctx;
} ____cacheline_aligned_in_smp;

/**
 * struct vfe_blk - a disk
 * @io: data that its queues share, and its recovery
 * @vd: its device
 * @disk: its gendisk; free_disk() frees this structure
 * @tag_set: tags of blk-mq
 * @sysfs: the directory with the counters
 * @stats: event counts of @vd
 * @format: format of indirect tables
 * @piece: most bytes of data in one descriptor
 * @pieces: most descriptors for one segment of the block layer
 * @queues: the hardware queues
 * @share: number of @queues
 * @limits: limits of the device, for the block layer
 * @geometry: as read from the device, zeroes if it has none
 * @capacity: in sectors of 512 bytes; requests beyond it fail
 * @index: N of the name vfebN
 * @write_cache: the cache needs flushes; changed under the recovery's lock
 * @unmaps: write-zeroes requests may deallocate
 * @read_only: the device refuses writes
 * @odd_length: the log has a warning about a wrong used length
 * @cache_lock: serialises changes of the cache by users; taken before the
 *		recovery's lock
 * @capacity_lock: serialises changes of @capacity; taken after the recovery's
 *		   lock
 */
struct vfe_blk {
	struct vfe_io io;
	struct vfe_device *vd;
	struct gendisk *disk;
	struct blk_mq_tag_set tag_set;
	struct vfe_sysfs *sysfs;
	struct vfe_stats *stats;
	struct vfe_table_format format;
	u32 piece;
	u32 pieces;
	struct vfe_blk_queue *queues;
	struct vfe_io_share share;
	struct vfe_disk_limits limits;
	struct virtio_blk_geometry geometry;
	u64 capacity;
	int index;
	bool write_cache;
	bool unmaps;
	bool read_only;
	bool odd_length;
	struct mutex cache_lock;	/* of changes by users, see above */
	struct mutex capacity_lock;	/* of the disk, see above */
};

/* --- request.c: build the chain of a request, complete the request --- */

static inline struct vfe_blk_wire *
vfe_blk_wire(const struct vfe_blk_request *req)
{
	return req->io.wire;
}

blk_status_t vfe_blk_prepare(struct vfe_blk *vb, struct request *rq);
void vfe_blk_release(struct request *rq);
void vfe_blk_complete(struct request *rq);
void vfe_blk_complete_batch(struct io_comp_batch *iob);
void vfe_blk_complete_list(struct vfe_io_done *done, struct io_comp_batch *iob);

/* --- dma.c: data of requests through the DMA API --- */

blk_status_t vfe_blk_dma_map(struct vfe_blk *vb, struct request *rq,
			     unsigned int most, u32 write);
void vfe_blk_dma_unmap(struct vfe_blk *vb, struct request *rq);

/* --- submit.c: add requests to the ring, reap used ones --- */

extern const struct vfe_io_ops vfe_blk_io_ops;

void vfe_blk_irq(struct vfe_queue *vq);
int vfe_blk_poll(struct blk_mq_hw_ctx *hctx, struct io_comp_batch *iob);
blk_status_t vfe_blk_queue_rq(struct blk_mq_hw_ctx *hctx,
			      const struct blk_mq_queue_data *bd);
void vfe_blk_queue_rqs(vfe_rq_list *list);
void vfe_blk_commit_rqs(struct blk_mq_hw_ctx *hctx);

/* --- queue_setup.c: virtqueues --- */

int vfe_blk_queues_init(struct vfe_blk *vb, const struct vfe_io_params *params);
void vfe_blk_queues_exit(struct vfe_blk *vb);

/* --- tags.c: the tag set of the block layer --- */

int vfe_blk_tags_init(struct vfe_blk *vb);
void vfe_blk_tags_exit(struct vfe_blk *vb);

/* --- config.c: limits of the device --- */

#define VFE_BLK_FEATURES ( \
	BIT_ULL(VIRTIO_BLK_F_SIZE_MAX) | BIT_ULL(VIRTIO_BLK_F_SEG_MAX) | \
	BIT_ULL(VIRTIO_BLK_F_GEOMETRY) | \
	BIT_ULL(VIRTIO_BLK_F_RO) | BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) | \
	BIT_ULL(VIRTIO_BLK_F_FLUSH) | BIT_ULL(VIRTIO_BLK_F_TOPOLOGY) | \
	BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE) | BIT_ULL(VIRTIO_BLK_F_MQ) | \
	BIT_ULL(VIRTIO_BLK_F_DISCARD) | \
	BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES) | \
	BIT_ULL(VIRTIO_BLK_F_SECURE_ERASE) | \
	BIT_ULL(VIRTIO_BLK_F_LIFETIME) | VFE_BLK_ZONED_FEATURES)

int vfe_blk_read_capacity(struct vfe_blk *vb, u64 *capacity);
int vfe_blk_read_num_queues(struct vfe_blk *vb, unsigned int *num);
int vfe_blk_read_limits(struct vfe_blk *vb);
int vfe_blk_limit_segments(struct vfe_blk *vb);

/* --- erase.c: limits of discard, secure erase and write zeroes --- */

int vfe_blk_read_erase(struct vfe_blk *vb);

/* --- zoned.c: zoned disks, on kernels that support them --- */

#ifdef VFE_ZONED
#define VFE_BLK_ZONED_FEATURES	BIT_ULL(VIRTIO_BLK_F_ZONED)

int vfe_blk_read_zoned(struct vfe_blk *vb);
int vfe_blk_revalidate_zones(struct vfe_blk *vb);
int vfe_blk_report_zones(struct vfe_blk *vb, u64 sector, unsigned int nr,
			 struct vfe_zones *zones);
int vfe_blk_zone_type_of(const struct request *rq);
bool vfe_blk_appended(const struct vfe_blk *vb, struct request *rq);
blk_status_t vfe_blk_zone_status(u8 status);
#else
#define VFE_BLK_ZONED_FEATURES	0

static inline int vfe_blk_read_zoned(struct vfe_blk *vb)
{
	return 0;
}

static inline int vfe_blk_revalidate_zones(struct vfe_blk *vb)
{
	return 0;
}

static inline int vfe_blk_zone_type_of(const struct request *rq)
{
	return -EOPNOTSUPP;
}

static inline bool vfe_blk_appended(const struct vfe_blk *vb,
				    struct request *rq)
{
	return false;
}

static inline blk_status_t vfe_blk_zone_status(u8 status)
{
	return BLK_STS_IOERR;
}
#endif

/* --- attributes.c: resize, cache type, serial number, geometry --- */

extern const struct attribute_group *vfe_blk_groups[];

void vfe_blk_config_changed(struct vfe_device *vd);
int vfe_blk_restore_cache(struct vfe_device *vd);
int vfe_blk_disable_cache(struct vfe_blk *vb);
void vfe_blk_getgeo(const struct vfe_blk *vb, struct hd_geometry *geo);

/* --- recovery.c: requests while the core resets the device; timeouts --- */

extern const struct vfe_recovery_ops vfe_blk_recovery_ops;

enum blk_eh_timer_return vfe_blk_timeout(struct request *rq);
void vfe_blk_needs_reset(struct vfe_device *vd);

static inline struct vfe_blk_request *vfe_blk_token(struct vfe_token *token)
{
	return container_of(token, struct vfe_blk_request, io.token);
}

static inline struct vfe_blk_queue *vfe_blk_queue_of(struct vfe_io_queue *ioq)
{
	return container_of(ioq, struct vfe_blk_queue, io);
}

static inline struct vfe_blk *vfe_blk_of_queue(const struct vfe_blk_queue *bq)
{
	return container_of(bq->io.io, struct vfe_blk, io);
}

static inline struct vfe_io_queue *vfe_blk_ioq(const struct request *rq)
{
	struct vfe_blk_queue *bq = rq->mq_hctx->driver_data;

	return &bq->io;
}

static inline struct vfe_blk *vfe_blk_of(const struct request *rq)
{
	return rq->q->queuedata;
}

#endif /* VFE_BLK_H */

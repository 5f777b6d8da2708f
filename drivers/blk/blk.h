/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of vfe_blk share: the disk, its queues and its requests.
 * Each prototype stands under the file that has the function.
 */
#ifndef VFE_BLK_H
#define VFE_BLK_H

#include <linux/blk-mq.h>
#include <linux/build_bug.h>
#include <linux/dmapool.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/virtio_blk.h>
#include <linux/workqueue.h>

#include <vfe/compat.h>
#include <vfe/device.h>

/* Bounds on what a device may ask for; each request pays for them in memory. */
#define VFE_BLK_MAX_SEGS	128	/* pieces of data in one request */
#define VFE_BLK_MAX_RANGES	16	/* ranges in one discard */
#define VFE_BLK_MAX_DEPTH	1024	/* requests in one queue */

/* Before the device is reset for a request; queue/io_timeout changes it. */
#define VFE_BLK_TIMEOUT		(30 * HZ)

/* A header before the data and a status behind it */
#define VFE_BLK_EXTRA_SEGS	2

/* Device resets that one request is sent again after, before it fails */
#define VFE_BLK_MAX_RETRIES	3

/**
 * enum vfe_blk_state - what the device is doing for the disk
 * @VFE_BLK_STOPPED: nothing: not started yet, suspended, or shut down
 * @VFE_BLK_LIVE: it takes requests
 * @VFE_BLK_RECOVERING: it is being reset and started again
 * @VFE_BLK_DEAD: nothing, for ever: every request fails
 *
 * vfe_blk_set_state() knows which may follow which.
 */
enum vfe_blk_state {
	VFE_BLK_STOPPED,
	VFE_BLK_LIVE,
	VFE_BLK_RECOVERING,
	VFE_BLK_DEAD,
};

/**
 * struct vfe_blk_wire - what the device reads and writes beside the data
 * @header: of every request
 * @ranges: of a discard or write-zeroes request
 * @id: what GET_ID answers
 * @status: VIRTIO_BLK_S_*, written by the device
 *
 * One for each request, in coherent memory.
 */
struct vfe_blk_wire {
	struct virtio_blk_outhdr header;
	struct virtio_blk_discard_write_zeroes ranges[VFE_BLK_MAX_RANGES];
	u8 id[VIRTIO_BLK_ID_BYTES];
	u8 status;
};

static_assert(sizeof(struct virtio_blk_outhdr) == 16);
static_assert(sizeof(struct virtio_blk_discard_write_zeroes) == 16);

/**
 * struct vfe_blk_request - a request's own memory (the pdu of blk-mq)
 * @wire: what the device sees
 * @wire_dma: where the device sees it
 * @next: the next request in a list of completed ones
 * @used: bytes the device says it wrote
 * @expected: bytes of them that are in front of the status
 * @nents: entries of @sg to unmap
 * @retries: device resets that it has been through
 * @failed: why the driver gave it up, or BLK_STS_OK
 * @segs: the pieces as the ring takes them, behind the end of @sg
 * @sg: the data's pages, as the block layer lists them
 */
struct vfe_blk_request {
	struct vfe_blk_wire *wire;
	dma_addr_t wire_dma;
	struct request *next;
	u32 used;
	u32 expected;
	u16 nents;
	u8 retries;
	blk_status_t failed;
	struct vfe_seg *segs;
	struct scatterlist sg[];
};

/**
 * struct vfe_blk_queue - a hardware queue
 * @lock: serialises all use of @vq, and guards @started and @full
 * @vq: its virtqueue
 * @hctx: the block layer's side of it
 * @started: the ring may be used
 * @full: the block layer was told to wait for a completion
 * @late: a request takes too long; recovery.c
 * @name: for messages and the interrupt
 */
struct vfe_blk_queue {
	spinlock_t lock;	/* of the ring, see above */
	struct vfe_queue *vq;
	struct blk_mq_hw_ctx *hctx;
	bool started;
	bool full;
	bool late;
	char name[16];
} ____cacheline_aligned_in_smp;

/**
 * struct vfe_blk - a disk
 * @vd: its device
 * @disk: as the block layer knows it; holds the last reference to this
 * @tag_set: the block layer's requests
 * @sysfs: the counters' folder
 * @wires: a &struct vfe_blk_wire for each request comes from here
 * @queues: @num_queues of them
 * @num_queues: hardware queues
 * @limits: what the device can do, as given to the block layer
 * @capacity: sectors of 512 bytes that requests are held to
 * @index: N of the name vfebN
 * @write_cache: a flush has work to do; changed under @life
 * @unmaps: write-zeroes may deallocate
 * @read_only: the device takes no writes
 * @life: serialises changes of @state and what they do to the device
 * @state: read without @life where a stale answer does no harm
 * @recovery: resets the device and sends its requests again
 * @unhelped: the reset of a queue did not help a request; recovery.c
 * @pleas: times the device asked for a reset since it last completed something
 * @control: serialises changes of the cache type; taken before @life
 * @sizing: serialises changes of @capacity; taken after @life
 */
struct vfe_blk {
	struct vfe_device *vd;
	struct gendisk *disk;
	struct blk_mq_tag_set tag_set;
	struct vfe_sysfs *sysfs;
	struct dma_pool *wires;
	struct vfe_blk_queue *queues;
	unsigned int num_queues;
	struct vfe_disk_limits limits;
	u64 capacity;
	int index;
	bool write_cache;
	bool unmaps;
	bool read_only;
	struct mutex life;	/* of the device, see above */
	enum vfe_blk_state state;
	struct work_struct recovery;
	bool unhelped;
	unsigned int pleas;
	struct mutex control;	/* of the cache type, see above */
	struct mutex sizing;	/* of the disk, see above */
};

/* --- data.c: requests --- */

extern const struct blk_mq_ops vfe_blk_mq_ops;

size_t vfe_blk_request_size(unsigned int max_segs);
void vfe_blk_done(struct vfe_queue *vq);
bool vfe_blk_reap(struct vfe_blk_queue *bq);
void vfe_blk_unmap(struct request *rq);

/* --- queues.c: virtqueues and tags --- */

int vfe_blk_queues_init(struct vfe_blk *vb, unsigned int queues, u16 size,
			enum vfe_interrupts irqs);
void vfe_blk_queues_exit(struct vfe_blk *vb);
int vfe_blk_tags_init(struct vfe_blk *vb);
void vfe_blk_tags_exit(struct vfe_blk *vb);
int vfe_blk_init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int i);
int vfe_blk_init_request(struct blk_mq_tag_set *set, struct request *rq,
			 unsigned int hctx_idx, vfe_node_t node);
void vfe_blk_exit_request(struct blk_mq_tag_set *set, struct request *rq,
			  unsigned int hctx_idx);
void vfe_blk_map_queues(struct blk_mq_tag_set *set);

/* --- limits.c: what the device can do --- */

#define VFE_BLK_FEATURES ( \
	BIT_ULL(VIRTIO_BLK_F_SIZE_MAX) | BIT_ULL(VIRTIO_BLK_F_SEG_MAX) | \
	BIT_ULL(VIRTIO_BLK_F_RO) | BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) | \
	BIT_ULL(VIRTIO_BLK_F_FLUSH) | BIT_ULL(VIRTIO_BLK_F_TOPOLOGY) | \
	BIT_ULL(VIRTIO_BLK_F_CONFIG_WCE) | BIT_ULL(VIRTIO_BLK_F_MQ) | \
	BIT_ULL(VIRTIO_BLK_F_DISCARD) | BIT_ULL(VIRTIO_BLK_F_WRITE_ZEROES))

int vfe_blk_read_capacity(struct vfe_blk *vb, u64 *capacity);
int vfe_blk_read_num_queues(struct vfe_blk *vb, unsigned int *num);
int vfe_blk_read_limits(struct vfe_blk *vb);
void vfe_blk_limit_segments(struct vfe_blk *vb);

/* --- control.c: resize, cache type, serial number --- */

extern const struct attribute_group *vfe_blk_groups[];

void vfe_blk_update_capacity(struct vfe_blk *vb);
void vfe_blk_config_changed(struct vfe_device *vd);
int vfe_blk_restore_cache(struct vfe_blk *vb);
int vfe_blk_forgo_cache(struct vfe_blk *vb);

/* --- recovery.c: the life of the device below the disk --- */

enum blk_eh_timer_return vfe_blk_timeout(struct request *rq);
void vfe_blk_needs_reset(struct vfe_device *vd);
void vfe_blk_recovery_init(struct vfe_blk *vb);
int vfe_blk_start(struct vfe_blk *vb);
void vfe_blk_stop(struct vfe_blk *vb);
int vfe_blk_resume(struct vfe_blk *vb);
bool vfe_blk_stopped(const struct vfe_blk *vb);
void vfe_blk_lost(struct vfe_blk *vb);
void vfe_blk_end(struct vfe_blk *vb);

static inline struct vfe_blk_queue *vfe_blk_queue_of(struct vfe_queue *vq)
{
	struct vfe_blk *vb = vfe_priv(vfe_queue_device(vq));

	return &vb->queues[vfe_queue_index(vq)];
}

#endif /* VFE_BLK_H */

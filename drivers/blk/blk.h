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
#include <linux/kthread.h>
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
 * enum vfe_blk_kind - requests of which one may take as long as another
 * @VFE_BLK_READ: reads
 * @VFE_BLK_WRITE: writes
 * @VFE_BLK_OTHER: flushes, discards and what else is rare
 * @VFE_BLK_NUM_KINDS: how many there are
 */
enum vfe_blk_kind {
	VFE_BLK_READ,
	VFE_BLK_WRITE,
	VFE_BLK_OTHER,
	VFE_BLK_NUM_KINDS
};

/**
 * struct vfe_blk_request - a request's own memory (the pdu of blk-mq)
 * @wire: what the device sees
 * @wire_dma: where the device sees it
 * @next: the next request in a list of completed ones
 * @used: bytes the device says it wrote
 * @expected: bytes of them that are in front of the status
 * @out: pieces that the device reads
 * @in: pieces that it writes
 * @nents: entries of @sg to unmap
 * @retries: device resets that it has been through
 * @kind: of which kind it is
 * @failed: what went wrong, or BLK_STS_OK; known before it is completed
 * @segs: the pieces as the ring takes them, behind the end of @sg
 * @sg: the data's pages, as the block layer lists them
 */
struct vfe_blk_request {
	struct vfe_blk_wire *wire;
	dma_addr_t wire_dma;
	struct request *next;
	u32 used;
	u32 expected;
	u16 out;
	u16 in;
	u16 nents;
	u8 retries;
	u8 kind;
	blk_status_t failed;
	struct vfe_seg *segs;
	struct scatterlist sg[];
};

/**
 * struct vfe_blk_taken - used requests on their way from the ring, or those of
 *			  a batch on their way there
 * @first: the first of a list, or NULL
 * @tail: where the next one goes
 * @n: how many there are
 * @waited_for: a request was refused for want of room that these make
 */
struct vfe_blk_taken {
	struct request *first;
	struct request **tail;
	unsigned int n;
	bool waited_for;
};

/**
 * struct vfe_blk_show - what is to be done after requests were shown
 * @taken: requests that were used meanwhile
 * @notify: the device wants to be kicked
 * @look: vfe_blk_look() is to be called
 */
struct vfe_blk_show {
	struct vfe_blk_taken taken;
	bool notify;
	bool look;
};

struct vfe_blk_watch;

/**
 * struct vfe_blk_stream - what is known of a submitter that goes on and on
 * @watches: its watch on each CPU
 * @who: the task that submitted last; never looked into
 * @slept: how often it had slept then
 * @length: times that it submitted since
 * @last: the same between its two sleeps before; 0 if others came since
 * @cpu: where the stream is
 * @on: there is a stream, and its watch will come
 * @owed: requests since a kick was put off; 0 when none is
 * @since: when the stream began, in ns
 * @when: time of the last submission, in ns
 * @late: watches in a row that came late
 * @from: no stream before, in jiffies
 * @pause: to be made after the next stream that costs time, in jiffies
 */
struct vfe_blk_stream {
	struct vfe_blk_watch __percpu *watches;
	const struct task_struct *who;
	unsigned long slept;
	u32 length;
	u32 last;
	unsigned int cpu;
	bool on;
	u16 owed;
	u8 late;
	u64 since;
	u64 when;
	unsigned long from;
	unsigned long pause;
};

struct vfe_blk_queue;

/**
 * struct vfe_blk_way - how a queue hears of completions
 * @interrupts: also by interrupts
 * @show: show the device the requests in the ring, and see to it that they are
 *	  heard of
 * @collect: take what is used, and see to it that the rest is heard of
 *
 * Both are called with the queue's lock.
 */
struct vfe_blk_way {
	bool interrupts;
	void (*show)(struct vfe_blk_queue *bq, struct vfe_blk_show *show);
	void (*collect)(struct vfe_blk_queue *bq, struct vfe_blk_taken *taken);
};

/**
 * struct vfe_blk_queue - a hardware queue
 * @lock: serialises all use of @vq, and guards all that follows @way
 * @vq: its virtqueue
 * @vb: its disk
 * @hctx: the block layer's side of it
 * @way: how it hears of completions; changes with the lock held
 * @started: the ring may be used
 * @full: the block layer was told to wait for a completion
 * @late: a request takes too long; recovery.c
 * @asked: an interrupt comes when so many more are used; 0 for none
 * @share: of the requests in the ring that one interrupt stands for, in
 *	   VFE_BLK_WHOLE parts
 * @most: that @share may become
 * @held: requests in the ring, of each kind
 * @posted: requests since the device was last shown some
 * @budget: how long a submitter may look for something used, in ns
 * @waited: how long a submitter usually waits for something to be used, in ns
 * @since: when one began to wait, in ns, or 0
 * @stream: whether one comes again and again
 * @name: for messages and the interrupt
 */
struct vfe_blk_queue {
	spinlock_t lock;	/* of the ring, see above */
	struct vfe_queue *vq;
	struct vfe_blk *vb;
	struct blk_mq_hw_ctx *hctx;
	const struct vfe_blk_way *way;
	bool started;
	bool full;
	bool late;
	u16 asked;
	u16 share;
	u16 most;
	u16 held[VFE_BLK_NUM_KINDS];
	u16 posted;
	u32 budget;
	u32 waited;
	u64 since;
	struct vfe_blk_stream stream;
	char name[16];
} ____cacheline_aligned_in_smp;

/* Shares of requests */
#define VFE_BLK_WHOLE		256
#define VFE_BLK_HALF		(VFE_BLK_WHOLE / 2)

/**
 * struct vfe_blk_tuning - what users may change while the disk runs
 * @moderation: most requests that an interrupt may stand for, in percent of
 *		those that the device has; 0 for one
 * @adaptive_poll: longest time to look for a completion after a submission,
 *		   before an interrupt is asked for, in microseconds; 0 not to
 * @streams: 1 to go without interrupts while a submitter goes on and on
 */
struct vfe_blk_tuning {
	unsigned int moderation;
	unsigned int adaptive_poll;
	unsigned int streams;
};

#define VFE_BLK_MODERATION	85	/* see flow.c */
#define VFE_BLK_MAX_ADAPTIVE_POLL	10000

/**
 * struct vfe_blk - a disk
 * @vd: its device
 * @disk: as the block layer knows it; holds the last reference to this
 * @tag_set: the block layer's requests
 * @sysfs: the counters' folder
 * @wires: a &struct vfe_blk_wire for each request comes from here
 * @queues: @num_queues of them
 * @num_queues: hardware queues
 * @num_polled: of them, the last ones, that have no interrupt
 * @tuning: what users may change; written under @control
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
 * @control: serialises changes by users; taken before @life
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
	unsigned int num_polled;
	struct vfe_blk_tuning tuning;
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
	struct mutex control;	/* by users, see above */
	struct mutex sizing;	/* of the disk, see above */
};

/* --- data.c: a request as a chain --- */

size_t vfe_blk_request_size(unsigned int max_segs);
blk_status_t vfe_blk_prepare(struct vfe_blk *vb, struct request *rq);
void vfe_blk_unmap(struct request *rq);
void vfe_blk_finish(struct vfe_blk_taken *taken, struct io_comp_batch *iob);
void vfe_blk_complete(struct request *rq);

/* --- flow.c: requests into the ring and out of it --- */

extern const struct blk_mq_ops vfe_blk_mq_ops;
extern const struct vfe_blk_way vfe_blk_interrupted;
extern const struct vfe_blk_way vfe_blk_polled;

void vfe_blk_open(struct vfe_blk_queue *bq);
void vfe_blk_done(struct vfe_queue *vq);
bool vfe_blk_reap(struct vfe_blk_queue *bq);
unsigned int vfe_blk_take(struct vfe_blk_queue *bq,
			  struct vfe_blk_taken *taken);
void vfe_blk_ask(struct vfe_blk_queue *bq, struct vfe_blk_taken *taken);
void vfe_blk_collect(struct vfe_blk_queue *bq, struct vfe_blk_taken *taken);
void vfe_blk_show_all(struct vfe_blk_queue *bq, struct vfe_blk_show *show);
void vfe_blk_finish_here(struct vfe_blk_taken *taken);

/* --- look.c: polling by who submits --- */

extern const struct vfe_blk_way vfe_blk_looking;

void vfe_blk_look(struct vfe_blk_queue *bq);

/* --- stream.c: who goes on and on --- */

extern const struct vfe_blk_way vfe_blk_streaming;

void vfe_blk_watches_init(void);
void vfe_blk_watches_exit(void);
int vfe_blk_stream_init(struct vfe_blk_queue *bq);
void vfe_blk_stream_exit(struct vfe_blk_queue *bq);
void vfe_blk_stream_reset(struct vfe_blk_queue *bq);
bool vfe_blk_stream_settle(struct vfe_blk_queue *bq);

/* --- tune.c: values that users may change --- */

extern const struct attribute_group vfe_blk_tune_group;

int vfe_blk_check_tuning(const struct vfe_blk_tuning *tuning);
void vfe_blk_tune(struct vfe_blk *vb, const struct vfe_blk_tuning *tuning);

/* --- queues.c: virtqueues and tags --- */

int vfe_blk_queues_init(struct vfe_blk *vb, unsigned int queues,
			unsigned int polled, u16 size,
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

/* A list that refers to itself: not to be copied */
static inline void vfe_blk_none_taken(struct vfe_blk_taken *taken)
{
	taken->first = NULL;
	taken->tail = &taken->first;
	taken->n = 0;
	taken->waited_for = false;
}

static inline void vfe_blk_list(struct vfe_blk_taken *taken, struct request *rq)
{
	struct vfe_blk_request *req = blk_mq_rq_to_pdu(rq);

	req->next = NULL;
	*taken->tail = rq;
	taken->tail = &req->next;
	taken->n++;
}

/* Requests that are in the ring */
static inline unsigned int vfe_blk_held(const struct vfe_blk_queue *bq)
{
	unsigned int i, n = 0;

	for (i = 0; i < VFE_BLK_NUM_KINDS; i++)
		n += bq->held[i];
	return n;
}

static inline struct vfe_blk_queue *vfe_blk_queue_of(struct vfe_queue *vq)
{
	struct vfe_blk *vb = vfe_priv(vfe_queue_device(vq));

	return &vb->queues[vfe_queue_index(vq)];
}

#endif /* VFE_BLK_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions of vfe_scsi: the host, its queues and its commands. Each
 * prototype is listed under the file that defines the function.
 */
#ifndef VFE_SCSI_H
#define VFE_SCSI_H

#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <scsi/scsi_proto.h>

#include <vfe/compat/scsi.h>
#include <vfe/device.h>
#include <vfe/io_setup.h>
#include <vfe/wire_scsi.h>

/* Upper bounds for limits of the device */
#define VFE_SCSI_MAX_SEGS	1022	/* pieces of data in one command */
#define VFE_SCSI_MAX_DEPTH	1024	/* commands in one queue */

/* The header before the data-out buffer, the response before the data-in */
#define VFE_SCSI_EXTRA_SEGS	2

/* Descriptors that need no allocation */
#define VFE_SCSI_OWN_SEGS	16
#define VFE_SCSI_OWN_DESCS	(VFE_SCSI_OWN_SEGS + VFE_SCSI_EXTRA_SEGS)

/* How often a command is sent again after resets before it fails */
#define VFE_SCSI_MAX_RETRIES	10

/* The driver presets the response to this value, which no device writes. */
#define VFE_SCSI_S_NONE		0xff

/* Longest wait for the answer to a task management function */
#define VFE_SCSI_TMF_TIMEOUT	(10 * HZ)

/* After a function has answered: for the commands it ended to come back */
#define VFE_SCSI_RETURN_TIMEOUT	(5 * HZ)

/* Longest wait for a device that a user has reset */
#define VFE_SCSI_RESET_TIMEOUT	(60 * HZ)

/*
 * How much longer a command may be in flight after it timed out while the driver
 * is being unbound. Storage that pauses for a minute goes on before.
 */
#define VFE_SCSI_LEAVE_TIMEOUT	(120 * HZ)

#define VFE_SCSI_TMFS		8	/* task management functions at a time */
#define VFE_SCSI_EVENTS		64	/* buffers of the event queue, at most */
#define VFE_SCSI_RECORDS	64	/* events not yet acted on */

/**
 * struct vfe_scsi_wire - the part of a command, except data, that the device
 * accesses
 * @request: with T10_PI
 * @plain: without
 * @response: written by the device
 * @table: preallocated indirect table of VFE_SCSI_OWN_DESCS descriptors
 */
struct vfe_scsi_wire {
	union {
		struct vfe_scsi_request_pi request;
		struct vfe_scsi_request plain;
	};
	struct vfe_scsi_response response __aligned(4);
	struct vfe_desc table[] __aligned(VFE_IO_WIRE_ALIGN);
};

/**
 * struct vfe_scsi_cmd - driver data of a command
 * @io: its descriptors: header, data-out, response, data-in
 * @id: on the wire. The upper half is different each time, so that a task
 *	management function for this command cannot reach the next command with
 *	the same tag
 * @missing: the last @id of which the device said that it does not have it
 * @left: the last @id that timed out while the driver is being unbound
 * @left_since: when it first did, in jiffies
 * @mapped: the DMA API has mapped the data
 * @pi_mapped: pieces of protection information that the DMA API has mapped
 * @retries: how often the command was sent again after a reset, if it has
 *	     &scsi_cmnd.host_scribble
 * @in_flight: the device may have it; false only after its memory was released
 * @query: it belongs to a &struct vfe_scsi_query, not to the SCSI core
 * @was_missing: the device said so twice
 */
struct vfe_scsi_cmd {
	struct vfe_io_request io;
	u64 id;
	u64 missing;
	u64 left;
	unsigned long left_since;
	bool mapped;
	u16 pi_mapped;
	u8 retries;
	bool in_flight;
	bool query;
	bool was_missing;
};

/* Memory behind a command: with either kind of DMA, see io_memory.c */
#define VFE_SCSI_BEHIND	(VFE_IO_WIRE_ALIGN - 1 + sizeof(struct vfe_scsi_wire) + \
			 VFE_SCSI_OWN_DESCS * sizeof(struct vfe_desc))

/**
 * struct vfe_scsi_queue - a request queue
 * @io: its virtqueue
 */
struct vfe_scsi_queue {
	struct vfe_io_queue io;
} ____cacheline_aligned_in_smp;

/**
 * enum vfe_scsi_tmf_state - state of a task management function
 * @VFE_SCSI_TMF_FREE: not used
 * @VFE_SCSI_TMF_SENT: the device has it, and its sender waits
 * @VFE_SCSI_TMF_LEFT: the device has it, and nobody waits
 * @VFE_SCSI_TMF_ANSWERED: it has an answer for its sender
 * @VFE_SCSI_TMF_LOST: the device was reset before it answered
 */
enum vfe_scsi_tmf_state {
	VFE_SCSI_TMF_FREE,
	VFE_SCSI_TMF_SENT,
	VFE_SCSI_TMF_LEFT,
	VFE_SCSI_TMF_ANSWERED,
	VFE_SCSI_TMF_LOST,
};

/**
 * struct vfe_scsi_tmf_wire - memory of a function that the device accesses
 * @request: read by the device
 * @response: written by the device
 */
struct vfe_scsi_tmf_wire {
	struct vfe_scsi_tmf_request request;
	struct vfe_scsi_tmf_response response;
} __aligned(64);

/**
 * struct vfe_scsi_tmf - a task management function
 * @state: see enum vfe_scsi_tmf_state
 * @response: the device's answer, VFE_SCSI_S_NONE if it wrote none
 * @sent: when it was sent, in jiffies
 * @completions: how much the device had completed by then
 * @runs: it is overdue, and the device has completed something else meanwhile
 * @runs_since: when a timeout first found that, in jiffies; @completions is of
 *		that time then
 * @target: to which it is
 * @id: the command that it concerns
 * @wire: its memory
 * @dma: the device's address of @wire
 */
struct vfe_scsi_tmf {
	enum vfe_scsi_tmf_state state;
	u8 response;
	unsigned long sent;
	u64 completions;
	bool runs;
	unsigned long runs_since;
	unsigned int target;
	u64 id;
	struct vfe_scsi_tmf_wire *wire;
	dma_addr_t dma;
};

/**
 * struct vfe_scsi_control - the control queue
 * @lock: serialises all use of @vq, and protects the other members
 * @vq: the virtqueue
 * @open: functions may be added
 * @wait: senders wait here for answers
 * @tmfs: the functions
 * @ask: the function by which the driver asks whether the device is alive, or
 *	 NULL
 * @missing: the command of which the device said, in answer to @ask, that it
 *	     does not have it; 0 once that is noted at the command
 * @wire: memory of all functions
 * @dma: the device's address of it
 */
struct vfe_scsi_control {
	spinlock_t lock;	/* of the queue, see above */
	struct vfe_queue *vq;
	bool open;
	wait_queue_head_t wait;
	struct vfe_scsi_tmf tmfs[VFE_SCSI_TMFS];
	struct vfe_scsi_tmf *ask;
	u64 missing;
	struct vfe_scsi_tmf_wire *wire;
	dma_addr_t dma;
};

/**
 * struct vfe_scsi_record - an event of the device
 * @event: VIRTIO_SCSI_T_*
 * @reason: depends on @event
 * @target: of the unit
 * @unit: its number
 * @valid: the event has the address of a unit
 */
struct vfe_scsi_record {
	u32 event;
	u32 reason;
	unsigned int target;
	unsigned int unit;
	bool valid;
};

/**
 * struct vfe_scsi_events - the event queue, and the work that events cause
 * @lock: serialises all use of @vq, and protects the members up to @due,
 *	  @rescanned, and @ended
 * @vq: the virtqueue
 * @open: buffers may be added
 * @records: events not yet acted on, a ring of VFE_SCSI_RECORDS
 * @first: index of the oldest
 * @num: number of them
 * @missed: events may have been lost: check all units, and their properties
 * @now: targets to check at once
 * @later: targets to check soon
 * @doubted: targets of which the device said once that known units are missing,
 *	     without saying which units there are: a second check comes soon, and
 *	     no other one before
 * @sure: of the targets in @now, those for which that is the second check
 * @rescan: targets whose units' drivers read their properties again, once the
 *	    device has said which units there are
 * @due: @act checks the targets in @later and @doubted, too
 * @buffers: memory of the buffers
 * @dma: the device's address of it
 * @size: of a buffer
 * @num_buffers: number of buffers
 * @refill: takes used buffers and adds them again; never waits
 * @act: acts on the events
 * @act_later: sets @due, and starts @act
 * @rescans: where drivers of units read their properties again
 * @rescanned: the units for which they do
 * @ended: @act and @act_later are not scheduled any more
 */
struct vfe_scsi_events {
	spinlock_t lock;	/* of the queue, see above */
	struct vfe_queue *vq;
	bool open;
	struct vfe_scsi_record records[VFE_SCSI_RECORDS];
	unsigned int first;
	unsigned int num;
	bool missed;
	DECLARE_BITMAP(now, VFE_SCSI_MAX_TARGETS);
	DECLARE_BITMAP(later, VFE_SCSI_MAX_TARGETS);
	DECLARE_BITMAP(doubted, VFE_SCSI_MAX_TARGETS);
	DECLARE_BITMAP(sure, VFE_SCSI_MAX_TARGETS);
	DECLARE_BITMAP(rescan, VFE_SCSI_MAX_TARGETS);
	bool due;
	void *buffers;
	dma_addr_t dma;
	unsigned int size;
	unsigned int num_buffers;
	struct work_struct refill;
	struct work_struct act;
	struct delayed_work act_later;
	struct workqueue_struct *rescans;
	struct list_head rescanned;
	bool ended;
};

/**
 * struct vfe_scsi_query - a command of the driver itself, for units that the
 * SCSI core may not know
 * @cmd: the command, its memory behind this structure
 * @done: it has ended
 * @data: the data-in buffer
 * @dma: the device's address of @data
 * @size: of @data
 * @err: 0, or why the device did not execute it
 * @response: VIRTIO_SCSI_S_*
 * @status: of SAM
 * @residual: bytes that the device did not write, as it says
 * @behind: memory of @cmd
 */
struct vfe_scsi_query {
	struct vfe_scsi_cmd cmd;
	struct completion done;
	void *data;
	dma_addr_t dma;
	size_t size;
	int err;
	u8 response;
	u8 status;
	u32 residual;
	u8 behind[VFE_SCSI_BEHIND];
};

/**
 * struct vfe_scsi_limits - limits of the device
 * @segs: pieces of data in a command
 * @pi_segs: pieces of protection information in a command
 * @max_sectors: of 512 bytes, in a command
 * @cmd_per_lun: commands to a unit at a time
 * @event_size: bytes of an event
 * @targets: number of targets
 * @units: number of units of a target
 */
struct vfe_scsi_limits {
	unsigned int segs;
	unsigned int pi_segs;
	unsigned int max_sectors;
	unsigned int cmd_per_lun;
	unsigned int event_size;
	unsigned int targets;
	unsigned int units;
};

/**
 * struct vfe_scsi - a host
 * @io: data that its request queues share, and its recovery
 * @vd: its device
 * @shost: the SCSI core's structure
 * @sysfs: the directory with the counters
 * @stats: event counts of @vd
 * @format: format of indirect tables
 * @pi: T10_PI was negotiated
 * @limits: limits of the device
 * @queues: the request queues
 * @share: number of @queues
 * @control: the control queue
 * @events: the event queue
 * @query: the driver's own command
 * @present: units of a target that the device reports
 * @flat: of them, those with flat space addressing
 * @known: units of a target that the SCSI core has
 * @failed: targets that failed REPORT LUNS, and that the SCSI core has scanned
 *	    because of that
 * @scanning: units may be added and removed by events: the scan of the new host
 *	      has ended, if there is one
 * @manual: the SCSI core did not scan the new host, because the user wants to
 * @leaving: the driver is being unbound: check no more units
 * @abandon: fails all commands, because one did not end while it is
 * @hold_lock: protects @holds
 * @holds: reasons for which the SCSI core may send no commands
 * @odd: bits VFE_SCSI_ODD_*: the log has a line about this
 */
struct vfe_scsi {
	struct vfe_io io;
	struct vfe_device *vd;
	struct Scsi_Host *shost;
	struct vfe_sysfs *sysfs;
	struct vfe_stats *stats;
	struct vfe_table_format format;
	bool pi;
	struct vfe_scsi_limits limits;
	struct vfe_scsi_queue *queues;
	struct vfe_io_share share;
	struct vfe_scsi_control control;
	struct vfe_scsi_events events;
	struct vfe_scsi_query *query;
	unsigned long *present;
	unsigned long *flat;
	unsigned long *known;
	DECLARE_BITMAP(failed, VFE_SCSI_MAX_TARGETS);
	bool scanning;
	bool manual;
	bool leaving;
	struct work_struct abandon;
	struct mutex hold_lock;	/* of @holds, see above */
	unsigned long holds;
	unsigned long odd;
};

/**
 * struct vfe_scsi_link - from the SCSI core's structure to the host
 * @vs: the host, which that structure may outlive
 * @users: held for reading by callers for which scsi_remove_host() does not
 *	   wait: a reset that a user asks for, and an asynchronous scan
 * @closed: these must not use @vs any more
 */
struct vfe_scsi_link {
	struct vfe_scsi *vs;
	struct rw_semaphore users;
	bool closed;
};

/**
 * struct vfe_scsi_check - a check of which units targets have
 * @targets: the targets
 * @sure: of them, those in &vfe_scsi_events.sure
 * @done: of them, those of which the device has said it
 */
struct vfe_scsi_check {
	DECLARE_BITMAP(targets, VFE_SCSI_MAX_TARGETS);
	DECLARE_BITMAP(sure, VFE_SCSI_MAX_TARGETS);
	DECLARE_BITMAP(done, VFE_SCSI_MAX_TARGETS);
};

/* Bits of &vfe_scsi.odd */
#define VFE_SCSI_ODD_RESPONSE	0	/* a response without a meaning */
#define VFE_SCSI_ODD_RESIDUAL	1	/* larger than the transfer */
#define VFE_SCSI_ODD_SENSE	2	/* longer than its buffer */
#define VFE_SCSI_ODD_EVENT	3	/* an event without a meaning */
#define VFE_SCSI_ODD_UNITS	4	/* REPORT LUNS does not work */

/* Bits of &vfe_scsi.holds */
#define VFE_SCSI_HOLD_DRAIN	0	/* until no command is in flight */
#define VFE_SCSI_HOLD_HALT	1	/* the device is being reset, or stopped */

/* --- main.c: the module and its parameters --- */

extern struct vfe_io_params vfe_scsi_params;

/* --- host.c: the SCSI core's structure --- */

struct Scsi_Host *vfe_scsi_host_alloc(struct vfe_scsi *vs);
int vfe_scsi_host_add(struct vfe_scsi *vs);
void vfe_scsi_host_close(struct vfe_scsi *vs);
bool vfe_scsi_host_enter(struct Scsi_Host *shost);
void vfe_scsi_host_leave(struct Scsi_Host *shost);

/* The commands in flight to a unit, a target (@unit < 0) or all (@target < 0) */
unsigned int vfe_scsi_in_flight(struct vfe_scsi *vs, int target, s64 lun);

/* --- config.c: limits of the device --- */

#define VFE_SCSI_FEATURES ( \
	BIT_ULL(VIRTIO_SCSI_F_HOTPLUG) | BIT_ULL(VIRTIO_SCSI_F_CHANGE) | \
	(IS_ENABLED(CONFIG_BLK_DEV_INTEGRITY) ? \
	 BIT_ULL(VIRTIO_SCSI_F_T10_PI) : 0))

int vfe_scsi_read_limits(struct vfe_scsi *vs);
int vfe_scsi_read_num_queues(struct vfe_scsi *vs, unsigned int *num);
void vfe_scsi_limit_segments(struct vfe_scsi *vs);
int vfe_scsi_set_sizes(struct vfe_device *vd);

/* --- queue_setup.c: virtqueues --- */

int vfe_scsi_queues_init(struct vfe_scsi *vs,
			 const struct vfe_io_params *params);
void vfe_scsi_queues_exit(struct vfe_scsi *vs);
int vfe_scsi_memory_init(struct vfe_scsi *vs);

/* --- request.c: build the chain of a command, add it to the ring --- */

vfe_qc_t vfe_scsi_queuecommand(struct Scsi_Host *shost, struct scsi_cmnd *sc);
void vfe_scsi_commit_rqs(struct Scsi_Host *shost, u16 hwq);
void vfe_scsi_prepare_query(struct vfe_scsi *vs, struct vfe_scsi_query *query,
			    unsigned int target, unsigned int unit,
			    const u8 *cdb, unsigned int cdb_len);
void vfe_scsi_release_held(struct vfe_scsi *vs, struct vfe_scsi_queue *sq,
			   struct scsi_cmnd *sc);

/*
 * Releases allocations and mappings of a command that the device no longer has.
 * Any context
 */
static inline void vfe_scsi_release(struct vfe_scsi *vs,
				    struct vfe_scsi_queue *sq,
				    struct scsi_cmnd *sc)
{
	const struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);

	if (unlikely(cmd->io.held))
		vfe_scsi_release_held(vs, sq, sc);
}

/* --- complete.c: reap commands that the device used, complete them --- */

extern const struct vfe_io_ops vfe_scsi_io_ops;

int vfe_scsi_poll(struct Scsi_Host *shost, unsigned int queue);
void vfe_scsi_irq(struct vfe_queue *vq);
void vfe_scsi_reap_all(struct vfe_scsi *vs);
void vfe_scsi_odd(struct vfe_scsi *vs, unsigned int bit, const char *what,
		  u32 value);

/* --- control.c: task management functions --- */

int vfe_scsi_control_init(struct vfe_scsi *vs);
void vfe_scsi_control_exit(struct vfe_scsi *vs);
void vfe_scsi_control_irq(struct vfe_queue *vq);
void vfe_scsi_control_open(struct vfe_scsi *vs);
void vfe_scsi_control_close(struct vfe_scsi *vs);
void vfe_scsi_control_take_back(struct vfe_scsi *vs);
bool vfe_scsi_tmf(struct vfe_scsi *vs, u32 function, unsigned int target,
		  u64 lun, u64 id);
bool vfe_scsi_alive(struct vfe_scsi *vs, struct scsi_cmnd *sc,
		    unsigned int seconds);

/* --- error.c: timeouts and the error handler --- */

void vfe_scsi_abandon_work(struct work_struct *work);
enum vfe_timeout_action vfe_scsi_timed_out(struct scsi_cmnd *sc);
int vfe_scsi_eh_abort(struct scsi_cmnd *sc);
int vfe_scsi_eh_unit_reset(struct scsi_cmnd *sc);
int vfe_scsi_eh_target_reset(struct scsi_cmnd *sc);
int vfe_scsi_eh_host_reset(struct scsi_cmnd *sc);

/* --- events.c: the event queue --- */

int vfe_scsi_events_init(struct vfe_scsi *vs);
void vfe_scsi_events_stop(struct vfe_scsi *vs);
void vfe_scsi_events_exit(struct vfe_scsi *vs);
void vfe_scsi_events_irq(struct vfe_queue *vq);
void vfe_scsi_events_open(struct vfe_scsi *vs);
void vfe_scsi_events_close(struct vfe_scsi *vs);
void vfe_scsi_events_take_back(struct vfe_scsi *vs);
void vfe_scsi_events_begin(struct vfe_scsi *vs);
void vfe_scsi_check_all(struct vfe_scsi *vs);
void vfe_scsi_check_twice(struct vfe_scsi *vs, unsigned int target);

/* --- units.c: add and remove units as the device reports them --- */

int vfe_scsi_units_init(struct vfe_scsi *vs);
void vfe_scsi_units_exit(struct vfe_scsi *vs);
bool vfe_scsi_reconcile(struct vfe_scsi *vs, struct vfe_scsi_check *check);
void vfe_scsi_add_unit(struct vfe_scsi *vs, unsigned int target,
		       unsigned int unit);
void vfe_scsi_remove_unit(struct vfe_scsi *vs, unsigned int target,
			  unsigned int unit);
void vfe_scsi_rescan_unit(struct vfe_scsi *vs, unsigned int target,
			  unsigned int unit);
void vfe_scsi_rescan_targets(struct vfe_scsi *vs, const unsigned long *targets);

/* --- query.c: commands of the driver itself --- */

int vfe_scsi_query_init(struct vfe_scsi *vs);
void vfe_scsi_query_exit(struct vfe_scsi *vs);
int vfe_scsi_query_room(struct vfe_scsi *vs, size_t size);
int vfe_scsi_query(struct vfe_scsi *vs, unsigned int target, unsigned int unit,
		   const u8 *cdb, unsigned int cdb_len);
void vfe_scsi_query_done(struct vfe_scsi_query *query, int err);

/* --- recovery.c: commands while the core resets or stops the device --- */

extern const struct vfe_recovery_ops vfe_scsi_recovery_ops;

void vfe_scsi_needs_reset(struct vfe_device *vd);
void vfe_scsi_detach(struct vfe_scsi *vs);

/* --- counters.c --- */

/**
 * struct vfe_scsi_counts - counters of a host, one set per CPU
 * @io: those of its queues
 * @tmfs: task management functions sent
 * @tmfs_unanswered: of them, not answered in time
 * @extended: times that a command got more time because the device answered
 * @events: events of the device
 * @events_missed: times that events were lost
 * @odd_answers: fields of responses and events that cannot be right
 */
struct vfe_scsi_counts {
	struct vfe_io_counts io;
	u64 tmfs;
	u64 tmfs_unanswered;
	u64 extended;
	u64 events;
	u64 events_missed;
	u64 odd_answers;
};

extern const struct vfe_class_counters vfe_scsi_counters;

#define vfe_scsi_count(vs, event) \
	vfe_class_count((vs)->stats, struct vfe_scsi_counts, event)

static inline struct vfe_scsi *vfe_scsi_of(struct Scsi_Host *shost)
{
	return ((struct vfe_scsi_link *)shost_priv(shost))->vs;
}

/* While it is not, a recovery has or takes all commands back. */
static inline bool vfe_scsi_live(const struct vfe_scsi *vs)
{
	return vfe_recovery_state(&vs->io.recovery) == VFE_RUN_LIVE;
}

static inline struct vfe_scsi_cmd *vfe_scsi_token(struct vfe_token *token)
{
	return container_of(token, struct vfe_scsi_cmd, io.token);
}

/* The command that driver data belongs to */
static inline struct scsi_cmnd *vfe_scsi_cmnd(struct vfe_scsi_cmd *cmd)
{
	return (struct scsi_cmnd *)cmd - 1;
}

static inline struct vfe_scsi_query *vfe_scsi_query_of(struct vfe_scsi_cmd *cmd)
{
	return container_of(cmd, struct vfe_scsi_query, cmd);
}

static inline struct vfe_scsi_queue *vfe_scsi_queue_of(struct vfe_io_queue *ioq)
{
	return container_of(ioq, struct vfe_scsi_queue, io);
}

static inline struct vfe_scsi *vfe_scsi_of_queue(const struct vfe_scsi_queue *sq)
{
	return container_of(sq->io.io, struct vfe_scsi, io);
}

static inline struct vfe_scsi_wire *vfe_scsi_wire(const struct vfe_scsi_cmd *cmd)
{
	return cmd->io.wire;
}

/*
 * May the device, or a completion, still use a command? If not, what the
 * completion wrote is visible: the result and the released memory to the error
 * handler, which may send the command again, and a query's answer to its sender.
 */
static inline bool vfe_scsi_cmd_in_flight(const struct vfe_scsi_cmd *cmd)
{
	/* pairs with vfe_scsi_cmd_ended() */
	return smp_load_acquire(&cmd->in_flight);
}

/* The device has no access any more; all that a completion writes is written. */
static inline void vfe_scsi_cmd_ended(struct vfe_scsi_cmd *cmd)
{
	/* pairs with vfe_scsi_cmd_in_flight() */
	smp_store_release(&cmd->in_flight, false);
}

/*
 * By this command the error handler asks whether a unit works, and waits 10 s for
 * the answer before it resets more. While the device is away, the driver says yes
 * at once: commands may be sent, and wait until it is back.
 */
static inline bool vfe_scsi_is_test(const struct scsi_cmnd *sc)
{
	return sc->submitter == SUBMITTED_BY_SCSI_ERROR_HANDLER &&
	       sc->cmnd[0] == TEST_UNIT_READY;
}

/* The queue in a tag of blk_mq_unique_tag() */
static inline struct vfe_scsi_queue *vfe_scsi_queue_at(struct vfe_scsi *vs,
						       u32 tag)
{
	return &vs->queues[blk_mq_unique_tag_to_hwq(tag)];
}

/* The queue of a command */
static inline struct vfe_scsi_queue *vfe_scsi_pick(struct vfe_scsi *vs,
						   struct scsi_cmnd *sc)
{
	return vfe_scsi_queue_at(vs, blk_mq_unique_tag(scsi_cmd_to_rq(sc)));
}

/*
 * The number of a unit: the SCSI core has the address method of REPORT LUNS in
 * the LUN, 0x4000 for flat space addressing.
 */
static inline unsigned int vfe_scsi_unit(u64 lun)
{
	return lun & (VFE_SCSI_MAX_UNITS - 1);
}

#endif /* VFE_SCSI_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions for the control queue of vfe_net: commands, their contents, and
 * the slots whose memory the device reads and writes.
 */
#ifndef VFE_NET_CTRL_H
#define VFE_NET_CTRL_H

#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <vfe/wire_net.h>

struct vfe_net;
struct vfe_queue;
struct vfe_seg;

#define VFE_NET_CTRL_SEGS	5	/* header, two of data, ack, reply */
#define VFE_NET_CTRL_SLOTS	4	/* most commands that the device has */
#define VFE_NET_SLOT_SIZE	4096	/* bytes of memory of a slot */
#define VFE_NET_SLOT_HEADER	6	/* offset of a command's header */
#define VFE_NET_SLOT_DATA	8	/* offset of its data */
/* Most bytes of data and reply of a command */
#define VFE_NET_COMMAND_ROOM	(VFE_NET_SLOT_SIZE - VFE_NET_SLOT_DATA - 1)

#define VFE_NET_CTRL_TIMEOUT	(3 * HZ)	/* of a series of commands */
#define VFE_NET_CTRL_PAUSE	(10 * HZ)	/* between tries, if silent */
#define VFE_NET_CTRL_PATIENCE	(60 * HZ)	/* until a recovery, if silent */

/**
 * struct vfe_net_command - a command for the device
 * @class: VIRTIO_NET_CTRL_*
 * @cmd: VIRTIO_NET_CTRL_*_*
 * @len: bytes of each part of the data
 * @reply_len: bytes that the device may write after the acknowledgment
 * @data: the data, in one or two parts, copied by vfe_net_ctrl_send()
 * @reply: where to copy the reply to
 *
 * Each part has a descriptor of its own: some devices expect the framing that
 * virtio_net uses (virtio 1.4, 2.7.4 allows any).
 */
struct vfe_net_command {
	u8 class;
	u8 cmd;
	u16 len[2];
	u16 reply_len;
	const void *data[2];
	void *reply;
};

/**
 * enum vfe_net_slot_state - who may use the memory of a slot
 * @VFE_NET_SLOT_FREE: the driver; no command uses the slot
 * @VFE_NET_SLOT_SENT: the device; the sender waits for its answer
 * @VFE_NET_SLOT_ANSWERED: the driver; the sender has not read the answer yet
 * @VFE_NET_SLOT_TAKEN: the driver: a reset took the command back, and its
 *			sender has not noticed yet
 * @VFE_NET_SLOT_LATE: the device, until it answers or is reset; the sender no
 *		       longer waits
 */
enum vfe_net_slot_state {
	VFE_NET_SLOT_FREE,
	VFE_NET_SLOT_SENT,
	VFE_NET_SLOT_ANSWERED,
	VFE_NET_SLOT_TAKEN,
	VFE_NET_SLOT_LATE,
};

/**
 * struct vfe_net_slot - a command that the device has
 * @state: see above
 * @ack: offset of the acknowledgment in @memory; the reply follows
 * @memory: VFE_NET_SLOT_SIZE bytes, shared with the device
 * @dma: the device's address of @memory
 */
struct vfe_net_slot {
	enum vfe_net_slot_state state;
	unsigned int ack;
	u8 *memory;
	dma_addr_t dma;
};

/**
 * struct vfe_net_ctrl_counts - counts of the control queue
 * @commands: commands given to the device
 * @refused: commands that it did not acknowledge with VIRTIO_NET_OK
 * @timeouts: commands whose answer did not come in time
 * @late: answers that came later
 * @failed: commands that were not sent because the queue was silent
 */
struct vfe_net_ctrl_counts {
	u64 commands;
	u64 refused;
	u64 timeouts;
	u64 late;
	u64 failed;
};

/**
 * struct vfe_net_ctrl - the control queue
 * @vn: the network device
 * @vq: the virtqueue
 * @mutex: held by the sender of a series of commands
 * @deadline: the series ends then, in jiffies
 * @patient: the last command of the series may take longer
 * @qstats_deadline: that of a dump of the queues' statistics, see qstats.c
 * @timeout: longest wait of a series, in jiffies
 * @pause: a silent queue is tried again after this time, in jiffies
 * @patience: a device that is silent for this time is reset, in jiffies
 * @lock: serialises the calls on @vq, and protects the fields that follow
 * @open: commands may be added
 * @silent: the answer to the last command did not come in time
 * @retry: while silent, commands fail at once until then, in jiffies
 * @reset_tried: the device was reset because it was silent, and has not
 *		 answered since
 * @moved: packets moved when the queue became silent
 * @slots: see above
 * @counts: see above
 * @wait: a sender waits for its slot
 * @memory: of all slots
 * @dma: the device's address of @memory
 * @came_back: a late answer came: replay what users set
 * @watch: looks at a queue that is silent for @patience
 */
struct vfe_net_ctrl {
	struct vfe_net *vn;
	struct vfe_queue *vq;
	struct mutex mutex;	/* series of commands, see above */
	unsigned long deadline;
	bool patient;
	unsigned long qstats_deadline;
	unsigned long timeout;
	unsigned long pause;
	unsigned long patience;
	spinlock_t lock;	/* see above */
	bool open;
	bool silent;
	unsigned long retry;
	bool reset_tried;
	u64 moved;
	struct vfe_net_slot slots[VFE_NET_CTRL_SLOTS];
	struct vfe_net_ctrl_counts counts;
	wait_queue_head_t wait;
	u8 *memory;
	dma_addr_t dma;
	struct work_struct came_back;
	struct delayed_work watch;
};

/**
 * vfe_net_ctrl_begin() - begin a series of commands
 * @vn: the network device; it may lack a control queue
 *
 * All commands until vfe_net_ctrl_end() share one bound in time, because the
 * caller may hold rtnl.
 *
 * Context: process context, may sleep.
 */
void vfe_net_ctrl_begin(struct vfe_net *vn);

/*
 * The same, but each command that is sent until then may take as long as a
 * series. A device that is slow, but answers, never answers too late: so a
 * series that work items repeat sends something each time, and ends.
 */
void vfe_net_ctrl_begin_patiently(struct vfe_net *vn);
void vfe_net_ctrl_end(struct vfe_net *vn);

/**
 * vfe_net_ctrl_send() - send a command and wait for the answer
 * @vn: the network device, in a series
 * @cmd: the command
 *
 * Return: 0, the device acknowledged the command; -EINVAL it refused it; -EIO
 * its acknowledgment is neither of both, or it broke the queue; -ETIMEDOUT no
 * answer came in time, or the queue is silent; -ESHUTDOWN the device is stopped
 * or about to be reset: the caller's state is replayed later; -EMSGSIZE the
 * command is larger than VFE_NET_COMMAND_ROOM; -EOPNOTSUPP there is no control
 * queue.
 */
int vfe_net_ctrl_send(struct vfe_net *vn, const struct vfe_net_command *cmd);

/* Did this error of vfe_net_ctrl_send() leave the command's effect open? */
static inline bool vfe_net_ctrl_unanswered(int err)
{
	return err == -ETIMEDOUT || err == -ESHUTDOWN;
}

/**
 * vfe_net_slot_build() - write a command into the memory of a slot
 * @slot: the slot
 * @cmd: the command, which is not too large
 * @segs: set to the segments, VFE_NET_CTRL_SEGS at most
 * @out: set to the number of segments that the device reads
 *
 * Return: the number of segments.
 */
unsigned int vfe_net_slot_build(struct vfe_net_slot *slot,
				const struct vfe_net_command *cmd,
				struct vfe_seg *segs, unsigned int *out);

/* for struct vfe_queue_spec, whose @priv is the struct vfe_net */
void vfe_net_ctrl_irq(struct vfe_queue *vq);

#endif /* VFE_NET_CTRL_H */

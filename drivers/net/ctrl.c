// SPDX-License-Identifier: GPL-2.0
/*
 * The control queue (virtio 1.4, 5.1.9.5). A sender sleeps until the device
 * answers, for a bounded time: it may hold rtnl. The memory of a command is its
 * slot's, and stays the device's until it answers or is reset, even if the
 * sender no longer waits. While the device is silent, commands fail at once;
 * when it answers after all, what users set is replayed.
 */
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "ctrl.h"
#include "net.h"

#define VFE_NET_CTRL_SLICE	(HZ / 50 ?: 1)	/* between looks at the ring */
#define VFE_NET_NO_ACK		0xff		/* no device writes this */

/* --- slots --- */

/*
 * Reaps answers. After a late one, its sender does not know what the device has;
 * after one that ends a silence, nor do the senders of the commands that failed
 * at once: all settings are sent again. @lock is held.
 */
static void vfe_net_ctrl_reap(struct vfe_net_ctrl *c)
{
	struct vfe_net_slot *slot;
	bool late = false;
	u32 len;

	/*
	 * the acknowledgment decides, not the used length: that of some
	 * devices is wrong
	 */
	while ((slot = vfe_queue_get(c->vq, &len))) {
		if (slot->state == VFE_NET_SLOT_LATE) {
			slot->state = VFE_NET_SLOT_FREE;
			c->counts.late++;
			late = true;
		} else {
			WRITE_ONCE(slot->state, VFE_NET_SLOT_ANSWERED);
		}
		late |= c->silent;
		WRITE_ONCE(c->silent, false);
		c->reset_tried = false;
	}
	if (late)
		queue_work(system_long_wq, &c->came_back);
	wake_up(&c->wait);
}

void vfe_net_ctrl_irq(struct vfe_queue *vq)
{
	struct vfe_net *vn = vfe_queue_priv(vq);
	struct vfe_net_ctrl *c = vn->ctrl;
	unsigned long flags;

	/* a device may interrupt before it gets a command */
	if (!c)
		return;
	spin_lock_irqsave(&c->lock, flags);
	do {
		vfe_net_ctrl_reap(c);
	} while (!vfe_queue_enable_cb(vq));
	spin_unlock_irqrestore(&c->lock, flags);
}

static struct vfe_net_slot *vfe_net_ctrl_free_slot(struct vfe_net_ctrl *c)
{
	unsigned int i;

	for (i = 0; i < VFE_NET_CTRL_SLOTS; i++)
		if (c->slots[i].state == VFE_NET_SLOT_FREE)
			return &c->slots[i];
	return NULL;
}

/* --- a command --- */

static struct vfe_seg vfe_net_slot_seg(const struct vfe_net_slot *slot,
				       unsigned int offset, unsigned int len)
{
	return (struct vfe_seg){ .addr = slot->dma + offset, .len = len };
}

unsigned int vfe_net_slot_build(struct vfe_net_slot *slot,
				const struct vfe_net_command *cmd,
				struct vfe_seg *segs, unsigned int *out)
{
	struct virtio_net_ctrl_hdr hdr = { .class = cmd->class,
					   .cmd = cmd->cmd };
	unsigned int at = VFE_NET_SLOT_DATA;
	unsigned int i, n = 0;

	memcpy(slot->memory + VFE_NET_SLOT_HEADER, &hdr, sizeof(hdr));
	segs[n++] = vfe_net_slot_seg(slot, VFE_NET_SLOT_HEADER, sizeof(hdr));
	for (i = 0; i < ARRAY_SIZE(cmd->data); i++) {
		if (!cmd->len[i])
			continue;
		memcpy(slot->memory + at, cmd->data[i], cmd->len[i]);
		segs[n++] = vfe_net_slot_seg(slot, at, cmd->len[i]);
		at += cmd->len[i];
	}
	*out = n;
	slot->ack = at;
	slot->memory[at] = VFE_NET_NO_ACK;
	segs[n++] = vfe_net_slot_seg(slot, at, 1);
	if (cmd->reply_len) {
		memset(slot->memory + at + 1, 0, cmd->reply_len);
		segs[n++] = vfe_net_slot_seg(slot, at + 1, cmd->reply_len);
	}
	return n;
}

static bool vfe_net_ctrl_fits(const struct vfe_net_command *cmd)
{
	return (unsigned int)cmd->len[0] + cmd->len[1] + cmd->reply_len <=
	       VFE_NET_COMMAND_ROOM;
}

/* Why can no command be sent now? 0 if one can. @lock is held. */
static int vfe_net_ctrl_refuses(struct vfe_net_ctrl *c)
{
	if (!c->open || vfe_queue_broken(c->vq) || vfe_gone(c->vn->vd))
		return -ESHUTDOWN;
	if (!c->silent || time_after_eq(jiffies, c->retry))
		return time_after_eq(jiffies, c->deadline) ? -ETIMEDOUT : 0;
	c->counts.failed++;
	return -ETIMEDOUT;
}

/* Gives a command to the device. @lock is held. */
static int vfe_net_ctrl_add(struct vfe_net_ctrl *c, struct vfe_net_slot *slot,
			    const struct vfe_net_command *cmd)
{
	struct vfe_seg segs[VFE_NET_CTRL_SEGS];
	unsigned int out;
	unsigned int n = vfe_net_slot_build(slot, cmd, segs, &out);
	int err = vfe_queue_add(c->vq, segs, out, n - out, slot);

	/* the ring is full of commands that the device has not answered */
	if (err == -ENOSPC)
		return -ETIMEDOUT;
	if (err)
		return -EIO;
	WRITE_ONCE(slot->state, VFE_NET_SLOT_SENT);
	c->counts.commands++;
	/* within the lock: nothing is written after vfe_net_ctrl_close() */
	if (vfe_queue_kick_prepare(c->vq))
		vfe_queue_notify(c->vq);
	return 0;
}

static struct vfe_net_slot *vfe_net_ctrl_start(struct vfe_net_ctrl *c,
					       const struct vfe_net_command *cmd)
{
	struct vfe_net_slot *slot;
	int err;

	if (!vfe_net_ctrl_fits(cmd))
		return ERR_PTR(-EMSGSIZE);
	spin_lock_irq(&c->lock);
	err = vfe_net_ctrl_refuses(c);
	slot = vfe_net_ctrl_free_slot(c);
	if (!err)
		err = slot ? vfe_net_ctrl_add(c, slot, cmd) : -ETIMEDOUT;
	spin_unlock_irq(&c->lock);
	return err ? ERR_PTR(err) : slot;
}

static bool vfe_net_ctrl_settled(struct vfe_net_ctrl *c,
				 struct vfe_net_slot *slot)
{
	return READ_ONCE(slot->state) != VFE_NET_SLOT_SENT ||
	       !READ_ONCE(c->open) || vfe_queue_broken(c->vq) ||
	       vfe_gone(c->vn->vd);
}

/* Reaps an answer whose interrupt was lost; notifies the device once more. */
static void vfe_net_ctrl_look(struct vfe_net_ctrl *c, bool again)
{
	spin_lock_irq(&c->lock);
	vfe_net_ctrl_reap(c);
	if (again && c->open)
		vfe_queue_notify(c->vq);
	spin_unlock_irq(&c->lock);
}

/* Sleeps until the answer or the deadline. A device may miss a notification. */
static void vfe_net_ctrl_wait(struct vfe_net_ctrl *c, struct vfe_net_slot *slot)
{
	unsigned long end = c->patient ? jiffies + c->timeout : c->deadline;
	unsigned long half = jiffies + (end - jiffies) / 2;
	bool notified = false, again;

	while (!wait_event_timeout(c->wait, vfe_net_ctrl_settled(c, slot),
				   VFE_NET_CTRL_SLICE)) {
		again = !notified && time_after_eq(jiffies, half);
		vfe_net_ctrl_look(c, again);
		notified |= again;
		if (time_after_eq(jiffies, end))
			return;
	}
}

/* --- the answer --- */

/* The device may write at any time: each byte is read once. */
static int vfe_net_ctrl_result(struct vfe_net_ctrl *c,
			       const struct vfe_net_slot *slot,
			       const struct vfe_net_command *cmd)
{
	u8 ack = READ_ONCE(slot->memory[slot->ack]);

	if (ack == VIRTIO_NET_OK) {
		if (cmd->reply_len)
			memcpy(cmd->reply, slot->memory + slot->ack + 1,
			       cmd->reply_len);
		return 0;
	}
	c->counts.refused++;
	if (ack == VIRTIO_NET_ERR)
		return -EINVAL;
	netdev_warn_once(c->vn->netdev,
			 "the device answered command %u of class %u with %u, which is neither 0 nor 1\n",
			 cmd->cmd, cmd->class, ack);
	return -EIO;
}

/*
 * The device keeps the slot. Other commands would only wait, too: they fail at
 * once, for a while. @lock is held.
 */
static int vfe_net_ctrl_give_up(struct vfe_net_ctrl *c,
				struct vfe_net_slot *slot)
{
	slot->state = VFE_NET_SLOT_LATE;
	if (!c->open || vfe_queue_broken(c->vq) || vfe_gone(c->vn->vd))
		return -ESHUTDOWN;
	c->counts.timeouts++;
	WRITE_ONCE(c->silent, true);
	c->retry = jiffies + c->pause;
	return -ETIMEDOUT;
}

/*
 * A command got no answer in time. The device may stand still as a whole: so
 * read none of its registers, see vfe_net_may_stand_still().
 */
static void vfe_net_ctrl_is_silent(struct vfe_net_ctrl *c,
				   const struct vfe_net_command *cmd)
{
	u64 moved;

	netdev_warn(c->vn->netdev,
		    "the device has not answered command %u of class %u within %u ms\n",
		    cmd->cmd, cmd->class, jiffies_to_msecs(c->timeout));
	/* packets count from the first command on that got no answer */
	moved = vfe_net_moved(c->vn);
	if (queue_delayed_work(system_long_wq, &c->watch, c->patience))
		c->moved = moved;
}

static int vfe_net_ctrl_finish(struct vfe_net_ctrl *c,
			       struct vfe_net_slot *slot,
			       const struct vfe_net_command *cmd)
{
	int err;

	spin_lock_irq(&c->lock);
	switch (slot->state) {
	case VFE_NET_SLOT_ANSWERED:
		err = vfe_net_ctrl_result(c, slot, cmd);
		slot->state = VFE_NET_SLOT_FREE;
		break;
	case VFE_NET_SLOT_TAKEN:
		slot->state = VFE_NET_SLOT_FREE;
		err = -ESHUTDOWN;
		break;
	default:
		err = vfe_net_ctrl_give_up(c, slot);
	}
	spin_unlock_irq(&c->lock);
	return err;
}

int vfe_net_ctrl_send(struct vfe_net *vn, const struct vfe_net_command *cmd)
{
	struct vfe_net_ctrl *c = vn->ctrl;
	struct vfe_net_slot *slot;
	int err;

	if (!c)
		return -EOPNOTSUPP;
	lockdep_assert_held(&c->mutex);
	slot = vfe_net_ctrl_start(c, cmd);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	vfe_net_ctrl_wait(c, slot);
	err = vfe_net_ctrl_finish(c, slot, cmd);
	if (err == -ETIMEDOUT)
		vfe_net_ctrl_is_silent(c, cmd);
	return err;
}

void vfe_net_ctrl_begin(struct vfe_net *vn)
{
	if (!vn->ctrl)
		return;
	mutex_lock(&vn->ctrl->mutex);
	vn->ctrl->deadline = jiffies + vn->ctrl->timeout;
	vn->ctrl->patient = false;
}

void vfe_net_ctrl_begin_patiently(struct vfe_net *vn)
{
	vfe_net_ctrl_begin(vn);
	if (vn->ctrl)
		vn->ctrl->patient = true;
}

void vfe_net_ctrl_end(struct vfe_net *vn)
{
	if (vn->ctrl)
		mutex_unlock(&vn->ctrl->mutex);
}

/* --- a silent device --- */

static void vfe_net_ctrl_came_back(struct work_struct *work)
{
	struct vfe_net_ctrl *c = container_of(work, struct vfe_net_ctrl,
					      came_back);

	netdev_info(c->vn->netdev,
		    "the device answers commands again: sending it all settings\n");
	vfe_net_state_catch_up(c->vn);
}

/* One reset, until the device has answered a command again */
static bool vfe_net_ctrl_may_reset(struct vfe_net_ctrl *c)
{
	bool may;

	spin_lock_irq(&c->lock);
	may = c->open && c->silent && !c->reset_tried;
	if (may)
		c->reset_tried = true;
	spin_unlock_irq(&c->lock);
	return may;
}

/*
 * A device whose control queue is silent, but which still moves packets, is
 * worth more than one that may not end a reset.
 */
static void vfe_net_ctrl_watch(struct work_struct *work)
{
	struct vfe_net_ctrl *c = container_of(to_delayed_work(work),
					      struct vfe_net_ctrl, watch);
	u64 moved = vfe_net_moved(c->vn);

	/* the interrupt of the answer may be lost */
	spin_lock_irq(&c->lock);
	if (c->open)
		vfe_net_ctrl_reap(c);
	spin_unlock_irq(&c->lock);
	if (!READ_ONCE(c->silent))
		return;
	if (moved != c->moved) {
		c->moved = moved;
		queue_delayed_work(system_long_wq, &c->watch, c->patience);
		return;
	}
	if (!vfe_net_ctrl_may_reset(c))
		return;
	netdev_warn(c->vn->netdev,
		    "the device has not answered commands for %u s, and moves no packets: resetting it\n",
		    jiffies_to_msecs(c->patience) / 1000);
	vfe_recovery_force(&c->vn->recovery);
}

/* --- the life of the queue --- */

/* When it returns, nothing is added; a sender stops waiting. */
void vfe_net_ctrl_close(struct vfe_net *vn)
{
	struct vfe_net_ctrl *c = vn->ctrl;

	if (!c)
		return;
	spin_lock_irq(&c->lock);
	WRITE_ONCE(c->open, false);
	spin_unlock_irq(&c->lock);
	wake_up(&c->wait);
}

void vfe_net_ctrl_open(struct vfe_net *vn)
{
	struct vfe_net_ctrl *c = vn->ctrl;

	if (!c)
		return;
	spin_lock_irq(&c->lock);
	WRITE_ONCE(c->silent, false);
	WRITE_ONCE(c->open, true);
	spin_unlock_irq(&c->lock);
}

/* The queue was reset: all commands are the driver's again. */
void vfe_net_ctrl_take_back(struct vfe_net *vn)
{
	struct vfe_net_ctrl *c = vn->ctrl;
	struct vfe_net_slot *slot;

	if (!c)
		return;
	spin_lock_irq(&c->lock);
	while ((slot = vfe_queue_detach(c->vq)))
		WRITE_ONCE(slot->state, slot->state == VFE_NET_SLOT_LATE ?
			   VFE_NET_SLOT_FREE : VFE_NET_SLOT_TAKEN);
	spin_unlock_irq(&c->lock);
	wake_up(&c->wait);
}

/**
 * vfe_net_ctrl_spec() - specify the control queue
 * @vn: the network device
 * @spec: the specification; its index is set
 */
void vfe_net_ctrl_spec(struct vfe_net *vn, struct vfe_queue_spec *spec)
{
	spec->name = "control";
	spec->done = vfe_net_ctrl_irq;
	spec->priv = vn;
	spec->max_segs = VFE_NET_CTRL_SEGS;
	/* commands are rare: no vector of their own */
	spec->vector = VFE_VECTOR_PREVIOUS;
}

static void vfe_net_ctrl_init_slots(struct vfe_net_ctrl *c)
{
	unsigned int i;

	for (i = 0; i < VFE_NET_CTRL_SLOTS; i++) {
		c->slots[i].memory = c->memory + i * VFE_NET_SLOT_SIZE;
		c->slots[i].dma = c->dma + i * VFE_NET_SLOT_SIZE;
	}
}

/**
 * vfe_net_ctrl_init() - prepare the control queue
 * @vn: the network device, its queues set up
 *
 * Context: process context, may sleep.
 * Return: 0, also without the feature; -ENOMEM.
 */
int vfe_net_ctrl_init(struct vfe_net *vn)
{
	struct vfe_net_ctrl *c;

	if (!vfe_net_has(vn, VIRTIO_NET_F_CTRL_VQ))
		return 0;
	c = kzalloc(sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->memory = vfe_alloc_shared(vn->vd,
				     VFE_NET_CTRL_SLOTS * VFE_NET_SLOT_SIZE,
				     &c->dma);
	if (!c->memory) {
		kfree(c);
		return -ENOMEM;
	}
	c->vn = vn;
	c->vq = vfe_get_queue(vn->vd, vfe_net_ctrl_queue(vn));
	c->timeout = VFE_NET_CTRL_TIMEOUT;
	c->pause = VFE_NET_CTRL_PAUSE;
	c->patience = VFE_NET_CTRL_PATIENCE;
	mutex_init(&c->mutex);
	spin_lock_init(&c->lock);
	init_waitqueue_head(&c->wait);
	INIT_WORK(&c->came_back, vfe_net_ctrl_came_back);
	INIT_DELAYED_WORK(&c->watch, vfe_net_ctrl_watch);
	vfe_net_ctrl_init_slots(c);
	vn->ctrl = c;
	return 0;
}

/* The queue is closed for good: nothing is replayed any more. */
void vfe_net_ctrl_stop(struct vfe_net *vn)
{
	if (vn->ctrl)
		cancel_work_sync(&vn->ctrl->came_back);
}

/* The device is reset, the queue closed; nobody sends commands any more. */
void vfe_net_ctrl_exit(struct vfe_net *vn)
{
	struct vfe_net_ctrl *c = vn->ctrl;

	if (!c)
		return;
	vfe_net_ctrl_take_back(vn);
	cancel_work_sync(&c->came_back);
	cancel_delayed_work_sync(&c->watch);
	vn->ctrl = NULL;
	vfe_free_shared(vn->vd, VFE_NET_CTRL_SLOTS * VFE_NET_SLOT_SIZE,
			c->memory, c->dma);
	kfree(c);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The control queue (virtio 1.4, 5.6.6.2): task management functions. A sender
 * waits for a bounded time. The memory of a function stays the device's until
 * it answers or is reset, even if the sender no longer waits. While the device
 * owes an answer for longer than that time, functions to the same target fail at
 * once; a unit whose storage is stopped may not answer a reset. If it is the
 * driver's own question that it owes an answer to, all fail.
 *
 * By such a function the driver also asks whether the device is alive, when a
 * command times out: that does not wait, see vfe_scsi_alive().
 */
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "scsi.h"

/*
 * A device that does not answer, nor completes anything, may be stopped, with
 * the process that emulates it. A reset would then not end, and QEMU drops a
 * vfio-user device that does not answer within 5 s. So error handling begins
 * only after this many times the timeout of a command, as in vfe_io_late().
 */
#define VFE_SCSI_STILL		10

/* Between looks at the ring, in case an interrupt is lost */
#define VFE_SCSI_TMF_SLICE	(HZ / 20 ?: 1)

/* --- answers --- */

/* Takes an answer, or with VFE_SCSI_TMF_LOST its absence. @lock is held. */
static void vfe_scsi_tmf_end(struct vfe_scsi_control *c,
			     struct vfe_scsi_tmf *tmf,
			     enum vfe_scsi_tmf_state state)
{
	tmf->response = READ_ONCE(tmf->wire->response.response);
	if (tmf == c->ask) {
		if (state == VFE_SCSI_TMF_ANSWERED &&
		    tmf->response == VFE_SCSI_S_FUNCTION_COMPLETE)
			c->missing = tmf->id;
		c->ask = NULL;
		tmf->state = VFE_SCSI_TMF_FREE;
	} else if (tmf->state == VFE_SCSI_TMF_LEFT) {
		tmf->state = VFE_SCSI_TMF_FREE;
	} else {
		tmf->state = state;
	}
}

/* Reaps answers. @lock is held. */
static void vfe_scsi_control_reap(struct vfe_scsi_control *c)
{
	struct vfe_scsi_tmf *tmf;
	u32 len;

	while ((tmf = vfe_queue_get(c->vq, &len)))
		vfe_scsi_tmf_end(c, tmf, VFE_SCSI_TMF_ANSWERED);
	wake_up_all(&c->wait);
}

void vfe_scsi_control_irq(struct vfe_queue *vq)
{
	struct vfe_scsi *vs = vfe_queue_priv(vq);
	struct vfe_scsi_control *c = &vs->control;
	unsigned long flags;

	/*
	 * a device may interrupt before it gets a function; pairs with
	 * vfe_scsi_control_init()
	 */
	if (!smp_load_acquire(&c->wire))
		return;
	spin_lock_irqsave(&c->lock, flags);
	do {
		vfe_scsi_control_reap(c);
	} while (!vfe_queue_enable_cb(vq));
	spin_unlock_irqrestore(&c->lock, flags);
}

/* --- sending --- */

/* @lock is held. */
static bool vfe_scsi_is_overdue(const struct vfe_scsi_tmf *tmf)
{
	return (tmf->state == VFE_SCSI_TMF_SENT ||
		tmf->state == VFE_SCSI_TMF_LEFT) &&
	       time_after_eq(jiffies, tmf->sent + VFE_SCSI_TMF_TIMEOUT);
}

/*
 * A function whose answer is overdue: the driver's question, or one to @target,
 * or to any target if that is less than 0. @lock is held. Return: the function,
 * or NULL
 */
static struct vfe_scsi_tmf *vfe_scsi_overdue(struct vfe_scsi_control *c,
					     int target)
{
	struct vfe_scsi_tmf *tmf;

	for (tmf = c->tmfs; tmf < c->tmfs + VFE_SCSI_TMFS; tmf++)
		if (vfe_scsi_is_overdue(tmf) &&
		    (tmf == c->ask || target < 0 ||
		     tmf->target == (unsigned int)target))
			return tmf;
	return NULL;
}

/* How much the device has completed, in any queue */
static u64 vfe_scsi_completions(const struct vfe_scsi *vs)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < vfe_num_queues(vs->vd); i++)
		sum += vfe_queue_completions(vfe_get_queue(vs->vd, i));
	return sum;
}

/*
 * May the device stand still, so that it cannot answer a function? Not if it has
 * completed other things since the function was sent, still does so
 * VFE_SCSI_TMF_TIMEOUT later, and has not answered. A device that goes on has to
 * complete much at a time, so one look is not enough. @lock is held.
 */
static bool vfe_scsi_may_stand_still(struct vfe_scsi *vs,
				     struct vfe_scsi_tmf *tmf,
				     unsigned int seconds)
{
	u64 completions = vfe_scsi_completions(vs);

	if (tmf->runs && completions != tmf->completions)
		return time_before(jiffies, tmf->runs_since +
					    VFE_SCSI_TMF_TIMEOUT);
	if (completions != tmf->completions) {
		tmf->runs = true;
		tmf->runs_since = jiffies;
		tmf->completions = completions;
	}
	return time_before(jiffies, tmf->sent +
				    VFE_SCSI_STILL * seconds * HZ);
}

static struct vfe_scsi_tmf *vfe_scsi_tmf_get(struct vfe_scsi_control *c)
{
	struct vfe_scsi_tmf *tmf;

	for (tmf = c->tmfs; tmf < c->tmfs + VFE_SCSI_TMFS; tmf++)
		if (tmf->state == VFE_SCSI_TMF_FREE)
			return tmf;
	return NULL;
}

static int vfe_scsi_tmf_add(struct vfe_scsi_control *c,
			    struct vfe_scsi_tmf *tmf)
{
	const struct vfe_seg segs[] = {
		{ .addr = tmf->dma +
			  offsetof(struct vfe_scsi_tmf_wire, request),
		  .len = sizeof(tmf->wire->request) },
		{ .addr = tmf->dma +
			  offsetof(struct vfe_scsi_tmf_wire, response),
		  .len = sizeof(tmf->wire->response) },
	};

	return vfe_queue_add(c->vq, segs, 1, 1, tmf);
}

/*
 * Sends a function. @lock is held: no notification after the queue is closed.
 * Return: the function, or NULL if that is not possible
 */
static struct vfe_scsi_tmf *vfe_scsi_tmf_send(struct vfe_scsi *vs, u32 function,
					      unsigned int target, u64 lun,
					      u64 id)
{
	struct vfe_scsi_control *c = &vs->control;
	struct vfe_scsi_tmf *tmf = vfe_scsi_tmf_get(c);

	if (!c->open || !tmf)
		return NULL;
	tmf->wire->request = (struct vfe_scsi_tmf_request) {
		.type = cpu_to_le32(VIRTIO_SCSI_T_TMF),
		.subtype = cpu_to_le32(function),
		.id = cpu_to_le64(id),
	};
	vfe_scsi_put_lun(tmf->wire->request.lun, target, vfe_scsi_unit(lun));
	tmf->wire->response.response = VFE_SCSI_S_NONE;
	if (vfe_scsi_tmf_add(c, tmf))
		return NULL;
	tmf->state = VFE_SCSI_TMF_SENT;
	tmf->sent = jiffies;
	tmf->completions = vfe_scsi_completions(vs);
	tmf->runs = false;
	tmf->target = target;
	tmf->id = id;
	vfe_scsi_count(vs, tmfs);
	if (vfe_queue_kick_prepare(c->vq))
		vfe_queue_notify(c->vq);
	return tmf;
}

/* --- functions with a waiting sender --- */

static bool vfe_scsi_tmf_ended(struct vfe_scsi_control *c,
			       struct vfe_scsi_tmf *tmf)
{
	bool ended;

	spin_lock_irq(&c->lock);
	if (c->open)
		vfe_scsi_control_reap(c);
	ended = tmf->state != VFE_SCSI_TMF_SENT;
	spin_unlock_irq(&c->lock);
	return ended;
}

/* Waits for the answer. Return: the function's state then */
static enum vfe_scsi_tmf_state vfe_scsi_tmf_wait(struct vfe_scsi *vs,
						 struct vfe_scsi_tmf *tmf,
						 u8 *response)
{
	unsigned long end = jiffies + VFE_SCSI_TMF_TIMEOUT;
	struct vfe_scsi_control *c = &vs->control;
	enum vfe_scsi_tmf_state state;

	while (!vfe_scsi_tmf_ended(c, tmf) && time_before(jiffies, end))
		wait_event_timeout(c->wait,
				   READ_ONCE(tmf->state) != VFE_SCSI_TMF_SENT,
				   VFE_SCSI_TMF_SLICE);
	spin_lock_irq(&c->lock);
	state = tmf->state;
	*response = tmf->response;
	tmf->state = state == VFE_SCSI_TMF_SENT ? VFE_SCSI_TMF_LEFT :
		     VFE_SCSI_TMF_FREE;
	spin_unlock_irq(&c->lock);
	return state;
}

static void vfe_scsi_tmf_unanswered(struct vfe_scsi *vs, u32 function)
{
	vfe_scsi_count(vs, tmfs_unanswered);
	dev_warn_ratelimited(vfe_dev(vs->vd),
			     "%s: the device did not answer task management function %u in %u s\n",
			     vs->io.recovery.name, function,
			     VFE_SCSI_TMF_TIMEOUT / HZ);
}

/**
 * vfe_scsi_tmf() - execute a task management function
 * @vs: the host
 * @function: VIRTIO_SCSI_T_TMF_*
 * @target: the target
 * @lun: the unit
 * @id: of the command, for functions that concern one
 *
 * Context: process context, may sleep.
 * Return: whether the device said that it did it.
 */
bool vfe_scsi_tmf(struct vfe_scsi *vs, u32 function, unsigned int target,
		  u64 lun, u64 id)
{
	struct vfe_scsi_control *c = &vs->control;
	struct vfe_scsi_tmf *tmf = NULL;
	enum vfe_scsi_tmf_state state;
	u8 response;

	spin_lock_irq(&c->lock);
	if (c->open)
		vfe_scsi_control_reap(c);
	if (!vfe_scsi_overdue(c, target))
		tmf = vfe_scsi_tmf_send(vs, function, target, lun, id);
	spin_unlock_irq(&c->lock);
	if (!tmf)
		return false;
	state = vfe_scsi_tmf_wait(vs, tmf, &response);
	if (state == VFE_SCSI_TMF_SENT)
		vfe_scsi_tmf_unanswered(vs, function);
	return state == VFE_SCSI_TMF_ANSWERED &&
	       (response == VFE_SCSI_S_FUNCTION_COMPLETE ||
		response == VIRTIO_SCSI_S_FUNCTION_SUCCEEDED);
}

/* --- is the device alive? --- */

/* Return: whether to look further */
static bool vfe_scsi_note_at(struct scsi_cmnd *sc, void *data)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	const u64 *id = data;

	/* another command may begin, or time out, at the same time */
	if (READ_ONCE(cmd->id) != *id)
		return true;
	WRITE_ONCE(cmd->was_missing, cmd->missing == *id);
	WRITE_ONCE(cmd->missing, *id);
	return false;
}

/*
 * Notes the last answer at the command that it is about: others may time out,
 * with questions of their own, before this one does again. Only a timeout does
 * this, since the SCSI core's commands do not go away meanwhile.
 */
static void vfe_scsi_note_missing(struct vfe_scsi *vs)
{
	struct vfe_scsi_control *c = &vs->control;
	unsigned long flags;
	u64 id;

	spin_lock_irqsave(&c->lock, flags);
	if (c->open)
		vfe_scsi_control_reap(c);
	id = c->missing;
	c->missing = 0;
	spin_unlock_irqrestore(&c->lock, flags);
	if (id)
		scsi_host_busy_iter(vs->shost, vfe_scsi_note_at, &id);
}

/* The device denies it twice: once may be a completion that is under way. */
static bool vfe_scsi_is_lost(const struct vfe_scsi_cmd *cmd)
{
	return READ_ONCE(cmd->was_missing) &&
	       READ_ONCE(cmd->missing) == cmd->id;
}

/* @lock is held. */
static bool vfe_scsi_ask(struct vfe_scsi *vs, struct scsi_cmnd *sc, u64 id,
			 unsigned int seconds)
{
	struct vfe_scsi_control *c = &vs->control;
	struct vfe_scsi_tmf *tmf;

	/*
	 * closed during a reset, which answers the question in another way. One
	 * question at a time, and its answer is noted before the next.
	 */
	if (!c->open || c->missing)
		return true;
	if (!c->ask)
		c->ask = vfe_scsi_tmf_send(vs, VIRTIO_SCSI_T_TMF_QUERY_TASK,
					   sc->device->id, sc->device->lun,
					   id);
	/* without room for a question, a function that fills it must do */
	tmf = c->ask ?: vfe_scsi_overdue(c, -1);
	return !tmf || !vfe_scsi_is_overdue(tmf) ||
	       vfe_scsi_may_stand_still(vs, tmf, seconds);
}

/**
 * vfe_scsi_alive() - should a command that timed out get more time?
 * @vs: the host
 * @sc: the command, which the device has
 * @seconds: its timeout
 *
 * A slow unit is not an error: its storage may be paused, and what one could do
 * about it (to abort, to reset) waits for the same storage. So the driver asks
 * the device for the command (QUERY TASK). The answer may be any, since not
 * every device has this function. If there was none within
 * VFE_SCSI_TMF_TIMEOUT, from a device that does not stand still, or if the
 * device said twice that it does not have the command, error handling begins.
 *
 * Context: any. Does not wait for the answer: the next timeout of a command
 * looks at it.
 * Return: whether to wait for it longer.
 */
bool vfe_scsi_alive(struct vfe_scsi *vs, struct scsi_cmnd *sc,
		    unsigned int seconds)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	struct vfe_scsi_control *c = &vs->control;
	unsigned long flags;
	bool alive;

	vfe_scsi_note_missing(vs);
	if (vfe_scsi_is_lost(cmd))
		return false;
	spin_lock_irqsave(&c->lock, flags);
	alive = vfe_scsi_ask(vs, sc, cmd->id, seconds);
	spin_unlock_irqrestore(&c->lock, flags);
	return alive;
}

/* --- recovery --- */

void vfe_scsi_control_open(struct vfe_scsi *vs)
{
	struct vfe_scsi_control *c = &vs->control;

	spin_lock_irq(&c->lock);
	c->open = true;
	c->missing = 0;
	spin_unlock_irq(&c->lock);
}

/* 2.6.1: functions are sent with the lock held, so no notification comes. */
void vfe_scsi_control_close(struct vfe_scsi *vs)
{
	struct vfe_scsi_control *c = &vs->control;

	spin_lock_irq(&c->lock);
	if (c->open)
		vfe_scsi_control_reap(c);
	c->open = false;
	spin_unlock_irq(&c->lock);
}

/* Functions are not sent again: the reset did more than any of them. */
void vfe_scsi_control_take_back(struct vfe_scsi *vs)
{
	struct vfe_scsi_control *c = &vs->control;
	struct vfe_scsi_tmf *tmf;

	spin_lock_irq(&c->lock);
	while ((tmf = vfe_queue_detach(c->vq)))
		vfe_scsi_tmf_end(c, tmf, VFE_SCSI_TMF_LOST);
	wake_up_all(&c->wait);
	spin_unlock_irq(&c->lock);
}

/* --- set-up --- */

#define VFE_SCSI_TMF_MEMORY	(VFE_SCSI_TMFS * sizeof(struct vfe_scsi_tmf_wire))

/**
 * vfe_scsi_control_init() - allocate the memory of functions
 * @vs: the host, its queues set up
 *
 * Return: 0 or -ENOMEM.
 */
int vfe_scsi_control_init(struct vfe_scsi *vs)
{
	struct vfe_scsi_control *c = &vs->control;
	struct vfe_scsi_tmf_wire *wire;
	unsigned int i;

	spin_lock_init(&c->lock);
	init_waitqueue_head(&c->wait);
	wire = vfe_alloc_shared(vs->vd, VFE_SCSI_TMF_MEMORY, &c->dma);
	if (!wire)
		return -ENOMEM;
	for (i = 0; i < VFE_SCSI_TMFS; i++) {
		c->tmfs[i].wire = &wire[i];
		c->tmfs[i].dma = c->dma + i * sizeof(*wire);
	}
	/* pairs with vfe_scsi_control_irq(), which from now on uses all of this */
	smp_store_release(&c->wire, wire);
	return 0;
}

void vfe_scsi_control_exit(struct vfe_scsi *vs)
{
	vfe_free_shared(vs->vd, VFE_SCSI_TMF_MEMORY, vs->control.wire,
			vs->control.dma);
}

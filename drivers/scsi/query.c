// SPDX-License-Identifier: GPL-2.0
/*
 * Commands of the driver itself, one at a time, by which it asks the device
 * about its units. They do not go through the SCSI core: that needs a unit that
 * it knows, waits for a tag of that unit while its storage is slow, and sends
 * nothing while it handles errors. So a unit may have one more command than
 * cmd_per_lun: 5.6.4.1 limits linked commands, and this one is linked with none.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "scsi.h"

#define VFE_SCSI_QUERY_TIMEOUT	(30 * HZ)
#define VFE_SCSI_QUERY_SLICE	(HZ / 10 ?: 1)	/* between looks at the ring */
#define VFE_SCSI_QUERY_ROOM	4096	/* at first: a list of 511 units */
#define VFE_SCSI_QUERY_WAIT_MS	10	/* between tries while the ring is full */
#define VFE_SCSI_QUERY_TRIES	100

/**
 * vfe_scsi_query_done() - a command of the driver has ended
 * @query: the command
 * @err: 0, or why the device did not execute it
 *
 * Context: any.
 */
void vfe_scsi_query_done(struct vfe_scsi_query *query, int err)
{
	const struct vfe_scsi_response *r =
		&vfe_scsi_wire(&query->cmd)->response;

	query->err = err;
	query->response = READ_ONCE(r->response);
	query->status = READ_ONCE(r->status);
	query->residual = le32_to_cpu(READ_ONCE(r->residual));
	vfe_scsi_cmd_ended(&query->cmd);
	complete(&query->done);
}

/* Waits for the command. Return: whether it has ended */
static bool vfe_scsi_query_wait(struct vfe_scsi *vs)
{
	unsigned long end = jiffies + VFE_SCSI_QUERY_TIMEOUT;
	struct vfe_scsi_query *q = vs->query;

	while (vfe_scsi_cmd_in_flight(&q->cmd)) {
		if (time_after(jiffies, end) || READ_ONCE(vs->leaving))
			return false;
		if (!wait_for_completion_timeout(&q->done,
						 VFE_SCSI_QUERY_SLICE))
			vfe_io_complete_used(&vs->queues[0].io);
	}
	return true;
}

/* Return: whether the device has the command now */
static bool vfe_scsi_query_submit(struct vfe_scsi *vs)
{
	struct vfe_scsi_cmd *cmd = &vs->query->cmd;
	struct vfe_token *token = &cmd->io.token;

	reinit_completion(&vs->query->done);
	token->next = NULL;
	WRITE_ONCE(cmd->in_flight, true);
	rcu_read_lock();
	vfe_io_submit(&vs->queues[0].io, &token, true);
	rcu_read_unlock();
	if (!token)
		return true;
	WRITE_ONCE(cmd->in_flight, false);
	return false;
}

/* A ring without indirect descriptors may be full. */
static int vfe_scsi_query_send(struct vfe_scsi *vs)
{
	unsigned int tries = VFE_SCSI_QUERY_TRIES;

	while (!vfe_scsi_query_submit(vs)) {
		if (vs->query->cmd.io.error != -EAGAIN || !tries-- ||
		    !vfe_scsi_live(vs))
			return -EAGAIN;
		msleep(VFE_SCSI_QUERY_WAIT_MS);
	}
	return 0;
}

/**
 * vfe_scsi_query() - have the device execute a command that reads data
 * @vs: the host
 * @target: the target
 * @unit: the unit
 * @cdb: the SCSI command
 * @cdb_len: its length
 *
 * The answer is in @vs->query. What the device did not write of the data is ones.
 *
 * Context: the scan of the new host, then &vfe_scsi_events.act.
 * Return: 0 if the device answered; -ETIMEDOUT, -EBUSY while it still owes the
 * answer to an earlier one, or -EAGAIN while it is not live, was reset, or is
 * unbound.
 */
int vfe_scsi_query(struct vfe_scsi *vs, unsigned int target, unsigned int unit,
		   const u8 *cdb, unsigned int cdb_len)
{
	struct vfe_scsi_query *q = vs->query;
	int err;

	/* for its answer the driver has waited already */
	vfe_io_complete_used(&vs->queues[0].io);
	if (vfe_scsi_cmd_in_flight(&q->cmd))
		return -EBUSY;
	memset(q->data, 0xff, q->size);
	vfe_scsi_prepare_query(vs, q, target, unit, cdb, cdb_len);
	err = vfe_scsi_query_send(vs);
	if (err)
		return err;
	if (vfe_scsi_query_wait(vs))
		return q->err;
	if (READ_ONCE(vs->leaving))
		return -EAGAIN;
	dev_warn_ratelimited(vfe_dev(vs->vd),
			     "%s: no answer for target %u in %u s: its units will be checked later\n",
			     vs->io.recovery.name, target,
			     VFE_SCSI_QUERY_TIMEOUT / HZ);
	return -ETIMEDOUT;
}

/**
 * vfe_scsi_query_room() - get a larger buffer for the answer
 * @vs: the host; no command is in flight
 * @size: in bytes
 *
 * Return: 0 or -ENOMEM, with the old buffer.
 */
int vfe_scsi_query_room(struct vfe_scsi *vs, size_t size)
{
	struct vfe_scsi_query *q = vs->query;
	dma_addr_t dma;
	void *data;

	data = vfe_alloc_shared(vs->vd, size, &dma);
	if (!data)
		return -ENOMEM;
	if (q->data)
		vfe_free_shared(vs->vd, q->size, q->data, q->dma);
	q->data = data;
	q->dma = dma;
	q->size = size;
	return 0;
}

int vfe_scsi_query_init(struct vfe_scsi *vs)
{
	struct vfe_scsi_query *q;
	int err;

	q = kzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return -ENOMEM;
	init_completion(&q->done);
	q->cmd.query = true;
	vs->query = q;
	err = vfe_io_request_init(&vs->io, &q->cmd.io, q->behind);
	if (err)
		goto err_free;
	err = vfe_scsi_query_room(vs, VFE_SCSI_QUERY_ROOM);
	if (err)
		goto err_exit;
	return 0;

err_exit:
	vfe_io_request_exit(&vs->io, &q->cmd.io);
err_free:
	kfree(q);
	vs->query = NULL;
	return err;
}

/* The device is reset. */
void vfe_scsi_query_exit(struct vfe_scsi *vs)
{
	struct vfe_scsi_query *q = vs->query;

	vfe_free_shared(vs->vd, q->size, q->data, q->dma);
	vfe_io_request_exit(&vs->io, &q->cmd.io);
	kfree(q);
	vs->query = NULL;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The data path: runs a request of the block layer as a command of the register
 * window. A work item runs each request from its first register to its last
 * word, not the interrupt handler: a request may make a thousand accesses that
 * trap. cost.h has the formula for the cost of a request.
 */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/highmem.h>

#include "blk.h"

/* attempts at a request that gets invalid answers */
#define VFE_TRAP_BLK_TRIES 3

/* for IDENTIFY; other commands go on waiting after a timeout */
#define VFE_TRAP_BLK_IDENTIFY_TIMEOUT (10 * HZ)

/* Starts a READ or WRITE: its sectors, then the command. */
static int vfe_trap_blk_begin(struct vfe_trap_blk *tb, struct request *rq,
			      enum vfe_command command, u32 expected)
{
	struct vfe_trap *trap = &tb->trap;
	u64 sector = blk_rq_pos(rq);
	int err;

	err = vfe_trap_command_claim(&tb->command);
	if (err)
		return err;
	vfe_trap_set(trap, VFE_REG_PORT_SECTOR_LO, lower_32_bits(sector));
	vfe_trap_set(trap, VFE_REG_PORT_SECTOR_HI, upper_32_bits(sector));
	vfe_trap_set(trap, VFE_REG_PORT_COUNT, blk_rq_sectors(rq));
	vfe_trap_blk_issue(tb, command, expected);
	return 0;
}

static int vfe_trap_blk_read(struct vfe_trap_blk *tb, struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;
	int err;

	err = vfe_trap_blk_begin(tb, rq, VFE_CMD_READ, VFE_STATUS_DRQ);
	if (!err)
		err = vfe_trap_blk_wait(tb, rq->timeout, true);
	if (err)
		return err;
	rq_for_each_segment(bv, rq, iter) {
		void *buf = bvec_kmap_local(&bv);

		err = vfe_trap_read(&tb->trap, buf, bv.bv_len);
		flush_dcache_page(bv.bv_page);
		kunmap_local(buf);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

static int vfe_trap_blk_write(struct vfe_trap_blk *tb, struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;
	bool early = false;
	int err;

	err = vfe_trap_blk_begin(tb, rq, VFE_CMD_WRITE, VFE_STATUS_READY);
	if (err)
		return err;
	rq_for_each_segment(bv, rq, iter) {
		void *buf;

		/* An early answer: the device refused, and ignores the rest. */
		early = vfe_trap_command_answered(&tb->command);
		if (early)
			break;
		buf = bvec_kmap_local(&bv);
		vfe_trap_write(&tb->trap, buf, bv.bv_len);
		kunmap_local(buf);
		cond_resched();
	}
	err = vfe_trap_blk_wait(tb, rq->timeout, true);
	/* The device cannot have written data that it did not receive. */
	return early && !err ? -EPROTO : err;
}

static int vfe_trap_blk_flush(struct vfe_trap_blk *tb, unsigned long timeout)
{
	int err;

	err = vfe_trap_command_claim(&tb->command);
	if (err)
		return err;
	vfe_trap_blk_issue(tb, VFE_CMD_FLUSH, VFE_STATUS_READY);
	return vfe_trap_blk_wait(tb, timeout, true);
}

/**
 * vfe_trap_blk_send_identify() - send IDENTIFY to the device
 * @tb: the disk
 * @id: where to put the answer
 *
 * Context: process context, may sleep; no request is under way.
 * Return: 0 or the error of vfe_trap_command_claim() or vfe_trap_blk_wait().
 */
int vfe_trap_blk_send_identify(struct vfe_trap_blk *tb,
			       struct vfe_identify *id)
{
	int err;

	err = vfe_trap_command_claim(&tb->command);
	if (err)
		return err;
	vfe_trap_blk_issue(tb, VFE_CMD_IDENTIFY, VFE_STATUS_DRQ);
	err = vfe_trap_blk_wait(tb, VFE_TRAP_BLK_IDENTIFY_TIMEOUT, false);
	if (!err)
		err = vfe_trap_read(&tb->trap, id, sizeof(*id));
	return err;
}

/*
 * The window moves whole words only. The block layer's limits (dma_alignment,
 * blocks of 512 bytes) keep other memory away from a disk.
 */
static bool vfe_trap_blk_in_words(struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter)
		if ((bv.bv_offset | bv.bv_len) % sizeof(__le32))
			return false;
	return true;
}

static int vfe_trap_blk_try(struct vfe_trap_blk *tb, struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return vfe_trap_blk_in_words(rq) ?
		       vfe_trap_blk_read(tb, rq) : -EINVAL;
	case REQ_OP_WRITE:
		return vfe_trap_blk_in_words(rq) ?
		       vfe_trap_blk_write(tb, rq) : -EINVAL;
	case REQ_OP_FLUSH:
		return vfe_trap_blk_flush(tb, rq->timeout);
	default:
		return -EOPNOTSUPP;
	}
}

static const char *vfe_trap_blk_error_name(u32 error)
{
	static const char *const names[] = {
		[VFE_ERR_NONE] = "none",
		[VFE_ERR_COMMAND] = "unknown command",
		[VFE_ERR_RANGE] = "range",
		[VFE_ERR_READONLY] = "read only",
		[VFE_ERR_IO] = "backing file",
	};

	return error < ARRAY_SIZE(names) ? names[error] : "unknown";
}

static blk_status_t vfe_trap_blk_status(struct vfe_trap_blk *tb,
					struct request *rq, int err)
{
	switch (err) {
	case 0:
		return BLK_STS_OK;
	case -ENODEV:
		return BLK_STS_OFFLINE;
	case -EOPNOTSUPP:
		return BLK_STS_NOTSUPP;
	case -EIO:
		dev_err_ratelimited(&tb->trap.pdev->dev,
				    "command %d, %u sectors at %llu: the device reports error %u (%s)\n",
				    tb->command.code, blk_rq_sectors(rq),
				    (unsigned long long)blk_rq_pos(rq),
				    tb->error,
				    vfe_trap_blk_error_name(tb->error));
		return BLK_STS_IOERR;
	default:
		return BLK_STS_IOERR;
	}
}

/* Runs one request to its end; tries again if a reset may help. */
static int vfe_trap_blk_run(struct vfe_trap_blk *tb, struct request *rq)
{
	unsigned int i;
	int err, reset;

	for (i = 0; i < VFE_TRAP_BLK_TRIES; i++) {
		err = vfe_trap_blk_try(tb, rq);
		if (err != -EPROTO)
			break;
		dev_warn_ratelimited(&tb->trap.pdev->dev,
				     "command %d, %u sectors at %llu: error %d, resetting the window\n",
				     tb->command.code, blk_rq_sectors(rq),
				     (unsigned long long)blk_rq_pos(rq), err);
		reset = vfe_trap_reset(&tb->trap, 0);
		if (reset)
			return reset;
	}
	return err;
}

static void vfe_trap_blk_work(struct work_struct *work)
{
	struct vfe_trap_blk_request *tr =
		container_of(work, struct vfe_trap_blk_request, work);
	struct request *rq = blk_mq_rq_from_pdu(tr);
	struct vfe_trap_blk *tb = rq->q->queuedata;
	int err;

	err = vfe_trap_blk_run(tb, rq);
	/*
	 * vfe_trap_blk_quiesce() stopped it: send it again after
	 * vfe_trap_resume()
	 */
	if (err == -EINTR) {
		blk_mq_requeue_request(rq, false);
		return;
	}
	vfe_count(&tb->trap.stats, operations);
	blk_mq_end_request(rq, vfe_trap_blk_status(tb, rq, err));
}

static blk_status_t vfe_trap_blk_queue_rq(struct blk_mq_hw_ctx *hctx,
					  const struct blk_mq_queue_data *bd)
{
	struct vfe_trap_blk *tb = hctx->queue->queuedata;
	struct vfe_trap_blk_request *tr = blk_mq_rq_to_pdu(bd->rq);

	blk_mq_start_request(bd->rq);
	INIT_WORK(&tr->work, vfe_trap_blk_work);
	queue_work(tb->queue, &tr->work);
	return BLK_STS_OK;
}

/* The work item itself checks for a late answer, after the same time. */
static enum blk_eh_timer_return vfe_trap_blk_timeout(struct request *rq)
{
	return BLK_EH_RESET_TIMER;
}

const struct blk_mq_ops vfe_trap_blk_mq_ops = {
	.queue_rq = vfe_trap_blk_queue_rq,
	.timeout = vfe_trap_blk_timeout,
};

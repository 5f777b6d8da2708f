// SPDX-License-Identifier: GPL-2.0
/*
 * The data path: runs a request of the block layer as commands of the register
 * window. A work item runs each request from its first register to its last
 * word, so that a thousand accesses that trap run in no interrupt handler and
 * let other tasks have the CPU, and so that errors are handled where they
 * happen. cost.h has the formula for the cost of a request.
 */
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/highmem.h>

#include "trap.h"

#define VFET_TRIES 3	/* attempts at a request that gets invalid answers */

static int vfet_read(struct vfet_window *w, struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;
	int err;

	err = vfet_window_begin(w, VFE_CMD_READ, blk_rq_pos(rq),
				blk_rq_sectors(rq));
	if (!err)
		err = vfet_window_wait(w, rq->timeout, true);
	if (err)
		return err;
	rq_for_each_segment(bv, rq, iter) {
		void *buf = bvec_kmap_local(&bv);

		err = vfet_window_read(w, buf, bv.bv_len);
		flush_dcache_page(bv.bv_page);
		kunmap_local(buf);
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

static int vfet_write(struct vfet_window *w, struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;
	bool early = false;
	int err;

	err = vfet_window_begin(w, VFE_CMD_WRITE, blk_rq_pos(rq),
				blk_rq_sectors(rq));
	if (err)
		return err;
	rq_for_each_segment(bv, rq, iter) {
		void *buf;

		/* An early answer: the device refused, and ignores the rest. */
		early = vfet_window_answered(w);
		if (early)
			break;
		buf = bvec_kmap_local(&bv);
		vfet_window_write(w, buf, bv.bv_len);
		kunmap_local(buf);
		cond_resched();
	}
	err = vfet_window_wait(w, rq->timeout, true);
	/* The device cannot have written data that it did not get. */
	return early && !err ? -EPROTO : err;
}

static int vfet_flush(struct vfet_window *w, unsigned long timeout)
{
	int err;

	err = vfet_window_begin(w, VFE_CMD_FLUSH, 0, 0);
	if (err)
		return err;
	return vfet_window_wait(w, timeout, true);
}

/**
 * vfet_identify() - send IDENTIFY to the device
 * @w: the window
 * @id: where to put the answer
 *
 * Context: process context, may sleep; no request is under way.
 * Return: 0 or the error of vfet_window_begin() or vfet_window_wait().
 */
int vfet_identify(struct vfet_window *w, struct vfe_identify *id)
{
	int err;

	err = vfet_window_begin(w, VFE_CMD_IDENTIFY, 0, 0);
	if (!err)
		err = vfet_window_wait(w, VFET_TIMEOUT, false);
	if (!err)
		err = vfet_window_read(w, id, sizeof(*id));
	return err;
}

/*
 * The window moves whole words only. The block layer's limits (dma_alignment,
 * blocks of 512 bytes) keep other memory away from a disk.
 */
static bool vfet_in_words(struct request *rq)
{
	struct req_iterator iter;
	struct bio_vec bv;

	rq_for_each_segment(bv, rq, iter)
		if ((bv.bv_offset | bv.bv_len) % sizeof(__le32))
			return false;
	return true;
}

static int vfet_try(struct vfet_window *w, struct request *rq)
{
	switch (req_op(rq)) {
	case REQ_OP_READ:
		return vfet_in_words(rq) ? vfet_read(w, rq) : -EINVAL;
	case REQ_OP_WRITE:
		return vfet_in_words(rq) ? vfet_write(w, rq) : -EINVAL;
	case REQ_OP_FLUSH:
		return vfet_flush(w, rq->timeout);
	default:
		return -EOPNOTSUPP;
	}
}

static const char *vfet_error_name(u32 error)
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

static blk_status_t vfet_status(struct vfet_window *w, struct request *rq,
				int err)
{
	switch (err) {
	case 0:
		return BLK_STS_OK;
	case -ENODEV:
		return BLK_STS_OFFLINE;
	case -EOPNOTSUPP:
		return BLK_STS_NOTSUPP;
	case -EIO:
		dev_err_ratelimited(&w->pdev->dev,
				    "command %d, %u sectors at %llu: the device says error %u (%s)\n",
				    w->command, blk_rq_sectors(rq),
				    (unsigned long long)blk_rq_pos(rq),
				    w->error, vfet_error_name(w->error));
		return BLK_STS_IOERR;
	default:
		return BLK_STS_IOERR;
	}
}

/* Runs one request to its end; tries again if a reset may help. */
static int vfet_run(struct vfet_window *w, struct request *rq)
{
	unsigned int i;
	int err, reset;

	for (i = 0; i < VFET_TRIES; i++) {
		err = vfet_try(w, rq);
		if (err != -EPROTO)
			break;
		dev_warn_ratelimited(&w->pdev->dev,
				     "command %d, %u sectors at %llu: error %d, resetting the window\n",
				     w->command, blk_rq_sectors(rq),
				     (unsigned long long)blk_rq_pos(rq), err);
		reset = vfet_window_reset(w, 0);
		if (reset)
			return reset;
	}
	return err;
}

static void vfet_work(struct work_struct *work)
{
	struct vfet_request *tr = container_of(work, struct vfet_request, work);
	struct request *rq = blk_mq_rq_from_pdu(tr);
	struct vfet_disk *td = rq->q->queuedata;
	int err;

	err = vfet_run(&td->window, rq);
	/*
	 * stopped by vfet_sleep(): vfet_wake() resets the device and resends it
	 */
	if (err == -EINTR) {
		blk_mq_requeue_request(rq, false);
		return;
	}
	vfe_count(&td->window.stats, operations);
	blk_mq_end_request(rq, vfet_status(&td->window, rq, err));
}

static blk_status_t vfet_queue_rq(struct blk_mq_hw_ctx *hctx,
				  const struct blk_mq_queue_data *bd)
{
	struct vfet_disk *td = hctx->queue->queuedata;
	struct vfet_request *tr = blk_mq_rq_to_pdu(bd->rq);

	blk_mq_start_request(bd->rq);
	INIT_WORK(&tr->work, vfet_work);
	queue_work(td->queue, &tr->work);
	return BLK_STS_OK;
}

/* The work item itself checks for a late answer, after the same time. */
static enum blk_eh_timer_return vfet_timeout(struct request *rq)
{
	return BLK_EH_RESET_TIMER;
}

const struct blk_mq_ops vfet_mq_ops = {
	.queue_rq = vfet_queue_rq,
	.timeout = vfet_timeout,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts and NAPI. One NAPI context serves a pair: it takes transmitted
 * buffers back, then receives.
 */
#include "moderation.h"
#include "net.h"

/*
 * Tells NAPI of used transmit buffers. Return: false if it knows: it is
 * scheduled, and has not looked yet
 */
static bool vfe_net_tx_fire(struct vfe_net_txq *txq)
{
	if (READ_ONCE(txq->fired))
		return false;
	WRITE_ONCE(txq->fired, true);
	return true;
}

/**
 * vfe_net_rx_irq() - the device used receive buffers
 * @vq: the receive queue
 *
 * Context: interrupt.
 */
void vfe_net_rx_irq(struct vfe_queue *vq)
{
	struct vfe_net_rxq *rxq = vfe_queue_priv(vq);
	struct vfe_net_txq *txq = &rxq->vn->txq[rxq->index];

	/* vfe_net_tx_irq() comes next: it would make NAPI poll twice */
	if (vfe_queue_pending(txq->vq))
		vfe_net_tx_fire(txq);
	/* the code that schedules NAPI owns the queue */
	if (!napi_schedule_prep(&rxq->napi))
		return;
	vfe_queue_disable_cb(vq);
	__napi_schedule_irqoff(&rxq->napi);
}

/**
 * vfe_net_tx_irq() - the device used transmit buffers that somebody awaits
 * @vq: the transmit queue
 *
 * Does not disable the interrupt: that needs the xmit lock. With EVENT_IDX
 * there is no other one until NAPI arms it.
 *
 * Context: interrupt.
 */
void vfe_net_tx_irq(struct vfe_queue *vq)
{
	struct vfe_net_txq *txq = vfe_queue_priv(vq);

	if (vfe_net_tx_fire(txq))
		napi_schedule_irqoff(&txq->vn->rxq[txq->index].napi);
}

/*
 * Nothing more to receive: waits for the next interrupt. napi_complete_done()
 * gives packets to the stack, which takes long, so interrupts stay disabled
 * until then. But a busy poll or a wakeup on another CPU may poll the queue from
 * then on, or somebody may free it: enable the interrupt as NAPI's owner.
 */
static void vfe_net_poll_done(struct vfe_net_rxq *rxq, unsigned int n)
{
	if (n)
		vfe_net_moderate(rxq);
	if (!napi_complete_done(&rxq->napi, n) ||
	    !napi_schedule_prep(&rxq->napi))
		return;
	if (vfe_queue_enable_cb(rxq->vq)) {
		napi_complete_done(&rxq->napi, n);
		return;
	}
	/* a packet came meanwhile */
	vfe_queue_disable_cb(rxq->vq);
	__napi_schedule(&rxq->napi);
}

/**
 * vfe_net_poll() - NAPI poll of a pair
 * @napi: the NAPI context
 * @budget: most packets; 0 from netpoll, which may hold the xmit lock
 *
 * Return: number of received packets.
 */
int vfe_net_poll(struct napi_struct *napi, int budget)
{
	struct vfe_net_rxq *rxq = container_of(napi, struct vfe_net_rxq, napi);
	unsigned int n;
	bool more;

	more = vfe_net_tx_poll(&rxq->vn->txq[rxq->index], budget);
	if (unlikely(!budget))
		return 0;
	/* it is enabled still if another interrupt, or a busy poll, began this */
	vfe_queue_disable_cb(rxq->vq);
	n = vfe_net_rx_poll(rxq, budget);
	if (unlikely(more))
		return budget;
	if (n < budget)
		vfe_net_poll_done(rxq, n);
	return n;
}

void vfe_net_wake_napi(struct vfe_net_rxq *rxq)
{
	local_bh_disable();
	napi_schedule(&rxq->napi);
	local_bh_enable();
}

static void vfe_net_rx_start(struct vfe_net_rxq *rxq)
{
	vfe_net_rx_flush(rxq);
	/* a device that waits for more buffers than it has does not interrupt */
	if (!vfe_net_rx_refill(rxq, GFP_KERNEL))
		rxq->low = U32_MAX;
	napi_enable(&rxq->napi);
	rxq->napi_on = true;
	/* NAPI enables the interrupt, and retries a refill that failed */
	vfe_net_wake_napi(rxq);
}

static void vfe_net_rx_stop(struct vfe_net_rxq *rxq)
{
	napi_disable(&rxq->napi);
	vfe_timer_delete_sync(&rxq->refill);
	/* nobody listens */
	vfe_queue_disable_cb(rxq->vq);
	rxq->napi_on = false;
}

/**
 * vfe_net_rx_update() - start or stop NAPI of a pair, as it should be
 * @rxq: the receive queue
 *
 * NAPI accesses both rings of the pair, so both must exist.
 *
 * Context: process context, may sleep; @recovery.lock is held.
 */
void vfe_net_rx_update(struct vfe_net_rxq *rxq)
{
	bool on = rxq->ready && rxq->vn->txq[rxq->index].ready &&
		  vfe_net_pair_on(rxq->vn, rxq->index);

	if (on && !rxq->napi_on)
		vfe_net_rx_start(rxq);
	else if (!on && rxq->napi_on)
		vfe_net_rx_stop(rxq);
}

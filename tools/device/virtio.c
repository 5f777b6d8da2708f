// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio device as a whole: its life, what reaches it through the four
 * windows, the passes over its queues, and its interrupts.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "virtio.h"

/* ISR status, 4.1.4.5 */
#define ISR_QUEUE	0x01
#define ISR_CONFIG	0x02

/* Pieces for buffers that cross from one guest mapping into the next */
#define IOV_SPARE	64

/* What a pass over a queue may still do */
struct budget {
	unsigned int requests;
	uint64_t bytes;
};

bool vdev_running(const struct vdev *v)
{
	return v->master && (v->status & VIRTIO_CONFIG_S_DRIVER_OK) &&
	       !(v->status & VIRTIO_CONFIG_S_NEEDS_RESET);
}

/* 4.1.5.3, 4.1.5.4: by message if MSI-X is on, else by ISR status and INTx */
static void interrupt(struct vdev *v, uint16_t vector, uint8_t isr)
{
	if (irq_msix_enabled(v->irq)) {
		/* 4.1.4.5.1: the configuration bit is set either way. */
		v->isr |= isr & ISR_CONFIG;
		if (vector != VIRTIO_MSI_NO_VECTOR)
			irq_msix(v->irq, vector);
		return;
	}
	v->isr |= isr;
	irq_intx(v->irq, INTX_VIRTIO, true);
}

void vdev_config_interrupt(struct vdev *v)
{
	interrupt(v, v->config_vector, ISR_CONFIG);
}

void vdev_break(struct vdev *v)
{
	if (v->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	v->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	log_line("DEVICE_NEEDS_RESET is set: the driver has to reset the device");
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		vdev_config_interrupt(v);
}

static void publish(struct queue *q)
{
	if (q->published == q->used_idx)
		return;
	if (ring_publish(q))
		interrupt(q->v, q->vector, ISR_QUEUE);
	else
		q->v->c->interrupts_suppressed++;
}

/* Return: 0, or -1 if the queue made no sense */
static int run_one(struct queue *q, uint16_t head, struct budget *left)
{
	struct chain c;
	uint64_t bytes;
	uint32_t len;

	if (chain_read(q, head, &c) || blk_request(q, &c, &len))
		return -1;
	ring_push(q, head, len);
	bytes = c.read_len + c.write_len;
	left->requests--;
	left->bytes -= bytes < left->bytes ? bytes : left->bytes;
	return 0;
}

/* Return: 1 if the queue is empty, 0 if the budget is used up, -1 if broken */
static int run_available(struct queue *q, struct budget *left)
{
	uint16_t head;
	int ret;

	while (left->requests && left->bytes) {
		ret = ring_next(q, &head);
		if (ret <= 0)
			return ret ? ret : 1;
		if (run_one(q, head, left))
			return -1;
	}
	return 0;
}

/*
 * One pass over a queue. Everything available is done before any of it is
 * published, so that a batch costs one interrupt; a pass is short, so that a
 * batch is small. The driver's next notification is asked for before the
 * driver can see what was used: a driver at depth 1 then always finds the same
 * answer to the question whether it has to notify.
 */
static void run_queue(struct queue *q)
{
	struct budget left = { QUEUE_BATCH_REQUESTS, QUEUE_BATCH_BYTES };
	bool poll = q->v->o->poll;
	int ret;

	q->pending = false;
	if (!poll)
		ring_disarm(q);
	do {
		ret = run_available(q, &left);
	} while (ret > 0 && !poll && !ring_arm(q));
	if (poll)
		ring_silence(q);
	publish(q);
	if (ret < 0)
		vdev_break(q->v);
	else if (!ret)
		q->pending = true;
}

/* The driver says that there is something: it had better be so. */
static void kick(struct queue *q)
{
	struct vdev *v = q->v;

	/* 2.1.2: nothing is consumed before DRIVER_OK, nor out of reach. */
	if (!vdev_running(v) || q->state != QUEUE_ENABLED)
		return;
	if (!ring_resolve(q)) {
		log_line("queue %u: its ring is no longer in guest memory",
			 q->index);
		vdev_break(v);
		return;
	}
	run_queue(q);
}

/*
 * @slot: where in the notify window; @value: 16 bits as the driver wrote them.
 * 4.1.5.2.1: both name the queue.
 */
static struct queue *notified(struct vdev *v, uint32_t slot, uint16_t value)
{
	if (slot < v->num_queues && value == slot)
		return &v->queues[slot];
	log_line("notify: value %u at offset %u ignored: queue %u is expected there, of %u",
		 value, slot * VFE_NOTIFY_MULTIPLIER, slot, v->num_queues);
	return NULL;
}

static void notify_write(struct vdev *v, uint32_t offset, unsigned int size,
			 uint32_t value)
{
	struct queue *q;

	/* 4.1.5.2: 16 bits; a driver may also write 32. */
	if (offset % VFE_NOTIFY_MULTIPLIER || size < 2) {
		log_line("notify: write of %u bytes at offset %u ignored: not a queue's slot",
			 size, offset);
		return;
	}
	q = notified(v, offset / VFE_NOTIFY_MULTIPLIER, value);
	if (q)
		kick(q);
}

/* Return: whether the driver rang */
static bool look_at_doorbell(struct queue *q)
{
	uint32_t *slot = &q->v->doorbell[q->index];
	uint32_t value;

	/* Looking first leaves the cache line shared while nobody rings. */
	if (__atomic_load_n(slot, __ATOMIC_RELAXED) == VFE_DOORBELL_IDLE)
		return false;
	value = __atomic_exchange_n(slot, VFE_DOORBELL_IDLE, __ATOMIC_SEQ_CST);
	q->v->c->doorbells++;
	return notified(q->v, q->index, value);
}

static bool poll_queue(struct queue *q)
{
	struct vdev *v = q->v;

	if (q->state != QUEUE_ENABLED)
		return false;
	if (v->doorbell && look_at_doorbell(q))
		q->pending = true;
	if (!q->pending && !v->o->poll)
		return false;
	/*
	 * While the client moves guest memory about there may be no ring to
	 * look at for a moment; the driver did nothing wrong.
	 */
	if (!ring_resolve(q) || (!q->pending && !ring_has_more(q)))
		return false;
	run_queue(q);
	return true;
}

bool vdev_poll(struct vdev *v)
{
	bool work = false;

	for (unsigned int i = 0; i < v->num_queues && vdev_running(v); i++)
		work |= poll_queue(&v->queues[i]);
	return work;
}

bool vdev_wants_poll(const struct vdev *v)
{
	if (!vdev_running(v))
		return false;
	if (v->o->poll || v->doorbell)
		return true;
	for (unsigned int i = 0; i < v->num_queues; i++) {
		if (v->queues[i].pending)
			return true;
	}
	return false;
}

static uint32_t isr_read(struct vdev *v, uint32_t offset)
{
	uint8_t isr = v->isr;

	if (offset)
		return 0;
	/* 4.1.4.5.1: a read clears it and takes the interrupt back. */
	v->isr = 0;
	irq_intx(v->irq, INTX_VIRTIO, false);
	return isr;
}

uint32_t vdev_read(struct vdev *v, enum vfe_window_id win, uint32_t offset,
		   unsigned int size)
{
	switch (win) {
	case VFE_WIN_COMMON:
		return common_read(v, offset, size);
	case VFE_WIN_ISR:
		return isr_read(v, offset);
	case VFE_WIN_DEVICE:
		return blk_config_read(v, offset, size);
	default:
		/* Nothing is read from the notify window. */
		return 0;
	}
}

void vdev_write(struct vdev *v, enum vfe_window_id win, uint32_t offset,
		unsigned int size, uint32_t value)
{
	switch (win) {
	case VFE_WIN_COMMON:
		common_write(v, offset, size, value);
		break;
	case VFE_WIN_DEVICE:
		blk_config_write(v, offset, size, value);
		break;
	case VFE_WIN_NOTIFY:
		notify_write(v, offset, size, value);
		break;
	default:
		log_line("isr_status: write of 0x%x ignored: it is only read",
			 value);
	}
}

void vdev_reset(struct vdev *v)
{
	v->status = 0;
	v->isr = 0;
	irq_intx(v->irq, INTX_VIRTIO, false);
	v->features = 0;
	v->device_select = 0;
	v->driver_select = 0;
	/* 4.1.5.1.2.1: no event has a vector. */
	v->config_vector = VIRTIO_MSI_NO_VECTOR;
	v->queue_select = 0;
	for (unsigned int i = 0; i < v->num_queues; i++)
		ring_reset(&v->queues[i]);
	blk_reset(v);
	if (v->doorbell)
		memset(v->doorbell, 0xff, VFE_STRUCT_SIZE);
}

void vdev_bus_master(struct vdev *v, bool on)
{
	bool came = on && !v->master;

	v->master = on;
	/* What came meanwhile was not looked at, and nobody will kick again. */
	for (unsigned int i = 0; came && i < v->num_queues; i++)
		v->queues[i].pending |= v->queues[i].state == QUEUE_ENABLED;
}

void vdev_capacity_changed(struct vdev *v)
{
	v->generation++;
	log_line("the capacity is %llu sectors now",
		 (unsigned long long)backend_capacity(v->b));
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		vdev_config_interrupt(v);
}

void vdev_memory_changed(struct vdev *v)
{
	for (unsigned int i = 0; i < v->num_queues; i++)
		ring_forget(&v->queues[i]);
}

int vdev_doorbell_fd(const struct vdev *v)
{
	return v->doorbell_fd;
}

uint8_t vdev_status(const struct vdev *v)
{
	return v->status;
}

bool vdev_queue_state(const struct vdev *v, unsigned int index, uint16_t *size,
		      uint16_t *avail_idx, uint16_t *used_idx)
{
	if (index >= v->num_queues)
		return false;
	*size = v->queues[index].size;
	*avail_idx = v->queues[index].last_avail;
	*used_idx = v->queues[index].published;
	return true;
}

/*
 * The file has the page where the BAR has it: a client maps by BAR offset. The
 * client gets this very file, so its size is sealed: a look at a page that was
 * cut off would end this process.
 */
static bool map_doorbell(struct vdev *v)
{
	void *p;

	v->doorbell_fd = memfd_create("vfe-doorbell",
				      MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (v->doorbell_fd < 0 ||
	    ftruncate(v->doorbell_fd, VFE_NOTIFY_OFFSET + VFE_STRUCT_SIZE) ||
	    fcntl(v->doorbell_fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		goto err;
	p = mmap(NULL, VFE_STRUCT_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		 v->doorbell_fd, VFE_NOTIFY_OFFSET);
	if (p == MAP_FAILED)
		goto err;
	v->doorbell = p;
	return true;

err:
	log_line("--doorbell map: no shared page: %m");
	return false;
}

static bool allocate(struct vdev *v)
{
	v->iov_max = v->o->queue_size + IOV_SPARE;
	v->iov = calloc(v->iov_max, sizeof(*v->iov));
	v->queues = calloc(v->num_queues, sizeof(*v->queues));
	if (!v->iov || !v->queues) {
		log_line("no memory for %u queues of %u", v->num_queues,
			 v->o->queue_size);
		return false;
	}
	for (unsigned int i = 0; i < v->num_queues; i++) {
		v->queues[i].v = v;
		v->queues[i].index = i;
	}
	return true;
}

struct vdev *vdev_new(const struct options *o, struct backend *b,
		      struct gmem *gm, struct irq *irq, struct counts *c)
{
	struct vdev *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->o = o;
	v->b = b;
	v->gm = gm;
	v->irq = irq;
	v->c = c;
	v->doorbell_fd = -1;
	v->offered = BIT64(VIRTIO_F_VERSION_1) |
		     BIT64(VIRTIO_RING_F_EVENT_IDX) |
		     BIT64(VIRTIO_RING_F_INDIRECT_DESC);
	v->offered = (v->offered & ~o->features_off) | blk_features(v);
	/* 5.2.2: without MQ there is one queue. */
	v->num_queues = v->offered & BIT64(VIRTIO_BLK_F_MQ) ? o->queues : 1;
	if (!allocate(v) || (o->map_doorbell && !map_doorbell(v))) {
		vdev_free(v);
		return NULL;
	}
	vdev_reset(v);
	return v;
}

void vdev_free(struct vdev *v)
{
	if (!v)
		return;
	if (v->doorbell)
		munmap(v->doorbell, VFE_STRUCT_SIZE);
	if (v->doorbell_fd >= 0)
		close(v->doorbell_fd);
	free(v->queues);
	free(v->iov);
	free(v);
}

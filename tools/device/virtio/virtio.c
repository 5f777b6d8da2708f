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

#include "virtio/virtio.h"

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

void vdev_interrupt_all(struct vdev *v)
{
	for (unsigned int i = 0; i < v->num_queues; i++) {
		if (v->queues[i].state == QUEUE_ENABLED)
			interrupt(v, v->queues[i].vector, ISR_QUEUE);
	}
}

static void publish(struct queue *q)
{
	switch (ring_publish(q)) {
	case PUBLISHED_NOTHING:
		break;
	case PUBLISHED_SILENTLY:
		q->v->c->interrupts_suppressed++;
		break;
	case PUBLISHED_WANTED:
		if (!quirk_loses_interrupt(q->v))
			interrupt(q->v, q->vector, ISR_QUEUE);
		break;
	}
	if (quirk_on(q->v, QUIRK_SPURIOUS_INTERRUPTS))
		vdev_interrupt_all(q->v);
}

static int answer_at_once(struct queue *q, struct chain *c)
{
	uint32_t len;

	if (blk_request(q, c, &len))
		return -1;
	ring_push(q, c, quirk_used_len(q, c, len));
	quirk_request_done(q->v);
	return 0;
}

/* Return: 0, or -1 if the request made no sense */
static int run_one(struct queue *q, struct chain *c, struct budget *left)
{
	uint64_t bytes = c->read_len + c->write_len;

	if (service_delays(q->v) ? service_take(q, c) : answer_at_once(q, c))
		return -1;
	left->requests--;
	left->bytes -= bytes < left->bytes ? bytes : left->bytes;
	return 0;
}

/* Return: 1 if the queue is empty, 0 if the budget is used up, -1 if broken */
static int run_available(struct queue *q, struct budget *left)
{
	struct chain c;
	int ret;

	while (left->requests && left->bytes) {
		if (quirk_is_broken(q->v))
			return -1;
		ret = ring_next(q, &c);
		if (ret <= 0)
			return ret ? ret : 1;
		if (run_one(q, &c, left))
			return -1;
	}
	return 0;
}

/*
 * One pass over a queue. Everything available is done before any of it is
 * published, so that a batch costs one interrupt; a pass is short, so that a
 * batch is small. The device requests the next notification before the driver
 * can see used buffers: a driver at depth 1 then always finds the same answer
 * to the question whether it has to notify.
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

uint16_t vdev_notify_value(const struct vdev *v, unsigned int index)
{
	if (vdev_has(v, VIRTIO_F_NOTIF_CONFIG_DATA))
		return NOTIF_CONFIG_DATA(index);
	return index;
}

/*
 * @slot: where in the notify window; @value: as the driver wrote it, its lower
 * half. 4.1.5.2.1: both name the queue.
 */
static struct queue *notified(struct vdev *v, uint32_t slot, uint16_t value)
{
	if (quirk_on(v, QUIRK_SHARED_NOTIFY) && !slot)
		slot = value - vdev_notify_value(v, 0);
	if (slot < v->num_queues && value == vdev_notify_value(v, slot))
		return &v->queues[slot];
	log_line("notify: value %u at offset %u ignored: that of a queue is expected there, of %u",
		 value, slot * VFE_NOTIFY_MULTIPLIER, v->num_queues);
	return NULL;
}

/*
 * 2.9: the upper half of a notification says up to where there are buffers. By
 * the time it comes they are seen in the ring, and those after them may be.
 */
static void check_data(struct queue *q, uint16_t next)
{
	struct vdev *v = q->v;

	if (!vdev_has(v, VIRTIO_F_NOTIFICATION_DATA) || !vdev_running(v) ||
	    q->state != QUEUE_ENABLED || q->pending || !ring_is_ahead(q, next))
		return;
	v->c->notified_ahead++;
	log_line("queue %u: a notification says 0x%x of buffers that are not in the ring",
		 q->index, next);
}

static void notify_write(struct vdev *v, uint32_t offset, unsigned int size,
			 uint32_t value)
{
	/* 4.1.5.2.1: 32 bits with NOTIFICATION_DATA; else 16, or more */
	unsigned int least = vdev_has(v, VIRTIO_F_NOTIFICATION_DATA) ? 4 : 2;
	struct queue *q;

	if (offset % VFE_NOTIFY_MULTIPLIER || size < least) {
		log_line("notify: write of %u bytes at offset %u ignored: a queue's slot takes %u",
			 size, offset, least);
		return;
	}
	q = notified(v, offset / VFE_NOTIFY_MULTIPLIER, value);
	if (!q)
		return;
	kick(q);
	check_data(q, value >> 16);
}

/* Return: whether the driver rang; then @value is what it wrote */
static bool look_at_doorbell(struct queue *q, uint32_t *value)
{
	uint32_t *slot = &q->v->doorbell[q->index];

	/* Looking first leaves the cache line shared while nobody rings. */
	if (__atomic_load_n(slot, __ATOMIC_RELAXED) == VFE_DOORBELL_IDLE)
		return false;
	*value = __atomic_exchange_n(slot, VFE_DOORBELL_IDLE, __ATOMIC_SEQ_CST);
	q->v->c->doorbells++;
	return notified(q->v, q->index, *value);
}

static bool poll_queue(struct queue *q)
{
	struct vdev *v = q->v;
	bool rung = false;
	uint32_t value = 0;

	if (q->state != QUEUE_ENABLED)
		return false;
	if (v->doorbell)
		rung = look_at_doorbell(q, &value);
	q->pending |= rung;
	if (!q->pending && !v->o->poll)
		return false;
	/*
	 * While the client moves guest memory about there may be no ring to
	 * look at for a moment; the driver did nothing wrong.
	 */
	if (!ring_resolve(q) || (!q->pending && !ring_has_more(q)))
		return false;
	run_queue(q);
	if (rung)
		check_data(q, value >> 16);
	return true;
}

bool vdev_poll(struct vdev *v)
{
	bool work = false;

	for (unsigned int i = 0; i < v->num_queues && vdev_running(v); i++)
		work |= poll_queue(&v->queues[i]);
	return work;
}

uint64_t vdev_due(const struct vdev *v)
{
	return service_due(v);
}

void vdev_serve(struct vdev *v, uint64_t now)
{
	service_answer(v, now);
	for (unsigned int i = 0; i < v->num_queues; i++) {
		if (!v->queues[i].answered)
			continue;
		v->queues[i].answered = false;
		publish(&v->queues[i]);
	}
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

void vdev_features_accepted(struct vdev *v)
{
	const struct ring_ops *before = v->ring;

	v->ring = ring_ops_of(v);
	/*
	 * SeaBIOS enables its queue first and negotiates then. The length of a
	 * split ring depends on EVENT_IDX; as a packed one it starts anew.
	 */
	for (unsigned int i = 0; i < v->num_queues; i++) {
		if (v->ring == before)
			ring_forget(&v->queues[i]);
		else
			ring_reset(&v->queues[i]);
	}
	blk_features_accepted(v);
}

void vdev_queue_reset(struct queue *q)
{
	struct vdev *v = q->v;

	ring_reset(q);
	/* A ring of the bell from before is none after. */
	if (v->doorbell)
		__atomic_store_n(&v->doorbell[q->index], VFE_DOORBELL_IDLE,
				 __ATOMIC_SEQ_CST);
	v->c->queue_resets++;
	if (vdev_fault(v, FAULT_QUEUE_RESET))
		q->state = QUEUE_RESETTING;
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
	v->ring = ring_ops_of(v);
	for (unsigned int i = 0; i < v->num_queues; i++)
		ring_reset(&v->queues[i]);
	blk_reset(v);
	if (v->doorbell)
		memset(v->doorbell, 0xff, VFE_STRUCT_SIZE);
}

void vdev_power_on(struct vdev *v)
{
	quirk_power_on(v);
	vdev_reset(v);
}

void vdev_drop_driver_ok(struct vdev *v)
{
	v->status &= ~VIRTIO_CONFIG_S_DRIVER_OK;
}

void vdev_bus_master(struct vdev *v, bool on)
{
	bool came = on && !v->master;

	if (v->master && !on && quirk_on(v, QUIRK_MASTER_DROPS_DRIVER_OK))
		vdev_drop_driver_ok(v);
	v->master = on;
	/*
	 * Process buffers that came meanwhile, as there will be no other kick.
	 */
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
	ring_progress(&v->queues[index], avail_idx, used_idx);
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
	v->service = service_new(v, v->num_queues * v->o->queue_size);
	v->iov = calloc(v->iov_max, sizeof(*v->iov));
	v->queues = calloc(v->num_queues, sizeof(*v->queues));
	if (!v->iov || !v->queues || !v->service) {
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

/* What is offered whatever the type of the device is */
static uint64_t ring_features(const struct vdev *v)
{
	uint64_t f = BIT64(VIRTIO_RING_F_INDIRECT_DESC) |
		     BIT64(VIRTIO_RING_F_EVENT_IDX) |
		     BIT64(VIRTIO_F_VERSION_1) |
		     BIT64(VIRTIO_F_ACCESS_PLATFORM) |
		     BIT64(VIRTIO_F_RING_PACKED) |
		     BIT64(VIRTIO_F_IN_ORDER) |
		     BIT64(VIRTIO_F_ORDER_PLATFORM) |
		     BIT64(VIRTIO_F_NOTIFICATION_DATA) |
		     BIT64(VIRTIO_F_NOTIF_CONFIG_DATA) |
		     BIT64(VIRTIO_F_RING_RESET);

	if (vdev_fault(v, FAULT_FEATURES))
		f &= ~BIT64(VIRTIO_F_VERSION_1);
	/* What takes its time ends in another order than it came in. */
	if (v->o->service.kind)
		f &= ~BIT64(VIRTIO_F_IN_ORDER);
	return f & ~v->o->features_off;
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
	v->offered = ring_features(v) | blk_features(v);
	/* 5.2.2: without MQ there is one queue. */
	v->num_queues = v->offered & BIT64(VIRTIO_BLK_F_MQ) ? o->queues : 1;
	if (!allocate(v) || (o->map_doorbell && !map_doorbell(v))) {
		vdev_free(v);
		return NULL;
	}
	if (o->zoned.on) {
		v->zoned = zoned_new(&o->zoned, backend_capacity(b));
		if (!v->zoned) {
			vdev_free(v);
			return NULL;
		}
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
	service_free(v->service);
	zoned_free(v->zoned);
	free(v->queues);
	free(v->iov);
	free(v);
}

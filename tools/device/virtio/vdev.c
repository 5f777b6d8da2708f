// SPDX-License-Identifier: GPL-2.0
/* The virtio device as a whole: how it is made, set up, reset and taken apart. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "virtio/virtio.h"

/* Pieces for buffers that cross from one guest mapping into the next */
#define IOV_SPARE	64

static void reset_queue(struct queue *q)
{
	if (q->v->class->queue_reset)
		q->v->class->queue_reset(q);
	service_drop(q);
	ring_reset(q);
}

void vdev_started(struct vdev *v)
{
	if (v->class->started && vdev_running(v))
		v->class->started(v);
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
			reset_queue(&v->queues[i]);
	}
	if (v->class->accepted)
		v->class->accepted(v);
}

void vdev_queue_reset(struct queue *q)
{
	struct vdev *v = q->v;

	reset_queue(q);
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
	memset(v->written, 0, sizeof(v->written));
	v->device_select = 0;
	v->driver_select = 0;
	/* 4.1.5.1.2.1: no event has a vector. */
	v->config_vector = VIRTIO_MSI_NO_VECTOR;
	v->queue_select = 0;
	v->ring = ring_ops_of(v);
	for (unsigned int i = 0; i < v->num_queues; i++) {
		reset_queue(&v->queues[i]);
		v->queues[i].kicks = 0;
		v->queues[i].interrupts = 0;
	}
	if (v->class->reset)
		v->class->reset(v);
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
	if (came)
		vdev_started(v);
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
	v->ring->progress(&v->queues[index], avail_idx, used_idx);
	return true;
}

/*
 * The file has the page where the BAR has it: a client maps by BAR offset. The
 * client gets this file, so its size is sealed: an access to a truncated page
 * would kill this process.
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

/* Features of devices of any type */
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
	/* With service times, requests complete out of order. */
	if (v->o->service.kind)
		f &= ~BIT64(VIRTIO_F_IN_ORDER);
	return f & ~v->o->features_off;
}

struct vdev *vdev_new(struct options *o, void *state, struct gmem *gm,
		      struct irq *irq, struct counts *c)
{
	struct vdev *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->class = o->class;
	v->o = o;
	v->state = state;
	v->gm = gm;
	v->irq = irq;
	v->c = c;
	v->doorbell_fd = -1;
	v->offered = ring_features(v);
	if (v->class->features)
		v->offered |= v->class->features(v);
	v->num_queues = v->class->num_queues ? v->class->num_queues(v) :
					       o->queues;
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
	service_free(v->service);
	free(v->queues);
	free(v->iov);
	free(v);
}

// SPDX-License-Identifier: GPL-2.0
/* Interrupts of the virtio device, and DEVICE_NEEDS_RESET. */
#include "virtio/virtio.h"

/* ISR status, 4.1.4.5 */
#define ISR_QUEUE	0x01
#define ISR_CONFIG	0x02

/* 4.1.5.3, 4.1.5.4: a message with MSI-X, otherwise ISR status and INTx */
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

void vdev_queue_interrupt(const struct queue *q)
{
	interrupt(q->v, q->vector, ISR_QUEUE);
}

void vdev_config_interrupt(struct vdev *v)
{
	interrupt(v, v->config_vector, ISR_CONFIG);
}

void vdev_config_changed(struct vdev *v)
{
	v->generation++;
	if (v->status & VIRTIO_CONFIG_S_DRIVER_OK)
		vdev_config_interrupt(v);
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
			vdev_queue_interrupt(&v->queues[i]);
	}
}

uint8_t vdev_take_isr(struct vdev *v)
{
	uint8_t isr = v->isr;

	v->isr = 0;
	irq_intx(v->irq, INTX_VIRTIO, false);
	return isr;
}

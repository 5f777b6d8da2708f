/* SPDX-License-Identifier: GPL-2.0 */
/* MSI-X vectors and INTx, as vfio-user set them up. */
#ifndef IRQ_H
#define IRQ_H

#include <stdbool.h>
#include <stdint.h>

struct counts;

#define IRQ_MAX_VECTORS	65	/* 64 queues and the configuration */

enum intx_source {
	INTX_VIRTIO,
	INTX_WINDOW,
};

struct irq;

/* Raise MSI-X vector @vector; ignored if it has no eventfd. */
void irq_msix(struct irq *irq, unsigned int vector);
/* INTx is level triggered: the line is the OR of its sources. */
void irq_intx(struct irq *irq, enum intx_source source, bool level);
/* Has the guest enabled MSI-X? (configuration space, MSI-X control) */
bool irq_msix_enabled(const struct irq *irq);

struct irq *irq_new(unsigned int vectors, struct counts *c);
void irq_free(struct irq *irq);
/* The client is gone: forget its eventfds. */
void irq_release(struct irq *irq);
/* The function was reset: no source asserts, nothing is pending. */
void irq_reset(struct irq *irq);

unsigned int irq_vectors(const struct irq *irq);
/* @fd is consumed; -1 takes the eventfd away. Return: 0 or -EINVAL. */
int irq_msix_assign(struct irq *irq, unsigned int vector, int fd);
void irq_msix_mask(struct irq *irq, unsigned int vector, bool masked);
bool irq_msix_pending(const struct irq *irq, unsigned int vector);
void irq_msix_loopback(struct irq *irq, unsigned int vector);

enum intx_eventfd {
	INTX_TRIGGER,
	INTX_MASK,
	INTX_UNMASK,
	INTX_NUM_EVENTFDS
};

int irq_intx_assign(struct irq *irq, enum intx_eventfd which, int fd);
void irq_intx_mask(struct irq *irq, bool masked);
void irq_intx_loopback(struct irq *irq);
/* The descriptor to poll for an unmask event, or -1 */
int irq_intx_unmask_fd(const struct irq *irq);
void irq_intx_unmask_event(struct irq *irq);
/* Does any source ask for INTx? (the PCI interrupt status bit) */
bool irq_intx_status(const struct irq *irq);

/* The state in configuration space */
void irq_enable_msix(struct irq *irq, bool enabled, bool masked);
void irq_disable_intx(struct irq *irq, bool disabled);

#endif /* IRQ_H */

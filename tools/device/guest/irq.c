// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts: MSI-X vectors are eventfds to signal; INTx is a level made of
 * two sources, signalled once and then masked until the client says that the
 * guest has seen it (VFIO's automasked interrupts).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/counts.h"
#include "base/log.h"
#include "guest/evfd.h"
#include "guest/irq.h"

struct vector {
	int fd;
	bool masked;		/* by SET_IRQS */
	bool pending;
};

struct irq {
	struct counts *counts;
	unsigned int vectors;
	struct vector msix[IRQ_MAX_VECTORS];
	bool msix_enabled;
	bool msix_masked;	/* function mask */

	int intx_fd[INTX_NUM_EVENTFDS];
	bool intx_level[INTX_WINDOW + 1];
	bool intx_masked;
	bool intx_disabled;	/* command register */
};

struct irq *irq_new(unsigned int vectors, struct counts *c)
{
	struct irq *irq = calloc(1, sizeof(*irq));
	unsigned int i;

	if (!irq)
		return NULL;
	if (evfd_open()) {
		free(irq);
		return NULL;
	}
	irq->counts = c;
	irq->vectors = vectors;
	for (i = 0; i < IRQ_MAX_VECTORS; i++)
		irq->msix[i].fd = -1;
	for (i = 0; i < INTX_NUM_EVENTFDS; i++)
		irq->intx_fd[i] = -1;
	return irq;
}

void irq_free(struct irq *irq)
{
	if (!irq)
		return;
	irq_release(irq);
	evfd_close();
	free(irq);
}

static void replace_fd(int *slot, int fd)
{
	if (*slot >= 0)
		close(*slot);
	*slot = fd;
}

static int assign(int *slot, int fd)
{
	if (fd >= 0 && evfd_check(fd)) {
		close(fd);
		return -EINVAL;
	}
	replace_fd(slot, fd);
	if (fd >= 0)
		evfd_watch(true);
	return 0;
}

static void deliver(struct irq *irq, struct vector *v)
{
	/* A vector that the client unmasks while MSI-X is off goes on waiting. */
	if (!irq->msix_enabled || irq->msix_masked || v->masked) {
		v->pending = true;
		return;
	}
	v->pending = false;
	if (evfd_signal(v->fd))
		irq->counts->msix_raised++;
}

void irq_msix(struct irq *irq, unsigned int vector)
{
	if (!irq->msix_enabled || vector >= irq->vectors)
		return;
	deliver(irq, &irq->msix[vector]);
}

static void deliver_pending(struct irq *irq)
{
	unsigned int i;

	for (i = 0; i < irq->vectors; i++) {
		if (irq->msix[i].pending)
			deliver(irq, &irq->msix[i]);
	}
}

static bool asserted(const struct irq *irq)
{
	/* PCI: a function does not use INTx while MSI-X is enabled. */
	return irq_intx_status(irq) && !irq->intx_disabled &&
	       !irq->msix_enabled;
}

static void update_intx(struct irq *irq)
{
	if (!asserted(irq) || irq->intx_masked)
		return;
	if (!evfd_signal(irq->intx_fd[INTX_TRIGGER]))
		return;
	irq->intx_masked = true;
	irq->counts->intx_raised++;
}

void irq_intx(struct irq *irq, enum intx_source source, bool level)
{
	irq->intx_level[source] = level;
	update_intx(irq);
}

bool irq_msix_enabled(const struct irq *irq)
{
	return irq->msix_enabled;
}

void irq_release(struct irq *irq)
{
	unsigned int i;

	for (i = 0; i < IRQ_MAX_VECTORS; i++) {
		replace_fd(&irq->msix[i].fd, -1);
		irq->msix[i].masked = false;
	}
	for (i = 0; i < INTX_NUM_EVENTFDS; i++)
		replace_fd(&irq->intx_fd[i], -1);
	evfd_watch(false);
	irq->intx_masked = false;
}

/*
 * The client's eventfds and masks outlive a reset of the function: they belong
 * to the connection, and the client does not set them up again after an FLR.
 */
void irq_reset(struct irq *irq)
{
	unsigned int i;

	for (i = 0; i < IRQ_MAX_VECTORS; i++)
		irq->msix[i].pending = false;
	irq->intx_level[INTX_VIRTIO] = false;
	irq->intx_level[INTX_WINDOW] = false;
}

unsigned int irq_vectors(const struct irq *irq)
{
	return irq->vectors;
}

int irq_msix_assign(struct irq *irq, unsigned int vector, int fd)
{
	return assign(&irq->msix[vector].fd, fd);
}

void irq_msix_mask(struct irq *irq, unsigned int vector, bool masked)
{
	struct vector *v = &irq->msix[vector];

	v->masked = masked;
	if (v->pending)
		deliver(irq, v);
}

bool irq_msix_pending(const struct irq *irq, unsigned int vector)
{
	return irq->msix[vector].pending;
}

void irq_msix_loopback(struct irq *irq, unsigned int vector)
{
	evfd_signal(irq->msix[vector].fd);
}

int irq_intx_assign(struct irq *irq, enum intx_eventfd which, int fd)
{
	int ret = assign(&irq->intx_fd[which], fd);

	if (ret || which != INTX_TRIGGER)
		return ret;
	/* Nobody has seen an interrupt through the new eventfd. */
	irq->intx_masked = false;
	update_intx(irq);
	return 0;
}

void irq_intx_mask(struct irq *irq, bool masked)
{
	if (masked && !irq->intx_masked)
		evfd_signal(irq->intx_fd[INTX_MASK]);
	irq->intx_masked = masked;
	update_intx(irq);
}

void irq_intx_loopback(struct irq *irq)
{
	evfd_signal(irq->intx_fd[INTX_TRIGGER]);
}

int irq_intx_unmask_fd(const struct irq *irq)
{
	return irq->intx_fd[INTX_UNMASK];
}

void irq_intx_unmask_event(struct irq *irq)
{
	int *fd = &irq->intx_fd[INTX_UNMASK];
	int ret = evfd_take(*fd);

	if (!ret) {
		irq->intx_masked = false;
		update_intx(irq);
	} else if (ret != -EAGAIN && ret != -EINTR) {
		log_line("INTx unmask eventfd: %s; not watched any more",
			 strerror(-ret));
		replace_fd(fd, -1);
	}
}

bool irq_intx_status(const struct irq *irq)
{
	return irq->intx_level[INTX_VIRTIO] || irq->intx_level[INTX_WINDOW];
}

void irq_enable_msix(struct irq *irq, bool enabled, bool masked)
{
	irq->msix_enabled = enabled;
	irq->msix_masked = masked;
	if (enabled && !masked)
		deliver_pending(irq);
	update_intx(irq);
}

void irq_disable_intx(struct irq *irq, bool disabled)
{
	irq->intx_disabled = disabled;
	update_intx(irq);
}

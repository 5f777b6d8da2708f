// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts. Vector 0 is for configuration changes, the next vectors are for
 * queues: one per queue, or one for all. Otherwise a single vector, or INTx,
 * serves both.
 */
#include <kunit/visibility.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/virtio_pci.h>

#include "core.h"

#define VFE_CONFIG_VECTOR	0	/* vector of configuration changes */
#define VFE_QUEUE_VECTOR	1	/* the first vector of queues */
#define VFE_ISR_QUEUES		0x01
#define VFE_ISR_CONFIG		0x02

/* May a handler access the device? Counts the interrupt if so. */
static bool vfe_irq_allowed(struct vfe_device *vd)
{
	if (!READ_ONCE(vd->irqs.enabled))
		return false;
	vfe_count(&vd->stats, interrupts);
	return true;
}

/* Return: whether any queue had a used buffer */
static bool vfe_irq_all_queues(struct vfe_device *vd)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < vd->num_queues; i++)
		if (vd->queues[i].spec.vector != VFE_VECTOR_NONE)
			any |= vfe_queue_interrupt(&vd->queues[i]);
	return any;
}

/* Does the next queue share the vector of this one? */
static bool vfe_irq_has_next(const struct vfe_queue *q)
{
	return q + 1 < q->vd->queues + q->vd->num_queues &&
	       q[1].spec.vector == VFE_VECTOR_PREVIOUS;
}

static irqreturn_t vfe_irq_queue(int irq, void *data)
{
	struct vfe_queue *q = data;

	if (!vfe_irq_allowed(q->vd))
		return IRQ_NONE;
	/* 4.1.4.5.2: no ISR read on a queue's MSI-X interrupt */
	if (!vfe_queue_interrupt(q))
		vfe_count(&q->vd->stats, spurious);
	return IRQ_HANDLED;
}

/* For the vector of a queue that the next queues share */
static irqreturn_t vfe_irq_queues(int irq, void *data)
{
	struct vfe_queue *q = data;
	bool any;

	if (!vfe_irq_allowed(q->vd))
		return IRQ_NONE;
	any = vfe_queue_interrupt(q);
	while (vfe_irq_has_next(q))
		any |= vfe_queue_interrupt(++q);
	if (!any)
		vfe_count(&q->vd->stats, spurious);
	return IRQ_HANDLED;
}

static irqreturn_t vfe_irq_shared(int irq, void *data)
{
	struct vfe_device *vd = data;

	if (!vfe_irq_allowed(vd))
		return IRQ_NONE;
	if (!vfe_irq_all_queues(vd))
		vfe_count(&vd->stats, spurious);
	return IRQ_HANDLED;
}

static void vfe_irq_config_change(struct vfe_device *vd)
{
	vfe_count(&vd->stats, config);
	queue_work(vfe_wq, &vd->config_work);
}

/*
 * Reads the ISR status. It may be all ones, since all of its bits may be set;
 * only the device status shows whether the function is gone. Return: the ISR
 * status, -EIO or -ENODEV
 */
static int vfe_irq_isr(struct vfe_device *vd)
{
	u8 isr = vfe_read8(&vd->regs, vd->transport->isr);
	u8 status;
	int ret;

	if (isr != VFE_ALL_ONES)
		return isr;
	ret = vfe_status_read(vd, &status);
	return ret ?: isr;
}

static irqreturn_t vfe_irq_config(int irq, void *data)
{
	struct vfe_device *vd = data;

	if (!vfe_irq_allowed(vd))
		return IRQ_NONE;
	vfe_irq_config_change(vd);
	return IRQ_HANDLED;
}

/*
 * 4.1.4.5.1: with MSI-X, the ISR status reports configuration changes, too, but
 * no used buffers.
 */
static irqreturn_t vfe_irq_single(int irq, void *data)
{
	struct vfe_device *vd = data;
	bool any;
	int isr;

	if (vfe_gone(vd) || !vfe_irq_allowed(vd))
		return IRQ_NONE;
	isr = vfe_irq_isr(vd);
	if (isr < 0)
		return IRQ_HANDLED;
	any = isr & VFE_ISR_CONFIG;
	if (any)
		vfe_irq_config_change(vd);
	any |= vfe_irq_all_queues(vd);
	if (!any)
		vfe_count(&vd->stats, spurious);
	return IRQ_HANDLED;
}

static irqreturn_t vfe_irq_intx(int irq, void *data)
{
	struct vfe_device *vd = data;
	bool any = false;
	int isr;

	if (!READ_ONCE(vd->irqs.enabled) || vfe_gone(vd))
		return IRQ_NONE;
	/* 4.1.5.5: read once, which also deasserts the interrupt */
	isr = vfe_irq_isr(vd);
	/* on a shared line it may be another function's interrupt */
	if (isr < 0 || !(isr & (VFE_ISR_QUEUES | VFE_ISR_CONFIG)))
		return IRQ_NONE;
	vfe_count(&vd->stats, interrupts);
	/* 4.1.5.4.2: one interrupt may mean both */
	if (isr & VFE_ISR_CONFIG) {
		vfe_irq_config_change(vd);
		any = true;
	}
	if (isr & VFE_ISR_QUEUES)
		any |= vfe_irq_all_queues(vd);
	if (!any)
		vfe_count(&vd->stats, spurious);
	return IRQ_HANDLED;
}

/*
 * The class driver's allocations must not wait for I/O on this device: that I/O
 * may wait for a reset, and the reset waits for the work item below, which may
 * wait for the lock.
 */
void vfe_config_reread(struct vfe_device *vd)
{
	unsigned int noio;

	if (!vd->ops->config_changed)
		return;
	noio = memalloc_noio_save();
	mutex_lock(&vd->config_lock);
	vd->ops->config_changed(vd);
	mutex_unlock(&vd->config_lock);
	memalloc_noio_restore(noio);
}
EXPORT_SYMBOL_NS_GPL(vfe_config_reread, VFE_NS);

/**
 * vfe_config_work() - handle a configuration change
 * @work: in a struct vfe_device
 *
 * Context: work item.
 */
void vfe_config_work(struct work_struct *work)
{
	struct vfe_device *vd = container_of(work, struct vfe_device,
					     config_work);

	if (vfe_get_state(vd) != VFE_STATE_LIVE)
		return;
	/* 2.1.1: do not rely on a device that needs a reset, reset it */
	if (vfe_wants_reset(vd)) {
		vfe_request_reset(vd);
		return;
	}
	vfe_config_reread(vd);
}

/* The queue that owns @vector; NULL for any other vector */
static struct vfe_queue *vfe_irq_owner(struct vfe_device *vd,
				       unsigned int vector)
{
	unsigned int i;

	if (vd->irqs.mode != VFE_IRQ_MSIX || vector < VFE_QUEUE_VECTOR)
		return NULL;
	for (i = 0; i < vd->num_queues; i++)
		if (vd->queues[i].spec.vector == VFE_VECTOR_OWN &&
		    vd->queues[i].vector == vector)
			return &vd->queues[i];
	return NULL;
}

/* The argument of a vector's handler */
static void *vfe_irq_cookie(struct vfe_device *vd, unsigned int vector)
{
	return vfe_irq_owner(vd, vector) ?: (void *)vd;
}

static irq_handler_t vfe_irq_handler(struct vfe_device *vd,
				     unsigned int vector)
{
	const struct vfe_queue *q = vfe_irq_owner(vd, vector);

	if (vd->irqs.mode == VFE_IRQ_INTX)
		return vfe_irq_intx;
	if (vd->irqs.mode == VFE_IRQ_SINGLE)
		return vfe_irq_single;
	if (vector == VFE_CONFIG_VECTOR)
		return vfe_irq_config;
	if (!q)
		return vfe_irq_shared;
	return vfe_irq_has_next(q) ? vfe_irq_queues : vfe_irq_queue;
}

static void vfe_irq_name(struct vfe_device *vd, unsigned int vector, char *name,
			 size_t len)
{
	const struct vfe_queue *q = vfe_irq_owner(vd, vector);
	const char *what = "config";

	if (vd->irqs.mode == VFE_IRQ_INTX)
		what = "intx";
	else if (vd->irqs.mode == VFE_IRQ_SINGLE)
		what = "all";
	else if (vector >= VFE_QUEUE_VECTOR)
		what = q ? q->spec.name : "queues";
	snprintf(name, len, "vfe-%s-%s", pci_name(vd->pdev), what);
}

/*
 * Assigns vectors, from @next on, to the queues that have @spread. Return: the
 * next free vector
 */
static unsigned int vfe_irqs_number(struct vfe_device *vd, bool spread,
				    unsigned int next)
{
	struct vfe_queue *q;
	unsigned int i;

	for (i = 0; i < vd->num_queues; i++) {
		q = &vd->queues[i];
		if (q->spec.vector == VFE_VECTOR_PREVIOUS)
			q->vector = q[-1].vector;
		else if (q->spec.vector == VFE_VECTOR_OWN &&
			 q->spec.spread == spread)
			q->vector = next++;
	}
	return next;
}

/* Allocates one vector per queue, those with managed affinity last. */
static int vfe_irqs_alloc_each(struct vfe_device *vd)
{
	struct irq_affinity affd = {};
	unsigned int n;

	affd.pre_vectors = vfe_irqs_number(vd, false, VFE_QUEUE_VECTOR);
	vd->irqs.spread = affd.pre_vectors;
	n = vfe_irqs_number(vd, true, vd->irqs.spread);
	if (n == vd->irqs.spread)
		return pci_alloc_irq_vectors(vd->pdev, n, n, PCI_IRQ_MSIX);
	return pci_alloc_irq_vectors_affinity(vd->pdev, n, n,
					      PCI_IRQ_MSIX | PCI_IRQ_AFFINITY,
					      &affd);
}

/* Return: the number of vectors, or an error */
static int vfe_irqs_alloc(struct vfe_device *vd)
{
	unsigned int n;

	switch (vd->irqs.mode) {
	case VFE_IRQ_MSIX:
		return vfe_irqs_alloc_each(vd);
	case VFE_IRQ_SHARED:
		n = VFE_QUEUE_VECTOR + 1;
		return pci_alloc_irq_vectors(vd->pdev, n, n, PCI_IRQ_MSIX);
	case VFE_IRQ_SINGLE:
		return pci_alloc_irq_vectors(vd->pdev, 1, 1, PCI_IRQ_MSIX);
	default:
		return pci_alloc_irq_vectors(vd->pdev, 1, 1, PCI_IRQ_INTX);
	}
}

static int vfe_irqs_request(struct vfe_device *vd)
{
	struct vfe_irqs *irqs = &vd->irqs;
	unsigned long flags = irqs->mode == VFE_IRQ_INTX ? IRQF_SHARED : 0;
	unsigned int i;
	int ret;

	for (i = 0; i < irqs->vectors; i++) {
		vfe_irq_name(vd, i, irqs->names[i], sizeof(irqs->names[i]));
		ret = request_irq(pci_irq_vector(vd->pdev, i),
				  vfe_irq_handler(vd, i), flags,
				  irqs->names[i], vfe_irq_cookie(vd, i));
		if (ret)
			return ret;
		irqs->requested++;
	}
	return 0;
}

/**
 * vfe_irqs_setup() - allocate vectors, install handlers
 * @vd: the device, its queues allocated
 * @mode: the kind of interrupts
 *
 * Context: process context, may sleep.
 * Return: 0, -ENOMEM without memory for handlers, -ENOSPC when this kind is not
 * available.
 */
int vfe_irqs_setup(struct vfe_device *vd, enum vfe_interrupts mode)
{
	struct vfe_irqs *irqs = &vd->irqs;
	int ret;

	irqs->mode = mode;
	ret = vfe_irqs_alloc(vd);
	if (ret < 0) {
		dev_dbg(vfe_dev(vd), "interrupts of kind %d: %d\n", mode, ret);
		/* also without memory: fewer vectors need less, INTx none */
		return -ENOSPC;
	}
	irqs->vectors = ret;
	irqs->names = kcalloc(irqs->vectors, sizeof(*irqs->names), GFP_KERNEL);
	ret = irqs->names ? vfe_irqs_request(vd) : -ENOMEM;
	if (!ret)
		return 0;
	vfe_irqs_free(vd);
	return ret == -ENOMEM ? ret : -ENOSPC;
}

/**
 * vfe_irqs_free() - remove handlers, free vectors
 * @vd: the device
 *
 * Context: process context, may sleep.
 */
void vfe_irqs_free(struct vfe_device *vd)
{
	struct vfe_irqs *irqs = &vd->irqs;

	if (!irqs->vectors)
		return;
	while (irqs->requested--)
		free_irq(pci_irq_vector(vd->pdev, irqs->requested),
			 vfe_irq_cookie(vd, irqs->requested));
	irqs->requested = 0;
	irqs->vectors = 0;
	pci_free_irq_vectors(vd->pdev);
	kfree(irqs->names);
	irqs->names = NULL;
}

/**
 * vfe_irqs_enable() - let handlers access the device
 * @vd: the device, about to be live
 *
 * Context: process context.
 */
void vfe_irqs_enable(struct vfe_device *vd)
{
	WRITE_ONCE(vd->irqs.enabled, true);
	if (vd->irqs.mode == VFE_IRQ_INTX)
		pci_intx(vd->pdev, 1);
}

/**
 * vfe_irqs_synchronize() - wait for running handlers
 * @vd: the device
 *
 * Context: process context, may sleep.
 */
void vfe_irqs_synchronize(struct vfe_device *vd)
{
	unsigned int i;

	for (i = 0; i < vd->irqs.requested; i++)
		synchronize_irq(pci_irq_vector(vd->pdev, i));
}

/**
 * vfe_irqs_quiesce() - stop handlers from accessing the device
 * @vd: the device, about to be reset
 *
 * When it returns, no handler, done() or config_changed() runs.
 *
 * Context: process context, may sleep; not from config_changed().
 */
void vfe_irqs_quiesce(struct vfe_device *vd)
{
	/*
	 * a hung device may hold INTx asserted, and no handler would clear it
	 */
	if (vd->irqs.requested && vd->irqs.mode == VFE_IRQ_INTX)
		pci_intx(vd->pdev, 0);
	WRITE_ONCE(vd->irqs.enabled, false);
	vfe_irqs_synchronize(vd);
	cancel_work_sync(&vd->config_work);
}

/**
 * vfe_irqs_program_config() - map the configuration vector
 * @vd: the device
 *
 * Context: any.
 * Return: 0, or -EBUSY if the device refused it.
 */
int vfe_irqs_program_config(struct vfe_device *vd)
{
	if (vd->irqs.mode == VFE_IRQ_INTX)
		return 0;
	vfe_write16(&vd->regs, vd->transport->config_vector, VFE_CONFIG_VECTOR);
	/* 4.1.5.1.2.2: read back, the device may be short of resources */
	return vfe_read16(&vd->regs, vd->transport->config_vector) ==
	       VFE_CONFIG_VECTOR ? 0 : -EBUSY;
}

/**
 * vfe_irqs_queue_vector() - the MSI-X vector of a queue
 * @q: the queue
 *
 * Return: the vector, VIRTIO_MSI_NO_VECTOR under INTx and for a polled queue.
 */
u16 vfe_irqs_queue_vector(const struct vfe_queue *q)
{
	if (q->spec.vector == VFE_VECTOR_NONE)
		return VIRTIO_MSI_NO_VECTOR;
	switch (q->vd->irqs.mode) {
	case VFE_IRQ_MSIX:
		return q->vector;
	case VFE_IRQ_SHARED:
		return VFE_QUEUE_VECTOR;
	case VFE_IRQ_SINGLE:
		return VFE_CONFIG_VECTOR;
	default:
		return VIRTIO_MSI_NO_VECTOR;
	}
}

/**
 * vfe_irqs_vectors() - number of MSI-X vectors in use
 * @vd: the device
 *
 * Return: the number, 0 under INTx.
 */
unsigned int vfe_irqs_vectors(const struct vfe_device *vd)
{
	return vd->irqs.mode == VFE_IRQ_INTX ? 0 : vd->irqs.vectors;
}

const struct cpumask *vfe_queue_affinity(const struct vfe_device *vd,
					 unsigned int index)
{
	u16 vector;

	if (vd->irqs.mode != VFE_IRQ_MSIX || index >= vd->num_queues)
		return NULL;
	vector = vfe_irqs_queue_vector(&vd->queues[index]);
	if (vector == VIRTIO_MSI_NO_VECTOR || vector < vd->irqs.spread)
		return NULL;
	return pci_irq_get_affinity(vd->pdev, vector);
}
EXPORT_SYMBOL_IF_KUNIT(vfe_queue_affinity);

void vfe_queue_set_affinity(struct vfe_queue *q, const struct cpumask *mask)
{
	struct vfe_device *vd = q->vd;

	if (vd->irqs.mode == VFE_IRQ_MSIX && q->spec.vector == VFE_VECTOR_OWN)
		irq_set_affinity(pci_irq_vector(vd->pdev, q->vector), mask);
}
EXPORT_SYMBOL_NS_GPL(vfe_queue_set_affinity, VFE_NS);

bool vfe_map_queues(const struct vfe_device *vd, unsigned int first,
		    unsigned int n, unsigned int *map)
{
	const struct cpumask *mask;
	unsigned int i, cpu;

	for (i = 0; i < n; i++) {
		mask = vfe_queue_affinity(vd, first + i);
		if (!mask)
			return false;
		for_each_cpu(cpu, mask)
			map[cpu] = i;
	}
	return true;
}
EXPORT_SYMBOL_NS_GPL(vfe_map_queues, VFE_NS);

int vfe_parse_interrupts(const char *module, const char *kind,
			 enum vfe_interrupts *irqs)
{
	/* in the order of enum vfe_interrupts */
	static const char *const kinds[] = { "msix", "shared", "single",
					     "intx" };
	int i = match_string(kinds, ARRAY_SIZE(kinds), kind);

	if (i < 0) {
		pr_err("%s: interrupts=%s: must be msix, shared, single or intx\n",
		       module, kind);
		return -EINVAL;
	}
	*irqs = i;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vfe_parse_interrupts, VFE_NS);

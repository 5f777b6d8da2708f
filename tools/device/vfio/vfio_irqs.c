// SPDX-License-Identifier: GPL-2.0
/*
 * The vfio-user commands about interrupts: their number, and SET_IRQS with its
 * three actions (trigger, mask, unmask) on three kinds of data.
 */
#include <errno.h>
#include <string.h>

#include "pci/pci.h"
#include "vfio/vfio_user.h"

static uint32_t irq_count(struct function *f, uint32_t index)
{
	switch (index) {
	case VFIO_PCI_INTX_IRQ_INDEX:
		return 1;
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return f->options->msix ? irq_vectors(f->irq) : 0;
	default:
		return 0;
	}
}

int vu_get_irq_info(struct function *f, const struct vu_message *m,
		    struct vu_reply *r)
{
	struct vu_irq_info info;

	memcpy(&info, m->payload, sizeof(info));
	/* As in the kernel: no error and request events, so no information */
	if (info.argsz < sizeof(info) || info.index > VFIO_PCI_MSIX_IRQ_INDEX)
		return -EINVAL;
	info.argsz = sizeof(info);
	info.count = irq_count(f, info.index);
	info.flags = info.count ? VFIO_IRQ_INFO_EVENTFD : 0;
	if (info.index == VFIO_PCI_INTX_IRQ_INDEX)
		info.flags |= VFIO_IRQ_INFO_MASKABLE |
			      VFIO_IRQ_INFO_AUTOMASKED;
	memcpy(r->payload, &info, sizeof(info));
	r->len = sizeof(info);
	return 0;
}

/* Return: the descriptor for entry @i, owned by the caller; -1 for none */
static int take_fd(const struct vu_message *m, uint32_t i)
{
	int fd;

	if (!m->num_fds)
		return -1;
	fd = m->fds[i];
	m->fds[i] = -1;
	return fd;
}

static int assign_intx(struct irq *irq, uint32_t action, int fd)
{
	switch (action) {
	case VFIO_IRQ_SET_ACTION_TRIGGER:
		return irq_intx_assign(irq, INTX_TRIGGER, fd);
	case VFIO_IRQ_SET_ACTION_MASK:
		return irq_intx_assign(irq, INTX_MASK, fd);
	default:
		return irq_intx_assign(irq, INTX_UNMASK, fd);
	}
}

static int set_eventfds(struct function *f, const struct vu_irq_set *set,
			const struct vu_message *m)
{
	uint32_t action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	uint32_t i;
	int ret = 0;

	/* All of them or none: the client removes interrupts so. */
	if (m->num_fds && (uint32_t)m->num_fds != set->count)
		return -EINVAL;
	if (set->index == VFIO_PCI_INTX_IRQ_INDEX)
		return assign_intx(f->irq, action, take_fd(m, 0));
	if (action != VFIO_IRQ_SET_ACTION_TRIGGER)
		return -EINVAL;
	for (i = 0; i < set->count && !ret; i++)
		ret = irq_msix_assign(f->irq, set->start + i, take_fd(m, i));
	return ret;
}

static void act_intx(struct irq *irq, uint32_t action)
{
	if (action == VFIO_IRQ_SET_ACTION_TRIGGER)
		irq_intx_loopback(irq);
	else
		irq_intx_mask(irq, action == VFIO_IRQ_SET_ACTION_MASK);
}

static void act_msix(struct irq *irq, uint32_t action, uint32_t vector)
{
	if (action == VFIO_IRQ_SET_ACTION_TRIGGER)
		irq_msix_loopback(irq, vector);
	else
		irq_msix_mask(irq, vector, action == VFIO_IRQ_SET_ACTION_MASK);
}

/* @choice: one byte per interrupt, or NULL for all of them */
static void act(struct function *f, const struct vu_irq_set *set,
		const uint8_t *choice)
{
	uint32_t action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	uint32_t i;

	for (i = 0; i < set->count; i++) {
		if (choice && !choice[i])
			continue;
		if (set->index == VFIO_PCI_INTX_IRQ_INDEX)
			act_intx(f->irq, action);
		else
			act_msix(f->irq, action, set->start + i);
	}
}

/* A count of 0 removes all interrupts of the index. */
static int disable_index(struct function *f, const struct vu_irq_set *set)
{
	uint32_t i, n = irq_count(f, set->index);

	if (set->start || set->flags != (VFIO_IRQ_SET_DATA_NONE |
					 VFIO_IRQ_SET_ACTION_TRIGGER))
		return -EINVAL;
	if (set->index == VFIO_PCI_INTX_IRQ_INDEX) {
		for (i = 0; i < INTX_NUM_EVENTFDS; i++)
			irq_intx_assign(f->irq, i, -1);
		return 0;
	}
	for (i = 0; i < n; i++) {
		irq_msix_assign(f->irq, i, -1);
		irq_msix_mask(f->irq, i, false);
	}
	return 0;
}

static bool one_bit(uint32_t bits)
{
	return bits && !(bits & (bits - 1));
}

static int check_set(struct function *f, const struct vu_irq_set *set,
		     size_t data_len)
{
	uint32_t have = irq_count(f, set->index);
	uint32_t action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	uint32_t data = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;

	if (set->index > VFIO_PCI_MSIX_IRQ_INDEX ||
	    set->flags != (action | data) || !one_bit(action) || !one_bit(data))
		return -EINVAL;
	if (set->start > have || set->count > have - set->start)
		return -EINVAL;
	if (data == VFIO_IRQ_SET_DATA_BOOL && data_len < set->count)
		return -EINVAL;
	return 0;
}

int vu_set_irqs(struct function *f, const struct vu_message *m,
		struct vu_reply *r)
{
	struct vu_irq_set set;
	int ret;

	(void)r;
	memcpy(&set, m->payload, sizeof(set));
	ret = check_set(f, &set, m->len - sizeof(set));
	if (ret)
		return ret;
	if (!set.count)
		return disable_index(f, &set);
	if (set.flags & VFIO_IRQ_SET_DATA_EVENTFD)
		return set_eventfds(f, &set, m);
	act(f, &set, set.flags & VFIO_IRQ_SET_DATA_BOOL ?
	    m->payload + sizeof(set) : NULL);
	return 0;
}

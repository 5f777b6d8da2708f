// SPDX-License-Identifier: GPL-2.0
/* A PCI function: creates, resets and frees its parts. */
#include "pci/pci.h"

uint16_t function_device_id(const struct function *f)
{
	const struct options *o = f->options;

	return (o->stock ? VFE_PCI_STOCK_BASE : VFE_PCI_DEVICE_BASE) +
	       o->class->type;
}

void function_reset(struct function *f)
{
	vdev_power_on(f->vdev);
	window_reset(f->window);
	irq_reset(f->irq);
	pci_reset(f->pci);
}

void function_config_write(struct function *f, uint32_t offset,
			   const void *data, size_t len)
{
	if (pci_config_write(f->pci, offset, data, len))
		function_reset(f);
}

int function_create(struct function *f, struct options *options, void *state)
{
	const struct vdev_class *class = options->class;

	f->options = options;
	f->gmem = gmem_new();
	f->irq = irq_new(options_queues(options) + 1, &f->counts);
	if (!f->gmem || !f->irq)
		return -1;
	f->vdev = vdev_new(options, state, f->gmem, f->irq, &f->counts);
	if (!f->vdev)
		return -1;
	if (class->window) {
		f->window = window_new(class->window, state, f->irq,
				       &f->counts);
		if (!f->window)
			return -1;
	}
	f->pci = pci_new(f);
	return f->pci ? 0 : -1;
}

void function_destroy(struct function *f)
{
	pci_free(f->pci);
	window_free(f->window);
	vdev_free(f->vdev);
	irq_free(f->irq);
	gmem_free(f->gmem);
}

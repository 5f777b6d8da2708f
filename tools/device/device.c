// SPDX-License-Identifier: GPL-2.0
/*
 * The device as a whole: makes, resets and frees its parts. Sockets and the
 * backing file are main.c's.
 */
#include "server.h"

void device_reset(struct device *d)
{
	vdev_power_on(d->vdev);
	regwin_reset(d->regwin);
	irq_reset(d->irq);
	pci_reset(d->pci);
}

int device_create(struct device *d)
{
	const struct options *o = &d->options;

	d->gmem = gmem_new();
	d->irq = irq_new(o->queues + 1, &d->counts);
	if (!d->gmem || !d->irq)
		return -1;
	d->vdev = vdev_new(o, d->backend, d->gmem, d->irq, &d->counts);
	d->regwin = regwin_new(o, d->backend, d->irq, &d->counts);
	if (!d->vdev || !d->regwin)
		return -1;
	d->pci = pci_new(d);
	d->client = vu_new(d);
	return d->pci && d->client ? 0 : -1;
}

void device_destroy(struct device *d)
{
	vu_free(d->client);
	pci_free(d->pci);
	regwin_free(d->regwin);
	vdev_free(d->vdev);
	irq_free(d->irq);
	gmem_free(d->gmem);
}

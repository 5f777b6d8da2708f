// SPDX-License-Identifier: GPL-2.0
/*
 * The bus: a host bridge whose functions suites plug in and unplug, and the
 * module. It cannot be unloaded, since memory regions with callbacks cannot be
 * removed.
 */
#include <linux/device.h>
#include <linux/dma-direct.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "internal.h"

static struct pci_host_bridge *vfe_mock_bridge;
static struct resource *vfe_mock_win;
static int vfe_mock_irqs[VFE_MOCK_SLOTS];
static DEFINE_MUTEX(vfe_mock_bus_mutex);

static struct vfe_mock_impl *vfe_mock_at(unsigned int devfn)
{
	return PCI_FUNC(devfn) ? NULL : vfe_mock_at_slot(PCI_SLOT(devfn));
}

static int vfe_mock_config_read(struct pci_bus *bus, unsigned int devfn,
				int where, int size, u32 *val)
{
	struct vfe_mock_impl *impl = vfe_mock_at(devfn);

	if (!impl) {
		PCI_SET_ERROR_RESPONSE(val);
		return PCIBIOS_DEVICE_NOT_FOUND;
	}
	*val = vfe_mock_space_read(impl, where, size);
	return PCIBIOS_SUCCESSFUL;
}

static int vfe_mock_config_write(struct pci_bus *bus, unsigned int devfn,
				 int where, int size, u32 val)
{
	struct vfe_mock_impl *impl = vfe_mock_at(devfn);

	if (!impl)
		return PCIBIOS_DEVICE_NOT_FOUND;
	vfe_mock_space_write(impl, where, size, val);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops vfe_mock_pci_ops = {
	.read = vfe_mock_config_read,
	.write = vfe_mock_config_write,
};

static int vfe_mock_map_irq(const struct pci_dev *pdev, u8 slot, u8 pin)
{
	/* @slot is meaningless on a bus without bridges */
	slot = PCI_SLOT(pdev->devfn);
	return slot < VFE_MOCK_SLOTS ? vfe_mock_irqs[slot] : -1;
}

/* --- a function's life --- */

static void vfe_mock_free(struct vfe_mock_impl *impl)
{
	unsigned int i;

	vfe_mock_log_exit(impl);
	for (i = 0; i < VFE_MOCK_QUEUES; i++)
		bitmap_free(impl->exposed[i]);
	kfree(impl->window.data);
	kfree(impl->chain);
	kfree(impl);
}

static void vfe_mock_init_queues(struct vfe_mock *m,
				 const struct vfe_mock_spec *spec)
{
	struct vfe_mock_queue *mq;
	unsigned int i;

	m->num_queues = min(spec->queues ?: 1, VFE_MOCK_QUEUES);
	for (i = 0; i < m->num_queues; i++) {
		mq = &m->queues[i];
		mq->m = m;
		mq->index = i;
		mq->offer = spec->queue_size ?: 64;
		mq->notify_off = i;
		/* different from its index */
		mq->notif_data = 0xabc0 + 7 * i;
	}
}

static void vfe_mock_init_config(struct vfe_mock *m,
				 const struct vfe_mock_spec *spec)
{
	m->config_len = min(spec->config_len, VFE_MOCK_CONFIG);
	if (spec->config)
		memcpy(m->config, spec->config, m->config_len);
}

static void vfe_mock_init_msix(struct vfe_mock_impl *impl,
			       const struct vfe_mock_spec *spec)
{
	if (spec->vectors >= 0)
		impl->vectors = min_t(unsigned int,
				      spec->vectors ?: impl->m.num_queues + 1,
				      VFE_MOCK_VECTORS);
	vfe_mock_irq_init(impl);
}

/* Memory for the lifetime of the function */
static int vfe_mock_init_memory(struct vfe_mock_impl *impl,
				const struct vfe_mock_spec *spec)
{
	unsigned int i;

	for (i = 0; i < impl->m.num_queues; i++) {
		impl->exposed[i] = bitmap_zalloc(VFE_MOCK_RING, GFP_KERNEL);
		if (!impl->exposed[i])
			return -ENOMEM;
	}
	if (spec->window && !spec->station && !spec->adapter) {
		impl->window.data = kzalloc(VFE_MOCK_WINDOW_BYTES, GFP_KERNEL);
		if (!impl->window.data)
			return -ENOMEM;
	}
	impl->chain = kzalloc(sizeof(*impl->chain), GFP_KERNEL);
	if (!impl->chain)
		return -ENOMEM;
	return vfe_mock_log_init(impl);
}

static struct vfe_mock_impl *vfe_mock_make(const struct vfe_mock_spec *spec)
{
	struct vfe_mock_impl *impl = kzalloc(sizeof(*impl), GFP_KERNEL);
	unsigned int i;

	if (!impl)
		return NULL;
	impl->m.impl = impl;
	raw_spin_lock_init(&impl->lock);
	mutex_init(&impl->serve_mutex);
	INIT_WORK(&impl->serve_work, vfe_mock_serve_work);
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		impl->bars[i].impl = impl;
		impl->bars[i].index = i;
	}
	impl->legacy = spec->legacy;
	impl->station = spec->station;
	impl->adapter = spec->adapter;
	impl->m.offered = spec->features ?: VFE_MOCK_FEATURES;
	impl->m.offered_high = spec->features_high;
	if (spec->legacy)
		impl->m.offered &= U32_MAX;
	impl->multiplier = spec->multiplier < 0 ? 0 :
			   spec->multiplier ?: VFE_NOTIFY_MULTIPLIER;
	if (spec->page_per_vq)
		impl->multiplier = SZ_4K;
	vfe_mock_init_queues(&impl->m, spec);
	vfe_mock_init_config(&impl->m, spec);
	vfe_mock_init_msix(impl, spec);
	vfe_mock_space_init(impl, spec);
	if (vfe_mock_init_memory(impl, spec)) {
		vfe_mock_free(impl);
		return NULL;
	}
	vfe_mock_reset(impl);
	return impl;
}

static int vfe_mock_insert(struct vfe_mock_impl *impl)
{
	unsigned int i;
	int ret = -EBUSY;

	mutex_lock(&vfe_mock_bus_mutex);
	for (i = 0; i < VFE_MOCK_SLOTS && ret; i++) {
		if (vfe_mock_at_slot(i))
			continue;
		impl->slot = i;
		impl->irq = vfe_mock_irqs[i];
		vfe_mock_space_place(impl, vfe_mock_win->start +
				     i * VFE_MOCK_SLOT_SIZE);
		vfe_mock_set_slot(i, impl);
		ret = 0;
	}
	mutex_unlock(&vfe_mock_bus_mutex);
	return ret;
}

/* Like a platform that translates: the driver core frees it. */
static int vfe_mock_translate(struct device *dev)
{
	/* memory before and behind a page that is hidden, and the end */
	struct bus_dma_region *map = kcalloc(3, sizeof(*map), GFP_KERNEL);

	if (!map)
		return -ENOMEM;
	map->dma_start = VFE_MOCK_BUS;
	map->size = VFE_MOCK_BUS;
	dev->dma_range_map = map;
	return 0;
}

void vfe_mock_hide(struct vfe_mock *m, void *at)
{
	struct bus_dma_region *map = (void *)m->pdev->dev.dma_range_map;
	phys_addr_t hole = at ? virt_to_phys(at) & PAGE_MASK : VFE_MOCK_BUS;

	map[0].size = hole;
	map[1].cpu_start = hole + PAGE_SIZE;
	map[1].dma_start = VFE_MOCK_BUS + map[1].cpu_start;
	map[1].size = at ? VFE_MOCK_BUS - map[1].cpu_start : 0;
}
EXPORT_SYMBOL_GPL(vfe_mock_hide);

/* Prepares a function before drivers may bind to it */
static int vfe_mock_prepare(struct vfe_mock_impl *impl,
			    const struct vfe_mock_spec *spec)
{
	struct pci_dev *pdev = impl->m.pdev;
	unsigned int i;
	int ret;

	/* as the PCI core does when it calls a driver's probe */
	if (impl->space[PCI_INTERRUPT_PIN]) {
		pdev->irq = impl->irq;
		vfe_mock_access_pin(pdev);
	}
	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		ret = impl->bars[i].size ? pci_claim_resource(pdev, i) : 0;
		if (ret)
			return ret;
	}
	if (spec->translated) {
		ret = vfe_mock_translate(&pdev->dev);
		if (ret)
			return ret;
	}
	/* some drivers match all devices of the vendor, and check later */
	if (spec->unbound || pdev->device == VFE_MOCK_DEVICE)
		return device_set_driver_override(&pdev->dev, "none");
	return 0;
}

/* Let the PCI core discover it. */
static int vfe_mock_discover(struct vfe_mock_impl *impl,
			     const struct vfe_mock_spec *spec)
{
	struct pci_bus *bus = vfe_mock_bridge->bus;
	struct pci_dev *pdev;
	int ret = -ENODEV;

	pci_lock_rescan_remove();
	pdev = pci_scan_single_device(bus, PCI_DEVFN(impl->slot, 0));
	if (pdev) {
		impl->m.pdev = pci_dev_get(pdev);
		ret = vfe_mock_prepare(impl, spec);
		pci_bus_add_devices(bus);
	}
	pci_unlock_rescan_remove();
	return ret;
}

/* The function is gone from the bus; no driver may use it any more. */
static void vfe_mock_retire(struct vfe_mock_impl *impl)
{
	struct vfe_mock *m = &impl->m;

	vfe_mock_disk_stop(impl);
	cancel_work_sync(&impl->irq_work);
	if (atomic_read(&impl->mappings))
		vfe_mock_offend(m, "BAR: a mapping was left behind");
	if (!m->knobs.gone && m->status & VIRTIO_CONFIG_S_DRIVER_OK)
		vfe_mock_offend(m,
				"device_status: the device was left running");
	vfe_mock_set_slot(impl->slot, NULL);
	vfe_mock_log_shrink(impl);
}

void vfe_mock_unplug(struct vfe_mock *m)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);
	struct pci_dev *pdev = m->pdev;

	if (!pdev)
		return;
	pci_stop_and_remove_bus_device_locked(pdev);
	WRITE_ONCE(m->pdev, NULL);
	vfe_mock_retire(impl);
	pci_dev_put(pdev);
}
EXPORT_SYMBOL_GPL(vfe_mock_unplug);

void vfe_mock_vanish(struct vfe_mock *m)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);
	unsigned long flags;

	raw_spin_lock_irqsave(&impl->lock, flags);
	m->knobs.gone = true;
	raw_spin_unlock_irqrestore(&impl->lock, flags);
}
EXPORT_SYMBOL_GPL(vfe_mock_vanish);

static void vfe_mock_end(void *data)
{
	struct vfe_mock *m = data;

	vfe_mock_unplug(m);
	vfe_mock_free(vfe_mock_impl_of(m));
}

static struct vfe_mock *vfe_mock_plug_error(struct kunit *test, const char *why,
					    int err)
{
	KUNIT_FAIL(test, "cannot plug a mock function: %s: error %d", why, err);
	return NULL;
}

struct vfe_mock *vfe_mock_plug(struct kunit *test,
			       const struct vfe_mock_spec *spec)
{
	static const struct vfe_mock_spec usual;
	struct vfe_mock_impl *impl;
	int ret;

	if (!vfe_mock_bridge)
		return vfe_mock_plug_error(test, "there is no bus", -ENODEV);
	impl = vfe_mock_make(spec ?: &usual);
	if (!impl)
		return vfe_mock_plug_error(test, "its memory", -ENOMEM);
	impl->test = test;
	impl->disk = spec ? spec->disk : NULL;
	ret = vfe_mock_insert(impl);
	if (ret) {
		vfe_mock_free(impl);
		return vfe_mock_plug_error(test, "all slots are taken", ret);
	}
	ret = vfe_mock_discover(impl, spec ?: &usual);
	if (!impl->m.pdev)
		vfe_mock_retire(impl);
	if (kunit_add_action_or_reset(test, vfe_mock_end, &impl->m))
		return vfe_mock_plug_error(test, "its end", -ENOMEM);
	return ret ? vfe_mock_plug_error(test, "not found on the bus", ret) :
		     &impl->m;
}
EXPORT_SYMBOL_GPL(vfe_mock_plug);

bool vfe_mock_bind(struct vfe_mock *m, const char *driver)
{
	if (!m->pdev || device_set_driver_override(&m->pdev->dev, driver))
		return false;
	return device_attach(&m->pdev->dev) > 0;
}
EXPORT_SYMBOL_GPL(vfe_mock_bind);

void vfe_mock_unbind(struct vfe_mock *m)
{
	if (!m->pdev)
		return;
	device_release_driver(&m->pdev->dev);
	device_set_driver_override(&m->pdev->dev, "none");
}
EXPORT_SYMBOL_GPL(vfe_mock_unbind);

/* --- the module --- */

static struct resource vfe_mock_busn = {
	.name = "vfe_mock bus",
	.start = 1,
	.end = 1,
	.flags = IORESOURCE_BUS,
};

static int __init vfe_mock_bridge_init(void)
{
	int ret;

	vfe_mock_bridge = pci_alloc_host_bridge(0);
	if (!vfe_mock_bridge)
		return -ENOMEM;
	vfe_mock_bridge->ops = &vfe_mock_pci_ops;
	vfe_mock_bridge->map_irq = vfe_mock_map_irq;
	ret = vfe_mock_access_bridge(vfe_mock_bridge);
	if (ret)
		goto err_free;
	pci_add_resource(&vfe_mock_bridge->windows, vfe_mock_win);
	pci_add_resource(&vfe_mock_bridge->windows, &vfe_mock_busn);
	ret = pci_host_probe(vfe_mock_bridge);
	if (ret)
		goto err_free;
	return 0;

err_free:
	pci_free_host_bridge(vfe_mock_bridge);
	vfe_mock_bridge = NULL;
	return ret;
}

static int __init vfe_mock_bus_init(void)
{
	unsigned int i;

	vfe_mock_registers_init();
	vfe_mock_wq = alloc_workqueue("vfe_mock", 0, 0);
	if (!vfe_mock_wq)
		return -ENOMEM;
	for (i = 0; i < VFE_MOCK_SLOTS; i++) {
		vfe_mock_irqs[i] = vfe_mock_irq_alloc(i);
		if (vfe_mock_irqs[i] < 0)
			return vfe_mock_irqs[i];
	}
	return vfe_mock_bridge_init();
}

static int __init vfe_mock_init(void)
{
	static const struct vfe_mock_access_ops ops = {
		.read = vfe_mock_bar_read,
		.write = vfe_mock_bar_write,
	};
	int ret;

	ret = vfe_mock_access_init(&vfe_mock_win, &ops);
	if (ret)
		return ret;
	/* cannot be undone: without a bus, plugging in functions fails */
	ret = vfe_mock_bus_init();
	if (ret)
		pr_err("vfe_mock: no bus to plug functions into: error %d\n",
		       ret);
	return 0;
}
module_init(vfe_mock_init);

MODULE_DESCRIPTION("A virtio-pci function in memory, for tests");
MODULE_LICENSE("GPL");

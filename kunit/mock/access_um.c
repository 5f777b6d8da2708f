// SPDX-License-Identifier: GPL-2.0
/*
 * User mode Linux: callbacks of logic_iomem handle accesses to I/O memory, and
 * an MSI-X message has the number of its interrupt.
 */
#include <linux/io.h>
#include <linux/logic_iomem.h>

#include "internal.h"

/* below what the kernel's own PCI bus uses, and above all memory */
static struct resource vfe_mock_win = {
	.name = "vfe_mock",
	.start = 0xe0000000,
	.end = 0xe07fffff,
	.flags = IORESOURCE_MEM,
};

static const struct vfe_mock_access_ops *vfe_mock_ops;

static unsigned long vfe_mock_um_read(void *priv, unsigned int offset, int size)
{
	return vfe_mock_ops->read(priv, offset, size);
}

static void vfe_mock_um_write(void *priv, unsigned int offset, int size,
			      unsigned long val)
{
	vfe_mock_ops->write(priv, offset, size, val);
}

static void vfe_mock_um_unmap(void *priv)
{
	struct vfe_mock_bar *bar = priv;

	atomic_dec(&bar->impl->mappings);
}

static const struct logic_iomem_ops vfe_mock_um_ops = {
	.read = vfe_mock_um_read,
	.write = vfe_mock_um_write,
	.unmap = vfe_mock_um_unmap,
};

/* Read and write get the returned offset. */
static long vfe_mock_um_map(unsigned long offset, size_t size,
			    const struct logic_iomem_ops **ops, void **priv)
{
	struct vfe_mock_bar *bar;
	u32 at;

	bar = vfe_mock_bar_at(vfe_mock_win.start + offset, size, &at);
	if (!bar)
		return -ENOENT;
	atomic_inc(&bar->impl->mappings);
	*ops = &vfe_mock_um_ops;
	*priv = bar;
	return at;
}

static const struct logic_iomem_region_ops vfe_mock_um_region = {
	.map = vfe_mock_um_map,
};

int vfe_mock_access_init(struct resource **win,
			 const struct vfe_mock_access_ops *ops)
{
	vfe_mock_ops = ops;
	*win = &vfe_mock_win;
	return logic_iomem_add_region(&vfe_mock_win, &vfe_mock_um_region);
}

int vfe_mock_access_bridge(struct pci_host_bridge *bridge)
{
	bridge->busnr = 1;	/* bus 0 is the kernel's own */
	return 0;
}

void vfe_mock_access_vector(const struct vfe_mock_impl *impl,
			    unsigned int vector, struct vfe_mock_vector *entry)
{
	*entry = impl->table[vector];
}

void vfe_mock_access_reset(struct vfe_mock_impl *impl)
{
	unsigned int i;

	memset(impl->table, 0, sizeof(impl->table));
	for (i = 0; i < VFE_MOCK_VECTORS; i++)
		impl->table[i].ctrl = PCI_MSIX_ENTRY_CTRL_MASKBIT;
}

void vfe_mock_access_pin(struct pci_dev *pdev)
{
	/* no other code would route it */
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Real x86: the drivers are built so that their accesses go to vfe_mock_io.ko.
 * The mock cannot intercept those of the PCI core to the MSI-X table; they go
 * to memory that is reserved on the kernel's command line (memmap=8M$BASE, and
 * base=BASE for this module), where the mock reads them. Messages go to an
 * interrupt domain of the mock, so that it sees when they are unmasked.
 */
#include <linux/io.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/msi.h>

#include "internal.h"
#include "io.h"

#define VFE_MOCK_DOMAIN		0x10000	/* above the firmware's numbers */
/* less than is reserved, so that it is inside */
#define VFE_MOCK_WIN_SIZE	SZ_4M
#define VFE_MOCK_HWIRQS		(VFE_MOCK_SLOTS * VFE_MOCK_VECTORS)

static ulong base;
module_param(base, ulong, 0444);
MODULE_PARM_DESC(base, "physical address of 8 MB of memory that are left alone");

static struct resource vfe_mock_win = {
	.name = "vfe_mock",
	.flags = IORESOURCE_MEM,
};

static struct pci_sysdata vfe_mock_sysdata = {
	.domain = VFE_MOCK_DOMAIN,
	.node = NUMA_NO_NODE,
};

/* The whole window, for the MSI-X tables in it */
static void __iomem *vfe_mock_win_map;

/* --- accesses --- */

static void *vfe_mock_x86_map(u64 addr, u64 len, u32 *offset)
{
	struct vfe_mock_bar *bar = vfe_mock_bar_at(addr, len, offset);

	if (bar)
		atomic_inc(&bar->impl->mappings);
	return bar;
}

static void vfe_mock_x86_unmap(void *to)
{
	struct vfe_mock_bar *bar = to;

	atomic_dec(&bar->impl->mappings);
}

static const struct vfe_mock_access_ops *vfe_mock_ops;

static u32 vfe_mock_x86_read(void *to, u32 offset, unsigned int size)
{
	return vfe_mock_ops->read(to, offset, size);
}

static void vfe_mock_x86_write(void *to, u32 offset, unsigned int size,
			       u32 val)
{
	vfe_mock_ops->write(to, offset, size, val);
}

static const struct vfe_mock_io_ops vfe_mock_x86_ops = {
	.map = vfe_mock_x86_map,
	.unmap = vfe_mock_x86_unmap,
	.read = vfe_mock_x86_read,
	.write = vfe_mock_x86_write,
};

/* Where an entry of the MSI-X table is, NULL while the BAR is unassigned */
static void __iomem *vfe_mock_x86_entry(const struct vfe_mock_impl *impl,
					unsigned int vector)
{
	u64 bar = vfe_mock_bar_addr(impl, VFE_BAR_MSIX);

	if (bar < vfe_mock_win.start || bar > vfe_mock_win.end)
		return NULL;
	return vfe_mock_win_map + (bar - vfe_mock_win.start) + VFE_MSIX_TABLE +
	       vector * sizeof(struct vfe_mock_vector);
}

void vfe_mock_access_vector(const struct vfe_mock_impl *impl,
			    unsigned int vector, struct vfe_mock_vector *entry)
{
	void __iomem *at = vfe_mock_x86_entry(impl, vector);

	*entry = (struct vfe_mock_vector){
		.ctrl = PCI_MSIX_ENTRY_CTRL_MASKBIT,
	};
	if (!at)
		return;
	entry->data = readl(at + PCI_MSIX_ENTRY_DATA);
	entry->ctrl = readl(at + PCI_MSIX_ENTRY_VECTOR_CTRL);
}

void vfe_mock_access_reset(struct vfe_mock_impl *impl)
{
	void __iomem *at;
	unsigned int i;

	for (i = 0; i < impl->vectors; i++) {
		at = vfe_mock_x86_entry(impl, i);
		if (at)
			writel(PCI_MSIX_ENTRY_CTRL_MASKBIT,
			       at + PCI_MSIX_ENTRY_VECTOR_CTRL);
	}
}

/* --- messages --- */

static DECLARE_BITMAP(vfe_mock_hwirqs, VFE_MOCK_HWIRQS);
static DEFINE_MUTEX(vfe_mock_hwirq_mutex);

static void vfe_mock_msi_compose(struct irq_data *data, struct msi_msg *msg)
{
	msg->address_hi = 0;
	msg->address_lo = 0;
	msg->data = data->irq;
}

static int vfe_mock_msi_affinity(struct irq_data *data,
				 const struct cpumask *mask, bool force)
{
	unsigned int cpu = cpumask_first_and(mask, cpu_online_mask);

	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	irq_data_update_effective_affinity(data, cpumask_of(cpu));
	return IRQ_SET_MASK_OK_DONE;
}

static struct irq_chip vfe_mock_inner_chip = {
	.name = "vfe-mock-inner",
	.irq_compose_msi_msg = vfe_mock_msi_compose,
	.irq_set_affinity = vfe_mock_msi_affinity,
};

static int vfe_mock_inner_alloc(struct irq_domain *domain, unsigned int virq,
				unsigned int n, void *arg)
{
	unsigned long bit;

	mutex_lock(&vfe_mock_hwirq_mutex);
	bit = find_first_zero_bit(vfe_mock_hwirqs, VFE_MOCK_HWIRQS);
	if (bit < VFE_MOCK_HWIRQS)
		__set_bit(bit, vfe_mock_hwirqs);
	mutex_unlock(&vfe_mock_hwirq_mutex);
	if (bit >= VFE_MOCK_HWIRQS)
		return -ENOSPC;
	irq_domain_set_info(domain, virq, bit, &vfe_mock_inner_chip, NULL,
			    handle_simple_irq, NULL, NULL);
	return 0;
}

static void vfe_mock_inner_free(struct irq_domain *domain, unsigned int virq,
				unsigned int n)
{
	struct irq_data *data = irq_domain_get_irq_data(domain, virq);

	mutex_lock(&vfe_mock_hwirq_mutex);
	__clear_bit(data->hwirq, vfe_mock_hwirqs);
	mutex_unlock(&vfe_mock_hwirq_mutex);
}

static const struct irq_domain_ops vfe_mock_inner_ops = {
	.alloc = vfe_mock_inner_alloc,
	.free = vfe_mock_inner_free,
};

/* The PCI core wrote the table unseen: check for pending vectors. */
static void vfe_mock_msi_unmask(struct irq_data *data)
{
	struct device *dev = irq_data_get_msi_desc(data)->dev;
	struct vfe_mock_impl *impl;

	pci_msi_unmask_irq(data);
	impl = vfe_mock_at_slot(PCI_SLOT(to_pci_dev(dev)->devfn));
	if (impl && READ_ONCE(impl->pending))
		vfe_mock_irq_later(impl);
}

static int vfe_mock_outer_affinity(struct irq_data *data,
				   const struct cpumask *mask, bool force)
{
	return irq_chip_set_affinity_parent(data, mask, force);
}

static struct irq_chip vfe_mock_msi_chip = {
	.name = "vfe-mock-msi",
	.irq_mask = pci_msi_mask_irq,
	.irq_unmask = vfe_mock_msi_unmask,
	.irq_set_affinity = vfe_mock_outer_affinity,
};

static struct msi_domain_info vfe_mock_msi_info = {
	.flags = MSI_FLAG_USE_DEF_DOM_OPS | MSI_FLAG_USE_DEF_CHIP_OPS |
		 MSI_FLAG_PCI_MSIX,
	.chip = &vfe_mock_msi_chip,
};

static struct irq_domain *vfe_mock_msi_domain(void)
{
	struct irq_domain_info info = {
		.size = VFE_MOCK_HWIRQS,
		.hwirq_max = VFE_MOCK_HWIRQS,
		.ops = &vfe_mock_inner_ops,
	};
	struct irq_domain *inner;

	info.fwnode = irq_domain_alloc_named_fwnode("vfe-mock");
	if (!info.fwnode)
		return NULL;
	inner = irq_domain_instantiate(&info);
	if (IS_ERR(inner))
		return NULL;
	return pci_msi_create_irq_domain(info.fwnode, &vfe_mock_msi_info,
					 inner);
}

/* --- set-up --- */

int vfe_mock_access_init(struct resource **win,
			 const struct vfe_mock_access_ops *ops)
{
	vfe_mock_ops = ops;
	if (!base || !IS_ALIGNED(base, SZ_1M)) {
		pr_err("vfe_mock: base is %#lx: boot with memmap=8M$BASE, and give that BASE\n",
		       base);
		return -EINVAL;
	}
	vfe_mock_win.start = base;
	vfe_mock_win.end = base + VFE_MOCK_WIN_SIZE - 1;
	if (insert_resource(&iomem_resource, &vfe_mock_win)) {
		pr_err("vfe_mock: %pR is in use: boot with memmap=8M$%#lx\n",
		       &vfe_mock_win, base);
		return -EBUSY;
	}
	vfe_mock_win_map = ioremap(base, VFE_MOCK_WIN_SIZE);
	if (!vfe_mock_win_map)
		return -ENOMEM;
	vfe_mock_io_register(&vfe_mock_x86_ops);
	*win = &vfe_mock_win;
	return 0;
}

int vfe_mock_access_bridge(struct pci_host_bridge *bridge)
{
	struct irq_domain *domain = vfe_mock_msi_domain();

	if (!domain)
		return -ENOMEM;
	bridge->busnr = 1;
	bridge->sysdata = &vfe_mock_sysdata;
	dev_set_msi_domain(&bridge->dev, domain);
	return 0;
}

/* Keep the PCI core from routing the pin by ACPI. */
void vfe_mock_access_pin(struct pci_dev *pdev)
{
	pdev->irq_managed = 1;
}

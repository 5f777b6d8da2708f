// SPDX-License-Identifier: GPL-2.0
/*
 * PCI configuration space: identity, BARs and the list of capabilities, each
 * byte with a mask of the bits that the guest may change, and the effects of a
 * change. The window into the BARs (virtio 1.4, 4.1.4.9) is served here, too.
 */
#include <endian.h>
#include <linux/pci_regs.h>
#include <linux/virtio_pci.h>
#include <stdlib.h>
#include <string.h>

#include "pci/pci.h"

#define SUBSYSTEM_ID	0x1100	/* virtio 1.4, 4.1.2.1: 0x40 or higher */
#define REVISION	1
/* The common structure as virtio 1.0 has it: up to queue_device */
#define COMMON_SIZE_1_0	56

/* Where the capabilities are; the list links those that are present. */
enum cap_offset {
	CAP_PM = 0x40,
	CAP_MSIX = 0x48,
	CAP_EXPRESS = 0x54,
	CAP_COMMON = 0x90,
	CAP_ISR = 0xa0,
	CAP_DEVICE = 0xb0,
	CAP_NOTIFY = 0xc0,
	CAP_VENDOR = 0xd4,
	CAP_PCI_CFG = 0xe8,
};

#define EXPRESS_SIZE	0x3c

static_assert(CAP_PM + PCI_PM_SIZEOF <= CAP_MSIX, "PM fits");
static_assert(CAP_MSIX + PCI_CAP_MSIX_SIZEOF <= CAP_EXPRESS, "MSI-X fits");
static_assert(CAP_EXPRESS + EXPRESS_SIZE <= CAP_COMMON, "Express fits");
static_assert(CAP_NOTIFY + sizeof(struct virtio_pci_notify_cap) <= CAP_VENDOR,
	      "notify fits");
static_assert(CAP_VENDOR + sizeof(struct vfe_vendor_cap) <= CAP_PCI_CFG,
	      "vendor fits");
static_assert(CAP_PCI_CFG + sizeof(struct virtio_pci_cfg_cap) <= 0x100,
	      "all fit");

#define CFG_DATA	(CAP_PCI_CFG + \
			 offsetof(struct virtio_pci_cfg_cap, pci_cfg_data))

struct pci {
	struct function *function;
	uint8_t bytes[PCI_CONFIG_SIZE];
	uint8_t writable[PCI_CONFIG_SIZE];	/* a mask for each byte */
};

/* Store a little-endian value, which may be misaligned. */
static void put(uint8_t *at, uint64_t value, unsigned int size)
{
	value = htole64(value);
	memcpy(at, &value, size);
}

static uint32_t get(const uint8_t *at, unsigned int size)
{
	uint32_t value = 0;

	memcpy(&value, at, size);
	return le32toh(value);
}

static void set(struct pci *p, uint32_t at, uint32_t value, unsigned int size)
{
	put(p->bytes + at, value, size);
}

static void allow(struct pci *p, uint32_t at, uint32_t mask, unsigned int size)
{
	put(p->writable + at, mask, size);
}

static void init_identity(struct pci *p)
{
	const struct vdev_class *class = p->function->options->class;

	set(p, PCI_VENDOR_ID, VFE_PCI_VENDOR, 2);
	set(p, PCI_DEVICE_ID, function_device_id(p->function), 2);
	set(p, PCI_STATUS, PCI_STATUS_CAP_LIST, 2);
	set(p, PCI_CLASS_REVISION, class->pci_class << 8 | REVISION, 4);
	set(p, PCI_SUBSYSTEM_VENDOR_ID, VFE_PCI_VENDOR, 2);
	set(p, PCI_SUBSYSTEM_ID, SUBSYSTEM_ID, 2);
	set(p, PCI_INTERRUPT_PIN, 1, 1);

	allow(p, PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
	      PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR |
	      PCI_COMMAND_INTX_DISABLE, 2);
	allow(p, PCI_CACHE_LINE_SIZE, 0xff, 1);
	allow(p, PCI_INTERRUPT_LINE, 0xff, 1);
}

/* Address bits below the size are read-only 0, for the sizing of BARs. */
static void init_bars(struct pci *p)
{
	static const struct {
		unsigned int bar;
		uint32_t type;
	} bars[] = {
		{ VFE_BAR_PORT, PCI_BASE_ADDRESS_SPACE_IO },
		{ VFE_BAR_MEMORY, PCI_BASE_ADDRESS_SPACE_MEMORY },
		{ VFE_BAR_MSIX, PCI_BASE_ADDRESS_SPACE_MEMORY },
		{ VFE_BAR_VIRTIO, PCI_BASE_ADDRESS_SPACE_MEMORY |
		  PCI_BASE_ADDRESS_MEM_TYPE_64 },
	};
	size_t i;

	for (i = 0; i < sizeof(bars) / sizeof(bars[0]); i++) {
		uint32_t at = PCI_BASE_ADDRESS_0 + bars[i].bar * 4;
		uint32_t size = bar_size(p->function, bars[i].bar);

		if (!size)
			continue;
		set(p, at, bars[i].type, 4);
		allow(p, at, ~(size - 1), 4);
		if (bars[i].type & PCI_BASE_ADDRESS_MEM_TYPE_64)
			allow(p, at + 4, UINT32_MAX, 4);
	}
}

static void init_pm(struct pci *p)
{
	set(p, CAP_PM, PCI_CAP_ID_PM, 1);
	set(p, CAP_PM + PCI_PM_PMC, 3, 2);
	set(p, CAP_PM + PCI_PM_CTRL, PCI_PM_CTRL_NO_SOFT_RESET, 2);
	allow(p, CAP_PM + PCI_PM_CTRL, PCI_PM_CTRL_STATE_MASK, 2);
}

static void init_msix(struct pci *p)
{
	set(p, CAP_MSIX, PCI_CAP_ID_MSIX, 1);
	set(p, CAP_MSIX + PCI_MSIX_FLAGS, irq_vectors(p->function->irq) - 1, 2);
	set(p, CAP_MSIX + PCI_MSIX_TABLE, VFE_MSIX_TABLE | VFE_BAR_MSIX, 4);
	set(p, CAP_MSIX + PCI_MSIX_PBA, VFE_MSIX_PBA | VFE_BAR_MSIX, 4);
	allow(p, CAP_MSIX + PCI_MSIX_FLAGS,
	      PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 2);
}

static void init_express(struct pci *p)
{
	/*
	 * 2.5 GT/s, one lane: there is no real link, but software expects one.
	 */
	const uint16_t link = PCI_EXP_LNKSTA_CLS_2_5GB | PCI_EXP_LNKSTA_NLW_X1;
	const uint16_t control = PCI_EXP_DEVCTL_RELAX_EN |
				 PCI_EXP_DEVCTL_NOSNOOP_EN |
				 PCI_EXP_DEVCTL_READRQ_512B;

	set(p, CAP_EXPRESS, PCI_CAP_ID_EXP, 1);
	set(p, CAP_EXPRESS + PCI_EXP_FLAGS, 2, 2);	/* version; endpoint */
	set(p, CAP_EXPRESS + PCI_EXP_DEVCAP,
	    PCI_EXP_DEVCAP_FLR | PCI_EXP_DEVCAP_RBER, 4);
	set(p, CAP_EXPRESS + PCI_EXP_DEVCTL, control, 2);
	set(p, CAP_EXPRESS + PCI_EXP_LNKCAP, link, 4);
	set(p, CAP_EXPRESS + PCI_EXP_LNKSTA, link, 2);
	/* All but the bit that starts a reset, which reads as 0 */
	allow(p, CAP_EXPRESS + PCI_EXP_DEVCTL, 0x7fff, 2);
	allow(p, CAP_EXPRESS + PCI_EXP_LNKCTL, PCI_EXP_LNKCTL_ASPMC |
	      PCI_EXP_LNKCTL_RCB | PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES, 2);
	allow(p, CAP_EXPRESS + PCI_EXP_DEVCTL2, 0xf, 2);
}

static void init_virtio_cap(struct pci *p, uint32_t at, uint8_t type,
			    uint8_t len, uint32_t offset, uint32_t length)
{
	struct virtio_pci_cap cap = {
		.cap_vndr = PCI_CAP_ID_VNDR,
		.cap_len = len,
		.cfg_type = type,
		.bar = VFE_BAR_VIRTIO,
		.offset = htole32(offset),
		.length = htole32(length),
	};

	memcpy(p->bytes + at, &cap, sizeof(cap));
}

static bool has_quirk(const struct pci *p, enum quirk which)
{
	return p->function->options->quirks.on & BIT64(which);
}

/* The length of the structure at @offset in its capability */
static uint32_t structure_size(const struct pci *p, uint32_t offset)
{
	if (offset == VFE_COMMON_OFFSET && has_quirk(p, QUIRK_SHORT_COMMON_CAP))
		return COMMON_SIZE_1_0;
	if (offset == VFE_NOTIFY_OFFSET && has_quirk(p, QUIRK_LONG_NOTIFY_CAP))
		return VFE_BAR_VIRTIO_SIZE;
	if (has_quirk(p, QUIRK_OVERLAPPING_CAPS))
		return VFE_BAR_VIRTIO_SIZE - offset;
	return VFE_STRUCT_SIZE;
}

static void init_virtio(struct pci *p)
{
	uint8_t len = sizeof(struct virtio_pci_cap);

	init_virtio_cap(p, CAP_COMMON, VIRTIO_PCI_CAP_COMMON_CFG, len,
			VFE_COMMON_OFFSET,
			structure_size(p, VFE_COMMON_OFFSET));
	init_virtio_cap(p, CAP_ISR, VIRTIO_PCI_CAP_ISR_CFG, len,
			VFE_ISR_OFFSET, structure_size(p, VFE_ISR_OFFSET));
	init_virtio_cap(p, CAP_DEVICE, VIRTIO_PCI_CAP_DEVICE_CFG, len,
			VFE_DEVICE_OFFSET,
			structure_size(p, VFE_DEVICE_OFFSET));
	init_virtio_cap(p, CAP_NOTIFY, VIRTIO_PCI_CAP_NOTIFY_CFG,
			sizeof(struct virtio_pci_notify_cap),
			VFE_NOTIFY_OFFSET,
			structure_size(p, VFE_NOTIFY_OFFSET));
	/* 4.1.4.4: with 0, all queues have one address. */
	set(p, CAP_NOTIFY + offsetof(struct virtio_pci_notify_cap,
				     notify_off_multiplier),
	    has_quirk(p, QUIRK_SHARED_NOTIFY) ? 0 : VFE_NOTIFY_MULTIPLIER, 4);
}

static void init_vendor(struct pci *p)
{
	bool mapped = p->function->options->map_doorbell;
	bool window = p->function->window;
	struct vfe_vendor_cap cap = {
		.cap_vndr = PCI_CAP_ID_VNDR,
		.cap_len = sizeof(cap),
		.cfg_type = VFE_CAP_CFG_TYPE,
		.vendor_id = htole16(VFE_CAP_VENDOR_ID),
		.version = VFE_CAP_VERSION,
		.magic = htole32(VFE_CAP_MAGIC),
		.mapped = htole32(mapped ? 1U << VFE_WIN_NOTIFY : 0),
		.port_bar = window ? VFE_BAR_PORT : 0xff,
		.memory_bar = window ? VFE_BAR_MEMORY : 0xff,
	};

	memcpy(p->bytes + CAP_VENDOR, &cap, sizeof(cap));
}

/* virtio 1.4, 4.1.4.9.1: bar, offset, length and data are the driver's. */
static void init_pci_cfg(struct pci *p)
{
	const uint32_t at = CAP_PCI_CFG;

	init_virtio_cap(p, at, VIRTIO_PCI_CAP_PCI_CFG,
			sizeof(struct virtio_pci_cfg_cap), 0, 0);
	set(p, at + offsetof(struct virtio_pci_cap, bar), 0, 1);
	allow(p, at + offsetof(struct virtio_pci_cap, bar), 0xff, 1);
	allow(p, at + offsetof(struct virtio_pci_cap, offset), UINT32_MAX, 4);
	allow(p, at + offsetof(struct virtio_pci_cap, length), UINT32_MAX, 4);
	allow(p, CFG_DATA, UINT32_MAX, 4);
}

static void link_caps(struct pci *p)
{
	static const uint8_t order[] = {
		CAP_PM, CAP_MSIX, CAP_EXPRESS, CAP_COMMON, CAP_ISR, CAP_DEVICE,
		CAP_NOTIFY, CAP_VENDOR, CAP_PCI_CFG,
	};
	uint32_t link = PCI_CAPABILITY_LIST;
	size_t i;

	for (i = 0; i < sizeof(order); i++) {
		if (order[i] == CAP_MSIX && !p->function->options->msix)
			continue;
		p->bytes[link] = order[i];
		link = order[i] + PCI_CAP_LIST_NEXT;
	}
}

/* Apply the new register values to the other parts. */
static void apply(struct pci *p)
{
	uint16_t command = get(p->bytes + PCI_COMMAND, 2);
	bool master = command & PCI_COMMAND_MASTER;
	uint16_t msix = 0;

	if (p->function->options->msix)
		msix = get(p->bytes + CAP_MSIX + PCI_MSIX_FLAGS, 2);
	irq_disable_intx(p->function->irq, command & PCI_COMMAND_INTX_DISABLE);
	/* PCI: a message is a memory write, which needs bus mastering */
	irq_enable_msix(p->function->irq, msix & PCI_MSIX_FLAGS_ENABLE,
			!master || msix & PCI_MSIX_FLAGS_MASKALL);
	vdev_bus_master(p->function->vdev, master);
}

void pci_reset(struct pci *p)
{
	memset(p->bytes, 0, sizeof(p->bytes));
	memset(p->writable, 0, sizeof(p->writable));
	init_identity(p);
	init_bars(p);
	init_pm(p);
	if (p->function->options->msix)
		init_msix(p);
	init_express(p);
	init_virtio(p);
	init_vendor(p);
	init_pci_cfg(p);
	link_caps(p);
	apply(p);
}

struct pci *pci_new(struct function *f)
{
	struct pci *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->function = f;
	pci_reset(p);
	return p;
}

void pci_free(struct pci *p)
{
	free(p);
}

static bool touches(uint32_t offset, size_t len, uint32_t at, uint32_t size)
{
	return offset < at + size && at < offset + len;
}

/* virtio 1.4, 4.1.4.9: the target of the window, if it is a valid access */
static bool cfg_target(const struct pci *p, unsigned int *bar,
		       uint32_t *offset, uint32_t *length)
{
	const uint8_t *cap = p->bytes + CAP_PCI_CFG;

	*bar = cap[offsetof(struct virtio_pci_cap, bar)];
	*offset = get(cap + offsetof(struct virtio_pci_cap, offset), 4);
	*length = get(cap + offsetof(struct virtio_pci_cap, length), 4);
	return *length == 1 || *length == 2 || *length == 4;
}

static void cfg_read(struct pci *p)
{
	unsigned int bar;
	uint32_t offset, length;
	uint64_t value;

	if (!cfg_target(p, &bar, &offset, &length) ||
	    bar_read(p->function, bar, offset, length, &value))
		return;
	set(p, CFG_DATA, value, length);
}

static void cfg_write(struct pci *p)
{
	unsigned int bar;
	uint32_t offset, length;

	if (cfg_target(p, &bar, &offset, &length))
		bar_write(p->function, bar, offset, length,
			  get(p->bytes + CFG_DATA, length));
}

void pci_config_read(struct pci *p, uint32_t offset, void *data, size_t len)
{
	uint8_t *status = p->bytes + PCI_STATUS;

	/*
	 * Reading the data field alone is the access that 4.1.4.9.1 means; a
	 * dump of the whole space must not have side effects.
	 */
	if (offset == CFG_DATA && len <= 4)
		cfg_read(p);
	*status &= ~PCI_STATUS_INTERRUPT;
	if (irq_intx_status(p->function->irq))
		*status |= PCI_STATUS_INTERRUPT;
	memcpy(data, p->bytes + offset, len);
}

bool pci_config_write(struct pci *p, uint32_t offset, const void *data,
		      size_t len)
{
	const uint8_t *from = data;
	uint32_t flr = CAP_EXPRESS + PCI_EXP_DEVCTL + 1;
	size_t i;

	for (i = 0; i < len; i++) {
		uint8_t mask = p->writable[offset + i];
		uint8_t *byte = &p->bytes[offset + i];

		*byte = (*byte & ~mask) | (from[i] & mask);
	}
	if (touches(offset, len, flr, 1) &&
	    (from[flr - offset] & (PCI_EXP_DEVCTL_BCR_FLR >> 8)))
		return true;
	if (touches(offset, len, PCI_COMMAND, 2) ||
	    touches(offset, len, CAP_MSIX + PCI_MSIX_FLAGS, 2))
		apply(p);
	if (offset == CFG_DATA && len <= 4)
		cfg_write(p);
	return false;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Configuration space of the mock: the header, the capabilities, and the
 * effects of writes. A mask has the writable bits, which also makes the sizing
 * of base address registers work.
 */
#include <linux/log2.h>
#include <linux/sizes.h>
#include <linux/unaligned.h>

#include "internal.h"

#define VFE_MOCK_CLASS		0xff	/* fits no class */
#define VFE_MOCK_FIRST_CAP	0x40

#define VFE_MOCK_COMMAND_BITS	(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | \
				 PCI_COMMAND_PARITY | PCI_COMMAND_SERR | \
				 PCI_COMMAND_INTX_DISABLE)
#define VFE_MOCK_MSIX_BITS	(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL)

static void vfe_mock_add_bar(struct vfe_mock_impl *impl, unsigned int bar,
			     u32 size, u32 type)
{
	unsigned int at = PCI_BASE_ADDRESS_0 + 4 * bar;

	impl->bars[bar].size = size;
	put_unaligned_le32(type, impl->space + at);
	put_unaligned_le32(~(size - 1), impl->rw + at);
	if (type & PCI_BASE_ADDRESS_MEM_TYPE_64)
		put_unaligned_le32(U32_MAX, impl->rw + at + 4);
}

/*
 * Assigns addresses like firmware: the BARs follow @base one after the other;
 * the largest comes last.
 */
void vfe_mock_space_place(struct vfe_mock_impl *impl, u32 base)
{
	unsigned int i;

	for (i = 0; i < PCI_STD_NUM_BARS; i++) {
		u8 *at = impl->space + PCI_BASE_ADDRESS_0 + 4 * i;
		u32 size = impl->bars[i].size;

		if (!size)
			continue;
		base = ALIGN(base, size);
		put_unaligned_le32(base | (get_unaligned_le32(at) &
					   ~PCI_BASE_ADDRESS_MEM_MASK), at);
		base += size;
	}
}

static void vfe_mock_add_header(struct vfe_mock_impl *impl,
				const struct vfe_mock_spec *spec)
{
	u8 *s = impl->space;

	put_unaligned_le16(VFE_PCI_VENDOR, s + PCI_VENDOR_ID);
	put_unaligned_le16(spec->device ?: spec->legacy ? VFE_PCI_OLD_BLOCK :
			   VFE_MOCK_DEVICE, s + PCI_DEVICE_ID);
	put_unaligned_le16(PCI_STATUS_CAP_LIST, s + PCI_STATUS);
	/* 4.1.2.3: 0 with the legacy interface */
	s[PCI_REVISION_ID] = spec->legacy ? 0 : 1;
	s[PCI_CLASS_DEVICE + 1] = VFE_MOCK_CLASS;
	put_unaligned_le16(VFE_PCI_VENDOR, s + PCI_SUBSYSTEM_VENDOR_ID);
	s[PCI_INTERRUPT_PIN] = spec->no_pin ? 0 : 1;

	put_unaligned_le16(VFE_MOCK_COMMAND_BITS, impl->rw + PCI_COMMAND);
	impl->rw[PCI_CACHE_LINE_SIZE] = 0xff;
	impl->rw[PCI_LATENCY_TIMER] = 0xff;
	impl->rw[PCI_INTERRUPT_LINE] = 0xff;
}

/* A capability at the end of the list. Return: where */
static u8 vfe_mock_add_cap(struct vfe_mock_impl *impl, u8 *end, u8 *link,
			   u8 id, u8 len)
{
	u8 at = *end;

	impl->space[*link] = at;
	impl->space[at] = id;
	*link = at + PCI_CAP_LIST_NEXT;
	*end = ALIGN(at + len, 4);
	return at;
}

static void vfe_mock_add_msix(struct vfe_mock_impl *impl, u8 *end, u8 *link)
{
	u8 at = vfe_mock_add_cap(impl, end, link, PCI_CAP_ID_MSIX,
				 PCI_CAP_MSIX_SIZEOF);
	u8 *s = impl->space + at;

	put_unaligned_le16(impl->vectors - 1, s + PCI_MSIX_FLAGS);
	put_unaligned_le32(VFE_BAR_MSIX | VFE_MSIX_TABLE, s + PCI_MSIX_TABLE);
	put_unaligned_le32(VFE_BAR_MSIX | VFE_MSIX_PBA, s + PCI_MSIX_PBA);
	put_unaligned_le16(VFE_MOCK_MSIX_BITS, impl->rw + at + PCI_MSIX_FLAGS);
	impl->msix = at;
}

/* virtio 1.4, 4.1.4: one structure */
static u8 *vfe_mock_add_virtio(struct vfe_mock_impl *impl, u8 *end, u8 *link,
			       u8 type, u8 len, u32 offset, u32 length)
{
	u8 at = vfe_mock_add_cap(impl, end, link, PCI_CAP_ID_VNDR, len);
	u8 *s = impl->space + at;

	s[VIRTIO_PCI_CAP_LEN] = len;
	s[VIRTIO_PCI_CAP_CFG_TYPE] = type;
	s[VIRTIO_PCI_CAP_BAR] = VFE_BAR_VIRTIO;
	put_unaligned_le32(offset, s + VIRTIO_PCI_CAP_OFFSET);
	put_unaligned_le32(length, s + VIRTIO_PCI_CAP_LENGTH);
	impl->caps[type] = at;
	return s;
}

static void vfe_mock_add_structures(struct vfe_mock_impl *impl, u8 *end,
				    u8 *link, bool page_per_vq)
{
	const u8 len = sizeof(struct virtio_pci_cap);
	u8 *s;

	vfe_mock_add_virtio(impl, end, link, VIRTIO_PCI_CAP_COMMON_CFG, len,
			    VFE_COMMON_OFFSET, VFE_STRUCT_SIZE);
	s = vfe_mock_add_virtio(impl, end, link, VIRTIO_PCI_CAP_NOTIFY_CFG,
				len + 4, VFE_NOTIFY_OFFSET, VFE_STRUCT_SIZE);
	put_unaligned_le32(impl->multiplier, s + VIRTIO_PCI_NOTIFY_CAP_MULT);
	if (page_per_vq) {
		s[VIRTIO_PCI_CAP_BAR] = VFE_MOCK_BAR_NOTIFY;
		put_unaligned_le32(0, s + VIRTIO_PCI_CAP_OFFSET);
		put_unaligned_le32(VFE_MOCK_QUEUES * SZ_4K,
				   s + VIRTIO_PCI_CAP_LENGTH);
	}
	vfe_mock_add_virtio(impl, end, link, VIRTIO_PCI_CAP_ISR_CFG, len,
			    VFE_ISR_OFFSET, VFE_STRUCT_SIZE);
	if (impl->m.config_len)
		vfe_mock_add_virtio(impl, end, link, VIRTIO_PCI_CAP_DEVICE_CFG,
				    len, VFE_DEVICE_OFFSET,
				    max(impl->m.config_len, 4U));
	/* 4.1.4.9.1: mandatory; its window is not implemented */
	s = vfe_mock_add_virtio(impl, end, link, VIRTIO_PCI_CAP_PCI_CFG,
				len + 4, 0, 0);
	memset(impl->rw + (s - impl->space) + VIRTIO_PCI_CAP_BAR, 0xff,
	       len + 4 - VIRTIO_PCI_CAP_BAR);
}

static void vfe_mock_add_vendor(struct vfe_mock_impl *impl, u8 *end, u8 *link,
				u32 mapped)
{
	u8 at = vfe_mock_add_cap(impl, end, link, PCI_CAP_ID_VNDR,
				 sizeof(struct vfe_vendor_cap));
	struct vfe_vendor_cap cap = {
		.cap_vndr = PCI_CAP_ID_VNDR,
		.cap_len = sizeof(cap),
		.cfg_type = VFE_CAP_CFG_TYPE,
		.vendor_id = cpu_to_le16(VFE_CAP_VENDOR_ID),
		.version = VFE_CAP_VERSION,
		.magic = cpu_to_le32(VFE_CAP_MAGIC),
		.mapped = cpu_to_le32(mapped),
		.port_bar = VFE_BAR_PORT,
		.memory_bar = VFE_BAR_MEMORY,
	};

	memcpy(impl->space + at, &cap, sizeof(cap));
	impl->caps[VFE_CAP_CFG_TYPE] = at;
}

/* Advanced Features: the function can be reset alone */
static void vfe_mock_add_af(struct vfe_mock_impl *impl, u8 *end, u8 *link)
{
	u8 at = vfe_mock_add_cap(impl, end, link, PCI_CAP_ID_AF,
				 PCI_CAP_AF_SIZEOF);

	impl->space[at + PCI_AF_LENGTH] = PCI_CAP_AF_SIZEOF;
	impl->space[at + PCI_AF_CAP] = PCI_AF_CAP_TP | PCI_AF_CAP_FLR;
	impl->af = at;
}

void vfe_mock_space_init(struct vfe_mock_impl *impl,
			 const struct vfe_mock_spec *spec)
{
	u8 link = PCI_CAPABILITY_LIST;
	u8 end = VFE_MOCK_FIRST_CAP;

	vfe_mock_add_header(impl, spec);
	if (spec->window || spec->station || spec->adapter)
		vfe_mock_add_bar(impl, VFE_BAR_MEMORY, VFE_BAR_MEMORY_SIZE, 0);
	if (impl->vectors)
		vfe_mock_add_bar(impl, VFE_BAR_MSIX, VFE_BAR_MSIX_SIZE, 0);
	if (spec->legacy || spec->transitional)
		vfe_mock_add_bar(impl, VFE_LEGACY_BAR,
				 roundup_pow_of_two(VFE_LEGACY_HEADER +
						    VFE_LEGACY_VECTORS +
						    impl->m.config_len), 0);
	if (!spec->legacy)
		vfe_mock_add_bar(impl, VFE_BAR_VIRTIO, VFE_BAR_VIRTIO_SIZE,
				 PCI_BASE_ADDRESS_MEM_TYPE_64);
	if (spec->page_per_vq)
		vfe_mock_add_bar(impl, VFE_MOCK_BAR_NOTIFY,
				 VFE_MOCK_QUEUES * SZ_4K, 0);
	if (impl->vectors)
		vfe_mock_add_msix(impl, &end, &link);
	if (!spec->legacy)
		vfe_mock_add_structures(impl, &end, &link, spec->page_per_vq);
	if (!spec->legacy && !spec->no_vendor_cap)
		vfe_mock_add_vendor(impl, &end, &link, spec->mapped);
	vfe_mock_add_af(impl, &end, &link);
}

u32 vfe_mock_space_read(struct vfe_mock_impl *impl, int where, int size)
{
	unsigned long flags;
	u32 val = 0;
	int i;

	raw_spin_lock_irqsave(&impl->lock, flags);
	for (i = size - 1; i >= 0; i--) {
		val <<= 8;
		if (impl->m.knobs.gone)
			val |= 0xff;
		else if (where + i < VFE_MOCK_CONFIG_SPACE)
			val |= impl->space[where + i];
	}
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	return val;
}

/* Does a write at @where hit a virtio capability other than PCI_CFG? */
static bool vfe_mock_hits_cap(const struct vfe_mock_impl *impl, int where,
			      int size)
{
	unsigned int i;

	for (i = 0; i < VFE_MOCK_CAP_KINDS; i++) {
		u8 at = impl->caps[i];

		if (!at || i == VIRTIO_PCI_CAP_PCI_CFG)
			continue;
		if (where + size > at &&
		    where < at + impl->space[at + VIRTIO_PCI_CAP_LEN])
			return true;
	}
	return false;
}

/* Resets all programmed values. */
static void vfe_mock_function_reset(struct vfe_mock_impl *impl)
{
	unsigned int i;

	for (i = 0; i < VFE_MOCK_CONFIG_SPACE; i++)
		impl->space[i] &= ~impl->rw[i];
	vfe_mock_table_reset(impl);
	vfe_mock_reset(impl);
	vfe_mock_window_reset(impl);
	vfe_mock_station_reset(impl);
	vfe_mock_adapter_reset(impl);
	impl->m.flrs++;
}

static void vfe_mock_space_take(struct vfe_mock_impl *impl, int where, int size,
				u32 val)
{
	u8 *byte;
	int i;

	for (i = where; i < where + size && i < VFE_MOCK_CONFIG_SPACE; i++) {
		byte = impl->space + i;
		*byte = (*byte & ~impl->rw[i]) | (val & impl->rw[i]);
		if (i == impl->af + PCI_AF_CTRL && val & PCI_AF_CTRL_FLR)
			vfe_mock_function_reset(impl);
		val >>= 8;
	}
	if (vfe_mock_hits_cap(impl, where, size)) {
		impl->cap_writes++;
		vfe_mock_offend(&impl->m,
				"a field of a virtio capability was written (4.1.4.1)");
	}
}

void vfe_mock_space_write(struct vfe_mock_impl *impl, int where, int size,
			  u32 val)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&impl->lock, flags);
	if (!impl->m.knobs.gone)
		vfe_mock_space_take(impl, where, size, val);
	raw_spin_unlock_irqrestore(&impl->lock, flags);
	/* a pin or vectors that were disabled may be no more */
	if (where <= PCI_COMMAND + 1 || (impl->msix && where >= impl->msix &&
					 where < impl->msix + 4))
		vfe_mock_irq_later(impl);
}

u8 *vfe_mock_config_space(struct vfe_mock *m)
{
	return vfe_mock_impl_of(m)->space;
}
EXPORT_SYMBOL_GPL(vfe_mock_config_space);

u8 vfe_mock_cap(struct vfe_mock *m, u8 cfg_type)
{
	if (cfg_type >= VFE_MOCK_CAP_KINDS)
		return 0;
	return vfe_mock_impl_of(m)->caps[cfg_type];
}
EXPORT_SYMBOL_GPL(vfe_mock_cap);

unsigned int vfe_mock_cap_writes(struct vfe_mock *m)
{
	return vfe_mock_impl_of(m)->cap_writes;
}
EXPORT_SYMBOL_GPL(vfe_mock_cap_writes);

// SPDX-License-Identifier: GPL-2.0
/*
 * Finds the virtio structures by the PCI capabilities, and maps them (virtio
 * 1.4, 4.1.4). The driver does not trust the capabilities: the walk is bounded,
 * and uses the first valid instance of each structure. The part that the driver
 * needs must be inside a BAR. The driver truncates a structure that is longer
 * than its BAR, and structures may overlap, because virtio_pci drives such
 * devices, too. A function without any virtio capability may be a legacy
 * device.
 */
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "core.h"

/* Length of the common structure with the registers of each later feature */
#define VFE_COMMON_NOTIF_CONFIG_DATA_END	58
#define VFE_COMMON_QUEUE_RESET_END		60

/* Most capabilities that fit into 256 bytes of configuration space */
#define VFE_MAX_CAPS	((PCI_CFG_SPACE_SIZE - PCI_STD_HEADER_SIZEOF) / 4)

static_assert(offsetof(struct virtio_pci_cap, cfg_type) == 3);
static_assert(offsetof(struct virtio_pci_cap, bar) == 4);
static_assert(offsetof(struct virtio_pci_cap, offset) == 8);
static_assert(offsetof(struct virtio_pci_cap, length) == 12);
static_assert(sizeof(struct virtio_pci_cap) == 16);
static_assert(offsetof(struct virtio_pci_notify_cap,
		       notify_off_multiplier) == 16);

/**
 * struct vfe_cap_kind - requirements for a virtio structure
 * @cfg_type: VIRTIO_PCI_CAP_*
 * @cap_len: bytes of the capability that the driver reads
 * @align: alignment of the structure, in bytes
 * @min: least length of the structure, in bytes
 * @max: most bytes that the driver maps
 * @optional: not every device type has it
 */
struct vfe_cap_kind {
	u8 cfg_type;
	u8 cap_len;
	u8 align;
	u32 min;
	u32 max;
	bool optional;
};

/*
 * 4.1.4.3 to 4.1.4.6: sizes and alignments; 4.1.4.1: map only the fields in use
 */
static const struct vfe_cap_kind vfe_cap_kinds[] = {
	[VFE_WIN_COMMON] = {
		.cfg_type = VIRTIO_PCI_CAP_COMMON_CFG,
		.cap_len = sizeof(struct virtio_pci_cap),
		.align = 4,
		.min = sizeof(struct virtio_pci_common_cfg),
		.max = 64,
	},
	[VFE_WIN_NOTIFY] = {
		.cfg_type = VIRTIO_PCI_CAP_NOTIFY_CFG,
		.cap_len = sizeof(struct virtio_pci_notify_cap),
		.align = 2,
		.min = 2,
		.max = SZ_16M,
	},
	[VFE_WIN_ISR] = {
		.cfg_type = VIRTIO_PCI_CAP_ISR_CFG,
		.cap_len = sizeof(struct virtio_pci_cap),
		.align = 1,
		.min = 1,
		.max = 1,
	},
	[VFE_WIN_DEVICE] = {
		.cfg_type = VIRTIO_PCI_CAP_DEVICE_CFG,
		.cap_len = sizeof(struct virtio_pci_cap),
		.align = 4,
		.min = 1,
		.max = SZ_4K,
		.optional = true,
	},
};

/**
 * struct vfe_cap - a capability as found
 * @pos: position in configuration space, 0 if none was found
 * @bar: the BAR that the structure is in
 * @offset: in the BAR, in bytes
 * @length: in bytes, limited to the end of the BAR
 * @multiplier: notify_off_multiplier, in the notification capability
 * @bad_pos: position of the first unusable instance, 0 if there is none
 * @bad_field: what is wrong with it
 * @bad_value: the wrong value
 */
struct vfe_cap {
	u8 pos;
	u8 bar;
	u32 offset;
	u32 length;
	u32 multiplier;
	u8 bad_pos;
	const char *bad_field;
	u64 bad_value;
};

static void vfe_cap_bad(struct vfe_cap *cap, u8 pos, const char *field,
			u64 value)
{
	if (cap->bad_pos)
		return;
	cap->bad_pos = pos;
	cap->bad_field = field;
	cap->bad_value = value;
}

/* Return: the window of a structure type, or -ENOENT */
static int vfe_cap_window(u8 cfg_type)
{
	int win;

	for (win = 0; win < ARRAY_SIZE(vfe_cap_kinds); win++)
		if (vfe_cap_kinds[win].cfg_type == cfg_type)
			return win;
	/* 4.1.4.1: ignore reserved types; the driver uses no others */
	return -ENOENT;
}

/*
 * Checks whether @cap can be used. If so, limits its length to the end of the
 * BAR; if not, records the reason in @found.
 */
static bool vfe_cap_usable(struct pci_dev *pdev, struct vfe_cap *found,
			   const struct vfe_cap_kind *kind,
			   struct vfe_cap *cap)
{
	u64 bar_len = pci_resource_len(pdev, cap->bar);
	unsigned long flags = pci_resource_flags(pdev, cap->bar);
	bool usable = false;

	if (!IS_ALIGNED(cap->offset, kind->align))
		vfe_cap_bad(found, cap->pos, "misaligned offset", cap->offset);
	else if (cap->length < kind->min)
		vfe_cap_bad(found, cap->pos, "too small a length", cap->length);
	else if (!(flags & (IORESOURCE_MEM | IORESOURCE_IO)) || !bar_len)
		vfe_cap_bad(found, cap->pos, "unassigned bar", cap->bar);
	else if (cap->offset > bar_len || kind->min > bar_len - cap->offset)
		vfe_cap_bad(found, cap->pos, "offset beyond its BAR",
			    cap->offset);
	else
		usable = true;
	if (usable)
		cap->length = min_t(u64, cap->length, bar_len - cap->offset);
	return usable;
}

/* Parses one vendor-specific capability. */
static void vfe_cap_read(struct pci_dev *pdev, u8 pos, struct vfe_cap *caps)
{
	const struct vfe_cap_kind *kind;
	struct vfe_cap cap = { .pos = pos };
	u8 cap_len, cfg_type;
	int win;

	pci_read_config_byte(pdev, pos + VIRTIO_PCI_CAP_CFG_TYPE, &cfg_type);
	win = vfe_cap_window(cfg_type);
	/* 4.1.4.1: take the first usable instance */
	if (win < 0 || caps[win].pos)
		return;
	kind = &vfe_cap_kinds[win];
	/*
	 * 4.1.4.1: cap_len may be larger than the driver expects. The fields
	 * have fixed offsets in any case, unless configuration space ends
	 * before them.
	 */
	if (pos + kind->cap_len > PCI_CFG_SPACE_SIZE) {
		pci_read_config_byte(pdev, pos + VIRTIO_PCI_CAP_LEN, &cap_len);
		vfe_cap_bad(&caps[win], pos,
			    "no room before the end of configuration space for its cap_len",
			    cap_len);
		return;
	}
	pci_read_config_byte(pdev, pos + VIRTIO_PCI_CAP_BAR, &cap.bar);
	/* 4.1.4.1: ignore reserved values of bar */
	if (cap.bar > PCI_STD_RESOURCE_END)
		return;
	pci_read_config_dword(pdev, pos + VIRTIO_PCI_CAP_OFFSET, &cap.offset);
	pci_read_config_dword(pdev, pos + VIRTIO_PCI_CAP_LENGTH, &cap.length);
	if (win == VFE_WIN_NOTIFY)
		pci_read_config_dword(pdev, pos + VIRTIO_PCI_NOTIFY_CAP_MULT,
				      &cap.multiplier);
	if (vfe_cap_usable(pdev, &caps[win], kind, &cap))
		caps[win] = cap;
}

static void vfe_caps_walk(struct pci_dev *pdev, struct vfe_cap *caps)
{
	u8 pos = pci_find_capability(pdev, PCI_CAP_ID_VNDR);
	unsigned int n;

	/* the bound ends a circular list, too */
	for (n = 0; pos && n < VFE_MAX_CAPS; n++) {
		vfe_cap_read(pdev, pos, caps);
		pos = pci_find_next_capability(pdev, pos, PCI_CAP_ID_VNDR);
	}
}

/* Did the walk find any structure, usable or not? */
static bool vfe_caps_any(const struct vfe_cap *caps)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vfe_cap_kinds); i++)
		if (caps[i].pos || caps[i].bad_pos)
			return true;
	return false;
}

/*
 * Logs the first structure that is missing or unusable. Return: 0, -EINVAL or
 * -ENODEV
 */
static int vfe_caps_check(struct pci_dev *pdev, const struct vfe_cap *caps)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(vfe_cap_kinds); i++) {
		if (caps[i].pos)
			continue;
		if (caps[i].bad_pos) {
			dev_err(&pdev->dev,
				"%s capability at %#x has %s: %#llx, fix the device\n",
				vfe_window_name(i), caps[i].bad_pos,
				caps[i].bad_field, caps[i].bad_value);
			return -EINVAL;
		}
		if (!vfe_cap_kinds[i].optional) {
			dev_err(&pdev->dev,
				"no %s capability (cfg_type %u): not a virtio 1.x device\n",
				vfe_window_name(i), vfe_cap_kinds[i].cfg_type);
			return -ENODEV;
		}
	}
	return 0;
}

static bool vfe_vendor_cap_read(struct pci_dev *pdev, u8 pos,
				struct vfe_vendor_cap *vcap)
{
	u8 *bytes = (u8 *)vcap;
	unsigned int i;

	if (pos + sizeof(*vcap) > PCI_CFG_SPACE_SIZE)
		return false;
	for (i = 0; i < sizeof(*vcap); i++)
		pci_read_config_byte(pdev, pos + i, &bytes[i]);
	/* 4.1.4.8.2: check the vendor before the contents */
	return vcap->cfg_type == VFE_CAP_CFG_TYPE &&
	       vcap->cap_len >= sizeof(*vcap) &&
	       le16_to_cpu(vcap->vendor_id) == VFE_CAP_VENDOR_ID &&
	       le32_to_cpu(vcap->magic) == VFE_CAP_MAGIC &&
	       vcap->version == VFE_CAP_VERSION;
}

/**
 * vfe_find_vendor_cap() - find the capability that describes the windows
 * @pdev: the function
 * @vcap: where to copy it
 *
 * Context: process context, the function is enabled.
 * Return: whether there is a valid one. Without it, every window counts as
 * trapping.
 */
bool vfe_find_vendor_cap(struct pci_dev *pdev, struct vfe_vendor_cap *vcap)
{
	u8 pos = pci_find_capability(pdev, PCI_CAP_ID_VNDR);
	unsigned int n;

	/* the list is not sorted: go on after one that does not fit */
	for (n = 0; pos && n < VFE_MAX_CAPS; n++) {
		if (vfe_vendor_cap_read(pdev, pos, vcap))
			return true;
		pos = pci_find_next_capability(pdev, pos, PCI_CAP_ID_VNDR);
	}
	return false;
}
EXPORT_SYMBOL_NS_GPL(vfe_find_vendor_cap, VFE_NS);

static int vfe_cap_map(struct vfe_device *vd, enum vfe_window_id win,
		       const struct vfe_cap *cap, u32 mapped)
{
	struct vfe_window *w = &vd->regs.win[win];
	u32 len = min(cap->length, vfe_cap_kinds[win].max);

	w->base = pci_iomap_range(vd->pdev, cap->bar, cap->offset, len);
	if (!w->base) {
		dev_err(vfe_dev(vd),
			"cannot map %u bytes of BAR %u at %#x for the %s structure\n",
			len, cap->bar, cap->offset, vfe_window_name(win));
		return -ENOMEM;
	}
	w->len = len;
	w->traps = !(mapped & BIT(win));
	return 0;
}

/*
 * Features whose registers are not in the device's structures. The common
 * structure of virtio 1.0 has 56 bytes; later registers follow.
 */
static u64 vfe_caps_no_room(const struct vfe_cap *caps)
{
	const struct vfe_cap *notify = &caps[VFE_WIN_NOTIFY];
	u32 common = caps[VFE_WIN_COMMON].length;
	u64 none = 0;

	if (common < VFE_COMMON_NOTIF_CONFIG_DATA_END)
		none |= BIT_ULL(VIRTIO_F_NOTIF_CONFIG_DATA);
	if (common < VFE_COMMON_QUEUE_RESET_END)
		none |= BIT_ULL(VIRTIO_F_RING_RESET);
	/* 4.1.5.2.1: the driver writes 32 bits at once, aligned */
	if (notify->length < sizeof(u32) ||
	    !IS_ALIGNED(notify->offset | notify->multiplier, sizeof(u32)))
		none |= BIT_ULL(VIRTIO_F_NOTIFICATION_DATA);
	return none;
}

/* Return: mask of the BARs with structures; the driver requests no others */
static int vfe_caps_bars(const struct vfe_cap *caps)
{
	unsigned int i;
	int bars = 0;

	for (i = 0; i < ARRAY_SIZE(vfe_cap_kinds); i++)
		if (caps[i].pos)
			bars |= BIT(caps[i].bar);
	return bars;
}

/**
 * vfe_caps_map() - find and map the virtio structures
 * @vd: the device, enabled
 *
 * Sets @vd->transport to the interface of the device.
 *
 * Context: process context, may sleep.
 * Return: 0, -EINVAL a capability is malformed, -ENODEV one is missing,
 * -EBUSY another driver holds the BARs, -ENOMEM.
 */
int vfe_caps_map(struct vfe_device *vd)
{
	struct vfe_cap caps[ARRAY_SIZE(vfe_cap_kinds)] = {};
	struct vfe_vendor_cap vcap;
	u32 mapped = 0;
	int win, ret;

	vfe_caps_walk(vd->pdev, caps);
	/* 4.1.5.1.1.1: use the legacy interface only if there is no other */
	if (!vfe_caps_any(caps) && vfe_is_legacy(vd->pdev))
		return vfe_legacy_map(vd);
	ret = vfe_caps_check(vd->pdev, caps);
	if (ret)
		return ret;
	vd->bars = vfe_caps_bars(caps);
	ret = pci_request_selected_regions(vd->pdev, vd->bars, "vfe");
	if (ret)
		return ret;
	if (vfe_find_vendor_cap(vd->pdev, &vcap))
		mapped = le32_to_cpu(vcap.mapped);
	vd->transport = &vfe_modern_ops;
	vd->notify_start = caps[VFE_WIN_NOTIFY].offset;
	vd->notify_multiplier = caps[VFE_WIN_NOTIFY].multiplier;
	vd->common_length = caps[VFE_WIN_COMMON].length;
	vd->no_room = vfe_caps_no_room(caps);
	for (win = 0; !ret && win < ARRAY_SIZE(vfe_cap_kinds); win++)
		if (caps[win].pos)
			ret = vfe_cap_map(vd, win, &caps[win], mapped);
	if (ret)
		vfe_caps_unmap(vd);
	return ret;
}

/**
 * vfe_caps_unmap() - undo vfe_caps_map()
 * @vd: the device
 *
 * Context: process context, may sleep.
 */
void vfe_caps_unmap(struct vfe_device *vd)
{
	struct vfe_window *w;
	int win;

	for (win = 0; win < VFE_NUM_WINDOWS; win++) {
		w = &vd->regs.win[win];
		if (w->base)
			pci_iounmap(vd->pdev, w->base);
		w->base = NULL;
	}
	pci_release_selected_regions(vd->pdev, vd->bars);
}

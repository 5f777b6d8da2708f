// SPDX-License-Identifier: GPL-2.0
/*
 * The BARs: forwards each access to a part of the device. Only this file counts
 * accesses.
 */
#include <errno.h>
#include <string.h>

#include "pci/pci.h"

#define MSIX_ENTRY_SIZE		16

static const uint32_t sizes[PCI_NUM_BARS] = {
	[VFE_BAR_PORT] = VFE_BAR_PORT_SIZE,
	[VFE_BAR_MEMORY] = VFE_BAR_MEMORY_SIZE,
	[VFE_BAR_MSIX] = VFE_BAR_MSIX_SIZE,
	[VFE_BAR_VIRTIO] = VFE_BAR_VIRTIO_SIZE,
};

static const enum vfe_window_id virtio_pages[] = {
	[VFE_COMMON_OFFSET / VFE_STRUCT_SIZE] = VFE_WIN_COMMON,
	[VFE_ISR_OFFSET / VFE_STRUCT_SIZE] = VFE_WIN_ISR,
	[VFE_DEVICE_OFFSET / VFE_STRUCT_SIZE] = VFE_WIN_DEVICE,
	[VFE_NOTIFY_OFFSET / VFE_STRUCT_SIZE] = VFE_WIN_NOTIFY,
};

uint32_t bar_size(const struct function *f, unsigned int bar)
{
	bool window = bar == VFE_BAR_PORT || bar == VFE_BAR_MEMORY;

	if (bar >= PCI_NUM_BARS || (window && !f->window))
		return 0;
	return sizes[bar];
}

static uint64_t ones(unsigned int size)
{
	return size == 8 ? UINT64_MAX : (1ULL << (size * 8)) - 1;
}

static enum vfe_window_id window_of(const struct function *f, unsigned int bar)
{
	return window_id(f->window, bar == VFE_BAR_PORT);
}

bool bar_has_window(const struct function *f, enum vfe_window_id win)
{
	unsigned int bar = window_table[win].bar;

	if (bar != VFE_BAR_PORT && bar != VFE_BAR_MEMORY)
		return bar_size(f, bar);
	return f->window && window_of(f, bar) == win;
}

/* An invalid access: it reads as ones, and is ignored on write. */
static bool is_odd(uint32_t offset, unsigned int size)
{
	return offset % size;
}

/* No register of the window is 8 bytes wide. */
static uint64_t regwin_read(struct function *f, unsigned int bar,
			    uint32_t offset, unsigned int size)
{
	counts_access(&f->counts, window_of(f, bar), offset, VFE_READ);
	if (size == 8 || is_odd(offset, size))
		return UINT64_MAX;
	return window_read(f->window, offset, size);
}

static void regwin_write(struct function *f, unsigned int bar, uint32_t offset,
			 unsigned int size, uint64_t value)
{
	counts_access(&f->counts, window_of(f, bar), offset, VFE_WRITE);
	if (size != 8 && !is_odd(offset, size))
		window_write(f->window, offset, size, value);
}

static uint32_t virtio_read32(struct function *f, uint32_t offset,
			      unsigned int size)
{
	enum vfe_window_id win = virtio_pages[offset / VFE_STRUCT_SIZE];

	offset %= VFE_STRUCT_SIZE;
	counts_access(&f->counts, win, offset, VFE_READ);
	if (is_odd(offset, size))
		return UINT32_MAX;
	return vdev_read(f->vdev, win, offset, size);
}

static void virtio_write32(struct function *f, uint32_t offset,
			   unsigned int size, uint32_t value)
{
	enum vfe_window_id win = virtio_pages[offset / VFE_STRUCT_SIZE];

	offset %= VFE_STRUCT_SIZE;
	counts_access(&f->counts, win, offset, VFE_WRITE);
	if (!is_odd(offset, size))
		vdev_write(f->vdev, win, offset, size, value);
}

/* virtio 1.4, 4.1.3.1: a 64-bit field is two of 32 bits. */
static uint64_t virtio_read(struct function *f, uint32_t offset,
			    unsigned int size)
{
	uint64_t low;

	if (size < 8)
		return virtio_read32(f, offset, size);
	low = virtio_read32(f, offset, 4);
	return low | (uint64_t)virtio_read32(f, offset + 4, 4) << 32;
}

static void virtio_write(struct function *f, uint32_t offset, unsigned int size,
			 uint64_t value)
{
	if (size < 8) {
		virtio_write32(f, offset, size, value);
		return;
	}
	virtio_write32(f, offset, 4, value);
	virtio_write32(f, offset + 4, 4, value >> 32);
}

/*
 * The client has its own vector table, since only it can deliver a vector; it
 * may still read this one. The pending bits are ours.
 */
static uint64_t msix_read(struct function *f, uint32_t offset, unsigned int size)
{
	unsigned int vectors = irq_vectors(f->irq);
	uint64_t value = 0;
	unsigned int bit;

	if (offset < VFE_MSIX_PBA) {
		bool masked = offset / MSIX_ENTRY_SIZE < vectors &&
			      offset % MSIX_ENTRY_SIZE >= 12;

		return masked && !(offset % 4) ? 1 : 0;
	}
	for (bit = 0; bit < size * 8; bit++) {
		unsigned int vector = (offset - VFE_MSIX_PBA) * 8 + bit;

		if (vector < vectors && irq_msix_pending(f->irq, vector))
			value |= 1ULL << bit;
	}
	return value;
}

static bool is_access(const struct function *f, unsigned int bar,
		      uint64_t offset, unsigned int size)
{
	uint32_t limit = bar_size(f, bar);

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return false;
	return offset < limit && size <= limit - offset;
}

int bar_read(struct function *f, unsigned int bar, uint64_t offset,
	     unsigned int size, uint64_t *value)
{
	if (!is_access(f, bar, offset, size))
		return -EINVAL;
	switch (bar) {
	case VFE_BAR_PORT:
	case VFE_BAR_MEMORY:
		*value = regwin_read(f, bar, offset, size);
		break;
	case VFE_BAR_MSIX:
		*value = msix_read(f, offset, size);
		break;
	default:
		*value = virtio_read(f, offset, size);
	}
	*value &= ones(size);
	return 0;
}

int bar_write(struct function *f, unsigned int bar, uint64_t offset,
	      unsigned int size, uint64_t value)
{
	if (!is_access(f, bar, offset, size))
		return -EINVAL;
	value &= ones(size);
	switch (bar) {
	case VFE_BAR_PORT:
	case VFE_BAR_MEMORY:
		regwin_write(f, bar, offset, size, value);
		break;
	case VFE_BAR_MSIX:
		break;
	default:
		virtio_write(f, offset, size, value);
	}
	return 0;
}

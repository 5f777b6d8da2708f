// SPDX-License-Identifier: GPL-2.0
/* Accesses to the device's four structures (virtio 1.4, 4.1.4). */
#include <endian.h>
#include <string.h>

#include "virtio/virtio.h"

uint32_t vdev_config_read(const void *config, size_t len, uint32_t offset,
			  unsigned int size)
{
	uint32_t value = 0;

	if (size > sizeof(value) || size > len || offset > len - size)
		return 0;
	memcpy(&value, (const char *)config + offset, size);
	return le32toh(value);
}

uint32_t vdev_read(struct vdev *v, enum vfe_window_id win, uint32_t offset,
		   unsigned int size)
{
	switch (win) {
	case VFE_WIN_COMMON:
		return common_read(v, offset, size);
	case VFE_WIN_ISR:
		return offset ? 0 : vdev_take_isr(v);
	case VFE_WIN_DEVICE:
		return v->class->config_read ?
		       v->class->config_read(v, offset, size) : 0;
	default:
		/* Nothing is read from the notify window. */
		return 0;
	}
}

void vdev_write(struct vdev *v, enum vfe_window_id win, uint32_t offset,
		unsigned int size, uint32_t value)
{
	switch (win) {
	case VFE_WIN_COMMON:
		common_write(v, offset, size, value);
		break;
	case VFE_WIN_DEVICE:
		if (v->class->config_write)
			v->class->config_write(v, offset, size, value);
		break;
	case VFE_WIN_NOTIFY:
		pass_notify(v, offset, size, value);
		break;
	default:
		log_line("isr_status: write of 0x%x ignored: it is only read",
			 value);
	}
}

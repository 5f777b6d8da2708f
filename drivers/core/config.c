// SPDX-License-Identifier: GPL-2.0
/* Device-specific configuration: consistent reads (virtio 1.4, 2.5.1). */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/string.h>

#include "core.h"

/* Do all fields lie in the structure, at multiples of their widths? */
static int vfe_config_check(const struct vfe_device *vd, u32 offset,
			    const u8 *fields)
{
	u64 end = offset;
	unsigned int i;

	for (i = 0; fields[i]; i++) {
		if (fields[i] > 8 || !is_power_of_2(fields[i]))
			return -EINVAL;
		if (!IS_ALIGNED(end, min_t(u8, fields[i], 4)))
			return -EINVAL;
		end += fields[i];
	}
	/* 2.5.1: the structure may be larger than known, not smaller */
	if (end > vd->regs.win[VFE_WIN_DEVICE].len) {
		dev_err(vfe_dev(vd),
			"device configuration has %u bytes, %llu are needed: use a device that has the features it offers\n",
			vd->regs.win[VFE_WIN_DEVICE].len, end);
		return -EINVAL;
	}
	return 0;
}

/* One field, little endian as in the device; @buf may be misaligned. */
static void vfe_config_field(struct vfe_device *vd, u32 offset, u8 size,
			     void *buf)
{
	u8 width = min_t(u8, size, sizeof(__le32));
	__le32 val = cpu_to_le32(vfe_read_config(&vd->regs, offset, width));

	memcpy(buf, &val, width);
	/* 4.1.3.1: a 64-bit field is accessed as two of 32 bits */
	if (size > width)
		vfe_config_field(vd, offset + width, size - width, buf + width);
}

int vfe_config_read(struct vfe_device *vd, u32 offset, const u8 *fields,
		    void *buf)
{
	u8 before, after, status;
	unsigned int try, i;
	u32 at;
	int ret;

	if (vfe_gone(vd))
		return -ENODEV;
	ret = vfe_config_check(vd, offset, fields);
	if (ret)
		return ret;
	after = vfe_read8(&vd->regs, VFE_REG_CONFIG_GENERATION);
	for (try = 0; try < VFE_CONFIG_RETRIES; try++) {
		before = after;
		for (i = 0, at = 0; fields[i]; at += fields[i++])
			vfe_config_field(vd, offset + at, fields[i], buf + at);
		/* 2.5.1: the same generation before and after */
		after = vfe_read8(&vd->regs, VFE_REG_CONFIG_GENERATION);
		if (before == after)
			/* ones: a generation like any, or nobody there */
			return after == U8_MAX ?
			       vfe_status_read(vd, &status) : 0;
	}
	dev_err(vfe_dev(vd),
		"config_generation changed during each of %u reads of the configuration, last %u: the device never settles\n",
		VFE_CONFIG_RETRIES, after);
	return -EAGAIN;
}
EXPORT_SYMBOL_GPL(vfe_config_read);

int vfe_config_write8(struct vfe_device *vd, u32 offset, u8 val)
{
	enum vfe_state state = vfe_get_state(vd);

	if (vfe_gone(vd))
		return -ENODEV;
	/* 3.1.1: while features are negotiated it is only read */
	if (state != VFE_STATE_FEATURES && state != VFE_STATE_QUEUES &&
	    state != VFE_STATE_LIVE)
		return -EBUSY;
	if (offset >= vd->regs.win[VFE_WIN_DEVICE].len)
		return -EINVAL;
	vfe_write_config(&vd->regs, offset, sizeof(val), val);
	return 0;
}
EXPORT_SYMBOL_GPL(vfe_config_write8);

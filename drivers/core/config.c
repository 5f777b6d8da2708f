// SPDX-License-Identifier: GPL-2.0
/*
 * Access to device-specific configuration: checks, and single fields. The
 * transports make reads of several fields consistent (modern.c, legacy.c).
 */
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/string.h>

#include "core.h"
#include "regs_table.h"

/* Length of the configuration, in bytes */
static u32 vfe_config_len(const struct vfe_device *vd)
{
	const struct vfe_reg_info *reg = &vfe_reg_table[vd->transport->config];
	u32 start = reg->offset + vd->transport->config_start(vd);
	u32 len = vd->regs.win[reg->win].len;

	return len > start ? len - start : 0;
}

/* Checks that all fields are inside the structure, and aligned. */
static int vfe_config_check(struct vfe_device *vd, u32 offset,
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
	if (end - offset > VFE_CONFIG_MOST)
		return -EINVAL;
	/* 2.5.1: the structure may be larger than expected, not smaller */
	if (end > vfe_config_len(vd)) {
		vfe_err(vd,
			"device configuration has %u bytes, but the offered features need %llu: fix the device\n",
			vfe_config_len(vd), end);
		return -EINVAL;
	}
	return 0;
}

/* Reads one field, little endian as in the device; @buf may be misaligned. */
static void vfe_config_field(struct vfe_device *vd, u32 offset, u8 size,
			     void *buf)
{
	const struct vfe_transport_ops *t = vd->transport;
	u8 width = min_t(u8, size, sizeof(__le32));
	__le32 val = cpu_to_le32(vfe_read_field(&vd->regs, t->config,
						t->config_start(vd) + offset,
						width));

	memcpy(buf, &val, width);
	/* 4.1.3.1: a 64-bit field is accessed as two of 32 bits */
	if (size > width)
		vfe_config_field(vd, offset + width, size - width, buf + width);
}

/**
 * vfe_config_fields() - read fields once, even if they change meanwhile
 * @vd: the device
 * @offset: as for vfe_config_read(), checked
 * @fields: likewise
 * @buf: little endian, as the device has it
 *
 * Context: any.
 * Return: number of bytes in @buf.
 */
u32 vfe_config_fields(struct vfe_device *vd, u32 offset, const u8 *fields,
		      void *buf)
{
	u32 at = 0;

	for (; *fields; at += *fields++)
		vfe_config_field(vd, offset + at, *fields, buf + at);
	return at;
}

/*
 * 2.5.1: a field of 32 bits or fewer cannot be torn, and needs no generation.
 * All ones may be its value, or mean that the function is gone: check the
 * status.
 */
static int vfe_config_read_one(struct vfe_device *vd, u32 offset,
			       const u8 *fields, void *buf)
{
	u32 len = vfe_config_fields(vd, offset, fields, buf);
	u8 status;

	return memchr_inv(buf, VFE_ALL_ONES, len) ? 0 :
	       vfe_status_read(vd, &status);
}

int vfe_config_read(struct vfe_device *vd, u32 offset, const u8 *fields,
		    void *buf)
{
	int ret;

	if (vfe_gone(vd))
		return -ENODEV;
	ret = vfe_config_check(vd, offset, fields);
	if (ret)
		return ret;
	if (!fields[0])
		return 0;
	if (fields[0] <= sizeof(u32) && !fields[1])
		return vfe_config_read_one(vd, offset, fields, buf);
	return vd->transport->config_read(vd, offset, fields, buf);
}
EXPORT_SYMBOL_NS_GPL(vfe_config_read, VFE_NS);

int vfe_config_read_field(struct vfe_device *vd, u32 offset, u8 size, u64 *val)
{
	const u8 fields[] = { size, 0 };
	__le64 raw = 0;
	int ret = vfe_config_read(vd, offset, fields, &raw);

	if (ret)
		vfe_err(vd,
			"cannot read %u bytes of device configuration at offset %u: error %d\n",
			size, offset, ret);
	*val = le64_to_cpu(raw);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vfe_config_read_field, VFE_NS);

int vfe_config_write(struct vfe_device *vd, u32 offset, u8 size, u32 val)
{
	enum vfe_state state = vfe_get_state(vd);

	if (vfe_gone(vd))
		return -ENODEV;
	/* 3.1.1: no writes before FEATURES_OK */
	if (state != VFE_STATE_FEATURES && state != VFE_STATE_QUEUES &&
	    state != VFE_STATE_LIVE)
		return -EBUSY;
	if (size != sizeof(u8) && size != sizeof(u16) && size != sizeof(u32))
		return -EINVAL;
	if (!IS_ALIGNED(offset, size) ||
	    (u64)offset + size > vfe_config_len(vd))
		return -EINVAL;
	vfe_write_field(&vd->regs, vd->transport->config,
			vd->transport->config_start(vd) + offset, size, val);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vfe_config_write, VFE_NS);

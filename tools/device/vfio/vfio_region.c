// SPDX-License-Identifier: GPL-2.0
/*
 * The vfio-user commands about regions: information and access.
 * Regions 0 to 5 are the BARs, 7 is configuration space.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>

#include "pci/pci.h"
#include "vfio/vfio_user.h"

static uint64_t region_size(const struct function *f, uint32_t index)
{
	if (index == VFIO_PCI_CONFIG_REGION_INDEX)
		return PCI_CONFIG_SIZE;
	return bar_size(f, index);
}

/* Only the notify page, at the same offset in memfd and BAR */
static const struct vu_sparse_mmap notify_page = {
	.id = VFIO_REGION_INFO_CAP_SPARSE_MMAP,
	.version = 1,
	.nr_areas = 1,
	.offset = VFE_NOTIFY_OFFSET,
	.size = VFE_STRUCT_SIZE,
};

int vu_get_region_info(struct function *f, const struct vu_message *m,
		       struct vu_reply *r)
{
	struct vu_region_info info;
	uint32_t argsz, index;

	memcpy(&info, m->payload, sizeof(info));
	argsz = info.argsz;
	index = info.index;
	if (argsz < sizeof(info) || index >= VFIO_PCI_NUM_REGIONS)
		return -EINVAL;

	info = (struct vu_region_info){
		.argsz = sizeof(info), .index = index,
		.size = region_size(f, index),
	};
	if (info.size)
		info.flags = VFIO_REGION_INFO_FLAG_READ |
			     VFIO_REGION_INFO_FLAG_WRITE;
	r->len = sizeof(info);
	if (index == VFE_BAR_VIRTIO && vdev_doorbell_fd(f->vdev) >= 0) {
		info.flags |= VFIO_REGION_INFO_FLAG_MMAP |
			      VFIO_REGION_INFO_FLAG_CAPS;
		info.argsz += sizeof(notify_page);
		info.cap_offset = sizeof(info);
		/*
		 * The buffer is too small: report the required size, send what
		 * fits. QEMU checks cap_offset even then.
		 */
		if (argsz >= info.argsz) {
			memcpy(r->payload + sizeof(info), &notify_page,
			       sizeof(notify_page));
			r->len = info.argsz;
			r->fd = vdev_doorbell_fd(f->vdev);
		}
	}
	memcpy(r->payload, &info, sizeof(info));
	return 0;
}

static int check_access(const struct function *f,
			const struct vu_region_access *a)
{
	uint64_t size = region_size(f, a->region);

	if (!a->count || a->count > VU_MAX_DATA)
		return -EINVAL;
	if (a->offset >= size || a->count > size - a->offset)
		return -EINVAL;
	return 0;
}

static int read_region(struct function *f, const struct vu_region_access *a,
		       uint8_t *data)
{
	uint64_t value;
	int ret = check_access(f, a);

	if (ret)
		return ret;
	if (a->region == VFIO_PCI_CONFIG_REGION_INDEX) {
		pci_config_read(f->pci, a->offset, data, a->count);
		return 0;
	}
	ret = bar_read(f, a->region, a->offset, a->count, &value);
	if (ret)
		return ret;
	value = htole64(value);
	memcpy(data, &value, a->count);
	return 0;
}

static int write_region(struct function *f, const struct vu_region_access *a,
			const uint8_t *data)
{
	uint64_t value = 0;
	int ret = check_access(f, a);

	if (ret)
		return ret;
	if (a->region == VFIO_PCI_CONFIG_REGION_INDEX) {
		function_config_write(f, a->offset, data, a->count);
		return 0;
	}
	if (a->count > sizeof(value))
		return -EINVAL;
	memcpy(&value, data, a->count);
	return bar_write(f, a->region, a->offset, a->count, le64toh(value));
}

int vu_region_read(struct function *f, const struct vu_message *m,
		   struct vu_reply *r)
{
	struct vu_region_access a;
	int ret;

	memcpy(&a, m->payload, sizeof(a));
	ret = read_region(f, &a, r->payload + sizeof(a));
	if (ret)
		return ret;
	memcpy(r->payload, &a, sizeof(a));
	r->len = sizeof(a) + a.count;
	return 0;
}

int vu_region_write(struct function *f, const struct vu_message *m,
		    struct vu_reply *r)
{
	struct vu_region_access a;
	int ret;

	memcpy(&a, m->payload, sizeof(a));
	if (m->len - sizeof(a) < a.count)
		return -EINVAL;
	ret = write_region(f, &a, m->payload + sizeof(a));
	if (ret)
		return ret;
	memcpy(r->payload, &a, sizeof(a));
	r->len = sizeof(a);
	return 0;
}

/* Writes before an invalid one take effect, like separate messages. */
int vu_region_write_multi(struct function *f, const struct vu_message *m,
			  struct vu_reply *r)
{
	uint64_t count, i;

	memcpy(&count, m->payload, sizeof(count));
	if (count > (m->len - sizeof(count)) / sizeof(struct vu_write_one))
		return -EINVAL;
	for (i = 0; i < count; i++) {
		struct vu_region_access a;
		struct vu_write_one one;
		int ret;

		memcpy(&one, m->payload + sizeof(count) + i * sizeof(one),
		       sizeof(one));
		if (one.count > sizeof(one.data))
			return -EINVAL;
		a = (struct vu_region_access){
			.offset = one.offset,
			.region = one.region,
			.count = one.count,
		};
		ret = write_region(f, &a, one.data);
		if (ret)
			return ret;
	}
	memcpy(r->payload, &count, sizeof(count));
	r->len = sizeof(count);
	return 0;
}

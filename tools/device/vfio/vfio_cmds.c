// SPDX-License-Identifier: GPL-2.0
/*
 * The vfio-user commands: the dispatch table, and the commands for the
 * connection, the whole device and guest memory.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "pci/pci.h"
#include "base/log.h"
#include "vfio/vfio_user.h"

typedef int (*vu_handler)(struct function *f, const struct vu_message *m,
			  struct vu_reply *r);

/*
 * A server's capabilities are a subset of the client's. Only this one enables a
 * message; the others are limits.
 */
static bool wants_write_multiple(const char *json)
{
	static const char name[] = "\"write_multiple\"";
	const char *at = strstr(json, name);

	if (!at)
		return false;
	at += strlen(name);
	at += strspn(at, " \t\r\n:");
	return !strncmp(at, "true", 4);
}

static int negotiate(struct function *f, const struct vu_message *m,
		     struct vu_reply *r)
{
	struct vu_version v;
	const char *json = "";
	size_t room = VU_MAX_PAYLOAD - sizeof(v);

	(void)f;
	memcpy(&v, m->payload, sizeof(v));
	if (m->len > sizeof(v)) {
		if (m->payload[m->len - 1])
			return -EINVAL;
		json = (const char *)m->payload + sizeof(v);
	}
	if (v.major != VU_MAJOR) {
		log_line("vfio-user: the client speaks version %u.%u, this server 0.x",
			 v.major, v.minor);
		return -EINVAL;
	}
	if (v.minor > VU_MINOR)
		v.minor = VU_MINOR;
	memcpy(r->payload, &v, sizeof(v));
	r->len = sizeof(v) + 1 +
		 snprintf((char *)r->payload + sizeof(v), room,
			  "{\"capabilities\":{\"max_msg_fds\":%d,\"max_data_xfer_size\":%d,\"max_dma_maps\":%d,\"pgsizes\":%d%s}}",
			  VU_MAX_FDS, VU_MAX_DATA, GMEM_MAX_RANGES, VU_PGSIZES,
			  wants_write_multiple(json) ?
			  ",\"write_multiple\":true" : "");
	return 0;
}

static int dma_map(struct function *f, const struct vu_message *m,
		   struct vu_reply *r)
{
	struct vu_dma_map map;
	int fd = -1, ret;

	(void)r;
	if (m->num_fds > 1)
		return -EINVAL;
	memcpy(&map, m->payload, sizeof(map));
	if (map.flags & ~(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE))
		return -EINVAL;
	if (m->num_fds) {
		fd = m->fds[0];
		m->fds[0] = -1;
	}
	ret = gmem_map(f->gmem, map.address, map.size, fd, map.offset,
		       map.flags & VFIO_DMA_MAP_FLAG_READ,
		       map.flags & VFIO_DMA_MAP_FLAG_WRITE);
	if (ret)
		log_line("vfio-user: DMA_MAP of %#llx bytes at %#llx refused: %s",
			 (unsigned long long)map.size,
			 (unsigned long long)map.address, strerror(-ret));
	else
		vdev_memory_changed(f->vdev);
	return ret;
}

static int dma_unmap(struct function *f, const struct vu_message *m,
		     struct vu_reply *r)
{
	struct vu_dma_unmap unmap;
	int ret = 0;

	memcpy(&unmap, m->payload, sizeof(unmap));
	if (unmap.flags & ~VFIO_DMA_UNMAP_FLAG_ALL)
		return -EINVAL;
	if (!(unmap.flags & VFIO_DMA_UNMAP_FLAG_ALL))
		ret = gmem_unmap(f->gmem, unmap.address, unmap.size);
	else if (unmap.address || unmap.size)
		ret = -EINVAL;
	else
		gmem_unmap_all(f->gmem);
	if (ret)
		return ret;
	vdev_memory_changed(f->vdev);
	memcpy(r->payload, &unmap, sizeof(unmap));
	r->len = sizeof(unmap);
	return 0;
}

static int get_info(struct function *f, const struct vu_message *m,
		    struct vu_reply *r)
{
	struct vu_device_info info = {
		.argsz = sizeof(info),
		.flags = VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI,
		.num_regions = VFIO_PCI_NUM_REGIONS,
		.num_irqs = VFIO_PCI_NUM_IRQS,
	};
	uint32_t argsz;

	(void)f;
	memcpy(&argsz, m->payload, sizeof(argsz));
	if (argsz < sizeof(info))
		return -EINVAL;
	memcpy(r->payload, &info, sizeof(info));
	r->len = sizeof(info);
	return 0;
}

static int reset(struct function *f, const struct vu_message *m,
		 struct vu_reply *r)
{
	(void)m;
	(void)r;
	function_reset(f);
	return 0;
}

/* Answers 'no such feature': there is no migration. */
static int device_feature(struct function *f, const struct vu_message *m,
			  struct vu_reply *r)
{
	(void)f;
	(void)m;
	(void)r;
	return -ENOTTY;
}

/* A message that is shorter than @least is refused. */
static const struct {
	vu_handler handle;
	size_t least;
} commands[VU_NUM_COMMANDS] = {
	[VU_VERSION] = { negotiate, sizeof(struct vu_version) },
	[VU_DMA_MAP] = { dma_map, sizeof(struct vu_dma_map) },
	[VU_DMA_UNMAP] = { dma_unmap, sizeof(struct vu_dma_unmap) },
	[VU_DEVICE_GET_INFO] = { get_info, sizeof(struct vu_device_info) },
	[VU_DEVICE_GET_REGION_INFO] = { vu_get_region_info,
					sizeof(struct vu_region_info) },
	[VU_DEVICE_GET_IRQ_INFO] = { vu_get_irq_info,
				     sizeof(struct vu_irq_info) },
	[VU_DEVICE_SET_IRQS] = { vu_set_irqs, sizeof(struct vu_irq_set) },
	[VU_REGION_READ] = { vu_region_read, sizeof(struct vu_region_access) },
	[VU_REGION_WRITE] = { vu_region_write,
			      sizeof(struct vu_region_access) },
	[VU_DEVICE_RESET] = { reset, 0 },
	[VU_REGION_WRITE_MULTI] = { vu_region_write_multi, sizeof(uint64_t) },
	[VU_DEVICE_FEATURE] = { device_feature, 0 },
};

int vu_command(struct function *f, const struct vu_message *m,
	       struct vu_reply *r)
{
	uint16_t command = m->header.command;

	if (command >= VU_NUM_COMMANDS || !commands[command].handle)
		return -ENOTSUP;
	if (m->len < commands[command].least)
		return -EINVAL;
	return commands[command].handle(f, m, r);
}

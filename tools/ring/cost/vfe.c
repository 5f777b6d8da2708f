// SPDX-License-Identifier: GPL-2.0
/* The ring of drivers/core, by the calls that a class driver makes. */
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "../host.h"
#include "cost.h"

static struct host h;
static struct vfe_seg segs[COST_PIECES];

struct cost_ring cost_open(bool packed, bool event_idx, bool indirect)
{
	unsigned int i;

	/* what the last case left is not given back: the process ends soon */
	if (host_open(&h, COST_SIZE, COST_PIECES,
		      (packed ? FEATURE(VIRTIO_F_RING_PACKED) : 0) |
		      (event_idx ? FEATURE(VIRTIO_RING_F_EVENT_IDX) : 0) |
		      (indirect ? FEATURE(VIRTIO_RING_F_INDIRECT_DESC) : 0)))
		die("no ring");
	for (i = 0; i < COST_PIECES; i++)
		segs[i] = (struct vfe_seg){ HOST_BUS_OFFSET + i * 4096, 512 };
	vfe_queue_disable_cb(&h.q);
	return (struct cost_ring){
		host_pointer(h.q.desc_addr), host_pointer(h.q.driver_addr),
		host_pointer(h.q.device_addr)
	};
}

void cost_add_one(void)
{
	vfe_queue_add(&h.q, segs, 0, 1, segs);
}

void cost_add_all(void)
{
	vfe_queue_add(&h.q, segs, 1, COST_PIECES - 1, segs);
}

bool cost_kick(void)
{
	return vfe_queue_kick_prepare(&h.q);
}

void *cost_get(void)
{
	u32 len;

	return vfe_queue_get(&h.q, &len);
}

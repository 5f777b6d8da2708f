// SPDX-License-Identifier: GPL-2.0
/* The ring of drivers/core, with the calls of a class driver. */
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "../host.h"
#include "cost.h"

static struct host h;
static struct vfe_seg segs[COST_PIECES];
static struct vfe_desc table[COST_PIECES];
static struct vfe_table_format format;

struct cost_ring cost_open(bool packed, bool event_idx, bool indirect)
{
	unsigned int i;

	/* does not free the last case: the process ends soon */
	if (host_open(&h, COST_SIZE, COST_PIECES,
		      (packed ? FEATURE(VIRTIO_F_RING_PACKED) : 0) |
		      (event_idx ? FEATURE(VIRTIO_RING_F_EVENT_IDX) : 0) |
		      (indirect ? FEATURE(VIRTIO_RING_F_INDIRECT_DESC) : 0)))
		die("no ring");
	for (i = 0; i < COST_PIECES; i++)
		segs[i] = (struct vfe_seg){ HOST_BUS_OFFSET + i * 4096, 512 };
	format = *vfe_queue_table_format(&h.q);
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

static inline void write_desc(struct vfe_desc *d, const struct vfe_seg *seg,
			      u32 ctrl)
{
	d->addr = cpu_to_le64(seg->addr);
	d->len = cpu_to_le32(seg->len);
	d->ctrl = cpu_to_le32(ctrl);
}

/* Like vfe_blk: the data first, then header and status */
void cost_add_own(void)
{
	u32 ctrl = format.link + 2 * format.step + format.write;
	u32 in_len = segs[COST_PIECES - 1].len;
	unsigned int n;

	for (n = 1; n < COST_PIECES - 1; n++) {
		write_desc(&table[n], &segs[n], ctrl);
		ctrl += format.step;
		in_len += segs[n].len;
	}
	write_desc(&table[0], &segs[0], format.link + format.step);
	write_desc(&table[n], &segs[n], format.write);
	vfe_queue_add_table(&h.q, host_bus(table), n + 1, in_len, segs);
}

bool cost_kick(void)
{
	return vfe_queue_kick_prepare(&h.q);
}

void *cost_get(void)
{
	struct vfe_used used[16];

	return vfe_queue_get_many(&h.q, used, ARRAY_SIZE(used)) ?
	       used[0].token : NULL;
}

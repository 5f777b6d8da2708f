// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's ring, from its sources over its own stubs for user space, with
 * virtio_blk's calls. Without DMA mapping (no ACCESS_PLATFORM): with ours, the
 * class driver does that.
 */
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "cost.h"

#define RING_ALIGN	4096

/*
 * The stubs of kmalloc() and kfree() use this memory instead of the C
 * library's, if set. So an allocation costs one or two comparisons.
 */
void *__kmalloc_fake, *__kfree_ignore_start, *__kfree_ignore_end;

static struct virtio_device vdev;
static struct virtqueue *vq;
static struct scatterlist pieces[COST_PIECES], *sgs[COST_PIECES];
static struct vring_desc table[COST_PIECES];
static char data[COST_PIECES][512];

/* since 6.12 the ring needs these, which no header of the stubs declares */
bool virtqueue_kick_prepare(struct virtqueue *vq);
dma_addr_t virtqueue_get_desc_addr(const struct virtqueue *vq);
dma_addr_t virtqueue_get_avail_addr(const struct virtqueue *vq);
dma_addr_t virtqueue_get_used_addr(const struct virtqueue *vq);

static bool notify(struct virtqueue *unused)
{
	(void)unused;
	return true;
}

static void callback(struct virtqueue *unused)
{
	(void)unused;
}

static void set_features(bool packed, bool event_idx, bool indirect)
{
	vdev = (struct virtio_device){ .features = 1ULL << VIRTIO_F_VERSION_1 };
	INIT_LIST_HEAD(&vdev.vqs);
	spin_lock_init(&vdev.vqs_list_lock);
	if (packed)
		vdev.features |= 1ULL << VIRTIO_F_RING_PACKED;
	if (event_idx)
		vdev.features |= 1ULL << VIRTIO_RING_F_EVENT_IDX;
	if (indirect)
		vdev.features |= 1ULL << VIRTIO_RING_F_INDIRECT_DESC;
}

/* The stubs ignore __GFP_ZERO */
static void *zero(dma_addr_t addr, size_t size)
{
	return memset((void *)(unsigned long)addr, 0, size);
}

struct cost_ring cost_open(bool packed, bool event_idx, bool indirect)
{
	struct cost_ring ring;
	unsigned int i;

	__kmalloc_fake = NULL;
	set_features(packed, event_idx, indirect);
	vq = vring_create_virtqueue(0, COST_SIZE, RING_ALIGN, &vdev, true,
				    false, false, notify, callback, "cost");
	if (!vq)
		abort();
	ring.desc = zero(virtqueue_get_desc_addr(vq), COST_SIZE * 16);
	ring.driver = zero(virtqueue_get_avail_addr(vq),
			   packed ? 4 : 6 + COST_SIZE * 2);
	ring.device = zero(virtqueue_get_used_addr(vq),
			   packed ? 4 : 6 + COST_SIZE * 8);
	for (i = 0; i < COST_PIECES; i++) {
		sg_init_one(&pieces[i], data[i], sizeof(data[i]));
		sgs[i] = &pieces[i];
	}
	virtqueue_disable_cb(vq);
	__kmalloc_fake = table;
	__kfree_ignore_start = table;
	__kfree_ignore_end = table + COST_PIECES;
	return ring;
}

void cost_add_one(void)
{
	virtqueue_add_sgs(vq, sgs, 0, 1, data, GFP_ATOMIC);
}

void cost_add_all(void)
{
	virtqueue_add_sgs(vq, sgs, 1, COST_PIECES - 1, data, GFP_ATOMIC);
}

/* The ring always allocates a table and fills it. */
void cost_add_own(void)
{
	cost_add_all();
}

bool cost_kick(void)
{
	return virtqueue_kick_prepare(vq);
}

void *cost_get(void)
{
	unsigned int len;

	return virtqueue_get_buf(vq, &len);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The engine: a virtio-blk device that serves its queues from a work item
 * (virtio 1.4, 5.2). It checks each request.
 */
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/virtio_blk.h>

#include "internal.h"

#define VFE_MOCK_DISK_FEATURES \
	(VFE_MOCK_FEATURES | BIT_ULL(VIRTIO_BLK_F_SEG_MAX) | \
	 BIT_ULL(VIRTIO_BLK_F_BLK_SIZE) | BIT_ULL(VIRTIO_BLK_F_FLUSH))
#define VFE_MOCK_SEG_MAX	126
#define VFE_MOCK_MAX_RANGE	1024	/* sectors of a discard */
#define VFE_MOCK_MAX_RANGES	16

/* The fields of a request, parsed from its chain */
struct disk_request {
	struct vfe_mock_impl *impl;
	struct vfe_mock_disk *disk;
	struct vfe_mock_chain *chain;
	u32 type;
	u64 sector;
	u32 out;	/* bytes of data after the header */
	u32 in;		/* bytes of data before the status */
};

/*
 * Copy @len bytes between @buf and the segments of one direction, at offset
 * @from. Return: bytes copied.
 */
static u32 disk_copy(struct vfe_mock_chain *chain, bool write, u32 from,
		     void *buf, u32 len)
{
	unsigned int first = write ? chain->out : 0;
	unsigned int end = write ? first + chain->in : chain->out;
	unsigned int i;
	u32 done = 0;

	for (i = first; i < end && done < len; i++) {
		const struct vfe_mock_seg *seg = &chain->segs[i];
		u32 n;

		if (from >= seg->len) {
			from -= seg->len;
			continue;
		}
		n = min(seg->len - from, len - done);
		if (write)
			memcpy(vfe_mock_mem(seg->addr + from), buf + done, n);
		else
			memcpy(buf + done, vfe_mock_mem(seg->addr + from), n);
		done += n;
		from = 0;
	}
	return done;
}

static void disk_offend(struct disk_request *rq, const char *rule)
{
	vfe_mock_offend(&rq->impl->m, rule);
}

/* 5.2.6.1: on the disk, and in whole sectors */
static bool disk_in_range(struct disk_request *rq, u64 sector, u64 bytes)
{
	u64 sectors = bytes / VFE_SECTOR_SIZE;

	if (bytes % VFE_SECTOR_SIZE)
		disk_offend(rq, "blk: data is not a multiple of 512 bytes (5.2.6.1)");
	else if (sector > rq->disk->sectors ||
		 sectors > rq->disk->sectors - sector)
		disk_offend(rq, "blk: a request beyond the capacity (5.2.6.1)");
	else
		return true;
	return false;
}

static u8 disk_read(struct disk_request *rq)
{
	u8 *place = rq->disk->data + rq->sector * VFE_SECTOR_SIZE;

	if (rq->out)
		disk_offend(rq, "blk: a read with data to write (5.2.6)");
	if (!disk_in_range(rq, rq->sector, rq->in))
		return VIRTIO_BLK_S_IOERR;
	disk_copy(rq->chain, true, 0, place, rq->in);
	return VIRTIO_BLK_S_OK;
}

static u8 disk_write(struct disk_request *rq)
{
	u8 *place = rq->disk->data + rq->sector * VFE_SECTOR_SIZE;

	if (rq->in)
		disk_offend(rq, "blk: a write with room for data (5.2.6)");
	if (rq->disk->readonly) {
		disk_offend(rq, "blk: a write to a read-only device (5.2.6)");
		return VIRTIO_BLK_S_IOERR;
	}
	if (!disk_in_range(rq, rq->sector, rq->out))
		return VIRTIO_BLK_S_IOERR;
	disk_copy(rq->chain, false, sizeof(struct virtio_blk_outhdr), place,
		  rq->out);
	return VIRTIO_BLK_S_OK;
}

static u8 disk_flush(struct disk_request *rq)
{
	rq->disk->flushes++;
	if (!vfe_mock_accepted(&rq->impl->m, VIRTIO_BLK_F_FLUSH))
		disk_offend(rq, "blk: FLUSH was not negotiated (5.2.6)");
	if (rq->sector)
		disk_offend(rq, "blk: FLUSH with a sector (5.2.6.1)");
	if (rq->out || rq->in)
		disk_offend(rq, "blk: FLUSH with data (5.2.6.1)");
	return VIRTIO_BLK_S_OK;
}

static u8 disk_get_id(struct disk_request *rq)
{
	if (rq->in != VIRTIO_BLK_ID_BYTES)
		disk_offend(rq, "blk: GET_ID not of 20 bytes (5.2.6.1)");
	disk_copy(rq->chain, true, 0, rq->disk->serial,
		  min_t(u32, rq->in, sizeof(rq->disk->serial)));
	return VIRTIO_BLK_S_OK;
}

/* One range of a discard or of zeroes to be written */
static u8 disk_zero_range(struct disk_request *rq,
			  const struct virtio_blk_discard_write_zeroes *range)
{
	u64 sector = le64_to_cpu(range->sector);
	u32 sectors = le32_to_cpu(range->num_sectors);

	if (rq->type == VIRTIO_BLK_T_DISCARD && le32_to_cpu(range->flags))
		disk_offend(rq, "blk: discard with flags (5.2.6.1)");
	if (sectors > VFE_MOCK_MAX_RANGE)
		disk_offend(rq, "blk: a range of more sectors than the most (5.2.6.1)");
	if (!disk_in_range(rq, sector, (u64)sectors * VFE_SECTOR_SIZE))
		return VIRTIO_BLK_S_IOERR;
	memset(rq->disk->data + sector * VFE_SECTOR_SIZE, 0,
	       sectors * VFE_SECTOR_SIZE);
	return VIRTIO_BLK_S_OK;
}

static u8 disk_zero(struct disk_request *rq, unsigned int feature)
{
	struct virtio_blk_discard_write_zeroes range;
	u32 n = rq->out / sizeof(range);
	u8 status = VIRTIO_BLK_S_OK;
	u32 i;

	if (!vfe_mock_accepted(&rq->impl->m, feature))
		disk_offend(rq, "blk: a type that was not negotiated (5.2.6)");
	if (!n || rq->out % sizeof(range))
		disk_offend(rq, "blk: ranges not in whole (5.2.6.1)");
	if (n > VFE_MOCK_MAX_RANGES)
		disk_offend(rq, "blk: more ranges than the most (5.2.6.1)");
	for (i = 0; i < n && status == VIRTIO_BLK_S_OK; i++) {
		disk_copy(rq->chain, false, sizeof(struct virtio_blk_outhdr) +
			  i * sizeof(range), &range, sizeof(range));
		status = disk_zero_range(rq, &range);
	}
	return status;
}

static u8 disk_do(struct disk_request *rq)
{
	switch (rq->type) {
	case VIRTIO_BLK_T_IN:
		return disk_read(rq);
	case VIRTIO_BLK_T_OUT:
		return disk_write(rq);
	case VIRTIO_BLK_T_FLUSH:
		return disk_flush(rq);
	case VIRTIO_BLK_T_GET_ID:
		return disk_get_id(rq);
	case VIRTIO_BLK_T_DISCARD:
		return disk_zero(rq, VIRTIO_BLK_F_DISCARD);
	case VIRTIO_BLK_T_WRITE_ZEROES:
		return disk_zero(rq, VIRTIO_BLK_F_WRITE_ZEROES);
	default:
		return VIRTIO_BLK_S_UNSUPP;
	}
}

static u32 disk_out_len(const struct vfe_mock_chain *chain)
{
	unsigned int i;
	u32 len = 0;

	for (i = 0; i < chain->out; i++)
		len += chain->segs[i].len;
	return len;
}

/* Serve a chain. Return: number of bytes written */
static u32 disk_serve(struct vfe_mock_impl *impl, struct vfe_mock_chain *chain)
{
	struct disk_request rq = {
		.impl = impl,
		.disk = impl->disk,
		.chain = chain,
		.out = disk_out_len(chain),
		.in = chain->in_len - 1,
	};
	struct virtio_blk_outhdr hdr;
	u8 status;

	if (rq.out < sizeof(hdr) || !chain->in_len) {
		disk_offend(&rq, "blk: a request without header or status (5.2.6)");
		return 0;
	}
	disk_copy(chain, false, 0, &hdr, sizeof(hdr));
	rq.out -= sizeof(hdr);
	rq.type = le32_to_cpu((__force __le32)hdr.type);
	rq.sector = le64_to_cpu((__force __le64)hdr.sector);
	status = disk_do(&rq);
	if (impl->disk->status)
		status = impl->disk->status;
	disk_copy(chain, true, rq.in, &status, sizeof(status));
	return chain->in_len;
}

static void disk_chain(struct vfe_mock_impl *impl, struct vfe_mock_queue *mq)
{
	struct vfe_mock_disk *disk = impl->disk;
	struct vfe_mock_chain *chain = impl->chain;
	u32 len;

	disk->requests++;
	if (disk->request && disk->request(disk, mq, chain))
		return;
	len = disk_serve(impl, chain);
	vfe_mock_push(mq, chain->id, len, chain->descs);
}

/* Pop a chain for the engine: no reset ends before it is completed. */
static int disk_begin(struct vfe_mock_impl *impl, struct vfe_mock_queue *mq)
{
	int ret;

	raw_spin_lock_irq(&impl->lock);
	impl->serving = true;
	raw_spin_unlock_irq(&impl->lock);
	ret = vfe_mock_pop(mq, impl->chain);
	return ret;
}

static void disk_end(struct vfe_mock_impl *impl)
{
	raw_spin_lock_irq(&impl->lock);
	impl->serving = false;
	if (impl->reset_wanted)
		vfe_mock_reset(impl);
	raw_spin_unlock_irq(&impl->lock);
}

static void disk_want_kicks(struct vfe_mock_impl *impl,
			    struct vfe_mock_queue *mq)
{
	raw_spin_lock_irq(&impl->lock);
	if (vfe_mock_queue_live(mq) && !mq->packed)
		vfe_mock_split_want_kicks(mq);
	raw_spin_unlock_irq(&impl->lock);
}

static unsigned int disk_queue(struct vfe_mock_impl *impl,
			       struct vfe_mock_queue *mq)
{
	unsigned int n = 0;
	u16 old = mq->used;
	int ret;

	do {
		ret = disk_begin(impl, mq);
		if (ret > 0) {
			disk_chain(impl, mq);
			n++;
		}
		disk_end(impl);
		if (ret < 0) {
			/* 2.1.2: the device cannot continue */
			vfe_mock_needs_reset(&impl->m);
			return n;
		}
		if (!ret)
			disk_want_kicks(impl, mq);
	} while (ret || vfe_mock_available(mq));
	if (mq->used != old && vfe_mock_wants_interrupt(mq, old))
		vfe_mock_interrupt(mq);
	return n;
}

unsigned int vfe_mock_serve_once(struct vfe_mock *m)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);
	unsigned int n = 0;
	unsigned int i;

	mutex_lock(&impl->serve_mutex);
	for (i = 0; i < m->num_queues && impl->disk; i++)
		n += disk_queue(impl, &m->queues[i]);
	mutex_unlock(&impl->serve_mutex);
	return n;
}
EXPORT_SYMBOL_GPL(vfe_mock_serve_once);

void vfe_mock_serve_work(struct work_struct *work)
{
	struct vfe_mock_impl *impl = container_of(work, struct vfe_mock_impl,
						  serve_work);

	if (READ_ONCE(impl->disk) && !impl->m.knobs.mute)
		vfe_mock_serve_once(&impl->m);
}

int vfe_mock_serve(struct vfe_mock *m, struct vfe_mock_disk *disk)
{
	struct vfe_mock_impl *impl = vfe_mock_impl_of(m);

	if (!m->pdev)
		return -ENODEV;
	mutex_lock(&impl->serve_mutex);
	impl->disk = disk;
	mutex_unlock(&impl->serve_mutex);
	/* requests that came before the worker started */
	queue_work(vfe_mock_wq, &impl->serve_work);
	return 0;
}
EXPORT_SYMBOL_GPL(vfe_mock_serve);

void vfe_mock_disk_stop(struct vfe_mock_impl *impl)
{
	mutex_lock(&impl->serve_mutex);
	impl->disk = NULL;
	mutex_unlock(&impl->serve_mutex);
	cancel_work_sync(&impl->serve_work);
}

/* --- a disk to plug in --- */

static void vfe_mock_disk_free(void *data)
{
	kvfree(data);
}

static struct vfe_mock_disk *vfe_mock_disk_make(struct kunit *test, u64 sectors)
{
	struct vfe_mock_disk *disk = kunit_kzalloc(test, sizeof(*disk),
						   GFP_KERNEL);

	if (!disk)
		return NULL;
	disk->sectors = sectors;
	disk->data = kvzalloc(sectors * VFE_SECTOR_SIZE, GFP_KERNEL);
	if (!disk->data ||
	    kunit_add_action_or_reset(test, vfe_mock_disk_free, disk->data))
		return NULL;
	strscpy(disk->serial, "vfe-mock", sizeof(disk->serial));
	return disk;
}

static void vfe_mock_disk_config(struct virtio_blk_config *config,
				 const struct vfe_mock_spec *spec, u64 sectors)
{
	*config = (struct virtio_blk_config) {
		.capacity = (__force __virtio64)cpu_to_le64(sectors),
		.size_max = (__force __virtio32)cpu_to_le32(SZ_64K),
		.seg_max = (__force __virtio32)cpu_to_le32(VFE_MOCK_SEG_MAX),
		.blk_size = (__force __virtio32)cpu_to_le32(VFE_SECTOR_SIZE),
		.wce = 1,
		.num_queues = (__force __virtio16)
			      cpu_to_le16(spec->queues ?: 1),
		.max_discard_sectors = (__force __virtio32)
				       cpu_to_le32(VFE_MOCK_MAX_RANGE),
		.max_discard_seg = (__force __virtio32)
				   cpu_to_le32(VFE_MOCK_MAX_RANGES),
		.discard_sector_alignment = (__force __virtio32)cpu_to_le32(1),
		.max_write_zeroes_sectors = (__force __virtio32)
					    cpu_to_le32(VFE_MOCK_MAX_RANGE),
		.max_write_zeroes_seg = (__force __virtio32)cpu_to_le32(1),
		.write_zeroes_may_unmap = 1,
	};
}

struct vfe_mock *vfe_mock_plug_disk(struct kunit *test,
				    const struct vfe_mock_spec *more,
				    u64 features, u64 sectors,
				    struct vfe_mock_disk **disk)
{
	struct vfe_mock_spec spec = {};
	struct virtio_blk_config config;
	struct vfe_mock_disk *mine;

	if (more)
		spec = *more;
	mine = vfe_mock_disk_make(test, sectors);
	if (!mine) {
		KUNIT_FAIL(test, "no memory for %llu sectors", sectors);
		return NULL;
	}
	if (disk)
		*disk = mine;
	spec.device = spec.device ?: spec.legacy ? VFE_PCI_OLD_BLOCK :
		      VFE_PCI_DEVICE_BLOCK;
	spec.features = (spec.features ?: VFE_MOCK_DISK_FEATURES) | features;
	spec.disk = mine;
	mine->readonly = spec.features & BIT_ULL(VIRTIO_BLK_F_RO);
	if (!spec.config) {
		vfe_mock_disk_config(&config, &spec, sectors);
		spec.config = &config;
		spec.config_len = sizeof(config);
	}
	return vfe_mock_plug(test, &spec);
}
EXPORT_SYMBOL_GPL(vfe_mock_plug_disk);

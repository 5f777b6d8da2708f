/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A SCSI host on a mock function, for suites of vfe_scsi: a device with a few
 * units, which a test adds, removes, and has keep commands or answer wrongly;
 * requests to its disks, and their results.
 */
#ifndef VFE_KUNIT_SCSI_FIXTURE_H
#define VFE_KUNIT_SCSI_FIXTURE_H

#include <kunit/test.h>
#include <linux/async.h>
#include <linux/bio.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/nmi.h>
#include <linux/pci.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <linux/virtio_config.h>
#include <scsi/scsi_proto.h>

#include "mock/mock.h"
#include "sysfs_files.h"
#include "../drivers/scsi/scsi.h"

#define TSCSI_UNITS	96		/* most units of the device */
#define TSCSI_BLOCKS	2048		/* of 512 bytes, of each disk */
#define TSCSI_VECS	64		/* pieces of a request */
#define TSCSI_IOS	24		/* requests of a test */
#define TSCSI_MEMORY	(256 * 1024)	/* for all their data */
#define TSCSI_KEPT	24		/* commands or functions that it keeps */
#define TSCSI_TIMEOUT	(8 * HZ)	/* for anything to happen */

struct tscsi;

/**
 * struct tscsi_unit - a unit of the device; all share one disk's data
 * @target: its target
 * @unit: its number
 * @blocks: its size
 */
struct tscsi_unit {
	unsigned int target;
	unsigned int unit;
	u32 blocks;
};

/**
 * struct tscsi_io - a request
 * @bio: its bio
 * @vecs: its segments
 * @done: it has ended
 * @data: the first segment, followed by the others
 * @ends: how often it has ended
 * @status: its result
 */
struct tscsi_io {
	struct bio bio;
	struct bio_vec vecs[TSCSI_VECS];
	struct completion done;
	u8 *data;
	unsigned int ends;
	blk_status_t status;
};

/**
 * struct tscsi - the host of a test
 * @test: the test
 * @m: the function
 * @engine: calls tscsi_chain() for each chain
 * @sysfs: its files
 * @units: the device's, @num_units of them
 * @num_units: number of them
 * @data: of all disks
 * @keep: the device keeps reads and writes of target 0
 * @kept: the kept chains
 * @kept_queue: of each of them
 * @num_kept: number of them
 * @mute_tmf: the device keeps task management functions, in the same way
 * @tmf_response: its answer to them
 * @tmf: number of functions received, by subtype
 * @last_tmf: the last one
 * @abort_returns: an answered ABORT TASK or reset also returns kept commands
 * @response: of reads and writes, in place of VIRTIO_SCSI_S_OK
 * @status: of them, in place of GOOD
 * @residual: of them
 * @sense_len: of them, with sense data that begins with @sense
 * @sense: see there
 * @no_response: the device does not write the response
 * @luns_response: of REPORT LUNS; or VFE_SCSI_S_NONE: the device keeps it
 * @luns_status: of REPORT LUNS, in place of GOOD
 * @odd_headers: commands with a task attribute, a priority or a CRN
 * @luns: commands REPORT LUNS received
 * @inquiries: commands INQUIRY received
 * @capacities: commands READ CAPACITY received
 * @events: chains of the event queue
 * @num_events: number of them
 * @ios: requests, @num_ios of them in use
 * @num_ios: number of them
 * @memory: for data
 * @memory_used: of it, in bytes
 * @segs: pieces of the last read or write
 */
struct tscsi {
	struct kunit *test;
	struct vfe_mock *m;
	struct vfe_mock_disk engine;
	struct vfsmount *sysfs;
	struct tscsi_unit units[TSCSI_UNITS];
	unsigned int num_units;
	u8 *data;
	bool keep;
	struct vfe_mock_chain kept[TSCSI_KEPT];
	struct vfe_mock_queue *kept_queue[TSCSI_KEPT];
	unsigned int num_kept;
	bool mute_tmf;
	u8 tmf_response;
	unsigned int tmf[8];
	struct vfe_scsi_tmf_request last_tmf;
	bool abort_returns;
	u8 response;
	u8 status;
	u32 residual;
	u32 sense_len;
	u8 sense[18];
	bool no_response;
	u8 luns_response;
	u8 luns_status;
	unsigned int odd_headers;
	unsigned int luns;
	unsigned int inquiries;
	unsigned int capacities;
	struct vfe_mock_chain events[VFE_SCSI_EVENTS];
	unsigned int num_events;
	struct tscsi_io ios[TSCSI_IOS];
	unsigned int num_ios;
	u8 *memory;
	unsigned int memory_used;
	unsigned int segs;
};

/* Wait until @cond is true, for a limited time. Return: whether it is. */
#define TSCSI_WAIT_FOR(cond) TSCSI_WAIT_LONG(cond, TSCSI_TIMEOUT / HZ)

/* The same for minutes, which take no time in this kernel. */
#define TSCSI_WAIT_LONG(cond, seconds) ({ \
	unsigned long end_ = jiffies + (seconds) * HZ; \
	bool holds_; \
	while (!(holds_ = (cond)) && time_before(jiffies, end_)) { \
		reset_hung_task_detector(); \
		msleep(20); \
	} \
	holds_; \
})

/* --- the device: bytes of a chain --- */

static inline void tscsi_copy(const struct vfe_mock_chain *chain, bool write,
			      u32 from, void *buf, u32 len)
{
	unsigned int i = write ? chain->out : 0;
	unsigned int end = write ? chain->out + chain->in : chain->out;

	for (; i < end && len; i++) {
		const struct vfe_mock_seg *seg = &chain->segs[i];
		u8 *at = vfe_mock_mem(seg->addr);
		u32 n;

		if (from >= seg->len) {
			from -= seg->len;
			continue;
		}
		n = min(seg->len - from, len);
		if (write)
			memcpy(at + from, buf, n);
		else
			memcpy(buf, at + from, n);
		buf += n;
		len -= n;
		from = 0;
	}
}

static inline struct vfe_scsi_request *
tscsi_request(const struct vfe_mock_chain *chain)
{
	return vfe_mock_mem(chain->segs[0].addr);
}

static inline struct vfe_scsi_response *
tscsi_response(const struct vfe_mock_chain *chain)
{
	return vfe_mock_mem(chain->segs[chain->out].addr);
}

static inline const u8 *tscsi_cdb(struct tscsi *ts,
				  const struct vfe_mock_chain *chain)
{
	if (ts->m->accepted & BIT_ULL(VIRTIO_SCSI_F_T10_PI))
		return ((struct vfe_scsi_request_pi *)
			tscsi_request(chain))->cdb;
	return tscsi_request(chain)->cdb;
}

static inline u32 tscsi_header(struct tscsi *ts)
{
	return ts->m->accepted & BIT_ULL(VIRTIO_SCSI_F_T10_PI) ?
	       sizeof(struct vfe_scsi_request_pi) :
	       sizeof(struct vfe_scsi_request);
}

/* Writes the answer's data, and its residual. */
static inline void tscsi_answer(const struct vfe_mock_chain *chain,
				const void *data, u32 len)
{
	u32 room = chain->in_len - sizeof(struct vfe_scsi_response);

	tscsi_copy(chain, true, sizeof(struct vfe_scsi_response),
		   (void *)data, min(room, len));
	if (len < room)
		tscsi_response(chain)->residual = cpu_to_le32(room - len);
}

/* --- the device: commands --- */

static inline struct tscsi_unit *tscsi_find(struct tscsi *ts,
					    unsigned int target,
					    unsigned int unit)
{
	unsigned int i;

	for (i = 0; i < ts->num_units; i++)
		if (ts->units[i].target == target && ts->units[i].unit == unit)
			return &ts->units[i];
	return NULL;
}

static inline bool tscsi_has_target(struct tscsi *ts, unsigned int target)
{
	unsigned int i;

	for (i = 0; i < ts->num_units; i++)
		if (ts->units[i].target == target)
			return true;
	return false;
}

static inline void tscsi_do_luns(struct tscsi *ts, unsigned int target,
				 const struct vfe_mock_chain *chain)
{
	u8 list[8 + 8 * TSCSI_UNITS] = {};
	unsigned int i, n = 0;
	u8 *at;

	for (i = 0; i < ts->num_units; i++) {
		if (ts->units[i].target != target)
			continue;
		at = list + 8 + 8 * n++;
		at[0] = ts->units[i].unit >> 8;
		if (ts->units[i].unit >= 256)
			at[0] |= VFE_SCSI_LUN_FLAT;
		at[1] = ts->units[i].unit;
	}
	put_unaligned_be32(8 * n, list);
	tscsi_answer(chain, list, 8 + 8 * n);
}

static inline void tscsi_sense(struct vfe_scsi_response *r, u8 key, u8 asc)
{
	r->status = SAM_STAT_CHECK_CONDITION;
	r->sense[0] = 0x70;
	r->sense[2] = key;
	r->sense[7] = 10;
	r->sense[12] = asc;
	r->sense_len = cpu_to_le32(18);
}

static inline void tscsi_do_inquiry(struct tscsi *ts, bool there,
				    const struct vfe_mock_chain *chain)
{
	u8 data[36] = { there ? 0 : 0x7f, 0, 5, 2, 31 };

	ts->inquiries++;
	if (tscsi_cdb(ts, chain)[1] & 1) {
		tscsi_sense(tscsi_response(chain), ILLEGAL_REQUEST, 0x24);
		return;
	}
	memcpy(data + 8, "vfe     mock            0001", 28);
	tscsi_answer(chain, data, sizeof(data));
}

static inline void tscsi_do_capacity(struct tscsi *ts,
				     const struct tscsi_unit *unit,
				     const struct vfe_mock_chain *chain)
{
	u8 data[8];

	ts->capacities++;
	put_unaligned_be32(unit->blocks - 1, data);
	put_unaligned_be32(512, data + 4);
	tscsi_answer(chain, data, sizeof(data));
}

static inline void tscsi_do_rw(struct tscsi *ts, bool write,
			       const struct vfe_mock_chain *chain)
{
	const u8 *cdb = tscsi_cdb(ts, chain);
	u32 at = get_unaligned_be32(cdb + 2) * 512;
	u32 len = get_unaligned_be16(cdb + 7) * 512;
	struct vfe_scsi_response *r = tscsi_response(chain);

	ts->segs = chain->out + chain->in - 2;
	if (at + len > TSCSI_BLOCKS * 512) {
		tscsi_sense(r, ILLEGAL_REQUEST, 0x21);
		return;
	}
	if (write)
		tscsi_copy(chain, false, tscsi_header(ts), ts->data + at, len);
	else
		tscsi_copy(chain, true, sizeof(*r), ts->data + at, len);
	r->response = ts->response;
	r->status = ts->status;
	r->residual = cpu_to_le32(ts->residual);
	r->sense_len = cpu_to_le32(ts->sense_len);
	memcpy(r->sense, ts->sense, sizeof(ts->sense));
}

static inline void tscsi_do(struct tscsi *ts, const struct tscsi_unit *unit,
			    unsigned int target,
			    const struct vfe_mock_chain *chain)
{
	switch (tscsi_cdb(ts, chain)[0]) {
	case REPORT_LUNS:
		tscsi_response(chain)->response = ts->luns_response;
		tscsi_response(chain)->status = ts->luns_status;
		if (!ts->luns_response && !ts->luns_status)
			tscsi_do_luns(ts, target, chain);
		break;
	case INQUIRY:
		tscsi_do_inquiry(ts, unit, chain);
		break;
	case READ_CAPACITY:
		if (unit)
			tscsi_do_capacity(ts, unit, chain);
		break;
	case TEST_UNIT_READY:
	case SYNCHRONIZE_CACHE:
	case START_STOP:
		break;
	case READ_10:
	case WRITE_10:
		tscsi_do_rw(ts, tscsi_cdb(ts, chain)[0] == WRITE_10, chain);
		break;
	default:
		tscsi_sense(tscsi_response(chain), ILLEGAL_REQUEST, 0x20);
	}
}

/* Executes a command. */
static inline void tscsi_execute(struct tscsi *ts,
				 const struct vfe_mock_chain *chain)
{
	struct vfe_scsi_response *r = tscsi_response(chain);
	unsigned int target = 0, unit = 0;
	const struct tscsi_unit *it;

	/* 5.6.6.1.2 */
	ts->odd_headers += tscsi_request(chain)->task_attr ||
			   tscsi_request(chain)->prio ||
			   tscsi_request(chain)->crn;
	if (ts->no_response && tscsi_cdb(ts, chain)[0] == READ_10)
		return;
	memset(r, 0, sizeof(*r));
	ts->luns += tscsi_cdb(ts, chain)[0] == REPORT_LUNS;
	if (!vfe_scsi_get_lun(tscsi_request(chain)->lun, &target, &unit)) {
		r->response = VIRTIO_SCSI_S_FAILURE;
		return;
	}
	it = tscsi_find(ts, target, unit);
	if (!tscsi_has_target(ts, target) && !ts->luns_status)
		r->response = VIRTIO_SCSI_S_BAD_TARGET;
	else
		tscsi_do(ts, it, target, chain);
}

static inline void tscsi_keep(struct tscsi *ts, struct vfe_mock_queue *mq,
			      const struct vfe_mock_chain *chain)
{
	if (ts->num_kept == TSCSI_KEPT)
		return;
	ts->kept_queue[ts->num_kept] = mq;
	ts->kept[ts->num_kept++] = *chain;
}

/* Gives a kept command back with @response; it interrupts. */
static inline void tscsi_return(struct tscsi *ts, unsigned int n, u8 response)
{
	const struct vfe_mock_chain *chain = &ts->kept[n];
	struct vfe_mock_queue *mq = ts->kept_queue[n];

	if (!mq)
		return;
	ts->kept_queue[n] = NULL;
	if (response) {
		memset(tscsi_response(chain), 0,
		       sizeof(struct vfe_scsi_response));
		tscsi_response(chain)->response = response;
	} else {
		tscsi_execute(ts, chain);
	}
	vfe_mock_push(mq, chain->id, chain->in_len, chain->descs);
	vfe_mock_interrupt(mq);
}

static inline void tscsi_return_all(struct tscsi *ts, u8 response)
{
	unsigned int i;

	for (i = 0; i < ts->num_kept; i++)
		if (ts->kept_queue[i] && ts->kept_queue[i]->index)
			tscsi_return(ts, i, response);
}

/* --- the device: queues --- */

static inline void tscsi_control(struct tscsi *ts, struct vfe_mock_queue *mq,
				 const struct vfe_mock_chain *chain)
{
	u32 subtype;

	tscsi_copy(chain, false, 0, &ts->last_tmf, sizeof(ts->last_tmf));
	subtype = le32_to_cpu(ts->last_tmf.subtype);
	if (subtype < ARRAY_SIZE(ts->tmf))
		ts->tmf[subtype]++;
	if (ts->mute_tmf) {
		tscsi_keep(ts, mq, chain);
		return;
	}
	if (ts->abort_returns && subtype != VIRTIO_SCSI_T_TMF_QUERY_TASK)
		tscsi_return_all(ts, subtype == VIRTIO_SCSI_T_TMF_ABORT_TASK ?
				 VIRTIO_SCSI_S_ABORTED : VIRTIO_SCSI_S_RESET);
	tscsi_copy(chain, true, 0, &ts->tmf_response, 1);
	vfe_mock_push(mq, chain->id, 1, chain->descs);
}

static inline bool tscsi_is_kept(struct tscsi *ts,
				 const struct vfe_mock_chain *chain)
{
	u8 op = tscsi_cdb(ts, chain)[0];

	return (ts->keep && !tscsi_request(chain)->lun[1] &&
		(op == READ_10 || op == WRITE_10)) ||
	       (op == REPORT_LUNS && ts->luns_response == VFE_SCSI_S_NONE);
}

static inline bool tscsi_chain(struct vfe_mock_disk *engine,
			       struct vfe_mock_queue *mq,
			       struct vfe_mock_chain *chain)
{
	struct tscsi *ts = engine->priv;

	if (mq->index == VFE_SCSI_CONTROLQ) {
		tscsi_control(ts, mq, chain);
	} else if (mq->index == VFE_SCSI_EVENTQ) {
		if (ts->num_events < VFE_SCSI_EVENTS)
			ts->events[ts->num_events++] = *chain;
	} else if (tscsi_is_kept(ts, chain)) {
		tscsi_keep(ts, mq, chain);
	} else {
		tscsi_execute(ts, chain);
		vfe_mock_push(mq, chain->id, chain->in_len, chain->descs);
	}
	return true;
}

/* Sends an event, without an interrupt. Return: whether there was a buffer */
static inline bool tscsi_push_event(struct tscsi *ts, u32 type, u32 reason,
				    unsigned int target, unsigned int unit)
{
	struct vfe_scsi_event event = {
		.event = cpu_to_le32(type), .reason = cpu_to_le32(reason),
	};
	struct vfe_mock_chain *chain;

	if (!ts->num_events)
		return false;
	chain = &ts->events[0];
	vfe_scsi_put_lun(event.lun, target, unit);
	tscsi_copy(chain, true, 0, &event, sizeof(event));
	vfe_mock_push(&ts->m->queues[VFE_SCSI_EVENTQ], chain->id,
		      sizeof(event), chain->descs);
	memmove(ts->events, ts->events + 1,
		--ts->num_events * sizeof(*chain));
	return true;
}

static inline bool tscsi_event(struct tscsi *ts, u32 type, u32 reason,
			       unsigned int target, unsigned int unit)
{
	bool sent = tscsi_push_event(ts, type, reason, target, unit);

	vfe_mock_interrupt(&ts->m->queues[VFE_SCSI_EVENTQ]);
	return sent;
}

static inline void tscsi_add_unit(struct tscsi *ts, unsigned int target,
				  unsigned int unit)
{
	KUNIT_ASSERT_LT(ts->test, ts->num_units, TSCSI_UNITS);
	ts->units[ts->num_units++] = (struct tscsi_unit) {
		.target = target, .unit = unit, .blocks = TSCSI_BLOCKS,
	};
}

static inline void tscsi_del_unit(struct tscsi *ts, unsigned int target,
				  unsigned int unit)
{
	struct tscsi_unit *it = tscsi_find(ts, target, unit);

	if (it)
		*it = ts->units[--ts->num_units];
}

/* --- the function and its driver --- */

/* The driver's data, NULL while it is not bound */
static inline struct vfe_scsi *tscsi_driver(struct tscsi *ts)
{
	struct vfe_recovery *r;

	if (!ts->m->pdev || !ts->m->pdev->dev.driver)
		return NULL;
	r = pci_get_drvdata(ts->m->pdev);
	return container_of(r, struct vfe_scsi, io.recovery);
}

/* A unit of the SCSI core; holds no reference */
static inline struct scsi_device *tscsi_sdev(struct tscsi *ts,
					     unsigned int target,
					     unsigned int unit)
{
	struct scsi_device *sdev;
	u64 lun = unit < 256 ? unit : unit | 0x4000;

	if (!tscsi_driver(ts))
		return NULL;
	sdev = scsi_device_lookup(tscsi_driver(ts)->shost, 0, target, lun);
	if (sdev)
		scsi_device_put(sdev);
	return sdev;
}

static inline unsigned int tscsi_num_sdevs(struct tscsi *ts)
{
	struct scsi_device *sdev;
	unsigned int n = 0;

	shost_for_each_device(sdev, tscsi_driver(ts)->shost)
		n++;
	return n;
}

static inline int tscsi_is_disk(struct device *dev, void *data)
{
	return !strncmp(dev_name(dev), "sd", 2);
}

/* The disk of a unit, or NULL; holds no reference */
static inline struct gendisk *tscsi_disk(struct tscsi *ts, unsigned int target,
					 unsigned int unit)
{
	struct scsi_device *sdev = tscsi_sdev(ts, target, unit);
	struct device *dev = sdev ? device_find_child(&sdev->sdev_gendev, NULL,
						      tscsi_is_disk) : NULL;

	if (!dev)
		return NULL;
	put_device(dev);
	return dev_to_disk(dev);
}

static inline struct vfe_scsi_config tscsi_config(void)
{
	return (struct vfe_scsi_config) {
		.num_queues = cpu_to_le32(1),
		.seg_max = cpu_to_le32(62),
		.max_sectors = cpu_to_le32(0xffff),
		.cmd_per_lun = cpu_to_le32(32),
		.event_info_size = cpu_to_le32(sizeof(struct vfe_scsi_event)),
		.sense_size = cpu_to_le32(VFE_SCSI_SENSE_SIZE),
		.cdb_size = cpu_to_le32(VFE_SCSI_CDB_SIZE),
		.max_target = cpu_to_le16(7),
		.max_lun = cpu_to_le32(16383),
	};
}

/* Plug a function in, with a disk at target 0, unit 0. */
static inline struct tscsi *tscsi_plug(struct kunit *test,
				       const struct vfe_mock_spec *more,
				       const struct vfe_scsi_config *config)
{
	struct vfe_scsi_config usual = tscsi_config();
	struct vfe_mock_spec spec = {};
	struct tscsi *ts;

	ts = kunit_kzalloc(test, sizeof(*ts), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ts);
	ts->test = test;
	ts->memory = kunit_kzalloc(test, TSCSI_MEMORY, GFP_KERNEL);
	ts->data = kunit_kzalloc(test, TSCSI_BLOCKS * 512, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ts->memory);
	KUNIT_ASSERT_NOT_NULL(test, ts->data);
	ts->sysfs = vfe_files_mount(test);
	ts->abort_returns = true;
	ts->engine.request = tscsi_chain;
	ts->engine.priv = ts;
	tscsi_add_unit(ts, 0, 0);
	if (more)
		spec = *more;
	spec.device = spec.device ?: VFE_PCI_DEVICE_SCSI;
	spec.features = (spec.features ?: VFE_MOCK_FEATURES) |
			BIT_ULL(VIRTIO_SCSI_F_HOTPLUG) |
			BIT_ULL(VIRTIO_SCSI_F_CHANGE);
	spec.queues = spec.queues ?: 3;
	spec.disk = &ts->engine;
	spec.config = config ?: &usual;
	spec.config_len = sizeof(usual);
	/* the engine reaches @ts before vfe_mock_plug() returns */
	spec.unbound = true;
	ts->m = vfe_mock_plug(test, &spec);
	KUNIT_ASSERT_NOT_NULL(test, ts->m);
	return ts;
}

static inline bool tscsi_bind(struct tscsi *ts)
{
	return vfe_mock_bind(ts->m, "vfe_scsi");
}

static inline bool tscsi_settled(struct tscsi *ts)
{
	struct vfe_scsi *vs = tscsi_driver(ts);

	vfe_mock_settle(ts->m);
	return vs && !work_busy(&vs->events.act) &&
	       !work_busy(&vs->events.refill) &&
	       !delayed_work_pending(&vs->events.act_later);
}

/* The usual one, with a disk */
static inline struct tscsi *tscsi_host(struct kunit *test,
				       const struct vfe_mock_spec *more)
{
	struct tscsi *ts = tscsi_plug(test, more, NULL);

	KUNIT_ASSERT_TRUE(test, tscsi_bind(ts));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_disk(ts, 0, 0)));
	KUNIT_ASSERT_TRUE(test, TSCSI_WAIT_FOR(tscsi_settled(ts)));
	/* the SCSI core's driver of disks has read all it wants to */
	async_synchronize_full();
	return ts;
}

/* --- requests --- */

static inline void tscsi_end_io(struct bio *bio)
{
	struct tscsi_io *io = container_of(bio, struct tscsi_io, bio);

	io->ends++;
	io->status = bio->bi_status;
	complete(&io->done);
}

/* Sends a request of @segs pieces of 512 bytes that are not contiguous. */
static inline struct tscsi_io *tscsi_start_segs(struct tscsi *ts,
						blk_opf_t opf, u64 sector,
						unsigned int segs,
						unsigned int bytes, u8 seed)
{
	struct gendisk *disk = tscsi_disk(ts, 0, 0);
	unsigned int i, gap = segs > 1 ? 512 : 0;
	struct tscsi_io *io;

	KUNIT_ASSERT_NOT_NULL(ts->test, disk);
	KUNIT_ASSERT_LT(ts->test, ts->num_ios, TSCSI_IOS);
	KUNIT_ASSERT_LE(ts->test, ts->memory_used + segs * (bytes + gap),
			TSCSI_MEMORY);
	io = &ts->ios[ts->num_ios++];
	init_completion(&io->done);
	bio_init(&io->bio, disk->part0, io->vecs, TSCSI_VECS, opf);
	io->bio.bi_iter.bi_sector = sector;
	io->bio.bi_end_io = tscsi_end_io;
	io->data = ts->memory + ts->memory_used;
	for (i = 0; i < segs; i++) {
		u8 *at = ts->memory + ts->memory_used;

		if (seed)
			memset(at, seed + i, bytes);
		KUNIT_ASSERT_EQ(ts->test, bytes,
				bio_add_page(&io->bio, virt_to_page(at), bytes,
					     offset_in_page(at)));
		ts->memory_used += bytes + gap;
	}
	submit_bio(&io->bio);
	return io;
}

static inline struct tscsi_io *tscsi_start(struct tscsi *ts, blk_opf_t opf,
					   u64 sector, u8 seed)
{
	return tscsi_start_segs(ts, opf, sector, 1, 512, seed);
}

/* Start a request that the device keeps, like all later ones. */
static inline struct tscsi_io *tscsi_start_kept(struct tscsi *ts,
						blk_opf_t opf, u64 sector,
						u8 seed)
{
	unsigned int before = ts->num_kept;
	struct tscsi_io *io;

	ts->keep = true;
	io = tscsi_start(ts, opf, sector, seed);
	KUNIT_ASSERT_TRUE(ts->test, TSCSI_WAIT_FOR(ts->num_kept > before));
	return io;
}

/* Wait for a request to end, or fail the test. Return: its error, or 0. */
static inline int tscsi_wait(struct tscsi *ts, struct tscsi_io *io)
{
	KUNIT_ASSERT_TRUE_MSG(ts->test, TSCSI_WAIT_LONG(io->ends, 150),
			      "a request never ended");
	KUNIT_EXPECT_EQ(ts->test, io->ends, 1U);
	return blk_status_to_errno(io->status);
}

static inline void tscsi_recycle(struct tscsi *ts)
{
	memset(ts->ios, 0, sizeof(ts->ios));
	ts->num_ios = 0;
	ts->memory_used = 0;
	ts->num_kept = 0;
}

/* A write and a read, compared byte by byte: the disk works. */
static inline void tscsi_expect_works(struct tscsi *ts)
{
	struct tscsi_io *io;

	io = tscsi_start(ts, REQ_OP_WRITE, 24, 0x5a);
	KUNIT_EXPECT_EQ(ts->test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_MEMEQ(ts->test, ts->data + 24 * 512, io->data, 512);
	io = tscsi_start(ts, REQ_OP_READ, 24, 0);
	KUNIT_EXPECT_EQ(ts->test, 0, tscsi_wait(ts, io));
	KUNIT_EXPECT_MEMEQ(ts->test, ts->data + 24 * 512, io->data, 512);
}

/* --- timeouts --- */

/* From now on commands of the disk time out after @seconds. */
static inline void tscsi_timeout(struct tscsi *ts, unsigned int seconds)
{
	blk_queue_rq_timeout(tscsi_disk(ts, 0, 0)->queue, seconds * HZ);
}

/*
 * Resets the unit 0 of target 0, as for an ioctl: the command has only its
 * device. Return: SUCCESS or FAILED
 */
static inline int tscsi_reset_unit(struct tscsi *ts)
{
	struct scsi_cmnd *sc = kzalloc(sizeof(*sc), GFP_KERNEL);
	int ret;

	KUNIT_ASSERT_NOT_NULL(ts->test, sc);
	sc->device = tscsi_sdev(ts, 0, 0);
	sc->submitter = SUBMITTED_BY_SCSI_RESET_IOCTL;
	ret = sc->device->host->hostt->eh_device_reset_handler(sc);
	kfree(sc);
	return ret;
}

/* A count under vfe/ of the function */
static inline u64 tscsi_count(struct tscsi *ts, const char *name)
{
	char path[80], buf[24] = "";
	u64 val = 0;

	snprintf(path, sizeof(path), "bus/pci/devices/%s/vfe/%s",
		 pci_name(ts->m->pdev), name);
	KUNIT_EXPECT_GT(ts->test, vfe_files_read_path(ts->sysfs, path, buf,
						      sizeof(buf) - 1), 0L);
	KUNIT_EXPECT_EQ(ts->test, 0, kstrtou64(strim(buf), 10, &val));
	return val;
}

#endif /* VFE_KUNIT_SCSI_FIXTURE_H */

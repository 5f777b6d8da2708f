/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The SCSI device of the mock function, for scsi_fixture.h: its units, the
 * commands and functions that it executes, its events.
 */
#ifndef VFE_KUNIT_SCSI_DEVICE_H
#define VFE_KUNIT_SCSI_DEVICE_H

#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>
#include <scsi/scsi_proto.h>

#include "mock/mock.h"
#include "../drivers/scsi/scsi.h"

#define TSCSI_UNITS	96		/* most units of the device */
#define TSCSI_BLOCKS	2048		/* of 512 bytes, of each disk */
#define TSCSI_PI	8		/* bytes of protection information */
#define TSCSI_VECS	64		/* pieces of a request */
#define TSCSI_IOS	24		/* requests of a test */
#define TSCSI_MEMORY	(256 * 1024)	/* for all their data */
#define TSCSI_KEPT	24		/* commands or functions that it keeps */

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
 * @protect: the disks have protection information of type 1
 * @pi: it, of each block
 * @keep: the device keeps reads and writes of target 0
 * @keep_op: and commands with this operation code, if it is not 0
 * @keep_tests: and TEST UNIT READY, whose code is 0
 * @kept: the kept chains
 * @kept_queue: of each of them
 * @num_kept: number of them
 * @mute_tmf: the device keeps task management functions, in the same way
 * @tmf_response: its answer to them
 * @no_tmf_response: it uses their chains, but writes no answer
 * @tmf: number of functions received, by subtype
 * @last_tmf: the last one
 * @abort_returns: an answered ABORT TASK or reset also returns kept commands
 * @response: of reads and writes, in place of VIRTIO_SCSI_S_OK
 * @status: of them, in place of GOOD
 * @residual: of them
 * @sense_len: of them, with sense data that begins with @sense
 * @sense: see there
 * @no_response: the device does not write the response
 * @more_used: bytes by which used lengths exceed the buffers
 * @attention: the next command to a unit meets a unit attention after a reset
 * @luns_response: of REPORT LUNS; or VFE_SCSI_S_NONE: the device keeps it
 * @luns_status: of REPORT LUNS, in place of GOOD
 * @odd_luns: REPORT LUNS has numbers below 256 in flat space addressing and
 *	      higher ones in peripheral device addressing; and two addresses that
 *	      are no units
 * @more_luns: addresses in the answer that are no units
 * @luns_cut: length of the answer in place of the right one
 * @luns_empty: the answer lists no unit
 * @luns_unwritten: the target whose answer is not written, if it is not 0
 * @luns_residual: of the answer, in place of the right one
 * @luns_events: how many REPORT LUNS still cause an event, one each
 * @lists_0: REPORT LUNS lists unit 0 even if it is missing, and INQUIRY says of a
 *	     missing unit that it has no type: as QEMU's device
 * @luns_attentions: that many commands REPORT LUNS meet a unit attention
 * @type: first byte of INQUIRY's answer for a unit
 * @own_response: of INQUIRY of the driver itself
 * @vpd_max: the longest transfer, in blocks, of a VPD page Block Limits; 0: the
 *	     units have no VPD pages
 * @odd_headers: commands with a task attribute, a priority or a CRN
 * @transfers: reads and writes executed
 * @luns: commands REPORT LUNS received
 * @own_inquiries: commands INQUIRY of the driver itself
 * @stray_inquiries: those to units that the device does not have
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
	bool protect;
	u8 (*pi)[TSCSI_PI];
	bool keep;
	u8 keep_op;
	bool keep_tests;
	struct vfe_mock_chain kept[TSCSI_KEPT];
	struct vfe_mock_queue *kept_queue[TSCSI_KEPT];
	unsigned int num_kept;
	bool mute_tmf;
	u8 tmf_response;
	bool no_tmf_response;
	unsigned int tmf[8];
	struct vfe_scsi_tmf_request last_tmf;
	bool abort_returns;
	u8 response;
	u8 status;
	u32 residual;
	u32 sense_len;
	u8 sense[18];
	bool no_response;
	u32 more_used;
	bool attention;
	bool odd_luns;
	u8 luns_response;
	u8 luns_status;
	unsigned int more_luns;
	u32 luns_cut;
	bool luns_empty;
	unsigned int luns_unwritten;
	u32 luns_residual;
	unsigned int luns_events;
	bool lists_0;
	unsigned int luns_attentions;
	u8 type;
	u8 own_response;
	u32 vpd_max;
	unsigned int odd_headers;
	unsigned int transfers;
	unsigned int luns;
	unsigned int own_inquiries;
	unsigned int stray_inquiries;
	unsigned int capacities;
	struct vfe_mock_chain events[VFE_SCSI_EVENTS];
	unsigned int num_events;
	struct tscsi_io ios[TSCSI_IOS];
	unsigned int num_ios;
	u8 *memory;
	unsigned int memory_used;
	unsigned int segs;
};

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

/* --- the device: events --- */

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

/* Return: whether there was a buffer */
static inline bool tscsi_event_rescan(struct tscsi *ts, unsigned int target,
				      unsigned int unit)
{
	return tscsi_event(ts, VIRTIO_SCSI_T_TRANSPORT_RESET,
			   VIRTIO_SCSI_EVT_RESET_RESCAN, target, unit);
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

/* Addresses of two levels behind the others, so that the list is longer */
static inline unsigned int tscsi_more_luns(struct tscsi *ts, u8 *list,
					   unsigned int n)
{
	unsigned int i;

	for (i = 0; i < ts->more_luns; i++, n++) {
		list[8 + 8 * n + 1] = 7;
		list[8 + 8 * n + 3] = 1;
	}
	return n;
}

/* An address of two levels, and a well-known unit */
static inline unsigned int tscsi_no_units(u8 *list, unsigned int n)
{
	list[8 + 8 * n + 1] = 7;
	list[8 + 8 * n++ + 3] = 1;
	list[8 + 8 * n] = VFE_SCSI_WLUN;
	list[8 + 8 * n++ + 1] = VFE_SCSI_WLUN_REPORT;
	return n;
}

static inline void tscsi_do_luns(struct tscsi *ts, unsigned int target,
				 const struct vfe_mock_chain *chain)
{
	unsigned int i, n = 0;
	u8 *list, *at;
	bool high;

	list = kzalloc(8 + 8 * (TSCSI_UNITS + 3 + ts->more_luns), GFP_ATOMIC);
	if (!list)
		return;
	if (ts->lists_0 && !tscsi_find(ts, target, 0))
		n++;
	for (i = 0; i < ts->num_units && !ts->luns_empty; i++) {
		if (ts->units[i].target != target)
			continue;
		high = ts->units[i].unit >= 256;
		at = list + 8 + 8 * n++;
		at[0] = ts->units[i].unit >> 8;
		if (high != ts->odd_luns)
			at[0] |= VFE_SCSI_LUN_FLAT;
		at[1] = ts->units[i].unit;
	}
	if (ts->odd_luns)
		n = tscsi_no_units(list, n);
	n = tscsi_more_luns(ts, list, n);
	put_unaligned_be32(8 * n, list);
	if (!ts->luns_unwritten || target != ts->luns_unwritten)
		tscsi_answer(chain, list, ts->luns_cut ?: 8 + 8 * n);
	if (ts->luns_residual)
		tscsi_response(chain)->residual =
			cpu_to_le32(ts->luns_residual);
	kfree(list);
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

static inline void tscsi_luns_attention(struct tscsi *ts,
					const struct vfe_mock_chain *chain)
{
	ts->luns_attentions--;
	tscsi_sense(tscsi_response(chain), UNIT_ATTENTION, 0x29);
}

/* Supported VPD pages, and Block Limits */
static inline void tscsi_do_vpd(struct tscsi *ts, u8 page,
				const struct vfe_mock_chain *chain)
{
	static const u8 pages[] = { 0, 0, 0, 2, 0x00, 0xb0 };
	u8 limits[64] = { 0, 0xb0, 0, 60 };

	put_unaligned_be32(ts->vpd_max, limits + 8);
	if (!ts->vpd_max || (page && page != 0xb0))
		tscsi_sense(tscsi_response(chain), ILLEGAL_REQUEST, 0x24);
	else if (page)
		tscsi_answer(chain, limits, sizeof(limits));
	else
		tscsi_answer(chain, pages, sizeof(pages));
}

static inline void tscsi_do_inquiry(struct tscsi *ts, bool there,
				    const struct vfe_mock_chain *chain)
{
	u8 data[36] = { 0x7f, 0, 5, 2, 31, ts->protect };
	bool own = !(u32)le64_to_cpu(tscsi_request(chain)->id);

	ts->own_inquiries += own;
	ts->stray_inquiries += !there;
	if (there || ts->lists_0)
		data[0] = there ? ts->type : 0x3f;
	if (own && ts->own_response) {
		tscsi_response(chain)->response = ts->own_response;
		return;
	}
	if (tscsi_cdb(ts, chain)[1] & 1) {
		tscsi_do_vpd(ts, tscsi_cdb(ts, chain)[2], chain);
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

/* READ CAPACITY(16), for the field that says how blocks are protected */
static inline void tscsi_do_capacity16(struct tscsi *ts,
				       const struct tscsi_unit *unit,
				       const struct vfe_mock_chain *chain)
{
	u8 data[32] = {};

	if (!ts->protect) {
		tscsi_sense(tscsi_response(chain), ILLEGAL_REQUEST, 0x20);
		return;
	}
	put_unaligned_be64(unit->blocks - 1, data);
	put_unaligned_be32(512, data + 8);
	data[12] = 1;
	tscsi_answer(chain, data, sizeof(data));
}

/* 5.6.6.1: protection information comes before the data. Return: its length */
static inline u32 tscsi_do_pi(struct tscsi *ts, bool write, u32 block,
			      const struct vfe_mock_chain *chain)
{
	const struct vfe_scsi_request_pi *request =
		vfe_mock_mem(chain->segs[0].addr);
	u32 len;

	if (!(ts->m->accepted & BIT_ULL(VIRTIO_SCSI_F_T10_PI)))
		return 0;
	len = le32_to_cpu(write ? request->pi_bytesout : request->pi_bytesin);
	if (!len)
		return 0;
	tscsi_copy(chain, !write, write ? tscsi_header(ts) :
		   sizeof(struct vfe_scsi_response), ts->pi[block], len);
	return len;
}

static inline void tscsi_do_rw(struct tscsi *ts, bool write,
			       const struct vfe_mock_chain *chain)
{
	const u8 *cdb = tscsi_cdb(ts, chain);
	u32 at = get_unaligned_be32(cdb + 2) * 512;
	u32 pi, len = get_unaligned_be16(cdb + 7) * 512;
	struct vfe_scsi_response *r = tscsi_response(chain);

	ts->segs = chain->out + chain->in - 2;
	ts->transfers++;
	if (at + len > TSCSI_BLOCKS * 512) {
		tscsi_sense(r, ILLEGAL_REQUEST, 0x21);
		return;
	}
	pi = tscsi_do_pi(ts, write, at / 512, chain);
	if (write)
		tscsi_copy(chain, false, tscsi_header(ts) + pi, ts->data + at,
			   len);
	else
		tscsi_copy(chain, true, sizeof(*r) + pi, ts->data + at, len);
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
	u8 op = tscsi_cdb(ts, chain)[0];

	/* SAM-6, 5.14.4: these two do not report it */
	if (ts->attention && op != INQUIRY && op != REPORT_LUNS) {
		ts->attention = false;
		tscsi_sense(tscsi_response(chain), UNIT_ATTENTION, 0x29);
		return;
	}
	switch (op) {
	case REPORT_LUNS:
		tscsi_response(chain)->response = ts->luns_response;
		tscsi_response(chain)->status = ts->luns_status;
		if (ts->luns_attentions)
			tscsi_luns_attention(ts, chain);
		else if (!ts->luns_response && !ts->luns_status)
			tscsi_do_luns(ts, target, chain);
		break;
	case INQUIRY:
		tscsi_do_inquiry(ts, unit, chain);
		break;
	case READ_CAPACITY:
		if (unit)
			tscsi_do_capacity(ts, unit, chain);
		break;
	case SERVICE_ACTION_IN_16:
		if (unit)
			tscsi_do_capacity16(ts, unit, chain);
		break;
	case TEST_UNIT_READY:
	case SYNCHRONIZE_CACHE:
	case START_STOP:
		break;
	case READ_10:
	case WRITE_10:
		tscsi_do_rw(ts, op == WRITE_10, chain);
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
	if (tscsi_cdb(ts, chain)[0] == REPORT_LUNS) {
		ts->luns++;
		if (ts->luns_events && tscsi_event_rescan(ts, 1, 0))
			ts->luns_events--;
	}
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
	if (!ts->no_tmf_response)
		tscsi_copy(chain, true, 0, &ts->tmf_response, 1);
	vfe_mock_push(mq, chain->id, 1 + ts->more_used, chain->descs);
}

/* Answers a function that it has kept, without an interrupt. */
static inline void tscsi_answer_kept(struct tscsi *ts, unsigned int i)
{
	tscsi_copy(&ts->kept[i], true, 0, &ts->tmf_response, 1);
	vfe_mock_push(ts->kept_queue[i], ts->kept[i].id, 1, ts->kept[i].descs);
}

/* Executes a command that it has kept, without an interrupt. */
static inline void tscsi_execute_kept(struct tscsi *ts, unsigned int i)
{
	tscsi_execute(ts, &ts->kept[i]);
	vfe_mock_push(ts->kept_queue[i], ts->kept[i].id, ts->kept[i].in_len,
		      ts->kept[i].descs);
}

static inline bool tscsi_is_kept(struct tscsi *ts,
				 const struct vfe_mock_chain *chain)
{
	u8 op = tscsi_cdb(ts, chain)[0];

	return (ts->keep && !tscsi_request(chain)->lun[1] &&
		(op == READ_10 || op == WRITE_10)) ||
	       (ts->keep_op && op == ts->keep_op) ||
	       (ts->keep_tests && op == TEST_UNIT_READY) ||
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
		vfe_mock_push(mq, chain->id, chain->in_len + ts->more_used,
			      chain->descs);
	}
	return true;
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

#endif /* VFE_KUNIT_SCSI_DEVICE_H */

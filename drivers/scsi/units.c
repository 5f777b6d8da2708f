// SPDX-License-Identifier: GPL-2.0
/*
 * One routine brings the SCSI core's units in line with those that the device
 * reports: when the host is added, when events say that a target changed or
 * that events were lost, after a resume and after a reset of the device.
 *
 * It never removes a unit because of an error: only if the device answers, and
 * does not report the unit. If it reports no unit at all, only if it says so
 * twice: vhost-scsi answers BAD_TARGET for any error of its own.
 */
#include <linux/limits.h>
#include <linux/math.h>
#include <linux/slab.h>
#include <scsi/scsi_proto.h>

#include "scsi.h"

#define VFE_SCSI_LIST_HEADER	8	/* bytes before the addresses of units */
#define VFE_SCSI_LIST_MOST	(VFE_SCSI_LIST_HEADER + \
				 VFE_SCSI_LUN_LEN * VFE_SCSI_MAX_UNITS)
#define VFE_SCSI_INQUIRY_LEN	36
#define VFE_SCSI_TRIES		4	/* of a command that meets a unit attention */

/**
 * enum vfe_scsi_answer - what the device says about units
 * @VFE_SCSI_ANSWER_LIST: the answer has data
 * @VFE_SCSI_ANSWER_NONE: there is no unit at this address
 * @VFE_SCSI_ANSWER_REFUSED: the device does not know the command
 * @VFE_SCSI_ANSWER_ERROR: the device answers with an error: ask again later
 * @VFE_SCSI_ANSWER_ABSENT: the device does not answer: ask again later
 */
enum vfe_scsi_answer {
	VFE_SCSI_ANSWER_LIST,
	VFE_SCSI_ANSWER_NONE,
	VFE_SCSI_ANSWER_REFUSED,
	VFE_SCSI_ANSWER_ERROR,
	VFE_SCSI_ANSWER_ABSENT,
};

/* --- asking --- */

/* Counts, and logs, what cannot be right in an answer. */
static void vfe_scsi_look_at(struct vfe_scsi *vs)
{
	const struct vfe_scsi_query *q = vs->query;

	if (q->response == VFE_SCSI_S_NONE)
		vfe_scsi_odd(vs, VFE_SCSI_ODD_RESPONSE, "an unwritten response",
			     q->response);
	else if (q->response > VIRTIO_SCSI_S_FAILURE &&
		 q->response != VIRTIO_SCSI_S_INCORRECT_LUN)
		vfe_scsi_odd(vs, VFE_SCSI_ODD_RESPONSE, "a response",
			     q->response);
	else if (q->residual > q->size)
		vfe_scsi_odd(vs, VFE_SCSI_ODD_RESIDUAL, "a residual",
			     q->residual);
}

static enum vfe_scsi_answer vfe_scsi_answer(const struct vfe_scsi_query *q)
{
	switch (q->response) {
	case VIRTIO_SCSI_S_BAD_TARGET:
	case VIRTIO_SCSI_S_INCORRECT_LUN:
		return VFE_SCSI_ANSWER_NONE;
	case VIRTIO_SCSI_S_OK:
		break;
	default:
		return VFE_SCSI_ANSWER_ERROR;
	}
	if (q->status == SAM_STAT_GOOD)
		return VFE_SCSI_ANSWER_LIST;
	return q->status == SAM_STAT_CHECK_CONDITION ?
	       VFE_SCSI_ANSWER_REFUSED : VFE_SCSI_ANSWER_ERROR;
}

static enum vfe_scsi_answer vfe_scsi_ask_unit(struct vfe_scsi *vs,
					      unsigned int target,
					      unsigned int unit, const u8 *cdb,
					      unsigned int len)
{
	enum vfe_scsi_answer answer = VFE_SCSI_ANSWER_ERROR;
	unsigned int tries = VFE_SCSI_TRIES;

	while (tries--) {
		if (vfe_scsi_query(vs, target, unit, cdb, len))
			return VFE_SCSI_ANSWER_ABSENT;
		vfe_scsi_look_at(vs);
		answer = vfe_scsi_answer(vs->query);
		if (answer != VFE_SCSI_ANSWER_REFUSED)
			break;
	}
	return answer;
}

static enum vfe_scsi_answer vfe_scsi_report_luns(struct vfe_scsi *vs,
						 unsigned int target)
{
	u8 cdb[12] = { REPORT_LUNS };

	put_unaligned_be32(vs->query->size, &cdb[6]);
	return vfe_scsi_ask_unit(vs, target, 0, cdb, sizeof(cdb));
}

/*
 * Bytes of the list that the device has; 0 if it wrote none. As in the SCSI core,
 * the residual is ignored. vfe_scsi_query() has filled the buffer with ones, which
 * shows what the device did not write.
 */
static u32 vfe_scsi_list_len(const struct vfe_scsi_query *q)
{
	u32 len = get_unaligned_be32(q->data);

	if (len == U32_MAX)
		return 0;
	return min_t(u32, len, VFE_SCSI_LIST_MOST - VFE_SCSI_LIST_HEADER) +
	       VFE_SCSI_LIST_HEADER;
}

/* Did the device write all of the list? No address ends with ones. */
static bool vfe_scsi_list_is_whole(const struct vfe_scsi_query *q, u32 len)
{
	len = round_down(len, VFE_SCSI_LUN_LEN);
	return len && (len == VFE_SCSI_LIST_HEADER ||
		       get_unaligned_be16(q->data + len - 2) != U16_MAX);
}

/*
 * Notes a unit of the list. As in virtio_scsi, either method of addressing may
 * have any number: vhost-scsi reports the unit 256 by peripheral device
 * addressing, on bus 1. Addresses of other methods, and those with more levels,
 * are no units. As in virtio_scsi, max_lun limits only flat space addressing:
 * some devices have 0 there, and more units.
 */
static void vfe_scsi_read_entry(struct vfe_scsi *vs, u64 lun)
{
	unsigned int unit = vfe_scsi_unit(lun >> 48);

	if (lun << 16 || lun >> 48 >= vs->limits.units + VFE_SCSI_MAX_UNITS)
		return;
	__set_bit(unit, vs->present);
	__assign_bit(unit, vs->flat, lun >> 48 & VFE_SCSI_MAX_UNITS);
}

static void vfe_scsi_read_list(struct vfe_scsi *vs, u32 len)
{
	const u8 *at = vs->query->data + VFE_SCSI_LIST_HEADER;
	const u8 *end = vs->query->data + len;

	bitmap_zero(vs->present, VFE_SCSI_MAX_UNITS);
	for (; at + VFE_SCSI_LUN_LEN <= end; at += VFE_SCSI_LUN_LEN)
		vfe_scsi_read_entry(vs, get_unaligned_be64(at));
}

/*
 * Sets @present to the units of a target. If the list is longer than the
 * buffer, asks again with a larger one.
 */
static enum vfe_scsi_answer vfe_scsi_ask_target(struct vfe_scsi *vs,
						unsigned int target)
{
	enum vfe_scsi_answer answer;
	u32 len;

	bitmap_zero(vs->present, VFE_SCSI_MAX_UNITS);
	answer = vfe_scsi_report_luns(vs, target);
	if (answer != VFE_SCSI_ANSWER_LIST)
		return answer;
	len = vfe_scsi_list_len(vs->query);
	if (len > vs->query->size) {
		if (vfe_scsi_query_room(vs, len))
			return VFE_SCSI_ANSWER_ERROR;
		answer = vfe_scsi_report_luns(vs, target);
		if (answer != VFE_SCSI_ANSWER_LIST)
			return answer;
		len = min_t(u32, vfe_scsi_list_len(vs->query),
			    vs->query->size);
	}
	if (!vfe_scsi_list_is_whole(vs->query, len)) {
		vfe_scsi_odd(vs, VFE_SCSI_ODD_UNITS,
			     "the length of a list of units", len);
		return VFE_SCSI_ANSWER_ERROR;
	}
	vfe_scsi_read_list(vs, len);
	return VFE_SCSI_ANSWER_LIST;
}

/* --- asking a unit --- */

/* SPC-6, 6.7.2: as the SCSI core, which adds all other units */
#define VFE_SCSI_QUALIFIER_NONE	3	/* no unit can be at this number */
#define VFE_SCSI_NO_TYPE	0x3f	/* qualifier 1: there is none now */

/* @sure: the device has said so before, maybe of the whole target */
static bool vfe_scsi_inquiry_says_gone(struct vfe_scsi *vs,
				       struct scsi_device *sdev, bool sure)
{
	const u8 cdb[6] = { INQUIRY, 0, 0, 0, VFE_SCSI_INQUIRY_LEN };
	const u8 *data = vs->query->data;

	switch (vfe_scsi_ask_unit(vs, sdev->id, vfe_scsi_unit(sdev->lun), cdb,
				  sizeof(cdb))) {
	case VFE_SCSI_ANSWER_NONE:
		if (!sure)
			vfe_scsi_check_twice(vs, sdev->id);
		return sure;
	case VFE_SCSI_ANSWER_LIST:
		return data[0] >> 5 == VFE_SCSI_QUALIFIER_NONE ||
		       data[0] == VFE_SCSI_NO_TYPE;
	default:
		return false;
	}
}

/* --- units of the SCSI core --- */

/* As the device reports it, and as a scan of the SCSI core would have it */
static u64 vfe_scsi_lun(const struct vfe_scsi *vs, unsigned int unit)
{
	return test_bit(unit, vs->flat) ? unit | VFE_SCSI_MAX_UNITS : unit;
}

static bool vfe_scsi_is_at(const struct scsi_device *sdev, unsigned int target)
{
	return sdev->channel == 0 && sdev->id == target;
}

/* Does the SCSI core have units of a target? */
static bool vfe_scsi_knows(struct vfe_scsi *vs, unsigned int target)
{
	struct scsi_device *sdev;

	shost_for_each_device(sdev, vs->shost) {
		if (!vfe_scsi_is_at(sdev, target))
			continue;
		scsi_device_put(sdev);
		return true;
	}
	return false;
}

static void vfe_scsi_remove_sdev(struct vfe_scsi *vs, struct scsi_device *sdev)
{
	sdev_printk(KERN_INFO, sdev, "removed from the device\n");
	scsi_remove_device(sdev);
}

/* QEMU's device always lists unit 0; INQUIRY says whether there is one. */
static bool vfe_scsi_is_present(struct vfe_scsi *vs, struct scsi_device *sdev,
				bool sure)
{
	unsigned int unit = vfe_scsi_unit(sdev->lun);

	return test_bit(unit, vs->present) &&
	       (unit || !vfe_scsi_inquiry_says_gone(vs, sdev, sure));
}

/* Removes units of a target that are not present, notes the others. */
static void vfe_scsi_remove_absent(struct vfe_scsi *vs, unsigned int target,
				   bool sure)
{
	struct scsi_device *sdev;

	bitmap_zero(vs->known, VFE_SCSI_MAX_UNITS);
	shost_for_each_device(sdev, vs->shost) {
		if (!vfe_scsi_is_at(sdev, target))
			continue;
		if (vfe_scsi_is_present(vs, sdev, sure))
			__set_bit(vfe_scsi_unit(sdev->lun), vs->known);
		else
			vfe_scsi_remove_sdev(vs, sdev);
	}
}

/*
 * Adds units of a target that the SCSI core does not know. That refuses a scan
 * of this kind while scsi_mod.scan is manual or none.
 */
static void vfe_scsi_add_present(struct vfe_scsi *vs, unsigned int target)
{
	unsigned int unit;

	for_each_set_bit(unit, vs->present, VFE_SCSI_MAX_UNITS) {
		if (READ_ONCE(vs->leaving))
			return;
		if (!test_bit(unit, vs->known))
			scsi_scan_target(&vs->shost->shost_gendev, 0, target,
					 vfe_scsi_lun(vs, unit),
					 SCSI_SCAN_INITIAL);
	}
}

/* --- targets without a list --- */

/* Adds units as for any other host, and removes none. */
static void vfe_scsi_scan_as_core(struct vfe_scsi *vs, unsigned int target)
{
	scsi_scan_target(&vs->shost->shost_gendev, 0, target, SCAN_WILD_CARD,
			 SCSI_SCAN_INITIAL);
}

/* Removes the units that say they are not there, scans as the core does. */
static void vfe_scsi_scan_target(struct vfe_scsi *vs, unsigned int target,
				 bool sure)
{
	struct scsi_device *sdev;

	shost_for_each_device(sdev, vs->shost)
		if (vfe_scsi_is_at(sdev, target) &&
		    vfe_scsi_inquiry_says_gone(vs, sdev, sure))
			vfe_scsi_remove_sdev(vs, sdev);
	vfe_scsi_scan_as_core(vs, target);
}

/* --- all of it --- */

/*
 * @sure: the device says for the second time that known units are missing, if it
 * does. Return: false if it did not say which units there are
 */
static bool vfe_scsi_reconcile_target(struct vfe_scsi *vs, unsigned int target,
				      bool sure)
{
	switch (vfe_scsi_ask_target(vs, target)) {
	case VFE_SCSI_ANSWER_LIST:
	case VFE_SCSI_ANSWER_NONE:
		__clear_bit(target, vs->failed);
		if (!sure && bitmap_empty(vs->present, VFE_SCSI_MAX_UNITS) &&
		    vfe_scsi_knows(vs, target)) {
			vfe_scsi_check_twice(vs, target);
			return true;
		}
		vfe_scsi_remove_absent(vs, target, sure);
		vfe_scsi_add_present(vs, target);
		return true;
	case VFE_SCSI_ANSWER_REFUSED:
		vfe_scsi_scan_target(vs, target, sure);
		return true;
	case VFE_SCSI_ANSWER_ERROR:
		/* virtio_scsi has units of such a target, too */
		if (!vfe_scsi_knows(vs, target) &&
		    !__test_and_set_bit(target, vs->failed))
			vfe_scsi_scan_as_core(vs, target);
		return false;
	default:
		return false;
	}
}

/**
 * vfe_scsi_reconcile() - add and remove units as the device reports them
 * @vs: the host
 * @check: which targets; @done, empty before, is the result
 *
 * Context: the scan of the new host, then &vfe_scsi_events.act.
 * Return: false if the device did not answer for some of them.
 */
bool vfe_scsi_reconcile(struct vfe_scsi *vs, struct vfe_scsi_check *check)
{
	unsigned int target;
	bool all = true;

	for_each_set_bit(target, check->targets, vs->limits.targets) {
		if (READ_ONCE(vs->leaving) || !vfe_scsi_live(vs))
			return false;
		if (!vfe_scsi_reconcile_target(vs, target,
					       test_bit(target, check->sure)))
			all = false;
		else if (!test_bit(target, vs->events.doubted))
			__set_bit(target, check->done);
	}
	return all;
}

/* --- single units --- */

/* A unit may have either of two LUNs: see vfe_scsi_unit(). */
static struct scsi_device *vfe_scsi_find(struct vfe_scsi *vs,
					 unsigned int target, unsigned int unit)
{
	return scsi_device_lookup(vs->shost, 0, target, unit) ?:
	       scsi_device_lookup(vs->shost, 0, target,
				  unit | VFE_SCSI_MAX_UNITS);
}

/*
 * Adds a unit that an event names, as virtio_scsi does even while scsi_mod.scan
 * is manual. A target without REPORT LUNS has none with another address.
 */
void vfe_scsi_add_unit(struct vfe_scsi *vs, unsigned int target,
		       unsigned int unit)
{
	struct scsi_device *sdev = vfe_scsi_find(vs, target, unit);

	if (sdev) {
		scsi_device_put(sdev);
		return;
	}
	switch (vfe_scsi_ask_target(vs, target)) {
	case VFE_SCSI_ANSWER_LIST:
		if (test_bit(unit, vs->present))
			scsi_add_device(vs->shost, 0, target,
					vfe_scsi_lun(vs, unit));
		break;
	case VFE_SCSI_ANSWER_REFUSED:
		scsi_add_device(vs->shost, 0, target, unit);
		break;
	default:
		break;
	}
}

/* Removes a unit, if the SCSI core has it. */
void vfe_scsi_remove_unit(struct vfe_scsi *vs, unsigned int target,
			  unsigned int unit)
{
	struct scsi_device *sdev = vfe_scsi_find(vs, target, unit);

	if (!sdev)
		return;
	vfe_scsi_remove_sdev(vs, sdev);
	scsi_device_put(sdev);
}

/**
 * struct vfe_scsi_rescan - a unit whose driver reads its properties again
 * @work: does it
 * @node: in &vfe_scsi_events.rescanned
 * @vs: the host
 * @sdev: the unit, with a reference
 * @again: there was another change
 */
struct vfe_scsi_rescan {
	struct work_struct work;
	struct list_head node;
	struct vfe_scsi *vs;
	struct scsi_device *sdev;
	bool again;
};

/* Return: false if there was another change, of which none was read yet */
static bool vfe_scsi_rescan_ends(struct vfe_scsi_rescan *r)
{
	struct vfe_scsi_events *e = &r->vs->events;
	bool ends;

	spin_lock_irq(&e->lock);
	ends = !r->again;
	r->again = false;
	if (ends)
		list_del(&r->node);
	spin_unlock_irq(&e->lock);
	return ends;
}

static void vfe_scsi_rescan_work(struct work_struct *work)
{
	struct vfe_scsi_rescan *r = container_of(work, struct vfe_scsi_rescan,
						 work);

	do {
		scsi_rescan_device(r->sdev);
	} while (!vfe_scsi_rescan_ends(r));
	scsi_device_put(r->sdev);
	kfree(r);
}

/* Return: whether the unit has a work item already, which now looks again */
static bool vfe_scsi_rescan_again(struct vfe_scsi *vs,
				  const struct scsi_device *sdev)
{
	struct vfe_scsi_events *e = &vs->events;
	struct vfe_scsi_rescan *r;
	bool found = false;

	spin_lock_irq(&e->lock);
	list_for_each_entry(r, &e->rescanned, node) {
		found = r->sdev == sdev;
		if (found) {
			r->again = true;
			break;
		}
	}
	spin_unlock_irq(&e->lock);
	return found;
}

/*
 * The driver of a disk waits for its commands in flight, maybe for as long as
 * its storage is stopped: each unit has a work item of its own, and only one,
 * however many events come meanwhile. Without memory for it, the change is found
 * by the next one.
 */
static void vfe_scsi_rescan(struct vfe_scsi *vs, struct scsi_device *sdev)
{
	struct vfe_scsi_events *e = &vs->events;
	struct vfe_scsi_rescan *r;

	if (vfe_scsi_rescan_again(vs, sdev))
		return;
	r = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r || scsi_device_get(sdev)) {
		kfree(r);
		return;
	}
	r->vs = vs;
	r->sdev = sdev;
	INIT_WORK(&r->work, vfe_scsi_rescan_work);
	spin_lock_irq(&e->lock);
	list_add(&r->node, &e->rescanned);
	spin_unlock_irq(&e->lock);
	queue_work(e->rescans, &r->work);
}

/* Has the driver of a unit read its properties again, if there is one. */
void vfe_scsi_rescan_unit(struct vfe_scsi *vs, unsigned int target,
			  unsigned int unit)
{
	struct scsi_device *sdev = vfe_scsi_find(vs, target, unit);

	if (!sdev)
		return;
	vfe_scsi_rescan(vs, sdev);
	scsi_device_put(sdev);
}

/* The same for all units of targets */
void vfe_scsi_rescan_targets(struct vfe_scsi *vs, const unsigned long *targets)
{
	struct scsi_device *sdev;

	shost_for_each_device(sdev, vs->shost)
		if (test_bit(sdev->id, targets))
			vfe_scsi_rescan(vs, sdev);
}

int vfe_scsi_units_init(struct vfe_scsi *vs)
{
	vs->present = bitmap_zalloc(VFE_SCSI_MAX_UNITS, GFP_KERNEL);
	vs->flat = bitmap_zalloc(VFE_SCSI_MAX_UNITS, GFP_KERNEL);
	vs->known = bitmap_zalloc(VFE_SCSI_MAX_UNITS, GFP_KERNEL);
	if (vs->present && vs->flat && vs->known)
		return 0;
	vfe_scsi_units_exit(vs);
	return -ENOMEM;
}

void vfe_scsi_units_exit(struct vfe_scsi *vs)
{
	bitmap_free(vs->present);
	bitmap_free(vs->flat);
	bitmap_free(vs->known);
	vs->present = NULL;
	vs->flat = NULL;
	vs->known = NULL;
}

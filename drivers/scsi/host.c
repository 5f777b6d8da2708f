// SPDX-License-Identifier: GPL-2.0
/*
 * The Scsi_Host: its operations, its limits, and the scan of its units when it
 * is added.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/virtio_ring.h>
#include <scsi/scsi_devinfo.h>
#include <scsi/scsi_tcq.h>

#include "scsi.h"

static int vfe_scsi_init_cmd(struct Scsi_Host *shost, struct scsi_cmnd *sc)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);

	return vfe_io_request_init(&vfe_scsi_of(shost)->io, &cmd->io, cmd + 1);
}

static int vfe_scsi_exit_cmd(struct Scsi_Host *shost, struct scsi_cmnd *sc)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);

	vfe_io_request_exit(&vfe_scsi_of(shost)->io, &cmd->io);
	return 0;
}

/*
 * 5.6.6.1: an address has one level of 14 bits. As in virtio_scsi, the
 * SCSI core reads VPD pages even of units of an old version of SCSI.
 */
static int vfe_scsi_init_unit(struct scsi_device *sdev)
{
	if (sdev->lun >= 2 * VFE_SCSI_MAX_UNITS)
		return -ENXIO;
	sdev->sdev_bflags = BLIST_TRY_VPD_PAGES;
	return 0;
}

/* 5.6.4.1: not more than cmd_per_lun commands to a unit */
static int vfe_scsi_change_depth(struct scsi_device *sdev, int depth)
{
	return scsi_change_queue_depth(sdev, min_t(int, depth,
						   sdev->host->cmd_per_lun));
}

static void vfe_scsi_map_queues(struct Scsi_Host *shost)
{
	struct vfe_scsi *vs = vfe_scsi_of(shost);

	vfe_io_map_queues(vs->vd, VFE_SCSI_REQUESTQ, &vs->share,
			  shost->tag_set.map);
}

/* --- callers for which scsi_remove_host() does not wait --- */

/**
 * vfe_scsi_host_enter() - may a caller use the host that may be unbound?
 * @shost: the SCSI core's structure
 *
 * Context: process context, may sleep.
 * Return: whether it may, until it calls vfe_scsi_host_leave().
 */
bool vfe_scsi_host_enter(struct Scsi_Host *shost)
{
	struct vfe_scsi_link *link = shost_priv(shost);

	down_read(&link->users);
	if (!link->closed)
		return true;
	up_read(&link->users);
	return false;
}

void vfe_scsi_host_leave(struct Scsi_Host *shost)
{
	struct vfe_scsi_link *link = shost_priv(shost);

	up_read(&link->users);
}

/**
 * vfe_scsi_host_close() - let none of these callers in any more
 * @vs: the host
 *
 * Context: process context, may sleep: waits for those that are in.
 */
void vfe_scsi_host_close(struct vfe_scsi *vs)
{
	struct vfe_scsi_link *link = shost_priv(vs->shost);

	down_write(&link->users);
	link->closed = true;
	up_write(&link->users);
}

/* Return: false if the device did not answer for some targets */
static bool vfe_scsi_scan_all(struct vfe_scsi *vs)
{
	struct vfe_scsi_check check = {};

	bitmap_set(check.targets, 0, vs->limits.targets);
	return vfe_scsi_reconcile(vs, &check);
}

/*
 * The SCSI core scans, maybe in another thread: check all units in this one. The
 * work item, which the device could keep busy for ever by events, begins only
 * afterwards, and tries again if the device did not answer. Nor does its queue
 * run during a suspend, which waits for the scan. An unbind ends the scan by
 * @leaving, and vfe_scsi_host_close() waits for it.
 */
static void vfe_scsi_scan_start(struct Scsi_Host *shost)
{
	struct vfe_scsi *vs = vfe_scsi_of(shost);
	bool done;

	if (!vfe_scsi_host_enter(shost))
		return;
	WRITE_ONCE(vs->manual, false);
	done = vfe_scsi_scan_all(vs);
	vfe_scsi_events_begin(vs);
	if (!done)
		vfe_scsi_check_all(vs);
	vfe_scsi_host_leave(shost);
}

static int vfe_scsi_scan_finished(struct Scsi_Host *shost, unsigned long time)
{
	return true;
}

static struct scsi_host_template vfe_scsi_template = {
	.module = THIS_MODULE,
	.name = "vfe SCSI host",
	.proc_name = KBUILD_MODNAME,
	.this_id = -1,
	.cmd_size = sizeof(struct vfe_scsi_cmd) + VFE_SCSI_BEHIND,
	.queuecommand = vfe_scsi_queuecommand,
	.commit_rqs = vfe_scsi_commit_rqs,
	.mq_poll = vfe_scsi_poll,
	.map_queues = vfe_scsi_map_queues,
	.init_cmd_priv = vfe_scsi_init_cmd,
	.exit_cmd_priv = vfe_scsi_exit_cmd,
	VFE_SDEV_INIT_OP(vfe_scsi_init_unit)
	.change_queue_depth = vfe_scsi_change_depth,
	.scan_start = vfe_scsi_scan_start,
	.scan_finished = vfe_scsi_scan_finished,
	.eh_timed_out = vfe_scsi_timed_out,
	.eh_abort_handler = vfe_scsi_eh_abort,
	.eh_device_reset_handler = vfe_scsi_eh_unit_reset,
	.eh_target_reset_handler = vfe_scsi_eh_target_reset,
	.eh_host_reset_handler = vfe_scsi_eh_host_reset,
	.skip_settle_delay = 1,
	.track_queue_depth = 1,
};

/*
 * With an indirect table a command uses one ring entry, otherwise one for each
 * descriptor: assume three, for header, response and one piece of data.
 */
static unsigned int vfe_scsi_depth(const struct vfe_scsi *vs)
{
	unsigned int i, depth = VFE_SCSI_MAX_DEPTH;

	for (i = 0; i < vs->share.queues; i++)
		depth = min(depth, vfe_queue_capacity(vs->queues[i].io.vq));
	if (!vfe_has_feature(vs->vd, VIRTIO_RING_F_INDIRECT_DESC))
		depth /= 1 + VFE_SCSI_EXTRA_SEGS;
	/* one entry stays for the driver's own command */
	return depth > 1 ? depth - 1 : 1;
}

static void vfe_scsi_host_limits(struct vfe_scsi *vs, struct Scsi_Host *shost)
{
	const struct vfe_scsi_limits *limits = &vs->limits;

	/* 5.6.4.1: not more than either to a unit */
	shost->can_queue = vfe_scsi_depth(vs);
	shost->cmd_per_lun = min_t(unsigned int, limits->cmd_per_lun,
				   shost->can_queue);
	shost->sg_tablesize = limits->segs;
	shost->max_sectors = limits->max_sectors;
	shost->max_segment_size = UINT_MAX;
	shost->max_id = limits->targets;
	/* as in virtio_scsi: with the bit of flat space addressing */
	shost->max_lun = limits->units + VFE_SCSI_MAX_UNITS;
	shost->max_channel = 0;
	shost->max_cmd_len = VFE_SCSI_CDB_SIZE;
	shost->nr_hw_queues = vs->share.queues;
	shost->nr_maps = vfe_io_num_maps(&vs->share);
}

static void vfe_scsi_host_pi(struct vfe_scsi *vs, struct Scsi_Host *shost)
{
	if (!vs->pi)
		return;
	scsi_host_set_prot(shost, SHOST_DIF_TYPE1_PROTECTION |
			   SHOST_DIF_TYPE2_PROTECTION |
			   SHOST_DIF_TYPE3_PROTECTION |
			   SHOST_DIX_TYPE1_PROTECTION |
			   SHOST_DIX_TYPE2_PROTECTION |
			   SHOST_DIX_TYPE3_PROTECTION);
	scsi_host_set_guard(shost, SHOST_DIX_GUARD_CRC);
	shost->sg_prot_tablesize = vs->limits.pi_segs;
}

/**
 * vfe_scsi_host_alloc() - allocate the SCSI core's structure
 * @vs: the host, its queues set up
 *
 * It may outlive @vs, because users may hold a reference. After
 * scsi_remove_host() the core calls nothing of the driver, except what
 * vfe_scsi_host_enter() is for.
 *
 * Return: the structure, or NULL.
 */
struct Scsi_Host *vfe_scsi_host_alloc(struct vfe_scsi *vs)
{
	struct vfe_scsi_link *link;
	struct Scsi_Host *shost;

	shost = scsi_host_alloc(&vfe_scsi_template, sizeof(*link));
	if (!shost)
		return NULL;
	link = shost_priv(shost);
	link->vs = vs;
	init_rwsem(&link->users);
	vfe_scsi_host_limits(vs, shost);
	vfe_scsi_host_pi(vs, shost);
	vs->io.recovery.name = dev_name(&shost->shost_gendev);
	return shost;
}

/*
 * The SCSI core says so before it leaves a scan to another thread, which then
 * calls vfe_scsi_scan_start().
 */
static bool vfe_scsi_scans_later(struct Scsi_Host *shost)
{
	bool later;

	mutex_lock(&shost->scan_mutex);
	later = shost->async_scan;
	mutex_unlock(&shost->scan_mutex);
	return later;
}

/*
 * With scsi_mod.scan=manual or none, the SCSI core does not scan: users add
 * units, and events change and remove them.
 */
static void vfe_scsi_scan(struct vfe_scsi *vs)
{
	vs->manual = true;
	scsi_scan_host(vs->shost);
	if (!READ_ONCE(vs->manual) || vfe_scsi_scans_later(vs->shost) ||
	    !READ_ONCE(vs->manual))
		return;
	vfe_scsi_events_begin(vs);
}

/**
 * vfe_scsi_host_add() - add the host, and scan its units
 * @vs: the host, its device live
 *
 * Return: 0 or the error of scsi_add_host().
 */
int vfe_scsi_host_add(struct vfe_scsi *vs)
{
	struct device *dev = vfe_dev(vs->vd);
	int err;

	err = scsi_add_host(vs->shost, dev);
	if (err)
		return err;
	dev_info(dev, "%s: queues %u, polled %u, depth %d, targets %u%s\n",
		 vs->io.recovery.name, vs->share.queues - vs->share.polled,
		 vs->share.polled, vs->shost->can_queue, vs->limits.targets,
		 vs->pi ? ", T10 PI" : "");
	vfe_scsi_scan(vs);
	return 0;
}

/* --- commands in flight --- */

/**
 * struct vfe_scsi_count_arg - argument of vfe_scsi_count_cmd()
 * @target: a target, or less than 0 for all
 * @lun: a unit, or less than 0 for all
 * @n: commands found
 */
struct vfe_scsi_count_arg {
	int target;
	s64 lun;
	unsigned int n;
};

static bool vfe_scsi_count_cmd(struct scsi_cmnd *sc, void *data)
{
	struct vfe_scsi_cmd *cmd = scsi_cmd_priv(sc);
	struct vfe_scsi_count_arg *arg = data;

	if (vfe_scsi_cmd_in_flight(cmd) &&
	    (arg->target < 0 || arg->target == (int)sc->device->id) &&
	    (arg->lun < 0 || arg->lun == (s64)sc->device->lun))
		arg->n++;
	return true;
}

unsigned int vfe_scsi_in_flight(struct vfe_scsi *vs, int target, s64 lun)
{
	struct vfe_scsi_count_arg arg = { .target = target, .lun = lun };

	scsi_host_busy_iter(vs->shost, vfe_scsi_count_cmd, &arg);
	return arg.n;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The data path: runs a command of the SCSI core through the register window. A
 * work item runs each command from its first register to its last word, not the
 * interrupt handler: a command may make a thousand accesses that trap. cost.h
 * has the formula for the cost of a command.
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/scatterlist.h>
#include <linux/string.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_eh.h>

#include <vfe/compat/scsi.h>

#include "scsi.h"

/* attempts at a command that gets invalid answers */
#define VFE_TRAP_SCSI_TRIES	3

/* for IDENTIFY and resets; other commands go on waiting after a timeout */
#define VFE_TRAP_SCSI_TIMEOUT	(10 * HZ)

#define VFE_TRAP_SCSI_WORD	sizeof(__le32)

/* --- the registers of a command --- */

static void vfe_trap_scsi_write_cdb(struct vfe_trap *trap, const u8 *cdb,
				    unsigned int len)
{
	unsigned int i, n;
	__le32 word;

	for (i = 0; i < len; i += n) {
		n = min_t(unsigned int, len - i, VFE_TRAP_SCSI_WORD);
		word = 0;
		memcpy(&word, cdb + i, n);
		vfe_trap_set(trap, VFE_REG_SCSI_PORT_CDB, le32_to_cpu(word));
	}
}

/* Starts a command: its unit, the bytes of its data, its CDB. */
static int vfe_trap_scsi_begin(struct vfe_trap_scsi *ts, struct scsi_cmnd *sc,
			       u32 code)
{
	unsigned int unit = sc->device->lun & (VFE_SCSI_MAX_UNITS - 1);
	struct vfe_trap *trap = &ts->trap;
	int err;

	err = vfe_trap_command_claim(&ts->command);
	if (err)
		return err;
	vfe_trap_set(trap, VFE_REG_SCSI_PORT_ADDRESS,
		     vfe_scsi_window_address(sc->device->id, unit));
	if (code != VFE_SCSI_CMD_SELECT)
		vfe_trap_set(trap, VFE_REG_SCSI_PORT_COUNT, scsi_bufflen(sc));
	vfe_trap_scsi_write_cdb(trap, sc->cmnd, sc->cmd_len);
	vfe_trap_command_issue(&ts->command, code);
	return 0;
}

/* Logs an answer that cannot be right. */
static int vfe_trap_scsi_nonsense(struct vfe_trap_scsi *ts, const char *what,
				  u32 value)
{
	dev_err_ratelimited(&ts->trap.pdev->dev,
			    "status %#x after command %d: %s is %#x: fix the device\n",
			    ts->command.status, ts->command.code, what, value);
	return -EPROTO;
}

/*
 * Checks the status at the end of a command. @moved: bytes that the device
 * moved, of @len. Return: 0, -EIO the window refused it, or -EPROTO
 */
static int vfe_trap_scsi_check(struct vfe_trap_scsi *ts, u32 len, u32 *moved)
{
	u32 status = ts->command.status, expected = VFE_STATUS_READY;
	struct vfe_trap *trap = &ts->trap;

	*moved = len;
	ts->error = 0;
	if (status & VFE_STATUS_ERR) {
		ts->error = status >> VFE_SCSI_STATUS_ERROR & 0xff;
		*moved = 0;
		return -EIO;
	}
	if (status & VFE_SCSI_STATUS_SHORT) {
		*moved = vfe_trap_get(trap, VFE_REG_SCSI_PORT_COUNT);
		vfe_trap_scsi_count(ts, short_commands);
		if (*moved >= len)
			return vfe_trap_scsi_nonsense(ts, "count", *moved);
	}
	if (*moved && ts->command.code != VFE_SCSI_CMD_OUT)
		expected = VFE_STATUS_DRQ;
	if (status & expected)
		return 0;
	return vfe_trap_scsi_nonsense(ts, "lacking", expected);
}

/* --- data --- */

/*
 * The window moves whole words; only the last piece of memory may end with less.
 * The SCSI core's limit (dma_alignment) keeps other memory away from a host.
 */
static bool vfe_trap_scsi_in_words(struct scsi_cmnd *sc)
{
	struct scatterlist *sg;
	unsigned int i;

	scsi_for_each_sg(sc, sg, scsi_sg_count(sc), i)
		if (sg->offset % VFE_TRAP_SCSI_WORD ||
		    (sg->length % VFE_TRAP_SCSI_WORD && !sg_is_last(sg)))
			return false;
	return true;
}

static int vfe_trap_scsi_read_piece(struct vfe_trap *trap, u8 *buf,
				    unsigned int bytes)
{
	unsigned int rest = bytes % VFE_TRAP_SCSI_WORD;
	__le32 word;
	int err;

	err = vfe_trap_read(trap, buf, bytes - rest);
	if (err || !rest)
		return err;
	err = vfe_trap_read(trap, &word, sizeof(word));
	if (!err)
		memcpy(buf + bytes - rest, &word, rest);
	return err;
}

static void vfe_trap_scsi_write_piece(struct vfe_trap *trap, const u8 *buf,
				      unsigned int bytes)
{
	unsigned int rest = bytes % VFE_TRAP_SCSI_WORD;
	__le32 word = 0;

	vfe_trap_write(trap, buf, bytes - rest);
	if (!rest)
		return;
	memcpy(&word, buf + bytes - rest, rest);
	vfe_trap_write(trap, &word, sizeof(word));
}

/* Reads @bytes, which the data FIFO has, into the command's memory. */
static int vfe_trap_scsi_read(struct vfe_trap_scsi *ts, struct scsi_cmnd *sc,
			      u32 bytes)
{
	struct sg_mapping_iter piece;
	int err = 0;

	sg_miter_start(&piece, scsi_sglist(sc), scsi_sg_count(sc),
		       SG_MITER_TO_SG);
	while (bytes && !err && sg_miter_next(&piece)) {
		u32 n = min_t(u32, bytes, piece.length);

		err = vfe_trap_scsi_read_piece(&ts->trap, piece.addr, n);
		piece.consumed = n;
		bytes -= n;
		cond_resched();
	}
	sg_miter_stop(&piece);
	return err;
}

/* Return: whether the device took all of the data */
static bool vfe_trap_scsi_write(struct vfe_trap_scsi *ts, struct scsi_cmnd *sc)
{
	struct sg_mapping_iter piece;
	bool early = false;

	sg_miter_start(&piece, scsi_sglist(sc), scsi_sg_count(sc),
		       SG_MITER_FROM_SG);
	while (!early && sg_miter_next(&piece)) {
		/* An early answer: the device refused, and ignores the rest. */
		early = vfe_trap_command_answered(&ts->command);
		if (!early)
			vfe_trap_scsi_write_piece(&ts->trap, piece.addr,
						  piece.length);
		cond_resched();
	}
	sg_miter_stop(&piece);
	return !early;
}

/* Takes what the device has in the sense FIFO, as far as there is room. */
static void vfe_trap_scsi_take_sense(struct vfe_trap_scsi *ts,
				     struct scsi_cmnd *sc)
{
	u32 i, n, len = ts->command.status >> VFE_SCSI_STATUS_SENSE;
	__le32 word;

	len = min_t(u32, len, SCSI_SENSE_BUFFERSIZE);
	for (i = 0; i < len; i += n) {
		n = min_t(u32, len - i, VFE_TRAP_SCSI_WORD);
		word = cpu_to_le32(vfe_trap_get(&ts->trap,
						VFE_REG_SCSI_PORT_SENSE));
		memcpy(sc->sense_buffer + i, &word, n);
		vfe_trap_scsi_count(ts, sense_words);
	}
}

/* --- a command --- */

static u32 vfe_trap_scsi_code(struct scsi_cmnd *sc)
{
	if (!scsi_bufflen(sc))
		return VFE_SCSI_CMD_SELECT;
	return sc->sc_data_direction == DMA_TO_DEVICE ? VFE_SCSI_CMD_OUT :
							VFE_SCSI_CMD_IN;
}

/*
 * A command of a user, for a tape maybe, must not be executed twice, and the
 * device may have executed it.
 */
static bool vfe_trap_scsi_only_once(struct scsi_cmnd *sc)
{
	return blk_rq_is_passthrough(scsi_cmd_to_rq(sc));
}

/*
 * Runs a command once. @moved: bytes of its data. Return: 0 the device executed
 * it, -EIO the window refused it, -EPROTO an answer that makes no sense,
 * -ECANCELED stopped and not to be sent again, or the error of
 * vfe_trap_command_wait()
 */
static int vfe_trap_scsi_try(struct vfe_trap_scsi *ts, struct scsi_cmnd *sc,
			     u32 *moved)
{
	u32 code = vfe_trap_scsi_code(sc), len = scsi_bufflen(sc);
	bool whole = true;
	int err;

	err = vfe_trap_scsi_begin(ts, sc, code);
	if (err)
		return err;
	if (code == VFE_SCSI_CMD_OUT)
		whole = vfe_trap_scsi_write(ts, sc);
	err = vfe_trap_command_wait(&ts->command, scsi_cmd_to_rq(sc)->timeout,
				    true);
	if (err == -EINTR && vfe_trap_scsi_only_once(sc))
		return -ECANCELED;
	if (!err)
		err = vfe_trap_scsi_check(ts, len, moved);
	/* The device cannot have executed it without its data. */
	if (!err && !whole)
		return vfe_trap_scsi_nonsense(ts, "words left of", len);
	if (!err && code == VFE_SCSI_CMD_IN)
		err = vfe_trap_scsi_read(ts, sc, *moved);
	return err;
}

/* Runs a command to its end; tries again if a reset may help. */
static int vfe_trap_scsi_run(struct vfe_trap_scsi *ts, struct scsi_cmnd *sc,
			     u32 *moved)
{
	unsigned int i;
	int err, reset;

	if (!vfe_trap_scsi_in_words(sc))
		return -EINVAL;
	for (i = 0; i < VFE_TRAP_SCSI_TRIES; i++) {
		err = vfe_trap_scsi_try(ts, sc, moved);
		if (err != -EPROTO)
			break;
		vfe_trap_scsi_count(ts, window_resets);
		reset = vfe_trap_reset(&ts->trap, 0);
		if (vfe_trap_scsi_only_once(sc))
			return reset == -ENODEV ? reset : -ECANCELED;
		if (reset)
			return reset;
	}
	return err;
}

static int vfe_trap_scsi_host_byte(struct vfe_trap_scsi *ts, int err)
{
	switch (err) {
	case -ENODEV:
		return DID_NO_CONNECT;
	case -EIO:
		if (ts->error == VFE_SCSI_ERR_TARGET)
			return DID_BAD_TARGET;
		dev_err_ratelimited(&ts->trap.pdev->dev,
				    "command %d: the device reports error %u\n",
				    ts->command.code, ts->error);
		return DID_ERROR;
	default:
		return DID_ERROR;
	}
}

/*
 * The SCSI core sends a read or write that moved nothing, without an error,
 * again for ever: if the status is good, less than @underflow is an error.
 */
static void vfe_trap_scsi_result(struct vfe_trap_scsi *ts,
				 struct scsi_cmnd *sc, u32 moved)
{
	sc->result = ts->command.status >> VFE_SCSI_STATUS_SCSI & 0xff;
	scsi_set_resid(sc, scsi_bufflen(sc) - moved);
	if (sc->result == SAM_STAT_CHECK_CONDITION)
		vfe_trap_scsi_take_sense(ts, sc);
	else if (!sc->result && moved < sc->underflow)
		set_host_byte(sc, DID_ERROR);
}

/**
 * vfe_trap_scsi_work() - run a command of the SCSI core
 * @work: of its struct vfe_trap_scsi_cmd
 */
void vfe_trap_scsi_work(struct work_struct *work)
{
	struct vfe_trap_scsi_cmd *cmd =
		container_of(work, struct vfe_trap_scsi_cmd, work);
	struct scsi_cmnd *sc = (struct scsi_cmnd *)cmd - 1;
	struct vfe_trap_scsi *ts = shost_priv(sc->device->host);
	unsigned long begun = jiffies;
	u32 moved = 0;
	int err;

	err = vfe_trap_scsi_run(ts, sc, &moved);
	/* or it would be too old to be sent again, if the unit wants that */
	sc->jiffies_at_alloc += jiffies - begun;
	/* one of the error handler's own, which reuses its memory, ends here */
	if (err == -EINTR &&
	    sc->submitter != SUBMITTED_BY_SCSI_ERROR_HANDLER) {
		vfe_trap_scsi_stopped(ts, cmd);
		return;
	}
	if (err)
		sc->result = vfe_trap_scsi_host_byte(ts, err) << 16;
	else
		vfe_trap_scsi_result(ts, sc, moved);
	vfe_count(&ts->trap.stats, operations);
	scsi_done(sc);
}

/* --- commands of the driver itself --- */

/*
 * Sends a command without a CDB. The caller has the window for itself. Return:
 * 0, -EIO the window refused it, -EPROTO, or as vfe_trap_command_wait()
 */
static int vfe_trap_scsi_send(struct vfe_trap_scsi *ts, u32 code, u32 len)
{
	u32 moved;
	int err;

	vfe_trap_command_issue(&ts->command, code);
	err = vfe_trap_command_wait(&ts->command, VFE_TRAP_SCSI_TIMEOUT, false);
	return err ?: vfe_trap_scsi_check(ts, len, &moved);
}

/**
 * vfe_trap_scsi_send_reset() - reset a unit, or all
 * @ts: the host
 * @code: VFE_SCSI_CMD_RESET_UNIT or VFE_SCSI_CMD_RESET_BUS
 * @address: of the unit
 *
 * Context: the work queue of commands.
 * Return: 0 or the error of vfe_trap_command_claim() or vfe_trap_command_wait(),
 * -EIO there is no such unit, -EPROTO the answer is invalid.
 */
int vfe_trap_scsi_send_reset(struct vfe_trap_scsi *ts, u32 code, u32 address)
{
	int err;

	err = vfe_trap_command_claim(&ts->command);
	if (err)
		return err;
	if (code == VFE_SCSI_CMD_RESET_UNIT)
		vfe_trap_set(&ts->trap, VFE_REG_SCSI_PORT_ADDRESS, address);
	return vfe_trap_scsi_send(ts, code, 0);
}

static int vfe_trap_scsi_ask(struct vfe_trap_scsi *ts,
			     struct vfe_scsi_identity *id)
{
	int err;

	err = vfe_trap_command_claim(&ts->command);
	if (!err)
		err = vfe_trap_scsi_send(ts, VFE_SCSI_CMD_IDENTIFY,
					 sizeof(*id));
	if (!err)
		err = vfe_trap_read(&ts->trap, id, sizeof(*id));
	if (err)
		dev_err_ratelimited(&ts->trap.pdev->dev,
				    "IDENTIFY failed: error %d, the device reports %u\n",
				    err, ts->error);
	return err;
}

/* Checks that the answer describes a host that this driver supports. */
static int vfe_trap_scsi_identity_check(struct vfe_trap_scsi *ts,
					const struct vfe_scsi_identity *id)
{
	struct device *dev = &ts->trap.pdev->dev;

	if (le32_to_cpu(id->magic) != VFE_SCSI_IDENTITY_MAGIC ||
	    le32_to_cpu(id->version) != VFE_SCSI_IDENTITY_VERSION) {
		dev_err_ratelimited(dev,
				    "IDENTIFY returns magic %#x version %u, not %#x and %u: not a host of this driver\n",
			le32_to_cpu(id->magic), le32_to_cpu(id->version),
			VFE_SCSI_IDENTITY_MAGIC, VFE_SCSI_IDENTITY_VERSION);
		return -ENODEV;
	}
	/* The block layer cannot limit requests to less than a page. */
	if (le32_to_cpu(id->max_count) < PAGE_SIZE) {
		dev_err_ratelimited(dev,
				    "IDENTIFY returns at most %u bytes of data, but the driver needs %lu: fix the device\n",
			le32_to_cpu(id->max_count), PAGE_SIZE);
		return -EINVAL;
	}
	return 0;
}

/**
 * vfe_trap_scsi_identify() - read the limits, and which targets have units
 * @ts: with its window open
 *
 * Context: process context, may sleep; no command is under way.
 * Return: 0, -ENODEV the device is gone or not a host of this driver, -EINVAL the
 * answer is invalid, or the error of the command. Each with a line in the log.
 */
int vfe_trap_scsi_identify(struct vfe_trap_scsi *ts)
{
	struct vfe_scsi_identity id;
	unsigned int i;
	int err;

	err = vfe_trap_scsi_ask(ts, &id);
	if (!err)
		err = vfe_trap_scsi_identity_check(ts, &id);
	if (err)
		return err;
	ts->max_count = le32_to_cpu(id.max_count);
	for (i = 0; i < VFE_SCSI_MAX_TARGETS; i++)
		__assign_bit(i, ts->targets,
			     le32_to_cpu(id.targets[i / 32]) & BIT(i % 32));
	return 0;
}

/*
 * The units say that they were reset: the SCSI core expects it, and repeats the
 * command. It would take that of a unit with a removable medium for another
 * medium, and fail the command.
 */
static void vfe_trap_scsi_report_reset(struct vfe_trap_scsi *ts)
{
	unsigned long flags;

	spin_lock_irqsave(ts->shost->host_lock, flags);
	scsi_report_bus_reset(ts->shost, 0);
	spin_unlock_irqrestore(ts->shost->host_lock, flags);
}

/**
 * vfe_trap_scsi_recheck() - check that it takes the same commands after a reset
 * @trap: its controller, with the window reset
 *
 * The units say for themselves that they are others.
 *
 * Context: process context, may sleep; no command is under way.
 * Return: as vfe_trap_scsi_identify(); also -ENODEV if it takes less data.
 */
int vfe_trap_scsi_recheck(struct vfe_trap *trap)
{
	struct vfe_trap_scsi *ts = to_trap_scsi(trap);
	u32 max_count = ts->max_count;
	int err;

	err = vfe_trap_scsi_identify(ts);
	if (err)
		return err;
	vfe_trap_scsi_report_reset(ts);
	if (ts->max_count >= max_count)
		return 0;
	dev_err_ratelimited(&trap->pdev->dev,
			    "%u bytes of data in a command, previously %u: unbind the driver and bind it again\n",
			    ts->max_count, max_count);
	return -ENODEV;
}

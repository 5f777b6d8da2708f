// SPDX-License-Identifier: GPL-2.0
/* Executes a command: the checks that all have in common, then its own. */
#include "scsi/command.h"

#define VARIABLE_LENGTH	0x7f
#define NACA		0x04	/* in the control byte */

static uint16_t action_of(const uint8_t *cdb)
{
	return cdb[0] == VARIABLE_LENGTH ? get16(cdb + 8) : cdb[1] & 0x1f;
}

static unsigned int control_byte(const struct command_info *info)
{
	return info->code == VARIABLE_LENGTH ? 1 : info->len - 1U;
}

/* Return: NULL after the command has failed */
static const struct command_info *find(struct command *c)
{
	const struct command_info *info =
		command_find(c->cdb[0], action_of(c->cdb));

	if (!command_is_known(c->cdb[0]) ||
	    (c->well_known && info && !(info->flags & COMMAND_WELL_KNOWN))) {
		command_fail_with(c, SENSE_OPCODE);
		return NULL;
	}
	if (!info) {
		command_bad_cdb(c, c->cdb[0] == VARIABLE_LENGTH ? 8 : 1);
		return NULL;
	}
	if (c->well_known || c->u || info->flags & COMMAND_ALWAYS)
		return info;
	command_fail_with(c, SENSE_NO_UNIT);
	return NULL;
}

/* Is the CDB whole, and does it ask for nothing that there is not? */
static bool check_cdb(struct command *c, const struct command_info *info)
{
	if (c->cdb_len < info->len) {
		command_bad_cdb(c, c->cdb_len);
		return false;
	}
	if (info->code == VARIABLE_LENGTH && c->cdb[7] != info->len - 8) {
		command_bad_cdb(c, 7);
		return false;
	}
	if (!(c->cdb[control_byte(info)] & NACA))
		return true;
	command_bad_cdb(c, control_byte(info));
	return false;
}

/* The state of the unit */
static bool check_unit(struct command *c, const struct command_info *info)
{
	struct unit *u = c->u;

	if (!u)
		return true;
	if (u->attentions && !(info->flags & COMMAND_ALWAYS)) {
		command_fail_with(c, unit_take_attention(u));
		scsi_count(c->s, SCSI_ATTENTIONS, 1);
		return false;
	}
	if (u->stopped && info->flags & COMMAND_MEDIUM) {
		command_fail_with(c, SENSE_STOPPED);
		return false;
	}
	if (info->flags & COMMAND_WRITES && unit_readonly(u)) {
		command_fail_with(c, SENSE_PROTECTED);
		return false;
	}
	return true;
}

/* --fail-every, fail on the control socket */
static void fail(struct command *c, const struct command_info *info)
{
	if (!(info->flags & COMMAND_MEDIUM))
		command_fail_with(c, SENSE_TARGET_FAILURE);
	else if (info->flags & COMMAND_WRITES)
		command_fail_with(c, SENSE_WRITE_ERROR);
	else
		command_fail_with(c, SENSE_READ_ERROR);
}

static bool has_own_count(const struct command_info *info)
{
	return info->flags & COMMAND_MEDIUM && info->run != medium_ready &&
	       info->run != medium_capacity10 &&
	       info->run != medium_capacity16;
}

static void run(struct command *c)
{
	const struct command_info *info = find(c);

	if (!info || !check_cdb(c, info) || !check_unit(c, info))
		return;
	if (info->run == reserve_in || info->run == reserve_out)
		scsi_count(c->s, SCSI_RESERVES, 1);
	else if (!has_own_count(info))
		scsi_count(c->s, SCSI_OTHERS, 1);
	if (service_fails(c->s->v))
		fail(c, info);
	else
		info->run(c);
}

void command_execute(struct command *c)
{
	c->response = VIRTIO_SCSI_S_OK;
	c->status = STATUS_GOOD;
	run(c);
	if (c->response != VIRTIO_SCSI_S_OK)
		c->status = STATUS_GOOD;
	else if (c->status == STATUS_CHECK &&
		 c->sense.code >> 16 != KEY_UNIT_ATTENTION)
		scsi_count(c->s, SCSI_ERRORS, 1);
}

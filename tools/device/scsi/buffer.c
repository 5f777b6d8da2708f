// SPDX-License-Identifier: GPL-2.0
/*
 * READ BUFFER and WRITE BUFFER (SPC-4, 6.18 and 6.49): memory of a unit, by
 * which tools test the way to it.
 */
#include <stdlib.h>

#include "scsi/command.h"

#define MODE_BITS	0x1f
#define MODE_DATA	0x02
#define MODE_DESCRIPTOR	0x03
#define MODE_ECHO	0x0a
#define MODE_ECHO_DESCRIPTOR 0x0b

/* Return: false after the command has failed */
static bool has_buffer(struct command *c)
{
	if (!c->u->buffer)
		c->u->buffer = calloc(1, UNIT_BUFFER_LEN);
	if (c->u->buffer)
		return true;
	command_fail_with(c, SENSE_TARGET_FAILURE);
	return false;
}

/* A part of the one buffer that there is */
static bool is_part(struct command *c, uint32_t offset, uint32_t len)
{
	if (c->cdb[2])
		command_bad_cdb(c, 2);
	else if (offset > UNIT_BUFFER_LEN)
		command_bad_cdb(c, 3);
	else if (len > UNIT_BUFFER_LEN - offset)
		command_bad_cdb(c, 6);
	else
		return true;
	return false;
}

static void read_data(struct command *c, uint32_t offset)
{
	uint32_t allocated = get24(c->cdb + 6);

	if (!is_part(c, offset, 0) || !has_buffer(c))
		return;
	command_reply(c, c->u->buffer + offset, UNIT_BUFFER_LEN - offset,
		      allocated);
}

void buffer_read(struct command *c)
{
	/* any offset; then the capacity */
	uint8_t to[4] = { 0, UNIT_BUFFER_LEN >> 16 };
	uint32_t allocated = get24(c->cdb + 6);

	switch (c->cdb[1] & MODE_BITS) {
	case MODE_DATA:
		read_data(c, get24(c->cdb + 3));
		break;
	case MODE_ECHO:
		read_data(c, 0);
		break;
	case MODE_DESCRIPTOR:
		if (is_part(c, 0, 0))
			command_reply(c, to, sizeof(to), allocated);
		break;
	case MODE_ECHO_DESCRIPTOR:
		/* Its capacity has 13 bits. */
		put32(to, 0x1000);
		command_reply(c, to, sizeof(to), allocated);
		break;
	default:
		command_bad_cdb(c, 1);
	}
}

void buffer_write(struct command *c)
{
	uint8_t mode = c->cdb[1] & MODE_BITS;
	uint32_t offset = mode == MODE_DATA ? get24(c->cdb + 3) : 0;
	uint32_t len = get24(c->cdb + 6);

	if (mode != MODE_DATA && mode != MODE_ECHO) {
		command_bad_cdb(c, 1);
		return;
	}
	if (is_part(c, offset, len) && has_buffer(c))
		command_list(c, c->u->buffer + offset, len);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The table of commands, and the two that report what is in it (SPC-4, 6.35
 * and 6.36).
 */
#include <string.h>

#include "scsi/command.h"

/* The bytes of often used fields, in a list of usage bits */
#define U16	0xff, 0xff
#define U24	0xff, 0xff, 0xff
#define U32	0xff, 0xff, 0xff, 0xff
#define U64	U32, U32

#define ALWAYS	(COMMAND_ALWAYS | COMMAND_WELL_KNOWN)
#define READS	COMMAND_MEDIUM
#define CHANGES	(COMMAND_MEDIUM | COMMAND_WRITES)

const struct command_info commands[] = {
	{ 0x00, NO_ACTION, 6, COMMAND_WELL_KNOWN | COMMAND_MEDIUM,
	  medium_ready, { 0, 0, 0, 0, 0x04 } },
	{ 0x03, NO_ACTION, 6, ALWAYS, inquiry_sense,
	  { 0x01, 0, 0, 0xff, 0x04 } },
	{ 0x08, NO_ACTION, 6, READS, transfer_read,
	  { 0x1f, U16, 0xff, 0x04 } },
	{ 0x0a, NO_ACTION, 6, CHANGES, transfer_write,
	  { 0x1f, U16, 0xff, 0x04 } },
	{ 0x12, NO_ACTION, 6, ALWAYS, inquiry_run,
	  { 0x01, 0xff, U16, 0x04 } },
	{ 0x15, NO_ACTION, 6, 0, mode_select,
	  { 0x11, 0, 0, 0xff, 0x04 } },
	{ 0x1a, NO_ACTION, 6, 0, mode_sense,
	  { 0x08, U16, 0xff, 0x04 } },
	{ 0x1b, NO_ACTION, 6, 0, medium_start_stop,
	  { 0x01, 0, 0, 0x01, 0x04 } },
	{ 0x25, NO_ACTION, 10, READS, medium_capacity10,
	  { 0, U32, 0, 0, 0x01, 0x04 } },
	{ 0x28, NO_ACTION, 10, READS, transfer_read,
	  { 0xf8, U32, 0x1f, U16, 0x04 } },
	{ 0x2a, NO_ACTION, 10, CHANGES, transfer_write,
	  { 0xf8, U32, 0x1f, U16, 0x04 } },
	{ 0x2f, NO_ACTION, 10, READS, transfer_verify,
	  { 0xf6, U32, 0x1f, U16, 0x04 } },
	{ 0x35, NO_ACTION, 10, READS, medium_synchronize,
	  { 0x02, U32, 0x1f, U16, 0x04 } },
	{ 0x3b, NO_ACTION, 10, 0, buffer_write,
	  { 0x1f, 0xff, U24, U24, 0x04 } },
	{ 0x3c, NO_ACTION, 10, 0, buffer_read,
	  { 0x1f, 0xff, U24, U24, 0x04 } },
	{ 0x41, NO_ACTION, 10, CHANGES, medium_write_same,
	  { 0x08, U32, 0x1f, U16, 0x04 } },
	{ 0x42, NO_ACTION, 10, CHANGES, medium_unmap,
	  { 0x01, 0, 0, 0, 0, 0x1f, U16, 0x04 } },
	{ 0x4d, NO_ACTION, 10, 0, mode_log_sense,
	  { 0x03, 0xff, 0xff, 0, U16, U16, 0x04 } },
	{ 0x55, NO_ACTION, 10, 0, mode_select,
	  { 0x11, 0, 0, 0, 0, 0, U16, 0x04 } },
	{ 0x5a, NO_ACTION, 10, 0, mode_sense,
	  { 0x18, U16, 0, 0, 0, U16, 0x04 } },
	{ 0x5e, 0x00, 10, 0, reserve_in,
	  { 0x1f, 0, 0, 0, 0, 0, U16, 0x04 } },
	{ 0x5e, 0x01, 10, 0, reserve_in,
	  { 0x1f, 0, 0, 0, 0, 0, U16, 0x04 } },
	{ 0x5e, 0x02, 10, 0, reserve_in,
	  { 0x1f, 0, 0, 0, 0, 0, U16, 0x04 } },
	{ 0x5e, 0x03, 10, 0, reserve_in,
	  { 0x1f, 0, 0, 0, 0, 0, U16, 0x04 } },
	{ 0x5f, 0x00, 10, 0, reserve_out, { 0x1f, 0xff, 0, 0, U32, 0x04 } },
	{ 0x5f, 0x01, 10, 0, reserve_out, { 0x1f, 0xff, 0, 0, U32, 0x04 } },
	{ 0x5f, 0x02, 10, 0, reserve_out, { 0x1f, 0xff, 0, 0, U32, 0x04 } },
	{ 0x5f, 0x03, 10, 0, reserve_out, { 0x1f, 0xff, 0, 0, U32, 0x04 } },
	{ 0x5f, 0x04, 10, 0, reserve_out, { 0x1f, 0xff, 0, 0, U32, 0x04 } },
	{ 0x5f, 0x05, 10, 0, reserve_out, { 0x1f, 0xff, 0, 0, U32, 0x04 } },
	{ 0x5f, 0x06, 10, 0, reserve_out, { 0x1f, 0xff, 0, 0, U32, 0x04 } },
	/* variable length: from byte 7 on the length, the action, and so on */
	{ 0x7f, 0x09, 32, READS, transfer_read,
	  { 0x04, 0, 0, 0, 0, 0x1f, 0xff, U16, 0xf8, 0, U64, U32, U16, U16,
	    U32 } },
	{ 0x7f, 0x0a, 32, READS, transfer_verify,
	  { 0x04, 0, 0, 0, 0, 0x1f, 0xff, U16, 0xf6, 0, U64, U32, U16, U16,
	    U32 } },
	{ 0x7f, 0x0b, 32, CHANGES, transfer_write,
	  { 0x04, 0, 0, 0, 0, 0x1f, 0xff, U16, 0xf8, 0, U64, U32, U16, U16,
	    U32 } },
	{ 0x88, NO_ACTION, 16, READS, transfer_read,
	  { 0xf8, U64, U32, 0x1f, 0x04 } },
	{ 0x89, NO_ACTION, 16, CHANGES, transfer_compare_and_write,
	  { 0x18, U64, 0, 0, 0, 0xff, 0x1f, 0x04 } },
	{ 0x8a, NO_ACTION, 16, CHANGES, transfer_write,
	  { 0xf8, U64, U32, 0x1f, 0x04 } },
	{ 0x8f, NO_ACTION, 16, READS, transfer_verify,
	  { 0xf6, U64, U32, 0x1f, 0x04 } },
	{ 0x91, NO_ACTION, 16, READS, medium_synchronize,
	  { 0x02, U64, U32, 0x1f, 0x04 } },
	{ 0x93, NO_ACTION, 16, CHANGES, medium_write_same,
	  { 0x09, U64, U32, 0x1f, 0x04 } },
	{ 0x9e, 0x10, 16, READS, medium_capacity16,
	  { 0x1f, U64, U32, 0x01, 0x04 } },
	{ 0xa0, NO_ACTION, 12, ALWAYS, inquiry_luns,
	  { 0, 0xff, 0, 0, 0, U32, 0, 0x04 } },
	{ 0xa3, 0x0c, 12, 0, table_opcodes,
	  { 0x1f, 0x87, 0xff, U16, U32, 0, 0x04 } },
	{ 0xa3, 0x0d, 12, 0, table_functions,
	  { 0x1f, 0x80, 0, 0, 0, U32, 0, 0x04 } },
	{ 0xa8, NO_ACTION, 12, READS, transfer_read,
	  { 0xf8, U32, U32, 0x1f, 0x04 } },
	{ 0xaa, NO_ACTION, 12, CHANGES, transfer_write,
	  { 0xf8, U32, U32, 0x1f, 0x04 } },
	{ 0xaf, NO_ACTION, 12, READS, transfer_verify,
	  { 0xf6, U32, U32, 0x1f, 0x04 } },
};

#define NUM_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

const unsigned int num_commands = NUM_COMMANDS;

static const struct command_info *any_of(uint8_t code)
{
	for (unsigned int i = 0; i < NUM_COMMANDS; i++) {
		if (commands[i].code == code)
			return &commands[i];
	}
	return NULL;
}

bool command_is_known(uint8_t code)
{
	return any_of(code);
}

bool command_has_action(uint8_t code)
{
	const struct command_info *info = any_of(code);

	return info && info->action != NO_ACTION;
}

const struct command_info *command_find(uint8_t code, uint16_t action)
{
	for (unsigned int i = 0; i < NUM_COMMANDS; i++) {
		if (commands[i].code == code &&
		    (commands[i].action == NO_ACTION ||
		     commands[i].action == action))
			return &commands[i];
	}
	return NULL;
}

/* SPC-4, 6.35.4: there are no timeouts. */
static unsigned int put_timeouts(uint8_t *to)
{
	memset(to, 0, 12);
	to[1] = 10;
	return 12;
}

static void report_all(struct command *c, bool timeouts)
{
	static uint8_t to[4 + NUM_COMMANDS * 20];
	unsigned int at = 4;

	for (unsigned int i = 0; i < NUM_COMMANDS; i++) {
		const struct command_info *info = &commands[i];
		bool action = info->action != NO_ACTION;

		memset(to + at, 0, 8);
		to[at] = info->code;
		put16(to + at + 2, action ? info->action : 0);
		to[at + 5] = (timeouts ? 0x02 : 0) | action;
		put16(to + at + 6, info->len);
		at += 8;
		if (timeouts)
			at += put_timeouts(to + at);
	}
	put32(to, at - 4);
	command_reply(c, to, at, get32(c->cdb + 6));
}

static void report_one(struct command *c, const struct command_info *info,
		       bool timeouts)
{
	uint8_t to[4 + 32 + 12] = { 0, 0x01 };	/* not supported */
	unsigned int len = 4;

	if (info) {
		to[1] = 0x03 | (timeouts ? 0x80 : 0);
		put16(to + 2, info->len);
		to[4] = info->code;
		memcpy(to + 5, info->usage, info->len - 1);
		len += info->len;
		if (timeouts)
			len += put_timeouts(to + len);
	}
	command_reply(c, to, len, get32(c->cdb + 6));
}

#define REPORT_ALL	0
#define REPORT_CODE	1	/* of one that has no service action */
#define REPORT_ACTION	2
#define REPORT_EITHER	3

void table_opcodes(struct command *c)
{
	uint8_t what = c->cdb[2] & 0x07, code = c->cdb[3];
	uint16_t action = get16(c->cdb + 4);
	bool timeouts = c->cdb[2] & 0x80, known = command_is_known(code);

	if (what == REPORT_ALL)
		report_all(c, timeouts);
	else if (what > REPORT_EITHER)
		command_bad_cdb(c, 2);
	else if (known && what == REPORT_CODE && command_has_action(code))
		command_bad_cdb(c, 3);
	else if (known && what == REPORT_ACTION && !command_has_action(code))
		command_bad_cdb(c, 3);
	else
		report_one(c, command_find(code, action), timeouts);
}

void table_functions(struct command *c)
{
	/*
	 * ABORT TASK, ABORT TASK SET, CLEAR TASK SET, LOGICAL UNIT RESET, QUERY
	 * TASK; QUERY TASK SET and I_T NEXUS RESET
	 */
	uint8_t to[16] = { 0xdc, 0x03, 0, sizeof(to) - 4 };

	/* With REPD the long form, which has timeouts; there are none. */
	if (!(c->cdb[2] & 0x80))
		to[3] = 0;
	command_reply(c, to, c->cdb[2] & 0x80 ? sizeof(to) : 4,
		      get32(c->cdb + 6));
}

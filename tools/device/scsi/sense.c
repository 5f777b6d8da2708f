// SPDX-License-Identifier: GPL-2.0
/* Sense data, SPC-4, 4.5: in fixed format or as descriptors. */
#include <string.h>

#include "scsi/command.h"

#define FIXED_CODE		0x70
#define FIXED_LEN		18
#define FIXED_VALID		0x80
#define DESCRIPTOR_CODE		0x72
#define DESCRIPTOR_HEADER	8
/* Sense key specific data: a field pointer */
#define FIELD_VALID		0x80
#define FIELD_IN_CDB		0x40

void command_fail_with(struct command *c, uint32_t code)
{
	c->status = STATUS_CHECK;
	c->sense = (struct sense){ .code = code };
}

void command_fail_at(struct command *c, uint32_t code, uint64_t info)
{
	command_fail_with(c, code);
	c->sense.has_info = true;
	c->sense.info = info;
}

static void bad_field(struct command *c, uint32_t code, unsigned int byte)
{
	command_fail_with(c, code);
	c->sense.has_field = true;
	c->sense.in_cdb = code == SENSE_CDB_FIELD;
	c->sense.field = byte;
}

void command_bad_cdb(struct command *c, unsigned int byte)
{
	bad_field(c, SENSE_CDB_FIELD, byte);
}

void command_bad_list(struct command *c, unsigned int byte)
{
	bad_field(c, SENSE_LIST_FIELD, byte);
}

uint32_t unit_take_attention(struct unit *u)
{
	static const uint16_t codes[] = {
		[ATTENTION_POWER_ON] = 0x2900,
		[ATTENTION_RESET] = 0x2903,
		[ATTENTION_NEXUS_LOSS] = 0x2907,
		[ATTENTION_CAPACITY] = 0x2a09,
		[ATTENTION_LUNS] = 0x3f0e,
	};

	for (unsigned int i = 0; i < NUM_ATTENTIONS; i++) {
		if (!(u->attentions & 1U << i))
			continue;
		u->attentions &= ~(1U << i);
		return SENSE(KEY_UNIT_ATTENTION, codes[i] >> 8, codes[i] & 0xff);
	}
	return SENSE_NONE;
}

static void put_field(const struct sense *s, uint8_t *to)
{
	to[0] = FIELD_VALID | (s->in_cdb ? FIELD_IN_CDB : 0);
	put16(to + 1, s->field);
}

/* 4.5.3 */
static unsigned int put_fixed(const struct sense *s, uint8_t *to)
{
	to[0] = FIXED_CODE;
	/* Four bytes, which a larger number does not have. */
	if (s->has_info && s->info <= UINT32_MAX) {
		to[0] |= FIXED_VALID;
		put32(to + 3, s->info);
	}
	to[2] = s->code >> 16;
	to[7] = FIXED_LEN - 8;
	to[12] = s->code >> 8;
	to[13] = s->code;
	if (s->has_field)
		put_field(s, to + 15);
	return FIXED_LEN;
}

/* 4.5.2 */
static unsigned int put_descriptors(const struct sense *s, uint8_t *to)
{
	unsigned int at = DESCRIPTOR_HEADER;

	to[0] = DESCRIPTOR_CODE;
	to[1] = s->code >> 16;
	to[2] = s->code >> 8;
	to[3] = s->code;
	if (s->has_info) {
		to[at + 1] = 10;
		to[at + 2] = FIELD_VALID;
		put64(to + at + 4, s->info);
		at += 12;
	}
	if (s->has_field) {
		to[at] = 2;
		to[at + 1] = 6;
		put_field(s, to + at + 4);
		at += 8;
	}
	to[7] = at - DESCRIPTOR_HEADER;
	return at;
}

unsigned int sense_put(const struct sense *s, bool descriptors, uint8_t *to,
		       unsigned int size)
{
	uint8_t bytes[SCSI_SENSE_MOST] = {};
	unsigned int len = descriptors ? put_descriptors(s, bytes) :
					 put_fixed(s, bytes);

	if (len > size)
		len = size;
	memcpy(to, bytes, len);
	return len;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that say what there is: INQUIRY with the vital product data, REPORT
 * LUNS, REQUEST SENSE. They work without a unit, too.
 */
#include <stdio.h>
#include <string.h>

#include "scsi/command.h"

#define VENDOR		"VFE     "
#define PRODUCT		"VIRTUAL DISK    "
#define REVISION	"0001"

/* SPC-4, 6.4.2: peripheral qualifier and device type */
#define TYPE_DISK	0x00
#define TYPE_WELL_KNOWN	0x1e
#define TYPE_ABSENT	0x3f	/* a unit may be connected here */
#define TYPE_NONE	0x7f

#define VERSION_SPC4	6
#define PAGE_MOST	256U

struct page {
	uint8_t code;
	/* @to: behind the header of 4 bytes. Return: the bytes */
	unsigned int (*put)(const struct unit *u, uint8_t *to);
};

static uint8_t type_of(const struct command *c)
{
	if (c->well_known)
		return TYPE_WELL_KNOWN;
	if (c->u)
		return TYPE_DISK;
	/* SPC-4, 6.4.2: unit 0 must be there, even if it has no disk. */
	return c->lun ? TYPE_NONE : TYPE_ABSENT;
}

static void standard(struct command *c)
{
	static const uint16_t versions[] = {
		0x00a0,		/* SAM-5 */
		0x0460,		/* SPC-4 */
		0x04c0,		/* SBC-3 */
	};
	uint8_t to[96] = {
		type_of(c), 0, VERSION_SPC4,
		0x12,		/* HISUP; format of these data */
		sizeof(to) - 5,
	};

	if (c->u && c->u->protection)
		to[5] = 1;	/* PROTECT */
	to[7] = 0x02;		/* CMDQUE */
	memcpy(to + 8, VENDOR, 8);
	memcpy(to + 16, PRODUCT, 16);
	memcpy(to + 32, REVISION, 4);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		put16(to + 58 + 2 * i, versions[i]);
	command_reply(c, to, sizeof(to), get16(c->cdb + 3));
}

static unsigned int put_serial(const struct unit *u, uint8_t *to)
{
	memcpy(to, u->serial, strlen(u->serial));
	return strlen(u->serial);
}

/* FNV-1a: the number of a unit must be its own, and always the same. */
static uint64_t name_of(const struct unit *u)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (const char *p = u->serial; *p; p++)
		hash = (hash ^ (uint8_t)*p) * 0x100000001b3;
	return hash;
}

/* SPC-4, 7.8.6 */
static unsigned int put_designators(const struct unit *u, uint8_t *to)
{
	unsigned int len = strlen(u->serial), at = 0;

	/* T10 vendor identification, of the unit */
	to[0] = 0x02;
	to[1] = 0x01;
	to[3] = 8 + len;
	memcpy(to + 4, VENDOR, 8);
	memcpy(to + 12, u->serial, len);
	at += 12 + len;
	/* NAA 3, locally assigned */
	to[at] = 0x01;
	to[at + 1] = 0x03;
	to[at + 3] = 8;
	put64(to + at + 4, name_of(u) >> 4);
	to[at + 4] |= 0x30;
	at += 12;
	/* relative target port 1 */
	to[at] = 0x01;
	to[at + 1] = 0x14;
	to[at + 3] = 4;
	to[at + 7] = 1;
	return at + 8;
}

/* SPC-4, 7.8.7: the extended INQUIRY data */
static unsigned int put_extended(const struct unit *u, uint8_t *to)
{
	/* SPT, by the type of protection that the unit has */
	static const uint8_t types[] = { 0, 0, 2, 4 };

	memset(to, 0, 60);
	if (u->protection)
		to[0] = types[u->protection] << 3 | 0x05; /* GRD_CHK, REF_CHK */
	to[1] = 0x07;		/* HEADSUP, ORDSUP, SIMPSUP */
	to[2] = 0x01;		/* V_SUP */
	return 60;
}

/* SBC-3, 6.6.4; as the limits in command.h */
static unsigned int put_limits(const struct unit *u, uint8_t *to)
{
	memset(to, 0, 60);
	to[0] = 0x01;		/* WSNZ */
	to[1] = TRANSFER_COMPARE_MOST;
	put16(to + 2, 4096 / u->block_size);
	put32(to + 4, TRANSFER_MOST / u->block_size);
	put32(to + 16, TRANSFER_UNMAP_MOST / u->block_size);
	put32(to + 20, TRANSFER_UNMAP_LISTS);
	put32(to + 24, 4096 / u->block_size);
	put64(to + 32, TRANSFER_SAME_MOST / u->block_size);
	return 60;
}

static unsigned int put_characteristics(const struct unit *u, uint8_t *to)
{
	(void)u;
	memset(to, 0, 60);
	put16(to, 1);		/* does not rotate */
	return 60;
}

static unsigned int put_provisioning(const struct unit *u, uint8_t *to)
{
	(void)u;
	to[0] = 0;
	to[1] = 0xe4;		/* LBPU, LBPWS, LBPWS10, LBPRZ */
	to[2] = 2;		/* thin */
	to[3] = 0;
	return 4;
}

static unsigned int put_pages(const struct unit *u, uint8_t *to);

static const struct page pages[] = {
	{ 0x00, put_pages },
	{ 0x80, put_serial },
	{ 0x83, put_designators },
	{ 0x86, put_extended },
	{ 0xb0, put_limits },
	{ 0xb1, put_characteristics },
	{ 0xb2, put_provisioning },
};

#define NUM_PAGES	(sizeof(pages) / sizeof(pages[0]))

static unsigned int put_pages(const struct unit *u, uint8_t *to)
{
	(void)u;
	for (size_t i = 0; i < NUM_PAGES; i++)
		to[i] = pages[i].code;
	return NUM_PAGES;
}

/* SPC-4, 7.8 */
static void vital(struct command *c)
{
	uint8_t to[PAGE_MOST] = { type_of(c), c->cdb[2] };

	for (size_t i = 0; c->u && i < NUM_PAGES; i++) {
		unsigned int len;

		if (pages[i].code != c->cdb[2])
			continue;
		len = pages[i].put(c->u, to + 4);
		put16(to + 2, len);
		command_reply(c, to, 4 + len, get16(c->cdb + 3));
		return;
	}
	command_bad_cdb(c, 2);
}

void inquiry_run(struct command *c)
{
	if (c->cdb[1] & 0x02)		/* CMDDT: obsolete */
		command_bad_cdb(c, 1);
	else if (c->cdb[1] & 0x01)
		vital(c);
	else if (c->cdb[2])
		command_bad_cdb(c, 2);
	else
		standard(c);
}

#define LUN_LEN	8
/* SPC-4, 6.33: what to report */
#define SELECT_UNITS	0x00
#define SELECT_WELL_KNOWN 0x01
#define SELECT_ALL	0x02

/*
 * The well-known unit of the host (5.6.6.1) knows the units of all targets, by
 * the addresses that requests have.
 */
void inquiry_luns(struct command *c)
{
	uint8_t to[8 + LUN_LEN * (UNITS_MOST + 1)] = {};
	uint32_t allocated = get32(c->cdb + 6), at = 8;
	const struct scsi *s = c->s;

	if (c->cdb[2] > SELECT_ALL) {
		command_bad_cdb(c, 2);
		return;
	}
	if (allocated < 16) {
		command_bad_cdb(c, 6);
		return;
	}
	if (c->u)
		c->u->attentions &= ~(1U << ATTENTION_LUNS);
	for (unsigned int i = 0; i < s->n; i++) {
		const struct unit *u = s->units[i];

		if (c->cdb[2] == SELECT_WELL_KNOWN ||
		    (!c->all_targets && u->target != c->target))
			continue;
		if (c->all_targets)
			unit_put_address(to + at, u->target, u->lun);
		else
			unit_put_lun(to + at, u->lun);
		at += LUN_LEN;
	}
	if (c->cdb[2] != SELECT_UNITS) {
		to[at] = VFE_SCSI_WLUN;
		to[at + 1] = VFE_SCSI_WLUN_REPORT;
		at += LUN_LEN;
	}
	put32(to, at - 8);
	command_reply(c, to, at, allocated);
}

/* SPC-4, 6.39 */
void inquiry_sense(struct command *c)
{
	struct sense sense = { .code = SENSE_NONE };
	uint8_t to[SCSI_SENSE_MOST];
	unsigned int len;

	if (!c->u && !c->well_known)
		sense.code = SENSE_NO_UNIT;
	else if (c->u && c->u->attentions)
		sense.code = unit_take_attention(c->u);
	else if (c->u && c->u->stopped)
		sense.code = SENSE_STOPPED;
	len = sense_put(&sense, c->cdb[1] & 0x01, to, sizeof(to));
	command_reply(c, to, len, c->cdb[4]);
}

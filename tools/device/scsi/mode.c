// SPDX-License-Identifier: GPL-2.0
/*
 * Mode pages (SPC-4, 7.5; SBC-3, 6.5), which the driver may read and some of
 * whose bits it may change; and LOG SENSE.
 */
#include <string.h>

#include "scsi/command.h"

#define PAGE_RECOVERY	0x01
#define PAGE_CACHING	0x08
#define PAGE_CONTROL	0x0a
#define PAGE_EXCEPTIONS	0x1c
#define PAGE_ALL	0x3f
#define SUBPAGE_ALL	0xff
#define PAGE_BITS	0x3f

#define WCE		0x04	/* byte 2 of the caching page */
#define D_SENSE		0x04	/* byte 2 of the control page */
#define SWP		0x08	/* byte 4 of it */
#define WP		0x80	/* device specific parameter */
#define DPOFUA		0x10
#define DESCRIPTOR_LEN	8
#define LONG_DESCRIPTOR_LEN 16
#define LIST_MOST	512U

/* Page control */
enum page_control {
	PC_CURRENT,
	PC_CHANGEABLE,
	PC_DEFAULT,
	PC_SAVED,
};

static const struct mode_page {
	uint8_t code;
	uint8_t len;		/* with its header of two bytes */
	uint8_t values[20];	/* by default, without the header */
	uint8_t changeable[20];
} pages[] = {
	{ PAGE_RECOVERY, 12, { 0xc0 }, { 0 } },	/* AWRE, ARRE */
	{ PAGE_CACHING, 20, { WCE }, { WCE } },
	/* GLTSD; unrestricted reordering */
	{ PAGE_CONTROL, 12, { 0x02, 0x10 }, { D_SENSE, 0, SWP } },
	{ PAGE_EXCEPTIONS, 12, { 0 }, { 0 } },
};

#define NUM_PAGES	(sizeof(pages) / sizeof(pages[0]))

/* @to: with room for the longest page. Return: its length */
static unsigned int put_page(const struct unit *u, const struct mode_page *page,
			     enum page_control pc, uint8_t *to)
{
	to[0] = page->code;
	to[1] = page->len - 2;
	memcpy(to + 2, pc == PC_CHANGEABLE ? page->changeable : page->values,
	       page->len - 2);
	if (pc != PC_CURRENT)
		return page->len;
	if (page->code == PAGE_CACHING && !u->write_cache)
		to[2] &= ~WCE;
	if (page->code == PAGE_CONTROL) {
		to[2] |= u->descriptor_sense ? D_SENSE : 0;
		to[4] |= u->write_protected ? SWP : 0;
	}
	return page->len;
}

/* Return: the length of the pages, or 0 if there is none of these */
static unsigned int put_pages(const struct command *c, uint8_t *to)
{
	uint8_t wanted = c->cdb[2] & PAGE_BITS, subpage = c->cdb[3];
	unsigned int len = 0;

	if (subpage && (subpage != SUBPAGE_ALL || wanted != PAGE_ALL))
		return 0;
	for (size_t i = 0; i < NUM_PAGES; i++) {
		if (wanted == pages[i].code || wanted == PAGE_ALL)
			len += put_page(c->u, &pages[i], c->cdb[2] >> 6,
					to + len);
	}
	return len;
}

/* SBC-3, 6.5.2. Return: its length */
static unsigned int put_descriptor(const struct unit *u, bool is_long,
				   uint8_t *to)
{
	uint64_t blocks = unit_blocks(u);

	if (is_long) {
		put64(to, blocks);
		put32(to + 12, u->block_size);
		return LONG_DESCRIPTOR_LEN;
	}
	put32(to, blocks > UINT32_MAX ? UINT32_MAX : blocks);
	/* three bytes, below the one of the density code */
	put32(to + 4, u->block_size);
	return DESCRIPTOR_LEN;
}

void mode_sense(struct command *c)
{
	bool ten = c->cdb[0] == 0x5a, is_long = ten && c->cdb[1] & 0x10;
	unsigned int head = ten ? 8 : 4, descriptor = 0, len;
	uint8_t to[LIST_MOST] = {};
	uint8_t specific = DPOFUA;

	if (c->cdb[2] >> 6 == PC_SAVED) {
		command_fail_with(c, SENSE_NO_SAVING);
		return;
	}
	if (!(c->cdb[1] & 0x08))	/* DBD */
		descriptor = put_descriptor(c->u, is_long, to + head);
	len = put_pages(c, to + head + descriptor);
	if (!len) {
		command_bad_cdb(c, c->cdb[3] ? 3 : 2);
		return;
	}
	len += head + descriptor;
	if (unit_readonly(c->u))
		specific |= WP;
	if (ten) {
		put16(to, len - 2);
		to[3] = specific;
		to[4] = is_long && descriptor;
		put16(to + 6, descriptor);
		command_reply(c, to, len, get16(c->cdb + 7));
	} else {
		to[0] = len - 1;
		to[2] = specific;
		to[3] = descriptor;
		command_reply(c, to, len, c->cdb[4]);
	}
}

/* A parameter list of MODE SELECT */
struct list {
	uint8_t bytes[LIST_MOST];
	unsigned int len;
	unsigned int at;
};

/* The page at @l->at. Return: NULL if it is invalid or not whole */
static const struct mode_page *find_page(struct command *c,
					 const struct list *l)
{
	const uint8_t *page = l->bytes + l->at;

	for (size_t i = 0; i < NUM_PAGES && l->len - l->at >= 2; i++) {
		/* SPF, in the same byte, is not set: there are no subpages. */
		if ((page[0] & 0x7f) != pages[i].code)
			continue;
		if (page[1] != pages[i].len - 2) {
			command_bad_list(c, l->at + 1);
			return NULL;
		}
		if (l->len - l->at >= pages[i].len)
			return &pages[i];
		command_fail_with(c, SENSE_LIST_LENGTH);
		return NULL;
	}
	if (l->len - l->at < 2)
		command_fail_with(c, SENSE_LIST_LENGTH);
	else
		command_bad_list(c, l->at);
	return NULL;
}

/* May the driver change what it changes? */
static bool check_page(struct command *c, const struct list *l,
		       const struct mode_page *page)
{
	uint8_t current[sizeof(page->values) + 2];

	put_page(c->u, page, PC_CURRENT, current);
	for (unsigned int i = 2; i < page->len; i++) {
		uint8_t changed = l->bytes[l->at + i] ^ current[i];

		if (!(changed & ~page->changeable[i - 2]))
			continue;
		command_bad_list(c, l->at + i);
		return false;
	}
	return true;
}

static void apply_page(struct unit *u, const uint8_t *page)
{
	switch (page[0] & PAGE_BITS) {
	case PAGE_CACHING:
		unit_set_write_cache(u, page[2] & WCE);
		break;
	case PAGE_CONTROL:
		u->descriptor_sense = page[2] & D_SENSE;
		u->write_protected = page[4] & SWP;
		break;
	}
}

/* The size and number of blocks stay. 0 for the number means just that. */
static bool check_descriptor(struct command *c, struct list *l, bool is_long,
			     unsigned int len)
{
	uint8_t current[LONG_DESCRIPTOR_LEN] = {};
	unsigned int right = put_descriptor(c->u, is_long, current);
	unsigned int number = is_long ? 8 : 4;
	const uint8_t *given = l->bytes + l->at;
	bool zero = true;

	if (!len)
		return true;
	if (len != right || l->len - l->at < right) {
		command_fail_with(c, SENSE_LIST_LENGTH);
		return false;
	}
	for (unsigned int i = 0; i < number; i++)
		zero &= !given[i];
	if ((zero || !memcmp(given, current, number)) &&
	    !memcmp(given + number, current + number, right - number)) {
		l->at += right;
		return true;
	}
	command_bad_list(c, l->at);
	return false;
}

/* Header and block descriptor. Return: whether they are valid */
static bool check_head(struct command *c, struct list *l, bool ten)
{
	unsigned int head = ten ? 8 : 4;
	bool is_long = ten && l->bytes[4] & 0x01;

	if (l->len < head) {
		command_fail_with(c, SENSE_LIST_LENGTH);
		return false;
	}
	l->at = head;
	return check_descriptor(c, l, is_long, ten ? get16(l->bytes + 6) :
						     l->bytes[3]);
}

/* All pages are checked before one is applied: SPC-4, 6.13. */
void mode_select(struct command *c)
{
	bool ten = c->cdb[0] == 0x55;
	struct list l = { .len = ten ? get16(c->cdb + 7) : c->cdb[4] };
	const struct mode_page *page;
	unsigned int first;

	if ((c->cdb[1] & 0x11) != 0x10) {	/* PF, and not SP */
		command_bad_cdb(c, 1);
		return;
	}
	if (!l.len)
		return;
	if (l.len > sizeof(l.bytes)) {
		command_fail_with(c, SENSE_LIST_LENGTH);
		return;
	}
	if (!command_list(c, l.bytes, l.len) || !check_head(c, &l, ten))
		return;
	first = l.at;
	for (; l.at < l.len; l.at += page->len) {
		page = find_page(c, &l);
		if (!page || !check_page(c, &l, page))
			return;
	}
	for (l.at = first; l.at < l.len; l.at += l.bytes[l.at + 1] + 2)
		apply_page(c->u, l.bytes + l.at);
}

#define LOG_PAGES	0x00
#define LOG_TEMPERATURE	0x0d
#define LOG_EXCEPTIONS	0x2f
#define TEMPERATURE	25	/* degrees Celsius */

/* SPC-4, 6.8 and 7.3; cumulative values are the only ones. */
void mode_log_sense(struct command *c)
{
	static const uint8_t supported[] = {
		LOG_PAGES, LOG_TEMPERATURE, LOG_EXCEPTIONS,
	};
	static const uint8_t temperature[] = {
		0, 0, 0x03, 2, 0, TEMPERATURE,
		0, 1, 0x03, 2, 0, 0xff,		/* no reference temperature */
	};
	static const uint8_t exceptions[] = {
		0, 0, 0x03, 4, 0, 0, TEMPERATURE, 0,
	};
	uint8_t to[32] = { c->cdb[2] & PAGE_BITS };
	unsigned int len;

	if (c->cdb[1] & 0x03) {		/* PPC, SP */
		command_bad_cdb(c, 1);
		return;
	}
	if (c->cdb[3]) {
		command_bad_cdb(c, 3);
		return;
	}
	switch (to[0]) {
	case LOG_PAGES:
		len = sizeof(supported);
		memcpy(to + 4, supported, len);
		break;
	case LOG_TEMPERATURE:
		len = sizeof(temperature);
		memcpy(to + 4, temperature, len);
		break;
	case LOG_EXCEPTIONS:
		len = sizeof(exceptions);
		memcpy(to + 4, exceptions, len);
		break;
	default:
		command_bad_cdb(c, 2);
		return;
	}
	put16(to + 2, len);
	command_reply(c, to, 4 + len, get16(c->cdb + 7));
}

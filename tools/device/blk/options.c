// SPDX-License-Identifier: GPL-2.0
/* The options of a block device. */
#include <argp.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "blk/blk.h"

enum option_key {
	KEY_BACKING = 256,
	KEY_READONLY,
	KEY_SERIAL,
	KEY_LIFETIME,
	KEY_ZONED,
};

static const struct argp_option list[] = {
	{ "backing", KEY_BACKING, "FILE", 0,
	  "Raw disk image or block device, a multiple of 512 bytes; locked while in use", 0 },
	{ "readonly", KEY_READONLY, NULL, 0, "Make the disk read-only", 0 },
	{ "serial", KEY_SERIAL, "STR", 0,
	  "Serial number, up to 20 characters (default vfe)", 0 },
	{ "lifetime", KEY_LIFETIME, "EOL,A,B", 0,
	  "Offer LIFETIME with these values, 0 to 3, 0 to 11, 0 to 11",
	  0 },
	{ "zoned", KEY_ZONED, "host-managed,zone-size=BYTES[,NAME=NUMBER]...",
	  0,
	  "Zoned disk; NAME: zone-capacity, conventional, max-open, max-active, max-append, write-granularity",
	  0 },
	{ NULL, 0, NULL, OPTION_DOC,
	  "--features-off: size_max, seg_max, blk_size, flush, topology, config_wce, mq, discard, write_zeroes, secure_erase; --fault: wce",
	  0 },
	{ }
};

struct blk_options blk_default_options = { .serial = "vfe" };

static int parse_serial(struct blk_options *o, const char *text)
{
	const char *at;

	if (strlen(text) > VFE_SERIAL_LEN)
		return parse_bad("--serial %s: %zu characters; use at most %d",
				 text, strlen(text), VFE_SERIAL_LEN);
	for (at = text; *at; at++) {
		if (!isgraph((unsigned char)*at))
			return parse_bad("--serial: use printable ASCII characters without spaces");
	}
	o->serial = text;
	return 0;
}

/* 5.2.6: other values are reserved. */
static int parse_lifetime(struct blk_options *o, const char *text)
{
	char end;

	o->lifetime = true;
	if (sscanf(text, "%u,%u,%u%c", &o->pre_eol_info, &o->lifetime_a,
		   &o->lifetime_b, &end) == 3 && o->pre_eol_info <= 3 &&
	    o->lifetime_a <= 11 && o->lifetime_b <= 11)
		return 0;
	return parse_bad("--lifetime %s: use three numbers, the first up to 3 and the others up to 11",
			 text);
}

static int parse_zoned(struct blk_options *o, const char *text)
{
	char error[512];

	if (zoned_parse(&o->zoned, text, error, sizeof(error)))
		return parse_bad("--zoned %s", error);
	return 0;
}

int blk_check_options(const void *options)
{
	const struct blk_options *o = options;

	if (o->backing && *o->backing)
		return 0;
	return parse_bad("--backing FILE is missing; name a disk image or block device (--help lists all options)");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct blk_options *o = state->input;

	switch (key) {
	case KEY_BACKING:
		o->backing = arg;
		return 0;
	case KEY_READONLY:
		o->readonly = true;
		return 0;
	case KEY_SERIAL:
		return parse_result(parse_serial(o, arg));
	case KEY_LIFETIME:
		return parse_result(parse_lifetime(o, arg));
	case KEY_ZONED:
		return parse_result(parse_zoned(o, arg));
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp blk_argp = { .options = list, .parser = parse };

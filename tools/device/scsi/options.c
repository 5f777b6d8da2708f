// SPDX-License-Identifier: GPL-2.0
/* The options of a SCSI host. */
#include <stdio.h>

#include "scsi/scsi.h"

#define KEY_UNIT	256

static const struct argp_option list[] = {
	{ "unit", KEY_UNIT, "TARGET:LUN,file=PATH[,NAME=VALUE]...", 0,
	  "A disk over a raw file, a multiple of its blocks, locked while in use; may be given more than once; NAME: readonly (without a value), serial, block-size (512 or 4096), protection (type 1 to 3)",
	  0 },
	{ NULL, 0, NULL, OPTION_DOC,
	  "--queues: request queues, 1 to 16; --features-off: hotplug, change, t10_pi",
	  0 },
	{ }
};

struct scsi_options scsi_default_options;

static int parse_unit(struct scsi_options *o, const char *text)
{
	char error[UNIT_PATH_LEN + 512];

	if (o->n == UNITS_MOST)
		return parse_bad("--unit %s: more than %u units", text,
				 UNITS_MOST);
	if (unit_parse_spec(&o->units[o->n], text, error, sizeof(error)))
		return parse_bad("--unit %s", error);
	o->n++;
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	if (key != KEY_UNIT)
		return ARGP_ERR_UNKNOWN;
	return parse_result(parse_unit(state->input, arg));
}

const struct argp scsi_argp = { .options = list, .parser = parse };

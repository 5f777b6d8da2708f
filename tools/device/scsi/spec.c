// SPDX-License-Identifier: GPL-2.0
/* A unit as the command line and the control socket describe it. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vfe/wire_scsi.h>

#include "scsi/unit.h"

#define DEFAULT_BLOCK_SIZE	512

static bool number(const char *text, char end, unsigned long most,
		   unsigned int *value, const char **rest)
{
	unsigned long n;
	char *stop;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoul(text, &stop, 10);
	if (errno || n > most || *stop != end)
		return false;
	*value = n;
	*rest = *stop ? stop + 1 : stop;
	return true;
}

bool unit_parse_address(const char *text, unsigned int *target,
			unsigned int *lun)
{
	return number(text, ':', VFE_SCSI_MAX_TARGETS - 1, target, &text) &&
	       number(text, '\0', VFE_SCSI_MAX_UNITS - 1, lun, &text);
}

static bool parse_serial(struct unit_spec *spec, const char *text)
{
	if (!*text || strlen(text) > UNIT_SERIAL_LEN)
		return false;
	for (const char *at = text; *at; at++) {
		if (!isgraph((unsigned char)*at))
			return false;
	}
	strcpy(spec->serial, text);
	return true;
}

static bool parse_path(struct unit_spec *spec, const char *text)
{
	if (!*text || strlen(text) >= sizeof(spec->path))
		return false;
	strcpy(spec->path, text);
	return true;
}

static bool parse_item(struct unit_spec *spec, char *name)
{
	char *value = strchr(name, '=');
	const char *rest;

	if (!value) {
		spec->readonly = true;
		return !strcmp(name, "readonly");
	}
	*value++ = '\0';
	if (!strcmp(name, "file"))
		return parse_path(spec, value);
	if (!strcmp(name, "serial"))
		return parse_serial(spec, value);
	if (!strcmp(name, "protection"))
		return number(value, '\0', 3, &spec->protection, &rest);
	return !strcmp(name, "block-size") &&
	       number(value, '\0', 4096, &spec->block_size, &rest) &&
	       (spec->block_size == 512 || spec->block_size == 4096);
}

static int complain(const char *text, char *error, size_t size)
{
	snprintf(error, size,
		 "%s: use TARGET:LUN,file=PATH, then readonly, serial=STR, block-size=512 or 4096, protection=0 to 3; targets up to %u, LUNs up to %u, serial numbers up to %u characters",
		 text, VFE_SCSI_MAX_TARGETS - 1, VFE_SCSI_MAX_UNITS - 1,
		 UNIT_SERIAL_LEN);
	return -1;
}

int unit_parse_spec(struct unit_spec *spec, const char *text, char *error,
		    size_t size)
{
	char copy[UNIT_PATH_LEN + 256], *rest = copy, *item;

	*spec = (struct unit_spec){ .block_size = DEFAULT_BLOCK_SIZE };
	if (strlen(text) >= sizeof(copy))
		return complain("too long", error, size);
	strcpy(copy, text);
	item = strsep(&rest, ",");
	if (!unit_parse_address(item, &spec->target, &spec->lun))
		return complain(text, error, size);
	while ((item = strsep(&rest, ","))) {
		if (!parse_item(spec, item))
			return complain(text, error, size);
	}
	if (!*spec->path)
		return complain(text, error, size);
	if (!*spec->serial)
		snprintf(spec->serial, sizeof(spec->serial), "vfe-%u-%u",
			 spec->target, spec->lun);
	return 0;
}

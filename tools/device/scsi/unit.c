// SPDX-License-Identifier: GPL-2.0
/* Units: their files, their state, and the list of all of a host. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scsi/scsi.h"

struct unit *unit_open(const struct unit_spec *spec, char *error, size_t size)
{
	struct unit *u = calloc(1, sizeof(*u));

	if (!u) {
		snprintf(error, size, "no memory for a unit");
		return NULL;
	}
	u->target = spec->target;
	u->lun = spec->lun;
	u->block_size = spec->block_size;
	u->protection = spec->protection;
	strcpy(u->serial, spec->serial);
	u->backend = backend_open(spec->path, spec->readonly, error, size);
	if (!u->backend)
		goto err;
	if (!unit_blocks(u)) {
		snprintf(error, size,
			 "backing file %s: smaller than a block of %u bytes",
			 spec->path, u->block_size);
		goto err;
	}
	if (protect_resize(u)) {
		snprintf(error, size,
			 "unit %u:%u: no memory for protection information",
			 u->target, u->lun);
		goto err;
	}
	unit_reset(u, ATTENTION_POWER_ON);
	return u;

err:
	unit_close(u);
	return NULL;
}

void unit_close(struct unit *u)
{
	if (!u)
		return;
	protect_close(u);
	backend_close(u->backend);
	free(u->buffer);
	free(u);
}

void unit_set_write_cache(struct unit *u, bool on)
{
	u->write_cache = on;
	backend_set_writethrough(u->backend, !on);
}

/* SAM-5, 6.3.1: reservations stay; what MODE SELECT set does not. */
void unit_reset(struct unit *u, enum attention why)
{
	unit_set_write_cache(u, true);
	u->descriptor_sense = false;
	u->write_protected = false;
	u->stopped = false;
	u->attentions = 0;
	unit_attend(u, why);
}

uint64_t unit_blocks(const struct unit *u)
{
	return backend_capacity(u->backend) / unit_sectors(u, 1);
}

bool unit_readonly(const struct unit *u)
{
	return u->write_protected || backend_readonly(u->backend);
}

int unit_resize(struct unit *u, uint64_t bytes)
{
	int err;

	if (bytes < u->block_size || bytes % u->block_size)
		return -EINVAL;
	err = backend_resize(u->backend, bytes);
	return err ? err : protect_resize(u);
}

void unit_put_lun(uint8_t *to, unsigned int lun)
{
	/* peripheral device addressing where it suffices, as all do */
	to[0] = lun > 255 ? VFE_SCSI_LUN_FLAT | lun >> 8 : 0;
	to[1] = lun;
}

void unit_put_address(uint8_t *to, unsigned int target, unsigned int lun)
{
	memset(to, 0, VFE_SCSI_LUN_LEN);
	to[0] = VFE_SCSI_LUN_BUS;
	to[1] = target;
	unit_put_lun(to + 2, lun);
}

/* The place of the unit, or the one where it would be */
static unsigned int place_of(const struct scsi *s, unsigned int target,
			     unsigned int lun)
{
	unsigned int low = 0, high = s->n;

	while (low < high) {
		unsigned int middle = (low + high) / 2;
		const struct unit *u = s->units[middle];

		if (u->target < target || (u->target == target && u->lun < lun))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct unit *scsi_find(const struct scsi *s, unsigned int target,
		       unsigned int lun)
{
	unsigned int i = place_of(s, target, lun);

	if (i < s->n && s->units[i]->target == target && s->units[i]->lun == lun)
		return s->units[i];
	return NULL;
}

bool scsi_has_target(const struct scsi *s, unsigned int target)
{
	unsigned int i = place_of(s, target, 0);

	return i < s->n && s->units[i]->target == target;
}

struct unit *scsi_add(struct scsi *s, const struct unit_spec *spec, char *error,
		      size_t size)
{
	unsigned int i = place_of(s, spec->target, spec->lun);
	struct unit *u;

	if (scsi_find(s, spec->target, spec->lun)) {
		snprintf(error, size, "unit %u:%u: there is one already",
			 spec->target, spec->lun);
		return NULL;
	}
	if (s->n == UNITS_MOST) {
		snprintf(error, size, "unit %u:%u: there are %u units already",
			 spec->target, spec->lun, UNITS_MOST);
		return NULL;
	}
	u = unit_open(spec, error, size);
	if (!u)
		return NULL;
	memmove(&s->units[i + 1], &s->units[i],
		(s->n - i) * sizeof(s->units[0]));
	s->units[i] = u;
	s->n++;
	return u;
}

void scsi_remove(struct scsi *s, struct unit *u)
{
	unsigned int i = place_of(s, u->target, u->lun);

	s->n--;
	memmove(&s->units[i], &s->units[i + 1],
		(s->n - i) * sizeof(s->units[0]));
	unit_close(u);
}

void scsi_luns_changed(struct scsi *s, unsigned int target)
{
	for (unsigned int i = place_of(s, target, 0);
	     i < s->n && s->units[i]->target == target; i++)
		unit_attend(s->units[i], ATTENTION_LUNS);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* A logical unit: a disk of a SCSI host, over a raw file. */
#ifndef UNIT_H
#define UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "disk/backend.h"

#define UNITS_MOST		256	/* of a host */
#define UNIT_SERIAL_LEN		36
#define UNIT_PATH_LEN		1024
#define UNIT_BUFFER_LEN		65536U	/* of READ BUFFER and WRITE BUFFER */

/* A unit as the command line and the control socket describe it */
struct unit_spec {
	unsigned int target;
	unsigned int lun;
	unsigned int block_size;
	unsigned int protection;	/* type 0 to 3 */
	bool readonly;
	char serial[UNIT_SERIAL_LEN + 1];
	char path[UNIT_PATH_LEN];
};

/*
 * Conditions that a unit reports once, as a unit attention; in order of
 * precedence, SPC-4, 5.14.
 */
enum attention {
	ATTENTION_POWER_ON,
	ATTENTION_RESET,	/* by task management */
	ATTENTION_NEXUS_LOSS,
	ATTENTION_CAPACITY,
	ATTENTION_LUNS,
	NUM_ATTENTIONS
};

/* A persistent reservation; there is one initiator. */
struct reservation {
	uint32_t generation;
	bool registered;
	uint64_t key;
	uint8_t type;		/* 0: there is none */
};

struct unit {
	unsigned int target;
	unsigned int lun;
	struct backend *backend;
	unsigned int block_size;
	unsigned int protection;
	char serial[UNIT_SERIAL_LEN + 1];
	uint32_t attentions;	/* a bit for each enum attention */
	/* for MODE SELECT */
	bool write_cache;
	bool descriptor_sense;
	bool write_protected;
	bool stopped;
	struct reservation reservation;
	uint64_t stall_until;	/* ns of the monotonic clock */
	unsigned int tasks;	/* in service */
	uint8_t *buffer;	/* of READ BUFFER; NULL: nothing was written */
	/* protection information, 8 inverted bytes per block; see protect.c */
	uint8_t *pi;
	size_t pi_len;
};

/* spec.c: T:L */
bool unit_parse_address(const char *text, unsigned int *target,
			unsigned int *lun);
/*
 * Return: 0, or -1 with one line in @error: the problem and its remedy, without
 * a newline
 */
int unit_parse_spec(struct unit_spec *spec, const char *text, char *error,
		    size_t size);

/* unit.c */

/* Return: NULL with one line in @error */
struct unit *unit_open(const struct unit_spec *spec, char *error, size_t size);
void unit_close(struct unit *u);
/* As it is after a reset of the unit, and with this condition */
void unit_reset(struct unit *u, enum attention why);
uint64_t unit_blocks(const struct unit *u);
bool unit_readonly(const struct unit *u);
void unit_set_write_cache(struct unit *u, bool on);
/* Return: 0 or -errno */
int unit_resize(struct unit *u, uint64_t bytes);
/* The single level LUN: two bytes, SAM-5, 4.7.7 */
void unit_put_lun(uint8_t *to, unsigned int lun);
/* The whole address, 5.6.6.1 */
void unit_put_address(uint8_t *to, unsigned int target, unsigned int lun);

static inline void unit_attend(struct unit *u, enum attention which)
{
	u->attentions |= 1U << which;
}

/* Sectors of 512 bytes */
static inline uint64_t unit_sectors(const struct unit *u, uint64_t blocks)
{
	return blocks * (u->block_size / 512);
}

/* protect.c: room for the information of all blocks. Return: 0 or -errno */
int protect_resize(struct unit *u);
void protect_close(struct unit *u);

#endif /* UNIT_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Commands about the medium as a whole, and those that change blocks without
 * moving them: SBC-3, 5.
 */
#include <string.h>

#include "guest/iov.h"
#include "scsi/command.h"

#define CHUNK		65536U
/* WRITE SAME */
#define SAME_NDOB	0x01
#define SAME_OBSOLETE	0x06	/* LBDATA, PBDATA */
#define SAME_UNMAP	0x08
#define SAME_ANCHOR	0x10
/* UNMAP */
#define UNMAP_ANCHOR	0x01
#define UNMAP_HEADER	8U
#define UNMAP_DESCRIPTOR 16U

void medium_ready(struct command *c)
{
	/* command.c has checked all. */
	(void)c;
}

void medium_start_stop(struct command *c)
{
	uint8_t what = c->cdb[4];

	/* No power conditions, and nothing to eject */
	if (what & 0xf2)
		command_bad_cdb(c, 4);
	else
		c->u->stopped = !(what & 0x01);
}

void medium_capacity10(struct command *c)
{
	uint64_t last = unit_blocks(c->u) - 1;
	uint8_t to[8];

	/* PMI, which is obsolete, would give the address a meaning. */
	if (!(c->cdb[8] & 0x01) && get32(c->cdb + 2)) {
		command_bad_cdb(c, 2);
		return;
	}
	put32(to, last > UINT32_MAX ? UINT32_MAX : last);
	put32(to + 4, c->u->block_size);
	command_reply(c, to, sizeof(to), sizeof(to));
}

/* Blocks of 512 bytes are eighths of physical ones. */
void medium_capacity16(struct command *c)
{
	struct unit *u = c->u;
	uint8_t to[32] = {};

	put64(to, unit_blocks(u) - 1);
	put32(to + 8, u->block_size);
	if (u->protection)
		to[12] = (u->protection - 1) << 1 | 0x01;
	to[13] = u->block_size == 512 ? 3 : 0;
	to[14] = 0xc0;			/* LBPME, LBPRZ */
	command_reply(c, to, sizeof(to), get32(c->cdb + 10));
}

void medium_synchronize(struct command *c)
{
	struct extent e = extent_of(c);

	scsi_count(c->s, SCSI_FLUSHES, 1);
	/* 0 is all blocks from there on. */
	if (extent_is_valid(c, &e, UINT64_MAX))
		medium_error(c, backend_flush(c->u->backend),
			     SENSE_WRITE_ERROR, e.lba);
}

/* The blocks read as zeroes, and take no space where that is possible. */
static bool unmap(struct command *c, uint64_t lba, uint64_t blocks,
		  bool deallocate)
{
	struct unit *u = c->u;
	int err = backend_write_zeroes(u->backend, unit_sectors(u, lba),
				       unit_sectors(u, blocks), deallocate);

	if (!medium_error(c, err, SENSE_WRITE_ERROR, lba))
		return false;
	protect_forget(u, lba, blocks);
	return true;
}

/* @list: block descriptors. All are checked before one is unmapped. */
static void unmap_list(struct command *c, const uint8_t *list, unsigned int n)
{
	uint64_t most = TRANSFER_UNMAP_MOST / c->u->block_size, sum = 0;

	for (unsigned int i = 0; i < n; i++) {
		const uint8_t *d = list + i * UNMAP_DESCRIPTOR;
		struct extent e = { .lba = get64(d), .blocks = get32(d + 8) };

		if (!extent_is_valid(c, &e, UINT64_MAX))
			return;
		sum += e.blocks;
	}
	if (sum > most) {
		command_bad_list(c, UNMAP_HEADER + 8);
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		const uint8_t *d = list + i * UNMAP_DESCRIPTOR;

		if (!unmap(c, get64(d), get32(d + 8), true))
			return;
	}
}

/* SBC-3, 5.28 */
void medium_unmap(struct command *c)
{
	uint8_t list[UNMAP_HEADER + TRANSFER_UNMAP_LISTS * UNMAP_DESCRIPTOR];
	unsigned int len = get16(c->cdb + 7), given;

	scsi_count(c->s, SCSI_UNMAPS, 1);
	if (c->cdb[1] & UNMAP_ANCHOR) {
		command_bad_cdb(c, 1);
		return;
	}
	if (!len)
		return;
	if (len < UNMAP_HEADER) {
		command_fail_with(c, SENSE_LIST_LENGTH);
		return;
	}
	if (!command_takes(c, len))
		return;
	/* More than there can be descriptors is not read. */
	if (len > sizeof(list))
		len = sizeof(list);
	if (!command_list(c, list, len))
		return;
	given = get16(list + 2);
	if (given / UNMAP_DESCRIPTOR > TRANSFER_UNMAP_LISTS)
		command_bad_list(c, 2);
	else if (given > len - UNMAP_HEADER)
		command_fail_with(c, SENSE_LIST_LENGTH);
	else
		unmap_list(c, list + UNMAP_HEADER, given / UNMAP_DESCRIPTOR);
}

static bool is_zero(const uint8_t *data, size_t len)
{
	while (len && !*data++)
		len--;
	return !len;
}

/* The same block many times */
static void repeat(struct command *c, const struct extent *e,
		   const uint8_t *block)
{
	static uint8_t pattern[CHUNK];
	struct unit *u = c->u;
	uint64_t most = CHUNK / u->block_size, n;

	for (uint64_t i = 0; i < most; i++)
		memcpy(pattern + i * u->block_size, block, u->block_size);
	for (uint64_t done = 0; done < e->blocks; done += n) {
		struct iovec iov = { .iov_base = pattern };
		uint64_t lba = e->lba + done;
		int err;

		n = e->blocks - done < most ? e->blocks - done : most;
		iov.iov_len = n * u->block_size;
		err = backend_writev(u->backend, unit_sectors(u, lba), &iov, 1);
		if (!medium_error(c, err, SENSE_WRITE_ERROR, lba))
			return;
		protect_generate(u, lba, pattern, n);
	}
}

static void zero(struct command *c, const struct extent *e, bool deallocate)
{
	static const uint8_t zeroes[4096];

	if (!unmap(c, e->lba, e->blocks, deallocate) || deallocate)
		return;
	for (uint64_t i = 0; c->u->protection && i < e->blocks; i++)
		protect_generate(c->u, e->lba + i, zeroes, 1);
}

/* SBC-3, 5.43; blocks that must be zeroes may be unmapped. */
void medium_write_same(struct command *c)
{
	bool sixteen = c->cdb[0] == 0x93, none = sixteen && c->cdb[1] & SAME_NDOB;
	struct extent e = extent_of(c);
	uint8_t block[4096] = {};
	unsigned int size = c->u->block_size;

	scsi_count(c->s, SCSI_WRITE_SAMES, 1);
	if (c->cdb[1] & (SAME_ANCHOR | SAME_OBSOLETE) ||
	    (!sixteen && c->cdb[1] & SAME_NDOB) || e.protect) {
		command_bad_cdb(c, 1);
		return;
	}
	if (!e.blocks) {		/* WSNZ */
		command_bad_cdb(c, e.count_at);
		return;
	}
	if (!extent_is_valid(c, &e, TRANSFER_SAME_MOST / size))
		return;
	if (!none && !command_list(c, block, size))
		return;
	if (is_zero(block, size))
		zero(c, &e, c->cdb[1] & SAME_UNMAP);
	else
		repeat(c, &e, block);
}

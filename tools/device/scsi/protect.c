// SPDX-License-Identifier: GPL-2.0
/*
 * Protection information, SBC-3, 4.22: 8 bytes per block, kept in memory for as
 * long as the process runs. They are stored inverted, so that memory of zeroes
 * means the information of a block that was never written, all ones.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest/iov.h"
#include "scsi/command.h"

#define PI_LEN		8U
#define POLYNOMIAL	0x8bb7	/* CRC-16/T10-DIF */
#define CHUNK		65536U	/* bytes of data at once */
#define APP_ESCAPE	0xffffU
#define REF_ESCAPE	0xffffffffU

static uint8_t bounce[CHUNK];

int protect_resize(struct unit *u)
{
	size_t len = unit_blocks(u) * PI_LEN;
	uint8_t *fresh;

	if (!u->protection)
		return 0;
	fresh = calloc(1, len);
	if (!fresh)
		return -ENOMEM;
	if (u->pi)
		memcpy(fresh, u->pi, len < u->pi_len ? len : u->pi_len);
	free(u->pi);
	u->pi = fresh;
	u->pi_len = len;
	return 0;
}

void protect_close(struct unit *u)
{
	free(u->pi);
}

static void fill_table(uint16_t *table)
{
	for (unsigned int i = 0; i < 256; i++) {
		uint16_t rest = i << 8;

		for (int bit = 0; bit < 8; bit++)
			rest = rest << 1 ^ (rest & 0x8000 ? POLYNOMIAL : 0);
		table[i] = rest;
	}
}

static uint16_t crc(const uint8_t *data, size_t len)
{
	static uint16_t table[256];
	uint16_t value = 0;

	if (!table[1])
		fill_table(table);
	while (len--)
		value = value << 8 ^ table[(value >> 8 ^ *data++) & 0xff];
	return value;
}

static void load(const struct unit *u, uint64_t lba, uint8_t *to)
{
	for (unsigned int i = 0; i < PI_LEN; i++)
		to[i] = ~u->pi[lba * PI_LEN + i];
}

static void store(struct unit *u, uint64_t lba, const uint8_t *from)
{
	for (unsigned int i = 0; i < PI_LEN; i++)
		u->pi[lba * PI_LEN + i] = ~from[i];
}

static struct protection decode(const uint8_t *bytes)
{
	return (struct protection){
		get16(bytes), get16(bytes + 2), get32(bytes + 4),
	};
}

void protect_forget(struct unit *u, uint64_t lba, uint64_t blocks)
{
	if (u->protection)
		memset(u->pi + lba * PI_LEN, 0, blocks * PI_LEN);
}

void protect_generate(struct unit *u, uint64_t lba, const uint8_t *data,
		      uint64_t blocks)
{
	uint8_t bytes[PI_LEN] = {};

	for (uint64_t i = 0; u->protection && i < blocks; i++) {
		put16(bytes, crc(data + i * u->block_size, u->block_size));
		put32(bytes + 4, u->protection == 3 ? REF_ESCAPE : lba + i);
		store(u, lba + i, bytes);
	}
}

bool protect_allows(struct command *c, const struct extent *e)
{
	if (!e->protect)
		return true;
	/* SBC-3, 4.22.2.4: with type 2 only the 32 byte forms have it. */
	if (c->u->protection == 2 && !e->has_tags)
		command_fail_with(c, SENSE_OPCODE);
	else if (!c->u->protection || !c->can_protect || e->protect > 5)
		command_bad_cdb(c, e->protect_at);
	else
		return true;
	return false;
}

/* What to check, by the value in the CDB: SBC-3, 5.10, table of RDPROTECT */
static bool checks_guard(const struct extent *e)
{
	return e->protect != 2 && e->protect != 3;
}

static bool checks_tags(const struct extent *e)
{
	return e->protect != 3 && e->protect != 4;
}

static bool is_escaped(const struct unit *u, const struct protection *p)
{
	return p->app_tag == APP_ESCAPE &&
	       (u->protection != 3 || p->ref_tag == REF_ESCAPE);
}

/* Block @i of the extent. Return: 0, or the SENSE() of the first mistake */
static uint32_t check(const struct unit *u, const struct extent *e, uint64_t i,
		      const struct protection *p, const uint8_t *data)
{
	uint32_t ref = e->has_tags ? e->ref_tag + i : e->lba + i;

	if (checks_guard(e) && p->guard != crc(data, u->block_size))
		return SENSE_GUARD;
	if (!checks_tags(e))
		return 0;
	if (e->has_tags && (p->app_tag ^ e->app_tag) & e->app_mask)
		return SENSE_APP_TAG;
	/* With type 2, only the CDB says which tags are right. */
	if (u->protection == 1 || (u->protection == 2 && e->has_tags))
		return p->ref_tag == ref ? 0 : SENSE_REF_TAG;
	return 0;
}

/* How many blocks to move at once */
static uint64_t portion(const struct unit *u, uint64_t left)
{
	uint64_t most = CHUNK / u->block_size;

	return left < most ? left : most;
}

/* Have the buffers room for data and information? */
static bool has_room(struct command *c, const struct extent *e,
		     const struct scsi_data *pi)
{
	if (!e->protect || e->blocks * PI_LEN <= pi->len)
		return true;
	c->response = VIRTIO_SCSI_S_OVERRUN;
	return false;
}

/* Blocks from @done on are in the bounce buffer. */
static bool give(struct command *c, const struct extent *e, uint64_t done,
		 uint64_t blocks)
{
	struct unit *u = c->u;
	uint8_t bytes[PI_LEN];

	for (uint64_t i = 0; i < blocks; i++) {
		struct protection p;
		uint32_t code = 0;

		load(u, e->lba + done + i, bytes);
		p = decode(bytes);
		if (!is_escaped(u, &p))
			code = check(u, e, done + i, &p,
				     bounce + i * u->block_size);
		if (code) {
			command_fail_at(c, code, e->lba + done + i);
			return false;
		}
		if (!e->protect)
			continue;
		iov_write(c->pi_in.iov, bytes, PI_LEN);
		iov_skip(&c->pi_in.iov, &c->pi_in.n, PI_LEN);
	}
	iov_write(c->in.iov, bounce, blocks * u->block_size);
	iov_skip(&c->in.iov, &c->in.n, blocks * u->block_size);
	c->moved += blocks * u->block_size;
	return true;
}

bool protect_reads(struct command *c, const struct extent *e)
{
	struct unit *u = c->u;
	uint64_t blocks;

	if (!has_room(c, e, &c->pi_in))
		return false;
	for (uint64_t done = 0; done < e->blocks; done += blocks) {
		struct iovec iov = { .iov_base = bounce };
		int err;

		blocks = portion(u, e->blocks - done);
		iov.iov_len = blocks * u->block_size;
		err = backend_readv(u->backend,
				    unit_sectors(u, e->lba + done), &iov, 1);
		if (!medium_error(c, err, SENSE_READ_ERROR, e->lba + done) ||
		    !give(c, e, done, blocks))
			return false;
	}
	return true;
}

/* The driver's information about blocks that are in the bounce buffer */
static bool take(struct command *c, const struct extent *e, uint64_t done,
		 uint64_t blocks)
{
	struct unit *u = c->u;
	uint8_t bytes[PI_LEN];

	if (!e->protect) {
		protect_generate(u, e->lba + done, bounce, blocks);
		return true;
	}
	for (uint64_t i = 0; i < blocks; i++) {
		struct protection p;
		uint32_t code;

		iov_read(bytes, c->pi_out.iov, PI_LEN);
		iov_skip(&c->pi_out.iov, &c->pi_out.n, PI_LEN);
		p = decode(bytes);
		code = check(u, e, done + i, &p, bounce + i * u->block_size);
		if (code) {
			command_fail_at(c, code, e->lba + done + i);
			return false;
		}
		store(u, e->lba + done + i, bytes);
	}
	return true;
}

bool protect_writes(struct command *c, const struct extent *e)
{
	struct unit *u = c->u;
	uint64_t blocks;

	if (!has_room(c, e, &c->pi_out))
		return false;
	for (uint64_t done = 0; done < e->blocks; done += blocks) {
		struct iovec iov = { .iov_base = bounce };
		int err;

		blocks = portion(u, e->blocks - done);
		iov.iov_len = blocks * u->block_size;
		iov_read(bounce, c->out.iov, iov.iov_len);
		iov_skip(&c->out.iov, &c->out.n, iov.iov_len);
		if (!take(c, e, done, blocks))
			return false;
		err = backend_writev(u->backend,
				     unit_sectors(u, e->lba + done), &iov, 1);
		if (!medium_error(c, err, SENSE_WRITE_ERROR, e->lba + done))
			return false;
		c->moved += iov.iov_len;
	}
	return true;
}

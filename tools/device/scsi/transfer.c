// SPDX-License-Identifier: GPL-2.0
/*
 * Commands that move blocks, or compare them: READ, WRITE and VERIFY of 6 to 32
 * bytes (SBC-3, 5), COMPARE AND WRITE.
 */
#include <errno.h>
#include <string.h>

#include "guest/iov.h"
#include "scsi/command.h"

#define CHUNK		65536U

static uint8_t ours[CHUNK], theirs[CHUNK];

static void extent_32(const uint8_t *cdb, struct extent *e)
{
	e->lba = get64(cdb + 12);
	e->blocks = get32(cdb + 28);
	e->count_at = 28;
	e->protect_at = 10;
	e->has_tags = true;
	e->ref_tag = get32(cdb + 20);
	e->app_tag = get16(cdb + 24);
	e->app_mask = get16(cdb + 26);
}

struct extent extent_of(const struct command *c)
{
	const uint8_t *cdb = c->cdb;
	struct extent e = { .protect_at = 1 };

	/* The group of the code says how long a CDB is: SPC-4, 4.2.5.1. */
	switch (cdb[0] >> 5) {
	case 0:
		e.lba = get24(cdb + 1) & 0x1fffff;
		e.blocks = cdb[4] ? : 256;
		e.count_at = 4;
		return e;
	case 3:
		extent_32(cdb, &e);
		break;
	case 4:
		e.lba = get64(cdb + 2);
		e.blocks = get32(cdb + 10);
		e.count_at = 10;
		break;
	case 5:
		e.lba = get32(cdb + 2);
		e.blocks = get32(cdb + 6);
		e.count_at = 6;
		break;
	default:
		e.lba = get32(cdb + 2);
		e.blocks = get16(cdb + 7);
		e.count_at = 7;
	}
	e.protect = cdb[e.protect_at] >> 5;
	e.fua = cdb[e.protect_at] & 0x08;
	return e;
}

bool extent_is_valid(struct command *c, const struct extent *e, uint64_t most)
{
	uint64_t blocks = unit_blocks(c->u);

	if (e->lba > blocks || e->blocks > blocks - e->lba) {
		/* The first block that is not there */
		command_fail_at(c, SENSE_RANGE,
				e->lba > blocks ? e->lba : blocks);
		return false;
	}
	if (e->blocks <= most)
		return true;
	command_bad_cdb(c, e->count_at);
	return false;
}

bool medium_error(struct command *c, int err, uint32_t code, uint64_t lba)
{
	if (!err)
		return true;
	log_line("unit %u:%u: the backing file fails at block %llu with errno %d",
		 c->u->target, c->u->lun, (unsigned long long)lba, -err);
	if (err == -ENOSPC)
		command_fail_with(c, SENSE_NO_SPACE);
	else if (err == -EROFS)
		command_fail_with(c, SENSE_PROTECTED);
	else
		command_fail_at(c, code, lba);
	return false;
}

/* The first @len bytes of the data, which must exist */
static struct scsi_data first_of(const struct scsi_data *d, uint64_t len)
{
	struct scsi_data part = { d->iov, 0, len };

	while (len) {
		struct iovec *iov = &d->iov[part.n++];

		if (iov->iov_len > len)
			iov->iov_len = len;
		len -= iov->iov_len;
	}
	return part;
}

static uint64_t most_blocks(const struct command *c)
{
	return TRANSFER_MOST / c->u->block_size;
}

void transfer_read(struct command *c)
{
	struct extent e = extent_of(c);
	struct unit *u = c->u;
	struct scsi_data part;
	uint64_t len;
	int err;

	scsi_count(c->s, SCSI_READS, 1);
	if (!protect_allows(c, &e) || !extent_is_valid(c, &e, most_blocks(c)))
		return;
	len = e.blocks * u->block_size;
	if (!command_gives(c, len))
		return;
	if (u->protection) {
		if (protect_reads(c, &e))
			scsi_count(c->s, SCSI_BYTES_READ, len);
		return;
	}
	part = first_of(&c->in, len);
	err = backend_readv(u->backend, unit_sectors(u, e.lba), part.iov,
			    part.n);
	if (!medium_error(c, err, SENSE_READ_ERROR, e.lba))
		return;
	c->moved = len;
	scsi_count(c->s, SCSI_BYTES_READ, len);
}

/* A write that must be stable */
static void settle(struct command *c, const struct extent *e)
{
	if (e->fua && c->u->write_cache)
		medium_error(c, backend_flush(c->u->backend),
			     SENSE_WRITE_ERROR, e->lba);
}

void transfer_write(struct command *c)
{
	struct extent e = extent_of(c);
	struct unit *u = c->u;
	struct scsi_data part;
	uint64_t len;
	int err;

	scsi_count(c->s, SCSI_WRITES, 1);
	if (!protect_allows(c, &e) || !extent_is_valid(c, &e, most_blocks(c)))
		return;
	len = e.blocks * u->block_size;
	if (!command_takes(c, len))
		return;
	if (u->protection) {
		if (!protect_writes(c, &e))
			return;
	} else {
		part = first_of(&c->out, len);
		err = backend_writev(u->backend, unit_sectors(u, e.lba),
				     part.iov, part.n);
		if (!medium_error(c, err, SENSE_WRITE_ERROR, e.lba))
			return;
		c->moved = len;
	}
	scsi_count(c->s, SCSI_BYTES_WRITTEN, len);
	settle(c, &e);
}

/* Return: where the first difference is, or @len */
static size_t difference(const uint8_t *a, const uint8_t *b, size_t len)
{
	size_t i = 0;

	if (!memcmp(a, b, len))
		return len;
	while (a[i] == b[i])
		i++;
	return i;
}

/*
 * Compare the blocks with the driver's data, or each of them with its one block
 * if @repeat. Return: whether they are the same; otherwise the command failed
 */
static bool compare(struct command *c, const struct extent *e, bool repeat)
{
	struct unit *u = c->u;
	uint64_t len = e->blocks * u->block_size, at;
	size_t part, same;

	if (repeat)
		iov_read(theirs, c->out.iov, u->block_size);
	for (at = 0; at < len; at += part) {
		struct iovec iov = { .iov_base = ours };
		int err;

		part = len - at < CHUNK ? len - at : CHUNK;
		if (repeat)
			part = u->block_size;
		iov.iov_len = part;
		err = backend_readv(u->backend,
				    unit_sectors(u, e->lba) + at / 512, &iov,
				    1);
		if (!medium_error(c, err, SENSE_READ_ERROR,
				  e->lba + at / u->block_size))
			return false;
		if (!repeat) {
			iov_read(theirs, c->out.iov, part);
			iov_skip(&c->out.iov, &c->out.n, part);
		}
		same = difference(ours, theirs, part);
		if (same < part) {
			/* SBC-3, 5.2: the offset in the data */
			command_fail_at(c, SENSE_MISCOMPARE, at + same);
			return false;
		}
	}
	return true;
}

void transfer_verify(struct command *c)
{
	struct extent e = extent_of(c);
	unsigned int check = c->cdb[e.protect_at] >> 1 & 3;
	uint64_t len;

	scsi_count(c->s, SCSI_VERIFIES, 1);
	e.fua = false;
	if (check == 2) {
		command_bad_cdb(c, e.protect_at);
		return;
	}
	if (!protect_allows(c, &e) || !extent_is_valid(c, &e, most_blocks(c)))
		return;
	if (!check || !e.blocks)
		return;
	len = (check == 3 ? 1 : e.blocks) * c->u->block_size;
	if (command_takes(c, len) && compare(c, &e, check == 3))
		c->moved = len;
}

/* SBC-3, 5.2; the device has one thread, so nothing comes between. */
void transfer_compare_and_write(struct command *c)
{
	static uint8_t copy[2 * TRANSFER_COMPARE_MOST * 4096];
	struct extent e = extent_of(c);
	struct iovec iov = { .iov_base = copy };
	struct unit *u = c->u;
	uint64_t len;
	int err;

	scsi_count(c->s, SCSI_COMPARES, 1);
	e.blocks = c->cdb[13];
	e.count_at = 13;
	if (e.protect) {
		command_bad_cdb(c, 1);
		return;
	}
	if (!extent_is_valid(c, &e, TRANSFER_COMPARE_MOST))
		return;
	len = e.blocks * u->block_size;
	/* Compared and written data are of one moment. */
	if (!command_list(c, copy, 2 * len))
		return;
	iov.iov_len = 2 * len;
	c->out = (struct scsi_data){ &iov, 1, 2 * len };
	if (!compare(c, &e, false))
		return;
	iov = (struct iovec){ copy + len, len };
	err = backend_writev(u->backend, unit_sectors(u, e.lba), &iov, 1);
	if (!medium_error(c, err, SENSE_WRITE_ERROR, e.lba))
		return;
	protect_generate(u, e.lba, copy + len, e.blocks);
	scsi_count(c->s, SCSI_BYTES_WRITTEN, len);
	settle(c, &e);
}

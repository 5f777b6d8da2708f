// SPDX-License-Identifier: GPL-2.0
/*
 * The disk behind the register window: the registers that name sectors, and
 * the commands. include/vfe/wire.h has both.
 */
#include <endian.h>
#include <string.h>

#include "blk/blk.h"
#include "pci/command.h"

#define MAX_COUNT	256	/* sectors in one request */

enum reg_offset {
	REG_SECTOR_LO = 0x00,
	REG_SECTOR_HI = 0x04,
	REG_COUNT = 0x08,
};

static uint64_t *count(const struct command_window *w,
		       enum blk_count which)
{
	return &w->w.counts->of_class[which];
}

static void fail(struct command_window *w, enum vfe_error error)
{
	++*count(w, BLK_ERRORS);
	command_fail(w, error);
}

static struct iovec data_iov(struct command_window *w, const struct blk_window *r)
{
	return (struct iovec){
		w->data, r->length * VFE_SECTOR_SIZE
	};
}

/* Store the request's range. Return: whether it is on the disk */
static bool take_range(struct blk *b)
{
	uint64_t capacity = backend_capacity(b->backend);
	struct blk_window *r = &b->window;

	if (!r->count || r->count > MAX_COUNT || r->sector > capacity ||
	    r->count > capacity - r->sector)
		return false;
	r->first = r->sector;
	r->length = r->count;
	return true;
}

static void start_read(struct command_window *w, struct blk *b)
{
	struct iovec iov;

	++*count(w, BLK_READS);
	if (!take_range(b)) {
		fail(w, VFE_ERR_RANGE);
		return;
	}
	iov = data_iov(w, &b->window);
	if (backend_readv(b->backend, b->window.first, &iov, 1)) {
		fail(w, VFE_ERR_IO);
		return;
	}
	*count(w, BLK_BYTES_READ) += iov.iov_len;
	command_send(w, iov.iov_len / 4);
}

static void start_write(struct command_window *w, struct blk *b)
{
	++*count(w, BLK_WRITES);
	if (backend_readonly(b->backend))
		fail(w, VFE_ERR_READONLY);
	else if (!take_range(b))
		fail(w, VFE_ERR_RANGE);
	else
		command_receive(w, b->window.length * VFE_SECTOR_SIZE / 4);
}

static void received(struct command_window *w)
{
	struct blk *b = w->w.state;
	struct iovec iov = data_iov(w, &b->window);

	if (backend_writev(b->backend, b->window.first, &iov, 1)) {
		fail(w, VFE_ERR_IO);
		return;
	}
	*count(w, BLK_BYTES_WRITTEN) += iov.iov_len;
	command_done(w);
}

static void flush(struct command_window *w, struct blk *b)
{
	++*count(w, BLK_FLUSHES);
	if (backend_flush(b->backend))
		fail(w, VFE_ERR_IO);
	else
		command_done(w);
}

static void start_identify(struct command_window *w, struct blk *b)
{
	struct vfe_identify id = {
		.magic = htole32(VFE_IDENTIFY_MAGIC),
		.version = htole32(VFE_IDENTIFY_VERSION),
		.capacity = htole64(backend_capacity(b->backend)),
		.max_count = htole32(MAX_COUNT),
	};
	uint32_t flags = VFE_IDENTIFY_WRITE_CACHE;

	if (backend_readonly(b->backend))
		flags |= VFE_IDENTIFY_READONLY;
	id.flags = htole32(flags);
	memcpy(id.serial, b->o->serial, strnlen(b->o->serial, VFE_SERIAL_LEN));

	++*count(w, BLK_GET_IDS);
	memcpy(w->data, &id, sizeof(id));
	command_send(w, sizeof(id) / 4);
}

static void start(struct command_window *w, uint32_t command)
{
	struct blk *b = w->w.state;

	switch (command) {
	case VFE_CMD_READ:
		start_read(w, b);
		break;
	case VFE_CMD_WRITE:
		start_write(w, b);
		break;
	case VFE_CMD_FLUSH:
		flush(w, b);
		break;
	case VFE_CMD_IDENTIFY:
		start_identify(w, b);
		break;
	default:
		fail(w, VFE_ERR_COMMAND);
	}
}

static uint32_t read_register(void *state, uint32_t offset)
{
	const struct blk_window *r = &((const struct blk *)state)->window;

	switch (offset) {
	case REG_SECTOR_LO:
		return r->sector;
	case REG_SECTOR_HI:
		return r->sector >> 32;
	case REG_COUNT:
		return r->count;
	default:
		return UINT32_MAX;
	}
}

static void write_register(void *state, uint32_t offset, uint32_t value)
{
	struct blk_window *r = &((struct blk *)state)->window;

	switch (offset) {
	case REG_SECTOR_LO:
		r->sector = (r->sector & ~(uint64_t)UINT32_MAX) | value;
		break;
	case REG_SECTOR_HI:
		r->sector = (uint32_t)r->sector | (uint64_t)value << 32;
		break;
	case REG_COUNT:
		r->count = value;
		break;
	}
}

static void reset(void *state)
{
	struct blk_window *r = &((struct blk *)state)->window;

	r->sector = 0;
	r->count = 0;
}

const struct command_class blk_window_class = {
	.window = COMMAND_WINDOW(MAX_COUNT * VFE_SECTOR_SIZE),
	.start = start,
	.received = received,
	.read = read_register,
	.write = write_register,
	.reset = reset,
};

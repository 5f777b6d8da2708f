// SPDX-License-Identifier: GPL-2.0
/*
 * The legacy register window: a disk controller of the old kind, one request
 * at a time and every word through a register. include/vfe/wire.h has the
 * registers; both windows (ports and memory) are the same controller.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "server.h"

#define MAX_COUNT	256	/* sectors in one request */

enum reg_offset {
	REG_SECTOR_LO = 0x00,
	REG_SECTOR_HI = 0x04,
	REG_COUNT = 0x08,
	REG_COMMAND = 0x0c,
	REG_STATUS = 0x10,
	REG_ERROR = 0x14,
	REG_DATA = 0x18,
	REG_CONTROL = 0x1c,
};

/*
 * A request starts in one call and, while it has data, waits for words:
 *
 *   IDLE --READ, IDENTIFY--> SENDING --last word--> IDLE
 *   IDLE --WRITE--> RECEIVING --last word--> IDLE
 *
 * All else (FLUSH, errors) stays in IDLE; soft reset goes there from anywhere.
 */
enum regwin_state {
	REGWIN_IDLE,
	REGWIN_SENDING,
	REGWIN_RECEIVING,
};

struct regwin {
	struct backend *backend;
	struct irq *irq;
	struct counts *counts;
	const char *serial;

	enum regwin_state state;
	enum vfe_error error;
	uint64_t sector;	/* as the driver wrote it */
	uint32_t count;
	uint32_t command;
	bool irq_enabled;
	bool irq_pending;

	uint64_t first;		/* sector of the request under way */
	uint32_t words;		/* of the request under way */
	uint32_t next;
	uint32_t data[MAX_COUNT * VFE_SECTOR_SIZE / 4];
};

struct regwin *regwin_new(const struct options *o, struct backend *b,
			  struct irq *irq, struct counts *c)
{
	struct regwin *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->backend = b;
	w->irq = irq;
	w->counts = c;
	w->serial = o->serial;
	return w;
}

void regwin_free(struct regwin *w)
{
	free(w);
}

static void update_line(struct regwin *w)
{
	irq_intx(w->irq, INTX_REGWIN, w->irq_pending && w->irq_enabled);
}

void regwin_reset(struct regwin *w)
{
	w->state = REGWIN_IDLE;
	w->error = VFE_ERR_NONE;
	w->sector = 0;
	w->count = 0;
	w->command = 0;
	w->irq_enabled = false;
	w->irq_pending = false;
	update_line(w);
}

static void interrupt(struct regwin *w)
{
	w->irq_pending = true;
	update_line(w);
}

static void fail(struct regwin *w, enum vfe_error error)
{
	w->state = REGWIN_IDLE;
	w->error = error;
	w->counts->requests_error++;
	interrupt(w);
}

static struct iovec data_iov(struct regwin *w)
{
	return (struct iovec){ w->data, w->words * 4 };
}

/* Latch the request's place. Return: whether it lies on the disk */
static bool take_range(struct regwin *w)
{
	uint64_t capacity = backend_capacity(w->backend);

	if (!w->count || w->count > MAX_COUNT || w->sector > capacity ||
	    w->count > capacity - w->sector)
		return false;
	w->first = w->sector;
	w->words = w->count * VFE_SECTOR_SIZE / 4;
	w->next = 0;
	return true;
}

static void start_read(struct regwin *w)
{
	struct iovec iov;

	w->counts->requests_read++;
	if (!take_range(w)) {
		fail(w, VFE_ERR_RANGE);
		return;
	}
	iov = data_iov(w);
	if (backend_readv(w->backend, w->first, &iov, 1)) {
		fail(w, VFE_ERR_IO);
		return;
	}
	w->counts->bytes_read += iov.iov_len;
	w->state = REGWIN_SENDING;
	interrupt(w);
}

static void start_write(struct regwin *w)
{
	w->counts->requests_write++;
	if (backend_readonly(w->backend))
		fail(w, VFE_ERR_READONLY);
	else if (!take_range(w))
		fail(w, VFE_ERR_RANGE);
	else
		w->state = REGWIN_RECEIVING;
}

static void finish_write(struct regwin *w)
{
	struct iovec iov = data_iov(w);

	w->state = REGWIN_IDLE;
	if (backend_writev(w->backend, w->first, &iov, 1)) {
		fail(w, VFE_ERR_IO);
		return;
	}
	w->counts->bytes_written += w->words * 4;
	interrupt(w);
}

static void flush(struct regwin *w)
{
	w->counts->requests_flush++;
	if (backend_flush(w->backend))
		fail(w, VFE_ERR_IO);
	else
		interrupt(w);
}

static void start_identify(struct regwin *w)
{
	struct vfe_identify id = {
		.magic = htole32(VFE_IDENTIFY_MAGIC),
		.version = htole32(VFE_IDENTIFY_VERSION),
		.capacity = htole64(backend_capacity(w->backend)),
		.max_count = htole32(MAX_COUNT),
	};
	uint32_t flags = VFE_IDENTIFY_WRITE_CACHE;

	if (backend_readonly(w->backend))
		flags |= VFE_IDENTIFY_READONLY;
	id.flags = htole32(flags);
	memcpy(id.serial, w->serial, strnlen(w->serial, VFE_SERIAL_LEN));

	w->counts->requests_get_id++;
	memcpy(w->data, &id, sizeof(id));
	w->words = sizeof(id) / 4;
	w->next = 0;
	w->state = REGWIN_SENDING;
	interrupt(w);
}

static void start_command(struct regwin *w, uint32_t command)
{
	if (w->state != REGWIN_IDLE)
		return;
	w->command = command;
	w->error = VFE_ERR_NONE;
	switch (command) {
	case VFE_CMD_READ:
		start_read(w);
		break;
	case VFE_CMD_WRITE:
		start_write(w);
		break;
	case VFE_CMD_FLUSH:
		flush(w);
		break;
	case VFE_CMD_IDENTIFY:
		start_identify(w);
		break;
	default:
		fail(w, VFE_ERR_COMMAND);
	}
}

static uint32_t read_status(struct regwin *w)
{
	uint32_t status = w->state == REGWIN_IDLE ? VFE_STATUS_READY :
			  VFE_STATUS_BUSY | VFE_STATUS_DRQ;

	if (w->error)
		status |= VFE_STATUS_ERR;
	if (w->irq_pending)
		status |= VFE_STATUS_IRQ;
	w->irq_pending = false;
	update_line(w);
	return status;
}

static uint32_t read_data(struct regwin *w)
{
	uint32_t word;

	if (w->state != REGWIN_SENDING)
		return UINT32_MAX;
	word = le32toh(w->data[w->next++]);
	if (w->next == w->words)
		w->state = REGWIN_IDLE;
	return word;
}

static void write_data(struct regwin *w, uint32_t word)
{
	if (w->state != REGWIN_RECEIVING)
		return;
	w->data[w->next++] = htole32(word);
	if (w->next == w->words)
		finish_write(w);
}

static void write_control(struct regwin *w, uint32_t value)
{
	if (value & VFE_CONTROL_RESET)
		regwin_reset(w);
	w->irq_enabled = value & VFE_CONTROL_IRQ_ENABLE;
	update_line(w);
}

/* Ports stop before the aperture, so only the memory window reaches it. */
static uint32_t canonical(uint32_t offset)
{
	return offset >= VFE_MEMORY_APERTURE ? REG_DATA : offset;
}

uint32_t regwin_read(struct regwin *w, uint32_t offset, unsigned int size)
{
	if (size != 4)
		return UINT32_MAX;
	switch (canonical(offset)) {
	case REG_SECTOR_LO:
		return w->sector;
	case REG_SECTOR_HI:
		return w->sector >> 32;
	case REG_COUNT:
		return w->count;
	case REG_COMMAND:
		return w->command;
	case REG_STATUS:
		return read_status(w);
	case REG_ERROR:
		return w->error;
	case REG_DATA:
		return read_data(w);
	case REG_CONTROL:
		return w->irq_enabled ? VFE_CONTROL_IRQ_ENABLE : 0;
	default:
		return UINT32_MAX;
	}
}

void regwin_write(struct regwin *w, uint32_t offset, unsigned int size,
		  uint32_t value)
{
	if (size != 4)
		return;
	switch (canonical(offset)) {
	case REG_SECTOR_LO:
		w->sector = (w->sector & ~(uint64_t)UINT32_MAX) | value;
		break;
	case REG_SECTOR_HI:
		w->sector = (uint32_t)w->sector | (uint64_t)value << 32;
		break;
	case REG_COUNT:
		w->count = value;
		break;
	case REG_COMMAND:
		start_command(w, value);
		break;
	case REG_DATA:
		write_data(w, value);
		break;
	case REG_CONTROL:
		write_control(w, value);
		break;
	}
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The register window of a SCSI host: the FIFOs for the CDB, for data and for
 * sense data, and the commands. include/vfe/wire_window_scsi.h has the registers.
 * What the driver wrote is checked, and kept, when a command starts.
 *
 * A command is executed when it has all of its data, without a service time: no
 * task management has to find it.
 */
#include <endian.h>
#include <stddef.h>
#include <string.h>
#include <vfe/wire_window_scsi.h>

#include "pci/window.h"
#include "scsi/command.h"

#define MAX_COUNT	(128U << 10)	/* bytes of data of a command */

enum reg_offset {
	REG_ADDRESS = 0x00,
	REG_COUNT = 0x04,
	REG_CDB = 0x08,
	REG_COMMAND = 0x0c,
	REG_STATUS = 0x10,
	REG_SENSE = 0x14,
};

enum phase {
	PHASE_IDLE,
	PHASE_IN,		/* the driver reads data */
	PHASE_OUT,		/* it writes them */
};

struct scsi_window {
	struct window w;
	enum phase phase;
	bool irq_pending;
	uint32_t command;	/* the last one */

	/* What was written, unchecked */
	uint32_t address, count;
	uint32_t cdb[VFE_SCSI_WINDOW_CDB];
	unsigned int cdb_words;	/* more than there is room for: some are lost */

	/* The command, since it started; and its outcome */
	struct command c;
	uint32_t length;	/* bytes of data that the driver offers */
	uint32_t moved;
	enum vfe_scsi_window_error error;
	uint8_t sense[SCSI_SENSE_MOST + 3];	/* in whole words */
	unsigned int sense_len, sense_next;

	uint32_t words, next;	/* of the data */
	struct iovec iov;
	uint32_t data[MAX_COUNT / 4];
};

static_assert(SCSI_SENSE_MOST == VFE_SCSI_WINDOW_SENSE, "as it is announced");

static struct scsi_window *to_scsi(struct window *w)
{
	return (struct scsi_window *)w;
}

static_assert(!offsetof(struct scsi_window, w), "to_scsi() casts");

static struct scsi *host_of(const struct scsi_window *w)
{
	return w->w.state;
}

static bool pending(const struct window *w)
{
	return ((const struct scsi_window *)w)->irq_pending;
}

static void reset(struct window *base)
{
	struct scsi_window *w = to_scsi(base);

	/* All but the data, which nobody sees before they are written again */
	memset((char *)w + sizeof(w->w), 0,
	       offsetof(struct scsi_window, data) - sizeof(w->w));
}

static void done(struct scsi_window *w)
{
	w->irq_pending = true;
	window_update_line(&w->w);
}

static void fail(struct scsi_window *w, enum vfe_scsi_window_error error)
{
	w->error = error;
	w->length = 0;		/* an error is not SHORT */
	if (error != VFE_SCSI_ERR_COMMAND)
		scsi_count(host_of(w), SCSI_REFUSED, 1);
	done(w);
}

/* The driver reads @bytes of data. */
static void send(struct scsi_window *w, uint32_t bytes)
{
	if (bytes % 4)
		memset((char *)w->data + bytes, 0, 4 - bytes % 4);
	w->moved = bytes;
	w->words = (bytes + 3) / 4;
	w->next = 0;
	w->phase = bytes ? PHASE_IN : PHASE_IDLE;
	done(w);
}

/* Commands */

static enum vfe_scsi_window_error error_of(uint8_t response)
{
	switch (response) {
	case VIRTIO_SCSI_S_OK:
		return VFE_SCSI_ERR_NONE;
	case VIRTIO_SCSI_S_OVERRUN:
		return VFE_SCSI_ERR_OVERRUN;
	default:
		return VFE_SCSI_ERR_FAILURE;
	}
}

static void execute(struct scsi_window *w)
{
	struct command *c = &w->c;
	enum vfe_scsi_window_error error;

	/* The unit may have gone since the command started. */
	c->u = scsi_find(c->s, c->target, c->lun);
	if (!scsi_has_target(c->s, c->target)) {
		fail(w, VFE_SCSI_ERR_TARGET);
		return;
	}
	command_execute(c);
	error = error_of(c->response);
	if (error) {
		fail(w, error);
		return;
	}
	if (c->status == STATUS_CHECK)
		w->sense_len = sense_put(&c->sense,
					 c->u && c->u->descriptor_sense,
					 w->sense, SCSI_SENSE_MOST);
	if (w->command == VFE_SCSI_CMD_IN) {
		send(w, c->moved);
	} else {
		w->moved = c->moved;
		done(w);
	}
}

/* Keep what was written. Return: the error, if it makes no sense */
static enum vfe_scsi_window_error take(struct scsi_window *w)
{
	unsigned int target = w->address >> 16, words = w->cdb_words;
	bool has_data = w->command != VFE_SCSI_CMD_SELECT;
	struct command *c = &w->c;

	w->cdb_words = 0;
	if (!words || words > VFE_SCSI_WINDOW_CDB)
		return VFE_SCSI_ERR_CDB;
	if (has_data && (!w->count || w->count > MAX_COUNT))
		return VFE_SCSI_ERR_COUNT;
	if (!scsi_has_target(host_of(w), target))
		return VFE_SCSI_ERR_TARGET;
	memset(c, 0, sizeof(*c));
	c->s = host_of(w);
	c->target = target;
	c->lun = w->address & 0xffff;
	c->cdb_len = words * 4;
	memcpy(c->cdb, w->cdb, c->cdb_len);
	w->length = has_data ? w->count : 0;
	w->iov = (struct iovec){ w->data, w->length };
	if (w->command == VFE_SCSI_CMD_IN)
		c->in = (struct scsi_data){ &w->iov, 1, w->length };
	else if (w->command == VFE_SCSI_CMD_OUT)
		c->out = (struct scsi_data){ &w->iov, 1, w->length };
	return VFE_SCSI_ERR_NONE;
}

static void start_cdb(struct scsi_window *w)
{
	enum vfe_scsi_window_error error = take(w);

	if (error) {
		fail(w, error);
		return;
	}
	if (w->command != VFE_SCSI_CMD_OUT) {
		execute(w);
		return;
	}
	w->words = (w->length + 3) / 4;
	w->next = 0;
	w->phase = PHASE_OUT;
}

static void identify(struct scsi_window *w)
{
	const struct scsi *s = host_of(w);
	struct vfe_scsi_identity id = {
		.magic = htole32(VFE_SCSI_IDENTITY_MAGIC),
		.version = htole32(VFE_SCSI_IDENTITY_VERSION),
		.max_count = htole32(MAX_COUNT),
	};

	for (unsigned int i = 0; i < s->n; i++)
		id.targets[s->units[i]->target / 32] |=
			htole32(1U << s->units[i]->target % 32);
	memcpy(w->data, &id, sizeof(id));
	send(w, sizeof(id));
}

/* As task management does: commands of the queues end, too. */
static void reset_unit(struct unit *u, struct scsi *s)
{
	struct task_filter f = { .u = u, .response = VIRTIO_SCSI_S_RESET };

	scsi_end_tasks(s, &f);
	unit_reset(u, ATTENTION_RESET);
}

static void start_reset(struct scsi_window *w)
{
	struct scsi *s = host_of(w);
	struct unit *u = scsi_find(s, w->address >> 16, w->address & 0xffff);

	scsi_count(s, SCSI_TMFS, 1);
	if (!u) {
		scsi_count(s, SCSI_TMFS_REFUSED, 1);
		fail(w, VFE_SCSI_ERR_TARGET);
		return;
	}
	reset_unit(u, s);
	done(w);
}

static void start_bus_reset(struct scsi_window *w)
{
	struct scsi *s = host_of(w);

	scsi_count(s, SCSI_TMFS, 1);
	for (unsigned int i = 0; i < s->n; i++)
		reset_unit(s->units[i], s);
	done(w);
}

static void start(struct scsi_window *w, uint32_t command)
{
	if (w->phase != PHASE_IDLE)
		return;
	w->command = command;
	w->error = VFE_SCSI_ERR_NONE;
	w->length = 0;
	w->moved = 0;
	w->sense_len = 0;
	w->sense_next = 0;
	w->c.status = STATUS_GOOD;
	memset(w->sense, 0, sizeof(w->sense));
	switch (command) {
	case VFE_SCSI_CMD_SELECT:
	case VFE_SCSI_CMD_IN:
	case VFE_SCSI_CMD_OUT:
		start_cdb(w);
		break;
	case VFE_SCSI_CMD_IDENTIFY:
		identify(w);
		break;
	case VFE_SCSI_CMD_RESET_UNIT:
		start_reset(w);
		break;
	case VFE_SCSI_CMD_RESET_BUS:
		start_bus_reset(w);
		break;
	default:
		fail(w, VFE_SCSI_ERR_COMMAND);
	}
}

/* Registers */

static uint32_t read_status(struct scsi_window *w)
{
	uint32_t status = w->phase == PHASE_IDLE ? VFE_STATUS_READY :
			  VFE_STATUS_BUSY | VFE_STATUS_DRQ;

	if (w->error)
		status |= VFE_STATUS_ERR | w->error << VFE_SCSI_STATUS_ERROR;
	if (w->irq_pending)
		status |= VFE_STATUS_IRQ;
	if (w->phase != PHASE_OUT) {
		status |= (uint32_t)w->c.status << VFE_SCSI_STATUS_SCSI |
			  w->sense_len << VFE_SCSI_STATUS_SENSE;
		if (w->moved < w->length)
			status |= VFE_SCSI_STATUS_SHORT;
	}
	w->irq_pending = false;
	window_update_line(&w->w);
	return status;
}

static uint32_t read_sense(struct scsi_window *w)
{
	uint32_t word;

	if (w->sense_next >= w->sense_len)
		return UINT32_MAX;
	memcpy(&word, w->sense + w->sense_next, sizeof(word));
	w->sense_next += sizeof(word);
	return le32toh(word);
}

static uint32_t read_data(struct scsi_window *w)
{
	uint32_t word;

	if (w->phase != PHASE_IN)
		return UINT32_MAX;
	word = le32toh(w->data[w->next++]);
	if (w->next == w->words)
		w->phase = PHASE_IDLE;
	return word;
}

static void write_data(struct scsi_window *w, uint32_t word)
{
	if (w->phase != PHASE_OUT)
		return;
	w->data[w->next++] = htole32(word);
	if (w->next < w->words)
		return;
	w->phase = PHASE_IDLE;
	execute(w);
}

static void write_cdb(struct scsi_window *w, uint32_t word)
{
	if (w->cdb_words < VFE_SCSI_WINDOW_CDB)
		w->cdb[w->cdb_words] = htole32(word);
	if (w->cdb_words <= VFE_SCSI_WINDOW_CDB)
		w->cdb_words++;
}

static uint32_t read_register(struct window *base, uint32_t offset)
{
	struct scsi_window *w = to_scsi(base);

	switch (offset) {
	case REG_ADDRESS:
		return w->address;
	case REG_COUNT:
		return w->moved;
	case REG_CDB:
		return w->cdb_words;
	case REG_COMMAND:
		return w->command;
	case REG_STATUS:
		return read_status(w);
	case REG_SENSE:
		return read_sense(w);
	case WINDOW_DATA:
		return read_data(w);
	default:
		return UINT32_MAX;
	}
}

static void write_register(struct window *base, uint32_t offset, uint32_t value)
{
	struct scsi_window *w = to_scsi(base);

	switch (offset) {
	case REG_ADDRESS:
		w->address = value;
		break;
	case REG_COUNT:
		w->count = value;
		break;
	case REG_CDB:
		write_cdb(w, value);
		break;
	case REG_COMMAND:
		start(w, value);
		break;
	case WINDOW_DATA:
		write_data(w, value);
		break;
	}
}

const struct window_class scsi_window_class = {
	.port = VFE_WIN_SCSI_PORT,
	.memory = VFE_WIN_SCSI_MEMORY,
	.size = sizeof(struct scsi_window),
	.read = read_register,
	.write = write_register,
	.reset = reset,
	.pending = pending,
};

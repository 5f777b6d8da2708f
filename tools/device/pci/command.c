// SPDX-License-Identifier: GPL-2.0
/*
 * The register window of a class that answers commands: commands, status,
 * errors, the data port. include/vfe/wire_window.h has the registers.
 */
#include <endian.h>
#include <stddef.h>

#include "pci/command.h"

enum reg_offset {
	REG_COMMAND = 0x0c,
	REG_STATUS = 0x10,
	REG_ERROR = 0x14,
};

static struct command_window *to_command(struct window *w)
{
	return (struct command_window *)w;
}

static const struct command_class *class_of(const struct command_window *w)
{
	return (const struct command_class *)w->w.class;
}

static_assert(!offsetof(struct command_window, w), "to_command() casts");
static_assert(!offsetof(struct command_class, window), "class_of() casts");

bool command_window_pending(const struct window *w)
{
	return ((const struct command_window *)w)->irq_pending;
}

void command_window_reset(struct window *base)
{
	struct command_window *w = to_command(base);

	w->status = COMMAND_IDLE;
	w->error = 0;
	w->command = 0;
	w->irq_pending = false;
	class_of(w)->reset(base->state);
}

void command_done(struct command_window *w)
{
	w->irq_pending = true;
	window_update_line(&w->w);
}

void command_fail(struct command_window *w, uint32_t error)
{
	w->error = error;
	command_done(w);
}

void command_send(struct command_window *w, uint32_t words)
{
	w->words = words;
	w->next = 0;
	w->status = COMMAND_SENDING;
	command_done(w);
}

void command_receive(struct command_window *w, uint32_t words)
{
	w->words = words;
	w->next = 0;
	w->status = COMMAND_RECEIVING;
}

static void start_command(struct command_window *w, uint32_t command)
{
	if (w->status != COMMAND_IDLE)
		return;
	w->command = command;
	w->error = 0;
	class_of(w)->start(w, command);
}

static uint32_t read_status(struct command_window *w)
{
	uint32_t status = w->status == COMMAND_IDLE ? VFE_STATUS_READY :
			  VFE_STATUS_BUSY | VFE_STATUS_DRQ;

	if (w->error)
		status |= VFE_STATUS_ERR;
	if (w->irq_pending)
		status |= VFE_STATUS_IRQ;
	w->irq_pending = false;
	window_update_line(&w->w);
	return status;
}

static uint32_t read_data(struct command_window *w)
{
	uint32_t word;

	if (w->status != COMMAND_SENDING)
		return UINT32_MAX;
	word = le32toh(w->data[w->next++]);
	if (w->next == w->words)
		w->status = COMMAND_IDLE;
	return word;
}

static void write_data(struct command_window *w, uint32_t word)
{
	if (w->status != COMMAND_RECEIVING)
		return;
	w->data[w->next++] = htole32(word);
	if (w->next < w->words)
		return;
	w->status = COMMAND_IDLE;
	class_of(w)->received(w);
}

uint32_t command_window_read(struct window *base, uint32_t offset)
{
	struct command_window *w = to_command(base);

	switch (offset) {
	case REG_COMMAND:
		return w->command;
	case REG_STATUS:
		return read_status(w);
	case REG_ERROR:
		return w->error;
	case WINDOW_DATA:
		return read_data(w);
	default:
		return class_of(w)->read(base->state, offset);
	}
}

void command_window_write(struct window *base, uint32_t offset, uint32_t value)
{
	struct command_window *w = to_command(base);

	switch (offset) {
	case REG_COMMAND:
		start_command(w, value);
		break;
	case REG_STATUS:
	case REG_ERROR:
		break;
	case WINDOW_DATA:
		write_data(w, value);
		break;
	default:
		class_of(w)->write(base->state, offset, value);
	}
}

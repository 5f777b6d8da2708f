// SPDX-License-Identifier: GPL-2.0
/*
 * The register window, the part common to all classes: commands,
 * status, errors, the data port and the interrupt. include/vfe/wire.h has the
 * registers; both windows (ports and memory) are the same controller.
 */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/counts.h"
#include "pci/window.h"
#include "guest/irq.h"

enum reg_offset {
	REG_COMMAND = 0x0c,
	REG_STATUS = 0x10,
	REG_ERROR = 0x14,
	REG_DATA = 0x18,
	REG_CONTROL = 0x1c,
};

/*
 * A request starts in one call and, while it has data, waits for words:
 *
 *   IDLE --window_send()--> SENDING --last word--> IDLE
 *   IDLE --window_receive()--> RECEIVING --last word--> IDLE
 *
 * All else (no data, errors) stays in IDLE; soft reset goes there from
 * anywhere.
 */
enum window_status {
	WINDOW_IDLE,
	WINDOW_SENDING,
	WINDOW_RECEIVING,
};

struct window {
	const struct window_class *class;
	void *state;		/* of the class */
	struct irq *irq;
	struct counts *counts;

	enum window_status status;
	uint32_t error;		/* of the last request; 0: none */
	uint32_t command;
	bool irq_enabled;
	bool irq_pending;

	uint32_t words;		/* of the request in progress */
	uint32_t next;
	uint32_t data[];
};

struct window *window_new(const struct window_class *class, void *state,
			  struct irq *irq, struct counts *c)
{
	struct window *w = calloc(1, sizeof(*w) + class->data_size);

	if (!w)
		return NULL;
	w->class = class;
	w->state = state;
	w->irq = irq;
	w->counts = c;
	return w;
}

void window_free(struct window *w)
{
	free(w);
}

void *window_state(const struct window *w)
{
	return w->state;
}

uint32_t *window_data(struct window *w)
{
	return w->data;
}

uint64_t *window_counts(const struct window *w)
{
	return w->counts->of_class;
}

static void update_line(struct window *w)
{
	irq_intx(w->irq, INTX_WINDOW, w->irq_pending && w->irq_enabled);
}

void window_reset(struct window *w)
{
	if (!w)
		return;
	w->status = WINDOW_IDLE;
	w->error = 0;
	w->command = 0;
	w->irq_enabled = false;
	w->irq_pending = false;
	w->class->reset(w->state);
	update_line(w);
}

void window_done(struct window *w)
{
	w->irq_pending = true;
	update_line(w);
}

void window_fail(struct window *w, uint32_t error)
{
	w->error = error;
	window_done(w);
}

void window_send(struct window *w, uint32_t words)
{
	w->words = words;
	w->next = 0;
	w->status = WINDOW_SENDING;
	window_done(w);
}

void window_receive(struct window *w, uint32_t words)
{
	w->words = words;
	w->next = 0;
	w->status = WINDOW_RECEIVING;
}

static void start_command(struct window *w, uint32_t command)
{
	if (w->status != WINDOW_IDLE)
		return;
	w->command = command;
	w->error = 0;
	w->class->start(w, command);
}

static uint32_t read_status(struct window *w)
{
	uint32_t status = w->status == WINDOW_IDLE ? VFE_STATUS_READY :
			  VFE_STATUS_BUSY | VFE_STATUS_DRQ;

	if (w->error)
		status |= VFE_STATUS_ERR;
	if (w->irq_pending)
		status |= VFE_STATUS_IRQ;
	w->irq_pending = false;
	update_line(w);
	return status;
}

static uint32_t read_data(struct window *w)
{
	uint32_t word;

	if (w->status != WINDOW_SENDING)
		return UINT32_MAX;
	word = le32toh(w->data[w->next++]);
	if (w->next == w->words)
		w->status = WINDOW_IDLE;
	return word;
}

static void write_data(struct window *w, uint32_t word)
{
	if (w->status != WINDOW_RECEIVING)
		return;
	w->data[w->next++] = htole32(word);
	if (w->next < w->words)
		return;
	w->status = WINDOW_IDLE;
	w->class->received(w);
}

static void write_control(struct window *w, uint32_t value)
{
	if (value & VFE_CONTROL_RESET)
		window_reset(w);
	w->irq_enabled = value & VFE_CONTROL_IRQ_ENABLE;
	update_line(w);
}

/* Ports stop before the aperture, so only the memory window reaches it. */
static uint32_t canonical(uint32_t offset)
{
	return offset >= VFE_MEMORY_APERTURE ? REG_DATA : offset;
}

uint32_t window_read(struct window *w, uint32_t offset, unsigned int size)
{
	if (size != 4)
		return UINT32_MAX;
	switch (canonical(offset)) {
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
		return w->class->read(w->state, offset);
	}
}

void window_write(struct window *w, uint32_t offset, unsigned int size,
		  uint32_t value)
{
	if (size != 4)
		return;
	switch (canonical(offset)) {
	case REG_COMMAND:
		start_command(w, value);
		break;
	case REG_STATUS:
	case REG_ERROR:
		break;
	case REG_DATA:
		write_data(w, value);
		break;
	case REG_CONTROL:
		write_control(w, value);
		break;
	default:
		w->class->write(w->state, offset, value);
	}
}

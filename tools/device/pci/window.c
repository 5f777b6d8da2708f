// SPDX-License-Identifier: GPL-2.0
/*
 * The register window, the part common to all classes: the width of accesses,
 * the aperture, control and the interrupt line. Both windows (ports and memory)
 * are the same controller.
 */
#include <stdlib.h>

#include "base/counts.h"
#include "pci/window.h"
#include "guest/irq.h"

struct window *window_new(const struct window_class *class, void *state,
			  struct irq *irq, struct counts *c)
{
	struct window *w = calloc(1, class->size);

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

void window_update_line(struct window *w)
{
	irq_intx(w->irq, INTX_WINDOW, w->irq_enabled && w->class->pending(w));
}

void window_reset(struct window *w)
{
	if (!w)
		return;
	w->irq_enabled = false;
	w->class->reset(w);
	window_update_line(w);
}

enum vfe_window_id window_id(const struct window *w, bool ports)
{
	return ports ? w->class->port : w->class->memory;
}

static void write_control(struct window *w, uint32_t value)
{
	if (value & VFE_CONTROL_RESET)
		window_reset(w);
	w->irq_enabled = value & VFE_CONTROL_IRQ_ENABLE;
	window_update_line(w);
}

/* Ports stop before the aperture, so only the memory window reaches it. */
static uint32_t canonical(uint32_t offset)
{
	return offset >= VFE_MEMORY_APERTURE ? WINDOW_DATA : offset;
}

uint32_t window_read(struct window *w, uint32_t offset, unsigned int size)
{
	if (size != 4)
		return UINT32_MAX;
	offset = canonical(offset);
	if (offset == WINDOW_CONTROL)
		return w->irq_enabled ? VFE_CONTROL_IRQ_ENABLE : 0;
	return w->class->read(w, offset);
}

void window_write(struct window *w, uint32_t offset, unsigned int size,
		  uint32_t value)
{
	if (size != 4)
		return;
	offset = canonical(offset);
	if (offset == WINDOW_CONTROL)
		write_control(w, value);
	else
		w->class->write(w, offset, value);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The register window, in ports and in memory. The data port, the aperture, the
 * control register and the interrupt line are the same in all classes;
 * pci/command.h has the window of a class that answers commands.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vfe/wire_window.h>

/* Offsets of the registers that all classes have */
#define WINDOW_DATA	0x18
#define WINDOW_CONTROL	0x1c

struct window;
struct counts;
struct irq;

struct window_class {
	/* Where it counts accesses */
	enum vfe_window_id port, memory;
	size_t size;		/* of what begins with struct window */
	/* 4 bytes wide; any offset but that of control */
	uint32_t (*read)(struct window *w, uint32_t offset);
	void (*write)(struct window *w, uint32_t offset, uint32_t value);
	void (*reset)(struct window *w);
	bool (*pending)(const struct window *w);	/* an interrupt */
};

/* What each class's window begins with */
struct window {
	const struct window_class *class;
	void *state;		/* of the class: the result of its open() */
	struct irq *irq;
	struct counts *counts;
	bool irq_enabled;
};

struct window *window_new(const struct window_class *class, void *state,
			  struct irq *irq, struct counts *c);
void window_free(struct window *w);
/* No effect without a window. */
void window_reset(struct window *w);
/* In which window an access through ports, or through memory, counts */
enum vfe_window_id window_id(const struct window *w, bool ports);
uint32_t window_read(struct window *w, uint32_t offset, unsigned int size);
void window_write(struct window *w, uint32_t offset, unsigned int size,
		  uint32_t value);

/* For the class: pending() may have changed. */
void window_update_line(struct window *w);

#endif /* WINDOW_H */

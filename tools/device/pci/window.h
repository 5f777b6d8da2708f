/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The register window: a programmed-I/O controller with one request at a time.
 * Registers for commands, status, errors, data and control are the same in all
 * classes; the effects of commands and the registers for their arguments belong
 * to the class.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <vfe/wire_window.h>

struct window;
struct counts;
struct irq;

/* Operations of a class. @state is the result of its open(). */
struct window_class {
	size_t data_size;	/* most bytes of a request */
	/* A command was written while none was in progress. */
	void (*start)(struct window *w, uint32_t command);
	/* All words that window_receive() expects have come. */
	void (*received)(struct window *w);
	/* An access to a register of the class, or to none; 4 bytes wide */
	uint32_t (*read)(void *state, uint32_t offset);
	void (*write)(void *state, uint32_t offset, uint32_t value);
	void (*reset)(void *state);
};

struct window *window_new(const struct window_class *class, void *state,
			  struct irq *irq, struct counts *c);
void window_free(struct window *w);
/* No effect without a window. */
void window_reset(struct window *w);
uint32_t window_read(struct window *w, uint32_t offset, unsigned int size);
void window_write(struct window *w, uint32_t offset, unsigned int size,
		  uint32_t value);

/* For the class: */

void *window_state(const struct window *w);
uint32_t *window_data(struct window *w);
/* The counters of the class */
uint64_t *window_counts(const struct window *w);
/* Progress of a command: */
void window_done(struct window *w);
void window_fail(struct window *w, uint32_t error);
void window_send(struct window *w, uint32_t words);
void window_receive(struct window *w, uint32_t words);

#endif /* WINDOW_H */

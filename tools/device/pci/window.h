/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The register window: a controller of the old kind, one request at a time and
 * every word through a register. Registers for commands, status, errors, data
 * and control are the same in all classes; what a command does, and the
 * registers that say what it is about, are the class's.
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

/* What a class makes of it. @state is what its open() returned. */
struct window_class {
	size_t data_size;	/* bytes that a request moves at most */
	/* A command was written while none was under way. */
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
/* Nothing happens without a window. */
void window_reset(struct window *w);
uint32_t window_read(struct window *w, uint32_t offset, unsigned int size);
void window_write(struct window *w, uint32_t offset, unsigned int size,
		  uint32_t value);

/* For the class: */

void *window_state(const struct window *w);
uint32_t *window_data(struct window *w);
/* The counters of the class */
uint64_t *window_counts(const struct window *w);
/* How a command goes on: */
void window_done(struct window *w);
void window_fail(struct window *w, uint32_t error);
void window_send(struct window *w, uint32_t words);
void window_receive(struct window *w, uint32_t words);

#endif /* WINDOW_H */

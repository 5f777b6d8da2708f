/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The register window of a class that answers commands: a programmed-I/O
 * controller with one request at a time. The registers for commands, status,
 * errors and data are here; the effects of commands and the registers for their
 * arguments belong to the class.
 */
#ifndef COMMAND_H
#define COMMAND_H

#include "pci/window.h"

struct command_class;

/*
 * A request starts in one call and, while it has data, waits for words:
 *
 *   IDLE --command_send()--> SENDING --last word--> IDLE
 *   IDLE --command_receive()--> RECEIVING --last word--> IDLE
 *
 * All else (no data, errors) stays in IDLE; soft reset goes there from
 * anywhere.
 */
enum command_status {
	COMMAND_IDLE,
	COMMAND_SENDING,
	COMMAND_RECEIVING,
};

struct command_window {
	struct window w;
	enum command_status status;
	uint32_t error;		/* of the last request; 0: none */
	uint32_t command;
	bool irq_pending;
	uint32_t words;		/* of the request in progress */
	uint32_t next;
	uint32_t data[];
};

struct command_class {
	struct window_class window;	/* see COMMAND_WINDOW() */
	/* A command was written while none was in progress. */
	void (*start)(struct command_window *w, uint32_t command);
	/* All words that command_receive() expects have come. */
	void (*received)(struct command_window *w);
	/* An access to a register of the class, or to none; 4 bytes wide */
	uint32_t (*read)(void *state, uint32_t offset);
	void (*write)(void *state, uint32_t offset, uint32_t value);
	void (*reset)(void *state);
};

uint32_t command_window_read(struct window *w, uint32_t offset);
void command_window_write(struct window *w, uint32_t offset, uint32_t value);
void command_window_reset(struct window *w);
bool command_window_pending(const struct window *w);

/* @bytes: most of a request */
#define COMMAND_WINDOW(bytes) { \
	.port = VFE_WIN_PORT, \
	.memory = VFE_WIN_MEMORY, \
	.size = sizeof(struct command_window) + (bytes), \
	.read = command_window_read, \
	.write = command_window_write, \
	.reset = command_window_reset, \
	.pending = command_window_pending, \
}

/* For the class: progress of a command */
void command_done(struct command_window *w);
void command_fail(struct command_window *w, uint32_t error);
void command_send(struct command_window *w, uint32_t words);
void command_receive(struct command_window *w, uint32_t words);

#endif /* COMMAND_H */

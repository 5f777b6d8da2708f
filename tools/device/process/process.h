/* SPDX-License-Identifier: GPL-2.0 */
/* The process: a function, its client, and the event loop. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>

#include "pci/function.h"
#include "process/options.h"

struct control;
struct vu_client;

struct process {
	struct process_options options;
	void *state;		/* of the class */
	struct function function;
	struct vu_client *client;
	struct control *control;	/* NULL without --control */
	int listener;		/* the vfio-user socket */
	int signals;		/* signalfd */
	bool quit;
};

/* loop.c: runs until @p->quit. Return: 0 or -errno. */
int loop_run(struct process *p);

/* control.c */

#define CONTROL_CLIENTS		4

struct pollfd;

struct control *control_new(struct process *p, const char *path);
void control_free(struct control *c);
/* Fill in at most 1 + CONTROL_CLIENTS entries. Return: their number. */
int control_poll_fds(struct control *c, struct pollfd *fds);
void control_handle(struct control *c, const struct pollfd *fds, int n);

#endif /* PROCESS_H */

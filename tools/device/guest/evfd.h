/* SPDX-License-Identifier: GPL-2.0 */
/* Eventfds of the client's, which must never block this process. */
#ifndef EVFD_H
#define EVFD_H

#include <stdbool.h>

/* Return: 0 or -1; at most one at a time in a process. */
int evfd_open(void);
void evfd_close(void);
/* There are eventfds of the client's: let none block for longer than this. */
void evfd_watch(bool on);
/* Is it one, and made not to block? Return: 0 or -EINVAL. */
int evfd_check(int fd);
/* Return: whether the client has news; false for -1. */
bool evfd_signal(int fd);
/* Set the counter to 0. Return: 0 or -errno (-EAGAIN: it was). */
int evfd_take(int fd);

#endif /* EVFD_H */

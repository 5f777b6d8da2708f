/* SPDX-License-Identifier: GPL-2.0 */
/* Unix sockets that the process listens on. */
#ifndef LISTEN_H
#define LISTEN_H

/**
 * listen_unix() - listen on a Unix socket, non-blocking
 *
 * Replaces a socket file that no process listens on.
 *
 * Return: the descriptor, or -1 after one line on stderr.
 */
int listen_unix(const char *path, const char *option);
/* Accept one connection. Return: a non-blocking descriptor or -1. */
int listen_accept(int listener);

#endif /* LISTEN_H */

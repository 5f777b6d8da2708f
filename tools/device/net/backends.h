/* SPDX-License-Identifier: GPL-2.0 */
/* The back ends that there are. */
#ifndef NET_BACKENDS_H
#define NET_BACKENDS_H

#include "net/backend.h"

extern const struct net_backend_ops net_echo;	/* echo.c */
extern const struct net_backend_ops net_sink;
/* Turn a frame into its answer. Return: false if there is none */
bool echo_answer(struct net_frame *f);

extern const struct net_backend_ops net_source;	/* source.c */
extern const struct net_backend_ops net_pair;	/* pair.c */
extern const struct net_backend_ops net_stream;	/* stream.c */
extern const struct net_backend_ops net_tap;	/* tap.c */

#endif /* NET_BACKENDS_H */

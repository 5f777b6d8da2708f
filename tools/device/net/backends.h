/* SPDX-License-Identifier: GPL-2.0 */
/* The back ends that there are. */
#ifndef NET_BACKENDS_H
#define NET_BACKENDS_H

#include "net/backend.h"

extern const struct net_backend_ops net_echo;	/* echo.c */
extern const struct net_backend_ops net_sink;

#endif /* NET_BACKENDS_H */

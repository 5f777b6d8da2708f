/* SPDX-License-Identifier: GPL-2.0 */
/* Loss, delay and reordering of frames that come in. */
#ifndef NET_WIRE_H
#define NET_WIRE_H

#include "net/frame.h"
#include "virtio/service.h"

struct wire;
struct net_options;

enum wire_fate {
	WIRE_NOW,
	WIRE_LOST,
	WIRE_HELD,
};

struct wire *wire_new(const struct net_options *o, uint64_t seed);
void wire_free(struct wire *w);
/* A frame has come; if it is held, this is a copy. */
enum wire_fate wire_pass(struct wire *w, const struct net_frame *f,
			 uint64_t now);
/* Is there no room for one more? */
bool wire_full(const struct wire *w);
/* When the next held frame is due; or UINT64_MAX */
uint64_t wire_due(const struct wire *w);
/* Copy the frame that is due to @f. Return: whether there is one */
bool wire_take(struct wire *w, struct net_frame *f, uint64_t now);
/* All that are held are lost. */
void wire_drop(struct wire *w);

#endif /* NET_WIRE_H */

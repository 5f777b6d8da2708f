/* SPDX-License-Identifier: GPL-2.0 */
#ifndef ODD_H
#define ODD_H

#include "world.h"

/* Turn a quirk on or off, or make the disk one of zones, by two bytes. */
void odd_op(struct function *f, struct input *in);
/* The device as it is without any of it */
void odd_end(struct function *f);

#endif /* ODD_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Calls around a thread's operations on the driver's side of a ring. */
#ifndef RING_ORDER_TSAN_H
#define RING_ORDER_TSAN_H

void order_thread_begin(void);
void order_thread_end(void);

#endif /* RING_ORDER_TSAN_H */

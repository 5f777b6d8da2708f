/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists of used buffers, for class drivers that complete many at a time: with
 * the queue's lock held, vfe_queue_reap() takes the buffers out of the ring;
 * the class driver completes them after it has dropped the lock.
 */
#ifndef VFE_REAP_H
#define VFE_REAP_H

#include "queue.h"

/**
 * struct vfe_token - a buffer in flight
 * @next: next buffer in a list
 * @used_len: &vfe_used.len
 *
 * A member of the class driver's own structure, which vfe_queue_add() gets as
 * the buffer's token.
 */
struct vfe_token {
	struct vfe_token *next;
	u32 used_len;
};

/**
 * struct vfe_token_list - used buffers, the oldest first
 * @first: the first buffer, or NULL
 * @tail: where to link the next buffer
 * @n: number of buffers
 *
 * @tail may point to @first: do not copy the structure.
 */
struct vfe_token_list {
	struct vfe_token *first;
	struct vfe_token **tail;
	unsigned int n;
};

static inline void vfe_token_list_init(struct vfe_token_list *list)
{
	list->first = NULL;
	list->tail = &list->first;
	list->n = 0;
}

static inline void vfe_token_list_add(struct vfe_token_list *list,
				      struct vfe_token *token)
{
	token->next = NULL;
	*list->tail = token;
	list->tail = &token->next;
	list->n++;
}

/**
 * vfe_queue_reap() - take used buffers out of the ring
 * @q: the queue, to which only struct vfe_token are added
 * @used: room for buffers. Not on the stack, because
 *	  CONFIG_INIT_STACK_ALL_ZERO would clear it on each call
 * @size: number of buffers in @used, not 0
 * @done: list to append the buffers to
 *
 * Does not return buffers that the device uses during the call: the caller must
 * check again, with vfe_queue_enable_cb() or by its next poll.
 */
static inline void vfe_queue_reap(struct vfe_queue *q, struct vfe_used *used,
				  unsigned int size,
				  struct vfe_token_list *done)
{
	struct vfe_token *token;
	unsigned int n, i;

	do {
		n = vfe_queue_get_many(q, used, size);
		for (i = 0; i < n; i++) {
			token = used[i].token;
			token->used_len = used[i].len;
			vfe_token_list_add(done, token);
		}
	} while (n == size);
}

#endif /* VFE_REAP_H */

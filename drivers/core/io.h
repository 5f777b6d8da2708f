/* SPDX-License-Identifier: GPL-2.0 */
/* Definitions that the files io_*.c share, beside vfe/io_queue.h */
#ifndef VFE_IO_H
#define VFE_IO_H

#include <vfe/compat/core.h>
#include <vfe/io_queue.h>

/* io_coalesce.c */
void vfe_io_coalesce_init(struct vfe_io_queue *ioq);
void vfe_io_coalesce_stop(struct vfe_io_queue *ioq);

/* io_poll.c */
void vfe_io_poll_init(struct vfe_io_queue *ioq);
void vfe_io_poll_exit(struct vfe_io_queue *ioq);

#endif /* VFE_IO_H */

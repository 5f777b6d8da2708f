/* SPDX-License-Identifier: GPL-2.0 */
/* The virtio side of a function, as the rest of the device calls it. */
#ifndef VDEV_H
#define VDEV_H

#include <stdbool.h>
#include <stdint.h>
#include <vfe/wire.h>

#include "virtio/class.h"
#include "virtio/options.h"

struct counts;
struct gmem;
struct irq;
struct pollfd;
struct vdev;

/* @state: result of the class's open(); the caller owns all of them. */
struct vdev *vdev_new(struct options *o, void *state, struct gmem *gm,
		      struct irq *irq, struct counts *c);
void vdev_free(struct vdev *v);
/*
 * For the config_read() of a class: a field of its configuration structure of
 * @len bytes. 2.5.1: bytes beyond the structure read as zero.
 */
uint32_t vdev_config_read(const void *config, size_t len, uint32_t offset,
			  unsigned int size);
/* @offset is relative to the window (common, isr, device or notify). */
uint32_t vdev_read(struct vdev *v, enum vfe_window_id win, uint32_t offset,
		   unsigned int size);
void vdev_write(struct vdev *v, enum vfe_window_id win, uint32_t offset,
		unsigned int size, uint32_t value);
void vdev_reset(struct vdev *v);
/* Power-on state: the additional steps of a reset of the function */
void vdev_power_on(struct vdev *v);
/*
 * Bus mastering was enabled or disabled: while disabled, rings wait; process
 * them when it is enabled again. A reset does not change it.
 */
void vdev_bus_master(struct vdev *v, bool on);
/* The memfd of the mapped notify page, or -1 with --doorbell trap */
int vdev_doorbell_fd(const struct vdev *v);
/* Are there rings or doorbells to watch (spin) right now? */
bool vdev_wants_poll(const struct vdev *v);
/* Poll rings or doorbells once. Return: whether there was work. */
bool vdev_poll(struct vdev *v);
/* The class's descriptors, at most CLASS_FDS, for the event loop */
int vdev_fds(struct vdev *v, struct pollfd *fds);
void vdev_handle(struct vdev *v, const struct pollfd *fds, int n);
/* When the next request is due (ns of CLOCK_MONOTONIC), or UINT64_MAX */
uint64_t vdev_due(const struct vdev *v);
/* Complete the requests that are due at @now. */
void vdev_serve(struct vdev *v, uint64_t now);
/* A guest mapping went away: forget every address derived from it. */
void vdev_memory_changed(struct vdev *v);
uint8_t vdev_status(const struct vdev *v);
/* For the control socket; false when @index is no queue. */
bool vdev_queue_state(const struct vdev *v, unsigned int index,
		      uint16_t *size, uint16_t *avail_idx, uint16_t *used_idx);

/* commands.c: those of the control socket that all classes have */
extern const struct vdev_command vdev_commands[];

#endif /* VDEV_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A PCI function: its parts put together, reset and taken apart. Everything
 * runs in one thread (process/loop.c), so nothing here takes a lock.
 */
#ifndef FUNCTION_H
#define FUNCTION_H

#include <stddef.h>
#include <stdint.h>

#include "base/counts.h"
#include "pci/window.h"
#include "guest/gmem.h"
#include "guest/irq.h"
#include "virtio/vdev.h"

struct function {
	struct options *options;
	struct counts counts;
	struct gmem *gmem;	/* guest memory */
	struct irq *irq;
	struct vdev *vdev;	/* registers, rings, requests */
	struct window *window;	/* the register window; NULL: the class has none */
	struct pci *pci;	/* configuration space */
};

/**
 * function_create() - make the parts
 * @options: checked, and kept by the caller
 * @state: what the open() of the class returned; the caller keeps it, too
 *
 * Return: 0 or -1; function_destroy() tidies up either way.
 */
int function_create(struct function *f, struct options *options, void *state);
void function_destroy(struct function *f);
uint16_t function_device_id(const struct function *f);
/* Reset to the state after power-on: for FLR and DEVICE_RESET. */
void function_reset(struct function *f);
/*
 * A write to configuration space, within its bounds, which may reset the
 * function.
 */
void function_config_write(struct function *f, uint32_t offset,
			   const void *data, size_t len);

#endif /* FUNCTION_H */

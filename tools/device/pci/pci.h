/* SPDX-License-Identifier: GPL-2.0 */
/* Configuration space and BARs, as the guest accesses them. */
#ifndef PCI_H
#define PCI_H

#include <stdbool.h>

#include "pci/function.h"

#define PCI_CONFIG_SIZE		4096
#define PCI_NUM_BARS		6

/* pci.c */

struct pci *pci_new(struct function *f);
void pci_free(struct pci *p);
/* Values at power on. Does not reset the rest of the function. */
void pci_reset(struct pci *p);
/* Any range inside configuration space */
void pci_config_read(struct pci *p, uint32_t offset, void *data, size_t len);
/*
 * Return: whether the write requests a function level reset. It then has no
 * other effect, and the caller must reset.
 */
bool pci_config_write(struct pci *p, uint32_t offset, const void *data,
		      size_t len);

/* bar.c */

uint32_t bar_size(const struct function *f, unsigned int bar);
/* Does the function have this window, and so the registers in it? */
bool bar_has_window(const struct function *f, enum vfe_window_id win);
/**
 * bar_read() - one access of the guest to a BAR
 * @size: 1, 2, 4 or 8
 *
 * Return: 0 or -EINVAL for another size or an access beyond the end.
 */
int bar_read(struct function *f, unsigned int bar, uint64_t offset,
	     unsigned int size, uint64_t *value);
int bar_write(struct function *f, unsigned int bar, uint64_t offset,
	      unsigned int size, uint64_t value);

#endif /* PCI_H */

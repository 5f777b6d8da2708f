/* SPDX-License-Identifier: GPL-2.0 */
/* Only the name of a function, in a prototype. */
#ifndef SHIM_LINUX_PCI_H
#define SHIM_LINUX_PCI_H

struct pci_dev;

#endif /* SHIM_LINUX_PCI_H */

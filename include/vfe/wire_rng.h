/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Definitions that the driver of an entropy source and its device share, beyond
 * the virtio specification: PCI IDs.
 */
#ifndef VFE_WIRE_RNG_H
#define VFE_WIRE_RNG_H

#include "wire.h"

#define VFE_PCI_OLD_ENTROPY	0x1005
#define VFE_TYPE_ENTROPY	4
#define VFE_PCI_DEVICE_ENTROPY	(VFE_PCI_DEVICE_BASE + VFE_TYPE_ENTROPY)

#endif /* VFE_WIRE_RNG_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The version of the project, in this one place: the modules, vfe-device and
 * the recipe for DKMS take it from here.
 */
#ifndef VFE_VERSION_H
#define VFE_VERSION_H

#define VFE_VERSION	"0.9.0"

#endif

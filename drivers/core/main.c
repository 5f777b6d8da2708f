// SPDX-License-Identifier: GPL-2.0
/* The module vfe: a library, it binds to no device by itself. */
#include <linux/module.h>

#include <vfe/version.h>

MODULE_DESCRIPTION("Core of a virtio front end that counts its exits");
MODULE_LICENSE("GPL");
MODULE_VERSION(VFE_VERSION);

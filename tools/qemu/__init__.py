# SPDX-License-Identifier: GPL-2.0
"""vfe_blk on QEMU's own virtio-blk-pci, in every configuration."""

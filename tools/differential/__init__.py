# SPDX-License-Identifier: GPL-2.0
"""Compares vfe_blk with the kernel's virtio_blk, on identical functions."""

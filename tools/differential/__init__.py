# SPDX-License-Identifier: GPL-2.0
"""vfe_blk beside the kernel's virtio_blk, on identical functions."""

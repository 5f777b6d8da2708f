# SPDX-License-Identifier: GPL-2.0
"""vfe_blk on devices of others: QEMU's own, in every configuration."""

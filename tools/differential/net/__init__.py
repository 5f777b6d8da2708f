# SPDX-License-Identifier: GPL-2.0
"""Compares vfe_net with virtio_net."""

# SPDX-License-Identifier: GPL-2.0
"""Measures instructions per operation, and the memory of a disk."""

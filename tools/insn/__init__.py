# SPDX-License-Identifier: GPL-2.0
"""What a path through a driver costs: instructions, and memory of a disk."""

# SPDX-License-Identifier: GPL-2.0
"""Tests of tools/qemu; they need no guest."""

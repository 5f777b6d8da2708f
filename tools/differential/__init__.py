# SPDX-License-Identifier: GPL-2.0
"""Compares our drivers with the kernel's, on identical functions."""

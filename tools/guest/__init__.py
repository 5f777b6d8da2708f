# SPDX-License-Identifier: GPL-2.0
"""Tests in a guest: both drivers, the device, and what can go wrong."""

# SPDX-License-Identifier: GPL-2.0
"""Tests in a guest: the drivers, the device, and faults."""

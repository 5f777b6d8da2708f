# SPDX-License-Identifier: GPL-2.0
"""Tests in a guest of each of Debian's kernels that the drivers are for."""

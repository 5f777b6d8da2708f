# SPDX-License-Identifier: GPL-2.0
"""Tests in a guest of each supported kernel of Debian."""

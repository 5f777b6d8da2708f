# SPDX-License-Identifier: GPL-2.0
"""Tests of the check itself: a runner that misses a failure is none."""

# SPDX-License-Identifier: GPL-2.0
"""Tests of the runner: one that misses a failure is none."""

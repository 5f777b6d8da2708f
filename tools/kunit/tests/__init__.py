# SPDX-License-Identifier: GPL-2.0
"""Tests of the runner, which must not miss a failure."""

# SPDX-License-Identifier: GPL-2.0
"""Tests of the check itself, which must not miss a failure."""

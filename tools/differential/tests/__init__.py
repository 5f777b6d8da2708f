# SPDX-License-Identifier: GPL-2.0
"""Tests of the differential runner that need no guest."""

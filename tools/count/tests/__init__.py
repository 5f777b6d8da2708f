# SPDX-License-Identifier: GPL-2.0
"""Tests of the witnesses and their comparison; they need no guest."""

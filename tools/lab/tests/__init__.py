# SPDX-License-Identifier: GPL-2.0
"""Tests of the lab that boot nothing: `python3 -m unittest` in tools/."""

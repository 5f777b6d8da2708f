# SPDX-License-Identifier: GPL-2.0
"""Suites that drive the drivers on the device of the project."""

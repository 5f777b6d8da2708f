# SPDX-License-Identifier: GPL-2.0
"""Suites that test the drivers on the project's device."""

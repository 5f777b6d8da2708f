# SPDX-License-Identifier: GPL-2.0
"""Compares both drivers on storage with service times."""

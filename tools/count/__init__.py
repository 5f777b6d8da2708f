# SPDX-License-Identifier: GPL-2.0
"""Counts accesses to a function's registers, by three witnesses."""

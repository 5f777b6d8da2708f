# SPDX-License-Identifier: GPL-2.0
"""Measures a guest while its storage is stalled."""

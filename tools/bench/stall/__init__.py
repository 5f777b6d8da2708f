# SPDX-License-Identifier: GPL-2.0
"""The behaviour of a guest while its storage is stalled."""

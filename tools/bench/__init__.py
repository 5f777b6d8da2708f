# SPDX-License-Identifier: GPL-2.0
"""The bench: VM exits per operation, by driver and configuration."""

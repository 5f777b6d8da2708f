# SPDX-License-Identifier: GPL-2.0
"""What a guest does while its storage stands still."""

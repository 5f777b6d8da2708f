# SPDX-License-Identifier: GPL-2.0
"""Traffic between a tested interface and its peer, in the guest."""

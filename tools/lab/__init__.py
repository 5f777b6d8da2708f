# SPDX-License-Identifier: GPL-2.0
"""The lab: a machine with KVM on any host, and guests on it."""

from .errors import LabError

__all__ = ["LabError"]

# SPDX-License-Identifier: GPL-2.0
"""Intended differences between vfe_scsi and virtio_scsi, with reasons."""

from __future__ import annotations

from ..documented import Documented

DOCUMENTED: tuple[Documented, ...] = ()

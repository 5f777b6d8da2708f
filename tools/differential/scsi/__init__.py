# SPDX-License-Identifier: GPL-2.0
"""Compares vfe_scsi with virtio_scsi."""

# SPDX-License-Identifier: GPL-2.0
"""Both drivers on storage with service times."""

# SPDX-License-Identifier: GPL-2.0
"""Every test of the project, in stages: what `make check` runs."""

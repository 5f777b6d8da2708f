# SPDX-License-Identifier: GPL-2.0
"""The runner of the KUnit suites: builds, boots, judges the log."""

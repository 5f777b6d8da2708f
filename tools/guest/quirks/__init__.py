# SPDX-License-Identifier: GPL-2.0
"""Guest tests on a device with the quirks of monitors in production."""

# SPDX-License-Identifier: GPL-2.0
"""Both drivers on storage whose requests take their time."""

# SPDX-License-Identifier: GPL-2.0
"""A guest without a machine: a vfio-user client and the tests that use it.

Run from tools/device with the device to test in VFE_DEVICE:

    VFE_DEVICE=/path/to/vfe-device python3 -m unittest discover -s tests -t .
"""

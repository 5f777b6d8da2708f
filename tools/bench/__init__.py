# SPDX-License-Identifier: GPL-2.0
"""The bench: what each way of driving a virtual disk costs in VM exits."""

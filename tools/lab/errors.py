# SPDX-License-Identifier: GPL-2.0
"""The one exception that the lab raises for what a user can act on."""


class LabError(Exception):
    """One clear line: what is wrong and what to do about it."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code

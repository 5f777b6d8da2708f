# SPDX-License-Identifier: GPL-2.0
"""The paths.

The same code runs on the host ("outer") and in the rootfs ("inner"), which is a
chroot or a nested machine. There the checkout is /vfe, the state folder /state
and the results folder /out. The starter of inner code passes the paths in the
environment, so only this file knows the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

INNER_CHECKOUT = "/vfe"
INNER_STATE = "/state"
INNER_OUT = "/out"


def checkout() -> Path:
    """The checkout that this file belongs to."""
    return Path(__file__).resolve().parent.parent.parent


def cache() -> Path:
    """The cache folder of the host; $VFE_CACHE moves it."""
    given = os.environ.get("VFE_CACHE")
    if given:
        return Path(given).resolve()
    base = os.environ.get("XDG_CACHE_HOME")
    root = Path(base) if base else Path.home() / ".cache"
    return root.resolve() / "vfe"


def inner() -> bool:
    """True in inner code: an outer run has passed the paths."""
    return "VFE_STATE" in os.environ


def state() -> Path:
    """The state folder: builds, images, logs."""
    given = os.environ.get("VFE_STATE")
    return Path(given) if given else cache() / "state"


def out() -> Path:
    """Results: out/ of the checkout."""
    given = os.environ.get("VFE_OUT")
    return Path(given) if given else checkout() / "out"


def tree() -> Path:
    """The root of the Debian rootfs as seen from inner code."""
    return Path(os.environ.get("VFE_TREE", "/"))


def logs() -> Path:
    """The folder for logs of builds and guests, created if missing."""
    path = state() / "logs"
    path.mkdir(parents=True, exist_ok=True)
    return path


def shown(path: Path) -> str:
    """The path on the host, for messages."""
    given = os.environ.get("VFE_HOST_STATE")
    if given and path.is_relative_to(state()):
        return str(Path(given) / path.relative_to(state()))
    return str(path)


def inner_environment() -> dict[str, str]:
    """The environment of inner code in a chroot or a nested machine."""
    return {
        "VFE_STATE": INNER_STATE,
        "VFE_HOST_STATE": shown(state()),
        "VFE_OUT": INNER_OUT,
        "VFE_TREE": "/",
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/root",
        "LC_ALL": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
    }


def kept() -> Path | None:
    """The folder for what a command in a nested machine keeps for the next one,
    if this one falls over; None elsewhere."""
    given = os.environ.get("VFE_KEPT")
    return Path(given) if given else None

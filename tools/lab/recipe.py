# SPDX-License-Identifier: GPL-2.0
"""The contents of the rootfs: suites, packages and their purpose."""

from __future__ import annotations

import hashlib
import json

# Increase this when the way to make the rootfs changes, but not the lists.
VERSION = 3

BASE_SUITE = "trixie"
QEMU_SUITE = "trixie-backports"
OLD_SUITE = "bookworm"
NEW_SUITE = "sid"
SUITES = (BASE_SUITE, QEMU_SUITE, OLD_SUITE, NEW_SUITE)

# The kernel that the lab boots by default; the rootfs has all of these, with
# their headers.
BOOT_KERNEL = "6.12"
KERNEL_SUITES = {"6.1": OLD_SUITE, "6.12": BASE_SUITE, "7.3": QEMU_SUITE}

# Other versions of QEMU, by the suite that has them: see qemus.py. Guests can
# boot on them, with the devices that they have.
OTHER_QEMUS = {"7.2": OLD_SUITE, "10.0": BASE_SUITE}

PACKAGES = (
    # the machines
    "qemu-system-x86", "qemu-utils",
    # building modules and the device
    "gcc", "make", "libc6-dev", "dwarves",
    # building kernels to test with
    "bc", "bison", "flex", "libelf-dev",
    # a second compiler, fuzzing, instruction counts
    "clang", "libclang-rt-19-dev", "valgrind",
    # the guest's user space, and tools for its initramfs and images
    "bash", "busybox-static", "cpio", "e2fsprogs", "fdisk", "fio", "kmod",
    "pciutils", "procps", "mount", "util-linux", "xz-utils", "zstd",
    # file systems and RAID for comparing drivers, and device names
    "btrfs-progs", "cryptsetup-bin", "dmsetup", "mdadm", "udev", "xfsprogs",
    "zbd-utils",
    # traffic, network back ends, and programs for XDP
    "bpftool", "ethtool", "iperf3", "iproute2", "iputils-ping", "libbpf-dev",
    "libxdp-dev", "netperf", "passt", "python3-scapy", "socat", "tcpdump",
    "xdp-tools",
    # the tools and the checks
    "python3", "python3-pytest", "mypy", "pylint", "perl", "shellcheck",
)

# Taken from QEMU_SUITE; other packages of it and of OLD_SUITE are used only for
# dependencies that BASE_SUITE lacks.
QEMU_PACKAGES = ("src:qemu", "src:seabios", "src:ipxe")

# Unpacked without dependencies, which would include half of NEW_SUITE: the
# sparse before this one cannot parse the headers of 7.3.
UNPACKED = (f"sparse/{NEW_SUITE}",)

# Files that nothing in the rootfs reads: a third of its size.
EXCLUDED_PATHS = (
    "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/man/*",
    "/usr/share/info/*", "/usr/share/qemu/edk2-*",
)

# Parts of linux-source that no kernel of this project needs. All Kconfig files
# and makefiles stay, since they name each other.
SOURCE_WITHOUT = tuple(
    f"{folder}/{name}"
    for folder in (
        "arch/[a-tv-wyz]*", "Documentation", "drivers/accel", "drivers/gpu",
        "drivers/iio", "drivers/infiniband", "drivers/media",
        "drivers/net/ethernet", "drivers/net/wireless", "drivers/scsi",
        "drivers/staging", "drivers/usb", "fs/xfs", "fs/btrfs", "sound",
        "tools/perf", "tools/testing/selftests")
    for name in ("*.[chS]", "*.dts*", "*.rst", "*.yaml", "*.json", "*.txt")
)

# Files of those parts that a kernel needs nevertheless. A rootfs that was made
# without them gets them, so they are not part of its name.
SOURCE_ALSO = ("drivers/scsi/*.[ch]",)

SIZE_MB = 6000


def key() -> str:
    """The name of the rootfs of this recipe."""
    text = json.dumps([VERSION, SUITES, KERNEL_SUITES, PACKAGES,
                       QEMU_PACKAGES, UNPACKED, EXCLUDED_PATHS,
                       SOURCE_WITHOUT])
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def also_stamp() -> str:
    """The file, beside the sources of the kernel, that says that they have
    SOURCE_ALSO."""
    text = hashlib.sha256(json.dumps(SOURCE_ALSO).encode()).hexdigest()[:12]
    return f"usr/src/linux-source-{BOOT_KERNEL}/.also-{text}"


def preferences() -> str:
    """The apt preferences that exclude other suites, except for named
    packages."""
    return (
        f"Package: *\nPin: release n={OLD_SUITE}\nPin-Priority: 50\n\n"
        f"Package: *\nPin: release n={NEW_SUITE}\nPin-Priority: 40\n\n"
        f"Package: {' '.join(QEMU_PACKAGES)}\n"
        f"Pin: release n={QEMU_SUITE}\nPin-Priority: 990\n"
    )

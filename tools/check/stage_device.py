# SPDX-License-Identifier: GPL-2.0
"""Stage device: the device with two compilers, sanitizers and fuzzers."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab import build, files, paths

from . import units
from .context import Context, tail

MAKE_TIMEOUT = 300

UNIT_TESTS = ("ring_test", "server_test")
# Seconds of fuzzing with new inputs, by default and as a variable
FUZZ_SECONDS = 5
WHOLE_FUZZ_SECONDS = 120    # in the long form
# Limits of an input, in seconds and MB; and the smallest number of runs
FUZZ_LIMITS = ("-timeout=5", "-rss_limit_mb=600", "-max_len=2048")
FUZZ_LEAST_RUNS = 1000
# Merge a corpus in the cache with more files than this.
FUZZ_MOST_FILES = 4000

TAP = re.compile(r"^(not )?ok \d+ - (.*)$")
FUZZ_DONE = re.compile(r"^Done (\d+) runs in (\d+) second", re.MULTILINE)
FUZZ_COVERAGE = re.compile(r"DONE\s+cov: (\d+)")
FUZZ_SAVED = re.compile(r"Test unit written to (\S+)")
FUZZ_REASON = re.compile(r"property violated|ERROR: |runtime error: ")


def _root() -> Path:
    return paths.state() / "build" / "check-device"


def _out(compiler: str) -> Path:
    return _root() / ("out" if compiler == "gcc" else f"out-{compiler}")


def sources() -> Path:
    """A writable copy of the device's sources."""
    folder = _root()
    folder.mkdir(parents=True, exist_ok=True)
    files.mirror_sources(paths.checkout(), folder,
                         ("tools/device", "include"), build.is_source)
    return folder / "tools/device"


def make(context: Context, *targets: str,
         compiler: str = "gcc") -> tuple[int, str]:
    """Run make in the copy, with its own output folder."""
    build.drop_interrupted(_root())
    folder, out = sources(), _out(compiler)
    out.mkdir(exist_ok=True)
    build.drop_moved(out)
    with build.building(_root()):
        return context.run(["make", f"-j{os.cpu_count() or 1}", "-C",
                            str(folder), f"O={out}", f"CC={compiler}",
                            *targets], timeout=MAKE_TIMEOUT)


def _build(context: Context, compiler: str, *targets: str) -> bool:
    """A check: it builds without warnings, which are errors."""
    context.note(f"{compiler}: {' '.join(targets)}")
    code, output = make(context, *targets, compiler=compiler)
    return context.tally.judge(
        f"make -C tools/device CC={compiler} {' '.join(targets)}",
        f"exit code {code}\n{tail(output)}" if code else "")


def tap_results(output: str) -> list[tuple[str, str]]:
    """Name and problem of each test in TAP; '#' lines come before theirs."""
    found: list[tuple[str, str]] = []
    said: list[str] = []
    for line in output.splitlines():
        match = TAP.match(line)
        if match:
            problem = "\n".join(said) or "it failed and did not say why"
            found.append((match.group(2), problem if match.group(1) else ""))
            said = []
        elif line.startswith("#"):
            said.append(line)
    return found


def _unit_tests(context: Context, compiler: str, program: str) -> None:
    """One check per test, and one that the program completed."""
    start = time.monotonic()
    context.note(f"{program}, {compiler}")
    code, output = context.run([str(_out(compiler) / program)],
                               timeout=MAKE_TIMEOUT)
    results = tap_results(output)
    for name, problem in results:
        context.tally.judge(f"{program} ({compiler}): {name}", problem)
    ended = code in (0, 1) and output.rstrip().endswith(f"1..{len(results)}")
    context.tally.judge(
        f"{program} ({compiler}) runs to its end", "" if ended and results
        else f"exit code {code}\n{tail(output)}")
    context.log.write(f"{program} ({compiler}): {len(results)} tests,"
                      f" {time.monotonic() - start:.1f} s\n")


def _fuzz(context: Context, target: str, options: Sequence[str],
          folders: Sequence[Path], seconds: float) -> tuple[int, str]:
    crashes = paths.out() / "check" / "fuzz"
    crashes.mkdir(parents=True, exist_ok=True)
    return context.run(
        [str(_out("clang") / f"{target}_fuzz"), *FUZZ_LIMITS, *options,
         f"-artifact_prefix={crashes}/{target}-", "-print_funcs=0",
         *map(str, folders)], timeout=seconds, whole=True)


def fuzz_problem(target: str, code: int, output: str) -> str:
    """The finding of a fuzz target: the reason, and the command that repeats
    it."""
    if not code:
        return ""
    why = [line for line in output.splitlines() if FUZZ_REASON.search(line)]
    saved = FUZZ_SAVED.search(output)
    if not saved:
        return f"exit code {code}\n{tail(output)}"
    return "\n".join([
        *why[:4], f"the input is in {saved.group(1)}; to see it again:",
        f"  python3 tools/lab exec {_out('clang') / target}_fuzz"
        f" {saved.group(1)}",
        "once it is fixed, keep it in"
        f" tools/device/fuzz/regressions/{target}/", tail(output)])


def fuzz_targets() -> list[str]:
    """NAME of each NAME_fuzz.c."""
    return sorted(source.name.removesuffix("_fuzz.c") for source in
                  (paths.checkout() / "tools/device/fuzz").glob("*_fuzz.c"))


def _fuzz_seconds(context: Context) -> int:
    """How long each target gets new inputs."""
    return WHOLE_FUZZ_SECONDS if context.whole else FUZZ_SECONDS


def unpack_corpus(text: str, folder: Path) -> None:
    """Write each input of a corpus in hexadecimal to a file of its own."""
    files.remove(folder)
    folder.mkdir(parents=True)
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    for number, line in enumerate(lines):
        (folder / f"{number:04}").write_bytes(bytes.fromhex(line))


def _folders(target: str) -> tuple[Path, list[Path]]:
    """The corpus in the cache, with the inputs of the tree."""
    grown = paths.state() / "fuzz" / f"device-{target}"
    grown.mkdir(parents=True, exist_ok=True)
    tree = paths.checkout() / "tools/device/fuzz"
    unpacked = paths.state() / "fuzz" / f"device-{target}.tree"
    corpus = tree / "corpus" / f"{target}.hex"
    unpack_corpus(corpus.read_text() if corpus.exists() else "", unpacked)
    named = tree / "regressions" / target
    return grown, [unpacked, *([named] if named.is_dir() else [])]


def _replay(context: Context, target: str) -> bool:
    """Replay each input of the tree once."""
    _, kept = _folders(target)
    count = sum(1 for folder in kept for _ in folder.iterdir())
    code, output = _fuzz(context, target, ["-runs=0"], kept, 60)
    problem = fuzz_problem(target, code, output)
    if not count:
        problem = f"no input in tools/device/fuzz/corpus/{target}.hex"
    return context.tally.judge(f"fuzz {target}: inputs in the tree", problem)


def _shrink(context: Context, target: str, grown: Path) -> None:
    """Reduce a large corpus to the inputs that reach new code."""
    if sum(1 for _ in grown.iterdir()) <= FUZZ_MOST_FILES:
        return
    fresh = grown.with_suffix(".new")
    files.remove(fresh)
    fresh.mkdir()
    code, _ = _fuzz(context, target, ["-merge=1", "-max_total_time=20"],
                    [fresh, grown], 60)
    files.remove(grown)
    if code:
        files.remove(fresh)
        grown.mkdir()
    else:
        fresh.rename(grown)


def _explore(context: Context, target: str) -> tuple[str, str]:
    """New inputs for a bounded time; name and problem of the check."""
    seconds = _fuzz_seconds(context)
    name = f"fuzz {target}: {seconds} s of new inputs"
    grown, kept = _folders(target)
    _shrink(context, target, grown)
    code, output = _fuzz(context, target,
                         [f"-max_total_time={seconds}"],
                         [grown, *kept], seconds + 60)
    problem = fuzz_problem(target, code, output)
    done, cover = FUZZ_DONE.search(output), FUZZ_COVERAGE.search(output)
    if not problem and (not done or int(done.group(1)) < FUZZ_LEAST_RUNS):
        problem = f"under {FUZZ_LEAST_RUNS} inputs\n{tail(output)}"
    if done and cover:
        rate = int(done.group(1)) // max(1, int(done.group(2)))
        context.log.write(f"fuzz {target}: {done.group(1)} inputs, {rate} a"
                          f" second, {cover.group(1)} edges\n")
    return name, problem


def _fuzzers(context: Context) -> None:
    """Replay the stored inputs first, then run all targets in parallel."""
    context.note("fuzz targets: inputs in the tree")
    good = [target for target in fuzz_targets() if _replay(context, target)]
    context.note(f"fuzzing for {_fuzz_seconds(context)} s")
    with ThreadPoolExecutor(max(1, len(good))) as pool:
        for name, problem in pool.map(
                lambda target: _explore(context, target), good):
            context.tally.judge(name, problem)


def run(context: Context) -> None:
    """Unit tests and fuzzers, then the suites against the whole process."""
    sanitized = _build(context, "gcc", "san", "tests")
    if sanitized:
        for program in UNIT_TESTS:
            _unit_tests(context, "gcc", program)
    # clang's sanitizers find other bugs than gcc's.
    if _build(context, "clang", "all", "san", "tests", "fuzz"):
        for program in UNIT_TESTS:
            _unit_tests(context, "clang", program)
        _fuzzers(context)
    if not sanitized:
        return
    units.run(context, paths.checkout() / "tools/device", "tests",
              env={"VFE_DEVICE": str(_out("gcc") / "vfe-device-san")})

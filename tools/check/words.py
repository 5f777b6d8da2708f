# SPDX-License-Identifier: GPL-2.0
"""Plain English in comments, documents and messages, as far as patterns can
tell. README.md has the glossary; each finding names what to write instead."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from . import sources

MAX_SENTENCE = 40
# the patterns themselves, and files that quote them
SKIPPED = {"tools/check/words.py", "tools/check/tests/test_words.py"}
THINGS = ("queue|vector|row|rung|CPU|request|line|block|page|word|byte|second"
          "|operation|check|function|disk|guest|case|file|stage|buffer|ring"
          "|test")
BEFORE_WHO = "for|by|of|to|from|and|as|but|with|if|when|than"

# pattern, and what to write instead; a space matches any, and a new line
TERMS = tuple((re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE), advice)
              for pattern, advice in (
    (r"\basked for\b", "'requested', 'enabled' or 'expected'"),
    (rf"(?:^|[.,;:(] |\b(?:{BEFORE_WHO}) )who(?:ever|m)?\b",
     "name the agent: 'a reader that ...'"),
    (r"\b(?:is|are|was|were|be|been) (?:told|asked|looked at|waited for"
     r"|believed|gone by|held against|taken for)\b",
     "name the agent: 'the driver checks ...'"),
    (r"\bwhat (?:is|was|are|were) (?:used|there|done|asked|needed|wanted|left"
     r"|known)\b", "name the thing: 'the used buffers'"),
    (r"\bwhat (?:comes|came|goes|went|stands|stood|follows|lies|lay|waits"
     r"|waited|happens)\b", "name the thing: 'the waiting requests'"),
    (r"\bthe one that\b", "name the thing again"),
    (r"\b(?:is|are|was|were) to be\b", "'must be'"),
    (rf"\b(?:one|a \w+) a (?:{THINGS})\b", "'one per queue'"),
    (r"\bso many (?:more|times|of|\w+s)\b(?! that)",
     "'this many', or the number"),
    (r"\bfrom here on\b", "'from now on'"),
    (r"\ball the same\b", "'nevertheless'"),
    (r"\bin truth\b", "leave it out"),
    (r"\bbut for\b", "'except'"),
    (r"\bfor want of\b", "'because there is no ...'"),
    (r"\bto be had\b", "'available'"),
    (r"\bshould be able to\b", "'can' or 'must'"),
    (r"\bmend(?:s|ed|ing)?\b", "'fix' or 'repair'"),
    (r"\bpleas?\b", "'reset request'"),
    (r"\blets? go\b", "'release'"),
    (r"\bknocks?\b", "'mark'"),
    (r"\btells? last\b", "'announces'"),
    (r"\btwins?\b", "'vfe_trap_blk'"),
))
# names that the project has replaced
NAMES = tuple((re.compile(pattern), advice) for pattern, advice in (
    (r"\b(?:vfet_\w+|VFET_\w+)", "vfe_trap_"),
    (r"\b\w*(?:lies_len|SPLIT_LIES)\b", "no_used_len"),
    (r"\b(?:pleas?|unhelped)\b", "reset_requests, queue_reset_failed"),
    (r"\b\w*none_taken\b", "the done list and its init"),
    (r"\b\w+_(?:hello|forgo|mend)\b",
     "reset_and_acknowledge, disable, try_queue_reset"),
    (r"\b\w+_let_go\b", "clean_up, release"),
))

Block = tuple[int, str]     # its first line, its text


def _c_blocks(text: str) -> Iterator[Block]:
    for match in re.finditer(r"/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"", text,
                             re.DOTALL):
        block = match.group()
        if block.startswith("/*"):
            block = re.sub(r"^[ \t]*\*[ \t]?", "", block[2:-2],
                           flags=re.MULTILINE)
        yield text.count("\n", 0, match.start()) + 1, block


def _python_blocks(text: str) -> Iterator[Block]:
    first, lines, before = 0, list[str](), tokenize.NEWLINE
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            if first + len(lines) != token.start[0]:
                yield first, "\n".join(lines)
                first, lines = token.start[0], []
            lines.append(token.string[1:].strip())
        elif token.type == tokenize.STRING:
            inside = token.string.lstrip("rfb").strip("\"'")
            docstring = before in (tokenize.NEWLINE, tokenize.INDENT)
            yield token.start[0], inside if docstring else \
                inside.replace("\n", " ")
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type
    yield first, "\n".join(lines)


def _shell_blocks(text: str) -> Iterator[Block]:
    for match in re.finditer(r"(?:^[ \t]*#(?!!).*\n?)+", text, re.MULTILINE):
        yield (text.count("\n", 0, match.start()) + 1,
               re.sub(r"^[ \t]*#[ \t]?", "", match.group(),
                      flags=re.MULTILINE))


def blocks(path: Path) -> Iterator[Block]:
    """The prose of a file: comments, strings, or all of a document."""
    text = path.read_text(errors="replace")
    if path.suffix in (".c", ".h"):
        yield from _c_blocks(text)
    elif path.suffix == ".py":
        yield from _python_blocks(text)
    elif path.suffix == ".sh" or path.name in sources.MAKE:
        yield from _shell_blocks(text)
    elif path.suffix == ".md" or path.name.startswith("sysfs-"):
        yield 1, text


def sentences(text: str) -> Iterator[str]:
    """Sentences of running text; neither code nor tables nor lists of
    values."""
    for paragraph in re.split(r"\n\s*\n|\|"
                              r"|\n(?=\s*(?:[-*|#@]|\d+\.|\w+:|\S+ {2,}\S))",
                              text):
        if not re.match(r"\n?(?: {4}|\t)", paragraph):
            yield from re.split(r"(?<=[.!?:;])\s", " ".join(paragraph.split()))


def _in_block(text: str) -> Iterator[tuple[int, str]]:
    """Findings, each with the number of lines before it."""
    for pattern, advice in TERMS:
        for match in pattern.finditer(text):
            yield (text.count("\n", 0, match.end()),
                   f"'{' '.join(match.group().split())}': {advice}")
    if "\n" in text:
        for sentence in sentences(text):
            if len(sentence.split()) > MAX_SENTENCE:
                yield 0, (f"a sentence of {len(sentence.split())} words, at"
                          f" most {MAX_SENTENCE}: '{sentence[:40]}...'")


def findings(root: Path) -> list[str]:
    """Words that README.md's glossary and plain English replace."""
    found = []
    for path in sources.all_files(root):
        name = str(path.relative_to(root))
        if name in SKIPPED:
            continue
        for first, text in blocks(path):
            found += [f"{name}:{first + below}: {says}"
                      for below, says in _in_block(text)]
        if path.suffix in (".c", ".h"):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                found += [f"{name}:{number}: {match.group()}: {advice}"
                          for pattern, advice in NAMES
                          for match in pattern.finditer(line)]
    return found

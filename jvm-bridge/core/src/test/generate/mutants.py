# ruff: noqa: E501 - a mutant is a row of a table
"""Breaks the decoder on purpose, one line at a time, and sees the JVM tests notice.

Run after the tests compile (gradle :core:testClasses), from anywhere:

    python jvm-bridge/core/src/test/generate/mutants.py CLASSPATH [--markdown docs/mutants.md]

CLASSPATH is the tests' run-time class path with JUnit's console launcher (gradle -q :core:printTestClassPath). Each
mutant is compiled from a scratch copy and put before the real classes; the sources are not touched. A mutant that no
test notices is a gap in the tests: exit code 1.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

CORE = Path(__file__).resolve().parents[3]
SOURCES = CORE / "src/main/java/org/djlift/internal"
TESTS = ("tasks.EntityDecoderTest", "tasks.ScoresTest", "tokenizer.TokenDecodersTest", "tokenizer.TextTest")
HEAD = """# Mutants of the decoder

Each row is one change to the code that turns logits into entities, made on purpose. A change that no test notices
would be a gap in the tests. Written by

```
python jvm-bridge/core/src/test/generate/mutants.py "$(gradle -q :core:printTestClassPath)" --markdown docs/mutants.md
```

"""


@dataclass(frozen=True)
class Mutant:
    """One change: ``old``, which stands in the file exactly once, becomes ``new``."""

    file: str
    what: str
    old: str
    new: str


MUTANTS = (
    Mutant("EntityDecoder", "overlaps are merged for a single window too", "windows.size() > 1 ?", "windows.size() > 0 ?"),
    Mutant("EntityDecoder", "overlaps are never merged", "windows.size() > 1 ?", "windows.size() > 99 ?"),
    Mutant("EntityDecoder", "of overlaps the shorter wins", "current > last ||", "current < last ||"),
    Mutant("EntityDecoder", "of equal overlaps the lower score wins", "entity.score() > previous.score()", "entity.score() < previous.score()"),
    Mutant("EntityDecoder", "I- is no prefix", 'label.startsWith("I-") ?', 'label.startsWith("J-") ?'),
    Mutant("EntityDecoder", "the group follows the last hyphen", "label.indexOf('-')", "label.lastIndexOf('-')"),
    Mutant("EntityDecoder", "special tokens stay", "specialTokensMask()[i] == 0", "specialTokensMask()[i] <= 1"),
    Mutant("EntityDecoder", "B- does not begin an entity", "return !beginsB(label) &&", "return"),
    Mutant("EntityDecoder", "any label continues an entity", "&& tag(label).equals(tag(labels[last.label]))", ""),
    Mutant("EntityDecoder", "every token is a word", "|| !isSubword(tokens[i])", "|| i > 0"),
    Mutant("EntityDecoder", "max takes the last of equals", "score > best.score", "score >= best.score"),
    Mutant("EntityDecoder", "max takes the first token", "score > best.score", "false"),
    Mutant("EntityDecoder", "an average with NaN is NaN", "if (!Float.isNaN(own[label])) {", "if (true) {"),
    Mutant("EntityDecoder", "the scores of a token are those of the one before", "if (scored != token) {", "if (scored < 0) {"),
    Mutant("EntityDecoder", "ignored groups stay", "if (ignored.contains(label)) {", "if (false) {"),
    Mutant("EntityDecoder", "ignored tokens stay", "if (!ignored.contains(labels[word.label])) {", "if (true) {"),
    Mutant("EntityDecoder", "an unknown token keeps its name", "return id == unknownId\n", "return false\n"),
    Mutant("EntityDecoder", "an unknown token can be part of a word", "if (id == unknownId) {", "if (false) {"),
    Mutant("EntityDecoder", "subwords are told by spaces alone", "if (tokenizer.marksSubwords()) {", "if (false) {"),
    Mutant("EntityDecoder", "a text's first token can be a subword", "return start > 0 &&", "return"),
    Mutant("EntityDecoder", "a space in front does not matter", "!sentence.isSpace(start - 1) &&", ""),
    Mutant("EntityDecoder", "a space as first character does not matter", "&& !sentence.isSpace(start);", ";"),
    Mutant("EntityDecoder", "an entity ends with its first word", "encoded.ends()[tokens[last.to - 1]]", "encoded.ends()[tokens[first.to - 1]]"),
    Mutant("EntityDecoder", "UTF-16 units are code points", "sentence.unit(start), sentence.unit(end), start", "start, end, start"),
    Mutant("Scores", "softmax without the shift", "Math.exp(logits[from + i] - max)", "Math.exp(logits[from + i])"),
    Mutant("Scores", "softmax without the sum", "scores[to + i] /= sum;", "scores[to + i] /= 1;"),
    Mutant("Scores", "argmax takes the last of equals", "score > scores[from + best]", "score >= scores[from + best]"),
    Mutant("Scores", "argmax passes over NaN", "if (Float.isNaN(score)) {", "if (false) {"),
    Mutant("Scores", "a first NaN does not win", "if (Float.isNaN(scores[from])) {", "if (false) {"),
    Mutant("Scores", "what is nearly equal is clear", "highest - second > CLEAR", "highest - second >= 0"),
    Mutant("Scores", "a logit that is no number is clear of the others", "if (Float.isNaN(logit)) {", "if (false) {"),
    Mutant("Scores", "an infinite logit is clear of the others", "&& highest < Float.POSITIVE_INFINITY", ""),
    Mutant("Scores", "missing scores count in a mean", "missing ? 0 : 1", "1"),
    Mutant("Scores", "sums from left to right", "if (n < 8) {", "if (n < 1 << 20) {"),
    Mutant("Scores", "no pairwise halves", "if (n > BLOCK) {", "if (n > 1 << 20) {"),
    Mutant("Scores", "the rest of a sum is forgotten", "for (; i < n; i++) {", "for (; i < 0; i++) {"),
    Mutant("TokenDecoders", "WordPiece keeps its prefix", "token.substring(prefix.length())", "token"),
    Mutant("TokenDecoders", "WordPiece does not clean up", "cleanup ? cleanUp(token)", "!cleanup ? cleanUp(token)"),
    Mutant("TokenDecoders", "Metaspace keeps the first space", 'i == 0 && prepends ? ""', 'i == 0 && !prepends ? ""'),
    Mutant("TokenDecoders", "BPE ends with a space", "i == tokens.size() - 1", "i == tokens.size()"),
    Mutant("TokenDecoders", "Strip takes one more at the start", "from < Math.min(start,", "from <= Math.min(start,"),
    Mutant("TokenDecoders", "an empty match after a match counts", "matched && matcher.end() == last ||", ""),
    Mutant("TokenDecoders", "an empty match within a character counts", "|| isWithinCharacter(token, matcher.start())", ""),
    Mutant("TokenDecoders", "CTC keeps repetitions", "if (i > 0 && tokens.get(i)", "if (i < 0 && tokens.get(i)"),
    Mutant("TokenDecoders", "CTC keeps empty pieces", "if (!piece.isEmpty()) {", "if (true) {"),
    Mutant("Text", "a surrogate alone stays", "whole.setCharAt(i, '\\uFFFD');", "whole.setCharAt(i, text.charAt(i));"),
    Mutant("Text", "a pair is two characters", "unit += Character.charCount(whole.codePointAt(unit));", "unit++;"),
    Mutant("Text", "a slice past the end is not clipped", "Math.min(codePoint, length())", "codePoint"),
    Mutant("Text", "crossed bounds have a negative length", "return Math.max(0, Math.min(end,", "return Math.max(-9, Math.min(end,"),
    Mutant("Text", "any white space is a space", "== ' ';", "<= '\\u00A0';"),
)  # fmt: skip


def main() -> int:
    """Run every mutant and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("classpath")
    parser.add_argument("--markdown", type=Path)
    options = parser.parse_args()
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda mutant: caught_by(mutant, options.classpath), MUTANTS)
        rows = list(zip(MUTANTS, found, strict=True))
    lines = ["| file | mutant | caught by |", "|---|---|---|"]
    lines += [f"| {m.file} | {m.what} | {', '.join(c) or '**nothing**'} |" for m, c in rows]
    alive = sum(not caught for _, caught in rows)
    text = "\n".join(lines) + f"\n\n{len(rows) - alive} of {len(rows)} mutants caught.\n"
    print(text)
    if options.markdown:
        options.markdown.write_text(HEAD + text, encoding="utf-8")
    return 1 if alive else 0


def caught_by(mutant: Mutant, classpath: str) -> Sequence[str]:
    """The test methods that fail with the mutant, sorted; one entry names a compiler or JVM that fails."""
    (file,) = SOURCES.rglob(f"{mutant.file}.java")
    source = file.read_text(encoding="utf-8")
    if source.count(mutant.old) != 1:
        sys.exit(f"{mutant.file}: '{mutant.old}' stands there {source.count(mutant.old)} times")
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        scratch = Path(name)
        changed = scratch / f"{mutant.file}.java"
        changed.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
        compiled = subprocess.run(
            ["javac", "-encoding", "UTF-8", "-cp", classpath, "-d", str(scratch / "classes"), str(changed)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if compiled.returncode:
            sys.exit(f"{mutant.what}: does not compile\n{compiled.stderr}")
        return failing(f"{scratch / 'classes'}{os.pathsep}{classpath}")


def failing(classpath: str) -> Sequence[str]:
    """The tests of the decoder that fail on a class path."""
    classes = [part for test in TESTS for part in ("-c", f"org.djlift.internal.{test}")]
    run = subprocess.run(
        ["java", "-Xmx600m", "-XX:TieredStopAtLevel=1", "-cp", classpath,
         "org.junit.platform.console.ConsoleLauncher", "execute", *classes,
         "--details", "tree", "--disable-banner", "--disable-ansi-colors"],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    found = re.findall(r"JUnit Jupiter:(\w+):(\w+)", run.stdout)
    return sorted({f"{test}.{method}" for test, method in found}) if run.returncode else []


if __name__ == "__main__":
    sys.exit(main())

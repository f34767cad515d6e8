"""``djlift publish``, ``list`` and ``yank`` as a user runs them, on a folder and on an S3 server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.filesize import decimal

from djlift.errors import install, require
from tests.cli.test_bad_input import djlift, refused
from tests.support.builders import an_archive
from tests.support.hostile.signatures import a_key
from tests.support.s3_server import BUCKET, serving
from tests.support.zoos import proven

ADDRESS = f"s3://{BUCKET}/teams/nlp zoo"


@pytest.fixture(scope="module")
def options() -> Iterator[dict[str, Any]]:
    """Options of a server with an empty bucket."""
    with serving() as found:
        yield found


def given(options: dict[str, Any]) -> list[str]:
    """The options as they stand on the command line."""
    words = []
    for key, value in options.items():
        words += [
            "--storage-option",
            f"{key}={value if isinstance(value, str) else json.dumps(value)}",
        ]
    return words


def ran(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A run that ended well."""
    run = djlift(*arguments, cwd=cwd, **environment)
    assert run.returncode == 0, run.stderr
    return run


def test_the_round_trip_in_s3(tmp_path: Path, options: dict[str, Any]) -> None:
    """Publish two, publish again, list, yank, list, undo."""
    proven(tmp_path / "a.zip")
    proven(tmp_path / "b.zip", precision="fp16")
    more = given(options)
    run = ran("publish", "a.zip", "b.zip", ADDRESS, *more, cwd=tmp_path)
    assert run.stdout.count(": published\n") == 2
    assert f"{ADDRESS}/model/nlp/token_classification/org/example/nlp/tiny-ner/1.0.0/" in run.stdout
    again = json.loads(
        ran("publish", "a.zip", "b.zip", ADDRESS, *more, "--json", cwd=tmp_path).stdout
    )
    assert [one["changed"] for one in again["archives"]] == [False, False]
    assert "there already" in ran("publish", "a.zip", ADDRESS, *more, cwd=tmp_path).stdout
    run = ran("yank", ADDRESS, "tiny-ner/1.0.0", "--precision", "fp16", *more, cwd=tmp_path)
    assert run.stdout == "org.example.nlp:tiny-ner:1.0.0 fp16: yanked\n"
    table = ran("list", ADDRESS, *more, cwd=tmp_path).stdout
    sizes = [decimal((tmp_path / name).stat().st_size).split() for name in ("a.zip", "b.zip")]
    assert [line.split() for line in table.splitlines()][1:] == [
        ["tiny-ner", "org.example.nlp", "1.0.0", "fp32", *sizes[0], "apache-2.0"],
        ["tiny-ner", "org.example.nlp", "1.0.0", "fp16", *sizes[1], "apache-2.0", "yanked"],
    ]
    ran("yank", ADDRESS, "tiny-ner/1.0.0", "--undo", *more, cwd=tmp_path)
    listed = json.loads(ran("list", ADDRESS, *more, "--json", cwd=tmp_path).stdout)
    assert [one["yanked"] for one in listed["archives"]] == [False, False]
    assert listed["archives"][0]["sha256"] == again["archives"][0]["sha256"]


def test_the_environment_says_where(tmp_path: Path, options: dict[str, Any]) -> None:
    """Without options the back end's own variables count."""
    proven(tmp_path / "a.zip")
    ran(
        "publish",
        "a.zip",
        f"s3://{BUCKET}/environment",
        cwd=tmp_path,
        AWS_ENDPOINT_URL=options["endpoint_url"],
        AWS_ACCESS_KEY_ID="testing",
        AWS_SECRET_ACCESS_KEY="testing",
        AWS_DEFAULT_REGION="us-east-1",
    )


def test_a_bucket_that_is_not_there(tmp_path: Path, options: dict[str, Any]) -> None:
    """djlift makes none."""
    proven(tmp_path / "a.zip")
    for command in (["publish", "a.zip"], ["list"]):
        run = djlift(*command, "s3://nowhere/zoo", *given(options), cwd=tmp_path)
        refused(run, "s3://nowhere/zoo")


def test_no_credentials(tmp_path: Path, options: dict[str, Any]) -> None:
    """What is denied says so, and where to look."""
    proven(tmp_path / "a.zip")
    nobody = {
        "AWS_CONFIG_FILE": "none",
        "AWS_SHARED_CREDENTIALS_FILE": "none",
        "HOME": str(tmp_path),
    }
    run = djlift(
        "publish",
        "a.zip",
        f"s3://{BUCKET}/zoo",
        "--storage-option",
        f"endpoint_url={options['endpoint_url']}",
        cwd=tmp_path,
        AWS_EC2_METADATA_DISABLED="true",
        **nobody,
    )
    refused(run, "denies", "--storage-option")


def test_a_missing_extra(tmp_path: Path) -> None:
    """The package of the back end is named, by the extra that brings it."""
    proven(tmp_path / "a.zip")
    for protocol, module in (("gs", "gcsfs"), ("abfs", "adlfs")):
        try:
            require(module, protocol, "")
        except Exception:
            run = djlift("publish", "a.zip", f"{protocol}://bucket/zoo", cwd=tmp_path)
            refused(run, install(protocol))


def test_a_folder(tmp_path: Path) -> None:
    """The same commands on a folder; other bytes are refused."""
    proven(tmp_path / "a.zip")
    proven(tmp_path / "b.zip", text="other")
    ran("publish", "a.zip", "zoo", cwd=tmp_path)
    refused(djlift("publish", "b.zip", "zoo", cwd=tmp_path), "already holds", "--version")
    assert "tiny-ner" in ran("list", "zoo", cwd=tmp_path).stdout
    ran("yank", "zoo", "tiny-ner/1.0.0", cwd=tmp_path)
    run = ran("publish", "a.zip", "zoo", cwd=tmp_path)
    assert "there already, the same bytes; yanked" in run.stdout


def test_what_is_not_proven(tmp_path: Path) -> None:
    """Nothing is published when one of the archives may not be."""
    proven(tmp_path / "a.zip")
    an_archive(tmp_path / "b.zip", version="2.0.0")
    refused(
        djlift("publish", "a.zip", "b.zip", "zoo", cwd=tmp_path),
        "b.zip",
        "not proven",
        "djlift verify",
    )
    (tmp_path / "c.zip").write_bytes(b"PK\x03\x04 not a zip")
    refused(djlift("publish", "a.zip", "c.zip", "zoo", cwd=tmp_path), "c.zip")
    assert not (tmp_path / "zoo").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["list", "zoo"], ["there is no zoo", "djlift publish"]),
        (["list", "nonsense://zoo"], ["not known"]),
        (["yank", "zoo", "tiny-ner"], ["NAME/VERSION"]),
        (["yank", "zoo", "tiny-ner/1.0"], ["does not hold", "djlift list"]),
        (["list", "zoo", "--storage-option", "x=1"], ["no storage options"]),
        (["publish", "a.zip", "http://localhost:9/zoo"], ["cannot be kept apart", "http://"]),
        (["build", ".", "--zoo", "s3://bucket/zoo"], ["--zoo DIR", "djlift publish"]),
    ],
)
def test_mistakes(tmp_path: Path, arguments: list[str], words: list[str]) -> None:
    """One error, exit code 2, nothing written."""
    if "a.zip" in arguments:
        proven(tmp_path / "a.zip")
    before = sorted(tmp_path.iterdir())
    refused(djlift(*arguments, cwd=tmp_path), *words)
    assert sorted(tmp_path.iterdir()) == before


def test_sign_key_signs_what_is_published(tmp_path: Path) -> None:
    """And ``list`` says so."""
    proven(tmp_path / "a.zip")
    a_key(tmp_path, "key.pem")
    run = ran("publish", "a.zip", "zoo", "--sign-key", "key.pem", cwd=tmp_path)
    assert run.stdout.endswith(": published, signed\n")
    (listed,) = json.loads(ran("list", "zoo", "--json", cwd=tmp_path).stdout)["archives"]
    assert listed["signed"]
    assert not (tmp_path / "a.zip.sig").exists()


def test_a_key_that_is_none_is_refused(tmp_path: Path) -> None:
    proven(tmp_path / "a.zip")
    (tmp_path / "key.pem").write_text("no key")
    run = djlift("publish", "a.zip", "zoo", "--sign-key", "key.pem", cwd=tmp_path)
    refused(run, "key.pem")
    assert not list((tmp_path / "zoo").rglob("*.zip"))

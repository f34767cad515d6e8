"""Which tokenizer a checkpoint has: where its files give more than one, a build stops and asks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from djlift.checkpoints.checkpoint import find
from djlift.checkpoints.recipe import Recipe
from djlift.checkpoints.tokenizer.check import difference
from djlift.errors import DjliftError, SourceError, UsageError

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from djlift.checkpoints.loading import quiet  # noqa: E402
from djlift.checkpoints.tokenizer.choice import tokenizer_of  # noqa: E402
from djlift.tasks.token_classification.task import TASK  # noqa: E402
from tests.support.checkpoints.architectures import ARCHITECTURES, _config  # noqa: E402
from tests.support.checkpoints.vocabularies import VOCABULARIES  # noqa: E402

Change = Callable[[dict[str, Any]], None]


def a_folder(
    folder: Path, architecture: str, vocabulary: str, change: Change | None = None
) -> Path:
    """A tokenizer and a configuration; no weights are needed to compare tokenizers."""
    with quiet():
        tokenizer = VOCABULARIES[vocabulary].make()
        tokenizer.save_pretrained(folder)
        _config(ARCHITECTURES[architecture], tokenizer, 96, 1, 1).save_pretrained(folder)
    save_file({"w": np.zeros(1)}, folder / "model.safetensors")
    if change is not None:
        file = folder / "tokenizer.json"
        data = json.loads(file.read_text(encoding="utf-8"))
        change(data)
        file.write_text(json.dumps(data), encoding="utf-8")
    return folder


def chosen(folder: Path, choice: str | None = None, *, pairs: bool = False, **options: Any) -> Any:
    """The tokenizer that would be used."""
    with quiet():
        checkpoint = find(Recipe((str(folder),), tokenizer=choice, **options))
        return tokenizer_of(checkpoint, choice, pairs=pairs)


def refused(folder: Path, code: str, *given: Any, **options: Any) -> DjliftError:
    """It is refused, with this code and exit code 2."""
    with pytest.raises(DjliftError) as raised:
        chosen(folder, *given, **options)
    assert (raised.value.code, raised.value.exit_code) == (code, 2)
    return raised.value


def the_file(folder: Path) -> Any:
    """tokenizer.json as the tokenizers library reads it."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))


def _no_special(data: dict[str, Any]) -> None:
    data["post_processor"] = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False}


def _no_processor(data: dict[str, Any]) -> None:
    data["post_processor"] = None


def _lower(data: dict[str, Any]) -> None:
    data["normalizer"] = {"type": "Sequence", "normalizers": [{"type": "Lowercase"}]}


def _composed(data: dict[str, Any]) -> None:
    data["normalizer"] = {"type": "NFKC"}


def _pairs(data: dict[str, Any]) -> None:
    data["post_processor"]["pair"].append({"SpecialToken": {"id": "</s>", "type_id": 0}})


REBUILT: dict[str, tuple[str, str, Change]] = {
    "RoBERTa, no special tokens": ("RoBERTa", "byte-level BPE", _no_special),
    "RoBERTa, lower case": ("RoBERTa", "byte-level BPE", _lower),
    "CamemBERT": ("CamemBERT", "Unigram, CamemBERT", _composed),
    "ALBERT": ("ALBERT", "Unigram, ALBERT", _composed),
    "XLM-R, no special tokens": ("XLM-R", "Unigram, XLM-R", _no_processor),
    "BPE that becomes WordPiece": ("BERT", "byte-level BPE", lambda data: None),
}
"""Files of which transformers makes another tokenizer."""


@pytest.mark.parametrize("name", REBUILT)
def test_a_rebuilt_tokenizer_stops_the_build(name: str, tmp_path: Path) -> None:
    """Both sides of a short example, and both ways on; each way gives what it says."""
    folder = a_folder(tmp_path / "rebuilt", *REBUILT[name])
    if name.startswith("BPE"):
        file = folder / "tokenizer_config.json"
        settings = json.loads(file.read_text(encoding="utf-8"))
        settings["tokenizer_class"] = "BertTokenizer"
        file.write_text(json.dumps(settings), encoding="utf-8")
    problem = refused(folder, "tokenizer-differs")
    assert "--tokenizer published" in str(problem.mend)
    assert "--tokenizer transformers" in str(problem.mend)
    assert problem.expected and problem.found and len(problem.expected + problem.found) < 700
    file_side = the_file(folder)
    taken = chosen(folder, "published")
    assert difference(file_side, taken.backend_tokenizer, pairs=True, types=True) is None
    with quiet():
        auto = transformers.AutoTokenizer.from_pretrained(folder)
        taken = chosen(folder, "transformers")
    found = difference(auto.backend_tokenizer, taken.backend_tokenizer, pairs=True, types=True)
    assert found is None
    assert difference(file_side, taken.backend_tokenizer, pairs=False, types=False) is not None


@pytest.mark.parametrize("name", VOCABULARIES)
def test_what_transformers_leaves_as_it_is_needs_no_choice(name: str, tmp_path: Path) -> None:
    """Saved by transformers and read by it: nobody is asked."""
    kinds = {
        "Unigram, CamemBERT": "CamemBERT",
        "Unigram, ALBERT": "ALBERT",
        "Unigram, XLM-R": "XLM-R",
    }
    kinds |= {n: "DeBERTa-v2" for n in VOCABULARIES if "DeBERTa" in n} | {
        "WordPiece, MPNet": "MPNet"
    }
    default = "RoBERTa" if name.startswith("byte") else "BERT"
    folder = a_folder(tmp_path / "same", kinds.get(name, default), name)
    taken = chosen(folder, pairs=True)
    again = chosen(folder, "published", pairs=True)
    assert again.model_input_names == taken.model_input_names
    assert again.get_vocab() == taken.get_vocab()


def test_scores_that_reading_rounds_are_no_difference(tmp_path: Path) -> None:
    """The last digit of a score decides between equal segmentations; the reference reads it as the JVM does."""
    from tokenizers import Tokenizer

    folder = a_folder(tmp_path / "scores", "XLM-R", "Unigram, XLM-R")
    file = folder / "tokenizer.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    # The tokenizers library reads some numbers one digit off, Python none.
    numbers = [-(1 + i / 7.3) for i in range(4000)]
    vocabulary = data["model"]["vocab"]
    for place, number in zip(range(5, len(vocabulary)), numbers, strict=False):
        vocabulary[place][1] = number
    file.write_text(json.dumps(data), encoding="utf-8")
    with quiet():
        built = transformers.AutoTokenizer.from_pretrained(folder).backend_tokenizer
    assert Tokenizer.from_str(built.to_str()).to_str() != built.to_str()
    chosen(folder)


def test_a_difference_of_pairs_alone_stops_tasks_that_read_pairs(tmp_path: Path) -> None:
    """A text alone is the same, two at once are not."""
    folder = a_folder(tmp_path / "pairs", "BERT", "WordPiece, cased")
    file = folder / "tokenizer.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    assert data["post_processor"]["type"] == "TemplateProcessing"
    data["post_processor"]["pair"] = [
        {"Sequence": {"id": "A", "type_id": 0}},
        {"Sequence": {"id": "B", "type_id": 1}},
    ]
    file.write_text(json.dumps(data), encoding="utf-8")
    chosen(folder, pairs=False)
    assert " with " in str(refused(folder, "tokenizer-differs", pairs=True).expected)


def test_lower_casing_that_only_the_configuration_asks_for(tmp_path: Path) -> None:
    """tokenizer.json keeps capitals, tokenizer_config.json says do_lower_case: nobody can know which holds."""
    folder = a_folder(tmp_path / "cased", "BERT", "WordPiece, cased")
    file = folder / "tokenizer_config.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    for kind in ("BertTokenizer", "PreTrainedTokenizerFast"):
        settings |= {"do_lower_case": True, "tokenizer_class": kind}
        file.write_text(json.dumps(settings), encoding="utf-8")
        refused(folder, "tokenizer-differs")
    assert chosen(folder, "published").tokenize("Anna")[0].startswith("A")


def test_a_file_of_which_transformers_cannot_read_the_model(tmp_path: Path) -> None:
    """The tokenizers library reads it, and the refusal says with what djlift takes it."""
    folder = a_folder(
        tmp_path / "old", "XLM-R", "byte-level BPE", lambda data: data["model"].pop("type")
    )
    file = folder / "tokenizer_config.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    settings["tokenizer_class"] = "XLMRobertaTokenizer"
    file.write_text(json.dumps(settings), encoding="utf-8")
    problem = refused(folder, "tokenizer-not-loadable")
    assert "--tokenizer published" in str(problem.mend)
    taken = chosen(folder, "published")
    assert difference(the_file(folder), taken.backend_tokenizer, pairs=True, types=True) is None


@pytest.mark.parametrize("name", ["tokenizer.json", "tokenizer_config.json"])
def test_pointers_of_git_lfs(name: str, tmp_path: Path) -> None:
    """They are named as what they are, whatever was chosen."""
    folder = a_folder(tmp_path / "pointer", "BERT", "WordPiece, cased")
    (folder / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    for choice in (None, "published", "transformers"):
        assert name in str(refused(folder, "git-lfs-pointer", choice).file)


def test_a_class_without_a_fast_form(tmp_path: Path) -> None:
    """CANINE reads characters: no tokenizers library, and saving it again helps nobody."""
    folder = tmp_path / "canine"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "canine"}')
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "CanineTokenizer"}')
    save_file({"w": np.zeros(1)}, folder / "model.safetensors")
    problem = refused(folder, "no-fast-tokenizer")
    assert "CanineTokenizer" in problem.what
    assert "save_pretrained" not in str(problem.mend)


def test_published_needs_a_file(tmp_path: Path) -> None:
    """Vocabulary files alone are no tokenizer.json."""
    folder = a_folder(tmp_path / "none", "BERT", "WordPiece, cased")
    (folder / "tokenizer.json").unlink()
    refused(folder, "no-tokenizer-json", "published")


def test_an_unknown_choice() -> None:
    """Refused before anything is read."""
    with pytest.raises(UsageError) as raised:
        Recipe(("anything",), tokenizer="mine")
    assert raised.value.code == "recipe-value"


def an_adapter(folder: Path, tokenizer: Path | None) -> Path:
    """A PEFT adapter's folder, as far as a tokenizer is looked for in it."""
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"task_type": "TOKEN_CLS", "peft_type": "LORA"}')
    save_file({"w": np.zeros(1)}, folder / "adapter_model.safetensors")
    if tokenizer is not None:
        for file in tokenizer.glob("*token*"):
            shutil.copy(file, folder)
    return folder


def test_an_adapters_own_tokenizer(tmp_path: Path) -> None:
    """The base's own again is nothing; another one stops the build, even where only the limit differs."""
    base = a_folder(tmp_path / "base", "BERT", "WordPiece, cased")
    other = a_folder(tmp_path / "other", "BERT", "WordPiece, added tokens")
    chosen(base, adapter=str(an_adapter(tmp_path / "same", base)))
    refused(base, "no-adapter-tokenizer", "adapter", adapter=str(an_adapter(tmp_path / "no", None)))
    refused(base, "no-adapter-tokenizer", "adapter")
    adapter = an_adapter(tmp_path / "adapter", other)
    problem = refused(base, "tokenizer-differs", adapter=str(adapter))
    assert "--tokenizer adapter" in str(problem.mend)
    taken = chosen(base, "adapter", adapter=str(adapter))
    with quiet():
        own = transformers.AutoTokenizer.from_pretrained(other)
        bases = chosen(base, "transformers", adapter=str(adapter))
    assert taken.get_vocab() == own.get_vocab()
    assert bases.get_vocab() != own.get_vocab()
    shorter = an_adapter(tmp_path / "shorter", base)
    settings = json.loads((shorter / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings["model_max_length"] = 24
    (shorter / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    assert "24" in str(refused(base, "tokenizer-differs", adapter=str(shorter)).found)


def a_model(folder: Path, kind: str) -> Path:
    """A whole checkpoint whose embedding has as many rows as its tokenizer has tokens."""
    with quiet():
        # In the general class of transformers: others add tokens of their own.
        tokenizer = VOCABULARIES["byte-level BPE, NFC and runs of spaces"].make()
        config = transformers.AutoConfig.for_model(
            kind,
            vocab_size=len(tokenizer),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            id2label={0: "O", 1: "B-PER"},
        )
        auto = transformers.AutoModelForTokenClassification
        auto.from_config(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("kind", ["bert", "qwen2"])
def test_ids_past_the_embedding(kind: str, tmp_path: Path) -> None:
    """A token added, its row forgotten: both numbers are named."""
    folder = a_model(tmp_path / "model", kind)
    of_qwen = kind == "qwen2"
    # Of Qwen2's folders transformers builds Qwen2's tokenizer whatever class they name.
    first: str | None = "published" if of_qwen else None
    TASK.load(find(Recipe((str(folder),))), Recipe((str(folder),), tokenizer=first))
    with quiet():
        tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(folder)
        rows = len(tokenizer)
        tokenizer.add_special_tokens({"pad_token": "<a pad of its own>"})
        tokenizer.save_pretrained(folder)
    for choice in dict.fromkeys((first, "published")):
        with pytest.raises(SourceError) as raised:
            TASK.load(find(Recipe((str(folder),))), Recipe((str(folder),), tokenizer=choice))
        assert raised.value.code == "ids-without-embedding"
        assert f"below {rows}," in str(raised.value.expected)
        assert f"up to {rows}," in str(raised.value.found)


def test_sentence_transformers_reads_with_the_chosen_tokenizer(tmp_path: Path) -> None:
    """Its limit and its lower-casing, on the published file; not what AutoTokenizer would make of it."""
    pytest.importorskip("sentence_transformers")
    from djlift.tasks import registry
    from tests.support.checkpoints.tasks.text_embedding import write

    folder = tmp_path / "embedder"
    write(folder, "BERT", "WordPiece, cased")
    file = folder / "tokenizer.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    data["post_processor"] = None
    file.write_text(json.dumps(data), encoding="utf-8")
    task = registry.of("text-embedding")
    for choice in (None, "transformers", "published"):
        recipe = Recipe((str(folder),), tokenizer=choice)
        if choice is None:
            with pytest.raises(SourceError) as raised:
                task.load(find(recipe), recipe)
            assert raised.value.code == "tokenizer-differs"
            continue
        loaded = task.load(find(recipe), recipe)
        used = loaded.beside.model.tokenizer
        assert used is loaded.tokenizer
        special = used("Anna")["input_ids"][0] == used.cls_token_id
        assert special == (choice == "transformers")


def test_lower_casing_by_sentence_transformers_is_no_difference(tmp_path: Path) -> None:
    """It writes its lower-casing into tokenizer.json, transformers drops it, and it does it again if told."""
    pytest.importorskip("sentence_transformers")
    from tests.support.checkpoints.tasks.text_embedding import write

    folder = tmp_path / "embedder"
    write(folder, "BERT", "WordPiece, cased", lower=True)
    chosen(folder)
    (folder / "modules.json").unlink()
    refused(folder, "tokenizer-differs")


@pytest.mark.parametrize("trained", [True, False])
def test_tokens_that_an_adapter_adds(trained: bool, tmp_path: Path) -> None:
    """Rows that the adapter brings are taken, as AutoPeftModel does; rows that nobody trained are refused."""
    peft = pytest.importorskip("peft")
    base, adapter = a_model(tmp_path / "base", "bert"), tmp_path / "adapter"
    with quiet():
        tokenizer = transformers.PreTrainedTokenizerFast.from_pretrained(base)
        tokenizer.add_tokens(["<one more>"])
        model = transformers.AutoModelForTokenClassification.from_pretrained(base)
        model.resize_token_embeddings(len(tokenizer))
        settings = peft.LoraConfig(task_type="TOKEN_CLS", r=2, target_modules=["query"])
        lora = peft.get_peft_model(model, settings)
        lora.save_pretrained(adapter, save_embedding_layers=trained)
        tokenizer.save_pretrained(adapter)
    recipe = Recipe((str(base),), adapter=str(adapter), tokenizer="adapter")
    if trained:
        loaded = TASK.load(find(recipe), recipe)
        rows = loaded.model.get_input_embeddings().weight
        assert loaded.tokenizer.convert_tokens_to_ids("<one more>") == len(rows) - 1
        assert torch.equal(rows, model.get_input_embeddings().weight)
        return
    with pytest.raises(SourceError) as raised:
        TASK.load(find(recipe), recipe)
    assert raised.value.code == "untrained-weights"

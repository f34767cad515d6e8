"""Writes what transformers 4's ``QuestionAnsweringPipeline`` answers: what djlift's port is held against.

    # In djlift's environment: tokenizers and a tiny model.
    python tests/data/question_answering/generate.py checkpoint
    # In one with transformers 4.57, and the same torch.
    python tests/data/question_answering/generate.py answers

The first needs to be run only for other tokenizers: their trainers break ties by chance.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TOKENIZERS = {
    "wordpiece": "WordPiece, cased",
    "left": "WordPiece, padded and cut on the left",
    "bytes": "byte-level BPE",
    "unigram": "Unigram, XLM-R",
    "none": "BPE with word ends, no special tokens",
}
"""Tokenizers by the names of their folders, as :mod:`tests.support.checkpoints.vocabularies` has them."""
LIMIT = 96
_SPECIAL = (
    "pad_token",
    "unk_token",
    "cls_token",
    "sep_token",
    "mask_token",
    "bos_token",
    "eos_token",
)
_WIDTH = 16


def checkpoint() -> None:
    """Train the tokenizers and write a random model whose answers are clear."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering

    sys.path.insert(0, str(HERE.parents[2]))
    from tests.support.checkpoints import vocabularies

    vocabularies._WORDS, vocabularies._BYTES, vocabularies._PIECES = 700, 500, 600
    largest = 0
    for name, vocabulary in TOKENIZERS.items():
        tokenizer = vocabularies.VOCABULARIES[vocabulary].make()
        folder = HERE / name
        folder.mkdir(exist_ok=True)
        backend = json.loads(tokenizer.backend_tokenizer.to_str()) | {
            "truncation": None,
            "padding": None,
        }
        if name == "unigram":
            # SentencePiece's own table is ten times as large as the rest.
            backend["normalizer"] = {"type": "NFKC"}
        (folder / "tokenizer.json").write_text(
            json.dumps(backend, ensure_ascii=True, separators=(",", ":")) + "\n"
        )
        settings = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": LIMIT,
            "padding_side": tokenizer.padding_side,
            "truncation_side": tokenizer.truncation_side,
            "model_input_names": ["input_ids", "token_type_ids", "attention_mask"],
        } | {k: str(getattr(tokenizer, k)) for k in _SPECIAL if getattr(tokenizer, k)}
        (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
        largest = max(largest, len(tokenizer))
    torch.manual_seed(11)
    config = BertConfig(
        vocab_size=largest,
        hidden_size=_WIDTH,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=_WIDTH,
        max_position_embeddings=LIMIT,
        type_vocab_size=2,
        initializer_range=0.4,
    )
    model = BertForQuestionAnswering(config).eval()
    with torch.no_grad():
        model.qa_outputs.weight.mul_(3.0)
    model.save_pretrained(HERE / "model")


def answers() -> None:
    """Ask the pipeline."""
    import numpy
    import tokenizers
    import torch
    import transformers
    from transformers import AutoTokenizer, BertForQuestionAnswering, QuestionAnsweringPipeline

    model = BertForQuestionAnswering.from_pretrained(HERE / "model").eval()
    pipes = {}
    for name in TOKENIZERS:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(HERE / name, folder, dirs_exist_ok=True)
            shutil.copy(HERE / "model" / "config.json", folder)
            tokenizer = AutoTokenizer.from_pretrained(folder)
        pipes[name] = QuestionAnsweringPipeline(model=model, tokenizer=tokenizer)
    found = []
    for case in cases():
        pipe = pipes[case["tokenizer"]]
        try:
            answer = pipe(question=case["question"], context=case["context"], **case["parameters"])
            listed = answer if isinstance(answer, list) else [answer]
            case["answers"] = [
                {key: one[key] for key in ("score", "start", "end", "answer")} for one in listed
            ]
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            case["error"] = type(error).__name__
        found.append(case)
    lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in found)
    by = {
        "transformers": transformers.__version__,
        "tokenizers": tokenizers.__version__,
        "torch": torch.__version__.partition("+")[0],
        "numpy": numpy.__version__,
        "machine": platform.machine(),
    }
    (HERE / "answers.json").write_text(f'{{"by": {json.dumps(by)},\n"cases": [\n{lines}\n]}}\n')


_NEWS = (
    "The council of Li\u00e8ge met on Monday. Anna Schmidt, who chairs it, said that the bridge over the Meuse"
    " would open in 2031. Nobody from the ministry in Brussels came, and Jean-Luc Dupont of the builders'"
    " union left before the vote. The bridge will cost 41.5 million euros."
)
_EMOJI = (
    "\U0001f600\U0001f600 Zo\u00eb \U0001f469\u200d\U0001f680 flew from Gda\u0144sk to \U0001f3dd\ufe0f Malta"
    " \U0001d49c\U0001d4ba on 3\u00a0May; e\u0301te\u0301 it was, said"
    " \u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2."
)
_EAST = (
    "\u6771\u4eac\u306f\u65e5\u672c\u306e\u9996\u90fd\u3067\u3059\u3002\u4eba\u53e3\u306f\u7d04"
    "\u5343\u56db\u767e\u4e07\u4eba\u3067\u3001\u5927\u962a\u3088\u308a\u591a\u3044\u3002"
)
_SAME = (
    "Paris, PARIS, paris and Paris: " * 4
    + "\u0130stanbul, i\u0307stanbul. \u039f\u0394\u039f\u03a3 \u03bf\u03b4\u03bf\u03c2"
)
_LINES = "\tfirst line\r\n\r\nsecond   line\u2028third\u00ad line \u200b end\n"
_LONG = " ".join(f"{n}. {_NEWS}" for n in range(1, 9))
_WORD = "Donaudampfschifffahrtsgesellschaft" * 12
_WITH_PAD = "The [PAD] token and [SEP] and [CLS] and <s> </s> <pad> stand in this text as words."

_CONTEXTS = (
    _NEWS,
    _EMOJI,
    _EAST,
    _SAME,
    _LINES,
    _LONG,
    _WORD,
    _WITH_PAD,
    "Oslo",
    " ",
    "\U0001f600",
)
_QUESTIONS = ("Who left?", "\u00bfD\u00f3nde est\u00e1 \U0001f600?", " ")
_SETTINGS: tuple[dict[str, Any], ...] = (
    {},
    {"top_k": 5},
    {"handle_impossible_answer": True, "top_k": 3},
    {"handle_impossible_answer": True},
    {"align_to_words": False, "top_k": 4},
    {"max_answer_len": 2, "top_k": 4},
    {"max_answer_len": 1, "align_to_words": False},
    {"max_seq_len": 40, "doc_stride": 8, "top_k": 4},
    {"max_seq_len": 30},
    {"max_seq_len": 64, "doc_stride": 0, "handle_impossible_answer": True, "top_k": 40},
)


def cases() -> list[dict[str, Any]]:
    """Every context with some settings, in turn, by every tokenizer; and what has to fail."""
    listed: list[dict[str, Any]] = []

    def add(tokenizer: str, question: str, context: str, **parameters: Any) -> None:
        listed.append(
            {
                "tokenizer": tokenizer,
                "question": question,
                "context": context,
                "parameters": parameters,
            }
        )

    turn = 0
    for tokenizer in TOKENIZERS:
        for context in _CONTEXTS:
            for _ in range(3):
                question = _QUESTIONS[turn % len(_QUESTIONS)]
                add(tokenizer, question, context, **_SETTINGS[turn % len(_SETTINGS)])
                turn += 1
            turn += 1
        long = _NEWS[:150]
        # Half of what is left is less than the stride.
        add(tokenizer, long, "Oslo")
        add(tokenizer, long, _NEWS)
        add(tokenizer, long, _NEWS, doc_stride=1)
        # What it hands to slow tokenizers only.
        add(tokenizer, "Who left the room?", _NEWS, max_question_len=1)
        add(tokenizer, long, _NEWS, doc_stride=1, max_question_len=2)
        add(tokenizer, "", _NEWS)
        add(tokenizer, "Who?", "")
        add(tokenizer, "Who?", _NEWS, max_seq_len=20, doc_stride=21)
        add(tokenizer, "Who?", _NEWS, max_seq_len=20, doc_stride=20)
        add(tokenizer, _NEWS, _LONG, max_seq_len=20, doc_stride=1)
    return listed


if __name__ == "__main__":
    {"checkpoint": checkpoint, "answers": answers}[sys.argv[1]]()

"""Real tokenizers, small: trained in place on the built-in corpus, in the class that a user's checkpoint has.

The trainers of the tokenizers library break ties by chance, so two runs may train other tokens.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from djlift.texts import corpus
from djlift.texts.text import LONG

LIMIT = 64
"""Tokens a text may have, where the tokenizer is the one that states it."""

_BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
_ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
_CAMEMBERT = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>"]
_ALBERT = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
_MPNET = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"]
_WORDS, _BYTES, _PIECES = 1500, 900, 1200
"""Entries of the vocabularies."""


@dataclass(frozen=True)
class Vocabulary:
    """A kind of tokenizer.

    Attributes:
        make: Trains one and gives it in its transformers class.
        inserted: Strings that the tokenizer treats as one token; tests put them into texts.
    """

    make: Callable[[], Any]
    inserted: tuple[str, ...] = ()


@cache
def _training() -> tuple[str, ...]:
    return tuple(text.text for text in corpus.builtin() if text.group != LONG)


@cache
def _wordpiece(lowercase: bool, special: tuple[str, ...]) -> dict[str, int]:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(
        vocab_size=_WORDS, limit_alphabet=500, special_tokens=list(special), show_progress=False
    )
    tokenizer.train_from_iterator(_training(), trainer)
    return dict(tokenizer.get_vocab())


@cache
def _byte_level(prefix: bool, special: tuple[str, ...]) -> tuple[dict[str, int], list[Any]]:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    trainer = trainers.BpeTrainer(
        vocab_size=_BYTES,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=list(special),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_training(), trainer)
    model = json.loads(tokenizer.to_str())["model"]
    return dict(model["vocab"]), [tuple(merge) for merge in model["merges"]]


@cache
def _unigram(special: tuple[str, ...], unknown: str, lowercase: bool) -> list[tuple[str, float]]:
    tokenizer = Tokenizer(models.Unigram())
    parts: list[Any] = [normalizers.Precompiled(charsmap())]
    if lowercase:
        parts = [normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase(), *parts]
    tokenizer.normalizer = normalizers.Sequence(parts)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=_PIECES,
        special_tokens=list(special),
        unk_token=unknown,
        show_progress=False,
    )
    # Rare characters stay out of the vocabulary: real ones do not know every character either.
    latin = [t for t in _training() if max(t, default="a") < "\u0530"]
    tokenizer.train_from_iterator(latin, trainer)
    # Rust's reader of JSON may be one bit off for a long decimal; a tie of two segmentations then falls
    # otherwise than in a tokenizer made of Python's numbers. Scores of few digits are exact everywhere.
    pieces = json.loads(tokenizer.to_str())["model"]["vocab"]
    return [(piece, round(score * 1024) / 1024) for piece, score in pieces]


@cache
def charsmap() -> bytes:
    """SentencePiece's own normalisation table (nmt_nfkc), as XLM-R, CamemBERT, ALBERT and DeBERTa carry it."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    trained = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(["a few words are enough for a table that does not depend on them"]),
        model_writer=trained,
        vocab_size=40,
        hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,
    )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(trained.getvalue())
    return bytes(proto.normalizer_spec.precompiled_charsmap)


def _bert(lowercase: bool, **options: Any) -> Any:
    from transformers import BertTokenizer

    vocab = dict(_wordpiece(lowercase, tuple(_BERT)))
    return BertTokenizer(vocab=vocab, do_lower_case=lowercase, **options)


def _left() -> Any:
    return _bert(False, padding_side="left", truncation_side="left", model_max_length=LIMIT)


def _cuts_itself() -> Any:
    """tokenizer.json cuts at 20 tokens and pads to 24, which the pipeline does not."""
    tokenizer = _bert(True)
    tokenizer.backend_tokenizer.enable_truncation(20)
    tokenizer.backend_tokenizer.enable_padding(length=24, pad_id=0, pad_token="[PAD]")
    return tokenizer


def _with_added() -> Any:
    tokenizer = _bert(True)
    tokenizer.add_tokens(
        [
            AddedToken("Berlin", normalized=True),
            AddedToken("New York", normalized=False, rstrip=True),
            AddedToken("<num>", lstrip=True, rstrip=True, normalized=False),
            AddedToken("ing", single_word=True),
            AddedToken("\u00dcber", normalized=True, lstrip=True),
        ]
    )
    special = [AddedToken("<user>", special=True), AddedToken("<url>", special=True, rstrip=True)]
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    return tokenizer


def _roberta(prefix: bool, trim: bool = True) -> Any:
    from transformers import RobertaTokenizer

    vocab, merges = _byte_level(prefix, tuple(_ROBERTA))
    return RobertaTokenizer(
        vocab=vocab,
        merges=merges,
        add_prefix_space=prefix,
        trim_offsets=trim,
        model_max_length=LIMIT,
    )


def _xlm_roberta() -> Any:
    from transformers import XLMRobertaTokenizer

    vocab = _unigram(tuple(_ROBERTA), "<unk>", False)
    return XLMRobertaTokenizer(vocab=vocab, _spm_precompiled_charsmap=charsmap())


def _camembert() -> Any:
    from transformers import CamembertTokenizer

    vocab = _unigram(tuple(_CAMEMBERT), "<unk>", False)
    return CamembertTokenizer(vocab=vocab, _spm_precompiled_charsmap=charsmap())


def _albert() -> Any:
    from transformers import AlbertTokenizer

    vocab = _unigram(tuple(_ALBERT), "<unk>", True)
    return AlbertTokenizer(vocab=vocab, _spm_precompiled_charsmap=charsmap())


def _deberta(**options: Any) -> Any:
    from transformers import DebertaV2Tokenizer

    return DebertaV2Tokenizer(vocab=_unigram(tuple(_BERT), "[UNK]", False), **options)


def _mpnet() -> Any:
    from transformers import MPNetTokenizer

    return MPNetTokenizer(vocab=dict(_wordpiece(True, tuple(_MPNET))))


def _fast(tokenizer: Tokenizer, special: Mapping[str, str], **options: Any) -> Any:
    """A tokenizer without a class of its own, as many checkpoints have it."""
    from transformers import PreTrainedTokenizerFast

    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special, **options)


_NAMES = dict(
    zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), _BERT, strict=True)
)


def _framed(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer


def _modernbert() -> Any:
    vocab, merges = _byte_level(False, tuple(_BERT))
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=merges))
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken("[MASK]", lstrip=True)])
    # Runs of spaces are tokens of their own, as in its vocabulary.
    tokenizer.add_tokens([AddedToken(" " * n, normalized=True) for n in (2, 3, 4)])
    return _fast(_framed(tokenizer), _NAMES, model_max_length=LIMIT + 32)


def _reshaping() -> Any:
    """Normalisers that change the length of a text, before the words are cut."""
    tokenizer = Tokenizer(models.WordPiece(dict(_wordpiece(True, tuple(_BERT))), unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Replace("''", '"'),
            normalizers.Replace(Regex(r"[\u2018\u2019]"), " ' "),
            normalizers.Replace(Regex(r"\s{2,}"), " "),
            normalizers.Replace("\u20ac", " euro "),
            normalizers.Lowercase(),
            normalizers.NFD(),
            normalizers.StripAccents(),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return _fast(_framed(tokenizer), _NAMES, model_max_length=LIMIT)


def _suffixed() -> Any:
    """BPE that marks the ends of words, without special tokens around a text."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]", end_of_word_suffix="</w>"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.BPEDecoder()
    trainer = trainers.BpeTrainer(
        vocab_size=_WORDS,
        limit_alphabet=400,
        special_tokens=_BERT,
        end_of_word_suffix="</w>",
        show_progress=False,
    )
    tokenizer.train_from_iterator(_training(), trainer)
    return _fast(tokenizer, _NAMES, model_max_length=LIMIT)


VOCABULARIES: Mapping[str, Vocabulary] = {
    "WordPiece, cased": Vocabulary(lambda: _bert(False)),
    "WordPiece, uncased": Vocabulary(lambda: _bert(True, model_max_length=LIMIT)),
    "WordPiece, padded and cut on the left": Vocabulary(_left),
    "WordPiece, own truncation and padding blocks": Vocabulary(_cuts_itself),
    "WordPiece, added tokens": Vocabulary(
        _with_added, ("Berlin", "New York", "<num>", "ing", "\u00dcber", "<user>", "<url>")
    ),
    "WordPiece, length-changing normalisers": Vocabulary(_reshaping),
    "WordPiece, MPNet": Vocabulary(_mpnet, ("<mask>",)),
    "byte-level BPE": Vocabulary(lambda: _roberta(False), ("<mask>",)),
    "byte-level BPE, prefix space": Vocabulary(lambda: _roberta(True)),
    "byte-level BPE, untrimmed offsets": Vocabulary(lambda: _roberta(False, trim=False)),
    "byte-level BPE, NFC and runs of spaces": Vocabulary(_modernbert, ("[MASK]", "   ")),
    "BPE with word ends, no special tokens": Vocabulary(_suffixed),
    "Unigram, XLM-R": Vocabulary(_xlm_roberta, ("<mask>",)),
    "Unigram, CamemBERT": Vocabulary(_camembert, ("<mask>",)),
    "Unigram, ALBERT": Vocabulary(_albert, ("[MASK]",)),
    "Unigram, DeBERTa": Vocabulary(_deberta),
    "Unigram, DeBERTa, punctuation split": Vocabulary(
        lambda: _deberta(split_by_punct=True, do_lower_case=True, model_max_length=LIMIT)
    ),
}
"""Every kind of tokenizer of the matrix, by the name it has in docs/architectures.md."""

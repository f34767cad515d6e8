"""Question answering as transformers 4 does it: its ``QuestionAnsweringPipeline``, function by function.

transformers 5 has the models and no longer the pipeline. This is a port of
``transformers/pipelines/question_answering.py`` of transformers 4.57.6 (Copyright 2018 The Hugging Face Team,
Apache License 2.0), of its path for fast tokenizers, in numpy;
``tests/unit/tasks/question_answering/test_pipeline.py`` holds it against answers that 4.57.6 itself gave. What
is other than there, and why:

- Of candidates with equal scores the one with the lower start, then the lower end, comes first. There,
  ``numpy.argpartition`` decides, by the instructions of the machine.
- Candidates whose score is exactly zero are no answers. There, some of them fill up ``top_k`` where a context
  has fewer answers: an answer that ends before it starts is among them.
- A question that leaves no room for the stride is a ``ValueError``. There, the tokenizers library panics.

``max_question_len`` is not here: the pipeline hands it to slow tokenizers only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_SEQ_LEN = 384
DOC_STRIDE = 128
MAX_ANSWER_LEN = 15
_NO_NULL_SCORE = 1000000

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Feature:
    """One run of the model: a question with a part of its context.

    Attributes:
        encoding: A ``tokenizers.Encoding``.
        p_mask: int64, shape (1, tokens): 1 for tokens that cannot be in an answer.
    """

    encoding: Any
    p_mask: Ints

    @property
    def input_ids(self) -> Ints:
        """int64, shape (1, tokens)."""
        return np.asarray(self.encoding.ids, dtype=np.int64)[None]

    @property
    def attention_mask(self) -> Ints:
        """int64, shape (1, tokens)."""
        return np.asarray(self.encoding.attention_mask, dtype=np.int64)[None]


def preprocess(
    tokenizer: Any,
    question: str,
    context: str,
    *,
    question_first: bool,
    doc_stride: int | None = None,
    max_seq_len: int | None = None,
) -> list[Feature]:
    """Cut a context into features, each with the whole question.

    Args:
        tokenizer: A fast tokenizer of transformers.
        question_first: Whether the tokenizer pads on the right: else the context comes first, and every token
            may be in an answer, as it is there.
        doc_stride: Tokens that neighbours share; by default half a feature, at most 128.
        max_seq_len: Tokens of a feature, special tokens included; by default the model's limit, at most 384.

    Raises:
        ValueError: Question or context is empty, or they cannot be cut so.
    """
    for name, text in (("question", question), ("context", context)):
        if not text:
            raise ValueError(f"`{name}` cannot be empty")
    if max_seq_len is None:
        max_seq_len = min(tokenizer.model_max_length, MAX_SEQ_LEN)
    if doc_stride is None:
        doc_stride = min(max_seq_len // 2, DOC_STRIDE)
    if doc_stride > max_seq_len:
        raise ValueError(
            f"`doc_stride` ({doc_stride}) is larger than `max_seq_len` ({max_seq_len})"
        )
    _check_room(tokenizer, question, context, doc_stride, max_seq_len)
    encoded_inputs = tokenizer(
        text=question if question_first else context,
        text_pair=context if question_first else question,
        padding="do_not_pad",
        truncation="only_second" if question_first else "only_first",
        max_length=max_seq_len,
        stride=doc_stride,
        return_token_type_ids=True,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_special_tokens_mask=True,
    )
    features = []
    for span_id, encoding in enumerate(encoded_inputs.encodings):
        # 1 for the question and special tokens, 0 for the context; all 0 where the context comes first.
        p_mask = np.asarray(
            [tok != 1 if question_first else 0 for tok in encoded_inputs.sequence_ids(span_id)],
            dtype=np.int64,
        )
        # The cls token stays: some models point at it where there is no answer.
        if tokenizer.cls_token_id is not None:
            p_mask[np.asarray(encoding.ids) == tokenizer.cls_token_id] = 0
        features.append(Feature(encoding, p_mask[None]))
    return features


def _check_room(tokenizer: Any, question: str, context: str, stride: int, limit: int) -> None:
    """Refuse what the tokenizers library ends the process for, or cannot cut."""
    backend = tokenizer.backend_tokenizer
    backend.no_truncation()
    backend.no_padding()
    own, other = (len(backend.encode(t, add_special_tokens=False).ids) for t in (question, context))
    room = limit - backend.num_special_tokens_to_add(True) - own
    if other > room and room <= max(stride, 0):
        raise ValueError(
            f"the question has {own} tokens: of the {limit} of max_seq_len there is no room for the context"
            f" and a doc_stride of {stride}"
        )


def decode_spans(
    start: Floats, end: Floats, topk: int, max_answer_len: int, undesired_tokens: Ints
) -> tuple[Ints, Ints, Floats]:
    """The best spans of a feature: where they start, where they end, and their scores.

    Args:
        start, end: Probabilities of each token, shape (1, tokens).
        topk: How many spans at most.
        max_answer_len: Tokens of an answer, at most.
        undesired_tokens: 1 for the tokens that may be in an answer, shape (1, tokens).
    """
    # Compute the score of each tuple(start, end) to be the real answer
    outer = np.matmul(np.expand_dims(start, -1), np.expand_dims(end, 1))
    # Remove candidate with end < start and end - start > max_answer_len
    candidates = np.tril(np.triu(outer), max_answer_len - 1)
    scores_flat = candidates.flatten()
    found = scores_flat.nonzero()[0]
    idx_sort = found[np.argsort(-scores_flat[found], kind="stable")][:topk]
    starts, ends = np.unravel_index(idx_sort, candidates.shape)[1:]
    desired_spans = np.isin(starts, undesired_tokens.nonzero()) & np.isin(
        ends, undesired_tokens.nonzero()
    )
    starts = starts[desired_spans]
    ends = ends[desired_spans]
    return starts, ends, candidates[0, starts, ends]


def select_starts_ends(
    start: Floats,
    end: Floats,
    p_mask: Ints,
    attention_mask: Ints,
    min_null_score: float = _NO_NULL_SCORE,
    top_k: int = 1,
    handle_impossible_answer: bool = False,
    max_answer_len: int = MAX_ANSWER_LEN,
) -> tuple[Ints, Ints, Floats, float]:
    """:func:`decode_spans` of logits, and the least score so far of there being no answer.

    Args:
        start, end: Logits, shape (1, tokens).
        p_mask: 1 for tokens that cannot be in an answer, shape (1, tokens).
        attention_mask: Shape (1, tokens).
        min_null_score: The least score of there being no answer, of the features before.
    """
    # Ensure padded tokens & question tokens cannot belong to the set of candidate answers.
    undesired_tokens = np.abs(p_mask - 1) & attention_mask
    undesired_tokens_mask = undesired_tokens == 0.0
    # Make sure non-context indexes in the tensor cannot contribute to the softmax
    start = np.where(undesired_tokens_mask, np.float32(-10000.0), start)
    end = np.where(undesired_tokens_mask, np.float32(-10000.0), end)
    # Normalize logits and spans to retrieve the answer
    start = np.exp(start - start.max(axis=-1, keepdims=True))
    start = start / start.sum()
    end = np.exp(end - end.max(axis=-1, keepdims=True))
    end = end / end.sum()
    if handle_impossible_answer:
        min_null_score = min(min_null_score, (start[0, 0] * end[0, 0]).item())
    # Mask CLS
    start[0, 0] = end[0, 0] = 0.0
    starts, ends, scores = decode_spans(start, end, top_k, max_answer_len, undesired_tokens)
    return starts, ends, scores, min_null_score


def postprocess(
    tokenizer: Any,
    context: str,
    features: Sequence[Feature],
    outputs: Sequence[tuple[Floats, Floats]],
    *,
    question_first: bool,
    top_k: int = 1,
    handle_impossible_answer: bool = False,
    max_answer_len: int = MAX_ANSWER_LEN,
    align_to_words: bool = True,
) -> list[dict[str, Any]]:
    """The answers, the best first: ``score``, ``start``, ``end`` (code points of the context), ``answer``.

    Args:
        outputs: Start and end logits of each feature, float32, shape (1, tokens).
    """
    min_null_score: float = _NO_NULL_SCORE
    answers: list[dict[str, Any]] = []
    for feature, (start_, end_) in zip(features, outputs, strict=True):
        # Some candidates may be deleted if we align to words
        pre_topk = top_k * 2 + 10 if align_to_words else top_k
        starts, ends, scores, min_null_score = select_starts_ends(
            start_,
            end_,
            feature.p_mask,
            feature.attention_mask,
            min_null_score,
            pre_topk,
            handle_impossible_answer,
            max_answer_len,
        )
        offset = 0
        if not question_first:
            # As there: what it takes for padding are pad tokens in the text itself.
            offset = int((feature.input_ids == tokenizer.pad_token_id).sum())
        sequence_index = 1 if question_first else 0
        for s, e, score in zip(starts.tolist(), ends.tolist(), scores, strict=True):
            start_index, end_index = get_indices(
                feature.encoding, s - offset, e - offset, sequence_index, align_to_words
            )
            target_answer = context[start_index:end_index]
            answer = get_answer(answers, target_answer)
            if answer:
                answer["score"] += score.item()
            else:
                answers.append(
                    {
                        "score": score.item(),
                        "start": start_index,
                        "end": end_index,
                        "answer": target_answer,
                    }
                )
    if handle_impossible_answer:
        answers.append({"score": min_null_score, "start": 0, "end": 0, "answer": ""})
    return sorted(answers, key=lambda x: x["score"], reverse=True)[:top_k]


def get_answer(answers: Sequence[dict[str, Any]], target: str) -> dict[str, Any] | None:
    """The answer of the same text, upper and lower case alike."""
    for answer in answers:
        if answer["answer"].lower() == target.lower():
            return answer
    return None


def get_indices(
    enc: Any, s: int, e: int, sequence_index: int, align_to_words: bool
) -> tuple[int, int]:
    """Code points of the span from token ``s`` to token ``e``, or of the words that they are in."""
    if align_to_words:
        try:
            start_word = enc.token_to_word(s)
            end_word = enc.token_to_word(e)
            start_index = enc.word_to_chars(start_word, sequence_index=sequence_index)[0]
            end_index = enc.word_to_chars(end_word, sequence_index=sequence_index)[1]
        except Exception:
            # Some tokenizers don't really handle words. Keep to offsets then.
            start_index = enc.offsets[s][0]
            end_index = enc.offsets[e][1]
    else:
        start_index = enc.offsets[s][0]
        end_index = enc.offsets[e][1]
    return start_index, end_index


class Pipeline:
    """The pipeline on a tokenizer: the features of the last question are kept."""

    def __init__(self, tokenizer: Any, *, question_first: bool) -> None:
        self.tokenizer = tokenizer
        self.question_first = question_first
        self._last: tuple[tuple[Any, ...], list[Feature]] | None = None

    def features(
        self, question: str, context: str, max_seq_len: int | None, doc_stride: int | None
    ) -> list[Feature]:
        """See :func:`preprocess`."""
        key = (question, context, max_seq_len, doc_stride)
        if self._last is None or self._last[0] != key:
            found = preprocess(
                self.tokenizer,
                question,
                context,
                question_first=self.question_first,
                max_seq_len=max_seq_len,
                doc_stride=doc_stride,
            )
            self._last = key, found
        return self._last[1]

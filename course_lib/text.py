"""From words to vectors: a vocabulary, and an encoder that reads a row of tokens.

``cond`` is int64 of shape (B, L): 0 is padding, 1 is "start" (never masked), words start at 2.
A class label is a prompt of one word.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from course_lib.arrays import Tokens

PADDING = 0
START = 1
FIRST_WORD = 2


@dataclass(frozen=True)
class Vocabulary:
    """The words a model knows, in a fixed order.

    Attributes
    ----------
    words : tuple of str
        Word number k has the token id k + 2.
    max_words : int
        The longest prompt, in words.
    """

    words: tuple[str, ...]
    max_words: int = 1

    def __len__(self) -> int:
        """Count the token ids, padding and start included."""
        return len(self.words) + FIRST_WORD

    def encode(self, prompts: Sequence[str]) -> Tokens:
        """Turn prompts into token ids.

        Built in: conditioning.

        Parameters
        ----------
        prompts : sequence of str
            Known words separated by spaces, at most `max_words`; "" is the null condition.

        Returns
        -------
        Tensor, shape (B, max_words + 1), int64
            Start, the words, then padding.
        """
        cond = torch.full((len(prompts), self.max_words + 1), PADDING)
        cond[:, 0] = START
        for row, prompt in zip(cond, prompts, strict=True):
            ids = [self._id(word) for word in prompt.split()]
            if len(ids) > self.max_words:
                raise ValueError(
                    f"a prompt has at most {self.max_words} word(s), but {prompt!r} has {len(ids)}"
                )
            row[1 : 1 + len(ids)] = torch.tensor(ids, dtype=torch.int64)
        return cond

    def _id(self, word: str) -> int:
        if word not in self.words:
            raise ValueError(f"unknown word {word!r}; known words: {', '.join(self.words)}")
        return self.words.index(word) + FIRST_WORD


class TextEncoder(nn.Module):
    """Look up a learned vector of length `dim` for each token, and average them.

    `vocabulary_size` counts the token ids, padding and start included. Built in: conditioning.
    """

    def __init__(self, vocabulary_size: int, dim: int):
        super().__init__()
        self.vocabulary_size = vocabulary_size
        self.embedding = nn.Embedding(vocabulary_size, dim, padding_idx=PADDING)

    def forward(
        self, cond: Tokens
    ) -> tuple[Float[Tensor, "B L dim"], Float[Tensor, "B dim"], Bool[Tensor, "B L"]]:
        """Encode token ids.

        Returns
        -------
        words : Tensor, shape (B, L, dim)
        pooled : Tensor, shape (B, dim)
            The mean over the tokens that are not padding.
        is_word : Tensor, shape (B, L), bool
            False where there is padding.
        """
        self._check(cond)
        is_word = cond != PADDING
        words = self.embedding(cond)
        weight = is_word.unsqueeze(-1).to(words.dtype)
        return words, (words * weight).sum(1) / weight.sum(1), is_word

    def _check(self, cond: Tensor) -> None:
        if cond.ndim != 2 or cond.dtype != torch.int64:
            raise ValueError(
                f"cond must be int64 token ids of shape (B, L), but it is {cond.dtype} of shape "
                f"{tuple(cond.shape)}; for class labels use conditioning.class_cond"
            )
        if int(cond.min()) < 0 or int(cond.max()) >= self.vocabulary_size:
            raise ValueError(
                f"token ids must be in 0 ... {self.vocabulary_size - 1}, but they run from "
                f"{int(cond.min())} to {int(cond.max())}"
            )
        if not bool((cond[:, 0] == START).all()):
            raise ValueError(f"every row of cond must begin with the start token {START}")

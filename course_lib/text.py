"""From words to vectors: a vocabulary, and an encoder that reads a row of tokens.

``cond`` is int64 of shape (B, L): 0 is padding, 1 is "start" (never masked), words start at 2.
A class label is a prompt of one word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from torch import Tensor, nn

from course_lib.arrays import Tokens
from course_lib.layers import attend, timestep_embedding

PADDING = 0
START = 1
FIRST_WORD = 2
PUNCTUATION = ".,;:!?"  # at the end of a word it says nothing
FEW = 12  # so many words can be listed in an error


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
            Known words separated by spaces, at most `max_words`; "" is the null condition. Capital
            letters and punctuation at the end of a word make no difference.

        Returns
        -------
        Tensor, shape (B, max_words + 1), int64
            Start, the words, then padding.
        """
        cond = torch.full((len(prompts), self.max_words + 1), PADDING)
        cond[:, 0] = START
        for row, prompt in zip(cond, prompts, strict=True):
            words = [word.rstrip(PUNCTUATION) for word in prompt.lower().split()]
            ids = [self._id(word) for word in words if word]
            if len(ids) > self.max_words:
                raise ValueError(
                    f"a prompt has at most {self.max_words} word(s), but {prompt!r} has {len(ids)}"
                )
            row[1 : 1 + len(ids)] = torch.tensor(ids, dtype=torch.int64)
        return cond

    def _id(self, word: str) -> int:
        if word in self.words:
            return self.words.index(word) + FIRST_WORD
        few = len(self.words) <= FEW
        known = self.words if few else get_close_matches(word, self.words, n=3, cutoff=0.0)
        which = "known words" if few else f"the nearest of the {len(self.words)} known words"
        raise ValueError(f"unknown word {word!r}; {which}: {', '.join(known)}")


class TextBlock(nn.Module):
    """Let every word look at the others, then think about what it saw.

    So "top" next to "hat" can come to mean something else than "top" alone. Source: Vaswani et
    al. (2017), section 3.1, with the norms first. Built in: conditioning.
    """

    def __init__(self, dim: int, heads: int = 4):
        super().__init__()
        self.heads = heads
        self.norm_1 = nn.LayerNorm(dim)
        self.to_qkv = nn.Linear(dim, 3 * dim)
        self.to_out = nn.Linear(dim, dim)
        self.norm_2 = nn.LayerNorm(dim)
        self.widen = nn.Linear(dim, 4 * dim)
        self.narrow = nn.Linear(4 * dim, dim)

    def forward(
        self, words: Float[Tensor, "B L dim"], is_word: Bool[Tensor, "B L"]
    ) -> Float[Tensor, "B L dim"]:
        q, k, v = self.to_qkv(self.norm_1(words)).chunk(3, dim=-1)
        words = words + self.to_out(attend(q, k, v, self.heads, is_word))
        return words + self.narrow(F.silu(self.widen(self.norm_2(words))))


class TextEncoder(nn.Module):
    """Look up a learned vector of length `dim` for each token, and let the tokens look around.

    Built in: conditioning.

    Parameters
    ----------
    vocabulary_size : int
        Counts the token ids, padding and start included.
    dim : int
        Length of a token's vector; with a depth, divisible by 4.
    depth : int
        Number of `TextBlock`. With 0 each vector stays as it was looked up, and nobody knows the
        order of the words.
    """

    def __init__(self, vocabulary_size: int, dim: int, depth: int = 0):
        super().__init__()
        self.vocabulary_size = vocabulary_size
        self.embedding = nn.Embedding(vocabulary_size, dim, padding_idx=PADDING)
        self.blocks = nn.ModuleList(TextBlock(dim) for _ in range(depth))

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
        if self.blocks:
            words = words + timestep_embedding(torch.arange(cond.shape[1]), words.shape[-1])
        for block in self.blocks:
            words = block(words, is_word)
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

"""Questions on conditioning: prompts, forgotten wishes, guidance, and attention to the words."""

import torch
from torch import Tensor

from course_lib.arrays import make_generator
from course_lib.teaching.props import Prop
from course_lib.teaching.questions import Misconception, Question
from course_lib.text import FIRST_WORD, PADDING, START


def _some_labels(generator: torch.Generator) -> tuple[Tensor]:
    labels = torch.cat([torch.tensor([-1, -1, 0]), torch.randint(10, (4,), generator=generator)])
    labels = labels[torch.randperm(7, generator=generator)]
    return (labels,)


def prompt_tokens(labels: Tensor) -> Tensor:
    words = torch.where(labels < 0, PADDING, labels + FIRST_WORD)
    return torch.stack([torch.full_like(labels, START), words], dim=1)


PROMPT_TOKENS = Question(
    name="conditioning.prompt_tokens",
    inputs=_some_labels,
    answer=prompt_tokens,
    misconceptions=(
        Misconception(
            "Label -1 has become token 1, a second 'start'. It means 'no wish': token 0, padding.",
            lambda labels: torch.stack([torch.ones_like(labels), labels + 2], dim=1),
        ),
        Misconception(
            "The label stands where its token should. The words begin at token 2, so label 7 is "
            "token 9.",
            lambda labels: torch.stack([torch.ones_like(labels), labels.clamp(min=0)], dim=1),
        ),
        Misconception(
            "This counts the words from token 1, which is 'start'. Label 0 is token 2.",
            lambda labels: torch.stack([torch.ones_like(labels), labels + 1], dim=1),
        ),
        Misconception(
            "A wish for the digit 0 is lost: label 0 is a digit, and only -1 means 'no wish'.",
            lambda labels: prompt_tokens(labels.where(labels > 0, -1)),
        ),
        Misconception(
            "The tokens of a row are turned round. Each row opens with 'start'.",
            lambda labels: prompt_tokens(labels).flip(1),
        ),
        Misconception(
            "A row without a wish must open with 'start', too: [1, 0]. The network averages over "
            "the tokens that are not padding, so there must be one.",
            lambda labels: prompt_tokens(labels) * (labels >= 0).long()[:, None],
        ),
    ),
    place="conditioning, 'A label is a prompt of one word'",
    library=("course_lib.conditioning.class_cond", "course_lib.conditioning.null_cond"),
)


def _some_wishes(generator: torch.Generator) -> tuple[Tensor, float, Prop]:
    # Two words a wish, and enough wishes to count how many are forgotten.
    words = torch.randint(FIRST_WORD, 12, (600, 2), generator=generator)
    cond = torch.cat([torch.ones(600, 1).long(), words], dim=1)
    probability = 0.1 + 0.2 * torch.rand((), generator=generator).item()
    seed = int(torch.randint(2**31, (), generator=generator))
    while torch.rand(1, generator=make_generator(seed)) >= probability:
        seed += 1  # so that one coin for the whole batch would show "forget"
    return cond, probability, Prop("generator", (seed,))


def drop_cond(cond: Tensor, probability: float, generator: torch.Generator) -> Tensor:
    return _forget(cond, torch.rand(len(cond), generator=generator) < probability)


def _null(cond: Tensor) -> Tensor:
    return torch.tensor([START] + [PADDING] * (cond.shape[1] - 1)).expand_as(cond)


def _forget(cond: Tensor, coins: Tensor) -> Tensor:
    return torch.where(coins.reshape(-1, 1), _null(cond), cond)


def _check_dropped(inputs: tuple, expected: Tensor, got: Tensor) -> str | None:
    """Accept any way to toss the coins: about the right share of the rows, chosen one by one."""
    cond, probability, _ = inputs
    kept, dropped = (got == cond).all(dim=1), (got == _null(cond)).all(dim=1)
    if kept.all():
        return "Not one of 600 wishes was forgotten. Toss a coin for each: torch.rand(len(cond))."
    if dropped.all():
        return "All the wishes of the batch were forgotten at once. Toss a coin for each sample."
    if not (kept | dropped).all():
        row = int((~(kept | dropped)).nonzero()[0])
        return (
            f"A row should be what it was, {cond[row].tolist()}, or the null condition, "
            f"{_null(cond)[row].tolist()}; one of them became {got[row].tolist()}."
        )
    count, wanted = int(dropped.sum()), 600 * probability
    if abs(count - wanted) > 6 * (wanted * (1 - probability)) ** 0.5:
        return f"Of 600 wishes {count} were forgotten; with this probability, expect {wanted:.0f}."
    half = int(dropped[:300].sum())
    if abs(half - count / 2) > 6 * count**0.5 / 2:
        return "The forgotten wishes stand close together. Toss a coin for each sample."
    return None


DROP_COND = Question(
    name="conditioning.drop_cond",
    inputs=_some_wishes,
    answer=drop_cond,
    misconceptions=(
        Misconception(
            "This tosses one coin for the whole batch. Toss one for each sample: "
            "torch.rand(len(cond)), not torch.rand(1).",
            lambda cond, probability, generator: _forget(
                cond, (torch.rand(1, generator=generator) < probability).expand(len(cond))
            ),
        ),
        Misconception(
            "This keeps a wish when it should be forgotten, and the other way round: forget where "
            "the random number is *below* the probability.",
            lambda cond, probability, generator: _forget(
                cond, torch.rand(len(cond), generator=generator) > probability
            ),
        ),
        Misconception(
            "This tosses a coin for each token, so that prompts are torn to pieces. Forget whole "
            "rows.",
            lambda cond, probability, generator: torch.where(
                torch.rand(cond.shape, generator=generator) < probability, _null(cond), cond
            ),
        ),
        Misconception(
            "This fills a forgotten row with padding alone. The null condition keeps the 'start' "
            "in front: [1, 0, 0].",
            lambda cond, probability, generator: torch.where(
                torch.rand(len(cond), 1, generator=generator) < probability, 0, cond
            ),
        ),
        Misconception(
            "This forgets the first wishes of the batch, always in the same places. Let chance "
            "choose.",
            lambda cond, probability, generator: _forget(
                cond, torch.arange(len(cond)) < int(probability * len(cond))
            ),
        ),
    ),
    place="conditioning, 'One network, with and without a wish'",
    library=("course_lib.conditioning.drop_cond",),
    compare=_check_dropped,
)


def _two_predictions(generator: torch.Generator) -> tuple[Tensor, Tensor, float]:
    without, with_wish = torch.randn(2, 3, 1, 4, 4, generator=generator)
    return without, with_wish, 1.5 + 3 * torch.rand((), generator=generator).item()


def guided(without: Tensor, with_wish: Tensor, guidance_scale: float) -> Tensor:
    return without + guidance_scale * (with_wish - without)


GUIDED = Question(
    name="conditioning.guided",
    inputs=_two_predictions,
    answer=guided,
    misconceptions=(
        Misconception(
            "This is off by one: it starts from the prediction *with* the wish, as papers do that "
            "write w = s - 1. Here scale 1 is 'as learned', so start from the one without.",
            lambda without, with_wish, s: guided(without, with_wish, s + 1),
        ),
        Misconception(
            "This is off by one: scale 1 must give the prediction with the wish, and here it "
            "ignores the wish. Do not subtract 1 from the scale.",
            lambda without, with_wish, s: guided(without, with_wish, s - 1),
        ),
        Misconception(
            "The two predictions are swapped: this walks away from the wish. Start without it, and "
            "walk towards it.",
            lambda without, with_wish, s: guided(with_wish, without, s),
        ),
        Misconception(
            "This is the difference alone. Add it to the prediction without the wish.",
            lambda without, with_wish, s: s * (with_wish - without),
        ),
        Misconception(
            "The difference is turned round: it must point from 'without' to 'with'.",
            lambda without, with_wish, s: guided(without, with_wish, -s),
        ),
        Misconception(
            "This makes the whole prediction larger. Only the *difference* that the wish makes is "
            "made larger.",
            lambda without, with_wish, s: s * with_wish,
        ),
        Misconception(
            "This adds the two predictions up. It must be the difference that is scaled.",
            lambda without, with_wish, s: without + s * with_wish,
        ),
    ),
    place="conditioning, 'Guidance by hand'",
    library=("course_lib.conditioning.Guided",),
)

ATTENTION = "conditioning, 'Each place chooses its words'"


def _queries_and_keys(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    # As many words as pixels: mistakes about who asks whom then run, and can be named.
    q, k = torch.randn(2, 2, 5, 8, generator=generator)
    return q, k


def attention_scores(q: Tensor, k: Tensor) -> Tensor:
    return q @ k.mT / q.shape[-1] ** 0.5


ATTENTION_SCORES = Question(
    name="conditioning.attention_scores",
    inputs=_queries_and_keys,
    answer=attention_scores,
    misconceptions=(
        Misconception(
            "The division by sqrt(d) is missing. Sums of d products grow with d, and softmax would "
            "then listen to one word alone.",
            lambda q, k: q @ k.mT,
        ),
        Misconception(
            "This divides by d. Divide by its square root.",
            lambda q, k: q @ k.mT / q.shape[-1],
        ),
        Misconception(
            "This divides by the root of the number of words. d is the length of a query: "
            "q.shape[-1].",
            lambda q, k: q @ k.mT / k.shape[1] ** 0.5,
        ),
        Misconception(
            "This multiplies by sqrt(d). Divide by it.",
            lambda q, k: q @ k.mT * q.shape[-1] ** 0.5,
        ),
        Misconception(
            "Here the words ask the pixels. A row belongs to a pixel, and a column to a word: "
            "q @ k.mT.",
            lambda q, k: k @ q.mT / q.shape[-1] ** 0.5,
        ),
        Misconception(
            "This multiplies query i with key i only. Each pixel asks *every* word: a matrix "
            "product, q @ k.mT.",
            lambda q, k: q * k / q.shape[-1] ** 0.5,
        ),
    ),
    place=ATTENTION,
    library=("course_lib.layers.attend", "torch.nn.functional.scaled_dot_product_attention"),
)


def _scores_and_values(generator: torch.Generator) -> tuple[Tensor, Tensor]:
    scores = 2 * torch.randn(2, 5, 5, generator=generator)
    return scores, torch.randn(2, 5, 3, generator=generator)


def listen(scores: Tensor, v: Tensor) -> Tensor:
    return scores.softmax(dim=-1) @ v


LISTEN = Question(
    name="conditioning.listen",
    inputs=_scores_and_values,
    answer=listen,
    misconceptions=(
        Misconception(
            "The softmax runs over the pixels, so that they compete for a word. The weights of the "
            "*words* must add up to 1 for each pixel: the last dimension.",
            lambda scores, v: scores.softmax(dim=1) @ v,
        ),
        Misconception(
            "The softmax runs over the batch: pictures have nothing to do with each other. Take "
            "the last dimension, the words.",
            lambda scores, v: scores.softmax(dim=0) @ v,
        ),
        Misconception(
            "The softmax is missing. Scores become weights by it: above 0, with the sum 1.",
            lambda scores, v: scores @ v,
        ),
        Misconception(
            "This divides the scores by their sum, and some are below 0. softmax takes exp first.",
            lambda scores, v: scores / scores.sum(dim=-1, keepdim=True) @ v,
        ),
        Misconception(
            "The weights do not add up to 1: after exp, divide by the sum over the words.",
            lambda scores, v: scores.exp() @ v,
        ),
        Misconception(
            "This takes the one word with the highest score. Attention mixes all words by their "
            "weights.",
            lambda scores, v: (scores == scores.amax(dim=-1, keepdim=True)).to(v.dtype) @ v,
        ),
        Misconception(
            "The weights are transposed: row i must hold the weights that pixel i gives.",
            lambda scores, v: scores.softmax(dim=-1).mT @ v,
        ),
    ),
    place=ATTENTION,
    library=("course_lib.layers.attend", "torch.nn.functional.scaled_dot_product_attention"),
)


def _pixels_and_words(generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    q, k, v = torch.randn(3, 3, 4, 8, generator=generator)
    lengths = torch.randperm(3, generator=generator) + 1  # 1, 2 and 3 words of 4 places
    return q, k, v, torch.arange(4) < lengths[:, None]


def cross_attention(q: Tensor, k: Tensor, v: Tensor, is_word: Tensor) -> Tensor:
    return _attend(q, k, v, lambda scores: scores.masked_fill(~is_word[:, None], -torch.inf))


def _attend(q, k, v, hide=lambda scores: scores, after=lambda weights: weights) -> Tensor:
    """Attend, with a mask before the softmax and one after it."""
    return after(hide(attention_scores(q, k)).softmax(dim=-1)) @ v


CROSS_ATTENTION = Question(
    name="conditioning.cross_attention",
    inputs=_pixels_and_words,
    answer=cross_attention,
    misconceptions=(
        Misconception(
            "Nothing is masked: the pixels listen to padding, too.",
            lambda q, k, v, is_word: _attend(q, k, v),
        ),
        Misconception(
            "The mask comes after the softmax, so the weights that are left add up to less than 1. "
            "Mask the *scores*, with minus infinity.",
            lambda q, k, v, is_word: _attend(q, k, v, after=lambda w: w * is_word[:, None]),
        ),
        Misconception(
            "The scores of padding are set to 0, which softmax turns into a weight above 0. Only "
            "minus infinity becomes 0.",
            lambda q, k, v, is_word: _attend(q, k, v, lambda scores: scores * is_word[:, None]),
        ),
        Misconception(
            "The mask is turned round: this listens to the padding and hides the words. is_word is "
            "True where there *is* a word.",
            lambda q, k, v, is_word: cross_attention(q, k, v, ~is_word),
        ),
        Misconception(
            "The division by sqrt(d) is missing: use your attention_scores.",
            lambda q, k, v, is_word: cross_attention(q * q.shape[-1] ** 0.5, k, v, is_word),
        ),
        Misconception(
            "The mask hides pixels, rows of the scores. It must hide words, columns: "
            "is_word[:, None, :].",
            lambda q, k, v, is_word: _attend(
                q, k, v, lambda scores: scores.masked_fill(~is_word[:, :, None], -torch.inf)
            ),
        ),
    ),
    place=ATTENTION,
    library=("course_lib.layers.attend", "torch.nn.functional.scaled_dot_product_attention"),
)

QUESTIONS = (PROMPT_TOKENS, DROP_COND, GUIDED, ATTENTION_SCORES, LISTEN, CROSS_ATTENTION)

"""Words to token ids, token ids to vectors; padding is never seen."""

import pytest
import torch

from course_lib.text import PADDING, START, TextEncoder, Vocabulary

COLOURS = Vocabulary(("red", "green", "blue"), max_words=2)


def test_encode_writes_start_words_padding():
    cond = COLOURS.encode(["blue red", "green", ""])
    assert cond.tolist() == [[START, 4, 2], [START, 3, PADDING], [START, PADDING, PADDING]]
    assert cond.dtype == torch.int64
    assert (PADDING, START, len(COLOURS)) == (0, 1, 5)


@pytest.mark.parametrize(
    "prompt, message",
    [
        ("purple", "unknown word 'purple'; known words: red, green, blue"),
        ("red green blue", r"at most 2 word\(s\), but 'red green blue' has 3"),
    ],
)
def test_encode_refuses_what_it_does_not_know(prompt, message):
    with pytest.raises(ValueError, match=message):
        COLOURS.encode([prompt])


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return TextEncoder(5, 4)


def test_pooled_is_the_mean_over_the_words(encoder):
    words, pooled, is_word = encoder(torch.tensor([[1, 4, 2], [1, 3, 0]]))
    e = encoder.embedding.weight
    torch.testing.assert_close(pooled[0], (e[1] + e[4] + e[2]) / 3)
    torch.testing.assert_close(pooled[1], (e[1] + e[3]) / 2)
    torch.testing.assert_close(words[0], e[[1, 4, 2]])
    assert is_word.tolist() == [[True, True, True], [True, True, False]]


def test_more_padding_changes_nothing_whatever_padding_looks_like(encoder):
    _, short, _ = encoder(torch.tensor([[1, 3]]))
    _, long, _ = encoder(torch.tensor([[1, 3, 0, 0, 0]]))
    assert torch.equal(short, long)
    encoder.embedding.weight.data[PADDING] = 1e6
    _, still, _ = encoder(torch.tensor([[1, 3, 0, 0, 0]]))
    assert torch.equal(short, still)


def test_padding_is_not_trained_and_every_word_is(encoder):
    encoder(torch.tensor([[1, 2, 3, 4, 0]]))[1].square().sum().backward()
    moved = encoder.embedding.weight.grad.abs().sum(1) > 0
    assert moved.tolist() == [False, True, True, True, True]


@pytest.mark.parametrize(
    "cond, message",
    [
        (torch.tensor([1, 2]), r"shape \(B, L\).*shape \(2,\); for class labels use .*class_cond"),
        (torch.tensor([[1.0, 2.0]]), "int64 token ids .*float32"),
        (torch.tensor([[1, 5]]), r"0 \.\.\. 4, but they run from 1 to 5"),
        (torch.tensor([[1, -1]]), r"0 \.\.\. 4, but they run from -1 to 1"),
        (torch.tensor([[1, 2], [2, 1]]), "every row of cond must begin with the start token 1"),
    ],
)
def test_bad_cond_is_refused(encoder, cond, message):
    with pytest.raises(ValueError, match=message):
        encoder(cond)


def test_case_and_final_punctuation_do_not_matter():
    plain = COLOURS.encode(["blue red"])
    for prompt in ("Blue RED", "blue, red.", " blue  red ! "):
        assert torch.equal(COLOURS.encode([prompt]), plain)


def test_an_unknown_word_is_told_with_the_nearest_known_ones():
    many = Vocabulary(("cat", "dog", "horse", "house", *map(str, range(20))), max_words=3)
    with pytest.raises(ValueError, match="unknown word 'hoarse'; the nearest of the 24 .*: horse"):
        many.encode(["dog hoarse"])


@pytest.fixture
def deep():
    torch.manual_seed(0)
    return TextEncoder(9, 8, depth=2).eval()


def test_words_that_look_around_still_never_see_padding(deep):
    words, pooled, _ = deep(torch.tensor([[1, 3, 5]]))
    deep.embedding.weight.data[PADDING] = 1e6
    longer, still, _ = deep(torch.tensor([[1, 3, 5, 0, 0, 0]]))
    torch.testing.assert_close(longer[:, :3], words)
    torch.testing.assert_close(still, pooled)


def test_depth_tells_the_order_of_the_words_and_no_depth_does_not(deep):
    forwards, backwards = torch.tensor([[1, 3, 5]]), torch.tensor([[1, 5, 3]])
    flat = TextEncoder(9, 8)
    torch.testing.assert_close(flat(forwards)[1], flat(backwards)[1])
    assert (deep(forwards)[1] - deep(backwards)[1]).abs().max() > 1e-3


def test_what_a_word_means_depends_on_its_neighbours(deep):
    by_hat, _, _ = deep(torch.tensor([[1, 3, 5]]))
    by_frog, _, _ = deep(torch.tensor([[1, 3, 6]]))
    assert (by_hat[0, 1] - by_frog[0, 1]).abs().max() > 1e-3

"""The parts of the U-Net, each against what it should compute."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib import layers


@pytest.fixture(autouse=True)
def fixed_seed():
    torch.manual_seed(0)


def stir(module):
    """Give every parameter a random value: what starts at 0 would hide mistakes."""
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return module.eval()


def test_timestep_embedding_is_sines_then_cosines():
    rows = layers.timestep_embedding(torch.tensor([0, 1, 700]), 6)
    speeds = [1, 10_000**-0.5, 10_000**-1.0]
    for row, t in zip(rows, (0, 1, 700), strict=True):
        by_hand = [math.sin(t * s) for s in speeds] + [math.cos(t * s) for s in speeds]
        torch.testing.assert_close(row, torch.tensor(by_hand), atol=1e-4, rtol=0)


def test_every_timestep_has_a_row_of_its_own():
    rows = layers.timestep_embedding(torch.arange(1001), 64)
    distances = torch.cdist(rows, rows) + 10 * torch.eye(1001)
    assert distances.min() > 0.1


def test_channel_norm_gives_each_pixel_mean_0_and_spread_1():
    x = torch.randn(2, 16, 3, 5) * 7 + 4
    y = layers.ChannelNorm(16)(x)
    torch.testing.assert_close(y.mean(1), torch.zeros(2, 3, 5), atol=1e-5, rtol=0)
    torch.testing.assert_close(y.var(1, correction=0), torch.ones(2, 3, 5), atol=1e-3, rtol=0)


def test_new_residual_block_changes_nothing():
    x, embedding = torch.randn(2, 8, 4, 4), torch.randn(2, 12)
    assert torch.equal(layers.ResidualBlock(8, 8, 12)(x, embedding), x)
    wider = layers.ResidualBlock(8, 20, 12)
    assert torch.equal(wider(x, embedding), wider.shortcut(x))


def test_residual_block_listens_to_the_embedding_sample_by_sample():
    block = stir(layers.ResidualBlock(8, 6, 12))
    x, embedding = torch.randn(1, 8, 4, 4).expand(2, -1, -1, -1), torch.randn(2, 12)
    together = block(x, embedding)
    torch.testing.assert_close(together[:1], block(x[:1], embedding[:1]))
    torch.testing.assert_close(together[1:], block(x[1:], embedding[1:]))
    assert (together[0] - together[1]).abs().max() > 0.1


def test_dropout_works_only_while_training():
    block = stir(layers.ResidualBlock(8, 8, 12, dropout=0.5))
    x, embedding = torch.randn(1, 8, 4, 4), torch.randn(1, 12)
    assert torch.equal(block(x, embedding), block(x, embedding))
    block.train()
    assert not torch.equal(block(x, embedding), block(x, embedding))


def test_attend_is_softmax_of_scaled_products_in_each_head():
    q, k, v = torch.randn(2, 3, 8), torch.randn(2, 5, 8), torch.randn(2, 5, 8)
    mixed = layers.attend(q, k, v, heads=2)
    for head in (slice(0, 4), slice(4, 8)):
        weight = (q[..., head] @ k[..., head].mT / math.sqrt(4)).softmax(-1)
        torch.testing.assert_close(mixed[..., head], weight @ v[..., head])


def test_attend_does_not_see_hidden_keys():
    q, k, v = torch.randn(2, 3, 8), torch.randn(2, 5, 8), torch.randn(2, 5, 8)
    is_word = torch.tensor([[True] * 5, [True, True, False, False, False]])
    mixed = layers.attend(q, k, v, 2, is_word)
    torch.testing.assert_close(mixed[1:], layers.attend(q[1:], k[1:, :2], v[1:, :2], 2))
    k[1, 2:], v[1, 2:] = 1e4, 1e4
    assert torch.equal(layers.attend(q, k, v, 2, is_word), mixed)


def test_new_attention_changes_nothing():
    x, words = torch.randn(2, 8, 4, 4), torch.randn(2, 3, 6)
    everything = torch.ones(2, 3, dtype=torch.bool)
    assert torch.equal(layers.SelfAttention(8)(x), x)
    assert torch.equal(layers.CrossAttention(8, 6)(x, words, everything), x)


def test_self_attention_cares_not_where_a_pixel_stands():
    attention, x = stir(layers.SelfAttention(8)), torch.randn(2, 8, 2, 6)
    order = torch.randperm(12)

    def shuffle(a):
        return a.flatten(2)[:, :, order].reshape(a.shape)

    torch.testing.assert_close(attention(shuffle(x)), shuffle(attention(x)))
    assert (attention(x) - x).abs().max() > 0.1


def test_cross_attention_weights_are_those_it_mixes_with():
    module = stir(layers.CrossAttention(8, 6, heads=1))
    x, words = torch.randn(2, 8, 2, 3), torch.randn(2, 4, 6)
    is_word = torch.tensor([[True, True, True, True], [True, True, False, False]])
    weights = module.weights(x, words, is_word)  # (B, L, H, W)
    assert weights.shape == (2, 4, 2, 3)
    torch.testing.assert_close(weights.sum(1), torch.ones(2, 2, 3))
    assert weights[1, 2:].abs().max() == 0
    values = module.to_kv(words).chunk(2, dim=-1)[1]
    mixed = module.to_out(torch.einsum("blhw,blc->bhwc", weights, values)).permute(0, 3, 1, 2)
    torch.testing.assert_close(module(x, words, is_word), x + mixed)


def test_cross_attention_to_one_word_adds_that_word_everywhere():
    attention = stir(layers.CrossAttention(8, 6))
    x, word = torch.randn(1, 8, 4, 4), torch.randn(1, 1, 6)
    added = attention(x, word, torch.ones(1, 1, dtype=torch.bool)) - x
    value = F.linear(word, *[p.chunk(2)[1] for p in attention.to_kv.parameters()])
    expected = attention.to_out(value)[0, 0, :, None, None].expand(8, 4, 4)
    torch.testing.assert_close(added[0], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    "make, message",
    [
        (lambda: layers.timestep_embedding(torch.tensor([1]), 7), "even number .* but it is 7"),
        (lambda: layers.timestep_embedding(torch.tensor([1]), 2), "at least 4, but it is 2"),
        (lambda: layers.timestep_embedding(torch.tensor(1), 8), r"shape \(B,\), but it is \(\)"),
        (lambda: layers.SelfAttention(10), "divisible by heads, but 10 is not by 4"),
        (lambda: layers.CrossAttention(6, 8, heads=5), "divisible by heads, but 6 is not by 5"),
        (lambda: layers.attend(*[torch.ones(1, 2, 9)] * 3, heads=2), "but 9 is not by 2"),
    ],
)
def test_bad_input_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()

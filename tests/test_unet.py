"""The U-Net: every sample is its own, every parameter matters, padding is invisible."""

import pytest
import torch

from course_lib.conditioning import class_cond, null_cond
from course_lib.unet import UNet, UNetConfig, attention_maps

CONFIGS = {
    "as for digits": UNetConfig(channels=(8, 16), vocabulary_size=12, text_dim=8),
    "with attention": UNetConfig(
        image_channels=3,
        fold=1,
        channels=(8, 12, 16),
        blocks=1,
        vocabulary_size=12,
        text_dim=8,
        self_attention_levels=(1,),
        cross_attention_levels=(1, 2),
    ),
    "with a text encoder": UNetConfig(
        image_channels=3,
        channels=(8, 16),
        blocks=1,
        vocabulary_size=12,
        text_dim=8,
        text_depth=2,
        self_attention_levels=(1,),
        cross_attention_levels=(1,),
    ),
    "without a condition": UNetConfig(fold=4, channels=(8,), blocks=1),
}
each_config = pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS.keys())


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    monkeypatch.setenv("COURSE_LIB_BF16", "0")
    torch.manual_seed(0)


def stirred(config):
    """A U-Net with random weights everywhere: what starts at 0 would hide mistakes."""
    unet = UNet(config)
    for parameter in unet.parameters():
        torch.nn.init.normal_(parameter, std=0.15)
    return unet.eval()


def inputs(config, count=3, size=8):
    x_t = torch.randn(count, config.image_channels, size, size)
    t = torch.tensor([1, 400, 1000])[:count]
    cond = class_cond(torch.tensor([3, 0, 9])[:count]) if config.vocabulary_size else None
    return x_t, t, cond


def same(actual, expected):
    torch.testing.assert_close(actual, expected, atol=1e-4, rtol=1e-4)


@each_config
def test_new_network_answers_no_noise(config):
    x_t, t, cond = inputs(config)
    eps_hat = UNet(config)(x_t, t, cond)
    assert torch.equal(eps_hat, torch.zeros_like(x_t))


@each_config
def test_a_timestep_and_condition_per_sample_equals_one_by_one(config):
    unet, (x_t, t, cond) = stirred(config), inputs(config)
    with torch.no_grad():
        together = unet(x_t, t, cond)
        for i in range(3):
            one = slice(i, i + 1)
            alone = unet(x_t[one], t[one], None if cond is None else cond[one])
            same(together[one], alone)
    assert together.std() > 0.01


@each_config
def test_gradients_reach_every_parameter(config):
    unet, (x_t, t, cond) = stirred(config), inputs(config)
    unet(x_t, t, cond).square().sum().backward()
    for name, parameter in unet.named_parameters():
        assert parameter.grad is not None and parameter.grad.abs().max() > 0, name


@each_config
def test_time_and_condition_change_the_answer(config):
    unet, (x_t, t, cond) = stirred(config), inputs(config)
    answer = unet(x_t, t, cond)
    assert (answer - unet(x_t, t.flip(0), cond)).abs().max() > 1e-3
    if cond is not None:
        assert (answer - unet(x_t, t, cond.flip(0))).abs().max() > 1e-3


@pytest.mark.parametrize("name", ["as for digits", "with attention", "with a text encoder"])
@torch.no_grad()
def test_padding_is_hidden(name):
    unet, (x_t, t, cond) = stirred(CONFIGS[name]), inputs(CONFIGS[name])
    padded = torch.nn.functional.pad(cond, (0, 5))
    answer = unet(x_t, t, padded)
    same(answer, unet(x_t, t, cond))
    unet.text_encoder.embedding.weight[0] = 1e4
    assert torch.equal(answer, unet(x_t, t, padded)), "what padding looks like must not matter"


@pytest.mark.parametrize("name", ["as for digits", "with attention", "with a text encoder"])
@torch.no_grad()
def test_no_condition_is_the_null_condition(name):
    unet, (x_t, t, _) = stirred(CONFIGS[name]), inputs(CONFIGS[name])
    same(unet(x_t, t), unet(x_t, t, null_cond(3)))


def test_attention_maps_share_each_pixel_among_the_words():
    unet, (x_t, t, cond) = stirred(CONFIGS["with attention"]), inputs(CONFIGS["with attention"])
    before = unet(x_t, t, cond)
    maps = attention_maps(unet, x_t, t, torch.nn.functional.pad(cond, (0, 2)))
    assert maps.shape == (3, 4, 8, 8)
    torch.testing.assert_close(maps.sum(1), torch.ones(3, 8, 8))
    assert maps[:, 2:].abs().max() == 0, "nobody looks at padding"
    assert maps[:, 1].std() > 1e-4, "not every pixel looks alike"
    assert torch.equal(unet(x_t, t, cond), before), "looking changes nothing"
    with pytest.raises(ValueError, match="no cross-attention"):
        attention_maps(stirred(CONFIGS["as for digits"]), x_t[:, :1], t, cond)


@torch.no_grad()
def test_pictures_need_not_be_square_nor_of_one_size():
    unet = stirred(CONFIGS["as for digits"])
    for height, width in ((4, 12), (28, 28)):
        x_t = torch.randn(2, 1, height, width)
        assert unet(x_t, torch.tensor([5, 6])).shape == x_t.shape


@torch.no_grad()
def test_every_pixel_can_see_the_whole_small_picture():
    """The way down and up carries news from one corner to the other."""
    unet = stirred(CONFIGS["as for digits"])
    x_t, t, _ = inputs(unet.config, count=1)
    changed = x_t.clone()
    changed[..., 0, 0] += 5
    assert (unet(x_t, t) - unet(changed, t))[..., -1, -1].abs() > 1e-4


@torch.no_grad()
def test_bf16_stays_close_to_float32_and_returns_it(monkeypatch):
    unet, (x_t, t, cond) = stirred(CONFIGS["as for digits"]), inputs(CONFIGS["as for digits"])
    exact = unet(x_t, t, cond)
    monkeypatch.setenv("COURSE_LIB_BF16", "1")
    rounded = unet(x_t, t, cond)
    assert rounded.dtype == torch.float32
    assert 0 < (rounded - exact).abs().max() < 0.1 * exact.abs().max()


def call(config="as for digits", **changes):
    arguments = dict(zip(("x_t", "t", "cond"), inputs(CONFIGS[config]), strict=True))
    UNet(CONFIGS[config])(**{**arguments, **changes})


@pytest.mark.parametrize(
    "bad, message",
    [
        (lambda: call(x_t=torch.ones(3, 2, 8, 8)), r"\(B, 1, H, W\), but it is \(3, 2, 8, 8\)"),
        (lambda: call(x_t=torch.ones(3, 64)), r"\(B, 1, H, W\), but it is \(3, 64\)"),
        (lambda: call(x_t=torch.ones(3, 1, 8, 10)), r"multiples of 4, but x_t is \(3, 1, 8, 10\)"),
        (lambda: call(x_t=torch.ones(3, 1, 8, 8).byte()), "must be a float tensor"),
        (lambda: call(t=torch.tensor([5])), r"one timestep a picture, shape \(3,\).*\(1,\)"),
        (lambda: call(cond=torch.tensor([1, 2, 3])), r"shape \(B, L\).*class_cond"),
        (lambda: call(cond=null_cond(2)), "cond must have 3 rows, one a picture, but has 2"),
        (lambda: call("without a condition", cond=null_cond(3)), "takes no condition: leave"),
        (lambda: UNetConfig(fold=0), "must be at least 1"),
        (lambda: UNetConfig(channels=()), "must be at least 1"),
        (lambda: UNetConfig(self_attention_levels=(2,)), r"0 \.\.\. 1.*but are \[2\]"),
        (lambda: UNetConfig(cross_attention_levels=(1,)), "set vocabulary_size"),
        (lambda: UNetConfig(channels=(9, 10)), r"must be even, at least 4: \(9, 10\)"),
    ],
)
def test_bad_input_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        bad()

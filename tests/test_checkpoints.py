"""Checkpoints: what is saved comes back, whole or not at all."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from course_lib import checkpoints
from course_lib.checkpoints import (
    load_checkpoint,
    read_card,
    sampler,
    save_checkpoint,
    vocabulary_of,
)
from course_lib.conditioning import Guided, class_cond
from course_lib.models import Clipped, FromV
from course_lib.schedules import cosine_schedule, linear_schedule
from course_lib.unet import UNet, UNetConfig

CARD = {
    "name": "tiny",
    "schedule": "cosine",
    "clipped": True,
    "guidance_scale": 2.0,
    "num_steps": 4,
}
CONFIG = UNetConfig(channels=(8, 8), blocks=1, vocabulary_size=12, text_dim=8)


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    monkeypatch.setenv("COURSE_LIB_BF16", "0")


@pytest.fixture
def unet():
    torch.manual_seed(0)
    unet = UNet(CONFIG)
    for parameter in unet.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return unet


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tiny.safetensors"


def asked():
    x_t = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(1))
    return x_t, torch.tensor([3, 900]), class_cond(torch.tensor([1, 7]))


def test_round_trip_keeps_weights_configuration_and_card(unet, path):
    save_checkpoint(path, unet, CARD)
    loaded, card = load_checkpoint(path)
    assert card == CARD
    assert loaded.config == CONFIG
    for (name, ours), theirs in zip(
        loaded.state_dict().items(), unet.state_dict().values(), strict=True
    ):
        assert torch.equal(ours, theirs.half().float()), name
    answer = unet.eval()(*asked())
    assert (loaded(*asked()) - answer).abs().max() < 0.01 * answer.abs().max()
    assert sorted(p.name for p in path.parent.iterdir()) == ["tiny.json", "tiny.safetensors"]


def test_loaded_model_is_ready_to_sample(unet, path):
    save_checkpoint(str(path), unet.train(), CARD)
    loaded, _ = load_checkpoint(str(path))
    assert not loaded.training
    assert not any(p.requires_grad for p in loaded.parameters())


def test_the_header_holds_the_configuration_and_the_file_half_precision(unet, path):
    save_checkpoint(path, unet, CARD)
    with safe_open(path, "pt") as file:
        config = json.loads(file.metadata()["config"])
        assert {file.get_tensor(name).dtype for name in file.keys()} == {torch.float16}  # noqa: SIM118
    assert config["channels"] == [8, 8]
    assert config["vocabulary_size"] == 12


def test_any_module_with_its_own_builder(path):
    save_checkpoint(path, torch.nn.Linear(3, 2), CARD, config={"sizes": [3, 2]})
    loaded, _ = load_checkpoint(path, lambda config: torch.nn.Linear(*config["sizes"]))
    assert loaded.weight.shape == (2, 3)


def fail(*args, **kwargs):
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("what", ["weights", "card", "weights' place", "card's place", "a number"])
@pytest.mark.parametrize("existing", [False, True])
def test_a_failure_leaves_nothing_half_written(unet, path, monkeypatch, what, existing):
    if existing:
        save_checkpoint(path, unet, {"name": "old"})
    before = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    card = CARD | ({"loss": torch.ones(2)} if what == "a number" else {})
    replace = Path.replace

    def no_place(self, target):
        if Path(target).suffix == {"w": ".safetensors", "c": ".json"}[what[0]]:
            fail()
        return replace(self, target)

    if what == "weights":
        monkeypatch.setattr("safetensors.torch.save_file", fail)
    elif what == "card":
        monkeypatch.setattr(Path, "write_text", fail)
    elif "place" in what:
        monkeypatch.setattr(Path, "replace", no_place)
    with pytest.raises((OSError, TypeError)):
        save_checkpoint(path, unet, card)
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before


def test_unknown_names_are_told_with_the_known_ones(unet, path, monkeypatch):
    save_checkpoint(path, unet, CARD)
    monkeypatch.setattr(checkpoints, "FOLDER", path.parent)
    assert checkpoints.available() == ["tiny"]
    assert load_checkpoint("tiny")[1] == read_card("tiny") == CARD
    for read in (load_checkpoint, read_card):
        with pytest.raises(
            ValueError, match=r"no checkpoint 'tny'; shipped are tiny, or give the path"
        ):
            read("tny")
        with pytest.raises(ValueError, match=r"no checkpoint '.*none\.safetensors'"):
            read(path.with_name("none.safetensors"))


def test_files_that_are_no_checkpoints_are_refused(unet, path):
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ValueError, match=r"tiny\.safetensors does not hold the model asked for"):
        load_checkpoint(path)
    with pytest.raises(ValueError, match=r"'tiny' has no model card tiny\.json beside it"):
        read_card(path)
    path.with_suffix(".json").write_text("{")
    with pytest.raises(ValueError, match=r"the model card tiny\.json is not JSON"):
        read_card(path)
    save_checkpoint(path, unet, CARD)
    with pytest.raises(ValueError, match="does not hold the model asked for"):
        load_checkpoint(path, lambda config: torch.nn.Linear(2, 2))


@pytest.mark.parametrize("name", ["model.pt", "model", "missing/model.safetensors"])
def test_bad_paths_are_refused(unet, tmp_path, name):
    with pytest.raises(ValueError, match=r"must end in \.safetensors and its folder must exist"):
        save_checkpoint(tmp_path / name, unet, CARD)
    assert list(tmp_path.iterdir()) == []


def test_sampler_wraps_as_the_card_says(unet):
    x_t, t, cond = asked()
    schedule = cosine_schedule()
    for card, scale, expected in (
        (CARD, None, Clipped(Guided(unet, 2.0), schedule)),
        (CARD, 5.0, Clipped(Guided(unet, 5.0), schedule)),
        (CARD | {"clipped": False}, 0, Guided(unet, 0)),
    ):
        model, its_schedule = sampler(unet, card, guidance_scale=scale)
        assert torch.equal(model(x_t, t, cond), expected(x_t, t, cond))
        assert torch.equal(its_schedule.alpha_bar, schedule.alpha_bar)
    _, linear = sampler(unet, CARD | {"schedule": "linear"})
    assert torch.equal(linear.alpha_bar, linear_schedule().alpha_bar)


def test_a_network_that_predicts_v_comes_as_a_model_that_answers_noise(unet, path):
    save_checkpoint(path, unet, CARD | {"predicts": "v"})
    model, _ = load_checkpoint(path)
    save_checkpoint(path, unet, CARD)
    network, _ = load_checkpoint(path)
    expected = FromV(network, cosine_schedule())(*asked())
    assert torch.equal(model(*asked()), expected)
    assert not torch.allclose(expected, network(*asked()))
    assert model.config == CONFIG


def test_the_words_of_a_generator_stand_on_its_card():
    words = vocabulary_of({"words": "red hat", "max_words": 2})
    assert (words.words, words.max_words) == (("red", "hat"), 2)
    with pytest.raises(ValueError, match="'judge' takes no prompt: its card lists no words"):
        vocabulary_of({"name": "judge"})


def test_sampler_refuses_what_draws_no_pictures(unet):
    with pytest.raises(ValueError, match="'judge' does not draw pictures"):
        sampler(unet, {"name": "judge"})
    with pytest.raises(ValueError, match="guidance_scale must be at least 0"):
        sampler(unet, CARD, guidance_scale=-1)

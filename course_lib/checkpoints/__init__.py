"""Saving and loading trained models: weights as safetensors, a model card as JSON beside them.

``NAME.safetensors`` holds the weights (float16) and, in its header, the configuration they need;
``NAME.json`` is the card: how the model was made and how good it is.

Reading a card needs no torch, whose import takes seconds: it is imported where a model is at hand.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn

    from course_lib.arrays import Tokens
    from course_lib.models import Model
    from course_lib.schedules import Schedule
    from course_lib.text import Vocabulary
    from course_lib.unet import UNet

FOLDER = Path(__file__).parent


def available() -> list[str]:
    """Names of the checkpoints that ship with the course."""
    return sorted(path.stem for path in FOLDER.glob("*.safetensors"))


def build_unet(config: dict) -> UNet:
    """Build a `UNet` from the configuration in a checkpoint's header."""
    from course_lib.unet import UNet, UNetConfig

    lists_to_tuples = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
    return UNet(UNetConfig(**lists_to_tuples))


def save_checkpoint(path: str | Path, model: nn.Module, card: dict, *, config: dict | None = None):
    """Write the weights and the card; either both files appear or neither.

    Parameters
    ----------
    path : str or Path
        Where to write, ending in ``.safetensors``; the card goes beside it as ``.json``.
    model : nn.Module
        A network with a `config` (a dict or a dataclass), or any module with `config` given.
        Weights are rounded to float16.
    card : dict
        The model card, flat.
    config : dict, optional
        What a builder needs; by default the model's own `config`.

    Raises
    ------
    ValueError
        If the path does not end in ``.safetensors`` or its folder does not exist.
    """
    from safetensors.torch import save_file

    path = Path(path)
    if path.suffix != ".safetensors" or not path.parent.is_dir():
        raise ValueError(f"{path} must end in .safetensors and its folder must exist")
    if config is None:
        config = model.config
    if dataclasses.is_dataclass(config):
        config = dataclasses.asdict(config)
    weights = {name: w.half().contiguous() for name, w in model.state_dict().items()}
    drafts = [path.with_suffix(".safetensors.part"), path.with_suffix(".json.part")]
    card_path = path.with_suffix(".json")
    old_card = card_path.read_bytes() if card_path.is_file() else None
    try:
        save_file(weights, drafts[0], metadata={"config": json.dumps(config)})
        drafts[1].write_text(json.dumps(card, indent=2) + "\n", "utf-8")
        drafts[1].replace(card_path)
        try:
            drafts[0].replace(path)
        except BaseException:
            card_path.unlink() if old_card is None else card_path.write_bytes(old_card)
            raise
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


def load_checkpoint(
    name_or_path: str | Path, build: Callable[[dict], nn.Module] = build_unet
) -> tuple[nn.Module, dict]:
    """Load a model and its card.

    Parameters
    ----------
    name_or_path : str or Path
        The name of a shipped checkpoint, such as "digits", or the path of a ``.safetensors`` file.
    build : callable
        Makes the empty model from the configuration in the file's header.

    Returns
    -------
    (nn.Module, dict)
        The model in float32, ready to sample (eval mode, no gradients), and its card. A network
        that was trained to predict v comes as a `FromV`, so that every generator answers with
        the noise.

    Raises
    ------
    ValueError
        If there is no such checkpoint, or the file is not one.
    """
    from safetensors import SafetensorError, safe_open

    path = _find(name_or_path)
    try:
        with safe_open(path, framework="pt") as file:
            config = json.loads((file.metadata() or {}).get("config", "null"))
            weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        if config is None:
            raise ValueError("it has no configuration in its header")
        model = build(config)
        model.load_state_dict(weights)
    except (SafetensorError, RuntimeError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{path.name} does not hold the model asked for: {reason}") from error
    card = read_card(path)
    if card.get("predicts") == "v":
        from course_lib.models import FromV

        model = FromV(model, schedule_of(card))
    return model.eval().requires_grad_(False), card


def schedule_of(card: dict) -> Schedule:
    """Make the noise schedule that a generator's card names.

    Raises
    ------
    ValueError
        If the card names none: the model does not draw pictures.
    """
    from course_lib.schedules import cosine_schedule, linear_schedule

    schedules = {"cosine": cosine_schedule, "linear": linear_schedule}
    if card.get("schedule") not in schedules or "num_steps" not in card:
        raise ValueError(f"{card.get('name')!r} does not draw pictures: its card has no sampler")
    return schedules[card["schedule"]]()


def read_card(name_or_path: str | Path) -> dict:
    """Read the model card of a checkpoint.

    Raises
    ------
    ValueError
        If there is no such checkpoint or it has no card.
    """
    path = _find(name_or_path).with_suffix(".json")
    if not path.is_file():
        raise ValueError(f"the checkpoint {path.stem!r} has no model card {path.name} beside it")
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ValueError(f"the model card {path.name} is not JSON: {error}") from error


def vocabulary_of(card: dict) -> Vocabulary:
    """The words that a generator understands, as its card lists them.

    Raises
    ------
    ValueError
        If the card lists none.
    """
    from course_lib.text import Vocabulary

    if "words" not in card:
        raise ValueError(f"{card.get('name')!r} takes no prompt: its card lists no words")
    return Vocabulary(tuple(card["words"].split()), card["max_words"])


def sampler(
    model: nn.Module,
    card: dict,
    *,
    guidance_scale: float | None = None,
    negative: Tokens | None = None,
) -> tuple[Model, Schedule]:
    """Wrap a generator as its card says, with guidance and clipping, and make its schedule.

    Parameters
    ----------
    model : nn.Module
        As `load_checkpoint` returns it, with its `card`.
    guidance_scale : float, optional
        1 is off, more exaggerates the condition; by default the card's.
    negative : Tensor, shape (1, L), int64, optional
        A negative prompt; see `conditioning.Guided`.

    Returns
    -------
    (Model, Schedule)
        What ``sampling.sample(model, schedule, x_T, card["num_steps"], cond=cond)`` needs.

    Raises
    ------
    ValueError
        If the card is not a generator's, or the guidance scale is negative.
    """
    from course_lib.conditioning import Guided
    from course_lib.models import Clipped

    schedule = schedule_of(card)
    scale = card["guidance_scale"] if guidance_scale is None else guidance_scale
    model = Guided(model, scale, negative)
    return (Clipped(model, schedule) if card.get("clipped") else model), schedule


def _find(name_or_path: str | Path) -> Path:
    path = Path(name_or_path)
    if path.suffix != ".safetensors":
        path = FOLDER / f"{name_or_path}.safetensors"
    if not path.is_file():
        raise ValueError(
            f"no checkpoint {str(name_or_path)!r}; shipped are {', '.join(available()) or 'none'}, "
            "or give the path of a .safetensors file"
        )
    return path

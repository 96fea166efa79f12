"""The command ``course-lib``: train and sample models, list them, work on notebooks, release them.

It starts fast: a command imports only what it needs, when it needs it.
"""

from pathlib import Path
from typing import Annotated

import typer

from course_lib.cli import _grade, _teaching
from course_lib.cli._plain import PlainGroup, check_output, check_range, progress_bar

MOST_SAMPLES = 10_000
app = typer.Typer(
    cls=PlainGroup,
    add_completion=False,
    no_args_is_help=False,
    rich_markup_mode=None,
    help="Train and sample the models of the course, and copy its notebooks to work on.",
)


@app.callback(invoke_without_command=True)
def _without_a_command(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def train(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The recipe: digits or digits_judge.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Where to write; by default NAME.safetensors in this folder."
        ),
    ] = None,
) -> None:
    """Make a checkpoint again, with its model card beside it. Existing files are never replaced."""
    path = output or Path(f"{name}.safetensors")
    check_output(path, (".safetensors",))
    for file in (path, path.with_suffix(".json")):
        if file.exists():
            raise ValueError(f"{str(file)!r} exists already: name another file with --output")
    from course_lib.checkpoints import save_checkpoint
    from course_lib.recipes import RECIPES, train_recipe

    if name not in RECIPES:
        raise ValueError(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    recipe = RECIPES[name]
    with progress_bar("training", recipe.steps) as (bar, training):
        judging = bar.add_task("judging", total=recipe.judge_steps, start=False)

        def on_step(step):
            bar.update(training, completed=step.step, description=f"training, loss {step.loss:.3f}")
            if step.step == recipe.steps:
                bar.start_task(judging)

        model, card = train_recipe(
            name, on_step=on_step, on_judge_step=lambda: bar.advance(judging)
        )
    save_checkpoint(path, model, card)
    typer.echo(f"wrote {path} and {path.with_suffix('.json').name}")


@app.command()
def sample(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A name from `course-lib list`, or a file.")
    ],
    output: Annotated[
        Path,
        typer.Option(metavar="FILE", help="FILE.png: a sheet; FILE.npz: the uint8 array `images`."),
    ],
    cond: Annotated[
        str | None,
        typer.Option(
            metavar="PROMPT",
            help="What to draw, such as 7 or 'a frog in the snow'; without it, anything.",
        ),
    ] = None,
    negative: Annotated[
        str | None, typer.Option(metavar="PROMPT", help="What to stay away from; needs --cond.")
    ] = None,
    num: Annotated[
        int, typer.Option(metavar="N", help=f"How many pictures, 1 ... {MOST_SAMPLES}.")
    ] = 1,
    num_steps: Annotated[
        int | None, typer.Option(metavar="N", help="Sampler steps; by default the model card's.")
    ] = None,
    guidance_scale: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            help="1 is off, more exaggerates --cond; by default the model card's.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(metavar="N", help="Same seed, same pictures.")] = 0,
) -> None:
    """Draw pictures with a trained model. An existing FILE is replaced."""
    check_output(output, (".png", ".npz"))
    check_range("--num", num, 1, MOST_SAMPLES)
    check_range("--seed", seed, 0, 2**63 - 1)
    if negative is not None and cond is None:
        raise ValueError("--negative needs --cond: say what to draw as well")
    from course_lib.checkpoints import read_card

    read_card(name)  # an unknown name is told before torch is imported, which takes seconds
    from course_lib.cli._pictures import to_bytes, write_samples
    from course_lib.cli._sample import Request, draw

    images = draw(Request(name, cond, num, num_steps, guidance_scale, seed, negative))
    write_samples(output, to_bytes(images))
    typer.echo(f"wrote {output}")


@app.command(name="list")
def list_() -> None:
    """List the checkpoints that ship with the course."""
    from course_lib.checkpoints import available, read_card

    for name in available():
        card = read_card(name)
        figures = ", ".join(
            f"{key} {card[key]}" for key in ("agreement", "frechet", "accuracy") if key in card
        )
        typer.echo(f"{name}: {card.get('parameters', 0):,} parameters; {figures}")
    if not available():
        typer.echo("no checkpoint ships with this copy of the course; see course-lib train")


@app.command()
def start(
    slug: Annotated[
        str | None, typer.Argument(metavar="SLUG", help="A chapter, such as forward_process.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every chapter.")] = False,
) -> None:
    """Copy chapters and exercises into work/. A copy that is there stays as it is."""
    from course_lib.cli import _start

    if (slug is None) != every:
        known = ", ".join(_start.chapters(_start.ROOT))
        raise ValueError(f"start needs either a chapter or --all; there are {known}")
    for path, new in _start.start([] if every else [slug], _start.ROOT):
        typer.echo(f"{path}" if new else f"{path} was there already, and stays as it is")


app.command()(_teaching.check)
app.command()(_teaching.release)
app.command()(_grade.grade)


def main() -> None:
    """Run the command."""
    app()

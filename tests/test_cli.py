"""The command `course-lib`: what it writes, and its one line when something is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from typer.testing import CliRunner

from course_lib import cli
from course_lib.checkpoints import load_checkpoint, save_checkpoint
from course_lib.cli import _start
from course_lib.cli._pictures import sheet, write_samples
from course_lib.conditioning import Guided, class_cond
from course_lib.models import Clipped
from course_lib.sampling import sample
from course_lib.schedules import cosine_schedule
from course_lib.unet import UNet, UNetConfig

ROOT = Path(__file__).parents[1]
CARD = {
    "name": "tiny",
    "schedule": "cosine",
    "clipped": True,
    "guidance_scale": 3.0,
    "num_steps": 4,
    "words": "0 1 2 3 4 5 6 7 8 9",
    "max_words": 1,
}


@pytest.fixture(autouse=True)
def exact(monkeypatch):
    monkeypatch.setenv("COURSE_LIB_BF16", "0")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A checkpoint that answers at once, with random weights: every option changes its pictures."""
    torch.manual_seed(0)
    unet = UNet(UNetConfig(channels=(8, 8), blocks=1, vocabulary_size=12, text_dim=8))
    for parameter in unet.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    path = tmp_path_factory.mktemp("checkpoints") / "tiny.safetensors"
    save_checkpoint(path, unet, CARD)
    return path


def run(*arguments):
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def refused(*arguments, code=2):
    """Run a command that must fail, and return its one line."""
    answer = run(*arguments)
    assert answer.exit_code == code, answer.output
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert "Traceback" not in line
    assert line.startswith("course-lib: ")
    return line


def drawn(tiny, path, *options):
    answer = run("sample", tiny, *options, "--output", path)
    assert answer.exit_code == 0, answer.stderr
    with np.load(path) as arrays:
        assert arrays.files == ["images"]
        return arrays["images"]


def test_sample_draws_what_the_library_draws(tiny, tmp_path):
    images = drawn(tiny, tmp_path / "a.npz", "--num", 3, "--cond", 7, "--seed", 5)
    assert (images.dtype, images.shape) == (np.uint8, (3, 28, 28, 1))

    model, card = load_checkpoint(tiny)
    schedule, generator = cosine_schedule(), torch.Generator().manual_seed(5)
    x_T = torch.cat([torch.randn(1, 1, 28, 28, generator=generator) for _ in range(3)])
    guided = Clipped(Guided(model, 3.0), schedule)
    x_0 = sample(guided, schedule, x_T, 4, cond=class_cond(torch.tensor([7, 7, 7])))
    expected = ((x_0 + 1) * 127.5).round()[:, 0]
    assert np.abs(images[..., 0].astype(int) - expected.numpy()).max() <= 1
    assert images.std() > 20


def test_each_option_changes_the_pictures_and_the_defaults_are_the_cards(tiny, tmp_path):
    def draw(*options):
        return drawn(tiny, tmp_path / "a.npz", *options)

    usual = draw("--cond", 7)
    assert np.array_equal(usual, draw("--cond", 7, "--num-steps", 4, "--guidance-scale", 3.0))
    assert np.array_equal(usual, draw("--cond", 7, "--seed", 0, "--num", 1))
    for options in (
        ["--cond", 8],
        ["--cond", 7, "--num-steps", 5],
        ["--cond", 7, "--guidance-scale", 1],
        ["--cond", 7, "--seed", 1],
        [],
    ):
        assert not np.array_equal(usual, draw(*options)), options
    assert np.array_equal(draw(), draw("--cond", 7, "--guidance-scale", 0)), "0 is unconditional"
    away = draw("--cond", 7, "--negative", 3)
    assert not np.array_equal(usual, away)
    assert np.array_equal(usual, draw("--cond", 7, "--negative", "")), "away from no condition"


def test_the_first_pictures_do_not_depend_on_how_many_follow(tiny, tmp_path):
    one = drawn(tiny, tmp_path / "one.npz").astype(int)
    many = drawn(tiny, tmp_path / "many.npz", "--num", 101).astype(int)
    assert len(many) == 101
    assert np.abs(one[0] - many[0]).max() <= 1
    assert np.abs(many[0] - many[100]).max() > 1


def test_png_is_a_sheet_of_the_same_pictures(tiny, tmp_path):
    images = drawn(tiny, tmp_path / "a.npz", "--num", 5)
    assert run("sample", tiny, "--num", 5, "--output", tmp_path / "a.png").exit_code == 0
    with Image.open(tmp_path / "a.png") as page:
        assert page.mode == "L"
        assert page.size == (4 * (3 * 30 - 2), 4 * (2 * 30 - 2))
        pixels = np.asarray(page)[::4, ::4]
    assert np.array_equal(pixels[30:58, 30:58], images[4, ..., 0])
    assert (pixels[30:58, 60:] == 128).all(), "no picture stands in the last place"


def test_sheet_keeps_colours_and_a_single_picture():
    pictures = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    page = sheet(pictures)
    assert page.shape == (3, 10, 3)
    assert np.array_equal(page[:, 6:], pictures[1])
    assert np.array_equal(sheet(pictures[:1]), pictures[0])


def test_sample_replaces_the_file_it_was_told_to_write(tiny, tmp_path):
    (tmp_path / "a.npz").write_text("old")
    assert len(drawn(tiny, tmp_path / "a.npz")) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.npz"]


@pytest.mark.parametrize(
    "options, words",
    [
        (["--cond", "11"], ["'11'", "0, 1, 2"]),
        (["--cond", "seven"], ["'seven'", "0, 1, 2"]),
        (["--cond", "7 7"], ["at most 1 word"]),
        (["--cond", "7", "--negative", "eleven"], ["'eleven'", "0, 1, 2"]),
        (["--negative", "7"], ["--negative needs --cond"]),
        (["--num", "0"], ["--num", "but it is 0", "1 ... 10000"]),
        (["--num", "10001"], ["--num", "1 ... 10000", "10001"]),
        (["--num", "two"], ["--num", "valid integer"]),
        (["--num-steps", "0"], ["1 ... 1000", "but it is 0"]),
        (["--num-steps", "1001"], ["1 ... 1000", "1001"]),
        (["--guidance-scale", "-1"], ["guidance_scale must be at least 0", "-1"]),
        (["--guidance-scale", "nan"], ["guidance_scale must be at least 0"]),
        (["--guidance-scale", "inf"], ["guidance_scale must be at least 0"]),
        (["--seed", "-1"], ["--seed", "0 ... ", "but it is -1"]),
        (["--seed", str(2**63)], ["--seed"]),
        (["--colour", "red"], ["--colour"]),
    ],
)
def test_sample_refuses_bad_options_in_one_line(tiny, tmp_path, options, words):
    line = refused("sample", tiny, *options, "--output", tmp_path / "a.png")
    for word in words:
        assert word in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "output, words",
    [
        ("a.jpg", [".png or .npz", "a.jpg"]),
        ("a", [".png or .npz"]),
        ("missing/a.png", ["missing", "does not exist"]),
        ("folder.png", ["folder"]),
    ],
)
def test_sample_refuses_bad_outputs_in_one_line(tiny, tmp_path, output, words):
    (tmp_path / "folder.png").mkdir()
    line = refused("sample", tiny, "--output", tmp_path / output)
    for word in words:
        assert word in line
    assert [p.name for p in tmp_path.rglob("*")] == ["folder.png"]


def test_a_folder_that_cannot_be_written_is_told_before_any_work(tiny, tmp_path, monkeypatch):
    def read_only(*args, **kwargs):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("course_lib.cli._plain.tempfile.TemporaryFile", read_only)
    monkeypatch.setattr("course_lib.checkpoints.load_checkpoint", None)
    for command in (["sample", tiny], ["train", "digits"]):
        ending = {"sample": "a.png", "train": "a.safetensors"}[command[0]]
        line = refused(*command, "--output", tmp_path / ending)
        assert "cannot write in the folder" in line
        assert "Read-only file system" in line


def test_sample_names_the_known_checkpoints(tmp_path):
    line = refused("sample", "nonesuch", "--output", tmp_path / "a.png")
    assert "no checkpoint 'nonesuch'" in line
    assert ".safetensors" in line


def test_sample_needs_an_output(tiny):
    assert "--output" in refused("sample", tiny)


def test_sample_refuses_files_that_are_no_generators(tiny, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(tiny.read_bytes()[:1000])
    assert "has no model card broken.json" in refused("sample", broken, "--output", "a.png")
    broken.with_suffix(".json").write_text("{")
    assert "broken.json is not JSON" in refused("sample", broken, "--output", "a.png")
    broken.with_suffix(".json").write_text(json.dumps(CARD))
    assert "broken.safetensors does not hold" in refused("sample", broken, "--output", "a.png")
    broken.with_suffix(".json").write_text('{"name": "judge"}')
    assert "does not draw pictures" in refused("sample", broken, "--output", "a.png")


def test_a_failure_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    path.write_text("old")

    def full(*args, **kwargs):
        args[0].write(b"half of a picture")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("course_lib.cli._pictures._encode", full)
    with pytest.raises(OSError, match="No space left"):
        write_samples(path, np.zeros((1, 4, 4, 1), np.uint8))
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
    assert path.read_text() == "old"


def test_a_full_disk_is_told_in_one_line(tiny, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("course_lib.cli._pictures._encode", full)
    assert "No space left" in refused("sample", tiny, "--output", tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_with_one_line_and_nothing_written(tiny, tmp_path, monkeypatch):
    def stopped(*args, **kwargs):
        yield from ()
        raise KeyboardInterrupt

    monkeypatch.setattr("course_lib.cli._sample.sample_steps", stopped)
    line = refused("sample", tiny, "--output", tmp_path / "a.png", code=130)
    assert "stopped; nothing was written" in line
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def recipe(monkeypatch, tmp_path):
    """A recipe of three steps instead of twenty thousand."""
    from course_lib import recipes
    from course_lib.training import TrainStep

    unet = UNet(UNetConfig(channels=(4,), blocks=1))

    def steps(seed):
        for step in (1, 2, 3):
            yield TrainStep(step, 0.5, 1e-3, unet)

    def judge(model, on_step):
        on_step()
        return {"agreement": 0.5}

    short = recipes.Recipe("short", 3, 0, {}, steps, judge, 1)
    monkeypatch.setitem(recipes.RECIPES, "short", short)
    monkeypatch.chdir(tmp_path)
    return short


def test_train_writes_a_checkpoint_and_its_card_here(recipe, tmp_path):
    answer = run("train", "short")
    assert answer.exit_code == 0, answer.stderr
    assert sorted(p.name for p in tmp_path.iterdir()) == ["short.json", "short.safetensors"]
    model, card = load_checkpoint(tmp_path / "short.safetensors")
    assert model.config.channels == (4,)
    assert (card["agreement"], card["steps"]) == (0.5, 3)


def test_a_trained_judge_can_be_written_and_read(recipe, tmp_path, monkeypatch):
    from course_lib import recipes
    from course_lib.metrics import Judge, load_judge
    from course_lib.training import TrainStep

    def steps(seed):
        for step in (1, 2, 3):
            yield TrainStep(step, 0.5, 1e-3, Judge(width=4))

    short = recipes.Recipe("short", 3, 0, {}, steps, recipe.judge, 1)
    monkeypatch.setitem(recipes.RECIPES, "short", short)
    answer = run("train", "short")
    assert answer.exit_code == 0, answer.stderr
    assert load_judge(tmp_path / "short.safetensors").config["width"] == 4


def test_train_writes_where_it_is_told(recipe, tmp_path):
    (tmp_path / "here").mkdir()
    assert run("train", "short", "--output", "here/mine.safetensors").exit_code == 0
    files = sorted(p.name for p in (tmp_path / "here").iterdir())
    assert files == ["mine.json", "mine.safetensors"]


@pytest.mark.parametrize("existing", ["short.safetensors", "short.json"])
def test_train_never_replaces_a_file(recipe, tmp_path, existing):
    (tmp_path / existing).write_text("precious")
    assert f"'{existing}' exists already" in refused("train", "short")
    assert (tmp_path / existing).read_text() == "precious"
    assert [p.name for p in tmp_path.iterdir()] == [existing]


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["nonesuch"], ["'nonesuch'", "digits_judge", "digits"]),
        (["short", "--output", "a.pt"], [".safetensors", "a.pt"]),
        (["short", "--output", "missing/a.safetensors"], ["missing", "does not exist"]),
        ([], ["NAME"]),
    ],
)
def test_train_refuses_bad_input_in_one_line(recipe, tmp_path, arguments, words):
    line = refused("train", *arguments)
    for word in words:
        assert word in line
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_while_training_writes_nothing(recipe, tmp_path, monkeypatch):
    from course_lib import recipes

    def stopped(seed):
        yield from list(recipe.train(seed))[:2]
        raise KeyboardInterrupt

    short = recipes.Recipe("short", 3, 0, {}, stopped, recipe.judge, 1)
    monkeypatch.setitem(recipes.RECIPES, "short", short)
    assert "stopped" in refused("train", "short", code=130)
    assert list(tmp_path.iterdir()) == []


def test_list_shows_every_shipped_checkpoint(tiny, monkeypatch):
    monkeypatch.setattr("course_lib.checkpoints.FOLDER", tiny.parent)
    card = CARD | {"parameters": 1234567, "agreement": 0.98, "frechet": 7.25}
    tiny.with_suffix(".json").write_text(json.dumps(card))
    answer = run("list")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines() == [
        "tiny: 1,234,567 parameters; agreement 0.98, frechet 7.25"
    ]


def test_list_without_checkpoints_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("course_lib.checkpoints.FOLDER", tmp_path)
    assert "no checkpoint ships" in run("list").stdout


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").touch()
    for slug in ("noise", "vectors"):
        (tmp_path / "book" / f"{slug}.ipynb").write_text(slug)
    monkeypatch.setattr(_start, "ROOT", tmp_path)
    return tmp_path


def test_start_copies_one_chapter(checkout):
    answer = run("start", "vectors")
    assert answer.exit_code == 0
    assert [p.name for p in (checkout / "work").iterdir()] == ["vectors.ipynb"]
    assert (checkout / "work" / "vectors.ipynb").read_text() == "vectors"
    assert str(checkout / "work" / "vectors.ipynb") in answer.stdout


def test_start_all_copies_what_is_missing_and_touches_nothing_else(checkout):
    run("start", "vectors")
    (checkout / "work" / "vectors.ipynb").write_text("my own notes")
    answer = run("start", "--all")
    assert answer.exit_code == 0
    assert "stays as it is" in answer.stdout
    copies = {p.name: p.read_text() for p in (checkout / "work").iterdir()}
    assert copies == {"noise.ipynb": "noise", "vectors.ipynb": "my own notes"}


def test_start_copies_the_exercise_of_a_chapter_too(checkout):
    exercise = checkout / "exercises" / "noise" / "noise.ipynb"
    exercise.parent.mkdir(parents=True)
    exercise.write_text("exercise")
    assert run("start", "--all").exit_code == 0
    copies = {p.relative_to(checkout / "work").as_posix() for p in checkout.glob("work/**/*.ipynb")}
    assert copies == {"noise.ipynb", "vectors.ipynb", "exercises/noise/noise.ipynb"}
    (checkout / "work" / "exercises" / "noise" / "noise.ipynb").write_text("my answers")
    assert "stays as it is" in run("start", "noise").stdout
    assert (checkout / "work" / "exercises" / "noise" / "noise.ipynb").read_text() == "my answers"
    assert exercise.read_text() == "exercise"


@pytest.mark.parametrize("arguments", [["vector"], ["noise", "--all"], [], ["../noise"]])
def test_start_refuses_bad_input_and_names_the_chapters(checkout, arguments):
    assert "noise, vectors" in refused("start", *arguments)
    assert not (checkout / "work").exists()


def test_start_without_the_checkout_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(_start, "ROOT", tmp_path)
    assert "checkout" in refused("start", "--all")


def test_start_finds_the_real_chapters():
    assert _start.chapters(_start.ROOT)
    assert _start.ROOT == ROOT


def test_without_a_command_it_shows_the_help():
    answer = run()
    assert answer.exit_code == 0
    assert answer.stdout == run("--help").stdout
    for command in ("train", "sample", "list", "start"):
        assert command in answer.stdout


def test_unknown_command_is_told_in_one_line():
    assert "paint" in refused("paint")


def modules_after(*arguments):
    """The exit code, and the modules that a command imports in a process of its own."""
    code = (
        "import sys; from course_lib.cli import app\n"
        "try: app(sys.argv[1:])\n"
        "finally: print(*sys.modules, sep='\\n', file=sys.stderr)"
    )
    command = [sys.executable, "-c", code, *map(str, arguments)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return answer.returncode, set(answer.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["sample", "--help"], ["list"], ["start", "x"]])
def test_small_commands_start_without_torch(arguments):
    code, modules = modules_after(*arguments)
    assert code == (2 if "x" in arguments else 0)
    assert "typer" in modules
    assert not modules & {"torch", "numpy", "matplotlib"}


def test_sample_imports_neither_metrics_nor_plots(tiny, tmp_path):
    code, modules = modules_after("sample", tiny, "--output", tmp_path / "a.png")
    assert code == 0
    assert "torch" in modules
    assert (tmp_path / "a.png").is_file()
    slow = {"course_lib.metrics", "course_lib.plots", "course_lib.recipes", "course_lib.widgets"}
    assert not modules & (slow | {"matplotlib", "torchmetrics", "torchvision", "IPython"})


def test_the_installed_command_runs():
    command = Path(sys.executable).with_name("course-lib")
    answer = subprocess.run([command, "start"], capture_output=True, text=True, timeout=60)
    assert answer.returncode == 2
    assert answer.stdout == ""
    (line,) = answer.stderr.splitlines()
    assert line.startswith("course-lib: start needs either a chapter or --all")

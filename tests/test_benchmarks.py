"""The benchmark's parts: its arithmetic, its peers, its file. Nothing here is timed."""

import json
from pathlib import Path

import pytest
import torch
from rich.console import Console
from torch import nn

from benchmarks import __main__ as command
from benchmarks import measure, peers, report
from benchmarks.isolate import MeasurementError, isolated
from course_lib.conditioning import class_cond, null_cond
from course_lib.datasets.digits import digits as load_digits

ROOT = Path(__file__).parents[1]
DEV = "needs the peers: pip install -e '.[dev]'"


def ignore(phase, share):
    pass


class Conv(nn.Module):
    """One convolution of 3 x 3, one channel to one."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3, padding=1, bias=False)

    def forward(self, x_t, t, cond=None):
        return self.conv(x_t)


class Attention(nn.Module):
    """The rows of a picture attend to each other, in the fused kernel."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.ones(3, 1, 1, 1, 1))

    def forward(self, x_t, t, cond=None):
        return nn.functional.scaled_dot_product_attention(*self.scale * x_t)


def test_flops_are_those_of_the_textbook():
    # 2 operations for each of 9 weights at each pixel; backward, only the weights need them.
    assert measure.training_flops(Conv()) == 2 * (2 * 9 * 28 * 28)
    # Two products forward, four backward.
    assert measure.training_flops(Attention()) == 6 * (2 * 28**3)


def test_share_of_peak():
    assert report.share_of_peak(2e9, 50, peak_gflops=400) == pytest.approx(0.25)


def test_learning_rate_follows_the_clock():
    warm = measure.WARMUP_SHARE
    assert measure.ramp(0) == 0
    assert measure.ramp(warm / 2) == pytest.approx(0.5)
    assert measure.ramp(warm) == pytest.approx(1)
    assert measure.ramp((1 + warm) / 2) == pytest.approx(0.5)
    assert measure.ramp(1) == measure.ramp(1.5) == 0


def test_learning_rate_does_not_depend_on_the_step(monkeypatch):
    config = measure.TimedConfig(10**9, learning_rate=0.5, seconds=100, started=0)
    monkeypatch.setattr(measure.time, "perf_counter", lambda: 100 * (1 + measure.WARMUP_SHARE) / 2)
    assert config.learning_rate_at(1) == config.learning_rate_at(10**6) == pytest.approx(0.25)


def test_training_ends_when_the_time_is_over():
    shares = []
    network = Conv()
    before = network.conv.weight.clone()
    averaged, rate = measure.train_for(network, 0.2, lambda phase, share: shares.append(share))
    assert rate > 0
    assert shares[0] == 0 and shares[-1] == 1 and shares == sorted(shares)
    assert not torch.equal(network.conv.weight, before)
    assert averaged is not network


def test_samples_are_asked_for_with_the_labels_of_the_held_out_digits():
    assert torch.equal(measure.asked_labels(1000), load_digits("test").labels)
    conds, shares = [], []

    def model(x_t, t, cond):
        conds.append(cond)
        return x_t

    images, rate = measure.draw(model, 6, lambda phase, share: shares.append(share))
    assert images.shape == (6, 1, 28, 28) and images.abs().max() <= 1 and rate > 0
    assert torch.equal(conds[0][-6:], class_cond(measure.asked_labels(6)))
    assert shares == [i / 25 for i in range(26)]


@pytest.fixture(params=["diffusers", "lucidrains"])
def peer(request):
    if peers.missing_packages():
        pytest.skip(DEV)
    return peers.build(request.param).eval()


@torch.no_grad()
def test_peer_is_a_model_of_the_course(peer):
    x_t, t = torch.randn(2, 1, 28, 28), torch.tensor([1, 1000])
    eps_hat = peer(x_t, t, class_cond(torch.tensor([0, 9])))
    assert eps_hat.shape == x_t.shape and eps_hat.dtype == torch.float32
    assert torch.equal(peer(x_t, t, None), peer(x_t, t, null_cond(2)))
    for other in (null_cond(2), class_cond(torch.tensor([1, 8]))):
        difference = (peer(x_t, t, other) - eps_hat).flatten(1).abs().amax(dim=1)
        assert (difference > 0).all()  # the label of every picture counts
    assert not torch.equal(peer(x_t, t - torch.tensor([0, 500]), None), peer(x_t, t, None))


def test_diffusers_has_the_layers_of_its_course():
    if peers.missing_packages():
        pytest.skip(DEV)
    network = peers.build("diffusers").network
    assert network.config.block_out_channels == (32, 64, 64)
    assert [hasattr(block, "attentions") for block in network.down_blocks] == [False, True, True]


def test_everyone_starts_from_the_same_seed():
    first, second = peers.build("ours"), peers.build("ours")
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


def add_with_progress(a, b, report):
    report("adding", 0)
    report("adding", 1)
    return a + b


def test_isolated_passes_on_progress_and_result():
    seen = []
    assert isolated(add_with_progress, 1, 2, report=lambda *news: seen.append(news)) == 3
    assert seen == [("adding", 0), ("adding", 1)]


def test_isolated_passes_on_what_went_wrong():
    with pytest.raises(MeasurementError, match="TypeError"):
        isolated(abs, "no number", report=ignore)


MACHINE = {
    "processor": "a processor",
    "torch": "2",
    "matmul_gflops": 300.0,
    "convolution_gflops": 400.0,
}
WIDGET = {"widget_ms_median": 1.0, "widget_ms_max": 2.0, "widget_presses": 100}
RUN = {
    "parameters": 1000,
    "images_per_second": 50.0,
    "samples_per_second": 5.0,
    "peak_memory_mb": 700.0,
    "flops_per_image": 2e9,
}
NAMES = [one.name for one in peers.CONTESTANTS]
VERDICT = {
    "floor": 4.0,
    "frechet": dict.fromkeys(NAMES, 5.0),
    "agreement": dict.fromkeys(NAMES, 0.9),
}


def fake_isolated(function, *args, report):
    return {
        measure.machine: MACHINE,
        command.widget.handler_times: WIDGET,
        measure.run: RUN,
        measure.judge: VERDICT,
    }[function]


@pytest.fixture
def quick(monkeypatch, tmp_path):
    """The command without its measurements; where it would write by default."""
    monkeypatch.setattr(command, "isolated", fake_isolated)
    monkeypatch.setattr(command, "check_tools", lambda: None)
    monkeypatch.setattr(command, "RESULTS", tmp_path / "results.json")
    return tmp_path / "results.json"


def check_results(results):
    """The format that the shipped file has, and figures that can be."""
    assert {"seconds", "floor", "processor", "peak_gflops", "runs"} <= results.keys()
    assert {"samples", "seed", "widget_ms_median", "widget_ms_max"} <= results.keys()
    assert [run["name"] for run in results["runs"]] == NAMES and NAMES[0] == "ours"
    for run in results["runs"]:
        assert tuple(run) == report.RUN_KEYS
        assert 0 <= run["agreement"] <= 1 and 0 < run["share_of_peak"] < 1
        others = ("parameters", "images_per_second", "samples_per_second", "frechet")
        assert all(run[key] > 0 for key in others)


def test_full_run_writes_results(quick):
    command.main(["--seconds", "300"])
    results = json.loads(quick.read_text())
    check_results(results)
    assert results["peak_gflops"] == 400  # the larger of the two
    assert results["runs"][0]["share_of_peak"] == pytest.approx(0.25)
    assert [path.name for path in quick.parent.iterdir()] == ["results.json"]


@pytest.mark.parametrize("words", [["--seconds", "60"], ["--samples", "100"]])
def test_quick_look_only_prints(quick, words, capsys):
    command.main(words)
    assert not quick.exists()
    assert "lucidrains" in capsys.readouterr().out
    command.main([*words, "--output", str(quick.parent / "look.json")])
    check_results(json.loads((quick.parent / "look.json").read_text()))


def test_failure_leaves_the_old_results(quick, monkeypatch, capsys):
    quick.write_text("old")

    def fail(*args, report):
        raise MeasurementError("no judge")

    monkeypatch.setattr(command, "isolated", fail)
    with pytest.raises(SystemExit) as stop:
        command.main([])
    assert stop.value.code == 1 and capsys.readouterr().err == "benchmarks: no judge\n"
    assert quick.read_text() == "old"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--seconds", "0"], "--seconds must be 1"),
        (["--seconds", "nan"], "--seconds must be 1"),
        (["--seconds", "soon"], "soon"),
        (["--samples", "1001"], "--samples must be 2 ... 1000"),
        (["--output", "no/such/folder.json"], "folder that exists"),
        (["--fast"], "--fast"),
    ],
)
def test_bad_input_gets_one_line(words, says, capsys):
    with pytest.raises(SystemExit) as stop:
        command.main(words)
    message = capsys.readouterr().err
    assert stop.value.code == 2 and says in message and message.count("\n") == 1


def test_missing_peer_names_the_extra(monkeypatch, capsys):
    monkeypatch.setattr(peers, "missing_packages", lambda: ["diffusers"])
    with pytest.raises(SystemExit):
        command.check_tools()
    assert "diffusers not installed: pip install -e '.[dev]'" in capsys.readouterr().err


def test_table_fits_a_narrow_terminal():
    measured = report.assemble(MACHINE, WIDGET, dict.fromkeys(NAMES, RUN), VERDICT)
    console = Console(width=80, record=True)
    console.print(report.make_table({"seconds": 300, **measured}))
    text = console.export_text()
    assert "…" not in text and all(name in text for name in NAMES) and "90.0%" in text


def test_shipped_results_keep_the_format():
    results = json.loads((ROOT / "benchmarks" / "results.json").read_text("utf-8"))
    check_results(results)
    assert results["seconds"] >= command.FULL_SECONDS
    assert results["samples"] == command.FULL_SAMPLES

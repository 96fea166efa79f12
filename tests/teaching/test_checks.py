"""What a check prints, whatever the learner's function does; and the summary."""

import sys

import numpy as np
import pytest
import torch

from course_lib.forward_process import add_noise as library_add_noise
from course_lib.schedules import Schedule
from course_lib.teaching import checks
from course_lib.teaching.calling import Call, call
from course_lib.teaching.checks import check, examine, judge, passed, summary
from course_lib.teaching.judging import Outcome, judge_calls
from course_lib.teaching.props import Prop, build
from course_lib.teaching.questions import Misconception, Question, find, questions, slugs

NAME = "forward_process.add_noise"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    monkeypatch.setattr(checks, "_verdicts", {})


def right(alpha_bar, x_0, t, eps):
    a = alpha_bar[t].reshape(-1, 1, 1, 1)
    return a.sqrt() * x_0 + (1 - a).sqrt() * eps


def without_roots(alpha_bar, x_0, t, eps):
    a = alpha_bar[t].reshape(-1, 1, 1, 1)
    return a * x_0 + (1 - a) * eps


def told(capsys, function, name=NAME):
    check(name, function)
    answer = capsys.readouterr()
    assert answer.err == ""
    return " ".join(answer.out.split())


def test_a_right_answer_is_one_line(capsys):
    check(NAME, right)
    assert capsys.readouterr().out == "add_noise: right\n"


def test_a_wrong_answer_names_the_idea_and_the_place(capsys):
    check(NAME, without_roots)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "add_noise: not right yet"
    assert lines[1].startswith("    The square roots are missing.")
    assert lines[-1] == "    To read again: forward_process, 'Build it by hand: the jump'"
    assert max(map(len, lines)) <= 88


def spoil(how):
    """The right answer, spoilt at its end."""
    return lambda *inputs: how(right(*inputs))


def in_place(alpha_bar, x_0, t, eps):
    x_0 += 1
    return right(alpha_bar, x_0 - 1, t, eps)


def raises(*inputs):
    raise KeyError("eps")


def borrowed(alpha_bar, x_0, t, eps):
    return library_add_noise(Schedule(alpha_bar, alpha_bar), x_0, t, eps)


def borrowed_behind_a_name(alpha_bar, x_0, t, eps):
    module = sys.modules["course_lib.forward_process"]
    return getattr(module, "add" + "_noise")(Schedule(alpha_bar, alpha_bar), x_0, t, eps)


@pytest.mark.parametrize(
    "function, words",
    [
        (spoil(lambda x: x[:1]), "The shape should be ("),
        (spoil(lambda x: x.double()), "The dtype should be torch.float32, and it is torch.float64"),
        (spoil(lambda x: x / 0), "holds infinity"),
        (spoil(lambda x: x * torch.nan), "holds NaN"),
        (spoil(lambda x: x.numpy()), "it returns a NumPy array. torch.from_numpy"),
        (spoil(lambda x: x.tolist()), "it returns a list"),
        (spoil(lambda x: 0.5), "it returns a float"),
        (spoil(lambda x: x + 1e-2), "The numbers are off. The first wrong one is"),
        (in_place, "changes its input x_0 in place"),
        (raises, "Your code stops with an error. KeyError: 'eps'"),
        (lambda x: x, "Your code stops with an error. TypeError"),
        (lambda *inputs: sys.exit(), "Your code stops with an error. SystemExit"),
        (library_add_noise, "calls course_lib.forward_process.add_noise"),
        (borrowed, "calls course_lib.forward_process.add_noise"),
        (borrowed_behind_a_name, "calls course_lib.forward_process.add_noise"),
        (right(torch.ones(2), torch.ones(1, 1), torch.tensor([1]), 0), "Leave out the ()"),
    ],
)
def test_each_kind_of_fault_has_its_own_message(capsys, function, words):
    answer = told(capsys, function)
    assert answer.startswith("add_noise: not right yet")
    assert words in answer


def test_nothing_written_and_no_return_are_told_apart(capsys):
    def blank(*inputs):
        raise NotImplementedError

    def no_return(alpha_bar, x_0, t, eps):
        right(alpha_bar, x_0, t, eps)

    assert told(capsys, blank) == "add_noise: not answered yet"
    assert "is its `return` missing?" in told(capsys, no_return)


@pytest.mark.parametrize("name", ["forward_process.add_nose", "nonesuch.add_noise", "", "a.b.c"])
def test_an_unknown_question_is_told_and_does_not_raise(capsys, name):
    assert "could not be checked. ValueError: no " in told(capsys, right, name)


def test_a_fault_of_the_check_itself_does_not_raise(capsys, monkeypatch):
    monkeypatch.setattr(checks, "judge_calls", None)
    assert "could not be checked. TypeError" in told(capsys, right)


def test_ctrl_c_stops_a_check():
    def stopped(*inputs):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check(NAME, stopped)


def test_a_check_leaves_the_profiler_and_the_global_generator_alone():
    torch.manual_seed(3)
    before, state = sys.getprofile(), torch.get_rng_state()
    for function in (right, raises, borrowed):
        examine(find(NAME), function)
    assert sys.getprofile() is before
    assert torch.equal(torch.get_rng_state(), state)


def test_inputs_are_fresh_in_every_check():
    seen = []
    for _ in range(2):
        examine(find(NAME), lambda alpha_bar, x_0, t, eps: seen.append(eps), trials=3)
    assert len({eps.sum().item() for eps in seen}) == 6


def test_one_wrong_trial_is_enough():
    question = find(NAME)
    drawn = [question.inputs(torch.Generator().manual_seed(i)) for i in range(3)]
    calls = [(inputs, call(right, inputs)) for inputs in drawn]
    assert judge_calls(question, calls).outcome is Outcome.RIGHT
    calls[2] = (drawn[2], Call(torch.zeros_like(calls[2][1].got)))
    assert judge_calls(question, calls).outcome is Outcome.WRONG
    calls[2] = (drawn[2], Call(error="ValueError: no"))
    assert judge_calls(question, calls).outcome is Outcome.WRONG
    with pytest.raises(ValueError, match="at least one trial"):
        judge_calls(question, [])


def question(answer, *ideas, **options):
    """A question of one number."""
    misconceptions = tuple(Misconception(*idea) for idea in ideas)
    inputs = lambda generator: (torch.rand(3, generator=generator),)  # noqa: E731
    return Question("a.b", inputs, answer, misconceptions, "a", **options)


@pytest.mark.parametrize(
    "answer, same, other",
    [
        (lambda x: 2, lambda x: 2.0, lambda x: 2.00001),
        (lambda x: x.sum(), lambda x: x.sum().item(), lambda x: x.sum()[None]),
        (lambda x: x.sum().item(), lambda x: np.float64(x.sum()), lambda x: x.sum().item() + 1),
        (lambda x: True, lambda x: torch.tensor(True), lambda x: False),
        (lambda x: "up", lambda x: "u" + "p", lambda x: "down"),
        (lambda x: (x, 1), lambda x: [x + 0, 1], lambda x: (x, 2)),
        (lambda x: (x, 1), lambda x: (x, 1), lambda x: (x, 1, 1)),
        (lambda x: (x, 1), lambda x: (x, 1), lambda x: x),
        (lambda x: torch.arange(3), lambda x: torch.arange(3), lambda x: torch.arange(3) + 1),
        (lambda x: 0 * x, lambda x: x - x, lambda x: 0 * x + 0.01),
        (lambda x: x.log() * torch.inf, lambda x: x.log() * torch.inf, lambda x: x),
        (lambda x: x, lambda x: x.clone().requires_grad_(), lambda x: x.flip(0)),
    ],
)
def test_values_are_compared_by_what_they_are(answer, same, other):
    assert examine(question(answer), same).outcome is Outcome.RIGHT
    verdict = examine(question(answer), other)
    assert verdict.outcome is Outcome.WRONG
    assert verdict.message.endswith(".")


def test_a_misconception_may_be_an_error():
    idea = ("It divides by its length twice.", lambda x: x.reshape(2, 2))
    asked = question(lambda x: x, idea)
    assert examine(asked, lambda x: x.reshape(2, 2)).message == idea[0]
    assert "RuntimeError" in examine(asked, lambda x: x.reshape(5)).message


def test_a_misconception_must_agree_on_every_trial():
    asked = question(lambda x: x, ("Small.", lambda x: x.clamp(max=0.5)))
    inputs = [(torch.tensor([0.1, 0.9]),), (torch.tensor([0.2, 0.8]),)]
    calls = [(drawn, Call(drawn[0].clamp(max=0.5))) for drawn in inputs]
    assert judge_calls(asked, calls).message == "Small."
    calls[1] = (inputs[1], Call(inputs[1][0] * 2))
    assert "numbers are off" in judge_calls(asked, calls).message


def test_calls_of_a_torch_function_or_method_are_noticed():
    inputs, library = (torch.ones(3), 0), ("torch.cumprod",)
    for function in (torch.cumprod, lambda x, dim: x.cumprod(dim), lambda *xs: torch.cumprod(*xs)):
        assert call(function, inputs, library).used == "torch.cumprod"
    assert call(lambda x, dim: x.cumsum(dim), inputs, library).used is None
    assert call(torch.Tensor.cumprod, inputs, library).used == "torch.cumprod"


def test_props_are_built_anew_for_every_call():
    inputs = (Prop("generator", (5,)), [torch.ones(2), Prop("generator", (5,))], 3, "word")
    first, second = build(inputs), build(inputs)
    assert torch.rand(1, generator=first[0]) == torch.rand(1, generator=second[0])
    assert first[0] is not first[1][1]
    assert first[1][0] is not inputs[1][0]
    assert first[2:] == (3, "word")
    with pytest.raises(ValueError, match="no prop 'dragon'; there are generator"):
        Prop("dragon").build()


def test_a_change_inside_a_list_is_noticed():
    def spoils(values):
        values[1] += 1

    assert call(spoils, ([torch.ones(2), torch.ones(2)],)).changed == (0,)


def test_the_summary_shows_points_and_total(capsys):
    names = [q.name.partition(".")[2] for q in questions("forward_process")]
    check(NAME, right)
    capsys.readouterr()
    summary("forward_process", **dict.fromkeys(names, 3))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["add_noise", "3", "of", "3", "right"] in lines
    assert ["chain", "0", "of", "3", "not", "answered", "yet"] in lines
    assert " ".join(lines[-1]) == f"total 3 of {3 * len(names)} 1 of {len(names)} right"
    check(NAME, without_roots)
    capsys.readouterr()
    summary("forward_process")  # as in solutions/: no points
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["add_noise", "not", "right", "yet"] in lines
    assert lines[-1] == ["total", "0", "of", str(len(names)), "right"]


def test_passed_follows_the_latest_check():
    assert not passed(NAME)
    check(NAME, right)
    assert passed(NAME)
    check(NAME, without_roots)
    assert not passed(NAME)


def test_summary_of_an_unknown_exercise_does_not_raise(capsys):
    summary("nonesuch")
    assert "no exercise 'nonesuch'; there are" in capsys.readouterr().out


def test_the_judge_of_a_notebook_only_says_where_judging_happens(capsys):
    judge(NAME)
    assert capsys.readouterr().out.startswith("add_noise: judged by course-lib grade")


def test_questions_are_named_after_their_chapter_once():
    names = [q.name for slug in slugs() for q in questions(slug)]
    assert len(set(names)) == len(names)
    for slug in slugs():
        assert 3 <= len(questions(slug)) <= 6
        assert all(q.name.startswith(f"{slug}.") for q in questions(slug))
    assert find(names[0]).name == names[0]

"""The judge gives points for right answers alone, and knows its own faults from the learner's."""

import pytest
import toy_course

from course_lib.teaching.calling import Call, call
from course_lib.teaching.grading.judge import mark, rehearse
from course_lib.teaching.grading.limits import NotGraded, Stopped
from course_lib.teaching.grading.notebooks import HiddenTest, load_exercise


def marked(function, source='judge("toy.double")', seed="s"):
    return mark(HiddenTest("test_double", 2.0, source), seed, asking(function))


def asking(function):
    return lambda question, inputs: call(function, inputs)


def test_right_earns_all_wrong_earns_nothing():
    assert marked(lambda x: x + x).score == 2
    wrong = marked(lambda x: x**2)
    assert (wrong.score, wrong.points, wrong.outcome) == (0, 2, "not right yet")
    assert wrong.message == "This squares it.\nTo read again: toy, 'Twice'"
    assert marked(lambda x: None).outcome == "not answered yet"


def test_a_test_may_call_the_judge_more_than_once():
    source = 'for name in ("toy.double", "toy.length"):\n    judge(name, trials=2)'
    assert marked(lambda x: 2 * x, source).score == 0
    assert marked(lambda x: 2 * x if x.ndim > 1 else float(x.norm()), source).score == 2


def test_a_test_may_have_conditions_of_its_own():
    source = 'if judge("toy.double"):\n    judge("toy.length")'
    assert marked(lambda x: x, source).message.startswith("The numbers are off")


def test_inputs_follow_from_the_secret_seed_alone():
    seen = []

    def look(x):
        seen.append(x)
        return 2 * x

    for seed in ("s", "s", "t"):
        marked(look, seed=seed)
    first, again, other = seen[:5], seen[5:10], seen[10:]
    assert all(a.equal(b) for a, b in zip(first, again, strict=True))
    assert not any(a.equal(b) for a, b in zip(first, other, strict=True))
    assert not first[0].equal(first[1])


@pytest.mark.parametrize("source", ["1 / 0", "judge('toy.nothing')", "def", "x = 1"])
def test_a_faulty_test_is_not_the_learners_fault(source):
    with pytest.raises(NotGraded, match="'test_double'"):
        marked(lambda x: 2 * x, source)


@pytest.mark.parametrize("error", [Stopped("it stopped"), NotGraded("it failed")])
def test_the_end_of_a_kernel_goes_through(error):
    def ask(question, inputs):
        raise error

    with pytest.raises(type(error)):
        mark(HiddenTest("t", 1.0, 'judge("toy.double")'), "s", ask)


@pytest.mark.parametrize(
    "forged",
    [
        Call(got="right"),
        Call(got=True),
        Call(got=float("nan")),
        Call(got=float("inf")),
        Call(got=[1.0] * 12),
        Call(got=type("Tensor", (), {})()),
        Call(got=None, changed=(0,)),
        Call(error=""),
    ],
)
def test_a_forged_answer_earns_nothing(forged):
    test = HiddenTest("t", 1.0, 'judge("toy.double")\njudge("toy.length")')
    assert mark(test, "s", lambda question, inputs: forged).score == 0


def test_the_exercise_is_rehearsed_with_the_right_answers(course):
    rehearse(load_exercise(course.solutions, "toy"), "s")
    path = course.solutions / "toy/toy.ipynb"
    path.write_text(path.read_text().replace("toy.double", "toy.none"))
    with pytest.raises(ValueError, match="hidden test 'test_double' failed: KeyError"):
        rehearse(load_exercise(course.solutions, "toy"), "s")


def test_a_question_whose_answer_is_not_its_own_is_found_before_grading(course, monkeypatch):
    question = toy_course.QUESTIONS["toy.double"]
    odd = type(question)(**{**vars(question), "compare": lambda *_: "Never."})
    monkeypatch.setitem(toy_course.QUESTIONS, "toy.double", odd)
    with pytest.raises(ValueError, match="refuses the right answer: Never."):
        rehearse(load_exercise(course.solutions, "toy"), "s")

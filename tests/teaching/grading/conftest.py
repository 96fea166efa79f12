"""What the tests of grading share: a toy course, and bubblewrap."""

import shutil

import pytest
import toy_course

from course_lib.teaching.grading import judge


@pytest.fixture(scope="session")
def bubblewrap():
    """Skip where no sandbox can be made."""
    from course_lib.teaching.grading.sandbox import INSTALL, why_not

    if not shutil.which("bwrap"):
        pytest.skip(f"bubblewrap is missing: {INSTALL}")
    if why_not():
        pytest.skip(why_not())


@pytest.fixture(autouse=True, scope="module")
def toy_questions():
    """Let the judge find the questions of the toy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "find", toy_course.find)
        yield


@pytest.fixture
def course(tmp_path):
    return toy_course.Course(tmp_path)

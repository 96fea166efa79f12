"""Finding what was handed in, in every form that is promised; nothing leads out of it."""

import os
import stat
import zipfile

import pytest

from course_lib.teaching.grading.submissions import find_submissions

MOST = 1000


def find(where):
    return {one.student: one for one in find_submissions(where, "noise", MOST)}


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def zip_of(path, **files):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_folder_a_student(tmp_path):
    put(tmp_path / "ada/noise.ipynb", "A")
    put(tmp_path / "ada/draft.ipynb", "draft")
    put(tmp_path / "ada/.ipynb_checkpoints/noise-checkpoint.ipynb", "old")
    put(tmp_path / "bob/noise (1).ipynb", "B")
    put(tmp_path / "eve/deep/er/noise.ipynb", "E")
    put(tmp_path / "README.txt", "no submission")
    found = find(tmp_path)
    assert {name: one.read() for name, one in found.items()} == dict(ada=b"A", bob=b"B", eve=b"E")


def test_a_zip_a_student_and_loose_files(tmp_path):
    zip_of(tmp_path / "ada.zip", **{"some/noise.ipynb": "A", "__MACOSX/._noise.ipynb": "x"})
    put(tmp_path / "Bob B_12_assignsubmission_file_noise.ipynb", "B")
    put(tmp_path / "evee_34_56_noise-1.ipynb", "E")
    found = find(tmp_path)
    assert {name: one.read() for name, one in found.items()} == {
        "ada": b"A",
        "Bob B_12": b"B",
        "evee_34_56": b"E",
    }


def test_one_zip_file_of_a_platform(tmp_path):
    inner = zip_of(tmp_path / "inner.zip", **{"noise.ipynb": "E"}).read_bytes()
    where = zip_of(
        tmp_path / "class.zip",
        **{
            "Ada A_1_assignsubmission_file_/noise.ipynb": "A",
            "bob_2_3_noise.ipynb": "B",
            "eve.zip": inner,
            "note.txt": "",
        },
    )
    found = find(where)
    assert {name: one.read() for name, one in found.items()} == {
        "Ada A_1": b"A",
        "bob_2_3": b"B",
        "eve": b"E",
    }


@pytest.mark.parametrize(
    "path", ["../ada/noise.ipynb", "/ada/noise.ipynb", "x/../../ada/noise.ipynb"]
)
def test_a_path_that_leads_out_of_a_zip_file_is_left_out(tmp_path, path):
    put(tmp_path / "in/ada/noise.ipynb", "A")
    zip_of(tmp_path / "in/mallory.zip", **{path: "M"})
    found = find(tmp_path / "in")
    assert set(found) == {"ada", "mallory"}
    assert found["ada"].read() == b"A" and "no notebook" in found["mallory"].problem


def test_a_students_zip_hands_in_for_nobody_else(tmp_path):
    put(tmp_path / "ada/noise.ipynb", "A")
    zip_of(tmp_path / "mallory.zip", **{"ada/noise.ipynb": "M", "mallory/noise.ipynb": "M"})
    found = find(tmp_path)
    assert found["ada"].read() == b"A" and not found["ada"].unclear
    assert "more than one" in found["mallory"].unclear


def test_links_lead_nowhere(tmp_path):
    put(tmp_path / "secret.txt", "secret")
    put(tmp_path / "in/ada/noise.ipynb", "A")
    (tmp_path / "in/mallory").mkdir()
    (tmp_path / "in/mallory/noise.ipynb").symlink_to("../ada/noise.ipynb")
    (tmp_path / "in/trudy").symlink_to("ada")
    with zipfile.ZipFile(tmp_path / "in/victor.zip", "w") as archive:
        entry = zipfile.ZipInfo("noise.ipynb")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, str(tmp_path / "secret.txt"))
    found = find(tmp_path / "in")
    for name in ("mallory", "trudy", "victor"):
        assert "link" in found[name].problem and found[name].read is None


def test_a_pipe_is_not_waited_for(tmp_path):
    (tmp_path / "mallory").mkdir()
    os.mkfifo(tmp_path / "mallory/noise.ipynb")
    with pytest.raises(ValueError, match="not a file"):
        find(tmp_path)["mallory"].read()


def test_what_is_too_large_is_not_read(tmp_path):
    put(tmp_path / "ada/noise.ipynb", "A" * MOST)
    put(tmp_path / "bob/noise.ipynb", "")
    os.truncate(tmp_path / "bob/noise.ipynb", 200 * 2**20)  # sparse: no disk is filled
    with zipfile.ZipFile(tmp_path / "eve.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("noise.ipynb", "0" * 5_000_000)  # a small zip bomb
    found = find(tmp_path)
    assert len(found["ada"].read()) == MOST
    for name in ("bob", "eve"):
        with pytest.raises(ValueError, match="larger than"):
            found[name].read()


def test_broken_and_empty_ones_are_told_apart_from_the_rest(tmp_path):
    (tmp_path / "empty").mkdir()
    put(tmp_path / "broken.zip", "this is no zip file")
    put(tmp_path / "two/a.ipynb", "1")
    put(tmp_path / "two/b.ipynb", "2")
    put(tmp_path / "ada/noise.ipynb", "A")
    put(tmp_path / "ada_noise.ipynb", "A again")
    found = find(tmp_path)
    assert "no notebook" in found["empty"].problem
    assert "not a zip file" in found["broken"].problem
    assert "a.ipynb" in found["two"].unclear and "b.ipynb" in found["two"].unclear
    assert "more than once" in found["ada"].unclear


@pytest.mark.parametrize(
    ("folder", "student"),
    [
        ("Lovelace, Ada", "Lovelace, Ada"),
        ("=1+1", "=1+1"),
        ('Bob "B"', 'Bob "B"'),
        ("Zoe\u0308", "Zoë"),
        ("a\nb", "a_b"),
        (" spaced ", "spaced"),
        ("[a-z]*", "_a-z__"),
    ],
)
def test_names_are_kept_unless_a_folder_cannot_have_them(tmp_path, folder, student):
    put(tmp_path / folder / "noise.ipynb", "x")
    assert set(find(tmp_path)) == {student}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no folder or zip file"),
        (lambda path: path.write_text("x"), "neither a folder nor a zip file"),
        (lambda path: path.mkdir(), "is empty"),
        (lambda path: put(path / "noise.ipynb", "x"), "looks like one learner's folder"),
    ],
)
def test_what_is_no_class_is_refused(tmp_path, make, message):
    make(tmp_path / "class")
    with pytest.raises(ValueError, match=message):
        find(tmp_path / "class")

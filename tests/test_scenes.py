"""The scenes: words agree with attributes, splits leak nothing, pictures are drawn as asked."""

import pytest
import torch

from course_lib.arrays import make_generator
from course_lib.datasets.scenes import (
    ATTRIBUTES,
    MAX_WORDS,
    UNSEEN_PAIRS,
    VOCABULARY,
    caption,
    captions,
    draw_scenes,
    full_caption,
    random_attributes,
    read_caption,
    scenes,
    split_of,
)
from course_lib.datasets.scenes.draw import SHADOW_WIDTH, TOGETHER
from course_lib.datasets.scenes.grammar import values_of
from course_lib.datasets.scenes.looks import LOOKS
from course_lib.datasets.scenes.splits import combinations, is_unseen

EVERYTHING = torch.cartesian_prod(*(torch.arange(len(v)) for v in ATTRIBUTES.values()))


def row_of(*values):
    """Turn ("astronaut", "crown", ...) into indices."""
    return torch.tensor(
        [known.index(value) for known, value in zip(ATTRIBUTES.values(), values, strict=True)]
    )


FAMOUS = row_of("astronaut", "bareheaded", "riding a horse", "on mars", "by day")


def test_there_is_as_much_to_draw_as_promised():
    assert list(ATTRIBUTES) == ["who", "wearing", "doing", "where", "when"]
    counts = [len(values) for values in ATTRIBUTES.values()]
    assert all(count >= least for count, least in zip(counts, (8, 4, 6, 8, 3), strict=True))
    assert len(ATTRIBUTES["doing"]) == len(SHADOW_WIDTH) and set(ATTRIBUTES["who"]) == set(LOOKS)


# Words


def test_the_vocabulary_is_small_plain_and_used():
    assert len(VOCABULARY) <= 100
    assert list(VOCABULARY) == sorted(set(VOCABULARY))
    assert all(word.isalpha() and word.islower() for word in VOCABULARY)
    rows = EVERYTHING[torch.randperm(len(EVERYTHING), generator=make_generator(0))]
    texts, _ = captions(rows, generator=make_generator(1))
    assert {word for text in texts for word in text.split()} == set(VOCABULARY)


def test_captions_name_what_they_say_they_name_and_nothing_wrong():
    texts, named = captions(EVERYTHING, generator=make_generator(2))
    for text, row, names in zip(texts, EVERYTHING, named.tolist(), strict=True):
        said = f" {text} "
        for known, value, is_named in zip(ATTRIBUTES.values(), values_of(row), names, strict=True):
            others = [other for other in known if other != value and f" {other} " in said]
            assert not others, (text, others)
            short = value.split()[-1]  # "frog" can only be the green one
            one_colour = sum(other.endswith(short) for other in known) == 1
            seen = f" {value} " in said or (
                known[0] == "orange cat" and one_colour and short in said.split()
            )
            assert seen == is_named, (text, value)
        assert 1 <= len(text.split()) <= MAX_WORDS, text


def test_attributes_are_left_out_at_random_each_about_as_often_as_planned():
    _, named = captions(EVERYTHING, generator=make_generator(3))
    share = named.float().mean(0)
    assert (share > torch.tensor([0.88, 0.42, 0.80, 0.80, 0.40])).all(), share
    assert (share < torch.tensor([0.97, 0.55, 0.90, 0.90, 0.55])).all(), share
    assert (named.sum(1) == 1).any() and (named.sum(1) == 5).any()


def test_one_scene_is_told_in_many_ways():
    told = {caption(FAMOUS, generator=make_generator(seed)) for seed in range(300)}
    for text in (
        "an astronaut riding a horse on mars",
        "a photo of an astronaut riding a horse on mars",
        "a picture of an astronaut riding a horse on mars",
        "an astronaut is riding a horse on mars",
        "on mars an astronaut riding a horse",
    ):
        assert text in told, text


def test_the_full_caption_names_everything_and_reads_back():
    assert full_caption(FAMOUS) == "a bareheaded astronaut riding a horse on mars by day"
    cat = row_of("orange cat", "top hat", "sitting", "in a meadow", "at night")
    assert full_caption(cat) == "an orange cat wearing a top hat sitting in a meadow at night"
    texts = [full_caption(row) for row in EVERYTHING]
    assert torch.equal(torch.stack([read_caption(text) for text in texts]), EVERYTHING)
    assert max(len(text.split()) for text in texts) <= MAX_WORDS


def test_a_prompt_of_few_words_is_read():
    nothing = torch.full((5,), -1)
    assert torch.equal(read_caption(""), nothing)
    assert torch.equal(read_caption("a photo of a cat"), nothing), "which cat is not said"
    frog = read_caption("a frog on mars")
    green, mars = ATTRIBUTES["who"].index("green frog"), ATTRIBUTES["where"].index("on mars")
    assert frog.tolist() == [green, -1, -1, mars, -1]


def test_same_generator_same_captions():
    first, again, other = (captions(EVERYTHING, generator=make_generator(s)) for s in (5, 5, 6))
    assert first[0] == again[0] and torch.equal(first[1], again[1])
    assert first[0] != other[0]


# Splits


def test_the_splits_share_nothing_and_forget_nothing():
    train, unseen = combinations("train"), combinations("unseen")
    together = torch.cat([train, unseen])
    assert len(together) == len(EVERYTHING)
    assert len(together.unique(dim=0)) == len(EVERYTHING)


def test_six_pairs_and_a_tenth_of_the_rest_are_unseen():
    assert len(set(UNSEEN_PAIRS)) == 6 and ("astronaut", "riding a horse") in UNSEEN_PAIRS
    in_pair = torch.zeros(len(EVERYTHING), dtype=torch.bool)
    for who, doing in UNSEEN_PAIRS:
        who_is = EVERYTHING[:, 0] == ATTRIBUTES["who"].index(who)
        in_pair |= who_is & (EVERYTHING[:, 2] == ATTRIBUTES["doing"].index(doing))
    unseen = is_unseen(EVERYTHING)
    assert unseen[in_pair].all()
    assert unseen[~in_pair].float().mean() == pytest.approx(0.1, abs=0.012)


def test_every_value_and_every_other_pair_is_seen_in_training():
    train = combinations("train")
    names = list(ATTRIBUTES.values())
    for a in range(5):
        for b in range(a + 1, 5):
            pairs = {tuple(pair) for pair in train[:, [a, b]].tolist()}
            missing = {
                (names[a][i], names[b][j])
                for i in range(len(names[a]))
                for j in range(len(names[b]))
                if (i, j) not in pairs
            }
            assert missing == (set(UNSEEN_PAIRS) if (a, b) == (0, 2) else set())


def test_every_word_is_seen_in_training():
    texts, _ = captions(combinations("train"), generator=make_generator(7))
    assert {word for text in texts for word in text.split()} == set(VOCABULARY)


@pytest.mark.parametrize("split", ["train", "unseen"])
def test_random_attributes_keep_to_their_split(split):
    rows = random_attributes(5_000, split, generator=make_generator(8))
    assert (is_unseen(rows) == (split == "unseen")).all()
    assert {split_of(row) for row in rows[:20]} == {split}
    assert len(rows.unique(dim=0)) > 0.5 * min(5_000, len(combinations(split)))


def test_the_famous_scene_is_never_learnt():
    rows = EVERYTHING[(EVERYTHING[:, [0, 2]] == FAMOUS[[0, 2]]).all(1)]
    assert len(rows) == 5 * 8 * 3
    assert {split_of(row) for row in rows} == {"unseen"}
    assert split_of(combinations("train")[0]) == "train"


# Pictures


@pytest.fixture(scope="module")
def some():
    return scenes(300, generator=make_generator(9))


def test_shapes_and_value_range(some):
    assert some.images.shape == (300, 3, 32, 32) and some.images.dtype == torch.float32
    assert -1 <= some.images.min() < -0.8 and 0.95 < some.images.max() <= 1
    assert len(some) == 300 == len(some.captions)
    assert some.attributes.shape == some.named.shape == (300, 5)
    assert not is_unseen(some.attributes).any()


def test_same_generator_same_pictures(some):
    again = scenes(300, generator=make_generator(9))
    assert torch.equal(some.images, again.images) and some.captions == again.captions
    assert torch.equal(some.attributes, again.attributes)


def test_no_two_pictures_are_the_same_even_of_one_scene():
    images = draw_scenes(FAMOUS.repeat(200, 1), generator=make_generator(10)).flatten(1)
    apart = torch.cdist(images, images, p=1) / images.shape[1]
    apart.fill_diagonal_(9)
    assert apart.min() > 0.02, "mean difference per value, of the two pictures most alike"


def test_a_crowd_larger_than_one_batch_is_drawn_in_order():
    rows = FAMOUS.repeat(TOGETHER + 6, 1)
    rows[::2, 4] = ATTRIBUTES["when"].index("at night")
    brightness = draw_scenes(rows, generator=make_generator(11)).mean((1, 2, 3))
    assert len(brightness) == len(rows)
    assert brightness[::2].max() < brightness[1::2].min()


@pytest.mark.parametrize("column", range(5))
def test_changing_one_attribute_changes_the_picture(column):
    values = len(list(ATTRIBUTES.values())[column])
    rows = FAMOUS.repeat(values, 1)
    rows[:, column] = torch.arange(values)
    images = [draw_scenes(row[None], generator=make_generator(14)) for row in rows]
    for i in range(values):
        for j in range(i):
            assert (images[i] - images[j]).abs().mean() > 0.01, (i, j)


def test_the_hours_differ_in_brightness_and_warmth():
    rows = EVERYTHING[torch.randperm(len(EVERYTHING), generator=make_generator(15))[:300]]
    images, when = draw_scenes(rows, generator=make_generator(16)), rows[:, 4]
    day, sunset, night = (images[when == k].mean((0, 2, 3)) for k in range(3))
    assert day.mean() > sunset.mean() > night.mean()
    assert sunset[0] - sunset[2] > 0.2 > night[0] - night[2]


def test_a_larger_picture_shows_the_same_scene():
    small, large = (
        draw_scenes(EVERYTHING[::800], size=size, generator=make_generator(17)) for size in (16, 48)
    )
    assert large.shape[2:] == (48, 48)
    reduced = torch.nn.functional.avg_pool2d(large, 3)
    assert (reduced - small).abs().mean() < 0.08


# Bad input


@pytest.mark.parametrize(
    "attributes, message",
    [
        (torch.zeros(5).long(), r"the shape \(N, 5\), but they have \(5,\)"),
        (torch.zeros(0, 5).long(), r"the shape \(N, 5\), but they have \(0, 5\)"),
        (torch.zeros(2, 5), "int64, but they are torch.float32"),
        (torch.tensor([[0, 0, 0, 0, 3]]), r"'when' must be 0 \.\.\. 2 \(by day, .*from 3 to 3"),
        (torch.tensor([[-1, 0, 0, 0, 0]]), r"'who' must be 0 \.\.\. 7 .*from -1 to -1"),
    ],
)
def test_bad_attributes_are_refused(attributes, message):
    for function in (draw_scenes, captions, is_unseen):
        with pytest.raises(ValueError, match=message):
            function(attributes)


@pytest.mark.parametrize("function", [caption, full_caption, split_of])
def test_one_scene_must_be_one_row(function):
    with pytest.raises(ValueError, match=r"one scene has the shape \(5,\).*\(1, 5\)"):
        function(torch.zeros(1, 5).long())


@pytest.mark.parametrize("size", [0, 8, 30, 72])
def test_bad_sizes_are_refused(size):
    with pytest.raises(ValueError, match=f"a multiple of 8 from 16 to 64, but it is {size}"):
        draw_scenes(FAMOUS[None], size=size)


def test_bad_counts_and_splits_are_refused():
    with pytest.raises(ValueError, match="n must be at least 1 scene, but it is 0"):
        scenes(0)
    with pytest.raises(ValueError, match="split must be one of train, unseen, but it is 'test'"):
        scenes(3, "test")

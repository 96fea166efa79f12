"""What beginners answer in the exercise on vectors, wrong and right."""

import torch
import torch.nn.functional as F


def rows_and_columns_swapped(image, top, left, size):
    return image[:, left : left + size, top : top + size]


def ends_at_size(image, top, left, size):
    return image[:, top:size, left:size]


def end_included(image, top, left, size):
    return image[:, top : top + size + 1, left : left + size + 1]


def end_excluded_twice(image, top, left, size):
    return image[:, top : top + size - 1, left : left + size - 1]


def channels_forgotten(image, top, left, size):
    return image[top : top + size, left : left + size]


def from_the_corner(image, top, left, size):
    return image[:, :size, :size]


def rows_only(image, top, left, size):
    return image[:, top : top + size]


def colours_last(image, top, left, size):
    return image[:, top : top + size, left : left + size].permute(1, 2, 0)


def crop_by_narrow(image, top, left, size):
    return image.narrow(1, top, size).narrow(2, left, size)


def crop_by_index(image, top, left, size):
    rows = torch.arange(top, top + size)
    return image[:, rows][:, :, torch.arange(left, left + size)]


def not_clamped(image, amount):
    return image + amount


def clamped_too_early(image, amount):
    return torch.clamp(image, -1, 1) + amount


def clamped_from_0(image, amount):
    return torch.clamp(image + amount, 0, 1)


def clamped_like_bytes(image, amount):
    return torch.clip(image + amount, 0, 255)


def stretched(image, amount):
    return torch.clamp(image * (1 + amount), -1, 1)


def multiplied(image, amount):
    return amount * image


def darkened(image, amount):
    return torch.clamp(image - amount, -1, 1)


def brightened_in_place(image, amount):
    image += amount
    return image.clamp(-1, 1)


def brighten_by_where(image, amount):
    brighter = image + amount
    return torch.where(brighter > 1, 1.0, torch.where(brighter < -1, -1.0, brighter))


def brighten_by_limits(image, amount):
    one = torch.ones_like(image)
    return torch.maximum(torch.minimum(torch.add(image, amount), one), -one)


def fog(photos):
    height, width, _ = photos[0].shape
    return torch.stack([p.reshape(3, height, width).float() / 127.5 - 1 for p in photos])


def channels_last(photos):
    return torch.stack([p.float() / 127.5 - 1 for p in photos])


def on_their_sides(photos):
    return torch.stack([p.permute(2, 1, 0).float() / 127.5 - 1 for p in photos])


def joined_by_cat(photos):
    return torch.cat([p.permute(2, 0, 1).float() / 127.5 - 1 for p in photos])


def from_0_to_1(photos):
    return torch.stack([p.permute(2, 0, 1) / 255 for p in photos])


def divided_by_255(photos):
    return torch.stack([p.permute(2, 0, 1).float() / 255 - 1 for p in photos])


def bytes_as_floats(photos):
    return torch.stack([p.permute(2, 0, 1).float() for p in photos])


def bytes_as_they_are(photos):
    return torch.stack([p.permute(2, 0, 1) for p in photos])


def one_not_taken_away(photos):
    return torch.stack([p.permute(2, 0, 1) / 127.5 for p in photos])


def first_photo_only(photos):
    return (photos[0].permute(2, 0, 1) / 127.5 - 1).unsqueeze(0)


def a_list_of_pictures(photos):
    return [p.permute(2, 0, 1).float() / 127.5 - 1 for p in photos]


def batch_by_stacking_first(photos):
    return (torch.stack(photos).permute(0, 3, 1, 2).float() - 127.5) / 127.5


def batch_by_filling(photos):
    height, width, channels = photos[0].shape
    batch = torch.empty(len(photos), channels, height, width)
    for i, photo in enumerate(photos):
        for channel in range(channels):
            batch[i, channel] = photo[:, :, channel] / 255 * 2 - 1
    return batch


def squared_distances(batch, picture):
    return torch.stack([((p - picture) ** 2).sum() for p in batch])


def all_in_one(batch, picture):
    return (batch - picture).flatten().norm()


def averaged(batch, picture):
    return ((batch - picture) ** 2).mean(dim=(1, 2, 3)).sqrt()


def differences_not_squared(batch, picture):
    return (batch - picture).sum(dim=(1, 2, 3))


def city_blocks(batch, picture):
    return (batch - picture).abs().sum(dim=(1, 2, 3))


def summed_over_the_batch(batch, picture):
    return ((batch - picture).flatten(start_dim=1) ** 2).sum(0) ** 0.5


def a_number_for_each_row(batch, picture):
    return ((batch - picture) ** 2).sum(-1).sqrt()


def a_list_of_distances(batch, picture):
    return [((p - picture) ** 2).sum().sqrt() for p in batch]


def distances_one_by_one(batch, picture):
    return torch.stack([torch.dist(p, picture) for p in batch])


def distances_by_cdist(batch, picture):
    return torch.cdist(batch.flatten(1), picture.reshape(1, -1)).squeeze(1)


def dot_product_only(a, b):
    return torch.dot(a.flatten(), b.flatten())


def without_roots(a, b):
    return (a * b).sum() / ((a**2).sum() * (b**2).sum())


def one_length(a, b):
    return (a * b).sum() / a.norm()


def the_other_length(a, b):
    return (a * b).sum() / b.norm()


def averaged_product(a, b):
    return (a * b).mean()


def divided_and_multiplied(a, b):
    return (a * b).sum() / a.norm() * b.norm()


def entry_by_entry(a, b):
    return a * b


def how_far(a, b):
    return torch.dist(a, b)


def by_torch(a, b):
    return F.cosine_similarity(a.flatten(), b.flatten(), dim=0)


def alike_by_unit_arrows(a, b):
    return ((a / (a**2).sum() ** 0.5) * (b / (b**2).sum() ** 0.5)).sum()


def alike_as_a_plain_number(a, b):
    a, b = a.flatten(), b.flatten()
    return (a @ b / ((a @ a) * (b @ b)).sqrt()).item()


WRONG = [
    ("vectors.crop", rows_and_columns_swapped, "Rows and columns are swapped"),
    ("vectors.crop", ends_at_size, "This ends at `size`"),
    ("vectors.crop", end_included, "too many"),
    ("vectors.crop", end_excluded_twice, "too few"),
    ("vectors.crop", channels_forgotten, "cuts channels and rows"),
    ("vectors.crop", from_the_corner, "starts in the upper left corner"),
    ("vectors.crop", rows_only, "cuts the rows only"),
    ("vectors.crop", colours_last, "The shape should be"),
    ("vectors.brighten", not_clamped, "Some values end above 1"),
    ("vectors.brighten", clamped_too_early, "Add first, then cut them off"),
    ("vectors.brighten", clamped_from_0, "clamps to 0 ... 1,"),
    ("vectors.brighten", clamped_like_bytes, "clamps to 0 ... 255"),
    ("vectors.brighten", stretched, "makes dark pixels darker"),
    ("vectors.brighten", multiplied, "multiplies by the amount"),
    ("vectors.brighten", darkened, "makes the picture darker"),
    ("vectors.brighten", brightened_in_place, "changes its input image in place"),
    ("vectors.make_batch", fog, "the pictures are fog"),
    ("vectors.make_batch", channels_last, "The colours still come last"),
    ("vectors.make_batch", on_their_sides, "Height and width are swapped"),
    ("vectors.make_batch", joined_by_cat, "one tall stack of channels"),
    ("vectors.make_batch", from_0_to_1, "from 0 to 1"),
    ("vectors.make_batch", divided_by_255, "from -1 to 0"),
    ("vectors.make_batch", bytes_as_floats, "still bytes"),
    ("vectors.make_batch", bytes_as_they_are, "The dtype should be"),
    ("vectors.make_batch", one_not_taken_away, "from 0 to 2"),
    ("vectors.make_batch", first_photo_only, "the first photo alone"),
    ("vectors.make_batch", a_list_of_pictures, "it returns a list"),
    ("vectors.distances", squared_distances, "The square root is missing"),
    ("vectors.distances", all_in_one, "All pictures went into one number"),
    ("vectors.distances", averaged, "averages where it should add up"),
    ("vectors.distances", differences_not_squared, "without squaring them"),
    ("vectors.distances", city_blocks, "the sizes of the differences"),
    ("vectors.distances", summed_over_the_batch, "adds up along the batch"),
    ("vectors.distances", a_number_for_each_row, "The shape should be"),
    ("vectors.distances", a_list_of_distances, "it returns a list"),
    ("vectors.alike", dot_product_only, "grows with the pictures' lengths"),
    ("vectors.alike", without_roots, "divides by the squares of the lengths"),
    ("vectors.alike", one_length, "divides by one length only"),
    ("vectors.alike", the_other_length, "divides by one length only"),
    ("vectors.alike", averaged_product, "divides by the number of entries"),
    ("vectors.alike", divided_and_multiplied, "Brackets"),
    ("vectors.alike", entry_by_entry, "does not add up"),
    ("vectors.alike", how_far, "This is the distance"),
    ("vectors.alike", by_torch, "calls torch.nn.functional.cosine_similarity"),
]

RIGHT = [
    ("vectors.crop", crop_by_narrow),
    ("vectors.crop", crop_by_index),
    ("vectors.brighten", brighten_by_where),
    ("vectors.brighten", brighten_by_limits),
    ("vectors.make_batch", batch_by_stacking_first),
    ("vectors.make_batch", batch_by_filling),
    ("vectors.distances", distances_one_by_one),
    ("vectors.distances", distances_by_cdist),
    ("vectors.alike", alike_by_unit_arrows),
    ("vectors.alike", alike_as_a_plain_number),
]

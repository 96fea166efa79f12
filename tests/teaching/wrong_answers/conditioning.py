"""What beginners answer in the exercise on conditioning, wrong and right."""

import math

import torch


def _rows(first, second):
    return torch.stack([first, second], dim=1)


def minus_one_plus_two(labels):
    return _rows(torch.ones_like(labels), labels + 2)


def label_for_token(labels):
    return _rows(torch.ones_like(labels), torch.where(labels == -1, 0, labels))


def words_from_1(labels):
    return _rows(torch.ones_like(labels), torch.where(labels == -1, 0, labels + 1))


def zero_is_no_wish(labels):
    return _rows(torch.ones_like(labels), torch.where(labels > 0, labels + 2, 0))


def start_at_the_end(labels):
    return _rows(torch.where(labels < 0, 0, labels + 2), torch.ones_like(labels))


def null_without_start(labels):
    tokens = _rows(torch.ones_like(labels), labels + 2)
    tokens[labels == -1] = 0
    return tokens


def one_long_row(labels):
    return torch.cat([torch.ones_like(labels), torch.where(labels < 0, 0, labels + 2)])


def tokens_by_filling(labels):
    tokens = torch.tensor([1, 0]).repeat(len(labels), 1)
    wished = labels != -1
    tokens[wished, 1] = labels[wished] + 2
    return tokens


def tokens_by_a_list(labels):
    return torch.tensor([[1, 0] if label == -1 else [1, label + 2] for label in labels.tolist()])


def one_coin(cond, probability, generator):
    if torch.rand(1, generator=generator) < probability:
        return torch.tensor([1, 0, 0]).repeat(len(cond), 1)
    return cond.clone()


def forgets_the_others(cond, probability, generator):
    result = cond.clone()
    result[torch.rand(len(cond), generator=generator) >= probability, 1:] = 0
    return result


def a_coin_for_each_token(cond, probability, generator):
    coins = torch.rand(cond.shape, generator=generator) < probability
    coins[:, 0] = False
    return cond.masked_fill(coins, 0)


def no_start(cond, probability, generator):
    coins = torch.rand(len(cond), generator=generator) < probability
    return cond * (~coins)[:, None]


def the_first_ones(cond, probability, generator):
    result = cond.clone()
    result[: int(probability * len(cond)), 1:] = 0
    return result


def every_second_by_a_fair_coin(cond, probability, generator):
    result = cond.clone()
    result[torch.rand(len(cond), generator=generator) < 0.5, 1:] = 0
    return result


def drops_in_place(cond, probability, generator):
    cond[torch.rand(len(cond), generator=generator) < probability, 1:] = 0
    return cond


def leaves_rows_out(cond, probability, generator):
    return cond[torch.rand(len(cond), generator=generator) > probability]


def keeps_every_wish(cond, probability, generator):
    return cond.clone()


def dropped_by_a_column_of_coins(cond, probability, generator):
    forget = torch.bernoulli(torch.full((len(cond), 1), probability), generator=generator).bool()
    return torch.where(forget, torch.tensor([1, 0, 0]), cond)


def dropped_by_a_loop(cond, probability, generator):
    rows = []
    for row in cond.tolist():
        forget = torch.rand((), generator=generator).item() > 1 - probability
        rows.append([1, 0, 0] if forget else row)
    return torch.tensor(rows)


def starts_with_the_wish(without, with_wish, guidance_scale):
    return with_wish + guidance_scale * (with_wish - without)


def scale_minus_one(without, with_wish, guidance_scale):
    w = guidance_scale - 1
    return without + w * (with_wish - without)


def predictions_swapped(without, with_wish, guidance_scale):
    return with_wish + guidance_scale * (without - with_wish)


def difference_alone(without, with_wish, guidance_scale):
    return guidance_scale * (with_wish - without)


def difference_turned_round(without, with_wish, guidance_scale):
    return without + guidance_scale * (without - with_wish)


def whole_prediction_scaled(without, with_wish, guidance_scale):
    return guidance_scale * with_wish


def sum_of_both(without, with_wish, guidance_scale):
    return without + guidance_scale * with_wish


def guided_as_a_blend(without, with_wish, guidance_scale):
    return guidance_scale * with_wish + (1 - guidance_scale) * without


def guided_by_w(without, with_wish, guidance_scale):
    w = guidance_scale - 1
    return (1 + w) * with_wish - w * without


def guided_by_lerp(without, with_wish, guidance_scale):
    return torch.lerp(without, with_wish, guidance_scale)


def not_divided(q, k):
    return torch.bmm(q, k.transpose(1, 2))


def divided_by_d(q, k):
    return torch.bmm(q, k.transpose(1, 2)) / q.shape[2]


def divided_by_the_words(q, k):
    return torch.bmm(q, k.transpose(1, 2)) / math.sqrt(k.shape[1])


def multiplied_by_the_root(q, k):
    return torch.bmm(q, k.transpose(1, 2)) * math.sqrt(q.shape[2])


def words_ask_pixels(q, k):
    return torch.bmm(k, q.transpose(1, 2)) / math.sqrt(q.shape[2])


def number_by_number(q, k):
    return q * k / math.sqrt(q.shape[2])


def softmax_already(q, k):
    return torch.softmax(torch.bmm(q, k.transpose(1, 2)) / math.sqrt(q.shape[2]), dim=2)


def scores_by_einsum(q, k):
    return torch.einsum("bqd,bld->bql", q, k) * q.shape[-1] ** -0.5


def scores_by_broadcasting(q, k):
    return (q[:, :, None, :] * k[:, None, :, :]).sum(dim=3) / math.sqrt(k.shape[-1])


def softmax_over_pixels(scores, v):
    return torch.softmax(scores, dim=-2) @ v


def softmax_over_the_batch(scores, v):
    return torch.softmax(scores, dim=0) @ v


def no_softmax(scores, v):
    return torch.matmul(scores, v)


def divided_by_their_sum(scores, v):
    return (scores / scores.sum(2, keepdim=True)) @ v


def exp_alone(scores, v):
    return torch.exp(scores) @ v


def the_best_word(scores, v):
    best = scores.argmax(dim=2)
    return torch.stack([v[i, best[i]] for i in range(len(v))])


def weights_transposed(scores, v):
    return torch.softmax(scores, 2).transpose(1, 2) @ v


def weights_only(scores, v):
    return torch.softmax(scores, dim=2)


def listened_by_hand(scores, v):
    parts = torch.exp(scores - scores.amax(dim=2, keepdim=True))
    return (parts @ v) / parts.sum(dim=2, keepdim=True)


def listened_by_einsum(scores, v):
    return torch.einsum("bql,blc->bqc", torch.nn.functional.softmax(scores, dim=2), v)


def unmasked(q, k, v, is_word):
    return torch.softmax(scores_by_einsum(q, k), dim=2) @ v


def masked_after_softmax(q, k, v, is_word):
    weights = torch.softmax(scores_by_einsum(q, k), dim=2)
    return weights.masked_fill(~is_word.unsqueeze(1), 0) @ v


def masked_with_0(q, k, v, is_word):
    scores = scores_by_einsum(q, k).masked_fill(~is_word.unsqueeze(1), 0)
    return torch.softmax(scores, dim=2) @ v


def mask_turned_round(q, k, v, is_word):
    scores = scores_by_einsum(q, k).masked_fill(is_word.unsqueeze(1), float("-inf"))
    return torch.softmax(scores, dim=2) @ v


def attended_without_root(q, k, v, is_word):
    scores = not_divided(q, k).masked_fill(~is_word.unsqueeze(1), float("-inf"))
    return torch.softmax(scores, dim=2) @ v


def pixels_masked(q, k, v, is_word):
    scores = scores_by_einsum(q, k).masked_fill(~is_word.unsqueeze(2), float("-inf"))
    return torch.softmax(scores, dim=2) @ v


def attended_over_pixels(q, k, v, is_word):
    scores = scores_by_einsum(q, k).masked_fill(~is_word.unsqueeze(1), -1e9)
    return torch.softmax(scores, dim=1) @ v


def masked_with_infinity_added(q, k, v, is_word):
    penalty = torch.zeros(is_word.shape).masked_fill(~is_word, float("-inf"))
    return torch.softmax(scores_by_einsum(q, k) + penalty[:, None], dim=2) @ v


def attended_one_by_one(q, k, v, is_word):
    pictures = []
    for i in range(len(q)):
        keys, values = k[i][is_word[i]], v[i][is_word[i]]
        weights = (q[i] @ keys.T / q.shape[-1] ** 0.5).softmax(dim=1)
        pictures.append(weights @ values)
    return torch.stack(pictures)


WRONG = [
    ("conditioning.prompt_tokens", minus_one_plus_two, "a second 'start'"),
    ("conditioning.prompt_tokens", label_for_token, "label 7 is token 9"),
    ("conditioning.prompt_tokens", words_from_1, "counts the words from token 1"),
    ("conditioning.prompt_tokens", zero_is_no_wish, "A wish for the digit 0 is lost"),
    ("conditioning.prompt_tokens", start_at_the_end, "turned round"),
    ("conditioning.prompt_tokens", null_without_start, "must open with 'start', too"),
    ("conditioning.prompt_tokens", one_long_row, "The shape should be"),
    ("conditioning.drop_cond", one_coin, "one coin for the whole batch"),
    ("conditioning.drop_cond", forgets_the_others, "*below* the probability"),
    ("conditioning.drop_cond", a_coin_for_each_token, "torn to pieces"),
    ("conditioning.drop_cond", no_start, "keeps the 'start'"),
    ("conditioning.drop_cond", the_first_ones, "the first wishes of the batch"),
    ("conditioning.drop_cond", every_second_by_a_fair_coin, "with this probability, expect"),
    ("conditioning.drop_cond", drops_in_place, "changes its input cond in place"),
    ("conditioning.drop_cond", leaves_rows_out, "The shape should be"),
    ("conditioning.drop_cond", keeps_every_wish, "Not one of 600 wishes"),
    ("conditioning.guided", starts_with_the_wish, "starts from the prediction *with* the wish"),
    ("conditioning.guided", scale_minus_one, "Do not subtract 1"),
    ("conditioning.guided", predictions_swapped, "The two predictions are swapped"),
    ("conditioning.guided", difference_alone, "the difference alone"),
    ("conditioning.guided", difference_turned_round, "The difference is turned round"),
    ("conditioning.guided", whole_prediction_scaled, "makes the whole prediction larger"),
    ("conditioning.guided", sum_of_both, "adds the two predictions up"),
    ("conditioning.attention_scores", not_divided, "sqrt(d) is missing"),
    ("conditioning.attention_scores", divided_by_d, "divides by d."),
    ("conditioning.attention_scores", divided_by_the_words, "root of the number of words"),
    ("conditioning.attention_scores", multiplied_by_the_root, "multiplies by sqrt(d)"),
    ("conditioning.attention_scores", words_ask_pixels, "the words ask the pixels"),
    ("conditioning.attention_scores", number_by_number, "query i with key i only"),
    ("conditioning.attention_scores", softmax_already, "The numbers are off"),
    ("conditioning.listen", softmax_over_pixels, "compete for a word"),
    ("conditioning.listen", softmax_over_the_batch, "over the batch"),
    ("conditioning.listen", no_softmax, "The softmax is missing"),
    ("conditioning.listen", divided_by_their_sum, "divides the scores by their sum"),
    ("conditioning.listen", exp_alone, "do not add up to 1"),
    ("conditioning.listen", the_best_word, "takes the one word"),
    ("conditioning.listen", weights_transposed, "The weights are transposed"),
    ("conditioning.listen", weights_only, "The shape should be"),
    ("conditioning.cross_attention", unmasked, "Nothing is masked"),
    ("conditioning.cross_attention", masked_after_softmax, "The mask comes after the softmax"),
    ("conditioning.cross_attention", masked_with_0, "set to 0"),
    ("conditioning.cross_attention", mask_turned_round, "The mask is turned round"),
    ("conditioning.cross_attention", attended_without_root, "sqrt(d) is missing"),
    ("conditioning.cross_attention", pixels_masked, "hides pixels"),
    ("conditioning.cross_attention", attended_over_pixels, "The numbers are off"),
]

RIGHT = [
    ("conditioning.prompt_tokens", tokens_by_filling),
    ("conditioning.prompt_tokens", tokens_by_a_list),
    ("conditioning.drop_cond", dropped_by_a_column_of_coins),
    ("conditioning.drop_cond", dropped_by_a_loop),
    ("conditioning.guided", guided_as_a_blend),
    ("conditioning.guided", guided_by_w),
    ("conditioning.guided", guided_by_lerp),
    ("conditioning.attention_scores", scores_by_einsum),
    ("conditioning.attention_scores", scores_by_broadcasting),
    ("conditioning.listen", listened_by_hand),
    ("conditioning.listen", listened_by_einsum),
    ("conditioning.cross_attention", masked_with_infinity_added),
    ("conditioning.cross_attention", attended_one_by_one),
]

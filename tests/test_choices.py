from fastconv.choices import Choices


class Owner:
    pass


def test_the_newest_that_nobody_took_back_is_in_force():
    choices, first, second = Choices("a"), Owner(), Owner()
    choices.choose("b", first)
    choices.choose("c", second)
    choices.take_back(first)
    assert choices.now == "c"
    choices.take_back(second)
    assert choices.now == "a"


def test_a_choice_whose_owner_is_gone_stays_and_older_ones_are_forgotten():
    choices = Choices("a")
    for value in "bcde":
        choices.choose(value, Owner())
    assert choices.now == "e"
    assert len(choices.entries) <= 2

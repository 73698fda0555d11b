"""Words and their n-grams find their rows."""

from local.sagemaker.containers.algorithms.blazingtext.features import END, hashed, learn


def test_a_words_hash_is_32_bit_fnv_1a():
    """Published test vectors of FNV-1a."""
    assert [hashed(""), hashed("a"), hashed("foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]


def test_rare_words_have_no_row():
    """Those below the least count; the end of the line is a word."""
    features = learn([["a", "b"], ["a"]], least=2, modulus=100, longest=1)

    assert set(features.words) == {"a", END}
    assert len(features.rows(["b"])) == 1


def test_the_order_of_words_makes_other_ngrams():
    """Single words are the same rows, pairs are not."""
    features = learn([["not", "good"], ["good", "not"]], least=1, modulus=10**6, longest=2)
    one, other = features.rows(["not", "good"]), features.rows(["good", "not"])

    assert sorted(one[:3]) == sorted(other[:3])
    assert set(one[3:]) != set(other[3:])
    assert (one < features.size).all()


def test_an_ngram_that_training_never_saw_adds_nothing():
    """Its bucket has learned nothing."""
    features = learn([["a", "b"]], least=1, modulus=10**6, longest=2)

    assert len(features.rows(["a", "b"])) == 5
    assert len(features.rows(["b", "a"])) == 3


def test_every_length_up_to_the_longest_is_taken():
    """Four words with the line's end: three pairs, two triples."""
    features = learn([["a", "b", "c"]], least=1, modulus=10**6, longest=3)

    assert len(features.grams(["a", "b", "c", END])) == 5

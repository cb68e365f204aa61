import radgrounder.predict as public
from radgrounder.inference import predictor


def test_the_public_names_are_those_of_inference():
    assert public.Predictor is predictor.Predictor
    assert all(hasattr(public, name) for name in public.__all__)

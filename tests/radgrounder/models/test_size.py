from radgrounder.models.size import NanoSize


def test_an_image_becomes_a_token_a_patch():
    assert NanoSize(image=96, patch=8).image_tokens == 144 and NanoSize(image=32, patch=16).image_tokens == 4

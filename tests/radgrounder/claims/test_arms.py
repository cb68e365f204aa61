from radgrounder.claims.arms import ARM_NAMES, ARMS, BOXES, MASKS, PLAIN


def test_every_arm_is_trained_on_something_and_differs_from_the_others():
    kinds = {(arm.internal, arm.external, arm.form, arm.share) for arm in ARMS}
    assert len(kinds) == len(ARMS) == len(set(ARM_NAMES)) and all(arm.internal or arm.external for arm in ARMS)


def test_places_come_from_the_own_data_alone():
    assert all(arm.internal for arm in ARMS if arm.form != PLAIN) and {arm.form for arm in ARMS} == {
        PLAIN,
        BOXES,
        MASKS,
    }

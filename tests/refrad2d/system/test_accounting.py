"""Every input is accounted for once."""

from refrad2d.system.accounting import account, count_results, no_progress


def test_each_position_has_a_line_and_a_reason_only_where_it_was_dropped():
    assert list(account("export", 2, {1: "timeout"})) == [
        {"root": "export", "n": 0, "status": "kept", "reason": None},
        {"root": "export", "n": 1, "status": "dropped", "reason": "timeout"},
    ]


def test_kept_and_dropped_add_up_to_all():
    counts = count_results(5, {0: "timeout", 3: "timeout", 4: "crash"})
    assert counts == {"kept": 2, "dropped_timeout": 2, "dropped_crash": 1} and counts.total() == 5


def test_no_progress_passes_items_on():
    assert list(no_progress([1, 2], 2, "x")) == [1, 2]

"""Isolation: whatever a function does to its process, every item gets a result and the run goes on."""

import ctypes
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from refrad2d.system.processes import Result, kept_children, run_isolated
from tests.fixtures.paths import ROOT


def behave(task):
    """Do to this process what the task says."""
    verb, argument = task
    if verb == "square":
        return argument * argument
    if verb == "sleep":
        time.sleep(argument)
    if verb == "raise":
        raise ValueError("Müller, Hans")
    if verb == "exit":
        sys.exit(3)
    if verb == "segfault":
        ctypes.string_at(0)
    if verb == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if verb == "allocate":
        return len(bytearray(argument * 2**20))
    if verb == "leak":
        LEAKED.append(bytearray(argument * 2**20))
        return len(LEAKED)
    if verb == "recurse":
        return behave((verb, behave))
    if verb == "lambda":
        return lambda: None
    if verb == "stdin":
        return sys.stdin.read()
    if verb == "pid":
        return os.getpid()
    if verb == "print":
        os.write(1, b"Mueller^Hans")
        os.write(2, b"Mueller^Hans")
    return None


LEAKED: list[bytearray] = []


def run(tasks, workers=1, timeout_s=20.0, memory_mb=400):
    return list(run_isolated(behave, tasks, workers=workers, timeout_s=timeout_s, memory_mb=memory_mb))


def reason(task, **options):
    return run([task], **options)[0][1].reason


@pytest.mark.parametrize("workers", [1, 3])
def test_results_keep_the_order_of_the_items(workers):
    tasks = [("sleep", 0.3), *(("square", n) for n in range(1, 40))]
    assert run(tasks, workers) == [(0, Result()), *((n, Result(n * n)) for n in range(1, 40))]


def test_no_items_give_no_results():
    assert run([]) == []


def test_a_late_item_is_a_timeout():
    assert reason(("sleep", 60), timeout_s=0.3) == "timeout"


@pytest.mark.parametrize("verb", ["segfault", "kill"])
def test_a_dying_child_is_a_crash(verb):
    assert reason((verb, None)) == "crash"


def test_too_much_memory_is_out_of_memory():
    assert reason(("allocate", 4000)) == "out_of_memory"


def test_the_limit_holds_whatever_malloc_is_told_to_keep_spare(monkeypatch):
    """As `make` tells it: a heap that grows by 256 MB at a time."""
    monkeypatch.setenv("MALLOC_MMAP_MAX_", "0")
    monkeypatch.setenv("MALLOC_TOP_PAD_", str(256 << 20))
    assert run([("allocate", 200)], memory_mb=100)[0][1].reason == "out_of_memory"


def test_memory_within_the_limit_is_granted():
    assert run([("allocate", 100)]) == [(0, Result(100 * 2**20))]


def test_memory_that_earlier_items_leaked_is_not_held_against_an_item():
    values = [result.value for _, result in run([("leak", 150)] * 5)]  # how often the child that answered had leaked
    assert None not in values and max(values) < len(values)  # nobody failed, and the full child was replaced


def test_an_exception_gives_its_class_and_not_its_message():
    assert reason(("raise", None)) == "error_ValueError"


@pytest.mark.parametrize(("verb", "name"), [("exit", "SystemExit"), ("recurse", "RecursionError")])
def test_unusual_exceptions_are_reasons_too(verb, name):
    assert reason((verb, None)) == f"error_{name}"


def test_a_value_that_cannot_travel_is_an_error():
    assert reason(("lambda", None)).startswith("error_")


def test_the_run_goes_on_after_every_kind_of_failure():
    bad = [("kill", None), ("sleep", 60), ("allocate", 4000), ("raise", None), ("segfault", None)]
    results = run([task for b in bad for task in (b, ("square", 3))], workers=2, timeout_s=1.0)
    assert [r.value for _, r in results[1::2]] == [9] * len(bad)


def test_children_are_reused():
    assert len({result.value for _, result in run([("pid", None)] * 20)}) == 1


def test_kept_children_are_asked_again_and_end_with_the_block():
    before = set(psutil.Process().children())
    with kept_children():
        first, second = (run([("pid", None)])[0][1].value for _ in range(2))
        assert run([("allocate", 4000)])[0][1].reason == "out_of_memory"
        assert run([("square", 2), ("kill", None), ("square", 3)])[1][1].reason == "crash"
        later = run([("pid", None)])[0][1].value
    assert first == second != later
    assert set(psutil.Process().children()) <= before and run([("pid", None)])[0][1].value != later


def test_children_that_are_kept_for_longer_stay_when_an_inner_block_ends():
    with kept_children():
        with kept_children():
            first = run([("pid", None)])[0][1].value
        assert run([("pid", None)])[0][1].value == first
    assert not psutil.pid_exists(first)


def test_a_kept_child_that_died_is_replaced():
    with kept_children():
        first = run([("pid", None)])[0][1].value
        os.kill(first, signal.SIGKILL)
        time.sleep(0.2)
        assert run([("square", 3)]) == [(0, Result(9))]


def test_children_read_an_empty_stdin():
    assert run([("stdin", None)]) == [(0, Result(""))]


def test_children_print_nowhere(capfd):
    run([("print", None)])
    assert capfd.readouterr() == ("", "")


def test_no_child_outlives_the_run():
    before = psutil.Process().children()  # other tests of this process may have left helpers of their libraries
    run([("square", 1), ("kill", None), ("square", 2)], workers=2)
    assert set(psutil.Process().children()) <= set(before)


def test_leaving_early_ends_the_children():
    before = psutil.Process().children()
    results = run_isolated(behave, [("square", 2), ("sleep", 60)], workers=2, timeout_s=60, memory_mb=400)
    next(results)
    results.close()
    assert set(psutil.Process().children()) <= set(before)


def test_items_are_drawn_as_needed():
    drawn = []
    tasks = (drawn.append(n) or ("square", n) for n in range(10_000))
    results = run_isolated(behave, tasks, workers=1, timeout_s=20, memory_mb=400)
    next(results)
    results.close()
    assert len(drawn) < 20


def test_a_function_of_a_script_is_refused():
    def local(task):
        return task

    local.__module__ = "__main__"
    with pytest.raises(ValueError, match="defined in a script"):
        next(run_isolated(local, [1], workers=1, timeout_s=1, memory_mb=400))


def test_children_die_with_a_killed_parent(tmp_path):
    program = (
        "from tests.refrad2d.system.test_processes import behave\nfrom refrad2d.system.processes import run_isolated\n"
        "tasks = [('pid', None), ('sleep', 60)]\n"
        "for _, r in run_isolated(behave, tasks, workers=1, timeout_s=60, memory_mb=400): print(r.value, flush=True)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.communicate()
    gone, alive = psutil.wait_procs([child], timeout=10)
    assert not alive or all(process.status() == psutil.STATUS_ZOMBIE for process in alive)


FAULTS = """
import resource, sys
import numpy as np
from refrad2d.system.processes import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()

def fill():
    for _ in range(20):
        kept = [np.ones(1 << 20, np.uint8) for _ in range(20)]

fill()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
fill()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="the C library is not glibc")
def test_freed_memory_stays_for_the_next_arrays():
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")}
    given, kept = (
        int(
            subprocess.run([sys.executable, "-c", FAULTS, how], env=environment, capture_output=True, check=True).stdout
        )
        for how in ("give", "keep")
    )
    assert kept < given / 20

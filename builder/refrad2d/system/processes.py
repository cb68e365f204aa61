"""Run a function over items in child processes that may hang, crash or eat memory without harming the run.

    for index, result in run_isolated(read_file, paths, workers=2, timeout_s=60, memory_mb=2000):
        print(index, result.reason or "kept")

    with kept_children():                                 # further runs of this thread ask the same children
        first = list(run_isolated(read_file, paths, workers=1, timeout_s=60, memory_mb=2000))
        second = list(run_isolated(write_file, paths, workers=1, timeout_s=60, memory_mb=2000))

Written by hand after a trial of pebble: its pool drew all 2,000 items before it gave the first result, imports the
caller's script a second time, lets children print to the terminal, and blames an item for what earlier ones leaked.
"""

import ctypes
import errno
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from typing import Any

from refrad2d.system.files import is_disk_full
from refrad2d.system.later import import_all

FOREVER_S = 2e6  # a poll takes no longer waits
START_S = 120.0  # a child that has not imported the function by then will never do so
LOOK_AHEAD = 4  # finished results a worker may be ahead of the oldest unfinished item, so memory stays bounded
MOST_RUNS = 500  # of a child that is kept, so that what foreign files make libraries leak does not add up
_PR_SET_PDEATHSIG = 1
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of mallopt
_ARRAY_BYTES = 32 << 20  # glibc's own limit of what an array may take that stays at hand when it is freed


@dataclass(frozen=True)
class Result:
    """What became of one item: a value, or the reason why there is none.

    Reasons: "timeout", "out_of_memory", "crash" (the child died), "error_<exception class>". Messages of exceptions
    are left behind in the child, since they may quote a patient's file.
    """

    value: Any = None
    reason: str | None = None


def run_isolated(
    function: Callable[[Any], Any],
    items: Iterable[Any],
    *,
    workers: int,
    timeout_s: float = FOREVER_S,
    memory_mb: int | None = None,
) -> Iterator[tuple[int, Result]]:
    """Yield (index, Result) for every item, in the order of the items, whatever the function does to its process.

    `function` must be importable (not a lambda, not defined in a script); items and values travel as pickles.
    `timeout_s` is wall-clock time for one item, `memory_mb` the address space that it may add to a fresh child's, None
    without limit.
    Children are reused; one that crashed, ran late or ran out of memory is killed and replaced. A crash or lack of
    memory in a used child is tried once more in a fresh one, so the outcome does not depend on what ran before.
    Leaving the generator early ends all children. RuntimeError if a child cannot import the function, OSError if the
    function found the disk full.
    """
    if workers < 1:
        raise ValueError(f"workers={workers} is not positive. Give at least 1.")
    if getattr(function, "__module__", None) == "__main__":
        raise ValueError(
            f"{function.__qualname__} is defined in a script. Move it to a module that children can import."
        )
    job = pickle.dumps((function, memory_mb))
    queue = enumerate(items)
    retry: deque[tuple[int, Any]] = deque()
    done: dict[int, Result] = {}
    kept: list[_Child] = getattr(_KEPT, "children", [])  # of earlier runs, all idle; the oldest is asked first
    pool: list[_Child] = []
    next_index, exhausted = 0, False
    try:
        while True:
            while next_index in done:
                yield next_index, done.pop(next_index)
                next_index += 1
            for _ in range(workers):  # hand out work as long as a child is free and no result runs too far ahead
                task = retry.popleft() if retry else None
                if task is None and not exhausted and _room(pool, done, workers):
                    task = next(queue, None)
                    exhausted = task is None
                if task is None:
                    break
                child = next((c for c in pool if c.task is None), None)
                if child is None and len(pool) < workers:
                    child = _prepared(kept, job, function)
                    pool.append(child)
                if child is None:
                    retry.appendleft(task)
                    break
                child.give(task, timeout_s)
            busy = [child for child in pool if child.task is not None]
            if not busy and not retry:
                if exhausted and not done:
                    return
                continue
            for child in _finished(busy):
                _settle(child, pool, retry, done)
    finally:
        for child in pool:
            if child.task is None and child.runs < MOST_RUNS and hasattr(_KEPT, "children"):
                kept.append(child)
            else:
                child.end()


_KEPT = threading.local()  # .children: those of this thread that wait for its next run, while it keeps any


@contextmanager
def kept_children() -> Iterator[None]:
    """Children of the runs of this thread stay for its next runs, with what their functions remember, until the end.

    Each run still has its own limits: the memory that a child may add is counted from the start of the run. Where
    children are kept already, they stay until that ends.
    """
    if hasattr(_KEPT, "children"):  # they are kept for longer
        yield
        return
    keep_children()
    try:
        yield
    finally:
        children = _KEPT.children
        del _KEPT.children
        for child in children:
            child.end()


def keep_children() -> None:
    """The same until this process ends, and they with it: for a process that is itself a child."""
    if not hasattr(_KEPT, "children"):
        _KEPT.children = []


def _prepared(kept: list["_Child"], job: bytes, function: Callable[[Any], Any]) -> "_Child":
    """A child that has imported the function: one of those that were kept and are still alive, else a new one."""
    while kept:
        child = kept.pop(0)
        if child.prepare(job):
            return child
    child = _Child()
    if not child.prepare(job):
        import_all()  # says which library is missing, if one is
        name = f"{function.__module__}.{function.__qualname__}"
        raise RuntimeError(f"A child process could not import {name}. Import that module by hand to see why.")
    return child


def _room(pool: list["_Child"], done: dict[int, Result], workers: int) -> bool:
    return len(done) + sum(child.task is not None for child in pool) < workers * LOOK_AHEAD


def _settle(child: "_Child", pool: list["_Child"], retry: deque[tuple[int, Any]], done: dict[int, Result]) -> None:
    """Take the answer of a child; one that failed ends, and its task is tried again if it did other work before."""
    used = child.handled > 0
    (index, item), result = child.take()
    if result.reason == "disk_full":  # no fault of the item: the run must stop, not go on without it
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if result.reason in ("timeout", "crash", "out_of_memory"):
        child.end()
        pool.remove(child)
        if used and result.reason != "timeout":
            retry.append((index, item))
            return
    done[index] = result


def _finished(busy: list["_Child"]) -> list["_Child"]:
    """The children that have answered, died or run late; waits until there is one."""
    while True:
        patience = max(0.0, min(child.deadline for child in busy) - time.monotonic())
        ready = wait([child.pipe for child in busy], timeout=patience)
        now = time.monotonic()
        finished = [child for child in busy if child.pipe in ready or child.deadline <= now]
        if finished:
            return finished


@dataclass(eq=False)
class _Child:
    """One child process, the pipe to it, and the task it works on."""

    task: tuple[int, Any] | None = None
    deadline: float = 0.0
    handled: int = 0
    runs: int = 0
    process: subprocess.Popen = field(init=False)
    pipe: Connection = field(init=False)

    def __post_init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            # A plain interpreter, not multiprocessing's spawn: that would import the caller's script a second time.
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    f"from refrad2d.system.processes import serve; serve({theirs.fileno()}, {os.getpid()})",
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,  # codecs print warnings that can quote the file
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
                env={
                    # without the caller's malloc settings: spare heap that they reserve would escape the limit
                    **{name: value for name, value in os.environ.items() if not name.startswith("MALLOC_")},
                    "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",  # each idle thread would reserve address space
                    "MALLOC_ARENA_MAX": "2",
                },
            )
        self.pipe = Connection(ours.detach())

    def prepare(self, job: bytes) -> bool:
        """Have the child import a function and set its limits; False, and its end, if it cannot."""
        self.runs += 1
        try:
            self.pipe.send(_Job(job))
            ready = self.pipe.poll(START_S) and self.pipe.recv_bytes() == b"ready"
        except (EOFError, OSError):
            ready = False
        if not ready:
            self.end()
        return ready

    def give(self, task: tuple[int, Any], timeout_s: float) -> None:
        """Start a task. A child that died while idle is noticed when its answer is taken."""
        self.task = task
        self.deadline = time.monotonic() + timeout_s
        try:
            self.pipe.send(task[1])
        except OSError:
            self.deadline = 0.0

    def take(self) -> tuple[tuple[int, Any], Result]:
        """The task and its result; the child is free again."""
        assert self.task is not None
        task, self.task = self.task, None
        self.handled += 1
        try:
            if self.pipe.poll():
                return task, Result(*self.pipe.recv())
        except (EOFError, OSError):
            return task, Result(reason="crash")
        return task, Result(reason="timeout" if self.deadline else "crash")

    def end(self) -> None:
        """Kill the child and whatever it started, and wait until it is gone."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass  # it is gone already
        self.process.wait()
        self.pipe.close()


@dataclass(frozen=True)
class _Job:
    """A message to a child that is no item: the pickle of (function, memory_mb) for all items that follow."""

    pickled: bytes


def keep_freed_memory() -> None:
    """Have the C library keep the memory of arrays that are freed, up to 64 MB, for the next ones (glibc only).

    Else it is given back and asked for again with each slice, and the kernel clears every page anew.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, TypeError):  # another C library, another system
        return
    mallopt(_M_MMAP_THRESHOLD, _ARRAY_BYTES)
    mallopt(_M_TRIM_THRESHOLD, 2 * _ARRAY_BYTES)


def serve(fd: int, parent: int) -> None:
    """The life of a child: import a function, then answer tasks, until the parent closes the pipe."""
    _die_with(parent)
    keep_freed_memory()
    pipe = Connection(fd)
    function: Callable[[Any], Any] | None = None
    while True:
        try:
            item = pipe.recv()
        except EOFError:
            return
        if isinstance(item, _Job):
            function, memory_mb = pickle.loads(item.pickled)
            if memory_mb is not None:
                import_all()  # what a library takes is not held against an item
            _limit_memory(memory_mb)
            pipe.send_bytes(b"ready")
        elif function is not None:
            pipe.send_bytes(_answer(function, item))


def _answer(function: Callable[[Any], Any], item: Any) -> bytes:
    # The one broad except of the project: to turn whatever a foreign file provokes into a reason is the purpose here.
    try:
        return pickle.dumps((function(item), None), protocol=5)
    except MemoryError:
        return pickle.dumps((None, "out_of_memory"))
    except OSError as error:
        return pickle.dumps((None, "disk_full" if is_disk_full(error) else f"error_{type(error).__name__}"))
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        return pickle.dumps((None, f"error_{type(error).__name__}"))


def _die_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, even if it is stuck in a C library (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before the call
            os._exit(1)


def _limit_memory(memory_mb: int | None) -> None:
    """Cap the address space at what is taken now plus `memory_mb`; no core file is ever written."""
    import resource  # absent on Windows, where children run without limit

    with open("/proc/self/statm", encoding="ascii") as statm:
        taken = int(statm.read().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = hard if memory_mb is None else taken + memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

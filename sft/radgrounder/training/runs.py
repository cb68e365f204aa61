"""One run of a recipe of `trl sft`, in this process.

>>> train(Path("sft/recipes/nano/detection.yaml"), data, out, base=base, steps=100, seed=0)
"""

from pathlib import Path


def train(recipe: Path, data: Path, out: Path, *, base: Path, steps: int, seed: int, **more: object) -> None:
    """Train as `trl sft` does, and release to OUT/model; `more` are further options of the recipe."""
    from trl.scripts.sft import main as sft
    from trl.scripts.sft import make_parser

    from radgrounder.models.release import release

    overrides = {
        "model_name_or_path": base, "dataset_name": data, "output_dir": out / "adapter", "max_steps": steps,
        "seed": seed, "data_seed": seed, "disable_tqdm": "true", **more,
    }  # fmt: skip
    words = [word for name, value in overrides.items() for word in (f"--{name}", str(value))]
    sft(*make_parser().parse_args_and_config(["--config", str(recipe), *words], fail_with_unknown_args=True))
    release(out / "adapter", out / "model")

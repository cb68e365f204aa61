"""The figures of the arms, what they say of the claims, and what the design can see, as JSON and Markdown."""

from collections.abc import Mapping
from typing import Any

from radgrounder.claims.crossed import Gap, Panel, difference, estimate
from radgrounder.claims.measures import BELOW, CLAIMS, MEASURES, Claim, holds, margins, verdict
from radgrounder.claims.power import POWER, detectable, pooled
from refrad2d.system.markdown import table

Panels = Mapping[str, Mapping[str, Panel]]


def detectable_differences(pilot: Panels, *, seeds: int) -> dict[str, Any]:
    """By measure that is claimed something of: the detectable difference with so many seeds on the pilot's patients,
    from the parts of variance of its pairs of arms, pooled."""
    found: dict[str, Any] = {}
    for measure in MEASURES:
        pairs = [pair for claim in CLAIMS if claim.measure == measure.title and (pair := pair_of(claim, pilot))]
        if pairs and all(len(side.sums) > 1 for pair in pairs for side in pair):
            patients = len(pairs[0][0].counts)
            parts = pooled([estimate(*pair) for pair in pairs])
            found[measure.title] = {
                "detectable": detectable(parts, seeds=seeds, patients=patients),
                "patients": patients,
                "seeds": seeds,
                "pilot_seeds": len(pairs[0][0].sums),
                "margin": margins()[measure.title],
                "variance": {"seeds": parts.seeds[0], "patients": parts.patients, "rest": parts.rest[0]},
            }
    return found


def pair_of(claim: Claim, panels: Panels) -> tuple[Panel, Panel] | None:
    """The scores of both arms of a claim, None if one of them lacks."""
    first, second = (panels.get(name, {}).get(claim.measure) for name in (claim.first, claim.second))
    return (first, second) if first and second else None


def format_power(found: Mapping[str, Any]) -> str:
    """The detectable differences as a table."""
    if not found:
        return "No pilot: the detectable differences are told after two seeds of two arms."
    lines = [
        (title, f"{one['detectable']:.3f}", f"{one['margin']:.3f}", f"{one['seeds']}", f"{one['patients']}")
        for title, one in found.items()
    ]
    pilot = next(iter(found.values()))["pilot_seeds"]
    text = (
        f"Differences between two arms that this design finds in {100 * POWER:.0f} of 100 repetitions, by the parts of "
        f"variance of the first {pilot} seeds of every arm, told before the others are trained:"
    )
    return f"{text}\n\n{table(('measure', 'detectable', 'margin', 'seeds', 'patients or pictures'), lines)}"


def format_results(
    panels: Panels, controls: Mapping[str, Panel], power: Mapping[str, Any], *, samples: int
) -> tuple[dict[str, Any], str]:
    """All figures, and the tables: what can be seen first, then the claims, then the arms beside their controls."""
    arms = {name: {title: one.mean for title, one in by.items()} for name, by in panels.items()}
    claims = [found for claim in CLAIMS if (found := judge_claim(claim, panels, controls, samples=samples))]
    results = {
        "power": dict(power),
        "claims": claims,
        "arms": arms,
        "controls": {title: one.mean for title, one in controls.items()},
        "above_control": _above_control(panels, controls, samples=samples),
    }
    return results, "\n\n".join([format_power(power), format_claims(claims), format_arms(results)]) + "\n"


def judge_claim(claim: Claim, panels: Panels, controls: Mapping[str, Panel], *, samples: int) -> dict[str, Any] | None:
    """The difference of a claim's arms with its verdict; None if an arm lacks."""
    pair = pair_of(claim, panels)
    if pair is None:
        return None
    gap, margin = difference(*pair, samples=samples), margins()[claim.measure]
    ordered = sorted(pair, key=lambda side: -side.mean)
    control = controls.get(claim.measure)
    above, other = (control is None or difference(side, control, samples=samples).low > 0 for side in ordered)
    found = verdict(gap, margin=margin, above=above)
    parts = estimate(*pair)
    own = detectable(parts, seeds=gap.seeds, patients=gap.n) if gap.seeds > 1 else None
    return {
        **claim._asdict(), **vars(gap), "margin": margin, "above_control": above, "other_above_control": other,
        "detectable": own, "verdict": found, "holds": holds(found, gap, claim.wanted, margin),
    }  # fmt: skip


def _above_control(panels: Panels, controls: Mapping[str, Panel], *, samples: int) -> dict[str, Any]:
    """Of every arm and measure with a control: the difference to it with its interval."""
    return {
        name: {
            title: _as_interval(difference(one, controls[title], samples=samples))
            for title, one in by.items()
            if title in controls
        }
        for name, by in panels.items()
    }


def _as_interval(gap: Gap) -> dict[str, float]:
    return {"mean": gap.mean, "low": gap.low, "high": gap.high}


def format_claims(claims: list[dict[str, Any]]) -> str:
    """One line a claim and pair of arms."""
    lines = [
        (
            one["text"], f"{one['measure']}: {one['first']} − {one['second']}",
            f"{one['mean']:+.3f} [{one['low']:+.3f}, {one['high']:+.3f}]", f"{one['margin']:.2f}",
            "–" if one["detectable"] is None else f"{one['detectable']:.3f}",
            str(one["n"]),
            _says(one),
        )
        for one in claims
    ]  # fmt: skip
    return table(("claim", "measured by", "difference [95 %]", "margin", "detectable, own parts", "n", "says"), lines)


def _says(one: Mapping[str, Any]) -> str:
    if one["verdict"] == BELOW:
        return BELOW
    rest = "" if one["other_above_control"] else "; the other arm does not beat its control"
    return f"{one['verdict']}; holds: {one['holds']}{rest}"


def format_arms(results: Mapping[str, Any]) -> str:
    """One line an arm, its measures; a star where its interval is above the control."""
    titles = [m.title for m in MEASURES if any(m.title in by for by in results["arms"].values())]
    lines = [("control", *(_mean(results["controls"].get(title)) for title in titles))]
    for name, by in results["arms"].items():
        over = results["above_control"][name]
        stars = ["*" if title in over and over[title]["low"] > 0 else "" for title in titles]
        lines.append((name, *(_mean(by.get(title)) + star for title, star in zip(titles, stars, strict=True))))
    return table(("arm", *titles), lines) + "\n\n\\* above its control by the 95 % interval of the difference."


def _mean(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"

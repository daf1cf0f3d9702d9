"""Does a recurrent network forecast sunspots, El Niño and carbon dioxide better than the simple things do?

Every forecast covers several horizons at once: 1 to 11 years, 1 to 12 months, 1 to 13 weeks. The first four fifths of
a series are to learn from, and their last fifth is validation; the rest is the test. The origin rolls through the test,
the models are not fitted again. An error is the root-mean-square error of each horizon; where one number is given it is
the mean over the horizons.

Networks answer with all horizons at once, from the last `context` values. Hidden size, rate and number of updates are
chosen on validation, from 84 settings with two seeds each; the choice is trained again on all of the first four fifths,
with ten other seeds. Sunspots and El Niño also end at three earlier years, with choices of their own.

The last part makes 90 % intervals for the next value: from the errors in training, by the pinball loss, and by split
conformal prediction, which learns from three fifths and calibrates on one. The full run takes about nine minutes.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from experiments import _forecasters, saving
from experiments._forecasters import Batch
from experiments._gru_forms import Arrays
from rnn_utils import data

SETTINGS: dict[str, Any] = {
    # series: horizons, steps that a network reads, highest order of an autoregression
    "series": {
        "sunspots": [11, 40, 20],
        "sunspots to 1850": [11, 40, 20],
        "sunspots to 1900": [11, 40, 20],
        "sunspots to 1950": [11, 40, 20],
        "elnino": [12, 40, 36],
        "elnino to 1980": [12, 40, 36],
        "elnino to 1990": [12, 40, 36],
        "elnino to 2000": [12, 40, 36],
        "co2": [13, 110, 120],
        "co2 raw": [13, 110, 120],
    },
    # kind: hidden sizes that are tried
    "kinds": {"GRU": [4, 16, 32], "LSTM": [4, 16, 32], "window": [8, 32, 96]},
    "lstm_on": ["sunspots", "elnino"],
    "rates": [0.003, 0.01, 0.03, 0.1],
    "updates": [25, 50, 100, 200, 400, 800, 1600],
    "seeds": 10,
    "tuning_seeds": 2,
}
WINDOW = {"sunspots": 12, "elnino": 14, "co2": 110}
BURN = 12  # first steps of a crop that are not scored
LEVEL = 0.9
TOLERANCE = 0.03


class Prepared:
    """A series as a model sees it, and the way back to its unit.

    Attributes
    ----------
    x : ndarray, shape (T,)
        In its unit.
    z : ndarray, shape (T,)
        Standardised by the part to learn from; anomalies for El Niño, for carbon dioxide changes from week to week.
    split : int
        Where the test begins.

    """

    def __init__(self, name: str, share: float = 0.8) -> None:
        series, _, end = name.partition(" to ")
        whole = getattr(data, series.split()[0])()
        self.x = data.fill_gaps(whole)[0].values
        if end:
            self.x = self.x[whole.times < int(end)]
        self.split = int(share * len(self.x))
        self.level, self.changes = np.zeros(len(self.x)), name == "co2"
        if series == "elnino":
            months = self.x[: self.split // 12 * 12].reshape(-1, 12).mean(axis=0)
            self.level = np.resize(months, len(self.x))
        z = np.diff(self.x, prepend=self.x[0]) if self.changes else self.x - self.level
        known = z[1 : self.split]
        self.mean, self.scale = known.mean(), known.std()
        self.z = (z - self.mean) / self.scale

    def back(self, answers: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """Return forecasts in the series' unit from answers (…, N, K), made after the values at `origins` (N,)."""
        values = answers * self.scale + self.mean
        if self.changes:
            return self.x[origins][:, None] + np.cumsum(values, axis=-1)
        ahead = origins[:, None] + np.arange(1, values.shape[-1] + 1)
        return values + self.level[ahead]


def ahead_of(z: np.ndarray, origins: np.ndarray, K: int) -> np.ndarray:
    """Return the K values that follow each origin: (N, K)."""
    return z[origins[:, None] + np.arange(1, K + 1)]


def origins_in(start: int, stop: int, K: int) -> np.ndarray:
    """Return the last known places for forecasts whose K values all lie in start … stop − 1."""
    return np.arange(start - 1, stop - K)


def by_horizon(forecast: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return root-mean-square errors by horizon: (…, N, K) to (…, K)."""
    return np.sqrt(np.square(forecast - truth).mean(axis=-2))


def digits(value: Any) -> Any:
    """Return numbers with four significant digits, as JSON has them."""
    return np.vectorize(lambda number: float(f"{number:.4g}"))(value).tolist()


# Without a network ---------------------------------------------------------------------------------------------------


def past_of(z: np.ndarray, origins: np.ndarray, p: int) -> np.ndarray:
    """Return a constant and the last p values at each origin, newest first: (N, p + 1)."""
    return np.column_stack([np.ones(len(origins)), z[origins[:, None] - np.arange(p)]])


def autoregression(z: np.ndarray, stop: int, p: int, K: int, origins: np.ndarray, direct: bool) -> np.ndarray:
    """Return forecasts (N, K) of an AR(p) that was fitted to z[:stop], applied again and again or one a horizon."""
    if direct:
        fit = np.arange(p - 1, stop - K)
        a = np.linalg.lstsq(past_of(z, fit, p), ahead_of(z, fit, K), rcond=None)[0]
        return past_of(z, origins, p) @ a
    fit = np.arange(p - 1, stop - 1)
    a = np.linalg.lstsq(past_of(z, fit, p), z[fit + 1], rcond=None)[0]
    rows, found = past_of(z, origins, p), []
    for _ in range(K):
        found.append(rows @ a)
        rows = np.column_stack([rows[:, :1], found[-1], rows[:, 1:-1]])
    return np.stack(found, axis=1)


def chosen_order(series: Prepared, K: int, highest: int, direct: bool) -> dict[str, Any]:
    """Return the order with the lowest mean error on validation, and that error."""
    inner = int(0.8 * series.split)
    origins = origins_in(inner, series.split, K)
    truth = ahead_of(series.x, origins, K)

    def error(p: int) -> float:
        made = series.back(autoregression(series.z, inner, p, K, origins, direct), origins)
        return float(by_horizon(made, truth).mean())

    tried = {p: error(p) for p in range(1, highest + 1)}
    order = min(tried, key=lambda p: tried[p])
    return {"order": order, "validation": digits(tried[order])}


def naive(name: str, series: Prepared, K: int, origins: np.ndarray) -> dict[str, np.ndarray]:
    """Return the forecasts that have nothing to fit but a mean."""
    x, level = series.x, series.level
    steps = np.arange(1, K + 1)
    season = {"sunspots": 11, "elnino": 12, "co2": 52}[name.split()[0]]
    last_season = x[origins[:, None] + steps - season * -(-steps // season)]
    if name.startswith("co2"):  # a year ago, and what has been added since
        last_season = last_season + (x[origins] - x[origins - season])[:, None]
    mean = level[origins[:, None] + steps] + (0 if level.any() else x[: series.split].mean())
    found = {"mean": mean, "seasonal naive": last_season}
    found["persistence"] = (x - level)[origins][:, None] + level[origins[:, None] + steps]
    return found


def statistical(name: str, series: Prepared, K: int, origins: np.ndarray) -> dict[str, np.ndarray]:
    """Return forecasts of exponential smoothing and of a (seasonal) ARIMA from statsmodels, fitted before the test.

    The order of the ARIMA is the one with the lowest AIC.
    """
    from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    x, z = series.x, series.z
    year = 2 * np.pi * np.arange(len(x))[:, None] * np.arange(1, 4) / 52.18
    waves = np.column_stack([np.sin(year), np.cos(year)])
    smoothings: dict[str, dict[str, Any]] = {"sunspots": {}, "elnino": {"seasonal": 12}, "co2": {"trend": True}}
    smooth = smoothings[name]
    models = {"exponential smoothing": [lambda v: ExponentialSmoothing(v, **smooth)]}
    values, options = {"exponential smoothing": x, "ARIMA": z if name == "sunspots" else x}, {}
    orders = {"sunspots": [(2, 0, 1), (3, 0, 2), (9, 0, 1)], "elnino": [(1, 0, 1), (2, 0, 1), (3, 0, 1)]}
    more: dict[str, Any] = {"seasonal_order": (0, 1, 1, 12)} if name == "elnino" else {}
    if name == "co2":  # a year of 52.18 weeks: waves instead of a seasonal part
        orders["co2"], options = [(1, 1, 1), (2, 1, 2), (3, 1, 2)], {"exog": waves}
    models["ARIMA"] = [
        lambda v, order=order: SARIMAX(v, order=order, **more, **{k: w[: len(v)] for k, w in options.items()})
        for order in orders[name]
    ]
    found = {}
    for label, candidates in models.items():
        v = values[label]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = min((model(v[: series.split]).fit(disp=False) for model in candidates), key=lambda one: one.aic)
            whole = fitted.apply(v, **(options if label == "ARIMA" else {}))
            rows = np.stack([whole.get_prediction(o + 1, o + K, dynamic=0).predicted_mean for o in origins])
        found[label] = series.back(rows, origins) if v is z else rows
    return found


def without_network(name: str, series: Prepared, K: int, highest: int) -> dict[str, Any]:
    """Return errors by horizon of everything that is not a network."""
    origins = origins_in(series.split, len(series.x), K)
    truth = ahead_of(series.x, origins, K)
    forecasts = naive(name, series, K, origins)
    orders = {}
    for label, direct in (("AR, recursive", False), ("AR, direct", True)):
        orders[label] = chosen_order(series, K, highest, direct)
        made = autoregression(series.z, series.split, orders[label]["order"], K, origins, direct)
        forecasts[label] = series.back(made, origins)
    if name in ("sunspots", "elnino", "co2"):
        forecasts |= statistical(name, series, K, origins)
    found = {label: {"test": digits(by_horizon(f, truth))} for label, f in forecasts.items()}
    for label, chosen in orders.items():
        found[label] |= chosen
    return found


# Networks ------------------------------------------------------------------------------------------------------------


def seen_by(kind: str, z: np.ndarray, origins: np.ndarray, length: int) -> np.ndarray:
    """Return what a network reads before each origin: (steps, N, D), for a window all in one step."""
    seen = z[origins[:, None] + np.arange(-length + 1, 1)]
    return seen[None] if kind == "window" else seen.T[:, :, None]


def drawer(kind: str, z: np.ndarray, length: int, K: list[int], seeds: range) -> Callable[[int], Batch]:
    """Return what draws batches: crops of z for a loop, windows for a window; K lists the horizons to be answered."""
    rngs = [np.random.default_rng([seed, 13]) for seed in seeds]
    steps = np.array(K)

    def draw(_: int) -> Batch:
        pairs = []
        for rng in rngs:
            if kind == "window":
                ends = rng.integers(length - 1, len(z) - steps.max(), size=128)
                pairs.append((seen_by(kind, z, ends, length), z[ends[:, None] + steps][None]))
                continue
            where = rng.integers(len(z) - steps.max() - length + 1, size=16) + np.arange(length)[:, None]
            y = z[where[..., None] + steps]
            y[:BURN] = np.nan
            pairs.append((z[where][..., None], y))
        return np.stack([x for x, _ in pairs], axis=1), np.stack([y for _, y in pairs], axis=1)

    return draw


def forecasts_of(kind: str, p: Arrays, series: Prepared, origins: np.ndarray, length: int) -> np.ndarray:
    """Return the forecasts of all networks (S, N, K) in the series' unit."""
    answers = _forecasters.answers(kind, p, seen_by(kind, series.z, origins, length))[-1]
    return series.back(answers, origins)


def learn(
    kind: str,
    hidden: int,
    z: np.ndarray,
    length: int,
    K: list[int],
    rates: Any,
    seeds: list[int],
    updates: int,
    **more: Any,
) -> Arrays:
    """Return networks that have learned from z, one for each seed."""
    outputs = more.pop("outputs", len(K))
    p = _forecasters.initialise(kind, length if kind == "window" else 1, hidden, outputs, seeds)
    draw = drawer(kind, z, length, K, seeds)  # type: ignore[arg-type]
    _forecasters.train(kind, p, rates, draw, updates, fall=False, **more)
    return p


def choose(
    kind: str,
    series: Prepared,
    K: int,
    length: int,
    sizes: list[int],
    rates: list[float],
    counts: list[int],
    seeds: int,
) -> dict[str, Any]:
    """Return the setting with the lowest mean error on validation."""
    inner = int(0.8 * series.split)
    origins = origins_in(inner, series.split, K)
    truth = ahead_of(series.x, origins, K)
    tried: dict[tuple[int, float, int], float] = {}
    for hidden in sizes:

        def look(p: Arrays, hidden: int = hidden, count: int = 0) -> None:
            errors = by_horizon(forecasts_of(kind, p, series, origins, length), truth).mean(axis=-1)
            for rate, error in zip(rates, errors.reshape(len(rates), -1).mean(axis=1)):
                tried[hidden, rate, count] = float(error)

        looks = {count: lambda p, count=count, look=look: look(p, count=count) for count in counts}
        each = [100 + seed for _ in rates for seed in range(seeds)]
        every = list(range(1, K + 1))
        learn(kind, hidden, series.z[:inner], length, every, np.repeat(rates, seeds), each, max(counts), look=looks)
    best = min(tried, key=lambda key: tried[key])
    return dict(zip(("hidden", "rate", "updates"), best)) | {"validation": digits(tried[best]), "tried": len(tried)}


def networks(name: str, series: Prepared, K: int, length: int, kind: str, tuning: Any, seeds: int) -> dict[str, Any]:
    """Return the choice and the test errors by horizon of ten networks (S, K)."""
    chosen = choose(kind, series, K, length, *tuning)
    setting = [chosen[key] for key in ("hidden", "rate", "updates")]
    origins = origins_in(series.split, len(series.x), K)
    truth = ahead_of(series.x, origins, K)
    p = final(kind, series, length, list(range(1, K + 1)), setting, list(range(seeds)))
    errors = by_horizon(forecasts_of(kind, p, series, origins, length), truth)
    found = chosen | {"parameters": _forecasters.parameters(p), "test": digits(errors)}
    if name.startswith("co2"):
        size = np.abs(p["bias_y"]) + np.abs(p["weight_hy"]).sum(axis=2)
        found["largest answer"] = digits(size[:, 0])
    if kind == "GRU" and name in ("sunspots", "elnino"):
        found |= strategies(series, K, length, setting, seeds, origins, truth)
    return found


def final(kind: str, series: Prepared, length: int, K: list[int], setting: list[Any], seeds: list[int]) -> Arrays:
    """Return networks of the chosen setting that have learned from all before the test."""
    hidden, rate, updates = setting
    return learn(kind, hidden, series.z[: series.split], length, K, rate, seeds, updates)


def strategies(
    series: Prepared, K: int, length: int, setting: list[Any], seeds: int, origins: np.ndarray, truth: np.ndarray
) -> dict[str, Any]:
    """Return the errors of GRUs that answer one step ahead and read their own answers, and of one for each horizon."""
    numbers = list(range(seeds))
    p = final("GRU", series, length, [1], setting, numbers)
    seen = seen_by("GRU", series.z, origins, length)
    x = np.broadcast_to(seen[:, None], (length, seeds, *seen.shape[1:]))
    made = []
    for _ in range(K):
        made.append(_forecasters.answers("GRU", p, x)[-1])  # (S, N, 1)
        x = np.concatenate([x[1:], made[-1][None]])
    recursive = by_horizon(series.back(np.concatenate(made, axis=-1), origins), truth)
    single = []
    for k in range(1, K + 1):
        p = final("GRU", series, length, [k], setting, numbers)
        single.append(_forecasters.answers("GRU", p, seen)[-1])
    direct = by_horizon(series.back(np.concatenate(single, axis=-1), origins), truth)
    return {"recursive": digits(recursive), "direct": digits(direct)}


# Intervals -----------------------------------------------------------------------------------------------------------


def covered(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> dict[str, Any]:
    """Return coverage and mean width of each network's intervals."""
    inside = (low <= truth) & (truth <= high)
    return {"coverage": digits(inside.mean(axis=-1)), "width": digits((high - low).mean(axis=-1))}


def intervals(name: str, length: int, setting: list[Any], seeds: int) -> dict[str, Any]:
    """Return coverage and width of three kinds of 90 % intervals for the next value, all by GRUs."""
    series = Prepared(name)
    hidden, rate, updates = setting
    fit_end = int(0.75 * series.split)
    numbers = list(range(seeds))
    tested = origins_in(series.split, len(series.x), 1)
    truth = ahead_of(series.x, tested, 1)[:, 0]
    found = {}

    def errors(p: Arrays, origins: np.ndarray) -> np.ndarray:
        return forecasts_of("GRU", p, series, origins, length)[..., 0] - series.x[origins + 1]

    for label, stop, known in (
        ("training errors", series.split, origins_in(length, series.split, 1)),
        ("split conformal", fit_end, origins_in(fit_end, series.split, 1)),
    ):
        p = learn("GRU", hidden, series.z[:stop], length, [1], rate, numbers, updates)
        sizes = np.sort(np.abs(errors(p, known)), axis=-1)
        n = sizes.shape[-1]
        rank = int(np.ceil((n + 1) * LEVEL)) if label == "split conformal" else int(np.ceil(n * LEVEL))
        radius = sizes[:, rank - 1 : rank]
        middle = errors(p, tested) + truth
        found[label] = covered(truth, middle - radius, middle + radius)
    levels = np.array([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    z = series.z[: series.split]
    p = learn("GRU", hidden, z, length, [1], rate, numbers, updates, outputs=2, levels=levels)
    answers = _forecasters.answers("GRU", p, seen_by("GRU", series.z, tested, length))[-1]
    ends = [series.back(answers[..., k : k + 1], tested)[..., 0] for k in range(2)]
    return found | {"pinball": covered(truth, *ends)}


def run(
    series: dict[str, list[int]],
    kinds: dict[str, list[int]],
    lstm_on: list[str],
    rates: list[float],
    updates: list[int],
    seeds: int,
    tuning_seeds: int,
) -> dict[str, Any]:
    """Return errors by horizon for every series and model, and the intervals."""
    results: dict[str, Any] = {}
    for name, (K, length, highest) in series.items():
        prepared = Prepared(name)
        found = without_network(name, prepared, K, highest)
        for kind, sizes in kinds.items():
            if kind == "LSTM" and name not in lstm_on:
                continue
            read = WINDOW[name.split()[0]] if kind == "window" else length
            tuning = (sizes, rates, updates, tuning_seeds)
            found[kind] = networks(name, prepared, K, read, kind, tuning, seeds)
            print(name, kind, found[kind]["hidden"], np.median(np.mean(found[kind]["test"], axis=1)), flush=True)
        if name in ("sunspots", "elnino", "co2"):
            setting = [found["GRU"][key] for key in ("hidden", "rate", "updates")]
            found["intervals"] = intervals(name, length, setting, seeds)
        results[name] = found
    return results


def check_part(record: dict[str, Any]) -> None:
    """Compute the autoregressions again, and the window networks on sunspots."""
    settings, results = record["settings"], record["results"]
    for name in ("sunspots", "elnino", "co2"):
        K, _, highest = settings["series"][name]
        series, old = Prepared(name), results[name]["AR, direct"]
        origins = origins_in(series.split, len(series.x), K)
        made = autoregression(series.z, series.split, old["order"], K, origins, True)
        new = by_horizon(series.back(made, origins), ahead_of(series.x, origins, K))
        gap = np.abs(new / np.array(old["test"]) - 1).max()
        assert 1 <= old["order"] <= highest and gap < 0.002, f"{name}: AR differs by {gap:.4f}"
    found, series = results["sunspots"]["window"], Prepared("sunspots")
    setting = [found[key] for key in ("hidden", "rate", "updates")]
    K = settings["series"]["sunspots"][0]
    p = final("window", series, WINDOW["sunspots"], list(range(1, K + 1)), setting, [0, 1])
    origins = origins_in(series.split, len(series.x), K)
    new = by_horizon(forecasts_of("window", p, series, origins, WINDOW["sunspots"]), ahead_of(series.x, origins, K))
    gap = np.abs(new.mean(axis=1) / np.mean(found["test"][:2], axis=1) - 1).max()
    assert gap < TOLERANCE, f"window networks on sunspots differ by {gap:.3f}, wanted at most {TOLERANCE}"


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)

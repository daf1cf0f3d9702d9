"""When does a forecast need a state? Networks with a loop against networks on a window, on series whose law is known.

Orders of a shop: on most days nothing happens. The sizes of the orders follow v = 1.4 v' - 0.7 v'' + 0.3 noise, where
v' and v'' are the two orders before, and every day the size of the next order is to be forecast. In "irregular" 10 to
80 days pass from order to order, in "regular" always 45; all else is equal. 100 series of 500 days to learn from.

"panel": 4,000 series of 40 values, each an AR(2) with roots of its own: radius 0.5 to 0.95, angle 0.1 pi to pi,
both uniform, noise 0.3. The best possible forecast is Bayes' rule with this prior, computed on a fine grid.

"mackey-glass": a chaotic delay equation (delay 17), to be forecast 20 steps ahead from 2,000 values without noise.

Each network's rate is the best of three or four on a validation part, with two seeds each; then it runs with ten
others. The gate of the GRU that keeps starts nearly open. The window networks have about as many parameters as the GRU,
or where they are large four times as many, and learn from about as many answers; all of them read the same windows. The
full run takes about eight minutes.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from experiments import _forecasters, saving
from experiments._forecasters import Batch
from experiments._gru_forms import Arrays
from rnn_utils import data

SETTINGS: dict[str, Any] = {
    # task: kind of network, hidden units, window (0: none), updates, rates that are tried
    "networks": {
        "irregular": {
            "GRU": ["GRU", 16, 0, 1500, [0.003, 0.01, 0.03]],
            "window": ["window", 3, 160, 9000, [0.003, 0.01, 0.03]],
            "window, large": ["window", 12, 160, 9000, [0.001, 0.003, 0.01]],
        },
        "regular": {
            "GRU": ["GRU", 16, 0, 1500, [0.003, 0.01, 0.03]],
            "window": ["window", 3, 160, 9000, [0.003, 0.01, 0.03]],
        },
        "panel": {
            "GRU": ["GRU", 16, 0, 1200, [0.003, 0.01, 0.03]],
            "window": ["window", 23, 38, 5500, [0.003, 0.01, 0.03]],
            "window, large": ["window", 92, 38, 5500, [0.001, 0.003, 0.01]],
        },
        "mackey-glass": {
            "GRU": ["GRU", 16, 0, 2000, [0.003, 0.01, 0.03, 0.1]],
            "window": ["window", 17, 50, 3200, [0.003, 0.01, 0.03, 0.1]],
        },
    },
    "seeds": 10,
    "tuning_seeds": 2,
}
LAW, NOISE = (1.4, -0.7), 0.3
GAPS = {"irregular": (10, 80), "regular": (45, 45)}
KEEP = 3.0  # bias of the gate that keeps, at the start: chapter 10
FIRST = {"irregular": 160, "regular": 160, "panel": 2, "mackey-glass": 50}  # the first step that is scored
CROP = {"irregular": (200, 16), "regular": (200, 16), "panel": (39, 64), "mackey-glass": (100, 16)}  # steps, sequences
TOLERANCE = 0.02


def orders(T: int, N: int, low: int, high: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return N series of T days: whether there is an order, and its size (T, N, 2); the size of the next (T, N, 1)."""
    x, y = np.zeros((T, N, 2)), np.full((T, N, 1), np.nan)
    count = T // low + 3
    v = np.zeros((count + 40, N))
    for k in range(2, len(v)):
        v[k] = LAW[0] * v[k - 1] + LAW[1] * v[k - 2] + NOISE * rng.normal(size=N)
    v = v[40:]
    days = np.cumsum(rng.integers(low, high + 1, size=(count, N)), axis=0) - low
    for n in range(N):
        here = days[days[:, n] < T, n]
        x[here, n, 0], x[here, n, 1] = 1, v[: len(here), n]
        y[:, n, 0] = np.append(v[:, n], 0)[np.searchsorted(here, np.arange(T), side="right")]
    return x, y


def laws(N: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return values 1 … 39 of N series (39, N, 1), each with a law of its own, and the value that follows each."""
    radius, angle = rng.uniform(0.5, 0.95, N), rng.uniform(0.1 * np.pi, np.pi, N)
    z = np.zeros((140, N))
    for t in range(2, 140):
        z[t] = 2 * radius * np.cos(angle) * z[t - 1] - radius**2 * z[t - 2] + rng.normal(size=N)
    z *= NOISE
    return z[-40:-1, :, None], z[-39:, :, None]


def mackey_glass(T: int, first: float) -> np.ndarray:
    """Return T values, one for each unit of time, of dx/dt = 0.2 x' / (1 + x'^10) - 0.1 x with x' from 17 ago."""
    fine, delay = 10, 170
    z = np.full((T + 200) * fine + delay, first)
    for t in range(delay, len(z) - 1):
        late = z[t - delay]
        z[t + 1] = z[t] + (0.2 * late / (1 + late**10) - 0.1 * z[t]) / fine
    return z[delay + 200 * fine :: fine][:T]


def task(name: str) -> dict[str, Batch]:
    """Return the parts of a task: x (T, N, D) and y (T, N, 1), float32."""
    sizes = {"training": 100, "validation": 50, "test": 200}
    parts = {}
    for seed, (part, number) in enumerate(sizes.items()):
        rng = np.random.default_rng([13, seed])
        if name in GAPS:
            x, y = orders(500, number, *GAPS[name], rng)
        elif name == "panel":
            x, y = laws(4000, rng)
        else:
            z = (mackey_glass(2020 if part == "training" else 1070, 0.9 + 0.15 * seed) - 0.93) / 0.23
            x, y = z[:-20, None, None], z[20:, None, None]
        if np.nanstd(y) < 0.1:  # a delay equation may start at rest
            raise ValueError(f"{name}: got a {part} part that hardly varies, wanted one to choose on")
        parts[part] = (x.astype(np.float32), y.astype(np.float32))
    return parts


def drawer(name: str, part: Batch, window: int, seeds: list[int]) -> Callable[[int], Batch]:
    """Return what draws batches: crops of the series for each loop, windows from anywhere for all windows together."""
    (x, y), (T, B) = part, CROP[name]
    rngs = [np.random.default_rng([seed, 13]) for seed in seeds[: 1 if window else None]]
    padded = np.concatenate([np.zeros((max(window - 1, 0), *x.shape[1:]), x.dtype), x])

    def draw(_: int) -> Batch:
        pairs = []
        for rng in rngs:
            if window:  # 512 places in the scored part
                t = rng.integers(FIRST[name], len(x), size=512)
                n = rng.integers(x.shape[1], size=512)
                seen = padded[t[:, None] + np.arange(window), n[:, None]].reshape(1, 512, -1)
                pairs.append((seen, y[t, n][None]))
            else:
                starts = rng.integers(len(x) - T + 1, size=B)
                where = starts + np.arange(T)[:, None], rng.integers(x.shape[1], size=B)
                pairs.append((x[where], y[where]))
        return np.stack([x for x, _ in pairs], axis=1), np.stack([y for _, y in pairs], axis=1)

    return draw


def errors(name: str, p: Arrays, kind: str, window: int, part: Batch) -> np.ndarray:
    """Return the root-mean-square error of every network at every step: (S, T)."""
    x, y = part
    seen = data.last_inputs(x, window) if window else x
    total = np.zeros((len(p["bias_y"]), len(x)))
    pieces = np.array_split(np.arange(x.shape[1]), max(1, x.shape[1] // 100))
    for some in pieces:
        forecast = _forecasters.answers(kind, p, seen[:, some])
        total += np.square(forecast - y[:, None, some]).sum(axis=(2, 3)).T
    return np.sqrt(total / x.shape[1])


def overall(by_step: np.ndarray, name: str) -> np.ndarray:
    """Return the root-mean-square error over the scored steps."""
    return np.sqrt(np.square(by_step[..., FIRST[name] :]).mean(axis=-1))


def learn(name: str, parts: dict[str, Batch], network: list[Any], rates: Any, seeds: list[int]) -> Arrays:
    """Return trained networks, a rate for each."""
    kind, hidden, window, planned, _ = network
    D = parts["training"][0].shape[-1] * max(window, 1)
    p = _forecasters.initialise(kind, D, hidden, 1, seeds)
    if kind != "window":  # z of r, z, n; f of i, f, g, o
        p["bias_ih"][:, hidden : 2 * hidden], p["bias_hh"][:, hidden : 2 * hidden] = KEEP, 0
    draw = drawer(name, parts["training"], window, seeds)
    _forecasters.train(kind, p, rates, draw, planned)
    return p


def run_network(name: str, parts: dict[str, Batch], network: list[Any], seeds: int, tuning_seeds: int) -> Any:
    """Return the rate that validation prefers, and the test errors of ten networks with it."""
    kind, _, window, _, rates = network
    trial = [100 + seed for seed in range(tuning_seeds)]
    p = learn(name, parts, network, np.repeat(rates, tuning_seeds), trial * len(rates))
    losses = overall(errors(name, p, kind, window, parts["validation"]), name).reshape(len(rates), -1).mean(axis=1)
    tried = dict(zip([f"{rate:g}" for rate in rates], losses))
    rate = float(min(tried, key=lambda key: tried[key]))
    p = learn(name, parts, network, rate, list(range(seeds)))
    by_step = errors(name, p, kind, window, parts["test"])
    steps = np.median(by_step, axis=0)[FIRST[name] :] if name == "panel" else []
    return {
        "parameters": _forecasters.parameters(p),
        "rate": rate,
        "validation": {key: digits(value) for key, value in tried.items()},
        "test": digits(overall(by_step, name)),
        "by step": digits(steps),
    }


def digits(value: Any) -> Any:
    """Return a number or an array with four decimals, as JSON has them."""
    return np.round(np.asarray(value, dtype=float), 4).tolist()


def least_squares(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return the coefficients of a linear forecast with a constant, x (N, p)."""
    return np.linalg.lstsq(np.column_stack([x, np.ones(len(x))]), y, rcond=1e-7)[0]


def linear(name: str, parts: dict[str, Batch], window: int) -> float:
    """Return the test error of an autoregression on the last `window` inputs."""
    rows = {}
    for part, (x, y) in parts.items():
        seen = data.last_inputs(x, window)[FIRST[name] :]
        rows[part] = seen.reshape(-1, seen.shape[-1]).astype(np.float64), y[FIRST[name] :].ravel()
    a, (x, y) = least_squares(*rows["training"]), rows["test"]
    return digits(np.sqrt(np.mean((x @ a[:-1] + a[-1] - y) ** 2)))


def best_linear(name: str, parts: dict[str, Batch], choices: list[int]) -> dict[str, Any]:
    """Return the autoregression of the order that validation prefers."""
    tried = {p: linear(name, {**parts, "test": parts["validation"]}, p) for p in choices}
    best = min(tried, key=lambda p: tried[p])
    return {"order": best, "test": linear(name, parts, best)}


def last_two(x: np.ndarray) -> np.ndarray:
    """Return the sizes of the last two orders at every day, (T, N, 2)."""
    kept = np.zeros_like(x)
    for t in range(len(x)):
        before = kept[t - 1] if t else kept[0]
        now = np.stack([x[t, :, 1], before[:, 0]], axis=-1)
        kept[t] = np.where(x[t, :, :1] > 0, now, before)
    return kept


def order_rivals(name: str, parts: dict[str, Batch]) -> dict[str, Any]:
    """Return the forecasts that need no network: by day, and by order, which knows the trick."""
    told = {part: (last_two(x), y) for part, (x, y) in parts.items()}
    x, y = (a[FIRST[name] :] for a in told["test"])
    return {
        "a constant": digits(np.sqrt(np.mean((y - told["training"][1][FIRST[name] :].mean()) ** 2))),
        "autoregression by day": best_linear(name, parts, [45, 60, 90, 160]),
        "the last order": digits(np.sqrt(np.mean((x[..., :1] - y) ** 2))),
        "autoregression by order": linear(name, told, 1),
        "noise": NOISE,
    }


def sums(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the last two values at each step (T, N, 2), and the sums that least squares needs, over the steps before.

    Step t is the forecast of y[t + 1]; its sums hold the pairs of all earlier forecasts, (T, N, 2, 2) and (T, N, 2).
    """
    past = np.stack([x[1:], x[:-1]], axis=-1)
    gram, moment = np.zeros((*past.shape, 2)), np.zeros_like(past)
    gram[1:] = np.cumsum(past[:-1, :, :, None] * past[:-1, :, None, :], axis=0)
    moment[1:] = np.cumsum(past[:-1] * y[1:-1, :, None], axis=0)
    return past, gram, moment


def shrunk(parts: dict[str, Batch]) -> np.ndarray:
    """Return forecasts by least squares, drawn towards the mean law of the training series: (T, N).

    Mean and covariance are those of the coefficients that each training series has by itself (empirical Bayes).
    """
    x, y = (a[..., 0].astype(np.float64) for a in parts["training"])
    past, gram, moment = sums(x, y)
    laws = np.linalg.solve(gram[-1], moment[-1][..., None])[..., 0]
    variance = np.mean(((past[:-1] * laws).sum(axis=-1) - y[1:-1]) ** 2) * len(past) / (len(past) - 2)
    precision, middle = np.linalg.inv(np.cov(laws.T)), laws.mean(axis=0)
    past, gram, moment = sums(*(a[..., 0].astype(np.float64) for a in parts["test"]))
    found = np.linalg.solve(gram / variance + precision, (moment / variance + precision @ middle)[..., None])
    return (found[..., 0] * past).sum(axis=-1)


def panel_rivals(parts: dict[str, Batch]) -> dict[str, Any]:
    """Return errors by step: least squares within each series, the same drawn to the mean law, and the true prior."""
    x, y = (a[..., 0].astype(np.float64) for a in parts["test"])  # (39, N)
    past, gram, moment = sums(x, y)
    local = np.zeros_like(past)
    local[2:] = np.linalg.solve(gram[2:], moment[2:, ..., None])[..., 0]
    forecasts = {
        "least squares in each series": (local * past).sum(axis=-1),
        "least squares, shrunk": shrunk(parts),
        "true prior": NOISE * bayes(x / NOISE),
    }
    found = {key: digits(np.sqrt(np.mean((f - y[1:]) ** 2, axis=1))[1:]) for key, f in forecasts.items()}
    return found | {"one law for all": best_linear("panel", parts, [2, 5, 10, 20])}


def bayes(x: np.ndarray, points: int = 40) -> np.ndarray:
    """Return the mean of the next value, given the prior of the laws and x (T, N): (T − 1, N)."""
    radius = 0.5 + 0.45 * (np.arange(points) + 0.5) / points
    angle = np.pi * (0.1 + 0.9 * (np.arange(points) + 0.5) / points)
    r, w = (grid.ravel() for grid in np.meshgrid(radius, angle))
    a, b = 2 * r * np.cos(w), -(r**2)
    variance = (1 - b) / ((1 + b) * ((1 - b) ** 2 - a**2))  # of the stationary series
    rho = a / (1 - b)
    found = np.empty((len(x) - 1, x.shape[1]))
    for n, z in enumerate(x.T):
        rest = z[1] - rho * z[0]
        log = -0.5 * (z[0] ** 2 / variance + rest**2 / (variance * (1 - rho**2)))
        log -= np.log(variance) + 0.5 * np.log(1 - rho**2)
        for t in range(1, len(z)):
            means = a * z[t] + b * z[t - 1]
            weight = np.exp(log - log.max())
            found[t - 1, n] = weight @ means / weight.sum()
            if t + 1 < len(z):
                log -= 0.5 * (z[t + 1] - means) ** 2
    return found


def run(networks: dict[str, dict[str, list[Any]]], seeds: int, tuning_seeds: int) -> dict[str, Any]:
    """Return for every task its rivals and its networks."""
    results: dict[str, Any] = {}
    for name, kinds in networks.items():
        parts = task(name)
        if name in GAPS:
            found = order_rivals(name, parts)
        elif name == "panel":
            found = panel_rivals(parts)
        else:
            found = {"autoregression": best_linear(name, parts, [10, 20, 50])}
        for label, network in kinds.items():
            found[label] = run_network(name, parts, network, seeds, tuning_seeds)
            print(name, label, found[label]["rate"], np.median(found[label]["test"]), flush=True)
        results[name] = found
    return results


def check_part(record: dict[str, Any]) -> None:
    """Compute the autoregressions of the orders again, and train a window network of seed 0 on Mackey–Glass."""
    results = record["results"]
    for name in GAPS:
        parts = task(name)
        for key in ("autoregression by order", "the last order"):
            new, old = order_error(name, parts, key), results[name][key]
            assert abs(new - old) <= 0.002, f"{name}, {key}: got {new}, wanted {old}"
    name, network = "mackey-glass", record["settings"]["networks"]["mackey-glass"]["window"]
    parts, found = task(name), results[name]["window"]
    p = learn(name, parts, network, found["rate"], [0])
    new = float(overall(errors(name, p, "window", network[2], parts["test"]), name)[0])
    assert abs(new - found["test"][0]) <= TOLERANCE, f"{name}: got {new}, wanted {found['test'][0]} ± {TOLERANCE}"


def order_error(name: str, parts: dict[str, Batch], key: str) -> float:
    """Return one of the errors of `order_rivals` that are quick to compute."""
    told = {part: (last_two(x), y) for part, (x, y) in parts.items()}
    if key == "autoregression by order":
        return linear(name, told, 1)
    x, y = (a[FIRST[name] :] for a in told["test"])
    return digits(np.sqrt(np.mean((x[..., :1] - y) ** 2)))


if __name__ == "__main__":
    saving.main(__file__, run, SETTINGS)

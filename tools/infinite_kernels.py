"""Numbers of `crates/falign-kernels/src/activation/logistic.rs`, and of the golden table that tests it.

    python3 -m pip install mpmath gmpy2
    python3 tools/infinite_kernels.py nodes     # the nodes and weights of `math/activation/logistic.rs`
    python3 tools/infinite_kernels.py golden    # crates/falign/tests/golden/infinite_kernels.json

`nodes` makes a Gauss rule for the law of kappa (Kolmogorov's distribution), in log kappa.

`golden` knows nothing of that law. It writes tanh(z) = sgn(z) (1 - h(|z|)) and
softplus(z) = max(z, 0) + l(|z|), takes the parts that do not decay in closed form, and the others
by panels of Gauss and Legendre's rule in 45 digits. Takes about ten minutes.
"""

import json
import sys

import gmpy2
import mpmath
from gmpy2 import mpfr

DIGITS = 45
gmpy2.get_context().precision = int(DIGITS * 3.33) + 10
mpmath.mp.dps = DIGITS + 5

# Where the Gaussian density and exp(-x) have fallen below 1e-41.
FAR = mpfr(14)
DECAYED = mpfr(94)

# Length of a panel in the units of the decaying parts, whose poles are pi/2 or more away.
PANEL = 2
HALF, ONE, TWO = mpfr(1) / 2, mpfr(1), mpfr(2)
PI = gmpy2.const_pi()
DENSITY = ONE / gmpy2.sqrt(TWO * PI)

# Two inputs each, in two dimensions: norms from 1e-3 to 1e200; parallel, opposite, orthogonal,
# nearly equal and nearly opposite.
INPUTS = [
    [[6e-4, 8e-4], [-1e-3, 2e-4]],
    [[5.0, 0.0], [3.0, 4.0]],
    [[3.0, -4.0], [14.0, 48.0]],
    [[50.0, 0.0], [50.0, 0.05]],
    [[600.0, 800.0], [-352.0, 936.0]],
    [[1e3, 1.0], [1e-3, 2e-3]],
    [[1e6, 1.0], [-1e6, 2.0]],
    [[3e3, 4e3], [0.75, 1.0]],
    [[6e199, 8e199], [-1e200, 5e199]],
    [[1.5e200, 2e200], [-3.0, -4.0]],
]


def legendre(points):
    """Nodes and weights on [-1, 1]."""
    nodes = []
    for i in range(points):
        x = mpmath.cos(mpmath.pi * (i + mpmath.mpf(3) / 4) / (points + mpmath.mpf(1) / 2))
        for _ in range(8):
            before, now = mpmath.mpf(1), x
            for k in range(2, points + 1):
                before, now = now, ((2 * k - 1) * x * now - (k - 1) * before) / k
            slope = points * (x * now - before) / (x * x - 1)
            x -= now / slope
        nodes.append((number(x), number(2 / ((1 - x * x) * slope * slope))))
    return nodes


def number(x):
    return mpfr(mpmath.nstr(x, DIGITS + 4))


RULE = None


def panels(function, low, high, width):
    """The integral over [low, high], cut into equal panels of at most `width`."""
    global RULE
    RULE = RULE or legendre(36)
    if not high > low:
        return mpfr(0)
    count = int(gmpy2.ceil((high - low) / width))
    half = (high - low) / (2 * count)
    total = mpfr(0)
    for panel in range(count):
        middle = low + half * (2 * panel + 1)
        for x, weight in RULE:
            total += weight * function(middle + half * x)
    return total * half


def phi(x):
    return DENSITY * gmpy2.exp(-HALF * x * x)


def tail(x):
    """1 - tanh x."""
    return TWO / (gmpy2.exp(TWO * x) + ONE)


def bump(x):
    """The derivative of tanh."""
    e = gmpy2.exp(-TWO * x)
    return 4 * e / ((ONE + e) * (ONE + e))


def log_part(x):
    """softplus(x) - x, x > 0."""
    return gmpy2.log1p(gmpy2.exp(-x))


class Pair:
    """Standard normals u and r u + root v, times the norms s and t."""

    def __init__(self, s, t, dot, cross):
        self.s, self.t = s, t
        self.r = dot / (s * t)
        self.root = abs(cross) / (s * t)

    def halved(self):
        other = object.__new__(Pair)
        other.s, other.t, other.r, other.root = self.s / 2, self.t / 2, self.r, self.root
        return other

    def line(self, norm, function, rate=2):
        """2 times the integral of phi(u) function(u) over u > 0, which decays as exp(-rate norm u)."""
        width = min(ONE, PANEL / norm)
        knee = min(FAR, DECAYED / (rate * norm))
        fine = min(knee, FAR * self.root / abs(self.r)) if self.r else mpfr(0)
        step = min(width, self.root / abs(self.r)) if self.r else width
        near = panels(lambda u: phi(u) * function(u), mpfr(0), fine, step) if fine else 0
        return 2 * (near + panels(lambda u: phi(u) * function(u), fine, knee, width))

    def plane(self, function, is_odd, rate=2):
        """E f(s |u|) f(t |u'|), times the sign of u u' for odd functions; f decays as exp(-rate x)."""

        def inner(u):
            center = self.r * u
            if self.root == 0:
                sign = -ONE if is_odd and self.r < 0 else ONE
                return sign * function(abs(self.t * center))
            zero = -center / self.root
            width = min(ONE, PANEL / (self.t * self.root))
            reach = DECAYED / (rate * self.t * self.root)
            low, high = max(-FAR, zero - reach), min(FAR, zero + reach)
            middle = min(max(zero, low), high)
            of = lambda v: phi(v) * function(self.t * abs(center + self.root * v))
            above, below = panels(of, middle, high, width), panels(of, low, middle, width)
            return above - below if is_odd else above + below

        return self.line(self.s, lambda u: function(self.s * u) * inner(u), rate)

    def sign(self, u):
        """E of the sign of r u + root v."""
        if self.root == 0:
            return ONE if self.r > 0 else -ONE
        return gmpy2.erf(self.r * u / (self.root * gmpy2.sqrt(TWO)))

    def tanh(self):
        arc = gmpy2.atan2(self.r, self.root) * TWO / PI
        one = self.line(self.s, lambda u: tail(self.s * u) * self.sign(u))
        other = self.line(self.t, lambda u: tail(self.t * u) * self.sign(u))
        return arc - one - other + self.plane(tail, True)

    def tanh_slope(self):
        return self.plane(bump, False)

    def ramp(self, norm, other):
        """E log_part(norm |u|) max(other u', 0)."""

        def both(u):
            mean = self.r * u
            if self.root == 0:
                return abs(mean)
            k = mean / self.root
            return mean * gmpy2.erf(k / gmpy2.sqrt(TWO)) + 2 * self.root * phi(k)

        # The line counts u > 0 twice; `both` is the sum over u and -u.
        return self.line(norm, lambda u: log_part(norm * u) * both(u), 1) * other / 2

    def softplus(self):
        angle = gmpy2.atan2(self.root, self.r)
        rectified = self.s * self.t / (TWO * PI) * (self.root + self.r * (PI - angle))
        mixed = self.ramp(self.s, self.t) + self.ramp(self.t, self.s)
        return rectified + mixed + self.plane(log_part, False, 1)


def values(pair):
    """Every kernel of one pair."""
    half = pair.halved()
    sigmoid = (ONE + half.tanh()) / 4
    return {
        "tanh": pair.tanh(),
        "tanh_slope": pair.tanh_slope(),
        "sigmoid": sigmoid,
        "sigmoid_slope": half.tanh_slope() / 16,
        "softplus": pair.softplus(),
        "softplus_slope": sigmoid,
    }


def golden():
    table = []
    for inputs in INPUTS:
        rows = [[mpfr(x) for x in row] for row in inputs]
        norm = [gmpy2.sqrt(a * a + b * b) for a, b in rows]
        entries = {}
        for i, j in [(0, 0), (0, 1), (1, 1)]:
            (a, b), (c, d) = rows[i], rows[j]
            cross = a * d - b * c
            pair = Pair(norm[i], norm[j], a * c + b * d, cross)
            if cross == 0:
                pair.r = ONE if pair.r > 0 else -ONE
            for name, value in values(pair).items():
                entries.setdefault(name, []).append(f"{value:.32e}")
        table.append({"inputs": inputs, **entries})
        print(json.dumps(table[-1]), file=sys.stderr, flush=True)
    print(json.dumps(table, indent=1))


def nodes(count=14, step=0.01, low=0.17, high=4.4):
    """Lanczos' method on a fine trapezoid rule for the law of log kappa."""
    mp = mpmath.mp

    def density(kappa):
        terms = ((-1) ** (k - 1) * k * k * mp.exp(-2 * k * k * kappa * kappa) for k in range(1, 60))
        return 8 * kappa * mp.fsum(terms)

    points, at = [], mp.log(mp.mpf(low))
    while at <= mp.log(mp.mpf(high)):
        points.append(at)
        at += mp.mpf(step)
    weights = [density(mp.exp(x)) * mp.exp(x) for x in points]
    total = mp.fsum(weights)
    weights = [w / total for w in weights]
    # Orthogonal polynomials by Stieltjes' recurrence, then the eigenvalues of Jacobi's matrix.
    before, now = [mp.mpf(0)] * len(points), [mp.mpf(1)] * len(points)
    alphas, betas, norm = [], [], mp.mpf(1)
    for _ in range(count):
        alpha = mp.fsum(w * x * p * p for w, x, p in zip(weights, points, now)) / norm
        beta = betas[-1] if betas else mp.mpf(0)
        after = [(x - alpha) * p - beta * b for x, p, b in zip(points, now, before)]
        next_norm = mp.fsum(w * p * p for w, p in zip(weights, after))
        alphas.append(alpha)
        betas.append(next_norm / norm)
        before, now, norm = now, after, next_norm
    jacobi = mpmath.matrix(count, count)
    for i in range(count):
        jacobi[i, i] = alphas[i]
        if i + 1 < count:
            jacobi[i, i + 1] = jacobi[i + 1, i] = mp.sqrt(betas[i])
    eigenvalues, vectors = mp.eigsy(jacobi)
    for i in range(count):
        print(mpmath.nstr(mp.exp(eigenvalues[i]), 17), mpmath.nstr(vectors[0, i] ** 2, 17))


if __name__ == "__main__":
    {"nodes": nodes, "golden": golden}[sys.argv[1]]()

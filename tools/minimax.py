"""Prints the polynomials of `crates/falign-kernels/src/simd/coefficients.rs`, with their errors.

    python3 -m pip install mpmath && python3 tools/minimax.py

Weighted minimax polynomials by Remez' exchange, in forty digits. What is printed is the largest
weighted error and the coefficients, lowest power first.
"""

from mpmath import atanh, cos, erf, erfc, expm1, fabs, log, lu_solve, matrix, mp, mpf, pi, sqrt

mp.dps = 40
GRID = 1500


def value(coefficients, x):
    """The polynomial at x."""
    total = mpf(0)
    for coefficient in reversed(coefficients):
        total = total * x + coefficient
    return total


def extremes(errors):
    """Indices of the largest error of each run of equal signs."""
    found = []
    for index, error in enumerate(errors):
        if found and (error > 0) == (errors[found[-1]] > 0):
            if fabs(error) > fabs(errors[found[-1]]):
                found[-1] = index
        else:
            found.append(index)
    return found


def remez(function, weight, low, high, degree):
    """Coefficients that minimise the largest |weight (function - polynomial)|, and that error."""
    count = degree + 2
    middle, half = (mpf(low) + high) / 2, (mpf(high) - low) / 2
    nodes = [middle - half * cos(pi * i / (count - 1)) for i in range(count)]
    points = [middle - half * cos(pi * i / (GRID - 1)) for i in range(GRID)]
    exact = [(function(x), weight(x)) for x in points]
    while True:
        system, right = matrix(count, count), matrix(count, 1)
        for i, x in enumerate(nodes):
            for j in range(degree + 1):
                system[i, j] = x**j
            system[i, degree + 1] = (-1) ** i / weight(x)
            right[i] = function(x)
        solution = lu_solve(system, right)
        coefficients = [solution[j] for j in range(degree + 1)]
        errors = [w * (f - value(coefficients, x)) for x, (f, w) in zip(points, exact)]
        worst = extremes(errors)
        while len(worst) > count:
            ends = fabs(errors[worst[0]]), fabs(errors[worst[-1]])
            worst.pop(0 if ends[0] < ends[1] else -1)
        largest = max(fabs(error) for error in errors)
        moved = max(fabs(points[i] - x) for i, x in zip(worst, nodes))
        if len(worst) < count or moved < mpf("1e-9"):
            return coefficients, largest
        nodes = [points[i] for i in worst]


def expm1_rest(r):
    """(exp(r) - 1 - r)/r^2."""
    if fabs(r) < mpf("1e-6"):
        return mpf(1) / 2 + r / 6 + r**2 / 24 + r**3 / 120
    return (expm1(r) - r) / r**2


def of_square(function, at_zero):
    """u -> function(sqrt u)/sqrt u."""
    return lambda u: function(sqrt(u)) / sqrt(u) if u > 0 else mpf(at_zero)


def main():
    """One block for each constant."""
    edge = log(2) / 2 * mpf("1.0005")
    centre = of_square(erf, 2 / sqrt(pi))
    twice_atanh = of_square(lambda w: 2 * atanh(w), 2)

    def one(_):
        return mpf(1)

    def of_exponential(r):
        return fabs(r) + mpf("0.02")

    def tail(x):
        return -log(erfc(x))

    wanted = [
        ("f32 EXPM1", expm1_rest, of_exponential, -edge, edge, 4),
        ("f32 ERF_CENTRE", centre, one, mpf("1e-20"), 1, 6),
        ("f32 ERF_TAIL", tail, erfc, 1, mpf("3.95"), 7),
        ("f32 TWICE_ATANH", twice_atanh, one, mpf("1e-20"), mpf(1) / 9, 4),
        ("f64 EXPM1", expm1_rest, of_exponential, -edge, edge, 9),
        ("f64 ERF_CENTRE", centre, one, mpf("1e-20"), 1, 11),
        ("f64 ERF_TAIL", tail, erfc, 1, mpf("5.95"), 17),
        ("f64 TWICE_ATANH", twice_atanh, one, mpf("1e-20"), mpf(1) / 9, 10),
        ("f64 RECIPROCAL", lambda x: 1 / x, lambda x: x, mpf(1) / 2, 1, 3),
    ]
    for name, function, weight, low, high, degree in wanted:
        coefficients, error = remez(function, weight, low, high, degree)
        print(f"{name}: largest error {mp.nstr(error, 3)}")
        for coefficient in coefficients:
            print(f"    {mp.nstr(coefficient, 9 if name.startswith('f32') else 17)},")


if __name__ == "__main__":
    main()

"""Linear regression with several variables, by Householder reflections. No ORM, no numpy.

``y = intercept + Σ coefficient × x``, fitted by least squares. Columns are centred and scaled first, so that hours,
degree days and millions of pieces can stand beside each other.
"""

import math

#: A variable whose part that the others do not explain is smaller than this part of its variation is collinear.
TOLERANCE = 1e-9


class Collinear(ValueError):
    """Variables that do not vary, or that say the same as others; ``names`` are those concerned."""

    def __init__(self, names, constant=False):
        super().__init__(", ".join(names))
        self.names, self.constant = list(names), constant


class TooFew(ValueError):
    """Fewer observations than the intercept, the coefficients and one degree of freedom need."""

    def __init__(self, found, needed):
        super().__init__(f"{found} < {needed}")
        self.found, self.needed = found, needed


class Fit:
    """The result of a regression."""

    __slots__ = ("coefficients", "count", "intercept", "r_squared", "standard_error")

    def __init__(self, intercept, coefficients, r_squared, standard_error, count):
        self.intercept = intercept
        self.coefficients = coefficients
        #: part of the variation of y that the variables explain; None where y does not vary
        self.r_squared = r_squared
        #: of the residuals, in the unit of y
        self.standard_error = standard_error
        self.count = count

    def predict(self, values):
        """Return y for values of the variables, in their order."""
        return self.intercept + sum(b * x for b, x in zip(self.coefficients, values, strict=True))


def fit(rows, targets, names):
    """Fit a linear model.

    :param rows: for each observation the values of the variables
    :param targets: for each observation the value to explain
    :param names: of the variables, for messages
    :return: :class:`Fit`
    :raises TooFew: with fewer observations than variables + 2
    :raises Collinear: naming the variables that cannot be told apart
    """
    count, width = len(targets), len(names)
    if count < width + 2:
        raise TooFew(count, width + 2)
    means = [math.fsum(row[j] for row in rows) / count for j in range(width)]
    mean = math.fsum(targets) / count
    columns = [[row[j] - means[j] for row in rows] for j in range(width)]
    scales = [_norm(column) for column in columns]
    sizes = [max(abs(row[j]) for row in rows) for j in range(width)]
    if still := [names[j] for j in range(width) if scales[j] <= TOLERANCE * sizes[j] * math.sqrt(count)]:
        raise Collinear(still, constant=True)
    scaled = [[value / scales[j] for value in columns[j]] for j in range(width)]
    centred = [value - mean for value in targets]
    solution = _solve(scaled, centred, names)
    coefficients = [solution[j] / scales[j] for j in range(width)]
    intercept = mean - math.fsum(b * m for b, m in zip(coefficients, means, strict=True))
    residuals = [
        target - math.fsum(coefficients[j] * columns[j][i] for j in range(width)) for i, target in enumerate(centred)
    ]
    left = math.fsum(value * value for value in residuals)
    total = math.fsum(value * value for value in centred)
    varies = total > (TOLERANCE * max(map(abs, targets), default=0)) ** 2 * count
    r_squared = max(0.0, 1 - left / total) if varies else None
    return Fit(intercept, coefficients, r_squared, math.sqrt(left / (count - width - 1)), count)


def _norm(vector):
    return math.sqrt(math.fsum(value * value for value in vector))


def _solve(columns, target, names):
    """Return least squares coefficients of columns of length 1; the columns and the target are used up."""
    columns, target = [list(column) for column in columns], list(target)
    width = len(columns)
    diagonal = []
    for j in range(width):
        below = columns[j][j:]
        length = _norm(below)
        if length <= math.sqrt(TOLERANCE):
            raise Collinear(_same(columns, diagonal, j, names))
        alpha = -length if below[0] > 0 else length
        mirror = [below[0] - alpha, *below[1:]]
        square = math.fsum(value * value for value in mirror)
        for vector in (*columns[j + 1 :], target):
            dot = 2 * math.fsum(a * b for a, b in zip(mirror, vector[j:], strict=True)) / square
            vector[j:] = [b - dot * a for a, b in zip(mirror, vector[j:], strict=True)]
        diagonal.append(alpha)
    return _back(columns, diagonal, target, width)


def _back(columns, diagonal, target, width):
    """Solve the triangle above ``diagonal``."""
    solution = [0.0] * width
    for j in reversed(range(width)):
        rest = math.fsum(columns[k][j] * solution[k] for k in range(j + 1, width))
        solution[j] = (target[j] - rest) / diagonal[j]
    return solution


def _same(columns, diagonal, j, names):
    """Return the names of variable ``j`` and of those before that explain it."""
    parts = _back(columns, diagonal, columns[j], j)
    return [*(names[k] for k in range(j) if abs(parts[k]) > math.sqrt(TOLERANCE)), names[j]]

import math
from decimal import Decimal, localcontext

from odoo import models

from ..tools.kernel_methods import METHODS, Refusal, evaluate
from .carbon_declaration_input_source import GRADES

#: Share by which an input is moved to see what a result follows.
_STEP = Decimal("1e-5")
#: An input that moves a result by less than this share of its own change does not matter to it.
_NOTHING = 1e-6


class CarbonDeclaration(models.Model):
    """What the uncertainties of inputs do to the results (IPCC 2006, volume 1, chapter 3, first order).

    Each input is moved a little and the formula asked again, so that products, sums and tables all propagate by Eq. 3.1 and 3.2
    without a second set of formulas. Inputs err independently of each other.
    """

    _inherit = "carbon.declaration"

    def _result_errors(self, inputs, results):
        """Return what is known of the uncertainty of each result.

        :param inputs: as :meth:`_kernel_inputs` returns
        :param results: ``{result code: Decimal}``
        :return: ``{result code: (activity %, parameters %, grade of the parameters)}``; None: not known. ``grade`` is None where the result
            has no parameters; then their percentage is 0. Of results that a factor follows, all inputs are activity.
        """
        terms = {code: {"activity": [], "parameter": []} for code in results}
        masses = set(self.method_id.result_ids.filtered(lambda r: r.measure in ("gas", "co2e")).mapped("code"))
        for line, code, index in self._input_slots(inputs):
            for result, slope in self._slopes(inputs, results, code, index).items():
                if slope is None or slope > _NOTHING:
                    kind = line._role() if result in masses else "activity"
                    if kind != "constant":
                        terms[result][kind].append((line, slope))
        return {code: self._combined_errors(found) for code, found in terms.items()}

    @staticmethod
    def _combined_errors(terms):
        parameters = terms["parameter"]
        activity, parameter = (_combine(terms[kind]) for kind in ("activity", "parameter"))
        grade = min((line._grade() for line, _slope in parameters), key=GRADES.index, default=None)
        return activity if terms["activity"] else None, parameter if parameters else 0.0, grade

    def _input_slots(self, inputs):
        """Return ``(line, name, index)`` of the numbers that the formula took; the index is None for those asked once."""
        formula, counts, slots = METHODS[self.method_id.code], {}, []
        for line in self._stated_lines():
            code = line.input_id.code
            if code in formula.lists:
                counts[code] = counts.get(code, -1) + 1
                slots.append((line, code, counts[code]))
            elif line.kind != "choice" and code in inputs:
                slots.append((line, code, None))
        return slots

    def _slopes(self, inputs, results, code, index):
        """Return by how many per cent each result changes with one per cent of an input; None where the formula refuses both ways."""
        moved = [self._evaluated(self._moved(inputs, code, index, step)) for step in (_STEP, -_STEP)]
        found = [outcome for outcome in moved if outcome is not None]
        if not found:
            return dict.fromkeys(results)
        with localcontext() as context:
            context.prec = 60
            return {
                name: float(max(abs(outcome.get(name, Decimal(0)) - value) for outcome in found) / abs(value) / _STEP)
                for name, value in results.items()
            }

    @staticmethod
    def _moved(inputs, code, index, step):
        with localcontext() as context:
            context.prec = 60
            if index is None:
                return {**inputs, code: Decimal(inputs[code]) * (1 + step)}
            column = list(inputs[code])
            column[index] = Decimal(column[index]) * (1 + step)
            return {**inputs, code: column}

    def _evaluated(self, inputs):
        try:
            return evaluate(self.method_id.code, inputs).results
        except Refusal:
            return None


def _combine(terms):
    """Return the percentage that independent inputs give together, None where one of them is not known."""
    percents = [(line._percent(), slope) for line, slope in terms]
    if any(percent is None or slope is None for percent, slope in percents):
        return None
    return math.sqrt(math.fsum((percent * slope) ** 2 for percent, slope in percents))

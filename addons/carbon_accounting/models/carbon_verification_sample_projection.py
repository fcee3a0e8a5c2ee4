from odoo import api, fields, models
from odoo.tools import SQL


class CarbonVerificationSample(models.Model):
    """What the errors of the sample mean for the inventory (ISO 14064-3, evaluation of misstatements).

    Projected misstatement of a stratum, signed, in t CO2e::

        Σ over certain rows   e
      + Σ over drawn rows     e / size × interval          interval = size of the rest ÷ rows drawn

    ``e`` is re-performed less inventory of a row. A drawn row was taken with the probability ``size / interval``, so that this
    is the Horvitz–Thompson estimator of the total error (Horvitz & Thompson 1952, JASA 47, 663–685); auditors know it as
    tainting × interval of monetary unit sampling (ISA 530 paragraph 14, AICPA Audit Sampling). Rows that cannot be re-performed
    support nothing: they count as misstated in full, apart. Both, without signs, are compared with the materiality.
    """

    _inherit = "carbon.verification.sample"

    known_t = fields.Float(
        string="Errors Found (t CO₂e)",
        compute="_compute_projection",
        digits=0,
        help="Sum of the differences of the sampled rows, with their signs.",
    )
    projected_t = fields.Float(
        string="Projected Misstatement (t CO₂e)",
        compute="_compute_projection",
        digits=0,
        help="Errors of certain rows, plus error ÷ size × interval of each drawn row. Above 0 the inventory says too little.",
    )
    projected_gross_t = fields.Float(string="Projected without Signs (t CO₂e)", compute="_compute_projection", digits=0)
    unsupported_t = fields.Float(
        string="Not Supported, Projected (t CO₂e)",
        compute="_compute_projection",
        digits=0,
        help="Rows that cannot be re-performed count as misstated in full.",
    )
    conclusion = fields.Selection(
        [("below", "Below the materiality"), ("above", "Above the materiality")], compute="_compute_projection"
    )

    @api.depends("row_ids.result", "state")
    def _compute_projection(self):
        sums = self._projections()
        for sample in self:
            known, net, gross, unsupported = sums.get(sample.id, (0.0, 0.0, 0.0, 0.0))
            sample.known_t, sample.projected_t = known, net
            sample.projected_gross_t, sample.unsupported_t = gross, unsupported
            if sample.state != "performed":
                sample.conclusion = False
            else:
                exceeds = gross + unsupported >= sample.threshold_t or abs(sample.untold_t) >= sample.threshold_t
                sample.conclusion = "above" if exceeds else "below"

    def _projections(self):
        """Return ``{sample: (known, projected, without signs, unsupported)}`` in t CO2e."""
        if not self.ids:
            return {}
        rows = self.env.execute_query(
            SQL(
                """
                SELECT x.sample_id, COALESCE(SUM(x.e), 0)::float8, COALESCE(SUM(x.e * x.weight), 0)::float8,
                       COALESCE(SUM(abs(x.e) * x.weight), 0)::float8, COALESCE(SUM(x.lost * x.weight), 0)::float8
                  FROM (SELECT r.sample_id,
                               CASE WHEN r.result = 'fail' THEN r.difference_kg ELSE 0 END / 1000.0 AS e,
                               CASE WHEN r.result = 'cannot' THEN r.size_t ELSE 0 END AS lost,
                               CASE WHEN r.pick = 'drawn' THEN s.rest_kg / s.draw_count / (r.size_t * 1000.0) ELSE 1 END AS weight
                          FROM carbon_verification_row r JOIN carbon_verification_stratum s ON s.id = r.stratum_id
                         WHERE r.sample_id = ANY(%s)) x
                 GROUP BY x.sample_id
                """,
                self.ids,
            )
        )
        return {row[0]: row[1:] for row in rows}

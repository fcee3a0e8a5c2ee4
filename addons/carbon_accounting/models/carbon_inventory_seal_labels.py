import json

from odoo import models
from odoo.tools import SQL

from ..tools import seal_form
from .carbon_inventory_seal_find import MODELS

#: Posted declarations of an inventory that were calculated with a method: what they say now, and what the trail kept of it.
_INPUTS = """
    SELECT d.id, d.name, COALESCE((
             SELECT json_agg(json_build_array(i.code, COALESCE(l.row, 0), COALESCE(c.code, l.value, '')))
               FROM carbon_declaration_input l JOIN carbon_calculation_input i ON i.id = l.input_id
               LEFT JOIN carbon_calculation_choice c ON c.id = l.choice_id WHERE l.declaration_id = d.id), '[]'::json)::text,
           (SELECT t.payload FROM carbon_trail_entry t
             WHERE t.res_model = 'carbon.declaration' AND t.res_id = d.id AND t.to_state = 'posted' ORDER BY t.seq DESC LIMIT 1)
      FROM carbon_declaration d
     WHERE d.state = 'posted' AND d.method_id IS NOT NULL AND d.id > %s AND EXISTS (
           SELECT 1 FROM carbon_activity_data a WHERE a.company_id = %s AND a.origin_model = 'carbon.declaration' AND a.origin_id = d.id
              AND a.date BETWEEN %s AND %s AND a.id <= %s)
     ORDER BY d.id LIMIT 1000
"""


class CarbonInventorySealRun(models.Model):
    """Names that reports print, and figures that methods calculated with: compared with the seal and with the trail.

    Names may be corrected, and a declaration may be taken back and entered anew: both leave an entry in the trail. What
    differs without one was changed behind the back of the system.
    """

    _inherit = "carbon.inventory.seal.run"

    def _label_fault(self, kind):
        """Compare names with those that were sealed.

        :return: what differs and the trail does not tell, or None
        """
        sealed, rows = {}, self._current_rows(kind, None, None, None)
        for (index,) in self.env.execute_query(
            SQL(
                "SELECT row_index FROM carbon_inventory_seal_batch WHERE seal_id = %s AND kind = %s",
                self.seal_key,
                kind,
            )
        ):
            sealed |= seal_form.read_index(bytes(index or b""))
        now = {key: seal_form.row_digest(texts) for key, texts in rows.items()}
        differing = [key for key in sorted(now.keys() | sealed.keys()) if now.get(key) != sealed.get(key)]
        told = self._labels_told(MODELS[kind]) if differing else set()
        for key in differing:
            if key not in told:
                return self._describe(kind, key, rows.get(key), sealed.get(key))
        return None

    def _labels_told(self, model):
        """Return the ids of the records of a model whose name changed after sealing, as the trail tells."""
        return {
            row[0]
            for row in self.env.execute_query(
                SQL(
                    """
                    SELECT t.res_id FROM carbon_trail_entry t
                     WHERE t.company_id = %(company)s AND t.res_model = %(model)s AND t.event IN ('label.change', 'reference.change')
                       AND t.seq > (SELECT max(a.seq) FROM carbon_trail_entry a WHERE a.company_id = %(company)s
                                       AND a.res_uuid = %(uuid)s AND a.event = 'inventory.approve')
                    """,
                    company=self.company_id.id,
                    model=model,
                    uuid=self.inventory_id.uuid,
                )
            )
        }

    def _inputs_fault(self):
        """Compare the inputs of posted declarations with those that the trail kept when they were posted.

        :return: what differs, or None
        """
        inventory, last = self.inventory_id, 0
        while True:
            rows = self.env.execute_query(
                SQL(
                    _INPUTS,
                    *(last, inventory.company_id.id, inventory.date_from, inventory.date_to, self.activity_max_id),
                )
            )
            for key, name, now, payload in rows:
                told = json.loads(payload or "{}").get("inputs", [])
                if self._input_rows(json.loads(now)) != self._input_rows(told):
                    return self._fault(
                        self.env._(
                            "Inputs of declaration %(name)s were changed: the audit trail kept others when it was posted.",
                            name=name,
                        ),
                        kind="activity",
                        model="carbon.declaration",
                        record=key,
                        columns=("input_ids",),
                    )
            if not rows:
                return None
            last = rows[-1][0]

    @staticmethod
    def _input_rows(rows):
        """Return (code, row, value) of inputs, sorted."""
        return sorted((str(row[0]), int(row[1] or 0), str(row[2] or "")) for row in rows)

from odoo import models
from odoo.tools import SQL


class ResCompany(models.Model):
    """Branches of one legal entity keep ledgers of their own: one that is forgotten is in no figure."""

    _inherit = "res.company"

    def _carbon_uncounted(self):
        """Return the companies of the same legal entities with documents that no rule of theirs can read (R-129, R-130).

        Named are companies below these and those that the user may work in. Read are companies without active rule only,
        of each kind of document up to the first one.

        :return: ``res.company`` records without access rights (sudo), for their names
        """
        self.env.flush_all()
        document = [
            SQL("EXISTS (SELECT 1 FROM %s o WHERE o.company_id = c.id AND %s)", SQL.identifier(p["table"]), p["where"])
            for p in self.env["carbon.event.source"]._providers().values()
        ]
        rows = self.env.execute_query(
            SQL(
                """
                SELECT c.id FROM res_company c
                 WHERE c.active AND split_part(c.parent_path, '/', 1)::int = ANY(%(roots)s)
                   AND (c.id = ANY(%(mine)s) OR string_to_array(c.parent_path, '/')::text[] && %(these)s::text[])
                   AND NOT EXISTS (SELECT 1 FROM carbon_activity_rule r WHERE r.company_id = c.id AND r.active)
                   AND (%(document)s)
                 ORDER BY c.sequence, c.name
                """,
                roots=self.sudo().root_id.ids,  # sudo: the number of the main company of the user's branch
                mine=self.env.user.company_ids.ids,
                these=[str(company_id) for company_id in self.ids],
                document=SQL(" OR ").join(document),
            )
        )
        # sudo: names of branches of the user's own legal entity
        return self.sudo().browse(row[0] for row in rows)

    def _carbon_setup_action(self):
        """Return the action that opens the set-up in the first of these companies in which the user may work, or False."""
        company = (self & self.env.user.company_ids)[:1]
        if not company or not self.env.user.has_group("carbon_management.group_carbon_accountant"):
            return False
        return {
            "type": "ir.actions.client",
            "tag": "carbon_accounting.open_setup",
            "params": {"company_id": company.id},
        }

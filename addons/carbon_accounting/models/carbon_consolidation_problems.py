from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL, format_date

#: Which of several inventories of the same months, set and use is taken: the one furthest on.
_RANK = {"verified": 3, "approved": 3, "checked": 2, "draft": 1}


class CarbonConsolidation(models.Model):
    """What the inventories of the companies lack, who may see the group, and what changed since the computation."""

    _inherit = "carbon.consolidation"

    may_see = fields.Boolean(compute="_compute_may_see", export_string_translation=False)
    hidden_reason = fields.Char(compute="_compute_may_see", export_string_translation=False)
    check_result = fields.Json(compute="_compute_check_result", export_string_translation=False)
    is_incomplete = fields.Boolean(compute="_compute_check_result")
    is_stale = fields.Boolean(string="Changed Since Computed", compute="_compute_is_stale")
    stale_reason = fields.Char(compute="_compute_is_stale", export_string_translation=False)

    # ------------------------------------------------------------------
    # Who may see the group
    # ------------------------------------------------------------------
    def _group_companies(self):
        """Return the companies whose figures are inside (sudo)."""
        self.ensure_one()
        # sudo: which companies belong to the group decides whether the user may see them
        shares = self.sudo().boundary_id._group_shares()
        return self.sudo().env["res.company"].concat(*(company for _line, company, share in shares if share))

    def _may_see(self):
        """Whether the user may enter every company of the group; a figure of the group tells figures of each."""
        self.ensure_one()
        return self.env.su or not set(self._group_companies().ids) - set(self.env.user.company_ids.ids)

    def _closed_companies_text(self):
        closed = self._group_companies().filtered(lambda company: company.id not in self.env.user.company_ids.ids)
        return self.env._(
            "The figures of %(name)s are shown to those who may enter all companies of the group. You may not enter: %(companies)s.",
            name=self.name or "",
            companies=", ".join(closed.mapped("name")),
        )

    def _check_may_see(self):
        """Refuse those who may not enter all companies of the group.

        :raises AccessError: naming the companies
        """
        for record in self:
            if not record._may_see():
                raise AccessError(record._closed_companies_text())

    @api.depends("boundary_id")
    @api.depends_context("uid")
    def _compute_may_see(self):
        for record in self:
            record.may_see = not record.boundary_id or record._may_see()
            record.hidden_reason = False if record.may_see else record._closed_companies_text()

    # ------------------------------------------------------------------
    # The inventories
    # ------------------------------------------------------------------
    def _find_inventories(self):
        """Return the inventory that each company of the group brings, and why one brings none.

        :return: ``({company id: inventory}, {company id: (code, inventory that does not fit)})``, all as sudo
        """
        self.ensure_one()
        companies = self._group_companies()
        # sudo: the inventories of all companies; callers checked that the user may enter them
        candidates = self.env["carbon.inventory"].sudo()
        candidates = candidates.search(
            [
                ("company_id", "in", companies.ids),
                ("date_from", "=", self.date_from),
                ("date_to", "=", self.date_to),
                ("state", "!=", "restated"),
            ]
        )
        found, lacking = {}, {}
        for company in companies:
            own = candidates.filtered(lambda inventory, company=company: inventory.company_id == company)
            of_set = own.filtered(lambda inventory: inventory.gwp_set_id == self.gwp_set_id)
            fit = of_set.filtered(lambda inventory: inventory.intended_use == self.intended_use)
            if fit:
                found[company.id] = fit.sorted(lambda i: (_RANK[i.state], bool(i.computed_on), i.version, i.id))[-1]
            elif own:
                lacking[company.id] = ("use", of_set[:1]) if of_set else ("gwp", own[:1])
            else:
                lacking[company.id] = ("missing", own)
        return found, lacking

    def _member_problems(self):
        """Return what stands between each company and a complete, approved group.

        :return: ``{member id: [(code, sentence)]}``
        """
        self.ensure_one()
        record = self.with_env(self.sudo().env)  # sudo: the inventories of all companies are looked at
        if not record.computed_on:
            return {}
        _found, lacking = record._find_inventories()
        problems = {}
        for member in record.member_ids.filtered("share"):
            if member.inventory_id:
                problems[member.id] = record._inventory_problems(member)
            elif not member.member_company_id:
                problems[member.id] = [("entity", self._lack_text("entity", member))]
            else:
                code, other = lacking.get(member.member_company_id.id, ("missing", member.inventory_id))
                problems[member.id] = [(code, self._lack_text(code, member, other))]
        return {member: texts for member, texts in problems.items() if texts}

    def _boundary_problems(self):
        """Return [(code, sentence)] where another boundary, or none, is in force on the last day."""
        # sudo: which boundary of the reporting company is in force does not depend on who asks
        current = self.env["carbon.boundary"].sudo()._get_for_date(self.company_id, self.date_to, "organisational")
        if current == self.boundary_id:
            return []
        text = self.env._(
            "%(boundary)s is not the organisational boundary in force on %(date)s. Choose that one, and compute.",
            boundary=self.boundary_id.display_name,
            date=format_date(self.env, self.date_to),
        )
        return [("boundary", text)]

    def _all_problems(self):
        """Return [(code, sentence)] of everything that stands in the way of approval."""
        self.ensure_one()
        return self._boundary_problems() + [
            entry for problems in self._member_problems().values() for entry in problems
        ]

    def _lack_text(self, code, member, other=None):
        names = {"company": member.entity_name, "set": self.gwp_set_id.code, "other": other.name if other else ""}
        if code == "entity":
            return self.env._(
                "%(company)s is no company in Odoo and brings no inventory. Create it with its inventory, or leave it outside the "
                "boundary with a reason.",
                **names,
            )
        if code == "gwp":
            return self.env._(
                "%(company)s has %(other)s with another GWP set (%(own)s). Make one with %(set)s.",
                own=other.gwp_set_id.code,
                **names,
            )
        if code == "use":
            uses = dict(self._fields["intended_use"]._description_selection(self.env))
            return self.env._(
                "%(company)s has %(other)s for another use (%(own)s). Make one for this use.",
                own=uses[other.intended_use],
                **names,
            )
        return self.env._("%(company)s has no inventory of these months. Nothing of it is in the total.", **names)

    def _inventory_problems(self, member):
        """Return [(code, sentence)] of an inventory that is there."""
        inventory, texts = member.inventory_id, []
        names = {"company": member.entity_name, "inventory": inventory.name}
        if not inventory.computed_on:
            text = self.env._(
                "%(inventory)s of %(company)s was never computed. Nothing of it is in the total.", **names
            )
            return [("not_computed", text)]
        if inventory.state in ("draft", "checked"):
            text = self.env._(
                "%(inventory)s of %(company)s is %(state)s. Approve it first.",
                state=inventory.with_env(self.env)._gate_state_label(inventory.state),
                **names,
            )
            texts.append((inventory.state, text))
            if inventory.awaits_collection:
                texts.append(("stale", f"{names['company']}: {inventory.awaits_reason}"))
            elif inventory.is_stale or inventory.is_gwp_stale:
                text = self.env._("%(inventory)s of %(company)s is older than its ledger. Compute it again.", **names)
                texts.append(("stale", text))
        if missing := self.edition_ids - inventory.edition_ids:
            text = self.env._(
                "%(inventory)s of %(company)s does not name %(editions)s.",
                editions=", ".join(missing.mapped("name")),
                **names,
            )
            texts.append(("edition", text))
        return texts + self._share_problems(member, names)

    def _share_problems(self, member, names):
        """Return [(code, sentence)] where the inventory applied shares that the group applies, or others than the group."""
        inventory, texts = member.inventory_id, []
        boundary = inventory.boundary_id
        if boundary.approach == "equity_share" and float(inventory._company_share()) != 1:
            text = self.env._(
                "%(inventory)s of %(company)s counts a share of the company already. Make one that counts all of it: the group "
                "applies the share.",
                **names,
            )
            texts.append(("share", text))
        elif boundary.approach not in (False, "legal_entity", self.boundary_id.approach):
            other = SQL(
                "SELECT 1 FROM carbon_inventory_line WHERE inventory_id = %s "
                "AND (exclusion = 'control' OR share NOT IN (0, 1)) LIMIT 1",
                inventory.id,
            )
            if self.env.execute_query(other):
                text = self.env._(
                    "%(inventory)s of %(company)s weighs its sites by another consolidation approach than the group.",
                    **names,
                )
                texts.append(("approach", text))
        return texts

    @api.depends("computed_on", "state", "member_ids.inventory_id.state", "boundary_id")
    @api.depends_context("uid")
    def _compute_check_result(self):
        """List what stands in the way of approval; what is approved rests on what it names."""
        for record in self:
            record.check_result, record.is_incomplete = [], False
            if not record._origin.id or not record.computed_on or not record._may_see():
                continue
            if record.state in ("approved", "superseded"):
                continue
            problems = record._origin._all_problems()
            absent = {"missing", "gwp", "use", "entity", "not_computed"}
            record.is_incomplete = bool(absent & {code for code, _text in problems})
            record.check_result = [
                {
                    "label": text,
                    "url": None,
                    "state": "danger" if code in absent else "warning",
                    "blocking": True,
                }
                for code, text in sorted(problems, key=lambda entry: entry[0] not in absent)
            ]

    # ------------------------------------------------------------------
    # Freshness
    # ------------------------------------------------------------------
    @api.depends("computed_on", "state", "member_ids.inventory_id.state", "member_ids.inventory_id.computed_on")
    def _compute_is_stale(self):
        for record in self:
            record.stale_reason = record._stale_text() if record._origin.id and record.computed_on else False
            record.is_stale = bool(record.stale_reason)

    def _stale_text(self):
        """Return what changed in the group since the computation, or False."""
        record = self.sudo()  # sudo: whether inventories of other companies changed, without a figure of them
        if record.state == "superseded":
            return False
        found, _lacking = record._find_inventories()
        for member in record.member_ids.filtered("share"):
            now = found.get(member.member_company_id.id, self.env["carbon.inventory"])
            names = {"company": member.entity_name, "inventory": member.inventory_id.name or "", "now": now.name or ""}
            if member.inventory_id.state == "restated":
                return self.env._("%(inventory)s of %(company)s was restated by %(now)s.", **names)
            if now != member.inventory_id and record.state != "approved":
                return self.env._("%(company)s brings another inventory now: %(now)s.", **names)
            if member.inventory_id.computed_on != member.inventory_computed_on:
                return self.env._("%(inventory)s of %(company)s was computed again.", **names)
        return False

    def _alert_restated(self, inventory):
        """Give the manager who approved a to-do: a company of the group was restated.

        :param inventory: the inventory that was restated
        """
        self.ensure_one()
        if self.approved_by_id.active:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.env._("%(company)s was restated", company=inventory.company_id.name),
                note=self.env._(
                    "%(inventory)s was restated. Make a new version of %(name)s.",
                    inventory=inventory.name,
                    name=self.name,
                ),
                user_id=self.approved_by_id.id,
            )

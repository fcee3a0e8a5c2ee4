from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class CarbonActivityRule(models.Model):
    """What a person sees of a rule: its meaning as a sentence, and the worklist that it would clear."""

    _inherit = "carbon.activity.rule"

    sentence = fields.Html(string="Meaning", compute="_compute_sentence")
    date_bases = fields.Char(compute="_compute_date_bases", export_string_translation=False)
    quantity_bases = fields.Char(compute="_compute_date_bases", export_string_translation=False)
    issue_count = fields.Integer(string="Waiting Records", compute="_compute_issue_count")

    @api.depends(
        lambda self: (
            [criterion[0] for criterion in self._criteria()]
            + [
                "event_kind_id",
                "outcome",
                "reason",
                "source_id",
                "quantity_basis",
                "multiplier",
                "multiplier_reason",
                "date_basis",
                "date_from",
                "date_to",
                "quality",
            ]
        )
    )
    def _compute_sentence(self):
        for rule in self:
            rule.sentence = Markup(" ").join(rule._sentences()) if rule.event_kind_id else False

    def _bold(self, text):
        return Markup("<b>%s</b>") % (text or "…")

    def _label_of(self, fname):
        """Return the label of the value of a selection field."""
        return dict(self._fields[fname]._description_selection(self.env)).get(self[fname], "")

    def _sentences(self):
        """Return the parts of the meaning, each a full sentence."""
        parts = [self._sentence_none() if self.outcome == "none" else self._sentence_count()]
        if self.outcome == "count" and self.multiplier != 1:
            parts.append(
                self.env._(
                    "Only the share %(share)s of it counts: %(reason)s.",
                    share=self._bold(f"{self.multiplier:g}"),
                    reason=self._bold((self.multiplier_reason or "").rstrip(" .")),
                )
            )
        if self.date_from:
            parts.append(self.env._("Valid from %(date)s.", date=self._bold(fields.Date.to_string(self.date_from))))
        if self.date_to:
            parts.append(self.env._("Valid until %(date)s.", date=self._bold(fields.Date.to_string(self.date_to))))
        return parts

    def _event_phrase(self):
        """Return the events that the rule listens to, for instance: Receipt (Product Diesel)."""
        criteria = Markup(", ").join(
            Markup("%s <b>%s</b>")
            % (self._fields[fname].get_description(self.env, ["string"])["string"], self[fname].display_name)
            for fname, _event_column, _tree in self._criteria()
            if self[fname]
        )
        kind = self._bold(self.event_kind_id.name)
        return Markup("%s (%s)") % (kind, criteria) if criteria else kind

    def _sentence_none(self):
        return self.env._(
            "Every event %(events)s carries no emission: %(reason)s.",
            events=self._event_phrase(),
            reason=self._bold(self.reason),
        )

    def _sentence_count(self):
        return self.env._(
            "Every event %(events)s adds its %(basis)s to source %(emitter)s, in %(unit)s, on its %(date)s.",
            events=self._event_phrase(),
            basis=self._bold(self._label_of("quantity_basis").lower()),
            emitter=self._bold(self.source_id.display_name),
            unit=self._bold(self.source_id.uom_id.name or self.source_id.currency_id.name),
            date=self._bold(self._label_of("date_basis").lower()),
        )

    def _issue_domain(self):
        """Return the domain of open worklist rows that this rule could clear."""
        self.ensure_one()
        domain = (
            Domain("state", "=", "open")
            & Domain("company_id", "=", self.company_id.id)
            & Domain("kind", "=", self.event_kind)
        )
        if self.event_kind == "declared":  # a declaration names its rule itself
            return domain & Domain("source_id", "=", self.source_id.id)
        if self.product_id:
            domain &= Domain("product_id", "=", self.product_id.id)
        if self.category_id:
            domain &= Domain("product_id.categ_id", "child_of", self.category_id.id)
        if self.partner_id:
            domain &= Domain("partner_id", "=", self.partner_id.id)
        return domain

    @api.depends("event_kind_id")
    def _compute_date_bases(self):
        for rule in self:
            rule.date_bases = ",".join(rule._offered_date_bases())
            rule.quantity_bases = "quantity" if rule._lacks_amount() else "quantity,amount"

    def _offered_date_bases(self):
        """Return the date bases that the form offers: those that the kind of event has."""
        return ["movement", *(self.event_kind_id._date_bases() if self.event_kind_id else [])]

    def _lacks_amount(self):
        """Whether events of the kind have no amount, or one that does not say what was bought."""
        return bool(self.event_kind_id) and not self.event_kind_id.has_amount

    @api.onchange("event_kind_id")
    def _onchange_date_basis(self):
        """Another kind of event has other dates, and perhaps no amount to count by."""
        if self._lacks_amount():
            self.quantity_basis = "quantity"
        offered = self._offered_date_bases()
        if self.event_kind_id and self.date_basis not in offered:
            self.date_basis = offered[0]

    @api.constrains("date_basis", "event_kind_id", "active")
    def _check_date_basis(self):
        """A date that the events do not have would silently be another one."""
        for rule in self.filtered(lambda r: r.active and r.event_kind_id and r.date_basis != "movement"):
            if rule.date_basis in rule.event_kind_id._date_bases():
                continue
            if rule.date_basis == "service":
                raise ValidationError(
                    self.env._(
                        "Rule %(rule)s counts by service period, but events of kind %(kind)s have none. Choose another date.",
                        rule=rule.name,
                        kind=rule.event_kind_id.name,
                    )
                )
            raise ValidationError(
                self.env._(
                    "Rule %(rule)s counts by the %(date)s, but events of kind %(kind)s have none. Choose the movement date.",
                    rule=rule.name,
                    date=rule._label_of("date_basis").lower(),
                    kind=rule.event_kind_id.name,
                )
            )

    def _compute_issue_count(self):
        issues = self.env["carbon.collection.issue"]
        for rule in self:
            rule.issue_count = issues.search_count(rule._issue_domain(), limit=1000) if rule.event_kind else 0

    def action_view_activity_data(self):
        """Open the activity data that the rule has produced."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_activity_data_action")
        return dict(action, domain=[("rule_id", "in", self.ids)], context={})

    def action_view_issues(self):
        """Open the worklist rows that the rule could clear."""
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_collection_issue_action")
        return dict(action, domain=list(self._issue_domain()), context={})

    def action_collect_worklist(self):
        """Collect the worklist rows again that the rule could clear."""
        issues = self.env["carbon.collection.issue"]
        for rule in self:
            issues |= issues.search(rule._issue_domain())
        issues.action_retry()

    def action_save_and_collect(self):
        """Button of the dialog on the worklist: the rule is saved, now clear what waited for it.

        :return: action that closes the dialog and reloads the worklist
        """
        self.action_collect_worklist()
        return {"type": "ir.actions.act_window_close"}

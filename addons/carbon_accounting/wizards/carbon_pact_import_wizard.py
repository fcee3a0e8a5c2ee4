import base64
import re

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..tools import pact


class CarbonPactImportWizard(models.TransientModel):
    """Footprints from a PACT file: checked as a whole, then made drafts, all or none (R-113).

    Suppliers and products are proposed by their numbers (tax number, vendor code, barcode, reference) and names; what is not
    found is chosen by a person. Nothing is accepted by importing it.
    """

    _name = "carbon.pact.import.wizard"
    _description = "Import PACT Footprints"

    company_id = fields.Many2one("res.company", required=True, readonly=True, default=lambda self: self.env.company)
    file = fields.Binary(attachment=False)
    filename = fields.Char()
    partner_id = fields.Many2one("res.partner", "Supplier", help="Empty: by the names and numbers in the file.")
    state = fields.Selection(
        [("new", "New"), ("wrong", "Wrong"), ("check", "Check")], required=True, readonly=True, default="new"
    )
    problems = fields.Json(readonly=True, export_string_translation=False)
    line_ids = fields.One2many("carbon.pact.import.wizard.line", "wizard_id")

    def action_read(self):
        """Read the file and propose supplier and product of each footprint.

        :return: window action of this dialog
        """
        self.ensure_one()
        if not self.file:
            raise UserError(self.env._("Choose a file first."))
        found, problems = self._read()
        self.line_ids.unlink()
        self.write(
            {
                "state": "wrong" if problems else "check",
                "problems": [{"label": self._told(problem), "state": "danger"} for problem in problems[:50]],
                "line_ids": [
                    Command.create({"number": number, **self._line_values(values)})
                    for number, values in enumerate(() if problems else found)
                ],
            }
        )
        return self._action()

    def action_create(self):
        """Create the drafts, with the file attached to each.

        :return: window action of the drafts
        :raises UserError: naming the footprint without supplier or product
        """
        self.ensure_one()
        if self.state != "check" or not self.line_ids:
            raise UserError(self.env._("Read a file without mistakes first."))
        for line in self.line_ids:
            if not line.partner_id or not line.product_tmpl_id:
                raise UserError(
                    self.env._("Choose supplier and product of “%(name)s”, or remove its line.", name=line.product_name)
                )
        # read again: the figures come from the file, not from the dialog
        found, problems = self._read()
        if problems or max(self.line_ids.mapped("number")) >= len(found):
            raise UserError(self.env._("Read a file without mistakes first."))
        drafts = self.env["carbon.product.footprint"].create(
            [line._footprint_values(found[line.number]) for line in self.line_ids]
        )
        self.env["ir.attachment"].create(
            [
                {"name": self.filename or "pact.json", "datas": self.file, "res_model": draft._name, "res_id": draft.id}
                for draft in drafts
            ]
        )
        action = self.env["ir.actions.act_window"]._for_xml_id("carbon_accounting.carbon_product_footprint_action")
        return dict(action, domain=[("id", "in", drafts.ids)], context={})

    def _read(self):
        return pact.read_file(base64.b64decode(self.file or b""))

    def _action(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import PACT Footprints"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    # ------------------------------------------------------------------
    # Proposals
    # ------------------------------------------------------------------
    def _line_values(self, values):
        partner = self.partner_id.commercial_partner_id or self._find_partner(values)
        product = self._find_product(values, partner)
        return {
            "partner_name": values["partner_name"],
            "product_name": values["product_name"],
            "partner_id": partner.id,
            "product_tmpl_id": product.id,
            "figure": f"{values['kg']} kg CO₂e / {values['amount']} {values['unit']}",
        }

    @api.model
    def _find_partner(self, values):
        """Return the one supplier whose tax number or exact name is in the file."""
        partners = self.env["res.partner"]
        numbers = [_last_part(urn) for urn in values["partner_ids"]]
        for domain in ([("vat", "in", numbers)], [("name", "=ilike", _literal(values["partner_name"]))]):
            found = partners.search([("is_company", "=", True), *domain], limit=2).commercial_partner_id
            if len(found) == 1:
                return found
        return partners

    @api.model
    def _find_product(self, values, partner):
        """Return the one product whose vendor code, barcode, reference or exact name is in the file."""
        numbers = [_last_part(urn) for urn in values["product_ids"]]
        templates = self.env["product.template"]
        offers = self.env["product.supplierinfo"].search(
            [("partner_id", "child_of", partner.ids), ("product_code", "in", numbers)]
        ) if partner else self.env["product.supplierinfo"]  # fmt: skip
        names = ("=ilike", _literal(values["product_name"]))
        domains = (
            [("product_variant_ids.barcode", "in", numbers)],
            [("product_variant_ids.default_code", "in", numbers)],
            [("name", *names)],
        )
        for found in (offers.product_tmpl_id, *(templates.search(domain, limit=2) for domain in domains)):
            if len(found) == 1:
                return found
        return templates

    # ------------------------------------------------------------------
    # Words
    # ------------------------------------------------------------------
    def _told(self, problem):
        """Say what is wrong in the file, where, and what to do."""
        path, value = problem.path or self.env._("file"), problem.value
        texts = {
            "large": self.env._("The file is larger than 10 MB. Ask for several files."),
            "json": self.env._("This is no JSON file: %(value)s", value=value),
            "none": self.env._("The file holds no footprint."),
            "many": self.env._("More than 1,000 footprints. Ask for several files."),
            "object": self.env._("%(path)s is no footprint.", path=path),
            "missing": self.env._("%(path)s is missing. Ask the supplier for it.", path=path),
            "spec": self.env._("%(path)s: version %(value)s is not known; 2.x and 3.x are.", path=path, value=value),
            "uuid": self.env._("%(path)s: %(value)s is no number of a footprint (UUID).", path=path, value=value),
            "twice": self.env._("The footprint %(value)s is in the file twice.", value=value),
            "deprecated": self.env._(
                "%(path)s: the supplier has withdrawn this footprint (Deprecated). Ask for the one that replaces it.",
                path=path,
            ),
            "number": self.env._(
                "%(path)s: %(value)s is written as a number. The format wants decimals as text, since numbers lose digits on their "
                "way: ask the supplier for a file that keeps to it.",
                path=path,
                value=value,
            ),
            "decimal": self.env._("%(path)s: “%(value)s” is no decimal.", path=path, value=value),
            "percent": self.env._("%(path)s: %(value)s is no percentage from 0 to 100.", path=path, value=value),
            "positive": self.env._("%(path)s: %(value)s must be above 0.", path=path, value=value),
            "negative": self.env._("%(path)s: %(value)s cannot be negative.", path=path, value=value),
            "uptake": self.env._(
                "%(path)s: %(value)s must not be above 0: uptake is written as a negative number.",
                path=path,
                value=value,
            ),
            "unit": self.env._("%(path)s: unit “%(value)s” is not one of the format.", path=path, value=value),
            "gwp": self.env._(
                "%(path)s: %(value)s. One set of characterisation factors is needed, e.g. AR6.", path=path, value=value
            ),
            "order": self.env._("%(path)s lies before the beginning of the period.", path=path),
            "list": self.env._("%(path)s is no list of texts.", path=path),
            "date": self.env._("%(path)s: “%(value)s” is no date.", path=path, value=value),
            "sum": self.env._("%(path)s does not fit the other two figures: %(value)s.", path=path, value=value),
        }
        return texts.get(problem.code) or f"{path}: {value}"


class CarbonPactImportWizardLine(models.TransientModel):
    """A footprint of the file, with the supplier and product that it is for."""

    _name = "carbon.pact.import.wizard.line"
    _description = "Footprint of a PACT File"

    wizard_id = fields.Many2one("carbon.pact.import.wizard", required=True, ondelete="cascade")
    partner_name = fields.Char("Company in the File", readonly=True)
    product_name = fields.Char("Product in the File", readonly=True)
    number = fields.Integer(readonly=True, aggregator=None)
    figure = fields.Char("Footprint", readonly=True)
    partner_id = fields.Many2one("res.partner", "Supplier")
    product_tmpl_id = fields.Many2one("product.template", "Product")

    def _footprint_values(self, said):
        """Return the values of a draft: figures per one unit of the declared kind.

        :param said: what the file says of this footprint
        """
        unit = self.env.ref(pact.UNITS[said["unit"]], raise_if_not_found=False)
        gwp = self.env["carbon.gwp.set"].search([("code", "=", said["gwp"])], limit=1)
        if not unit or not gwp:
            raise UserError(
                self.env._(
                    "“%(name)s” needs unit %(unit)s and GWP set %(gwp)s. Create what is missing first.",
                    name=self.product_name,
                    unit=said["unit"],
                    gwp=said["gwp"],
                )
            )
        values = {
            "company_id": self.wizard_id.company_id.id,
            "partner_id": self.partner_id.commercial_partner_id.id,
            "product_tmpl_id": self.product_tmpl_id.id,
            "uom_id": unit.id,
            "kg_per_unit": pact.per_unit(said["kg"], said["amount"]),
            "uptake_kg": pact.per_unit(said["uptake_kg"] or 0, said["amount"], negate=True),
            "gwp_set_id": gwp.id,
            "boundary": "cradle_to_gate",
            "has_primary_share": said["primary_share"] is not None,
            "primary_share": float(said["primary_share"] or 0),
            "exempted_percent": float(said["exempted"] or 0),
            "origin": "pact",
        }
        same = (
            "period_from",
            "period_to",
            "geography",
            "boundary_text",
            "standards",
            "rules",
            "is_verified",
            "verifier",
            "pact_id",
        )
        dates = {"date_from": said["valid_from"] or said["period_to"], "date_to": said["valid_to"]}
        return values | {name: said[name] for name in same} | dates | {"pact_version": said["pact_version"]}


def _last_part(urn):
    """Return the number at the end of an identifier: ``urn:gtin:123`` gives ``123``."""
    return urn.rpartition(":")[2]


def _literal(text):
    """Return text that a pattern of names takes as it is."""
    return re.sub(r"([%_\\])", r"\\\1", text)

import hashlib

from odoo import api, fields, models
from odoo.tools import SQL


class CarbonSupplierNotice(models.Model):
    """That a supplier was told that carbon performance is a criterion: to whom, when, how, with which words (R-114).

    Invariant: rows are only added, by the step that told the supplier. Nobody changes or deletes one, plain SQL included; of
    a row only the partner follows where Odoo merges it with another.
    """

    _name = "carbon.supplier.notice"
    _description = "Notice to a Supplier"
    _inherit = ["carbon.act.mixin"]
    _order = "date desc, id desc"
    _rec_name = "document_name"

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True, ondelete="restrict")
    partner_id = fields.Many2one(
        "res.partner", "Supplier", required=True, readonly=True, index=True, ondelete="restrict"
    )
    partner_name = fields.Char("Told As", required=True, readonly=True, help="Name of the supplier at that time.")
    recipient = fields.Char(readonly=True, help="Address or name to which it went.")
    channel = fields.Selection(
        [("mail", "Mail"), ("print", "Print"), ("portal", "Portal")], required=True, readonly=True
    )
    res_model = fields.Char("Model", readonly=True)
    res_id = fields.Integer("Record ID", readonly=True, aggregator=None)
    document_name = fields.Char("Document", readonly=True)
    date = fields.Datetime(required=True, readonly=True, index=True)
    user_id = fields.Many2one("res.users", "Sent By", readonly=True, ondelete="restrict")
    languages = fields.Char(readonly=True)
    notice = fields.Text(required=True, readonly=True)
    sha256 = fields.Char("SHA-256", required=True, readonly=True, help="Of the words that were sent.")

    _record_idx = models.Index("(res_model, res_id)")

    def init(self):
        """Let the database itself refuse to change or remove a notice."""
        table = SQL.identifier(self._table)
        self.env.cr.execute(
            """
            CREATE OR REPLACE FUNCTION carbon_supplier_notice_refuse() RETURNS trigger AS $$
            BEGIN
                IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - ARRAY['partner_id', 'write_date', 'write_uid']
                                      = to_jsonb(OLD) - ARRAY['partner_id', 'write_date', 'write_uid'] THEN
                    RETURN NEW;
                END IF;
                RAISE EXCEPTION 'carbon: % of notices to suppliers is refused', TG_OP;
            END $$ LANGUAGE plpgsql
            """
        )
        for name, events, scope in (
            ("carbon_supplier_notice_row", "UPDATE OR DELETE", "ROW"),
            ("carbon_supplier_notice_truncate", "TRUNCATE", "STATEMENT"),
        ):
            self.env.cr.execute(SQL("DROP TRIGGER IF EXISTS %s ON %s", SQL.identifier(name), table))
            self.env.cr.execute(
                SQL(
                    f"CREATE TRIGGER %s BEFORE {events} ON %s FOR EACH {scope} EXECUTE FUNCTION carbon_supplier_notice_refuse()",
                    SQL.identifier(name),
                    table,
                )
            )

    def _refusal(self):
        return self.env._("Notices to suppliers are noted when they are sent, and never changed.")

    @api.model
    def _log(self, company, partner, channel, recipient=None, record=None, document_name=None):
        """Note that a supplier was told, with the words of the company at this moment.

        :param company: ``res.company``
        :param partner: ``res.partner`` that was told
        :param channel: mail, print or portal
        :param recipient: address or name
        :param record: the document it went with
        :param document_name: its name, if not the display name
        :return: ``carbon.supplier.notice``; empty if the company has no words to tell
        """
        # sudo: whoever sends a document notes it, whatever carbon rights that person has
        texts, languages = self.env["carbon.system"].sudo()._get(company)._supplier_notice()
        if not texts:
            return self.browse()
        owner = partner.commercial_partner_id or partner
        values = {
            "company_id": company.id,
            "partner_id": owner.id,
            "partner_name": owner.display_name,
            "recipient": recipient or partner.email_formatted or partner.display_name,
            "channel": channel,
            "res_model": record._name if record else False,
            "res_id": record.id if record else False,
            "document_name": document_name or (record.display_name if record else False),
            "date": fields.Datetime.now(),
            "user_id": self.env.uid,
            "languages": languages,
            "notice": texts,
            "sha256": hashlib.sha256(texts.encode()).hexdigest(),
        }
        # sudo: as above
        return self.sudo()._acting().create(values).sudo(False)

    @api.model
    def _last_for(self, records):
        """Return when and how each document told its supplier last, one query for all.

        :param records: documents of one model
        :return: dictionary of id to ``carbon.supplier.notice``
        """
        if not records:
            return {}
        found = {}
        for notice in self.search([("res_model", "=", records._name), ("res_id", "in", records.ids)]):
            found.setdefault(notice.res_id, notice)
        return found

    def action_open_document(self):
        """Open the document the notice went with.

        :return: window action
        """
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "res_model": self.res_model,
            "res_id": self.res_id,
            "view_mode": "form",
        }

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.ledger_fields import LedgerMany2one

SEALED_STATES = ("approved", "verified", "restated")
_GUARD = """
CREATE OR REPLACE FUNCTION carbon_inventory_seal_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF TG_TABLE_NAME = 'carbon_inventory_seal' AND EXISTS (
               SELECT 1 FROM touched t LEFT JOIN carbon_inventory i ON i.id = t.inventory_id
                WHERE i.state IS DISTINCT FROM 'checked') THEN
            RAISE EXCEPTION 'carbon seal: only the approval of a checked inventory makes a seal'
                USING ERRCODE = 'restrict_violation';
        END IF;
    ELSIF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'carbon_inventory_seal_batch' THEN
        IF EXISTS (SELECT 1 FROM touched t JOIN carbon_inventory_seal s ON s.id = t.seal_id) THEN
            RAISE EXCEPTION 'carbon seal: batches of a complete seal cannot be deleted'
                USING ERRCODE = 'restrict_violation';
        END IF;
    ELSE
        RAISE EXCEPTION 'carbon seal: % of % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION carbon_inventory_seal_batch_late() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM touched t JOIN carbon_inventory_seal s ON s.id = t.seal_id) THEN
        RAISE EXCEPTION 'carbon seal: a complete seal takes no batch any more'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""
_TRIGGERS = """
DROP TRIGGER IF EXISTS carbon_seal_change ON {table};
CREATE TRIGGER carbon_seal_change BEFORE UPDATE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION carbon_inventory_seal_guard();
DROP TRIGGER IF EXISTS carbon_seal_delete ON {table};
CREATE TRIGGER carbon_seal_delete AFTER DELETE ON {table}
    REFERENCING OLD TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION carbon_inventory_seal_guard();
DROP TRIGGER IF EXISTS carbon_seal_insert ON {table};
CREATE TRIGGER carbon_seal_insert AFTER INSERT ON {table}
    REFERENCING NEW TABLE AS touched FOR EACH STATEMENT EXECUTE FUNCTION {insert}();
"""


class CarbonInventorySeal(models.Model):
    """The seal of an approved inventory: the end of a chain of SHA-256 over everything it rests on (R-139, R-157).

    Its batches cover the head of the inventory, its boundary, editions, GWP values, factor versions, lines, and the
    rows of the ledger up to the highest ids at sealing, so that rows added after a lawful reopening do not break it.
    Invariant: written once, with the approval, and its root stands in the audit trail too. The database refuses
    every change; a change made with its triggers switched off is found by verifying.
    """

    _name = "carbon.inventory.seal"
    _description = "Seal of an Inventory"
    _log_access = False
    _order = "id desc"
    _rec_name = "root_hash"

    inventory_id = fields.Many2one("carbon.inventory", required=True, readonly=True, ondelete="restrict")
    company_id = LedgerMany2one("res.company", required=True, readonly=True)
    form_version = fields.Integer(string="Canonical Form", required=True, readonly=True, aggregator=None)
    root_hash = fields.Char(string="Root (SHA-256)", required=True, readonly=True)
    batch_count = fields.Integer(string="Batches", required=True, readonly=True)
    row_count = fields.Integer(string="Rows", required=True, readonly=True)
    activity_max_id = fields.Integer(required=True, readonly=True, aggregator=None, export_string_translation=False)
    emission_max_id = fields.Integer(required=True, readonly=True, aggregator=None, export_string_translation=False)
    # empty in seals made before data could be approved
    approval_max_id = fields.Integer(readonly=True, aggregator=None, export_string_translation=False)
    sealed_on = fields.Datetime(required=True, readonly=True)
    sealed_by_id = LedgerMany2one("res.users", string="Sealed By", required=True, readonly=True)

    _inventory_uniq = models.UniqueIndex("(inventory_id)", "This inventory is sealed already.")

    def init(self):
        """Install the guards: seals are written once, batches only while their seal is being made."""
        self.env.cr.execute(_GUARD)
        self._install_guard(self._table, "carbon_inventory_seal_guard")

    @api.model
    def _install_guard(self, table, insert):
        """(Re)create the triggers of one table of seals.

        :param table: name of the table, from this code
        :param insert: name of the trigger function for INSERT
        """
        self.env.cr.execute(_TRIGGERS.format(table=table, insert=insert))  # pylint: disable=sql-injection

    @api.model_create_multi
    def create(self, vals_list):  # pylint: disable=method-required-super
        """Refuse: only the approval of an inventory makes a seal."""
        raise UserError(self.env._("A seal is made by approving an inventory."))

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse for everybody."""
        raise UserError(self.env._("A seal is never changed. Restate the inventory instead."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_never(self):
        raise UserError(self.env._("A seal is never deleted. Restate the inventory instead."))

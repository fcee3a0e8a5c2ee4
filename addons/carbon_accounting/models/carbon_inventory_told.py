from odoo import models

_GUARD = """
CREATE OR REPLACE FUNCTION carbon_inventory_told_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF COALESCE(OLD.is_base_year, FALSE) <> COALESCE(NEW.is_base_year, FALSE)
       AND COALESCE(NEW.is_base_year, FALSE)::text IS DISTINCT FROM (
           SELECT COALESCE(t.payload::jsonb->>'base_year', 'false') FROM carbon_trail_entry t
            WHERE t.res_model = 'carbon.inventory' AND t.res_id = NEW.id AND t.res_uuid = NEW.uuid AND t.event = 'inventory.base_year'
            ORDER BY t.seq DESC LIMIT 1) THEN
        RAISE EXCEPTION 'carbon inventory %: the audit trail knows of nobody who set or unset the base year', OLD.name
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.workbook_sha256 IS DISTINCT FROM NEW.workbook_sha256 AND OLD.state IN ('approved', 'verified', 'restated')
       AND (OLD.workbook_sha256 IS NOT NULL OR NOT EXISTS (SELECT 1 FROM carbon_trail_entry t
               WHERE t.res_model = 'carbon.inventory' AND t.res_id = NEW.id AND t.res_uuid = NEW.uuid
                 AND t.event = 'inventory.workbook' AND t.payload::jsonb->>'workbook_sha256' = NEW.workbook_sha256)) THEN
        RAISE EXCEPTION 'carbon inventory %: the audit trail knows of no such workbook', OLD.name
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND NEW.state IN ('approved', 'verified', 'restated') AND NOT EXISTS (
           SELECT 1 FROM carbon_trail_entry t
            WHERE t.res_model = 'carbon.inventory' AND t.res_id = NEW.id AND t.res_uuid = NEW.uuid AND t.company_id = NEW.company_id
              AND t.to_state = NEW.state
              AND CASE NEW.state
                  WHEN 'approved' THEN t.event = 'inventory.approve' AND t.actor_uid = NEW.approved_by_id
                  WHEN 'verified' THEN t.event = 'inventory.verify' AND t.actor_uid = NEW.verified_by_id
                  ELSE t.event = 'inventory.supersede' END) THEN
        RAISE EXCEPTION 'carbon inventory %: the audit trail knows of nobody who made it %', OLD.name, NEW.state
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
DROP TRIGGER IF EXISTS carbon_inventory_told ON carbon_inventory;
CREATE CONSTRAINT TRIGGER carbon_inventory_told AFTER UPDATE ON carbon_inventory
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.is_base_year IS DISTINCT FROM NEW.is_base_year
          OR OLD.workbook_sha256 IS DISTINCT FROM NEW.workbook_sha256)
    EXECUTE FUNCTION carbon_inventory_told_guard();
"""


class CarbonInventory(models.Model):
    """Every step of a sealed inventory has its entry in the audit trail: the database looks for it when the step is committed.

    Not sooner, since the entry tells what the step wrote. Our own steps have it looked for at once.
    """

    _inherit = "carbon.inventory"

    def init(self):
        """Install the guard: plain SQL makes no step that the trail does not know."""
        result = super().init()
        self.env.cr.execute(_GUARD)
        return result

    def _transition(self, to_state, event, values=None, reason=None, meaning=None):
        """A step and its entry stand or fall together, and now."""
        result = super()._transition(to_state, event, values=values, reason=reason, meaning=meaning)
        self._check_told()
        return result

    def _check_told(self):
        """Let the database look for the entries of what was written so far."""
        self.flush_recordset()
        self.env.cr.execute("SET CONSTRAINTS carbon_inventory_told IMMEDIATE")
        self.env.cr.execute("SET CONSTRAINTS carbon_inventory_told DEFERRED")

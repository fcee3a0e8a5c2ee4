import json

from odoo.fields import Command
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger


@tagged("post_install", "-at_install")
class TestGateRpc(HttpCase):
    """The gate cannot be forged from outside (spec c-0.1, abuse cases 6 and 7)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Carbon RPC"})
        cls.user = new_test_user(
            cls.env,
            login="carbon_rpc",
            password="carbon_rpc_pw",
            groups="carbon_management.group_carbon_manager,base.group_system",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )
        site = cls.env["carbon.site"].create(
            {
                "name": "S",
                "code": "S",
                "company_id": cls.company.id,
                "partner_id": False,
            }
        )
        cls.boundary = cls.env["carbon.boundary"].create(
            {
                "name": "Target",
                "company_id": cls.company.id,
                "date_from": "2025-01-01",
                "site_ids": [Command.set(site.ids)],
            }
        )
        cls.context = {
            "carbon_gate": True,
            "skip_validation_check": 1,
            "install_mode": True,
            "tracking_disable": 1,
            "import_file": True,
        }

    def _call(self, method, *args, model="carbon.boundary"):
        """Call through the web client's own route and return the error, if any."""
        self.authenticate("carbon_rpc", "carbon_rpc_pw")
        response = self.url_open(
            f"/web/dataset/call_kw/{model}/{method}",
            data=json.dumps(
                {
                    "jsonrpc": "2.0",
                    "params": {
                        "model": model,
                        "method": method,
                        "args": args,
                        "kwargs": {"context": self.context},
                    },
                }
            ),
            headers={"Content-Type": "application/json"},
        )
        return response.json().get("error")

    def _json2(self, method, model="carbon.boundary", **values):
        """Call through JSON-2 with an API key and return status and body."""
        key = self.env["res.users.apikeys"].with_user(self.user)._generate("rpc", "test", False)
        return self.url_open(
            f"/json/2/{model}/{method}",
            data=json.dumps({"context": self.context, **values}),
            headers={
                "Content-Type": "application/json",
                "Authorization": f"bearer {key}",
                "X-Odoo-Database": self.env.cr.dbname,
            },
        )

    def _assert_unchanged(self, state):
        self.boundary.invalidate_recordset()
        self.assertEqual((self.boundary.state, self.boundary.name), (state, "Target"))

    @mute_logger("odoo.http")
    def test_the_web_client_route_cannot_forge_the_gate(self):
        ids = self.boundary.ids
        error = self._call("write", ids, {"state": "approved"})
        self.assertIn("cannot be written", error["data"]["message"])
        self._assert_unchanged("draft")
        self.boundary.action_approve()
        for values in (
            {"name": "Forged"},
            {"state": "draft"},
            {"date_to": "2026-01-01"},
        ):
            self.assertTrue(self._call("write", ids, values), values)
        self.assertTrue(self._call("unlink", ids))
        self._assert_unchanged("approved")

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2")
    def test_json2_cannot_forge_the_gate(self):
        ids = self.boundary.ids
        answer = self._json2("write", ids=ids, vals={"state": "approved"})
        self.assertEqual(answer.status_code, 422, answer.text)
        self._assert_unchanged("draft")
        self.boundary.action_approve()
        answer = self._json2("write", ids=ids, vals={"name": "Forged"})
        self.assertEqual(answer.status_code, 422, answer.text)
        self._assert_unchanged("approved")

    @mute_logger("odoo.http")
    def test_json2_itself_works_for_a_permitted_change(self):
        answer = self._json2("write", ids=self.boundary.ids, vals={"name": "Target"})
        self.assertEqual(answer.status_code, 200, answer.text)

    @mute_logger("odoo.http")
    def test_transitions_and_appends_cannot_be_called(self):
        ids = self.boundary.ids
        for method in ("_transition", "_gate_write", "_gate_check_write"):
            self.assertTrue(self._call(method, ids, "approved", "x"), method)
            answer = self._json2(method, ids=ids, to_state="approved", event="x")
            self.assertGreaterEqual(answer.status_code, 400, method)
        for method in ("_append", "_append_many", "create", "write", "unlink"):
            self.assertTrue(self._call(method, [1], {}, model="carbon.trail.entry"), method)
        self._assert_unchanged("draft")

    @mute_logger("odoo.http")
    def test_import_over_rpc_is_refused_and_named_as_such(self):
        error = self._call("load", [".id", "state"], [[str(self.boundary.id), "Approved"]])
        self.assertFalse(error)  # load reports failures row by row
        self._assert_unchanged("draft")

    @mute_logger("odoo.http", "odoo.addons.rpc.controllers.json2")
    def test_the_maker_cannot_approve_over_rpc_whatever_the_context_says(self):
        self.env["carbon.system"]._get(self.company).separate_boundary_approval = True
        ids = self.boundary.ids
        self.assertFalse(self._call("write", ids, {"guideline": "ISO 14064-1"}))
        self.assertFalse(self._call("write", ids, {"prepared_by_id": self.env.uid}))
        self.context |= {"default_prepared_by_id": self.env.uid, "uid": 1, "su": True}
        error = self._call("action_approve", ids)
        self.assertIn("prepared by carbon_rpc", error["data"]["message"])
        answer = self._json2("action_approve", ids=ids)
        self.assertEqual(answer.status_code, 403, answer.text)
        for method in ("_check_second_person", "_write_preparer", "_note_line_change", "_makers"):
            self.assertTrue(self._call(method, ids), method)
        self._assert_unchanged("draft")

    def test_what_comes_by_json2_is_recorded_as_rpc(self):
        answer = self._json2("action_approve", ids=self.boundary.ids)
        self.assertEqual(answer.status_code, 200, answer.text)
        entry = self.env["carbon.trail.entry"].search([("company_id", "=", self.company.id)], limit=1)
        self.assertEqual(entry.event, "boundary.approve")
        self.assertEqual(entry.actor_login, "carbon_rpc")
        self.assertEqual(entry.ip, "127.0.0.1")
        # whatever the caller's context claims
        self.assertEqual(entry.channel, "rpc")

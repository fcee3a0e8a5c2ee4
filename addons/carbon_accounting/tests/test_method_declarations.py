from decimal import Decimal

from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged
from odoo.tools import SQL

from .method_common import MethodCommon
from .method_golden import GOLDEN

COAL = {"quantity": "100", "ncv": "20", "carbon_content": "0.026", "oxidation": "0.98"}
WATER = GOLDEN["wastewater_cod"][0]


@tagged("post_install", "-at_install")
class TestMethodDeclarations(MethodCommon):
    """A declaration asks for the inputs of its method, and its results travel the one road (R-132)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.coal_method = cls._use("fuel_heat_content", "Kiln")
        cls.water = cls._use("wastewater_cod", "Pond")

    def _parts(self, declaration):
        rows = self.env.execute_query(
            SQL(
                "SELECT origin_part, seq, quantity::text FROM carbon_activity_data "
                "WHERE origin_model = 'carbon.declaration' AND origin_id = %s ORDER BY origin_part, seq",
                declaration.id,
            )
        )
        return [(part, seq, Decimal(quantity)) for part, seq, quantity in rows]

    # ------------------------------------------------------------------ the road
    def test_each_result_becomes_activity_data_of_its_own_source(self):
        declaration = self._calculated(self.water, WATER)
        self._commit()
        self.assertEqual(self._parts(declaration), [("ch4", 0, Decimal(100)), ("recovered", 0, Decimal(20))])
        rules = self.water._method_rules()
        self.assertEqual(self._sum(rules["ch4"].source_id), 100)
        self.assertEqual(self._sum(rules["recovered"].source_id), 20)
        inventory = self._computed(gwp=self.ar6)
        self.assertEqual(round(inventory.total_t, 6), 2.7)  # 100 kg × 27.0
        self.assertEqual(round(inventory.recovered_t, 6), 0.54)  # beside the total, never netted
        self.assertEqual(set(inventory.line_ids.mapped("treatment")), {"total", "recovered"})

    def test_kinds_of_gas_land_where_they_belong(self):
        self._calculated(
            self._use("fuel_blend"),
            {"quantity": "1", "ncv": "43.07", "carbon_content": "0.0189", "oxidation": "0.98", "biogenic_share": "0.1"},
        )
        self._calculated(self._use("sink_stock_difference"), {"opening": "0", "closing": "12"})
        inventory = self._computed(gwp=self.ar6)
        totals = (inventory.total_t, inventory.biogenic_t, inventory.removal_t)
        self.assertEqual([round(t, 6) for t in totals], [2.63255, 0.292506, 44])
        sink = inventory.line_ids.filtered(lambda line: line.treatment == "removal").source_id
        self.assertEqual((sink.kind, sink.category_id.code), ("sink", "sink"))

    def test_quantities_are_exact_to_twelve_decimals(self):
        declaration = self._calculated(self.coal_method, COAL)
        self._commit()
        self.assertEqual(self._parts(declaration), [("co2", 0, Decimal("186853.333333333333"))])

    def test_collecting_history_gives_the_same_and_twice_changes_nothing(self):
        declaration = self._calculated(self.water, WATER)
        self.env.cr.precommit.clear()
        self.assertEqual(self._collect().row_new, 2)
        run = self._collect()
        self.assertEqual((run.row_new, run.row_reversed), (0, 0))
        self.assertEqual(len(self._parts(declaration)), 2)

    def test_service_period_splits_every_result_over_its_months(self):
        declaration = self._calculated(self.water, WATER, date_from="2025-01-01", date_to="2025-02-28")
        self._commit()
        rows = self._parts(declaration)
        self.assertEqual([r[0] for r in rows], [f"{p} 2025-0{m}" for p in ("ch4", "recovered") for m in (1, 2)])
        self.assertEqual((rows[0][2] + rows[1][2], rows[2][2] + rows[3][2]), (100, 20))

    def test_cancelling_takes_every_result_back(self):
        declaration = self._calculated(self.water, WATER)
        self._commit()
        declaration.action_cancel()
        self._commit()
        rows = self._parts(declaration)
        self.assertEqual([r[:2] for r in rows], [("ch4", 0), ("ch4", 1), ("recovered", 0), ("recovered", 1)])
        self.assertEqual(sum(r[2] for r in rows), 0)

    def test_declared_anew_replaces_what_was_posted(self):
        declaration = self._calculated(self.coal_method, COAL)
        self._commit()
        declaration.action_cancel()
        declaration.action_draft()
        line = declaration.input_ids.filtered(lambda row: row.input_id.code == "quantity")
        line.value = "50"
        declaration.action_post()
        self._commit()
        self.assertEqual(self._kg(self.coal_method.source_id), Decimal("93426.666666666667"))
        self.assertEqual(declaration.result_ids.mapped("code"), ["co2"])

    def test_activity_quantities_take_the_factor_of_their_source(self):
        fuel = self._source("Coal yard", self.ton, self.coal_factor)
        rule = self._use("fuel_net_consumption", sources={"fuel": fuel})
        self._calculated(rule, {"purchases": "100", "opening": "20", "closing": "15", "resale": "5", "other_use": "0"})
        self._commit()
        self.assertEqual(self._sum(fuel), 100)
        self.assertEqual(self._kg(fuel), Decimal("186853.3333333333"))

    def test_many_declarations_are_collected_by_one_statement(self):
        for number in range(12):
            self._calculated(self.water, WATER, name=f"W{number}")
        self.env.flush_all()
        with self.assertQueryCount(3):  # frame, statement, frame
            self.env.cr.precommit.run()
        self.assertEqual(len(self._ledger()), 24)

    # ------------------------------------------------------------------ the form
    def test_form_asks_for_exactly_the_inputs_and_shows_the_result(self):
        form = Form(self.env["carbon.declaration"])
        form.name = "Kiln, March"
        form.rule_id = self.coal_method
        self.assertEqual(form.method_id.code, "fuel_heat_content")
        names = [form.input_ids.edit(i).input_id.code for i in range(len(form.input_ids))]
        self.assertEqual(names, ["quantity", "ncv", "carbon_content", "oxidation"])
        self.assertIn("Fuel burnt", form.result_preview)
        self.assertIn("is missing", form.result_preview)
        for index, value in enumerate(("100", "20", "0.026", "0.98")):
            with form.input_ids.edit(index) as line:
                line.value = value
        self.assertIn("net or the gross value", form.result_preview)
        with form.input_ids.edit(1) as line:
            line.basis = "lhv"
        self.assertIn("186853.333333", form.result_preview)
        self.assertIn("CO2 (Fossil)", form.result_preview)
        with form.input_ids.edit(3) as line:
            line.value = "98"
        self.assertIn("write 0.98", form.result_preview)
        form.rule_id = self.water
        self.assertEqual(len(form.input_ids), 7)

    def test_form_returns_to_a_plain_quantity_without_method(self):
        form = Form(self.env["carbon.declaration"])
        form.rule_id = self.coal_method
        form.rule_id = self.coal_rule
        self.assertFalse(form.method_id)
        self.assertEqual(len(form.input_ids), 0)

    def test_preview_shows_the_gases_of_a_blend(self):
        factor = self.env["carbon.emission.factor"].create({"code": "T-410A", "name": "R-410A", "uom_id": self.kg.id})
        gases = [(0, 0, {"gas_id": self._gas(g).id, "kg_per_unit": 0.5}) for g in ("HFC32", "HFC125")]
        factor.version_ids.create(
            {"factor_id": factor.id, "date_from": "2000-01-01", "gas_line_ids": gases}
        ).action_approve()
        rule = self._use("gas_release", factors={"substance": factor})
        declaration = self._calculated(rule, {"mass": "3"}, post=False)
        self.assertIn("HFC32 (Fossil) 1.5 kg · HFC125 (Fossil) 1.5 kg", declaration.result_preview)

    def test_rows_are_added_and_removed(self):
        rule = self._use("carbonates")
        declaration = self._calculated(rule, {}, post=False)
        self.assertEqual(len(declaration.input_ids), 4)
        declaration.input_ids[0].action_add_row()
        self.assertEqual(declaration.input_ids.mapped("row"), [1, 1, 1, 1, 2, 2, 2, 2])
        values = {"masses": "1000", "purities": "0.9", "conversions": "1", "factors": "0.44"}
        for line in declaration.input_ids.filtered(lambda row: row.row == 1):
            line.value = values[line.input_id.code]
        declaration.action_post()  # the row that nobody filled in is left out
        self.assertEqual(declaration.result_ids.quantity, 396000)
        declaration.action_cancel()
        declaration.action_draft()
        declaration.input_ids[-1].action_remove_row()
        self.assertEqual(len(declaration.input_ids), 4)

    def test_row_filled_in_half_is_refused_naming_the_field(self):
        rule = self._use("carbonates")
        with self.assertRaisesRegex(UserError, "Purity, row 1 of declaration.*is missing"):
            self._calculated(rule, {"masses": ["5"], "conversions": ["1"], "factors": ["0.44"]})

    def test_copy_takes_inputs_along_and_no_results(self):
        copy = self._calculated(self.coal_method, COAL).copy()
        self.assertEqual((copy.state, len(copy.input_ids), len(copy.result_ids)), ("draft", 4, 0))
        self.assertEqual(copy.input_ids.mapped("value"), list(COAL.values()))

    def test_newer_version_of_the_method_keeps_the_values(self):
        declaration = self._calculated(self.coal_method, COAL, post=False)
        draft = self._method("fuel_heat_content").copy()
        draft.action_approve()
        self.coal_method.method_id = draft
        self.assertTrue(declaration.method_outdated)
        with self.assertRaisesRegex(UserError, "is calculated with .*version 2 now"):
            declaration.action_post()
        declaration.action_update_method()
        self.assertEqual(declaration.input_ids.mapped("value"), list(COAL.values()))
        declaration.action_post()
        self.assertEqual(declaration.result_ids.result_id.method_id, draft)

    def test_posted_declaration_keeps_the_version_it_was_calculated_with(self):
        declaration = self._calculated(self.coal_method, COAL)
        draft = self._method("fuel_heat_content").copy()
        draft.action_approve()
        self.coal_method.method_id = draft
        self.assertEqual(declaration.method_id, self._method("fuel_heat_content"))
        self.assertFalse(declaration.method_outdated)

    # ------------------------------------------------------------------ frozen
    def test_inputs_and_results_are_frozen_once_posted(self):
        declaration = self._calculated(self.coal_method, COAL)
        line, result = declaration.input_ids[0], declaration.result_ids
        for vals in ({"value": "1"}, {"choice_id": False}, {"row": 3}):
            with self.assertRaisesRegex(UserError, "inputs are frozen"):
                line.write(vals)
        with self.assertRaises(UserError):
            line.unlink()
        with self.assertRaises(UserError):
            line.copy({"row": 9})
        with self.assertRaises(UserError):
            declaration.input_ids = [Command.clear()]
        with self.assertRaises(UserError):
            declaration.method_id = self._method("lime")
        for act in (
            lambda: result.write({"quantity": 1}),
            lambda: result.unlink(),
            lambda: result.copy(),
            lambda: self.env["carbon.declaration.result"].sudo().create({"declaration_id": declaration.id}),
        ):
            with self.assertRaises(UserError):
                act()

    def test_inputs_cannot_move_into_a_posted_declaration(self):
        posted = self._calculated(self.coal_method, COAL)
        draft = self._calculated(self.coal_method, COAL, post=False)
        with self.assertRaises(UserError), self.env.cr.savepoint():
            draft.input_ids[0].write({"declaration_id": posted.id, "row": 7})

    def test_state_is_not_written_past_the_button_that_calculates(self):
        declaration = self._calculated(self.coal_method, COAL, post=False)
        with self.assertRaisesRegex(UserError, "cannot be written"):
            declaration.write({"state": "posted", "note": "by import"})
        self.assertEqual((declaration.state, len(declaration.result_ids)), ("draft", 0))
        declaration.action_post()
        self.assertEqual(declaration.result_ids.mapped("code"), ["co2"])
        empty = self._calculated(self.coal_method, {}, post=False)
        with self.assertRaisesRegex(UserError, "Fuel burnt of declaration.*is missing"):
            empty.action_post()

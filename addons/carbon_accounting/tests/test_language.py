from odoo.tests import tagged

from .common import CarbonCommon


@tagged("post_install", "-at_install")
class TestLanguage(CarbonCommon):
    """Words that Odoo's own catalogues translate otherwise keep the meaning they have here."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        cls.env["ir.module.module"].search([("state", "=", "installed")])._update_translations(
            ["zh_CN"], overwrite=True
        )
        cls.chinese = cls.env(context={**cls.env.context, "lang": "zh_CN"})

    def _label(self, model, field):
        return self.chinese[model].fields_get([field], ["string"])[field]["string"]

    def test_labels_of_the_inventory_are_no_stock(self):
        for model in ("carbon.inventory.line", "carbon.inventory.report", "carbon.inventory.seal"):
            self.assertEqual(self._label(model, "inventory_id"), "排放清单", model)
        self.assertEqual(self.chinese.ref("carbon_accounting.model_carbon_inventory").name, "温室气体排放清单")

    def test_a_factor_pack_is_no_parcel(self):
        self.assertEqual(self._label("carbon.emission.factor", "pack_id"), "因子包")
        self.assertEqual(self.chinese.ref("carbon_accounting.carbon_factor_pack_menu").name, "因子包")

    def test_the_trail_says_inventory_and_worklist_in_our_words(self):
        labels = self.chinese["carbon.trail.entry"]._event_nouns()
        self.assertEqual(labels["inventory"], "排放清单")
        arch = self.chinese["carbon.inventory"].get_view(view_type="form")["arch"]
        self.assertTrue("在待办清单上" in arch and "待处理清单" not in arch)
        self.assertEqual(self.chinese.ref("carbon_management.carbon_trail_menu").name, "审计追踪")

    def test_states_and_kinds_have_the_meaning_of_the_field(self):
        values = {
            ("carbon.inventory", "state", "verified"): "已核查",
            ("carbon.emission.factor.gas", "kind", "removal"): "清除",
            ("carbon.standard.clause", "obligation_level", "may"): "可",
            ("carbon.boundary", "approach", "operational_control"): "运营控制权",
            ("carbon.emission.unit", "level", "unit"): "排放单元",
            ("carbon.trail.entry", "channel", "cron"): "定时任务",
        }
        for (model, field, value), label in values.items():
            selection = dict(self.chinese[model].fields_get([field], ["selection"])[field]["selection"])
            self.assertEqual(selection[value], label, (model, field, value))

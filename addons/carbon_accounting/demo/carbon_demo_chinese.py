from odoo import api, models

LANGUAGE = "zh_CN"
#: External identifier without its addon: translatable fields in Chinese.
NAMES = {
    "demo_source_coal_boiler": {"name": "燃煤锅炉", "specification": "4 t/h，链条炉排"},
    "demo_source_gas_boiler": {"name": "燃气锅炉", "specification": "2.8 MW，低氮"},
    "demo_source_kiln": {"name": "干燥窑（燃煤）", "specification": "两室，各60 m³"},
    "demo_source_vehicles": {"name": "柴油卡车和叉车", "specification": "六辆卡车，四台叉车"},
    "demo_source_chiller": {"name": "冷水机组（R-410A）", "specification": "两台，各420 kW"},
    "demo_source_extinguishers": {"name": "CO2灭火器"},
    "demo_source_electricity": {"name": "外购电力", "specification": "10 kV，一块电表"},
    "demo_source_steam": {"name": "外购蒸汽", "specification": "饱和蒸汽，1.0 MPa"},
    "demo_source_furniture": {"name": "外购家具及部件"},
    "demo_source_services": {"name": "外购维修服务"},
    "demo_source_timber": {"name": "外购锯材"},
    "demo_source_freight": {"name": "入厂公路货运"},
    "demo_source_generator": {"name": "应急发电机（柴油）", "specification": "500 kW，每周试机"},
    "demo_source_panels": {"name": "窑干板材产量"},
    "demo_rule_extinguishers": {"name": "灭火器充装的CO2"},
    "demo_rule_generator": {"name": "应急发电机加注的柴油"},
    "demo_source_chiller_2": {"name": "机房冷水机组（R-410A）", "specification": "60 kW，由承包商维护"},
    "demo_rule_chiller_2": {"name": "机房冷水机组加注的制冷剂"},
    "demo_rule_em01": {"name": "总电表（与账单比对）", "reason": "电力按账单计入"},
    "demo_rule_meters": {
        "name": "其他计量器具（仅供参考）",
        "reason": "天然气和煤按账单和收货计入，水不产生直接排放",
    },
    "demo_equipment_category_cooling": {"name": "制冷设备"},
    "demo_equipment_chiller_1": {"name": "冷水机组 CH-01"},
    "demo_equipment_chiller_2": {"name": "机房冷水机组 CH-02"},
    "demo_group_source_steam": {"name": "来自人造板厂的蒸汽"},
    "demo_group_source_forklifts": {"name": "家具厂的柴油叉车"},
    "demo_group_rule_steam": {"name": "人造板厂边界处计量的蒸汽"},
    "demo_group_rule_forklifts": {"name": "叉车加注的柴油"},
    "demo_product_diesel": {"name": "柴油"},
    "demo_product_coal": {"name": "烟煤"},
    "demo_product_refrigerant": {"name": "制冷剂 R-410A（钢瓶）"},
    "demo_product_electricity": {"name": "电力"},
    "demo_product_gas": {"name": "天然气"},
    "demo_product_steam": {"name": "蒸汽"},
    "demo_product_repair": {"name": "设备维修"},
    "demo_product_freight": {"name": "入厂货运"},
    "demo_product_waste": {"name": "木质废料处置"},
}


class CarbonDemo(models.AbstractModel):
    """The demo company in Chinese, where that language is installed.

    Texts that Odoo does not translate, such as names of sites and inventories, carry both languages in the
    demo data themselves, as in a company that works in both.
    """

    _inherit = "carbon.demo"

    @api.model
    def _chinese(self):
        """Return ``{external identifier: {field: Chinese text}}``; the bridges add theirs."""
        return {f"carbon_accounting.{name}": values for name, values in NAMES.items()}

    @api.model
    def _translate(self):
        """Write the Chinese texts of the demo records; done twice it changes nothing."""
        if LANGUAGE not in dict(self.env["res.lang"].get_installed()):
            return
        for xmlid, values in self._chinese().items():
            record = self.env.ref(xmlid, raise_if_not_found=False)
            if record:
                record.with_context(lang=LANGUAGE).write(values)

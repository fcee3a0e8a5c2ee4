from .inventory_common import InventoryCommon


class DryRunCommon(InventoryCommon):
    """Helpers to try drafts of factor versions, and to compare with what approval and collection then give."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.system.gwp_set_id = cls.ar6
        cls.product, cls.other_product = cls.env["product.product"].create(
            [{"name": "Lump coal"}, {"name": "Coal dust"}]
        )
        cls.diesel_rule = cls._rule("declared", cls.diesel, name="Diesel declared")

    @classmethod
    def _draft(cls, factor, kg, date_from, region=None, gas=None, **values):
        return cls.env["carbon.emission.factor.version"].create(
            {
                "factor_id": factor.id,
                "date_from": date_from,
                "region_id": region and region.id,
                "source_document": "test",
                "gas_line_ids": [(0, 0, {"gas_id": (gas or cls.gas_co2).id, "kg_per_unit": float(kg)})],
                **values,
            }
        )

    @classmethod
    def _site(cls, code, region):
        return cls.env["carbon.site"].create(
            {"name": code, "code": code, "company_id": cls.company.id, "region_id": region.id}
        )

    def _fill(self, *rows):
        """Declare (rule, quantity, day, product) and collect."""
        declarations = [
            self._declare(rule, quantity, rule.source_id.uom_id, day, product_id=product and product.id)
            for rule, quantity, day, product in rows
        ]
        self._commit()
        return declarations

    def _try(self, drafts, user=None):
        """Return the dry run of drafts."""
        self._commit()
        if user:
            drafts = drafts.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
        action = drafts.action_dry_run()
        return drafts.env[action["res_model"]].browse(action["res_id"])

    @staticmethod
    def _figures(lines):
        """Return {name: (rows, first time, now, then)} in t."""
        return {
            line.name: (line.row_count, line.fresh_count, round(line.now_t, 6), round(line.then_t, 6)) for line in lines
        }

    def _totals(self, wizard):
        return (
            wizard.row_count,
            wizard.fresh_count,
            *(round(wizard[f"{name}_t"], 6) for name in ("now", "then", "difference")),
        )

    def _ledger_sums(self, groupby):
        """Return {name: t CO2e} of the ledger by month, source or product as the analysis tells it."""
        report = self.env["carbon.emission.report"]
        groups = report._read_group([("company_id", "=", self.company.id)], [groupby], ["co2e_t:sum"])
        if groupby == "date:month":
            return {f"{month:%Y-%m}": total for month, total in groups}
        return {record.display_name or "Without product": total for record, total in groups}

    def _fingerprint(self):
        """Return what a dry run must not touch."""
        tables = (
            "carbon_activity_data",
            "carbon_emission_line",
            "carbon_collection_issue",
            "carbon_emission_factor_version",
        )
        tables += ("carbon_emission_factor_gas", "carbon_reporting_period", "carbon_inventory", "carbon_inventory_line")
        tables += ("carbon_system", "carbon_trail_entry", "carbon_source_factor")
        self.env.flush_all()
        return [
            self.env.execute_query(
                self._sql("SELECT count(*), sum(hashtextextended(t::text, 0)) FROM %s t", self._sql(table))
            )[0]
            for table in tables
        ]

    def _assert_follows(self, wizard):
        """Approve and collect: each month, source and product moves by what the dry run said, and by nothing else."""
        pages = {
            "date:month": wizard.period_line_ids,
            "source_id": wizard.source_line_ids,
            "product_id": wizard.product_line_ids,
        }
        said = {name: {line.name: line.difference_t for line in lines} for name, lines in pages.items()}
        before = {name: self._ledger_sums(name) for name in pages}
        wizard.version_ids.action_approve()
        self._collect_changes()
        for name in pages:
            after = self._ledger_sums(name)
            moved = {
                key: round(after.get(key, 0) - before[name].get(key, 0), 9)
                for key in before[name].keys() | after.keys()
            }
            self.assertEqual(
                {key: value for key, value in moved.items() if value},
                {key: round(value, 9) for key, value in said[name].items() if round(value, 9)},
                name,
            )
        again = self._collect()
        self.assertEqual((again.row_new, again.row_reversed, again.row_emission), (0, 0, 0), "documents say the same")

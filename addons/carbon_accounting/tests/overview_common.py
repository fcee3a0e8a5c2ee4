from .common import CarbonCommon


class OverviewCommon(CarbonCommon):
    """Sources of several scopes, and a year of the ledger."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        leaf = {c.code: c for c in cls.env["carbon.emission.category"].search([])}
        stream = {s.code: s for s in cls.env["carbon.emission.stream"].search([])}
        cls.overview = cls.env["carbon.overview"]
        cls.partner = cls.env["res.partner"].create({"name": "Pit 4"})
        cls.product = cls.env["product.product"].create({"name": "Coal nuts", "type": "consu"})
        cls.grid = cls._source(
            "Grid", cls.kwh, cls._factor("GRID", cls.kwh, "0.5"), stream["location"], leaf["purchased_electricity"]
        )
        cls.grid.factor_line_ids = [
            (0, 0, {"stream_id": stream["market"].id, "factor_id": cls._factor("RESIDUAL", cls.kwh, "0.8").id})
        ]
        cls.green = cls._source(
            "Green", cls.kwh, cls._factor("GREEN", cls.kwh, "0.1"), stream["market"], leaf["purchased_electricity"]
        )
        cls.steel = cls._source(
            "Steel", cls.ton, cls._factor("STEEL", cls.ton, "2000"), stream["process"], leaf["purchased_goods"]
        )
        cls.sink = cls._source(
            "Outside", cls.ton, cls._factor("OUT", cls.ton, "100"), stream["process"], leaf["sink"], kind="sink"
        )
        cls.output = cls._source("Pumps", cls.ton, None, None, leaf["production_output"], kind="output")
        cls.rules = {
            source: cls._rule("declared", source, name=source.name, quality=quality)
            for source, quality in (
                (cls.coal, "measured"), (cls.grid, "measured"), (cls.green, "measured"), (cls.steel, "estimated"),
                (cls.sink, "measured"), (cls.output, "measured"),
            )
        }  # fmt: skip

    def _fill(self):
        """Coal 1868.5333 kg/t, grid 0.5 (0.8 by market), green 0.1 by market only, steel 2000 kg/t."""
        unit = {source: source.uom_id for source in self.rules}
        for source, quantity, day, values in (
            (self.coal, 10, "2025-01-10", {"product_id": self.product.id, "partner_id": self.partner.id}),
            (self.coal, 5, "2025-02-10", {"product_id": self.product.id}),
            (self.coal, 20, "2024-01-10", {}),
            (self.coal, 8, "2024-09-10", {}),
            (self.grid, 10000, "2025-02-20", {"partner_id": self.partner.id}),
            (self.green, 10000, "2025-02-20", {}),
            (self.steel, 3, "2025-03-01", {}),
            (self.sink, 7, "2025-03-01", {}),
            (self.output, 50, "2025-03-01", {}),
        ):
            self._declare(self.rules[source], quantity, unit[source], day=day, **values)
        self._commit()

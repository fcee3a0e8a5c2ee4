from dateutil.relativedelta import relativedelta

from odoo import api, fields, models

#: Parameters side by side in a table of months: what an A4 page takes.
_COLUMNS = 5
#: What a meter says of its accuracy and calibration, where the addons that keep it are there.
_METER = (
    *("carbon_accuracy_class", "carbon_permissible_error", "carbon_calibrated_on", "carbon_calibration_due_on"),
    "carbon_location",
)


class CarbonInventoryDocument(models.AbstractModel):
    """What a filing asks of a data quality control plan besides its items: reporter, facilities, revisions, figures by month."""

    _inherit = "carbon.inventory.document"

    @api.model
    def _plan_boundary(self, plan, day):
        """Return the words of the boundary of a plan: its own, the one in force on a day, or the whole legal entity."""
        boundaries = self.env["carbon.boundary"]
        boundary = (
            plan.boundary_id
            or boundaries._get_for_date(plan.company_id, day)
            or boundaries._get_for_date(plan.company_id, day, "organisational")
        )
        return boundary.display_name or self.env._(
            "The whole legal entity %(company)s: no boundary was approved for this day.", company=plan.company_id.name
        )

    @api.model
    def _plan_revisions(self, plan):
        """Return the versions of the plan up to this one, the oldest first."""
        versions = plan.search(
            [("company_id", "=", plan.company_id.id), ("version", "<=", plan.version)], order="version"
        )
        return (versions.filtered(lambda version: version.state in ("approved", "superseded")) | plan).sorted("version")

    @api.model
    def _plan_facilities(self, items):
        """Return (site or unit, source, category, device, specification, in use since) of what is monitored."""
        return [
            (
                source.emission_unit_id.complete_name or source.site_id.display_name or "",
                source.display_name,
                source.category_id.display_name,
                source.equipment_id.name or "",
                source.specification or "",
                str(source.commissioning_date or source.active_from or ""),
            )
            for source in items.source_id.filtered(lambda source: source.kind != "output")
        ]

    @api.model
    def _plan_instruments(self, items):
        """Return (name, serial number, model, place, responsible, accuracy, calibrated, due) of each instrument.

        Accuracy and calibration are empty, to be filled in, where nothing keeps them.
        """
        rows = []
        for meter in items.equipment_id.sorted("id"):
            known = {name: meter[name] for name in _METER if name in meter._fields}
            error = known.get("carbon_permissible_error")
            accuracy = (known.get("carbon_accuracy_class"), f"±{self._percent(error)}" if error else "")
            rows.append(
                (
                    meter.name,
                    meter.serial_no or "",
                    meter.model or "",
                    known.get("carbon_location") or "",
                    meter.technician_user_id.name or "",
                    ", ".join(filter(None, accuracy)),
                    str(known.get("carbon_calibrated_on") or ""),
                    str(known.get("carbon_calibration_due_on") or ""),
                )
            )
        return rows

    @api.model
    def _plan_months(self, items, first, last):
        """Return the quantities of monitored sources by month, as the ledger has them.

        :param first: first day of the period
        :param last: last day of it; of a longer period its last twelve months up to today are told
        :return: list of (items, [(month, quantities in their order)]), a handful of items in each
        """
        shown = items.filtered("source_id")
        end = min(last, fields.Date.end_of(max(first, fields.Date.context_today(self)), "month"))
        begin = max(fields.Date.start_of(first, "month"), fields.Date.start_of(end - relativedelta(months=11), "month"))
        if not shown or begin > end:
            return []
        groups = self.env["carbon.activity.data"]._read_group(
            [("source_id", "in", shown.source_id.ids), ("date", ">=", begin), ("date", "<=", end)],
            ["source_id", "date:month"],
            ["quantity:sum"],
        )
        sums = {(source.id, fields.Date.to_date(month)): quantity for source, month, quantity in groups}
        months = []
        while begin <= end:
            months.append(begin)
            begin += relativedelta(months=1)
        return [
            (part, [(f"{month:%Y-%m}", [sums.get((i.source_id.id, month)) for i in part]) for month in months])
            for start in range(0, len(shown), _COLUMNS)
            if (part := shown[start : start + _COLUMNS])
        ]

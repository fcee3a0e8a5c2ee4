import { Component } from "@odoo/owl";
import { cookie } from "@web/core/browser/cookie";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { CarbonChart } from "../overview/chart";
import { barConfig, palette, percentConfig, trendConfig } from "../overview/charts";

const { DateTime } = luxon;

/**
 * The figures of an inventory as charts. A bar leads to its inventory lines, and these to the documents.
 */
export class InventoryCharts extends Component {
    static template = "carbon_accounting.InventoryCharts";
    static components = { CarbonChart };
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.colors = palette(cookie.get("color_scheme") === "dark");
    }

    get data() {
        return this.props.record.data[this.props.name];
    }

    get sources() {
        const rows = [...this.data.sources];
        if (this.data.others) {
            rows.push({ id: false, name: _t("Others"), t: this.data.others });
        }
        return rows;
    }

    /** The charts of the data shown; the same objects until the data change. */
    get charts() {
        if (this.drawn !== this.data) {
            this.drawn = this.data;
            const labels = this.data.months.map((month) => DateTime.fromISO(month.start).toFormat("LLL"));
            this.configs = {
                trend: trendConfig(this.data, this.colors, labels, [_t("Scope 1"), _t("Scope 2"), _t("Scope 3")]),
                sources: barConfig(this.sources, this.colors),
                intensities: percentConfig(this.data.intensities || [], this.colors),
            };
        }
        return this.configs;
    }

    async open(name, domain) {
        const action = await this.action.loadAction("carbon_accounting.carbon_inventory_report_action");
        const own = ["inventory_id", "=", this.props.record.resId];
        return this.action.doAction(
            { ...action, name, display_name: name, domain: [own, ...domain], context: {} },
            { viewType: "list" }
        );
    }

    openMonth(dataset, index) {
        const start = DateTime.fromISO(this.data.months[index].start);
        return this.open(start.toFormat("LLL yyyy"), [
            ["scope", "=", String(dataset + 1)],
            ["period", "=", start.toISODate()],
        ]);
    }

    openSource(_dataset, index) {
        const row = this.sources[index];
        const shown = this.data.sources.map((source) => source.id);
        return this.open(row.name, [row.id ? ["source_id", "=", row.id] : ["source_id", "not in", shown]]);
    }
}

registry.category("fields").add("carbon_inventory_charts", {
    component: InventoryCharts,
    displayName: _t("Inventory charts"),
    supportedTypes: ["json"],
});

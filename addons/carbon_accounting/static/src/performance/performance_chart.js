import { Component } from "@odoo/owl";
import { cookie } from "@web/core/browser/cookie";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { CarbonChart } from "../overview/chart";
import { palette } from "../overview/charts";

const { DateTime } = luxon;

/** Lines of a parameter: actual, normalised (where a regression is), baseline and benchmark. */
export function performanceConfig(data, colors, labels, names) {
    const line = (name, color, options = {}) => ({
        label: names[name],
        data: data.rows.map((row) => row[name]),
        borderColor: color,
        backgroundColor: color,
        borderWidth: 2,
        pointRadius: 2,
        pointHitRadius: 8,
        spanGaps: false,
        ...options,
    });
    const dashed = { borderDash: [6, 4], borderWidth: 1.5, pointRadius: 0 };
    const datasets = [line("actual", colors.scopes[0])];
    if (data.hasModel) {
        datasets.push(line("normalised", colors.scopes[2]));
    }
    for (const [name, color] of [["baseline", colors.previous], ["benchmark", colors.source]]) {
        if (data.rows.some((row) => row[name] !== null)) {
            datasets.push(line(name, color, dashed));
        }
    }
    return {
        type: "line",
        data: { labels, datasets },
        options: {
            maintainAspectRatio: false,
            animation: false,
            interaction: { mode: "nearest", intersect: true },
            plugins: {
                legend: { position: "bottom", labels: { color: colors.text, usePointStyle: true, boxHeight: 7, padding: 16 } },
            },
            scales: {
                x: { grid: { display: false }, border: { display: false }, ticks: { color: colors.text, maxRotation: 0, autoSkip: true } },
                y: {
                    beginAtZero: true,
                    border: { display: false },
                    grid: { color: colors.grid },
                    ticks: { color: colors.text, maxTicksLimit: 6 },
                    title: { display: true, text: data.unit, color: colors.text },
                },
            },
        },
    };
}

/**
 * The values of a parameter by period. A point leads to its value.
 */
export class PerformanceChart extends Component {
    static template = "carbon_accounting.PerformanceChart";
    static components = { CarbonChart };
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
        this.colors = palette(cookie.get("color_scheme") === "dark");
    }

    get data() {
        return this.props.record.data[this.props.name];
    }

    /** The chart of the data shown; the same object until the data change. */
    get config() {
        if (this.drawn !== this.data) {
            this.drawn = this.data;
            const labels = this.data.rows.map((row) => DateTime.fromISO(row.start).toFormat("yyyy-MM"));
            this.made = performanceConfig(this.data, this.colors, labels, {
                actual: _t("Actual"),
                normalised: _t("Normalised"),
                baseline: _t("Baseline"),
                benchmark: _t("Benchmark"),
            });
        }
        return this.made;
    }

    async open(_dataset, index) {
        const action = await this.action.loadAction("carbon_accounting.carbon_performance_value_action");
        const domain = [
            ["code", "=", this.data.code],
            ["company_id", "=", this.data.company],
            ["date_from", "=", this.data.rows[index].start],
        ];
        return this.action.doAction({ ...action, domain, context: {} }, { viewType: "list" });
    }
}

registry.category("fields").add("carbon_performance_chart", {
    component: PerformanceChart,
    displayName: _t("Performance chart"),
    supportedTypes: ["json"],
});

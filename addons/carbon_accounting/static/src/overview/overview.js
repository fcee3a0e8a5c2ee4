import { Component, onWillStart, useState } from "@odoo/owl";
import { cookie } from "@web/core/browser/cookie";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";
import { ControlPanel } from "@web/search/control_panel/control_panel";
import { useSetupAction } from "@web/search/action_hook";
import { formatInteger, formatMonetary } from "@web/views/fields/formatters";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { CarbonBarList } from "./bar_list";
import { CarbonChart } from "./chart";
import { barConfig, palette, trendConfig } from "./charts";
import { formatShare, formatSignificant, formatTonnes } from "./format";

const { DateTime } = luxon;

/**
 * The overview: what the company emits, where from, how good the data are, and what waits.
 * Every figure opens the rows behind it; every row opens its document.
 */
export class CarbonOverview extends Component {
    static template = "carbon_accounting.Overview";
    static components = { CarbonBarList, CarbonChart, ControlPanel };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.format = { tonnes: formatTonnes, share: formatShare, significant: formatSignificant };
        this.formatInteger = formatInteger;
        this.colors = palette(cookie.get("color_scheme") === "dark");
        this.state = useState({ loading: true, error: null, data: null, year: this.props.state?.year });
        useSetupAction({ getLocalState: () => ({ year: this.state.year }) });
        this.load();
        onWillStart(async () => {
            this.isAccountant = await user.hasGroup("carbon_management.group_carbon_accountant");
        });
    }

    async load(year = this.state.year) {
        this.state.loading = true;
        this.state.error = null;
        try {
            const data = await this.orm.call("carbon.overview", "get_data", [year || null]);
            this.state.year = data.year;
            this.state.data = data;
            this.prepare(data);
        } catch (error) {
            this.state.error = error.data?.message || error.message || String(error);
        } finally {
            this.state.loading = false;
        }
    }

    prepare(data) {
        if (data.is_empty) {
            return;
        }
        this.charts = {
            trend: trendConfig(data, this.colors, this.monthLabels(data.year), this.scopeLabels),
            sources: barConfig(this.sourceRows, this.colors),
        };
    }

    // ------------------------------------------------------------------ labels
    get data() {
        return this.state.data;
    }

    get scopeLabels() {
        return [_t("Scope 1"), _t("Scope 2"), _t("Scope 3")];
    }

    monthLabels(year) {
        return [...Array(12).keys()].map((index) => DateTime.fromObject({ year, month: index + 1 }).toFormat("LLL"));
    }

    get basisLabel() {
        const { gwp_set, electricity } = this.data.basis;
        const basis = electricity === "market" ? _t("market-based") : _t("location-based");
        return [gwp_set, basis].filter(Boolean).join(" · ");
    }

    get sourceRows() {
        return this.data.sources.map((row) => ({ ...row, name: row.name || _t("Other sources") }));
    }

    /** Change against the same months of the year before; null without a year before. */
    delta(now, before) {
        if (!before) {
            return null;
        }
        const change = (now - before) / Math.abs(before);
        return {
            text: formatShare(Math.abs(change)),
            icon: change > 0 ? "fa-caret-up" : "fa-caret-down",
            class: Math.abs(change) < 0.0005 ? "text-muted" : change > 0 ? "text-danger" : "text-success",
            title: _t("%(before)s t in %(period)s", { before: formatTonnes(before), period: this.comparedWith }),
        };
    }

    get comparedWith() {
        const year = this.data.year - 1;
        const last = this.data.last_month;
        const months = this.monthLabels(year);
        if (last === 12) {
            return String(year);
        }
        return _t("%(months)s %(year)s", {
            months: last === 1 ? months[0] : `${months[0]}–${months[last - 1]}`,
            year: String(year),
        });
    }

    get qualityGood() {
        return this.data.quality
            .filter((row) => ["measured", "calculated"].includes(row.quality))
            .reduce((sum, row) => sum + row.share, 0);
    }

    get amounts() {
        return (value) => formatMonetary(value, { currencyId: this.data.worklist.currency_id, digits: [16, 0] });
    }

    get collectionText() {
        const { state, progress, finished_on, run_id } = this.data.collection;
        if (!run_id) {
            return _t("History not collected yet");
        }
        if (state === "done" && finished_on) {
            return _t("History collected %(when)s", { when: formatDateTime(deserializeDateTime(finished_on)) });
        }
        const texts = {
            running: _t("Collecting history: %(progress)s %", { progress: Math.round(progress) }),
            paused: _t("Collection paused at %(progress)s %", { progress: Math.round(progress) }),
            failed: _t("Collection failed: open it for the reason"),
        };
        return texts[state] || "";
    }

    // ------------------------------------------------------------------ year
    get years() {
        const years = this.data?.years || [];
        return [...new Set([...years, this.state.year])].filter(Boolean).sort((a, b) => b - a);
    }

    neighbour(step) {
        const years = [...this.years].reverse();
        return years[years.indexOf(this.state.year) + step];
    }

    onYear(year) {
        if (year) {
            this.load(Number(year));
        }
    }

    // ------------------------------------------------------------------ ways down
    async open(xmlid, name, domain, context = {}, viewType = "list") {
        const action = await this.action.loadAction(xmlid);
        return this.action.doAction({ ...action, name, display_name: name, domain, context }, { viewType });
    }

    openEmissions(name, extra = []) {
        const domain = [...this.data.domain, ["counted", "=", true], ...extra];
        return this.open("carbon_accounting.carbon_emission_report_action", name, domain);
    }

    openTotal() {
        return this.openEmissions(_t("Emissions %(year)s", { year: this.data.year }), [["scope", "in", ["1", "2", "3"]]]);
    }

    openScope(scope) {
        return this.openEmissions(`${this.scopeLabels[scope - 1]} · ${this.data.year}`, [["scope", "=", String(scope)]]);
    }

    openOutside() {
        return this.openEmissions(_t("Outside the scopes"), [["scope", "not in", ["1", "2", "3"]]]);
    }

    openMonth(dataset, index) {
        const month = index + 1;
        const previous = dataset === 3;
        const year = this.data.year - (previous ? 1 : 0);
        const start = DateTime.fromObject({ year, month, day: 1 });
        const scopes = previous ? ["1", "2", "3"] : [String(dataset + 1)];
        const name = `${start.toFormat("LLL yyyy")}${previous ? "" : " · " + this.scopeLabels[dataset]}`;
        return this.open("carbon_accounting.carbon_emission_report_action", name, [
            this.data.domain[0],
            ["counted", "=", true],
            ["date", ">=", start.toISODate()],
            ["date", "<=", start.endOf("month").toISODate()],
            ["scope", "in", scopes],
        ]);
    }

    openSource(index) {
        const row = this.data.sources[index];
        const shown = this.data.sources.filter((r) => r.id).map((r) => r.id);
        return this.openEmissions(`${this.sourceRows[index].name} · ${this.data.year}`, [
            row.id ? ["source_id", "=", row.id] : ["source_id", "not in", shown],
            ["scope", "in", ["1", "2", "3"]],
        ]);
    }

    openRow(field, row) {
        return this.openEmissions(`${row.name} · ${this.data.year}`, [
            [field, "=", row.id],
            ["scope", "in", ["1", "2", "3"]],
        ]);
    }

    openQuality(row) {
        return this.open(
            "carbon_accounting.carbon_activity_data_action",
            `${row.label} · ${this.data.year}`,
            [...this.data.domain, ["quality", "=", row.quality]]
        );
    }

    openOutput(row) {
        return this.open("carbon_accounting.carbon_activity_data_action", _t("Production output %(year)s", { year: this.data.year }), [
            ...this.data.domain,
            ["source_id", "in", row.source_ids],
        ]);
    }

    openWorklist(row) {
        const domain = row ? [["reason", "=", row.reason]] : [];
        const context = { search_default_filter_open: 1, ...(row ? {} : { search_default_group_reason: 1 }) };
        return this.open("carbon_accounting.carbon_collection_issue_action", row ? row.label : _t("Worklist"), domain, context);
    }

    openWaiting() {
        const { year } = this.data;
        const domain = [["date", ">=", `${year}-01-01`], ["date", "<=", `${year}-12-31`]];
        return this.open("carbon_accounting.carbon_data_approval_report_action", _t("Data to Approve"), domain, { search_default_filter_pending: 1 });
    }

    openCollection() {
        const { run_id } = this.data.collection;
        if (!run_id) {
            return this.action.doAction("carbon_accounting.carbon_collection_run_action");
        }
        return this.action.doAction({
            type: "ir.actions.act_window",
            res_model: "carbon.collection.run",
            res_id: run_id,
            views: [[false, "form"]],
        });
    }

    async collectChanges() {
        const action = await this.orm.call("carbon.collection.run", "action_collect_changes", []);
        return this.action.doAction(action);
    }

    openVersions() {
        return this.open("carbon_accounting.carbon_emission_factor_version_action", _t("Versions without a value"), [
            ["id", "in", this.data.warnings.version_ids],
        ]);
    }

    openSetup() {
        return this.action.doAction("carbon_accounting.carbon_setup_action");
    }
}

registry.category("actions").add("carbon_accounting.overview", CarbonOverview);

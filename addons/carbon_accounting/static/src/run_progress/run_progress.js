import { Component, onWillUnmount, status, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { formatInteger } from "@web/views/fields/formatters";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

const MODEL = "carbon.collection.run";
const FIELDS = [
    "state",
    "progress",
    "job_count",
    "job_done",
    "event_count",
    "row_new",
    "row_reversed",
    "row_emission",
    "issue_count",
];
const INTERVAL = 2500;

/**
 * Progress of a collection run, on the run itself or on a record that names it in ``run_id``.
 * Reads the run again every few seconds while it is running, without reloading the form;
 * reloads the form once when the state of the run changes.
 */
export class CarbonRunProgress extends Component {
    static template = "carbon_accounting.RunProgress";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.state = useState({ values: {} });
        this.timer = null;
        // runs at the start, and when the form was reloaded, by Pause or Resume for instance
        useRecordObserver((record) => {
            const { state, run_state, run_id } = record.data;
            this.formState = state || run_state; // named here to be observed
            return this.read(record.resModel === MODEL ? record.resId : run_id?.id);
        });
        onWillUnmount(() => clearTimeout(this.timer));
    }

    get values() {
        return this.state.values;
    }

    get running() {
        return this.state.values.state === "running";
    }

    async read(runId) {
        clearTimeout(this.timer);
        this.runId = runId;
        if (!runId || status(this) === "destroyed") {
            return;
        }
        const [values] = await this.orm.silent.read(MODEL, [runId], FIELDS);
        if (!values || this.runId !== runId || status(this) === "destroyed") {
            return;
        }
        const before = this.state.values.state;
        this.state.values = values;
        clearTimeout(this.timer);
        if (this.running) {
            this.timer = setTimeout(() => this.read(runId), INTERVAL);
        } else if (before === "running") {
            await this.props.record.load();
        }
    }

    get tiles() {
        const labels = {
            event_count: _t("Records in scope"),
            row_new: _t("New rows"),
            row_reversed: _t("Counter rows"),
            row_emission: _t("Emissions"),
            issue_count: _t("Worklist rows"),
        };
        return Object.entries(labels).map(([name, label]) => ({
            name,
            label,
            value: formatInteger(this.state.values[name] || 0),
        }));
    }

    get percent() {
        return Math.floor(this.state.values.progress || 0);
    }

    get barClass() {
        return (
            {
                failed: "bg-danger",
                done: "bg-success",
                running: "progress-bar-striped progress-bar-animated",
            }[this.state.values.state] || "bg-warning"
        );
    }
}

export const carbonRunProgress = { component: CarbonRunProgress };

registry.category("view_widgets").add("carbon_run_progress", carbonRunProgress);

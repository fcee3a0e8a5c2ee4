import { Component } from "@odoo/owl";
import { formatTonnes } from "./format";

/**
 * Names with a bar and a figure; each row is a button.
 */
export class CarbonBarList extends Component {
    static template = "carbon_accounting.BarList";
    static props = {
        rows: Array,
        color: String,
        empty: String,
        onSelect: Function,
    };

    setup() {
        this.formatTonnes = formatTonnes;
    }

    width(row) {
        const largest = Math.max(...this.props.rows.map((r) => Math.abs(r.t)));
        return largest ? Math.max(1, Math.round((100 * Math.abs(row.t)) / largest)) : 0;
    }
}

import { Component, onWillStart, useEffect, useRef } from "@odoo/owl";
import { loadBundle } from "@web/core/assets";

/**
 * A Chart.js canvas that is drawn anew when its config changes, and tells which bar was clicked.
 */
export class CarbonChart extends Component {
    static template = "carbon_accounting.Chart";
    static props = {
        config: Object,
        label: String,
        height: { type: Number, optional: true },
        onSelect: { type: Function, optional: true },
    };
    static defaultProps = { height: 280 };

    setup() {
        this.canvas = useRef("canvas");
        onWillStart(() => loadBundle("web.chartjs_lib"));
        useEffect(
            (config) => {
                const chart = new Chart(this.canvas.el, this.interactive(config));
                return () => chart.destroy();
            },
            () => [this.props.config]
        );
    }

    interactive(config) {
        if (!this.props.onSelect) {
            return config;
        }
        return {
            ...config,
            options: {
                ...config.options,
                onClick: (_event, elements) => {
                    if (elements.length) {
                        this.props.onSelect(elements[0].datasetIndex, elements[0].index);
                    }
                },
                onHover: (event, elements) => {
                    event.native.target.style.cursor = elements.length ? "pointer" : "default";
                },
            },
        };
    }
}

import { Component } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const ICONS = {
    success: "fa-check-circle",
    info: "fa-info-circle",
    warning: "fa-exclamation-triangle",
    danger: "fa-times-circle",
    muted: "fa-circle-o",
};

/**
 * Renders the items of an extension point: what other addons, or the checks of a
 * record, have to say. Each item is {label, url, state, blocking} and may carry a
 * count and an action that opens the records behind it.
 */
export class CarbonItems extends Component {
    static template = "carbon_management.CarbonItems";
    static props = { ...standardFieldProps };

    setup() {
        this.action = useService("action");
    }

    get items() {
        return this.props.record.data[this.props.name] || [];
    }

    icon(item) {
        return ICONS[item.state] || ICONS.info;
    }

    isLink(item) {
        return Boolean(item.action || item.url);
    }

    open(item) {
        if (item.action) {
            this.action.doAction(item.action);
        } else if (item.url) {
            this.action.doAction({
                type: "ir.actions.act_url",
                url: item.url,
                target: item.url.startsWith("/odoo") ? "self" : "new",
            });
        }
    }
}

export const carbonItems = {
    component: CarbonItems,
    supportedTypes: ["json"],
};

registry.category("fields").add("carbon_items", carbonItems);

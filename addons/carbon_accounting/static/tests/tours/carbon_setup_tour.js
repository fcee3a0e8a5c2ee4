import { registry } from "@web/core/registry";

/** The accountant, from the empty overview to the running collection. */
registry.category("web_tour.tours").add("carbon_setup_tour", {
    steps: () => [
        { trigger: ".o_carbon_empty .o_carbon_start", run: "click" },
        { trigger: ".o_carbon_setup div[name=boundary] h2:contains(Where are you)" },
        { trigger: "div[name=site_name] input", run: "edit Works Nanjing" },
        { trigger: "button[name=action_next]", run: "click" },
        { trigger: "div[name=packs] .o_kanban_record:contains(GB/T 32151.34) button:contains(Load)" },
        { trigger: "button[name=action_next]", run: "click" },
        {
            content: "The factor is suggested by the name of the product, and nothing is ticked",
            trigger: ".o_data_row:contains(Gasoil EN 590):contains(TEST-GASOIL) .o_boolean_toggle input:not(:checked)",
            run: "click",
        },
        { trigger: ".o_data_row:contains(Gasoil EN 590) .o_boolean_toggle input:checked" },
        { trigger: "button[name=action_create_rules]", run: "click" },
        { trigger: "body:not(:has(.o_data_row:contains(Gasoil EN 590))) .o_data_row:contains(Corrugated box)" },
        { trigger: "button[name=action_next]", run: "click" },
        { trigger: "button[name=action_collect]:visible", run: "click" },
        { trigger: ".o_carbon_run_progress[data-state=running]" },
    ],
});

/** The figures, and from each of them to the document behind it in two clicks. */
registry.category("web_tour.tours").add("carbon_overview_tour", {
    steps: () => [
        { trigger: "[data-tile=total] .o_carbon_value:contains(46.4)" },
        { trigger: "[data-tile=scope-1] .o_carbon_value:contains(46.4)" },
        { trigger: ".o_carbon_overview canvas" },
        { trigger: "[data-tile=total]", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(WH/OUT/1) button[name=action_open_origin]", run: "click" },
        { trigger: ".o_form_view .o_field_widget[name=name] :value(WH/OUT/1), .o_form_view h1:contains(WH/OUT/1)" },
        { content: "Back to the overview", trigger: ".o_back_button, .breadcrumb-item a:contains(Overview)", run: "click" },
        { trigger: ".o_breadcrumb, .o_carbon_overview" },
    ],
});

/** The worklist: what waits, why, and its document. */
registry.category("web_tour.tours").add("carbon_worklist_tour", {
    steps: () => [
        { trigger: "[data-card=worklist] [data-reason=unmapped] .badge:contains(1)" },
        { trigger: "[data-card=worklist] [data-reason=unmapped]", run: "click" },
        { trigger: ".o_data_row:contains(Corrugated box) button[name=action_create_rule]", run: "click" },
        { trigger: ".modal .o_field_widget[name=sentence]:contains(Corrugated box)" },
        { trigger: ".modal .o_field_widget[name=outcome] input[data-value=none]", run: "click" },
        { trigger: ".modal .o_field_widget[name=reason] input", run: "edit Immaterial packaging" },
        { trigger: ".modal button[name=action_save_and_collect]", run: "click" },
        { content: "The rule cleared the worklist", trigger: "body:not(:has(.modal)) .o_view_nocontent" },
    ],
});

/** A reader sees everything and can change nothing. */
registry.category("web_tour.tours").add("carbon_reader_tour", {
    steps: () => [
        { trigger: "[data-tile=total] .o_carbon_value:contains(46.4)" },
        { trigger: "[data-card=worklist] [data-reason=unmapped]", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(Corrugated box)" },
        { trigger: ".o_list_view:not(:has(button[name=action_create_rule], button[name=action_retry], .o_list_button_add))" },
        { trigger: "button[data-menu-xmlid='carbon_management.carbon_menu_collect']", run: "click" },
        { trigger: ".dropdown-item[data-menu-xmlid='carbon_accounting.carbon_activity_rule_menu']", run: "click" },
        { trigger: ".o_breadcrumb:contains(Activity Rules)" },
        { trigger: ".o_control_panel:not(:has(.o_list_button_add))" },
        { trigger: "button[data-menu-xmlid='carbon_management.carbon_menu_collect']", run: "click" },
        { trigger: ".dropdown-item[data-menu-xmlid='carbon_accounting.carbon_collection_run_menu']", run: "click" },
        { trigger: ".o_breadcrumb:contains(Collection Runs)" },
        { trigger: ".o_action_manager:not(:has(button:contains(Collect History)))" },
    ],
});

/** Another company sees an empty overview and no button, as its reader may not set up. */
registry.category("web_tour.tours").add("carbon_stranger_tour", {
    steps: () => [
        { trigger: ".o_carbon_empty:contains(Ask your carbon accountant):not(:has(.o_carbon_start))" },
    ],
});

import { registry } from "@web/core/registry";

/** The technician, on a phone: five kilograms added, the request is done, the refill is declared (S10). */
registry.category("web_tour.tours").add("carbon_refill_technician_tour", {
    steps: () => [
        { trigger: ".o_form_view .o_notebook .nav-link[name=carbon_refills]", run: "click" },
        { trigger: ".o_field_widget[name=carbon_device_note]:contains(R-410A)" },
        { trigger: ".o_field_widget[name=carbon_refill_ids] .o-kanban-button-new", run: "click" },
        { trigger: ".modal .o_field_widget[name=kind] input[data-value=added]:checked" },
        { trigger: ".modal .o_field_widget[name=quantity] input", run: "edit 5" },
        { trigger: ".modal .o_field_widget[name=note] textarea", run: "edit Leak at the valve" },
        { trigger: ".modal .o_form_button_save", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_field_widget[name=carbon_refill_ids] .o_kanban_record:contains(Entered)" },
        { trigger: ".o_statusbar_status button.dropdown-toggle", run: "click" },
        { trigger: ".dropdown-menu .dropdown-item:contains(Repaired)", run: "click" },
        { trigger: ".o_field_widget[name=carbon_refill_ids] .o_kanban_record:contains(5):contains(Declared)" },
        { content: "No way from here to what carbon counts", trigger: ".o_form_view:not(:has(button[name=action_open_declaration]))" },
    ],
});

/** The accountant finds it among the refills, and posts the declaration. */
registry.category("web_tour.tours").add("carbon_refill_accountant_tour", {
    steps: () => [
        { trigger: ".o_data_row:contains(Chiller 1):contains(post it) td[name=kind]", run: "click" },
        { trigger: ".o_form_view button[name=action_open_declaration]", run: "click" },
        { trigger: ".o_form_view .alert-info:contains(Prepared from refills)" },
        { trigger: ".o_field_widget[name=quantity] input:value(5)" },
        { trigger: "button[name=action_post]", run: "click" },
        { trigger: ".o_arrow_button_current:contains(Posted)" },
    ],
});

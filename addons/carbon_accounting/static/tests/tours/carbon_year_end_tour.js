import { registry } from "@web/core/registry";

/** The manager at year end: approve, see the seal, verify it, print the report (S3). */
registry.category("web_tour.tours").add("carbon_year_end_tour", {
    steps: () => [
        { trigger: ".o_arrow_button_current:contains(Checked)" },
        { trigger: "button[name=action_approve]", run: "click" },
        { trigger: ".modal .modal-footer .btn-primary", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(Approved)" },
        { trigger: "button[name=action_verify_seal]", run: "click" },
        { trigger: ".o_form_view .o_arrow_button_current:contains(Unchanged)" },
        { trigger: ".o_breadcrumb .o_back_button a, .breadcrumb-item.o_back_button a", run: "click" },
        { trigger: "button[name=action_print_report]", run: "click" },
        { trigger: ".modal .o_field_widget[name=framework] input[data-value='ISO14064-1']", run: "click" },
        { trigger: ".modal button[name=action_print]" },
        { content: "Leave the dialog: printing itself is tested by HTTP", trigger: ".modal button.btn-close", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_arrow_button_current:contains(Approved)" },
    ],
});

import { registry } from "@web/core/registry";

/** The technician, on a phone: as found 2.4 %, repaired, as left 0.4 %, certificate, the request is done (S9). */
registry.category("web_tour.tours").add("carbon_calibration_technician_tour", {
    steps: () => [
        { trigger: ".o_form_view button[name=action_carbon_calibrate]", run: "click" },
        { trigger: ".o_field_widget[name=equipment_id]:contains(EM-01), .o_field_widget[name=equipment_id] input:value(/EM-01/)" },
        { trigger: ".o_field_widget[name=is_adjusted] input", run: "check" },
        { content: "The test point of the last time, to be measured", trigger: ".o_field_widget[name=point_ids] .o_kanban_record:contains(To be measured)", run: "click" },
        { trigger: ".modal .o_field_widget[name=nominal] input:value(100)" },
        { trigger: ".modal .o_field_widget[name=error_found] input", run: "edit 2.4" },
        { trigger: ".modal .o_field_widget[name=error_left] input", run: "edit 0.4" },
        { trigger: ".modal .o_form_button_save", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_field_widget[name=point_ids] .o_kanban_record:contains(2.4)" },
        { trigger: ".o_field_widget[name=as_found]:contains(Fail)" },
        { trigger: ".o_field_widget[name=as_left]:contains(Pass)" },
        { trigger: ".o_field_widget[name=certificate_number] input", run: "edit C-2026-17" },
        {
            trigger: ".o_field_widget[name=certificate_ids] input.o_input_file:not(:visible)",
            run() {
                const files = new DataTransfer();
                files.items.add(new File(["%PDF-1.4 certificate"], "certificate.pdf", { type: "application/pdf" }));
                this.anchor.files = files.files;
                this.anchor.dispatchEvent(new Event("change", { bubbles: true }));
            },
        },
        { trigger: ".o_field_widget[name=certificate_ids] .o_attachment:contains(certificate)" },
        { trigger: ".o_form_button_save", run: "click" },
        { trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_button_save:visible))" },
        { trigger: ".o_breadcrumb .o_back_button, .o_back_button", run: "click" },
        { trigger: ".o_form_view button[name=action_carbon_calibrate]" },
        { trigger: ".o_statusbar_status button.dropdown-toggle", run: "click" },
        { trigger: ".dropdown-menu .dropdown-item:contains(Repaired)", run: "click" },
        { trigger: ".o_statusbar_status:contains(Repaired)" },
        { content: "The stage is saved", trigger: ".o_form_saved, .o_form_view:not(:has(.o_form_dirty))" },
    ],
});

import { registry } from "@web/core/registry";

/** Type a value into a row of the inputs, and leave the row. */
function enter(label, value) {
    const row = `.o_field_widget[name=input_ids] .o_data_row:contains(${label})`;
    return [
        { trigger: `${row} td[name=value]`, run: "click" },
        { trigger: `${row} td[name=value] input`, run: `edit ${value}` },
    ];
}

/** The accountant puts a method to use and declares with it: exactly its inputs, the result before posting. */
registry.category("web_tour.tours").add("carbon_method_tour", {
    steps: () => [
        { trigger: ".o_group_header:contains(Combustion), .o_group_header:contains(combustion)" },
        { trigger: ".o_group_header:contains(Wastewater)", run: "click" },
        { trigger: ".o_data_row:contains(Wastewater, COD) td[name=formula]", run: "click" },
        { trigger: ".o_form_view .o_data_row:contains(Methane capacity)" },
        { trigger: "button[name=action_use]", run: "click" },
        { trigger: ".modal .o_data_row:contains(Recovered)" },
        { trigger: ".modal .o_field_widget[name=name] input", run: "edit Pond 1" },
        { trigger: ".modal button[name=action_create]", run: "click" },
        { trigger: "body:not(:has(.modal)) .o_form_view .o_field_widget[name=method_formula]:contains(MCF)" },
        { trigger: ".o_field_widget[name=result_preview]:contains(is missing)" },
        { trigger: ".o_field_widget[name=name] input", run: "edit Pond 1, March" },
        ...enter("Wastewater", "1000"),
        ...enter("COD in", "800"),
        ...enter("COD out", "100"),
        ...enter("COD removed with sludge", "100"),
        ...enter("Methane correction factor", "80"),
        ...enter("Methane recovered", "20"),
        { trigger: ".o_field_widget[name=note] textarea", run: "click" },
        { content: "A percentage is told apart from a share", trigger: ".text-danger:contains(write 0.8)" },
        ...enter("Methane correction factor", "0.8"),
        { trigger: ".o_field_widget[name=note] textarea", run: "click" },
        { trigger: ".o_field_widget[name=result_preview] tr:contains(CH₄):contains(100 kg)" },
        { trigger: ".o_field_widget[name=result_preview] tr:contains(Recovered):contains(20 kg)" },
        { trigger: "button[name=action_post]", run: "click" },
        { trigger: ".o_field_widget[name=result_ids] .o_data_row:contains(CH₄):contains(100)" },
        { trigger: ".o_arrow_button_current:contains(Posted)" },
    ],
});

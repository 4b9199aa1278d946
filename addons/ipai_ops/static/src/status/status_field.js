import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component } from "@odoo/owl";

import { lookOf } from "./status";

/** A selection as icon and word in its colour; option `icon_only` keeps the word for screen readers. */
export class StatusField extends Component {
    static template = "ipai_ops.StatusField";
    static props = {
        ...standardFieldProps,
        isIconOnly: { type: Boolean, optional: true },
        colourField: { type: String, optional: true },
    };

    get value() {
        return this.props.record.data[this.props.name];
    }

    get label() {
        const { selection } = this.props.record.fields[this.props.name];
        return selection.find(([key]) => key === this.value)?.[1] || "";
    }

    /** A run that is done wears the colour of its build: done with warnings is amber. */
    get look() {
        const colour = this.value === "done" && this.props.record.data[this.props.colourField];
        return lookOf(colour && colour !== "none" ? colour : this.value);
    }
}

export const statusField = {
    component: StatusField,
    displayName: _t("Status"),
    supportedTypes: ["selection"],
    listViewWidth: 130,
    isEmpty: (record, name) => !record.data[name],
    extractProps: ({ options }) => ({
        isIconOnly: Boolean(options.icon_only),
        colourField: options.colour_field,
    }),
    fieldDependencies: ({ options }) =>
        options.colour_field
            ? [{ name: options.colour_field, type: "selection", selection: [] }]
            : [],
};

registry.category("fields").add("ops_status", statusField);

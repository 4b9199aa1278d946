import { browser } from "@web/core/browser/browser";
import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, onWillUnmount, useState } from "@odoo/owl";

const MINUTE = 60000;

/** A moment as people say it ("2 hours ago", "in 2 days"); the exact time is in the tooltip. */
export class AgeField extends Component {
    static template = "ipai_ops.AgeField";
    static props = {
        ...standardFieldProps,
        prefix: { type: String, optional: true },
    };

    setup() {
        this.clock = useState({ minutes: 0 });
        const timer = browser.setInterval(() => this.clock.minutes++, MINUTE);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get age() {
        return this.clock.minutes >= 0 && this.value ? this.value.toRelative() : "";
    }

    get exact() {
        return formatDateTime(this.value);
    }
}

export const ageField = {
    component: AgeField,
    displayName: _t("Age"),
    supportedTypes: ["datetime"],
    listViewWidth: 140,
    isEmpty: (record, name) => !record.data[name],
    extractProps: ({ options }) => ({ prefix: options.prefix }),
};

registry.category("fields").add("ops_age", ageField);

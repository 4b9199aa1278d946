import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, useEffect, useState, xml } from "@odoo/owl";

import { formatClock, formatSeconds } from "./seconds";

const SECOND = 1000;

/**
 * Seconds gone so far, counting on in the page while the record's `state` is running.
 *
 * It counts from the server's reading, so a wrong clock on the person's machine does no harm.
 */
export class ClockField extends Component {
    static template = xml`<span class="o_ops_clock" t-out="text"/>`;
    static props = { ...standardFieldProps };

    setup() {
        this.state = useState({ ticks: 0 });
        useEffect(
            (isRunning) => {
                this.readAt = performance.now();
                const timer = isRunning && browser.setInterval(() => this.state.ticks++, SECOND);
                return () => browser.clearInterval(timer);
            },
            () => [this.isRunning, this.value],
        );
    }

    get value() {
        return this.props.record.data[this.props.name];
    }

    get isRunning() {
        return this.props.record.data.state === "running";
    }

    get text() {
        if (!this.isRunning) {
            return _t("took %s", formatSeconds(this.value));
        }
        const since = this.readAt ? (performance.now() - this.readAt) / SECOND : 0;
        return this.state.ticks >= 0 && _t("%s so far", formatClock(this.value + since));
    }
}

export const clockField = {
    component: ClockField,
    displayName: _t("Running clock"),
    supportedTypes: ["float"],
    fieldDependencies: [{ name: "state", type: "selection" }],
};

registry.category("fields").add("ops_clock", clockField);

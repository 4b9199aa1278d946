import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, xml } from "@odoo/owl";

import { formatSeconds } from "./seconds";

const SHORT = 7;
const KIBI = 1024;
const UNITS = ["B", "KB", "MB", "GB", "TB"];

class SmallField extends Component {
    static props = { ...standardFieldProps };

    get value() {
        return this.props.record.data[this.props.name];
    }
}

/** Seconds as a person says them; nothing where there are none yet. */
export class SecondsField extends SmallField {
    static template = xml`<span t-out="value ? format(value) : ''"/>`;

    format(seconds) {
        return formatSeconds(seconds);
    }
}

/** A Git commit as its first digits; the whole one is in the tooltip. */
export class CommitField extends SmallField {
    static template = xml`<code t-if="value" class="o_ops_commit" t-att-title="value" t-out="short"/>`;

    get short() {
        return this.value.slice(0, SHORT);
    }
}

/** Bytes in the unit that keeps the number short. */
export class BytesField extends SmallField {
    static template = xml`<span t-out="text" t-att-title="exact"/>`;

    get text() {
        return this.value ? formatBytes(this.value) : "";
    }

    get exact() {
        return this.value ? _t("%s bytes", this.value.toLocaleString()) : "";
    }
}

/** A number from 0 to 100 as a bar with its figure. */
export class BarField extends SmallField {
    static template = xml`
        <div class="o_ops_bar d-flex align-items-center gap-2">
            <div class="progress flex-grow-1" role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" t-att-aria-valuenow="percent">
                <div class="progress-bar" t-attf-style="width: {{percent}}%"/>
            </div>
            <span class="small text-muted"><t t-out="percent"/> %</span>
        </div>`;

    get percent() {
        return Math.round(this.value || 0);
    }
}

/**
 * @param {number} bytes
 * @returns {string}
 */
export function formatBytes(bytes) {
    let power = 0;
    while (bytes >= KIBI && power < UNITS.length - 1) {
        bytes /= KIBI;
        power++;
    }
    const digits = power && bytes < 10 ? 1 : 0;
    return `${bytes.toLocaleString(undefined, { maximumFractionDigits: digits })} ${UNITS[power]}`;
}

function register(name, component, description) {
    const isEmpty = (record, field) => !record.data[field];
    registry.category("fields").add(name, { component, isEmpty, ...description });
}

/** Sums and averages below a list are written as its rows are. */
function formatted(name, format) {
    registry.category("formatters").add(name, (value) => (value ? format(value) : ""));
}

formatted("ops_seconds", formatSeconds);
formatted("ops_bytes", formatBytes);

const NUMBERS = ["float", "integer"];

register("ops_seconds", SecondsField, {
    displayName: _t("Seconds"),
    supportedTypes: NUMBERS,
    listViewWidth: 100,
});
register("ops_commit", CommitField, {
    displayName: _t("Commit"),
    supportedTypes: ["char"],
    listViewWidth: 90,
});
register("ops_bytes", BytesField, {
    displayName: _t("Bytes"),
    supportedTypes: NUMBERS,
    listViewWidth: 90,
});
register("ops_bar", BarField, { displayName: _t("Bar"), supportedTypes: NUMBERS });

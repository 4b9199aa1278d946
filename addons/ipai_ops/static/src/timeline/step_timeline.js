import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { Component, onWillUnmount, useEffect, useState } from "@odoo/owl";

import { focusStep, logFocus } from "../log/log_focus";
import { formatSeconds } from "../status/seconds";
import { lookOf } from "../status/status";

const SECOND = 1000;
const ALMOST = 95; // a prediction never claims to be done

/** A run's steps as a chain: icon, name, time so far, bar by prediction; a click shows its log. */
export class StepTimeline extends Component {
    static template = "ipai_ops.StepTimeline";
    static props = { ...standardFieldProps };

    setup() {
        this.focus = useState(logFocus);
        this.clock = useState({ seconds: 0 });
        this.readings = new Map();
        useEffect(
            (isRunning) => {
                const tick = () => this.clock.seconds++;
                const timer = isRunning && browser.setInterval(tick, SECOND);
                return () => browser.clearInterval(timer);
            },
            () => [this.records.some((step) => step.data.state === "running")],
        );
        onWillUnmount(() => this.readings.clear());
    }

    get records() {
        return this.props.record.data[this.props.name].records;
    }

    get steps() {
        const shown = this.records.filter(isShown);
        return this.clock.seconds >= 0 && shown.map((step) => this.present(step));
    }

    present({ resId, data }) {
        const seconds = this.secondsOf(resId, data);
        const { tone, icon } = lookOf(data.state);
        return {
            id: resId,
            label: data.label || data.name,
            state: data.state,
            stateLabel: this.stateLabel(data.state),
            tone,
            icon,
            isRunning: data.state === "running",
            isChosen: this.focus.stepId === resId,
            time: seconds ? formatSeconds(seconds) : "",
            expected: data.state === "running" && data.predicted_seconds,
            expectedText: _t("~%s", formatSeconds(data.predicted_seconds)),
            percent: percentOf(data, seconds),
            attempt: data.attempt > 1 ? _t("attempt %s", data.attempt) : "",
        };
    }

    /** Seconds a step took, or has taken by now: the server's reading plus this page's own clock. */
    secondsOf(id, data) {
        if (data.state !== "running") {
            return data.duration_seconds;
        }
        const known = this.readings.get(id);
        if (known?.elapsed !== data.elapsed_seconds) {
            const reading = { elapsed: data.elapsed_seconds, at: performance.now() };
            this.readings.set(id, reading);
            return Math.floor(data.elapsed_seconds);
        }
        return Math.floor(known.elapsed + (performance.now() - known.at) / SECOND);
    }

    stateLabel(state) {
        const words = {
            pending: _t("waiting"),
            running: _t("running"),
            done: _t("done"),
            failed: _t("failed"),
            cancelled: _t("cancelled"),
            skipped: _t("skipped"),
        };
        return words[state] || state;
    }

    choose(step) {
        focusStep(step.isChosen ? false : step.id);
    }
}

function percentOf(data, seconds) {
    if (data.progress > 0) {
        return Math.round(Math.min(1, data.progress) * 100);
    }
    return data.predicted_seconds ? Math.min(ALMOST, (100 * seconds) / data.predicted_seconds) : 0;
}

/** Steps that bring things back show once they are due. */
function isShown({ data }) {
    return data.when !== "failed" || !["pending", "skipped"].includes(data.state);
}

export const stepTimeline = {
    component: StepTimeline,
    displayName: _t("Step timeline"),
    supportedTypes: ["one2many"],
    relatedFields: [
        { name: "name", type: "char" },
        { name: "label", type: "char" },
        { name: "when", type: "selection", selection: [] },
        { name: "state", type: "selection", selection: [] },
        { name: "attempt", type: "integer" },
        { name: "duration_seconds", type: "float" },
        { name: "elapsed_seconds", type: "float" },
        { name: "predicted_seconds", type: "float" },
        { name: "progress", type: "float" },
    ],
};

registry.category("fields").add("ops_step_timeline", stepTimeline);

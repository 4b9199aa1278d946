import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, xml } from "@odoo/owl";

import { LogViewer } from "./log_viewer";

const ACTIVE = ["queued", "running"];

/** `<widget name="ops_run_log"/>` on the form of a run: needs its `state` and `step_ids`. */
export class RunLog extends Component {
    static template = xml`
        <LogViewer t-if="props.record.resId" t-key="props.record.resId" runId="props.record.resId"
            isActive="isActive" steps="steps" failedStepId="failedStepId"/>`;
    static components = { LogViewer };
    static props = { ...standardWidgetProps };

    get isActive() {
        return ACTIVE.includes(this.props.record.data.state);
    }

    get stepRecords() {
        return this.props.record.data.step_ids?.records || [];
    }

    get steps() {
        return this.stepRecords.map((step) => ({ id: step.resId, label: step.data.label }));
    }

    get failedStepId() {
        return this.stepRecords.find((step) => step.data.state === "failed")?.resId || false;
    }
}

export const runLog = {
    component: RunLog,
    fieldDependencies: [{ name: "state", type: "selection" }],
};

registry.category("view_widgets").add("ops_run_log", runLog);

import { reactive } from "@odoo/owl";

/** Which step of the open run a person looks at: the timeline sets it, the log shows it. */
export const logFocus = reactive({ stepId: false });

export function focusStep(stepId) {
    logFocus.stepId = stepId;
}

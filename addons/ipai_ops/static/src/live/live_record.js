import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, onWillUnmount, xml } from "@odoo/owl";

import { useLive } from "./live_hook";

const SECOND = 1000;

/**
 * `<widget name="ops_live_record"/>`: the open record follows the server without a page reload.
 *
 * With `poll="5"` it also looks by itself every 5 seconds, for what no message tells.
 * What a person is typing is never thrown away: a record with unsaved changes waits.
 */
export class LiveRecord extends Component {
    static template = xml`<t/>`;
    static props = {
        ...standardWidgetProps,
        pollSeconds: { type: Number, optional: true },
    };

    setup() {
        useLive(
            () => this.channel,
            (payloads) => this.onNews(payloads),
        );
        if (this.props.pollSeconds) {
            const timer = browser.setInterval(() => this.reload(), this.props.pollSeconds * SECOND);
            onWillUnmount(() => browser.clearInterval(timer));
        }
    }

    get channel() {
        const { resModel, resId } = this.props.record;
        if (!resId) {
            return "";
        }
        return resModel === "ops.run" ? `ipai_ops.run.${resId}` : "ipai_ops.board";
    }

    concerns(payload) {
        const { resModel, resId } = this.props.record;
        const ids = {
            "ops.run": payload.run_id,
            "ops.environment": payload.environment_id,
            "ops.project": payload.project_id,
        };
        return ids[resModel] === resId;
    }

    async onNews(payloads) {
        if (payloads.some((payload) => this.concerns(payload))) {
            await this.reload();
        }
    }

    async reload() {
        const { record } = this.props;
        if (record.resId && !document.hidden && !(await record.isDirty())) {
            await record.load();
        }
    }
}

export const liveRecord = {
    component: LiveRecord,
    extractProps: ({ attrs }) => ({ pollSeconds: Number(attrs.poll || 0) }),
};

registry.category("view_widgets").add("ops_live_record", liveRecord);

import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component, onWillUnmount, useRef, useState } from "@odoo/owl";

import { sendPieces } from "./pieces";

/** A button that uploads an archive for the wizard's environment and then chooses it there. */
export class Upload extends Component {
    static template = "ipai_ops.Upload";
    static props = { ...standardWidgetProps };

    setup() {
        this.orm = useService("orm");
        this.input = useRef("input");
        this.state = useState({ name: "", share: 0, isGoingOn: false, error: "" });
        this.isGone = false;
        onWillUnmount(() => (this.isGone = true));
    }

    get percent() {
        return Math.floor(this.state.share * 100);
    }

    choose() {
        this.input.el.click();
    }

    async onChange(event) {
        const [file] = event.target.files;
        event.target.value = "";
        if (!file) {
            return;
        }
        Object.assign(this.state, { name: file.name, share: 0, isGoingOn: true, error: "" });
        try {
            await this.send(file);
        } catch (error) {
            this.state.error = error.data?.message || error.message || _t("The upload broke off.");
        }
        this.state.isGoingOn = false;
    }

    async send(file) {
        const { project_id, environment_id } = this.props.record.data;
        const place = [project_id.id, environment_id.id];
        const start = await this.orm.call("ops.archive", "begin_upload", [
            ...place,
            file.name,
            file.size,
        ]);
        const end = await sendPieces(file, start, {
            post: (offset, blob) => post(start.id, offset, blob),
            wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
            onProgress: (share) => (this.state.share = share),
            isStopped: () => this.isGone,
        });
        if (end.state === "ready") {
            await this.props.record.update({
                archive_id: { id: start.id, display_name: file.name },
            });
        }
    }
}

async function post(id, offset, blob) {
    const body = new FormData();
    body.append("csrf_token", odoo.csrf_token);
    body.append("offset", String(offset));
    body.append("piece", blob, "piece");
    const answer = await fetch(`/ipai/archive/${id}/piece`, { method: "POST", body });
    const isJson = (answer.headers.get("Content-Type") || "").includes("json");
    return { status: answer.status, ...(isJson ? await answer.json() : {}) };
}

registry.category("view_widgets").add("ops_upload", { component: Upload });

import { registry } from "@web/core/registry";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { Component } from "@odoo/owl";

/** The HTML part of a caught message, in a frame that runs nothing and fetches nothing. */
export class MailFrame extends Component {
    static template = "ipai_ops.MailFrame";
    static props = { ...standardWidgetProps };

    get url() {
        return `/ipai/mail/${this.props.record.resId}/html`;
    }
}

/** The files of a caught message, and the message itself, to download. */
export class MailFiles extends Component {
    static template = "ipai_ops.MailFiles";
    static props = { ...standardWidgetProps };

    get url() {
        return `/ipai/mail/${this.props.record.resId}`;
    }

    get files() {
        return this.props.record.data.files || [];
    }
}

registry.category("view_widgets").add("ops_mail_frame", { component: MailFrame });
registry.category("view_widgets").add("ops_mail_files", { component: MailFiles });

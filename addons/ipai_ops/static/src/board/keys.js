import { useService } from "@web/core/utils/hooks";

import { useExternalListener } from "@odoo/owl";

/**
 * Single keys for a screen: `useKeys({ n: () => … })`. They rest while a person types, holds a
 * modifier or has a dialog open.
 *
 * @param {Object<string, (ev: KeyboardEvent) => any>} actions
 */
export function useKeys(actions) {
    const ui = useService("ui");
    useExternalListener(window, "keydown", (ev) => {
        const action = actions[ev.key];
        const isTyping = ev.target.closest?.("input, textarea, select, [contenteditable=true]");
        const isModified = ev.ctrlKey || ev.altKey || ev.metaKey;
        if (action && !isTyping && !isModified && ui.activeElement === document) {
            ev.preventDefault();
            action(ev);
        }
    });
}

import { browser } from "@web/core/browser/browser";
import { useService } from "@web/core/utils/hooks";

import { onWillUnmount, useEffect } from "@odoo/owl";

/**
 * Call back with the news of a channel, gathered: the first one waits `delay` milliseconds for others.
 *
 * @param {() => string} channelOf the channel now; an empty one listens to nothing
 * @param {(payloads: Object[]) => any} callback
 * @param {number} [delay]
 */
export function useLive(channelOf, callback, delay = 300) {
    const live = useService("ipai_ops.live");
    let gathered = [];
    let timer = null;

    function flush() {
        const payloads = gathered;
        gathered = [];
        timer = null;
        callback(payloads);
    }

    function onNews(payload) {
        gathered.push(payload);
        timer ??= browser.setTimeout(flush, delay);
    }

    useEffect(
        (channel) => (channel ? live.watch(channel, onNews) : undefined),
        () => [channelOf()],
    );
    onWillUnmount(() => browser.clearTimeout(timer));
}

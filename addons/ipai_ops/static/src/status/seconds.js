import { _t } from "@web/core/l10n/translation";

/**
 * A length of time, as short as it can be said: 0.3 s, 41 s, 3 min 5 s, 2 h 10 min.
 *
 * @param {number} seconds
 * @returns {string}
 */
export function formatSeconds(seconds) {
    if (seconds < 10) {
        const rounded = Math.round(seconds * 10) / 10;
        return _t("%s s", rounded);
    }
    const total = Math.round(seconds);
    if (total < 60) {
        return _t("%s s", total);
    }
    if (total < 3600) {
        return joined(_t("%s min", Math.floor(total / 60)), total % 60, _t("%s s", total % 60));
    }
    const minutes = Math.floor((total % 3600) / 60);
    return joined(_t("%s h", Math.floor(total / 3600)), minutes, _t("%s min", minutes));
}

function joined(first, rest, second) {
    return rest ? `${first} ${second}` : first;
}

/** A running clock's face: 00:41, 12:03, 1:02:03. */
export function formatClock(seconds) {
    const total = Math.max(0, Math.floor(seconds));
    const parts = [Math.floor(total / 60) % 60, total % 60].map((part) =>
        String(part).padStart(2, "0"),
    );
    const hours = Math.floor(total / 3600);
    return hours ? `${hours}:${parts.join(":")}` : parts.join(":");
}

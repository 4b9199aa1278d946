/**
 * One look per state, everywhere: a tone (colour) and an icon, so that nothing is told by colour
 * alone. green: done, blue: running, amber: warnings or waiting for a person, red: failed,
 * grey: asleep, superseded or not begun.
 */
const LOOKS = {
    accepted: ["green", "fa-check-circle"],
    approved: ["green", "fa-check-circle"],
    asleep: ["grey", "fa-moon-o"],
    block: ["amber", "fa-hand-paper-o"],
    blocked: ["amber", "fa-hand-paper-o"],
    cancelled: ["grey", "fa-ban"],
    damaged: ["red", "fa-chain-broken"],
    deploying: ["blue", "fa-spinner fa-spin"],
    destroyed: ["grey", "fa-trash-o"],
    destroying: ["blue", "fa-spinner fa-spin"],
    done: ["green", "fa-check-circle"],
    expired: ["grey", "fa-clock-o"],
    failed: ["red", "fa-times-circle"],
    garbage: ["amber", "fa-recycle"],
    green: ["green", "fa-check-circle"],
    ignored: ["grey", "fa-minus-circle"],
    making: ["blue", "fa-spinner fa-spin"],
    new: ["grey", "fa-circle-o"],
    none: ["grey", "fa-circle-o"],
    overridden: ["red", "fa-bolt"],
    pass: ["green", "fa-check-circle"],
    pending: ["grey", "fa-circle-o"],
    planned: ["grey", "fa-circle-o"],
    present: ["green", "fa-check-circle"],
    ready: ["green", "fa-check-circle"],
    uploading: ["blue", "fa-upload"],
    proven: ["green", "fa-shield"],
    proving: ["blue", "fa-spinner fa-spin"],
    queued: ["amber", "fa-clock-o"],
    red: ["red", "fa-times-circle"],
    refused: ["red", "fa-times-circle"],
    rejected: ["red", "fa-times-circle"],
    removed: ["grey", "fa-trash-o"],
    running: ["blue", "fa-spinner fa-spin"],
    skipped: ["grey", "fa-minus-circle"],
    stored: ["amber", "fa-database"],
    superseded: ["grey", "fa-step-forward"],
    up: ["green", "fa-circle"],
    used: ["green", "fa-undo"],
    void: ["grey", "fa-ban"],
    warn: ["amber", "fa-exclamation-triangle"],
    yellow: ["amber", "fa-exclamation-triangle"],
};
const UNKNOWN = ["grey", "fa-question-circle-o"];

/**
 * @param {string} state
 * @returns {{ tone: string, icon: string }}
 */
export function lookOf(state) {
    const [tone, icon] = LOOKS[state] || UNKNOWN;
    return { tone, icon };
}

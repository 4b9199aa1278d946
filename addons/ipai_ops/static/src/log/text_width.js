/**
 * How many columns of a monospaced font a text takes, and where it breaks.
 *
 * Rows of equal height are what lets the viewer show 100,000 lines: it breaks lines itself, by
 * columns, so a row's place is arithmetic and never a measurement.
 */

const TAB = 8;
const SIMPLE = /^[\x20-\x7e]*$/;
// East Asian wide characters and pictographs: two columns (Unicode TR 11, the common blocks).
const WIDE =
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const COMBINING = /\p{Mn}|\u200d|\ufe0f/u;

/** Tabs as spaces, as a terminal shows them. */
export function expandTabs(text) {
    if (!text.includes("\t")) {
        return text;
    }
    let expanded = "";
    for (const part of text.split(/(\t)/)) {
        expanded += part === "\t" ? " ".repeat(TAB - (expanded.length % TAB)) : part;
    }
    return expanded;
}

/**
 * Offsets at which a text is cut so that each piece fits into `columns`.
 *
 * @param {string} text
 * @param {number} columns
 * @returns {number[]} begins with 0; one offset per row
 */
export function breaks(text, columns) {
    return SIMPLE.test(text) ? evenBreaks(text.length, columns) : measuredBreaks(text, columns);
}

/** Number of rows a text takes. */
export function rowCount(text, columns) {
    if (SIMPLE.test(text)) {
        return Math.max(1, Math.ceil(text.length / columns));
    }
    return measuredBreaks(text, columns).length;
}

function evenBreaks(length, columns) {
    const offsets = [0];
    for (let offset = columns; offset < length; offset += columns) {
        offsets.push(offset);
    }
    return offsets;
}

function measuredBreaks(text, columns) {
    const offsets = [0];
    let used = 0;
    let offset = 0;
    for (const character of text) {
        const width = characterWidth(character);
        if (used + width > columns && used) {
            offsets.push(offset);
            used = 0;
        }
        used += width;
        offset += character.length;
    }
    return offsets;
}

function characterWidth(character) {
    if (COMBINING.test(character)) {
        return 0;
    }
    return WIDE.test(character) ? 2 : 1;
}

import { PLAIN, parseAnsi, stripAnsi } from "./ansi";
import { breaks, expandTabs, rowCount } from "./text_width";

export const LEVELS = ["debug", "info", "warning", "error"];

/**
 * All lines of a run's log, which of them are shown, and on which row each one begins.
 *
 * Plain data without DOM and without RPC. An event may hold several lines (a traceback); each is a
 * line here. Appending costs time for the new lines only; changing width or filter goes over all.
 */
export class LogStore {
    lines = [];
    lastId = 0;
    columns = 80;
    filter = { level: "debug", stepId: false };
    term = "";
    /** Indices into `lines` that pass the filter, and the first row of each. */
    shown = [];
    firstRow = [];
    rowTotal = 0;
    /** Places in `shown` whose text holds the search term. */
    hits = [];

    /**
     * Add events in the order the server gave them; those known already are skipped.
     *
     * @param {Object[]} events
     * @returns {number} lines that are shown in addition
     */
    append(events) {
        const shownBefore = this.shown.length;
        for (const event of events) {
            if (event.id > this.lastId) {
                this.lastId = event.id;
                this._appendEvent(event);
            }
        }
        return this.shown.length - shownBefore;
    }

    _appendEvent(event) {
        let style = PLAIN;
        const texts = toLines(event.message);
        for (const [index, text] of texts.entries()) {
            const line = makeLine(event, text, style, index === 0);
            style =
                texts.length > 1 && text.includes("\x1b") ? parseAnsi(text, style).style : style;
            this.lines.push(line);
            this._show(this.lines.length - 1);
        }
    }

    _show(index) {
        const line = this.lines[index];
        if (!this._passes(line)) {
            return;
        }
        this.firstRow.push(this.rowTotal);
        this.rowTotal += rowCount(line.plain, this.columns);
        this.shown.push(index);
        if (this.term && line.plain.toLowerCase().includes(this.term)) {
            this.hits.push(this.shown.length - 1);
        }
    }

    _passes(line) {
        const { level, stepId } = this.filter;
        return (
            LEVELS.indexOf(line.level) >= LEVELS.indexOf(level) &&
            (!stepId || line.stepId === stepId)
        );
    }

    _layOut() {
        this.shown = [];
        this.firstRow = [];
        this.hits = [];
        this.rowTotal = 0;
        for (let index = 0; index < this.lines.length; index++) {
            this._show(index);
        }
    }

    setFilter(filter) {
        this.filter = { ...this.filter, ...filter };
        this._layOut();
    }

    setColumns(columns) {
        if (columns !== this.columns) {
            this.columns = columns;
            this._layOut();
        }
    }

    /** Look for a text, upper and lower case alike; returns the number of lines that hold it. */
    search(term) {
        this.term = term.toLowerCase();
        this.hits = [];
        for (let place = 0; this.term && place < this.shown.length; place++) {
            if (this.lines[this.shown[place]].plain.toLowerCase().includes(this.term)) {
                this.hits.push(place);
            }
        }
        return this.hits.length;
    }

    /** Place in `shown` of the line that owns a row. */
    placeOfRow(row) {
        let low = 0;
        let high = this.firstRow.length - 1;
        while (low < high) {
            const middle = (low + high + 1) >> 1;
            if (this.firstRow[middle] <= row) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    /**
     * The rows from `start` up to, not including, `end`, ready to be drawn.
     *
     * @returns {{ key: string, row: number, place: number, line: Object, isFirst: boolean,
     *     segments: { text: string, style: Object, isHit: boolean }[] }[]}
     */
    rows(start, end) {
        const rows = [];
        const stop = Math.min(end, this.rowTotal);
        let place = this.placeOfRow(start);
        while (place < this.shown.length && this.firstRow[place] < stop) {
            rows.push(
                ...this._rowsOf(place).filter((each) => each.row >= start && each.row < stop),
            );
            place++;
        }
        return rows;
    }

    _rowsOf(place) {
        const line = this.lines[this.shown[place]];
        const offsets = breaks(line.plain, this.columns);
        const { segments } = parseAnsi(line.raw, line.style);
        return offsets.map((offset, index) => ({
            key: `${this.shown[place]}.${index}`,
            row: this.firstRow[place] + index,
            place,
            line,
            isFirst: index === 0,
            segments: markHits(
                slice(segments, offset, offsets[index + 1] ?? line.plain.length),
                this.term,
            ),
        }));
    }

    /** The plain text of the shown lines from one place to another, both included. */
    text(fromPlace, toPlace) {
        const indices = this.shown.slice(fromPlace, toPlace + 1);
        return indices.map((index) => this.lines[index].plain).join("\n");
    }
}

/** Split a message into its lines; of a line that overwrites itself (`\r`) the last state counts. */
export function toLines(message) {
    const lines = (message || "").replace(/\r\n/g, "\n").replace(/\n+$/, "").split("\n");
    return lines.map((line) => expandTabs(line.replace(/\r+$/, "").split("\r").at(-1)));
}

function makeLine(event, raw, style, isFirst) {
    return {
        eventId: event.id,
        stepId: event.step_id,
        at: event.at,
        level: event.level,
        raw,
        plain: stripAnsi(raw),
        style,
        isFirst,
    };
}

function slice(segments, from, to) {
    const pieces = [];
    let offset = 0;
    for (const { text, style } of segments) {
        const piece = text.slice(Math.max(0, from - offset), Math.max(0, to - offset));
        if (piece) {
            pieces.push({ text: piece, style });
        }
        offset += text.length;
    }
    return pieces;
}

function markHits(segments, term) {
    return term ? segments.flatMap((segment) => cutAtHits(segment, term)) : segments;
}

function cutAtHits({ text, style }, term) {
    const pieces = [];
    const lower = text.toLowerCase();
    let from = 0;
    for (let at = lower.indexOf(term); at >= 0; at = lower.indexOf(term, from)) {
        pieces.push({ text: text.slice(from, at), style });
        pieces.push({ text: text.slice(at, at + term.length), style, isHit: true });
        from = at + term.length;
    }
    pieces.push({ text: text.slice(from), style });
    return pieces.filter((piece) => piece.text);
}

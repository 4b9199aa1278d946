const BATCH = 2000;

/**
 * Reads a run's events from the server, batch after batch, one request at a time.
 *
 * `news()` may be called at any moment: while a read is under way it makes that read go on.
 */
export class LogReader {
    constructor(orm, runId, { lastId, onEvents }) {
        this.orm = orm;
        this.runId = runId;
        this.lastId = lastId;
        this.onEvents = onEvents;
        this.isReading = false;
        this.isStopped = false;
        this.hasNews = false;
    }

    /** Read all there is; resolves when nothing is left. */
    async news() {
        this.hasNews = true;
        if (this.isReading) {
            return;
        }
        this.isReading = true;
        try {
            while (this.hasNews && !this.isStopped) {
                this.hasNews = false;
                await this.readBatch();
            }
        } finally {
            this.isReading = false;
        }
    }

    async readBatch() {
        const parameters = [this.runId, this.lastId(), BATCH, "debug", ""];
        const { events, state } = await this.orm.silent.call("ops.run", "read_log", parameters);
        if (this.isStopped) {
            return;
        }
        this.hasNews = this.hasNews || events.length >= BATCH;
        this.onEvents(events, state, this.hasNews);
    }

    stop() {
        this.isStopped = true;
    }
}

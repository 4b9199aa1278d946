import { registry } from "@web/core/registry";

const TYPES = {
    "ipai_ops.run": (payload) => `ipai_ops.run.${payload.run_id}`,
    "ipai_ops.board": () => "ipai_ops.board",
};

/** Tells who asks for it when something moved on the server; only ids travel, reading is by RPC. */
export const liveService = {
    dependencies: ["bus_service"],

    start(env, { bus_service: bus }) {
        const watchers = new Map();

        function watch(channel, callback) {
            if (!watchers.has(channel)) {
                watchers.set(channel, new Set());
                bus.addChannel(channel);
            }
            watchers.get(channel).add(callback);
            return () => unwatch(channel, callback);
        }

        function unwatch(channel, callback) {
            const callbacks = watchers.get(channel);
            callbacks?.delete(callback);
            if (callbacks && !callbacks.size) {
                watchers.delete(channel);
                bus.deleteChannel(channel);
            }
        }

        for (const [type, channelOf] of Object.entries(TYPES)) {
            bus.subscribe(type, (payload) => {
                for (const callback of [...(watchers.get(channelOf(payload)) || [])]) {
                    callback(payload);
                }
            });
        }
        return { watch };
    },
};

registry.category("services").add("ipai_ops.live", liveService);

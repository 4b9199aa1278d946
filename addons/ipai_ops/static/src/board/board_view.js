import { registry } from "@web/core/registry";
import { kanbanView } from "@web/views/kanban/kanban_view";

import { BoardController } from "./board_controller";
import { BoardRenderer } from "./board_renderer";

registry.category("views").add("ops_board", {
    ...kanbanView,
    Controller: BoardController,
    Renderer: BoardRenderer,
});

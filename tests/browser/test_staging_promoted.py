"""Staging's build is promoted in the browser. It takes the place of a waiting run that screens show: it comes last."""

CARD = ".o_kanban_record"


def test_the_button_on_a_card_promotes_its_build_and_opens_the_run(page, odoo):
    page.visit(f"{odoo.url}/odoo/ops-environments", CARD)
    page.click(f"{CARD} button[name=action_promote]")
    page.wait_for(".modal", "Promote release/2.4 to production")
    page.click(".modal-footer .btn-primary")
    page.wait_for(".o_ops_timeline")
    [staging] = odoo.call(
        "ops.environment",
        "search_read",
        [("project_id.code", "=", "acme"), ("name", "=", "release/2.4")],
        ["image_id"],
    )
    [run] = odoo.call(
        "ops.run",
        "search_read",
        [("environment_id.stage", "=", "production"), ("redeploy_image_id", "!=", False)],
        ["state", "redeploy_image_id"],
    )
    assert run["redeploy_image_id"] == staging["image_id"]
    assert run["state"] == "blocked"  # two people have to agree, as the question said

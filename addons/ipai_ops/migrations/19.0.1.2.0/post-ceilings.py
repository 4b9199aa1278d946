"""Environments that had more than the new ceilings keep it: their project's ceiling is raised to it."""


def migrate(cr, _version):
    for name in ("memory_mb", "workers"):
        cr.execute(
            f"""
            UPDATE ops_project AS project SET max_{name} = most.value
              FROM (SELECT project_id, max({name}) AS value FROM ops_environment
                     WHERE state <> 'destroyed' GROUP BY project_id) AS most
             WHERE most.project_id = project.id AND most.value > project.max_{name}
            """
        )

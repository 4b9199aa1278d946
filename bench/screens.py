"""Server time of the run list and the board with 10,000 runs and 500 environments."""

from .measure import Row, seconds

RUNS, ENVIRONMENTS = 10_000, 500
TARGET_SECONDS = 1.0


def rows(env):
    """Return the rows of the two screens, asked as the web client asks."""
    _fill(env)
    return [
        _row(env, "run list", "ops.run", "list", 80),
        _row(env, "board", "ops.environment", "kanban", ENVIRONMENTS),
    ]


def _row(env, what, model, view, limit):
    specification = _specification(env, model, view)

    def ours():
        env.invalidate_all()
        env[model].get_views([(False, view), (False, "search")])
        env[model].web_search_read([], specification, limit=limit)

    def bare():
        env.invalidate_all()
        env[model].search_read([], ["display_name"], limit=limit)

    ours_seconds, bare_seconds = seconds(ours), seconds(bare)
    return Row(
        f"{what}, {RUNS:,} runs, {ENVIRONMENTS} environments",
        f"{ours_seconds:.2f} s",
        f"names only {bare_seconds:.2f} s",
        f"{ours_seconds / bare_seconds:.1f}",
        f"< {TARGET_SECONDS:.0f} s",
        ours_seconds < TARGET_SECONDS,
    )


def _specification(env, model, view):
    """Return the fields the view shows, as the client's read specification."""
    known = env[model].get_views([(False, view)])["models"][model]["fields"]
    nested = {"fields": {"display_name": {}}}
    return {
        name: nested if field["type"] in ("many2one", "many2many", "one2many") else {}
        for name, field in known.items()
    }


def _fill(env):
    projects = env["ops.project"].create(
        [
            {"name": f"P{n}", "code": f"p{n}", "repository_url": f"https://git.example.com/{n}.git"}
            for n in range(25)
        ]
    )
    per_project = ENVIRONMENTS // len(projects) - 1
    env["ops.environment"].create(
        [
            {"project_id": project.id, "name": f"feature-{n}"}
            for project in projects
            for n in range(per_project)
        ]
    )
    env.flush_all()
    env.cr.execute(
        """
        INSERT INTO ops_run (project_id, environment_id, kind, state, colour, trigger, commit,
                             commit_subject, queued_at, started_at, finished_at, duration_seconds,
                             spec, warning_count, error_count, fence)
        SELECT e.project_id, e.id, 'deploy', 'done', 'green', 'push', md5(n::text), 'Fix ' || n,
               now(), now(), now(), 60, '{}', 0, 0, 0
          FROM generate_series(1, %s) n
          JOIN LATERAL (SELECT id, project_id FROM ops_environment
                         ORDER BY id OFFSET n %% %s LIMIT 1) e ON true
        """,
        [RUNS, ENVIRONMENTS],
    )
    env.cr.execute(
        """
        INSERT INTO ops_run_step (run_id, sequence, name, kind, label, state, attempt, progress,
                                  "when")
        SELECT r.id, s.n, s.name, s.name, s.name, 'done', 1, 1, 'done'
          FROM ops_run r, (VALUES (1, 'build'), (2, 'database'), (3, 'update'), (4, 'release'),
               (5, 'smoke')) s(n, name)
         WHERE r.state = 'done'
        """
    )
    env.cr.execute("ANALYZE ops_run; ANALYZE ops_run_step; ANALYZE ops_environment")
    env.invalidate_all()

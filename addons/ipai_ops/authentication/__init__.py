"""Who is calling, with what, and how lately they proved who they are."""

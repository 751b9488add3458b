"""What the nights leave behind: runs, clocks, counts and alarms over whole databases, about nobody."""

from typing import Final

from privacy.catalogue import NotPersonal

RUNS: Final = (
    NotPersonal(
        "privacy.Alarm",
        "what is or was wrong in whole databases: counts, days and names of errors",
        fields=(
            "id",
            "kind",
            "database",
            "severity",
            "since_at",
            "detail",
            "first_seen_at",
            "last_seen_at",
            "told_at",
            "ended_at",
            "end_told_at",
        ),
    ),
    NotPersonal(
        "privacy.Standing",
        "counts over whole databases",
        fields=("database", "counted_at", "figures"),
    ),
    NotPersonal(
        "privacy.RetentionRun",
        "runs over whole databases",
        fields=("id", "database", "kind", "cutoff_on", "state", "started_at", "finished_at", "counts"),
    ),
    NotPersonal(
        "privacy.ClockMark",
        "clocks of our own machines",
        fields=("boot_id", "wall_at", "boot_seconds"),
    ),
)

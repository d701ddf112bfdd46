"""The sources, sinks and functions that each release has built in.

A built-in one is found before that of any plugin: upstream ``internal/binder`` (pkg N-10), and up
to 1.3 the tables of ``xsql`` and the nodes of ``xstream``. What only builds with extra tags have
(edgex, full) is left out, and so are windows, which only look like functions.
"""

from bisect import bisect_right
from functools import cache

from kuiper_pack.profiles.release import Release

_CHANGES = (  # since which release, of what, and what is new; what is gone has a minus
    ("0.3.0", "sources", "mqtt"),
    ("0.4.1", "sources", "httppull"),
    ("1.2.0", "sources", "file"),
    ("1.4.0-beta.0", "sources", "memory"),
    ("1.5.0", "sources", "neuron"),
    ("1.7.0", "sources", "httppush"),
    ("1.12.0-alpha.1", "sources", "redisSub"),
    ("1.12.0-beta.1", "sources", "simulator websocket"),
    ("2.0.0-alpha.2", "sources", "-redisSub"),
    ("2.0.0-alpha.10", "sources", "redisSub"),
    ("2.1.0-alpha.1", "sources", "dirwatch"),
    ("2.1.0-alpha.2", "sources", "-dirwatch"),
    ("2.3.0-beta.4", "sources", "nexmark"),
    ("0.3.0", "sinks", "log logToMemory mqtt rest"),
    ("0.3.1", "sinks", "nop"),
    ("1.4.0-beta.0", "sinks", "memory"),
    ("1.5.0", "sinks", "neuron"),
    ("1.7.0", "sinks", "redis"),
    ("1.9.0-alpha.1", "sinks", "file"),
    ("1.12.0-alpha.1", "sinks", "redisPub"),
    ("1.12.0-beta.1", "sinks", "websocket"),
    ("2.0.0-alpha.2", "sinks", "-redis -redisPub"),
    ("2.0.0-alpha.10", "sinks", "redis redisPub"),
    ("2.4.0-beta.3", "sinks", "sse"),
    (
        "0.3.0",
        "functions",
        "abs acos asin atan atan2 avg bitand bitnot bitor bitxor cast ceil chr concat cos "
        "cosh count encode endswith exp format_time indexof isnull length ln log lower lpad "
        "ltrim max md5 meta min mod mqtt newuuid numbytes power rand regexp_matches "
        "regexp_replace regexp_substr round rpad rtrim sha1 sha256 sha384 sha512 sign sin "
        "sinh split_value sqrt startswith substring sum tan tanh timestamp trim trunc upper",
    ),
    (
        "0.5.0",
        "functions",
        "json_path_exists json_path_query json_path_query_first tstamp -timestamp",
    ),
    ("0.9.1", "functions", "collect deduplicate"),
    ("1.1.2", "functions", "cardinality"),
    ("1.3.0-beta.0", "functions", "window_end window_start"),
    ("1.5.0", "functions", "changed_col changed_cols had_changed object_construct"),
    ("1.6.0", "functions", "lag"),
    ("1.7.0", "functions", "latest"),
    ("1.8.0-beta.0", "functions", "percentile_cont percentile_disc stddev stddevs var vars"),
    ("1.9.0-beta.0", "functions", "coalesce decode parse_json to_json"),
    ("1.10.0-alpha.0", "functions", "delay rule_id"),
    ("1.10.0-alpha.1", "functions", "get_keyed_state unnest"),
    (
        "1.10.0-beta.0",
        "functions",
        "array_contains array_create array_position element_at items keys object values zip",
    ),
    (
        "1.10.0",
        "functions",
        "array_contains_any array_except array_intersect array_last_position array_max "
        "array_min array_remove array_union repeat sequence",
    ),
    (
        "1.10.1",
        "functions",
        "array_cardinality array_distinct array_flatten array_join array_map array_shuffle",
    ),
    ("1.10.2", "functions", "array_concat"),
    ("1.11.0-alpha.0", "functions", "-array_concat"),
    (
        "1.11.0-alpha.1",
        "functions",
        "array_concat dec2hex event_time hex2dec last_agg_hit_count last_agg_hit_time "
        "last_hit_count last_hit_time merge_agg",
    ),
    (
        "1.11.0-alpha.2",
        "functions",
        "acc_avg acc_count acc_max acc_min acc_sum ceiling convert_tz floor last_value pi pow "
        "to_seconds",
    ),
    ("1.11.0-beta.0", "functions", "object_concat row_number rule_start"),
    (
        "1.11.0-beta.1",
        "functions",
        "cur_date cur_time current_date current_time current_timestamp date_calc date_diff "
        "day day_name day_of_month day_of_week day_of_year from_days from_unix_time hour "
        "last_day local_time local_timestamp microsecond minute month month_name now second",
    ),
    ("1.11.0", "functions", "array_sort erase"),
    ("1.13.0-alpha.1", "functions", "conv cot crc32 degrees format radians"),
    ("1.13.0-alpha.2", "functions", "kvpair_array_to_obj obj_to_kvpair_array object_pick"),
    ("1.14.0-alpha.3", "functions", "object_size"),
    ("2.0.0-alpha.2", "functions", "-object_size"),
    ("2.0.0-alpha.4", "functions", "object_size"),
    ("2.0.0-beta.4", "functions", "bypass"),
    ("2.1.0-alpha.1", "functions", "inc_count reverse"),
    (
        "2.1.0-alpha.2",
        "functions",
        "inc_avg inc_collect inc_last_value inc_max inc_merge_agg inc_min inc_sum props",
    ),
    ("2.2.0-beta.1", "functions", "window_trigger"),
    ("2.2.0", "functions", "median"),
    ("2.3.0-beta.4", "functions", "extract"),
)
_SINCES = {
    kind: [Release.parse(since) for since, of, _ in _CHANGES if of == kind]
    for kind in ("sources", "sinks", "functions")
}


def builtins(release: Release, kind: str) -> frozenset[str]:
    """The names of the ``sources``, ``sinks`` or ``functions`` that ``release`` has built in.

    Those of functions are in lower case: servers ignore the case of functions, and of nothing else.
    """
    return _builtins(kind, bisect_right(_SINCES[kind], release))


@cache
def _builtins(kind: str, changes: int) -> frozenset[str]:
    names: set[str] = set()
    for _, _, listed in [change for change in _CHANGES if change[1] == kind][:changes]:
        for name in listed.split():
            if name.startswith("-"):
                names.discard(name[1:])
            else:
                names.add(name)
    return frozenset(names)


@cache
def every_builtin(kind: str) -> frozenset[str]:
    """The names that any release has built in."""
    return frozenset().union(*(_builtins(kind, n) for n in range(1, len(_SINCES[kind]) + 1)))

"""All changes between releases, oldest first.

To add one: append a line in the order of releases, name its source, and give both sides of the
boundary in tests/profiles/test_boundaries.py. What only clients of a server see is listed in the
same way in kuiper_pack/server: manners.py, metadata_manners.py and rules/ways.py.
"""

from kuiper_pack.profiles.change import Change

_MANAGER = "plugins/manager.go"
_NATIVE = "internal/plugin/native/manager.go"
_PORTABLE = "internal/plugin/portable/manager.go"
_CONNECTION = "internal/plugin/portable/runtime/connection.go"
_RUNTIME = "internal/plugin/portable/runtime/plugin_ins_manager.go"
_SHARED = "internal/plugin/portable/runtime/shared.go"
_SINK = "internal/plugin/portable/runtime/sink.go"
_FUNCTION = "internal/plugin/portable/runtime/function.go"
_UNZIP = "internal/pkg/filex/zip.go"
_DOCKER = "deploy/docker/Dockerfile"
_CONTRACT = "go.mod"
_PREBUILT = "internal/server, NativeSourcePlugin and others"

_CUT_BEFORE_1_7_2 = ("1.8.0-alpha.1",)
_CUT_BEFORE_1_8_2 = ("1.9.0-alpha.0", "1.9.0-alpha.1")
_CUT_BEFORE_2_1_3 = ("2.2.0-alpha.1", "2.2.0-alpha.2", "2.2.0-alpha.3")
_CUT_BEFORE_2_3_1 = ("2.4.0-alpha.1",)

_MISSPELT_HOST = "invalid configruation for plugin host in kuiper.yaml"
_NO_HOST = "invalid configuration for plugin host in kuiper.yaml"


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FUNCTIONS = _names("accumulateWordCount countPlusOne echo geohash image labelImage")

CHANGES: tuple[Change, ...] = (
    Change("0.3.0", "native", True, "api section 0"),
    Change("0.3.2", "go", "1.13.10", _DOCKER),
    Change("0.4.0", "marks_deleted", True, "api C-35"),
    Change("0.4.0", "mentions_restart", True, "api X-01"),
    Change("0.4.0", "install_script", True, "pkg I-01"),
    Change("0.4.0", "unpacks_all", True, "pkg L-08"),
    Change("0.4.0", "unzip", "replace", _MANAGER),
    Change("0.4.1", "not_found", 404, "api X-04"),
    Change("0.5.1", "go", "1.14", _DOCKER),
    Change("0.9.1", "file_urls", True, "api C-17"),
    Change("0.9.1", "verifies_certificates", False, "api C-43"),
    Change("0.9.1", "download_seconds", 10.0, "api C-43"),
    Change("0.9.1", "so_name", "any", "pkg S-01"),
    Change("0.9.1", "metadata", True, "pkg M-02"),
    Change("0.9.1", "prebuild", "page", "api B-01"),
    Change("0.9.1", "prebuild_systems", ("debian",), "api B-02"),
    Change("0.9.1", "plugin_hosts", "https://www.emqx.io/downloads", "etc/kuiper.yaml"),
    Change("1.0.0", "go", "1.15.1", _DOCKER),
    Change("1.0.0", "download_seconds", 300.0, "api C-43"),
    Change("1.0.0", "shell_paras", True, "pkg I-05"),
    Change("1.0.0", "reverts", "lone-so-and-script", "pkg I-08"),
    Change("1.1.2", "function_lists", True, "api section 7"),
    Change("1.1.2", "functions_before_download", True, "api C-40"),
    Change("1.1.2", "request_type", "IOPlugin", "api C-04"),
    Change("1.1.2", "says_install", True, "api C-24"),
    Change("1.1.2", "etc_folder", True, "pkg E-01"),
    Change("1.1.2", "unzip", "replace-tree", _MANAGER),
    Change("1.1.2", "trimpath", True, "Makefile"),
    Change("1.2.0", "unzip", "merge", "common/util.go"),
    Change("1.3.0-beta.0", "package_of_types", "plugin", "api C-04"),
    Change("1.3.0-beta.0", "yaml", 3, "go.mod"),
    Change("1.3.0-beta.0", "module", "github.com/lf-edge/ekuiper", "go.mod"),
    Change("1.3.0", "plugin_hosts", "https://packages.emqx.net", "etc/kuiper.yaml"),
    Change("1.4.0-beta.0", "portable", True, "api section 8"),
    Change("1.4.0", "shell_paras_need_script", True, "pkg I-06"),
    Change("1.4.1", "functions_before_download", False, "api C-40"),
    Change("1.4.1", "shows_script_output", True, "api P-15"),
    Change("1.4.1", "go", "1.17.3", _DOCKER),
    Change("1.4.1", "prebuild", "names", "api B-01"),
    Change("1.4.1", "prebuild_without_host", _MISSPELT_HOST, "internal/server/rest.go"),
    Change("1.4.1", "prebuilt_sources", _names("random zmq"), _PREBUILT),
    Change("1.4.1", "prebuilt_sinks", _names("file image influx redis tdengine zmq"), _PREBUILT),
    Change("1.4.1", "prebuilt_functions", _FUNCTIONS, _PREBUILT),
    Change("1.4.3", "go", "1.16.3", _DOCKER),
    Change("1.5.0", "go", "1.17.9", _DOCKER),
    Change("1.5.0", "prebuilt_sources", _names("random zmq sql"), _PREBUILT),
    Change(
        "1.5.0", "prebuilt_sinks", _names("file image influx redis tdengine zmq sql"), _PREBUILT
    ),
    Change("1.6.0", "go", "1.18", _DOCKER),
    Change("1.6.0", "opens_so", True, "api C-26"),
    Change("1.6.0", "reverts", "all-but-script", "api C-30"),
    Change("1.6.0", "uploads", "etc", "api O-01"),
    Change("1.6.1", "go", "1.18.5", _DOCKER),
    Change("1.6.1", "prebuild_systems", ("debian", "alpine"), "api B-02"),
    Change("1.6.2", "portable_killed_when_deleted", True, _PORTABLE),
    Change("1.7.0", "native_folders", ("data",), "pkg E-02"),
    Change("1.7.0", "portable_folders", ("data",), _PORTABLE),
    Change("1.7.0", "deletes_metadata", True, _NATIVE),
    Change("1.7.0", "uploads", "data", "api O-01"),
    Change("1.7.0", "prebuilt_sinks", _names("file image influx tdengine zmq sql"), _PREBUILT),
    Change("1.7.2", "configuration_must_exist", False, "api X-07", _CUT_BEFORE_1_7_2),
    Change("1.7.2", "deletes_sink_configuration", True, _NATIVE, _CUT_BEFORE_1_7_2),
    Change("1.8.0-alpha.2", "portable_update", True, "api P-22"),
    Change("1.8.0-alpha.2", "portable_restores", True, _RUNTIME),
    Change("1.8.0-alpha.2", "portable_always_meta", True, _SHARED),
    Change("1.8.0-alpha.2", "prebuilt_sources", _names("random zmq sql video"), _PREBUILT),
    Change("1.8.0-alpha.2", "prebuilt_functions", (*_FUNCTIONS, "tfLite"), _PREBUILT),
    Change("1.8.0-alpha.3", "stores_requests", True, "api section 4"),
    Change("1.8.2", "portable_calls_repeat", True, _CONNECTION, _CUT_BEFORE_1_8_2),
    Change("1.9.0-alpha.0", "virtual_env", True, "pkg P-11"),
    Change("1.9.0", "prebuilt_sinks", _names("image influx influx2 tdengine zmq sql"), _PREBUILT),
    Change("1.9.2", "counts_entries", True, "api P-05", ("1.10.0-alpha.0",)),
    Change("1.9.2", "portable_ends_after", 1.0, _RUNTIME, ("1.10.0-alpha.0",)),
    Change("1.10.0-alpha.0", "go", "1.20.2", _DOCKER),
    Change("1.10.0-alpha.0", "prebuild_without_host", _NO_HOST, "internal/server/plugin_init.go"),
    Change(
        "1.10.0-alpha.0",
        "prebuilt_sinks",
        _names("image influx influx2 tdengine zmq kafka sql"),
        _PREBUILT,
    ),
    Change("1.11.0-beta.0", "product", "eKuiper", "api X-01"),
    Change("1.11.0-beta.0", "native_update", True, "api U-01"),
    Change("1.11.0-beta.0", "deleted_may_return", True, "api C-35"),
    Change("1.11.0-beta.1", "script_runs_in_folder", True, "pkg I-03"),
    Change("1.11.0-beta.1", "portable_in_folder", True, _RUNTIME),
    Change("1.11.5", "native_folders", ("etc",), _NATIVE),
    Change("1.12.0-alpha.1", "native_folders", ("data",), _NATIVE),
    Change("1.12.0-alpha.4", "native_folders", ("etc",), _NATIVE),
    Change("1.12.0-alpha.4", "prebuilt_sources", _names("random zmq sql video kafka"), _PREBUILT),
    Change("1.12.0-beta.1", "native_folders", ("data",), _NATIVE),
    Change("1.12.0-beta.1", "go", "1.21.3", _DOCKER),
    Change("1.12.0-beta.1", "keeps_configuration", True, "api C-33"),
    Change("1.12.0-beta.4", "explains_file_count", True, "api C-25"),
    Change("1.12.3", "counts_kept_configuration", True, _NATIVE),
    Change("1.13.0-alpha.2", "error_body", "json", "api G-04"),
    Change("1.14.0-alpha.1", "go", "1.22.1", _DOCKER),
    Change("1.14.0-alpha.3", "portable_ack_option", "requiredACKs", _SINK),
    Change("1.14.5", "go", "1.22.8", _DOCKER),
    Change("2.0.0-alpha.2", "go", "1.22.1", _DOCKER),
    Change("2.0.0-alpha.2", "native", False, _NATIVE),
    Change("2.0.0-alpha.2", "portable", False, _PORTABLE),
    Change("2.0.0-alpha.2", "contract", "2.0.0-dev.2", _CONTRACT),
    Change("2.0.0-alpha.2", "module", "github.com/lf-edge/ekuiper/v2", _CONTRACT),
    Change("2.0.0-alpha.2", "prebuild", "none", "internal/server/plugin_init.go"),
    Change("2.0.0-alpha.3", "contract", "2.0.0-alpha.1", _CONTRACT),
    Change("2.0.0-alpha.5", "contract", "2.0.0-alpha.2", _CONTRACT),
    Change("2.0.0-alpha.5", "portable", True, "internal/server/portable_init.go"),
    Change("2.0.0-alpha.5", "portable_status", True, "api section 8.3"),
    Change("2.0.0-alpha.7", "native", True, "internal/server/plugin_init.go"),
    Change("2.0.0-alpha.7", "contract", "2.0.0-alpha.3", _CONTRACT),
    Change("2.0.0-alpha.7", "prebuild", "names", "internal/server/plugin_init.go"),
    Change("2.0.0-alpha.10", "portable_ends_after", None, _RUNTIME),
    Change("2.0.0-alpha.11", "contract", "2.0.0-alpha.5", _CONTRACT),
    Change("2.0.0-alpha.11", "manifest_first", True, _PORTABLE),
    Change("2.0.0-beta.1", "go", "1.23.1", _DOCKER),
    Change("2.0.0-beta.1", "contract", "2.0.0-beta.1", _CONTRACT),
    Change("2.0.0-beta.1", "native_folders", ("etc",), "pkg E-02"),
    Change("2.0.0-beta.1", "portable_folders", ("etc",), _PORTABLE),
    Change("2.0.0-beta.1", "portable_ack_option", "requireAck", _SINK),
    Change("2.0.0-beta.1", "starts_portable", True, "api P-13"),
    Change("2.0.0-beta.1", "portable_acks_close", True, _SINK),
    Change("2.0.0-beta.2", "portable_starts_within", 60.0, "etc/kuiper.yaml"),
    Change("2.0.0-beta.2", "unregisters_failed", True, _PORTABLE),
    Change("2.0.0-beta.2", "error_body", "json-quoted", "api G-04"),
    Change("2.0.0-beta.2", "escapes_delete_text", True, "internal/server/plugin_init.go"),
    Change("2.0.0-beta.2", "forbids_parent_urls", True, "api C-19"),
    Change(
        "2.0.0-beta.2", "prebuilt_sinks", _names("image influx influx2 zmq kafka sql"), _PREBUILT
    ),
    Change("2.0.0-beta.4", "portable_tells_timeouts", True, _FUNCTION),
    Change("2.0.0-beta.4", "portable_largest_message", 0, _CONNECTION),
    Change("2.0.0", "contract", "2.0.0", _CONTRACT),
    Change("2.1.0-alpha.2", "go", "1.23.4", _DOCKER),
    Change("2.1.1", "portable_unbuffered", True, _RUNTIME),
    Change("2.1.3", "portable_commands_repeat", True, _CONNECTION, _CUT_BEFORE_2_1_3),
    Change("2.1.3", "portable_restarts_killed", True, _RUNTIME, _CUT_BEFORE_2_1_3),
    Change("2.1.3", "cleans_names", True, "pkg P-19", _CUT_BEFORE_2_1_3),
    Change("2.2.0-alpha.1", "go", "1.24.1", _DOCKER),
    Change("2.2.0-alpha.3", "unzip", "rooted", _UNZIP),
    Change("2.2.0-alpha.3", "portable_download_rooted", True, "internal/pkg/httpx/http.go"),
    Change("2.2.1", "go", "1.24.5", _DOCKER),
    Change("2.2.1", "native_folders", ("etc", "data"), "pkg E-02"),
    Change("2.2.1", "portable_folders", ("etc", "data"), _PORTABLE),
    Change("2.3.0-beta.1", "go", "1.24.1", _DOCKER),
    Change("2.3.0-beta.1", "contract", "2.3.0", _CONTRACT),
    Change("2.3.0-beta.6", "contract", "2.3.1", _CONTRACT),
    Change("2.3.1", "skips_unsafe_entries", True, "api C-36", _CUT_BEFORE_2_3_1),
    Change("2.3.1", "refuses_odd_names", True, "api C-12", _CUT_BEFORE_2_3_1),
    Change("2.3.1", "unzip", "checked", _UNZIP, _CUT_BEFORE_2_3_1),
    Change("2.4.0-alpha.2", "go", "1.25.4", _DOCKER),
    Change("2.4.0-alpha.2", "checks_ids", True, "pkg N-02"),
    Change("2.4.0-alpha.2", "forbids_parent_urls", False, "api C-19"),
    Change("2.4.0-alpha.2", "guards_network", True, "api C-22"),
    Change("2.4.0-alpha.2", "native_download_rooted", True, "internal/pkg/httpx/http.go"),
    Change("2.4.0-alpha.2", "unzip", "one-level", "pkg L-12"),
    Change("2.4.0-alpha.3", "plugin_hosts", "https://packages.emqx.io", "etc/kuiper.yaml"),
)
"""Every change, in the order of releases."""

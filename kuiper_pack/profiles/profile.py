"""The facts of one release, as its plugin manager and REST server behave."""

from typing import Literal, NamedTuple

CONTRACT = "github.com/lf-edge/ekuiper/contract/v2"
"""Path of the Go module that plugins share with servers that have a contract."""
Unzip = Literal["exclusive", "replace", "replace-tree", "merge", "rooted", "checked", "one-level"]
"""How an entry reaches the disk.

- ``exclusive``: a path that exists is an error; directory entries are errors.
- ``replace``: a path that exists is removed (a folder only if empty); directory entries are errors.
- ``replace-tree``: a path that exists is removed whole, even for a directory entry.
- ``merge``: directory entries keep what exists; parents are made as needed.
- ``rooted``: as ``merge``, and the file itself is opened below its folder, never outside.
- ``checked``: as ``rooted``, and names with ``..`` or a leading slash are errors.
- ``one-level``: everything happens below the folder, and only the last parent is made.
"""


class Profile(NamedTuple):
    """How a release behaves; the defaults are those of the first release, without any plugin API.

    Every field is changed by entries of ``kuiper_pack.profiles.changes``, and nowhere else.
    """

    go: str = "1.13.4"
    """Go version of the official builds."""
    contract: str | None = None
    """Version of the module ``CONTRACT`` that the server is built with."""
    module: str = "github.com/emqx/kuiper"
    """Path of the Go module that the server is; what plugins import where there is no contract."""
    trimpath: bool = False
    """The official builds have -trimpath; else plugins have to lie where those were built."""

    native: bool = False
    """Routes for sources, sinks and functions are there."""
    portable: bool = False
    """Routes for portables are there."""
    portable_status: bool = False
    """GET /plugins/portables/{name}/status is there."""
    native_update: bool = False
    """PUT on sources, sinks and functions is there."""
    portable_update: bool = False
    """PUT on portables is there."""
    uploads: Literal["", "etc", "data"] = ""
    """Which folder has that of uploads; empty where nothing can be uploaded."""
    function_lists: bool = False
    """Function plugins carry lists of functions; /plugins/udfs and register are there."""

    prebuild: Literal["none", "page", "names"] = "none"
    """How GET .../prebuild knows the plugins of a host: by the links of the page that the host
    shows for their folder, or by names that are built in."""
    prebuild_systems: tuple[str, ...] = ()
    """The systems whose plugins it lists; with debian alone, only the official image of Debian."""
    plugin_hosts: str = ""
    """The setting pluginHosts as the server is shipped."""
    prebuild_without_host: str = "Invalid configruation for plugin host in kuiper.yaml."
    """What it says where pluginHosts is empty."""
    prebuilt_sources: tuple[str, ...] = ()
    """The names that are built in, of sources; those of the image full are others."""
    prebuilt_sinks: tuple[str, ...] = ()
    """The same, of sinks."""
    prebuilt_functions: tuple[str, ...] = ()
    """The same, of functions."""

    product: str = "Kuiper"
    """What the server calls itself in its answers."""
    package_of_types: str = "plugins"
    """The Go package named in decode errors (``plugins.IOPlugin``)."""
    request_type: str = "Plugin"
    """The Go type that a create request is decoded into."""
    not_found: int = 400
    """Status of an unknown plugin."""
    error_body: Literal["plain", "json", "json-quoted"] = "plain"
    """Plain text; JSON around the unescaped message; JSON around a Go-quoted message."""
    escapes_delete_text: bool = False
    """The answers to DELETE and to uploads are HTML-escaped."""
    mentions_restart: bool = False
    """The answer to DELETE says that the server must restart."""
    says_install: bool = False
    """Refusals while unpacking say ``fail to install plugin``, not ``fail to unzip file URL``."""

    checks_ids: bool = False
    """Names of native plugins must be letters, digits, hyphens and underscores."""
    forbids_parent_urls: bool = False
    """A URL that contains ``..`` is refused by POST of native plugins and of uploads."""
    file_urls: bool = False
    """``file:///path`` is accepted and other schemes than http, https and file are not."""
    download_seconds: float | None = None
    """The time that a download may take, in all; None where it may last for ever."""
    verifies_certificates: bool = True
    """Packages come from hosts with a trusted certificate only, where they come by https."""
    guards_network: bool = False
    """Downloads from private addresses and files outside the uploads folder can be forbidden."""
    native_download_rooted: bool = False
    """The archive of a native plugin is written below plugins/, whatever its name."""
    portable_download_rooted: bool = False
    """The archive of a portable plugin is written below plugins/portable/, whatever its name."""

    marks_deleted: bool = False
    """A deleted native plugin is remembered until restart."""
    deleted_may_return: bool = False
    """A plugin that is marked as deleted may be created again, and deleted again."""
    so_name: Literal["upper-v", "any"] = "upper-v"
    """``Name@v1.so`` with an upper-case first letter only, or also ``name@1.so``."""
    metadata: bool = False
    """``{name}.json`` is installed as metadata."""
    unpacks_all: bool = False
    """Entries that are no known file are unpacked beside install.sh; else they are ignored."""
    install_script: bool = False
    """``install.sh`` is run."""
    shell_paras: bool = False
    """``shellParas`` of the request are its arguments."""
    shell_paras_need_script: bool = False
    """``shellParas`` without install.sh refuse a native package."""
    script_runs_in_folder: bool = False
    """install.sh runs in the folder it lies in, not in the server's working directory."""
    etc_folder: bool = False
    """``etc/`` of a native package is installed."""
    native_folders: tuple[str, ...] = ("etc",)
    """Which of etc and data get configuration and metadata of native plugins."""
    portable_folders: tuple[str, ...] = ("etc",)
    """Which of etc and data get those of portable plugins; the last one counts for reverting."""
    shipped_sources: tuple[str, ...] = ()
    """Sources whose configurations are in etc from the start (see ``profiles.shipped``)."""
    yaml: int = 2
    """Major version of Go's yaml that reads the configurations of sources."""
    keeps_configuration: bool = False
    """A configuration that exists in the first folder is kept instead of overwritten."""
    counts_kept_configuration: bool = False
    """A kept configuration counts as one installed file."""
    explains_file_count: bool = False
    """The refusal for a wrong number of files lists what was found."""
    unzip: Unzip = "exclusive"
    """How entries reach the disk."""
    skips_unsafe_entries: bool = False
    """Entries of native packages that could escape, or are named like devices, are skipped."""
    opens_so: bool = False
    """The shared object is opened while installing and when the server starts."""
    reverts: Literal["lone-so", "lone-so-and-script", "all-but-script"] = "lone-so"
    """What a failed native install takes back: a source's only file, that and everything after a
    failed script, or everything written except after a failed script."""
    functions_before_download: bool = False
    """Function names are registered before the download and stay when it fails."""
    stores_requests: bool = False
    """Create requests are kept in the key-value store for export."""

    deletes_metadata: bool = False
    """DELETE removes ``{name}.json`` of native plugins."""
    configuration_must_exist: bool = True
    """DELETE of a source without its yaml is an error (after the .so is gone)."""
    deletes_sink_configuration: bool = False
    """DELETE removes ``{name}.yaml`` of sinks, native and portable."""
    refuses_odd_names: bool = False
    """DELETE refuses names that start with ``-`` or ``.`` or could leave the folder."""

    manifest_first: bool = False
    """Of several manifests in a portable package the first is read, else the last."""
    counts_entries: bool = False
    """A missing manifest is reported with the number of entries."""
    shows_script_output: bool = False
    """A failed install.sh of a portable is reported with its output."""
    starts_portable: bool = False
    """A portable is started while installing, and a failure to start refuses it."""
    unregisters_failed: bool = False
    """A portable that fails to start is not listed."""
    cleans_names: bool = False
    """Entry names of portables are cleaned (``./main.py`` becomes ``main.py``)."""
    virtual_env: bool = False
    """``virtualEnvType`` and ``env`` of a manifest are honoured."""
    portable_unbuffered: bool = False
    """A portable in Python is run with ``-u``."""
    portable_in_folder: bool = False
    """A portable runs in the folder of its executable, not in the server's working directory."""
    portable_ack_option: str = ""
    """The option of an action that lets it wait for acknowledgements of a portable sink, if any."""
    portable_acks_close: bool = False
    """The socket for acknowledgements is closed with its sink; else no sink of a rule can be
    started twice by one process of the server."""
    portable_tells_timeouts: bool = False
    """A function that gives no answer is reported with the status of its process."""
    portable_calls_repeat: bool = False
    """A call of a function that is answered by a handshake is made again."""
    portable_commands_repeat: bool = False
    """A command that is answered by a handshake is given again."""
    portable_killed_when_deleted: bool = False
    """The process of a portable is killed when the plugin is deleted, in use or not."""
    portable_restores: bool = False
    """What rules use of a portable is started again in every new process of it."""
    portable_restarts_killed: bool = False
    """An update starts the process that the deletion before it has killed; else it is taken for
    running until it is gone, and a later update or the next rule starts it."""
    portable_always_meta: bool = False
    """A function is started with a ``meta`` of empty members, else with none."""
    portable_ends_after: float | None = 0.0
    """Seconds after which the process of a portable that no rule uses any more is killed."""
    portable_largest_message: int = 1 << 20
    """Bytes of the largest message of a portable, at which its connection is cut; 0 is no limit."""
    portable_starts_within: float = 5.0
    """Seconds in which a portable has to shake hands, as the server is shipped."""

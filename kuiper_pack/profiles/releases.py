"""Every release that carries a tag, in order, as data."""

from kuiper_pack.profiles.release import Release

# The tag v1.4.0-beta.2 is left out: it holds the code of 1.14.0-beta.2 under a mistyped name.
_TAGS = """
0.0.2 0.0.3 0.0.4
0.1.0 0.1.1
0.2.0 0.2.1
0.3.0 0.3.1 0.3.2
0.4.0 0.4.1 0.4.2
0.5.0 0.5.1
0.9.0 0.9.1
1.0.0 1.0.1 1.0.2
1.1.0 1.1.1 1.1.2
1.2.0 1.2.1-beta.0 1.2.1-beta.1 1.2.1
1.3.0-beta.0 1.3.0 1.3.1
1.4.0-beta.0 1.4.0-beta.1 1.4.0 1.4.1 1.4.2 1.4.3 1.4.4
1.5.0 1.5.1
1.6.0 1.6.1 1.6.2 1.6.3
1.7.0 1.7.1 1.7.2 1.7.3 1.7.4 1.7.5 1.7.6
1.8.0-alpha.1 1.8.0-alpha.2 1.8.0-alpha.3 1.8.0-beta.0 1.8.0-beta.1 1.8.0 1.8.1 1.8.2
1.9.0-alpha.0 1.9.0-alpha.1 1.9.0-beta.0 1.9.0 1.9.1 1.9.2
1.10.0-alpha.0 1.10.0-alpha.1 1.10.0-beta.0 1.10.0 1.10.1 1.10.2
1.11.0-alpha.0 1.11.0-alpha.1 1.11.0-alpha.2 1.11.0-beta.0 1.11.0-beta.1 1.11.0 1.11.1 1.11.2
1.11.3 1.11.4 1.11.5
1.12.0-alpha.1 1.12.0-alpha.2 1.12.0-alpha.3 1.12.0-alpha.4 1.12.0-beta.1 1.12.0-beta.2
1.12.0-beta.3 1.12.0-beta.4 1.12.0-beta.5 1.12.0-beta.6 1.12.0 1.12.1 1.12.2 1.12.3 1.12.4
1.12.5 1.12.6 1.12.7 1.12.8 1.12.8-plus 1.12.8-plus.1 1.12.8-plus.2 1.12.8-plus.3 1.12.8-plus.4
1.13.0-alpha.1 1.13.0-alpha.2 1.13.0-beta.1 1.13.0-beta.2 1.13.0-beta.3 1.13.0-beta.4
1.13.0-beta.5 1.13.0-beta.6 1.13.0 1.13.1 1.13.2 1.13.3 1.13.4 1.13.5 1.13.6 1.13.7-beta.1
1.14.0-alpha.1 1.14.0-alpha.2 1.14.0-alpha.3 1.14.0-alpha.4 1.14.0-beta.1 1.14.0-beta.2
1.14.0-beta.3 1.14.0-beta.4 1.14.0 1.14.1 1.14.2 1.14.3 1.14.4 1.14.5 1.14.6 1.14.7
2.0.0-alpha.2 2.0.0-alpha.3 2.0.0-alpha.4 2.0.0-alpha.5 2.0.0-alpha.6 2.0.0-alpha.7
2.0.0-alpha.8 2.0.0-alpha.9 2.0.0-alpha.10 2.0.0-alpha.11 2.0.0-beta.1 2.0.0-beta.2
2.0.0-beta.3 2.0.0-beta.4 2.0.0 2.0.1 2.0.2 2.0.4 2.0.5 2.0.6 2.0.7 2.0.8
2.1.0-alpha.1 2.1.0-alpha.2 2.1.0-beta.1 2.1.0-beta.2 2.1.0-beta.3 2.1.0-beta.4 2.1.0 2.1.1
2.1.2 2.1.3 2.1.4-beta.1 2.1.4 2.1.5
2.2.0-alpha.1 2.2.0-alpha.2 2.2.0-alpha.3 2.2.0-alpha.4 2.2.0-alpha.5 2.2.0-beta.1 2.2.0 2.2.1
2.2.2 2.2.3 2.2.4 2.2.5
2.3.0-beta.1 2.3.0-beta.2 2.3.0-beta.3 2.3.0-beta.4 2.3.0-beta.5 2.3.0-beta.6 2.3.0-beta.7
2.3.0 2.3.1
2.4.0-alpha.1 2.4.0-alpha.2 2.4.0-alpha.3 2.4.0-beta.1 2.4.0-beta.2 2.4.0-beta.3 2.4.0-beta.4
2.4.0-beta.5 2.4.0-beta.6 2.4.0-beta.7 2.4.0-beta.8 2.4.0-beta.9 2.4.0-beta.10 2.4.0
"""

RELEASES: tuple[Release, ...] = tuple(Release.parse(tag) for tag in _TAGS.split())
"""All tagged releases of Kuiper and eKuiper from 0.0.2 on, oldest first."""

STABLE: tuple[Release, ...] = tuple(release for release in RELEASES if release.is_stable)
"""The releases proper, without pre-releases and rebuilds."""

NEWEST = STABLE[-1]

import { describe, expect, it } from 'vitest';
import { outsideBuildRules, outsideRpmRules, parseBuild, parseWorkspaceRpms, rewriteRpmRules } from '@crpm/rpm';

const WORKSPACE = `workspace(name = "demo")

# rpm( in a comment, and ) too
http_file(
    name = "x",  # trailing (
    urls = ["http://x/)rpm("],
    doc = """
rpm(
    name = "in-a-string",
""",
)

rpm(
    name = "bash-0__5.1.8-9.el9.x86_64",
    sha256 = "${'A'.repeat(64)}",
    urls = ["http://mirror/bash.rpm", 'http://other/bash.rpm'],
)

def later():
    rpm(
        name = "not-at-the-top",
    )

# belongs to acl
rpm(name = "acl-0__2-1.el9.x86_64", sha256 = "${'b'.repeat(64)}", urls = [
    "http://mirror/acl.rpm",  # why
])
`;

describe('a WORKSPACE', () => {
  it('gives its rpm() rules and nothing from strings, comments or functions', () => {
    expect(parseWorkspaceRpms(WORKSPACE).map(({ name, sha256, urls }) => ({ name, sha256, urls }))).toEqual([
      { name: 'bash-0__5.1.8-9.el9.x86_64', sha256: 'a'.repeat(64), urls: ['http://mirror/bash.rpm', 'http://other/bash.rpm'] },
      { name: 'acl-0__2-1.el9.x86_64', sha256: 'b'.repeat(64), urls: ['http://mirror/acl.rpm'] },
    ]);
  });

  it('changes in the named fields only', () => {
    const [bash, acl] = parseWorkspaceRpms(WORKSPACE);
    if (!bash || !acl) return expect.fail();
    const changed = rewriteRpmRules(WORKSPACE, [{ rule: acl, sha256: 'c'.repeat(64) }, { rule: bash, name: 'n"', urls: ['http://a', 'http://b'] }]);
    expect(changed).toBe(
      WORKSPACE.replace('b'.repeat(64), 'c'.repeat(64))
        .replace('"bash-0__5.1.8-9.el9.x86_64"', '"n\\""')
        .replace('["http://mirror/bash.rpm", \'http://other/bash.rpm\']', '[\n        "http://a",\n        "http://b",\n    ]'),
    );
    expect(rewriteRpmRules(WORKSPACE, [])).toBe(WORKSPACE);
  });

  it('has the same rest wherever its rules stand', () => {
    const rule = (name: string) => `rpm(\n    name = "${name}",\n    sha256 = "",\n    urls = [],\n)\n`;
    const moved = `load("x")\n\nhttp_file(\n    name = "y",\n)\n\n${rule('b')}\n# on c\n${rule('c')}`;
    const between = `load("x")\n\n${rule('a')}\n${rule('c')}\nhttp_file(\n    name = "y",\n)\n`;
    const first = `${rule('a')}\nload("x")\n\nhttp_file(\n    name = "y",\n)\n`;
    const rest = 'load("x")\n\nhttp_file(\n    name = "y",\n)\n';
    expect([moved, between, first, rest].map((text) => outsideRpmRules(text))).toEqual([rest, rest, rest, rest]);
    expect(outsideRpmRules(`${rest}# new`)).not.toBe(rest);
  });

  it('that is broken is refused with its line', () => {
    const broken = (text: string) => () => parseWorkspaceRpms(text, 'tree/WORKSPACE');
    expect(broken('a(\n')).toThrowError('tree/WORKSPACE:1: ( is never closed');
    expect(broken('a()\nb(]\n')).toThrowError('tree/WORKSPACE:2: ] stands where ) is due');
    expect(broken('\n)')).toThrowError('tree/WORKSPACE:2: ) closes nothing');
    expect(broken('x = "a\n"')).toThrowError('tree/WORKSPACE:1: a string has no end');
    expect(broken('rpm(sha256 = "")')).toThrowError('tree/WORKSPACE:1: an rpm() rule has no plain name');
    expect(broken('rpm(name = "a", sha256 = X, urls = [])')).toThrowError('tree/WORKSPACE:1: the rpm() rule a has no plain sha256');
    expect(broken('rpm(name = "a", sha256 = "", urls = [U])')).toThrowError('tree/WORKSPACE:1: the rpm() rule a has no plain list of urls');
  });
});

describe('a BUILD.bazel', () => {
  const BUILD = `load("@bazeldnf//bazeldnf:defs.bzl", "rpmtree", "tar2files")

# a section
rpmtree(
    name = "launcherbase_x86_64_cs9",
    rpms = [
        "@bash-0__5.1.8-9.el9.x86_64//rpm",
        "@@acl-0__2-1.el9.x86_64//rpm",
        ":local",
    ],
    visibility = ["//visibility:public"],
)

tar2files(
    name = "libs_x86_64_cs9",
    files = {"/usr": ["a", "b"]},
    tar = ":t",
)
`;

  it('gives its trees with the rules they list, and its tar2files', () => {
    const { trees, tar2files } = parseBuild(BUILD);
    expect(trees.map(({ name, rpms, others }) => ({ name, rpms, others }))).toEqual([
      { name: 'launcherbase_x86_64_cs9', rpms: ['bash-0__5.1.8-9.el9.x86_64', 'acl-0__2-1.el9.x86_64'], others: [':local'] },
    ]);
    expect(tar2files.map(({ name, text }) => [name, text.split('\n').length])).toEqual([['libs_x86_64_cs9', 5]]);
    expect(outsideBuildRules(BUILD)).toBe('load("@bazeldnf//bazeldnf:defs.bzl", "rpmtree", "tar2files")\n');
  });
});

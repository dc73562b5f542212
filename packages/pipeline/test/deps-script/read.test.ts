import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readDepsScript } from '../../src/deps-script/read.js';

/** In the manner of KubeVirt's: lists in variables, defaults by stream, one call for each tree. */
const SCRIPT = `#!/usr/bin/env bash
set -ex
source hack/common.sh

STREAM=\${STREAM:-9}
SUFFIX="_cs\${STREAM}"
if [ "\${STREAM}" = "10" ]; then
    # a comment with an "odd quote
    QEMU_VERSION=\${QEMU_VERSION:-18:10.1.0-25.el10}
    EXTRA="curl"
else
    QEMU_VERSION=\${QEMU_VERSION:-17:10.1.0-20.el9}
    EXTRA=curl-minimal
fi
SINGLE_ARCH=\${SINGLE_ARCH:-""}
BASESYSTEM=\${BASESYSTEM:-"centos-stream-release"}
repos="--repofile rpm/repo.yaml"
if [ "\${CUSTOM_REPO}" ]; then
    repos="--repofile \${CUSTOM_REPO} \${repos}"
fi
main="
  acl
  \${EXTRA}
"
handler="
  qemu-img-\${QEMU_VERSION}
"
handler+="  tar
"
if [ -z "\${SINGLE_ARCH}" ] || [ "\${SINGLE_ARCH}" == "x86_64" ]; then
    bazel run \\
        //:bazeldnf -- rpmtree \\
        --public --nobest \\
        --name handlerbase_x86_64\${SUFFIX} \\
        --basesystem \${BASESYSTEM} \\
        --force-ignore-with-dependencies '^mozjs60' \\
        \${repos} \\
        $main \\
        $handler
    found=$(grep 'x' rpm/BUILD.bazel | head -1)
    if [ -n "\${CROSS}" ]; then
        sed -i "/a/,/b/{
            s/x/y/
        }" rpm/BUILD.bazel
    fi
fi
if [ -z "\${SINGLE_ARCH}" ] || [ "\${SINGLE_ARCH}" == "s390x" ]; then
    bazel run //:bazeldnf -- rpmtree --name handlerbase_s390x\${SUFFIX} --basesystem=\${BASESYSTEM} $main > /dev/null 2>&1 || true
fi
`;

describe('readDepsScript', () => {
  it('fills in what it is given, and takes defaults else', () => {
    expect(readDepsScript(SCRIPT, { SINGLE_ARCH: 'x86_64', CUSTOM_REPO: 'ours.yaml' })).toEqual({
      versions: { QEMU_VERSION: '17:10.1.0-20.el9' },
      trees: [
        {
          name: 'handlerbase_x86_64_cs9',
          basesystem: 'centos-stream-release',
          ignored: ['^mozjs60'],
          requests: ['acl', 'curl-minimal', 'qemu-img-17:10.1.0-20.el9', 'tar'],
          repoFiles: ['ours.yaml', 'rpm/repo.yaml'],
        },
      ],
    });
  });

  it('follows conditions on stream, architecture and versions', () => {
    const read = readDepsScript(SCRIPT, { STREAM: '10', QEMU_VERSION: '18:10.2.0-1.el10.crpm0001' });
    expect(read).toMatchObject({
      versions: { QEMU_VERSION: '18:10.2.0-1.el10.crpm0001' },
      trees: [{ name: 'handlerbase_x86_64_cs10', requests: ['acl', 'curl', 'qemu-img-18:10.2.0-1.el10.crpm0001', 'tar'] }, { name: 'handlerbase_s390x_cs10', basesystem: 'centos-stream-release', requests: ['acl', 'curl'] }],
    });
  });

  it('reads functions of the script, as the example has them', () => {
    const script = readFileSync(new URL('../../../../examples/quickstart/kubevirt/hack/rpm-deps.sh', import.meta.url), 'utf8');
    expect(readDepsScript(script, { KUBEVIRT_CENTOS_STREAM_VERSION: '10', SINGLE_ARCH: 'aarch64' })).toMatchObject({
      trees: [
        { name: 'libvirt-devel_aarch64_cs10', requests: ['coreutils-single', 'libvirt-devel-0:12.5.0-1.el10'] },
        { name: 'launcherbase_aarch64_cs10' },
        { name: 'handlerbase_aarch64_cs10', requests: ['coreutils-single', 'qemu-img-18:10.1.0-25.el10'] },
        { name: 'pr-helper_aarch64_cs10', requests: ['coreutils-single', 'qemu-pr-helper'] },
      ],
    });
  });

  it.each([
    ['for arch in x86_64; do bazeldnf rpmtree; done', 'it has a for'],
    ['if true; then a', 'it lacks a fi'],
    ['x=$(uname -m)\nbazeldnf rpmtree --name a_$x glibc', 'what a_… asks for hangs on what a program answers'],
    ['if [ "$(uname -m)" = x86_64 ]; then a; fi', 'a condition hangs on what a program answers'],
    ['f() { f; }\nf', 'its functions call each other without end'],
    ['}', 'it does not fit together'],
  ])('says why it can not read %j', (script, why) => {
    expect(readDepsScript(script, {})).toBe(why);
  });

  it('never runs anything, and ends, whatever it is given', () => {
    for (const text of ['"', "'", '$(', '${', '`', '\\', '$', '((', '{ a', 'a ||', 'a |', '<', '${x:-${y:-"}', '\0']) expect(['string', 'object']).toContain(typeof readDepsScript(text, {}));
  });
});

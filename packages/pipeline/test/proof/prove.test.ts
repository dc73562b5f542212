import { describe, expect, it } from 'vitest';
import { addressesToAsk, prove, repairAddresses, treesOfScript, type Evidence } from '../../src/proof/index.js';
import { built, digestOf, evidence, files, HEAD, type Trees } from './tree.js';

const OLD = '0:12.5.0-1.el9';
const NEW = '0:12.5.0-1.el9.crpm0001';
const SOURCE = 'libvirt-12.5.0-1.el9.crpm0001.src.rpm';
const libs = built(`libvirt-libs-${NEW}.x86_64`, SOURCE);
const client = built(`libvirt-client-${NEW}.x86_64`, SOURCE);
const custom = [libs, client];

/** Two trees of ours, one of each other kind: another stream, another architecture, a leftover that no script makes. */
const other: Trees = {
  launcherbase_x86_64_cs10: ['libvirt-libs-0:12.5.0-1.el10.x86_64'],
  launcherbase_aarch64_cs9: [`libvirt-libs-${OLD}.aarch64`],
  'libguestfs-tools_cs9': [`libvirt-libs-${OLD}.x86_64`],
};
const beforeTrees: Trees = {
  launcherbase_x86_64_cs9: [`libvirt-libs-${OLD}.x86_64`, `libvirt-client-${OLD}.x86_64`, 'bash-0:5.1-1.el9.x86_64'],
  'libvirt-devel_x86_64_cs9': [`libvirt-libs-${OLD}.x86_64`],
  ...other,
};
const afterTrees: Trees = {
  ...other,
  'libvirt-devel_x86_64_cs9': [`libvirt-libs-${NEW}.x86_64`],
  launcherbase_x86_64_cs9: [`libvirt-client-${NEW}.x86_64`, `libvirt-libs-${NEW}.x86_64`, 'bash-0:5.1-1.el9.x86_64'],
};
const tar = { 'libvirt-libs_x86_64_cs9': ['a'], 'libvirt-libs_aarch64_cs9': ['a'] };
const before = files(beforeTrees, [], tar);

const judge = (trees: Trees, rest: Partial<Evidence> = {}, of = custom) => prove(evidence(of, before, files(trees, of, tar), rest));
const messages = (proof: ReturnType<typeof prove>) => proof.complaints.map((complaint) => complaint.message);

describe('a build that KubeVirt took', () => {
  it('is proven, rules in whatever order', () => {
    const proof = judge(afterTrees, { pinned: { x86_64_cs9: ['libvirt-client'] } });
    expect(proof).toEqual({
      holds: true,
      proven: true,
      standing: 'proof',
      resolver: 'bazeldnf',
      rows: [
        { name: 'libvirt-libs', evr: NEW, arch: 'x86_64', rpmArch: 'x86_64', stream: 9, package: 'libvirt', trees: ['launcherbase_x86_64_cs9', 'libvirt-devel_x86_64_cs9'], verdict: 'taken', message: 'in 2 trees' },
        { name: 'libvirt-client', evr: NEW, arch: 'x86_64', rpmArch: 'x86_64', stream: 9, package: 'libvirt', trees: ['launcherbase_x86_64_cs9'], verdict: 'taken', message: 'in 1 tree' },
      ],
      complaints: [],
      moved: [],
    });
    expect(JSON.parse(JSON.stringify(proof))).toEqual(proof);
  });

  it('may change tar2files of its own stream and architecture', () => {
    const after = files(afterTrees, custom, { ...tar, 'libvirt-libs_x86_64_cs9': ['b'] });
    expect(messages(prove(evidence(custom, before, after)))).toEqual([]);
  });

  it('needs no tree for an RPM that none asks for', () => {
    const nss = built(`libvirt-nss-${NEW}.x86_64`, SOURCE);
    expect(judge(afterTrees, {}, [...custom, nss]).rows.at(-1)).toMatchObject({ name: 'libvirt-nss', verdict: 'not needed', message: 'no tree asks for it' });
  });

  it('is told with the packages that moved beside it', () => {
    const moved = { ...afterTrees, 'libvirt-devel_x86_64_cs9': [`libvirt-libs-${NEW}.x86_64`, 'zlib-0:1-1.el9.x86_64'], launcherbase_x86_64_cs9: [`libvirt-client-${NEW}.x86_64`, `libvirt-libs-${NEW}.x86_64`, 'bash-0:5.1-2.el9.x86_64'] };
    const proof = judge(moved);
    expect(proof.proven).toBe(true);
    expect(proof.moved).toEqual([
      { name: 'bash', before: ['0:5.1-1.el9'], after: ['0:5.1-2.el9'], trees: ['launcherbase_x86_64_cs9'] },
      { name: 'zlib', before: [], after: ['0:1-1.el9'], trees: ['libvirt-devel_x86_64_cs9'] },
    ]);
  });

  it('is asked for at the addresses of what a tree holds', () => {
    const nss = built(`libvirt-nss-${NEW}.x86_64`, SOURCE);
    expect(addressesToAsk(evidence([...custom, nss], before, files(afterTrees, custom, tar)))).toEqual([libs.url, client.url]);
  });
});

describe('a build that KubeVirt took in part is refused', () => {
  it('when a tree lacks what an RPM in it requires exactly, which the resolver left out', () => {
    const lonely = { ...client, missingSiblings: ['libvirt-daemon-log'] };
    const proof = judge(afterTrees, {}, [libs, lonely]);
    expect(proof.complaints).toEqual([
      {
        check: 'sibling',
        message: `launcherbase_x86_64_cs9: libvirt-client requires libvirt-daemon-log = ${NEW}, which was not built`,
        next: 'Build libvirt-daemon-log too (its %files section makes it; was it left out by a --without?), or drop the require.',
      },
    ]);
  });

  it('but not when an official RPM of that very EVR is there instead', () => {
    const given = [libs, { ...client, missingSiblings: ['libvirt-daemon-log'] }];
    const trees = { ...afterTrees, launcherbase_x86_64_cs9: [...afterTrees['launcherbase_x86_64_cs9']!, `libvirt-daemon-log-${NEW}.x86_64`] }; // it is there
    expect(judge(trees, { allowOfficial: ['libvirt-daemon-log'] }, given).complaints).toEqual([]);
  });

  it('an official RPM is in a tree that the script asks for by the version of a package of ours, which did not make it', () => {
    const trees = { ...afterTrees, launcherbase_x86_64_cs9: [...(afterTrees['launcherbase_x86_64_cs9'] ?? []), 'passt-0:1-1.el9.x86_64'] };
    const given = [...custom, built('passt-selinux-0:1-1.el9.crpm0001.x86_64', 'passt-1-1.el9.crpm0001.src.rpm')];
    const pinned = { x86_64_cs9: ['libvirt-client', 'passt'] };
    expect(messages(judge(trees, { pinned }, given))).toEqual([
      'launcherbase_x86_64_cs9: passt 0:1-1.el9 is an official RPM, and hack/rpm-deps.sh asks for passt by the version of a package that was built',
    ]);
    expect(judge(trees, { pinned, allowOfficial: ['passt'] }, given).proven).toBe(true);
  });

  it('when a name that stood in a tree is gone from it', () => {
    const proof = judge({ ...afterTrees, 'libvirt-devel_x86_64_cs9': [] });
    expect(messages(proof)).toEqual(['libvirt-devel_x86_64_cs9: held libvirt-libs before and holds none now']);
    expect(proof.rows[0]).toMatchObject({ verdict: 'not taken', message: 'in no tree' });
  });

  it('when one of several trees took another EVR, named once for all trees', () => {
    const old = `libvirt-libs-${OLD}.x86_64`;
    expect(messages(judge({ ...afterTrees, launcherbase_x86_64_cs9: [`libvirt-client-${NEW}.x86_64`, old], 'libvirt-devel_x86_64_cs9': [old] }))).toEqual([
      `launcherbase_x86_64_cs9, libvirt-devel_x86_64_cs9: KubeVirt took libvirt-libs ${OLD}, not the ${NEW} that was built; it comes from http://mirror/${old}.rpm`,
    ]);
  });

  it('when a tree lists a rule that WORKSPACE lacks', () => {
    const after = files(afterTrees, custom, tar);
    const cut = after.workspace.replace(/\nrpm\(\n {4}name = "libvirt-client-0__12\.5\.0-1\.el9\.crpm0001[^)]*\)\n/, '');
    expect(messages(prove(evidence(custom, before, { ...after, workspace: cut })))).toEqual([
      'launcherbase_x86_64_cs9: lists @libvirt-client-0__12.5.0-1.el9.crpm0001.x86_64//rpm, and WORKSPACE has no rpm() rule of that name',
    ]);
  });

  it('when qemu-pr-helper is not of qemu-kvm-core’s build', () => {
    const core = built('qemu-kvm-core-17:10.1.0-20.el9.crpm0001.x86_64', 'qemu-kvm-10.1.0-20.el9.crpm0001.src.rpm');
    const trees = { launcherbase_x86_64_cs9: ['qemu-kvm-core-17:10.1.0-20.el9.crpm0001.x86_64'], 'pr-helper_x86_64_cs9': ['qemu-pr-helper-17:10.1.0-21.el9.x86_64'] };
    const after = files(trees, [core]);
    const empty = files({ launcherbase_x86_64_cs9: [], 'pr-helper_x86_64_cs9': [] });
    expect(messages(prove(evidence([core], empty, after)))).toEqual([
      'x86_64: qemu-pr-helper is 17:10.1.0-21.el9, qemu-kvm-core is 17:10.1.0-20.el9.crpm0001; they must be of one build',
    ]);
    expect(prove(evidence([core], empty, after, { allowOfficial: ['qemu-pr-helper'] })).proven).toBe(true);
  });

  it('when an RPM that shared the official EVR stays official, though no metadata tells its source', () => {
    const log = 'libvirt-daemon-log-0:12.5.0-1.el9.x86_64';
    const was = files({ ...beforeTrees, launcherbase_x86_64_cs9: [...beforeTrees['launcherbase_x86_64_cs9']!, log] }, [], tar); // listed above
    const is = files({ ...afterTrees, launcherbase_x86_64_cs9: [...afterTrees['launcherbase_x86_64_cs9']!, log] }, custom, tar); // listed above
    const message = 'launcherbase_x86_64_cs9: libvirt-daemon-log 0:12.5.0-1.el9 is an official RPM of libvirt, beside RPMs of libvirt that were built';
    expect(messages(prove(evidence(custom, was, is)))).toEqual([message]);
    expect(messages(prove(evidence(custom, was, is, { official: [{ name: 'libvirt-daemon-log', evr: OLD, sourcerpm: 'other-1-1.src.rpm' }] })))).toEqual([]);
  });

  it('when the repository holds a name twice', () => {
    const second = built('libvirt-libs-0:12.5.0-1.el9.crpm0002.x86_64', SOURCE);
    expect(messages(judge(afterTrees, {}, [...custom, second]))[0]).toBe(
      `x86_64: the repository holds libvirt-libs twice, ${NEW} and 0:12.5.0-1.el9.crpm0002; resolvers differ in which they take`,
    );
  });
});

describe('files that changed where they must not are refused', () => {
  it('when a tree is lost', () => {
    const fewer = Object.fromEntries(Object.entries(afterTrees).filter(([name]) => name !== 'launcherbase_aarch64_cs9'));
    expect(messages(judge(fewer))).toEqual(['rpm/BUILD.bazel lost launcherbase_aarch64_cs9']);
  });

  it('when the tree of another stream, another architecture or of no script changed', () => {
    for (const name of Object.keys(other)) {
      const [was = ''] = other[name] ?? [];
      expect(messages(judge({ ...afterTrees, [name]: ['bash-0:5.1-1.el9.x86_64'] }, { script: '--name launcherbase_x86_64_cs9\n--name libvirt-devel_x86_64_cs9' }))).toEqual([
        `rpm/BUILD.bazel: the tree ${name} is not of this run and changed: it now lists bash-0__5.1-1.el9.x86_64; it no longer lists ${was.replace(':', '__')}`,
      ]);
    }
  });

  it('when a rule of such a tree changed, unless an address of ours followed its server', () => {
    const after = files(afterTrees, custom, tar);
    const nevra = `libvirt-libs-${OLD}.aarch64`;
    const changed = { ...after, workspace: after.workspace.replace(digestOf(nevra), '0'.repeat(64)) };
    expect(messages(prove(evidence(custom, before, changed)))).toEqual([
      `rpm/BUILD.bazel: the tree launcherbase_aarch64_cs9 is not of this run, and its rules changed: libvirt-libs-0__12.5.0-1.el9.aarch64`,
    ]);
    const arm = built(nevra, SOURCE, 'aarch64');
    const followed = { ...after, workspace: after.workspace.replace(`http://mirror/${nevra}.rpm`, arm.url) };
    expect(messages(prove(evidence([...custom, arm], before, followed)))).toEqual([]);
    expect(messages(prove(evidence(custom, before, followed)))).toHaveLength(1);
  });

  it('when a tree of another stream is new', () => {
    expect(messages(judge({ ...afterTrees, new_x86_64_cs10: [] }))).toEqual(['rpm/BUILD.bazel: the tree new_x86_64_cs10 is new, and this run makes no tree of that name']);
  });

  it('when tar2files of another architecture changed', () => {
    const after = files(afterTrees, custom, { ...tar, 'libvirt-libs_aarch64_cs9': ['b'] });
    expect(messages(prove(evidence(custom, before, after)))).toEqual(['rpm/BUILD.bazel: tar2files rules that are not of this run changed: libvirt-libs_aarch64_cs9']);
  });

  it('when anything outside of the rules changed', () => {
    const after = files(afterTrees, custom, tar);
    const changed = { workspace: after.workspace.replace('"kv"', '"kw"'), build: `${after.build}\nexports_files(["x"])\n` };
    expect(messages(prove(evidence(custom, before, changed)))).toEqual([
      'WORKSPACE changed outside of its rpm() rules: where "workspace(name = \\"kv\\")" stood, there is "workspace(name = \\"kw\\")"',
      'rpm/BUILD.bazel changed outside of its rpmtree() and tar2files() rules: where "end of file" stood, there is "exports_files([\\"x\\"])"',
    ]);
  });

  it('when there is no tree to judge', () => {
    expect(messages(prove(evidence(custom.map((rpm) => ({ ...rpm, forStream: 11 })), before, before, { streams: [11] }))).slice(0, 2)).toEqual([
      'rpm/BUILD.bazel has no tree for x86_64 of CentOS Stream 11',
      'x86_64: KubeVirt took none of the RPMs that were built: libvirt-libs, libvirt-client',
    ]);
  });

  it('when a file is no Starlark', () => {
    expect(() => prove(evidence(custom, before, { ...before, workspace: `${HEAD}rpm(` }))).toThrowError('WORKSPACE:4: ( is never closed');
  });
});

describe('the trees that a script makes', () => {
  const loop = `
for arch in \${arches}; do
#   --name commented_x86_64\${TARGET_SUFFIX}
    bazel run //:bazeldnf -- rpmtree \\
        --name launcherbase_x86_64\${TARGET_SUFFIX} \\
        --name "handlerbase_x86_64$TARGET_SUFFIX" --arch x86_64
    --name=launcherbase_aarch64\${TARGET_SUFFIX} \\
    --name launcherbase_crossarch_aarch64\${TARGET_SUFFIX} \\
    --name pr-helper_\${arch}_cs\${KUBEVIRT_CENTOS_STREAM_VERSION} \\
    --name \${UNKNOWN}_x86_64 --name old_x86_64_cs10`;

  it('are those of its calls for one stream and architecture', () => {
    const script = 'suffix=_cs${KUBEVIRT_CENTOS_STREAM_VERSION:-9}\nbazeldnf rpmtree --name a_${SINGLE_ARCH}$suffix acl\nbazeldnf rpmtree --name=b_aarch64$suffix acl';
    expect(treesOfScript(script, { arch: 'x86_64', stream: 10 })).toEqual(['a_x86_64_cs10']);
  });

  it('are none where a script can not be followed: then their names decide', () => {
    expect(treesOfScript(loop, { arch: 'x86_64', stream: 9 })).toEqual([]);
  });
});

it('a noarch RPM that is served for two architectures keeps the right address of either', () => {
  const nevra = 'edk2-ovmf-0:1-1.el9.crpm0001.noarch';
  const both = [built(nevra, 'edk2-1-1.el9.crpm0001.src.rpm', 'x86_64'), built(nevra, 'edk2-1-1.el9.crpm0001.src.rpm', 'aarch64')];
  const workspace = files({ a_x86_64_cs9: [nevra] }).workspace;
  expect(repairAddresses(workspace, both).text).toContain(both[0]?.url);
  const asAarch64 = workspace.replace('.noarch"', '.aarch64"');
  const { text } = repairAddresses(asAarch64, both);
  expect(text).toContain(both[1]?.url);
  expect(repairAddresses(text, both).repaired).toEqual([]);
});

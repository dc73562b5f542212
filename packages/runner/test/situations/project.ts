import { graphOf, node, type Rig } from '../rig.js';

/** The shape of the real thing: an image, two packages, one repository of both, and a server. */
export const graph = graphOf(
  node('base', [], { kind: 'image' }),
  node('a.source', [], { group: 'a' }),
  node('a.build', ['base', 'a.source'], { group: 'a', params: { profile: 'dev' } }),
  node('b.source', [], { group: 'b' }),
  node('b.build', ['base', 'b.source'], { group: 'b' }),
  node('repo', ['a.build', 'b.build']),
  node('serve', ['repo'], { kind: 'service' }),
);
export const ALL = ['a.build', 'a.source', 'b.build', 'b.source', 'base', 'repo', 'serve'];

/** The rig, once its workspace has a result of everything. */
export async function built(rig: Rig): Promise<Rig> {
  await rig.run(graph);
  return rig;
}

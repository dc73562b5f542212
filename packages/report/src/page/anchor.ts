/** The place of a node in a page, for links and for its address: `node-libvirt.rpmbuild`. */
export function anchorOf(id: string): string {
  return `node-${id.replace(/[^\w.@-]/g, (character) => `~${character.codePointAt(0)?.toString(16) ?? ''}`)}`;
}

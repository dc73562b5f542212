/** What the keys do; those that are typed into a field are the field's. */
export function listenForKeys({ step, search }: { readonly step: (by: number) => void; readonly search: () => boolean }): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const at = event.target instanceof Element ? event.target : document.body;
    if (at.closest('input, textarea, select')) return;
    const inList = at.closest('#node-list') !== null;
    const by = event.key === 'j' || (inList && event.key === 'ArrowDown') ? 1 : event.key === 'k' || (inList && event.key === 'ArrowUp') ? -1 : 0;
    if (by !== 0) step(by);
    // What is typed must not arrive in the field that has just got the focus.
    if (by !== 0 || (event.key === '/' && search())) event.preventDefault();
  });
}

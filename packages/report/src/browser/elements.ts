/** Makes an element with text, attributes and what is in it. Text never becomes markup. */
export function element<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Readonly<Record<string, string>> = {}, ...inside: readonly (Node | string)[]): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...inside);
  return made;
}

/** JSON that the page brings; nothing where it does not. */
export function pageJson(id: string): unknown {
  const text = document.getElementById(id)?.textContent;
  return text === null || text === undefined ? undefined : JSON.parse(text);
}

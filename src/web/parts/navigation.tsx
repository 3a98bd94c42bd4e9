/**
 * @file The pages, in the header and by two keys: G, then the page's letter.
 */
import { useEffect, useState } from "react";

import { isCommandKey } from "../keys.ts";
import { PAGES, WORKLIST_HREF, openPage } from "../state/route.ts";
import type { Route } from "../state/route.ts";

/** How long the second key is waited for. */
const CHORD_MS = 1500;

/**
 * G, then a letter. While the letter is awaited this listener sees the keys before any other, so that the D of
 * "G D" is no disagreement with a finding.
 * @returns whether a letter is awaited
 */
function usePageKeys(): boolean {
  const [isWaiting, setIsWaiting] = useState(false);
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setTimeout(() => setIsWaiting(false), CHORD_MS);
    return () => clearTimeout(timer);
  }, [isWaiting]);
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => {
      if (!isCommandKey(event) || event.key === "Shift") return;
      const key = event.key.toLowerCase();
      if (!isWaiting && key !== "g") return;
      event.preventDefault();
      setIsWaiting(!isWaiting);
      const page = isWaiting && PAGES.find((at) => at.key === key);
      if (page) openPage(page.href);
    };
    window.addEventListener("keydown", listener, { capture: true });
    return () => window.removeEventListener("keydown", listener, { capture: true });
  }, [isWaiting]);
  return isWaiting;
}

/** Links to every page; beside an open study the way back to the list says its key. */
export function Navigation({ page }: { readonly page: Route["page"] }) {
  const isWaiting = usePageKeys();
  return (
    <nav className="pages" aria-label="Pages">
      {PAGES.map(({ name, href, title, key }) => (
        <a key={name} href={href} aria-current={name === page ? "page" : undefined}>
          {isWaiting && <kbd className="page-key">{key.toUpperCase()}</kbd>}
          {!isWaiting && page === "study" && href === WORKLIST_HREF && <kbd>Esc</kbd>}
          {title}
        </a>
      ))}
    </nav>
  );
}

/**
 * @file Word of something kept in this browser: to the parts of this page, and from other pages of the same server.
 */

export interface StoredChange {
  /** Say that it changed. */
  readonly publish: () => void;
  /** For `useSyncExternalStore`. */
  readonly subscribe: (listener: () => void) => () => void;
}

export function storedChange(): StoredChange {
  const listeners = new Set<() => void>();
  return {
    publish: () => {
      for (const notify of listeners) notify();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      window.addEventListener("storage", listener);
      return () => {
        listeners.delete(listener);
        window.removeEventListener("storage", listener);
      };
    },
  };
}

/**
 * @file Single-key commands. They are silent while the reader types, while a dialog is open, and with
 * Ctrl, Alt or Meta.
 */
import { useEffect, useEffectEvent } from "react";

/** `KeyboardEvent.key` (letters in lower case) → what it does. */
export type KeyMap = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest("input:not([type=range]), textarea, dialog") !== null;

/** Enter and Space belong to the button or link that has the focus. */
const isItsOwn = (event: KeyboardEvent): boolean =>
  (event.key === "Enter" || event.key === " ") &&
  event.target instanceof HTMLElement &&
  event.target.closest("button, a, summary") !== null;

const SLIDER_KEYS = new Set([
  "ArrowLeft",
  "ArrowRight",
  "ArrowUp",
  "ArrowDown",
  "Home",
  "End",
  "PageUp",
  "PageDown",
]);

/** A focused slider moves by the keys it always moves by. */
const isSliding = (event: KeyboardEvent): boolean =>
  SLIDER_KEYS.has(event.key) && event.target instanceof HTMLInputElement && event.target.type === "range";

/** Whether a key may be a command here and now. */
export function isCommandKey(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return false;
  if (isTyping(event.target) || isItsOwn(event) || isSliding(event)) return false;
  return !document.querySelector("dialog[open]");
}

/** The command for an event, or undefined. */
function commandFor(map: KeyMap, event: KeyboardEvent): ((event: KeyboardEvent) => void) | undefined {
  if (!isCommandKey(event)) return undefined;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Listen on the window while the component is there. */
export function useKeys(map: KeyMap): void {
  const handle = useEffectEvent((event: KeyboardEvent) => {
    const command = commandFor(map, event);
    if (!command) return;
    event.preventDefault();
    command(event);
  });
  useEffect(() => {
    const listener = (event: KeyboardEvent): void => handle(event);
    window.addEventListener("keydown", listener);
    return () => window.removeEventListener("keydown", listener);
  }, []);
}

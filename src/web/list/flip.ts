/**
 * @file Rows that move are seen to move (FLIP): each visible row starts from its last place and glides to
 * the new one. The browser's compositor does it; scripting is one `animate` call a row.
 */

const GLIDE_MS = 340;
const GLIDE_EASING = "cubic-bezier(0.2, 0, 0, 1)";

/** Start where `startPx − nowPx` says, not further than a screen away. Both are offsets in the list. */
export function glideFrom(startPx: number, nowPx: number, screenPx: number): number {
  const delta = startPx - nowPx;
  return Math.sign(delta) * Math.min(Math.abs(delta), screenPx);
}

/** Glide an element from `deltaPx` below (negative: above) to its place. */
export function glide(element: HTMLElement, deltaPx: number): void {
  if (deltaPx === 0 || window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  element.animate([{ translate: `0 ${deltaPx}px` }, { translate: "0 0" }], {
    duration: GLIDE_MS,
    easing: GLIDE_EASING,
  });
}

/** Fade an element in. */
export function fadeIn(element: HTMLElement): void {
  if (window.matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  element.animate([{ opacity: 0 }, { opacity: 1 }], { duration: GLIDE_MS, easing: "ease-out" });
}

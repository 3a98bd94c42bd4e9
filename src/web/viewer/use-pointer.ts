/**
 * @file The pointer on the image: wheel through the slices, drag to pan, right or Shift drag to window, Ctrl
 * wheel to zoom, and the value under the cursor.
 */
import { useEffect, useEffectEvent } from "react";
import type { RefObject } from "react";

import type { Point } from "./geometry.ts";

export interface PointerHandlers {
  /** Whole slices, down positive. */
  onScroll(slices: number): void;
  onPan(by: Point): void;
  /** From where the drag began. */
  onWindow(right: number, down: number, isStart: boolean): void;
  onZoom(factor: number, at: Point): void;
  /** null when the pointer leaves. */
  onHover(at: Point | null): void;
}

/** A control that lies on the picture gets its own clicks. */
const isControl = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest("button") !== null;

/** One notch of a common mouse wheel, in CSS pixels; trackpads send many small steps that add up to it. */
const NOTCH_PX = 60;

export function usePointer(ref: RefObject<HTMLElement | null>, handlers: PointerHandlers): void {
  const onScroll = useEffectEvent((slices: number) => handlers.onScroll(slices));
  const onPan = useEffectEvent((by: Point) => handlers.onPan(by));
  const onWindow = useEffectEvent((right: number, down: number, isStart: boolean) =>
    handlers.onWindow(right, down, isStart),
  );
  const onZoom = useEffectEvent((factor: number, at: Point) => handlers.onZoom(factor, at));
  const onHover = useEffectEvent((at: Point | null) => handlers.onHover(at));

  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    let rolledPx = 0;
    let drag: { kind: "pan" | "window"; start: Point; last: Point } | undefined;
    const stop = new AbortController();
    const listen = <Name extends keyof HTMLElementEventMap>(
      name: Name,
      handle: (event: HTMLElementEventMap[Name]) => void,
    ): void => element.addEventListener(name, handle, { signal: stop.signal, passive: false });
    const pointIn = (event: MouseEvent): Point => {
      const box = element.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };

    listen("wheel", (event) => {
      event.preventDefault();
      const px = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 20 : event.deltaY;
      if (event.ctrlKey || event.metaKey) {
        onZoom(Math.exp(-px / 400), pointIn(event));
        return;
      }
      rolledPx += px;
      const slices = Math.trunc(rolledPx / NOTCH_PX);
      rolledPx -= slices * NOTCH_PX;
      if (slices !== 0) onScroll(slices);
    });
    listen("contextmenu", (event) => event.preventDefault());
    listen("pointerdown", (event) => {
      if (event.button > 2 || isControl(event.target)) return;
      const start = { x: event.clientX, y: event.clientY };
      drag = { kind: event.button === 2 || event.shiftKey ? "window" : "pan", start, last: start };
      element.setPointerCapture(event.pointerId);
      if (drag.kind === "window") onWindow(0, 0, true);
    });
    listen("pointermove", (event) => {
      onHover(pointIn(event));
      if (!drag) return;
      const at = { x: event.clientX, y: event.clientY };
      if (drag.kind === "pan") onPan({ x: at.x - drag.last.x, y: at.y - drag.last.y });
      else onWindow(at.x - drag.start.x, at.y - drag.start.y, false);
      drag.last = at;
    });
    const end = (): void => {
      drag = undefined;
    };
    listen("pointerup", end);
    listen("pointercancel", end);
    listen("pointerleave", () => onHover(null));
    return () => stop.abort();
  }, [ref]);
}

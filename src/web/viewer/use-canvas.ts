/**
 * @file Paints the slice and its overlay on the canvas, at the screen's own resolution.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { RefObject } from "react";

import type { SaliencyResponse, SliceDetail } from "../../domain/api.ts";
import { heatRgba, outlineRgba, saliencyOnSlice, saliencyStrength } from "../../imaging/overlay.ts";
import type { Preferences } from "../state/preferences.ts";
import type { Display } from "./display.ts";
import { paintSlice } from "./display.ts";
import type { Placement, Size } from "./geometry.ts";
import { imageRect } from "./geometry.ts";
import type { LoadedSlice } from "./slice-store.ts";

export type OverlayStyle = Preferences["overlay"];

export interface Picture {
  readonly slice: SliceDetail | undefined;
  readonly loaded: LoadedSlice | undefined;
  /** The map that is laid on it. */
  readonly saliency: SaliencyResponse | null;
  readonly display: Display;
  readonly placement: Placement;
  readonly overlay: OverlayStyle;
  readonly opacity: number;
  /** Raw saliency peak that gets full colour. */
  readonly referencePeak: number | null;
}

/**
 * The outline follows this value of the map, times its strength: a tenth of a clear bleed's peak, where the heat's colour
 * begins, too. Measured on outlined bleeds (docs/explain.md): lower adds little overlap, and outlines weak maps.
 */
const OUTLINE_LEVEL = 0.1;
const OUTLINE_COLOUR = [240, 148, 58] as const;

/** A bitmap at the slice's own resolution, kept until what it shows changes. */
class Layer {
  readonly #canvas = document.createElement("canvas");
  #key: readonly unknown[] = [];

  draw(key: readonly unknown[], size: Size, paint: () => Uint8ClampedArray<ArrayBuffer>): HTMLCanvasElement {
    if (key.length === this.#key.length && key.every((part, i) => part === this.#key[i])) return this.#canvas;
    this.#key = key;
    this.#canvas.width = size.width;
    this.#canvas.height = size.height;
    this.#canvas.getContext("2d")?.putImageData(new ImageData(paint(), size.width, size.height), 0, 0);
    return this.#canvas;
  }
}

function paintOverlay(
  { rows, columns }: SliceDetail,
  saliency: SaliencyResponse,
  referencePeak: number | null,
  style: OverlayStyle,
): Uint8ClampedArray<ArrayBuffer> {
  const field = saliencyOnSlice(saliency, rows, columns, saliencyStrength(saliency.peak, referencePeak));
  return style === "outline" ? outlineRgba(field, columns, OUTLINE_LEVEL, OUTLINE_COLOUR) : heatRgba(field);
}

/** Follow an element's size. */
export function useSize(ref: RefObject<HTMLElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => {
      setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return size;
}

/** Paint after every change. The canvas fills `frame`. */
export function usePicture(
  canvasRef: RefObject<HTMLCanvasElement | null>,
  frame: Size,
  picture: Picture,
): void {
  const layers = useRef<{ image: Layer; overlay: Layer } | null>(null);
  const { slice, loaded, saliency, display, placement, overlay, opacity, referencePeak } = picture;
  useLayoutEffect(() => {
    const canvas = canvasRef.current;
    const context = canvas?.getContext("2d");
    if (!canvas || !context || frame.width === 0) return;
    layers.current ??= { image: new Layer(), overlay: new Layer() };
    const ratio = window.devicePixelRatio;
    const width = Math.round(frame.width * ratio);
    const height = Math.round(frame.height * ratio);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!slice || !loaded) return;
    context.scale(ratio, ratio);
    context.imageSmoothingQuality = "high";
    const rect = imageRect(frame, slice, placement);
    const size = { width: slice.columns, height: slice.rows };
    const image = layers.current.image.draw([loaded.hu, display], size, () =>
      paintSlice(loaded.hu, slice.rows, slice.columns, display),
    );
    context.drawImage(image, rect.x, rect.y, rect.width, rect.height);
    if (overlay === "off" || !saliency) return;
    const layer = layers.current.overlay.draw([saliency, referencePeak, overlay], size, () =>
      paintOverlay(slice, saliency, referencePeak, overlay),
    );
    context.globalAlpha = overlay === "outline" ? 1 : opacity;
    context.drawImage(layer, rect.x, rect.y, rect.width, rect.height);
    context.globalAlpha = 1;
  }, [canvasRef, frame, slice, loaded, saliency, display, placement, overlay, opacity, referencePeak]);
}

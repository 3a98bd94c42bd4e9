/**
 * @file The viewer: one slice at a time, its heat map, and the strip of all slices.
 */
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import type { SaliencyResponse, SliceDetail, StudyDetail } from "../../domain/api.ts";
import type { Window } from "../../domain/slice.ts";
import { formatPercent, formatSigned } from "../format.ts";
import { useKeys } from "../keys.ts";
import { getPreferences, keepPreferences } from "../state/preferences.ts";
import type { Preferences } from "../state/preferences.ts";
import { PRESETS, displayWords, dragWindow } from "./display.ts";
import type { Display } from "./display.ts";
import { FITTED, pixelAt, zoomAt } from "./geometry.ts";
import type { Placement, Point } from "./geometry.ts";
import { SliceStore, serverSlices } from "./slice-store.ts";
import type { LoadedSlice } from "./slice-store.ts";
import { Strip } from "./strip.tsx";
import { Toolbar } from "./toolbar.tsx";
import { useMethodMap } from "./use-method-map.ts";
import { usePicture, useSize } from "./use-canvas.ts";
import { usePointer } from "./use-pointer.ts";

type OverlayState = Pick<Preferences, "overlay" | "opacity" | "method">;

const PAGE_SLICES = 10;
const BRAIN: Display = PRESETS[0]?.display ?? null;

/** Full colour of the overlay: the model's reference, or else the strongest slice of this study. */
function referenceOf({ saliencyReferencePeak, slices }: StudyDetail): number | null {
  if (saliencyReferencePeak !== null) return saliencyReferencePeak;
  const strongest = Math.max(0, ...slices.map(({ saliencyPeak }) => saliencyPeak ?? 0));
  return strongest > 0 ? strongest : null;
}

export function Viewer({ detail }: { readonly detail: StudyDetail }) {
  const { item, slices } = detail;
  const peakIndex = item.finding?.peakSliceIndex ?? null;
  /** null until the reader moves: then the most suspicious slice, also when it becomes known later. */
  const [chosen, setChosen] = useState<number | null>(null);
  const [display, setDisplay] = useState<Display>(BRAIN);
  const [placement, setPlacement] = useState<Placement>(FITTED);
  const [{ overlay, opacity, method }, setOverlayState] = useState<OverlayState>(getPreferences);
  const canvasRef = useRef<HTMLCanvasElement>(null);
  const frameRef = useRef<HTMLDivElement>(null);
  const hoverRef = useRef<HTMLSpanElement>(null);
  const windowBefore = useRef<Window | null>(null);
  const frame = useSize(frameRef);

  const last = slices.length - 1;
  const index = Math.min(last, Math.max(0, chosen ?? peakIndex ?? Math.floor(slices.length / 2)));
  const slice = slices[index];
  const uid = item.studyInstanceUid;
  const store = useMemo(() => new SliceStore(serverSlices(uid), slices), [uid, slices]);
  useEffect(() => () => store.close(), [store]);
  useEffect(() => store.focus(index), [store, index]);
  const loaded = useSyncExternalStore(store.subscribe, () => store.get(index));
  const problem = useSyncExternalStore(store.subscribe, () => store.problem(index));
  const ownReference = useMemo(() => referenceOf(detail), [detail]);
  const methods = detail.saliencyMethods;
  /** null: the model's own. */
  const other = method !== null && methods.indexOf(method) > 0 ? method : null;
  const made = useMethodMap(uid, index, overlay === "off" || slice?.probability === null ? null : other);
  const saliency = other === null ? (loaded?.saliency ?? null) : made.saliency;
  const referencePeak = other === null ? ownReference : (made.saliency?.referencePeak ?? null);
  const hasMaps = slices.some(({ saliencyPeak }) => saliencyPeak !== null);

  const words = peakWords(saliency, referencePeak, other ?? detail.saliencyMethod);

  usePicture(canvasRef, frame, {
    ...{ slice, loaded, saliency, display, placement, overlay, opacity, referencePeak },
  });

  const go = useCallback((to: number) => setChosen(Math.min(last, Math.max(0, to))), [last]);
  const setOverlay = (change: Partial<OverlayState>): void => {
    keepPreferences(change);
    setOverlayState({ overlay, opacity, method, ...change });
  };
  const toggle = (style: "heat" | "outline"): void =>
    setOverlay({ overlay: overlay === style ? "off" : style });
  const nextMethod = (): void => {
    const next = methods[(methods.indexOf(other ?? methods[0] ?? "") + 1) % methods.length];
    if (next !== undefined) setOverlay({ method: next });
  };
  const reset = (): void => {
    setPlacement(FITTED);
    setDisplay(BRAIN);
  };
  const showValue = (at: Point | null): void => {
    if (!hoverRef.current) return;
    hoverRef.current.textContent =
      at && slice && loaded ? valueWords(slice, loaded, frame, placement, at) : "";
  };

  usePointer(frameRef, {
    onScroll: (by) => go(index + by),
    onPan: ({ x, y }) => setPlacement(({ zoom, pan }) => ({ zoom, pan: { x: pan.x + x, y: pan.y + y } })),
    onZoom: (factor, at) => setPlacement((from) => zoomAt(frame, from, factor, at)),
    onWindow: (right, down, isStart) => {
      if (isStart) windowBefore.current = display ?? BRAIN;
      else if (windowBefore.current) setDisplay(dragWindow(windowBefore.current, right, down));
    },
    onHover: showValue,
  });
  useKeys({
    ArrowDown: () => go(index + 1),
    ArrowUp: () => go(index - 1),
    ArrowRight: () => go(index + 1),
    ArrowLeft: () => go(index - 1),
    PageDown: () => go(index + PAGE_SLICES),
    PageUp: () => go(index - PAGE_SLICES),
    Home: () => go(0),
    End: () => go(last),
    s: () => peakIndex !== null && go(peakIndex),
    h: () => toggle("heat"),
    o: () => toggle("outline"),
    e: nextMethod,
    r: reset,
    ...Object.fromEntries(PRESETS.map((preset) => [preset.key, () => setDisplay(preset.display)])),
  });

  return (
    <section className="viewer" aria-label="Images">
      <Toolbar
        display={display}
        overlay={overlay}
        opacity={opacity}
        hasMaps={hasMaps}
        onDisplay={setDisplay}
        onOverlay={(next) => setOverlay({ overlay: next })}
        onOpacity={(next) => setOverlay({ opacity: next })}
        onReset={reset}
      />
      <div ref={frameRef} className="frame" data-slice={index} data-loaded={loaded !== undefined}>
        <canvas
          ref={canvasRef}
          role="img"
          aria-label={slice ? sliceWords(slice, slices.length) : "No image"}
        />
        {slice && (
          <>
            <p className="corner is-top-left">
              <strong>
                {index + 1} / {slices.length}
              </strong>
              <span>{formatSigned(slice.positionMm)} mm</span>
              {slice.thicknessMm !== null && <span>{slice.thicknessMm.toFixed(1)} mm thick</span>}
            </p>
            <p className="corner is-top-right">
              {slice.probability === null ? (
                <span>Not scored</span>
              ) : (
                <strong className={isAbove(slice, item.finding?.threshold) ? "is-above" : ""}>
                  {formatPercent(slice.probability)}
                </strong>
              )}
              <span>this slice</span>
            </p>
            <p className="corner is-bottom-left">
              <span>{displayWords(display)}</span>
              <span>Zoom {Math.round(placement.zoom * 100)} %</span>
            </p>
            <p className="corner is-bottom-right">
              <span ref={hoverRef} />
              {overlay !== "off" && made.problem !== "" && <span role="alert">{made.problem}</span>}
              {words !== "" && (
                <button
                  type="button"
                  className="map-words"
                  title={methodTitle(methods)}
                  disabled={methods.length < 2}
                  onClick={nextMethod}
                >
                  {words} {methods.length > 1 && <kbd>E</kbd>}
                </button>
              )}
            </p>
          </>
        )}
        {problem !== undefined && (
          <p className="frame-note" role="alert">
            {problem}
          </p>
        )}
        {!loaded && problem === undefined && <p className="frame-note is-quiet">Loading slice {index + 1}</p>}
      </div>
      <Strip slices={slices} threshold={item.finding?.threshold ?? null} index={index} onIndex={go} />
    </section>
  );
}

const isAbove = ({ probability }: SliceDetail, threshold: number | undefined): boolean =>
  probability !== null && threshold !== undefined && probability >= threshold;

function sliceWords({ index, probability }: SliceDetail, count: number): string {
  const words = probability === null ? "not scored" : `hemorrhage ${formatPercent(probability)}`;
  return `Slice ${index + 1} of ${count}, ${words}`;
}

/** What a reader should know before comparing. */
const methodTitle = (methods: readonly string[]): string =>
  (methods.length > 1
    ? `The map by another method: ${methods.join(", ")}. The first is the model's own, which points best. `
    : "The map that the model gives with its score. ") +
  "Methods that need hundreds of runs (Score-CAM, occlusion) are made by firstread explain.";

/** The map's method and raw peak, and how it compares with a clear bleed's. */
function peakWords(
  saliency: SaliencyResponse | null,
  referencePeak: number | null,
  method: string | null,
): string {
  if (!saliency) return "";
  const { peak } = saliency;
  const share =
    referencePeak === null ? "" : ` (${Math.round((100 * Math.max(0, peak)) / referencePeak)} % of full)`;
  return `${method === null ? "Map" : `${method} map,`} peak ${peak.toPrecision(3)}${share}`;
}

function valueWords(
  slice: SliceDetail,
  { hu }: LoadedSlice,
  frame: { width: number; height: number },
  placement: Placement,
  at: Point,
): string {
  const pixel = pixelAt(frame, slice, placement, at);
  if (!pixel) return "";
  return `${hu[pixel.row * slice.columns + pixel.column] ?? 0} HU`.replace("-", "−");
}

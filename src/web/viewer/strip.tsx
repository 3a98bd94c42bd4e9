/**
 * @file The probability of every slice, in order of position: see where, jump there.
 */
import { memo, useRef } from "react";
import type { PointerEvent } from "react";

import type { SliceDetail } from "../../domain/api.ts";
import { formatPercent } from "../format.ts";

interface StripProps {
  readonly slices: readonly SliceDetail[];
  readonly threshold: number | null;
  readonly index: number;
  readonly onIndex: (index: number) => void;
}

const HEIGHT = 100;
/** The mark of the current slice is never narrower than this part of the strip. */
const NARROWEST_MARK = 90;

const Bars = memo(function Bars({ slices, threshold }: Pick<StripProps, "slices" | "threshold">) {
  return slices.map(({ index, probability }) => {
    const isAbove = probability !== null && threshold !== null && probability >= threshold;
    const height = probability === null ? 2 : Math.max(2, probability * HEIGHT);
    return (
      <rect
        key={index}
        className={probability === null ? "bar is-unscored" : isAbove ? "bar is-above" : "bar"}
        x={index + 0.1}
        width={0.8}
        y={HEIGHT - height}
        height={height}
      />
    );
  });
});

export function Strip({ slices, threshold, index, onIndex }: StripProps) {
  const ref = useRef<HTMLDivElement>(null);
  const current = slices[index];
  const jump = (event: PointerEvent): void => {
    const box = ref.current?.getBoundingClientRect();
    if (!box || event.buttons === 0) return;
    const at = Math.floor(((event.clientX - box.left) / box.width) * slices.length);
    onIndex(Math.min(slices.length - 1, Math.max(0, at)));
  };
  const probability = current?.probability ?? null;
  const markWidth = Math.max(1, slices.length / NARROWEST_MARK);
  const markLeft = index + 0.5 - markWidth / 2;
  return (
    <div
      ref={ref}
      className="strip"
      role="slider"
      tabIndex={0}
      aria-label="Slice"
      aria-valuemin={1}
      aria-valuemax={slices.length}
      aria-valuenow={index + 1}
      aria-valuetext={`Slice ${index + 1} of ${slices.length}, ${probability === null ? "not scored" : formatPercent(probability)}`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        jump(event);
      }}
      onPointerMove={jump}
    >
      <svg viewBox={`0 0 ${slices.length} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        <rect className="strip-cursor" x={markLeft} width={markWidth} y={0} height={HEIGHT} />
        <Bars slices={slices} threshold={threshold} />
        <rect className="strip-foot" x={markLeft} width={markWidth} y={HEIGHT + 5} height={4} />
        {threshold !== null && (
          <line
            className="strip-threshold"
            x1={0}
            x2={slices.length}
            y1={HEIGHT * (1 - threshold)}
            y2={HEIGHT * (1 - threshold)}
          />
        )}
      </svg>
    </div>
  );
}

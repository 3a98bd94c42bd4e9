/**
 * @file Lines over two axes from 0, in SVG.
 */
import { ticks } from "./axis.ts";

export interface Line {
  readonly title: string;
  /** A class of `charts.css`: the line's colour and dashes. */
  readonly look: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface LineChartProps {
  /** What the chart says, for who does not see it. */
  readonly label: string;
  readonly lines: readonly Line[];
  readonly xTop: number;
  readonly yTop: number;
  readonly xTitle: string;
  readonly xText: (value: number) => string;
  readonly yText: (value: number) => string;
  readonly height?: number;
}

const WIDTH = 760;
const MARGIN = { top: 10, right: 14, bottom: 38, left: 46 };

export function LineChart(props: LineChartProps) {
  const { label, lines, xTop, yTop, xTitle, xText, yText, height = 280 } = props;
  const right = WIDTH - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const x = (value: number): number => MARGIN.left + (Math.min(value, xTop) / xTop) * (right - MARGIN.left);
  const y = (value: number): number => bottom - (Math.min(value, yTop) / yTop) * (bottom - MARGIN.top);
  return (
    <figure className="chart">
      <figcaption className="legend">
        {lines.map(({ title, look }) => (
          <span key={title} className={`key ${look}`}>
            <svg width="22" height="8" aria-hidden="true">
              <line x1="1" y1="4" x2="21" y2="4" />
            </svg>
            {title}
          </span>
        ))}
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${height}`} role="img" aria-label={label}>
        {ticks(yTop, 5).map((value) => (
          <g key={value} className="grid">
            <line x1={MARGIN.left} x2={right} y1={y(value)} y2={y(value)} />
            <text x={MARGIN.left - 8} y={y(value)} dy="0.35em" textAnchor="end">
              {yText(value)}
            </text>
          </g>
        ))}
        {ticks(xTop, 8).map((value) => (
          <text key={value} className="tick" x={x(value)} y={bottom + 16} textAnchor="middle">
            {xText(value)}
          </text>
        ))}
        <text className="tick" x={right} y={height - 3} textAnchor="end">
          {xTitle}
        </text>
        {lines.map(({ title, look, points }) => (
          <polyline
            key={title}
            className={look}
            points={points
              .filter(([at]) => at <= xTop)
              .map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`)
              .join(" ")}
          />
        ))}
      </svg>
    </figure>
  );
}

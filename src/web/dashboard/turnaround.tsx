/**
 * @file Turnaround: by finding and tier in a table, by hour of arrival as columns.
 */
import type { DashboardResponse, HourTurnaround, Turnaround } from "../../domain/dashboard.ts";
import { ticks } from "../charts/axis.ts";
import { FiguresHead } from "../parts/figures-head.tsx";
import { TIER_WORDS } from "../words.ts";
import { durationText, medianText } from "./words.ts";

function Cells({ row: { arrived, opened, read, toOpenMin, toReadMin } }: { readonly row: Turnaround }) {
  return (
    <>
      <td>{arrived}</td>
      <td>{opened}</td>
      <td>{medianText(toOpenMin)}</td>
      <td>{toOpenMin === null ? "–" : durationText(toOpenMin.p95)}</td>
      <td>{toOpenMin === null ? "–" : durationText(toOpenMin.worst)}</td>
      <td>{read}</td>
      <td>{medianText(toReadMin)}</td>
      <td>{toReadMin === null ? "–" : durationText(toReadMin.p95)}</td>
    </>
  );
}

const HEAD = ["", "Arrived", "Opened", "median", "95th pct", "worst", "Read", "median", "95th pct"];

export function TurnaroundTable({ figures }: { readonly figures: DashboardResponse }) {
  const { all, flagged, unflagged, tiers } = figures;
  const rows: readonly (readonly [title: string, look: string, row: Turnaround])[] = [
    ["All studies", "is-plain", all],
    ["Suspected bleed", "is-warm", flagged],
    ["No bleed found", "is-cool", unflagged],
    ...tiers.map(({ tier, ...row }) => [`${TIER_WORDS[tier]} tier`, "", row] as const),
  ];
  return (
    <table className="figures">
      <caption>From arrival until opened, and until read</caption>
      <FiguresHead titles={HEAD} />
      <tbody>
        {rows.map(([title, look, row]) => (
          <tr key={title}>
            <th scope="row">
              {look !== "" && <span className={`dot ${look}`} aria-hidden="true" />}
              {title}
            </th>
            <Cells row={row} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const WIDTH = 760;
const HEIGHT = 190;
const MARGIN = { left: 62, right: 14, top: 10, bottom: 22 };

interface PanelProps {
  readonly title: string;
  readonly hours: readonly HourTurnaround[];
  readonly valueOf: (hour: HourTurnaround) => number | null;
  readonly text: (value: number) => string;
}

/** A column for each hour; a hover says its value. */
function HourColumns({ title, hours, valueOf, text }: PanelProps) {
  const top = Math.max(1, ...hours.map((hour) => valueOf(hour) ?? 0));
  const bottom = HEIGHT - MARGIN.bottom;
  const step = (WIDTH - MARGIN.left - MARGIN.right) / hours.length;
  const y = (value: number): number => bottom - (value / top) * (bottom - MARGIN.top);
  return (
    <figure className="chart">
      <figcaption>{title}</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={title}>
        {ticks(top, 3).map((value) => (
          <g key={value} className="grid">
            <line x1={MARGIN.left} x2={WIDTH - MARGIN.right} y1={y(value)} y2={y(value)} />
            <text x={MARGIN.left - 8} y={y(value)} dy="0.35em" textAnchor="end">
              {text(value)}
            </text>
          </g>
        ))}
        {hours.map((row) => {
          const value = valueOf(row);
          const x = MARGIN.left + row.hour * step;
          return (
            <g key={row.hour}>
              {value !== null && value > 0 && (
                <rect className="column" x={x + 3} width={step - 6} y={y(value)} height={bottom - y(value)}>
                  <title>{`${row.hour} h: ${text(value)}`}</title>
                </rect>
              )}
              {row.hour % 3 === 0 && (
                <text x={x + step / 2} y={HEIGHT - 6} textAnchor="middle">
                  {row.hour}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </figure>
  );
}

export function Hours({ hours }: { readonly hours: readonly HourTurnaround[] }) {
  return (
    <div className="pair">
      <HourColumns title="Arrivals by hour" hours={hours} valueOf={({ arrived }) => arrived} text={String} />
      <HourColumns
        title="Median wait until opened, by hour of arrival"
        hours={hours}
        valueOf={({ toOpenMedianMin }) => toOpenMedianMin}
        text={durationText}
      />
    </div>
  );
}

/**
 * @file The simulator's sliders.
 */
import { binormalSensitivity } from "../../triage/queueing/roc.ts";
import { DAYS, SLIDER_GROUPS, sensitivityOf } from "./settings.ts";
import type { Settings, Slider } from "./settings.ts";

interface SlidersProps {
  readonly settings: Settings;
  readonly onChange: (change: Partial<Settings>) => void;
}

interface RangeProps {
  readonly slider: Omit<Slider, "name">;
  readonly value: number;
  readonly onValue: (value: number) => void;
}

function Range({ slider: { title, min, max, step, text }, value, onValue }: RangeProps) {
  return (
    <label className="slider">
      <span>{title}</span>
      <span className="value" aria-hidden="true">
        {text(value)}
      </span>
      <input
        type="range"
        {...{ min, max, step, value }}
        aria-valuetext={text(value)}
        onChange={(event) => onValue(event.target.valueAsNumber)}
      />
    </label>
  );
}

const AREA: Omit<Slider, "name"> = {
  ...{ title: "Area under the ROC", min: 0.5, max: 0.995, step: 0.005 },
  text: (value) => value.toFixed(3),
};
const ROC_SIZE = 120;
const ROC_STEPS = 60;

/** The curve, and where on it the AI stands. */
function RocPicture({ settings }: { readonly settings: Settings }) {
  const { rocArea, specificity } = settings;
  if (rocArea === null) return null;
  const at = (one: number): string => {
    const sensitivity = binormalSensitivity(rocArea, one);
    return `${((1 - one) * ROC_SIZE).toFixed(1)},${((1 - sensitivity) * ROC_SIZE).toFixed(1)}`;
  };
  const [x = "0", y = "0"] = at(specificity).split(",");
  return (
    <svg
      className="roc"
      viewBox={`-4 -4 ${ROC_SIZE + 8} ${ROC_SIZE + 8}`}
      role="img"
      aria-label={`ROC: sensitivity ${sensitivityOf(settings).toFixed(2)} at specificity ${specificity}`}
    >
      <rect width={ROC_SIZE} height={ROC_SIZE} />
      <line x1="0" y1={ROC_SIZE} x2={ROC_SIZE} y2="0" />
      <polyline points={Array.from({ length: ROC_STEPS + 1 }, (_v, i) => at(1 - i / ROC_STEPS)).join(" ")} />
      <circle cx={x} cy={y} r="4" />
    </svg>
  );
}

function OnCurve({ settings, onChange }: SlidersProps) {
  const { rocArea } = settings;
  const isOnCurve = rocArea !== null;
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          checked={isOnCurve}
          onChange={() =>
            onChange(isOnCurve ? { rocArea: null, sensitivity: sensitivityOf(settings) } : { rocArea: 0.96 })
          }
        />
        Move along an ROC: specificity is the threshold
      </label>
      {isOnCurve && (
        <>
          <Range slider={AREA} value={rocArea} onValue={(area) => onChange({ rocArea: area })} />
          <div className="roc-line">
            <RocPicture settings={settings} />
            <p className="second">
              Sensitivity {(100 * sensitivityOf(settings)).toFixed(1)} % at a specificity of{" "}
              {(100 * settings.specificity).toFixed(1)} %
            </p>
          </div>
        </>
      )}
    </>
  );
}

function Hours({ settings: { arrivalsByHour }, onChange }: SlidersProps) {
  return (
    <section>
      <h2>Arrivals by hour</h2>
      <div className="days" role="group" aria-label="A day to begin with">
        {DAYS.map(([title, byHour]) => (
          <button
            key={title}
            type="button"
            aria-pressed={byHour.every((rate, hour) => rate === arrivalsByHour[hour])}
            onClick={() => onChange({ arrivalsByHour: byHour })}
          >
            {title}
          </button>
        ))}
      </div>
      <div className="hours">
        {arrivalsByHour.map((rate, hour) => (
          <label key={hour} title={`${hour} h`}>
            <span className="visually-hidden">Arrivals from {hour} h</span>
            <input
              type="range"
              min={0}
              max={10}
              step={1}
              value={rate}
              aria-orientation="vertical"
              style={{ "--filled": `${rate * 10}%` } as React.CSSProperties}
              onChange={(event) => {
                const next = arrivalsByHour.map((other, i) =>
                  i === hour ? event.target.valueAsNumber : other,
                );
                if (next.some((one) => one > 0)) onChange({ arrivalsByHour: next });
              }}
            />
            <span aria-hidden="true">{hour % 6 === 0 ? hour : ""}</span>
          </label>
        ))}
      </div>
    </section>
  );
}

export function Sliders({ settings, onChange }: SlidersProps) {
  const isOnCurve = settings.rocArea !== null;
  return (
    <form className="sliders" aria-label="Department" onSubmit={(event) => event.preventDefault()}>
      {SLIDER_GROUPS.map(({ title, sliders }, group) => (
        <section key={title}>
          <h2>{title}</h2>
          {sliders
            .filter(({ name }) => !(isOnCurve && name === "sensitivity"))
            .map((slider) => (
              <Range
                key={slider.name}
                slider={slider}
                value={settings[slider.name]}
                onValue={(value) => onChange({ [slider.name]: value })}
              />
            ))}
          {group === 0 && (
            <label className="check">
              <input
                type="checkbox"
                checked={settings.isPreemptive}
                onChange={() => onChange({ isPreemptive: !settings.isPreemptive })}
              />
              A more pressing case interrupts an open one
            </label>
          )}
          {group === SLIDER_GROUPS.length - 1 && <OnCurve settings={settings} onChange={onChange} />}
        </section>
      ))}
      <Hours settings={settings} onChange={onChange} />
    </form>
  );
}

/**
 * @file The viewer's controls: windows, heat map, reset. Each says its key.
 */
import type { Display } from "./display.ts";
import { PRESETS } from "./display.ts";
import type { OverlayStyle } from "./use-canvas.ts";

interface ToolbarProps {
  readonly display: Display;
  readonly overlay: OverlayStyle;
  readonly opacity: number;
  /** Whether the study has maps at all. */
  readonly hasMaps: boolean;
  readonly onDisplay: (display: Display) => void;
  readonly onOverlay: (overlay: OverlayStyle) => void;
  readonly onOpacity: (opacity: number) => void;
  readonly onReset: () => void;
}

export function Toolbar(props: ToolbarProps) {
  const { display, overlay, opacity, hasMaps, onDisplay, onOverlay, onOpacity, onReset } = props;
  const isShown = (preset: Display): boolean =>
    preset === display ||
    (preset !== null &&
      display !== null &&
      preset.centerHu === display.centerHu &&
      preset.widthHu === display.widthHu);
  return (
    <div className="toolbar" role="toolbar" aria-label="Image">
      <div className="group" role="group" aria-label="Window">
        {PRESETS.map(({ key, name, display: preset }) => (
          <button key={key} type="button" aria-pressed={isShown(preset)} onClick={() => onDisplay(preset)}>
            {name} <kbd>{key}</kbd>
          </button>
        ))}
      </div>
      <div className="group" role="group" aria-label="Heat map">
        <button
          type="button"
          disabled={!hasMaps}
          aria-pressed={overlay === "heat"}
          onClick={() => onOverlay(overlay === "heat" ? "off" : "heat")}
        >
          Heat map <kbd>H</kbd>
        </button>
        <button
          type="button"
          disabled={!hasMaps}
          aria-pressed={overlay === "outline"}
          onClick={() => onOverlay(overlay === "outline" ? "off" : "outline")}
        >
          Outline <kbd>O</kbd>
        </button>
        <label className="opacity">
          <span className="visually-hidden">Opacity of the heat map</span>
          <input
            type="range"
            min={0}
            max={100}
            step={5}
            disabled={!hasMaps || overlay !== "heat"}
            value={Math.round(opacity * 100)}
            aria-valuetext={`${Math.round(opacity * 100)} percent`}
            onChange={(event) => onOpacity(Number(event.target.value) / 100)}
          />
        </label>
      </div>
      <button type="button" onClick={onReset}>
        Reset <kbd>R</kbd>
      </button>
    </div>
  );
}

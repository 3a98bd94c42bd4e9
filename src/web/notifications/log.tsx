/**
 * @file The delivery log: each message to each channel, and what became of it.
 */
import type { DeliveryEntry } from "../../domain/notices.ts";
import { formatInstant } from "../format.ts";
import { studyHref } from "../state/route.ts";
import { deliveryWords, EVENT_WORDS } from "./words.ts";

/** The tabs of the log. */
export const LOG_TABS = [
  { name: "all", title: "All", holds: () => true },
  { name: "waiting", title: "Waiting", holds: ({ state }) => state === "queued" },
  { name: "dead", title: "Given up", holds: ({ state }) => state === "dead" },
] as const satisfies readonly {
  name: string;
  title: string;
  holds: (delivery: DeliveryEntry) => boolean;
}[];
export type LogTab = (typeof LOG_TABS)[number]["name"];

/** Whether someone may ask for it to be sent again. */
export const isRetriable = ({ state, event }: DeliveryEntry): boolean => state === "dead" && event !== "test";

interface LogProps {
  readonly deliveries: readonly DeliveryEntry[];
  readonly tab: LogTab;
  readonly selected: number | null;
  readonly nowMs: number;
  readonly onTab: (tab: LogTab) => void;
  readonly onSelect: (id: number) => void;
  readonly onRetry: (id: number) => void;
}

export function Log({ deliveries, tab, selected, nowMs, onTab, onSelect, onRetry }: LogProps) {
  const shown = deliveries.filter(LOG_TABS.find(({ name }) => name === tab)?.holds ?? (() => true));
  return (
    <section className="delivery-log" aria-label="Delivery log">
      <header>
        <h2>Log</h2>
        <div className="tabs">
          {LOG_TABS.map(({ name, title, holds }, i) => (
            <button key={name} type="button" aria-pressed={name === tab} onClick={() => onTab(name)}>
              {title} <span className="count">{deliveries.filter(holds).length}</span> <kbd>{i + 1}</kbd>
            </button>
          ))}
        </div>
      </header>
      {shown.length === 0 ? (
        <p className="second log-empty">{tab === "all" ? "Nothing was sent yet." : "None."}</p>
      ) : (
        <ul>
          {shown.map((delivery) => (
            <Delivery
              key={delivery.id}
              {...{ delivery, nowMs, onSelect, onRetry }}
              isSelected={delivery.id === selected}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

interface DeliveryProps extends Pick<LogProps, "nowMs" | "onSelect" | "onRetry"> {
  readonly delivery: DeliveryEntry;
  readonly isSelected: boolean;
}

function Delivery({ delivery, isSelected, nowMs, onSelect, onRetry }: DeliveryProps) {
  const { id, channel, event, reference, studyInstanceUid, createdAt } = delivery;
  const { tone, text, note } = deliveryWords(delivery, nowMs);
  return (
    <li
      className={`delivery is-${tone}`}
      data-delivery={id}
      aria-current={isSelected ? "true" : undefined}
      onClick={() => onSelect(id)}
    >
      <time dateTime={createdAt}>{formatInstant(createdAt, nowMs)}</time>
      <span>{EVENT_WORDS[event]}</span>
      <span className="delivery-study">
        {studyInstanceUid === null ? "" : <a href={studyHref(studyInstanceUid)}>{reference}</a>}
      </span>
      <span>{channel}</span>
      <span className="delivery-state">
        <span>{text}</span>
        {note !== "" && <span className="second">{note}</span>}
      </span>
      <span className="is-right">
        {isRetriable(delivery) && (
          <button type="button" onClick={() => onRetry(id)}>
            Send again
          </button>
        )}
      </span>
    </li>
  );
}

/**
 * @file The channels: where each goes, what it is told, how it stands, and its test.
 */
import type { ChannelStatus, ChannelTestResponse } from "../../domain/notices.ts";
import { channelWords, eventsWords, includeWords, KIND_WORDS } from "./words.ts";

export type TestState = "testing" | ChannelTestResponse;

interface ChannelsProps {
  readonly channels: readonly ChannelStatus[];
  readonly tests: ReadonlyMap<string, TestState>;
  readonly selected: string | null;
  readonly nowMs: number;
  readonly onSelect: (name: string) => void;
  readonly onTest: (name: string) => void;
  readonly onRetry: (name: string) => void;
}

export function Channels({ channels, selected, ...rest }: ChannelsProps) {
  return (
    <ul className="channels">
      {channels.map((channel) => (
        <Channel key={channel.name} channel={channel} isSelected={channel.name === selected} {...rest} />
      ))}
    </ul>
  );
}

type ChannelProps = Omit<ChannelsProps, "channels" | "selected"> & {
  readonly channel: ChannelStatus;
  readonly isSelected: boolean;
};

function Channel({ channel, isSelected, tests, nowMs, onSelect, onTest, onRetry }: ChannelProps) {
  const { name, kind, target, events, queued, dead } = channel;
  const { tone, text, note } = channelWords(channel, nowMs);
  const test = tests.get(name);
  return (
    <li
      className={`channel is-${tone}`}
      data-channel={name}
      aria-current={isSelected ? "true" : undefined}
      onClick={() => onSelect(name)}
    >
      <div className="channel-name">
        <span>
          <strong>{name}</strong>
          <span className="second channel-kind">{KIND_WORDS[kind]}</span>
        </span>
        <span className="second">{target}</span>
      </div>
      <div className="channel-tells">
        <span>{eventsWords(events)}</span>
        <span className="second">{includeWords(channel)}</span>
      </div>
      <div className="channel-state" role="status">
        <span className="channel-light" aria-hidden="true" />
        <span>
          <strong>{text}</strong>
          {note !== "" && <span className="second">{note}</span>}
        </span>
      </div>
      <dl className="channel-queue">
        <div>
          <dt>Waiting</dt>
          <dd>{queued}</dd>
        </div>
        <div className={dead > 0 ? "is-dead" : ""}>
          <dt>Given up</dt>
          <dd>{dead}</dd>
        </div>
      </dl>
      <div className="channel-actions">
        {dead > 0 && (
          <button type="button" onClick={() => onRetry(name)}>
            Send again {isSelected && <kbd>R</kbd>}
          </button>
        )}
        <button type="button" disabled={test === "testing"} onClick={() => onTest(name)}>
          {test === "testing" ? "Testing …" : "Test"} {isSelected && <kbd>T</kbd>}
        </button>
      </div>
      <TestResult test={test} />
    </li>
  );
}

function TestResult({ test }: { readonly test: TestState | undefined }) {
  if (test === undefined || test === "testing") return null;
  return (
    <span className={test.ok ? "test-result" : "test-result is-bad"} role="status">
      {test.ok
        ? `Test delivered in ${test.tookMs} ms (${test.detail})`
        : `Test not delivered: ${test.detail}`}
    </span>
  );
}

/**
 * @file The notifications' page: who is told what, whether it arrives, and alerts on this device.
 *
 * One choice goes through the channels and then the log; T and R act on it.
 */
import { useEffect, useRef, useState } from "react";

import { retryChannel, retryDelivery, testChannel } from "../api/client.ts";
import { useKeys } from "../keys.ts";
import { withReader } from "../state/actions.ts";
import { toggleAlerts, useAlertState } from "../state/alerts.ts";
import { useServerNow } from "../state/clock.ts";
import { notify } from "../state/notices.ts";
import { navigate } from "../state/route.ts";
import { Channels, type TestState } from "./channels.tsx";
import { isRetriable, Log, LOG_TABS, type LogTab } from "./log.tsx";
import { useNotifications } from "./use-notifications.ts";

type Choice = { readonly channel: string } | { readonly delivery: number } | null;

/** What was asked for, said in a notice. */
function tellRetried({ retried, overtaken }: { retried: number; overtaken: number }): void {
  const again = retried === 1 ? "1 message is sent again." : `${retried} messages are sent again.`;
  const left = overtaken > 0 ? ` ${overtaken} not: a later message about the study went since.` : "";
  notify({ kind: "news", text: again + left });
}

export function NotificationsPage() {
  const { state, problem, refresh } = useNotifications();
  const nowMs = useServerNow();
  const [tab, setTab] = useState<LogTab>("all");
  const [choice, setChoice] = useState<Choice>(null);
  const [tests, setTests] = useState<ReadonlyMap<string, TestState>>(new Map());
  const pageRef = useRef<HTMLElement>(null);
  useEffect(() => {
    document.title = "Notifications, FirstRead";
    pageRef.current?.focus({ preventScroll: true });
  }, []);

  const channels = state?.channels ?? [];
  const holds = LOG_TABS.find(({ name }) => name === tab)?.holds ?? (() => true);
  const shown = (state?.deliveries ?? []).filter(holds);
  const choices: Choice[] = [
    ...channels.map(({ name }) => ({ channel: name })),
    ...shown.map(({ id }) => ({ delivery: id })),
  ];
  const at = choices.findIndex((one) => JSON.stringify(one) === JSON.stringify(choice));
  const chosenDelivery =
    choice && "delivery" in choice ? shown.find(({ id }) => id === choice.delivery) : undefined;
  const chosenChannel = choice && "channel" in choice ? choice.channel : chosenDelivery?.channel;

  const choose = (index: number): void => {
    const next = choices[Math.min(choices.length - 1, Math.max(0, index))] ?? null;
    setChoice(next);
    const selector =
      next && "channel" in next ? `[data-channel="${next.channel}"]` : `[data-delivery="${next?.delivery}"]`;
    pageRef.current?.querySelector(selector)?.scrollIntoView({ block: "nearest" });
  };
  const keepTest = (name: string, test: TestState | undefined): void =>
    setTests(
      (before) => new Map([...before].filter(([one]) => one !== name).concat(test ? [[name, test]] : [])),
    );
  const test = (name: string): Promise<void> =>
    withReader(async (who) => {
      keepTest(name, "testing");
      try {
        keepTest(name, await testChannel(name, who));
      } catch (error) {
        keepTest(name, undefined);
        throw error;
      }
      await refresh();
    });
  const retry = (which: Exclude<Choice, null>): Promise<void> =>
    withReader(async (who) => {
      tellRetried(
        await ("channel" in which ? retryChannel(which.channel, who) : retryDelivery(which.delivery, who)),
      );
      await refresh();
    });
  const retryChosen = (): void => {
    if (chosenDelivery) {
      if (isRetriable(chosenDelivery)) void retry({ delivery: chosenDelivery.id });
    } else if (
      channels.some(({ name, dead }) => name === chosenChannel && dead > 0) &&
      chosenChannel !== undefined
    ) {
      void retry({ channel: chosenChannel });
    }
  };

  useKeys({
    ArrowDown: () => choose(at + 1),
    ArrowUp: () => choose(at - 1),
    j: () => choose(at + 1),
    k: () => choose(at - 1),
    Home: () => choose(0),
    End: () => choose(choices.length - 1),
    t: () => chosenChannel !== undefined && void test(chosenChannel),
    r: retryChosen,
    Enter: () => chosenDelivery?.studyInstanceUid && navigate(chosenDelivery.studyInstanceUid),
    Escape: () => (choice === null ? navigate(null) : setChoice(null)),
    ...Object.fromEntries(LOG_TABS.map(({ name }, i) => [String(i + 1), () => setTab(name)])),
  });

  return (
    <section className="notifications" aria-label="Notifications" ref={pageRef} tabIndex={-1}>
      <div className="notifications-column">
        <DeviceAlerts />
        {problem !== "" && (
          <p className="notifications-problem" role="alert">
            {problem} What stands below may be out of date.
          </p>
        )}
        <header>
          <h2>Channels</h2>
          {state && <OrdersLine orders={state.orders} />}
        </header>
        {state && channels.length === 0 && (
          <p className="second">
            None is configured: nothing is told to the outside. Webhooks, HL7, FHIR and e-mail stand in the
            configuration file, under “notify”.
          </p>
        )}
        <Channels
          {...{ channels, tests, nowMs }}
          selected={choice && "channel" in choice ? choice.channel : null}
          onSelect={(name) => setChoice({ channel: name })}
          onTest={(name) => void test(name)}
          onRetry={(name) => void retry({ channel: name })}
        />
        {state && (channels.length > 0 || state.deliveries.length > 0) && (
          <Log
            {...{ tab, nowMs, deliveries: state.deliveries }}
            selected={choice && "delivery" in choice ? choice.delivery : null}
            onTab={setTab}
            onSelect={(id) => setChoice({ delivery: id })}
            onRetry={(id) => void retry({ delivery: id })}
          />
        )}
        {state && <p className="second">Kept for {state.keepDays} days. No patient data stand in the log.</p>}
      </div>
    </section>
  );
}

function OrdersLine({
  orders,
}: {
  readonly orders: { readonly host: string; readonly port: number } | null;
}) {
  return (
    <span className="second">
      {orders === null
        ? "HL7 orders are not taken here"
        : `HL7 orders are taken on ${orders.host}:${orders.port}`}
    </span>
  );
}

/** The bell, with words. */
function DeviceAlerts() {
  const state = useAlertState();
  return (
    <div className="device-alerts">
      <div>
        <h2>On this device</h2>
        <p className="second">
          {state === "off"
            ? "A notification and a sound when a study becomes critical, once for each. Patients are not named."
            : state === "on"
              ? "A notification and a sound for each study that becomes critical, unless you have it open."
              : "A sound for each study that becomes critical. The browser does not show notifications of this page; its settings allow them."}
        </p>
      </div>
      <button type="button" aria-pressed={state !== "off"} onClick={() => void toggleAlerts()}>
        {state === "off" ? "Alert me" : "Alerts on"} <kbd>B</kbd>
      </button>
    </div>
  );
}

/**
 * @file Our acknowledgement of a message that came (ACK, 2.5.1 chapter 2.14.1): taken, or not and why.
 */
import { Hl7Message, type Hl7Segment } from "@medplum/core";

import { escapeHl7, headerSegment, hl7Time, segment, SEPARATORS } from "./hl7-text.ts";
import type { BadOrder } from "./order-message.ts";

/**
 * @param text the message that came, whatever it is: what can be read of its header is answered to
 * @param problem why it is not taken; null when it was
 */
export function acknowledge(
  text: string,
  problem: Pick<BadOrder, "ack" | "errorCode" | "message"> | null,
  at: Date,
): string {
  const header = headerOf(text);
  // A value goes back as it came, unless it was written with other separators than ours.
  const isOurs = header?.getField(2)?.toString() === SEPARATORS.slice(1);
  const field = (n: number): string => {
    const value = header?.getField(n)?.toString() ?? "";
    return isOurs ? value : escapeHl7(value);
  };
  const trigger = escapeHl7(header?.getComponent(9, 2) ?? "");
  const code = problem?.ack ?? "AA";
  const segments = [
    headerSegment({
      ...{ 3: field(5) || "FIRSTREAD", 4: field(6), 5: field(3), 6: field(4), 7: hl7Time(at) },
      9: trigger === "" ? "ACK" : `ACK^${trigger}^ACK`,
      10: `A${field(10)}`.slice(0, 20),
      11: field(11) || "P",
      12: field(12) || "2.5.1",
      18: "UNICODE UTF-8",
    }),
    segment("MSA", { 1: code, 2: field(10) }),
    ...(problem ? [errorSegment(problem)] : []),
  ];
  return `${segments.join("\r")}\r`;
}

/** ERR-3 the code, ERR-4 the severity, ERR-8 for a person. */
const errorSegment = ({ errorCode, message }: { errorCode: string; message: string }): string =>
  segment("ERR", { 3: `${errorCode}^^HL70357`, 4: "E", 8: escapeHl7(message) });

function headerOf(text: string): Hl7Segment | undefined {
  try {
    return Hl7Message.parse(text).segments[0];
  } catch {
    return undefined;
  }
}
